#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What reaches a Windows computer, as far as it can be seen without one (tests/harness/windows.bash): PowerShell remoting is
# chosen by itself, and no text of a POSIX shell is ever sent there.

load ../harness/harness

setup() {
	[ -x /usr/bin/python3 ] || skip "needs /usr/bin/python3, for every account"
	[ "$(id -u)" = 0 ] || skip "needs root, to make an account whose login shell is cmd.exe"
	world_make
}
teardown() {
	local user failed=0
	place_end
	for user in "${OTHERS[@]}"; do
		REMOTE_USER=$user REMOTE_UID=$(id -u "$user") account_remove || failed=1
	done
	world_end && [ "$failed" = 0 ]
}

# windows SHELL [CONFIG LINE…], in the world that setup has made.
windows() {
	account_create "$1" "$WORLD" && chown "$REMOTE_USER" "$WORLD/remote-run" &&
		sshd_start "$WORLD/ssh" "$REMOTE_USER" "$WINDOWS_BANNER" "${@:2}" "$(remote_environment)"
	place_start
}

script() {
	run local_bash 'i() { invoke-command -ConfigFile $C box "$@" </dev/null; }
		'"$1"
	echo "$status: $output"
}

@test "windows: invoke-command speaks PowerShell to it, without being told" {
	windows cmd.exe "Subsystem powershell $(windows_powershell "$WORLD")"
	script '
		[ "$(i hostname)" = WINBOX ] || exit 51
		[ "$(i "cd C:\\Windows; \$PWD.Path" | od -An -c)" = "$(printf "C:\\\\Windows\n" | od -An -c)" ] || exit 52
		i "cmd /c exit 3"
		[ $? = 3 ] || exit 53
		i "exit 300"
		[ $? = 44 ] || exit 54
		out=$(i uptime 2>&1)
		[ $? = 1 ] || exit 55
		[[ $out == *"The term '\''uptime'\'' is not recognized as a name of a cmdlet"* && $out != *$'"'\r'"'* ]] || exit 56
		[ "$(invoke-command -ConfigFile $C -ConfigurationName PowerShell.7 box hostname </dev/null)" = WINBOX ] || exit 57
		[ "$(i -Transport ssh "cd C:\\Windows; \$PWD.Path")" = "C:\\Windows" ] || exit 58'
	[ "$status" -eq 0 ]
	[ "$(windows_refused)" = "" ]
}

@test "windows: pwsh is started where the server has no subsystem of that name" {
	local shell
	windows powershell.exe
	windows_has_pwsh "$(windows_powershell "$WORLD")"
	script '[ "$(i hostname)" = WINBOX ] || exit 51
		[ "$(invoke-command -ConfigFile $C -Transport ssh -ConfigurationName PowerShell box hostname </dev/null)" = WINBOX ] || exit 52'
	[ "$status" -eq 0 ]
	[ "$(windows_refused)" = "" ]
}

@test "windows: a connection is asked once more, and then no more, for a subsystem that it refuses" {
	windows cmd.exe
	windows_has_pwsh "$(windows_powershell "$WORLD")"
	local transport asked=0
	for transport in libssh ssh; do
		script '
			for i in 1 2 3 4; do
				s=$(new-pssession -ConfigFile $C -Transport '$transport' -ConfigurationName PowerShell -ShareConnection box </dev/null) || exit 51
				[ "$(invoke-command -Session "$s" hostname </dev/null)" = WINBOX ] || exit 52
			done
			remove-pssession -Name "*"'
		[ "$status" -eq 0 ]
		# The first may ask for both in one flight, and does not hear which of them it got.
		asked=$(($(grep -c 'subsystem request for powershell' "$WORLD/ssh/sshd.log") - asked))
		[ "$asked" -le 2 ]
	done
	[ "$(grep -c 'Accepted publickey' "$WORLD/ssh/sshd.log")" -eq 2 ]
}

@test "windows: without PowerShell 7 it says what is missing, and where to read on" {
	windows cmd.exe
	script 'i hostname; exit $?'
	[ "$status" -eq 1 ]
	[[ $output == *"PowerShell remoting does not work there (subsystem powershell, or pwsh -sshs -NoLogo):"*"'pwsh' is not recognized"*"pssession-powershell(7)"* ]]
	[ "$(windows_refused)" = "pwsh -sshs -NoLogo" ]
}

