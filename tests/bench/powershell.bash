# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2016 # most texts here are for another shell
# PowerShell remoting over SSH, for tests/bench/run: beside PowerShell's own client, which is a pwsh that runs already, as
# our shell does. Both have the same server, which has PowerShell as the subsystem powershell, and as the subsystem quick one
# that is up at once (windows-powershell.py), so that what a client itself takes is seen. Needs PSS_PWSH.

# Each reads commands, one a line, and answers `done MICROSECONDS`.
theirs_loop='while ($null -ne ($line = [Console]::In.ReadLine())) {
	$watch = [Diagnostics.Stopwatch]::StartNew()
	. ([scriptblock]::Create($line)) | Out-Null
	"done $([long]$watch.Elapsed.TotalMicroseconds)"
}'
ours_loop='while read -r line; do
	from=${EPOCHREALTIME/[.,]/}
	eval "$line" </dev/null >/dev/null 2>"$HERE/ours.err"
	echo "done $((${EPOCHREALTIME/[.,]/} - from))"
done'

# start_loop THEIRS|OURS COMMAND…: of a coprocess, with descriptors of its own.
start_loop() {
	local name=$1 in out
	shift
	mkfifo "$HERE/$name.in" "$HERE/$name.out"
	"$@" <"$HERE/$name.in" >"$HERE/$name.out" 2>"$HERE/$name.err" 3>&- &
	LOOPS[$name]=$!
	exec {in}>"$HERE/$name.in" {out}<"$HERE/$name.out"
	LOOP_IN[$name]=$in LOOP_OUT[$name]=$out
}

# ask THEIRS|OURS COMMAND: sets ELAPSED, in microseconds.
ask() {
	local word
	echo "$2" >&"${LOOP_IN[$1]}"
	while read -r -u "${LOOP_OUT[$1]}" word ELAPSED && [ "$word" != 'done' ]; do :; done
}

# both TIMES NAME THEIRS OURS: MEDIAN[NAME_theirs] and MEDIAN[NAME_ours], in turn; %N stands for the number of the try.
both() {
	local times=$1 name=$2 i theirs='' ours=''
	for ((i = 0; i < times; i++)); do
		ask THEIRS "${3//%N/$i}"
		theirs+=$ELAPSED$'\n'
		ask OURS "${4//%N/$i}"
		ours+=$ELAPSED$'\n'
	done
	MEDIAN[${name}_theirs]=$(printf %s "$theirs" | middle_ms)
	MEDIAN[${name}_ours]=$(printf %s "$ours" | middle_ms)
}

both_rows() {
	row "PowerShell, $2" "${MEDIAN[$1_theirs]}"
	row "pssession, $2" "${MEDIAN[$1_ours]}" "${MEDIAN[$1_theirs]}"
}

# Of PowerShell's client, with the ssh programs that it runs.
theirs_kb() {
	# shellcheck disable=SC2046
	private_kb "${LOOPS[THEIRS]}" $(descendants "${LOOPS[THEIRS]}")
}

powershell_server() {
	sshd_stop "$WORLD/ssh"
	sshd_start "$WORLD/ssh" "$REMOTE_USER" 'MaxStartups 200' "$(remote_environment)" \
		"Subsystem powershell $(powershell_for_accounts "$WORLD") -sshs -NoLogo" "Subsystem quick $(windows_powershell "$WORLD")"
}

# What ssh_config says to ours; $NEAR and $FAR are the parameters of theirs and of ours.
powershell_clients() {
	declare -gA LOOPS LOOP_IN LOOP_OUT
	echo "$theirs_loop" >"$HERE/loop.ps1"
	clean_env_words
	start_loop THEIRS "${CLEAN_ENV[@]}" "$PSS_PWSH" -NoProfile -NoLogo -File "$HERE/loop.ps1"
	start_loop OURS "${CLEAN_ENV[@]}" bash --norc -c "enable -f $PSS_LOADABLE enter-pssession; $ours_loop"
	ask THEIRS "\$options = @{ IdentitiesOnly = 'yes'; IdentityAgent = 'none'; PreferredAuthentications = 'publickey' }"
	ask THEIRS "function place(\$port, \$known) { @{ HostName = '127.0.0.1'; Port = \$port; UserName = '$REMOTE_USER'; KeyFilePath = '$WORLD/ssh/user_key'; Options = \$options + @{ UserKnownHostsFile = \$known } } }"
	ask THEIRS "\$near = place $SSHD_PORT '$WORLD/ssh/known_hosts'; \$far = place $PROXY_PORT '$PROXY/known'"
	NEAR="-ConfigFile $WORLD/ssh/ssh_config" FAR="-ConfigFile $FAR_CONFIG"
}

bench_powershell_open() {
	title 'PowerShell remoting: opening a session, at a server that is up at once (ms)'
	both 11 near 'New-PSSession @near -Subsystem quick' "new-pssession $NEAR -Subsystem quick box"
	both_rows near loopback
	both 5 far 'New-PSSession @far -Subsystem quick' "new-pssession $FAR -Subsystem quick far"
	both_rows far '100 ms one way'
	LABEL='PowerShell' counted ask THEIRS 'New-PSSession @far -Subsystem quick'
	LABEL='pssession' counted ask OURS "new-pssession $FAR -Subsystem quick far"
	ask THEIRS 'Get-PSSession | Remove-PSSession'
	ask OURS 'remove-pssession -Name "*"'
}

