#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# tools/messages: what a user can meet is in its list.

load ../harness/harness

setup_file() { world_start bash; }
teardown_file() { world_end; }
setup() { place_start; }
teardown() { place_end; }

# messages ARGUMENT…: tools/messages of this tree, wherever the test runs.
messages() {
	(cd "$PSS_SOURCE" && tools/messages "$@")
}

list() {
	messages 2>"$HERE/count"
}

# Things that go wrong, a line of the shell each.
WRONG=(
	'enter-pssession -NoSuch x' 'enter-pssession -C x' 'enter-pssession' 'enter-pssession box' 'new-pssession' 'new-pssession -Port x box'
	'new-pssession -Port 0 box' 'new-pssession -ComputerName' 'new-pssession "a b"' 'new-pssession -- -x' 'new-pssession "a;b"' 'new-pssession "[1-"'
	'new-pssession -Name 7 -ConfigFile $C box' 'new-pssession -Name a,b -ConfigFile $C box' 'new-pssession -Options x -ConfigFile $C box'
	'new-pssession -KeyFilePath /nonexistent -ConfigFile $C box' 'new-pssession -ConfigFile /nonexistent box' 'new-pssession -OutVariable 1x -ConfigFile $C box'
	'new-pssession -Transport x box' 'invoke-command -ConfigurationName nosuch -ConfigFile $C box true' 'new-pssession -ConfigFile $C -Port 1 box'
	'new-pssession -ConfigFile $C -UserName nobody-here box' 'new-pssession -ConfigFile $C -Options KnownHostsCommand=x box' 'new-pssession @/nonexistent'
	'remove-pssession' 'remove-pssession -Id 99' 'remove-pssession -Name nosuch' 'receive-pssession -Id 99' 'connect-pssession -Id 99' 'disconnect-pssession -Id 99'
	'get-pssession -Format x' 'get-pssession -Property x' 'get-pssession -State x' 'get-pssession -Id x'
	'invoke-command -ConfigFile $C box' 'invoke-command box -FilePath /nonexistent' 'invoke-command -Session nosuch true' 'invoke-command -ConfigFile $C box "echo \$using:nosuch"'
	'invoke-command -ConfigFile $C box -Timeout 1 "cat <>/dev/ptmx"' 'invoke-command -ConfigFile $C box,box false' 'invoke-command -AsJob -AllocateTty -ConfigFile $C box true'
	'copy-item' 'copy-item a' 'copy-item a b' 'copy-item -ConfigFile $C /nonexistent box:' 'copy-item -ConfigFile $C box:/nonexistent .' 'copy-item -ConfigFile $C /etc box:'
	'exit-pssession -x'
)

@test "messages: all that the commands say when things go wrong is in the list" {
	local line shell
	for shell in bash zsh; do
		[ "$shell" != zsh ] || [ -e "$PSS_BUILD/zsh-module/pssession.so" ] || continue
		for line in "${WRONG[@]}"; do
			case $shell in
			bash) clean_env bash --norc -c "C=$WORLD/ssh/ssh_config; enable -f $PSS_BUILD/bash-builtin/pssession.so enter-pssession; $line" ;;
			zsh) clean_env zsh -fc "C=$WORLD/ssh/ssh_config; module_path+=($PSS_BUILD/zsh-module); zmodload pssession; $line" ;;
			esac </dev/null 2>"$HERE/said" >/dev/null 3>&- && { echo "$line succeeds"; return 1; }
			[ -s "$HERE/said" ] || { echo "$line says nothing"; return 1; }
			cat "$HERE/said" >>"$HERE/all"
		done
	done
	[ "$(wc -l <"$HERE/all")" -ge "${#WRONG[@]}" ]
	run messages --match <"$HERE/all"
	[ -z "$output" ] || { echo "not in the list: $output"; return 1; }
	[ "$status" -eq 0 ]
	# It can fail.
	run messages --match <<<"bash: enter-pssession: a sentence that nobody has written"
	[ "$status" -eq 1 ]
}

@test "messages: those of the host process, the remote shells, the plugin files and the programs are in it too" {
	local text
	list >"$HERE/list"
	for text in 'the session no longer exists' 'there is no shell …; -ConfigurationName takes one of:…' 'fish … is older than 3.6' \
		"pssession: there is no pssession.so near …, nor in bash's directory of loadables" 'the holder has ended' 'PowerShell … has no way to leave the prompt to pssession' \
		'pssession-copy: copy-item starts this program; run copy-item instead' 'the host process (pid …) is older than this command; remove its sessions (get-pssession lists them) and end it with '"'kill …'"; do
		grep -qF -- "$text" "$HERE/list" || { echo "not in the list: $text"; return 1; }
	done
	[ "$(grep -c '^	' "$HERE/list")" -ge 600 ]
	[[ $(cat "$HERE/count") == "# $(grep -c '^	' "$HERE/list") messages in "* ]]
}

@test "messages: a new one is found, with its macros and across its lines; what is compared with is none" {
	mkdir -p "$HERE/tree/plugin/x" "$HERE/tree/bash-builtin" "$HERE/tree/zsh-module"
	printf '%s\n' 'void f(void)' '{' '	/* "a comment with words" */' '	say("the thing %s has %" PRIu64' '	    " parts \"quoted\"");' \
		'	if (strcmp(x, "words that are compared") == 0)' '		return;' '}' >"$HERE/tree/plugin/x/x.c"
	printf '%s\n' 'echo "the directory $1 is missing" >&2' '# echo "a comment with words"' >"$HERE/tree/plugin/x/y.sh"
	cd "$HERE/tree"
	run "$PSS_SOURCE/tools/messages"
	[ "$(grep '^	' <<<"$output")" = $'\tthe thing … has … parts "quoted"\n\tthe directory … is missing' ]
}

@test "messages: each is plain: none with a full stop behind a single sentence, an exclamation mark, or two blanks" {
	list | grep '^	' >"$HERE/list"
	run grep -nE '!$|[a-z]  [a-z]|(^|[^A-Za-z])(please|sorry|oops|failed to|unable to|invalid)([^A-Za-z]|$)' "$HERE/list"
	[ "$status" -eq 1 ] || { echo "$output"; return 1; }
}
