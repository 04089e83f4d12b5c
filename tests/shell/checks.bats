#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# test-pssession: what it says of this computer, of the way to another one, and of that. Where ssh's own programs can
# tell, they are asked as well.

load ../harness/harness

setup_file() { world_start bash; }
teardown_file() { world_end; }
setup() { place_start; }
teardown() {
	[ -z "${DOTFILES_CHANGED-}" ] || write_dotfiles bash
	kill -CONT "$(cat "$WORLD/ssh/sshd.pid")"
	[ -z "${AGENT_PID-}" ] || end_processes "$AGENT_PID"
	place_end
}

# config SED…: $HERE/config is the world's, changed so.
config() { sed "$@" "$WORLD/ssh/ssh_config" >"$HERE/config"; }

# check LINE…: in a local shell, with its status.
check() {
	run local_shell "$1"
	echo "$output"
}

# says VERDICT CHECK REGEX: one line that begins so.
says() { grep -qE "^$1 +$2 +$3" <<<"$output"; }

# The names of the checks, in the order of the lines.
names() { sed -nE 's/^(ok|warn|fail) +(.{12}) .*/\2/p' <<<"$output" | sed 's/ *$//' | uniq; }

@test "checks: here: a line for each thing, and 0 where nothing fails" {
	check 'test-pssession'
	[ "$status" -eq 0 ]
	[ "$(names | tr '\n' ' ')" = 'shell settings program socket host sessions terminal ssh ssh_config agent known_hosts ' ]
	not grep -qE '^(warn|fail)' <<<"$output"
	says ok shell "$PSS_SHELL [0-9].*, (loadable|module) [0-9]"
	says ok host "pssession-host [0-9.]*, pid $(host_pids), protocol [0-9]+, started now \("
	check 'test-pssession'
	says ok host '.*, running \('
}

@test "checks: the way and the computer: each step in its order, as ssh -G and ssh-keygen -F have it" {
	local port line
	port=$(ssh -F "$WORLD/ssh/ssh_config" -G box | sed -n 's/^port //p')
	line=$(ssh-keygen -F "[127.0.0.1]:$port" -f "$WORLD/ssh/known_hosts" | sed -n 's/.*found: line \([0-9]*\).*/\1/p')
	check 'test-pssession -ConfigFile $C box; s=$?; get-pssession; exit $s'
	[ "$status" -eq 0 ]
	[ "$(names | sed '1,/known_hosts/d' | tr '\n' ' ')" = 'ssh_config name connect key exchange host key login prompt remote resilient sftp ' ]
	says ok ssh_config "127\.0\.0\.1 port $port, read by ssh -G \([0-9.]+ m?s\)"
	says ok 'host key' "the [A-Z0-9]+ key, known by $WORLD/ssh/known_hosts line $line "
	says ok login 'by publickey, with a key file \('
	says ok remote "$(uname -sm), login shell bash"
	not grep -qE "$REMOTE_USER|^fail|Session1" <<<"$output"
	[ "$(sshd_connections "$WORLD/ssh" | wc -l)" -le 1 ]
	wait_until 10 eval '[ -z "$(sshd_connections "$WORLD/ssh")" ]'
}

@test "checks: the program of ssh as the way: the two steps that there are" {
	check 'test-pssession -Transport ssh -ConfigFile $C box'
	[ "$status" -eq 0 ]
	[ "$(names | sed '1,/known_hosts/d' | head -3 | tr '\n' ' ')" = 'ssh_config login prompt ' ]
	says ok login 'by the ssh program \('
}

# fails CHECK REGEX WORD…: `test-pssession WORD…` fails there, soon, with that reason, 1, and nobody's name.
fails() {
	local check=$1 reason=$2
	check "test-pssession ${*:3}"
	[ "$status" -eq 1 ]
	says fail "$check" "$reason"
	[ "$(grep -c '^fail' <<<"$output")" -eq 1 ]
	not grep -qE "$REMOTE_USER@|$HERE/home" <<<"$output"
}

