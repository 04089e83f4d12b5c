# `sh relay K`: carries standard output, error and input of invocations between the fifos o, e and i of its
# number and a channel of its own, one invocation after another. Only this shell holds the output fifos open for
# writing all the time, so no invocation's end is their end, and ours is. Each invocation with input has a fifo of its
# own, iK.N, which is read by nobody else: what carries our input waits there for its reader, and is replaced by one at
# iK.N+1 when that invocation is over. News for this shell is a line in cK.
umask 077
PATH=${PATH:+$PATH:}/usr/bin:/bin
cd "${0%/*}" && read -r key <key || exit 1
k=$1 n=0 f=
while [ $n -lt @INPUTS@ ]; do
	n=$((n + 1)) f="$f i$k.$n"
done
mkfifo -m 600 "o$k" "e$k" "c$k" "d$k" $f || exit 1
exec 3<>"o$k" 4<>"e$k" 5<"o$k" 6<"e$k" 7<>"c$k" 8<&0
exec 9<>"d$k" <"d$k" 9<&-

say() {
	printf '\036%s%s' "$key" "$1" || exit # a process of its own in some shells
}

# What a background job still writes is read and dropped, for that job must not die of it.
retire() {
	trap '' EXIT HUP PIPE TERM
	# All that we have started, if we lead a group of our own. One that has just been forked would take another signal
	# for this shell; it may not be in `i` yet.
	kill -KILL $! $i $c
	kill -TERM -$$
	exec >/dev/null 3<&- 4<&- 7<&- 8<&-
	rm -f "o$k" "e$k" "c$k" "d$k" "r$k" $f
	cat <&5 6<&- &
	exec cat <&6 5<&-
} 2>/dev/null

# Both streams have begun. The shell may wait for the first relay of a session, and comes to reading this when it likes.
ready() {
	say R
	[ $n -eq 1 ] || return
	say R >&4
	[ -p "w$k" ] || return
	exec 9<>"w$k"
	echo >&9
}

# The session is over: what has been written by now is carried, and its end is said.
finish() {
	kill -KILL $i $c 2>/dev/null
	say F >&3
	say F >&4
	exec 3<&- 4<&-
	wait $o $e
	exit
}

# What ends says so. One that carries output ends only with this shell, or by a signal. Descriptors are closed by `exec`:
# for anything else a shell keeps copies of what it closes.
output() {
	exec 3<&- 4<&- 5<&- 6<&- 8<&-
	cat 7<&-
	echo end >&7
}
# Says in 9, which it alone holds for writing, what carries the input.
input() {
	exec >/dev/null 2>&1 3<&- 4<&- 5<&- 6<&-
	{
		exec 7<&- 9<&-
		exec cat <&8 >"i$k.$1" 8<&- # waits in opening it
	} &
	echo $! >&9
	exec 9<&-
	wait $!
	echo "was $1 $?" >&7
}
# Bytes may come when it is known what carries them. Where `input` is killed before it has said that, the fifo ends.
begin_input() {
	n=$((n + 1)) c=
	[ $n -gt @INPUTS@ ] && return
	{ input $n & i=$!; } 9<>"d$k"
	read -r c || exit
	ready
}
# What carries it is gone when `input`, which waits for that, has ended; one that was killed has not waited.
end_input() {
	[ "$c" ] && kill -KILL "$c" # it may have ended by itself
	wait "$i" || exit
}

o= e= i= c= n=0
trap retire EXIT HUP PIPE TERM
echo $$ >"r$k"
# Where the session is ending, the directory may be in the course of its removal.
[ -e relay ] || {
	trap - EXIT
	rm -f "o$k" "e$k" "c$k" "d$k" "r$k" $f
	rmdir "$(pwd -P)"
	exit
} 2>/dev/null
output <&5 &
o=$!
output <&6 >&2 &
e=$!
exec 2>/dev/null # what a shell says of those it kills is nobody's output
begin_input
while read -r word value how <&7; do
	case $word in
	over) # an invocation with input, of that number: said by its shell. An interrupt may end one that has not begun here
		while [ "$value" -ge $n ]; do
			end_input
			begin_input
		done
		;;
	was) # its status: ended by its end, or by its reader's; else somebody has killed it
		[ "$value" -eq $n ] || continue
		c=
		case $how in 129 | 130 | 137 | 143) exit ;; esac
		;;
	finish) finish ;;
	*) exit ;;
	esac
done
