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
		i -- cat random </dev/null | cmp - '"$REMOTE_HOME"'/random || exit 55
		[ "$(echo lost | i -- echo out 2>$HERE/err)" = out ] || exit 56
		grep -q "WARNING: standard input does not reach a program behind --" $HERE/err || exit 57'
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

@test "psrp: messages go where the common parameters say, errors with category and id" {
	with_powershell
	through_powershell '
		command='"'"'Get-Item /nonexist; Write-Error -Message m -ErrorId ID -Category LimitsExceeded; Write-Warning W
			Write-Verbose V -Verbose; Write-Debug D -Debug; Write-Information I; Write-Host -NoNewline H; Write-Host I; "out"'"'"'
		i -ErrorVariable e -WarningVariable w -InformationVariable n "$command" </dev/null >$HERE/out 2>$HERE/err || exit 51
		[ "$(cat $HERE/out)" = out ] || exit 52
		[ "$(cat $HERE/err)" = "Get-Item: Cannot find path '"'/nonexist'"' because it does not exist.
Write-Error: m
WARNING: W
VERBOSE: V
DEBUG: D
HI" ] || exit 53
		[ "${e[*]}" = "Get-Item: Cannot find path '"'/nonexist'"' because it does not exist. (ObjectNotFound: PathNotFound,Microsoft.PowerShell.Commands.GetItemCommand) Write-Error: m (LimitsExceeded: ID)" ] || exit 54
		[ "${w[*]}, ${n[*]}" = "W, I H I" ] || exit 55
		i -ea SilentlyContinue -wa SilentlyContinue -infa Continue -ev +e "$command" </dev/null 2>$HERE/err >$HERE/out
		[ "$(cat $HERE/err)" = $'"'VERBOSE: V\nDEBUG: D\nI\nHI'"' ] || exit 56
		[ "${#e[@]}" -eq 4 ] || exit 57
		i -ea Stop "Get-Item /nonexist; Start-Sleep 60" </dev/null 2>$HERE/err
		[ "$? $(grep -c . $HERE/err)" = "1 1" ]'
	[ "$status" -eq 0 ]
}

@test "psrp: -Json gives objects, and messages" {
	with_powershell
	through_powershell '
		i -Json "7; \"a\`nb\"; \$null; Get-Item /nonexist; Write-Warning w; Write-Host -NoNewline a; Write-Host b; throw 1" </dev/null >$HERE/out
		[ $? = 1 ] || exit 51
		cmp $HERE/out - <<-END || exit 52
			{"host":"box","stream":"output","type":"System.Int32","text":"7","value":7}
			{"host":"box","stream":"output","type":"System.String","text":"a\u000ab","value":"a\nb"}
			{"host":"box","stream":"output","text":"","value":null}
			{"host":"box","stream":"error","text":"Get-Item: Cannot find path '"'/nonexist'"' because it does not exist.","id":"PathNotFound,Microsoft.PowerShell.Commands.GetItemCommand","category":"ObjectNotFound"}
			{"host":"box","stream":"warning","text":"w"}
			{"host":"box","stream":"host","text":"ab"}
			{"host":"box","stream":"error","text":"Exception: 1","id":"1","category":"OperationStopped"}
			{"host":"box","status":1}
		END
		i -Json -Property name,Id "Get-Process -Id \$PID" </dev/null >$HERE/out
		grep -Eqx "\{\"host\":\"box\",\"stream\":\"output\",\"type\":\"System.Diagnostics.Process\",\"text\":\"System.Diagnostics.Process \(.*\)\",\"value\":\{\"name\":\"[a-z]+\",\"Id\":[0-9]+\}\}" $HERE/out || exit 53
		i -Json -- printf "a\n\377" </dev/null >$HERE/out
		cmp $HERE/out - <<-END || exit 54
			{"host":"box","stream":"stdout","text":"a"}
			{"host":"box","stream":"stdout","data_base64":"/w=="}
			{"host":"box","status":0}
		END
		i -Property Name 1 </dev/null 2>$HERE/err
		[ "$? $(grep -c -- "-Property goes with -Json" $HERE/err)" = "2 1" ]'
	[ "$status" -eq 0 ]
}

@test "psrp: arrays and maps are \$using: values, a script file has its arguments" {
	with_powershell
	through_powershell '
		list=(one "t wo" three) text=four
		declare -A map=([k]=v)
		printf "\357\273\277param(\$a)\n\"file \$a \$args\"\nexit 5\n" >$HERE/s.ps1
		[ "$(i "foreach (\$x in \$using:list) { \"<\$x>\" } <# it is no '"'"' quote #>
			\"\$using:list \$using:text\"; \$Using:list[1]; \$using:list.Count; \$using:map.k; \$using:text.Length" </dev/null)" = \
			$'"'<one>\n<t wo>\n<three>\none t wo three four\nt wo\n3\nv\n4'"' ] || exit 51
		[ "$(i -FilePath $HERE/s.ps1 -ArgumentList "x y" -ArgumentList z </dev/null)" = "file x y z" ] || exit 52
		i -FilePath $HERE/s.ps1 </dev/null >/dev/null
		[ $? = 5 ]'
	[ "$status" -eq 0 ]
}

@test "psrp: output of any length comes whole, and waits for a slow reader" {
	with_powershell
	through_powershell '
		[ "$(i "\"x\" * 100KB; \"y\" * 20MB" </dev/null | awk "{ print length }")" = $'"'102400\n20971520'"' ] || exit 51
		[ "$(i -Json "\"y\" * 20MB" </dev/null | head -n 1 | wc -c)" -gt 30000000 ] || exit 52
		[ "$(i "while (1) { \"x\" * 1000 }" </dev/null | head -c 3000000 | wc -c)" -eq 3000000 ] || exit 53
		[ "$(seq 20000 | i "\$n = 0; foreach (\$x in \$input) { if (\$x -ne ++\$n) { \"bad \$x\" } }; \$n")" = 20000 ] || exit 54
		long=$(head -c 1000000 /dev/zero | tr "\0" x)
		[ "$(i "'"'\$long'"'.Length" </dev/null)" = 1000000 ]'
	[ "$status" -eq 0 ]
}

# What PowerShell's own client shows, over the same server; its program ssh is a script.
natively() {
	mkdir -p "$HERE/bin"
	printf '#!/bin/sh\nexec %s -sshs -NoLogo\n' "$PSS_PWSH" >"$HERE/bin/ssh"
	chmod +x "$HERE/bin/ssh"
	{
		# shellcheck disable=SC2016
		echo '$PSStyle.OutputRendering = "PlainText"; $s = New-PSSession -HostName box'
		while IFS= read -r line; do
			printf '[Console]::Out.WriteLine("--"); Invoke-Command $s { %s }\n' "$line"
		done
	} >"$HERE/native.ps1"
	PATH=$HERE/bin:$PATH HOME=$HERE timeout 60 "$PSS_PWSH" -NoProfile -NonInteractive -File "$HERE/native.ps1" </dev/null 2>&1
}

@test "psrp: what is shown is what PowerShell's own client shows" {
	with_powershell
	cat >"$HERE/commands" <<-'END'
		1, 2, "a b"
		Get-Item /nonexist; "on"
		1/0; 7
		Write-Error we
		Write-Error -Message m -ErrorId ID -Category LimitsExceeded
		Write-Warning w; Write-Verbose v -Verbose; Write-Debug d -Debug
		Write-Host -NoNewline a; Write-Host b; Write-Information i
		Get-Foo
		sh -c 'echo e >&2; exit 3'
		$null; $true; 1.50d; 2e300; [char]65
		"one`ntwo"; ""; "three"
	END
	natively <"$HERE/commands" >"$HERE/native"
	while IFS= read -r line; do
		echo --
		local_bash 'invoke-command -ConfigurationName Microsoft.PowerShell -ConfigFile $C box "$(cat)" </dev/null' <<<"$line" || :
	done <"$HERE/commands" >"$HERE/ours" 2>&1
	diff "$HERE/native" "$HERE/ours"
}

@test "psrp: a command says how far it is, and asks, on the terminal" {
	with_powershell
	local_shell_start
	term_type 'invoke-command -ConfigurationName Microsoft.PowerShell -ConfigFile $C box '"'"'Write-Progress Copying -PercentComplete 42; Start-Sleep 2; $n = Read-Host "Your name"; $s = Read-Host -AsSecureString Secret; "<$n>" + [Net.NetworkCredential]::new("", $s).Password.Length; exit 3'"'"
	term_keys Enter
	wait_screen 'Copying: Processing 42 %' 40
	wait_line 'Your name: *$'
	[[ $(screen) != *'Processing 42 %'* ]]
	term_send 'a b'
	term_keys Enter
	wait_line 'Secret: *$'
	term_send 'secret'
	term_keys Enter
	wait_screen $'\n<a b>6'
	wait_local
	status_is 3
	[[ $(screen) != *secret* ]]
	terminal_is_sane
}
