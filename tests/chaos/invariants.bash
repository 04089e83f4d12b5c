# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What holds after a round, whatever happened in it. Each invariant is a function that calls `violated` for what it
# finds wrong.

# shellcheck disable=SC2034 # round.bash goes through them
INVARIANTS=(prompt_is_back terminals_are_sane statuses_are_true nothing_lost_or_doubled nothing_ran_elsewhere)

# After the deadline of whatever was stopped or cut: the acknowledgement's 5 s.
BACK_SECONDS=${PSS_CHAOS_BACK:-12}

violated() {
	printf '  VIOLATED  %s\n' "$*" >>"$HERE/trace"
	N_VIOLATIONS=$((N_VIOLATIONS + 1))
}

# What a person would do to come back to the local prompt. A command that runs for ever is interrupted, an exit with
# stopped jobs said twice.
come_back() {
	local tries
	for tries in 1 2 3 4; do
		look
		case $LOOKS in
		closed) return 0 ;;
		local)
			[ -n "${SUSPENDED[$TERM_NAME]-}" ] || return 0
			verb_resume
			;;
		remote)
			verb_leave
			wait_looks "$BACK_SECONDS" 'local|closed|remote'
			wait_looks 1 'local|closed' && return 0
			;;
		busy)
			wait_looks $((tries == 1 ? 4 : BACK_SECONDS)) 'local|remote|closed' && continue
			verb_interrupt
			wait_looks "$BACK_SECONDS" 'local|remote|closed'
			;;
		esac
	done
	looks 'local|closed'
}

prompt_is_back() {
	local TERM_NAME
	for TERM_NAME in "${TERMINALS[@]}"; do
		come_back && continue
		violated "$TERM_NAME: the local prompt is not back; the screen ends with: $(screen | tail -n 2 | tr '\n' '|')"
	done
}

remember_screens() {
	local TERM_NAME
	for TERM_NAME in "${TERMINALS[@]}"; do
		looks closed || SCREENS[$TERM_NAME]=$(scrollback)
		printf '%s\n' "${SCREENS[$TERM_NAME]-}" >"$HERE/screen.$TERM_NAME"
	done
}

terminals_are_sane() {
	local TERM_NAME
	remember_screens
	for TERM_NAME in "${TERMINALS[@]}"; do
		looks local || continue
		terminal_is_sane >/dev/null 2>&1 || violated "$TERM_NAME: the terminal is not sane: $(tr '\n' ' ' <<<"$OUT")"
	done
}

# SPEC §6; and what a shell says of a child that a fault has killed, or Ctrl-Z stopped.
KNOWN_STATUSES=' 0 1 124 130 255 129 137 143 148 '

# Of a call that succeeded all has come, or it says where the rest is; one that failed says why.
check_call() {
	local tag=$1 status=$2
	if [ "$status" = 0 ] && ! grep -qxF "$tag.end" "$HERE/$tag.out" && ! grep -q 'receive-pssession .* the rest' "$HERE/$tag.err"; then
		violated "$tag: status 0, and its output is not whole"
	elif [ "$status" != 0 ] && [ "$status" != 130 ] && [ "$status" -lt 129 ] && [ ! -s "$HERE/$tag.err" ]; then
		violated "$tag: status $status, and nothing says why"
	fi
}

# Whoever could not enter, or was thrown out, is told why: as many lines as there were such ends, at least. That the
# remote shell itself was killed is an exit, with its status; the ssh program makes 255 of it, and then it is told.
check_reasons() {
	local TERM_NAME told tag what side
	local -A wanted=()
	while read -r tag what side; do
		case ${ENTERS[$tag]-}:$what in
		?:1 | ?:255) wanted[${ENTERS[$tag]}]=$((${wanted[${ENTERS[$tag]}]-0} + 1)) ;;
		esac
	done <"$WORLD/notes"
	for TERM_NAME in "${TERMINALS[@]}"; do
		told=$(grep -cE 'pssession: |connection to |the session|the remote shell was killed' <<<"${SCREENS[$TERM_NAME]-}")
		[ "$told" -ge "${wanted[$TERM_NAME]-0}" ] ||
			violated "$TERM_NAME: ${wanted[$TERM_NAME]} times not entered or thrown out, $told lines that say why"
	done
}

statuses_are_true() {
	local tag what side
	check_reasons
	while read -r tag what side; do
		[ "$what" != ran ] || continue
		[[ $KNOWN_STATUSES == *" $what "* ]] || violated "$tag: status $what of: ${STATUS_OF[$tag]-}"
		[ -z "${CALLS[$tag]-}" ] || check_call "$tag" "$what"
	done <"$WORLD/notes"
}

# The numbers of a tag, wherever they were shown: none twice, and all of them where the end is. On a screen the echo of
# keys that were typed ahead may stand right in front of one. A host process that is killed takes with it what was shown
# within its last 50 ms (CONFIRM_MS in plugin/link/resilient/link.c): two numbers. What runs in a terminal and is killed takes
# with it what it has been given and has not written there.
nothing_lost_or_doubled() {
	local tag numbers count doubled allowed=0 may_lack=0
	[ -z "$HOST_WAS_KILLED" ] || allowed=2
	[ -z "$LOOP_WAS_KILLED" ] || may_lack=2
	cat "$HERE"/screen.? "$HERE"/*.out 2>/dev/null | tr -d '\r' | grep -oE '[rp]'"$SEED"'x[0-9]+\.([0-9]+|end)' >"$HERE/numbers"
	for tag in $(cut -d. -f1 "$HERE/numbers" | sort -u); do
		numbers=$(grep -F "$tag." "$HERE/numbers" | cut -d. -f2)
		doubled=$(sort <<<"$numbers" | uniq -d | wc -l)
		[ "$doubled" -le "$allowed" ] ||
			violated "$tag: shown twice: $(sort <<<"$numbers" | uniq -d | tr '\n' ' ' | cut -c1-60)"
		grep -qx end <<<"$numbers" || continue
		count=$(sort -u <<<"$numbers" | grep -cvx end)
		[ "$count" -ge $(($(grep -vx end <<<"$numbers" | sort -n | tail -n 1) - may_lack)) ] ||
			violated "$tag: its end has come, and only $count numbers"
	done
}

nothing_ran_elsewhere() {
	local tag what side
	while read -r tag what side; do
		case $tag:$what:$side in
		h*:ran:remote) [ -n "${ENDED[$tag]-}" ] || violated "$tag: half a line was run" ;;
		h*) violated "$tag: half a line was run here" ;;
		r*:ran:remote) ;;
		r*:ran:*) violated "$tag: a remote line ran here" ;;
		l*:*:remote) violated "$tag: a local line ran there: ${STATUS_OF[$tag]-}" ;;
		esac
	done <"$WORLD/notes"
	for tag in $(cut -d' ' -f1,2 "$WORLD/notes" | grep ' ran$' | sort | uniq -d | cut -d' ' -f1); do
		violated "$tag: it ran twice"
	done
}
