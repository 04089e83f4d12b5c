# zsh, from 5.8: the private directory is ZDOTDIR, and its .zshenv, .zprofile, .zshrc and .zlogin source this
# file with __pss_stub set. Each gives the user's own file the user's own ZDOTDIR. What follows the `if` runs
# at the end of .zlogin. Standard input is the terminal until the last line. Functions are defined under
# `emulate zsh -c`, so that no option of the user changes them; only those that call user code or set options are plain.

# ---- options: this is read under those of the user, so it holds no reserved word before aliases are off, no quoted
# newline, and no `}` but in the place of a command
__pss_i=${options[aliases]}
\builtin setopt noaliases
\builtin typeset -ga __pss_reading __pss_running __pss_user __pss_trace
# How a line is read, and what comes with a prompt: given back in front of the text, as it is parsed as a whole.
__pss_reading=(noaliases nocorrect nocorrectall nocshjunkiequotes noignorebraces noignoreclosebraces nopromptcr nopromptsp norcquotes noshglob histignorespace)
# What becomes of a command: given back by the first words of the text, taken by the last. Some of these are put back
# when the function that has set them returns.
__pss_running=(noallexport noerrexit noerrreturn nolocaloptions nolocaltraps noprintexitvalue noverbose nowarncreateglobal nowarnnestedvar noxtrace unset)
# __pss_note on|off OPTION…: adds those that are not so to __pss_user. The first is the caller's PRINT_EXIT_VALUE, which is
# always off in a function.
__pss_note() {
	builtin local i
	[[ $1 != on ]] || __pss_user+=(noprintexitvalue)
	builtin shift
	for i; do
		[[ -o $i ]] || __pss_user+=("$i")
	done
}
__pss_user=()
[[ $__pss_i == off ]] || __pss_user+=(noaliases)
{
	__pss_note "${options[printexitvalue]}" "${__pss_reading[@]}" "${__pss_running[@]}"
	builtin setopt "${__pss_reading[@]}" "${__pss_running[@]}"
} 2>/dev/null
__pss_user+=("${__pss_trace[@]}") __pss_trace=()
builtin typeset +x __pss_d __pss_i __pss_stub __pss_z
if [[ -n $__pss_home ]]; then
	HOME=$__pss_home
	builtin unset __pss_home
fi
[[ -n ${__pss_aside-} ]] || . "$__pss_d/hooks"

# ---- the file of the user
if [[ -n $__pss_z ]]; then
	ZDOTDIR=$__pss_z
else
	builtin unset ZDOTDIR
fi
if [[ -r ${ZDOTDIR-$HOME}/.$__pss_stub ]]; then
	builtin unsetopt "${__pss_user[@]}" >/dev/null
	# Its status must not end this file, nor the shell. One list, for a DEBUG trap.
	__pss_install && . "${ZDOTDIR-$HOME}/.$__pss_stub" || : && { \builtin eval "$__pss_aside"; } >/dev/null 2>&1
	{
		__pss_user=()
		__pss_note "${options[printexitvalue]}" "${__pss_reading[@]}" "${__pss_running[@]}"
		builtin setopt "${__pss_reading[@]}" "${__pss_running[@]}"
		__pss_keep_traps
		__pss_at[traps]=own
	} 2>/dev/null
fi
# With NO_RCS or PRIVILEGED there is no next file, nor behind .zshrc with NO_LOGIN.
if [[ $__pss_stub != zlogin && -o rcs && ! -o privileged ]] && [[ $__pss_stub != zshrc || -o login ]]; then
	__pss_z=${ZDOTDIR-}
	ZDOTDIR=$__pss_d
	# After `emulate sh` or `ksh` the next file is looked for elsewhere.
	if [[ -o shwordsplit ]]; then
		__pss_home=$HOME HOME=$__pss_d
	fi
	# What would show our own next file waits for the user's.
	__pss_trace=("${(@M)__pss_user[@]:#no(xtrace|verbose)}")
	builtin unsetopt "${(@)__pss_user[@]:#no(xtrace|verbose)}" >/dev/null
	return 0
fi
# A restricted shell may write to no file, ours included; and where the control script has ended meanwhile, for want of
# processes say, there is none: it stays as it is.
if [[ -o restricted || ! -p $__pss_d/q ]]; then
	builtin unsetopt "${__pss_user[@]}" >/dev/null
	return 0
