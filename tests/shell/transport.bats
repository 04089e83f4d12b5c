#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# -Transport ssh: the ssh program makes the connection, and everything else is as ever. -ShareConnection: one connection for
# several sessions.

load ../harness/harness

PASSWORD='p ä"ss$word'

setup_file() {
	PSS_ACCOUNT_HASH=$(perl -e 'print crypt($ARGV[0], "\$6\$pssession\$")' "$PASSWORD")
	export PSS_ACCOUNT_HASH
	world_start bash 'PasswordAuthentication yes'
}
teardown_file() { world_end; }
setup() { place_start; }
teardown() {
	place_end
	[ ! -d "$WORLD/ssh1" ] || sshd_stop "$WORLD/ssh1"
	rm -rf "$WORLD/ssh1"
}

# config EXPRESSION…: C is a config that differs from the world's by these of sed's.
config() {
	sed "$@" "$WORLD/ssh/ssh_config" >"$HERE/config"
	echo "C=$HERE/config" >>"$HERE/rc"
}

enter_by_ssh() {
	term_type 'enter-pssession -Transport ssh -ConfigFile $C box'
	term_keys Enter
}

# exchange ARGUMENT…: what -Verbose and -Debug say of the exchange of keys with such a call, a line each: the algorithm, and
# the one that -Transport ssh would have used.
exchange() {
	local_shell "invoke-command -Debug -Verbose -ConfigFile $C $* box true 2>&1 </dev/null" |
		sed -n 's/.*; kex \([^;]*\);.*/\1/p; s/.*-Transport ssh would use \([^,]*\),.*/better \1/p'
}

# The same of ssh itself.
exchange_of_ssh() {
	ssh -v -F "$C" box true 2>&1 </dev/null | tr -d '\r' | sed -n 's/^debug1: kex: algorithm: //p'
}

is_post_quantum() { [[ $1 == mlkem* || $1 == sntrup* ]]; }

