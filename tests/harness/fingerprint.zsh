# SPDX-License-Identifier: MIT
# Sourced into the zsh under test. `fingerprint FILE` writes down everything of the shell that entering a session
# must not change, as fingerprint.bash does for bash. It prints nothing and starts no job.

__fp_section() {
	print -r -- "== $1"
	shift
	"$@" 2>&1
}

# With what they lead to, without a process that would add pipes of its own.
__fp_descriptors() {
	local fd
	for fd in /proc/$$/fd/*(N); do
		[[ ! -e $fd && ! -h $fd ]] || print -r -- "${fd:t} ${fd:A}"
	done
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

# Read by the shell itself: while it waits for another to do so, its mask is now this, now that.
__fp_signals() {
	local line
	while read -r line; do
		[[ $line != Sig(Blk|Ign|Cgt):* ]] || print -r -- "$line"
	done </proc/$$/status
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
		__fp_section descriptors __fp_descriptors
		__fp_section stty stty -g </dev/tty
		__fp_section traps trap
		__fp_section signals __fp_signals
		__fp_section keymaps __fp_keymaps
		__fp_section widgets __fp_hooks
		__fp_section variables __fp_variables
		__fp_section functions functions
		__fp_section aliases alias -L
		__fp_section history fc -l 1
		__fp_section histfile __fp_histfile
		__fp_section builtins print -rl -- ${(ok)builtins}
		__fp_section directory pwd -P
		__fp_section umask umask
		__fp_section limits limit
		__fp_section jobs jobs -l
	} >>"$1"
}
