#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Parameters as users type them: what is refused, in which words, and that nothing has happened then.
# The grammar itself has its table in tests/client.

load ../harness/harness

setup_file() { world_start bash; }
teardown_file() { world_end; }
setup() { place_start; }
teardown() { place_end; }

# refused LINE REGEX: status 2, a message like that, no host process.
refused() {
	run local_bash "$1"
	[ "$status" -eq 2 ] || { echo "$1: status $status: $output"; return 1; }
	[[ $output =~ $2 ]] || { echo "$1: $output"; return 1; }
	[ -z "$(host_pids)" ]
}

@test "parameters: an unknown one is named" {
	refused 'new-pssession -NoSuch box' 'NoSuch'
	refused 'enter-pssession box --no-such' 'no-such'
}

@test "parameters: an ambiguous prefix is refused, with the names that it could mean" {
	refused 'new-pssession -Con x box' 'ConfigFile'
}

@test "parameters: an unambiguous prefix, any case and the GNU spelling are accepted" {
	run local_bash 'NEW-pssession 2>/dev/null; new-pssession -comp box -configf:$C --name=n1 >/dev/null && get-pssession -prop Name'
	[[ $output == *n1 ]]
}

@test "parameters: a port that is none" {
	refused 'new-pssession -Port 99999 box' '[Pp]ort'
	refused 'new-pssession -Port x box' '[Pp]ort'
	refused 'new-pssession box:99999' '99999'
}

@test "parameters: names that could reach a shell or an option parser are refused" {
	local name
	for name in -oProxyCommand=x "a b" 'a;b' 'a$(x)' 'a`b`' "a'b" 'a|b' 'a&b' $'a\tb' $'a\eb' 'x@-oProxyCommand=y' 'a;x@box'; do
		refused "new-pssession -ConfigFile \$C -ComputerName '${name//\'/\'\\\'\'}'" .
	done
}

@test "parameters: a missing value, a missing target, and two ways at once" {
	refused 'new-pssession -ComputerName' 'ComputerName'
	refused 'new-pssession' 'ComputerName'
	refused 'enter-pssession' .
	refused 'enter-pssession -Id 1 -Name x' .
	refused 'enter-pssession -Id one' 'Id'
}

@test "parameters: session names of the form of an Id or an InstanceId are refused" {
	refused 'new-pssession -ConfigFile $C -Name 12 box' 'Name'
	refused 'new-pssession -ConfigFile $C -Name 3f2504e0-4f89-11d3-9a0c-0305e82c3301 box' 'Name'
}

@test "parameters: -PipelineVariable is refused with a reason, passwords cannot be given" {
	refused 'new-pssession -PipelineVariable x box' 'PipelineVariable'
	refused 'new-pssession -Password x box' 'Password'
}

@test "parameters: a key file that is not there is named, and nothing is opened" {
	run local_bash 'new-pssession -ConfigFile $C -KeyFilePath /nonexistent/key box'
	[ "$status" -ne 0 ]
	[[ $output == *'/nonexistent/key'* ]]
	run local_bash 'get-pssession'
	[ -z "$output" ]
}

@test "parameters: -KeyFilePath, -UserName, -Port and -Options reach the connection" {
	run local_bash "new-pssession -ConfigFile none -KeyFilePath $WORLD/ssh/user_key -UserName $REMOTE_USER -Port $SSHD_PORT \
		-Options UserKnownHostsFile=$WORLD/ssh/known_hosts -Options StrictHostKeyChecking=yes -Options IdentityAgent=none \
		127.0.0.1"
	[ "$status" -eq 0 ]
	[[ $output =~ ^$UUID$ ]]
	run local_bash "new-pssession -ConfigFile \$C -KeyFilePath $WORLD/ssh/user_key $REMOTE_USER@127.0.0.1:$SSHD_PORT \
		-Options UserKnownHostsFile=$WORLD/ssh/known_hosts -Options StrictHostKeyChecking=yes"
	[ "$status" -eq 0 ]
}

@test "parameters: --help, --version and help say what there is" {
	local name
	for name in enter exit new get remove; do
		run local_bash "$name-pssession --help"
		[ "$status" -eq 0 ]
		[[ $output == *"$name-pssession"* ]]
		[ "$PSS_SHELL" != zsh ] || continue # it has no `help`
		run local_bash "help $name-pssession"
		[ "$status" -eq 0 ]
		[ -n "$output" ]
	done
	run local_bash 'enter-pssession --version'
	[ "$status" -eq 0 ]
	[[ $output =~ [0-9]+\.[0-9]+ ]]
}

@test "parameters: exit-pssession takes common parameters only" {
	run local_bash 'exit-pssession -Verbose'
	[ "$status" -eq 0 ]
	refused 'exit-pssession -ComputerName x' 'ComputerName'
}

@test "parameters: -Verbose tells the steps on standard error, data stays on standard output" {
	run local_bash 'new-pssession -ConfigFile $C box -Verbose 2>$HERE/steps'
	[[ $output =~ ^$UUID$ ]]
	[ -s "$HERE/steps" ]
}

@test "parameters: -ErrorAction Ignore and SilentlyContinue keep the status and drop the words" {
	run local_bash 'enter-pssession -Name x -ErrorAction Ignore; get-pssession -Name x -ea SilentlyContinue'
	[ "$status" -eq 1 ]
	[[ $output != *'not available'* ]]
	refused 'new-pssession -ErrorAction Perhaps box' 'ErrorAction'
}
