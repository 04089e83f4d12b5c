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
	term_type "enter-pssession $P box"
	term_keys Enter
	wait_line "$OWN_PROMPT" 40
}

# The harness knows the prompt from here on.
enter_and_name_prompt() {
	enter_powershell && name_prompt
}

name_prompt() {
	term_type "function prompt { 'remote\$ ' }" && term_keys Enter && wait_remote
}

# The screen's lines, each prompt as on the page.
page() {
	screen | sed -E 's/^local\$/PS>/; s/^\[[^]]*box\]: PS [^>]*>/[box]: PS>/; s/ +$//'
}

# bats test_tags=once
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

# bats test_tags=once
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

# A line of the table below as PowerShell itself shows it, in a terminal beside; numbers that differ from time to time are
# masked there.
oracle_shows() {
	TERM_NAME=pwsh run_line "$1" 40 || return
	mask "$OUT"
}

mask() {
	sed -E '/^ *[0-9]+ +[0-9.]+ +[0-9.]+/s/[^ ]+/#/g; s/ +/ /g' <<<"$1"
}

# bats test_tags=once
@test "psrp: lines look as at PowerShell's own prompt" {
	local line expected
	clean_env_words
	TERM_NAME=pwsh COLUMNS_WANTED=120 term_start "${CLEAN_ENV[@]}" "$PSS_PWSH" -NoLogo -NoProfile -NoExit \
		-Command 'Remove-Module PSReadLine; function prompt { "remote$ " }'
	enter_and_name_prompt
	TERM_NAME=pwsh wait_line '^remote\$ $' 40
	REMOTE_PROMPT='^(\[[^]]*box\]: )?remote\$ $'
	while read -r line; do
		expected=$(oracle_shows "$line")
		run_line "$line" 40
		[ "$(mask "$OUT")" = "$expected" ] || { printf '%s:\n%s\nnot\n%s\n' "$line" "$(mask "$OUT")" "$expected"; return 1; }
	done <<'END'
Get-Process | Sort-Object CPU -Descending | Select-Object -First 3
[pscustomobject]@{ Name = "a"; Value = 1 }, [pscustomobject]@{ Name = "b"; Value = 20 }
@{ one = 1 }
Get-Item / | Format-List Name, FullName
Get-Date "2026-11-29 12:00"
"a`tb"; "x" * 300
$null; ""; 0x10
1/0; 7
throw "thrown"
Write-Error "an error"
Write-Warning careful; Write-Verbose -Verbose more; Write-Host seen
Get-Item /nonexist
nosuchcommand
[int]"x"
}
sh -c "echo err >&2"
sh -c "echo out; exit 3"
"$? $LASTEXITCODE"
$x = 5; function f { "f$x" }; f
Get-Command Get-Item
Get-Process nosuchprocess; "after"
1..3 | ForEach-Object { $_; if ($_ -eq 2) { Write-Error two } }
END
}

answer() {
	wait_line "$1" && term_send "$2" && term_keys Enter
}

completes_to() {
	term_keys Tab
	wait_line "$1" 3
}

@test "psrp: what PowerShell asks is asked on the terminal" {
	enter_and_name_prompt
	term_type '$n = Read-Host Name'
	term_keys Enter
	answer 'Name: $' 'a name'
	wait_remote
	term_type '$p = Read-Host -AsSecureString Secret'
	term_keys Enter
	answer 'Secret: $' 'not to be seen'
	wait_remote
	[[ $(screen) != *'not to be seen'* ]]
	run_line '"<$n> $([Net.NetworkCredential]::new([string]::Empty, $p).Password)"'
	output_is '<a name> not to be seen'
	term_type '$c = Get-Credential bob'
	term_keys Enter
	answer 'Password for user bob: $' 's3cret'
	wait_remote
	run_line '$c.UserName + $c.GetNetworkCredential().Password.Length'
	output_is 'bob6'
	term_type 'New-Item -Confirm x-file | Select-Object -ExpandProperty Name'
	term_keys Enter
	answer '\[L\] No to All .*\(default is "Y"\): $' 'y'
	wait_screen $'\nx-file\n'
	wait_remote
	term_type 'function m { param([Parameter(Mandatory)] $Path) "<$Path>" }; m'
	term_keys Enter
	answer 'Path: $' 'given'
	wait_screen $'\n<given>\n'
	wait_remote
	term_type 'Read-Host Again'
	term_keys Enter
	wait_line 'Again: $'
	term_keys C-c
	wait_remote
	run_line '$?'
	output_is False
}

