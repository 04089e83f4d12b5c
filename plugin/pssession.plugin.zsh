# SPDX-License-Identifier: MIT
# pssession for ~/.zshrc or a plugin manager: `source /path/to/pssession.plugin.zsh`. It runs at every start of a shell,
# so it is short and names functions only: zsh reads them, and they the module, when one is called first.
case ${ZSH_VERSION-} in (5.[89]*|5.[1-9][0-9]*|[6-9].*) ;; (*) return 0 ;; esac
typeset -g _pssession_directory="${${ZERO:-${(%):-%x}}:A:h}"
# `emulate sh` reads another grammar than what follows is in.
[[ ! -o ignore_braces ]] || { emulate zsh -c '. "$_pssession_directory/pssession.plugin.zsh"'; return 0; }
typeset -g PSSESSION_VERSION=${PSSESSION_VERSION-0.2.0} # the module says its own
builtin autoload -Uz "$_pssession_directory"/functions/{{enter,exit,new,get,remove,disconnect,connect,receive,test}-pssession,invoke-command,copy-item,{Enter,Exit,New,Get,Remove,Disconnect,Connect,Receive,Test}-PSSession,Invoke-Command,Copy-Item,pssession_prompt,pssession_plugin_unload,_pssession_{call,enable,other_zsh}}
[[ ! -o interactive ]] || builtin autoload -Uz "$_pssession_directory"/functions/{etsn,exsn,nsn,gsn,rsn,dnsn,cnsn,rcsn,icm}
# In the tree, or below a prefix where zsh does not look; else the completion function is beside the others of zsh's.
typeset -g _pssession_fpath="${_pssession_fpath-}"
[[ -n $_pssession_fpath ]] || for _pssession_fpath in "${_pssession_directory:h}"/{completions,zsh/site-functions} ''; do
	[[ ! -f $_pssession_fpath/_pssession || :$FPATH: == *:"$_pssession_fpath":* ]] || break
done
[[ -z $_pssession_fpath ]] || {
	[[ :$FPATH: == *:"$_pssession_fpath":* ]] || FPATH=$FPATH:$_pssession_fpath
	# Where compinit has run already, what compdef would do; compdef takes longer than all else here.
	[[ ! -v _comps ]] || {
		builtin autoload -Uz "$_pssession_fpath/_pssession"
		() { local name; for name; do _comps[$name]=_pssession; done } {{enter,exit,new,get,remove,disconnect,connect,receive,test}-pssession,invoke-command,copy-item,{Enter,Exit,New,Get,Remove,Disconnect,Connect,Receive,Test}-PSSession,Invoke-Command,Copy-Item} etsn exsn nsn gsn rsn dnsn cnsn rcsn icm
		_services+=(etsn enter-pssession exsn exit-pssession nsn new-pssession gsn get-pssession rsn remove-pssession dnsn disconnect-pssession cnsn connect-pssession rcsn receive-pssession icm invoke-command)
	}
}
