# bash: PROMPT_COMMAND, a part of bash.sh. Ours stands there while a line runs, as an interrupt makes bash run it at once,
# with the fifo as its input. The user's own, in __pss_p with its indices, is put in its place for each line that may ask
# for it, and for the hooks. __pss_kind: `a` if it is an array. __pss_own: it is in place.

# __pss_give_hooks [LAST]: with LAST behind it, which an interrupt makes bash run then.
__pss_give_hooks() {
	builtin local __pss_my_i
	__pss_own=1
	builtin unset -v PROMPT_COMMAND
	if [[ -n $__pss_kind ]]; then
		PROMPT_COMMAND=()
		for __pss_my_i in ${__pss_p[@]+"${!__pss_p[@]}"}; do
			PROMPT_COMMAND[__pss_my_i]=${__pss_p[__pss_my_i]}
		done
	elif [[ -n ${__pss_p[0]+set} ]]; then
		PROMPT_COMMAND=${__pss_p[0]}
	fi
	[[ -z ${1-} ]] || PROMPT_COMMAND+=("$1")
}

# Ours, as an array where the user has one, for handlers that ask for its last element.
__pss_put_ours() {
	builtin unset -v PROMPT_COMMAND
	if [[ -n $__pss_kind ]]; then
		PROMPT_COMMAND=("$__pss_h")
	else
		PROMPT_COMMAND=$__pss_h
	fi
}

