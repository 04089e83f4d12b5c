#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The picture in README.md is what a session shows today. When it is not: tools/picture draws it anew.

load ../harness/harness

setup_file() { world_make; }
teardown_file() { rm -rf "$WORLD"; }
setup() {
	HERE=$WORLD/$BATS_TEST_NUMBER
	mkdir -p "$HERE/tmp"
}

nothing_left() {
	[ -z "$(ls -A "$HERE/tmp")" ] && [ -z "$(processes_with_argument "$HERE/tmp")" ]
}

@test "picture: the committed one has the text of a session that is played now" {
	PSS_PREBUILT=1 TMPDIR=$HERE/tmp "$PSS_SOURCE/tools/picture" "$HERE/session.svg" 3>&-
	grep -q 'edited here and run there' "$HERE/session.svg"
	diff <(sed 's/<[^>]*>//g' "$PSS_SOURCE/doc/session.svg") <(sed 's/<[^>]*>//g' "$HERE/session.svg")
	wait_until 10 nothing_left
}

@test "picture: it is well-formed, and holds no machine's names and no escape sequences" {
	python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' "$PSS_SOURCE/doc/session.svg"
	run grep -E $'\e|/tmp|127\\.0' "$PSS_SOURCE/doc/session.svg"
	[ -z "$output" ]
}
