# bash: the user's traps that see commands (DEBUG, ERR, RETURN), which are off at rest, and what stands in front of and
# behind each text of the user's (PROTOCOL.md). A part of bash.sh, in front of the login files.

# __pss_y stands behind each text of the user's, outside of all functions: one without -T gets its traps back when it
# returns. What its redirections expand comes first of all and is no command that a DEBUG trap sees: status, `$_`,
# PIPESTATUS. A handler that has come in unnoticed has no guard and sees what is in the braces; COMP_LINE and COMP_POINT,
# and an output that is no terminal, tell it that this is no command line.
__pss_sigs=(ERR RETURN DEBUG) __pss_null=/dev/null __pss_traps=()
__pss_y=$'\n{ [[ -z $__pss_on ]] || '
__pss_y+='\builtin trap -p "${__pss_sigs[@]}" >|"$__pss_d/traps" && \builtin trap - "${__pss_sigs[@]}"; __pss_q; }'
__pss_y+=' >"${__pss_null:$((__pss_u=${__pss_u:-$?},COMP_POINT=1,0))}"'
__pss_y+=' 2>"${__pss_null#"${COMP_LINE:=/}${__pss_us:=/$_}${__pss_ps:=/${PIPESTATUS[*]}}"}"'

# What stands around a handler, of DEBUG and of RETURN: it sees none of our commands. `case` leaves it `$?` and `$_`.
__pss_g='case $BASH_COMMAND/${FUNCNAME-} in *__pss_* | */trap | */exit | */logout) ;; *) '
__pss_gr='case ${FUNCNAME-} in __pss_* | trap) ;; *) ' __pss_ge=$'\n;;esac'

