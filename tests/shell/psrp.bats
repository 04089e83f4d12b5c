#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# PowerShell remoting the whole way through; tests/psrp has the conversations. PSS_PWSH names the program (tools/check installs
# one).

load ../harness/harness

setup() {
	[ -n "${PSS_PWSH-}" ] || skip "PSS_PWSH names no PowerShell"
	world_start bash
	place_start
	requires_made_account
}
teardown() { place_end; world_end; }

with_powershell() {
	echo "PATH=\$PATH:$(dirname "$(powershell_for_accounts "$WORLD")")" >>"$REMOTE_HOME/.bashrc"
}

# A script in which i runs a command in a PowerShell on the computer.
through_powershell() {
	run local_bash '
		i() { invoke-command -ConfigurationName Microsoft.PowerShell -ConfigFile $C box "$@"; }
		'"$1"
	echo "$output"
}

@test "psrp: invoke-command runs in PowerShell, with its streams and its status" {
	with_powershell
	through_powershell '
		[ "$(i "6 * 7; \"a b\"; Write-Host seen" </dev/null 2>/dev/null)" = $'"'42\na b'"' ] || exit 51
		[ "$(i "Write-Host seen; Write-Warning careful; Get-Item /nonexist" </dev/null 2>&1 >/dev/null)" = \
			$'"'seen\nWARNING: careful\nGet-Item: Cannot find path '\''/nonexist'\'' because it does not exist.'"' ] || exit 52
		i "sh -c \"exit 3\"" </dev/null
		[ $? = 3 ] || exit 53
		i "exit 300" </dev/null
		[ $? = 44 ] || exit 54
		i "throw 1" </dev/null 2>/dev/null
		[ $? = 1 ] || exit 55'
	[ "$status" -eq 0 ]
}

@test "psrp: invoke-command passes arguments, values, input and words" {
	with_powershell
	head -c 100000 /dev/urandom >"$REMOTE_HOME/random"
	chmod 644 "$REMOTE_HOME/random"
	through_powershell '
		[ "$(i -ArgumentList "a b" -ArgumentList "\$x" "param(\$p, \$q) \"<\$p><\$q>\"" </dev/null)" = "<a b><\$x>" ] || exit 51
		v=$'"'it'\''s \"quoted\"\n\\ *'"'
		[ "$(i "\"[\$using:v]\"" </dev/null)" = "[$v]" ] || exit 52
		[ "$(printf "c\nb\na\n" | i "\$input | Sort-Object")" = $'"'a\nb\nc'"' ] || exit 53
		[ "$(i -- printf "%s|" "a b" "\$x" "*" </dev/null)" = "a b|\$x|*|" ] || exit 54
		i -- cat random </dev/null | cmp - '"$REMOTE_HOME"'/random || exit 55'
	[ "$status" -eq 0 ]
}

@test "psrp: a computer without pwsh says so" {
	through_powershell 'i 1 </dev/null 2>&1; [ $? = 1 ]'
	[ "$status" -eq 0 ]
	[[ $output == *"PowerShell remoting does not work there (subsystem powershell, or pwsh -sshs -NoLogo):"*"pwsh"*"not found"* ]]
}

# A server that has PowerShell as a subsystem of this name, and whose login shells find none.
server_with_subsystem() {
	second_server_with "$(remote_environment)" "Subsystem $1 $(powershell_for_accounts "$WORLD") -sshs -NoLogo" "${@:2}"
}

@test "psrp: PowerShell is the server's subsystem, of the name that -Subsystem gives" {
	server_with_subsystem powershell "Subsystem other $(command -v false)"
	through_powershell '
		C=$WORLD/ssh1/ssh_config
		[ "$(i "6 * 7" </dev/null)" = 42 ] || exit 51
		[ "$(i -Transport ssh "6 * 7" </dev/null)" = 42 ] || exit 52
		[ "$(invoke-command -ConfigFile $C -Subsystem powershell box "6 * 7" </dev/null)" = 42 ] || exit 53
		out=$(i -Subsystem other 1 </dev/null 2>&1); [ $? = 1 ] || exit 54
		[[ $out == *"-Subsystem other"* ]] || exit 55
		for transport in libssh ssh; do
			out=$(i -Transport $transport -Subsystem none-such 1 </dev/null 2>&1); [ $? = 1 ] || exit 56
			[[ $out == *"the server has no subsystem \"none-such\""* ]] || exit 57
		done
		out=$(invoke-command -ConfigFile $C -ConfigurationName bash -Subsystem powershell box 1 </dev/null 2>&1); [ $? = 2 ] || exit 58
		[[ $out == *"-Subsystem is PowerShell remoting"* ]] || exit 59'
	echo "$status"
	[ "$status" -eq 0 ]
}
