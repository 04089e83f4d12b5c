#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The pictures that README.md and doc/ show are what sessions show today. When one is not: tools/picture SCENE draws it anew.

load ../harness/harness

setup_file() { world_make; }
teardown_file() { rm -rf "$WORLD"; }
setup() {
	HERE=$WORLD/$BATS_TEST_NUMBER
	mkdir -p "$HERE/tmp"
}

PICTURES=("$PSS_SOURCE/doc/session.svg" "$PSS_SOURCE"/doc/pictures/*.svg)

nothing_left() {
	[ -z "$(ls -A "$HERE/tmp")" ] && [ -z "$(processes_with_argument "$HERE/tmp")" ]
}

play() {
	PSS_PREBUILT=1 TMPDIR=$HERE/tmp "$PSS_SOURCE/tools/picture" "$1" "$HERE/$1.svg" 3>&-
	wait_until 10 nothing_left
}

words() {
	sed 's/<[^>]*>//g' "$1"
}

# is_as_committed SCENE [FILTER…]: with the same words, once each of the two has gone through the filter.
is_as_committed() {
	local scene=$1 committed=$PSS_SOURCE/doc/pictures/$1.svg
	shift
	[ "$scene" != session ] || committed=$PSS_SOURCE/doc/session.svg
	play "$scene"
	diff <(words "$committed" | "${@:-cat}") <(words "$HERE/$scene.svg" | "${@:-cat}")
}

@test "picture: session has the text of one that is played now" {
	is_as_committed session
	grep -q 'edited here and run there' "$HERE/session.svg"
}

@test "picture: enter has the text of one that is played now" {
	is_as_committed enter
}

@test "picture: tab has the text of one that is played now" {
	is_as_committed tab
}

# Computers answer in no order, and where there is no name server a name that leads nowhere has another reason.
in_order() {
	sed -z 's/: Temporary failure in name[[:space:]]*resolution/: Name or service not known/' | sort
}

@test "picture: fanout has the text of one that is played now" {
	is_as_committed fanout in_order
}

@test "picture: lost has the text of one that is played now" {
	is_as_committed lost
}

# How far it is, and how fast, is this moment's.
@test "picture: copy has the text of one that is played now" {
	is_as_committed copy sed -E 's/[0-9.]+ [KM]iB/N MiB/g; s/[0-9]+:[0-9]+ left/TIME left/'
}

@test "picture: powershell has the text of one that is played now" {
	[ -n "${PSS_PWSH-}" ] || skip "PSS_PWSH names no PowerShell"
	is_as_committed powershell
}

# The same frames, which last as long as the scene says and not as it took: the same bytes.
@test "picture: demo moves as one that is played now" {
	play demo
	cmp "$PSS_SOURCE/doc/pictures/demo.svg" "$HERE/demo.svg"
}

@test "picture: each scene has its picture, and no picture is without a scene" {
	local name
	diff <("$PSS_SOURCE/tools/picture" --list) \
		<(for name in "${PICTURES[@]}"; do basename "$name" .svg; done | sort)
}

@test "picture: they are well-formed, and hold no machine's names and no escape sequences" {
	local picture
	for picture in "${PICTURES[@]}"; do
		python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' "$picture"
		not grep -E $'\e|/tmp|127\\.0' "$picture"
		[ "$(wc -c <"$picture")" -lt 500000 ]
		grep -q '<title>.\{10,\}</title>' "$picture"
	done
}

# One that does not know CSS, or whose reader prefers reduced motion, has the end of the scene, whole.
@test "picture: what moves stands still for those who prefer that, and shows its end" {
	python3 - "$PSS_SOURCE/doc/pictures/demo.svg" <<-'END'
		import re, sys
		picture = open(sys.argv[1], encoding="utf-8").read()
		sheet = picture[picture.index("<style>"):picture.index("</style>")]
		media = sheet[sheet.index("@media (prefers-reduced-motion:no-preference){"):]
		media = media[:media.index("\n}\n")]
		assert sheet.count("animation:") == media.count("animation:") > 100
		seen = re.findall(r'<g class="k\d+">(.*?)</g>', picture, re.S)
		words = re.sub(r"<[^>]*>", "", "".join(seen))
		assert "get-pssession" in words and "Available" in words, words
		rows = [float(y) for group in seen for y in set(re.findall(r' y="([\d.]+)"', group))]
		assert len(rows) == len(set(rows)), "two lines in one place"
	END
}