@test "checks: what is wrong on the way is said where it is, once, and ends with 1" {
	config 's/^Host .*/&/; s/^\( *\)HostName .*/\1HostName no-such.invalid/'
	fails name '.*no-such\.invalid.*HostName' '-ConfigFile $HERE/config box'
	config 's/^\( *\)Port .*/\1Port 1/'
	fails connect '.*port 1.*refused.*sshd' '-ConfigFile $HERE/config box'
	ssh-keygen -q -t ed25519 -N '' -f "$HERE/other"
	config "s|IdentityFile .*|IdentityFile $HERE/other|"
	fails login '.*USER@box.*refused.*-KeyFilePath' '-ConfigFile $HERE/config box'
	sed "s|ssh-ed25519 .*|$(cut -d' ' -f1,2 "$HERE/other.pub")|" "$WORLD/ssh/known_hosts" >"$HERE/known_hosts"
	config "s|UserKnownHostsFile .*|UserKnownHostsFile $HERE/known_hosts|"
	fails 'host key' '.*CHANGED.*ssh-keygen -R' '-ConfigFile $HERE/config box'
	: >"$HERE/known_hosts"
	fails 'host key' '.*is not known.*StrictHostKeyChecking' '-ConfigFile $HERE/config box'
}

@test "checks: a server that says nothing: an end by the deadline of ssh_config" {
	config 's/ConnectTimeout .*/ConnectTimeout 1/'
	# The kernel takes the connection, and nobody comes for it.
	kill -STOP "$(cat "$WORLD/ssh/sshd.pid")"
	fails 'key exchange' '.*took longer than 1 s' '-ConfigFile $HERE/config box'
	kill -CONT "$(cat "$WORLD/ssh/sshd.pid")"
}

@test "checks: ssh_config: what ssh refuses, as ssh refuses it; and what is not used, with its line" {
	printf '%s\n' 'Host *' 'NoSuchKeyword yes' >"$HERE/bad"
	not ssh -F "$HERE/bad" -G localhost
	check 'test-pssession -ConfigFile $HERE/bad'
	[ "$status" -eq 1 ]
	says fail ssh_config '.*line 2.*[nN]o[sS]uch[kK]eyword'
	check 'test-pssession -ConfigFile $HERE/bad box'
	[ "$status" -eq 1 ]
	config '1i ControlMaster auto\nControlPath none\nForwardX11 yes'
	check 'test-pssession -ConfigFile $HERE/config box'
	[ "$status" -eq 0 ]
	says warn ssh_config "ControlMaster, line 1 of $HERE/config, is not used: pssession keeps its own connection"
	says warn ssh_config "ForwardX11, line 3 of $HERE/config, is not used: -Transport ssh uses it"
	[ "$(grep -c '^warn' <<<"$output")" -eq 2 ]
}

@test "checks: the agent: as many keys as ssh-add lists; one that is dead, deaf or locked fails or is told" {
	eval "$(ssh-agent -a "$HERE/agent" 3>&-)" >/dev/null
	AGENT_PID=$SSH_AGENT_PID
	check 'export SSH_AUTH_SOCK=$HERE/agent; test-pssession'
	says ok agent 'it has no keys'
	SSH_AUTH_SOCK=$HERE/agent ssh-add -q "$WORLD/ssh/user_key"
	check 'export SSH_AUTH_SOCK=$HERE/agent; test-pssession'
	says ok agent "$(SSH_AUTH_SOCK=$HERE/agent ssh-add -l | wc -l) key\$"
	deadlines 10
	kill -STOP "$AGENT_PID"
	check 'export SSH_AUTH_SOCK=$HERE/agent; test-pssession'
	[ "$status" -eq 1 ]
	says fail agent '.*does not answer'
	kill -CONT "$AGENT_PID"
	end_processes "$AGENT_PID"
	AGENT_PID=
	check 'export SSH_AUTH_SOCK=$HERE/agent; test-pssession'
	[ "$status" -eq 1 ]
	says fail agent 'SSH_AUTH_SOCK is .*/agent, and nobody listens there'
}

@test "checks: a host process that is not there, cannot be run, stands still, or is another version" {
	check 'PSSESSION_HOST=/no/such/program; export PSSESSION_HOST; test-pssession box'
	[ "$status" -eq 1 ]
	says fail program 'there is no /no/such/program'
	says fail host '.*PSSESSION_HOST'
	printf '%s\n' '#!/bin/sh' 'echo pssession-host 0.0.1' >"$HERE/other"
	chmod 755 "$HERE/other"
	check 'test-pssession >/dev/null; export PSSESSION_HOST=$HERE/other; test-pssession'
	[ "$status" -eq 0 ]
	says warn program ".*is pssession-host 0\.0\.1, and this shell has loaded [0-9.]+; 'exec $PSS_SHELL'"
	deadlines 10
	# shellcheck disable=SC2046
	kill -STOP $(host_pids)
	check 'test-pssession box'
	# shellcheck disable=SC2046
	kill -CONT $(host_pids)
	[ "$status" -eq 1 ]
	says fail host '.*does not answer.*kill -CONT'
}

