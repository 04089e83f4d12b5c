# The POSIX family (dash, busybox ash, ksh93, mksh): sourced through $ENV by `sh -i q`, which reads its
# commands from the fifo and keeps the terminal as standard input. At rest the prompts are empty and the
# options e, u, v, x off; a request hands the user's own back for the time of the user's text.
__pss_d=${ENV%/*}
read -r __pss_k <"$__pss_d/key"
case $__pss_env in
'') unset ENV ;;
*) ENV=$__pss_env ;;
esac
unset __pss_env
case ${KSH_VERSION-} in
*93* | *2020*) HISTFILE=$__pss_d/history ;;
*MIRBSD* | *LEGACY*) case ${ENV-} in '') ENV=$HOME/.mkshrc ;; esac ;;
esac

# ---- the login files
if [ -r /etc/profile ]; then
	. /etc/profile
fi
if [ -r "$HOME/.profile" ]; then
	. "$HOME/.profile"
fi
if [ -n "${ENV-}" ]; then
	eval "__pss_i=\"$ENV\""
	if [ -r "$__pss_i" ]; then
		. "$__pss_i"
	fi
fi

# ---- replies
case $(command -v printf) in
printf)
	__pss_say() {
		command printf '\036%s\000' "$__pss_k$1"
		shift
		command printf '%s\000' "$@"
	} 2>/dev/null 1<>"$__pss_d/rep"
	__pss_mark() {
		command printf '\033]7337;%s;%s\007' "$1" "$2"
	} 1<>"$__pss_t"
	;;
*)
	__pss_say() {
		command print -n '\036'
		command print -nr -- "$__pss_k$1"
		command print -n '\0'
		shift
		for __pss_f; do
			command print -nr -- "$__pss_f"
			command print -n '\0'
		done
	} 2>/dev/null 1<>"$__pss_d/rep"
	__pss_mark() {
		command print -n "\033]7337;$1;$2\007"
	} 1<>"$__pss_t"
	;;
esac

__pss_r() {
	return "${__pss_s:-0}"
}

# ---- around the user's text
# __pss_b N TEXT: begins the request N. It fails for one that has begun already: a request may come twice. An interrupted shell prints its prompt before it reads on: the mark
# in front of it says that it is none of the output.
__pss_b() {
	case $1 in
	"$__pss_n" | "$__pss_m") return 1 ;;
	esac
	__pss_n=$1 __pss_c=$2 __pss_u=
	case $__pss_w in
	0) ;;
	*) __pss_w=$((__pss_w - 1)) ;;
	esac
	__pss_p="$__pss_escape]7337;$1;p$__pss_bell"
	__pss_rests=
	case $__pss_fixed in
	'')
		PS1='${__pss_p}'$__pss_1
		PS2=$__pss_2
		;;
	esac
	case $__pss_quiet in
	'') __pss_say b "$1" ;;
	esac
	: # where that cannot be written, it has begun all the same
}

# __pss_stream N KIND: the streams of the invocation N begin (<) or end (>) here.
case $(command -v printf) in
printf)
	__pss_stream() {
		command printf '\036%s%s' "$1" "$2" 1<>"$__pss_d/o$__pss_relay"
		command printf '\036%s%s' "$1" "$2" 1<>"$__pss_d/e$__pss_relay"
	} 2>/dev/null
	;;
*)
	__pss_stream() {
		command print -nr -- "$__pss_separator$1$2" 1<>"$__pss_d/o$__pss_relay"
		command print -nr -- "$__pss_separator$1$2" 1<>"$__pss_d/e$__pss_relay"
	} 2>/dev/null
	;;
esac

# __pss_i N TEXT K [I [short]]: begins the invocation N, whose output is the fifos of relay K; its input that of number I, or
# nothing. `short`: its streams say that it has begun, and where it has ended well no mark follows on the terminal.
__pss_i() {
	case $1 in
	"$__pss_n" | "$__pss_m") return 1 ;;
	esac
	__pss_relay=$3 __pss_bang=${!-} __pss_in=/dev/null __pss_quiet=${5:+quiet}
	case ${4-} in
	?*) __pss_in=$__pss_d/i$3.$4 ;;
	esac
	__pss_stream "$1" '<'
	__pss_b "$1" "$2"
}

# Have the streams of the invocation not been opened, so that none of it has run? Else its STATUS is what it has ended with,
# where it was cut short.
__pss_shut() {
	case $__pss_open$__pss_u in
	'') return 0 ;;
	1) __pss_u=$1 ;;
	esac
	return 1
}

# Tells the relay that the input of the invocation is read no more.
__pss_over() {
	case $__pss_in in
	/dev/null) ;;
	*) command echo "over ${__pss_in##*.}" 1<>"$__pss_d/c$__pss_relay" ;;
	esac
} 2>/dev/null

# __pss_f K: ends the relay K, or what is left of one that somebody has killed.
__pss_f() {
	command read -r __pss_i <"$__pss_d/r$1" || return
	command kill "$__pss_i" || command kill -KILL "-$__pss_i"
}

# Whether the first here-document of TEXT has no end: evaluating one ends ksh93 with SIGSEGV.
__pss_is_open_document() {
	case $1 in
	*'<<<'*) return 1 ;;
	*'<<'*) ;;
	*) return 1 ;;
	esac
	__pss_i=${1#*'<<'}
	__pss_i=${__pss_i#-}
	__pss_i=${__pss_i#"${__pss_i%%[! ]*}"}
	__pss_f=${__pss_i%%[ \;\|\&\<\>\)"$__pss_newline"]*}
	__pss_f=${__pss_f#[\'\"\\]}
	__pss_f=${__pss_f%[\'\"]}
	case $__pss_i$__pss_newline in
	*"$__pss_newline$__pss_f$__pss_newline"*) return 1 ;;
	esac
	return 0
}

# Whether TEXT is unfinished: the parser is asked with two different closing words behind it, and stumbles
# over both, or over the end. The messages are those of dash and ash, of mksh, and of ksh93.
__pss_unfinished() {
	__pss_i=$1
	while :; do
		case $__pss_i in
		*\\\\) __pss_i=${__pss_i%??} ;;
		*\\) return 0 ;;
		*) break ;;
		esac
	done
	case ${KSH_VERSION-} in
	*93* | *2020*) ! __pss_is_open_document "$1" || return 0 ;;
	esac
	__pss_i=$(
		LC_ALL=C
		eval "__pss_f() { $1
}" 2>&1
	)
	case $__pss_i in
	*nterminated* | *'end of file'* | *EOF* | *nmatched* | *unclosed* | *'no closing'* | *[Mm]issing*) ;;
	*'"}" unexpected'* | *'unexpected "}"'* | *"unexpected '}'"* | *"\`}' unexpected"* | *newline*) ;;
	*) return 1 ;;
	esac
	__pss_i=$(
		LC_ALL=C
		eval "__pss_f() ( $1
)" 2>&1
	)
	case $__pss_i in
	*nterminated* | *'end of file'* | *EOF* | *nmatched* | *unclosed* | *'no closing'* | *[Mm]issing*) return 0 ;;
	*'")" unexpected'* | *'unexpected ")"'* | *"unexpected ')'"* | *"\`)' unexpected"* | *newline*) return 0 ;;
	esac
	return 1
}

# A prompt that is longer than a reply may be is left out, as not all of these can cut it.
__pss_fit() {
	case $((${#__pss_i} > @PROMPT@)) in
	1) __pss_i= ;;
	esac
}

# __pss_v N TEXT: the same where TEXT is complete, else says so and fails.
__pss_v() {
	if __pss_unfinished "$2"; then
		__pss_i=$__pss_2
		case $__pss_escapes in 1) __pss_render ;; esac
		__pss_fit
		__pss_say v "$1" "$__pss_i"
		return 1
	fi
	__pss_b "$1" "$2"
}

# The end of the user's text, and again where it was cut short: the status, and no option that would
# disturb us.
# The options come as an argument: in a function of mksh, x is off.
__pss_q() {
	__pss_j=$?
	case $__pss_n in
	'') return 0 ;;
	esac
	case ${1-$-} in
	*[euvx]*)
		__pss_o=${1-$-}
		set +euvx
		;;
	esac
	case $__pss_u in
	'') __pss_u=$__pss_j ;;
	esac
	# ksh93 says 256 + n for a signal.
	case $__pss_u in
	2[5-9]? | 3??) [ "$__pss_u" -lt 257 ] || __pss_u=$((__pss_u - 128)) ;;
	esac
}

# Takes our mark out of __pss_i: a user who wrote PS1="x $PS1" has moved it.
__pss_strip() {
	while :; do
		case $__pss_i in
		*'${__pss_p}'*) __pss_i=${__pss_i%%'${__pss_p}'*}${__pss_i#*'${__pss_p}'} ;;
		*) return 0 ;;
		esac
	done
}

# Renders __pss_i as the shell renders PS1, whose rules are those of a here-document.
__pss_render() {
	case $__pss_i$__pss_escapes in
	*\\*1) __pss_unescape ;;
	esac
	case $__pss_i in
	*[\$\`\\]*) ;;
	*) return 0 ;;
	esac
	__pss_j=
	__pss_r
	eval "while IFS= command read -r __pss_f; do
__pss_j=\$__pss_j\$__pss_f\$__pss_newline
done <<__pss_end_of_prompt
$__pss_i
__pss_end_of_prompt"
	__pss_i=${__pss_j%"$__pss_newline"}
}

# Ends the request: the report and the mark. With an argument the prompt could not be rendered.
__pss_end() {
	__pss_q 2>/dev/null
	case $__pss_n in
	'') return 0 ;;
	esac
	__pss_s=$__pss_u
	case $__pss_s in
	129 | 1[3-9]? | 2??)
		command -p stty echo icanon isig iexten opost onlcr icrnl 0<>"$__pss_t" 2>/dev/null
		__pss_quiet=
		;;
	esac
	# An interrupt may come at any point; then this runs again from the start.
	case $__pss_rests in
	'')
		__pss_i=${PS1-}
		__pss_strip
		__pss_1=$__pss_i __pss_2=${PS2-} __pss_rests=1
		;;
	esac
	case $__pss_fixed in
	'') PS1= PS2= ;;
	esac
	__pss_i=$__pss_1
	case ${#}$__pss_relay in
	0) __pss_render ;;
	esac
	case $__pss_relay in
	?*)
		case ${!-} in
		"$__pss_bang") ;;
		*) __pss_quiet=background ;;
		esac
		__pss_i=$__pss_quiet
		__pss_over
		__pss_stream "$__pss_n" '>'
		;;
	esac
	__pss_x=
	case $__pss_o in *e*) __pss_x=e ;; esac
	case $__pss_o in *u*) __pss_x=${__pss_x}u ;; esac
	case $__pss_o in *v*) __pss_x=${__pss_x}v ;; esac
	case $__pss_o${KSH_VERSION-} in
	*x*MIRBSD* | *x*LEGACY*) __pss_f="set -x$__pss_newline" ;; # it traces to where stderr is now
	*x*) __pss_x=${__pss_x}x __pss_f= ;;
	*) __pss_f= ;;
	esac
	__pss_x="{ ${__pss_x:+set -$__pss_x; }__pss_r && :; } 2>/dev/null$__pss_newline$__pss_f"
	__pss_fit
	__pss_say E "$__pss_n" "$__pss_s" "$PWD" "$__pss_i" "$-" || __pss_quiet= # the mark says it then
	case $__pss_quiet in
	quiet) ;;
	*) __pss_mark "$__pss_n" "q;$__pss_s" ;;
	esac
	__pss_m=$__pss_n __pss_n= __pss_o= __pss_relay= __pss_quiet=
	return 0
}

# __pss_z N [again]: a second line behind each request, which acts only where the first was cut short. With
# `again` it repeats the last mark, as an interrupt makes the terminal drop what it holds.
__pss_z() {
	__pss_j=$?
	case $__pss_n in
	"$1") ;;
	*)
		case $__pss_m${2-} in
		"$1"again) __pss_mark "$1" "q;$__pss_s" ;;
		esac
		return 0
		;;
	esac
	case $__pss_u in
	'') __pss_u=$__pss_j ;;
	esac
	__pss_quiet= # the shell's own prompt has been printed
	# Assigning a readonly variable cuts the line short, each time.
	(PS1= PS2=) 2>/dev/null || __pss_fixed=1
	case $__pss_again in
	"$1") __pss_end again ;;
	*)
		__pss_again=$1
		__pss_end
		;;
	esac
}

# __pss_g N SENTINEL: says what was typed and read by nobody. In a substitution, as it would be a job of its own else.
__pss_g() {
	: "$(command -p sh "$__pss_d/typed" "$@" 0<>"$__pss_t")"
}

# ---- completion
# __pss_c N …: looks in a copy of this shell, which is no job of it: nothing here changes.
__pss_c() {
	__pss_job=$(
		{
			. "$__pss_d/complete"
		} </dev/null >/dev/null 2>&1 &
		echo $!
	)
}

# __pss_a: ends it now.
__pss_a() {
	case $__pss_job in
	?*) command kill -KILL "$__pss_job" ;;
	esac
	__pss_job=
}

# ---- exit: `exit` is a special builtin that no function can stand for; an alias can.
__pss_is_subshell() {
	case ${KSH_VERSION-} in
	*93* | *2020*) eval '[ "${.sh.subshell}" -ne 0 ]' ;;
	*MIRBSD* | *LEGACY*) [ "$BASHPID" -ne $$ ] ;;
	*) [ "$(exec sh -c 'echo $PPID')" != $$ ] ;;
	esac
}
__pss_exit() {
	__pss_j=$?
	case $# in
	0) set -- "$__pss_j" ;;
	esac
	if [ -z "$__pss_n" ] || __pss_is_subshell; then
		exit "$@"
	fi
	if [ -n "$__pss_kept" ]; then
		__pss_u=$(($1 & 255))
		__pss_say X "$__pss_n" "$__pss_u"
		case ${KSH_VERSION-} in
		'') { : "${__pss_unset:?}"; } 2>/dev/null ;;
		*)
			trap - INT
			__pss_q "$-"
			command kill -INT $$
			;;
		esac
	fi
	case $__pss_w in
	0) ;;
	*)
		# These two warn for ever, as other requests lie between.
		case ${KSH_VERSION-} in
		*93* | *2020*) exec /bin/sh -c "exit $1" ;;
		?*) command kill -HUP $$ ;;
		esac
		command exit "$@"
		;;
	esac
	__pss_w=2
	exit "$@"
}

# ---- the boot's last steps
__pss_kept=@KEPT@
__pss_n=@FIRST@ __pss_u=0 __pss_s=0 __pss_w=0 __pss_o=$- __pss_c= __pss_again= __pss_p= __pss_m= __pss_rests= __pss_fixed= __pss_job= __pss_relay= __pss_bang= __pss_in= __pss_quiet=
__pss_newline='
'
__pss_escape=$(printf '\033') __pss_bell=$(printf '\007') __pss_separator=$(printf '\036')
__pss_y='
{ __pss_q "$-"; set +euvx; } 2>/dev/null'
# Where the terminal has no name, as in a chroot, it has another way to it.
__pss_t=$(command -p tty 2>/dev/null)
[ -c "$__pss_t" ] || __pss_t=/dev/tty
{ [ -c "$__pss_t" ] && (: <>"$__pss_t"); } 2>/dev/null || __pss_t=/proc/$$/fd/0
set +euvx
__pss_escapes=
case $(command -p readlink "/proc/$$/exe" 2>/dev/null) in
*busybox*)
	__pss_escapes=1
	. "$__pss_d/escapes"
	;;
esac
# Where the control script has ended meanwhile, for want of processes say, this is the shell of the login.
if ! [ -p "$__pss_d/q" ]; then
	[ "$__pss_escapes" ] || exec "$(command -p readlink "/proc/$$/exe" || echo /bin/sh)" -l
	exec busybox sh -l
fi
case ${KSH_VERSION-} in
*93* | *2020*) HISTFILE=$__pss_d/history ;;
*) unset HISTFILE ;;
esac
__pss_i=$_
unset _ 2>/dev/null
if ! (PS1= PS2=) 2>/dev/null; then
	__pss_say n "PS1 is readonly"
	__pss_mark "${__pss_d##*.pss-}" 's;1'
	read -r __pss_i <"$__pss_d/shell"
	case ${__pss_i##*/} in
	busybox) exec "$__pss_i" sh -l ;;
	*) exec "$__pss_i" -l ;;
	esac
fi
alias exit=__pss_exit
echo >|"$__pss_d/up"
__pss_say r posix "${KSH_VERSION-}" $$
__pss_end
