#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# plugin/pssession.bash and plugin/pssession.plugin.zsh: what dotfiles source. A shell that uses none of it stays as it
# was, and nothing of the user's is taken.

load ../harness/harness
load ../harness/dotfiles

setup_file() { world_start bash; }
teardown_file() { world_end; }
setup() { place_start; }
teardown() { place_end; }

# Where one is installed, that one is found.
requires_none_installed() {
	[ ! -e /usr/lib/bash/pssession.so ] && [ ! -e /usr/local/lib/bash/pssession.so ] &&
		! compgen -G '/usr/lib/*/zsh/*/pssession.so' >/dev/null || skip "pssession is installed here"
}

# -- names

@test "dotfiles: the names are those that the loadable has, wherever they are written down" {
	local builtins
	builtins=$(bash_script "compgen -b >$HERE/before; enable -f $PSS_LOADABLE enter-pssession; compgen -b | grep -vxFf $HERE/before | sort")
	[ "$(command_names | sort)" = "$builtins" ]
	[ "$(grep -oE '^function [A-Za-z]+-[A-Za-z]+' "$PLUGIN" | cut -d' ' -f2 | sort)" = "$builtins" ]
	[ "$(bash_script ". $PSS_SOURCE/completions/pssession.bash; complete" | grep -oE '[^ ]+$' | sort)" = "$builtins" ]
	[ "$(sed -n '1s/#compdef //p' "$PSS_SOURCE/completions/_pssession" | tr ' ' '\n' | grep -v = | sort)" = "$builtins" ]
	[ "$(cd "$PSS_SOURCE/plugin/functions" && printf '%s\n' *-* | sort)" = "$builtins" ]
	local file verbs=enter,exit,new,get,remove,disconnect,connect,receive,test
	for file in "$PSS_SOURCE"/plugin/{functions/_pssession_enable,pssession-load.bash}; do
		tr -s '\n\t\\' ' ' <"$file" | grep -q "{$verbs}-pssession {$(sed 's/[a-z]*/\u&/g' <<<"$verbs")}-PSSession"
	done
	grep -qF "{{$verbs}-pssession,invoke-command,copy-item,{$(sed 's/[a-z]*/\u&/g' <<<"$verbs")}-PSSession,Invoke-Command,Copy-Item," "$ZSH_PLUGIN"
}

# -- bash

