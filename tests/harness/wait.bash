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

# wait_until SECONDS COMMAND…: 0 as soon as COMMAND succeeds, 1 and a message when it never did.
wait_until() {
	local deadline=$((${EPOCHREALTIME/[.,]/} + $1 * 1000000))
	shift
	until "$@"; do
		if ((${EPOCHREALTIME/[.,]/} >= deadline)); then
			echo "waited in vain for: $*" >&2
			return 1
		fi
		pause
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
