# zsh: a text that the shell's own loop runs. At rest the shell reads the fifo. Such a text it reads by its line editor,
# whose hooks put it there at once: so the loop itself parses it, keeps it in the history, calls preexec and precmd, and
# numbers its jobs. Behind precmd the loop looks for scheduled commands: one that is due ends the request. Sourced
# behind the start-up files. PROTOCOL.md, "zsh's own loop".
typeset -g __pss_go= __pss_edits= __pss_queue= __pss_stdin= __pss_margin= __pss_leave=
typeset -ga __pss_withheld __pss_given __pss_slots
# What would ask or paint is not given back for such a text.
__pss_withheld=(nocorrect nocorrectall nopromptcr nopromptsp)

builtin emulate zsh -o noaliases -c '
# Whether the loop is to run TEXT. Not one that may look for what is withheld or put in place for that; not a long one,
# as zsh keeps the places of words as short; nor what an editor cannot hold; nor a wrong one, of which lines could be left.
function __pss_may_edit {
	[[ -n $__pss_edits && $#1 -lt 4000 && $1 == *[^[:space:]]* && $1 != *[[:INVALID:][:INCOMPLETE:]]* ]] || return
	[[ $1 != *(trap|TRAP|zle|sched|setopt|options|emulate|set\ [-+]o|\[*-o\ |test\ *-o\ )* && ${TERM-} != (|dumb|emacs|unknown) ]] || return
	[[ $1 != (|*[[:space:]\;\&\|\(])\#* ]] || return
	[[ -z ${(M)__pss_late:#no(xtrace|verbose|printexitvalue|localoptions|localtraps|warn*)} ]] || return
	[[ ${(t)PS1}${(t)RPS1-}${(t)RPROMPT-} != *readonly* ]] || return
	__pss_given=(${__pss_early:|__pss_withheld})
	__pss_parse_here "$1" && builtin sysopen -rw -u __pss_stdin "$__pss_t"
}

# Where zsh can do that. The lock keeps the descriptor of the fifo from all other programs.
function __pss_prepare_editor {
	[[ -n $__pss_zle ]] && builtin zmodload zsh/zle zsh/sched zsh/system zsh/zselect || return
	builtin zsystem flock -t 0 -f __pss_queue "$__pss_d/q" || return
	__pss_edits=__pss_open_editor
	__pss_leave="() { : \"\$__pss_n\"; } $__pss_left && { __pss_leave_editor \"\${options[printexitvalue]}\"; \\builtin \\setopt \"\${__pss_running[@]}\"; } >/dev/null 2>&1"
}

# Not by `exec <FILE`, which closes the terminal for a moment, and that may be its end.
function __pss_read_from_stdin {
	exec <&$__pss_stdin {__pss_stdin}<&-
}

function __pss_read_from_queue {
	builtin sysopen -rw -u __pss_stdin "/dev/fd/$__pss_queue" || builtin sysopen -rw -u __pss_stdin "$__pss_d/q" || builtin kill -HUP $$
	__pss_read_from_stdin
}

# The hook NAME of the editor is FUNCTION; the one of the user is kept.
function __pss_take_slot {
	builtin zle -A $1 __pss_$1 2>/dev/null && __pss_slots+=($1)
	builtin zle -N $1 $2
}

function __pss_give_slot {
	[[ ${widgets[$1]-} == user:__pss_* ]] || return
	builtin zle -D $1
	(( $__pss_slots[(Ie)$1] )) || return
	builtin zle -A __pss_$1 $1
	builtin zle -D __pss_$1
}

# What the editor would show.
function __pss_hide_prompt {
	__pss_margin=${RPROMPT:-${RPS1-}}
	(( ! $+RPROMPT )) || RPROMPT=
	(( ! $+RPS1 )) || RPS1=
}

function __pss_show_prompt {
	(( ! $+RPROMPT )) || RPROMPT=$__pss_margin
	(( ! $+RPS1 )) || RPS1=$__pss_margin
}

# The editor would begin with what is to stand in the next line (print -z), and show it.
function __pss_drop_pushed {
	local text
	while builtin read -rz text; do
		:
	done
}

# An interrupt may come at any point. Before the last one the editor waits, and is left when the request comes again.
function __pss_take_terminal {
	builtin print -n "\e]7337;$__pss_n;n;1\a" 1<>"$__pss_t"
	__pss_read_from_stdin
	__pss_hide_prompt
	__pss_drop_pushed
	builtin sched +0 "$__pss_before"
	__pss_take_slot zle-line-finish __pss_end_edit
	__pss_take_slot zle-line-init __pss_begin_edit
}

function __pss_give_terminal {
	__pss_give_slot zle-line-init
	__pss_give_slot zle-line-finish
	__pss_show_prompt
}

# All is as the user has it, but for options; the terminal is that of programs.
function __pss_begin_text {
	__pss_give_terminal
	__pss_wake
	builtin sched +0 "$__pss_leave"
	builtin print -n "\e]7337;$__pss_n;s\a" 1<>"$__pss_t"
	__pss_at[traps]=guard
}

# What the text has left of options. One that has not begun is no request yet.
function __pss_note_editor {
	if [[ $__pss_begun != "$__pss_n" ]]; then
		__pss_give_terminal
		__pss_n=
	fi
	[[ $1 != on ]] || __pss_user+=(noprintexitvalue)
	__pss_user+=(${__pss_early:*__pss_withheld})
	[[ $2 == on ]] || __pss_zle= __pss_edits=
}

# Whether the text that runs has an editor of its own (vared), which looks for scheduled commands and descriptors, too: then
# the end is put off. The watch would call us over and over. In a copy of the shell (zpty) it is for good.
function __pss_is_inside {
	[[ $sysparams[pid] == $$ ]] || return 0
	(( $zsh_eval_context[(Ie)toplevel] )) || return
	builtin zle -F $__pss_queue
	builtin sched +1 "$__pss_leave"
}

# A hook of the prompt that has failed, or an interrupt, has taken the loop to the editor before the request was over.
# Nothing but a signal makes that leave; the end of a process is one.
function __pss_nudge {
	builtin setopt localoptions nomonitor
	local i
	for i in 3 30 300; do
		builtin zselect -t $i &!
	done
}
'

# Whether the parser takes TEXT, under the options of the user.
__pss_parse_here() {
	\builtin unsetopt banghist "${__pss_given[@]}"
	functions[__pss_parsed]=$1
	\builtin setopt "${__pss_reading[@]}"
	builtin unset -f __pss_parsed
} >/dev/null 2>&1

__pss_open_editor() {
	__pss_go= __pss_slots=()
	__pss_at[open]=1 __pss_at[traps]=
	\builtin zle -F $__pss_queue __pss_strand
	\builtin setopt zle
	__pss_take_terminal
}

__pss_begin_edit() {
	\builtin zle .accept-line
}

# `zle -I` ends the painting; so nothing is painted of the text. Behind `b` an interrupt may come. (Without a name unsetopt
# would print all of them.)
__pss_end_edit() {
	\builtin zle -I
	BUFFER=$__pss_line
	__pss_begin_text
	\builtin unsetopt banghist "${__pss_given[@]}" "${__pss_late[@]}"
	__pss_say_begun
	\builtin return $(( __pss_install() ))
} >/dev/null 2>&1

# The end of the request; PRINT_EXIT_VALUE is what it was outside of this function.
__pss_leave_editor() {
	case ${__pss_at[open]} in
	'') return 0 ;;
	esac
	! __pss_is_inside || return 0
	__pss_note_editor "$1" "${options[zle]}"
	{
		__pss_run_due
		__pss_end again
	} always {
		__pss_read_from_queue
		\builtin unsetopt zle
		__pss_at[open]=
		\builtin zle -F $__pss_queue
	}
	! \builtin zle || { __pss_nudge; \builtin zle send-break; }
} 2>/dev/null

# The editor waits, and a request has come: an interrupt has hit what should have begun or ended the last one.
__pss_strand() {
	__pss_leave_editor off
}
