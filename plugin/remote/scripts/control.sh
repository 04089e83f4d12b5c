# The control script: in argv (packed.sh) or read by `sh` on its standard input (plain.sh); late.sh follows it. Everything
# that it makes is in one private directory; it goes when our input ends. What follows on standard input is requests for
# the shell's fifo `q`; what the shell writes to the fifo `rep` is our output.
[ -z "${ZSH_VERSION-}" ] || emulate sh # start-up files may have replaced the shell here too
umask 077
n=@NAME@
pss_say() {
	printf '\036%s%s\000' "$key" "$1"
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
if [ -z "$d" ] || ! mkfifo -m 600 q rep w1; then
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
printf '%s\n' "$key" >key
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

# ---- the start-up files, start-*.sh: the shell starts while the rest is under way. What it says waits in the fifo.
@START@

# ---- the owner, while the shell starts: the process id last, as it is nothing alone
@WHERE@
here=$(pss_where)
echo "$here" >where
read -r y </proc/sys/kernel/random/boot_id 2>/dev/null || y=
pss_say h "$y"
echo $$ >pid

# ---- what requests need that do not come by our input
put relay <<'@END@'
@RELAY@
@END@