# Takes from the file what `trap -p` has put there: words, quoted for the shell.
__pss_take_traps() {
	builtin local __pss_my_v= __pss_my_i
	[[ -e $__pss_d/traps ]] || return
	__pss_traps=() __pss_bare=
	[[ -s $__pss_d/traps ]] || return
	IFS= builtin read -r -d '' __pss_my_v <"$__pss_d/traps"
	builtin eval "__pss_traps=($__pss_my_v)"
	# What has no trap is `-` in posix mode.
	for ((__pss_my_i = ${#__pss_traps[@]} - 2; __pss_my_i > 0; __pss_my_i -= 4)); do
		[[ ${__pss_traps[__pss_my_i]} != - ]] ||
			__pss_traps=("${__pss_traps[@]:0:__pss_my_i-2}" "${__pss_traps[@]:__pss_my_i+2}")
	done
	for ((__pss_my_i = 2; __pss_my_i < ${#__pss_traps[@]}; __pss_my_i += 4)); do
		__pss_my_v=${__pss_traps[__pss_my_i]#"$__pss_g"}
		__pss_my_v=${__pss_my_v#"$__pss_gr"}
		__pss_traps[__pss_my_i]=${__pss_my_v%"$__pss_ge"}
		case ${__pss_traps[__pss_my_i + 1]}$__pss_o in
		ERR* | RETURN*T*) __pss_bare=${__pss_traps[__pss_my_i]} ;;
		esac
	done
}

# `trap` is this function, so that a new handler has its guard from the start and nobody sees one: not where its name is
# looked up, under -x, nor with what is in __pss_bare: an ERR trap, which no function shows or takes off, or a RETURN trap
# that a DEBUG trap sees. Both have the attribute `trace`: else what they take off would come back when they return.
__pss_wraps= __pss_bare=
# __pss_wrap TEXT: makes it so for TEXT.
__pss_wrap() {
	builtin local __pss_my_w=1
	case $1 in
	*[Ee][Rr][Rr]* | *type* | *declare* | *compgen* | *command* | *unset*) __pss_my_w= ;;
	esac
	[[ -z $__pss_bare && $__pss_o != *x* && ! -o posix ]] || __pss_my_w=
	[[ $__pss_my_w != "$__pss_wraps" ]] || return 0
	if [[ -n $__pss_my_w ]]; then
		! builtin declare -F trap >/dev/null || return 0
		builtin eval 'trap() {
{ __pss_trap "$@"; } 9>&2 2>/dev/null || builtin return "$?"
}'
		builtin declare -ft trap __pss_trap
	elif [[ $(builtin declare -f trap) == *__pss_trap* ]]; then
		builtin unset -f trap
	fi
	__pss_wraps=$__pss_my_w
}

__pss_trap() {
	builtin local __pss_my_v __pss_my_s=0
	case ${1--p} in
	--) builtin shift ;;
	-p*)
		# Not in a substitution, which does not know all of them.
		builtin trap "$@" >|"$__pss_d/shown" 2>&9 || __pss_my_s=$?
		IFS= builtin read -r -d '' __pss_my_v <"$__pss_d/shown"
		__pss_my_v=${__pss_my_v//"$__pss_g"}
		__pss_my_v=${__pss_my_v//"$__pss_gr"}
		builtin printf %s "${__pss_my_v//"$__pss_ge"}" 2>&9
		builtin return "$__pss_my_s"
		;;
	esac
	if [[ $# -lt 2 || -z $1 || $1 == - || $1 == -?* || -o xtrace ]]; then
		builtin trap "$@" 2>&9 || builtin return
		[[ $1 != - || " $* " != *' ERR '* ]] || builtin trap '' ERR
		builtin return 0
	fi
	__pss_my_v=$1
	for ((; $# > 1; )); do
		builtin shift
		case $1 in
		[Dd][Ee][Bb][Uu][Gg]) builtin trap -- "$__pss_g$__pss_my_v$__pss_ge" "$1" ;;
		[Rr][Ee][Tt][Uu][Rr][Nn]) builtin trap -- "$__pss_gr$__pss_my_v$__pss_ge" "$1" ;;
		*) builtin trap -- "$__pss_my_v" "$1" 2>&9 || __pss_my_s=$? ;;
		esac
	done
	builtin return "$__pss_my_s"
}

# The end of a text of the user's, and again before a prompt: nothing that would disturb us is in force from here. (bash
# copies a function to call it: those that mostly have nothing to do are not called then.)
__pss_q() {
	[[ $- != *[aekuvxET]* ]] || __pss_off
	[[ -z $__pss_on || (-z $__pss_traps && ! -s $__pss_d/traps) ]] || __pss_take_traps
	__pss_on= __pss_l=
	builtin unset -v COMP_LINE COMP_POINT
	[[ -z $__pss_n || -n $__pss_at ]] || __pss_after
	builtin return 0
}

# ---- in front of a text
# __pss_is_pipe STATUS…: a pipeline that leaves these, and the status, can be made: into __pss_my_p.
__pss_is_pipe() {
	builtin local __pss_my_t
	__pss_my_t=$1
	while [[ -o pipefail && $__pss_my_t == *' 0' ]]; do
		__pss_my_t=${__pss_my_t% 0}
	done
	[[ ${__pss_my_t##* } == "$__pss_s" ]] || return
	__pss_my_t=$1 __pss_my_p=
	while [[ $__pss_my_t == *' '* ]]; do
		__pss_my_p+="(\\builtin exit \"\${__pss_void:-${__pss_my_t%% *}}\") | "
		__pss_my_t=${__pss_my_t#* }
	done
	__pss_my_p+="(\\builtin exit \"\${__pss_void:-$__pss_my_t}\")"
}

# __pss_before TEXT: makes __pss_x, which stands in front of TEXT: it puts the user's options and traps in force, and
# what the text before has left of `$?`, `$_` and PIPESTATUS. No trap sees anything of it.
__pss_before() {
	__pss_wrap "$1"
	if [[ -z $__pss_o$__pss_traps && $__pss_s -eq 0 && $__pss_pipe != *' '* ]]; then
		__pss_x=$__pss_plain_x __pss_l=$__pss_y
	else
		__pss_before_some "$1"
	fi
}
__pss_plain_x='{ __pss_r "${__pss_last:$((__pss_on=1,0))}"; } >/dev/null 2>&1'$'\n'

__pss_before_some() {
	builtin local __pss_my_i __pss_my_s __pss_my_g __pss_my_p __pss_my_x=
	[[ -z $__pss_o ]] || __pss_my_x="__pss_o=(); \\builtin set -$__pss_o; "
	for ((__pss_my_i = 2; __pss_my_i < ${#__pss_traps[@]}; __pss_my_i += 4)); do
		__pss_my_s=${__pss_traps[__pss_my_i + 1]} __pss_my_g=
		case $__pss_my_s${__pss_wraps:-0}${__pss_traps[__pss_my_i]:+set} in
		DEBUG1set) __pss_my_g='$__pss_g' ;;
		RETURN1set) __pss_my_g='$__pss_gr' ;;
		# Who speaks of traps sees his own, and who traces them.
		DEBUG0set) [[ $__pss_o == *x* || $1 == *trap* ]] || __pss_my_g='$__pss_g' ;;
		esac
		__pss_my_x+="\\builtin trap -- \"$__pss_my_g\${__pss_traps[$__pss_my_i]}${__pss_my_g:+\$__pss_ge}\" $__pss_my_s; "
	done
	if [[ $__pss_pipe == *' '* ]] && __pss_is_pipe "$__pss_pipe"; then
		__pss_my_x+=": \"\${__pss_last:\$((__pss_on=1,0))}\"; $__pss_my_p"
	elif [[ $__pss_o == *T* ]]; then
		__pss_my_x+=": \"\${__pss_last:\$((__pss_on=1,0))}\"; (\\builtin exit \"\$__pss_s\")"
	else
		__pss_my_x+="__pss_r \"\${__pss_last:\$((__pss_on=1,0))}\""
	fi
	[[ $__pss_s -eq 0 ]] || __pss_my_x+=" && :"
	__pss_x="{ $__pss_my_x; } >/dev/null 2>&1"$'\n' __pss_l=$__pss_y
}