__pss_take_hooks() {
	if [[ -n $__pss_own ]]; then
		__pss_copy_hooks
		__pss_put_ours
		__pss_own=
	elif [[ ${#PROMPT_COMMAND[@]} -ne 1 || ${PROMPT_COMMAND-} != "$__pss_h" ]]; then
		__pss_adopt
		__pss_put_ours
	fi
} 2>/dev/null

# The user's own as it stands there: __pss_p and __pss_kind.
__pss_copy_hooks() {
	builtin local __pss_my_i
	__pss_p=()
	for __pss_my_i in "${!PROMPT_COMMAND[@]}"; do
		[[ ${PROMPT_COMMAND[__pss_my_i]} == "$__pss_h" ]] || __pss_p[__pss_my_i]=${PROMPT_COMMAND[__pss_my_i]}
	done
	[[ ${#PROMPT_COMMAND[@]} -ne ${#__pss_p[@]} ]] || __pss_kind=
	[[ ${!__pss_p[*]} == 0 || ${#__pss_p[@]} -eq 0 ]] || __pss_kind=a
	[[ -n $__pss_old$__pss_kind || ${#PROMPT_COMMAND[@]} -ne ${#__pss_p[@]} || ${PROMPT_COMMAND@a} != *a* ]] ||
		__pss_kind=a
}

# What a line made of PROMPT_COMMAND, which was ours then: with what stood there before in its place.
__pss_adopt() {
	builtin local __pss_my_i __pss_my_o
	builtin local -a __pss_my_n
	__pss_my_n=()
	for __pss_my_i in "${!PROMPT_COMMAND[@]}"; do
		__pss_my_o=${PROMPT_COMMAND[__pss_my_i]}
		if [[ $__pss_my_o == "$__pss_h" ]]; then
			__pss_my_n+=(${__pss_p[@]+"${__pss_p[@]}"})
		else
			# Not ${__pss_my_o//…}: bash's versions differ in what quotes and `&` mean there.
			[[ $__pss_my_o != *"$__pss_h"* ]] || __pss_my_o=${__pss_my_o%%"$__pss_h"*}${__pss_p[0]-:}${__pss_my_o#*"$__pss_h"}
			__pss_my_n+=("$__pss_my_o")
		fi
	done
	__pss_p=(${__pss_my_n[@]+"${__pss_my_n[@]}"})
	[[ ${#__pss_p[@]} -lt 2 ]] || __pss_kind=a
}

# First of all: is there anything to be done? __pss_skip: the user's own have just been run by bash itself.
__pss_h='{ [[ -z $__pss_n && /dev/fd/0 -ef $__pss_d/q ]] || { __pss_skip=$__pss_own; \builtin eval "$__pss_l"; \builtin false; }; } '
__pss_h+='>"${__pss_null:$((__pss_u=${__pss_u:-$?},0))}" 2>&1 || \builtin eval "$__pss_rest_of_h"'
__pss_rest_of_h='while __pss_next; do \builtin eval "$__pss_x$__pss_hook$__pss_y" 0<>"$__pss_t"; done; __pss_end'

# What a text has left for the next one.
__pss_after() {
	__pss_s=$__pss_u __pss_last=${__pss_us#/} __pss_pipe=${__pss_ps#/}
	# PIPESTATUS is joined by what the user's IFS begins with.
	[[ -z ${IFS+set} || $IFS == ' '* ]] || __pss_pipe=${__pss_pipe//"${IFS:0:1}"/ }
	[[ -z $__pss_own && ${#PROMPT_COMMAND[@]} -eq 1 && ${PROMPT_COMMAND-} == "$__pss_h" ]] || __pss_take_hooks
}

# Puts the terminal in order behind a text, and what `exit` has borrowed.
__pss_settle() {
	if [[ -n $__pss_e ]]; then
		exec 2>&"$__pss_e" {__pss_e}>&-
		__pss_e=
		builtin eval "$__pss_i"
	fi
	[[ $__pss_s -lt 129 ]] || builtin command -p stty echo icanon isig iexten opost onlcr icrnl 0<>"$__pss_t" 2>/dev/null
}

# The next of the user's hooks, into __pss_hook. They run at the top level, as they stood in PROMPT_COMMAND before the
# first of them; before 5.1 bash runs the first element alone.
__pss_next() {
	[[ -n $__pss_n ]] || return 1
	if [[ -z $__pss_at ]]; then
		__pss_settle
		[[ -z $__pss_relay && -z $__pss_skip && ${#__pss_p[@]} -gt 0 ]] || return 1
		__pss_give_hooks
		__pss_at=0 __pss_hooks=("${__pss_p[@]}")
		[[ -z $__pss_only_first ]] || __pss_hooks=("${__pss_p[0]-}")
	fi
	while [[ $__pss_at -lt ${#__pss_hooks[@]} ]]; do
		__pss_hook=${__pss_hooks[__pss_at]} __pss_at=$((__pss_at + 1))
		[[ -n $__pss_hook ]] || continue
		__pss_before "$__pss_hook"
		return 0
	done
	return 1
}

# ---- the line in the history
# Makes __pss_i of the text $1: as `cmdhist` has a command of several lines. Where a quote, a comment, an array or a
# here-document may go over a line's end, or a list of patterns follows, it stays as it is typed.
__pss_join() {
	builtin local __pss_my_l __pss_my_v __pss_my_o= __pss_my_q
	__pss_i=$1
	# Of a long text that would take seconds.
	[[ ${#1} -le 16384 && $1 == *$'\n'* ]] && builtin shopt -q cmdhist && ! builtin shopt -q lithist || return 0
	case $1 in
	*$'\\\n'* | *\\[\"\']* | *\`* | *'<<'* | *'=('* | *case* | \#* | *[[:space:]\;\&\|\(]\#*) return ;;
	esac
	__pss_my_v=$1$'\n'
	while [[ -n $__pss_my_v ]]; do
		__pss_my_l=${__pss_my_v%%$'\n'*} __pss_my_q=
		__pss_my_v=${__pss_my_v:${#__pss_my_l}+1}
		[[ $__pss_my_l != *[\"\']* ]] || __pss_my_q=${__pss_my_l//[!\"]/}/${__pss_my_l//[!\']/}
		case $__pss_my_q in
		'' | / | \"\"/ | /\'\' | \"\"/\'\' | \"\"\"\"/ | /\'\'\'\') ;;
		*) return ;;
		esac
		__pss_my_o+=$__pss_my_l
		[[ -n $__pss_my_v ]] || break
		__pss_my_l=${__pss_my_l%"${__pss_my_l##*[![:blank:]]}"}
		case " $__pss_my_l" in
		*'()' | *[\{\(\;\&\|]) __pss_my_o+=' ' ;;
		*[[:blank:]\;]do | *[[:blank:]\;]then | *[[:blank:]\;]else) __pss_my_o+=' ' ;;
		*[[:blank:]\;]if | *[[:blank:]\;]while | *[[:blank:]\;]until) __pss_my_o+=' ' ;;
		*) __pss_my_o+='; ' ;;
		esac
	done
	__pss_i=$__pss_my_o
}
