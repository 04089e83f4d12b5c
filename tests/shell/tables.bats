#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What get-pssession and new-pssession print, on terminals of every width and for scripts. The widths of characters have
# their tables in tests/client/test-tables.c.

load ../harness/harness

setup_file() { world_start bash; }
teardown_file() { world_end; }
setup() { place_start; }
teardown() { place_end; }

# Sessions with names that are hard to print, one after the other, so that their Ids are in this order.
NAMES=(日本語のセッション $'e\u0301te\u0301' 🚀🚀 'say "a\b"' a-name-that-is-very-long-indeed)
open_sessions() {
	run local_bash 'for name; do new-pssession -ConfigFile $C -Name "$name" box >/dev/null || exit; done' "${NAMES[@]}"
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
}

# The rows of the pane from the header on, wrapped rows not joined.
pane_rows() {
	tm capture-pane -p | sed -n '/^ *Id Name/,$p' | sed -n '1,7p'
}

@test "tables: on a terminal no line wraps and the columns stand below one another" {
	requires python3
	open_sessions
	local width
	for width in 40 60 80 100 140; do
		COLUMNS_WANTED=$width TERM_NAME=w$width local_bash_start
		TERM_NAME=w$width
		term_type 'get-pssession'
		term_keys Enter
		wait_prompt
		# Seven rows, and behind them the prompt: a wrapped line would be one more.
		[ "$(tm capture-pane -p | sed -n '/^ *Id Name/,/^local/p' | wc -l)" = 8 ]
		pane_rows | python3 -c '
import sys, unicodedata
def columns(s):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in s)
rows = sys.stdin.read().split("\n")[:7]
width = int(sys.argv[1])
assert all(columns(r.rstrip()) <= width for r in rows), rows
if width >= 60:
    at = columns(rows[0][:rows[0].index("State")])
    assert all(columns(r[:r.index("Opened")]) == at for r in rows[2:]), rows
if width < 80: assert any("…" in r for r in rows) or width < 60, rows
' "$width"
	done
}

@test "tables: what goes into a pipe is never cut, the format is PowerShell's" {
	open_sessions
	run local_bash 'COLUMNS=20 get-pssession'
	[ "${lines[0]}" = 'Id Name                            ComputerName    State         ConfigurationName     Availability' ]
	[ "${lines[1]}" = '-- ----                            ------------    -----         -----------------     ------------' ]
	[ "${lines[6]}" = ' 5 a-name-that-is-very-long-indeed box             Opened        bash                     Available' ]
}

@test "tables: no escape sequence is printed, whatever NO_COLOR and TERM say" {
	open_sessions
	local words
	for words in TERM=dumb 'TERM=dumb NO_COLOR=1' 'TERM=xterm-256color NO_COLOR=1' TERM=xterm-256color; do
		# shellcheck disable=SC2086 # words for env
		clean_env env $words script -qec "bash --norc -c 'enable -f $PSS_LOADABLE enter-pssession; get-pssession'" \
			/dev/null >"$HERE/typed" </dev/null 3>&-
		grep -q 'Id Name' "$HERE/typed"
		not grep -q $'\e' "$HERE/typed"
	done
}

@test "tables: in a locale without UTF-8 the columns stay, and a cut is marked by a tilde" {
	open_sessions
	run local_bash 'export LC_ALL=C; get-pssession'
	[ "${#lines[@]}" = 7 ]
	clean_env env LC_ALL=C script -qec "stty cols 60; bash --norc -c 'enable -f $PSS_LOADABLE enter-pssession; get-pssession'" \
		/dev/null >"$HERE/typed" </dev/null 3>&-
	grep -q 'a-name-~ box' "$HERE/typed"
	not grep -q … "$HERE/typed"
}

@test "tables: -Format json is JSON, whatever the names hold" {
	requires python3
	open_sessions
	local_bash 'get-pssession -Format json' | python3 -c '
import json, sys
sessions = json.load(sys.stdin)
assert [s["Name"] for s in sessions] == sys.argv[1:], sessions
assert [s["Id"] for s in sessions] == [1, 2, 3, 4, 5]
assert all(s["State"] == "Opened" and s["Availability"] == "Available" for s in sessions)
' "${NAMES[@]}"
	local_bash 'get-pssession -Id 4 -Format json -Property Name' | python3 -c '
import json, sys
assert json.load(sys.stdin) == [{"Name": sys.argv[1]}]' "${NAMES[3]}"
	run local_bash 'get-pssession -Name "nosuch*" -Format json'
	[ "$output" = '[]' ]
}

@test "tables: -Format list, -Format table of chosen columns, and bare values" {
	open_sessions
	run local_bash 'get-pssession -Id 1,5 -Format list -Property Name,State'
	[ "$output" = "Name                : ${NAMES[0]}
State               : Opened

Name                : ${NAMES[4]}
State               : Opened" ]
	run local_bash 'get-pssession -Id 5 -Format table -Property Name,Availability,UserName'
	[ "${lines[0]}" = 'Name                            Availability UserName' ]
	[ "${lines[1]}" = '----                            ------------ --------' ]
	[ "${lines[2]}" = "a-name-that-is-very-long-indeed    Available $REMOTE_USER" ]
	run local_bash 'get-pssession -Id 1,2 -Property Name,Id'
	[ "$output" = "${NAMES[0]}"$'\t1\n'"${NAMES[1]}"$'\t2' ]
}
