#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# ssh_config, user names and exit statuses: ssh itself is run beside us, and says what is right.

load ../harness/harness

setup_file() { world_start bash 'AcceptEnv PSS_*'; }
teardown_file() { world_end; }
setup() { place_start; }
teardown() { place_end; }

# config LINE…: $HERE/config is the world's, behind these lines.
config() {
	{
		printf '%s\n' "$@"
		cat "$WORLD/ssh/ssh_config"
	} >"$HERE/config"
}

# In the local shell: by_ssh, by_us, by_program COMMAND: runs it there. WHAT=… is what the configuration is named.
WAYS='by_ssh() { ssh -F $HERE/config box "$@" </dev/null; }
	by_us() { invoke-command -ConfigFile $HERE/config box "$@" </dev/null; }
	by_program() { invoke-command -Transport ssh -ConfigFile $HERE/config box "$@" </dev/null; }
	'

# script TEXT: runs it in a local shell that has these.
script() {
	run local_shell "$WAYS$1"
	echo "$output"
}

SENT='env -0 | LC_ALL=C grep -za ^PSS_ | sort -z | od -An -v -tx1'

@test "configured: SendEnv sends what the shell exports when the command is typed" {
	config 'SendEnv PSS_* NO_SUCH' 'SendEnv -PSS_NOT*' 'SetEnv PSS_SET=a=b'
	script 'export PSS_LATER="two
lines" PSS_BYTES="$(printf "\303\244 \377|")" PSS_EMPTY= PSS_NOT_SENT=x PSS_GONE=x
		export PSS_LONG=$(printf %100000s x)
		unset PSS_GONE
		PSS_PRIVATE=x
		show='"'$SENT'"'
		for by in by_ssh by_us by_program; do
			PSS_BEFORE=here $by "$show" >$HERE/$by
			(export PSS_LATER=subshell; $by "$show") >>$HERE/$by
		done
		s=$(export PSS_BEFORE=here; new-pssession -ConfigFile $HERE/config box)
		invoke-command -Session $s "$show" >$HERE/session'
	[ "$status" -eq 0 ]
	[ "$(wc -l <"$HERE/by_ssh")" -gt 12000 ]
	cmp "$HERE/by_ssh" "$HERE/by_us"
	cmp "$HERE/by_ssh" "$HERE/by_program"
	cmp <(head -c "$(stat -c %s "$HERE/session")" "$HERE/by_ssh") "$HERE/session"
}

@test "configured: an environment that is larger than a request: what there is room for is sent, and the rest named" {
	config 'SendEnv PSS_*'
	script 'export PSS_ROOM=yes
		for i in 1 2 3 4; do export "LARGE_$i=$(printf %100000s x)"; done
		by_us -Verbose "echo \$PSS_ROOM" 2>$HERE/said'
	[ "$output" = yes ]
	[ "$(grep -c 'ssh_config cannot see LARGE_.: the environment is larger than a request' "$HERE/said")" -eq 2 ]
}

@test "configured: a variable in a file's name is the shell's; one that is not set is where ssh ends" {
	sed -e "s|$WORLD/ssh/user_key|\${PSS_DIR}/user_key|" -e "s|$WORLD/ssh/known_hosts|\${PSS_DIR}/known_hosts|" \
		"$WORLD/ssh/ssh_config" >"$HERE/config"
	script 'for by in by_ssh by_us by_program; do
			unset PSS_DIR
			$by "echo $by" 2>/dev/null; echo $?
			export PSS_DIR=$WORLD/ssh
			$by "echo in"; echo $?
			PSS_DIR=/nonexistent $by "echo out" 2>/dev/null; echo $?
		done'
	[ "$output" = $'255\nin\n0\n255\n255\nin\n0\n255\n255\nin\n0\n255' ]
}

