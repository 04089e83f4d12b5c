# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The two terminals of a round: a with bash, b with zsh. What each shows decides what can be typed into it.

# shellcheck disable=SC2034 # round.bash and invariants.bash go through them
TERMINALS=(a b)

# The programs that lines run, on either side. What they note says where they ran: only here there is HERE.
#   n TAG COUNT PAUSE   notes the side, prints TAG.1 … TAG.COUNT, TAG.end
#   g TAG COUNT         the same without the note
#   s TAG STATUS        notes the side and the status
world_programs() {
	cat >"$WORLD/g" <<-'END'
		#!/bin/sh
		i=0
		while [ "$i" -lt "$2" ]; do
			i=$((i + 1))
			echo "$1.$i"
			[ -z "${3-}" ] || sleep "$3"
		done
		echo "$1.end"
	END
	printf '#!/bin/sh\necho "$1 ran ${HERE:-remote}" >>%q\nexec %q "$@"\n' "$WORLD/notes" "$WORLD/g" >"$WORLD/n"
	printf '#!/bin/sh\necho "$1 $2 ${HERE:-remote}" >>%q\n' "$WORLD/notes" >"$WORLD/s"
	chmod 755 "$WORLD"/[gns]
}

chaos_rc() {
	cat <<-END
		PS1='local\$ '
		C=$WORLD/ssh/ssh_config W=$WORLD O=$HERE
		HISTFILE=$HERE/home/history
	END
}

terminals_write_rc() {
	{
		chaos_rc
		echo "enable -f $PSS_BUILD/bash-builtin/pssession.so enter-pssession"
	} >"$HERE/rc"
	mkdir -p "$HERE/zdot"
	{
		chaos_rc
		echo "module_path+=($PSS_BUILD/zsh-module); zmodload pssession; HISTSIZE=1000 SAVEHIST=1000"
	} >"$HERE/zdot/.zshrc"
}

terminals_start() {
	terminals_write_rc
	clean_env_words
	TERM_NAME=a term_start "${CLEAN_ENV[@]}" bash --noprofile --rcfile "$HERE/rc" -i
	TERM_NAME=b term_start "${CLEAN_ENV[@]}" "ZDOTDIR=$HERE/zdot" zsh -d -i
	TERM_NAME=a wait_local && TERM_NAME=b wait_local
}

# look: what the terminal TERM_NAME shows, in LOOKS: local, remote (their prompts, empty), busy, closed.
look() {
	local line
	LOOKS=closed
	if ! tm has-session 2>/dev/null || term_has_ended; then
		return
	fi
	line=$(screen_line)
	if [[ $line =~ $LOCAL_PROMPT ]]; then
		LOOKS=local
	elif [[ $line =~ ^\[.*\]:\ remote\$\ $ ]]; then
		LOOKS=remote
	else
		LOOKS=busy
	fi
}

looks() {
	look
	[[ $LOOKS =~ ^($1)$ ]]
}

# wait_looks SECONDS REGEX: quietly.
wait_looks() {
	wait_until "$1" looks "$2" 2>/dev/null
}
