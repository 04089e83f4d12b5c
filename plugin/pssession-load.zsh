# SPDX-License-Identifier: MIT
# What pssession.plugin.zsh reads when it is called for: the number of sessions for prompts, and unloading.

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
	local -a names=({enter,exit,new,get,remove,disconnect,connect,receive}-pssession
		{Enter,Exit,New,Get,Remove,Disconnect,Connect,Receive}-PSSession invoke-command Invoke-Command)
	for name in ${(k)_pssession_aliases}; do
		[[ ${aliases[$name]-} == ${_pssession_aliases[$name]} ]] && unalias -- $name
	done
	zmodload -u pssession 2>/dev/null
	zmodload -uab $names 2>/dev/null
	(( $+functions[compdef] )) &&
		compdef -d $names
	[[ -z ${_pssession_module_path-} ]] || module_path=(${module_path:#$_pssession_module_path})
	[[ -z ${_pssession_fpath-} ]] || fpath=(${fpath:#$_pssession_fpath})
	add-zsh-hook -d precmd pssession_prompt 2>/dev/null
	precmd_functions=(${precmd_functions:#pssession_prompt})
	unset PSSESSION_COUNT _pssession_aliases _pssession_module_path _pssession_fpath _pssession_file
	unfunction pssession_prompt pssession_plugin_unload _pssession 2>/dev/null
	return 0
}
