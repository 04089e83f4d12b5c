# `sh relay K`: carries standard output, error and input of invocations between the fifos o, e and i of its
# number and a channel of its own, one invocation after another. Its output fifos are open for reading and
# writing, so that no invocation's end is the end of them. TERM ends it: what a background job still writes is
# read and dropped then, for that job must not die of it.
umask 077
cd "${0%/*}" || exit 1
k=$1
mkfifo -m 600 "o$k" "e$k" "i$k" || exit 1
exec 3<>"o$k" 4<>"e$k" 5<&0 </dev/null
retire() {
	trap '' EXIT HUP PIPE TERM
	# The last one may have no name yet. One that has just been forked would take another signal for this shell.
	kill -KILL $o $e $i $!
	exec 5<"o$k" 6<"e$k" 3<&- 4<&- >/dev/null
	rm -f "o$k" "e$k" "i$k" "r$k"
	cat <&5 6<&- &
	exec cat <&6 5<&-
} 2>/dev/null
o= e= i=
trap retire EXIT HUP PIPE TERM
echo $$ >"r$k"
# Where the session is ending, the directory may be in the course of its removal.
[ -e relay ] || {
	trap - EXIT
	rm -f "o$k" "e$k" "i$k" "r$k"
	rmdir "$(pwd -P)"
	exit
} 2>/dev/null
cat <&3 3<&- 4<&- 5<&- &
o=$!
cat <&4 >&2 3<&- 4<&- 5<&- &
e=$!
# This one waits for its reader.
cat <&5 >"i$k" 3<&- 4<&- 5<&- &
i=$!
exec 5<&-
printf '\036@KEY@R'
wait $o $e
