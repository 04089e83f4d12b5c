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
	[[ $output == *"PowerShell (pwsh -sshs -NoLogo) does not run there:"*"pwsh"*"not found"* ]]
}
