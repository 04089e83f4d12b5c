#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The Debian package: it builds from a clean copy of the tree, lintian has nothing to object to, and what it
# holds works. Takes minutes, so it is for `tools/check --full`.

load ../harness/harness

setup_file() {
	world_start bash
	PACKAGED=$WORLD/packaged
	export PACKAGED
	mkdir -p "$PACKAGED/tree" "$PACKAGED/root"
	(cd "$PSS_SOURCE" && tar --exclude=./.git --exclude='./build*' --exclude='./obj-*' --exclude=./debian/pssession -cf - .) |
		tar -xf - -C "$PACKAGED/tree"
}
teardown_file() { world_end; }
setup() { place_start; }
teardown() {
	# shellcheck disable=SC2046
	end_processes $(processes_with_argument "$PACKAGED/root")
	place_end
}

built() {
	compgen -G "$PACKAGED/pssession_*.changes" >/dev/null || { echo "the package did not build" >&2; return 1; }
}

@test "package: dpkg-buildpackage builds it" {
	requires dpkg-buildpackage dh
	# As a builder does: none of our own settings.
	(cd "$PACKAGED/tree" && env -i "PATH=$PATH" "HOME=$HERE/home" LC_ALL=C.UTF-8 dpkg-buildpackage -us -uc -b) \
		>"$PACKAGED/build.log" 2>&1 3>&- || { tail -n 30 "$PACKAGED/build.log"; return 1; }
	built
	dpkg-deb -x "$PACKAGED"/pssession_*.deb "$PACKAGED/root"
}

@test "package: lintian has nothing to object to" {
	requires lintian
	built
	run lintian --allow-root --fail-on error,warning "$PACKAGED"/pssession_*.changes
	echo "$output"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

@test "package: what it holds works" {
	built
	run clean_env env -u PSSESSION_HOST bash --noprofile --norc -c "
		enable -f '$PACKAGED/root/usr/lib/bash/pssession.so' enter-pssession || exit 99
		s=\$(new-pssession -ConfigFile '$WORLD/ssh/ssh_config' box) && get-pssession -Session \"\$s\" -Property State" 3>&-
	[ "$status" -eq 0 ]
	[ "$output" = Opened ]
	[ -n "$(pgrep -f "^$PACKAGED/root/usr/libexec/pssession-host")" ]
}

@test "package: it depends on the very zsh that its module is for" {
	local version
	built
	version=$(zsh -fc 'print -r -- $ZSH_VERSION')
	[ -f "$PACKAGED/root/usr/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH)/zsh/$version/pssession.so" ]
	[[ $(dpkg-deb -f "$PACKAGED"/pssession_*.deb Depends) == *"zsh (>= $version), zsh (<< $version.0~)"* ]]
}

@test "package: another builder, in another directory, at another time, builds the same bytes" {
	built
	[ -n "$(compgen -G "$PACKAGED/tree/debian/changelog")" ]
	mkdir -p "$PACKAGED/deeper/elsewhere"
	(cd "$PSS_SOURCE" && tar --exclude=./.git --exclude='./build*' --exclude='./obj-*' --exclude=./debian/pssession -cf - .) |
		tar -xf - -C "$PACKAGED/deeper/elsewhere"
	# Like the first one but for what must not matter; its tests have run there.
	(cd "$PACKAGED/deeper/elsewhere" && umask 027 && env -i "PATH=$PATH" "HOME=$HERE" LC_ALL=C TZ=Asia/Tokyo USER=other DEB_BUILD_OPTIONS=nocheck \
		dpkg-buildpackage -us -uc -b) >"$PACKAGED/again.log" 2>&1 3>&- || { tail -n 30 "$PACKAGED/again.log"; return 1; }
	local first second
	first=("$PACKAGED"/pssession_*.deb) second=("$PACKAGED"/deeper/pssession_*.deb)
	cmp "${first[0]}" "${second[0]}"
}

@test "package: it holds the pages, the unit and the licence" {
	local file
	built
	for file in man/man1/enter-pssession.1.gz man/man1/Enter-PSSession.1.gz man/man7/pssession.7.gz doc/pssession/copyright; do
		[ -s "$PACKAGED/root/usr/share/$file" ] || { echo "no $file"; return 1; }
	done
	[ -f "$PACKAGED/root/usr/lib/systemd/user/pssession.socket" ]
	"$PSS_SOURCE/tests/install/check-links.py" "$PACKAGED/root/usr/share/doc/pssession"
}
