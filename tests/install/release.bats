#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A release: what tools/dist makes is the same wherever it is made, is all of the tree, and is refused where something is not
# ready; what tools/sbom lists is SPDX and true.

load ../harness/harness

setup_file() {
	command -v git >/dev/null || return 0
	export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
	export GIT_AUTHOR_DATE='2026-01-02 03:04:05 +0000' GIT_COMMITTER_DATE='2026-01-02 03:04:05 +0000'
	TREE=$BATS_FILE_TMPDIR/tree
	VERSION=$(sed -n "s/^  version: '\(.*\)',/\1/p" "$PSS_SOURCE/meson.build")
	export TREE VERSION
	mkdir "$TREE"
	(cd "$PSS_SOURCE" && tar --exclude=./.git --exclude='./build*' --exclude='./obj-*' --exclude=./debian/pssession --exclude=./dist -cf - .) | tar -xf - -C "$TREE"
	git -C "$TREE" init -q && git -C "$TREE" add -A && git -C "$TREE" commit -q -m 'tree: begin'
}
setup() {
	requires git
	requires meson
	HERE=$BATS_TEST_TMPDIR
}

# clone NAME
clone() {
	git clone -q "$TREE" "$HERE/$1"
}

@test "release: two clones give the same bytes, by tools/dist and by meson dist, whatever the umask and the directory" {
	clone one
	(umask 077 && mkdir "$HERE/deeper" && clone deeper/two)
	(cd "$HERE/one" && PSS_BUILD=$PSS_BUILD tools/dist --no-build "$HERE/out1") || return
	(cd "$HERE/deeper/two" && umask 077 && PSS_BUILD=$PSS_BUILD tools/dist --no-build "$HERE/out2") || return
	diff "$HERE/out1/SHA256SUMS" "$HERE/out2/SHA256SUMS"
	(cd "$HERE/out2" && sha256sum --quiet -c SHA256SUMS)
	local place
	for place in one deeper/two; do
		(cd "$HERE/$place" && meson setup "$HERE/build-${place##*/}" -Dtests=false && meson dist -C "$HERE/build-${place##*/}" --no-tests --formats xztar) >"$HERE/log" 2>&1 ||
			{ tail "$HERE/log"; return 1; }
	done
	cmp "$HERE"/build-{one,two}/meson-dist/pssession-"$VERSION".tar.xz
	# All of the tree is in it, and nothing else; owned by nobody's account.
	tar -tJf "$HERE/out1/pssession-$VERSION.tar.xz" | grep -v '/$' | sort >"$HERE/packed"
	git -C "$TREE" ls-files | sed "s|^|pssession-$VERSION/|" | sort | diff - "$HERE/packed"
	[ "$(tar -tvJf "$HERE/out1/pssession-$VERSION.tar.xz" | awk '{ print $2, $4, $5 }' | sort -u)" = '0/0 2026-01-02 03:04' ]
	cmp <(xz -dc "$HERE/out1/pssession-$VERSION.tar.xz") <(gzip -dc "$HERE/out1/pssession-$VERSION.tar.gz")
}

# refuses WHAT IT SAYS: in $HERE/one
refuses() {
	run env PSS_BUILD="$PSS_BUILD" "$HERE/one/tools/dist" --check
	[ "$status" -ne 0 ] && [[ $output == *"$1"* ]] || { echo "wanted: $1"; echo "$output"; return 1; }
}

