#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What Tab offers for our own commands: the answer of the commands themselves, and the completion functions of both shells.

load ../harness/harness
load ../harness/dotfiles

setup_file() { world_start bash; }
teardown_file() { world_end; }
setup() { place_start; write_ssh_files; }
# Nothing may wait for the FIFO; it is no leftover either.
teardown() { rm -f "$HERE/home/.ssh/more/fifo"; place_end; }

write_ssh_files() {
	mkdir -p "$HERE/home/.ssh/more"
	cat >"$HERE/home/.ssh/config" <<-END
		# Host comment
		Host web1 Web2 *.pattern !not quest?
		    HostName 192.0.2.1
		Include more/* nowhere
		host="quoted" 'odd'
		Match host matched
		    UserKnownHostsFile ~/.ssh/also-known
	END
	printf 'Host included\nInclude ../config more/*\n' >"$HERE/home/.ssh/more/one"
	mkfifo "$HERE/home/.ssh/more/fifo"
	cat >"$HERE/home/.ssh/known_hosts" <<-'END'
		# a comment
		|1|NDZ5nA==|aGFzaGVk ssh-ed25519 AAAA
		known,192.0.2.7 ssh-ed25519 AAAA
		[known.port]:2222 ssh-ed25519 AAAA
		*.wild,!no ssh-ed25519 AAAA
		@revoked revoked ssh-ed25519 AAAA
		@cert-authority ca.known,*.ca ssh-ed25519 AAAA
		$(touch${IFS}x),a;b ssh-ed25519 AAAA
	END
	echo 'also ssh-ed25519 AAAA' >"$HERE/home/.ssh/also-known"
}

# suggested VERB WORD…: what the command answers, without the meanings: the kind, what is kept, then the words.
suggested() {
	local_bash 'verb=$1; shift; "$verb" --complete found "$@" && printf "%s\n" "${found[@]%%$'"'\\t'"'*}"' "$@"
}

# words_for LINE WORD…: exactly these are offered for the line, in any order.
words_for() {
	local line got
	eval "line=($1)"
	shift
	got=$(suggested "${line[@]}" | sed 1,2d | sort)
	[ "$got" = "$([ $# -eq 0 ] || printf '%s\n' "$@" | sort)" ] || { printf '%s:\n%s\n' "${line[*]}" "$got"; return 1; }
}

@test "suggest: every parameter that --help shows, and no other" {
	local verb
	for verb in "${COMMANDS[@]}"; do
		local_bash "$verb --help" >"$HERE/help"
		# All but those that are never taken.
		sed -nE 's/^  (-[A-Z][A-Za-z]+).*/\1/p' "$HERE/help" | grep -v PipelineVariable | sort >"$HERE/told"
		suggested "$verb" - | sed 1,2d | sort >"$HERE/offered"
		[ -s "$HERE/told" ]
		diff "$HERE/told" "$HERE/offered"
	done
}

@test "suggest: every choice that the parser takes, and no other" {
	local verb name choices
	for verb in "${COMMANDS[@]}"; do
		for name in $(suggested "$verb" - | sed 1,2d); do
			choices=$(suggested "$verb" "$name" '' | sed 1,2d)
			case $name in
			-ErrorAction | -WarningAction | -InformationAction | -ProgressAction | -Format | -State) ;;
			*) continue ;;
			esac
			[ "$(wc -l <<<"$choices")" -ge 2 ]
			run local_bash "$verb $name nonsense"
			[ "$status" -eq 2 ]
			[ "$(sed -E "s/.* wants (.*), not 'nonsense'/\1/; s/, | or /\n/g" <<<"$output")" = "$choices" ]
		done
	done
}

@test "suggest: names in any case, by alias, in the GNU spelling, and none twice or against another" {
	words_for 'get-pssession -compu' -ComputerName
	words_for 'get-pssession -HOSTN' -HostName
	words_for 'get-pssession --computer' --computer-name
	words_for 'get-pssession --vers' --version
	words_for 'get-pssession -Format list -Fo'
	words_for 'get-pssession -Id 1 -Nam'
	words_for 'get-pssession -Property Id -Prop' -Property
	words_for 'enter-pssession web1 -I' -InformationAction -InformationVariable
	words_for 'enter-pssession -- -Fo'
	words_for 'enter-pssession -NoSuch x -Fo' -Force
}