fi
builtin unset __pss_z __pss_stub

builtin emulate zsh -o noaliases -c '
# ---- replies
# In braces: where the fifo is gone zsh says so behind the end of what was redirected together.
function __pss_say {
	{ builtin print -rN -- $'\''\036'\''"$__pss_k$1" "${@[2,-1]}" } 1<>"$__pss_d/rep"
} 2>/dev/null

function __pss_p {
	builtin return $1
}

# ---- around the text of the user
# Hooks that zsh would call around our own lines rest too.
function __pss_rest {
	builtin disable -f precmd preexec periodic zshaddhistory 2>/dev/null || :
	# An interrupt may come at any point; then this runs again from the start.
	if [[ -z $__pss_rests ]]; then
		__pss_hp=("${precmd_functions[@]}") __pss_hx=("${preexec_functions[@]}")
		__pss_hr=("${periodic_functions[@]}") __pss_ha=("${zshaddhistory_functions[@]}")
		__pss_1=$PS1 __pss_2=$PS2 __pss_rests=1
	fi
	precmd_functions=() preexec_functions=() periodic_functions=() zshaddhistory_functions=()
	[[ ${(t)PS1} == *readonly* ]] || PS1=
	[[ ${(t)PS2} == *readonly* ]] || PS2=
}

function __pss_wake {
	builtin enable -f precmd preexec periodic zshaddhistory 2>/dev/null || :
	precmd_functions=("${__pss_hp[@]}")
	preexec_functions=("${__pss_hx[@]}")
	periodic_functions=("${__pss_hr[@]}")
	zshaddhistory_functions=("${__pss_ha[@]}")
	# A handler of a signal may have set it.
	[[ -z $PS1 || ${(t)PS1} == *readonly* ]] || __pss_1=$PS1
	[[ ${(t)PS1} == *readonly* ]] || PS1=$__pss_1
	[[ ${(t)PS2} == *readonly* ]] || PS2=$__pss_2
	__pss_unveil
	__pss_rests=
}

# The history has the line, as hooks ask for it; requests begin with a blank and are not in it.
function __pss_remember {
	[[ $1 == *[^[:space:]]* && ( $1 != " "* || $__pss_early[(Ie)histignorespace] -ne 0 ) ]] || return 0
	builtin print -rs -- "$1"
}

# The hooks NAME and NAME_functions that there are, to be called.
function __pss_list {
	local i
	__pss_l=()
	for i in $1 "${(@P)${:-$1_functions}}"; do
		(( ! $+functions[$i] )) || __pss_l+=("$i")
	done
}

