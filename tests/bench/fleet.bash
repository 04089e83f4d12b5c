# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# One command on a thousand computers, for tests/bench/run: processor time and time for each of them, beside clush, parallel-ssh
# and pdsh where they are installed, and xargs. All talk to one server that costs little (stub-server.c), at a thousand
# addresses of this computer. OpenSSH is held to the key exchange that libssh has, too.

declare -A FLEET_CPU FLEET_TIME # microseconds for each target
FLEET_COUNT=1000 FLEET_AT_ONCE=32

fleet_start() {
	ssh-keygen -q -t ed25519 -N '' -f "$HERE/fleet.key"
	mkfifo "$HERE/fleet.open" "$HERE/fleet.port"
	"$PSS_BUILD/tests/bench/stub-server" "$HERE/fleet.key" <"$HERE/fleet.open" >"$HERE/fleet.port" 2>&1 3>&- &
	exec {FLEET_OPEN}>"$HERE/fleet.open"
	read -r FLEET_PORT <"$HERE/fleet.port"
	seq 1 "$FLEET_COUNT" | awk '{ print "127.1." int($1 / 250) "." $1 % 250 + 1 }' >"$HERE/fleet.names"
	cat >"$HERE/fleet.config" <<-END
		Host *
			Port $FLEET_PORT
			IdentityFile $WORLD/ssh/user_key
			IdentitiesOnly yes
			IdentityAgent none
			UserKnownHostsFile $HERE/fleet.known
			GlobalKnownHostsFile none
			StrictHostKeyChecking yes
			UpdateHostKeys no
			KexAlgorithms curve25519-sha256
			BatchMode yes
	END
}

fleet_end() {
	exec {FLEET_OPEN}>&-
}

# fleet_known LINES [hash]: so many lines, of which each target has one.
fleet_known() {
	local key
	read -r key _ < <(cut -d' ' -f1,2 "$HERE/fleet.key.pub" | tr ' ' '\001')
	{
		awk -v port="$FLEET_PORT" '{ print "[" $1 "]:" port }' "$HERE/fleet.names"
		seq "$FLEET_COUNT" "$1" | sed 1d | sed 's/^/other-/'
	} | sed "s|\$| ${key/$'\001'/ }|" >"$HERE/fleet.known"
	[ $# -lt 2 ] || ssh-keygen -q -H -f "$HERE/fleet.known" >/dev/null 2>&1
	rm -f "$HERE/fleet.known.old"
}

# Processor time in microseconds: this shell's children who have ended, and the host process with its own.
fleet_cpu_us() {
	awk -v tick="$(getconf CLK_TCK)" -v shell="$$" '{
		is_shell = $1 == shell; sub(/.*\) /, ""); ticks += $14 + $15 + (is_shell ? 0 : $12 + $13)
	} END { print ticks * 1000000 / tick }' "/proc/$$/stat" "/proc/$(host_pids)/stat"
}

# fleet_run NAME TARGETS COMMAND…: with TARGETS names in $HERE/fleet.some.
fleet_run() {
	local name=$1 n=$2 started cpu
	shift 2
	started=$(now_us)
	cpu=$(fleet_cpu_us)
	"${CLEAN_ENV[@]}" "$@" </dev/null >"$HERE/fleet.out" 2>&1
	FLEET_TIME[$name]=$((($(now_us) - started) / n))
	FLEET_CPU[$name]=$((($(fleet_cpu_us) - cpu) / n))
	[ "$(grep -cw answer "$HERE/fleet.out")" -ge "$n" ] || [ "$name" = pssh ] ||
		printf '  %s: only %d of %d have answered\n' "$name" "$(grep -cw answer "$HERE/fleet.out")" "$n"
}

# fleet_row NAME TEXT: CPU and time a target, each with its ratio to ours.
fleet_row() {
	[ -n "${FLEET_CPU[$1]-}" ] || return 0
	awk -v text="$2" -v cpu="${FLEET_CPU[$1]}" -v time="${FLEET_TIME[$1]}" -v our_cpu="${FLEET_CPU[ours]}" -v our_time="${FLEET_TIME[ours]}" '
		BEGIN { printf "  %-34s %7.2f ms of CPU, ours %.2f x; %7.2f ms, ours %.2f x\n", text, cpu / 1000, our_cpu / cpu, time / 1000, our_time / time }'
}

# fleet_rows TARGETS
fleet_rows() {
	local n=$1 config=$HERE/fleet.config loadable="enable -f $PSS_LOADABLE enter-pssession"
	local ours="$loadable; invoke-command -ConfigFile $config -ThrottleLimit $FLEET_AT_ONCE -ComputerName \"@$HERE/fleet.some\" true"
	head -n "$n" "$HERE/fleet.names" >"$HERE/fleet.some"
	clean_env_words
	fleet_run first "$n" bash --norc -c "$ours"
	fleet_run ours "$n" bash --norc -c "$ours"
	fleet_run xargs "$n" sh -c "xargs -P $FLEET_AT_ONCE -I NAME ssh -n -F $config NAME true <$HERE/fleet.some"
	! command -v clush >/dev/null ||
		fleet_run clush "$n" clush -f "$FLEET_AT_ONCE" -o "-F $config" --hostfile "$HERE/fleet.some" true
	! command -v parallel-ssh >/dev/null ||
		fleet_run pssh "$n" parallel-ssh -i -p "$FLEET_AT_ONCE" -h "$HERE/fleet.some" -x "-F $config" true
	! command -v pdsh >/dev/null ||
		fleet_run pdsh "$n" env PDSH_SSH_ARGS_APPEND="-F $config" pdsh -R ssh -f "$FLEET_AT_ONCE" -w "^$HERE/fleet.some" true
	fleet_row first 'invoke-command, the first time'
	fleet_row ours 'invoke-command, then'
	fleet_row xargs 'xargs ssh'
	fleet_row clush clush
	fleet_row pssh parallel-ssh
	fleet_row pdsh pdsh
}

bench_fleet() {
	fleet_start
	host_for_bench
	title "$FLEET_COUNT computers, $FLEET_AT_ONCE at a time, a line of known_hosts for each (for each computer)"
	fleet_known "$FLEET_COUNT"
	fleet_rows "$FLEET_COUNT"
	title 'the first 100 of them, 10000 hashed lines of known_hosts'
	fleet_known 10000 hash
	fleet_rows 100
	fleet_end
}
