# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The network between client and server, when a test wants it slow or dead (netproxy.c says how).
#
#   proxy_start DELAY_MS     in front of the world's sshd; ssh_config's `far` goes through it
#   proxy cut|close|silent|move|resume|…
#   proxy_count              CONNECTIONS BYTES_UP BYTES_DOWN TURNS since the last call
#   proxy_stop

NETPROXY=${NETPROXY:-$PSS_BUILD/tests/harness/netproxy}

proxy_start() {
	PROXY=$HERE/proxy
	mkdir -p "$PROXY"
	rm -f "$PROXY/out" # of the one before: its port
	mkfifo "$PROXY/control"
	"$NETPROXY" "$SSHD_PORT" "$1" "$PROXY/control" >"$PROXY/out" 2>"$PROXY/err" </dev/null 3>&- &
	PROXY_PID=$!
	wait_until 5 test -s "$PROXY/out" || return
	read -r PROXY_PORT <"$PROXY/out"
	cat "$WORLD/ssh/known_hosts" - >"$PROXY/known" <<-END
		[127.0.0.1]:$PROXY_PORT $(cut -d' ' -f1,2 "$WORLD/ssh/host_key.pub")
	END
	sed "s|UserKnownHostsFile .*|UserKnownHostsFile $PROXY/known|" "$WORLD/ssh/ssh_config" >"$PROXY/near"
	{ sed -e 's/^Host box.*/Host far/' -e "s/Port .*/Port $PROXY_PORT/" "$PROXY/near"; cat "$PROXY/near"; } >"$PROXY/far"
	# shellcheck disable=SC2034 # what -ConfigFile is given
	FAR_CONFIG=$PROXY/far
}

proxy() {
	echo "$*" >"$PROXY/control"
}

count_has_come() {
	[ "$(grep -c ^count "$PROXY/out")" -gt "$1" ]
}

proxy_count() {
	local before
	before=$(grep -c ^count "$PROXY/out")
	proxy count
	wait_until 5 count_has_come "$before" || return
	tail -n 1 "$PROXY/out" | cut -d' ' -f2-
}

proxy_stop() {
	[ -n "${PROXY_PID-}" ] || return 0
	end_processes "$PROXY_PID"
	rm -f "$PROXY/control"
}
