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
mkfifo -m 600 "o$k" "e$k" "c$k" $f || exit 1
exec 3<>"o$k" 4<>"e$k" 5<"o$k" 6<"e$k" 7<>"c$k" 8<&0 </dev/null

say() {
	printf '\036%s%s' "$key" "$1"
}

# What a background job still writes is read and dropped, for that job must not die of it.
retire() {
	trap '' EXIT HUP PIPE TERM
	# All that we have started, if we lead a group of our own. One that has just been forked would take another signal
	# for this shell; it may not be in `i` yet.
	kill -KILL $! $i $c
	kill -TERM -$$
	exec >/dev/null 3<&- 4<&- 7<&- 8<&-
	rm -f "o$k" "e$k" "c$k" "r$k" $f
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
input() {
	exec >/dev/null 2>&1 3<&- 4<&- 5<&- 6<&-
	cat <&8 >"i$k.$1" 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- &
	echo "is $!" >&7
	wait $!
	echo "was $?" >&7
}
begin_input() {
	n=$((n + 1))
	[ $n -gt @INPUTS@ ] && return
	input $n &
	i=$!
}
# The next input begins when that of number n is over and what carries it is gone. An invocation may be over before
# that has said who it is, or has been started at all: an interrupt ends a shell that waits in opening its fifo.
go_on() {
	[ "$over" -ge $n ] || return
	if [ "$c" ]; then
		kill -KILL "$c" 2>/dev/null # it may have ended by itself
	elif [ -z "$i" ] && [ "$was" -ne 0 ]; then
		begin_input
	fi
}

o= e= i= c= n=0 was=0 over=0
trap retire EXIT HUP PIPE TERM
echo $$ >"r$k"
# Where the session is ending, the directory may be in the course of its removal.
[ -e relay ] || {
	trap - EXIT
	rm -f "o$k" "e$k" "c$k" "r$k" $f
	rmdir "$(pwd -P)"
	exit
} 2>/dev/null
output <&5 &
o=$!
output <&6 >&2 &
e=$!
exec 2>/dev/null # what a shell says of those it kills is nobody's output
begin_input
while read -r word value <&7; do
	case $word in
	is) # its process; the last invocation's has gone, so bytes may come
		c=$value
		ready
		go_on
		;;
	over) # the invocation with input N: said by its shell
		over=$value
		go_on
		;;
	was) # its status: ended by its end, by its reader's, or as we wanted it to; else somebody has killed it
		c= i= was=$value
		[ "$over" -ge $n ] || case $was in 129 | 130 | 137 | 143) exit ;; esac
		go_on
		;;
	finish) finish ;;
	*) exit ;;
	esac
done
