# What comes behind control.sh, and what the first prompt does not wait for. Requests for the shell come behind it.
[ $f = fish ] || put typed <<'@END@'
@TYPED@
@END@
@COMPLETE@

# ---- what has become of the terminal's process, as long as the shell has not spoken: start-up files may have replaced it
# by another program, before the launcher (then no process has our name in its arguments) or in the shell.
pss_look() {
	if [ -s top ] && read -r o <top; then
		x=$(tr '\000' ' ' <"/proc/$o/cmdline") || return 0
		case $f:$x in
		*: | none:* | *"n=$n;"*) return 0 ;;
		bash:*' --posix --noediting '* | zsh:*' -l -i ' | fish:*' -l -i -C '* | pwsh:*' -NoLogo -NoExit '* | posix:*" -i $d/q ") return 0 ;;
		esac
		x=${x%% *} x=${x##*/}
	else
		x=$(grep -ls "n=[${n%"${n#?}"}]${n#?}" /proc/[0-9]*/cmdline)
		[ -z "$x" ] && [ -r /proc/self/cmdline ] && command -v grep || return 0
	fi
	printf '\036%so\000%s\000' "$key" "${x#-}" 1<>rep
}
pss_watch() {
	for i in 0.1 0.2 0.3 0.3 0.3 0.5 0.5 0.5 1 1 1 1 1 1 1 1 1 1; do
		sleep $i || sleep 1 || return
		[ -e relay ] && [ ! -e up ] || return
		pss_look
	done
}

# ---- directories of dead owners: ours, by name
is_untouched() { # for so many minutes
	[ -n "$(find . -prune -mmin "+$1")" ]
}
# Whether somebody reads the fifo, wherever this kernel runs him: only then it can be opened.
is_read() {
	[ -p "$1" ] || return
	: >"$1" &
	o=$!
	for i in 1 2 3 4 5; do
		lives "$o" || break
		sleep 0.2 || sleep 1
	done
	kill "$o"
	wait "$o"
}
# The one that we stand in. A process id says something where it was given only (without `where`, by an earlier
# version of us). Elsewhere its owner may live as long as something changes in it, or he has his fifos open.
is_left() {
	if ! { [ -s pid ] && read -r o <pid; }; then
		is_untouched 60
	elif [ ! -s where ] || { read -r x <where && [ "$x" = "$here" ]; }; then
		! lives "$o"
	else
		is_untouched 14400 && ! is_read q
	fi
}
sweep() (
	trap - EXIT HUP INT PIPE TERM
	for b in "$XDG_RUNTIME_DIR" /dev/shm "${TMPDIR:-/tmp}" /var/tmp "$HOME"; do
		# Elsewhere somebody could put another in its place while we look.
		[ -O "$b/." ] || [ -k "$b/." ] || continue
		for x in "$b"/.pss-*; do
			d=$x
			[ -d "$d" ] && [ ! -h "$d" ] && [ -O "$d" ] || continue
			[ -r "$d" ] && [ -w "$d" ] && [ -x "$d" ] || chmod 700 "$d"
			cd -P "$d" 2>/dev/null && [ -O . ] || continue
			is_left && cd / && rm -rf "$d"
		done
	done
)
(
	sweep
	trap - EXIT HUP INT PIPE TERM
	cd "$d" && pss_watch
) </dev/null >/dev/null 2>&1 3<&- 4<&- 5<&- 6<&- 7<&- &
