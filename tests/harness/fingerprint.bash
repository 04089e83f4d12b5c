# SPDX-License-Identifier: MIT
# Sourced into the shell under test. `fingerprint FILE` writes down everything of the shell that entering
# a session must not change: terminal modes, traps, signal dispositions and mask, options, key bindings,
# completion, variables, functions, aliases, history, HISTFILE, descriptors, directory, limits, jobs.
# Two files from before and after are compared with diff. It prints nothing and starts no job.

__fp_section() {
	printf '== %s\n' "$1"
	shift
	"$@" 2>&1
}

__fp_bindings() {
	local map
	for map in emacs-standard emacs-meta emacs-ctlx vi-insert vi-command; do
		bind -m "$map" -p
		bind -m "$map" -s
		bind -m "$map" -X
	done
	bind -v
}

# Descriptors with what they lead to, without a substitution or pipeline that would add its own.
__fp_descriptors() {
	find "/proc/$$/fd" -mindepth 1 -printf '%f %l\n'
}

__fp_variables() {
	local line
	declare -p | while IFS= read -r line; do
		case $line in
		'declare '*' '_=* | *' '_ | *' 'BASH_ARG[CV]* | *' 'BASH_COMMAND=* | *' 'BASH_LINENO=* | *' 'BASH_SOURCE=*) ;;
		*' 'BASH_SUBSHELL=* | *' 'BASHPID* | *' 'COLUMNS=* | *' 'LINES=* | *' 'EPOCH*=* | *' 'FUNCNAME* | *' 'HISTCMD=*) ;;
		*' 'LINENO=* | *' 'PIPESTATUS=* | *' 'RANDOM=* | *' 'SECONDS=* | *' 'SRANDOM=* | *' '__fp_*) ;;
		*) printf '%s\n' "$line" ;;
		esac
	done
}

__fp_history_file() {
	[[ -n ${HISTFILE-} && -f $HISTFILE ]] && cksum <"$HISTFILE"
}

fingerprint() {
	{
		# First: after a pipeline bash holds on to a pipe of its own.
		__fp_section descriptors __fp_descriptors "$1"
		__fp_section stty stty -g </dev/tty
		__fp_section traps trap -p
		__fp_section signals grep -E '^Sig(Blk|Ign|Cgt):' "/proc/$$/status"
		__fp_section shopt shopt -p
		__fp_section options set -o
		__fp_section bindings __fp_bindings
		__fp_section completion complete -p
		__fp_section variables __fp_variables
		__fp_section functions declare -f
		__fp_section aliases alias -p
		__fp_section history history
		__fp_section histfile __fp_history_file
		__fp_section descriptors __fp_descriptors "$1"
		__fp_section directory pwd -P
		__fp_section umask umask
		__fp_section limits ulimit -a
		__fp_section jobs jobs -l
		__fp_section group ps -o pgid=,sid= -p "$$"
	} >"$1"
}