@test "suggest: values, by name, behind a colon and in lists" {
	words_for 'get-pssession -Format ""' table list json
	words_for 'get-pssession -form:J' json
	words_for 'get-pssession --state=o' Opened Opening
	words_for 'get-pssession -State: ""' Opening Opened Disconnected Broken Closed
	words_for 'get-pssession -Property Name,instan' InstanceId
	words_for 'get-pssession -ea Si' SilentlyContinue
	words_for 'remove-pssession -WhatIf:' true false
	words_for 'new-pssession -ConfigurationName z' zsh
	words_for 'new-pssession web1 -Name ""'
	words_for 'enter-pssession -Port ""'
	[ "$(suggested get-pssession -Property Name,Inst | sed -n 2p)" = Name, ]
	[ "$(suggested enter-pssession -KeyFilePath x | head -1)" = files ]
	[ "$(suggested new-pssession @x | head -2)" = $'files\n@' ]
	[ "$(suggested get-pssession -ov +x | head -2)" = $'variables\n+' ]
}

@test "suggest: computers of ssh_config and known_hosts, and nothing that is none" {
	# Debian's testing has systemd's .host for the whole system.
	local systems
	systems=$(cat /etc/ssh/ssh_config /etc/ssh/ssh_config.d/*.conf 2>/dev/null |
		awk 'tolower($1) == "host" { for (i = 2; i <= NF; i++) if ($i !~ /[*?!\/]/) print $i }' | sort -u)
	# shellcheck disable=SC2086
	words_for 'enter-pssession ""' $systems 192.0.2.7 Web2 also ca.known included known known.port:2222 quoted web1
	words_for 'enter-pssession me@w' web1 Web2
	words_for 'new-pssession web1,K' known known.port:2222
	words_for 'new-pssession -Cn ssh://inc' included
	words_for 'enter-pssession -ConfigFile none -ComputerName w'
	words_for 'enter-pssession -ConfigFile $WORLD/ssh/ssh_config box' box box2
	[ ! -e "$HERE/x" ]
}

@test "suggest: the keys of -SSHConnection, each once, and their values" {
	words_for 'new-pssession -SSHConnection H' HostName=
	words_for 'invoke-command -SSHConnection "hostname=web1; C"' ConfigFile= ConnectingTimeout= ConfigurationName=
	words_for 'new-pssession -SSHConnection "@{ HostName=a; Port=1;UserName=u;K"' KeyFilePath=
	words_for 'new-pssession -SSHConnection "HostName=a;h"'
	words_for 'new-pssession -SSHConnection "UserName=u;HostName=inc"' included
	words_for 'new-pssession -SSHConnection:HostName=inc' included
	words_for 'new-pssession -SSHConnection "Transport="' libssh ssh
	words_for 'new-pssession -SSHConnection "Nonsense="'
	[ "$(suggested new-pssession -SSHConnection 'HostName=a;KeyFilePath=x' | head -2)" = $'files\nHostName=a;KeyFilePath=' ]
}

@test "suggest: a bad query is an error, and no variable is harmed" {
	run local_bash 'readonly r=1; get-pssession --complete r x; echo "$r"; get-pssession --complete 1x y; get-pssession --complete'
	[ "$status" -eq 2 ]
	[[ $output == *$'\n1\n'* ]]
}

@test "suggest: sessions by Id and Name, and no host process is started" {
	words_for 'enter-pssession -Session ""'
	words_for 'get-pssession -Id ""'
	[ -z "$(host_pids)" ]
	local_bash 'new-pssession -ConfigFile $C box,box2 -Name "a b,Other" >/dev/null'
	words_for 'enter-pssession -Session ""' 1 2 'a b' Other
	words_for 'remove-pssession o' Other
	words_for 'get-pssession -Id ""' 1 2
	words_for 'get-pssession -Name 1'
	words_for 'remove-pssession -ComputerName ""' box box2
	words_for 'get-pssession -ComputerName box' box box2
	words_for 'get-pssession -ComputerName know' known known.port:2222
	local uuid
	uuid=$(local_bash 'get-pssession -Id 1 -Property InstanceId')
	words_for "enter-pssession -Session ${uuid:0:8}" "$uuid"
}

@test "suggest: a host process that is stopped holds up a Tab for less than half a second" {
	local_bash 'new-pssession -ConfigFile $C box >/dev/null'
	# shellcheck disable=SC2046
	kill -STOP $(host_pids)
	run local_bash 'a=${EPOCHREALTIME/.}; enter-pssession --complete found -Session ""; b=${EPOCHREALTIME/.}; echo "$? ${#found[@]} $((b - a < 500000))"'
	# shellcheck disable=SC2046
	kill -CONT $(host_pids)
	[ "$output" = '0 2 1' ]
}

# -- bash

tabs_in_bash() {
	tab_gives 'enter-pssession -computern' 'enter-pssession -ComputerName'
	tab_gives 'Enter-PSSession qu' 'Enter-PSSession quoted'
	tab_gives 'new-pssession web1,inc' 'new-pssession web1,included'
	tab_gives 'enter-pssession me@inc' 'enter-pssession me@included'
	tab_gives 'enter-pssession known.port:' 'enter-pssession known.port:2222'
	tab_gives 'get-pssession -Format:j' 'get-pssession -Format:json'
	tab_gives 'get-pssession --format=j' 'get-pssession --format=json'
	tab_gives "enter-pssession 'inc" "enter-pssession 'included'"
	tab_gives 'true; enter-pssession "inc' 'true; enter-pssession "included"'
	tab_gives 'get-pssession -ov +HISTF' 'get-pssession -ov +HISTFILE'
	tab_gives 'enter-pssession -KeyFilePath ~/.ssh/known_' 'enter-pssession -KeyFilePath ~/.ssh/known_hosts'
	tab_gives 'new-pssession @~/.ssh/mor' 'new-pssession @~/.ssh/more/'
	tab_gives "new-pssession -ConfigFile:$HERE/home/.ssh/known_" "new-pssession -ConfigFile:$HERE/home/.ssh/known_hosts"
	tab_gives 'gsn -Format js' 'gsn -Format json'
	tab_gives 'gsn -Format li' 'gsn -Format list'
	tab_gives "new-pssession -SSHConnection 'HostName=web1;UserN" "new-pssession -SSHConnection 'HostName=web1;UserName="
	tab_gives "new-pssession -SSHConnection 'Port=1;HostName=inc" "new-pssession -SSHConnection 'Port=1;HostName=included'"
}

# wide: no line of these wraps.
wide() {
	COLUMNS_WANTED=160 "$@"
}

@test "suggest: bash: Tab with the plugin alone" {
	wide start_bash ". $PLUGIN"
	tabs_in_bash
	run_line 'complete -p gsn'
	output_is 'complete -F _pssession_complete gsn'
}

@test "suggest: bash: Tab beside the package bash-completion" {
	[ -f /usr/share/bash-completion/bash_completion ] || skip "bash-completion is missing"
	wide start_bash ". /usr/share/bash-completion/bash_completion" ". $PLUGIN" 'alias mine=get-pssession'
	tabs_in_bash
	tab_gives 'mine -Format js' 'mine -Format json'
	tab_gives 'chown --fr' 'chown --from'
}

@test "suggest: bash: the package loads it by itself, from its directory, where the commands are there" {
	[ -f /usr/share/bash-completion/bash_completion ] || skip "bash-completion is missing"
	mkdir -p "$HERE/user/completions"
	ln -s "$PSS_SOURCE/completions/pssession.bash" "$HERE/user/completions/get-pssession"
	wide start_bash "BASH_COMPLETION_USER_DIR=$HERE/user" ". /usr/share/bash-completion/bash_completion" \
		"enable -f $PSS_LOADABLE enter-pssession"
	tab_gives 'get-pssession -Format js' 'get-pssession -Format json'
}

@test "suggest: bash: Tab quotes the names of sessions, asks twice for a list, and runs nothing" {
	wide start_bash ". $PLUGIN"
	run_line "new-pssession -ConfigFile \$C box,box2 -Name 'a b\$(touch x)' -Name other >/dev/null" 30
	tab_gives 'remove-pssession -Name a' 'remove-pssession -Name a\ b\$\(touch\ x\)'
	tab_gives 'remove-pssession -Name "a' 'remove-pssession -Name "a b\$(touch x)"'
	tab 'remove-pssession -Name '
	term_keys Tab
	wait_screen $'a.* b.*other'
	term_keys C-c
	wait_local
	run_line 'remove-pssession -Name a\ b\$\(touch\ x\); gsn -Property Name'
	output_is other
	[ ! -e x ] && [ ! -e "$HERE/home/x" ]
}

@test "suggest: bash: under set -u and in vi mode, and completion leaves no variable behind" {
	wide start_bash 'set -o vi' ". $PLUGIN" "vars() { compgen -v | grep -vE '^(_.*|BASH.*|COMP_.*|LINENO|PIPESTATUS)$'; }"
	run_line 'get-pssession; vars >$HERE/before; set -u'
	tab_gives 'get-pssession -Format js' 'get-pssession -Format json'
	run_line 'set +u; vars | diff $HERE/before -'
	output_is ''
}

# -- zsh

tabs_in_zsh() {
	tab_gives 'enter-pssession -computern' 'enter-pssession -ComputerName'
	tab_gives 'Enter-PSSession qu' 'Enter-PSSession quoted'
	tab_gives 'new-pssession web1,inc' 'new-pssession web1,included'
	tab_gives 'enter-pssession me@inc' 'enter-pssession me@included'
	tab_gives 'enter-pssession known.port:' 'enter-pssession known.port:2222'
	tab_gives 'get-pssession -Format:j' 'get-pssession -Format:json'
	tab_gives 'get-pssession --format=j' 'get-pssession --format=json'
	tab_gives "enter-pssession 'inc" "enter-pssession 'included'"
	tab_gives 'enter-pssession -KeyFilePath ~/.ssh/known_' 'enter-pssession -KeyFilePath ~/.ssh/known_hosts'
	tab_gives 'gsn -Format js' 'gsn -Format json'
	tab_gives "new-pssession -SSHConnection 'HostName=web1;UserN" "new-pssession -SSHConnection 'HostName=web1;UserName="
	tab_gives "new-pssession -SSHConnection 'Port=1;HostName=inc" "new-pssession -SSHConnection 'Port=1;HostName=included'"
}

@test "suggest: zsh: Tab with the plugin after compinit, and before it" {
	requires_zsh_module
	wide start_zsh 'autoload -Uz compinit; compinit -u -D' ". $ZSH_PLUGIN"
	tabs_in_zsh
	term_kill
	wide start_zsh ". $ZSH_PLUGIN" 'autoload -Uz compinit; compinit -u -D'
	tabs_in_zsh
}

@test "suggest: zsh: Tab quotes the names of sessions, and runs nothing" {
	requires_zsh_module
	wide start_zsh 'autoload -Uz compinit; compinit -u -D' ". $ZSH_PLUGIN"
	run_line "new-pssession -ConfigFile \$C box,box2 -Name 'a b\$(touch x)' -Name other >/dev/null" 30
	tab_gives 'remove-pssession -Name a' 'remove-pssession -Name a\ b\$\(touch\ x\)'
	tab 'remove-pssession -Name '
	wait_screen 'a b.*box.*Opened'
	term_keys C-c
	wait_local
	[ ! -e x ] && [ ! -e "$HERE/home/x" ]
}

@test "suggest: the shells that -ConfigurationName may name, and the subsystem of PowerShell" {
	words_for 'enter-pssession -ConfigurationName ""' bash zsh fish sh dash ksh93 mksh pwsh Microsoft.PowerShell
	words_for 'invoke-command -ConfigurationName micro' Microsoft.PowerShell
	words_for 'new-pssession -Subsystem ""' powershell
	words_for 'new-pssession -SSHConnection "HostName=a; Subsystem="' powershell
}
