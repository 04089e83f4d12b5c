# The user's DEBUG and ZERR traps: put aside wherever nothing of the user's runs, given back for what does. Sourced in
# front of the user's first start-up file.
#
# zsh runs a DEBUG trap before each list, and not before the commands that one list joins by && and ||. So what puts
# traps aside is one list, and what gives them back does so with its last one. The list behind the user's text would be
# seen all the same: so a guard stands in the trap, but where the text speaks of traps.
#
# __pss_traps: for each, f (a function), t (a text), or nothing. __pss_forms: its text as the user has it, and with the
# guard. __pss_at: what is set while the user's ALL_EXPORT is in force, as elements are not exported.
builtin typeset -gA __pss_traps __pss_forms __pss_at
builtin typeset -g __pss_signals=
__pss_traps=(DEBUG '' ZERR '')
__pss_aside='\builtin \functions -c TRAPDEBUG __pss_now_DEBUG 2>/dev/null || : && \builtin \functions -c TRAPZERR __pss_now_ZERR 2>/dev/null || : && \builtin \trap >>|"$__pss_d/traps" || : && \builtin \trap - DEBUG ZERR'

# Takes what __pss_aside has left. Plain, as a function that it defines would have our options else.
__pss_keep_traps() {
	__pss_sort_traps
	for __pss_i in DEBUG ZERR; do
		case ${__pss_traps[$__pss_i]} in
		new)
			functions[__pss_guard_$__pss_i]=${__pss_forms[guard$__pss_i]}
			__pss_traps[$__pss_i]=f
			;;
		esac
	done
}

# Gives back the form that __pss_at[traps] says (own, guard; named: guard for DEBUG, own for ZERR), once. A function of arithmetic, whose value is that of its
# last arithmetic: the status. So `return $(( __pss_install() ))` is seen by no trap.
__pss_install() {
	__pss_at[form]=${__pss_at[traps]-} __pss_at[traps]=
	case ${__pss_at[form]:+${__pss_traps[DEBUG]}${__pss_traps[ZERR]}} in
	'') (( ${__pss_sl:-0} )) || : ;;
	*) __pss_install_some ;;
	esac
}

# For a text that is one list with what puts traps aside: called in that list.
__pss_later() {
	__pss_at[traps]=${__pss_at[later]} __pss_at[later]=
	__pss_install
}

__pss_install_some() {
	__pss_at[off]=${${options[aliases]:#on}:+no}
	\builtin setopt noaliases
	__pss_at[ZERR]=${__pss_at[form]/named/own} __pss_at[DEBUG]=${__pss_at[form]/named/guard}
	case ${__pss_traps[ZERR]}${__pss_at[ZERR]} in
	fown) functions[TRAPZERR]=${__pss_forms[ownZERR]} ;;
	fguard) functions[TRAPZERR]=${functions[__pss_guard_ZERR]} ;;
	t*) \builtin trap -- "${__pss_forms[${__pss_at[ZERR]}ZERR]}" ZERR ;;
	esac
	(( ${__pss_sl:-0} )) || :
	case ${__pss_traps[DEBUG]}${__pss_at[DEBUG]} in
	fown) functions[TRAPDEBUG]=${__pss_forms[ownDEBUG]} && \builtin setopt ${__pss_at[off]}aliases ;;
	fguard) functions[TRAPDEBUG]=${functions[__pss_guard_DEBUG]} && \builtin setopt ${__pss_at[off]}aliases ;;
	t*) \builtin trap -- "${__pss_forms[${__pss_at[DEBUG]}DEBUG]}" DEBUG && \builtin setopt ${__pss_at[off]}aliases ;;
	*) \builtin setopt ${__pss_at[off]}aliases ;;
	esac
}

builtin emulate zsh -o noaliases -c '
# __pss_guard NAME N TEXT: both forms of TEXT. The Nth function, from 0, is the one it watches, as a trap that is a
# function is in front of that itself.
function __pss_guard {
	local w="\${funcstack[@]:$2:2}"
	[[ $1 != DEBUG ]] || w+=" \$ZSH_DEBUG_CMD"
	__pss_forms[own$1]=$3
	__pss_forms[guard$1]="case \"$w\" in (*__pss_*) ;; (*)"$'\''\n'\''"$3"$'\''\n;; esac'\''
}

