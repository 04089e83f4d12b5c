#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Logging in: keys, passphrases, the agent, passwords and questions, asked on the terminal without echo.

load ../harness/harness

PASSWORD='p ä"ss$word'

setup_file() {
	PSS_ACCOUNT_HASH=$(perl -e 'print crypt($ARGV[0], "\$6\$pssession\$")' "$PASSWORD")
	export PSS_ACCOUNT_HASH
	world_start bash 'PasswordAuthentication yes' 'MaxAuthTries 20'
}
teardown_file() { world_end; }
setup() { place_start; }
teardown() {
	[ -z "${AGENT_PID-}" ] || end_processes "$AGENT_PID"
	place_end
}

# A config that differs from the world's: sed expressions on it.
config() {
	sed "$@" "$WORLD/ssh/ssh_config" >"$HERE/config"
	echo "C=$HERE/config" >>"$HERE/rc"
}

locked_key() {
	cp "$WORLD/ssh/user_key" "$HERE/locked"
	cp "$WORLD/ssh/user_key.pub" "$HERE/locked.pub"
	chmod 600 "$HERE/locked"
	ssh-keygen -q -p -N 'open sesame' -f "$HERE/locked"
	config "s|IdentityFile .*|IdentityFile $HERE/locked|"
}

start_entering() {
	local_bash_start
	term_type 'enter-pssession -ConfigFile $C box'
	term_keys Enter
}

@test "login: a key's passphrase is asked for, without echo" {
	locked_key
	start_entering
	wait_line 'passphrase.*locked.*: $'
	term_send 'open sesame'
	term_keys Enter
	wait_remote
	scrollback | not grep -q sesame
	leave_by exit
	not grep -rq sesame "$HERE/home" "$HERE/state"
	terminal_is_sane
}

@test "login: copy-item and pssession-rsh ask it too" {
	locked_key
	echo text >"$HERE/a"
	local_bash_start
	term_type 'copy-item -ConfigFile $C '"$HERE/a box:b; echo copied \$?"
	term_keys Enter
	wait_line 'passphrase.*locked.*: $'
	term_send 'open sesame'
	term_keys Enter
	wait_until 20 eval "screen | grep -qx 'copied 0'"
	term_type "$PSS_BUILD"'/plugin/rsh/pssession-rsh -F $C box "rm b && echo read"; echo over $?'
	term_keys Enter
	wait_line 'passphrase.*locked.*: $'
	term_send 'open sesame'
	term_keys Enter
	wait_until 20 eval "screen | grep -qx 'over 0'"
	screen | grep -qx read
	scrollback | not grep -q sesame
	terminal_is_sane
}

@test "login: a wrong passphrase is asked for again, and in the end refused" {
	locked_key
	start_entering
	for i in 1 2 3; do
		wait_until 10 eval "[ \$(screen | grep -c 'passphrase') -ge $i ] || at_a_prompt"
		at_a_prompt && break
		term_send "wrong $i"
		term_keys Enter
	done
	wait_local
	status_is 255
	terminal_is_sane
}

@test "login: Ctrl-C at the passphrase gives the prompt back, echo on" {
	locked_key
	start_entering
	wait_line 'passphrase.*: $'
	term_keys C-c
	wait_local
	terminal_is_sane
	status_is 130 || true
	run_line 'get-pssession'
	output_is ''
}

@test "login: without a terminal nobody is asked, and it fails at once" {
	locked_key
	run local_bash "new-pssession -ConfigFile $HERE/config box </dev/null"
	[ "$status" -eq 255 ]
	[[ $output == *box* ]]
}

@test "login: SSH_ASKPASS is asked where there is no terminal" {
	locked_key
	printf '#!/bin/sh\necho open sesame\n' >"$HERE/askpass"
	chmod 755 "$HERE/askpass"
	run clean_env SSH_ASKPASS="$HERE/askpass" SSH_ASKPASS_REQUIRE=force DISPLAY=:99 setsid bash --norc -c \
		"enable -f $PSS_LOADABLE enter-pssession; new-pssession -ConfigFile $HERE/config box" </dev/null
	[ "$status" -eq 0 ]
	[[ $output =~ $UUID ]]
}

