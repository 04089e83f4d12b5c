#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The manual pages: they are well-formed, and say of the parameters what --help and `help` say.

load ../harness/harness

setup_file() {
	world_make
	VERBS=$(verbs)
	CAPITALS=$(sed -n 's/.*, "[a-z-]*", "\([A-Za-z-]*\)").*/\1/p' "$PSS_SOURCE/plugin/client/command/verb.h")
	export VERBS CAPITALS
}
teardown_file() { rm -rf "$WORLD"; }
setup() {
	HERE=$WORLD/$BATS_TEST_NUMBER
	mkdir -p "$HERE/home" "$HERE/state"
	mkdir -m 700 "$HERE/run"
}

verbs() {
	sed -n 's/.*, "\([a-z-]*\)", "[A-Za-z-]*").*/\1/p' "$PSS_SOURCE/plugin/client/command/verb.h"
}

page() {
	echo "$PSS_BUILD/man/$1.${2:-1}"
}

# The lines of parameters in --help, and in `help`, which indents them: "-Name VALUE, -Alias".
parameters_of_help() {
	sed -n "s/^ \{$1\}\(-[A-Za-z-].*\)/\1/p" | sed 's/   .*//; s/ *$//'
}

# The same in a page: what stands after .TP in its section PARAMETERS.
parameters_of_page() {
	sed -n '/^\.SH PARAMETERS/,/^\.SH [^P]/p' "$1" | sed -n '/^\.TP/{n;p}' | plain_text
}

plain_text() {
	sed 's/\\f[BIR]//g; s/\\-/-/g; s/\\ / /g; s/\\\[u2026\]/…/g; s/\\(ti/~/g'
}

@test "manual: every command has a page, and one in capitals that leads there" {
	local name
	[ "$(wc -w <<<"$VERBS")" -ge 5 ]
	for name in $VERBS; do
		grep -q '^\.SH DESCRIPTION' "$(page "$name")"
	done
	for name in $CAPITALS; do
		[ "$(cat "$(page "$name")")" = ".so man1/$(tr '[:upper:]' '[:lower:]' <<<"$name").1" ]
	done
	[ -s "$(page pssession 7)" ]
	[ -s "$(page pssession-powershell 7)" ]
	[ -s "$(page pssession-protocol 7)" ]
}

@test "manual: every page has the sections that people look for" {
	local name section
	for name in $VERBS; do
		for section in NAME SYNOPSIS DESCRIPTION PARAMETERS 'EXIT STATUS' EXAMPLES 'SEE ALSO'; do
			grep -qxF ".SH $section" "$(page "$name")" || { echo "$name has no $section"; return 1; }
		done
	done
	for section in NAME DESCRIPTION CONCEPTS 'THE INTERACTIVE SESSION' 'SSH CONFIGURATION' SECURITY ENVIRONMENT FILES LIMITS; do
		grep -qxF ".SH $section" "$(page pssession 7)" || { echo "pssession has no $section"; return 1; }
	done
}

@test "manual: pages, --help and help have the same parameters, in the same words" {
	local name
	for name in $VERBS; do
		parameters_of_page "$(page "$name")" >"$HERE/page"
		clean_env bash --norc -c "enable -f $PSS_LOADABLE $name; $name --help" >"$HERE/whole-help"
		parameters_of_help 2 <"$HERE/whole-help" >"$HERE/help"
		clean_env bash --norc -c "enable -f $PSS_LOADABLE $name; help $name" | parameters_of_help 6 >"$HERE/builtin"
		[ "$(wc -l <"$HERE/page")" -ge 12 ] # the common ones, at least
		diff "$HERE/page" "$HERE/help"
		diff "$HERE/help" "$HERE/builtin"
	done
}

# wide_lines: lines of more than 80 columns.
wide_lines() {
	LC_ALL=C.UTF-8 grep -nE '^.{81}'
}