@test "configured: programs that ssh_config names get the shell's environment" {
	config 'Match originalhost box exec "test $PSS_WHERE = nowhere"' ' Port 1' 'Match all' \
		"ProxyCommand sh -c 'echo \"\$PSS_WHERE\" >>$HERE/seen; exec python3 $HERE/connect.py %h %p'"
	cat >"$HERE/connect.py" <<-'END'
		import os, socket, sys, threading
		s = socket.create_connection(sys.argv[1:3])
		def copy(read, write, end):
		    while block := read(65536):
		        write(block)
		    end()
		threading.Thread(target=copy, args=(lambda n: os.read(0, n), s.sendall, lambda: s.shutdown(1)), daemon=True).start()
		copy(s.recv, lambda block: os.write(1, block), lambda: None)
	END
	script 'for by in by_ssh by_us by_program; do
			export PSS_WHERE=nowhere
			$by "echo in" 2>/dev/null; echo $?
			PSS_WHERE=$by; $by "echo in"; echo $?
		done'
	[ "$output" = $'255\nin\n0\n255\nin\n0\n255\nin\n0' ]
	[ "$(grep -v nowhere "$HERE/seen")" = $'by_ssh\nby_us\nby_program' ]
}

# bats test_tags=once
@test "configured: a configuration of which ssh -G prints more than 256 KiB" {
	mapfile -t lines < <(printf 'SendEnv PSS_NAME_OF_A_VARIABLE_%s\n' {1..8000})
	config "${lines[@]}"
	[ "$(ssh -G -F "$HERE/config" box | wc -c)" -gt 262144 ]
	script 'export PSS_NAME_OF_A_VARIABLE_8000=last
		for by in by_ssh by_us by_program; do $by "echo \$PSS_NAME_OF_A_VARIABLE_8000"; done'
	[ "$output" = $'last\nlast\nlast' ]
}

# The names that the server was asked for.
asked_for() { sed -n 's/^Invalid user \(.*\) from .*/\1/p' "$WORLD/ssh/sshd.log"; }

# bats test_tags=once
@test "configured: a user name with a backslash is the one that ssh logs in with" {
	local name
	sed '/^\s*User /d' "$WORLD/ssh/ssh_config" >"$HERE/config"
	{ echo 'User DOM\bob'; cat "$HERE/config"; } >"$HERE/named"
	script 'user="DOM\\bob"
		ssh -F $HERE/config -l "$user" box true; echo $?
		ssh -F $HERE/named box true; echo $?
		for t in "" "-Transport ssh"; do
			for w in "-UserName DOM\\\\bob box" "DOM\\\\bob@box" "ssh://DOM%5Cbob@box"; do
				eval "invoke-command $t -ConfigFile $HERE/config $w true"; echo $?
			done
			eval "invoke-command $t -ConfigFile $HERE/named box true"; echo $?
		done 2>$HERE/said'
	[ "$(grep -c '^255$' <<<"$output")" -eq 10 ]
	[ "$(asked_for | wc -l)" -ge 10 ]
	[ "$(asked_for | sort -u | wc -l)" -eq 1 ]
	name=$(asked_for | head -n 1)
	[[ $name == DOM*bob ]]
}

# bats test_tags=once
@test "configured: %r in a ProxyCommand is the same name" {
	config 'ConnectTimeout 1' 'User DOM\bob' \
		"ProxyCommand sh -c 'printf \"<%%s>\\n\" \"\$@\" >>$HERE/seen; exit 1' sh %r '%r' \"%r\""
	script 'for by in by_ssh by_us by_program; do $by true 2>/dev/null; echo $?; done'
	[ "$output" = $'255\n255\n255' ]
	# Three at a time, by ssh first; we may have tried more than once.
	[ "$(wc -l <"$HERE/seen")" -ge 9 ]
	[ "$(sort -u "$HERE/seen")" = "$(head -n 3 "$HERE/seen" | sort -u)" ]
}

# said_by_ssh: each line of $HERE/by_ssh stands in what we have said, too.
said_by_ssh() {
	local line
	[ -s "$HERE/by_ssh" ]
	while IFS= read -r line; do
		grep -qF -- "${line%$'\r'}" "$HERE/said" || { echo "not said: $line"; return 1; }
	done <"$HERE/by_ssh"
}

