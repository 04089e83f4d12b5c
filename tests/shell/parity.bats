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

# bats test_tags=once
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

# bats test_tags=once
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

# bats test_tags=once
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

# bats test_tags=once
@test "parity: -InDisconnectedSession says where a computer keeps no resilient session" {
	server_with_keepers
	run local_shell 'C=$WORLD/ssh1/ssh_config
		invoke-command -ConfigFile $C -ComputerName box -InDisconnectedSession true >/dev/null
		remove-pssession -Name "*"'
	succeeds
	sshd_stop "$WORLD/ssh1"
	[[ $output == *'WARNING: this session is not resilient: box cannot keep one'* ]] || { echo "$output"; return 1; }
}

# settings HOST DIRECTORY: of the server in that, as ssh needs them without a file.
settings() {
	echo "HostName=$1;UserName=$REMOTE_USER;KeyFilePath=$2/user_key;Port=$(port_of "$2")"
	sed "s/127.0.0.1/$1/" "$2/known_hosts" >>"$HERE/known"
}
port_of() { sed -n 's/^[[:space:]]*Port //p' "$1/ssh_config" | head -n 1; }
no_file() { echo "-ConfigFile none -Options UserKnownHostsFile=$HERE/known -Options IdentityAgent=none"; }

@test "parity: -SSHConnection gives each computer settings of its own" {
	second_server_with "$(remote_environment)"
	local one two a b
	one=$(port_of "$WORLD/ssh") two=$(port_of "$WORLD/ssh1")
	a=$(settings 127.0.0.1 "$WORLD/ssh") b=$(settings localhost "$WORLD/ssh1")
	run local_shell "new-pssession $(no_file) -SSHConnection '$a' -SSHConnection '@{ $b }' -Name a,b >\$HERE/ids || exit 51
		invoke-command -Name b 'echo \${SSH_CONNECTION##* }' </dev/null
		get-pssession -Property Name,ComputerName
		remove-pssession -Name '*'
		invoke-command $(no_file) -SSHConnection '$a' -SSHConnection '$b' 'echo \${SSH_CONNECTION##* }' </dev/null | sort
		invoke-command $(no_file) -SSHConnection 'HostName = \"127.0.0.1\"; username=$REMOTE_USER
			identityfilepath=$WORLD/ssh/user_key;' -Port $one 'echo one' </dev/null
		invoke-command $(no_file) -SSHConnection '$b' -AsJob -JobName j true >/dev/null && get-pssession -Property Name
		remove-pssession -Name j"
	[ "$output" = "$two
$(printf 'a\t127.0.0.1\nb\tlocalhost')
$(printf '%s\n' "127.0.0.1: $one" "localhost: $two")
one
j" ] || { echo "$output"; return 1; }
	sshd_stop "$WORLD/ssh1"
}

@test "parity: -SSHConnection is refused in words where it is wrong" {
	local row
	while IFS='|' read -r settings message; do
		for row in new-pssession 'invoke-command -Command true'; do
			refused "$row -SSHConnection '$settings'" "-SSHConnection.*$message"
		done
	done <<-'END'
		UserName=x|it has no HostName
		HostName|it wants Key=Value
		HostName=x;Port=0|-Port wants a number from 1 to 65535, not '0'
		HostName=x;Passwort=y|there is no such parameter
		HostName=-x|begins with a dash
		HostName=x;KeyFilePath=/nosuch|The specified key file /nosuch was not found
		HostName=x;SSHTransport=false|no other way than SSH
		HostName=x;=y|it wants Key=Value
		HostName=|-HostName wants the name of a computer
		HostName=x;HostName=y|-HostName is given twice
	END
	refused 'new-pssession -SSHConnection HostName=x -ComputerName y' 'exclude each other'
	refused 'new-pssession -Name a,b -SSHConnection HostName=x' '2 names for 1 computers'
}

# bats test_tags=once
@test "parity: -Session opens another session to the same place, and properties say where that is" {
	local port a
	port=$(port_of "$WORLD/ssh") a=$(settings 127.0.0.1 "$WORLD/ssh")
	run local_shell "new-pssession $(no_file) -SSHConnection '$a' -ConfigurationName sh -Name a >\$HERE/ids || exit 51
		new-pssession $(no_file) -SSHConnection '$a' -Resilient -IdleTimeoutSec 60 -Name r >>\$HERE/ids || exit 52
		remove-pssession -Name gone 2>/dev/null
		new-pssession -Session a,r -Name b,s >/dev/null || exit 53
		invoke-command -Name a 'x=5' </dev/null && invoke-command -Name b 'echo \"<\$x>\${SSH_CONNECTION##* }\"' </dev/null
		get-pssession -Property Name,ComputerName,ConfigurationName,HostName,Port,KeyFile,IdleTimeout,Resilient
		new-pssession -Session \$(head -n 1 \$HERE/ids) -ConfigurationName zsh -Name z >/dev/null || exit 54
		get-pssession -Name z -Property ConfigurationName
		get-pssession -Name a,r -Format json -Property Port,IdleTimeout
		remove-pssession -Name '*'"
	[ "$output" = "<>$port
$(for row in 'a sh  False' "r $REMOTE_SHELL 60000 True" 'b sh  False' "s $REMOTE_SHELL 60000 True"; do
		IFS=' ' read -r name shell idle resilient <<<"${row/  / - }"
		printf '%s\t127.0.0.1\t%s\t127.0.0.1\t%s\t%s\t%s\t%s\n' "$name" "$shell" "$port" "$WORLD/ssh/user_key" "${idle/-/}" "$resilient"
	done)
zsh
[{\"Port\":$port,\"IdleTimeout\":null},
 {\"Port\":$port,\"IdleTimeout\":60000}]" ] || { echo "$output"; return 1; }
	refused 'new-pssession -Session 1 -Port 22' '-Port does not go with -Session'
	run local_shell 'new-pssession -Session nosuch'
	[ "$status" -eq 1 ] && [[ $output == *'with the name nosuch is not available'* ]] || { echo "$output"; return 1; }
}

# bats test_tags=once
@test "parity: DisconnectedOn and ExpiresOn say since when and until when" {
	run local_shell '
		new-pssession -ConfigFile $C -Resilient -IdleTimeoutSec 3600 -Name r box >/dev/null || exit 51
		new-pssession -ConfigFile $C -Name p box >/dev/null || exit 52
		at() { date -d "$(get-pssession -Name $1 -Property $2)" +%s; }
		none() { [ "$(get-pssession -Name $1 -Property DisconnectedOn,ExpiresOn)" = "$(printf "\t")" ]; }
		none r && none p || exit 53
		before=$(date +%s)
		disconnect-pssession -Name r,p >/dev/null || exit 54
		on=$(at r DisconnectedOn)
		[ $on -ge $before ] && [ $on -le $(date +%s) ] || exit 55
		[ $(($(at r ExpiresOn) - on)) = 3600 ] || exit 56
		[ $(at p DisconnectedOn) -ge $before ] && [ -z "$(get-pssession -Name p -Property ExpiresOn)" ] || exit 57
		connect-pssession -Name r,p >/dev/null || exit 58
		none r && none p || exit 59
		remove-pssession -Name "*"'
	succeeds
}

# bats test_tags=once
@test "parity: RunningCommand and LastStatus tell what a session runs, and how it ended" {
	local line='until [ -e go ]; do :; done; rm -f go; (exit 4)'
	properties() { local_shell 'get-pssession -Name a -Property RunningCommand,LastStatus'; }
	properties_are() { [ "$(properties)" = "$1" ]; }
	local_shell_start
	run_line 'new-pssession -ConfigFile $C -Name a box >/dev/null' 30
	properties_are $'\t'
	run_line "invoke-command -Name a '(exit 3)'"
	properties_are $'\t3'
	run_line "invoke-command -Name a -AsJob '$line' >/dev/null"
	wait_until 10 properties_are "$line"$'\t3'
	touch "$REMOTE_HOME/go"
	wait_until 10 properties_are $'\t4'
	term_type 'enter-pssession -Name a'
	term_keys Enter
	wait_line 'box\]: .*[$#%] $'
	term_type 'for i in 1; do'
	term_keys Enter
	wait_line '> $'
	term_type "until [ -e go ]; do :; done; rm -f go; (exit 5); done"
	term_keys Enter
	wait_until 10 properties_are "for i in 1; do until [ -e go ]; do :; done; rm -f go; (exit 5); done"$'\t4'
	[ "$(local_shell 'get-pssession -Format json -Property LastStatus')" = '[{"LastStatus":4}]' ]
	touch "$REMOTE_HOME/go"
	wait_until 10 properties_are $'\t5'
	leave_by exit-pssession
}

# bats test_tags=once
@test "parity: -OutTarget Job connects, names and shows nothing; what there is waits to be received" {
	run local_shell '
		new-pssession -ConfigFile $C -Name a,b box,box2 >/dev/null || exit 50
		invoke-command -Name a -AsJob "echo out; (exit 6)" >/dev/null || exit 51
		disconnect-pssession -Name a >/dev/null || exit 52
		id=$(receive-pssession -Name a -OutTarget Job -JobName build) || exit 53
		[ "$id" = "$(get-pssession -Name build -Property InstanceId)" ] || exit 54
		[ "$(get-pssession -Name build -Property State)" = Opened ] || exit 55
		[ "$(receive-pssession -Name build -Wait)" = out ] || exit 56
		receive-pssession -Session build,b -OutTarget:Job -JobName c >/dev/null || exit 57
		[ "$(get-pssession -Property Name | tr "\n" " ")" = "c b " ] || exit 58
		receive-pssession -Name b -OutTarget Host || exit 59
		remove-pssession -Name "*"'
	succeeds
	refused 'receive-pssession -Name x -JobName y' '-JobName goes with -OutTarget Job'
	refused 'receive-pssession -Name x -OutTarget Job -Wait' '-Wait does not go with -OutTarget Job'
	refused 'receive-pssession -Name x -OutTarget Job -JobName 12' 'taken for an Id'
	refused 'receive-pssession -Name x -OutTarget pipe' 'wants Host or Job'
	run local_shell 'new-pssession -ConfigFile $C -Name a box >/dev/null; receive-pssession -Name a -OutTarget Job -JobName x,y'
	[ "$status" -eq 2 ] && [[ $output == *'2 names for 1 sessions'* ]] || { echo "$output"; return 1; }
}
