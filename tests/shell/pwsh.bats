#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A remote PowerShell on its own terminal, the whole way through; tests/remote has the long table of cases. PSS_PWSH names the
# program (tools/check installs one).

load ../harness/harness

setup() { [ -n "${PSS_PWSH-}" ] || skip "PSS_PWSH names no PowerShell"; }
teardown() { place_end; world_end; }

# A bash account that chooses it, as that starts in a third of the time.
through_powershell() {
	world_start bash
	place_start
	requires_made_account
	write_dotfiles pwsh
	# bash reads this file for commands that sshd runs, too.
	echo "PATH=\$PATH:$(dirname "$(powershell_for_accounts "$WORLD")")" >>"$REMOTE_HOME/.bashrc"
}

completes_to() {
	term_keys Tab
	wait_line "$1" 3
}

@test "pwsh: lines, the second prompt, keys, programs and completion" {
	through_powershell
	local_shell_start
	term_type "enter-pssession -ConfigurationName pwsh -ConfigFile \$C box"
	term_keys Enter
	wait_remote 40
	run_line '6 * 7; hello; greet you; $env:LOGIN_FILE_READ'
	output_is $'42\nhello from the function\ngreetings, you\nyes'
	run_line '$x = 5; cd /usr/lib'
	run_line '"$x $pwd"'
	output_is '5 /usr/lib'
	run_line 'cat nowhere'
	run_line '"$? $LASTEXITCODE"'
	output_is 'False 1'
	term_type 'foreach ($i in 1, 2) {'
	term_keys Enter
	wait_line '>> $'
	term_type '"i=$i" }'
	term_keys Enter
	wait_screen $'\ni=1\ni=2\n'
	wait_remote
	run_line '}'
	output_like 'Unexpected token'
	start_running
	term_keys C-z
	wait_screen 'PowerShell has no job control'
	term_keys C-c
	wait_remote
	run_line 'echo after'
	output_is after
	term_type '$name = Read-Host name'
	term_keys Enter
	wait_line 'name: $'
	term_send 'a name'
	term_keys Enter
	wait_remote
	run_line '"<$name>"'
	output_is '<a name>'
	term_type 'Get-ChildIt'
	# The first time PowerShell looks through its modules, which may take longer than a completion is waited for.
	wait_until 40 completes_to 'Get-ChildItem $'
	term_keys C-u
	term_type 'vim.tiny -u NONE -N'
	term_keys Enter
	wait_screen '~'
	term_send 'iin the editor'
	wait_screen 'in the editor'
	term_keys Escape
	term_send ':q!'
	term_keys Enter
	wait_remote
	leave_by 'exit 6'
	status_is 6
	terminal_is_sane
	[ ! -e "$REMOTE_HOME/.local/share/powershell/PSReadLine" ]
}

@test "pwsh: a kept session is left by exit, and listed" {
	through_powershell
	local_shell_start
	run_line "s=\$(new-pssession -ConfigurationName pwsh -Resilient -Name r -ConfigFile \$C box)" 40
	status_is 0
	enter_kept
	run_line '$x = "kept"'
	leave_by 'cd /; exit 4'
	status_is 4
	enter_kept
	run_line '"$x $pwd"'
	output_is 'kept /'
	leave_by exit
	run_line 'get-pssession -Property State,ConfigurationName'
	output_like '^Opened +pwsh$'
	# The next host process takes it over.
	# shellcheck disable=SC2046 # words
	end_processes $(host_pids)
	run_line 'connect-pssession -Name r' 40
	enter_kept
	run_line '"$x $pwd"'
	output_is 'kept /'
	run_line "sh -c 'exit 3'"
	leave_by 'exit'
	status_is 3
	run_line 'invoke-command -Name r "\$x" </dev/null'
	output_is kept
	run_line 'remove-pssession -Name r'
}

