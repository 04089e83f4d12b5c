# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The account that a test logs in to. As root: a throw-away user with a login shell of the test's choice
# and a home below the test's own directory, removed afterwards. As an ordinary user: oneself, since no
# other account can be had; then the login shell is what it is, and start-up files are written only where
# PSS_OWN_ACCOUNT=1 says that this account is itself a throw-away one (tools/check makes such a user).

account_shell_path() {
	case $1 in
	ash) echo "$2/ash" ;; # busybox is what its name says
	pwsh) powershell_for_accounts "$2" ;;
	*.exe) windows_shell "$1" "$2" ;;
	*) command -v "$1" ;;
	esac
}

# PowerShell's place, PSS_PWSH, is a directory that an account may have no way into.
powershell_for_accounts() {
	local from
	from=$(dirname "$(realpath "$PSS_PWSH")")
	[ -d "$1/powershell" ] || cp -rl "$from" "$1/powershell" 2>/dev/null || cp -r "$from" "$1/powershell" || return
	echo "$1/powershell/pwsh"
}

# Always of one length, whatever this process's number: it stands in prompts, and where a line wraps is what some tests see.
account_name() {
	local digits=0123456789abcdefghijklmnopqrstuvwxyz number=$$ name=
	while [ "${#name}" -lt 5 ]; do
		name=${digits:number % 36:1}$name
		number=$((number / 36))
	done
	REMOTE_USER=pss-$1-$name
}

# account_create SHELL DIRECTORY [PASSWORD HASH]: sets REMOTE_USER, REMOTE_HOME, REMOTE_SHELL.
account_create() {
	local shell=$1 directory=$2 hash=${3:-*} path
	if [ "$(id -u)" -ne 0 ]; then
		REMOTE_USER=$(id -un)
		REMOTE_HOME=$(getent passwd "$REMOTE_USER" | cut -d: -f6)
		REMOTE_SHELL=$(basename "$(getent passwd "$REMOTE_USER" | cut -d: -f7)")
		REMOTE_OWNED=${PSS_OWN_ACCOUNT-} ACCOUNT_MADE=
		[ "$REMOTE_SHELL" = "$shell" ] || WORLD_SKIP="needs root, to make an account whose login shell is $shell"
	else
		[ "$shell" != ash ] || ln -sf "$(command -v busybox)" "$directory/ash"
		path=$(account_shell_path "$shell" "$directory") || { echo "no $shell here" >&2; return 1; }
		account_name "$shell"
		REMOTE_HOME=$directory/remote-home
		REMOTE_SHELL=$shell
		REMOTE_OWNED=1 ACCOUNT_MADE=1
		mkdir -p "$REMOTE_HOME"
		# useradd's own lock gives up too soon when many tests start at once.
		flock /tmp "$(find_sbin useradd)" -M -N -g nogroup -d "$REMOTE_HOME" -s "$path" -p "$hash" "$REMOTE_USER" \
			2>"$directory/useradd.log" || { cat "$directory/useradd.log" >&2; return 1; }
		chown "$REMOTE_USER": "$REMOTE_HOME"
		chmod 700 "$REMOTE_HOME"
	fi
	REMOTE_UID=$(id -u "$REMOTE_USER")
	export REMOTE_USER REMOTE_HOME REMOTE_SHELL REMOTE_UID REMOTE_OWNED ACCOUNT_MADE WORLD_SKIP
}

# account_file NAME: a start-up file of the throw-away user, from standard input. False when not ours.
account_file() {
	[ -n "$REMOTE_OWNED" ] || return 1
	cat >"$REMOTE_HOME/$1"
	[ -z "$ACCOUNT_MADE" ] || chown "$REMOTE_USER": "$REMOTE_HOME/$1"
}

account_remove() {
	[ -n "${ACCOUNT_MADE-}" ] || return 0
	# shellcheck disable=SC2046
	end_processes $(processes_of_uid "$REMOTE_UID")
	flock /tmp "$(find_sbin userdel)" "$REMOTE_USER" 2>/dev/null
	! getent passwd "$REMOTE_USER" >/dev/null
}
