# The control script: read by `sh` on its standard input, nothing of it in argv. Everything that it
# makes is in one private directory; it goes when our input ends. What follows the script on standard
# input is requests for the shell's fifo `q`; what the shell writes to the fifo `rep` is our output.
[ -z "${ZSH_VERSION-}" ] || emulate sh # start-up files may have replaced the shell here too
umask 077
n=@NAME@
pss_say() {
	printf '\036@KEY@%s\000' "$1"
	shift
	printf '%s\000' "$@"
}

# ---- the directory
@RENDEZVOUS@
d= p= c=
# One that has ended may still have to be reaped.
lives() {
	state=
	kill -0 "$1" && { read -r _ _ state _ <"/proc/$1/stat" || :; } && [ "$state" != Z ]
} 2>/dev/null
clean() {
	trap '' EXIT HUP INT PIPE TERM
	# A user may have taken its permissions away.
	[ -z "$d" ] || { [ -r . ] && [ -w . ] && [ -x . ]; } || chmod 700 "$d"
	[ -z "$p$c" ] || kill $p $c
	# A relay that is starting finds its script gone, or has said who it is by now.
	rm -f relay
	for x in r[0-9]*; do
		read -r o <"$x" || continue
		# One that lives carries what has been written; of one that was killed the rest is ended.
		if lives "$o"; then
			echo finish 1<>"c${x#r}"
		else
			kill -KILL "-$o"
		fi
	done
	# Who waits in opening one for a reader that never comes is let go on, to its end.
	for x in i[0-9]*; do
		[ ! -p "$x" ] || : <>"$x"
	done
	# In a directory that somebody has removed no relay can be reached, nor found by a file.
	[ -z "$d" ] || [ -e q ] || for x in $(grep -ls "pss-[${n%"${n#?}"}]${n#?}/relay" /proc/[0-9]*/cmdline); do
		x=${x#/proc/} x=${x%/*}
		kill -KILL "-$x" || kill -KILL "$x"
	done
	cd /
	# Renamed first: a shell that still reports opens `rep` by its path, and would create it as a file.
	[ -z "$d" ] || { mv "$d" "$d.gone" && d=$d.gone; rm -rf "$d" || rm -rf "$d"; }
	# A holder that was killed has left its own.
	lives "$PPID" || sweep </dev/null >/dev/null
	exit 0
} 2>/dev/null
trap clean EXIT HUP INT PIPE TERM
if pss_meet; then
	d=$PWD
fi
if [ -z "$d" ] || ! mkfifo -m 600 q rep; then
	pss_say x "$pss_why"
	exit 1
fi
# Only this shell holds `rep` open for writing all the time: its end, whatever the cause, is the end of the pump.
exec 3<>rep 4<>q 5<&0 6<>go 7<rep

# ---- the shell: which one, and its start-up file
pss_family() {
	case ${1##*/} in
	bash) f=bash ;;
	zsh) f=zsh ;;
	fish) f=fish ;;
	pwsh | pwsh-preview) f=pwsh ;;
	sh | dash | ash | ksh | ksh93 | ksh2020 | mksh | lksh | busybox) f=posix ;;
	*) f=none ;;
	esac
}
# Which shells there are: those that we know, and those that the computer lists.
pss_shells() {
	l=' '
	for y in bash zsh fish sh dash ash ksh mksh tcsh csh pwsh busybox; do
		command -v $y >/dev/null 2>&1 && l="$l$y "
	done
	[ ! -r /etc/shells ] || while read -r y; do
		case $l${y##*/} in
		*" ${y##*/} "*) ;;
		*) [ "${y#/}" = "$y" ] || [ ! -x "$y" ] || l="$l${y##*/} " ;;
		esac
	done </etc/shells
}
s=@SHELL@
case $s in
'') s=${SHELL:-/bin/sh} ;;
*/*) [ -x "$s" ] && [ ! -d "$s" ] || s= ;;
*)
	x=$s
	s=$(command -v -- "$x")
	pss_family "$x"
	[ $f != none ] || {
		pss_shells
		case $l in *" $x "*) ;; *) s= ;; esac
	}
	;;
esac
if [ -z "$s" ]; then
	pss_shells
	x=@SHELL@
	pss_say u "there is no shell $x; -ConfigurationName takes one of:$l"
	exit 1
fi
pss_family "$s"

# Writes a file. One that is not whole would be a session that lacks something, and does not know.
put() {
	cat >"$1" && return
	pss_say x "$1 could not be written"
	exit 1
}

# ---- the launcher: sourced by the waiting terminal
put launch <<'@END@'
@LAUNCH@
@END@
printf '%s\n' "$s" >shell
printf '%s\n' "$f" >family

# ---- the two pumps. `pkill cat` must not end them; a closed channel must.
again() {
	case $1 in 129 | 130 | 137 | 143) return 0 ;; esac
	return 1
}
pump() {
	c=
	# By `exec`: for anything else a shell keeps copies of what it closes.
	exec </dev/null 2>/dev/null 3<&- 4<&- 5<&- 6<&-
	trap - EXIT HUP INT PIPE
	trap 'kill $c; exit 0' TERM
	while :; do
		cat <&7 7<&- &
		c=$!
		wait $c
		s=$?
		again $s || break
	done
	# This script has been killed, and could not clean.
	if [ $s = 0 ]; then
		c=
		exec >/dev/null
		clean
	fi
}
# Our input to the shell, as long as there is any.
serve() {
	while :; do
		cat <&5 >&4 3<&- 5<&- 6<&- 7<&- 2>/dev/null &
		c=$!
		wait $c
		again $? || break
	done
}

# ---- the start-up files, the most frequent first: the shell starts while the rest of this script is on its way. What it
# says waits in the fifo.
case $f in bash | posix) put escapes ;; *) cat >/dev/null ;; esac <<'@END@'
@ESCAPES@
@END@
[ $f != bash ] || put rc <<'@END@'
@BASH@
@END@
[ $f != bash ] || echo >&6
[ $f != zsh ] || put hooks <<'@END@'
@ZSH_HOOKS@
@END@
[ $f != zsh ] || put editor <<'@END@'
@ZSH_EDITOR@
@END@
[ $f != zsh ] || put rc <<'@END@'
@ZSH@
@END@
if [ $f = zsh ]; then
	for x in zshenv zprofile zshrc zlogin; do
		printf '__pss_d=${__pss_d-$ZDOTDIR} __pss_stub=%s\n\\builtin \\. "$__pss_d/rc"\n' $x >.$x
	done
	echo >&6
fi
[ $f != posix ] || put rc <<'@END@'
@POSIX@
@END@
[ $f != posix ] || echo >&6
[ $f != fish ] || put rc <<'@END@'
@FISH@
@END@
[ $f != fish ] || echo >&6
# PowerShell takes no other name for a script.
[ $f != pwsh ] || put rc.ps1 <<'@END@'
@PWSH@
@END@
[ $f != pwsh ] || echo >&6

# ---- the owner, while the shell starts: the process id last, as it is nothing alone
@WHERE@
here=$(pss_where)
echo "$here" >where
read -r y </proc/sys/kernel/random/boot_id 2>/dev/null || y=
pss_say h "$y"
echo $$ >pid

# ---- what requests need, which come behind this script
put relay <<'@END@'
@RELAY@
@END@
[ $f = fish ] || put typed <<'@END@'
@TYPED@
@END@
[ $f != bash ] || put complete <<'@END@'
@BASH_COMPLETE@
@END@
[ $f != zsh ] || put complete <<'@END@'
@ZSH_COMPLETE@
@END@
case $f in
posix) x=complete ;;
zsh) x=complete-files ;;
*) x= ;;
esac
[ -z "$x" ] || put "$x" <<'@END@'
@POSIX_COMPLETE@
@END@

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
	printf '\036@KEY@o\000%s\000' "${x#-}" 1<>rep
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

# Requests come when the shell has spoken: nothing of this script may be on its way then, or `sh`, which reads blocks,
# would take them for more of it. So this is one line.
# A shell that we do not know starts last: its name must be reported before it takes the keyboard.
pss_say d "$d" "${s##*/}"; { pump & } ; p=$!; [ $f != none ] || echo >&6; serve; clean
