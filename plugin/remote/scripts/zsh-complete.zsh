# Completion in zsh: the file `complete` of the private directory. A copy of the session's shell sources it for
# each request, under a deadline. Where the user has compsys, that completes, in a line editor of a pseudo terminal
# of its own, and what it hands to compadd is what we report; without it, posix-complete.sh does what it can.
builtin emulate zsh -o noaliases -c '
function __pss_by_files {
	__pss_names="${(kF)functions}"$'\''\n'\''"${(kF)builtins}"$'\''\n'\''"${(F)reswords}"
	builtin emulate -LR sh -o noaliases
	. "$__pss_d/complete-files" "$@"
}

# What one call of compadd would add, as it would stand in the line.
function __pss_note_matches {
	local -a hits descriptions
	local -A opt
	local i w word description before after where
	builtin zparseopts -E -A opt P: p: S: s: W: d: i: I: J: V: X: x: r: R: M: F: E: o:: f Q q e n 1 2 l U k a D: O: A: C
	(( ! $+opt[-d] )) || descriptions=("${(@P)opt[-d]}")
	if [[ $+opt[-d] = 1 && $opt[-d] == \(* ]]; then
		builtin eval "descriptions=$opt[-d]"
	fi
	builtin compadd -A hits -D descriptions "$@"
	before="$QIPREFIX$IPREFIX$opt[-i]$opt[-P]$opt[-p]"
	where="$opt[-W]"
	[[ -n $where ]] || where="${(Q)opt[-p]}"
	for (( i = 1; i <= $#hits; i++ )); do
		w=$hits[i] word=$w after="$opt[-s]$opt[-S]$opt[-I]"
		if (( ! $+opt[-Q] )); then
			case $QIPREFIX in
			(*\") word=${${(qqq)w}[2,-2]} ;;
			(*\'\'') word=${${(qq)w}[2,-2]} ;;
			(*) word=${(q)w} ;;
			esac
		fi
		if [[ $+opt[-f] = 1 && -z $after && -d ${~where}${(Q)word} ]]; then
			after=/
		elif [[ -z $after ]]; then
			after=$QISUFFIX
			[[ -n $after ]] || after=${QIPREFIX[-1]}
		fi
		__pss_last=$after
		description=
		[[ $descriptions[i] != *" -- "* ]] || description=$'\''\t'\''${descriptions[i]#* -- }
		w=$before$word$after
		[[ $w$description[2,-1] == *[[:cntrl:]]* ]] || __pss_found+=("$w$description")
	done
}

function __pss_tell {
	local flags= list n
	[[ $#__pss_found != 1 || $__pss_last != [/=:,@]* ]] || flags=n
	__pss_found=("${(u)__pss_found[@]}")
	n=$#__pss_found
	list=${(F)__pss_found[1,@MOST@]}
	builtin unsetopt multibyte
	if (( $#list > @LONGEST@ )); then
		list=${list[1,@LONGEST@]}
		list=${list%$'\''\n'\''*}
	fi
	__pss_say c "$__pss_nonce" $(( __pss_point - $#__pss_typed )) "$flags" "$n" "$list"
	builtin kill -KILL $sysparams[pid]
}
'

# compsys calls this in the place of the builtin.
__pss_compadd() {
	case " ${(j: :)@[1,${@[(i)(-|--)]}]} " in
	(*" "-[a-zA-Z0-9]#[OAD]*) builtin compadd "$@" ;;
	(*)
		__pss_note_matches "$@"
		builtin compadd "$@"
		;;
	esac
}

__pss_generate() {
	builtin unset 'compstate[vared]'
	__pss_typed=$QIPREFIX$IPREFIX$PREFIX
	_main_complete
	compstate[insert]= compstate[list]=
	__pss_tell
}

__pss_start_editing() {
	builtin setopt localoptions nomultibyte
	LBUFFER=$__pss_line[1,$__pss_point] RBUFFER=$__pss_line[$((__pss_point+1)),-1]
	builtin setopt multibyte
	builtin zle __pss_generate
	__pss_tell
}

__pss_edit() {
	builtin setopt zle
	builtin zle -D zle-line-init zle-line-finish zle-line-pre-redraw zle-keymap-select 2>/dev/null
	functions[compadd]=$functions[__pss_compadd]
	builtin zle -C __pss_generate complete-word __pss_generate
	builtin zle -N __pss_start_editing
	__pss_text=
	[[ -z ${(M)__pss_early:#noaliases} ]] || builtin setopt aliases
	builtin vared -i __pss_start_editing __pss_text
	__pss_tell
}

__pss_complete() {
	typeset -ga __pss_found=()
	typeset -g __pss_nonce=$1 __pss_point=$8 __pss_line=${10} __pss_last= __pss_typed= __pss_text
	if (( ! $+functions[_main_complete] )) || ! builtin zmodload zsh/zpty zsh/zle zsh/complete zsh/zutil zsh/system zsh/parameter; then
		__pss_by_files "$@"
		__pss_say c "$__pss_nonce" "$__pss_start" "$__pss_flags" "$__pss_count" "$__pss_found"
		return
	fi
	builtin zpty __pss_pty __pss_edit || return
	while builtin zpty -r __pss_pty __pss_text; do
		:
	done
}

{ __pss_complete "$@" } </dev/null >/dev/null 2>&1
builtin print .