@test "pwsh: invoke-command in a session and on a computer" {
	through_powershell
	run local_shell '
		s=$(new-pssession -ConfigurationName pwsh -ConfigFile $C box) || exit 90
		i() { invoke-command -Session $s "$@"; }
		c() { invoke-command -ComputerName box -ConfigurationName pwsh -ConfigFile $C "$@"; }
		i "\$x = 5; cd /usr; function f { \"f\$x\" }; \$env:E = 6" </dev/null || exit 51
		[ "$(i "f; \$pwd.Path; printenv E" </dev/null)" = $'"'f5\n/usr\n6'"' ] || exit 52
		i "sh -c \"exit 7\"" </dev/null
		[ $? = 7 ] || exit 53
		i "exit 3" </dev/null
		[ $? = 3 ] || exit 54
		head -c 1000000 /dev/urandom >$HERE/bytes
		printf "\0\377\036\033]7337;\nno newline" >>$HERE/bytes
		i cat <$HERE/bytes 2>$HERE/none | cmp - $HERE/bytes || exit 55
		[ ! -s $HERE/none ] || exit 56
		i "echo out; sh -c \"echo err >&2\"; gci nowhere" </dev/null >$HERE/o 2>$HERE/e && exit 57
		[ "$(cat $HERE/o)" = out ] && grep -qx err $HERE/e && grep -q "Cannot find path" $HERE/e || exit 58
		mine="a  b \$x ‘q’ '"'"'q \\ *"
		mine+=$(printf "\036; exit 9")
		list=("one two" "" "it'"'"'s")
		for w in i c; do
			[ "$($w "\$using:mine; \"<\$using:mine>\"; \$using:list | % { \"<\$_>\" }" </dev/null)" = \
				"$mine"$'"'\n'"'"<$mine>"$'"'\n<one two>\n<>\n'"'"<it'"'"'s>" ] || exit 59
			[ "$($w "param(\$a) \"\$a|\$(\$args -join \"|\")\"" -ArgumentList "one two" -ArgumentList "" -ArgumentList "t'"'"'\$x" </dev/null)" = \
				"one two||t'"'"'\$x" ] || exit 60
			[ "$($w -- printf "%s|" a "b  c" "\$x" "" </dev/null)" = "a|b  c|\$x||" ] || exit 61
			$w "}" </dev/null 2>$HERE/e && exit 62
			grep -q "Unexpected token" $HERE/e || exit 63
			$w "sh -c \"exit 9\"" </dev/null
			[ $? = 9 ] || exit 64
		done
		i "Test-Path variable:__pss_using_mine" </dev/null | grep -qx False || exit 65
		[ "$(yes | i "head -n 1")" = y ] || exit 66
		[ "$(i "yes" </dev/null | head -n 1)" = y ] || exit 67
		[ "$(i "\$x" </dev/null)" = 5 ] || exit 68
		invoke-command -Session $s -AsJob "Start-Sleep 0.1; \"of the job\"" >/dev/null || exit 69
		receive-pssession -Session $s -Wait | grep -qx "of the job" || exit 70
		[ "$(get-pssession -Property State)" = Opened ]'
	echo "status $status: $output"
	[ "$status" -eq 0 ]
}

@test "pwsh: as the login shell, and named where another one is missing" {
	[ "$(id -u)" -eq 0 ] || skip "needs root, to make an account whose login shell is pwsh"
	world_start pwsh
	place_start
	local_shell_start
	term_type 'enter-pssession -ConfigFile $C box'
	term_keys Enter
	wait_remote 40
	[[ $(screen) != *WARNING* ]]
	run_line 'hello'
	output_is 'hello from the function'
	run_line '$Host.Name; $PSVersionTable.PSEdition'
	output_is $'ConsoleHost\nCore'
	leave_by 'exit 6'
	status_is 6
	run_line 's=$(new-pssession -ConfigFile $C box)' 40
	run_line 'get-pssession -Property ConfigurationName'
	output_is pwsh
	run_line 'invoke-command -ComputerName box -ConfigFile $C "1, 2 | measure | % Count"' 40
	output_is 2
}
