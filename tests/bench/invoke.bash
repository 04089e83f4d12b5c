# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What invoke-command costs, for tests/bench/run: a call, a stream, a hundred computers; beside ssh with a ControlMaster,
# xargs, and parallel-ssh and clush where they are installed.

bench_session_start() {
	SESSION=$(local_bash 'new-pssession -ConfigFile $1 $2' "$1" "$2")
	MUX=$HERE/mux-$2
	ssh -F "$1" -M -S "$MUX" -fN "$2" 3>&-
}

bench_session_end() {
	ssh -S "$MUX" -O exit any 2>/dev/null
	local_bash 'remove-pssession -Session $1' "$SESSION"
}

# per_call NAME TIMES PRELUDE COMMAND: MEDIAN[NAME] of five loops in one shell process, in ms for each call.
per_call() {
	local name=$1 times=$2 prelude=$3 command=$4
	inner "$name" 5 bash --norc -c "$prelude"'
		a=${EPOCHREALTIME/[.,]/}
		for ((i = 0; i < '"$times"'; i++)); do '"$command"'; done </dev/null >/dev/null
		b=${EPOCHREALTIME/[.,]/}
		echo $(((b - a) / '"$times"'))'
}

# -- a call ------------------------------------------------------------------------------------------------

bench_calls() {
	local shell other
	title "one command, from a shell's own loop, loopback (ms a call)"
	bench_session_start "$WORLD/ssh/ssh_config" box
	per_call mux 100 '' "ssh -F $WORLD/ssh/ssh_config -S $MUX box true"
	per_call ours 1000 "enable -f $PSS_LOADABLE enter-pssession" "invoke-command -Session $SESSION true"
	row 'ssh -S (ControlMaster)' "${MEDIAN[mux]}"
	row 'invoke-command -Session' "${MEDIAN[ours]}" "${MEDIAN[mux]}"
	for shell in zsh dash fish; do
		command -v $shell >/dev/null || continue
		other=$(local_bash 'new-pssession -ConfigFile $C -ConfigurationName $1 box' $shell)
		per_call ours 300 "enable -f $PSS_LOADABLE enter-pssession" "invoke-command -Session $other true"
		row "  where the remote shell is $shell" "${MEDIAN[ours]}" "${MEDIAN[mux]}"
		local_bash 'remove-pssession -Session $1' "$other"
	done
	bench_session_end

	title 'the same through a proxy with 50 ms one way'
	proxy_start 50
	bench_session_start "$FAR_CONFIG" far
	LABEL='ssh -S (ControlMaster)' counted ssh -F "$FAR_CONFIG" -S "$MUX" far true </dev/null
	LABEL='the first invoke-command -Session' counted local_bash 'invoke-command -Session $1 true </dev/null' "$SESSION"
	LABEL='invoke-command -Session' counted local_bash 'invoke-command -Session $1 true </dev/null' "$SESSION"
	LABEL='ssh' counted ssh -F "$FAR_CONFIG" far true </dev/null
	LABEL='invoke-command -ComputerName' counted local_bash 'invoke-command -ConfigFile $1 -ComputerName far true </dev/null' "$FAR_CONFIG"
	bench_session_end
	proxy_stop
	rm -rf "$PROXY"
}

# -- a stream ----------------------------------------------------------------------------------------------

# stream_rows CONFIG NAME TIMES BYTES [COMMAND]: each runs by way of COMMAND.
stream_rows() {
	local config=$1 name=$2 times=$3 bytes=$4 via=${5-}
	local loadable="enable -f $PSS_LOADABLE enter-pssession"
	in_turn "$times" ssh_down "$via bash --norc -c 'ssh -F $config -S $MUX $name head -c $bytes /dev/zero'" \
		ours_down "$via bash --norc -c '$loadable; invoke-command -Session $SESSION \"head -c $bytes /dev/zero\"'" \
		ssh_up "$via bash --norc -c 'head -c $bytes /dev/zero | ssh -F $config -S $MUX $name \"cat >/dev/null\"'" \
		ours_up "$via bash --norc -c '$loadable; head -c $bytes /dev/zero | invoke-command -Session $SESSION \"cat >/dev/null\"'"
	row "ssh -S, down" "${MEDIAN[ssh_down]}"
	row "invoke-command -Session, down" "${MEDIAN[ours_down]}" "${MEDIAN[ssh_down]}"
	row "ssh -S, up" "${MEDIAN[ssh_up]}"
	row "invoke-command -Session, up" "${MEDIAN[ours_up]}" "${MEDIAN[ssh_up]}"
}

