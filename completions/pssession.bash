# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Completion of pssession's own commands for bash, with or without the package bash-completion. What may stand where
# the cursor is, the command itself knows (VERB --complete, plugin/client/suggest/suggest.h): here the line is taken apart, and
# the answer put into readline's terms. Nothing is started, and no process forked but for the names of files.

# The words up to the cursor, as the shell would read them but unexpanded, into `words`; a quote that is still
# open into `open`. bash's own COMP_WORDS are cut at `:`, `=` and `@` too.
_pssession_words() {
	local line=${COMP_LINE:0:COMP_POINT} character word='' quote='' begun='' i
	words=()
	for ((i = 0; i < ${#line}; i++)); do
		character=${line:i:1}
		case $quote$character in
		"''" | '""') quote='' ;;
		"'"?) word+=$character ;;
		'"\') word+=${line:++i:1} ;;
		'"'?) word+=$character ;;
		"'" | '"') quote=$character begun=1 ;;
		'\') word+=${line:++i:1} begun=1 ;;
		' ' | $'\t' | $'\n')
			[[ -z $begun ]] || words+=("$word")
			word='' begun=''
			;;
		*) word+=$character begun=1 ;;
		esac
	done
	words+=("$word")
	open=$quote
}

# Is the command one that answers, or the stub of the plugin file that will?
_pssession_answers() {
	case $(type -t "$1" 2>/dev/null) in
	builtin) return 0 ;;
	function) declare -F _pssession >/dev/null ;; # which answers by itself from then on
	*) return 1 ;;
	esac
}

# What readline leaves alone of the word that was typed, into `left`: all up to the last word break in it. An @ is a
# break that belongs to what follows.
_pssession_find_left() {
	local character breaks=''
	left=''
	[[ -z $open ]] || return 0
	for character in : = @; do
		[[ $COMP_WORDBREAKS != *"$character"* ]] || breaks+=$character
	done
	[[ -z $breaks || $1 != *["$breaks"]* ]] || left=${1%"${1##*["$breaks"]}"}
	left=${left%@}
}

# In the form that stands on the line: quoted as the word is.
_pssession_quote() {
	case $open in
	'"')
		reply=${1//\\/\\\\}
		reply=${reply//\"/\\\"}
		reply=${reply//\$/\\\$}
		reply=${reply//\`/\\\`}
		;;
	"'") reply=${1//\'/\'\\\'\'} ;;
	*)
		printf -v reply %q "$1"
		reply=${reply//\\,/,}
		;;
	esac
}

# With something in front, readline would not know them for files.
_pssession_files() {
	local i
	mapfile -t COMPREPLY < <(compgen -f -- "$2")
	if [[ -z $1 ]]; then
		compopt -o filenames 2>/dev/null
		return 0
	fi
	for i in "${!COMPREPLY[@]}"; do
		reply=${COMPREPLY[i]}
		if [[ -d ${reply/#\~\//$HOME/} ]]; then
			reply+=/
			compopt -o nospace 2>/dev/null
		fi
		_pssession_quote "$1$reply"
		COMPREPLY[i]=${reply/#\\~/\~}
	done
}

_pssession_complete() {
	local verb=${BASH_ALIASES[$1]-$1} IFS=$' \t\n' open left reply words found=() item typed
	COMPREPLY=()
	verb=${verb%% *}
	[[ ${verb,,} == @(*-pssession|invoke-command|copy-item) ]] && _pssession_answers "$verb" || return 0
	_pssession_words
	typed=${words[-1]}
	"$verb" --complete found "${words[@]:1}" 2>/dev/null || return 0
	_pssession_find_left "$typed"
	typed=${typed:${#found[1]}}
	case ${found[0]-} in
	words)
		for item in "${found[@]:2}"; do
			item=${found[1]}${item%%$'\t'*}
			_pssession_quote "${item:${#left}}"
			COMPREPLY+=("$reply")
		done
		# Behind the key of a setting its value follows, behind a directory what is in it. Of one word alone readline would end the quote.
		if [[ ${item-} == *[=/] ]]; then
			compopt -o nospace 2>/dev/null
			[[ -z $open || ${#COMPREPLY[@]} -ne 1 ]] || COMPREPLY+=("${COMPREPLY[0]}...")
		fi
		;;
	files)
		_pssession_files "${found[1]:${#left}}" "$typed"
		# Names of computers, whose paths follow. As a file's name readline would quote the colon.
		((${#COMPREPLY[@]} > 0)) || compopt +o filenames 2>/dev/null
		for item in "${found[@]:2}"; do
			_pssession_quote "${item%%$'\t'*}"
			COMPREPLY+=("$reply")
			compopt -o nospace 2>/dev/null
		done
		;;
	variables)
		mapfile -t COMPREPLY < <(compgen -v -P "${found[1]:${#left}}" -- "$typed")
		;;
	esac
}

complete -F _pssession_complete \
	enter-pssession exit-pssession new-pssession get-pssession remove-pssession \
	disconnect-pssession connect-pssession receive-pssession test-pssession invoke-command copy-item \
	Enter-PSSession Exit-PSSession New-PSSession Get-PSSession Remove-PSSession \
	Disconnect-PSSession Connect-PSSession Receive-PSSession Test-PSSession Invoke-Command Copy-Item

# PowerShell's aliases, and the user's own, for these.
_pssession_complete_aliases() {
	local name
	for name in "${!BASH_ALIASES[@]}"; do
		[[ ${BASH_ALIASES[$name],,} != *-pssession ]] || complete -F _pssession_complete -- "$name"
	done
}
_pssession_complete_aliases