# The text in one line, as for a list of jobs.
function __pss_shorten {
	local l
	local -a w
	w=("${(@f)__pss_whole}")
	w=("${w[@]#$'\''\t'\''}")
	__pss_whole=${(F)w} __pss_short=
	for l in "${w[@]}"; do
		(( $#__pss_short < 80 )) || break
		while [[ $l == $'\''\t'\''* ]]; do
			l=${l#?}
		done
		case $__pss_short in
		("") ;;
		(*[\(\{]) l=" $l" ;;
		(*) l="; $l" ;;
		esac
		__pss_short+=$l
	done
	__pss_short=${__pss_short[1,79]}
}

# The text speaks of traps: no guard stands in them. What sees failures must not find it in the list, and a trace not us;
# then the list behind the text is kept from a DEBUG trap that the text does not look at.
function __pss_watch_traps {
	__pss_at[traps]=own
	if [[ -z $__pss_traps[ZERR] && $__pss_line != *(" -e"|err|ERR)* && -z ${(M)__pss_late:#no(err*|xtrace)} ]]; then
		__pss_c=$__pss_watched __pss_at[traps]= __pss_at[later]=own
	elif [[ $__pss_line != *DEBUG* && "$__pss_line;" != *trap(|" ")[\;\&\|\)$'\''\n'\'']* ]]; then
		__pss_at[traps]=named
	fi
}

# A long word of a request comes ahead of it, in parts. __pss_part N I TEXT: the Ith of the request N, from 1.
function __pss_part {
	[[ $1 == "$__pss_of" && $2 != 1 ]] || __pss_of=$1 __pss_parts=()
	__pss_parts[$2]=$3
}

# __pss_whole N COUNT: they have all come, and are __pss_text. An interrupt may have cost any of them.
function __pss_whole {
	[[ $1 == "$__pss_of" && ${#__pss_parts} -eq $2 && ${#__pss_parts:#} -eq $2 ]] || return
	__pss_text=${(j::)__pss_parts} __pss_parts=()
}

function __pss_say_begun {
	__pss_begun=$__pss_n
	__pss_say b "$__pss_n"
}

# __pss_b N TEXT: begins the request N. It fails for one that has begun already: a request may come twice.
function __pss_b {
	[[ $1 != "$__pss_begun" && $1 != "$__pss_m" ]] || return 1
	__pss_n=$1 __pss_line=$2 __pss_c=$2 __pss_u= __pss_text= __pss_undo=$__pss_y
	__pss_at[status]= __pss_at[word]= __pss_at[pipe]= __pss_at[traps]=guard
	[[ $2 != *(trap|TRAP)* ]] || __pss_watch_traps
	__pss_w=$(( __pss_w > 0 ? __pss_w - 1 : 0 ))
	if [[ -z $__pss_relay ]] && __pss_may_edit "$2"; then
		__pss_go=$__pss_edits
		return 1
	fi
	__pss_wake
	__pss_list preexec
	[[ -n $__pss_relay ]] || __pss_remember "$2"
	if [[ -n $__pss_quiet ]]; then
		__pss_begun=$__pss_n
	else
		__pss_say_begun
	fi
	: # where that cannot be written, it has begun all the same
}

# __pss_stream N KIND: the streams of the invocation N begin (<) or end (>) here.
function __pss_stream {
	builtin print -rn -- $'\''\036'\''"$1$2" 1<>"$__pss_d/o$__pss_relay"
	builtin print -rn -- $'\''\036'\''"$1$2" 1<>"$__pss_d/e$__pss_relay"
} 2>/dev/null

# __pss_await N: the first relay is under way, and says in w1 that it is there. Where it is late, the invocation does not
# begin, and comes again under another number.
function __pss_await {
	builtin local i
	[[ ! -p $__pss_d/w1 ]] || ! builtin read -r -t 1 i <>"$__pss_d/w1" || return 0
	__pss_m=$1
	__pss_say y "$1"
	return 1
} 2>/dev/null

# __pss_i N TEXT K [I [short [await]]]: begins the invocation N, whose output is the fifos of relay K; its input that of number
# I, or nothing. `short`: its streams say that it has begun, and where it has ended well no mark follows on the terminal.
function __pss_i {
	[[ $1 != "$__pss_n" && $1 != "$__pss_m" ]] || return 1
	[[ -z $6 ]] || __pss_await "$1" || return 1
	__pss_relay=$3 __pss_bang=$! __pss_in=/dev/null __pss_quiet=${5:+quiet}
	[[ -z $4 ]] || __pss_in=$__pss_d/i$3.$4
	__pss_stream "$1" "<"
	__pss_b "$1" "$2"
}

# Tells the relay that the input of the invocation is read no more.
function __pss_over {
	[[ $__pss_in == /dev/null ]] || builtin print -r -- "over ${__pss_in##*.}" 1<>"$__pss_d/c$__pss_relay"
} 2>/dev/null

# __pss_f K: ends the relay K, or what is left of one that somebody has killed.
function __pss_f {
	local p
	builtin read -r p <"$__pss_d/r$1" || return
	builtin kill "$p" || builtin kill -KILL "-$p"
}

# What the parser says to TEXT under the options of the user, in a subshell.
function __pss_parse {
	builtin print -r -- "$(
		LC_ALL=C
		builtin unsetopt "${__pss_early[@]}" >/dev/null
		functions[__pss_t]=$1 2>&1
	)"
}

# Whether TEXT is unfinished. The parser takes the end of input for the end of a command, so it is asked
# with something behind the text that only an unfinished one changes the meaning of.
function __pss_unfinished {
	local n t=$1 m
	local -a l
	l=("${(@ps:\n:)1}")
	n=$(( $#l + 1 ))
	while [[ $t == *\\\\ ]]; do
		t=${t%\\\\}
	done
	[[ $t == *(\\|"&&"|"||"|"()") ]] && return 0
	m=$(__pss_parse "$1")
	case $m in
	("")
		[[ $1 == *"<<"* && -z $(__pss_parse "$1"$'\''\n\x27'\'') ]] && return 0
		[[ $1 == *(while|until|for|repeat|select|foreach)* && -z $(__pss_parse "$1"$'\''\ndo :; done'\'') ]]
		return
		;;
	(*unmatched*|*"brace expected"*|*"near \`\$("*) return 0 ;;
	esac
	[[ $(__pss_parse "$1"$'\''\n;;'\'') == *":$n: parse error near \`;;"* ]]
}

# __pss_v N TEXT: the same where TEXT is complete, else says so and fails.
function __pss_v {
	if ! __pss_unfinished "$2"; then
		__pss_b "$1" "$2"
		return
	fi
	m=${(%%)__pss_2}
	__pss_say v "$1" "$m[1,@PROMPT@]"
	return 1
}

# Before the hooks of the prompt: the status, and what makes it, $pipestatus and $_ again.
function __pss_hooks {
	local -a p
	p=(${=__pss_at[pipe]})
	__pss_u=$__pss_at[status]
	__pss_s=$__pss_u __pss_sl=$__pss_u __pss_arg=${__pss_at[word]#x}
	(( __pss_s < 129 )) || command -p stty echo icanon isig iexten opost onlcr icrnl 0<>"$__pss_t" 2>/dev/null
	__pss_before="__pss_r \"\$__pss_arg\""
	if (( $#p > 1 )) && [[ $p[-1] == $__pss_s || -o pipefail ]]; then
		__pss_sl=$p[-1]
		__pss_before="__pss_p ${(j: | __pss_p :)p[1,-2]} | $__pss_before"
	fi
	(( ! __pss_s )) || __pss_before+=" && :"
	__pss_list precmd
	__pss_periodic
}

# As zsh does it: behind precmd, when PERIOD seconds have passed.
function __pss_periodic {
	local now=${(%):-%D{%s}} l
	(( ${PERIOD:-0} > 0 && now > __pss_period + PERIOD )) || return 0
	l=("${__pss_l[@]}")
	__pss_list periodic
	(( ! $#__pss_l )) || __pss_period=$now
	__pss_l=("${l[@]}" "${__pss_l[@]}")
}

function __pss_mark {
	builtin print -n "\e]7337;$__pss_m;q;$__pss_s\a" 1<>"$__pss_t"
}

# What __pss_user holds of the options that a text is read under becomes __pss_early.
function __pss_sort {
	__pss_early=(${__pss_user:|__pss_running})
	__pss_user=(${__pss_user:*__pss_running})
}

# The prompts, as long as a reply may be.
function __pss_cut {
	__pss_i=$__pss_i[1,@PROMPT@] __pss_right=$__pss_right[1,4000]
}

function __pss_report {
	local -a late
	__pss_rest
	__pss_sort
	late=($__pss_user) __pss_user=()
	__pss_late=($late)
	__pss_x="{ "
	(( ! $#late )) || __pss_x+="\\builtin \\unsetopt \"\${__pss_late[@]}\"; "
	__pss_x+="$__pss_before; } 2>/dev/null"$'\''\n'\''
	if [[ -n $__pss_relay ]]; then
		(( __pss_s < 129 )) || __pss_quiet=
		[[ $! == "$__pss_bang" ]] || __pss_quiet=background
		__pss_i=$__pss_quiet
		__pss_over
		__pss_stream "$__pss_n" ">"
	fi
	if [[ -z $__pss_relay ]]; then
		__pss_cut
		__pss_shown=$__pss_i$'\''\n'\''$__pss_right
		[[ -z $__pss_right ]] || __pss_say R "$__pss_n" "$__pss_right"
	fi
	__pss_say E "$__pss_n" "$__pss_s" "$PWD" "$__pss_i" "$late" || __pss_quiet= # the mark says it then
	__pss_m=$__pss_n __pss_last=$__pss_n
	[[ $__pss_quiet == quiet ]] || __pss_mark
	__pss_n= __pss_relay= __pss_quiet=
}

# __pss_g N SENTINEL: says what was typed and read by nobody. In a substitution, as it would be a job of its own else.
function __pss_g {
	__pss_last=$1
	: "$(command -p sh "$__pss_d/typed" "$@" 0<>"$__pss_t")"
}

# ---- completion
# __pss_c N …: looks in a copy of this shell, which is no job of it: nothing here changes. The copy and all that it
# starts are one process group, which ends itself when its time is up.
function __pss_c {
	__pss_unveil
	__pss_job=$(
		builtin setopt monitor nobgnice
		{
			builtin unsetopt monitor
			builtin read -r -t 2 __pss_f < <(builtin . "$__pss_d/complete" "$@") || builtin kill -KILL 0
		} </dev/null >/dev/null 2>&1 &
		builtin print $!
	)
}

# __pss_a: ends it now.
function __pss_a {
	[[ -z $__pss_job ]] || builtin kill -KILL -- "-$__pss_job"
	__pss_job=
}

# ---- exit
function __pss_exit {
	local s=$? a
	if (( ZSH_SUBSHELL )) || [[ -z $__pss_n ]]; then
		(( $# > 1 )) || builtin set -- "$1" "$s"
		builtin "$@"
		return
	fi
	if [[ -z $__pss_kept ]]; then
		(( $# > 1 )) || builtin set -- "$1" "$s"
		(( ! __pss_w )) || builtin unsetopt checkjobs
		__pss_w=2
		builtin "$@"
		return
	fi
	s=$(( (${2:-$s}) & 255 ))
	__pss_u=$s
	__pss_say X "$__pss_n" "$s"
	{ : "${__pss_unset:?}" } 2>/dev/null
}
'

# Gives back the options that the text is read under.
__pss_give() {
	builtin unsetopt banghist "${__pss_early[@]}"
} >/dev/null

# The last status, of what has an argument that becomes $_; and traps.
__pss_r() {
	\builtin return $(( __pss_install() ))
}

# Preexec hooks run as the first thing of the request's text, under the user's options. Their arguments are what
# the parser makes of it: its aliases expanded, and none where it is no command.
__pss_preexec() {
	__pss_give
	case $#__pss_l in
	0) return ;;
	esac
	{ functions[__pss_parsed]=$__pss_line; } 2>/dev/null
	case ${functions[__pss_parsed]-} in
	'' | $'\t') return ;;
	esac
	__pss_whole=${functions[__pss_parsed]#?}
	builtin unset -f __pss_parsed
	__pss_shorten
	__pss_own=${__pss_at[traps]} __pss_later=${__pss_at[later]} __pss_at[later]= __pss_at[traps]=guard
	for __pss_i in "${__pss_l[@]}"; do
		\builtin eval "$__pss_before; \"\$__pss_i\" \"\$__pss_line\" \"\$__pss_short\" \"\$__pss_whole\""
	done
	case $__pss_own in
	guard) ;;
	*)
		{ \builtin eval "$__pss_aside"; } >/dev/null 2>&1
		__pss_keep_traps
		__pss_at[traps]=$__pss_own __pss_at[later]=$__pss_later
		;;
	esac
} 0<>"$__pss_t"

# The prompts, with the status and what else of the line they may show.
__pss_render() {
	case ${options[promptsubst]} in
	off) __pss_r "$__pss_arg" && : ; __pss_i="${(%%)PS1}" ;;
	on) \builtin eval "$__pss_before; __pss_i=\"\${(%%)PS1}\"" ;;
	esac
	__pss_right=
	# Two names of one variable, but zsh knows only those that have been set.
	case ${RPROMPT:+set}${RPS1:+set} in
	set*) __pss_r "$__pss_arg" && : ; __pss_right="${(%%)${RPROMPT:-$RPS1}}" ;;
	esac
}

# Ends the request; with an argument the hooks have been interrupted and do not run again.
__pss_end() {
	\builtin eval "$__pss_undo"
	case $__pss_n in
	'') return 0 ;;
	esac
	__pss_keep_traps
	__pss_hooks
	case ${#}$__pss_relay in
	0)
		__pss_at[traps]=guard
		{
			case $__pss_zle in
			1) \builtin setopt zle ;;
			esac
			for __pss_i in "${__pss_l[@]}"; do
				\builtin eval "$__pss_before; \"\$__pss_i\"" 0<>"$__pss_t"
			done
			__pss_run_due
		} always {
			\builtin unsetopt zle
			{ \builtin eval "$__pss_aside"; } >/dev/null 2>&1
		}
		__pss_keep_traps
		;;
	esac
	__pss_at[traps]=
	case $__pss_relay in
	'') __pss_render ;;
	esac
	__pss_note off "${__pss_reading[@]}"
	builtin setopt "${__pss_reading[@]}" nozle nobanghist
	__pss_report
}

# __pss_z N [again]: a second line behind each request, which acts only where the first was cut short. With
# `again` it repeats the last mark, as an interrupt makes the terminal drop what it holds.
__pss_z() {
	case $__pss_m${2-} in
	"$1"again) __pss_mark ;;
	esac
	case $__pss_n in
	"$1")
		[[ -n ${__pss_at[status]} ]] || __pss_u=130
		__pss_quiet=
		__pss_end again
		;;
	esac
	__pss_watch
}

exit() {
	__pss_exit exit "$@"
}
logout() {
	__pss_exit logout "$@"
}

# ---- the boot's last steps
typeset -g __pss_k __pss_kept=@KEPT@ __pss_n=@FIRST@
builtin read -r __pss_k <"$__pss_d/key"
typeset -g __pss_u=0 __pss_s=0 __pss_w=0 __pss_i= __pss_1= __pss_2= __pss_c= __pss_x= __pss_y= __pss_m= __pss_rests= __pss_job= __pss_relay= __pss_bang= __pss_in= __pss_sl=0 __pss_arg= __pss_before= __pss_period=0 __pss_line= __pss_whole= __pss_short= __pss_own= __pss_later= __pss_fd= __pss_asked= __pss_shown= __pss_right= __pss_last= __pss_zle= __pss_of= __pss_text= __pss_next= __pss_since=0 __pss_begun= __pss_quiet= __pss_undo=
typeset -ga __pss_parts __pss_late __pss_l __pss_hp __pss_hx __pss_hr __pss_ha __pss_early
# Where the terminal has no name, as in a chroot, it has another way to it.
typeset -g __pss_t=$(builtin command -p tty 2>/dev/null)
[[ -c $__pss_t ]] || __pss_t=/dev/tty
if [[ ! -c $__pss_t ]] || ! { : <>"$__pss_t" } 2>/dev/null; then
	exec {__pss_i}<>"/proc/$$/fd/0"
	__pss_t=/proc/$$/fd/$__pss_i
fi
# The end of a text: what it has left of its status, $_ and $pipestatus, and what is put aside.
__pss_left='"${__pss_at[word]::=${__pss_at[word]:-x$_}}" "${__pss_at[status]::=${__pss_u:-${__pss_at[status]:-${${${(M)TRY_BLOCK_INTERRUPT:#1}:+130}:-$?}}}}" "${__pss_at[pipe]::=${__pss_at[pipe]:-${(j: :)pipestatus[@]}}}" >/dev/null 2>&1'
__pss_y='
() { : "$__pss_n"; } '"$__pss_left"' && { '"$__pss_aside"'; __pss_note "${options[printexitvalue]}" "${__pss_running[@]}"; \builtin \setopt "${__pss_running[@]}"; __pss_undo=:; } >/dev/null 2>&1'
# A text that speaks of traps is one list with what puts them aside.
__pss_watched='\builtin \eval "${__pss_line:$(( 0 * __pss_later() ))}" && \builtin : '"$__pss_left"' || \builtin : '"$__pss_left && $__pss_aside"
__pss_undo="$__pss_y"
[[ -o zle ]] && __pss_zle=1
. "$__pss_d/editor"
__pss_prepare_editor 2>/dev/null
builtin functions -M __pss_install 0 0
builtin functions -M __pss_later 0 0
builtin unset HISTFILE
SAVEHIST=0
builtin unsetopt zle banghist
builtin echo >|"$__pss_d/up"
__pss_say r zsh "$ZSH_VERSION" $$
exec 0<>"$__pss_d/q"
__pss_sort
__pss_at[traps]=guard
__pss_install
__pss_give
__pss_end
__pss_watch 2>/dev/null
