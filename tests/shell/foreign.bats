#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Other users of the same computer, local or remote, who plant directories, links, sockets and files where ours should
# be, or knock at ours. The throw-away account is the user here; the others are nobody and root. Only as root.

load ../harness/harness

# Only what everybody can read and run: the build may lie where the throw-away user cannot look.
setup_file() {
	world_start bash || return
	[ -n "$ACCOUNT_MADE" ] || return 0
	cp --remove-destination "$PSS_BUILD/plugin/host/pssession-host" "$WORLD/pssession-host"
	cp "$PSS_LOADABLE" "$WORLD/pssession.so"
	mkdir -m 700 "$WORLD/key"
	cp "$WORLD/ssh/user_key" "$WORLD/key"
	chown -R "$REMOTE_USER" "$WORLD/key"
	sed "s|IdentityFile .*|IdentityFile $WORLD/key/user_key|" "$WORLD/ssh/ssh_config" >"$WORLD/config"
	# A key of root's own, for a host process of root's.
	sed "s|IdentityFile .*|IdentityFile $WORLD/ssh/user_key|" "$WORLD/ssh/ssh_config" >"$WORLD/root_config"
	chmod 644 "$WORLD"/*config "$WORLD/ssh/known_hosts"
}
teardown_file() { world_end; }

setup() {
	requires_made_account
	place_start
	chmod 755 "$HERE"
	PLANTED=$HERE/planted
	mkdir -m 755 "$PLANTED"
	chown nobody "$PLANTED"
}

teardown() {
	[ -n "${HERE-}" ] || return 0
	[ -z "${LISTENER-}" ] || end_processes "$LISTENER"
	# shellcheck disable=SC2046
	end_processes $(host_pids)
	rm -rf "${REMOTE_HOME:?}/.local" "$REMOTE_HOME/precious" "${MADE_RUN-$HERE/none}" \
		/dev/shm/.pss-*"${WORLD##*-}" /tmp/.pss-*"${WORLD##*-}" /var/tmp/.pss-*"${WORLD##*-}" "$REMOTE_HOME"/.pss-* "$PLANTED"
	place_end
}

# as_user NAME COMMAND…
as_user() {
	setpriv --reuid "$1" --regid nogroup --clear-groups "${@:2}"
}

# A script in the user's bash, with nothing in the environment that says where the host process is to be.
user_bash() {
	as_user "$REMOTE_USER" env -i "HOME=$REMOTE_HOME" "PATH=$PATH" "USER=$REMOTE_USER" LANG=C.UTF-8 \
		"PSSESSION_HOST=$WORLD/pssession-host" "${BASH_UNDER_TEST:-bash}" --norc -c "
		C=$WORLD/config
		enable -f $WORLD/pssession.so enter-pssession || exit 99
		$1" 3>&-
}

# The user's own place below the home, made as the first command makes it; sets RUN.
find_run() {
	user_bash get-pssession || return
	RUN=$(echo "$REMOTE_HOME"/.local/state/pssession/run-*)
	[ -d "$RUN" ]
}

# not_trusted PATH: nothing is started, the place is named.
not_trusted() {
	run user_bash 'new-pssession -ConfigFile $C box'
	[ "$status" -eq 1 ] || { echo "status $status: $output"; return 1; }
	[[ $output == *"$1 is not trusted: it must be yours, mode 0700, and no symbolic link" ]] || { echo "$output"; return 1; }
	run user_bash get-pssession
	[ "$status" -eq 1 ] && [[ $output == *"$1 is not trusted"* ]] || { echo "get: $status: $output"; return 1; }
	[ -z "$(host_pids)" ]
}

opens() {
	run user_bash 'new-pssession -ConfigFile $C box'
	[ "$status" -eq 0 ] && [[ $output =~ ^$UUID$ ]] || { echo "status $status: $output"; return 1; }
}

# -- the directory

@test "foreign: a runtime directory that is not the user's own is refused" {
	find_run
	rmdir "$RUN"
	mkdir -m 700 "$RUN"
	chown nobody "$RUN"
	not_trusted "$RUN"
	chmod 777 "$RUN"
	not_trusted "$RUN"
	chown root "$RUN"
	not_trusted "$RUN"
	chown "$REMOTE_USER" "$RUN"
	not_trusted "$RUN"
	chmod 700 "$RUN"
	opens
}

@test "foreign: a link or a file in place of the runtime directory is refused, wherever it leads" {
	find_run
	rmdir "$RUN"
	as_user nobody ln -s "$PLANTED" "$HERE/link" 2>/dev/null || ln -s "$PLANTED" "$HERE/link"
	mv "$HERE/link" "$RUN"
	not_trusted "$RUN"
	rm "$RUN"
	mkdir -m 700 "$REMOTE_HOME/precious"
	chown "$REMOTE_USER" "$REMOTE_HOME/precious"
	ln -s "$REMOTE_HOME/precious" "$RUN"
	not_trusted "$RUN"
	rm "$RUN"
	ln -s "$REMOTE_HOME/nowhere" "$RUN"
	not_trusted "$RUN"
	rm "$RUN"
	echo >"$RUN"
	not_trusted "$RUN"
	[ -z "$(ls -A "$PLANTED" "$REMOTE_HOME/precious" | grep -v :)" ]
	[ ! -e "$REMOTE_HOME/nowhere" ]
}

@test "foreign: a directory above it that others can change is refused" {
	find_run
	local parent=$REMOTE_HOME/.local/state
	chown nobody "$parent"
	not_trusted '*' || [[ $output == *'is not trusted'* ]]
	[ -z "$(host_pids)" ]
	chown "$REMOTE_USER" "$parent"
	chmod 777 "$parent"
	run user_bash 'new-pssession -ConfigFile $C box'
	[ "$status" -eq 1 ]
	[[ $output == *'is not trusted'* ]]
	[ -z "$(host_pids)" ]
}

# The directory that a login makes; sets MADE_RUN, for teardown.
make_run_user() {
	[ ! -e "/run/user/$REMOTE_UID" ] || skip "/run/user/$REMOTE_UID is there already"
	mkdir -p /run/user
	MADE_RUN=/run/user/$REMOTE_UID
	mkdir -m 700 "$MADE_RUN"
	chown "$REMOTE_USER" "$MADE_RUN"
}

@test "foreign: the same below /run/user; one that is not the user's own there is passed over" {
	make_run_user
	mkdir -m 700 "$MADE_RUN/pssession"
	chown nobody "$MADE_RUN/pssession"
	not_trusted "$MADE_RUN/pssession"
	rmdir "$MADE_RUN/pssession"
	ln -s "$PLANTED" "$MADE_RUN/pssession"
	not_trusted "$MADE_RUN/pssession"
	rm "$MADE_RUN/pssession"
	chown nobody "$MADE_RUN"
	opens
	[ -S "$(echo "$REMOTE_HOME"/.local/state/pssession/run-*/host)" ]
	[ -z "$(ls -A "$MADE_RUN")" ]
}

