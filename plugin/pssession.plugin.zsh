# SPDX-License-Identifier: MIT
# pssession for ~/.zshrc or a plugin manager: `source /path/to/pssession.plugin.zsh`, after the Zsh Plugin Standard. The
# module is loaded by zsh when one of its commands is called first; until then only their names are known. This part runs
# at every start of a shell; what is seldom wanted is in pssession-load.zsh.
case ${ZSH_VERSION-} in (5.[89]*|5.[1-9][0-9]*|[6-9].*) ;; (*) return 0 ;; esac
0="${ZERO:-${${0:#$ZSH_ARGZERO}:-${(%):-%N}}}"
0="${${(M)0:#/*}:-$PWD/$0}"
typeset -g _pssession_file=$0
# `emulate sh` reads another grammar than what follows is in.
if [[ -o sh_glob ]]; then
	emulate zsh -c '. "$_pssession_file"'
	return 0
fi
_pssession_file=${_pssession_file:A}

() {
	emulate -L zsh
	local here=${_pssession_file:h} directory name
	local -a names=({enter,exit,new,get,remove,disconnect,connect,receive}-pssession
		{Enter,Exit,New,Get,Remove,Disconnect,Connect,Receive}-PSSession invoke-command Invoke-Command)
	# Beside this file, in the tree that it was built in, or where zsh looks by itself.
	for directory in $here ${here:h}/build/zsh-module; do
		[[ -f $directory/pssession.so ]] || continue
		typeset -g _pssession_module_path=$directory
		(( ${module_path[(Ie)$directory]} )) || module_path+=($directory)
		break
	done
	for directory in ${_pssession_module_path-$module_path}; do
		[[ $directory == /* && -f $directory/pssession.so ]] && break
		directory=
	done
	[[ -n $directory ]] || return 0
	zmodload -ab pssession $names 2>/dev/null

	# Where the completion function is: the tree, or beside the others of zsh's (which fpath has).
	if [[ -f ${here:h}/completions/_pssession ]]; then
		typeset -g _pssession_fpath=${here:h}/completions
		(( ${fpath[(Ie)$_pssession_fpath]} )) || fpath+=($_pssession_fpath)
		if typeset -f compdef >/dev/null; then
			autoload -Uz _pssession
			compdef _pssession $names
		fi
	fi

	[[ -o interactive ]] || return 0
	typeset -gA _pssession_aliases
	for directory name in etsn enter-pssession exsn exit-pssession nsn new-pssession gsn get-pssession \
		rsn remove-pssession dnsn disconnect-pssession cnsn connect-pssession rcsn receive-pssession \
		icm invoke-command; do
		whence -- $directory && continue
		alias -- $directory=$name
		_pssession_aliases[$directory]=$name
	done >/dev/null
}

pssession_prompt() { local -i kept=$?; . "${_pssession_file:h}/pssession-load.zsh" && pssession_prompt; return kept }
pssession_plugin_unload() { . "${_pssession_file:h}/pssession-load.zsh" && pssession_plugin_unload }