# What the lists have left. A text that begins with our guard is unchanged.
function __pss_sort_traps {
	local t= i n
	local -a w
	[[ ! -s $__pss_d/traps ]] || { t=$(<"$__pss_d/traps"); : >|"$__pss_d/traps" }
	__pss_signals=${t:+1}
	# Those that are to be given back yet are as they were.
	[[ -z $__pss_at[traps]$__pss_at[later] ]] || return 0
	for i in DEBUG ZERR; do
		if (( ! $+functions[__pss_now_$i] )); then
			__pss_traps[$i]=
			continue
		fi
		if [[ $__pss_traps[$i] != f || $functions[__pss_now_$i] != $functions[__pss_guard_$i] ]]; then
			__pss_traps[$i]=new
			__pss_guard $i 1 "$functions[__pss_now_$i]"
		fi
		builtin unset -f __pss_now_$i
	done
	[[ $t == *" "(DEBUG|ERR|ZERR)* ]] || return 0
	w=("${(z)t}")
	for (( i = 1; i + 3 <= $#w; i++ )); do
		if [[ "$w[i] $w[i+1]" == "trap --" && $w[i+3] == (DEBUG|ERR|ZERR) ]]; then
			n=${w[i+3]/#ERR/ZERR} t=${(Q)w[i+2]}
			__pss_traps[$n]=t
			[[ $t == "case \"\${funcstack[@]:0:2}"*"__pss_"* ]] || __pss_guard $n 0 "$t"
		fi
	done
}
'

# ---- what the user waits for while the shell rests: zle -F, traps of signals, scheduled commands and TMOUT. Outside of
# the line editor zsh looks for none of them, so we wait for the fifo and for what they watch, and call them; a prompt that
# they change is reported.
builtin emulate zsh -o noaliases -c '
# What a handler may ask of the line editor, as far as there is something of it here.
function __pss_zle {
	case ${1-} in
	(-[FNCDAlL]*) builtin zle "$@" ;;
	((.|)reset-prompt)
		__pss_asked=1
		[[ -n $__pss_fd ]] || builtin print -n . 1<>"$__pss_d/go"
		;;
	esac
} 2>/dev/null

# That stands in the place of the builtin while it is waited, and handlers run.
function __pss_veil {
	(( $+functions[zle] )) || function zle { __pss_zle "$@"; }
}

function __pss_unveil {
	[[ ${functions[zle]-} != *__pss_zle* ]] || builtin unset -f zle
}

# What zle -F watches.
function __pss_watched {
	local l
	builtin zle -FL >|"$__pss_d/watched" || return
	reply=()
	for l in "${(@f)$(<"$__pss_d/watched")}"; do
		l=${${(z)l}[-2]}
		# A closed one would be an error of all; zsh does not let one of a module be tried by a redirection.
		[[ $l != <-> || ! -e /dev/fd/$l ]] || reply+=(-r $l)
	done
}

# The second of the first scheduled command or of the end of TMOUT, whichever is sooner; empty where there is neither.
# Without the line editor zsh has no TMOUT.
function __pss_look_ahead {
	__pss_next=
	if builtin zmodload -e zsh/sched && (( $#zsh_scheduled_events )); then
		__pss_next=${zsh_scheduled_events[1]%%:*}
	fi
	[[ -n $__pss_zle && ${TMOUT-} == <1-> ]] || return 0
	(( ${__pss_next:-__pss_since + TMOUT} < __pss_since + TMOUT )) || __pss_next=$(( __pss_since + TMOUT ))
}

# Hundredths of a second till then.
function __pss_count_down {
	local now=${(%):-%D{%s}}
	REPLY=$(( __pss_next > now ? (__pss_next - now) * 100 : 0 ))
}

# A scheduled command that is due is taken, as __pss_i.
function __pss_take_due {
	local e now=${(%):-%D{%s}}
	builtin zmodload -e zsh/sched && (( $#zsh_scheduled_events )) || return
	e=$zsh_scheduled_events[1]
	(( ${e%%:*} <= now )) || return
	__pss_i=${${e#*:}#*:}
	builtin sched -1
}

# TMOUT is over: what is to be called, as __pss_i. The signal itself, where there is no trap, ends the shell.
function __pss_take_alarm {
	local -a w
	local i now=${(%):-%D{%s}}
	[[ -n $__pss_zle && ${TMOUT-} == <1-> ]] && (( __pss_since + TMOUT <= now )) || return
	__pss_since=$now
	__pss_i="\\builtin kill -ALRM $$"
	(( ! $+functions[TRAPALRM] )) || __pss_i="TRAPALRM 14"
	builtin trap >|"$__pss_d/watched"
	w=("${(z)$(<"$__pss_d/watched")}")
	for (( i = 1; i + 3 <= $#w; i++ )); do
		[[ "$w[i] $w[i+1] $w[i+3]" != "trap -- ALRM" ]] || __pss_i=${(Q)w[i+2]}
	done
}

# Fails when a request has come, or where nothing is waited for. __pss_fd is then the descriptor that is ready, or empty:
# what a signal has run wants another prompt, or a time has come. The first wakes us by the fifo `go`, which has no other
# use any more. (It is not opened by exec: that closes the terminal for a moment, which may be its end.)
function __pss_wait {
	local -a reply
	local -A ready
	local w REPLY
	__pss_fd= __pss_asked=
	builtin zmodload -e zsh/zle && builtin zmodload zsh/zselect && __pss_watched || return
	__pss_look_ahead
	(( $#reply )) || [[ -n $__pss_signals$__pss_next ]] || return
	__pss_veil
	__pss_count_down
	: {w}<>"$__pss_d/go"
	{
		if ! builtin zselect -A ready ${__pss_next:+-t$REPLY} -r 0 -r $w $reply; then
			[[ -n $__pss_next ]] && __pss_count_down && (( ! REPLY ))
			return
		fi
		[[ -z $ready[$w] ]] || builtin read -k 1 -u $w
	} always {
		: {w}<&-
	}
	[[ -z $ready[0] ]] || return 1
	[[ -n $__pss_asked ]] || __pss_fd=${${(k)ready}:#$w}
}

# The handler of __pss_fd: what is called.
function __pss_find_handler {
	local l
	local -a w
	__pss_i=:
	for l in "${(@f)$(<"$__pss_d/watched")}"; do
		w=("${(@Q)${(z)l}}")
		[[ $w[-2] == $__pss_fd ]] || continue
		__pss_i=$w[-1]
		[[ $w[-3] != -w ]] || __pss_i=${widgets[$w[-1]]#user:}
	done
}

function __pss_tell_prompt {
	__pss_cut
	[[ $__pss_i$'\''\n'\''$__pss_right != "$__pss_shown" ]] || return 0
	__pss_shown=$__pss_i$'\''\n'\''$__pss_right
	__pss_say P "$__pss_last" "$__pss_i" "$__pss_right"
}
'

__pss_call_handler() {
	__pss_find_handler
	__pss_veil
	__pss_at[traps]=guard
	case $__pss_zle in
	1) \builtin setopt zle ;;
	esac
	\builtin eval "$__pss_before; \"\$__pss_i\" \"\$__pss_fd\"" 0<>"$__pss_t" 1>&0 2>&0
}

__pss_run() {
	\builtin eval "$__pss_i"
} 0<>"$__pss_t" 1>&0 2>&0

__pss_run_due() {
	while __pss_take_due; do
		__pss_run
	done
}

__pss_run_timed() {
	__pss_veil
	__pss_at[traps]=guard
	__pss_run_due
	! __pss_take_alarm || __pss_run
}

# Under the user's options, like hooks of the prompt.
__pss_answer() {
	__pss_wake
	__pss_give
	{
		case $__pss_fd in
		?*) __pss_call_handler ;;
		*) __pss_run_timed ;;
		esac
	} always {
		\builtin unsetopt zle
		{ \builtin eval "$__pss_aside"; } >/dev/null 2>&1
		__pss_keep_traps
		__pss_at[traps]=
		case $__pss_asked in
		?*) __pss_render ;;
		esac
		__pss_note off "${__pss_reading[@]}"
		\builtin setopt "${__pss_reading[@]}" nozle nobanghist
		__pss_rest
		__pss_sort
		case $__pss_asked in
		?*) __pss_tell_prompt ;;
		esac
	}
}

# Behind each request that comes at rest.
__pss_watch() {
	case $__pss_n in
	?*) return 0 ;;
	esac
	# What a signal has run in front of us wants a new prompt, too.
	case $PS1 in
	?*)
		__pss_fd= __pss_asked=1
		__pss_answer
		;;
	esac
	__pss_since=${(%):-%D{%s}}
	while __pss_wait; do
		__pss_answer
	done
	__pss_unveil
	case $PS1 in
	?*) __pss_answer ;;
	esac
}
