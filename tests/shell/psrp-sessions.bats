#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Sessions by PowerShell remoting, in a real terminal; tests/psrp has the conversations. PSS_PWSH names the program
# (tools/check installs one).

load ../harness/harness

# No profile is run, so the prompt is PowerShell's own until a line changes it.
OWN_PROMPT='^\[([^]@]+@)?box\]: PS /[^>]*> $'

setup() {
	[ -n "${PSS_PWSH-}" ] || skip "PSS_PWSH names no PowerShell"
	world_start bash
	place_start
	requires_made_account
	# bash reads this file for commands that sshd runs, too.
	echo "PATH=\$PATH:$(dirname "$(powershell_for_accounts "$WORLD")")" >>"$REMOTE_HOME/.bashrc"
	COLUMNS_WANTED=120 local_shell_start
}
teardown() { place_end; world_end; }

P='-ConfigurationName Microsoft.PowerShell -ConfigFile $C'

enter_powershell() {
	term_type "enter-pssession $P ${*:-box}"
	term_keys Enter
	wait_line "$OWN_PROMPT" 40
}

# The harness knows the prompt from here on.
enter_and_name_prompt() {
	enter_powershell "$@" && name_prompt
}

name_prompt() {
	term_type "function prompt { 'remote\$ ' }" && term_keys Enter && wait_remote
}

# The screen's lines, each prompt as on the page.
page() {
	screen | sed -E 's/^local\$/PS>/; s/^\[[^]]*box\]: PS [^>]*>/[box]: PS>/; s/ +$//'
}

@test "psrp: the first and the third example of the page read as there" {
	term_keys C-l
	wait_local
	enter_powershell
	leave_by Exit-PSSession
	[ "$(page)" = "PS> enter-pssession $P box
[box]: PS> Exit-PSSession
PS>" ]
	term_keys C-l
	wait_local
	enter_powershell
	leave_by exit
	[ "$(page)" = "PS> enter-pssession $P box
[box]: PS> exit
PS>" ]
	status_is 0
	run_line get-pssession
	output_is ''
	terminal_is_sane
}

@test "psrp: the second example of the page reads as there" {
	term_type "s=\$(new-pssession $P box)"
	term_keys Enter
	wait_until 40 screen_matches $'\nlocal\\$ *$'
	wait_local
	term_keys C-l
	wait_local
	term_type 'enter-pssession -Session $s'
	term_keys Enter
	wait_line "$OWN_PROMPT"
	leave_by Exit-PSSession
	run_line 'get-pssession $s'
	[ "$(page)" = 'PS> enter-pssession -Session $s
[box]: PS> Exit-PSSession
PS> get-pssession $s
Id Name            ComputerName    State         ConfigurationName     Availability
-- ----            ------------    -----         -----------------     ------------
 1 Session1        box             Opened        Microsoft.PowerShell     Available
PS>' ]
	run_line 'remove-pssession $s; get-pssession'
	output_is ''
}

@test "psrp: lines, their statuses, the second prompt and exit N" {
	enter_and_name_prompt
	run_line '$x = 5; cd /usr/lib'
	run_line '"$x $pwd"'
	output_is '5 /usr/lib'
	run_line '[pscustomobject]@{ Name = "a"; Value = 1 }'
	output_is $'\nName Value\n---- -----\na        1'
	run_line "sh -c 'exit 3'"
	run_line '"$? $LASTEXITCODE"'
	output_is 'False 3'
	term_type 'foreach ($i in 1, 2) {'
	term_keys Enter
	wait_line '>> $'
	term_type '"i=$i" }'
	term_keys Enter
	wait_screen $'\ni=1\ni=2\n'
	wait_remote
	run_line '}'
	output_like 'Unexpected token'
	run_line 'Write-Host -NoNewline no newline'
	output_like '^no newline'
	leave_by 'cd /; exit 300'
	status_is 44
}
