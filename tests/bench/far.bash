# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Logins over a long line of the kernel's own TCP (tests/harness/long-line.bash), for tests/bench/run: up to the prompt, and up to
# what a typed `echo` prints there, beside ssh, dbclient, a ControlMaster and, where it is installed, mosh.
# BENCH_FAR_TIMES tries each, of which the best counts: a busy machine only adds.

BENCH_FAR_TIMES=${BENCH_FAR_TIMES:-3} LINE_RTT_MS=200

# far_row NAME COMMAND…: as to_answer does it.
far_row() {
	local name=$1 i best_prompt='' best_answer trips up down
	shift
	for ((i = 0; i < BENCH_FAR_TIMES; i++)); do
		"$@" || { printf '  %-34s %s\n' "$name" "fails: $(tail -n 1 "$HERE/typescript" | tr -dc '[:print:]')"; return; }
		[ -z "$best_prompt" ] || [ $((PROMPT_AT - BEGUN_AT)) -lt "$best_prompt" ] || continue
		best_prompt=$((PROMPT_AT - BEGUN_AT)) best_answer=$((ANSWER_AT - BEGUN_AT))
		line_count "$STARTED_AT" "$PROMPT_AT"
		trips=$TRIPS up=$BYTES_UP down=$BYTES_DOWN
	done
	awk -v name="$name" -v prompt="$best_prompt" -v answer="$best_answer" -v rtt="$LINE_RTT_MS" -v trips="$trips" -v up="$up" -v down="$down" \
		'BEGIN { printf "  %-34s %7.2f %7.2f  %6.1f  %8d %8d\n", name, prompt / 1000 / rtt, answer / 1000 / rtt, trips / 2, up, down }'
}

# dbclient knows hosts from its home, and keys in a form of its own.
far_dropbear() {
	command -v dbclient >/dev/null && command -v dropbearconvert >/dev/null || return
	mkdir -p "$HERE/home/.ssh"
	printf '10.77.0.2 %s\n' "$(cut -d' ' -f1,2 "$WORLD/ssh/host_key.pub")" >"$HERE/home/.ssh/known_hosts"
	dropbearconvert openssh dropbear "$WORLD/ssh/user_key" "$HERE/dropbear_user" >/dev/null 2>&1
}

# It wants a terminal of some size.
far_mosh() {
	to_answer sh -c "stty rows 24 cols 80; exec mosh --no-init --ssh='ssh -F $FAR_CONFIG' far"
}

far_rows() {
	local ssh=(ssh -F "$FAR_CONFIG")
	printf '  %-34s %7s %7s  %6s  %8s %8s\n' 'in round trips of the line' prompt answer chain 'up (B)' 'down'
	far_row 'ssh -tt' to_answer "${ssh[@]}" -tt far
	far_row 'ssh -tt (curve25519)' to_answer "${ssh[@]}" -tt -o KexAlgorithms=curve25519-sha256 far
	! far_dropbear || far_row dbclient to_answer dbclient -t -i "$HERE/dropbear_user" -p "$SSHD_PORT" "$REMOTE_USER@10.77.0.2"
	line_client "${ssh[@]}" -M -S "$HERE/mux" -fN far 3>&-
	far_row 'ssh -S (ControlMaster is open)' to_answer "${ssh[@]}" -tt -S "$HERE/mux" far
	line_client "${ssh[@]}" -S "$HERE/mux" -O exit far 2>/dev/null
	! command -v mosh >/dev/null || far_row mosh far_mosh
	far_row 'enter-pssession, the first time' enter_far -ConfigFile "$FAR_CONFIG" far
	far_row enter-pssession enter_far -ConfigFile "$FAR_CONFIG" far
	far_row 'enter-pssession -Resilient' enter_new_far -Resilient
	far_row 'enter-pssession, kept before' enter_kept_far
	far_calls bash
	far_calls zsh
}

# far_calls SHELL: its first command and the second one, of the best try for each.
far_calls() {
	local i
	for ((i = 0; i < BENCH_FAR_TIMES; i++)); do
		first_far "$1" || continue
		tr '\n' ' ' <"$HERE/calls"
		echo
	done | awk -v shell="$1" -v rtt="$LINE_RTT_MS" '
		NR == 1 || $2 - $1 < first { first = $2 - $1 }
		NR == 1 || $4 - $3 < later { later = $4 - $3 }
		END {
			if (NR) printf "  %-34s %7.2f, a later one %.2f\n", "first command in a session, " shell, first / 1000 / rtt, later / 1000 / rtt
			else print "  first command in a session, " shell ": fails"
		}'
}

enter_kept_far() {
	local session
	clean_env_words
	session=$(line_client "${CLEAN_ENV[@]}" bash -c "enable -f $PSS_BUILD/bash-builtin/pssession.so new-pssession; new-pssession -ConfigFile $FAR_CONFIG far" 2>/dev/null)
	enter_far -Session "$session"
}

# bench_line TITLE WORD…: of line_start.
bench_line() {
	local why
	title "$1"
	why=$(line_why_not) && { echo "  $why"; return; }
	LINE_RTT_MS=$((2 * $2))
	line_start "${@:2}" || return
	far_rows
	line_stop
	# shellcheck disable=SC2046
	end_processes $(host_pids) # it is in that line's namespace
}

bench_far() {
	bench_line 'logins over a line of 200 ms' 100
}

bench_slow() {
	bench_line 'the same at 1 Mbit/s' 100 rate=1000 queue=100
	bench_line 'the same with 2 % of the packets lost' 100 loss=20
}
