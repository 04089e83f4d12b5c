#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What a login takes on a line of the kernel's own TCP with 100 ms there and back: packets that waited for each other, counted in
# trips (two make a round trip), and bytes. Nothing here looks at a clock: but a computer that is busy for longer than a trip makes
# a sender late, so of some tries the best counts.

load ../harness/harness

setup_file() { world_start bash; }
teardown_file() { world_end; }
setup() {
	place_start
	WHY=$(line_why_not) && skip "$WHY"
	line_start 50
}
teardown() { place_end; }

# best_of ROUND_TRIPS_TO_PROMPT ROUND_TRIPS_TO_ANSWER COMMAND…: one of six tries comes in so many, or fewer. Leaves UP, the bytes
# that were sent up to the prompt.
best_of() {
	local most_prompt=$1 most_answer=$2 i prompt
	shift 2
	for i in 1 2 3 4 5 6; do
		"$@" || { cat "$HERE/typescript"; return 1; }
		line_count "$STARTED_AT" "$PROMPT_AT"
		prompt=$TRIPS UP=$BYTES_UP
		line_count "$STARTED_AT" "$ANSWER_AT"
		echo "# try $i: $((prompt / 2)) round trips to the prompt, $((TRIPS / 2)) to an answer, $UP bytes up to the prompt" >&3
		[ "$prompt" -gt $((2 * most_prompt)) ] || [ "$TRIPS" -gt $((2 * most_answer)) ] || return 0
	done
	return 1
}

@test "long line: the trips of TCP's greeting and the server's are counted" {
	local from=${EPOCHREALTIME/[.,]/}
	# shellcheck disable=SC2016
	line_client bash -c 'exec 3<>/dev/tcp/10.77.0.2/$0 && read -r line <&3 && [[ $line == SSH-* ]]' "$SSHD_PORT"
	line_count "$from" "${EPOCHREALTIME/[.,]/}"
	# SYN, its answer, the last of the three, the server's banner.
	[ "$TRIPS" -eq 4 ]
	[ "$BYTES_UP" -eq 0 ]
	[ "$BYTES_DOWN" -gt 20 ]
}

@test "long line: enter-pssession" {
	best_of 11 12 enter_far -ConfigFile "$FAR_CONFIG" far
}
