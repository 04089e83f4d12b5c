# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Medians and ratios for tests/bench/run.

# shellcheck disable=SC2034 # for run
declare -gA MEDIAN

now_us() {
	echo "${EPOCHREALTIME/[.,]/}"
}

title() {
	printf '\n%s\n' "$*"
}

# row NAME MILLISECONDS [THE ONE TO COMPARE WITH]
row() {
	local ratio=
	[ $# -lt 3 ] || ratio=$(awk "BEGIN { printf \"%.2f x\", $2 / $3 }")
	printf '  %-34s %9s  %s\n' "$1" "$2" "$ratio"
}

middle_ms() {
	sort -n | awk '{ v[NR] = $1 } END { printf "%.2f", v[int((NR + 1) / 2)] / 1000 }'
}

# samples NAME TIMES FUNCTION ARGUMENT…: MEDIAN[NAME] in ms. FUNCTION may set ELAPSED_FROM and ELAPSED_UNTIL
# where not all of what it does is to be counted.
samples() {
	local name=$1 times=$2 i started
	shift 2
	local values=()
	for ((i = 0; i < times; i++)); do
		ELAPSED_FROM='' ELAPSED_UNTIL=''
		started=$(now_us)
		"$@"
		values+=($((${ELAPSED_UNTIL:-$(now_us)} - ${ELAPSED_FROM:-$started})))
	done
	# shellcheck disable=SC2034
	MEDIAN[$name]=$(printf '%s\n' "${values[@]}" | middle_ms)
}

# median NAME TIMES COMMAND…: of the whole of it, in a clean environment.
median() {
	local name=$1 times=$2
	shift 2
	clean_env_words
	samples "$name" "$times" "${CLEAN_ENV[@]}" "$@"
}

# in_turn TIMES NAME COMMAND [NAME COMMAND]…: MEDIAN of each in ms. The commands (of sh) run in turn, so that the machine's
# mood is in all of them alike: for differences of a few hundredths.
in_turn() {
	local times=$1 i at started
	local -A taken=()
	shift
	local words=("$@")
	clean_env_words
	for ((i = 0; i < times; i++)); do
		for ((at = 0; at < ${#words[@]}; at += 2)); do
			started=$(now_us)
			"${CLEAN_ENV[@]}" sh -c "exec ${words[at + 1]}" </dev/null >/dev/null 2>&1
			taken[${words[at]}]+="$(($(now_us) - started))"$'\n'
		done
	done
	for at in "${!taken[@]}"; do
		MEDIAN[$at]=$(printf %s "${taken[$at]}" | middle_ms)
	done
}

# inner NAME TIMES COMMAND…: MEDIAN of what the command prints, in microseconds, as ms.
inner() {
	local name=$1 times=$2 i
	shift 2
	clean_env_words
	MEDIAN[$name]=$(for ((i = 0; i < times; i++)); do "${CLEAN_ENV[@]}" "$@" 2>/dev/null; done | middle_ms)
}
