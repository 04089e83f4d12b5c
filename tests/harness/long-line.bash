# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A line of the kernel's own TCP with a delay (long-line.c says how), a server of its own at its far end, and what a
# login over it takes. As root, where there is /dev/net/tun.
#
#   line_why_not               says in one line why there can be none here; fails where there can
#   line_start DELAY_MS [rate=KBIT_S …] [-- CONFIG LINE…]   one way; FAR_CONFIG knows the server as `far`
#   line_client COMMAND…       runs it at the client's end; so are all that this starts
#   to_answer COMMAND…         a terminal with COMMAND in it, up to what a typed `echo` prints: see there
#   line_count                 TRIPS, BYTES_UP and BYTES_DOWN of it
#   line_stop

LONG_LINE=${LONG_LINE:-$PSS_BUILD/tests/harness/long-line}

line_why_not() {
	[ "$(id -u)" -eq 0 ] || { echo 'a long line needs root'; return; }
	[ -c /dev/net/tun ] || { echo 'a long line needs /dev/net/tun'; return; }
	command -v nsenter >/dev/null || { echo 'a long line needs nsenter'; return; }
	unshare -n true 2>/dev/null || { echo 'a long line needs network namespaces'; return; }
	return 1
}

line_server() {
	sed 's/^ListenAddress .*/ListenAddress 10.77.0.2/' "$WORLD/ssh/sshd_config" >"$LINE/sshd_config"
	# sshd takes the first value it finds.
	[ $# -eq 0 ] || { printf '%s\n' "$@"; cat "$LINE/sshd_config"; } >"$LINE/sshd_config.new"
	[ $# -eq 0 ] || mv "$LINE/sshd_config.new" "$LINE/sshd_config"
	setsid nsenter "--net=$LINE_SERVER" "$(find_sbin sshd)" -D -e -f "$LINE/sshd_config" >"$LINE/sshd.log" 2>&1 </dev/null 3>&- &
	LINE_SSHD_PID=$!
	wait_until 10 server_answers "$LINE_SSHD_PID" "$LINE/sshd.log" '^Server listening on' && is_alive "$LINE_SSHD_PID"
}

line_start() {
	local words=("$1")
	shift
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		words+=("$1")
		shift
	done
	LINE=$HERE/line
	mkdir -p "$LINE"
	chmod 755 "$HERE" "$LINE"
	rm -f "$LINE/out"
	"$LONG_LINE" "$LINE/log" "${words[@]}" >"$LINE/out" 2>"$LINE/err" </dev/null 3>&- &
	LINE_PID=$!
	wait_until 5 test -s "$LINE/out" || { cat "$LINE/err" >&2; return 1; }
	read -r LINE_CLIENT LINE_SERVER <"$LINE/out"
	line_server "${@:2}" || { cat "$LINE/sshd.log" >&2; return 1; }
	printf '[10.77.0.2]:%s %s\n' "$SSHD_PORT" "$(cut -d' ' -f1,2 "$WORLD/ssh/host_key.pub")" >"$LINE/known"
	sed -e 's/^Host .*/Host far/' -e 's/HostName .*/HostName 10.77.0.2/' -e "s|UserKnownHostsFile .*|UserKnownHostsFile $LINE/known|" \
		"$WORLD/ssh/ssh_config" >"$LINE/far"
	# shellcheck disable=SC2034 # what -ConfigFile is given
	FAR_CONFIG=$LINE/far
}

line_client() {
	nsenter "--net=$LINE_CLIENT" "$@"
}

line_stop() {
	[ -n "${LINE_PID-}" ] || return 0
	end_tree "$LINE_SSHD_PID"
	end_processes "$LINE_PID"
	LINE_PID=
}

# -- a login ---------------------------------------------------------------------------------------------------

is_typed() {
	grep -qF -- "$1" "$HERE/typescript"
}

# await TEXT PID: until it has been printed, or what prints has ended; looks often, as a round trip passes meanwhile.
await_typed() {
	until is_typed "$1"; do
		is_alive "$2" || return
		pause 0.001
	done
}

# COMMAND brings a shell whose prompt ends in `remote$ ` into a terminal; where it prints WAITS_FOR before, it begins there. Sets, in
# microseconds since 1970, STARTED_AT, BEGUN_AT, PROMPT_AT and ANSWER_AT, when a line that was typed at that prompt has answered. Fails where it does not come so far; then
# $HERE/typescript says why.
# shellcheck disable=SC2034 # for those who call it
to_answer() {
	local pid keys failed=0
	clean_env_words
	rm -f "$HERE/keys"
	mkfifo "$HERE/keys"
	: >"$HERE/typescript"
	STARTED_AT=${EPOCHREALTIME/[.,]/} BEGUN_AT=${EPOCHREALTIME/[.,]/}
	line_client "${CLEAN_ENV[@]}" script -qefc "$(printf '%q ' "$@")" /dev/null <"$HERE/keys" >"$HERE/typescript" 2>&1 3>&- &
	pid=$!
	exec {keys}>"$HERE/keys"
	{
		{ [ -z "${WAITS_FOR-}" ] || await_typed "$WAITS_FOR" "$pid"; } && BEGUN_AT=${EPOCHREALTIME/[.,]/} &&
			await_typed 'remote$ ' "$pid" && PROMPT_AT=${EPOCHREALTIME/[.,]/} &&
			echo 'echo "ans""wer"' >&"$keys" && await_typed answer "$pid" && ANSWER_AT=${EPOCHREALTIME/[.,]/}
	} || failed=1
	exec {keys}>&-
	end_tree "$pid"
	rm -f "$HERE/keys"
	return "$failed"
}

# enter_far WORD…: the same by enter-pssession with these words, from a shell that waits at its prompt.
enter_far() {
	cat >"$HERE/far-rc" <<-END
		enable -f $PSS_BUILD/bash-builtin/pssession.so enter-pssession
		PROMPT_COMMAND='unset PROMPT_COMMAND; printf "%s\n" be"gun"; enter-pssession $*'
	END
	WAITS_FOR=begun to_answer bash --noprofile --rcfile "$HERE/far-rc" -i
}

# The same in a new session that new-pssession makes with these words.
enter_new_far() {
	cat >"$HERE/far-rc" <<-END
		enable -f $PSS_BUILD/bash-builtin/pssession.so enter-pssession new-pssession
		PROMPT_COMMAND='unset PROMPT_COMMAND; printf "%s\n" be"gun"; enter-pssession -Session "\$(new-pssession $* -ConfigFile $FAR_CONFIG far)"'
	END
	WAITS_FOR=begun to_answer bash --noprofile --rcfile "$HERE/far-rc" -i
}

# first_far SHELL: a session, and two commands in it at once: when each has begun and ended, a line each.
first_far() {
	clean_env_words
	# shellcheck disable=SC2016
	line_client "${CLEAN_ENV[@]}" bash -c '
		enable -f $0 new-pssession
		s=$(new-pssession -ConfigFile "$1" -ConfigurationName "$2" far) || exit
		for n in 1 2; do
			printf "%s " "${EPOCHREALTIME/[.,]/}"
			[ "$(invoke-command -Session "$s" "echo a word" </dev/null)" = "a word" ] || exit
			echo "${EPOCHREALTIME/[.,]/}"
		done' "$PSS_BUILD/bash-builtin/pssession.so" "$FAR_CONFIG" "$1" >"$HERE/calls"
}

# line_count FROM UNTIL: what passed between the two: the trips of the longest chain of packets that waited for each other,
# of those that the client has got on one connection, and the bytes of payload of all.
# shellcheck disable=SC2034
line_count() {
	read -r TRIPS BYTES_UP BYTES_DOWN < <(awk -v from="$1" -v until="$2" '
		$2 > 0 && $2 <= from && $3 == "down" { before[$4] = $5 }
		$1 > from && $1 <= until && $6 ~ /S/ && $3 == "up" { before[$4] = 0 }
		$2 > from && $2 <= until && $3 == "down" && $5 - before[$4] > most { most = $5 - before[$4] }
		$1 > from && $1 <= until { bytes[$3] += $8 }
		END { print most + 0, bytes["up"] + 0, bytes["down"] + 0 }' "$LINE/log")
}