bench_powershell_commands() {
	title 'in an open session of PowerShell 7 (ms)'
	ask THEIRS '$s = New-PSSession @near; $f = New-PSSession @far'
	ask OURS "s=\$(new-pssession $NEAR -Subsystem powershell box); f=\$(new-pssession $FAR -Subsystem powershell far)"
	both 1 warm 'Invoke-Command -Session $s,$f { 1 }' 'invoke-command -Session "$s,$f" 1'
	both 31 command 'Invoke-Command -Session $s { 1 }' 'invoke-command -Session "$s" 1'
	both_rows command 'a command'
	ask OURS "b=\$(new-pssession $NEAR box)"
	both 101 shell 'Invoke-Command -Session $s { 1 }' 'invoke-command -Session "$b" true'
	row 'pssession, a command in bash' "${MEDIAN[shell_ours]}" "${MEDIAN[shell_theirs]}"
	both 5 far_command 'Invoke-Command -Session $f { 1 }' 'invoke-command -Session "$f" 1'
	both_rows far_command 'a command, 100 ms one way'
	LABEL='PowerShell' counted ask THEIRS 'Invoke-Command -Session $f { 1 }'
	LABEL='pssession' counted ask OURS 'invoke-command -Session "$f" 1'
	both 3 output 'Invoke-Command -Session $s { foreach ($i in 1..100000) { "x" * 99 } }' \
		'invoke-command -Session "$s" "foreach (\$i in 1..100000) { \"x\" * 99 }"'
	both_rows output '10 MB in 100 000 lines'
}

# A line at the prompt, from Enter to the next prompt: theirs in the same terminal.
bench_powershell_line() {
	title 'a line typed at the prompt of the session, 100 ms one way'
	local_bash_start
	term_type "enter-pssession $FAR -Subsystem powershell far"
	term_keys Enter
	wait_line 'PS .*> $'
	powershell_line # what comes behind the first prompt is not this line's
	LABEL='pssession' counted powershell_line
	term_kill
	term_start "${CLEAN_ENV[@]}" "$PSS_PWSH" -NoProfile -NoLogo
	wait_line 'PS .*> $'
	term_type "Enter-PSSession -HostName 127.0.0.1 -Port $PROXY_PORT -UserName $REMOTE_USER -KeyFilePath $WORLD/ssh/user_key -Options @{ UserKnownHostsFile = '$PROXY/known' }"
	term_keys Enter
	wait_line '\[.*\]: PS .*> $'
	powershell_line
	LABEL='PowerShell' counted powershell_line
	term_kill
}

powershell_line() {
	term_keys C-l
	term_type '40 + 2'
	term_keys Enter
	wait_screen $'\n42'
	wait_line 'PS .*> $'
}

bench_powershell_computers() {
	title 'a command on 20 computers, each with its own connection and PowerShell 7 (ms)'
	ask THEIRS '$many = $near.Clone(); $many.HostName = @("127.0.0.1") * 20'
	both 1 computers 'Invoke-Command @many { 1 }' "invoke-command -Subsystem powershell -ConfigFile $HERE/many h[01-20] 1"
	both_rows computers '20 computers'
}

bench_powershell_memory() {
	local ours theirs whole
	title 'memory of the client (private, kB)'
	whole=$(theirs_kb)
	ask THEIRS '$more = 1..10 | ForEach-Object { New-PSSession @near -Subsystem quick }'
	theirs=$((($(theirs_kb) - whole) / 10))
	ours=$(private_kb "$(host_pids)")
	ask OURS "new-pssession $NEAR -Subsystem quick box,box,box,box,box,box,box,box,box,box"
	pause 2 # it gives back what logging in took
	ours=$((($(private_kb "$(host_pids)") - ours) / 10))
	row 'PowerShell itself' "$whole"
	row 'a session of it (its ssh too)' "$theirs"
	row 'a session of pssession' "$ours" "$theirs"
	row '    against PowerShell itself' "$ours" "$whole"
}

bench_powershell() {
	if [ -z "${PSS_PWSH-}" ]; then
		title 'PowerShell remoting: left out, as PSS_PWSH names no pwsh'
		return
	fi
	powershell_server && proxy_start 100 || return
	{ printf 'Host h*\n\tHostName 127.0.0.1\n'; sed -e '/^Host /d' -e '/HostName /d' "$WORLD/ssh/ssh_config"; } >"$HERE/many"
	powershell_clients
	# What only the first time costs.
	ask THEIRS 'Invoke-Command -Session ($w = New-PSSession @near -Subsystem quick) { 1 }; Remove-PSSession $w'
	ask OURS "new-pssession $NEAR -Subsystem quick box; remove-pssession -Name '*'"
	bench_powershell_open
	bench_powershell_memory
	bench_powershell_commands
	bench_powershell_line
	bench_powershell_computers
	end_processes "${LOOPS[@]}"
	proxy_stop
	rm -rf "$PROXY"
}
