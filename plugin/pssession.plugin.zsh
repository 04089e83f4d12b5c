# SPDX-License-Identifier: MIT
# pssession for ~/.zshrc or a plugin manager: `source /path/to/pssession.plugin.zsh`, after the Zsh Plugin Standard. The
# module itself is loaded by zsh when one of its commands is called first; until then only their names are known.
case ${ZSH_VERSION-} in (5.[89]*|5.[1-9][0-9]*|[6-9].*) ;; (*) return 0 ;; esac
0="${ZERO:-${${0:#$ZSH_ARGZERO}:-${(%):-%N}}}"
0="${${(M)0:#/*}:-$PWD/$0}"
# `emulate sh` reads another grammar than what follows is in.
if [[ -o sh_glob ]]; then
	_pssession_file=$0
	emulate zsh -c '. "$_pssession_file"'
	unset _pssession_file
	return 0
fi

() {
	emulate -L zsh
	local here=${1:A:h} directory name
	# Beside this file, in the tree that it was built in, or where zsh looks by itself.
	for directory in $here $here/../build/zsh-module; do
		[[ -f $directory/pssession.so ]] || continue
		[[ -n ${(M)module_path:#${directory:A}} ]] || module_path+=(${directory:A})
		typeset -g _pssession_module_path=${directory:A}
		break
	done
	for directory in $module_path; do
		[[ $directory == /* && -f $directory/pssession.so ]] && break
		directory=
	done
	[[ -n $directory ]] || return 0
	zmodload -ab pssession {enter,exit,new,get,remove}-pssession {Enter,Exit,New,Get,Remove}-PSSession 2>/dev/null

	# Where the completion function is: the tree, or beside the others of zsh's (which fpath has).
	if [[ -f $here/../completions/_pssession ]]; then
		typeset -g _pssession_fpath=${here:h}/completions
		(( ${fpath[(Ie)$_pssession_fpath]} )) || fpath+=($_pssession_fpath)
		if (( $+functions[compdef] )); then
			autoload -Uz _pssession
			compdef _pssession {enter,exit,new,get,remove}-pssession {Enter,Exit,New,Get,Remove}-PSSession
		fi
	fi

	[[ -o interactive ]] || return 0
	typeset -gA _pssession_aliases
	for directory name in etsn enter exsn exit nsn new gsn get rsn remove; do
		whence -- $directory >/dev/null && continue
		alias -- $directory=$name-pssession
		_pssession_aliases[$directory]=$name-pssession
	done
} "$0"

# For one's own prompt, from precmd_functions: PSSESSION_COUNT is how many sessions are kept, in the environment too (for
# prompts that are programs), and not there when there are none. It starts nothing, and keeps $?.
pssession_prompt() {
	local -i kept=$?
	emulate -L zsh
	local directory
	local -a found
	for directory in ${PSSESSION_RUNTIME_DIR-} /run/user/$EUID/pssession ~/.local/state/pssession/run-*(N); do
		[[ -S $directory/host ]] || continue
		builtin get-pssession --complete found -Id '' 2>/dev/null
		break
	done
	if (( $#found > 2 )); then
		typeset -gx PSSESSION_COUNT=$(( $#found - 2 ))
	else
		unset PSSESSION_COUNT
	fi
	return kept
}

# Takes back what the plugin did; the module stays while a session is entered.
pssession_plugin_unload() {
	emulate -L zsh
	local name
	for name in ${(k)_pssession_aliases}; do
		[[ ${aliases[$name]-} == ${_pssession_aliases[$name]} ]] && unalias -- $name
	done
	zmodload -u pssession 2>/dev/null
	zmodload -uab {enter,exit,new,get,remove}-pssession {Enter,Exit,New,Get,Remove}-PSSession 2>/dev/null
	(( $+functions[compdef] )) &&
		compdef -d {enter,exit,new,get,remove}-pssession {Enter,Exit,New,Get,Remove}-PSSession
	[[ -z ${_pssession_module_path-} ]] || module_path=(${module_path:#$_pssession_module_path})
	[[ -z ${_pssession_fpath-} ]] || fpath=(${fpath:#$_pssession_fpath})
	add-zsh-hook -d precmd pssession_prompt 2>/dev/null
	precmd_functions=(${precmd_functions:#pssession_prompt})
	unset PSSESSION_COUNT _pssession_aliases _pssession_module_path _pssession_fpath
	unfunction pssession_prompt pssession_plugin_unload _pssession 2>/dev/null
	return 0
}