@test "transport: the keys are exchanged as ssh does it; where libssh lacks what is post-quantum, -Verbose says that ssh has it" {
	local ours theirs
	C=$WORLD/ssh/ssh_config
	theirs=$(exchange_of_ssh)
	is_post_quantum "$theirs" || skip "neither ssh nor sshd have such an exchange"
	mapfile -t ours < <(exchange)
	is_post_quantum "${ours[0]}" && [ "${#ours[@]}" -eq 1 ] ||
		[ "${ours[1]}" = "better $theirs" ] || { echo "${ours[@]}, and ssh $theirs"; return 1; }
	[ "$(exchange -Options KexAlgorithms=curve25519-sha256)" = curve25519-sha256 ]
	second_server_with 'KexAlgorithms ecdh-sha2-nistp256'
	C=$WORLD/ssh1/ssh_config
	[ "$(exchange_of_ssh)" = ecdh-sha2-nistp256 ]
	[ "$(exchange)" = ecdh-sha2-nistp256 ]
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

# dies_of OPTION STATUS CAUSE: an entered session, then an invocation and a job whose shell is killed.
dies_of() {
	keep_session "$1" box
	enter_kept
	leave_by 'kill -9 $$'
	[ "$2" != 255 ] || wait_screen "$3"
	status_is "$2"
	run local_shell "s=\$(new-pssession $1 -ConfigFile \$C box)
		invoke-command -Session \$s 'echo said; kill -9 \$\$' </dev/null; echo \$?
		s=\$(new-pssession $1 -ConfigFile \$C box)
		receive-pssession -Session \$(invoke-command -Session \$s -AsJob 'echo said; kill -9 \$\$') -Wait; echo \$?
		get-pssession -Property State,Cause; remove-pssession -Name \*"
	echo "$output"
	[ "${lines[0]} ${lines[2]} ${lines[3]} ${lines[5]}" = 'said 1 said 1' ]
	[[ ${lines[1]} == *": [box] $3" && ${lines[4]} == *": [box] $3" ]]
	[ "$(grep -cxF $'Closed\t'"$3" <<<"$output")" -eq 3 ]
}

@test "transport: ssh: a remote shell that is killed is told as over libssh; what killed it ssh does not say" {
	local_shell_start
	dies_of '-Transport ssh' 255 'the remote shell was killed, or exited with status 255: ssh does not say which'
	dies_of '-ShareConnection' 137 'the remote shell exited with status 137'
	dies_of '' 137 'the remote shell exited with status 137'
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

asks() {
	[ -n "$(find "$HERE/run" -name 'ssh-*-ask')" ]
}

@test "transport: ssh: the host process is ended while ssh connects: it ends, and no file stays" {
	local host
	local_bash_start
	term_type 'enter-pssession -Transport ssh -Options "ProxyCommand=tail -f /dev/null" -ConfigFile $C box'
	term_keys Enter
	wait_until 10 asks
	host=$(host_pids)
	kill -TERM "$host"
	wait_local
	wait_until 10 not is_alive "$host"
	[ -z "$(find "$HERE/run" -name 'ssh-*')" ]
	[ -z "$(processes_with_argument "$HERE/run/ssh-")" ]
}

@test "transport: ssh: what a host process leaves that is killed meanwhile is removed by the next" {
	local_bash_start
	term_type 'enter-pssession -Transport ssh -Options "ProxyCommand=tail -f /dev/null" -ConfigFile $C box'
	term_keys Enter
	wait_until 10 asks
	HOST_WAS_KILLED=1
	# shellcheck disable=SC2046
	kill -KILL $(host_pids)
	wait_local
	keep_session box
	[ -z "$(find "$HERE/run" -name 'ssh-*')" ]
	wait_until 10 no_ssh
}

no_ssh() {
	[ -z "$(processes_with_argument "$HERE/run/ssh-")" ]
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

@test "transport: ssh: forwarded ports are had, listed, or named, and end with it" {
	local port taken=$SSHD_PORT
	config -e "\$a RemoteForward 127.0.0.1:0 127.0.0.1:9" -e "\$a DynamicForward 127.0.0.1:$taken" \
		-e "\$a LocalForward $HERE/l.sock 127.0.0.1:$SSHD_PORT"
	local_bash_start
	run_line 'new-pssession -Transport ssh -ConfigFile $C box >/dev/null 2>$HERE/said; get-pssession -Property Forwards' 30
	port=$(sed -n 's/.*the server listens on port //p' "$HERE/said")
	output_is "L $HERE/l.sock -> [127.0.0.1]:$SSHD_PORT, R [127.0.0.1]:$port -> [127.0.0.1]:9"
	grep -q "DynamicForward '\[127.0.0.1\]:$taken' failed: " "$HERE/said"
	(: </dev/tcp/127.0.0.1/"$port")
	[[ $(python3 -c 'import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); print(s.recv(99))' "$HERE/l.sock") == *SSH-2.0* ]]
	run_line 'remove-pssession -Id 1'
	wait_until 10 no_programs
	rm "$HERE/l.sock" # ssh leaves it, see StreamLocalBindUnlink
	run_line 'new-pssession -Transport ssh -ConfigFile $C -Options ExitOnForwardFailure=yes box'
	output_like "' failed: "
	wait_until 10 no_programs
}

@test "transport: ssh: a wrong choice is named" {
	run local_bash 'new-pssession -Transport wsman box'
	[ "$status" -eq 2 ]
	[[ $output == *'-Transport wants libssh or ssh, not '*wsman* ]]
}

# -- one connection for several

n_logins() {
	grep -c '^Accepted publickey' "$WORLD/${1:-ssh}/sshd.log" || :
}

@test "transport: shared: three sessions are one login and have shells of their own; a fourth one says that there is no room" {
	local before
	before=$(n_logins)
	run local_bash 'for i in 1 2 3; do new-pssession -ShareConnection -ConfigFile $C box; done >/dev/null
		for i in 1 2 3; do invoke-command -Id $i "x=$i"; done; for i in 3 2 1; do invoke-command -Id $i "echo \$x"; done'
	[ "$output" = $'3\n2\n1' ]
	[ "$(n_logins)" -eq $((before + 1)) ]
	run local_bash 'new-pssession -ShareConnection -ConfigFile $C box'
	[[ $output == *'no more sessions on the shared connection'* ]]
	[ "$(n_logins)" -eq $((before + 2)) ]
	run local_bash 'new-pssession -ShareConnection -ConfigFile $C -Options LogLevel=ERROR box >/dev/null; remove-pssession -Name "*"'
	[ "$status" -eq 0 ]
	[ "$(n_logins)" -eq $((before + 3)) ]
	wait_until 10 nothing_remote
}

# The terminal hears that there is no other channel, and then that it is closed, at any of its steps.
@test "transport: a server with one channel: sessions that come and go at once leave nothing there" {
	second_server_with 'MaxSessions 1' "$(remote_environment)"
	run local_bash 'C=$WORLD/ssh1/ssh_config
		for i in {1..25}; do s=$(new-pssession -ConfigFile $C box 2>/dev/null) && remove-pssession -Session $s || exit; done'
	[ "$status" -eq 0 ]
	wait_until 10 nothing_remote
}

@test "transport: shared: how many find room is what the server says" {
	second_server_with 'MaxSessions 30' "$(remote_environment)"
	run local_bash 'C=$WORLD/ssh1/ssh_config; for i in 1 2 3 4 5; do new-pssession -ShareConnection -ConfigFile $C box; done >/dev/null
		for i in 1 2 3 4 5; do invoke-command -Id $i "x=$i"; done; for i in 5 4 3 2 1; do invoke-command -Id $i "echo \$x"; done'
	[ "$output" = $'5\n4\n3\n2\n1' ]
	[ "$(n_logins ssh1)" -eq 1 ]
	run local_bash 'C=$WORLD/ssh1/ssh_config; new-pssession -ShareConnection -ConfigFile $C box,box,box,box >/dev/null; get-pssession -Property State | sort | uniq -c'
	[[ $output == *9\ Opened* ]]
	[ "$(n_logins ssh1)" -eq 1 ]
	run local_bash 'C=$WORLD/ssh1/ssh_config; remove-pssession -Name "*"'
	wait_until 10 nothing_remote
}

@test "transport: shared: a server with little room: each has a connection, and it is said, at once and one by one" {
	second_server_with 'MaxSessions 3' "$(remote_environment)"
	run local_bash 'C=$WORLD/ssh1/ssh_config; new-pssession -ShareConnection -ConfigFile $C box,box,box; get-pssession -Property State'
	[ "$(grep -c '^Opened$' <<<"$output")" -eq 3 ]
	[ "$(grep -c 'no more sessions on the shared connection' <<<"$output")" -eq 2 ]
	[ "$(n_logins ssh1)" -eq 3 ]
	run local_bash 'C=$WORLD/ssh1/ssh_config; new-pssession -ShareConnection -ConfigFile $C box >/dev/null; for i in 1 2 3 4; do invoke-command -Id $i "echo $i"; done'
	[[ $output == *'no more sessions on the shared connection'*$'\n1\n2\n3\n4' ]]
	run local_bash 'C=$WORLD/ssh1/ssh_config; remove-pssession -Name "*"'
	wait_until 10 nothing_remote
}

@test "transport: shared: each has the environment and the size that it asked for" {
	second_server_with 'AcceptEnv PSS_*' "$(remote_environment)"
	local_bash_start
	run_line 'for i in 1 2; do new-pssession -ShareConnection -Options SetEnv=PSS_ONE=here -ConfigFile $C box; done >/dev/null' 20
	run_line 'for i in 1 2; do invoke-command -Id $i "echo \$PSS_ONE"; done'
	output_is $'here\nhere'
	resize 97 23
	term_type 'enter-pssession -Id 2'
	term_keys Enter
	wait_remote
	run_line 'stty size; echo $PSS_ONE'
	output_is $'23 97\nhere'
	term_type exit-pssession
	term_keys Enter
	wait_local
	run_line 'remove-pssession -Name "*"'
	[ "$(n_logins ssh1)" -eq 1 ]
	wait_until 10 nothing_remote
}

@test "transport: shared: opened at once they are one login; the first is removed and the others go on; a cut breaks them all" {
	local before
	before=$(n_logins)
	local_bash_start
	run_line 'new-pssession -ShareConnection -ConfigFile $C box,box,box >/dev/null; get-pssession -Property State' 30
	output_is $'Opened\nOpened\nOpened'
	[ "$(n_logins)" -eq $((before + 1)) ]
	run_line 'remove-pssession -Id 1; invoke-command -Id 2 "echo on"; new-pssession -ShareConnection -ConfigFile $C box >/dev/null; get-pssession -Property Id'
	output_is $'on\n2\n3\n4'
	[ "$(n_logins)" -eq $((before + 1)) ]
	term_type 'enter-pssession -Id 3'
	term_keys Enter
	wait_remote
	run_line 'echo $((6 * 7))'
	output_is 42
	# shellcheck disable=SC2046
	kill -KILL $(sshd_connections "$WORLD/ssh")
	wait_local
	screen_matches 'connection to box lost'
	run_line 'get-pssession -Property State'
	output_is $'Broken\nBroken\nBroken'
	run_line 'new-pssession -ShareConnection -ConfigFile $C box >/dev/null; invoke-command -Id 5 "echo again"' 30
	output_is again
}

@test "transport: shared: a login that fails fails for all that wait for it" {
	config "s|IdentityFile .*|IdentityFile $HERE/none|"
	run local_bash "new-pssession -ShareConnection -ConfigFile $HERE/config box,box </dev/null"
	[ "$status" -eq 255 ]
	[ "$(grep -c 'all login methods were refused' <<<"$output")" -eq 2 ]
	run local_bash 'get-pssession'
	[ -z "$output" ]
}

@test "transport: shared: with -Transport ssh, and for commands on computers at once" {
	run local_bash 'for i in 1 2; do new-pssession -ShareConnection -Transport ssh -ConfigFile $C box; done >/dev/null
		invoke-command -Id 2 "echo two"; invoke-command -HideComputerName -ShareConnection -ConfigFile $C -ComputerName box,box,box "echo three"
		remove-pssession -Name "*"'
	[ "$output" = $'two\nthree\nthree\nthree' ]
	wait_until 10 nothing_remote
}
