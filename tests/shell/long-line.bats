#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What a login takes on a line of the kernel's own TCP: packets that waited for each other, counted in trips (two make a round
# trip), and bytes. Nothing here looks at a clock: but a computer that is busy for longer than a trip makes a sender late, so of some
# tries the best counts, and the later ones go over a longer line.

load ../harness/harness

setup_file() { world_start bash; }
teardown_file() { world_end; }
setup() {
	place_start
	WHY=$(line_why_not) && skip "$WHY"
	return 0
}
teardown() { place_end; }

# What the host process knows of the computer's shell. Without a family it knows nothing.
known_shell() {
	# shellcheck disable=SC2046
	end_processes $(host_pids)
	printf '%s\n' ${1:+"$1 $REMOTE_USER@10.77.0.2:$SSHD_PORT"} >"$HERE/run/shells"
	chmod 600 "$HERE/run/shells"
}

# best_of ROUND_TRIPS_TO_PROMPT ROUND_TRIPS_TO_ANSWER FAMILY COMMAND…: one of some tries comes in so many, or fewer, where the shell is
# thought to be of that family. Leaves UP, the bytes that were sent up to the prompt.
best_of() {
	local most_prompt=$1 most_answer=$2 family=$3 delay prompt
	shift 3
	for delay in 50 50 150 300 300; do
		known_shell "$family"
		line_start "$delay"
		"$@" || { cat "$HERE/typescript"; return 1; }
		line_count "$STARTED_AT" "$PROMPT_AT"
		prompt=$TRIPS UP=$BYTES_UP
		line_count "$STARTED_AT" "$ANSWER_AT"
		line_stop
		echo "# $((2 * delay)) ms: $((prompt / 2)) round trips to the prompt, $((TRIPS / 2)) to an answer, $UP bytes up to the prompt" >&3
		[ "$prompt" -gt $((2 * most_prompt)) ] || [ "$TRIPS" -gt $((2 * most_answer)) ] || return 0
	done
	return 1
}

@test "long line: the trips of TCP's greeting and the server's are counted" {
	local from
	line_start 50
	from=${EPOCHREALTIME/[.,]/}
	# shellcheck disable=SC2016
	line_client bash -c 'exec 3<>/dev/tcp/10.77.0.2/$0 && read -r line <&3 && [[ $line == SSH-* ]]' "$SSHD_PORT"
	line_count "$from" "${EPOCHREALTIME/[.,]/}"
	# SYN, its answer, the last of the three, the server's banner.
	[ "$TRIPS" -eq 4 ]
	[ "$BYTES_UP" -eq 0 ]
	[ "$BYTES_DOWN" -gt 20 ]
}

# The eight: TCP, the banner, KEXINIT, the exchange, the service, the key, two channels, and the command of the second one, whose answer is
# the prompt. A shell that is not the one that was expected costs one more.
@test "long line: enter-pssession, where the shell is as expected, and where it is another" {
	best_of 8 9 bash enter_far -ConfigFile "$HERE/line/far" far
	[ "$UP" -le 30000 ]
	best_of 9 10 zsh enter_far -ConfigFile "$HERE/line/far" far
	[ "$(tail -n 1 "$HERE/run/shells")" = "bash $REMOTE_USER@10.77.0.2:$SSHD_PORT" ]
}

@test "long line: the first command in a session takes one round trip, as a later one does" {
	local delay shell from until trips
	for shell in bash zsh; do
		for delay in 50 150 300 300; do
			known_shell "$shell"
			line_start "$delay"
			first_far "$shell"
			trips=()
			while read -r from until; do
				line_count "$from" "$until"
				trips+=("$TRIPS")
			done <"$HERE/calls"
			line_stop
			echo "# $shell, $((2 * delay)) ms: ${trips[*]} trips" >&3
			[ "${trips[*]}" != '2 2' ] || break
		done
		[ "${trips[*]}" = '2 2' ]
	done
}

@test "long line: a new session, plain and resilient" {
	best_of 8 9 '' enter_new_far
	best_of 9 10 bash enter_new_far -Resilient
	[ "$UP" -le 52000 ]
}
