# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# pssession for ~/.bashrc: `. /path/to/pssession.bash`. This part runs at every start of a shell, so it is short and
# only leaves stubs; the rest, pssession-load.bash, is read by the first command, Tab or prompt that wants it.
case ${BASH_VERSION-} in 5.[1-9]* | [6-9].*) ;; *) return 0 ;; esac
case ${BASH_SOURCE[0]} in
/*) _pssession_file=${BASH_SOURCE[0]} ;;
*) _pssession_file=$PWD/${BASH_SOURCE[0]} ;;
esac
: "${PSSESSION_VERSION=0.2.0}" # the loadable says its own
function _pssession_load { . "${_pssession_file%/*}/pssession-load.bash"; }
function pssession_prompt { local status=$?; _pssession_load && pssession_prompt; return "$status"; }
# In posix mode a function cannot have such a name.
[[ ! -o posix ]] || { _pssession_load && _pssession_enable || :; return 0; }
function _pssession { _pssession_load && _pssession_call "${FUNCNAME[1]}" "$@"; }
function enter-pssession { _pssession "$@"; }
function exit-pssession { _pssession "$@"; }
function new-pssession { _pssession "$@"; }
function get-pssession { _pssession "$@"; }
function remove-pssession { _pssession "$@"; }
function disconnect-pssession { _pssession "$@"; }
function connect-pssession { _pssession "$@"; }
function receive-pssession { _pssession "$@"; }
function test-pssession { _pssession "$@"; }
function invoke-command { _pssession "$@"; }
function copy-item { _pssession "$@"; }
function Enter-PSSession { _pssession "$@"; }
function Exit-PSSession { _pssession "$@"; }
function New-PSSession { _pssession "$@"; }
function Get-PSSession { _pssession "$@"; }
function Remove-PSSession { _pssession "$@"; }
function Disconnect-PSSession { _pssession "$@"; }
function Connect-PSSession { _pssession "$@"; }
function Receive-PSSession { _pssession "$@"; }
function Test-PSSession { _pssession "$@"; }
function Invoke-Command { _pssession "$@"; }
function Copy-Item { _pssession "$@"; }
case $- in *i*) ;; *) return 0 ;; esac
# The first call makes aliases of these if no command has such a name: to search PATH takes long. (declare -f +i changes
# nothing, and unlike -F says nothing.)
declare -f +i etsn || { function etsn { _pssession "$@"; } && complete -F _pssession_tab etsn; }
declare -f +i exsn || { function exsn { _pssession "$@"; } && complete -F _pssession_tab exsn; }
declare -f +i nsn || { function nsn { _pssession "$@"; } && complete -F _pssession_tab nsn; }
declare -f +i gsn || { function gsn { _pssession "$@"; } && complete -F _pssession_tab gsn; }
declare -f +i rsn || { function rsn { _pssession "$@"; } && complete -F _pssession_tab rsn; }
declare -f +i dnsn || { function dnsn { _pssession "$@"; } && complete -F _pssession_tab dnsn; }
declare -f +i cnsn || { function cnsn { _pssession "$@"; } && complete -F _pssession_tab cnsn; }
declare -f +i rcsn || { function rcsn { _pssession "$@"; } && complete -F _pssession_tab rcsn; }
declare -f +i icm || { function icm { _pssession "$@"; } && complete -F _pssession_tab icm; }
function _pssession_tab { _pssession_load && _pssession_tab "$@"; }
complete -F _pssession_tab enter-pssession exit-pssession new-pssession get-pssession remove-pssession \
	disconnect-pssession connect-pssession receive-pssession test-pssession invoke-command copy-item \
	Enter-PSSession Exit-PSSession New-PSSession Get-PSSession Remove-PSSession \
	Disconnect-PSSession Connect-PSSession Receive-PSSession Test-PSSession Invoke-Command Copy-Item