bench_streams() {
	title '256 MB over an open connection, loopback (ms)'
	bench_session_start "$WORLD/ssh/ssh_config" box
	stream_rows "$WORLD/ssh/ssh_config" box 3 268435456
	bench_session_end

	title '64 MB over an open connection, through a proxy with 25 ms one way (ms)'
	proxy_start 25
	bench_session_start "$FAR_CONFIG" far
	stream_rows "$FAR_CONFIG" far 3 67108864
	bench_session_end
	proxy_stop
	rm -rf "$PROXY"
	bench_streams_far
}

bench_streams_far() {
	local why
	title '64 MB over an open connection, over a line of 50 ms (ms)'
	why=$(line_why_not) && { echo "  $why"; return; }
	# shellcheck disable=SC2046
	end_processes $(host_pids) # it is outside that line's namespace
	line_start 25 || return
	clean_env_words
	# shellcheck disable=SC2016
	SESSION=$(line_client "${CLEAN_ENV[@]}" bash -c 'enable -f "$0" new-pssession; new-pssession -ConfigFile "$1" far' "$PSS_LOADABLE" "$FAR_CONFIG")
	MUX=$HERE/mux-line
	line_client ssh -F "$FAR_CONFIG" -M -S "$MUX" -fN far 3>&-
	stream_rows "$FAR_CONFIG" far 3 67108864 "nsenter --net=$LINE_CLIENT"
	line_client ssh -S "$MUX" -O exit any 2>/dev/null
	line_stop
	# shellcheck disable=SC2046
	end_processes $(host_pids) # it is in that line's namespace
}

# -- a hundred computers -----------------------------------------------------------------------------------

bench_fan() {
	title '100 connections to one server, 32 at a time, each for one command (ms)'
	local config=$HERE/hundred loadable="enable -f $PSS_LOADABLE enter-pssession"
	{
		printf 'Host h*\n\tHostName 127.0.0.1\n\tHostKeyAlias box\n'
		sed -e '/^Host /d' -e '/HostName /d' "$WORLD/ssh/ssh_config"
	} >"$config"
	sed -i 's/^Host h\*/&\n\tStrictHostKeyChecking no\n\tUserKnownHostsFile '"${HERE//\//\\/}"'\/hundred.known/' "$config"
	sed "s/^[^ ]*/box/" "$WORLD/ssh/known_hosts" >"$HERE/hundred.known"
	local words=(ours "bash --norc -c '$loadable; invoke-command -ConfigFile $config -ComputerName h[001-100] true'"
		xargs "sh -c 'seq -f h%03g 100 | xargs -P 32 -I NAME ssh -n -F $config NAME true'")
	seq -f h%03g 100 >"$HERE/names"
	! command -v parallel-ssh >/dev/null || words+=(pssh "parallel-ssh -p 32 -h $HERE/names -x '-F $config' true")
	! command -v clush >/dev/null || words+=(clush "clush -f 32 -o '-F $config' -w h[001-100] true")
	local_bash 'get-pssession' # the host process runs
	in_turn 5 "${words[@]}"
	row 'xargs -P 32 ssh' "${MEDIAN[xargs]}"
	[ -z "${MEDIAN[pssh]-}" ] || row 'parallel-ssh' "${MEDIAN[pssh]}" "${MEDIAN[xargs]}"
	[ -z "${MEDIAN[clush]-}" ] || row 'clush' "${MEDIAN[clush]}" "${MEDIAN[xargs]}"
	row 'invoke-command -ComputerName' "${MEDIAN[ours]}" "${MEDIAN[xargs]}"
}

# -- one beside others -------------------------------------------------------------------------------------