@test "windows: without PowerShell 7 a session is a plain terminal, which says so" {
	windows cmd.exe
	local_bash_start
	term_type 'enter-pssession -ConfigFile $C box'
	term_keys Enter
	wait_line '^C:\\Users\\me>$'
	scrollback_matches 'PowerShell remoting does not work there'
	term_type hostname
	term_keys Enter
	wait_screen $'\nWINBOX\n'
	term_type exit
	term_keys Enter
	wait_local
	run_line 's=$(new-pssession -ConfigFile $C box 2>/dev/null); invoke-command -Session $s hostname'
	output_is WINBOX
	run_line 'invoke-command -Session $s -ArgumentList a hostname; invoke-command -Session $s -- hostname'
	output_like 'takes a command as one text alone.*takes a command as one text alone'
	run_line 'remove-pssession $s'
	term_type 'enter-pssession -ConfigurationName PowerShell -ConfigFile $C box'
	term_keys Enter
	wait_local
	status_is 1
	[ "$(windows_refused | sort -u)" = "pwsh -sshs -NoLogo" ]
}

@test "windows: a PowerShell that breaks off is left for a plain terminal, and is nobody's any more when it ends" {
	mkfifo "$WORLD/go" && chmod 666 "$WORLD/go"
	printf '%s\n' "print(\"<Data Stream='Default' PSGuid='00000000-0000-0000-0000-000000000000'>*</Data>\", flush=True)" \
		"open('$WORLD/go').readline()" >"$WORLD/broken-windows-powershell.py"
	windows cmd.exe "Subsystem powershell /usr/bin/python3 $WORLD/broken-windows-powershell.py"
	local_bash_start
	term_type 'enter-pssession -ConfigFile $C box'
	term_keys Enter
	wait_line '^C:\\Users\\me>$'
	scrollback_matches 'malformed'
	echo 1<>"$WORLD/go"
	term_type hostname
	term_keys Enter
	wait_screen $'\nWINBOX\n'
	term_type exit
	term_keys Enter
	wait_local
}

@test "windows: what rests on a POSIX shell is refused in words, or finds nothing" {
	windows cmd.exe "Subsystem powershell $(windows_powershell "$WORLD")"
	script '
		out=$(get-pssession -ConfigFile $C -ComputerName box </dev/null 2>&1) || exit 51
		[ -z "$out" ] || exit 52
		out=$(new-pssession -ConfigFile $C -Resilient box </dev/null 2>&1) && exit 53
		[[ $out == *"-Resilient"*"leave -Resilient out"* ]] || exit 54
		out=$(i -WaitForRestart hostname 2>&1) && exit 55
		[[ $out == *"run the command without -WaitForRestart"* ]] || exit 56
		out=$(i -AllocateTty hostname 2>&1) && exit 57
		[[ $out == *"leave -AllocateTty out"* ]] || exit 58
		for shell in bash pwsh; do
			out=$(i -ConfigurationName $shell hostname 2>&1) && exit 59
			[[ $out == *"-ConfigurationName $shell is for computers with a POSIX shell"*"leave it out"* ]] || exit 60
			out=$(new-pssession -ConfigFile $C -ConfigurationName $shell box </dev/null 2>&1) && exit 61
			[[ $out == *"-ConfigurationName $shell is for computers with a POSIX shell"* ]] || exit 62
		done'
	[ "$status" -eq 0 ]
	[ "$(windows_refused)" = "" ]
}

@test "windows: a session of it is a PowerShell, entered and listed as one" {
	windows cmd.exe "Subsystem powershell $(windows_powershell "$WORLD")"
	local_bash_start
	term_type 'enter-pssession -ConfigFile $C box'
	term_keys Enter
	wait_line '^\[.*box\]: PS C:\\Users\\me> $'
	term_type 'cd C:\Windows; hostname'
	term_keys Enter
	wait_line '^\[.*box\]: PS C:\\Windows> $'
	wait_screen $'\nWINBOX\n'
	term_type ssh
	term_keys Enter
	wait_screen 'ssh wants a terminal, which PowerShell remoting has not: ssh -t box'
	wait_line '^\[.*box\]: PS C:\\Windows> $'
	term_type 'exit 300'
	term_keys Enter
	wait_local
	status_is 44
	run_line 's=$(new-pssession -ConfigFile $C -Name win box)'
	status_is 0
	run_line 'get-pssession | tail -n 1 | tr -s " "'
	output_like 'win .*box .*Opened Microsoft.PowerShell Available'
	run_line 'get-pssession -ConfigurationName powershell | wc -l; get-pssession -ConfigurationName pwsh | wc -l'
	output_is $'3\n0'
	run_line 'invoke-command -Session "$s" "cd C:\\Windows"; invoke-command -Session "$s" "\$PWD.Path"'
	output_is 'C:\Windows'
	run_line 'j=$(invoke-command -Session "$s" -AsJob hostname); receive-pssession -Wait -Session "$j"'
	output_is WINBOX
	echo 'sent and fetched' >"$HERE/file"
	run_line "cd $HERE; copy-item -ToSession \"\$s\" file there; copy-item -FromSession \"\$s\" there back; cat back"
	output_is 'sent and fetched'
	run_line 'remove-pssession -Session "$s"; get-pssession'
	output_is ''
	[ "$(windows_refused)" = "" ]
}