@test "manual: help, help -s and --help fit 80 columns, in bash and zsh" {
	local name
	LC_ALL=C.UTF-8 printf '%81s\n' '' | wide_lines >/dev/null # it can fail
	for name in $VERBS $CAPITALS; do
		clean_env LC_ALL=C.UTF-8 bash --norc -c "enable -f $PSS_LOADABLE $name; $name --help; help $name; help -s $name" >"$HERE/all"
		[ "$(wc -l <"$HERE/all")" -gt 30 ]
		run wide_lines <"$HERE/all"
		[ "$status" -eq 1 ] || { echo "$name: $output"; return 1; }
		[ ! -e "$PSS_BUILD/zsh-module/pssession.so" ] || {
			clean_env LC_ALL=C.UTF-8 bash --norc -c "enable -f $PSS_LOADABLE $name; $name --help" >"$HERE/bash"
			clean_env LC_ALL=C.UTF-8 zsh -fc "module_path+=('$PSS_BUILD/zsh-module'); zmodload pssession; $name --help" | diff "$HERE/bash" -
		}
	done
	run wide_lines < <("$PSS_BUILD/plugin/host/pssession-host" --help; "$PSS_BUILD/plugin/rsh/pssession-rsh" --help)
	[ "$status" -eq 1 ]
}

@test "manual: pssession-host has the options that it tells of itself" {
	"$PSS_BUILD/plugin/host/pssession-host" --help | grep -oE -- '--[a-z-]+' | grep -vx -- --help | sort -u >"$HERE/options"
	[ "$(wc -l <"$HERE/options")" -ge 3 ]
	sed -n '/^\.SH OPTIONS/,/^\.SH [^O]/p' "$(page pssession-host 8)" | sed 's/\\-/-/g' | grep -oE -- '--[a-z-]+' | sort -u |
		diff - "$HERE/options"
}

# letters_of_page PAGE: "-x" and "--long" that stand in bold in its OPTIONS.
options_of_page() {
	sed -n '/^\.SH OPTIONS/,/^\.SH [^O]/p' "$1" | sed 's/\\-/-/g' | grep -oE -- '(^|[" B])--?[A-Za-z-]+' | grep -oE -- '--?[A-Za-z-]+' | sort -u
}

@test "manual: pssession-rsh has the letters that it takes, and no others" {
	{
		sed -n "s/^\t{ '\(.\)', .*/-\1/p" "$PSS_SOURCE/plugin/rsh/arguments.c"
		printf '%s\n' --help --version
	} | sort -u >"$HERE/options"
	[ "$(wc -l <"$HERE/options")" -ge 10 ]
	options_of_page "$(page pssession-rsh)" | diff - "$HERE/options"
}

# Of message.h: "NUMBER NAME" of each type of frame.
types_of_frames() {
	sed -n '/^enum pss_type {/,/^};/s/^\tPSS_\([A-Z]*\) = \([0-9]*\),.*/\2 \1/p' "$PSS_SOURCE/plugin/wire/message.h" | sort -n
}

@test "manual: pssession-protocol has the frames, the statuses and the versions of the wire" {
	local page
	page=$(page pssession-protocol 7)
	types_of_frames >"$HERE/types"
	[ "$(wc -l <"$HERE/types")" -ge 40 ]
	sed -n '/^\.SS Both ways/,/^\.SS Statuses/s/^ *\([0-9]*\)  \([A-Z]*\) .*/\1 \2/p' "$page" | sort -n | diff - "$HERE/types"
	sed -n '/^\.SS Statuses/,/^\.SH/s/^ *\([0-9]*\)  \([a-z\\-]*\) .*/\1 \2/p' "$page" | sed 's/\\//' >"$HERE/statuses"
	[ "$(wc -l <"$HERE/statuses")" -eq "$(grep -cE '^\s+PSS_[A-Z_]+ = [0-9]+,' "$PSS_SOURCE/plugin/wire/status.h")" ]
	grep -qx "The protocol has version $(sed -n 's/^#define PSS_PROTOCOL_VERSION \([0-9]*\)u$/\1/p' "$PSS_SOURCE/plugin/wire/frame.h"), and version $(
		sed -n 's/^#define PSS_PROTOCOL_OLDEST \([0-9]*\)u$/\1/p' "$PSS_SOURCE/plugin/wire/frame.h") is served." "$page"
}

