# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# For the tests of what dotfiles source: shells whose start-up file is the test's own. To be loaded after harness.bash.

# shellcheck disable=SC2034 # for the tests
PLUGIN=$PSS_SOURCE/plugin/pssession.bash
# shellcheck disable=SC2034
ZSH_PLUGIN=$PSS_SOURCE/plugin/pssession.plugin.zsh
COMMANDS=({enter,exit,new,get,remove,disconnect,connect,receive,test}-pssession invoke-command copy-item)

# The names of all commands, in both spellings.
command_names() {
	local name
	for name in "${COMMANDS[@]}"; do
		printf '%s\n' "$name"
		name=${name/pssession/PSSession}
		printf '%s\n' "$(sed 's/^./\U&/; s/-[ci]/\U&/' <<<"$name")"
	done
}

requires_zsh_module() {
	requires zsh
	[ -f "$PSS_BUILD/zsh-module/pssession.so" ] || skip "the module for zsh is not built"
}

# needs_file FILE: of a package that may be missing.
needs_file() {
	[ -f "$1" ] && return 0
	[ -z "${PSS_REQUIRE_ALL-}" ] || { echo "$1 is missing" >&2; return 1; }
	skip "$1 is missing"
}

start_up_file() {
	printf '%s\n' "PS1='local\$ '" "C=$WORLD/ssh/ssh_config" "HISTFILE=$HERE/home/history" "$@"
}

# start_bash LINE…: an interactive bash in a terminal; the lines end its start-up file.
start_bash() {
	start_up_file "$@" >"$HERE/rc"
	clean_env_words
	term_start "${CLEAN_ENV[@]}" bash --noprofile --rcfile "$HERE/rc" -i && wait_local
}

start_zsh() {
	mkdir -p "$HERE/zdot"
	start_up_file 'HISTSIZE=1000 SAVEHIST=1000' "$@" >"$HERE/zdot/.zshrc"
	clean_env_words
	term_start "${CLEAN_ENV[@]}" "ZDOTDIR=$HERE/zdot" zsh -d -i && wait_local
}

# Scripts, without start-up files.
bash_script() {
	clean_env bash --noprofile --norc "${@:2}" -c "$1" 3>&-
}

zsh_script() {
	clean_env zsh -f "${@:2}" -c "$1" 3>&-
}

# tab TEXT: types it and Tab.
tab() {
	term_type "$1" && term_keys Tab
}

# tab_gives TEXT LINE: the line under the cursor becomes LINE (its end; a blank at the end does not count).
tab_gives() {
	tab "$1" && wait_until 5 line_is "$2" || { explain_screen; return 1; }
	term_keys C-c
	wait_local
}

line_is() {
	local line
	line=$(screen_line)
	[ "${line%"${line##*[! ]}"}" = "local\$ $1" ]
}
