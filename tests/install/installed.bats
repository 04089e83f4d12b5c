#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# pssession as it is installed, by meson and as the Debian package, for an ordinary user with the lines in the dotfiles that
# doc/install.md names. It writes into the system's own directories, so it is for machines to throw away:
# `tools/check --in RELEASE` makes one.

load ../harness/harness

setup_file() {
	[ -n "${PSS_MACHINE_TO_THROW_AWAY-}" ] || return 0
	world_start bash
	# The account is at both ends: it enters itself.
	chown "$REMOTE_USER" "$WORLD/ssh/user_key"
	PACKAGED=$WORLD/packaged
	export PACKAGED
	mkdir -p "$PACKAGED/tree"
	(cd "$PSS_SOURCE" && tar --exclude='./build*' -cf - .) | tar -xf - -C "$PACKAGED/tree"
}
teardown_file() { [ -z "${WORLD-}" ] || world_end; }
setup() {
	[ -n "${PSS_MACHINE_TO_THROW_AWAY-}" ] || skip "for a machine to throw away (tools/check --in RELEASE)"
	place_start
}
teardown() {
	[ -n "${HERE-}" ] || return 0
	# The user's own host process.
	term_kill
	# shellcheck disable=SC2046
	end_processes $(processes_with_argument "$(readlink -f "$(installed_host)" 2>/dev/null || echo none)")
	place_end
}

installed_host() {
	compgen -G '/usr/libexec/pssession-host' || compgen -G '/usr/local/libexec/pssession-host' || compgen -G '/usr/local/lib*/pssession-host'
}

# dotfiles FILE LINE…: the account's start-up file; it knows whether it is here or at the end of a session.
dotfiles() {
	local file=$1
	shift
	{
		echo "[ -n \"\$SSH_CONNECTION\" ] && PS1='remote\$ ' || PS1='local\$ '"
		printf '%s\n' "$@"
	} | account_file "$file"
}

# start_as_user SHELL: a login of the account, in a terminal.
start_as_user() {
	term_start env -i TERM=screen-256color su --login --shell "$(command -v "$1")" "$REMOTE_USER" && wait_local
}

enters_and_leaves() {
	run_line "enter-pssession -ConfigFile $WORLD/ssh/ssh_config box" && wait_remote
	run_line 'echo "from:${SSH_CONNECTION:+remote}:$((6 * 7))"'
	output_is from:remote:42
	leave_by 'exit 3'
	status_is 3
	run_line 'type get-pssession >/dev/null && get-pssession --version'
	output_like '^pssession '
	term_kill
}

# The ways that doc/install.md names, below PREFIX's share and with the loadable where bash looks.
every_way_in() {
	local share=$1
	dotfiles .bashrc "enable -f $(pkg-config --variable=loadablesdir bash)/pssession.so enter-pssession"
	start_as_user bash
	enters_and_leaves
	dotfiles .bashrc ". $share/pssession/pssession.bash"
	start_as_user bash
	enters_and_leaves
	dotfiles .zshrc 'zmodload pssession'
	start_as_user zsh
	enters_and_leaves
	dotfiles .zshrc 'zmodload -ab pssession {enter,exit,new,get,remove,disconnect,connect,receive,test}-pssession invoke-command'
	start_as_user zsh
	enters_and_leaves
	dotfiles .zshrc "source $share/pssession/pssession.plugin.zsh"
	start_as_user zsh
	enters_and_leaves
}

# Every file of the system, but those that come and go.
files_of_the_system() {
	find /usr /etc -xdev ! -type d ! -path '*/__pycache__/*' ! -path '/etc/*-' ! -name 'ld.so.cache' ! -name '*.lock' | sort
}

@test "installed: by meson, an ordinary user enters from every line in the dotfiles" {
	files_of_the_system >"$WORLD/before"
	meson install -C "$PSS_BUILD" --no-rebuild --quiet 3>&-
	every_way_in /usr/local/share
}

@test "installed: by meson, uninstalling leaves no file" {
	[ -n "$(installed_host)" ]
	"$PSS_SOURCE/tools/uninstall" "$PSS_BUILD" 3>&-
	files_of_the_system >"$WORLD/after"
	diff "$WORLD/before" "$WORLD/after"
}

@test "installed: dpkg-buildpackage builds the package, and lintian has nothing to object to" {
	# As a builder does: none of our own settings.
	(cd "$PACKAGED/tree" && env -i "PATH=$PATH" "HOME=$HERE/home" LC_ALL=C.UTF-8 dpkg-buildpackage -us -uc -b) \
		>"$PACKAGED/build.log" 2>&1 3>&- || { tail -n 30 "$PACKAGED/build.log"; return 1; }
	run lintian --allow-root --fail-on error,warning "$PACKAGED"/pssession_*.changes
	echo "$output"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

@test "installed: as a package, an ordinary user enters from every line in the dotfiles" {
	env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y "$PACKAGED"/pssession_*.deb >"$WORLD/apt.log" 2>&1 3>&- ||
		{ cat "$WORLD/apt.log"; return 1; }
	every_way_in /usr/share
}

@test "installed: as a package, the tests of the dotfiles do not see it" {
	PSS_SHELL=bash bats --tap "$PSS_SOURCE/tests/shell/dotfiles.bats" 3>&-
}

@test "installed: as a package, purging leaves no file" {
	[ -n "$(installed_host)" ]
	env DEBIAN_FRONTEND=noninteractive apt-get purge -qq -y pssession >"$WORLD/apt.log" 2>&1 3>&- || { cat "$WORLD/apt.log"; return 1; }
	files_of_the_system >"$WORLD/after"
	diff "$WORLD/before" "$WORLD/after"
}