@test "psrp: Ctrl-C, progress, colours, completion and the window's size" {
	enter_and_name_prompt
	term_type '"running"; Start-Sleep 1000; "not reached"'
	term_keys Enter
	wait_screen $'\nrunning'
	term_keys C-c
	wait_remote
	term_type 'sh -c "echo started; exec tail -f /dev/null"'
	term_keys Enter
	wait_screen $'\nstarted'
	term_keys C-c
	wait_remote
	run_line '"$? $LASTEXITCODE"'
	output_is 'False 137'
	term_type 'Write-Progress Copying -Status half -PercentComplete 50; Start-Sleep 1000'
	term_keys Enter
	wait_screen $'\nCopying: half'
	term_keys C-c
	wait_remote
	[[ $(screen) != *'Copying: half'* ]]
	run_line 'Write-Host -ForegroundColor Red -BackgroundColor Yellow in colours'
	[[ $(tm capture-pane -p -e) =~ 91[\;m].*103m'in colours' ]]
	term_type 'Get-ChildIt'
	# The first time PowerShell looks through its modules, which may take longer than a completion is waited for.
	wait_until 40 completes_to 'Get-ChildItem $'
	term_keys C-u
	run_line '$Host.UI.RawUI.BufferSize.Width'
	output_is 120
	run_line '$env:TERM; clear'
	[[ $(screen) != *'BufferSize'* ]]
	resize 90 24
	run_line '"x" * 95 | Format-Table; $Host.UI.RawUI.WindowSize.Width'
	output_like '90$'
	term_type 'vim --version > vim-file'
	term_keys Enter
	wait_screen 'vim wants a terminal, which PowerShell remoting has not: enter-pssession box -ConfigurationName pwsh'
	wait_remote
	leave_by exit
	status_is 0
	terminal_is_sane
}

# new_session NAME: kept, and its prompt is the harness's.
new_session() {
	run_line "new-pssession -Name $1 $P box >\$HERE/id" 40
	status_is 0
	run_line "invoke-command -Name $1 'function global:prompt { \"remote\`\$ \" }' </dev/null"
	status_is 0
}

# bats test_tags=once
@test "psrp: commands in a kept session, beside its terminal and as jobs" {
	new_session k
	term_type 'enter-pssession -Name k'
	term_keys Enter
	wait_remote
	run_line '$x = "kept"; cd /usr'
	run local_shell '
		i() { invoke-command -Name k "$@"; }
		[ "$(i "\"\$x \$pwd\"; \$y = 6" </dev/null)" = "kept /usr" ] || exit 51
		i "exit 300" </dev/null
		[ $? = 44 ] || exit 52
		i "sh -c \"exit 3\"" </dev/null
		[ $? = 3 ] || exit 53
		[ "$(printf "c\nb\n" | i "\$input | Sort-Object")" = $'"'b\nc'"' ] || exit 54
		[ "$(i -- printf "%s|" "a b" "\$x" </dev/null)" = "a b|\$x|" ] || exit 55
		[ "$(i "1..20000" </dev/null | tail -n 1)" = 20000 ] || exit 56
		[ "$(i "1..1000000" </dev/null | head -n 1)" = 1 ] || exit 57
		[ "$(i -Wait "\"still here\"" </dev/null)" = "still here" ] || exit 58
		i -AsJob "Start-Sleep 0.1; \"of the job\"" >/dev/null || exit 59
		receive-pssession -Name k -Wait | grep -qx "of the job" || exit 60
		disconnect-pssession -Name k 2>$HERE/e && exit 61
		grep -q "cannot\|has no disconnected sessions" $HERE/e || exit 62
		new-pssession -Resilient '"$P"' box 2>$HERE/e && exit 63
		grep -q "ConfigurationName pwsh" $HERE/e || exit 64
		[ "$(get-pssession -Property State,Availability,ConfigurationName)" = \
			"$(printf "Opened\tAvailable\tMicrosoft.PowerShell")" ] || exit 65'
	echo "status $status: $output"
	[ "$status" -eq 0 ]
	run_line '"$x $y"'
	output_is 'kept 6'
	leave_by 'exit 7'
	status_is 7
	run_line 'get-pssession -Property State'
	output_is Opened
}

