# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The greater part of pssession.bash, read when one of its stubs is called for the first time. Reading it only defines
# functions; _pssession_enable loads the builtins and takes the stubs away. Everything must work under `set -eu`, in any
# IFS, and leave nothing behind but what README.md names.

# PowerShell's aliases for the commands of this version; tests/shell/dotfiles.bats compares the names with the loadable's.
_pssession_shorts() {
	shorts=(etsn enter-pssession exsn exit-pssession nsn new-pssession gsn get-pssession rsn remove-pssession)
}

# The loadable, beside this file, in the tree that it was built in, or where it is installed: into `loadable`.
_pssession_find() {
	local IFS=: directory here=${_pssession_file%/*} real
	real=$(readlink -f -- "$_pssession_file" 2>/dev/null) || real=$_pssession_file
	real=${real%/*}
	for directory in "$here" "$here/../build/bash-builtin" "$real" "$real/../build/bash-builtin" \
		"$real/../../lib/bash" ${BASH_LOADABLES_PATH-} /usr/local/lib/bash /usr/lib/bash; do
		# Never what lies in the current directory.
		[[ $directory == /* && -f $directory/pssession.so ]] || continue
		loadable=$directory/pssession.so
		return 0
	done
	echo "pssession: there is no pssession.so near $here, nor in bash's directory of loadables" >&2
	return 1
}

# Takes our stubs away, and nothing that somebody else has put in their places since.
_pssession_unstub() {
	local name definitions
	definitions=$(declare -f "$@" 2>/dev/null) || :
	for name; do
		[[ $definitions != *"$name () "$'\n{ \n    _pssession '* ]] || unset -f -- "$name"
	done
}

_pssession_enable() {
	local loadable name names shorts i
	names=({enter,exit,new,get,remove}-pssession {Enter,Exit,New,Get,Remove}-PSSession)
	if ! compgen -b enter-pssession >/dev/null; then
		_pssession_find || return
		# bash would prefer the stubs, which are functions, to the builtins.
		builtin enable -f "$loadable" enter-pssession || return
	fi
	_pssession_shorts
	_pssession_unstub "${names[@]}" "${shorts[@]}"
	[[ $- == *i* ]] || return 0
	for ((i = 0; i < ${#shorts[@]}; i += 2)); do
		name=${shorts[i]}
		type -t -- "$name" >/dev/null || alias -- "$name=${shorts[i + 1]}"
	done
}

# A stub was called: by a command's name, or by a short one, which may turn out to be somebody else's.
_pssession() {
	local _pssession_name=$1
	_pssession_enable || return
	shift
	case $_pssession_name in
	*-pssession) builtin "$_pssession_name" "$@" ;;
	*)
		if [[ -v BASH_ALIASES[$_pssession_name] ]]; then
			builtin "${BASH_ALIASES[$_pssession_name]}" "$@"
		else
			"$_pssession_name" "$@"
		fi
		;;
	esac
}

# The first Tab behind one of our names. 124 makes bash look again, at what is there by then.
_pssession_tab() {
	local here=${_pssession_file%/*} file
	_pssession_enable 2>/dev/null || return
	complete -r -- "$1"
	for file in "$here/../completions/pssession.bash" "$here/../bash-completion/completions/enter-pssession"; do
		[[ ! -f $file ]] || { . "$file" && return 124; }
	done
	return 1
}

# For one's own prompt, from PROMPT_COMMAND: PSSESSION_COUNT is how many sessions are kept, in the environment too (for
# prompts that are programs), and not there when there are none. It starts nothing, and keeps $?.
pssession_prompt() {
	local status=$? directory found=()
	for directory in "${PSSESSION_RUNTIME_DIR-/nonexistent}" "/run/user/$EUID/pssession" ~/.local/state/pssession/run-*; do
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
