# The escapes of a prompt (\u, \h, \w, …) where the shell has no way of its own to decode them but printing one: bash before
# 4.4, busybox ash. It is the file `escapes` of the private directory, sourced by these shells at their start. The rest of a
# prompt ($…, `…`) is expanded as in a here-document, so what an escape stands for is protected from that.
__pss_protect() {
	case $1 in
	*[\\\$\`]*) __pss_j=$__pss_j$(printf '%s\n' "$1" | command -p sed 's/[\\$`]/\\&/g') ;;
	*) __pss_j=$__pss_j$1 ;;
	esac
}

# __pss_i: a prompt, and then that prompt without escapes.
__pss_unescape() {
	__pss_j=
	while :; do
		case $__pss_i in
		*\\?*) ;;
		*) break ;;
		esac
		__pss_j=$__pss_j${__pss_i%%\\*}
		__pss_i=${__pss_i#*\\}
		__pss_f=${__pss_i%"${__pss_i#?}"}
		__pss_i=${__pss_i#?}
		case $__pss_f in
		u) __pss_protect "${USER:-$(command -p id -un)}" ;;
		h) __pss_protect "${__pss_host%%.*}" ;;
		H) __pss_protect "$__pss_host" ;;
		w | W)
			case $PWD/ in
			"${HOME:-?}"/*) set -- "~${PWD#"$HOME"}" ;;
			*) set -- "$PWD" ;;
			esac
			case $__pss_f$1 in
			W[/~]) ;;
			W*) set -- "${1##*/}" ;;
			esac
			__pss_protect "$1"
			;;
		'$') __pss_protect "$__pss_dollar" ;;
		[]\[]) ;;
		[aenr\\])
			case $__pss_f in e) __pss_f=033 ;; esac
			__pss_protect "$(printf "\\$__pss_f.")"
			__pss_j=${__pss_j%.}
			;;
		[0-7])
			__pss_protect "$(printf "\\$__pss_f${__pss_i%"${__pss_i#??}"}")"
			__pss_i=${__pss_i#??}
			;;
		t) __pss_j=$__pss_j$(command -p date +%H:%M:%S) ;;
		T) __pss_j=$__pss_j$(command -p date +%I:%M:%S) ;;
		@) __pss_j=$__pss_j$(command -p date '+%I:%M %p') ;;
		A) __pss_j=$__pss_j$(command -p date +%H:%M) ;;
		d) __pss_j=$__pss_j$(command -p date '+%a %b %d') ;;
		D)
			set -- "${__pss_i#'{'}"
			__pss_i=${1#*'}'}
			set -- "${1%%'}'*}"
			__pss_protect "$(command -p date "+${1:-%X}")"
			;;
		s) __pss_j=$__pss_j${__pss_name##*[/-]} ;;
		v | V) __pss_j=$__pss_j${BASH_VERSION%%[(]*} ;;
		j) __pss_j=$__pss_j$(($(jobs -p | command -p wc -l))) ;;
		'!' | '#') __pss_j=$__pss_j${HISTCMD:-1} ;;
		*) __pss_protect "\\$__pss_f" ;;
		esac
	done
	__pss_i=$__pss_j$__pss_i
}

__pss_host=${HOSTNAME:-$(command -p uname -n)} __pss_name=$0
case $(command -p id -u) in
0) __pss_dollar='#' ;;
*) __pss_dollar='$' ;;
esac
