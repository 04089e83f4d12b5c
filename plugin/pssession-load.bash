# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The greater part of pssession.bash, read when one of its stubs is called for the first time. Reading it only defines
# functions; _pssession_enable loads the builtins and takes the stubs away. Everything must work under `set -eu`, in any
# IFS, and leave nothing behind but what README.md names.

# PowerShell's aliases for the commands of this version; tests/shell/dotfiles.bats compares the names with the loadable's.
_pssession_shorts() {
	shorts=(etsn enter-pssession exsn exit-pssession nsn new-pssession gsn get-pssession rsn remove-pssession
		dnsn disconnect-pssession cnsn connect-pssession rcsn receive-pssession icm invoke-command)
}

# Is it in one of these directories? Into `loadable`. Never what lies in the current directory.
_pssession_look_in() {
	local directory
	for directory; do
		if [[ $directory == /* && -f $directory/pssession.so ]]; then
			loadable=$directory/pssession.so
			return 0
		fi
	done
	return 1
}

# Beside this file, in the tree that it was built in, where it is installed; and all that from the file itself where
# dotfiles hold a symbolic link to it.
_pssession_find() {
	# shellcheck disable=SC2154 # pssession.bash sets it
	local IFS=: here=${_pssession_file%/*} real
	_pssession_look_in "$here" "$here/../build/bash-builtin" "$here/../../lib/bash" ||
		{ real=$(readlink -f -- "$_pssession_file" 2>/dev/null) && real=${real%/*} &&
			_pssession_look_in "$real" "$real/../build/bash-builtin" "$real/../../lib/bash"; } ||
		_pssession_look_in ${BASH_LOADABLES_PATH-} /usr/local/lib/bash /usr/lib/bash ||
		{ echo "pssession: there is no pssession.so near $here, nor in bash's directory of loadables" >&2 && return 1; }
}

# Is NAME still our stub, by what `declare -f` says of it, and not what somebody else has put in its place since?
_pssession_is_stub() {
	[[ $'\n'$definitions == *$'\n'"$1 () "$'\n{ \n    _pssession '* ]]
}

# An alias for each short name, unless that is somebody else's. The functions stay under the aliases: a line or a
# function that was read before knows nothing of aliases.
_pssession_alias_shorts() {
	local i name
	for ((i = 0; i < ${#shorts[@]}; i += 2)); do
		name=${shorts[i]}
		if ! _pssession_is_stub "$name" || [[ -v BASH_ALIASES[$name] ]]; then
			continue
		elif type -P -- "$name" >/dev/null; then
			unset -f -- "$name"
		else
			# shellcheck disable=SC2139 # now, indeed
			alias -- "$name=${shorts[i + 1]}"
		fi
	done
}

_pssession_enable() {
	local loadable name names shorts definitions
	names=({enter,exit,new,get,remove,disconnect,connect,receive,test}-pssession
		{Enter,Exit,New,Get,Remove,Disconnect,Connect,Receive,Test}-PSSession {invoke-command,copy-item,Invoke-Command,Copy-Item})
	if ! compgen -b enter-pssession >/dev/null; then
		_pssession_find || return
		builtin enable -f "$loadable" enter-pssession || return
	fi
	_pssession_shorts
	definitions=$(declare -f "${names[@]}" "${shorts[@]}" 2>/dev/null) || :
	# bash prefers functions to builtins.
	for name in "${names[@]}"; do
		! _pssession_is_stub "$name" || unset -f -- "$name"
	done
	[[ $- != *i* ]] || _pssession_alias_shorts
}

# The stub NAME was called: a command's name, or a short one, which may turn out to be somebody else's.
_pssession_call() {
	local _pssession_name=$1 shorts i
	if [[ $_pssession_name == *-* ]]; then
		_pssession_enable || return
		builtin "$@"
		return
	fi
	shift
	compgen -b enter-pssession >/dev/null || _pssession_enable || return
	if ! declare -F "$_pssession_name" >/dev/null; then
		"$_pssession_name" "$@"
		return
	fi
	_pssession_shorts
	for ((i = 0; i < ${#shorts[@]}; i += 2)); do
		[[ ${shorts[i]} != "$_pssession_name" ]] || break
	done
	builtin "${shorts[i + 1]}" "$@"
}

# What the stubs call: they say who they are by their names, so that a shell's start has less to read.
_pssession() {
	_pssession_call "${FUNCNAME[1]}" "$@"
}

# The first Tab behind one of our names. 124 makes bash look again, at what is there by then.
_pssession_tab() {
	local here=${_pssession_file%/*} file
	_pssession_enable 2>/dev/null || return
	complete -r -- "$1"
	for file in "$here/../completions/pssession.bash" "$here/../bash-completion/completions/enter-pssession"; do
		# shellcheck source=/dev/null
		[[ ! -f $file ]] || { . "$file" && return 124; }
	done
	return 1
}

# For one's own prompt, from PROMPT_COMMAND: PSSESSION_COUNT is how many sessions are kept, in the environment too (for
# prompts that are programs), and not there when there are none. It starts nothing, and keeps $?.
pssession_prompt() {
	local status=$? directory machine='' found=()
	read -r machine 2>/dev/null </etc/machine-id || :
	for directory in "${PSSESSION_RUNTIME_DIR-/nonexistent}" "/run/user/$EUID/pssession" \
		~/.local/state/pssession/"run-${machine:0:12}"; do
		[[ -S $directory/host ]] || continue
		compgen -b get-pssession >/dev/null || _pssession_enable || break
		builtin get-pssession --complete found -Id '' 2>/dev/null || :
		break
	done
	if ((${#found[@]} > 2)); then
		export PSSESSION_COUNT=$((${#found[@]} - 2))
	else
		unset PSSESSION_COUNT
	fi
	return "$status"
}
