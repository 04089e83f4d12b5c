# Completion in bash: the file `complete` of the private directory. A copy of the session's shell sources it for
# each request, under a deadline, with the words of __pss_c behind its name; nothing that it does stays.
__pss_nonce=$1 __pss_kind=$2 __pss_quote=$3 __pss_start=$4 __pss_head=$5 __pss_dir=$6 __pss_base=$7
__pss_point=$8 __pss_segment=$9 __pss_line=${10}
builtin shift 10
__pss_words=("$@") __pss_found=() __pss_opts=" " __pss_flags=
builtin declare -A __pss_seen
__pss_seen=()

# ---- candidates
# __pss_escape NAME QUOTE: into REPLY, as it is written behind that quote.
__pss_escape() {
	case $2 in
	\')
		REPLY=${1//\'/"'\\''"}
		;;
	\")
		REPLY=${1//\\/\\\\}
		REPLY=${REPLY//\"/\\\"}
		REPLY=${REPLY//\$/\\\$}
		REPLY=${REPLY//\`/\\\`}
		;;
	*) builtin printf -v REPLY %q "$1" ;;
	esac
}

__pss_add() {
	case $1 in
	'' | *[[:cntrl:]]*) return ;;
	__pss_*) [[ $__pss_base == __pss* ]] || return ;;
	esac
	[[ -z ${__pss_seen[$1]-} ]] || return
	__pss_seen[$1]=1
	__pss_found+=("$1")
}

# __pss_add_file NAME PATH: NAME behind the head; directories get a slash, and stay open.
__pss_add_file() {
	builtin local REPLY
	__pss_escape "$1" "$__pss_quote"
	if [[ -d $2 ]]; then
		__pss_add "$__pss_head$REPLY/"
	else
		__pss_add "$__pss_head$REPLY$__pss_quote"
	fi
}

# __pss_files [directories|programs]
__pss_files() {
	builtin local f d i
	builtin eval "d=$__pss_dir"
	shopt -s nullglob dotglob
	shopt -u failglob
	builtin set +f
	builtin unset -v GLOBIGNORE
	for f in "$d$__pss_base"*; do
		case ${1-} in
		directories) [[ -d $f ]] || continue ;;
		programs) [[ -d $f || -x $f ]] || continue ;;
		esac
		[[ $f != */. && $f != */.. && $f != . && $f != .. ]] || continue
		for i in ${FIGNORE-}; do
			[[ -z ${1-} && $f == ?*"$i" && ! -d $f ]] && continue 2
		done
		__pss_add_file "${f#"$d"}" "$f"
	done
}

__pss_lines() {
	builtin local i
	for i in "${__pss_list[@]}"; do
		[[ $i == __pss_* && $__pss_base != __pss* ]] || __pss_add "$__pss_head$i$1"
	done
}