# -- the socket

# A listener of USER's at PATH that notes what it is sent; sets LISTENER.
listen_as() {
	# Without as_user(), so that $! is the listener itself.
	setpriv --reuid "$1" --regid nogroup --clear-groups /usr/bin/python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen()
print("listening", flush=True)
while True:
    c, _ = s.accept()
    c.settimeout(10)
    while d := c.recv(4096): print("got", d, flush=True)
    print("closed", flush=True)' "$2" >"$HERE/heard" 2>&1 3>&- &
	LISTENER=$!
	wait_until 10 grep -qx listening "$HERE/heard"
	chmod 666 "$2"
}

# The client has looked who is there, and left without a word.
refuses_listener() {
	local uid
	uid=$(id -u nobody)
	run user_bash 'new-pssession -ConfigFile $C box'
	[ "$status" -eq 1 ] || { echo "status $status: $output"; return 1; }
	[[ $output == *"the socket $RUN/host is served by user $uid, not by you" ]] || { echo "$output"; return 1; }
	wait_until 10 grep -qx closed "$HERE/heard"
	not grep -q got "$HERE/heard"
	[ -z "$(host_pids)" ]
}

@test "foreign: a socket whose listener is another user hears nothing from us" {
	find_run
	listen_as nobody "$PLANTED/socket"
	mv "$PLANTED/socket" "$RUN/host"
	refuses_listener
}

@test "foreign: nor does one that a link leads to, which is not even followed" {
	find_run
	listen_as nobody "$PLANTED/socket"
	ln -s "$PLANTED/socket" "$RUN/host"
	run user_bash get-pssession
	[ "$status" -eq 0 ] && [ -z "$output" ]
	opens
	[ -S "$RUN/host" ] && [ ! -h "$RUN/host" ] && [ -S "$PLANTED/socket" ]
	[ "$(cat "$HERE/heard")" = listening ]
}

