# SPDX-License-Identifier: MIT
# Sourced into the zsh under test. `fingerprint FILE` writes down everything of the shell that entering a session
# must not change, as fingerprint.bash does for bash. It prints nothing and starts no job.

__fp_section() {
	print -r -- "== $1"
	shift
	"$@" 2>&1
}

__fp_keymaps() {
	local map
	bindkey -lL
	for map in $(bindkey -l); do
		print -r -- "-- $map"
		bindkey -L -M "$map"
	done
}

__fp_variables() {
	local name
	for name in ${(ok)parameters}; do
		case $name in
		_ | '#' | '?' | '!' | '$' | '*' | @ | - | 0 | [0-9]* | argv | ARGC | name | status | pipestatus | RANDOM | SECONDS) ;;
		EPOCH* | LINENO | HISTCMD | TTYIDLE | COLUMNS | LINES | USERNAME | ZSH_EXECUTION_STRING | func* | __fp_* | history*) ;;
		parameters | jobtexts | jobdirs | jobstates | commands | keymaps | widgets | zsh_eval_context | ZSH_EVAL_CONTEXT) ;;
		functions* | dis_* | aliases | options | builtins | modules | patchars | reswords | usergroups | errnos) ;;
		*) typeset -p -- "$name" ;;
		esac
	done
}

__fp_histfile() {
	[[ -n ${HISTFILE-} && -f $HISTFILE ]] && cat -- "$HISTFILE"
}

__fp_hooks() {
	zle -F -L
	zle -lL
	print -rl -- ${(ok)widgets}
}

fingerprint() {
	setopt >"$1"
	unsetopt >>"$1"
	emulate -L zsh
	zmodload zsh/parameter zsh/zleparameter
	{
		__fp_section descriptors find /proc/$$/fd -mindepth 1 -printf '%f %l\n'
		__fp_section stty stty -g </dev/tty
		__fp_section traps trap
		__fp_section signals grep -E '^Sig(Blk|Ign|Cgt):' /proc/$$/status
		__fp_section keymaps __fp_keymaps
		__fp_section widgets __fp_hooks
		__fp_section variables __fp_variables
		__fp_section functions functions
		__fp_section aliases alias -L
		__fp_section history fc -lD 1
		__fp_section histfile __fp_histfile
		__fp_section builtins print -rl -- ${(ok)builtins}
		__fp_section directory pwd -P
		__fp_section umask umask
		__fp_section limits limit
		__fp_section jobs jobs -l
	} >>"$1"
}
