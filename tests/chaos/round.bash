# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# shellcheck disable=SC2034 # the other files read what is set here
# One round: a place of its own, some steps, some faults between them, then the invariants, then everything ends.

STEPS=7

# pick ARRAY NUMBER: sets PICKED.
pick() {
	local -n table=$1
	PICKED=${table[$2 % ${#table[@]}]}
}

# All that chance decides of a step is drawn whether it is needed or not, so that what a terminal shows does not change
# what comes later.
draw() {
	DRAW_TERMINAL=$RANDOM DRAW_VERB=$RANDOM DRAW_FAULT=$RANDOM DRAW_SESSION=$RANDOM DRAW_TARGET=$RANDOM DRAW_PAUSE=$RANDOM
}

round_begin() {
	SEED=$1 N_TAGS=0 N_SESSIONS=0 N_VIOLATIONS=0 HOST_WAS_KILLED='' LOOP_WAS_KILLED='' DISK_WAS_FULL=''
	declare -gA STATUS_OF=() CALLS=() SCREENS=() STARVED=() ENTERS=() SUSPENDED=() HALF=() ENDED=()
	STOPPED=()
	HERE=$WORLD/$SEED
	mkdir -p "$HERE/home" "$HERE/state"
	mkdir -m 700 "$HERE/run"
	export HERE
	: >"$HERE/trace"
	: >"$WORLD/notes"
	chmod 666 "$WORLD/notes"
	STARTED_AT=$(now_ms)
	RANDOM=$SEED
	disk_make
	terminals_start
}

# Everything begins with one session that is open, mostly.
round_first_session() {
	local TERM_NAME=a
	draw
	verb_open
	((DRAW_PAUSE % 4 == 0)) || wait_looks 15 local
}

# A pause of up to 0.3 s between what is typed and what goes wrong.
round_pause() {
	local ms=$((DRAW_PAUSE % 300))
	pause "0.$(printf %03d "$ms")"
}

# The one that was drawn, or the next in the table that is possible. PSS_CHAOS_WITHOUT names some that are left out.
round_fault() {
	local i
	for ((i = 0; i < ${#FAULTS[@]}; i++)); do
		pick FAULTS $((DRAW_FAULT + i))
		[[ " ${PSS_CHAOS_WITHOUT-} " != *" $PICKED "* ]] && "fault_$PICKED" && return
	done
}

round_step() {
	local TERM_NAME
	draw
	TERM_NAME=${TERMINALS[DRAW_TERMINAL % 2]}
	wait_looks 1 'local|remote|closed'
	[ "$LOOKS" != closed ] || return 0
	pick "VERBS_$LOOKS" "$DRAW_VERB"
	"verb_$PICKED"
	round_pause
	round_fault
	[ ${#STOPPED[@]} -eq 0 ] || { round_pause && ((DRAW_PAUSE % 2)) || faults_continue; }
}

# What is resilient outlives its host process, which tells the holder in the background. One that could not write it
# down, or was killed before it did, does not know it any more.
remove_sessions() {
	local_shell 'remove-pssession -Name "*"' >/dev/null 2>&1
	wait_until 5 no_holders 2>/dev/null
	# shellcheck disable=SC2046
	[ -z "$HOST_WAS_KILLED$DISK_WAS_FULL" ] || end_processes $(remote_holders)
}

no_holders() {
	[ -z "$(remote_holders)" ]
}

remote_holders() {
	local pid
	for pid in $(remote_processes); do
		case $(cat "/proc/$pid/comm" 2>/dev/null) in
		perl* | python*) echo "$pid" ;;
		esac
	done
}

round_end() {
	local pid
	TERM_NAME=a term_kill
	remove_sessions
	pid=$(host_pids)
	# shellcheck disable=SC2086
	end_processes $pid || violated "the host process does not end"
	disk_remove
	leftovers_local 2>"$HERE/left" || violated "left behind here: $(tr '\n' ' ' <"$HERE/left")"
	leftovers_remote 2>"$HERE/left" || violated "left behind there: $(tr '\n' ' ' <"$HERE/left")"
}

# The door is being closed in the middle of a round.
round_abandon() {
	faults_end
	term_kill
	# shellcheck disable=SC2046
	end_processes $(host_pids)
	disk_remove
}

round_keep() {
	local kept=$KEPT-$SEED
	rm -rf "$kept"
	mkdir -p "$kept"
	cp -r "$HERE"/{trace,state,screen.*,*.out,*.err,left,numbers} "$WORLD/notes" "$WORLD/ssh/sshd.log" "$kept" 2>/dev/null
}

run_round() {
	local step invariant
	round_begin "$1" || { echo "round $1: its terminals do not start"; return 1; }
	round_first_session
	for ((step = 0; step < STEPS; step++)); do
		round_step
	done
	faults_end
	for invariant in "${INVARIANTS[@]}"; do
		"$invariant"
	done
	round_end
	echo "round $SEED: $(($(now_ms) - STARTED_AT)) ms$([ "$N_VIOLATIONS" -eq 0 ] || echo ", $N_VIOLATIONS violated")"
	cat "$HERE/trace"
	[ "$N_VIOLATIONS" -eq 0 ] || round_keep
	rm -rf "$HERE"
	unset HERE
	[ "$N_VIOLATIONS" -eq 0 ]
}
