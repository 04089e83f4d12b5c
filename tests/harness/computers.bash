# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Several computers with names, for the pages of doc/: each is an sshd with a host name, a home, /srv, /opt, /var/log and
# /usr/local of its own. The world's account is at both ends, and its ~/.ssh/config names them. Needs root and harness.bash.
#
#   computers_start NAME…
#   computer_path NAME PATH     where a file of that computer is seen from here
#   computer_lost NAME          its connections are cut
#   computers_forget            what the last test has written there, and here, goes
#   as_user COMMAND…            here, as the account

# What is a computer's own: a directory for each, below its own.
computer_places() {
	printf '%s\n' "home $REMOTE_HOME" "runtime $WORLD/remote-run" 'srv /srv' 'log /var/log' 'local /usr/local' 'opt /opt'
}

computer_path() {
	local name place path=$2
	while read -r name place; do
		case $path in
		"$place" | "$place"/*)
			echo "$WORLD/computers/$1/$name${path#"$place"}"
			return
			;;
		esac
	done < <(computer_places)
	return 1
}

# Services, and leave to be root, as far as administrators' commands ask: systemd and sudo are no part of a test's machine.
# sudo keeps to one rule: `sudo -n` is let in, and without it a password is asked for on the terminal, as ever.
SYSTEMCTL='#!/bin/sh
state=/usr/local/state/$2
[ "$2" != --quiet ] || { state=/usr/local/state/$3; exec >/dev/null; }
case $1 in
is-active) cat "$state"; grep -q ^active "$state" || exit 3 ;;
start | restart | reload) [ "$(id -u)" = 0 ] || [ -n "$SUDO_USER" ] || { echo '\''Access denied'\'' >&2; exit 4; }; echo active >"$state" ;;
stop) echo inactive >"$state" ;;
esac'
SUDO='#!/bin/sh
if [ "$1" = -n ]; then
	shift
elif [ "$1" = -S ]; then
	shift
	[ "$1" != -p ] || shift 2
	IFS= read -r password
	[ "$password" = secret ] || { echo '\''Sorry, try again.'\'' >&2; exit 1; }
else
	stty -echo </dev/tty || { echo '\''sudo: a terminal is required to read the password'\'' >&2; exit 1; }
	printf '\''[sudo] password for admin: '\'' >/dev/tty
	IFS= read -r password </dev/tty
	stty echo </dev/tty
	echo >/dev/tty
	[ "$password" = secret ] || { echo '\''Sorry, try again.'\'' >&2; exit 1; }
fi
SUDO_USER=$(id -un) exec "$@"'

write_computer_programs() {
	printf '%s\n' "$SYSTEMCTL" >"$1/systemctl"
	printf '%s\n' "$SUDO" >"$1/sudo"
	chmod 755 "$1/systemctl" "$1/sudo"
}

# Builtins where they will do: this is done for each computer.
fill_computer() {
	local name=$1 directory=$WORLD/computers/$1 place
	while read -r place _; do
		places+=("$directory/$place")
	done < <(computer_places)
	mkdir -p "$directory"/{home,runtime,srv,log,local/{bin,state},opt/app}
	write_computer_programs "$directory/local/bin"
	printf '%s\n' "PS1='\\w\\$ '" >"$directory/home/.bashrc"
	: >"$directory/home/.hushlogin"
	printf '%s\n' '. ~/.bashrc' >"$directory/home/.bash_profile"
	printf '%s\n' active >"$directory/local/state/nginx"
	printf '%s\n' "ready on $name" "request 1 on $name" >"$directory/log/app.log"
	printf 'listen 80\nname %s\nworkers 4\n' "$name" >"$directory/opt/app/app.conf"
	computer_program "$name" >"$directory/start"
}

# In a namespace of its own: what is mounted there, and how it is called there.
computer_program() {
	printf 'hostname %q' "$1"
	local place path
	while read -r place path; do
		printf ' && mount --bind %q %q' "$WORLD/computers/$1/$place" "$path"
	done < <(computer_places)
	printf ' && exec "$@"\n'
}

computer_start() {
	local name=$1 directory=$WORLD/ssh-$1
	mkdir -p "$directory"
	cp -p "$WORLD"/ssh/{user_key,user_key.pub,authorized_keys,host_key,host_key.pub} "$directory"
	chmod 755 "$directory"
	COMPUTER=$name sshd_start "$directory" "$REMOTE_USER" "$(remote_environment)" || return
	printf 'Host %s\n\tPort %s\n' "$name" "$SSHD_PORT" >"$WORLD/computers/$name/config"
}

# What sshd_try puts in front of the program.
server_environment() {
	if [ -n "${COMPUTER-}" ]; then
		printf '%s\n' unshare --uts --mount --propagation private -- sh "$WORLD/computers/$COMPUTER/start"
	fi
}

write_user_config() {
	cat <<-END
		Host old
			Port 1
		Host *
			HostName 127.0.0.1
			UserKnownHostsFile ~/.ssh/known_hosts
			GlobalKnownHostsFile /dev/null
			ConnectTimeout 60
	END
}

computers_start() {
	local name places=() starting=()
	for name; do
		fill_computer "$name"
	done
	chown -R "$REMOTE_USER": "$WORLD/computers"
	chmod 700 "$WORLD"/computers/*/runtime
	COMPUTER_PLACES=${places[*]}
	export COMPUTER_PLACES
	# shellcheck disable=SC2086
	tar -cpPf "$WORLD/computers.tar" $COMPUTER_PLACES
	for name; do
		computer_start "$name" 3>&- &
		starting+=($!)
	done
	wait "${starting[@]}"
	{
		for name; do
			cat "$WORLD/computers/$name/config" || return
		done
		write_user_config
	} >"$WORLD/computers/config"
	mkdir -p "$REMOTE_HOME/.ssh"
	cat "$WORLD"/ssh-*/known_hosts >"$REMOTE_HOME/.ssh/known_hosts"
	cp "$WORLD/computers/config" "$REMOTE_HOME/.ssh/config"
	cp "$WORLD/ssh/user_key" "$REMOTE_HOME/.ssh/id_ed25519"
	cp "$WORLD/ssh/user_key.pub" "$REMOTE_HOME/.ssh/id_ed25519.pub"
	chown -R "$REMOTE_USER": "$REMOTE_HOME/.ssh"
	chmod 700 "$REMOTE_HOME/.ssh"
	chmod 600 "$REMOTE_HOME/.ssh/id_ed25519"
}

computers_forget() {
	# The directories themselves stay, as they are mounted.
	# shellcheck disable=SC2086
	find $COMPUTER_PLACES -mindepth 1 -delete
	tar -xpPf "$WORLD/computers.tar"
	cp "$WORLD/computers/config" "$REMOTE_HOME/.ssh/config"
}

computer_lost() {
	# shellcheck disable=SC2046
	end_processes $(sshd_connections "$WORLD/ssh-$1")
}

as_user_words() {
	clean_env_words
	CLEAN_ENV=(setpriv --reuid "$REMOTE_USER" --regid nogroup --clear-groups "${CLEAN_ENV[@]/#HOME=*/HOME=$REMOTE_HOME}" "USER=$REMOTE_USER" "LOGNAME=$REMOTE_USER")
}

as_user() {
	as_user_words
	"${CLEAN_ENV[@]}" "$@"
}
