#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# From 0.1.0 to this version, with a session open: the Debian packages of both are installed by dpkg, one over the other, in a
# root directory of their own (without debhelper, or root: what meson installs of both, in the packages' places). The shell that had loaded the old one goes on with its session, a new one works beside it,
# and when the old host process has gone, both work with the new one. Takes minutes, so it is for `tools/check --full`.

load ../harness/harness

# 0.1.0 was this commit. Where there is no history (a tarball, a shallow clone) it is this tree with that number.
OLD_COMMIT=1473b53

tree_now() {
	mkdir -p "$1"
	(cd "$PSS_SOURCE" && tar --exclude=./.git --exclude='./build*' --exclude='./obj-*' --exclude=./debian/pssession --exclude=./dist -cf - .) |
		tar -xf - -C "$1"
}

tree_then() {
	mkdir -p "$1"
	if git -C "$PSS_SOURCE" cat-file -e "$OLD_COMMIT:debian/changelog" 2>/dev/null; then
		git -C "$PSS_SOURCE" archive "$OLD_COMMIT" | tar -xf - -C "$1"
		return
	fi
	tree_now "$1"
	sed -i "s/^  version: '.*',/  version: '0.1.0',/" "$1/meson.build"
	sed -i '1s/(.*)/(0.1.0)/' "$1/debian/changelog"
}

has_packages() {
	command -v dpkg-buildpackage >/dev/null && command -v dh >/dev/null && [ "$(id -u)" -eq 0 ]
}

# build DIRECTORY: of the tree in DIRECTORY/tree. Neither tests nor optimisation, as it shall take little time.
build() {
	if has_packages; then build_package "$1"; else build_files "$1"; fi
}

build_files() {
	local options=(--prefix=/usr --libexecdir=libexec -Dsystemd=disabled -Doptimization=0 -Ddebug=false)
	! grep -q "^option('tests'" "$1/tree/meson_options.txt" || options+=(-Dtests=false)
	(meson setup "$1/build" "$1/tree" "${options[@]}" && ninja -C "$1/build" && DESTDIR=$1/files meson install -C "$1/build" --no-rebuild) \
		>"$1/log" 2>&1 3>&- || { tail -n 30 "$1/log" >&2; return 1; }
}

build_package() {
	! grep -q "^option('tests'" "$1/tree/meson_options.txt" || sed -i 's/-Dsystemd=enabled/-Dtests=false &/' "$1/tree/debian/rules"
	(cd "$1/tree" && env -i "PATH=$PATH" "HOME=$WORLD" LC_ALL=C.UTF-8 DEB_BUILD_OPTIONS='nocheck noopt' dpkg-buildpackage -us -uc -b -d) \
		>"$1/log" 2>&1 3>&- || { tail -n 30 "$1/log" >&2; return 1; }
}

setup_file() {
	world_start bash
	UPGRADE=$WORLD/upgrade
	ROOT=$UPGRADE/root
	export UPGRADE ROOT
	mkdir -p "$ROOT"/var/lib/dpkg/{info,updates,triggers} "$UPGRADE/old" "$UPGRADE/new"
	touch "$ROOT/var/lib/dpkg/status"
	tree_then "$UPGRADE/old/tree" && build "$UPGRADE/old" || return
	tree_now "$UPGRADE/new/tree" && build "$UPGRADE/new" || return
	ln -sf "$ROOT/usr/libexec/pssession-host" "$WORLD/pssession-host"
}
teardown_file() { world_end; }
setup() {
	PSS_LOADABLE=$ROOT/usr/lib/bash/pssession.so # harness.bash is read again for each test
	place_start
}
teardown() { place_end; }

# dpkg_there ARGUMENT…: dpkg below ROOT, with none of its own surroundings there.
dpkg_there() {
	dpkg "--root=$ROOT" --force-depends --force-script-chrootless --no-triggers "$@" >"$HERE/dpkg.log" 2>&1 3>&- ||
		{ cat "$HERE/dpkg.log"; return 1; }
}

# upgrade_to old|new: as dpkg does it, a file takes the place of another, which a process may still have.
upgrade_to() {
	if has_packages; then
		dpkg_there -i "$UPGRADE/$1"/pssession_*.deb
		return
	fi
	cp -a --remove-destination "$UPGRADE/$1/files/." "$ROOT"
	(cd "$UPGRADE/$1/files" && find . ! -type d) >>"$UPGRADE/installed"
}

