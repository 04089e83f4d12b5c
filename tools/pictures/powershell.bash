# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154 # tools/picture reads and sets them
title='A session of PowerShell remoting: objects there, text here'
columns=200 drawn=72 rows=16
needs=powershell
# The remote home stands in the prompt; it is as long as TMPDIR makes it.
replace='s|/[^ ]*/pss-picture-[^/]*/remote|/home/ann|'

before_scene() {
	echo "PATH=\$PATH:$(dirname "$PSS_PWSH")" >>"$HERE/remote/.bashrc"
	sed -i 's/^Host web1/Host win1/' "$HERE/ssh/picture_config"
}

play_scene() {
	local prompt='^\[win1\]: PS /[^>]*> $'
	SCREEN_DEADLINE=90
	play "$LOCAL" 'enter-pssession win1 -ConfigurationName Microsoft.PowerShell'
	play "$prompt" '$files = Get-ChildItem'
	play "$prompt" '$files | Select-Object Name, Mode'
	play "$prompt" 'exit'
	ends_at "$LOCAL"
}