# calls_beside NAME: MEDIAN[NAME] and MEDIAN[NAME_worst] of single calls in the session SESSION.
calls_beside() {
	local times
	clean_env_words
	times=$("${CLEAN_ENV[@]}" bash --norc -c "enable -f $PSS_LOADABLE enter-pssession"'
		for ((i = 0; i < 300; i++)); do
			a=${EPOCHREALTIME/[.,]/}
			invoke-command -Session '"$SESSION"' : </dev/null
			b=${EPOCHREALTIME/[.,]/}
			echo $((b - a))
		done' | sort -n)
	MEDIAN[$1]=$(middle_ms <<<"$times")
	MEDIAN[$1_worst]=$(tail -n 1 <<<"$times" | awk '{ printf "%.2f", $1 / 1000 }')
	row "$1" "${MEDIAN[$1]}" "${MEDIAN[alone]}"
	row '    the longest of 300' "${MEDIAN[$1_worst]}"
}

# busy COMMAND [INPUT]: a session of its own runs it while calls are measured. BUSY is its process, BUSY_SESSION its session.
busy() {
	local words
	clean_env_words
	BUSY_SESSION=$(local_bash 'new-pssession -ConfigFile $C box')
	setsid "${CLEAN_ENV[@]}" bash --norc -c "enable -f $PSS_LOADABLE enter-pssession
		invoke-command -Session $BUSY_SESSION '$1'" <"${2:-/dev/null}" >/dev/null 2>&1 3>&- &
	BUSY=$!
	pause 1
}

busy_end() {
	kill "$BUSY" 2>/dev/null
	wait "$BUSY" 2>/dev/null
	local_bash 'remove-pssession -Session $1' "$BUSY_SESSION"
}

bench_beside() {
	title 'a call in one session, while another is busy (ms); the machine has its processors to share, too'
	SESSION=$(local_bash 'new-pssession -ConfigFile $C box')
	calls_beside alone
	busy 'cat /dev/zero'
	calls_beside 'beside a flood from a server'
	busy_end
	busy 'cat >/dev/null' /dev/zero
	calls_beside 'beside a flood to a server'
	busy_end
	local_bash 'remove-pssession -Session $1' "$SESSION"
}

# -- nothing to do -----------------------------------------------------------------------------------------

# private_kb PID…: of all of them.
private_kb() {
	local pid
	for pid; do
		cat "/proc/$pid/smaps_rollup" 2>/dev/null # it may have ended meanwhile
	done | awk '/^Private/ { kb += $2 } END { print kb + 0 }'
}

host_wake_ups() {
	cat "/proc/$1"/task/*/status | awk '/^voluntary_ctxt_switches/ { n += $2 } END { print n }'
}

# settled_kb PID: when it has given back what logging in took.
settled_kb() {
	local kb=0 before=-1
	while [ "$kb" != "$before" ]; do
		before=$kb
		pause 3
		kb=$(private_kb "$1")
	done
	echo "$kb"
}

# remote_rows TEXT SESSIONS: their processes and private memory on the remote computer, with the servers'.
remote_rows() {
	local processes kb
	mapfile -t processes < <(descendants "$(cat "$WORLD/ssh/sshd.pid")")
	kb=$(private_kb "${processes[@]}")
	row "processes there, $1" "$(awk "BEGIN { printf \"%.1f\", ${#processes[@]} / $2 }")"
	row 'their private memory, kB' $((kb / $2))
}

bench_idle() {
	local sessions=200 at_once=100 seconds=60 pid before after woken
	title "$sessions idle sessions, $at_once of them opened at once: each"
	local_bash 'new-pssession -ConfigFile $C box' >/dev/null
	pid=$(host_pids)
	before=$(settled_kb "$pid")
	local_bash 'new-pssession -ThrottleLimit $2 -ConfigFile $C -ComputerName "$(yes box | head -n $1 | paste -sd,)"' \
		"$sessions" "$at_once" >/dev/null 2>&1
	after=$(settled_kb "$pid")
	row 'private memory in the host process, kB' $(((after - before) / sessions))
	woken=$(host_wake_ups "$pid")
	pause "$seconds"
	woken=$(($(host_wake_ups "$pid") - woken))
	row "its wake-ups in $seconds s, all sessions" "$woken"
	local_bash 'remove-pssession -Name "*"'
	wait_until 30 nothing_remote
	title 'on the remote computer, a session: beside ssh -tt'
	local_bash 'new-pssession -ConfigFile $C -ComputerName "$(yes box | head -n 10 | paste -sd,)"' >/dev/null 2>&1
	pause 5
	remote_rows 'idle' 10
	local_bash 'invoke-command -Session $(get-pssession -Property InstanceId | paste -sd,) : </dev/null'
	remote_rows 'after a call' 10
	local_bash 'remove-pssession -Name "*"'
	wait_until 30 nothing_remote
	local i logins=()
	clean_env_words
	for ((i = 0; i < 10; i++)); do
		"${CLEAN_ENV[@]}" script -qefc "ssh -tt -F $WORLD/ssh/ssh_config box" /dev/null </dev/null >/dev/null 2>&1 3>&- &
		logins+=($!)
	done
	pause 5
	remote_rows 'ssh -tt' 10
	kill "${logins[@]}"
	wait "${logins[@]}"
}
