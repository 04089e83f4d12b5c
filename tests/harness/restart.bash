# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A computer that restarts: the world's sshd in a mount namespace of its own, in which the kernel's boot id is a file of
# ours. Going down ends the server and everything that runs as the account; coming up is another boot id, or the
# same one where only the network was away. Needs root.
#
#   computer_start              once, behind world_start
#   computer_down, computer_up [same]
#   on_reset COMMAND…           runs it in the background as soon as something on the computer has written to its
#                               fifo $XDG_RUNTIME_DIR/reset

can_be_computer() {
	[ -n "$ACCOUNT_MADE" ] && unshare -m true 2>/dev/null
}

requires_computer() {
	can_be_computer || skip "needs root, an account of its own and a mount namespace"
}

new_boot_id() {
	cat /proc/sys/kernel/random/uuid >"$WORLD/boot_id"
}

computer_answers() {
	grep -q '^Server listening on' "$WORLD/ssh/sshd.log"
}

computer_up() {
	[ "${1-}" = same ] || new_boot_id
	: >"$WORLD/ssh/sshd.log"
	# shellcheck disable=SC2016
	setsid unshare -m sh -c 'mount --bind "$1/boot_id" /proc/sys/kernel/random/boot_id && exec "$2" -D -e -f "$1/ssh/sshd_config"' \
		sh "$WORLD" "$(find_sbin sshd)" >>"$WORLD/ssh/sshd.log" 2>&1 </dev/null 3>&- &
	echo $! >"$WORLD/ssh/sshd.pid"
	wait_until 10 computer_answers
}

computer_down() {
	local uid
	uid=$(id -u "$REMOTE_USER")
	sshd_stop "$WORLD/ssh"
	# shellcheck disable=SC2046
	end_processes $(processes_of_uid "$uid")
}

# The server and its connections alone.
network_down() {
	# shellcheck disable=SC2046
	end_processes $(sshd_connections "$WORLD/ssh") "$(cat "$WORLD/ssh/sshd.pid")"
}

computer_start() {
	sshd_stop "$WORLD/ssh" && computer_up || return
	mkfifo -m 666 "$WORLD/remote-run/reset"
}

power_cycle() {
	computer_down
	computer_up "$@"
}

on_reset() {
	{ read -r _ <"$WORLD/remote-run/reset" && "$@"; } >"$HERE/reset.log" 2>&1 3>&- &
}

has_logins() { # since it came up
	[ "$(grep -c 'Accepted publickey' "$WORLD/ssh/sshd.log")" -ge "$1" ]
}
