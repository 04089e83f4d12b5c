#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# PowerShell's spellings, which people bring along, and ssh's where PowerShell's fit no shell.

load ../harness/harness

setup_file() { world_start bash; }
teardown_file() { world_end; }
setup() { place_start; }
teardown() { place_end; }

succeeds() {
	[ "$status" -eq 0 ] || { echo "status $status: $output"; return 1; }
}

# refused LINE REGEX: status 2, a message like that, no session.
refused() {
	run local_shell "$1"
	[ "$status" -eq 2 ] || { echo "$1: status $status: $output"; return 1; }
	[[ $output =~ $2 ]] || { echo "$1: $output"; return 1; }
	[ -z "$(local_shell get-pssession)" ]
}

@test "parity: -SSHTransport is taken everywhere, and false is refused in words" {
	run local_shell '
		new-pssession -SSHTransport -ConfigFile $C -HostName box >$HERE/id || exit 51
		[ "$(invoke-command -ConfigFile $C -HostName box -SSHTransport:true "echo in" </dev/null)" = in ] || exit 52
		[ -z "$(get-pssession -SSHTransport:false 2>/dev/null)" ] && remove-pssession -Session $(cat $HERE/id)'
	succeeds
	refused 'new-pssession -ConfigFile $C box -SSHTransport:false' 'no other way than SSH'
	refused 'invoke-command -ConfigFile $C -HostName box -SSHTransport:false true' 'no other way than SSH'
}

# A loop over its standard input, with COMMAND in it: what it prints.
loop() {
	local_shell "printf 'one\ntwo\n' | while read -r word; do $1 \"echo \$word; cat\"; done"
}

@test "parity: -n and -InputObject \$null leave standard input to the loop, as ssh -n does" {
	local words
	[ "$(loop 'ssh -F $C -n box')" = $'one\ntwo' ]
	for words in -n '-InputObject $null' '-InputObject:$null' '-InputObject "$null"' "-InputObject '\$null'" -input:; do
		[ "$(loop "invoke-command box -ConfigFile \$C $words")" = $'one\ntwo' ] ||
			[ "$(loop "invoke-command box $words -ConfigFile \$C")" = $'one\ntwo' ] || { echo "$words"; return 1; }
	done
	# Without it all is taken, as by ssh.
	[ "$(loop 'invoke-command box -ConfigFile $C')" = "$(loop 'ssh -F $C box')" ]
	run local_shell 's=$(new-pssession -ConfigFile $C box) || exit 51
		printf "one\ntwo\n" | while read -r word; do invoke-command -n -Session $s "echo $word; cat"; done
		invoke-command -ConfigFile $C -ComputerName box,box -n -HideComputerName "echo two; cat" </dev/zero
		printf "1\n2\n3\n" | invoke-command box head -n 2 -ConfigFile $C 2>&1
		printf "1\n2\n3\n" | invoke-command -ConfigFile $C box head -n 2
		remove-pssession -Session $s'
	[[ $output == $'one\ntwo\ntwo\ntwo\n'*$'\n1\n2' ]] || { echo "$output"; return 1; }
	refused 'invoke-command -ConfigFile $C box -InputObject words cat' 'wants - \(standard input\) or \$null'
}

@test "parity: a session is listed under the name of its shell, whatever family that is of" {
	run local_shell '
		for shell in dash sh bash zsh mksh ksh93 busybox fish; do
			command -v $shell >/dev/null || continue
			s=$(new-pssession -ConfigFile $C -ConfigurationName $shell -Name $shell box) || exit 51
			[ "$(get-pssession -ConfigurationName $shell -Property Name,ConfigurationName)" = "$(printf "%s\t%s" $shell $shell)" ] ||
				{ get-pssession; exit 52; }
		done
		remove-pssession -Name "*"'
	succeeds
}

# A remote command that waits at the gate until it is opened.
# shellcheck disable=SC2016 # for the remote shell
UNTIL_GO='read -r _ <$XDG_RUNTIME_DIR/gate'
gate_make() { [ -p "$WORLD/remote-run/gate" ] || mkfifo -m 666 "$WORLD/remote-run/gate"; }
go() { timeout 20 sh -c 'echo >"$1"' sh "$WORLD/remote-run/gate"; }

@test "parity: what -InDisconnectedSession runs on a computer outlives this one" {
	gate_make
	run local_shell '
		until_go='"'$UNTIL_GO'"'
		invoke-command -ConfigFile $C -ComputerName box -InDisconnectedSession -SessionName night -IdleTimeoutSec 0 \
			"$until_go; echo done; (exit 7)" >/dev/null || exit 51
		[ "$(get-pssession -Property State,Resilient)" = "$(printf "Disconnected\tTrue")" ]'
	succeeds
	# As at the end of the day.
	# shellcheck disable=SC2046 # words
	kill -KILL $(host_pids)
	wait_until 10 no_host
	go
	run local_shell 'receive-pssession -Name night -Wait; s=$?; remove-pssession -Name night; exit $s'
	[ "$status $output" = '7 done' ] || { echo "$status: $output"; return 1; }
}
no_host() { [ -z "$(host_pids)" ]; }

@test "parity: jobs are resilient where that is asked for, and not where it is declined" {
	run local_shell '
		i() { invoke-command -ConfigFile $C -ComputerName box "$@" true >/dev/null || exit 51; }
		i -AsJob -JobName a
		i -AsJob -JobName b -Resilient -IdleTimeoutSec 60
		i -InDisconnectedSession -SessionName c -Resilient:false
		get-pssession -Property Name,Resilient | tr "\t\n" ": "
		remove-pssession -Name "*"'
	[ "$output" = 'a:False b:True c:False ' ] || { echo "$output"; return 1; }
	refused 'invoke-command -ConfigFile $C -ComputerName box -AsJob -IdleTimeoutSec 60 true' 'IdleTimeoutSec goes with -Resilient'
	refused 'invoke-command -ConfigFile $C -ComputerName box -InDisconnectedSession -IdleTimeoutSec 59 true' 'at least 60'
	refused 'invoke-command -ConfigFile $C -ComputerName box -Resilient true' 'goes with -AsJob or -InDisconnectedSession'
	refused 'invoke-command -Session 1 -AsJob -Resilient true' 'goes with -ComputerName'
}

@test "parity: -InDisconnectedSession says where a computer keeps no resilient session" {
	server_with_keepers
	run local_shell 'C=$WORLD/ssh1/ssh_config
		invoke-command -ConfigFile $C -ComputerName box -InDisconnectedSession true >/dev/null
		remove-pssession -Name "*"'
	succeeds
	sshd_stop "$WORLD/ssh1"
	[[ $output == *'WARNING: box keeps no resilient session'* ]] || { echo "$output"; return 1; }
}