# ---- commands, variables, users
__pss_commands() {
	builtin local i REPLY
	if [[ -n $__pss_dir ]]; then
		__pss_files programs
		return
	fi
	builtin mapfile -t __pss_list < <(builtin compgen -c -- "$__pss_base")
	for i in "${__pss_list[@]}"; do
		[[ $i != __pss_* || $__pss_base == __pss* ]] || continue
		__pss_escape "$i" "$__pss_quote"
		__pss_add "$__pss_head$REPLY$__pss_quote"
	done
	[[ ${#__pss_found[@]} -gt 0 ]] || __pss_files programs
}

__pss_variables() {
	builtin local close=
	[[ $__pss_head != *'{' ]] || close='}'
	[[ -z $__pss_quote ]] || __pss_flags=n
	builtin mapfile -t __pss_list < <(builtin compgen -v -- "$__pss_base")
	__pss_lines "$close"
	[[ ${#__pss_found[@]} -eq 1 ]] || return
	close=${__pss_found[0]//[\$\{\}]/}
	[[ ! -d ${!close-} ]] || __pss_found[0]+=/
}

__pss_users() {
	builtin mapfile -t __pss_list < <(builtin compgen -u -- "$__pss_base")
	__pss_lines /
}

# ---- the arguments of a command: programmable completion
# Splits the words as bash does for COMP_WORDS. The last piece is the one that is completed.
__pss_split() {
	builtin local LC_ALL=C breaks="${COMP_WORDBREAKS//[[:space:]\"\']/}" w i c quote piece last at
	COMP_WORDS=() COMP_LINE=${__pss_line:__pss_segment:__pss_point-__pss_segment}
	COMP_POINT=${#COMP_LINE}
	for w in "${__pss_words[@]}"; do
		at=0
		if [[ -z $breaks || $w != *["$breaks"]* ]]; then
			COMP_WORDS+=("$w")
			continue
		fi
		piece= quote= last=
		for ((i = 0; i < ${#w}; i++)); do
			c=${w:i:1}
			if [[ $c == \\ && $quote != \' ]]; then
				c=${w:i:2}
				i=$((i + 1))
			elif [[ $c == [\"\'] ]]; then
				[[ $quote != "$c" ]] && quote=${quote:-$c} || quote=
			elif [[ -z $quote && $breaks == *"$c"* ]]; then
				if [[ -z $last ]]; then
					[[ -z $piece ]] || COMP_WORDS+=("$piece")
					piece=
				fi
				piece+=$c last=1 at=$((i + 1))
				continue
			fi
			if [[ -n $last ]]; then
				COMP_WORDS+=("$piece")
				piece= last=
			fi
			piece+=$c
		done
		COMP_WORDS+=("$piece")
	done
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	__pss_at=$at __pss_cur=${COMP_WORDS[COMP_CWORD]}
	[[ -z $last ]] || __pss_cur=
	# compgen knows of no open quote: the functions are shown the word as it would be typed without one.
	if [[ -n $__pss_quote && $__pss_cur == "$__pss_quote"* ]]; then
		COMP_LINE=${COMP_LINE%"$__pss_cur"}
		__pss_cur=${__pss_cur#"$__pss_quote"}
		[[ $__pss_quote == \' ]] || builtin eval "__pss_cur=${__pss_dir:+$__pss_dir}"'$__pss_base'
		builtin printf -v c %q "$__pss_cur"
		COMP_WORDS[COMP_CWORD]=$c
		COMP_LINE+=$c
		COMP_POINT=${#COMP_LINE}
	fi
}

# compopt finds no completion that runs: we run it. Within a function it means that completion.
compopt() {
	builtin local n=$#
	case " $* " in
	*' -D '* | *' -E '* | *' -I '*)
		builtin compopt "$@"
		return
		;;
	esac
	while [[ $# -ge 2 && $1 == [-+]o ]]; do
		__pss_opts=${__pss_opts// $2 / }
		[[ $1 == +o ]] || __pss_opts+="$2 "
		shift 2
	done
	[[ $# -eq 0 || $# -eq n ]] || builtin compopt "$@"
} 2>/dev/null

# __pss_unescape WORD: into REPLY, without one level of backslashes.
__pss_unescape() {
	builtin local rest="$1"
	REPLY=
	while [[ $rest == *\\* ]]; do
		REPLY+=${rest%%\\*}
		rest=${rest#*\\}
		REPLY+=${rest:0:1} rest=${rest:1}
	done
	REPLY+=$rest
}

# From bash 5.3 on compgen takes the name of a file as it was typed, and leaves the directory in front of it so: within a
# completion readline sees to that. As there, the results go to the array that -V names, or to standard output.
__pss_compgen_typed() {
	builtin local i n REPLY __pss_typed __pss_array=__pss_typed
	__pss_typed=()
	for ((i = 1; i < $#; i++)); do
		n=$((i + 1))
		[[ ${!i} != -V ]] || __pss_array=${!n}
	done
	builtin compgen -V "$__pss_array" "$@" || return
	builtin local -n __pss_names=$__pss_array
	for i in "${!__pss_names[@]}"; do
		[[ ! -e ${__pss_names[i]} && ! -L ${__pss_names[i]} ]] || continue
		__pss_unescape "${__pss_names[i]}"
		[[ ! -e $REPLY && ! -L $REPLY ]] || __pss_names[i]=$REPLY
	done
	[[ $__pss_array != __pss_typed ]] || builtin printf '%s\n' "${__pss_names[@]}"
}

__pss_compgen() {
	case "${BASH_VERSINFO[0]}.${BASH_VERSINFO[1]} $* " in
	[1-4].* | 5.[0-2]\ *) builtin compgen "$@" ;;
	*\ -[fd]\ *\\* | *\ -A\ file\ *\\* | *\ -A\ directory\ *\\*) __pss_compgen_typed "$@" ;;
	*) builtin compgen "$@" ;;
	esac
}

# Within a completion compgen takes a word as it was typed, with its backslashes; outside it does not.
compgen() {
	builtin local i w="${!#}" REPLY
	for i in 1 2 3; do
		__pss_compgen "${@:1:$#-1}" "$w" && return
		[[ $w == *\\* ]] || return
		__pss_unescape "$w"
		w=$REPLY
	done
	return 1
}

__pss_find_spec() {
	builtin local name
	for name in "$1" "${1##*/}"; do
		__pss_spec=$(builtin complete -p -- "$name" 2>/dev/null) && [[ -n $__pss_spec ]] && return
	done
	__pss_spec=$(builtin complete -p -D 2>/dev/null) && [[ -n $__pss_spec ]]
}

# Takes __pss_spec apart: what a function, a command and compgen are to do.
__pss_read_spec() {
	builtin local i
	builtin eval "__pss_spec=($__pss_spec)"
	__pss_function= __pss_command= __pss_generate=() __pss_opts=' '
	for ((i = 1; i < ${#__pss_spec[@]}; i++)); do
		case ${__pss_spec[i]} in
		-F) __pss_function=${__pss_spec[++i]} ;;
		-C) __pss_command=${__pss_spec[++i]} ;;
		-o) __pss_opts+="${__pss_spec[++i]} " ;;
		-A)
			[[ ${__pss_spec[i + 1]} != @(file|directory) ]] || __pss_opts+='filenames '
			__pss_generate+=(-A "${__pss_spec[++i]}")
			;;
		-[GWPSX]) __pss_generate+=("${__pss_spec[i]}" "${__pss_spec[++i]}") ;;
		-[DEI]) ;;
		--) i=${#__pss_spec[@]} ;;
		-[fd])
			__pss_opts+='filenames '
			__pss_generate+=("${__pss_spec[i]}")
			;;
		-*) __pss_generate+=("${__pss_spec[i]}") ;;
		esac
	done
}

__pss_run_spec() {
	builtin local n=0
	COMP_TYPE=9 COMP_KEY=9
	while :; do
		__pss_read_spec
		COMPREPLY=()
		[[ -n $__pss_function ]] || break
		"$__pss_function" "$1" "$__pss_cur" "${COMP_WORDS[COMP_CWORD - 1]}"
		[[ $? -eq 124 && $((++n)) -lt 4 ]] && __pss_find_spec "$1" || break
	done
	__pss_results=("${COMPREPLY[@]}")
	if [[ -n $__pss_command ]]; then
		export COMP_LINE COMP_POINT COMP_TYPE COMP_KEY
		builtin mapfile -t __pss_list < <(
			builtin eval "$__pss_command"' "$1" "$__pss_cur" "${COMP_WORDS[COMP_CWORD - 1]}"')
		__pss_results+=("${__pss_list[@]}")
	fi
	if [[ ${#__pss_generate[@]} -gt 0 ]]; then
		builtin mapfile -t __pss_list < <(builtin compgen "${__pss_generate[@]}" -- "$__pss_cur")
		__pss_results+=("${__pss_list[@]}")
	fi
}

# A result of the function, which stands for the last piece of the word.
__pss_add_result() {
	builtin local REPLY path="$1"
	[[ $path != '~/'* ]] || path=$HOME/${path#'~/'}
	case $__pss_opts in
	*' filenames '*' noquote '* | *' noquote '*' filenames '*) REPLY=$1 ;;
	*' filenames '*)
		if [[ $1 == '~'* && $__pss_cur == '~'* ]]; then
			__pss_escape "${1#'~'}" "$__pss_quote"
			REPLY="~$REPLY"
		else
			__pss_escape "$1" "$__pss_quote"
		fi
		;;
	*) REPLY=$1 path= ;;
	esac
	if [[ -n $path && -d $path ]]; then
		__pss_add "$__pss_quote${REPLY%/}/"
	elif [[ $__pss_opts == *' nospace '* ]]; then
		__pss_add "$__pss_quote$REPLY"
	else
		__pss_add "$__pss_quote$REPLY$__pss_quote"
	fi
}

__pss_arguments() {
	builtin local command="${__pss_words[0]//[\\\"\']/}" i whole="$__pss_start"
	[[ $__pss_dir != *\$* ]] && builtin shopt -q progcomp && __pss_find_spec "$command" || {
		__pss_files
		return
	}
	__pss_split
	__pss_run_spec "$command"
	[[ $__pss_opts != *' nospace '* ]] || __pss_flags=n
	__pss_start=$((__pss_start + __pss_at))
	for i in "${__pss_results[@]}"; do
		__pss_add_result "$i"
	done
	if [[ ${#__pss_found[@]} -gt 0 ]]; then
		[[ $__pss_opts == *' plusdirs '* && $__pss_at -eq 0 ]] && __pss_files directories
		return
	fi
	__pss_flags= __pss_start=$whole
	case $__pss_opts$__pss_cur in
	*' default '* | *' bashdefault '* | *\$*) ;;
	*' dirnames '* | *' plusdirs '*) i=directories ;;
	*) return ;;
	esac
	# In `--file=na` the name begins behind the last break.
	if [[ $__pss_at -gt 0 && $__pss_head != *[/\"\']* ]]; then
		__pss_start=$((whole + __pss_at)) __pss_head=$__pss_quote __pss_base=${__pss_cur//\\/}
	elif [[ $__pss_at -gt 0 && ${#__pss_head} -gt $__pss_at && $__pss_dir != *[\$\~]* ]]; then
		LC_ALL=C
		__pss_start=$((whole + __pss_at)) __pss_head=${__pss_head:__pss_at}
		builtin eval "__pss_dir=$__pss_head"
		builtin printf -v __pss_dir %q "$__pss_dir"
	fi
	__pss_files "$i"
}

__pss_complete() {
	case $__pss_kind in
	c) __pss_commands ;;
	a) __pss_arguments ;;
	f) __pss_files ;;
	v) __pss_variables ;;
	u) __pss_users ;;
	esac
	builtin local IFS=$'\n' n=${#__pss_found[@]} list
	[[ $n -ne 1 || ${__pss_found[0]} != */ ]] || __pss_flags=n
	list="${__pss_found[*]:0:@MOST@}"
	LC_ALL=C
	if [[ ${#list} -gt @LONGEST@ ]]; then
		list=${list:0:@LONGEST@}
		list=${list%$'\n'*}
	fi
	__pss_say c "$__pss_nonce" "$__pss_start" "$__pss_flags" "$n" "$list"
}

builtin trap - DEBUG ERR RETURN EXIT
__pss_complete </dev/null >/dev/null 2>&1
builtin echo .