@test "release: it is refused while something is not ready, and what that is is said" {
	clone one
	cd "$HERE/one"
	run env PSS_BUILD="$PSS_BUILD" tools/dist --check
	[ "$status" -eq 0 ]
	[[ $output == *"can be released"* ]]
	echo more >>README.md
	refuses 'the tree is not clean'
	git checkout -q README.md
	touch left-behind
	refuses left-behind
	rm left-behind
	sed -i '0,/^## [0-9]/s//## Unreleased\n\n&/' CHANGELOG.md && git commit -qam change
	refuses 'has a part Unreleased'
	git reset -q --hard HEAD~
	sed -i "s/^  version: '.*',/  version: '9.8.7',/" meson.build && git commit -qam change
	refuses "CHANGELOG.md has no heading '## 9.8.7 (YYYY-MM-DD)'"
	git reset -q --hard HEAD~
	sed -i 's/^pkgver=.*/pkgver=9.8.7/' packaging/arch/PKGBUILD && git commit -qam change
	refuses "version 9.8.7 in the place of $VERSION"
	git reset -q --hard HEAD~
	git tag "v$VERSION" && git commit -q --allow-empty -m change
	refuses "the tag v$VERSION is on another commit"
}

@test "release: the list of components is SPDX 2.3, has what is required, and refers to what is there" {
	requires python3
	"$PSS_SOURCE/tools/sbom" "$PSS_BUILD" >"$HERE/sbom.json"
	"$PSS_SOURCE/tests/install/check-spdx.py" "$HERE/sbom.json"
	SOURCE_DATE_EPOCH=1 "$PSS_SOURCE/tools/sbom" "$PSS_BUILD" >"$HERE/one"
	SOURCE_DATE_EPOCH=1 "$PSS_SOURCE/tools/sbom" "$PSS_BUILD" | cmp - "$HERE/one"
	grep -q '"created": "1970-01-01T00:00:01Z"' "$HERE/one"
	# What does not hold is found.
	local change
	for change in 's/"dataLicense": "CC0-1.0"/"dataLicense": "MIT"/' 's/"spdxVersion".*//' '/"SPDXID"/s/SPDXRef-Package-pssession/SPDXRef-gone/' \
		's/"downloadLocation": "NOASSERTION",//' 's/DYNAMIC_LINK/LOOKS_AT/'; do
		sed "$change" "$HERE/sbom.json" >"$HERE/wrong.json"
		! cmp -s "$HERE/sbom.json" "$HERE/wrong.json" || { echo "changes nothing: $change"; return 1; }
		run "$PSS_SOURCE/tests/install/check-spdx.py" "$HERE/wrong.json"
		[ "$status" -eq 1 ] || { echo "not found: $change"; return 1; }
	done
}

# Of the list: "FILE LIBRARY-PACKAGE" for each link.
links_listed() {
	python3 - "$1" <<-'END'
		import json, sys
		spdx = json.load(open(sys.argv[1]))
		names = {item["SPDXID"]: item.get("fileName", item.get("name")) for item in spdx["files"] + spdx["packages"]}
		for link in spdx["relationships"]:
		    if link["relationshipType"] == "DYNAMIC_LINK":
		        print(names[link["spdxElementId"]].rpartition("/")[2], names[link["relatedSpdxElement"]])
	END
}

@test "release: the list says what is linked in which file, in the versions that are installed" {
	requires python3 dpkg-query
	"$PSS_SOURCE/tools/sbom" "$PSS_BUILD" >"$HERE/sbom.json"
	links_listed "$HERE/sbom.json" | sort -u >"$HERE/links"
	# What the shells load needs the C library alone.
	[ "$(grep -E '^pssession\.so ' "$HERE/links" | sort -u)" = 'pssession.so libc6' ]
	grep -qE '^pssession-host libssh-?[0-9a-z]*$' "$HERE/links"
	grep -q '^pssession-host libglib2.0-0' "$HERE/links"
	grep -q '^pssession-copy libglib2.0-0' "$HERE/links"
	run grep -E '^pssession-copy libssh' "$HERE/links"
	[ "$status" -eq 1 ]
	[ "$(grep -o '"versionInfo": "[^"]*"' "$HERE/sbom.json" | grep -cF "\"$(dpkg-query -W -f '${Version}' libc6)\"")" -ge 1 ]
	# The checksums are those of the files.
	grep -qF "\"$(sha256sum <"$PSS_BUILD/plugin/host/pssession-host" | cut -d' ' -f1)\"" "$HERE/sbom.json"
}