# bats test_tags=once
@test "psrp: a session is taken over, removed while it runs, and told from a lost one" {
	new_session k
	term_type 'enter-pssession -Name k'
	term_keys Enter
	wait_remote
	start_running '"running"; while ($true) { Start-Sleep 1 }'
	TERM_NAME=b COLUMNS_WANTED=120 local_shell_start
	TERM_NAME=b run_line 'enter-pssession -Name k' && TERM_NAME=b status_is 1
	TERM_NAME=b term_type 'enter-pssession -Force -Name k'
	TERM_NAME=b term_keys Enter
	wait_local
	TERM_NAME=b term_keys C-c
	TERM_NAME=b wait_remote
	TERM_NAME=b start_running '"running"; Start-Sleep 1000'
	run_line 'remove-pssession -Name k' && status_is 0
	TERM_NAME=b wait_local
	TERM_NAME=b status_is 1
	new_session k
	run_line 'invoke-command -Name k "[Diagnostics.Process]::GetCurrentProcess().Kill()" </dev/null'
	status_is 255
	run_line 'get-pssession -Property State,Cause'
	output_like 'Broken.*the remote PowerShell has ended'
	run_line 'remove-pssession -Name k'
}

# bats test_tags=once
@test "psrp: a temporary session ends with its terminal, and with its link" {
	enter_and_name_prompt
	start_running '"running"; Start-Sleep 1000'
	TERM_NAME=b COLUMNS_WANTED=120 local_shell_start
	term_close
	# shellcheck disable=SC2034 # for the harness
	TERM_NAME=b
	wait_until 20 no_powershell
	enter_and_name_prompt
	# shellcheck disable=SC2046 # words
	end_processes $(sshd_connections "$WORLD/ssh")
	wait_local
	wait_screen 'connection to box lost'
	status_is 255
	terminal_is_sane
	wait_until 20 no_powershell
}

no_powershell() {
	[ -z "$(pgrep -u "$REMOTE_USER" -f 'sshs')" ]
}

# Sets TURNS: two of them are a round trip.
turns_of_opening() {
	[ -n "$(proxy_count)" ]
	run_line "s=\$(new-pssession $1 -ConfigFile $FAR_CONFIG far)" 60
	status_is 0
	read -r _ _ _ TURNS <<<"$(proxy_count)"
}

# bats test_tags=once
@test "psrp: opening takes no more round trips than with a shell, a line and a command one" {
	local of_shell
	proxy_start 50
	turns_of_opening ''
	of_shell=$TURNS
	turns_of_opening '-ConfigurationName Microsoft.PowerShell'
	echo "with PowerShell $TURNS turns, with a shell $of_shell"
	[ "$TURNS" -le "$of_shell" ]
	term_type 'enter-pssession -Session $s'
	term_keys Enter
	wait_line 'far\]: PS .*> $'
	# shellcheck disable=SC2034 # for the harness
	REMOTE_PROMPT='^\[.*far\]: remote\$ $'
	name_prompt
	[ -n "$(proxy_count)" ]
	run_line '1..3; sh -c "exit 4"'
	read -r _ _ _ TURNS <<<"$(proxy_count)"
	[ "$TURNS" -eq 2 ]
	leave_by exit
	[ -n "$(proxy_count)" ]
	run_line 'invoke-command -Session $s "6 * 7" </dev/null'
	output_is 42
	read -r _ _ _ TURNS <<<"$(proxy_count)"
	[ "$TURNS" -eq 2 ]
}
