#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# -Transport ssh: the ssh program makes the connection, and everything else is as ever.

load ../harness/harness

PASSWORD='p ä"ss$word'

setup_file() {
	PSS_ACCOUNT_HASH=$(perl -e 'print crypt($ARGV[0], "\$6\$pssession\$")' "$PASSWORD")
	export PSS_ACCOUNT_HASH
	world_start bash 'PasswordAuthentication yes'
}
teardown_file() { world_end; }
setup() { place_start; }
teardown() { place_end; }

# config EXPRESSION…: C is a config that differs from the world's by these of sed's.
config() {
	sed "$@" "$WORLD/ssh/ssh_config" >"$HERE/config"
	echo "C=$HERE/config" >>"$HERE/rc"
}

enter_by_ssh() {
	term_type 'enter-pssession -Transport ssh -ConfigFile $C box'
	term_keys Enter
}

# The ssh programs of our host processes.
programs() {
	local host
	for host in $(host_pids); do
		pgrep -P "$host" || :
	done
}

no_programs() { [ -z "$(programs)" ]; }

@test "transport: ssh: a session is entered, edited in, resized, interrupted and left" {
	local_bash_start
	enter_by_ssh
	wait_remote
	resize 100 30
	run_line 'stty size; kept=5'
	output_is '30 100'
	start_running
	term_keys C-c
	wait_remote
	run_line 'echo "$? $kept"'
	output_is '130 5'
	term_type "vim.tiny -u NONE -i NONE -c 'set showmode' $WORLD/remote-run/edited"
	term_keys Enter
	wait_screen $'\n~'
	term_keys i
	wait_screen INSERT
	term_send 'written in vim'
	term_keys Escape
	wait_until 10 not screen_matches INSERT
	term_send ':wq'
	term_keys Enter
	wait_remote
	run_line "cat $WORLD/remote-run/edited; rm $WORLD/remote-run/edited"
	output_is 'written in vim'
	leave_by 'exit 3'
	status_is 3
	terminal_is_sane
	wait_until 10 no_programs
}

@test "transport: ssh: invoke-command: streams apart, 8-bit input, statuses, in a session and on a computer" {
	head -c 300000 /dev/urandom >"$HERE/bytes"
	run local_bash "s=\$(new-pssession -Transport ssh -ConfigFile \$C box)
		get-pssession -Session \"\$s\" -Property Transport
		for where in \"-Session \$s\" '-Transport ssh -ConfigFile $WORLD/ssh/ssh_config box'; do
			eval \"invoke-command \$where 'echo out; echo err >&2; exit 3'\" 2>$HERE/errors; echo \"\$? \$(<$HERE/errors)\"
			eval \"invoke-command \$where cat\" <$HERE/bytes | cmp - $HERE/bytes && echo same
		done; remove-pssession -Session \"\$s\""
	[ "$status" -eq 0 ]
	[ "$output" = $'ssh\nout\n3 err\nsame\nout\n3 err\nsame' ]
	wait_until 10 nothing_remote
}

@test "transport: ssh: a password and a host key are asked for on the terminal" {
	config -e 's/PreferredAuthentications.*/PreferredAuthentications password/' -e "s|UserKnownHostsFile .*|UserKnownHostsFile $HERE/known|" \
		-e 's/^StrictHostKeyChecking.*/StrictHostKeyChecking ask/'
	[ "$(id -u)" -eq 0 ] || skip 'this account has no password'
	local_bash_start
	enter_by_ssh
	wait_screen "$(ssh-keygen -lf "$WORLD/ssh/host_key.pub" | cut -d' ' -f2 | sed 's/[+]/[+]/g')"
	term_send yes
	term_keys Enter
	wait_line 'password: $'
	term_send "$PASSWORD"
	term_keys Enter
	wait_remote
	scrollback | not grep -qF "$PASSWORD"
	leave_by exit
	terminal_is_sane
	[ -s "$HERE/known" ]
}

@test "transport: ssh: without a terminal nobody is asked, and a changed host key is refused whatever is configured" {
	config "s|IdentityFile .*|IdentityFile $HERE/none|"
	run local_bash "new-pssession -Transport ssh -ConfigFile $HERE/config box </dev/null"
	[ "$status" -eq 255 ]
	[[ $output == *'ssh cannot connect to box: '*'Permission denied'* ]]
	ssh-keygen -q -t ed25519 -N '' -f "$HERE/other"
	printf '[127.0.0.1]:%s %s\n' "$SSHD_PORT" "$(cut -d' ' -f1,2 "$HERE/other.pub")" >"$HERE/known"
	config "s|UserKnownHostsFile .*|UserKnownHostsFile $HERE/known|"
	run local_bash "new-pssession -Transport ssh -ConfigFile $HERE/config -Options StrictHostKeyChecking=no box </dev/null"
	[ "$status" -eq 255 ]
	[[ $output == *'Host key verification failed'* ]]
}

@test "transport: ssh: Ctrl-C at a question ends it, and nothing of ssh is left" {
	[ "$(id -u)" -eq 0 ] || skip 'this account has no password'
	config -e 's/PreferredAuthentications.*/PreferredAuthentications password/'
	local_bash_start
	enter_by_ssh
	wait_line 'password: $'
	term_keys C-c
	wait_local
	terminal_is_sane
	wait_until 10 no_programs
}

@test "transport: ssh: the connection is cut at the prompt and in a command: Broken, with the cause" {
	local_bash_start
	run_line 's=$(new-pssession -Transport ssh -ConfigFile $C box)' 30
	enter_kept
	start_running
	# shellcheck disable=SC2046
	kill -KILL $(sshd_connections "$WORLD/ssh")
	wait_local
	screen_matches 'connection to box lost'
	status_is 255
	terminal_is_sane
	run_line 'get-pssession -Property State,Cause'
	output_like '^Broken +ssh has ended: .'
	wait_until 10 no_programs
}

@test "transport: ssh: the host process is killed: its programs end, and no file stays" {
	local pids
	local_bash_start
	enter_by_ssh
	wait_remote
	pids=$(programs)
	[ -n "$pids" ]
	HOST_WAS_KILLED=1
	# shellcheck disable=SC2046
	kill -KILL $(host_pids)
	wait_local
	terminal_is_sane
	ended() { ! ps -o pid= -p "$(paste -sd, <<<"$pids")" >/dev/null; }
	wait_until 10 ended
	wait_until 10 nothing_remote
	[ -z "$(find "$HERE/run" -name 'ssh-*')" ]
}

@test "transport: ssh: a resilient session comes back after a cut" {
	local_bash_start
	run_line 's=$(new-pssession -Transport ssh -Resilient -ConfigFile $C box); invoke-command -Session $s x=5' 30
	# shellcheck disable=SC2046
	kill -KILL $(sshd_connections "$WORLD/ssh")
	run_line 'invoke-command -Session $s '"'echo back \$x'" 30
	output_is 'back 5'
	run_line 'remove-pssession -Session $s'
	wait_until 10 nothing_remote
}

@test "transport: ssh: a wrong choice is named" {
	run local_bash 'new-pssession -Transport wsman box'
	[ "$status" -eq 2 ]
	[[ $output == *'-Transport wants libssh or ssh, not '*wsman* ]]
}
