#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The harness itself: a test that rests on it can only be as good as it is.

load ../harness/harness

setup_file() { world_start bash; }
teardown_file() { world_end; }
setup() { place_start; }
teardown() { place_end; }

ssh_box() {
	ssh -F "${CONFIG:-$WORLD/ssh/ssh_config}" "$@" 3>&-
}

@test "harness: the private sshd logs the account in" {
	run ssh_box box 'echo "$USER"'
	[ "$status" -eq 0 ]
	[ "$output" = "$REMOTE_USER" ]
}

@test "harness: what runs in the terminal is read back from its screen" {
	clean_env_words
	term_start "${CLEAN_ENV[@]}" bash --noprofile --norc -i
	wait_line '[$#] $'
	term_type 'echo $((6 * 7)) "$COLUMNS"'
	term_keys Enter
	wait_screen $'\n42 80\n'
	resize 60 20
	term_type 'echo width=$(tput cols)'
	term_keys Enter
	wait_screen 'width=60'
}

@test "harness: output_of tells the output from the line that caused it" {
	printf '%s\n' "PS1='local$ '" >"$HERE/rc"
	local_bash_start
	run_line 'echo one; echo two'
	[ "$OUT" = $'one\ntwo' ]
	run_line 'true'
	[ -z "$OUT" ]
	run_line "$(printf 'echo %0150d' 7)"
	[ "$OUT" = "$(printf '%0150d' 7)" ]
}

@test "harness: a process, a FIFO and a remote directory that are left are found" {
	mkfifo "$HERE/fifo"
	[ "$(local_files)" = "$HERE/fifo" ]
	rm "$HERE/fifo"
	tail -f "$HERE/rc" >/dev/null 3>&- &
	local pid=$!
	wait_until 5 eval '[ "$(local_processes)" = '$pid' ]' # it may not be that program yet
	end_processes "$pid"
	nothing_local
	ssh_box box 'mkdir $XDG_RUNTIME_DIR/.pss-test'
	[ "$(remote_directories)" = "$WORLD/remote-run/.pss-test" ]
	ssh_box box 'rmdir $XDG_RUNTIME_DIR/.pss-test'
	[ -z "$(remote_directories)" ]
}

@test "harness: the proxy delays, counts, falls silent and cuts" {
	local started took connections up down turns
	proxy_start 50
	CONFIG=$FAR_CONFIG
	started=$(now_ms)
	ssh_box far true
	took=$(($(now_ms) - started))
	read -r connections up down turns <<<"$(proxy_count)"
	[ "$connections" = 1 ]
	[ "$up" -gt 1000 ] && [ "$down" -gt 1000 ]
	[ "$turns" -ge 10 ]
	[ "$took" -ge 400 ]
	mkfifo "$HERE/in"
	ssh_box far cat <"$HERE/in" >"$HERE/out" 2>"$HERE/err" &
	exec 9>"$HERE/in"
	echo hello >&9
	wait_until 5 grep -q hello "$HERE/out"
	proxy silent
	echo lost >&9
	pause 0.5
	run grep -c lost "$HERE/out"
	[ "$output" = 0 ]
	proxy resume
	wait_until 5 grep -q lost "$HERE/out"
	proxy cut
	wait_until 5 not is_alive $!
	exec 9>&-
	rm "$HERE/in"
}

@test "harness: a case fails that fails twice; one that failed in the crowd only is named" {
	mkdir "$HERE/first" "$HERE/again"
	printf '1..3\nok 1 a\nnot ok 2 b\nnot ok 3 c\n' >"$HERE/first/one.tap"
	printf '1..2\nok 1 d\nok 2 e # skip\n' >"$HERE/first/two.tap"
	printf '1..3\nok 1 a\n' >"$HERE/first/cut.tap"
	run "$PSS_SOURCE/tools/count-tests" "$HERE/first/"*.tap
	[[ $output == *"failed: one: b"*"failed: one: c"* && $output == *"failed: cut: ended before"* && $output == *'3 3 1' ]]
	[ "$("$PSS_SOURCE/tools/count-tests" --programs "$HERE/first/"*.tap | sort | tr '\n' ' ')" = "cut one " ]
	printf '1..3\nnot ok 1 a\nok 2 b\nnot ok 3 c\n' >"$HERE/again/one.tap"
	printf '1..3\nok 1 a\nok 2 b\nnot ok 3 c\n' >"$HERE/again/cut.tap"
	run "$PSS_SOURCE/tools/count-tests" "$HERE/first/"*.tap --again "$HERE/again/"*.tap
	[[ $output == *"unsteady: one: b"*"unsteady: one: a"* && $output == *"failed: one: c"* && $output != *"failed: one: b"* ]]
	[[ $output == *"failed: cut: c"* && $output == *'5 2 1' ]]
	rm -r "$HERE/first" "$HERE/again"
}

