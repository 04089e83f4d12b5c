# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Waiting for conditions, never for time to pass. Sourced by harness.bash and by tools/try.

# A pipe that nothing is ever written to: `read -t` from it is a pause without a process.
# shellcheck disable=SC2120 # the argument is for callers elsewhere
pause() {
	if [ -z "${PSS_PAUSE_FD-}" ]; then
		exec {PSS_PAUSE_FD}<> <(:)
	fi
	read -rt "${1:-0.05}" -u "$PSS_PAUSE_FD" || :
}

now_ms() {
	local now=${EPOCHREALTIME/[.,]/}
	echo $((now / 1000))
}

# wait_until SECONDS COMMAND…: 0 as soon as COMMAND succeeds, 1 and a message when it never did, in so many seconds of a
# machine that is at ease: others take up to WAIT_PATIENCE times as long. What looks costs processor
# time that what is waited for wants, too: it is asked every 50 ms for a second, then after a twentieth of the time that has
# passed, 150 ms at most, as what a screen shows for a moment has to be seen.
WAIT_PATIENCE=3
wait_until() {
	local started=${EPOCHREALTIME/[.,]/} limit=$(($1 * WAIT_PATIENCE * 1000000)) passed ms
	shift
	until "$@"; do
		passed=$((${EPOCHREALTIME/[.,]/} - started))
		if ((passed >= limit)); then
			echo "waited in vain for: $*" >&2
			return 1
		fi
		ms=$((passed / 20000))
		((ms >= 50)) || ms=50
		((ms <= 150)) || ms=150
		printf -v ms '0.%03d' "$ms"
		pause "$ms"
	done
}

# retry TIMES COMMAND…: for what may fail by chance (a port that was just taken).
retry() {
	local n=$1
	shift
	while ((n-- > 0)); do
		"$@" && return 0
	done
	return 1
}

not() {
	! "$@"
}

# requires PROGRAM…: the test cannot run without them, and says so. tools/check installs every one, so
# in its runs (PSS_REQUIRE_ALL=1) a missing one is a failure.
requires() {
	local program
	for program; do
		command -v "$program" >/dev/null && continue
		[ -z "${PSS_REQUIRE_ALL-}" ] || { echo "$program is missing" >&2; return 1; }
		skip "$program is missing"
	done
}
