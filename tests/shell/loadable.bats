#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The loadable itself: what it links, what it shows, how it is loaded.

load ../harness/harness

setup_file() { world_make; }
teardown_file() { rm -rf "$WORLD"; }
setup() {
	HERE=$WORLD/$BATS_TEST_NUMBER
	mkdir -p "$HERE/home" "$HERE/state"
	mkdir -m 700 "$HERE/run"
}

NAMES='enter-pssession exit-pssession new-pssession get-pssession remove-pssession
	disconnect-pssession connect-pssession receive-pssession test-pssession invoke-command copy-item
	Enter-PSSession Exit-PSSession New-PSSession Get-PSSession Remove-PSSession
	Disconnect-PSSession Connect-PSSession Receive-PSSession Test-PSSession Invoke-Command Copy-Item'

@test "loadable: it needs libc alone" {
	run bash -c "readelf -d '$PSS_LOADABLE' | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'"
	[ "$output" = libc.so.6 ]
}

@test "loadable: all of it compiles with musl's headers, without a warning" {
	requires musl-gcc
	[ -f "$PSS_BUILD/bash-builtin/help-texts.h" ] || skip "needs the files that a build generates"
	cd "$PSS_SOURCE"
	run bash -c 'printf "%s\n" plugin/wire/*.c plugin/terminal/*.c plugin/client/*/*.c bash-builtin/*.c | grep -v /help-compose.c |
		xargs -n 20 musl-gcc -fsyntax-only -std=gnu17 -Wall -Wextra -Wno-unused-parameter -Wno-missing-field-initializers -Werror \
			-D_GNU_SOURCE -DPSSESSION_{VERSION,LIBEXECDIR,BASH_DIR,ZSH_DIR}="\"0\"" -DSHELL -Iplugin -I. "-I$PSS_BUILD" \
			$(pkg-config --variable=headersdir bash | sed "s|.*|-isystem & -isystem &/include|")'
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	[ -z "$output" ]
}

@test "loadable: it binds at once and stays" {
	run readelf -d "$PSS_LOADABLE"
	[[ $output == *NODELETE* ]]
	[[ $output == *NOW* ]]
}

@test "loadable: it exports what bash asks for and nothing else" {
	run bash -c "nm -D --defined-only '$PSS_LOADABLE' | awk '{ print \$3 }' | grep -vE '_struct\$|_builtin_load\$|_builtin_unload\$'"
	[ -z "$output" ]
	nm -D --defined-only "$PSS_LOADABLE" | grep -q ' enter-pssession_struct$'
}

@test "loadable: loading one name brings all" {
	run clean_env bash --norc -c "enable -f $PSS_LOADABLE enter-pssession; type -t $(tr '\n\t' '  ' <<<"$NAMES") | sort | uniq -c"
	[ "$status" -eq 0 ]
	[ "$(tr -s " " <<<"$output")" = " $(wc -w <<<"$NAMES") builtin" ]
}

@test "loadable: loading any other name, twice, and again after enable -d" {
	run clean_env bash --norc -c "
		enable -f $PSS_LOADABLE get-pssession && enable -f $PSS_LOADABLE enter-pssession &&
		enable -d enter-pssession && enable -f $PSS_LOADABLE enter-pssession && get-pssession && type -t enter-pssession"
	[ "$status" -eq 0 ]
	# bash itself warns of what is loaded twice.
	[ "$(grep -v 'dynamic builtin already loaded' <<<"$output")" = builtin ]
}

@test "loadable: a shell with it runs clean under valgrind" {
	requires valgrind
	run clean_env valgrind -q --error-exitcode=66 bash --norc -c "
		enable -f $PSS_LOADABLE enter-pssession || exit; enable -d get-pssession; enable -f $PSS_LOADABLE get-pssession
		get-pssession; new-pssession -Port x y 2>/dev/null; exit-pssession"
	[ "$status" -eq 0 ]
	[[ $output != *'Invalid '* ]]
}

@test "loadable: it starts nothing and opens nothing when it is loaded" {
	run clean_env bash --norc -c "
		before=(/proc/\$\$/fd/*); enable -f $PSS_LOADABLE enter-pssession || exit
		after=(/proc/\$\$/fd/*); [ \"\${before[*]}\" = \"\${after[*]}\" ]"
	[ "$status" -eq 0 ]
	[ -z "$(processes_with_argument "$WORLD/pssession-host")" ]
	[ -z "$(ls -A "$HERE/run")" ]
}

@test "loadable: restricted and posix shells load it" {
	run clean_env bash --norc --posix -c "enable -f $PSS_LOADABLE enter-pssession && get-pssession"
	[ "$status" -eq 0 ]
}

@test "loadable: a runtime directory that is open to others is not used" {
	chmod 755 "$HERE/run"
	run clean_env bash --norc -c "enable -f $PSS_LOADABLE enter-pssession; get-pssession"
	[ "$status" -eq 0 ]
	[ -z "$(ls -A "$HERE/run")" ]
}

@test "loadable: a missing host program is an error that names the place" {
	rm "$WORLD/pssession-host"
	run clean_env PSSESSION_HOST=/nonexistent/host bash --norc -c "enable -f $PSS_LOADABLE enter-pssession; new-pssession 127.0.0.1:1"
	[ "$status" -eq 255 ] || [ "$status" -eq 1 ]
	[[ $output == *host* ]]
	ln -s "$PSS_BUILD/plugin/host/pssession-host" "$WORLD/pssession-host"
}