@test "harness: how long a case took is no part of its name; the slowest programs are listed" {
	mkdir "$HERE/first" "$HERE/again"
	printf '1..2\nok 1 a in 700ms\nnot ok 2 b in 2300ms\n' >"$HERE/first/one.tap"
	printf '1..2\nok 1 a in 800ms\nnot ok 2 b in 3400ms\n' >"$HERE/again/one.tap"
	printf '1..1\nok 1 c in 4000ms\n' >"$HERE/first/two.tap"
	printf '1..1\nok 1 d in 1ms\n' >"$HERE/first/three.tap"
	printf '{"name": "four", "result": "OK", "duration": 3.5, "stdout": ""}\n' >"$HERE/first/four.json"
	run "$PSS_SOURCE/tools/count-tests" "$HERE/first/one.tap" --again "$HERE/again/one.tap"
	[ "$output" = $'failed: one: b\n1 1 0' ]
	run "$PSS_SOURCE/tools/count-tests" --slowest 3 "$HERE/first/"*
	[ "$output" = $'    4.0 s  two\n    3.5 s  four\n    3.0 s  one' ]
	rm -r "$HERE/first" "$HERE/again"
}

@test "harness: a python3 that stands for another is passed by, and only such a one" {
	local real
	real=$(env -i PATH=/usr/bin:/bin sh -c 'command -v python3') || skip "needs a python3 in /usr/bin"
	mkdir "$HERE/shims"
	printf '#!/bin/sh\nexec %s "$@"\n' "$real" >"$HERE/shims/python3"
	chmod +x "$HERE/shims/python3"
	first() {
		PATH=$1 bash -c '. "$1/tools/lib.bash"; direct_python "$2"; command -v python3; python3 -c "print(6 * 7)"' - "$PSS_SOURCE" "$HERE/python"
	}
	[ "$(first "/usr/bin:/bin")" = "$real"$'\n42' ]
	[ ! -e "$HERE/python" ]
	[ "$(first "$HERE/shims:/usr/bin:/bin")" = "$HERE/python/python3"$'\n42' ]
	rm -r "$HERE/python" "$HERE/shims"
}

# A directory of a killed run: its process, and as root its account.
abandon() {
	mkdir -p "$1/remote-home"
	bash -c '. "$0/wait.bash"; . "$0/process.bash"; . "$0/owner.bash"; own_directory "$1"' "$HARNESS" "$1"
	tail -f "$1/owner" >/dev/null 3>&- &
	[ "$(id -u)" -ne 0 ] ||
		flock /tmp "$(find_sbin useradd)" -M -N -g nogroup -d "$1/remote-home" -p '*' "$2" 2>/dev/null
}

@test "harness: what a killed run has left is cleared by the next, and nothing that is alive or young" {
	local TMPDIR=$HERE/tmp account cleared
	printf -v account 'pss-left-%05d' "$$"
	mkdir "$TMPDIR"
	abandon "$TMPDIR/pss-dead" "$account"
	mkdir "$TMPDIR"/{pss-alive,pss-elsewhere,pss-young,pss-old,pss-used,not-ours}
	own_directory "$TMPDIR/pss-alive"
	printf 'another computer\n1\n1\n' >"$TMPDIR/pss-elsewhere/owner"
	touch -d '5 hours ago' "$TMPDIR"/{pss-old,pss-used}
	tail -f "$HERE/rc" "$TMPDIR/pss-used/x" >/dev/null 2>&1 3>&- &
	cleared=$(clear_abandoned)
	end_processes $!
	[ "$(cd "$TMPDIR" && echo *)" = 'not-ours pss-alive pss-elsewhere pss-used pss-young' ]
	[ -z "$(processes_with_argument "$TMPDIR/pss-dead")" ]
	not getent passwd "$account"
	[ "$(wc -l <<<"$cleared")" -eq $(($(id -u) ? 2 : 3)) ]
	# An account whose home is gone.
	[ "$(id -u)" -eq 0 ] || return 0
	abandon "$TMPDIR/pss-dead" "$account"
	end_processes $!
	rm -rf "$TMPDIR"/pss-{dead,used}
	[ "$(clear_abandoned)" = "$account" ]
	not getent passwd "$account"
}