@test "foreign: what else stands in the socket's or the lock's place is not followed, and what it names is not touched" {
	find_run
	echo precious >"$PLANTED/file"
	ln -s "$PLANTED/file" "$RUN/host"
	opens
	[ -S "$RUN/host" ] && [ ! -h "$RUN/host" ]
	[ "$(cat "$PLANTED/file")" = precious ]
	# shellcheck disable=SC2046
	end_processes $(host_pids)
	rm -f "$RUN/host"
	ln -s "$PLANTED/nowhere" "$RUN/host"
	opens
	[ -S "$RUN/host" ] && [ ! -h "$RUN/host" ]
	[ ! -e "$PLANTED/nowhere" ]
	# shellcheck disable=SC2046
	end_processes $(host_pids)
	rm -f "$RUN/host" "$RUN/lock"
	ln -s "$PLANTED/file" "$RUN/lock"
	run user_bash 'new-pssession -ConfigFile $C box'
	[ "$status" -eq 1 ]
	[[ $output == *"the lock $RUN/lock cannot be taken"* ]]
	[ -z "$(host_pids)" ]
	[ "$(cat "$PLANTED/file")" = precious ]
}

# knock USER: says HELLO at our socket, prints how many bytes came back before the end.
knock() {
	as_user "$1" /usr/bin/python3 -c '
import socket, struct, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
hello = struct.pack("=HHIQ", 1, 0, 8, 1)
try:
    s.sendall(struct.pack("=IHHI", len(hello), 1, 0, 0) + hello)
    s.shutdown(socket.SHUT_WR)
    n = 0
    while d := s.recv(4096): n += len(d)
except (BrokenPipeError, ConnectionResetError):
    n = 0
print(n)' "$RUN/host"
}

@test "foreign: a client of another user gets no word from our host process, root neither" {
	find_run
	opens
	# The user throws the doors open.
	chmod 755 "$REMOTE_HOME" "$REMOTE_HOME/.local" "$REMOTE_HOME/.local/state" "$REMOTE_HOME/.local/state/pssession" "$RUN"
	chmod 666 "$RUN/host"
	[ "$(knock "$REMOTE_USER")" -gt 0 ]
	[ "$(knock nobody)" = 0 ]
	[ "$(knock root)" = 0 ]
	chmod 700 "$REMOTE_HOME" "$RUN"
	run user_bash 'get-pssession -Property State'
	[ "$output" = Opened ]
}

# -- sudo -s

# Root's bash with the user's environment, in a mount namespace where root's own places are empty ones.
root_bash() {
	unshare -m sh -c '
		mount -t tmpfs -o mode=700 pssession /root && mount -t tmpfs -o mode=755 pssession /run/user &&
			mkdir -m 700 /run/user/0 && exec "$@"' sh \
		env -i "HOME=$REMOTE_HOME" "PATH=/usr/sbin:/usr/bin:/sbin:/bin" USER=root LANG=C.UTF-8 \
		"XDG_RUNTIME_DIR=$RUN/.." "PSSESSION_RUNTIME_DIR=$RUN" "PSSESSION_HOST=$WORLD/pssession-host" \
		/bin/bash --norc -c "
		C=$WORLD/root_config
		enable -f $WORLD/pssession.so enter-pssession || exit 99
		$1" 3>&-
}

@test "foreign: root with the user's environment, as by sudo -s, gets a host process of its own" {
	unshare -m mount -t tmpfs pssession /run/user 2>/dev/null || skip "needs a mount namespace"
	find_run
	opens
	run root_bash '
		[ -z "$(get-pssession)" ] || exit 51
		[ ! -e /run/user/0/pssession/host ] || exit 52
		new-pssession -ConfigFile $C -Name roots box || exit 53
		[ -S /run/user/0/pssession/host ] || exit 54
		[ "$(get-pssession -Property Name)" = roots ] || exit 55
		remove-pssession -Name roots'
	[ "$status" -eq 0 ] || { echo "$status: $output"; return 1; }
	[ "$(for pid in $(host_pids); do stat -c %U "/proc/$pid"; done | sort | tr '\n' ' ')" = "$REMOTE_USER root " ] ||
		[ "$(for pid in $(host_pids); do stat -c %u "/proc/$pid"; done | sort -n | wc -l)" = 2 ]
	[ "$(find "$RUN" ! -user "$REMOTE_USER" | wc -l)" = 0 ]
	run user_bash 'get-pssession -Property Name'
	[ "$output" = Session1 ]
}

# -- the remote side

# What a shell of the remote account makes of the name N: the directory it stands in, or "none".
meet() {
	as_user "$REMOTE_USER" env -i "HOME=$REMOTE_HOME" "PATH=$PATH" "${@:2}" -c "n=$1
		$(grep -v '^#' "$PSS_SOURCE/plugin/remote/scripts/rendezvous.sh")
		pss_meet && pwd || echo none"
}

# plant PATH KIND: as somebody else would.
plant() {
	case $2 in
	open) mkdir -m 777 "$1" && chown nobody "$1" ;;
	closed) mkdir -m 700 "$1" && chown nobody "$1" ;;
	home) ln -s "$REMOTE_HOME" "$1" && chown -h nobody "$1" ;;
	own) ln -s "$REMOTE_HOME/precious" "$1" && chown -h nobody "$1" ;;
	theirs) ln -s "$PLANTED" "$1" && chown -h nobody "$1" ;;
	file) echo >"$1" && chown nobody "$1" ;;
	fifo) mkfifo "$1" && chown nobody "$1" ;;
	esac
}

