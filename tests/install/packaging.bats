#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The packaging files for other systems: what can be known of them without those systems.

setup() {
	cd "${PSS_SOURCE:-$BATS_TEST_DIRNAME/../..}/packaging" || return
}

FILES='arch/PKGBUILD fedora/pssession.spec alpine/APKBUILD nix/package.nix homebrew/pssession.rb'

version() {
	sed -n "s/^  version: '\(.*\)',/\1/p" ../meson.build
}

# read_if_there TOOL COMMAND…: a tool of that system may be missing here, as the file's head says.
read_if_there() {
	command -v "$1" >/dev/null || { echo "# no $1 here" >&3; return 0; }
	shift
	"$@" >/dev/null
}

@test "packaging: each file is read by its tool, or by what stands in for it" {
	bash -n arch/PKGBUILD
	dash -n alpine/APKBUILD
	read_if_there shellcheck shellcheck -S warning arch/PKGBUILD alpine/APKBUILD
	read_if_there rpmspec rpmspec -q fedora/pssession.spec
	read_if_there nix-instantiate nix-instantiate --parse nix/package.nix
	read_if_there ruby ruby -c homebrew/pssession.rb
}

@test "packaging: each has the tree's version, and says how far it is checked" {
	local file version
	version=$(version)
	[ -n "$version" ]
	for file in $FILES; do
		grep -qiE "^ *(pkgver=|Version: +|version = \"|version \")$version(\";|\")?\$" "$file" || { echo "$file: not $version"; return 1; }
		grep -qE '^# (Checked: |.*Checked: )' "$file" || { echo "$file does not say how far it is checked"; return 1; }
		grep -qF "\`$file\`" README.md || { echo "README.md: $file"; return 1; }
	done
	[ "$(find . -type f ! -name README.md | wc -l)" -eq "$(wc -w <<<"$FILES")" ]
}

@test "packaging: the options of meson that they set are ours" {
	local option
	local -A known
	while read -r option; do
		known[$option]=1
	done < <(sed -n "s/^option('\([a-z_]*\)'.*/\1/p" ../meson_options.txt)
	[ "${#known[@]}" -gt 5 ]
	for option in $(grep -ohE -- '-D ?[a-z_]+=' $FILES ../debian/rules | tr -d '=' | sed 's/^-D *//' | sort -u); do
		[ -n "${known[$option]-}" ] || { echo "there is no option $option"; return 1; }
	done
}

@test "packaging: the list of files of the spec is what meson installs" {
	local file pattern
	local -a patterns
	mapfile -t patterns < <(sed -n '/^%files/,/^$/p' fedora/pssession.spec | grep '^%{' |
		sed 's|^%{_[a-z]*}|*|; s|/$|/*|; s|pssession\.{service,socket}|pssession.s*|')
	[ "${#patterns[@]}" -gt 8 ]
	while read -r file; do
		for pattern in "${patterns[@]}"; do
			# shellcheck disable=SC2053 # a pattern it is
			[[ $file == $pattern ]] && continue 2
		done
		[[ $file == */zsh/*/pssession.so || $file == */zsh/pssession.so ]] || { echo "$file is not in the spec"; return 1; }
	done < <(DESTDIR=$BATS_TEST_TMPDIR meson install -C "$PSS_BUILD" --no-rebuild >/dev/null && cd "$BATS_TEST_TMPDIR" && find . -type f -o -type l)
}