# What a program or what the shells load asks the environment for. Not what everything asks for, what ssh tells its
# askpass, and the shell's own history and version.
variables_of_code() {
	grep -rhoE '(getenv|get_variable)\([^"()]*"[A-Z_]+"' "$PSS_SOURCE"/{plugin,bash-builtin,zsh-module} --include='*.c' |
		grep -oE '"[A-Z_]+"' | tr -d '"' | sort -u | grep -vxE 'HOME|SSH_ASKPASS_PROMPT|HISTFILE|(BA|Z)SH_VERSION'
}

@test "manual: each variable that the code asks the environment for is in a page" {
	local name
	variables_of_code >"$HERE/variables"
	[ "$(wc -l <"$HERE/variables")" -ge 5 ]
	while read -r name; do
		cat "$PSS_BUILD"/man/*.[178] | plain_text | grep -qw "$name" || { echo "$name is in no page"; return 1; }
	done <"$HERE/variables"
}

@test "manual: the synopsis is the usage line" {
	local name
	for name in $VERBS; do
		sed -n '/^\.SH SYNOPSIS/,/^\.SH DESC/p' "$(page "$name")" | grep -v '^\.' | plain_text | tr '\n' ' ' | sed 's/ $//' >"$HERE/page"
		clean_env bash --norc -c "enable -f $PSS_LOADABLE $name; $name --help" |
			sed '/^$/,$d; s/^usage: //; s/^ *//' | tr '\n' ' ' | sed 's/ $//' >"$HERE/usage"
		diff "$HERE/page" "$HERE/usage"
	done
}

@test "manual: mandoc has nothing to object to" {
	requires mandoc
	local name
	for name in $VERBS; do
		run mandoc -T lint -W style "$(page "$name")"
		[ -z "$output" ]
	done
	for name in "$(page pssession 7)" "$(page pssession-powershell 7)" "$(page pssession-protocol 7)" "$(page pssession-host 8)" "$(page pssession-rsh)"; do
		run mandoc -T lint -W style "$name"
		[ -z "$output" ]
	done
}

@test "manual: HTML is made of them, and no link of it is dead" {
	requires mandoc python3
	local name
	run "$PSS_SOURCE/tools/html" "$PSS_BUILD/man" "$HERE/html"
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	for name in $VERBS; do
		grep -q "<a href=\"$name.1.html\"" "$HERE/html/index.html" "$HERE/html/pssession.7.html"
	done
	grep -q '<a href="pssession-protocol.7.html"' "$HERE/html/pssession.7.html"
	grep -q '<a href="pssession.7.html"' "$HERE/html/enter-pssession.1.html"
	# What leads nowhere is found.
	mkdir "$HERE/man"
	cp "$PSS_BUILD"/man/[a-z]*.[178] "$HERE/man"
	printf '.PP\nSee\n.BR nosuch\\-pssession (1).\n' >>"$HERE/man/get-pssession.1"
	run "$PSS_SOURCE/tools/html" "$HERE/man" "$HERE/html"
	[ "$status" -eq 1 ]
	[[ $output == *'get-pssession.1: nosuch-pssession(1): there is no such page'* ]]
}

@test "manual: groff has nothing to object to" {
	requires groff
	local file
	for file in "$PSS_BUILD"/man/[a-z]*.[178]; do
		grep -q '^\.so ' "$file" && continue # another page, from where pages are installed
		run groff -man -ww -z -t -Tutf8 "$file"
		[ "$status" -eq 0 ]
		[ -z "$output" ]
	done
}

@test "manual: text about a parameter that there is not fails the build" {
	mkdir "$HERE/man"
	cp "$PSS_SOURCE"/man/*.in "$HERE/man"
	run "$PSS_BUILD/man/compose-manual" get-pssession 1 "$HERE/man" 0 2026-01-01
	[ "$status" -eq 0 ]
	printf '@about NoSuch\nText.\n@end\n' >>"$HERE/man/get-pssession.in"
	run "$PSS_BUILD/man/compose-manual" get-pssession 1 "$HERE/man" 0 2026-01-01
	[ "$status" -eq 1 ]
	[[ $output == *NoSuch* ]]
}