@test "windows: a PowerShell before 7.6 cannot ask for a password, and says so" {
	windows cmd.exe "Subsystem powershell $(windows_powershell "$WORLD" --protocol 2.3)"
	local_bash_start
	term_type 'enter-pssession -ConfigFile $C box'
	term_keys Enter
	wait_line '^\[.*box\]: PS C:\\Users\\me> $'
	term_type 'Read-Host -AsSecureString'
	term_keys Enter
	wait_screen 'password.*PowerShell'
	wait_line '^\[.*box\]: PS C:\\Users\\me> $'
	term_type 'hostname'
	term_keys Enter
	wait_screen $'\nWINBOX\n'
	wait_line '^\[.*box\]: PS C:\\Users\\me> $'
	leave_by exit
}

@test "windows: PowerShell's own client takes the stand-in for a PowerShell" {
	[ -n "${PSS_PWSH-}" ] || skip "PSS_PWSH names no PowerShell"
	windows cmd.exe "Subsystem powershell $(windows_powershell "$WORLD")"
	cat >"$HERE/client.ps1" <<-END
		\$s = New-PSSession -HostName 127.0.0.1 -Port $SSHD_PORT -UserName $REMOTE_USER -KeyFilePath $WORLD/ssh/user_key \`
			-Options @{ UserKnownHostsFile = '$WORLD/ssh/known_hosts' }
		Invoke-Command -Session \$s { hostname; cd C:\Windows; \$PWD.Path }
		try { Invoke-Command -Session \$s -ErrorAction Stop { uptime } } catch { "\$_" }
		\$s.State
		Remove-PSSession \$s
	END
	run clean_env "$PSS_PWSH" -NoProfile -NoLogo -File "$HERE/client.ps1"
	echo "$output"
	[ "$output" = "WINBOX
C:\\Windows
The term 'uptime' is not recognized as a name of a cmdlet, function, script file, or executable program.
Opened" ]
}

# another NAME SHELL [CONFIG LINE…]: a computer with an account and a server of its own, in ssh_config under that name.
another() {
	local name=$1 shell=$2
	shift 2
	mkdir -p "$WORLD/$name" "$WORLD/ssh-$name" "$WORLD/ssh"
	account_create "$shell" "$WORLD/$name"
	write_dotfiles "$shell"
	OTHERS+=("$REMOTE_USER")
	sshd_start "$WORLD/ssh-$name" "$REMOTE_USER" "$@"
	sed "s/^Host .*/Host $name/" "$WORLD/ssh-$name/ssh_config" >>"$WORLD/ssh/ssh_config"
}

@test "windows: one invoke-command reaches bash, zsh, Windows and PowerShell computers" {
	OTHERS=()
	another linuxbox bash
	another zshbox zsh
	another winbox cmd.exe "$WINDOWS_BANNER" "Subsystem powershell $(windows_powershell "$WORLD")"
	another namedbox dash "Subsystem remoting $(windows_powershell "$WORLD")"
	local here all=linuxbox,winbox,zshbox n=3
	if [ -n "${PSS_PWSH-}" ]; then
		another psbox pwsh
		all+=,psbox n=4
	fi
	place_start
	here=$(hostname)
	script '
		out=$(invoke-command -ConfigFile $C '"$all"' hostname </dev/null | sort)
		echo "$out"'
	[ "$status" -eq 0 ]
	echo "here: $here"
	[ "$(grep -c "$here\$" <<<"$output")" = $((n - 1)) ]
	[[ $output == *WINBOX* ]]
	script '
		invoke-command -ConfigFile $C -SSHConnection "HostName=linuxbox" -SSHConnection "HostName=namedbox; Subsystem=remoting" \
			hostname </dev/null'
	[ "$status" -eq 0 ]
	[[ $output == *"$here"* && $output == *WINBOX* ]]
	[ ! -s "$WORLD/winbox/windows.log" ]
}
