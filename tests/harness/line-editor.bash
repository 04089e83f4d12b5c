# SPDX-License-Identifier: MIT
# Sourced into the bash under test: a line editor in the shell's language, in the way of ble.sh. It takes all keys of the
# keymap in use by `bind -x`, has the line in READLINE_LINE, and runs it from within the key's command, at the top level
# of the shell. Sequences come to it as macros of bytes.

__editor_insert() {
	local text
	printf -v text "\\x$(printf %x "$1")"
	READLINE_LINE=${READLINE_LINE:0:READLINE_POINT}$text${READLINE_LINE:READLINE_POINT}
	((READLINE_POINT += 1))
}

__editor_accept() {
	local line=$READLINE_LINE
	READLINE_LINE='' READLINE_POINT=0
	printf '%s%s\n' "${PS1@P}" "$line"
	[[ -z $line ]] || history -s -- "$line"
	eval -- "$line"
}

__editor_key() {
	case $1 in
	10 | 13) __editor_accept ;;
	21) READLINE_LINE='' READLINE_POINT=0 ;;
	8 | 127) READLINE_LINE=${READLINE_LINE%?} READLINE_POINT=${#READLINE_LINE} ;;
	*) (($1 < 32)) || __editor_insert "$1" ;;
	esac
}

editor_attach() {
	local code octal
	for ((code = 1; code < 128; code++)); do
		((code != 27)) || continue
		printf -v octal '\\%03o' "$code"
		bind -x "\"$octal\": __editor_key $code"
	done
	bind '"\e[A": "\020"' '"\e[B": "\016"' '"\e\C-m": "\C-m"'
	bind 'set keyseq-timeout 1'
}
