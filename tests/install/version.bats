#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The version stands in meson.build. What says it of itself, and what has to repeat it, says the same; so does the date of
# the release, which is CHANGELOG.md's.

load ../harness/harness

setup_file() {
	world_make
	VERSION=$(sed -n "s/^  version: '\(.*\)',/\1/p" "$PSS_SOURCE/meson.build")
	DATE=$(sed -n "s/^## $VERSION (\([0-9-]*\))\$/\1/p" "$PSS_SOURCE/CHANGELOG.md")
	export VERSION DATE
}
teardown_file() { rm -rf "$WORLD"; }
setup() {
	cd "$PSS_SOURCE" || return
	HERE=$WORLD/$BATS_TEST_NUMBER
	mkdir -p "$HERE/home" "$HERE/state"
	mkdir -m 700 "$HERE/run"
}

# is TEXT: the version, told by this.
is() {
	[ "$1" = "$VERSION" ] || { echo "version $1 in the place of $VERSION"; return 1; }
}

@test "version: each program says it" {
	[[ $VERSION =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]]
	[[ $("$PSS_BUILD/plugin/host/pssession-host" --version) == "pssession-host $VERSION (libssh "* ]]
	[ "$("$PSS_BUILD/plugin/rsh/pssession-rsh" --version)" = "pssession-rsh $VERSION" ]
}

@test "version: each command says it, in bash and zsh" {
	local name names
	names=$(sed -n 's/.*, "\([a-z-]*\)", "[A-Za-z-]*").*/\1/p' plugin/client/command/verb.h)
	[ "$(wc -w <<<"$names")" -ge 10 ]
	run clean_env bash --norc -c "enable -f $PSS_LOADABLE get-pssession; for name in $(tr '\n' ' ' <<<"$names"); do \$name --version; done | sort -u"
	[ "$output" = "pssession $VERSION" ]
	[ -e "$PSS_BUILD/zsh-module/pssession.so" ] || skip 'built without zsh'
	run clean_env zsh -fc "module_path+=('$PSS_BUILD/zsh-module'); zmodload pssession; for name in $(tr '\n' ' ' <<<"$names"); do \$name --version; done | sort -u"
	[ "$output" = "pssession $VERSION" ]
}

@test "version: \$PSSESSION_VERSION in bash, whatever loads it, and never exported" {
	local line
	for line in "enable -f $PSS_LOADABLE get-pssession" "load() { enable -f $PSS_LOADABLE get-pssession; }; load" \
		". plugin/pssession.bash" ". plugin/pssession.bash; get-pssession" "set -eu; . plugin/pssession.bash"; do
		run clean_env bash --norc -c "$line; echo \"\$PSSESSION_VERSION\"; env | grep PSSESSION_VERSION || :"
		is "$output"
	done
	# The file's is a guess, the loadable's is the truth; and a user's readonly variable stays.
	run clean_env PSSESSION_VERSION=1 bash --norc -c ". plugin/pssession.bash; echo \$PSSESSION_VERSION; get-pssession; echo \$PSSESSION_VERSION"
	[ "$output" = "1"$'\n'"$VERSION" ]
	run clean_env bash --norc -c "readonly PSSESSION_VERSION=mine; enable -f $PSS_LOADABLE get-pssession && get-pssession; echo \$PSSESSION_VERSION"
	[ "$output" = mine ]
}

@test "version: \$PSSESSION_VERSION in zsh, likewise; unloading takes it away" {
	[ -e "$PSS_BUILD/zsh-module/pssession.so" ] || skip 'built without zsh'
	local line module="module_path+=('$PSS_BUILD/zsh-module')"
	for line in "zmodload pssession" "setopt warn_create_global; load() { zmodload pssession; }; load" "zmodload -F pssession b:get-pssession" \
		". plugin/pssession.plugin.zsh" ". plugin/pssession.plugin.zsh; get-pssession" "setopt warn_create_global; load() { . plugin/pssession.plugin.zsh; }; load"; do
		run clean_env zsh -fc "$module; $line; print -r -- \$PSSESSION_VERSION; env | grep PSSESSION_VERSION || :"
		is "$output"
	done
	run clean_env PSSESSION_VERSION=1 zsh -fc "$module; . plugin/pssession.plugin.zsh; echo \$PSSESSION_VERSION; get-pssession; echo \$PSSESSION_VERSION"
	[ "$output" = "1"$'\n'"$VERSION" ]
	run clean_env zsh -fc "$module; readonly PSSESSION_VERSION=mine; zmodload pssession && get-pssession; echo \$PSSESSION_VERSION"
	[ "$output" = mine ]
	run clean_env zsh -fc "$module; zmodload pssession; zmodload -u pssession; echo \${PSSESSION_VERSION-none}"
	[ "$output" = none ]
	run clean_env zsh -fc "$module; . plugin/pssession.plugin.zsh; get-pssession; pssession_plugin_unload; echo \${PSSESSION_VERSION-none}"
	[ "$output" = none ]
}

@test "version: the files that repeat it say the same" {
	is "$(sed -n 's/^: "${PSSESSION_VERSION=\([^}]*\)}".*/\1/p' plugin/pssession.bash)"
	is "$(sed -n 's/^typeset -g PSSESSION_VERSION=${PSSESSION_VERSION-\([^}]*\)}.*/\1/p' plugin/pssession.plugin.zsh)"
	is "$(sed -n '1s/^pssession (\(.*\)) .*/\1/p' debian/changelog)"
	is "$(sed -n '/^## [0-9]/{s/^## \([^ ]*\) (.*/\1/p;q}' CHANGELOG.md)"
	is "$(sed -n '/^%changelog/{n;s/.* - \(.*\)-1$/\1/p}' packaging/fedora/pssession.spec)"
	is "$(sed -n 's/^pkgver=//p' packaging/arch/PKGBUILD)"
	is "$(sed -n 's/^pkgver=//p' packaging/alpine/APKBUILD)"
	is "$(sed -n 's/^Version: *//p' packaging/fedora/pssession.spec)"
	is "$(sed -n 's/^  version = "\(.*\)";/\1/p' packaging/nix/package.nix)"
	is "$(sed -n 's/^  version "\(.*\)"/\1/p' packaging/homebrew/pssession.rb)"
	grep -qF "| ${VERSION%.*} | yes |" SECURITY.md
}

@test "version: no page and no file of packaging names an earlier one" {
	local file
	for file in README.md doc/*.md packaging/README.md man/*.in; do
		run grep -noE '(pssession[_ -]|host |loadable |module )0\.[0-9]+\.[0-9]+' "$file"
		[ "$status" -eq 1 ] || [ -z "$(grep -v "$VERSION" <<<"$output")" ] || { echo "$file: $output"; return 1; }
	done
}

@test "version: the date of the release is one" {
	[[ $DATE =~ ^20[0-9]{2}-[0-9]{2}-[0-9]{2}$ ]]
	grep -q "^manual_date = '$DATE'" man/meson.build
	[ "$(sed -n '/^ -- /{s/^ -- .*>  //p;q}' debian/changelog)" = "$(LC_ALL=C date -u -d "$DATE" '+%a, %d %b %Y 00:00:00 +0000')" ]
	[[ $(sed -n '/^%changelog/{n;p}' packaging/fedora/pssession.spec) == "* $(LC_ALL=C date -u -d "$DATE" '+%a %b %d %Y') "* ]]
	grep -qF "$DATE" "$PSS_BUILD/man/pssession.7"
	grep -qF "\"pssession $VERSION\"" "$PSS_BUILD/man/pssession.7"
}
