# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A private, throw-away SSH server on 127.0.0.1 with keys, known_hosts and ssh_config of its own, as root
# or as an ordinary user. Used by tests/shell, tests/bench and tools/try. Needs wait.bash and process.bash, and PSS_BUILD.
#
#   sshd_start DIRECTORY USER [CONFIG LINE…]   sets SSHD_PORT, SSHD_PID; writes DIRECTORY/ssh_config
#   sshd_stop DIRECTORY                        ends it and every connection of it
#   dropbear_start DIRECTORY USER, dropbear_stop DIRECTORY
#   tinysshd_start DIRECTORY USER
#   sshd_connections DIRECTORY                 the pids that serve connections
#
# ssh_config knows the server as `box` (and `box2`). What the log holds is kept in DIRECTORY/sshd.log.

find_sbin() {
	PATH=$PATH:/usr/sbin:/sbin command -v "$1"
}

# Host keys, the user's key, authorized_keys and a known_hosts file in DIRECTORY.
ssh_keys() {
	local directory=$1 user=$2
	ssh-keygen -q -t ed25519 -N '' -C 'pssession test host' -f "$directory/host_key" &&
		ssh-keygen -q -t ed25519 -N '' -C 'pssession test user' -f "$directory/user_key" &&
		cp "$directory/user_key.pub" "$directory/authorized_keys" || return
	# sshd reads this as the user who logs in.
	chmod 644 "$directory/authorized_keys"
	chmod 755 "$directory"
	[ "$user" = "$(id -un)" ] || [ "$(id -u)" -eq 0 ]
}

# write_ssh_config DIRECTORY USER PORT: also known_hosts.
write_ssh_config() {
	local directory=$1 user=$2 port=$3
	printf '[127.0.0.1]:%s %s\n' "$port" "$(cut -d' ' -f1,2 "$directory/host_key.pub")" >"$directory/known_hosts"
	cat >"$directory/ssh_config" <<-END
		Host box box2
			HostName 127.0.0.1
			Port $port
			User $user
			IdentityFile $directory/user_key
			IdentitiesOnly yes
			IdentityAgent none
			UserKnownHostsFile $directory/known_hosts
			GlobalKnownHostsFile /dev/null
			StrictHostKeyChecking yes
			PreferredAuthentications publickey
			ConnectTimeout 10
	END
}

write_sshd_config() {
	local directory=$1 port=$2 sftp=/usr/lib/openssh/sftp-server
	shift 2
	# sshd takes the first value it finds, so the caller's lines come first.
	printf '%s\n' "$@" >"$directory/sshd_config"
	cat >>"$directory/sshd_config" <<-END
		ListenAddress 127.0.0.1
		Port $port
		HostKey $directory/host_key
		PidFile none
		AuthorizedKeysFile $directory/authorized_keys
		StrictModes no
		UsePAM no
		PasswordAuthentication no
		KbdInteractiveAuthentication no
		PrintLastLog no
		LogLevel VERBOSE
	END
	# This one may be said once.
	[[ $* == *"Subsystem sftp"* ]] || echo "Subsystem sftp $sftp" >>"$directory/sshd_config"
	# Of this one the last value counts.
	[[ $* == *MaxStartups* ]] || echo 'MaxStartups 100' >>"$directory/sshd_config"
	# From 9.8 on sshd refuses an address for a while that has hung up before it had logged in, as tests do.
	! grep -qa persourcepenalties "$(find_sbin sshd)" || echo 'PerSourcePenalties no' >>"$directory/sshd_config"
}

# As root, sshd insists on its empty privilege separation directory, which a package's unit makes at boot.
make_privsep_directory() {
	[ "$(id -u)" -ne 0 ] || [ -d /run/sshd ] || mkdir -m 755 /run/sshd 2>/dev/null || [ -d /run/sshd ]
}

server_answers() {
	if ! is_alive "$1"; then
		return 0
	fi
	grep -q "$3" "$2" 2>/dev/null
}

# What an ordinary user's server needs where terminals do not belong to the group tty by themselves (pty-owner.c).
server_environment() {
	if [ "$(id -u)" -ne 0 ] && ! grep -qE ' devpts [^ ]*gid=' /proc/mounts; then
		echo "LD_PRELOAD=$PSS_BUILD/tests/harness/pty-owner.so"
	fi
}

sshd_try() {
	local directory=$1
	shift
	# Below the ephemeral ports, so that no outgoing connection holds it.
	SSHD_PORT=$((10000 + (RANDOM * 32768 + RANDOM) % 20000))
	write_sshd_config "$directory" "$SSHD_PORT" "$@"
	# shellcheck disable=SC2046
	setsid env $(server_environment) "$(find_sbin sshd)" -D -e -f "$directory/sshd_config" >"$directory/sshd.log" 2>&1 </dev/null 3>&- &
	SSHD_PID=$!
	wait_until 10 server_answers "$SSHD_PID" "$directory/sshd.log" '^Server listening on' && is_alive "$SSHD_PID" && return
	end_tree "$SSHD_PID" # it may still come, too late
	return 1
}