# bats test_tags=once
@test "configured: a bad ssh_config is 255, and all that ssh says of it is the reason" {
	local line
	for line in 'NoSuchKeyword yes' $'NoSuchKeyword yes\nAnother no' 'Port nine' 'User' 'IdentityFile "' \
		'StrictHostKeyChecking perhaps' 'Match nothing' 'LocalForward nowhere'; do
		config "$line"
		script 'by_ssh true 2>$HERE/by_ssh; ssh=$?
			for verb in "new-pssession box" "invoke-command box true" "invoke-command -Transport ssh box true"; do
				eval "$verb -ConfigFile $HERE/config" 2>$HERE/said || [ $? = $ssh ] || echo "$verb: not $ssh"
			done'
		[ -z "$output" ]
		said_by_ssh
	done
	# An option is a parameter like others.
	script 'new-pssession -ConfigFile $C -Options NoSuchKeyword=yes box'
	[ "$status" -eq 2 ]
	for line in 'IdentityFile %q' 'UserKnownHostsFile ${PSS_NOT_SET}' 'HostName a;b' 'ProxyCommand echo %q'; do
		config "$line"
		script 'new-pssession -ConfigFile $HERE/config box'
		[ "$status" -eq 255 ]
	done
}

# bats test_tags=once
@test "configured: a forwarding that must be had and cannot is 255" {
	local line
	for line in "LocalForward 127.0.0.1:$SSHD_PORT localhost:9" "DynamicForward 127.0.0.1:$SSHD_PORT" \
		"RemoteForward 127.0.0.1:$SSHD_PORT localhost:9"; do
		config "$line" 'ExitOnForwardFailure yes'
		script 'for by in by_ssh by_us by_program; do $by true 2>$HERE/$by; echo $?; done'
		[ "$output" = $'255\n255\n255' ]
		grep -q "' failed: " "$HERE/by_us"
		grep -q "' failed: " "$HERE/by_program"
	done
}

# bats test_tags=once
@test "configured: all that a computer on the way says is the reason" {
	printf 'Host jump\n NoSuchKeyword yes\n' >"$HERE/jump"
	config "ProxyCommand ssh -F $HERE/jump -W %h:%p jump"
	script 'by_ssh true 2>$HERE/by_ssh; by_us true 2>$HERE/said; echo $?'
	[ "$output" = 255 ]
	sed -i '/UNKNOWN port/d; /^kex_exchange/d' "$HERE/by_ssh"
	said_by_ssh
}

# signalled NAME SIGNAL SCRIPT: the local shell gets it while the remote command runs; what it has printed is $HERE/NAME.
signalled() {
	rm -f "$HERE/pid" "$HERE/gate" "$HERE/begun"
	mkfifo -m 666 "$HERE/gate"
	local_shell "$WAYS"'echo $$ >$HERE/pid; '"$3"'; echo "then $?"' >"$HERE/$1" 2>&1 &
	local script=$!
	wait_until 10 test -e "$HERE/begun"
	kill "-$2" "$(<"$HERE/pid")"
	timeout 10 sh -c "echo >'$HERE/gate'"
	wait "$script"
	rm "$HERE/gate"
	cat "$HERE/$1"
}

@test "configured: a trap for SIGTERM or SIGHUP runs when the invocation is done, which it does not end" {
	local signal by way
	config
	chmod 777 "$HERE"
	way='"touch $HERE/begun; read x <$HERE/gate; echo done; exit 3"'
	for signal in TERM HUP; do
		for by in by_ssh by_us; do
			signalled "$signal-$by" "$signal" 'trap "echo trapped" '"$signal; $by $way"
		done
		cmp "$HERE/$signal-by_ssh" "$HERE/$signal-by_us"
		grep -qx trapped "$HERE/$signal-by_us"
		grep -qx 'then 3' "$HERE/$signal-by_us"
	done
}
