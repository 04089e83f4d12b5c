#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# copy-item to a server that has no SFTP: its program is missing, as it is on many small systems.

load ../harness/harness

setup_file() { world_start bash 'Subsystem sftp /nonexistent/sftp-server'; }
teardown_file() { world_end; }
setup() { place_start; }
teardown() {
	rm -rf "$REMOTE_HOME/bare"
	place_end
}

# there SCRIPT: with a session whose name is work.
there() {
	run local_shell '
		s=$(new-pssession -ConfigFile $C -Name work box) || exit 90
		mkdir '"$REMOTE_HOME"'/bare && chmod 777 '"$REMOTE_HOME"'/bare || exit 91
		T='"$REMOTE_HOME"'/bare
		cd $HERE
		'"$1"
	echo "$output"
	[ "$status" -eq 0 ] || { echo "status $status"; return 1; }
}

@test "copy: where there is no SFTP files go through sh" {
	there '
		head -c 3000000 /dev/urandom >a
		copy-item a work:bare/ 2>err || exit 51
		cmp a $T/a && ! [ -s err ] || exit 52
		copy-item work:bare/a b && cmp a b || exit 53
		copy-item -ConfigFile $C -Verbose a box:bare/c 2>err && cmp a $T/c || exit 54
		grep -q "no SFTP" err && [ $(grep -c "connecting to" err) -eq 1 ] || exit 55
		copy-item work:bare/nothing . 2>err; [ $? -eq 1 ] && grep -q "no such file" err || exit 56'
}

@test "copy: so do trees, with names that a shell would take for something else" {
	there '
		mkdir -p "tree/\`touch x\`/\$(touch x)" && cd tree || exit 50
		n="
"
		for name in a " b  c " "*" "-rf" "new${n}line" "end$n" "back\\slash"; do echo "$name" >"$name"; done
		ln -s "back\\slash" "a link" && mkdir empty && cd .. || exit 50
		copy-item -Recurse tree work:bare/ || exit 51
		diff -r tree $T/tree || exit 52
		copy-item -Recurse work:bare/tree back || exit 53
		diff -r tree back && [ "$(readlink "back/a link")" = "back\\slash" ] || exit 54
		! [ -e x ] && ! [ -e $T/x ] && ! [ -e '"$REMOTE_HOME"'/x ] || exit 55'
}

@test "copy: what a killed copy has left is found there, too" {
	local flag pid T=$REMOTE_HOME/bare
	grown() { [ -n "$(find "$T" -name '.big.pss-*' -size +100k)" ]; }
	mkdir -m 777 "$T"
	head -c 40000000 /dev/urandom >"$HERE/big"
	local_shell 'new-pssession -ConfigFile $C -Name work box >/dev/null'
	for flag in '' -Resume; do
		local_shell "cd $HERE; copy-item big work:bare" 2>/dev/null &
		pid=$!
		wait_until 20 grown
		kill -KILL "$(copies_here)"
		wait "$pid" || :
		run local_shell "cd $HERE; copy-item $flag -Verbose big work:bare"
		echo "$output"
		[ "$status" -eq 0 ] && cmp "$HERE/big" "$T/big" && [ -z "$(find "$T" -name '*.pss-*')" ]
		[ -z "$flag" ] || [[ $output == *"going on behind"* ]]
		rm "$T/big"
	done
}

# Start-up files that print, forced commands: scp fails at all of these.
@test "copy: where something else answers in front of SFTP files go through sh, and where nothing serves them that is said" {
	local sftp='Subsystem sftp /usr/lib/openssh/sftp-server' command copy="copy-item -ConfigFile $WORLD/ssh1/ssh_config"
	mkdir -m 777 "$REMOTE_HOME/bare"
	seq 1000 >"$HERE/a"
	for command in 'echo noise; eval "$SSH_ORIGINAL_COMMAND"' 'printf a-long-line-%01000d 1; eval "$SSH_ORIGINAL_COMMAND"'; do
		second_server_with "ForceCommand $command" "$sftp"
		run scp -q -F "$WORLD/ssh1/ssh_config" "$HERE/a" "box:bare/"
		[ "$status" -ne 0 ]
		run local_shell "$copy \$HERE/a box:bare/ && $copy box:bare/a \$HERE/b"
		echo "$output"
		[ "$status" -eq 0 ]
		cmp "$HERE/a" "$HERE/b"
		[[ $output == *'something else than SFTP (do its start-up files print?): its files are reached through sh'* ]]
		rm "$HERE/b" "$REMOTE_HOME/bare/a"
		sshd_stop "$WORLD/ssh1"
	done
	for command in 'echo forced; exit 5' 'echo forced; read -r x; exit 5' 'exit 5'; do
		second_server_with "ForceCommand $command" "$sftp"
		run local_shell "$copy \$HERE/a box:bare/ 2>&1"
		echo "$output"
		[ "$status" -eq 1 ]
		[[ $output == *'it has neither SFTP nor a sh through which files could be reached' ]]
		sshd_stop "$WORLD/ssh1"
	done
}
