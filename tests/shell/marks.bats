#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016 # what is in single quotes runs elsewhere
# Semantic marks of an entered session (OSC 133, 633 and 7): one set for each command, in order, with its status, around
# what it printed; none where the terminal does not know them, or the remote makes them itself.

load ../harness/harness

setup_file() { world_start bash; }
teardown_file() { world_end; }
setup() { place_start; }
teardown() { place_end; }

# A local shell whose terminal's bytes are kept, and box entered.
enter_marked() {
	local_shell_start
	tm pipe-pane "cat >$HERE/raw"
	run_line "${1-:}"
	enter
}

# The marks, and the words x… that commands have printed first, in order: a letter or a text each. Behind OFFSET bytes.
marks() {
	python3 - "$HERE/raw" "${OFFSET:-0}" <<-'END'
		import re, sys
		seen = open(sys.argv[1], "rb").read()[int(sys.argv[2]):].decode()
		found = re.findall(r"\x1b\]((?:133|633|7);[^\x07\x1b]*)(?:\x07|\x1b\\)|(?<=\x07)(x\d+)", seen)
		print(*(text or re.sub(";(redraw|aid|cl)=[^;]*|^133;", "", mark) for mark, text in found))
	END
}

marks_are() {
	marks_equal() { [ "$(marks)" = "$1" ]; }
	wait_until 10 marks_equal "$1" || { diff <(echo "$1") <(marks | cat -v) >&2; return 1; }
}

there() { echo "7;file://box$1"; }
# Only what comes from here on.
marks_from_here() { OFFSET=$(stat -c %s "$HERE/raw"); }
here() { echo "7;file://$(uname -n)$PWD 7;"; }

@test "marks: one set for each command, with its status, and the directory of each computer" {
	requires_own_account
	local home
	enter_marked
	home=$(there "$REMOTE_HOME")
	run_line 'echo x1'
	run_line '(exit 3)'
	run_line 'cd "/usr/lib" && printf x2'
	run_line '' || true
	term_type 'not sent'
	term_keys C-c
	wait_remote
	leave_by 'exit 5'
	marks_are "$home A B C x1 D;0 $home A B C D;3 $home A B C x2 D;0 $(there /usr/lib) A B D $(there /usr/lib) A B D $(there /usr/lib) A B C D;5 $(here)"
}

@test "marks: a command of several lines is one, and what is discarded is none" {
	requires_own_account
	local home
	enter_marked
	home=$(there "$REMOTE_HOME")
	term_type 'for i in 1 2; do'
	term_keys Enter
	wait_line '> $'
	term_type 'echo x$i'
	term_keys Enter
	wait_line '> $'
	run_line done
	term_type 'for i in'
	term_keys Enter
	wait_line '> $'
	term_keys C-c
	wait_remote
	leave_by exit-pssession
	marks_are "$home A B C x1 D;0 $home A B D $home A B C D;0 $(here)"
}

@test "marks: none where the terminal does not know them" {
	requires_own_account
	local term
	for term in dumb linux vt220; do
		PSS_TEST_TERM=screen-256color local_shell_start
		tm pipe-pane "cat >$HERE/raw"
		run_line "TERM=$term"
		enter
		run_line 'echo x1'
		leave_by exit
		wait_until 10 grep -q x1 "$HERE/raw"
		not grep -qaE $'\e\\](133|633|7);' "$HERE/raw"
		term_kill
	done
}

@test "marks: where VS Code's own integration is at work they are its own" {
	requires_own_account
	local home
	enter_marked VSCODE_SHELL_INTEGRATION=1
	home=$(there "$REMOTE_HOME")
	run_line 'echo x1'
	leave_by exit-pssession
	marks_are "$home 633;A 633;B 633;C x1 633;D;0 $home 633;A 633;B 633;C 633;D;0 $(here)"
}

# TITLE, lines that set it up, what two commands then give. They are models of what these print, not they.
INTEGRATIONS=(
	'kitty: C from PS0, D from PROMPT_COMMAND, A and B in PS1'
	'PS0="\e]133;C\a"; d() { printf "\e]133;D;%s\a" $?; }; PROMPT_COMMAND=d; PS1="\[\e]133;A\a\]remote\$ \[\e]133;B\a\]"'
	'C x1 D;0 H A B C D;3 H A B'
	'WezTerm: a D and an A from PROMPT_COMMAND, with parameters'
	'PS0="\e]133;C;aid=7\a"; d() { printf "\e]133;D;%s;aid=7\a\e]133;A;cl=m;aid=7\a" $?; }; PROMPT_COMMAND=d'
	'C x1 D;0 A H B C D;3 A H B'
	'VS Code: 633, a title in front of C'
	'PS0="\e]0;title\a\e]633;C\a"; d() { printf "\e]633;D;%s\a" $?; }; PROMPT_COMMAND=d'
	'633;C x1 633;D;0 H A B 633;C 633;D;3 H A B'
	'foot: an A alone'
	'd() { printf "\e]133;A\e\\\\"; }; PROMPT_COMMAND=d'
	'C x1 A H B A H B'
	'VTE: OSC 7 at each prompt'
	'd() { printf "\e]7;file://%s%s\e\\\\" far "$PWD"; }; PROMPT_COMMAND=d'
	'C x1 7;far D;0 A B 7;far C D;3 A B'
)

@test "marks: what the remote prints itself is not made again" {
	requires_own_account
	local home i seen
	enter_marked
	home=$(there "$REMOTE_HOME")
	for ((i = 0; i < ${#INTEGRATIONS[@]}; i += 3)); do
		echo "${INTEGRATIONS[i]}"
		echo "${INTEGRATIONS[i + 1]}" | account_file set
		run_line 'PS1="remote\$ " PS0= PROMPT_COMMAND='
		run_line '. ~/set'
		marks_from_here
		run_line 'echo x1'
		run_line '(exit 3)'
		run_line '#end'
		seen=$(marks)
		seen=${seen//$home/H} seen=${seen//"7;file://far$REMOTE_HOME"/7;far}
		echo "$seen"
		[[ "$seen " == "${INTEGRATIONS[i + 2]} "* ]]
	done
	leave_by exit
}

@test "marks: they take no room in a line that is longer than the screen is wide" {
	requires_own_account
	local text
	text=$(printf '%03d' {1..50})
	COLUMNS_WANTED=40 local_shell_start
	enter
	term_send "cho $text"
	term_keys C-a
	term_send e
	term_keys C-e
	term_send 051
	term_keys BSpace Enter
	wait_screen "remote\\$ echo ${text}05"$'\n'"${text}05"$'\n'
	term_keys Up C-a
	term_send ': '
	wait_screen $'\n'"[^ ]*: remote\\$ : echo ${text}05\$"
	term_keys C-u C-k
	leave_by exit
}

@test "marks: a second hop's are inside the command that led to it" {
	requires_own_account
	local home
	enter_marked "C2=$WORLD/ssh/ssh_config"
	home=$(there "$REMOTE_HOME")
	term_type "enter-pssession -ConfigFile $WORLD/ssh/ssh_config box2"
	term_keys Enter
	wait_line 'box2\]: remote\$ $'
	term_type '(exit 4)'
	term_keys Enter
	wait_until 10 grep -q '133;D;4' "$HERE/raw"
	term_type exit-pssession
	term_keys Enter
	wait_remote
	leave_by exit-pssession
	marks_are "$home A B C ${home/box/box2} A B C D;4 ${home/box/box2} A B C D;4 $(here) D;4 $home A B C D;4 $(here)"
}
