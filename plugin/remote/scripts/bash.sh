# bash, from 4.2: sourced through $ENV by `bash --posix -l -i`. Standard input is the terminal until the
# last line. At rest the shell has empty prompts, no e, u, v, x, T, E options, no DEBUG, ERR and RETURN trap, and
# PROMPT_COMMAND is ours; a request hands the user's own back for the time of the user's text (PROTOCOL.md).
set +o posix
shopt -u inherit_errexit 2>/dev/null
__pss_d=${ENV%/*}
read -r __pss_k <"$__pss_d/key"
if [[ -n $__pss_env ]]; then ENV=$__pss_env; else unset ENV; fi
unset __pss_env ZDOTDIR_ 2>/dev/null
[[ ${BASH_VERSINFO[0]} -ge 5 ]] && BASH_ARGV0=-bash

# The options that would disturb us are off from here, and known in __pss_o: -k takes the values of our locals, -a exports
# what we set, but for an array. The letters of $- say only that there may be one: with nocasematch they are not what they seem.
__pss_o=() __pss_aliases=
__pss_off() {
	[[ $- == *[aekuvxET]* ]] || return 0
	[[ ! -o allexport ]] || __pss_o[0]+=a
	[[ ! -o errexit ]] || __pss_o[0]+=e
	[[ ! -o errtrace ]] || __pss_o[0]+=E
	[[ ! -o functrace ]] || __pss_o[0]+=T
	[[ ! -o keyword ]] || __pss_o[0]+=k
	[[ ! -o nounset ]] || __pss_o[0]+=u
	[[ ! -o verbose ]] || __pss_o[0]+=v
	[[ ! -o xtrace ]] || __pss_o[0]+=x
	builtin set +aekuvxET
}

@BASH_TRAPS@

# ---- the login files
__pss_n= __pss_at= __pss_u=() __pss_us=() __pss_ps=() __pss_on=(1) __pss_skip=()
__pss_wrap ''
# There is a line editor for them, as natively: `bind` warns where there is none.
{ set -o emacs; } 2>/dev/null
[[ -r /etc/profile ]] && . /etc/profile
__pss_i=$(
	for __pss_i in ~/.bash_profile ~/.bash_login ~/.profile; do
		[[ -r $__pss_i ]] && \builtin printf %s "$__pss_i" && \builtin exit "${__pss_void:-0}"
	done
)
[[ -n $__pss_i ]] && . "$__pss_i"
# Nor do aliases change what follows. A substitution is parsed each time that it runs: no word of it may be an alias.
{
	\builtin eval "$__pss_y"
	\builtin shopt -q expand_aliases && __pss_aliases=1
	\builtin shopt -u expand_aliases
} >/dev/null 2>&1
builtin export -n __pss_i __pss_aliases __pss_n __pss_at

__pss_kept=@KEPT@ __pss_n=@FIRST@

# ---- replies. The rest is a file of its own where the terminal's command has brought it (script.c).
@MORE@
__pss_say() {
	builtin printf '%s\0' $'\036'"$__pss_k$1" "${@:2}"
} 2>/dev/null 1<>"$__pss_d/rep"

__pss_mark() {
	builtin printf '\033]7337;%s;%s\007' "$1" "$2" 1<>"$__pss_t"
}

# A readonly variable must not end the function.
__pss_set() {
	builtin printf -v "$1" %s "$2"
} 2>/dev/null

__pss_r() {
	builtin return "${__pss_s:-0}"
}

# __pss_prompt TEXT: __pss_i is the prompt that it stands for; for bash before 4.4, which has no ${…@P}. What the here-document
# expands sees the status.
__pss_prompt() {
	builtin local __pss_my_v
	__pss_i=$1
	__pss_unescape
	if [[ $__pss_i != *[\\\$\`]* ]] || ! builtin shopt -q promptvars; then
		return
	fi
	__pss_j=
	__pss_r
	builtin eval "while IFS= builtin read -r __pss_my_v; do
__pss_j+=\$__pss_my_v\$'\n'
done <<__pss_end_of_prompt
$__pss_i
__pss_end_of_prompt"
	__pss_i=${__pss_j%$'\n'}
}

# Puts the numbers of the next command and of its line in the history for \# and \! in __pss_i: bash counts our requests, and
# no history.
__pss_count() {
	builtin local __pss_my_h __pss_my_v __pss_my_o=
	__pss_my_h=$(HISTTIMEFORMAT= \builtin history 1)
	__pss_my_h=${__pss_my_h#"${__pss_my_h%%[0-9]*}"}
	__pss_my_h=${__pss_my_h%%[!0-9]*}
	__pss_my_v=$__pss_i
	while [[ $__pss_my_v == *\\* ]]; do
		__pss_my_o+=${__pss_my_v%%\\*}
		__pss_my_v=${__pss_my_v#*\\}
		case $__pss_my_v in
		'#'*) __pss_my_o+=$__pss_number ;;
		'!'*) __pss_my_o+=$((${__pss_my_h:-0} + 1)) ;;
		*) __pss_my_o+=\\${__pss_my_v:0:1} ;;
		esac
		__pss_my_v=${__pss_my_v:1}
	done
	__pss_i=$__pss_my_o$__pss_my_v
}

# ---- around the user's text. Locals have the prefix __pss_my_: one that is readonly in the session cannot be a local's.
# __pss_b N TEXT: begins the request N. It fails for one that has begun already: a request may come twice.
__pss_b() {
	[[ $1 != "$__pss_n" && $1 != "$__pss_m" ]] || return 1
	[[ -n ${PROMPT_COMMAND-} ]] || PROMPT_COMMAND=$__pss_h
	__pss_n=$1 __pss_c=$2 __pss_u= __pss_us= __pss_ps= __pss_rests=
	__pss_w=$((__pss_w > 0 ? __pss_w - 1 : 0))
	# `eval "set -o vi"` without line editing ends bash (4.2 to 5.3) with SIGSEGV; a sourced file does not.
	case $2 in
	*set*-o*emacs* | *set*-o*vi*)
		if { builtin printf '%s\n' "$2" >|"$__pss_d/text"; } 2>/dev/null; then
			__pss_c='. "$__pss_d/text"'
		else # never half of a line, nor none without a word
			__pss_c='builtin printf "%s: this line has not run: %s cannot be written\n" bash "$__pss_d/text" >&2; builtin false'
		fi
		;;
	esac
	[[ ! -o posix ]] || builtin alias exit='__pss_exit "$?" exit'
	__pss_set PS1 "$__pss_1"
	__pss_set PS2 "$__pss_2"
	__pss_set PS0 "$__pss_0"
	__pss_say b "$1"
	__pss_before "$2"
	[[ -n $__pss_relay ]] || __pss_tell "$2"
	:
}

# __pss_tell TEXT: a line of the user's: what its traps and hooks may ask of it, and PS0.
__pss_tell() {
	case $1 in
	*PROMPT_COMMAND*) __pss_give_hooks ;;
	*source* | *'. '* | *eval*) [[ -n $__pss_only_first ]] || __pss_give_hooks "$__pss_h" ;;
	esac
	[[ $1 == *[![:space:]]* ]] || return
	__pss_number=$((__pss_number + 1))
	__pss_join "$1"
	builtin history -s -- "$__pss_i"
	if [[ -n $__pss_0 && -z $__pss_old ]]; then
		__pss_r "$__pss_last"
		builtin printf %s "${__pss_0@P}" 1<>"$__pss_t"
	fi
}

# __pss_stream N KIND: the streams of the invocation N begin (<) or end (>) here.
__pss_stream() {
	builtin printf '\036%s%s' "$1" "$2" 1<>"$__pss_d/o$__pss_relay"
	builtin printf '\036%s%s' "$1" "$2" 1<>"$__pss_d/e$__pss_relay"
} 2>/dev/null

# __pss_await N: the first relay is under way, and says in w1 that it is there. Where it is late, the invocation does not
# begin, and comes again under another number.
__pss_await() {
	[[ ! -p $__pss_d/w1 ]] || ! builtin read -r -t 1 __pss_i <>"$__pss_d/w1" || return 0
	__pss_m=$1
	__pss_say y "$1"
	return 1
} 2>/dev/null

# __pss_i N TEXT K [I [short [await]]]: begins the invocation N, whose output is the fifos of relay K; its input that of number
# I, or nothing.
__pss_i() {
	[[ $1 != "$__pss_n" && $1 != "$__pss_m" ]] || return 1
	[[ -z ${6-} ]] || __pss_await "$1" || return 1
	__pss_relay=$3 __pss_bang=${!-} __pss_in=/dev/null __pss_fin=
	[[ -z ${4-} ]] || __pss_in=$__pss_d/i$3.$4
	[[ -z ${5-} ]] || ! __pss_short "$1" "$2" || return 0
	__pss_stream "$1" '<'
	__pss_b "$1" "$2" >/dev/null 2>&1
}

# ---- the short way of an invocation: where nothing of the user's has to be put aside or given back, its streams alone say
# that it has begun, and what says that it has ended stands inside its own redirections. Else all of this is left to what
# stands around every text. Small functions, as bash copies one each time that it calls it.
__pss_short_x='\builtin printf "\036%s<" "$__pss_n"; \builtin printf "\036%s<" "$__pss_n" >&2; __pss_r "$__pss_last"'$'\n'
__pss_short() {
	[[ -z $__pss_old$__pss_o$__pss_traps && $__pss_pipe != *' '* && $__pss_w -eq 0 && ! -o posix && $2 != *set*-o* ]] || return 1
	[[ ${PS0@a}${PS1@a}${PS2@a}${PROMPT_COMMAND@a} != *r* ]] || return 1
	case $__pss_wraps/$2 in
	/* | *[Ee][Rr][Rr]* | *type* | *declare* | *compgen* | *command* | *unset*) __pss_wrap "$2" ;;
	esac
	PS0=$__pss_0 PS1=$__pss_1 PS2=$__pss_2 PROMPT_COMMAND=$__pss_h
	__pss_u= __pss_us= __pss_ps= __pss_rests= __pss_c=$2 __pss_x=$__pss_short_x __pss_l=$__pss_y __pss_on=1 __pss_fin=$'\n__pss_shut'
	__pss_n=$1
}

# Ends it, with its output as standard output and error still, and all of the user's put aside. What it leaves alone
# PROMPT_COMMAND ends, which has nothing to do else: where bash has its input put aside in descriptor 10 still, it will have it back.
__pss_shut() {
	[[ -n $__pss_n && -z $__pss_own$__pss_at$__pss_e && $__pss_s -lt 129 && ${!-} == "$__pss_bang" && $__pss_in == /dev/null ]] || return 0
	[[ ${PS0@a}${PS1@a}${PS2@a}${PROMPT_COMMAND@a} != *r* && /dev/fd/1 -ef $__pss_d/o$__pss_relay && /dev/fd/2 -ef $__pss_d/e$__pss_relay ]] || return 0
	__pss_0=${PS0-} __pss_1=${PS1-} __pss_2=${PS2-} __pss_rests=1
	PS0= PS1= PS2=
	builtin printf '\036%s>' "$__pss_n"
	builtin printf '\036%s>' "$__pss_n" >&2
	builtin printf '%s\0' $'\036'"${__pss_k}E" "$__pss_n" "$__pss_s" "$PWD" quiet "$-" 1<>"$__pss_d/rep" || return 0
	__pss_m=$__pss_n __pss_n= __pss_relay= __pss_l=
	[[ ! /dev/fd/10 -ef $__pss_d/q ]] || PROMPT_COMMAND=
}

# Tells the relay that the input of the invocation is read no more.
__pss_over() {
	[[ $__pss_in == /dev/null ]] || builtin printf 'over %s\n' "${__pss_in##*.}" 1<>"$__pss_d/c$__pss_relay"
} 2>/dev/null

# __pss_f K: ends the relay K, or what is left of one that somebody has killed.
__pss_f() {
	builtin local __pss_my_p
	builtin read -r __pss_my_p <"$__pss_d/r$1" || return
	builtin kill "$__pss_my_p" || builtin kill -KILL "-$__pss_my_p"
}

# __pss_v N TEXT: the same where TEXT is complete, else says so and fails.
__pss_v() {
	builtin local __pss_my_m
	__pss_my_m=$(
		LC_ALL=C
		\builtin eval "__pss_c() { $2"$'\n}' 2>&1
	)
	case $__pss_my_m in
	*'unexpected EOF'* | *'unexpected end of file'* | *here-document*) ;;
	*"near unexpected token \`}'"*)
		# Unfinished, or a stray brace? With another closing word the two differ.
		__pss_my_m=$(
			LC_ALL=C
			\builtin eval "__pss_c() ( $2"$'\n)' 2>&1
		)
		case $__pss_my_m in
		*"near unexpected token \`)'"* | *'unexpected EOF'* | *'unexpected end of file'*) ;;
		*) __pss_my_m= ;;
		esac
		;;
	*) __pss_my_m= ;;
	esac
	if [[ -z $__pss_my_m ]]; then
		__pss_b "$1" "$2"
		return
	fi
	if [[ -n $__pss_old ]]; then
		__pss_prompt "$__pss_2"
		__pss_my_m=$__pss_i
	else
		__pss_my_m=${__pss_2@P}
	fi
	__pss_say v "$1" "${__pss_my_m:0:@PROMPT@}"
	return 1
}

@BASH_HOOKS@

# Ends the request: the report and the mark, behind the user's hooks.
__pss_end() {
	# `exec 10>&-` closed what the request's redirection had put aside, and left us at the terminal.
	[[ ! -p $__pss_d/q || /dev/fd/0 -ef $__pss_d/q ]] || exec 0<>"$__pss_d/q"
	[[ -n $__pss_n ]] || return 0
	builtin local __pss_my_i
	[[ -z $__pss_at && -z $__pss_own ]] || __pss_take_hooks
	__pss_at=
	# An interrupt may come at any point; then this runs again from the start.
	if [[ -z $__pss_rests ]]; then
		__pss_1=${PS1-} __pss_2=${PS2-} __pss_0=${PS0-} __pss_rests=1
	fi
	__pss_my_i=$__pss_1
	if [[ -n $__pss_relay ]]; then
		__pss_my_i=
		[[ ${!-} == "$__pss_bang" ]] || __pss_my_i=background
		__pss_over
		__pss_stream "$__pss_n" '>'
	elif [[ -n $__pss_old ]]; then
		__pss_prompt "$__pss_1"
		__pss_my_i=$__pss_i
	else
		__pss_i=$__pss_1
		[[ $__pss_i != *\\[#!]* ]] || __pss_count
		__pss_r "$__pss_last"
		__pss_my_i=${__pss_i@P}
	fi
	__pss_set PS1 ''
	__pss_set PS2 ''
	__pss_set PS0 ''
	__pss_say E "$__pss_n" "$__pss_s" "$PWD" "${__pss_my_i:0:@PROMPT@}" "$-"
	__pss_mark "$__pss_n" "q;$__pss_s"
	__pss_m=$__pss_n __pss_n= __pss_relay= __pss_l=
	return 0
}

# __pss_z N [again]: a second line behind each request, which acts only where the first was cut short. With
# `again` it repeats the last mark, as an interrupt makes the terminal drop what it holds.
__pss_z() {
	if [[ $__pss_n != "$1" ]]; then
		[[ -z ${2-} || $__pss_m != "$1" ]] || __pss_mark "$1" "q;$__pss_s"
		return 0
	fi
	__pss_settle
	__pss_end
}

# __pss_g N SENTINEL: says what was typed and read by nobody. In a substitution, as it would be a job of its own else.
__pss_g() {
	: "$(\builtin command -p sh "$__pss_d/typed" "$@" 0<>"$__pss_t")"
}

# ---- completion
# __pss_c N …: looks in a copy of this shell, which is no job of it: nothing here changes. The copy and all that it
# starts are one process group, which ends itself when its time is up.
__pss_c() {
	__pss_job=$( (
		\builtin set -m
		{
			\builtin set +m
			\builtin shopt -u expand_aliases
			\builtin read -r -t 2 __pss_f < <(\builtin . "$__pss_d/complete") || \builtin kill -KILL 0
		} </dev/null >/dev/null 2>&1 &
		\builtin echo $!
	))
}

# __pss_a: ends it now.
__pss_a() {
	[[ -z $__pss_job ]] || builtin kill -KILL -- "-$__pss_job"
	__pss_job=
}

# ---- exit
# __pss_exit STATUS exit|logout [N]
__pss_exit() {
	builtin local __pss_my_s
	__pss_my_s=$1
	builtin shift
	if [[ $BASH_SUBSHELL -ne 0 || $BASHPID -ne $$ || -z $__pss_n ]]; then
		[[ $# -gt 1 ]] || builtin "$1" "$__pss_my_s"
		builtin "$@"
		return
	fi
	if [[ -z $__pss_kept ]]; then
		[[ $# -gt 1 ]] || builtin set -- "$1" "$__pss_my_s"
		[[ $__pss_w -eq 0 ]] || builtin "$@"
		__pss_w=2
		builtin "$@"
		return
	fi
	case ${2-$__pss_my_s} in
	'' | *[!0-9-]* | ?*-*)
		builtin printf '%s: %s: numeric argument required\n' "$1" "$2" >&2
		__pss_my_s=2
		;;
	*) __pss_my_s=$((${2-$__pss_my_s} & 255)) ;;
	esac
	__pss_off
	__pss_u=$__pss_my_s
	__pss_say X "$__pss_n" "$__pss_my_s"
	__pss_i=$(\builtin trap -p INT)
	builtin trap - INT
	if [[ -n $__pss_relay ]]; then
		exec {__pss_e}<>"$__pss_t" 2>/dev/null
	else
		exec {__pss_e}>&2 2>/dev/null
	fi
	builtin kill -INT $$
}
# In posix mode no function can stand for a special builtin, nor be given its name; then __pss_b makes an alias.
[[ -o posix ]] || builtin eval 'exit() {
__pss_exit "$?" exit "$@"
}'
logout() {
	__pss_exit "$?" logout "$@"
}

# ---- the boot's last steps
__pss_u=0 __pss_us=/ __pss_ps=/0 __pss_s=0 __pss_l=$__pss_y __pss_w=0 __pss_e= __pss_i= __pss_rests= __pss_m= __pss_job= __pss_relay= __pss_p=() __pss_kind= __pss_own= __pss_number=1 __pss_fin=
__pss_old= __pss_only_first=
[[ ${BASH_VERSINFO[0]}${BASH_VERSINFO[1]} -ge 51 ]] || __pss_only_first=1
if [[ ${BASH_VERSINFO[0]}${BASH_VERSINFO[1]} -lt 44 ]]; then
	__pss_old=1
	. "$__pss_d/escapes"
fi
# Where the terminal has no name, as in a chroot, it has another way to it.
__pss_t=$(builtin command -p tty 2>/dev/null)
__pss_t=/dev/${__pss_t##*/dev/}
[[ -c $__pss_t ]] || __pss_t=/dev/tty
if [[ ! -c $__pss_t ]] || ! { : <>"$__pss_t"; } 2>/dev/null; then
	exec {__pss_i}<>"/proc/$$/fd/0"
	__pss_t=/proc/$$/fd/$__pss_i
fi
# Where the control script has ended meanwhile, for want of processes say, this is the shell of the login.
[[ -p $__pss_d/q ]] || exec -l "$BASH"
for __pss_i in PS0 PS1 PS2 PROMPT_COMMAND; do
	if [[ -n $__pss_old ]]; then
		__pss_c=$(builtin declare -p "$__pss_i" 2>/dev/null)
		__pss_c=${__pss_c#declare -}
	else # no process that a CHLD trap would see
		builtin eval "__pss_c=\${$__pss_i@a}"
	fi
	case ${__pss_c%% *} in
	*r*)
		__pss_say n "$__pss_i is readonly"
		__pss_mark "${__pss_d##*.pss-}" 's;1'
		exec -l "$BASH"
		;;
	esac
done
__pss_i=
builtin set +Ho history +o vi +o emacs
# Hooks say `history -a`, and look at its status.
builtin unset HISTFILE
HISTFILE=/dev/null
__pss_i=
__pss_copy_hooks
__pss_put_ours
[[ -z $__pss_aliases ]] || builtin shopt -s expand_aliases
builtin echo >|"$__pss_d/up"
__pss_say r bash "$BASH_VERSION" $$
exec 0<>"$__pss_d/q"
