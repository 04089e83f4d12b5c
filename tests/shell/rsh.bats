#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# pssession-rsh: a remote shell over a session's connection, beside ssh, which says what is right.

load ../harness/harness

setup_file() { world_start bash; }
teardown_file() { world_end; }
setup() { place_start; }
teardown() {
	rm -rf "$REMOTE_HOME/t"
	place_end
}

# there SCRIPT: with a session s, whose name is work, and our remote shell as $R.
there() {
	run local_shell '
		s=$(new-pssession -ConfigFile $C -Name work box) || exit 90
		R='"$PSS_BUILD"'/plugin/rsh/pssession-rsh
		cd $HERE
		'"$1"
	echo "$output"
	[ "$status" -eq 0 ] || { echo "status $status"; return 1; }
}

@test "rsh: streams, status and end of input are as ssh has them" {
	there '
		head -c 3000000 /dev/urandom >in
		for script in "cat; echo e >&2; exit 7" "wc -c" "head -c 5; exit 1" "exec <&-; head -c 2000000 /dev/zero" true; do
			ssh -F $C box "$script" <in >out1 2>err1; s1=$?
			$R work "$script" <in >out2 2>err2; s2=$?
			[ $s1 -eq $s2 ] || { echo "$script: $s1 $s2"; exit 51; }
			cmp out1 out2 && cmp err1 err2 || { echo "$script"; exit 52; }
		done
		$R work "kill -9 \$\$" </dev/null; [ $? -eq 137 ] || exit 53'
}

@test "rsh: a session by each of its names, else a computer; its shell notices nothing" {
	there '
		invoke-command -Session $s "cd /usr; x=5" </dev/null
		[ "$($R work pwd </dev/null)" = '"$REMOTE_HOME"' ] || exit 51
		[ "$($R "$s" "echo \$PPID" </dev/null)" = "$($R 1 "echo \$PPID" </dev/null)" ] || exit 52
		[ "$($R -F $C box echo one  two </dev/null)" = "one two" ] || exit 53
		[ "$(invoke-command -Session $s "echo \$x; pwd" </dev/null)" = "5
/usr" ] || exit 54
		$R nowhere true 2>err; [ $? -eq 255 ] && grep -q nowhere err || exit 55
		$R work 2>err; [ $? -eq 2 ] || exit 56
		[ "$($R work "yes" | head -n 1)" = y ] || exit 57'
}

@test "rsh: a command that is longer than SSH takes is refused, and the session lives" {
	there '
		x=$(head -c 3000 /dev/zero | tr "\0" x); set --
		while [ $# -lt 100 ]; do set -- "$@" "$x"; done
		for there in work "-F $C box"; do
			$R $there echo "$@" </dev/null >out 2>err; [ $? -eq 2 ] && ! [ -s out ] || exit 51
			grep -q "too long: 256 KiB at most; the text of an invoke-command may be longer" err || { cat err; exit 52; }
		done
		[ "$($R work echo on </dev/null)" = on ] || exit 53
		[ "$(get-pssession -Property State)" = Opened ] || exit 54'
}

@test "rsh: rsync copies by it, over the session" {
	command -v rsync >/dev/null || skip "no rsync"
	there '
		mkdir -p tree/sub; head -c 300000 /dev/urandom >tree/a; echo b >"tree/sub/b c"; ln -s a tree/link
		rsync -a -e $R tree/ work:t/ || exit 51
		rsync -a -e $R work:t/ back/ || exit 52
		diff -r tree back || exit 53
		rsync -a -i -e $R tree/ work:t/ >changes || exit 54
		! [ -s changes ] || exit 55'
}