@test "foreign: whatever is planted in the place where a remote session meets is not entered" {
	requires dash mksh ksh93 busybox zsh
	local shells=(dash bash mksh ksh93 'busybox sh' 'zsh --emulate sh') shell kind n=x${WORLD##*-}
	mkdir -m 700 "$REMOTE_HOME/precious"
	chown "$REMOTE_USER" "$REMOTE_HOME/precious"
	chown nobody "$PLANTED"
	for shell in "${shells[@]}"; do
		for kind in open closed home own theirs file fifo; do
			rm -rf /dev/shm/.pss-"$n" /tmp/.pss-"$n" /var/tmp/.pss-"$n" "$REMOTE_HOME/.pss-$n"
			plant "/dev/shm/.pss-$n" "$kind"
			# shellcheck disable=SC2086 # a program and its argument
			[ "$(meet "$n" $shell)" = "/tmp/.pss-$n" ] || { echo "$shell, $kind, one place"; return 1; }
			rm -rf "/tmp/.pss-$n"
			plant "/tmp/.pss-$n" "$kind"
			plant "/var/tmp/.pss-$n" "$kind"
			# shellcheck disable=SC2086
			[ "$(meet "$n" $shell)" = "$REMOTE_HOME/.pss-$n" ] || { echo "$shell, $kind, all places"; return 1; }
			[ ! -e "$REMOTE_HOME/go" ] && [ -z "$(ls -A "$REMOTE_HOME/precious" "$PLANTED" | grep -v :)" ] || return 1
		done
	done
	rm -rf /dev/shm/.pss-"$n" /tmp/.pss-"$n" /var/tmp/.pss-"$n" "$REMOTE_HOME/.pss-$n"
	[ "$(meet "$n" sh)" = "/dev/shm/.pss-$n" ]
}

@test "foreign: a session sweeps its own account's dead directories, and nobody else's, and follows no link" {
	local n=${WORLD##*-} place
	mkdir -m 700 "$REMOTE_HOME/precious" "/dev/shm/.pss-own$n"
	for place in /dev/shm /tmp /var/tmp; do
		plant "$place/.pss-link$n" own
		plant "$place/.pss-dir$n" open
		echo 99999999 >"$place/.pss-dir$n/pid"
	done
	echo 99999999 >"$REMOTE_HOME/precious/pid"
	echo 99999999 >"/dev/shm/.pss-own$n/pid"
	chown -R "$REMOTE_USER" "$REMOTE_HOME/precious" "/dev/shm/.pss-own$n"
	run user_bash 'new-pssession -ConfigFile $C box >/dev/null && remove-pssession -Id 1'
	[ "$status" -eq 0 ]
	wait_until 10 not test -e "/dev/shm/.pss-own$n"
	# shellcheck disable=SC2046
	end_processes $(host_pids)
	wait_until 10 nothing_remote
	[ -s "$REMOTE_HOME/precious/pid" ]
	for place in /dev/shm /tmp /var/tmp; do
		[ -h "$place/.pss-link$n" ] && [ -s "$place/.pss-dir$n/pid" ]
	done
}

# from_other_network LINE: in a shell whose network is empty.
from_other_network() {
	run clean_env unshare -n "$PSS_SHELL" -c "C=$WORLD/ssh/ssh_config; $(load_line); $1" 3>&-
	echo "$output"
}

@test "foreign: a shell in another network reaches no computer of the host process's network" {
	local line='invoke-command -ConfigFile $C box "echo reached"'
	unshare -n true 2>/dev/null || skip "needs to make a network namespace"
	run local_shell "new-pssession -ConfigFile \$C -Name kept box && $line"
	[ "${lines[-1]}" = reached ]
	from_other_network 'ssh -F $C box echo reached'
	[[ $status = 255 && $output != reached ]]
	from_other_network "$line"
	[[ $status != 0 && $output == *'in another network namespace than the host process'*PSSESSION_RUNTIME_DIR* ]]
	from_other_network 'new-pssession -ConfigFile $C box'
	[ "$status" -ne 0 ]
	# What is open leads where it led.
	from_other_network 'invoke-command -Session kept "echo in it"'
	[ "$output" = 'in it' ]
	mkdir -m 700 "$HERE/run-there"
	from_other_network "export PSSESSION_RUNTIME_DIR=\$HERE/run-there; $line"
	[[ $status = 255 && $output == *[Uu]nreachable* ]]
}
