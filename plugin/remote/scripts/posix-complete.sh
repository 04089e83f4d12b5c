# Completion of commands, files, variables and users in the POSIX family, and in zsh without compsys (under
# `emulate sh`). It is the file `complete` of the private directory, sourced by a copy of the session's shell; nothing
# that it does stays.
__pss_nonce=$1 __pss_kind=$2 __pss_quote=$3 __pss_start=$4 __pss_head=$5 __pss_dir=$6 __pss_base=$7
__pss_found= __pss_count=0 __pss_length=0 __pss_flags=
__pss_newline='
'

# A name of a command, which several places may know.
__pss_add_once() {
	case $__pss_newline$__pss_found in
	*"$__pss_newline$__pss_head$1$__pss_newline"*) ;;
	*) __pss_add_name "$1" ;;
	esac
}

__pss_add() {
	case $1 in
	*[[:cntrl:]]*) return 0 ;;
	esac
	__pss_count=$((__pss_count + 1))
	if [ "$__pss_count" -le @MOST@ ] && [ "$__pss_length" -le @LONGEST@ ]; then
		__pss_length=$((__pss_length + ${#1} + 1))
		__pss_found=$__pss_found$1$__pss_newline
	fi
}

# __pss_escape TEXT, into __pss_e, one special character after the other.
__pss_escape() {
	case $__pss_quote in
	\') __pss_set=\' ;;
	\") __pss_set='\"$`' ;;
	*) __pss_set=' !"#$&()*;<>?[\]^`{|}~'\' ;;
	esac
	__pss_e= __pss_r=$1
	while :; do
		case $__pss_r in
		*["$__pss_set"]*) ;;
		*) break ;;
		esac
		__pss_f=${__pss_r%%["$__pss_set"]*}
		__pss_r=${__pss_r#"$__pss_f"}
		__pss_o=${__pss_r#?}
		__pss_x=${__pss_r%"$__pss_o"}
		__pss_r=$__pss_o
		case $__pss_quote in
		\') __pss_e="$__pss_e$__pss_f'\\''" ;;
		*) __pss_e="$__pss_e$__pss_f\\$__pss_x" ;;
		esac
	done
	__pss_e=$__pss_e$__pss_r
}

__pss_add_name() {
	__pss_escape "$1"
	__pss_add "$__pss_head$__pss_e$__pss_quote"
}

# __pss_files [programs]
__pss_files() {
	eval "__pss_v=$__pss_dir"
	set +f
	case $__pss_base in
	'') set -- "${1-}" "$__pss_v"* "$__pss_v".[!.]* "$__pss_v"..?* ;;
	*) set -- "${1-}" "$__pss_v$__pss_base"* ;;
	esac
	__pss_only=$1
	shift
	for __pss_i; do
		[ -e "$__pss_i" ] || [ -h "$__pss_i" ] || continue
		case $__pss_i in
		. | .. | */. | */..) continue ;;
		esac
		__pss_j=${__pss_i#"$__pss_v"}
		if [ -d "$__pss_i" ]; then
			__pss_escape "$__pss_j"
			__pss_add "$__pss_head$__pss_e/"
		elif [ -z "$__pss_only" ] || [ -x "$__pss_i" ]; then
			__pss_add_name "$__pss_j"
		fi
	done
}

__pss_commands() {
	case $__pss_dir in
	?*)
		__pss_files programs
		return
		;;
	esac
	set -f
	__pss_old=${IFS-unset}
	IFS=$__pss_newline
	for __pss_i in ${__pss_names-} $(alias); do
		__pss_i=${__pss_i#alias }
		__pss_i=${__pss_i%%=*}
		__pss_i=${__pss_i%'()'}
		case $__pss_i in
		__pss_*) ;;
		"$__pss_base"*) __pss_add_once "$__pss_i" ;;
		esac
	done
	IFS=' '
	for __pss_i in . : alias bg break case cd command continue do done echo elif else esac eval exec exit export fc fg fi for function getopts hash if in jobs kill local printf pwd read readonly return select set shift test then time times trap true type typeset ulimit umask unalias unset until wait while; do
		case $__pss_i in
		"$__pss_base"*) ! command -v "$__pss_i" >/dev/null || __pss_add_once "$__pss_i" ;;
		esac
	done
	IFS=:
	for __pss_i in $PATH; do
		set +f
		for __pss_j in "${__pss_i:-.}/$__pss_base"*; do
			[ -x "$__pss_j" ] && [ ! -d "$__pss_j" ] && __pss_add_once "${__pss_j##*/}"
		done
		set -f
	done
	IFS=$__pss_old
	[ "$__pss_count" -gt 0 ] || __pss_files programs
}

__pss_variables() {
	case $__pss_head in
	*'{') __pss_close='}' ;;
	*) __pss_close= ;;
	esac
	case $__pss_quote in
	?*) __pss_flags=n ;;
	esac
	__pss_i=$(set)
	while IFS= read -r __pss_j; do
		__pss_j=${__pss_j%%=*}
		case $__pss_j in
		*[!A-Za-z0-9_]* | [0-9]* | '' | __pss_*) ;;
		"$__pss_base"*) __pss_add "$__pss_head$__pss_j$__pss_close" ;;
		esac
	done <<__pss_end_of_list
$__pss_i
__pss_end_of_list
}

__pss_users() {
	while IFS=: read -r __pss_i __pss_j; do
		case $__pss_i in
		"$__pss_base"*) __pss_add "$__pss_head$__pss_i/" ;;
		esac
	done </etc/passwd
}

__pss_complete() {
	case $__pss_kind in
	c) __pss_commands ;;
	a | f) __pss_files ;;
	v) __pss_variables ;;
	u) __pss_users ;;
	esac
	__pss_found=${__pss_found%"$__pss_newline"}
	case $__pss_count$__pss_found in
	1*/) __pss_flags=n ;;
	esac
}
case ${KSH_VERSION-} in
?*) __pss_names=$(typeset +f) ;;
esac
__pss_complete
case ${ZSH_VERSION-} in
'') __pss_say c "$__pss_nonce" "$__pss_start" "$__pss_flags" "$__pss_count" "$__pss_found" ;;
esac