@test "dotfiles: bash: nothing is loaded or opened until the first call, and then no stub is left" {
	run bash_script "
		before=(/proc/\$\$/fd/*); . $PLUGIN; after=(/proc/\$\$/fd/*)
		[ \"\${before[*]}\" = \"\${after[*]}\" ] || echo descriptors
		grep -c pssession.so /proc/\$\$/maps; type -t get-pssession Enter-PSSession
		get-pssession; type -t $(command_names | tr '\n' ' ') | sort | uniq -c; grep -q pssession.so /proc/\$\$/maps && echo mapped"
	[ "$status" -eq 0 ]
	[ "$(tr -s ' ' <<<"$output")" = "$(printf '%s\n' 0 function function "$(printf ' %d builtin' "$(command_names | wc -w)")" mapped)" ]
	[ -z "$(host_pids)" ]
}

@test "dotfiles: bash: the first command of a shell enters, is suspended, and leaves with its status" {
	start_bash ". $PLUGIN"
	enter
	run_line 'echo remote:$0'
	output_like '^remote:.*bash$'
	term_keys C-z
	wait_local
	run_line fg
	leave_by 'exit 3'
	status_is 3
	run_line 'type -t enter-pssession etsn; alias etsn'
	output_is $'builtin\nalias\nalias etsn=\'enter-pssession\''
}

@test "dotfiles: bash: a short name as the first command, and again" {
	start_bash ". $PLUGIN"
	run_line 'gsn -Format json; nsn -ConfigFile $C box >/dev/null; gsn -Property Name' 30
	output_is $'[]\nSession1'
	run_line 'type -t gsn'
	output_is alias
}

@test "dotfiles: bash: a subshell can be the first to call" {
	run bash_script ". $PLUGIN; x=\$(new-pssession -ConfigFile $WORLD/ssh/ssh_config box); get-pssession -Property InstanceId | grep -cx \"\$x\""
	[ "$output" = 1 ]
}

@test "dotfiles: bash: under set -eu, an odd IFS, nullglob and failglob, sourced twice, before and after loading" {
	run bash_script "set -eu; IFS=/s; shopt -s nullglob failglob; . $PLUGIN; . $PLUGIN; get-pssession; . $PLUGIN; get-pssession
		unset IFS; pssession_prompt; type -t get-pssession; echo end"
	[ "$status" -eq 0 ]
	[ "$output" = $'builtin\nend' ]
}

@test "dotfiles: bash: from a path with blanks, a relative one, and through a symbolic link" {
	mkdir -p "$HERE/a 'b \$c/plugin"
	cp "$PSS_SOURCE"/plugin/pssession*.bash "$PSS_LOADABLE" "$HERE/a 'b \$c/plugin"
	ln -s "$PLUGIN" "$HERE/home/link.bash"
	ln -s "$PSS_SOURCE/plugin/pssession-load.bash" "$HERE/home/pssession-load.bash"
	run clean_env bash --norc -c 'cd "$1" && . plugin/pssession.bash && cd / && get-pssession --version && grep -om1 "/a .*" /proc/$$/maps; :' bash "$HERE/a 'b \$c"
	[ "$status" -eq 0 ]
	[[ ${lines[0]} == 'pssession '* && ${lines[1]} == "/a 'b \$c/plugin/pssession.so" ]]
	run bash_script ". $HERE/home/link.bash; get-pssession --version"
	[[ $status = 0 && $output == 'pssession '* ]]
}

@test "dotfiles: bash: no alias, function or command of the user's is hidden" {
	mkdir -p "$HERE/bin"
	printf '#!/bin/sh\necho a program: "$@"\n' >"$HERE/bin/rsn"
	chmod +x "$HERE/bin/rsn"
	start_bash "PATH=$HERE/bin:\$PATH" "alias gsn='echo an alias'" "nsn() { echo a function; }" ". $PLUGIN" \
		"exsn() { echo a later function; }"
	run_line 'rsn 1 "2 3"; gsn; nsn; exsn'
	output_is $'a program: 1 2 3\nan alias\na function\na later function'
	run_line 'get-pssession; rsn x; gsn; nsn; exsn; type -t rsn gsn nsn exsn etsn'
	output_is $'a program: x\nan alias\na function\na later function\nfile\nalias\nfunction\nfunction\nalias'
}

@test "dotfiles: bash: a script gets the commands and no aliases" {
	run bash_script "shopt -s expand_aliases; . $PLUGIN; type -t gsn; get-pssession; alias; type -t get-pssession gsn"
	[ "$output" = builtin ]
}

@test "dotfiles: bash: other and older shells get nothing, and hear nothing" {
	run clean_env dash -c ". $PLUGIN; echo end"
	[ "$output" = end ]
	run bash_script "BASH_VERSION=4.4.12; . $PLUGIN; type -t get-pssession; echo end"
	[ "$output" = end ]
	run bash_script ". $PLUGIN; type -t get-pssession; get-pssession --version" --posix
	[[ $status = 0 && ${lines[0]} == builtin && ${lines[1]} == 'pssession '* ]]
}

@test "dotfiles: bash: without a loadable the command says where it looked, each time" {
	mkdir -p "$HERE/alone"
	cp "$PSS_SOURCE"/plugin/pssession*.bash "$HERE/alone"
	requires_none_installed
	cd "$HERE/run"
	cp "$PSS_LOADABLE" .
	run bash_script ". $HERE/alone/pssession.bash; BASH_LOADABLES_PATH=.; get-pssession; get-pssession"
	rm pssession.so
	[ "$status" -eq 1 ]
	[ "${#lines[@]}" -eq 2 ]
	[[ ${lines[1]} == *"$HERE/alone"* ]]
}

@test "dotfiles: bash: a loadable that is there already is used" {
	run bash_script "enable -f $PSS_LOADABLE enter-pssession; . $PLUGIN; get-pssession; type -t get-pssession"
	[ "$output" = builtin ]
}

@test "dotfiles: bash: the number of sessions for one's own prompt, which starts nothing and keeps the status" {
	start_bash ". $PLUGIN" 'PROMPT_COMMAND=pssession_prompt' "PS1='\${PSSESSION_COUNT:+(\$PSSESSION_COUNT)}local\$ '"
	run_line '(exit 7)'
	status_is 7
	run_line 'type -t get-pssession'
	output_is function
	[ -z "$(host_pids)" ]
	term_type 'new-pssession -ConfigFile $C box,box2 >/dev/null'
	term_keys Enter
	wait_line '^\(2\)local\$ $'
	term_type 'env | grep ^PSSESSION_COUNT'
	term_keys Enter
	wait_screen $'\nPSSESSION_COUNT=2\n'
	term_type 'remove-pssession -Id 1,2; (exit 3)'
	term_keys Enter
	wait_local
	status_is 3
}

@test "dotfiles: bash: a host process that is stopped does not hold up the prompt" {
	start_bash ". $PLUGIN" 'PROMPT_COMMAND=pssession_prompt'
	run_line 'unset PROMPT_COMMAND; new-pssession -ConfigFile $C box >/dev/null' 30
	# shellcheck disable=SC2046
	kill -STOP $(host_pids)
	run_line 'a=${EPOCHREALTIME/.}; pssession_prompt; b=${EPOCHREALTIME/.}; echo $((b - a < 1000000))'
	# shellcheck disable=SC2046
	kill -CONT $(host_pids)
	output_is 1
}

# -- zsh

@test "dotfiles: zsh: nothing is loaded until the first call" {
	requires_zsh_module
	run zsh_script ". $ZSH_PLUGIN; grep -c pssession.so /proc/\$\$/maps; get-pssession; whence -w $(command_names | tr '\n' ' ') | sort -u -k2 | cut -d' ' -f2; grep -q pssession.so /proc/\$\$/maps && echo mapped"
	[ "$output" = $'0\nbuiltin\nmapped' ]
	[ -z "$(host_pids)" ]
}

@test "dotfiles: zsh: the first command of a shell enters and leaves with its status" {
	requires_zsh_module
	start_zsh ". $ZSH_PLUGIN"
	term_type 'etsn -ConfigFile $C box'
	term_keys Enter
	wait_remote
	leave_by 'exit 3'
	status_is 3
}

@test "dotfiles: zsh: whatever options are set, twice, from a path with blanks" {
	requires_zsh_module
	mkdir -p "$HERE/a b"
	cp -R "$ZSH_PLUGIN" "$PSS_SOURCE/plugin/functions" "$PSS_BUILD/zsh-module/pssession.so" "$HERE/a b"
	run zsh_script "cd '$HERE'; setopt sh_word_split ksh_arrays no_unset err_exit glob_subst null_glob
		. './a b/pssession.plugin.zsh'; . './a b/pssession.plugin.zsh'; cd /; get-pssession --version; pssession_prompt
		grep -o '/a b.*' /proc/\$\$/maps | sort -u; :"
	[ "$status" -eq 0 ]
	[[ ${lines[0]} == 'pssession '* && ${lines[1]} == '/a b/pssession.so' ]]
	run zsh_script "emulate sh; . '$HERE/a b/pssession.plugin.zsh'; get-pssession --version"
	[[ $output == 'pssession '* ]]
}

@test "dotfiles: zsh: no alias, function or command of the user's is hidden" {
	requires_zsh_module
	mkdir -p "$HERE/bin"
	printf '#!/bin/sh\necho a program: "$@"\n' >"$HERE/bin/rsn"
	chmod +x "$HERE/bin/rsn"
	start_zsh "path=($HERE/bin \$path)" "alias gsn='echo an alias'" "nsn() { echo a function }" ". $ZSH_PLUGIN" \
		"exsn() { echo a later function }"
	run_line 'rsn 1 "2 3"; gsn; nsn; exsn; whence -w rsn gsn nsn exsn etsn'
	output_is $'a program: 1 2 3\nan alias\na function\na later function\nrsn: command\ngsn: alias\nnsn: function\nexsn: function\netsn: alias'
	run_line 'get-pssession; rsn x; gsn; nsn; exsn; \gsn'
	output_like '^a program: x
an alias
a function
a later function
.*command not found: gsn$'
}

@test "dotfiles: zsh: a short name as the first command, again, and in what was read before there were aliases" {
	requires_zsh_module
	start_zsh ". $ZSH_PLUGIN" 'mine() { gsn -Property Name }'
	run_line 'gsn -Format json; nsn -ConfigFile $C box >/dev/null; gsn -Property Name; mine; whence -w gsn nsn get-pssession' 30
	output_is $'[]\nSession1\nSession1\ngsn: alias\nnsn: alias\nget-pssession: builtin'
}

@test "dotfiles: zsh: the first command complains as a later one, by itself, in a function, an eval and a script" {
	requires_zsh_module
	local line first later
	for line in 'get-pssession -NoSuch' 'f() { : ; get-pssession -NoSuch }; f' 'eval "get-pssession -NoSuch"' \
		'print -r -- "get-pssession -NoSuch" >complain; . ./complain' 'gsn -NoSuch'; do
		cd "$HERE"
		first=$(zsh_script ". $ZSH_PLUGIN; :; $line" 2>&1) || :
		later=$(zsh_script ". $ZSH_PLUGIN; get-pssession --version >/dev/null; $line" 2>&1) || :
		[[ $first == *'get-pssession: -NoSuch: there is no such parameter' || $line == gsn* ]]
		[ "$first" = "$later" ] || { echo "$line: $first, not $later"; return 1; }
	done
}

@test "dotfiles: zsh: without a module the command says where it looked, each time" {
	requires_zsh_module
	requires_none_installed
	mkdir -p "$HERE/alone"
	cp -R "$ZSH_PLUGIN" "$PSS_SOURCE/plugin/functions" "$HERE/alone"
	run zsh_script ". $HERE/alone/pssession.plugin.zsh; get-pssession; get-pssession"
	[ "$status" -eq 1 ]
	[ "${#lines[@]}" -eq 2 ]
	[[ ${lines[1]} == *"$HERE/alone"* ]]
}

@test "dotfiles: zsh: a zsh of another version than the module's hears one sentence that says so, and what to do" {
	requires_zsh_module
	local version sentence
	version=$(zsh -fc 'print -r -- $ZSH_VERSION')
	sentence="pssession: its module is for zsh $version, and this is zsh 5.8.1: use that zsh or bash, or build pssession with the headers of this zsh"
	# In the tree that it was built in, where the module itself says its version; and below a prefix, where its directory does.
	mkdir -p "$HERE/tree/build/zsh-module" "$HERE/prefix/share/pssession" "$HERE/prefix/lib/zsh/$version"
	cp -R "$PSS_SOURCE/plugin" "$HERE/tree"
	ln -s "$PSS_BUILD/zsh-module/pssession.so" "$HERE/tree/build/zsh-module"
	cp -R "$ZSH_PLUGIN" "$PSS_SOURCE/plugin/functions" "$HERE/prefix/share/pssession"
	ln -s "$PSS_BUILD/zsh-module/pssession.so" "$HERE/prefix/lib/zsh/$version"
	for directory in tree/plugin prefix/share/pssession; do
		run zsh_script ". $HERE/$directory/pssession.plugin.zsh; get-pssession --version"
		[[ $status = 0 && $output == 'pssession '* ]]
		run zsh_script "ZSH_VERSION=5.8.1; . $HERE/$directory/pssession.plugin.zsh; get-pssession"
		[ "$status" -eq 1 ]
		[ "$output" = "$sentence" ]
	done
}

@test "dotfiles: zsh: a module that cannot be loaded for another reason says that reason" {
	requires_zsh_module
	requires_none_installed
	mkdir -p "$HERE/alone"
	cp -R "$ZSH_PLUGIN" "$PSS_SOURCE/plugin/functions" "$HERE/alone"
	echo no library >"$HERE/alone/pssession.so"
	run zsh_script ". $HERE/alone/pssession.plugin.zsh; get-pssession"
	[ "$status" -eq 1 ]
	[[ ${#lines[@]} = 1 && $output == *"failed to load module"*"$HERE/alone/pssession.so"* ]]
}

@test "dotfiles: zsh: after compinit the names are registered as compdef does it" {
	requires_zsh_module
	local show='for name in ${(ok)_comps}; do print -r -- $name $_comps[$name] ${_services[$name]-}; done'
	run zsh -f -i -c "autoload -Uz compinit; compinit -u -D; . $ZSH_PLUGIN; $show"
	[ "$status" -eq 0 ]
	local plugin=$output
	run zsh -f -i -c "autoload -Uz compinit; compinit -u -D; compdef _pssession $(sed -n '1s/#compdef //p' "$PSS_SOURCE/completions/_pssession"); $show"
	[ "$status" -eq 0 ]
	[ "$plugin" = "$output" ]
	[ "$(grep -cE ' _pssession( |$)' <<<"$output")" = 31 ]
}

@test "dotfiles: zsh: unloading leaves no trace" {
	requires_zsh_module
	requires_none_installed
	local look='print -l $module_path $fpath $precmd_functions; zmodload; alias; functions; typeset + | sort; print -l ${(ok)builtins}
		print -l ${(ok)_comps} ${(ok)_services}'
	start_zsh 'autoload -Uz compinit add-zsh-hook; compinit -u -D' 'zmodload zsh/parameter zsh/complete zsh/zutil; pssession_look=' \
		"look() { { $look } >\$HERE/\$1 }; zmodload zsh/datetime; nothing() { : }; add-zsh-hook precmd nothing" \
		"look before; look before" ". $ZSH_PLUGIN; add-zsh-hook precmd pssession_prompt"
	run_line 'get-pssession; whence -w gsn'
	output_is 'gsn: alias'
	run_line 'pssession_plugin_unload; look after'
	diff "$HERE/before" "$HERE/after"
	run_line 'whence -w gsn get-pssession'
	output_is $'gsn: none\nget-pssession: none'
}

@test "dotfiles: zsh: the number of sessions for one's own prompt" {
	requires_zsh_module
	start_zsh ". $ZSH_PLUGIN" 'precmd_functions+=(pssession_prompt); setopt prompt_subst' \
		"PS1='\${PSSESSION_COUNT:+(\$PSSESSION_COUNT)}local\$ '"
	run_line '(exit 7)'
	status_is 7
	[ -z "$(host_pids)" ]
	term_type 'new-pssession -ConfigFile $C box >/dev/null'
	term_keys Enter
	wait_line '^\(1\)local\$ $'
	term_type 'remove-pssession -Id 1'
	term_keys Enter
	wait_local
}

@test "dotfiles: zsh: an older zsh gets nothing, and hears nothing" {
	requires zsh
	run zsh_script "ZSH_VERSION=5.7.1; . $ZSH_PLUGIN; whence -w get-pssession; echo end"
	[ "$output" = $'get-pssession: none\nend' ]
	run clean_env dash -c ". $ZSH_PLUGIN; echo end"
	[[ $output == *end || $status -ne 0 ]]
}