@test "login: a key of the caller's agent" {
	eval "$(ssh-agent -a "$HERE/agent" 3>&-)" >/dev/null
	AGENT_PID=$SSH_AGENT_PID
	ssh-add -q "$WORLD/ssh/user_key"
	config -e '/IdentityFile/d' -e '/IdentitiesOnly/d' -e "s|IdentityAgent.*|IdentityAgent $HERE/agent|"
	start_entering
	wait_remote
	leave_by exit
	rm -f "$HERE/config"
	config -e '/IdentityFile/d' -e '/IdentitiesOnly/d' -e '/IdentityAgent/d'
	run_line "export SSH_AUTH_SOCK=$HERE/agent; enter-pssession -ConfigFile $HERE/config box"
	wait_remote
	leave_by exit
	end_processes "$AGENT_PID"
	rm -f "$HERE/agent"
}

# What a program that connects for us sees of those who started the host process and of those who open a session.
@test "login: agent, tickets and locale are the caller's, never those that the host process was started with" {
	run local_bash "
		export SSH_AUTH_SOCK=/starter KRB5CCNAME=FILE:/starter LC_ALL=C.UTF-8 DISPLAY=:starter
		new-pssession -ConfigFile \$C box >/dev/null && echo started
		unset SSH_AUTH_SOCK KRB5CCNAME LC_ALL DISPLAY
		new-pssession -ConfigFile \$C -Options 'ProxyCommand=env >$HERE/without' box
		export SSH_AUTH_SOCK=/mine KRB5CCNAME=FILE:/mine
		new-pssession -ConfigFile \$C -Options 'ProxyCommand=env >$HERE/with' box"
	[[ $output == *started* ]]
	grep -q '^PATH=' "$HERE/without"
	not grep -E 'starter|SSH_AUTH_SOCK|KRB5CCNAME|LC_ALL' "$HERE/without"
	[ "$(grep -cxE 'SSH_AUTH_SOCK=/mine|KRB5CCNAME=FILE:/mine' "$HERE/with")" -eq 2 ]
	not grep starter "$HERE/with"
}

@test "login: a password, with blanks, quotes and umlauts" {
	requires_made_account
	config 's/PreferredAuthentications.*/PreferredAuthentications password/'
	start_entering
	wait_line "$REMOTE_USER.*password: \$"
	term_send "$PASSWORD"
	term_keys Enter
	wait_remote
	scrollback | not grep -qF 'ss$word'
	leave_by exit
	not grep -rqF 'ss$word' "$HERE/home" "$HERE/state"
}

@test "login: what is typed before a password is asked for is forgotten, and what is typed behind it runs" {
	requires_made_account
	config 's/PreferredAuthentications.*/PreferredAuthentications password/'
	local_bash_start
	term_paste $'enter-pssession -ConfigFile $C box\necho early >>$XDG_RUNTIME_DIR/log\n'
	wait_line 'password: $'
	term_paste 'wrong too early'$'\n'"echo between >>\$XDG_RUNTIME_DIR/log"$'\n'
	wait_screen $'password:[^:]*\n.*password:'
	term_send "$PASSWORD"
	term_keys Enter
	term_paste $'echo late >>$XDG_RUNTIME_DIR/log\n'
	wait_until 15 eval '[ -e "$WORLD/remote-run/log" ]'
	wait_remote
	[ "$(<"$WORLD/remote-run/log")" = late ]
	rm "$WORLD/remote-run/log"
	scrollback | not grep -q -e ss.word -e 'too early'
	not grep -rqF -e "$PASSWORD" -e 'too early' "$HERE/home" "$HERE/state"
}

@test "login: a wrong password three times says what was tried" {
	requires_made_account
	config 's/PreferredAuthentications.*/PreferredAuthentications password/'
	start_entering
	for i in 1 2 3; do
		wait_until 15 eval "[ \$(screen | grep -c 'password: *\$') -ge $i ]"
		term_send "wrong $i"
		term_keys Enter
	done
	wait_local 20
	screen_matches 'password'
	status_is 255
}

@test "login: a key that the server does not know is refused, and the way is named" {
	ssh-keygen -q -t ed25519 -N '' -f "$HERE/stranger"
	config "s|IdentityFile .*|IdentityFile $HERE/stranger|"
	local_bash_start
	run_line 'enter-pssession -ConfigFile $C box; echo "s=$?"'
	output_like 'publickey'
	output_like 's=255$'
}

@test "login: agent forwarding is off" {
	local_bash_start
	enter
	run_line 'echo "<$SSH_AUTH_SOCK>"'
	output_is '<>'
}

@test "login: the host process cannot be read by others: no core, no memory" {
	local_bash_start
	keep_session
	local pid
	pid=$(host_pids | sort -u)
	[ "$(id -u)" -eq 0 ] || ! cat "/proc/$pid/environ" >/dev/null 2>&1
	[ "$(stat -c %U "/proc/$pid/environ")" = root ]
}
