#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The common parameters in a real shell: awkward variables, actions on errors, questions. Which name and alias each
# command takes, and every action on every stream, are in tests/client/test-common.c.

load ../harness/harness

# A banner that every Debian has.
BANNER=/etc/debian_version

setup_file() { world_start bash "Banner $BANNER"; }
teardown_file() { world_end; }
setup() { place_start; }
teardown() {
	[ -z "${MUTE_PID-}" ] || end_tree "$MUTE_PID"
	place_end
}

# A server that takes connections and says nothing; sets MUTE_PORT.
mute_server() {
	clean_env python3 -c 'import socket, time
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
while True: time.sleep(3600)' >"$HERE/port" 2>/dev/null 3>&- &
	MUTE_PID=$!
	wait_until 10 test -s "$HERE/port"
	read -r MUTE_PORT <"$HERE/port"
}

# -- variables

# refused SET-UP NAME REGEX: status 2, named, nothing has happened, not even to the variable.
refused() {
	run local_bash "$1
		before=\$(declare -p ${2#+} 2>/dev/null)
		new-pssession -ConfigFile \$C box -OutVariable '$2'
		s=\$?
		[ \"\$before\" = \"\$(declare -p ${2#+} 2>/dev/null)\" ] || echo changed
		exit \$s"
	[ "$status" -eq 2 ] || { echo "$2: status $status: $output"; return 1; }
	[[ $output =~ new-pssession:\ -OutVariable.*$3 && $output != *changed* ]] || { echo "$2: $output"; return 1; }
	[ -z "$(host_pids)" ] || { echo "$2: a host process was started"; return 1; }
}

@test "common: variables that cannot take an array are refused before anything happens" {
	refused 'readonly v=1' v readonly
	refused 'declare -ra v=(1)' +v readonly
	refused 'declare -i v' v 'cannot become an array'
	refused 'declare -ai v=(1)' v 'cannot become an array'
	refused 'declare -A v=([a]=b)' v 'cannot become an array'
	refused 'declare -n v=nowhere' v 'cannot become an array'
	refused 'declare -n v="w[2]"' v 'cannot become an array'
	refused 'readonly w=1; declare -n v=w' v readonly
	refused 'declare -A w; declare -n v=w' v 'cannot become an array'
	refused 'declare -n v=PATH' v "shell's own"
}

@test "common: variables of bash's own are refused before anything happens" {
	local name
	for name in BASH_VERSINFO GROUPS BASH_SOURCE BASH_LINENO BASH_ARGV UID EUID PPID SHELLOPTS BASHOPTS FUNCNAME; do
		refused : "$name" readonly
	done
	for name in DIRSTACK BASH_ALIASES BASH_CMDS COMP_WORDBREAKS; do
		refused : "$name" 'cannot become an array'
	done
	for name in PIPESTATUS BASH_REMATCH PATH IFS HOME PWD OLDPWD; do
		refused : "$name" "shell's own"
	done
}

@test "common: what is no name is refused" {
	local name
	for name in 'a[1]' 1x a-b 'a b' 'a$(touch $HERE/ran)' ''; do
		run local_bash 'get-pssession -ErrorVariable "$1"' "$name"
		[ "$status" -eq 2 ]
		[[ $output == *'-ErrorVariable wants the name of a variable'* ]]
	done
	[ ! -e "$HERE/ran" ]
}

@test "common: an array is set, emptied and appended to, where the variable is" {
	run local_bash '
		s=(old values)
		get-pssession -OutVariable s
		[ ${#s[@]} = 0 ] || exit 51
		get-pssession -Id 1 -ErrorVariable s -ea SilentlyContinue
		[ "${s[*]}" = "The remote session with the session ID 1 is not available." ] || exit 52
		get-pssession -Id 2 -ErrorVariable +s -ea SilentlyContinue
		[ ${#s[@]} = 2 ] || exit 53
		x=scalar
		get-pssession -Id 3 -ev +x -ea SilentlyContinue
		[ "${x[0]}" = scalar ] && [ ${#x[@]} = 2 ] || exit 54
		y=([7]=seven)
		get-pssession -Id 3 -ev +y -ea SilentlyContinue
		[ "${!y[*]}" = "7 8" ] || exit 55
		f() { local s; get-pssession -Id 9 -ev s -ea SilentlyContinue; [ ${#s[@]} = 1 ]; }
		f || exit 56
		[ ${#s[@]} = 2 ] || exit 57
		g() { local -n to=$1; get-pssession -Id 9 -ev to -ea SilentlyContinue; }
		declare -a result
		g result
		[ ${#result[@]} = 1 ] || exit 58
		get-pssession -Id 9 -ev s -ea Ignore
		[ ${#s[@]} = 0 ] || exit 59
		(get-pssession -Id 9 -ev s -ea SilentlyContinue)
		[ ${#s[@]} = 0 ] || exit 60'
	[ "$status" -eq 0 ] || { echo "$status: $output"; return 1; }
}

@test "common: a wrong parameter leaves the variables alone" {
	run local_bash '
		s=(a b)
		get-pssession -OutVariable s -Property Nope 2>/dev/null
		[ $? = 2 ] && [ "${s[*]}" = "a b" ] || exit 51
		new-pssession -ConfigFile $C "bad;name" -ErrorVariable s -ea Ignore 2>$HERE/err
		[ $? = 2 ] && [ "${s[*]}" = "a b" ] && [ -s $HERE/err ]'
	[ "$status" -eq 0 ]
	[ -z "$(host_pids)" ]
}

@test "common: the banner and the message of the day are information" {
	run local_bash '
		new-pssession -ConfigFile $C box -InformationVariable iv >/dev/null 2>$HERE/err || exit 50
		[ "${iv[0]}" = "$(cat '"$BANNER"')" ] || exit 51
		grep -qxF "${iv[0]}" $HERE/err || exit 52
		motd=$(cat /run/motd.dynamic /etc/motd 2>/dev/null)
		if [ -n "$motd" ]; then
			[ "${iv[1]}" = "$motd" ] && [ ${#iv[@]} = 2 ] || exit 53
			grep -qF "$(tail -n 1 <<<"$motd")" $HERE/err && exit 54
		else
			[ ${#iv[@]} = 1 ] || exit 55
		fi
		new-pssession -ConfigFile $C box -iv iv -infa SilentlyContinue 2>$HERE/err >/dev/null
		[ ! -s $HERE/err ] && [ ${#iv[@]} -ge 1 ] || exit 56
		new-pssession -ConfigFile $C box -iv iv -infa Ignore 2>$HERE/err >/dev/null
		[ ! -s $HERE/err ] && [ ${#iv[@]} = 0 ] || exit 57'
	[ "$status" -eq 0 ] || { echo "$status: $output"; return 1; }
}

@test "common: what comes while a session is entered is in the variables afterwards" {
	local_bash_start
	enter -InformationVariable iv -WarningVariable wv -ErrorVariable ev -OutVariable ov box
	leave_by exit
	run_line 'echo "${iv[0]}" ${#wv[@]} ${#ev[@]} ${#ov[@]}; motd=$(cat /run/motd.dynamic /etc/motd 2>/dev/null)'
	output_is "$(cat $BANNER) 0 0 0"
	run_line '[ "${iv[1]-}" = "$motd" ]; echo $?'
	output_is 0
}

@test "common: a warning that comes while a session is entered is collected, or not shown" {
	requires tcsh
	local_bash_start
	local line='enter-pssession -ConfigFile $C box -ConfigurationName tcsh -WarningVariable wv'
	term_type "$line"
	term_keys Enter
	wait_screen 'WARNING: .*local editing unavailable for tcsh'
	wait_line '[>%#] $'
	leave_by exit
	run_line 'echo "<${wv[0]}>"'
	output_like '^<local editing unavailable for tcsh'
	run_line 'clear'
	term_type "$line -wa SilentlyContinue"
	term_keys Enter
	wait_line '[>%#] $'
	screen | not grep -q WARNING
	leave_by exit
	run_line 'echo "<${wv[0]}>"'
	output_like '^<local editing unavailable for tcsh'
}

# -- actions

@test "common: -ErrorAction Stop gives up what is left, with the status of the error" {
	mute_server
	run local_bash "
		new-pssession -ConfigFile \$C 127.0.0.1:1,127.0.0.1:$MUTE_PORT -ErrorAction Stop -ErrorVariable e
		s=\$?
		get-pssession
		[ \${#e[@]} = 1 ] && [[ \${e[0]} == '[127.0.0.1]'* ]] && exit \$s"
	[ "$status" -eq 255 ] || { echo "$status: $output"; return 1; }
	[ "$(wc -l <<<"$output")" -eq 1 ]
}

@test "common: -ErrorAction Stop in a list of sessions stops at the first that is not there" {
	run local_bash '
		new-pssession -ConfigFile $C -ComputerName box,box >/dev/null 2>&1 || exit 50
		exec 2>$HERE/err
		[ "$(get-pssession -Id 1,98,2,99 -Property Id -ea Stop)" = 1 ] || exit 51
		[ "$(get-pssession -Id 98,1,2 -Property Id -ea Stop)" = "" ] || exit 52
		[ "$(get-pssession -Id 98,1,2 -Property Id | tr "\n" " ")" = "1 2 " ] || exit 53
		remove-pssession -Id 1,98,2 -ErrorAction Stop
		[ $? = 1 ] && [ "$(get-pssession -Property Id | tr "\n" " ")" = "1 2 " ] || exit 54
		remove-pssession -Id 98,1
		[ $? = 1 ] && [ "$(get-pssession -Property Id)" = 2 ] || exit 55
		exec 2>&1
		[ "$(grep -c "session ID 98 is not available" $HERE/err)" = 5 ] || exit 56
		! grep -q "session ID 99" $HERE/err'
	[ "$status" -eq 0 ] || { echo "$status: $output"; return 1; }
}

@test "common: without a terminal -ErrorAction Inquire stops, and says why" {
	run clean_env setsid -w "${BASH_UNDER_TEST:-bash}" --norc -c "
		enable -f $PSS_LOADABLE enter-pssession
		get-pssession -Id 98,99 -ErrorAction Inquire" 3>&-
	[ "$status" -eq 1 ]
	[[ $output == *'session ID 98 is not available'*'stopped: there is no terminal to ask on'* ]]
	[[ $output != *'session ID 99'* ]]
}

# inquire KEYS STATUS ERRORS: what came of the answer to the first question.
inquire() {
	run_line 'clear; e=()'
	term_type 'get-pssession -Id 97,98,99 -ErrorAction Inquire -ErrorVariable e'
	term_keys Enter
	wait_line 'default is "Y"\): $'
	# shellcheck disable=SC2086 # keys, one by one
	term_keys $1
	wait_local
	run_line 'echo "s=$? ${#e[@]}"'
	output_is "s=$2 $3"
}

@test "common: Inquire asks after each error, and Halt, Yes to All and Ctrl-C are what they say" {
	local_bash_start
	inquire 'h Enter' 1 1
	inquire 'a Enter' 1 3
	inquire 'C-d' 1 1
	inquire 'C-c' 130 1
	terminal_is_sane
	term_type 'get-pssession -Id 97,98,99 -ErrorAction Inquire'
	term_keys Enter
	for n in 97 98 99; do
		wait_screen "session ID $n is not available.*default is \"Y\"\):\$"
		term_keys Enter
	done
	wait_local
	status_is 1
}

no_session() {
	run local_bash get-pssession
	[ "$status" -eq 0 ] && [ -z "$output" ]
}

@test "common: Inquire and Stop on a warning or a banner give up the opening" {
	run local_bash '
		new-pssession -ConfigFile $C box -InformationAction Stop -ErrorVariable e 2>$HERE/err
		[ $? = 1 ] || exit 51
		[ "${e[0]}" = "stopped: -InformationAction is Stop" ] || exit 52'
	[ "$status" -eq 0 ] || { echo "$status: $output"; return 1; }
	# The opening is given up at once, and the host process told so; it closes what is half open in its own time.
	wait_until 10 no_session || { echo "$status: $output"; return 1; }
	local_bash_start
	run_line 'enter-pssession -ConfigFile $C box -infa Stop; echo "s=$?"'
	output_like 'stopped: -InformationAction is Stop'
	output_like 's=1$'
}

# -- -Confirm and -WhatIf

# confirm KEYS STATUS LEFT: which of three sessions are left after the answers.
confirm() {
	run_line 'remove-pssession -Name "*"; clear'
	# One after the other: they are asked about in the order of their Ids.
	run_line 'for n in a b c; do new-pssession -ConfigFile $C -Name $n box 2>/dev/null >&2; done' 30
	term_type 'remove-pssession -Name "?" -Confirm'
	term_keys Enter
	local key
	for key in $1; do
		wait_line 'default is "Y"\): $'
		term_keys "$key"
		case $key in C-?) ;; *) term_keys Enter ;; esac
		# The next question stands on lines of its own.
		wait_until "$SCREEN_DEADLINE" answered "$key"
	done
	wait_local
	run_line 'echo "s=$?" $(get-pssession -Property Name)'
	output_is "s=$2${3:+ $3}"
}

answered() {
	at_a_prompt || not line_matches "$1\$"
}

@test "common: -Confirm asks for each, and every answer is obeyed" {
	local_bash_start
	confirm 'y n y' 0 b
	confirm 'a' 0 ''
	confirm 'n a' 0 a
	confirm 'y l' 0 'b c'
	confirm 'C-d' 0 'a b c'
	confirm 'C-c' 130 'a b c'
	terminal_is_sane
}

@test "common: -Confirm without a terminal removes nothing, -WhatIf and -Confirm:false ask nothing" {
	run local_bash 'new-pssession -ConfigFile $C box 2>/dev/null >/dev/null'
	[ "$status" -eq 0 ]
	run clean_env setsid -w "${BASH_UNDER_TEST:-bash}" --norc -c "
		enable -f $PSS_LOADABLE enter-pssession
		remove-pssession -Id 1 -cf; echo s=\$?
		remove-pssession -Id 1 -wi -cf; echo s=\$?
		get-pssession -Property Id
		remove-pssession -Id 1 -Confirm:false; echo s=\$?
		get-pssession" 3>&-
	[[ $output == *'-Confirm needs a terminal to ask on'*'s=1'*'What if: Performing the operation "Remove" on target "box".'*'s=0'$'\n1\n''s=0' ]]
}