sshd_start() {
	local directory=$1 user=$2
	shift 2
	[ -f "$directory/host_key" ] || ssh_keys "$directory" "$user" || return
	make_privsep_directory || return
	retry 5 sshd_try "$directory" "$@" || { cat "$directory/sshd.log" >&2; return 1; }
	echo "$SSHD_PID" >"$directory/sshd.pid"
	write_ssh_config "$directory" "$user" "$SSHD_PORT"
	export SSHD_PORT SSHD_PID
}

dropbear_try() {
	local directory=$1
	SSHD_PORT=$((10000 + (RANDOM * 32768 + RANDOM) % 20000))
	# -m: no motd of its own; -s: no passwords.
	# shellcheck disable=SC2046
	setsid env $(server_environment) "$(find_sbin dropbear)" -F -E -m -s -p "127.0.0.1:$SSHD_PORT" -r "$directory/dropbear_key" \
		-P "$directory/dropbear.pid" "${@:2}" >"$directory/sshd.log" 2>&1 </dev/null 3>&- &
	SSHD_PID=$!
	wait_until 10 server_answers "$SSHD_PID" "$directory/sshd.log" 'Not backgrounding' && is_alive "$SSHD_PID"
}

# Servers that know only ~/.ssh/authorized_keys: USER must be a throw-away one with a home of its own.
put_keys_into_home() {
	local directory=$1 user=$2 home
	home=$(getent passwd "$user" | cut -d: -f6)
	[ -f "$directory/host_key" ] || ssh_keys "$directory" "$user" || return
	mkdir -p "$home/.ssh"
	cp "$directory/authorized_keys" "$home/.ssh/authorized_keys"
	chown -R "$user": "$home/.ssh"
	chmod 700 "$home/.ssh"
}

dropbear_start() {
	local directory=$1 user=$2
	put_keys_into_home "$@" || return
	[ -f "$directory/dropbear_key" ] ||
		dropbearkey -t ed25519 -f "$directory/dropbear_key" >"$directory/dropbear_key.txt" 2>&1 || return
	grep -o '^ssh-ed25519 [^ ]*' "$directory/dropbear_key.txt" >"$directory/host_key.pub"
	retry 5 dropbear_try "$directory" || { cat "$directory/sshd.log" >&2; return 1; }
	echo "$SSHD_PID" >"$directory/sshd.pid"
	write_ssh_config "$directory" "$user" "$SSHD_PORT"
	export SSHD_PORT SSHD_PID
}

# It serves one connection on its standard input.
tinysshd_try() {
	local directory=$1
	SSHD_PORT=$((10000 + (RANDOM * 32768 + RANDOM) % 20000))
	setsid python3 "$PSS_SOURCE/tests/harness/inetd.py" "$SSHD_PORT" "$TINYSSHD" -v "$directory/tiny_keys" >"$directory/sshd.log" 2>&1 </dev/null 3>&- &
	SSHD_PID=$!
	wait_until 10 server_answers "$SSHD_PID" "$directory/sshd.log" "^listening" && is_alive "$SSHD_PID"
}

tinysshd_start() {
	local directory=$1 user=$2
	put_keys_into_home "$@" || return
	[ -d "$directory/tiny_keys" ] || "$TINYSSHD-makekey" "$directory/tiny_keys" || return
	# RFC 8709, section 4.
	{ printf '\0\0\0\013ssh-ed25519\0\0\0\040'; cat "$directory/tiny_keys/ed25519.pk"; } | base64 -w 0 |
		sed 's/^/ssh-ed25519 /' >"$directory/host_key.pub"
	retry 5 tinysshd_try "$directory" || { cat "$directory/sshd.log" >&2; return 1; }
	echo "$SSHD_PID" >"$directory/sshd.pid"
	write_ssh_config "$directory" "$user" "$SSHD_PORT"
	export SSHD_PORT SSHD_PID
}

find_sshd_connections() {
	# The servers themselves, not the shells they started.
	local pid all
	FOUND=()
	{ read -r pid <"$1/sshd.pid"; } 2>/dev/null || return 0
	find_descendants "$pid"
	all=("${FOUND[@]}")
	FOUND=()
	for pid in "${all[@]}"; do
		program_of "$pid"
		case $PROGRAM in
		sshd | dropbear | sshd-session | tinysshd) FOUND+=("$pid") ;;
		esac
	done
}

sshd_connections() {
	local FOUND
	find_sshd_connections "$1"
	print_found
}

sshd_stop() {
	local directory=$1
	[ -f "$directory/sshd.pid" ] || return 0
	end_tree "$(cat "$directory/sshd.pid")"
	rm -f "$directory/sshd.pid"
}

dropbear_stop() {
	sshd_stop "$@"
}