@test "checks: a host process of the protocol before: it is said, and the rest goes on" {
	ln -sfn "$PSS_BUILD/tests/host/pssession-host-before" "$WORLD/pssession-host"
	check 'test-pssession -ConfigFile $C box'
	ln -sfn "$PSS_BUILD/plugin/host/pssession-host" "$WORLD/pssession-host"
	[ "$status" -eq 0 ]
	says warn host '.*protocol 1.*remove-pssession'
	says ok prompt ''
}

@test "checks: a shell that ends at once, and one that waits for something, are told" {
	requires_made_account
	DOTFILES_CHANGED=yes
	account_file .bash_profile <<<'exit 7'
	fails prompt '.*ended with status 7' '-ConfigFile $C box'
	account_file .bash_profile <<<'read -r'
	deadlines 30
	fails prompt 'no prompt within' '-ConfigFile $C box'
}

@test "checks: as JSON: the same lines, and times as numbers" {
	check 'test-pssession -ConfigFile $C box -Format json >$HERE/json; echo $?'
	[ "$output" = 0 ]
	python3 "$PSS_SOURCE/tests/harness/schema.py" "$PSS_SOURCE/doc/json-schema/test-pssession.json" <"$HERE/json"
	python3 - "$HERE/json" <<-'END'
		import json, sys
		lines = json.load(open(sys.argv[1]))
		assert all(line["status"] in ("ok", "warn", "fail") and line["check"] and line["text"] for line in lines), lines
		timed = [line["check"] for line in lines if "ms" in line]
		assert timed == ["host", "ssh_config", "name", "connect", "key exchange", "host key", "login", "prompt"], timed
		assert all(0 <= line["ms"] < 60000 for line in lines if "ms" in line), lines
	END
}

@test "checks: what goes with a computer alone is refused without one, and nothing has happened" {
	check 'test-pssession -Port 22; echo $?; test-pssession a b; echo $?; test-pssession "a;b"; echo $?; test-pssession -Format xml; echo $?'
	[ "$(grep -cx 2 <<<"$output")" -eq 4 ]
	[[ $output == *'-Port goes with -ComputerName'* ]]
	[ -z "$(host_pids)" ]
}

@test "checks: without HOME, PATH or TERM, with TERM=dumb, and with a known_hosts that is none" {
	check 'unset HOME TERM SSH_AUTH_SOCK; PATH=/nonexistent; test-pssession; echo $?'
	says warn ssh 'there is no ssh program'
	[ "${lines[-1]}" = 0 ]
	mkdir "$HERE/dir"
	config "s|UserKnownHostsFile .*|UserKnownHostsFile $HERE/dir|"
	check 'export TERM=dumb; test-pssession -ConfigFile $HERE/config -Options UserKnownHostsFile=/dev/null; test-pssession -ConfigFile $HERE/config box'
	says warn known_hosts '/dev/null is no regular file'
}

@test "checks: on a terminal: lines are folded at its width, Ctrl-C ends it, and the shell is as it was" {
	# By the shell itself: zsh has a pipe to a process that it starts.
	echo 'snap() { trap; set -o; umask; jobs; echo /proc/$$/fd/*; }' >>"$HERE/rc"
	local_shell_start
	resize 80 50
	run_line 'snap >$HERE/before'
	run_line 'test-pssession -ConfigFile $C box; echo "s=$?"' 60
	[[ $OUT == *$'\nall is well\ns=0' ]]
	[ "$(wc -L <<<"$OUT")" -le 80 ]
	[[ $OUT == *'ok    terminal     screen-256color, 80 columns'* ]]
	run_line 'snap >$HERE/after; cmp $HERE/before $HERE/after && wait; echo $?'
	output_is 0
	terminal_is_sane
	term_type 'test-pssession -ConfigFile $C -Options "ProxyCommand=tail -f /dev/null" box'
	term_keys Enter
	wait_screen 'known_hosts'
	wait_screen $'\nok +name'
	term_keys C-c
	wait_screen 'interrupted: what is said is not all'
	wait_local
	status_is 130
}