purge() {
	if has_packages; then
		dpkg_there --purge pssession
	else
		(cd "$ROOT" && sort -u "$UPGRADE/installed" | xargs -d '\n' rm -f)
	fi
}

# new_shell LINE: what a shell prints that has loaded what is installed now.
new_shell() {
	clean_env bash --norc -c "C=$WORLD/ssh/ssh_config; enable -f '$PSS_LOADABLE' enter-pssession || exit 99; $1" 2>&1 3>&- </dev/null
}

installed_version() {
	new_shell 'get-pssession --version'
}

@test "upgrade: with a session open: the old shell goes on, new shells and new sessions work, and nothing is left" {
	local host version
	version=$(sed -n "s/^  version: '\(.*\)',/\1/p" "$PSS_SOURCE/meson.build")
	upgrade_to old
	[ "$(installed_version)" = 'pssession 0.1.0' ]
	local_bash_start
	keep_session
	enter_kept
	run_line 'x=5'
	leave_by exit-pssession
	host=$(host_pids)
	[ -n "$host" ]

	upgrade_to new
	[ "$(installed_version)" = "pssession $version" ]
	# Its program has gone from the disk, and the process and its sessions are there.
	[ "$(host_pids)" = "$host" ]
	[[ $(readlink "/proc/$host/exe") == *' (deleted)' ]]

	# The shell that had loaded 0.1.0.
	enter_kept
	run_line 'echo "x is $x"'
	output_is 'x is 5'
	leave_by exit-pssession
	run_line 'get-pssession -Property State'
	output_is Opened

	# A shell of now: it sees that session and opens another one, by the host process of then.
	run new_shell 'get-pssession -Property State'
	[ "$output" = Opened ]
	run new_shell 'new-pssession -ConfigFile $C -Name fresh box >/dev/null && get-pssession -Name fresh -Property State'
	[ "$output" = Opened ]
	run new_shell 'invoke-command -Name fresh "echo in \$((6 * 7))"; echo "status $?"'
	# What 0.1.0 could not do is refused with a way out.
	[[ $output == $'in 42\nstatus 0' || $output == *'is older than this command; remove its sessions'*"kill $host'"*$'\nstatus 1' ]] ||
		{ echo "$output"; return 1; }
	[ "$(host_pids)" = "$host" ]

	# As that sentence says: then the host process of now serves both.
	run new_shell 'get-pssession | remove-pssession -Name "*"; get-pssession'
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	kill "$host"
	wait_until 10 is_over "$host"
	run new_shell 'new-pssession -ConfigFile $C -Name fresh box >/dev/null && invoke-command -Name fresh "echo in \$((6 * 7))"; invoke-command -Name fresh "y=7"'
	[ "$output" = 'in 42' ]
	[ "$(readlink "/proc/$(host_pids)/exe")" = "$ROOT/usr/libexec/pssession-host" ]
	run_line 'enter-pssession -Name fresh' && wait_remote
	run_line 'echo "y is $y"'
	output_like 'y is 7'
	leave_by exit-pssession
	run_line 'remove-pssession -Name fresh; get-pssession'
	output_is ''

	# shellcheck disable=SC2046
	end_processes $(host_pids)
	wait_until 10 nothing_remote
	purge
	run find "$ROOT" -path "$ROOT/var/lib/dpkg" -prune -o ! -type d -print
	[ -z "$output" ]
}

is_over() {
	! kill -0 "$1" 2>/dev/null
}

@test "upgrade: a shell of before copies by asking for a new one, where the program that copies is of now" {
	local version
	version=$(sed -n "s/^  version: '\(.*\)',/\1/p" "$PSS_SOURCE/meson.build")
	upgrade_to new
	# What a shell of another version would say to it.
	sed "s/$version/${version//[0-9]/9}/g" "$PSS_LOADABLE" >"${PSS_LOADABLE%/*}/other.so"
	run clean_env bash --norc -c "enable -f '${PSS_LOADABLE%/*}/other.so' copy-item || exit 99
		copy-item -ConfigFile $WORLD/ssh/ssh_config /etc/hostname box:pss-copied" 3>&- </dev/null
	[ "$status" -eq 1 ]
	[[ $output == *'are of different versions'*'start a new shell'* ]]
	rm "${PSS_LOADABLE%/*}/other.so"
	purge
}
