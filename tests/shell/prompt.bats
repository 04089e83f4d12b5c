#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The prompt: drawn here, its remote part taken as data.

load ../harness/harness

setup_file() { world_start bash; }
teardown_file() { world_end; }
setup() { place_start; }
teardown() { place_end; }

# Sets the remote PS1, and waits until the line with the cursor is like REGEX.
set_prompt() {
	term_type "PS1=$1"
	term_keys Enter
	wait_line "$2"
}

@test "prompt: the remote's own escapes are rendered there" {
	local_bash_start
	enter
	run_line 'cd /usr/lib'
	set_prompt "'\\w:\\u \$? \$ '" "box\]: /usr/lib:$REMOTE_USER 0 . \$"
	term_type false
	term_keys Enter
	wait_line ': /usr/lib:.* 1 . $'
}

@test "prompt: a hostile one is never expanded or executed here" {
	local_bash_start
	enter
	set_prompt "'\$(touch \$HERE/canary)\`touch \$HERE/canary\`\${HERE} !! %~ \\\$(touch $HERE/canary) > '" '> $'
	[ ! -e "$HERE/canary" ]
	term_type 'PS1='"'"'${x@P}\$(id -u) > '"'"
	term_keys Enter
	wait_line '> $'
	[ ! -e "$HERE/canary" ]
}

@test "prompt: titles, clipboard, queries and cursor movements are dropped, colours stay" {
	local_bash_start
	enter
	set_prompt "\$'\\e]52;c;ZXZpbA==\\a\\e]0;owned\\a\\e[2J\\e[6n\\e[c\\eP+q\\e\\\\\\e[1;31mred\\e[0m> '" 'box\]: red> $'
	tm capture-pane -p -e | grep -q $'\e\\[[0-9;]*31m'
	[ "$(tm display-message -p '#{pane_title}')" != owned ]
	# An answer to a query would be in the line now.
	run_text=$(screen_line)
	[[ $run_text =~ red\>\ $ ]]
}

@test "prompt: of several lines the last has [NAME]: at its start" {
	local_bash_start
	enter
	set_prompt "\$'first\\nsecond> '" '\[.*box\]: second> $'
	wait_screen $'\nfirst\n\\[.*box\\]: second>'
}

@test "prompt: cannot forge another computer's name at the start of the line" {
	local_bash_start
	enter
	set_prompt "\$'\\r\\e[K[other]: \\e[1G[other]: root> '" '^\[.*box\]: .*root> $'
}

@test "prompt: bidirectional controls and invalid UTF-8 do not reach the terminal" {
	local_bash_start
	enter
	set_prompt "\$'a\\u202eb\\xff\\xc0\\xafc> '" 'c> $'
	screen | not grep -q $'\u202e'
}

@test "prompt: PSSESSION_PROMPT changes the form" {
	local_bash_start
	run_line "export PSSESSION_PROMPT='<%h|%u|%w|%%> '"
	term_type 'enter-pssession -ConfigFile $C box'
	term_keys Enter
	wait_line "^<box\|$REMOTE_USER\|$REMOTE_HOME\|%> \$"
	term_type 'cd /usr'
	term_keys Enter
	wait_line '^<box\|.*\|/usr\|%> $'
	leave_by exit
}

@test "prompt: a very long one is cut, and the editor still works" {
	local_bash_start
	enter
	term_type 'PS1=$(printf "%020000d> " 7)'
	term_keys Enter
	wait_scrollback '0000000'
	term_send 'echo "[$((40 + 2))]"'
	term_keys Enter
	wait_scrollback $'\n\\[42\\]\n.*0000'
	term_keys C-d
	wait_local
}

@test "prompt: an empty PS1 leaves [NAME]: alone" {
	local_bash_start
	enter
	set_prompt "''" 'box\]: $'
	term_type 'echo ok'
	term_keys Enter
	wait_screen $'\nok\n.*box\\]:'
}

@test "prompt: PROMPT_COMMAND of the remote runs with the right status, that of the local not at all" {
	local_bash_start
	run_line "$(by_shell "PROMPT_COMMAND='echo local >>\$HERE/ran'" 'precmd() { echo local >>$HERE/ran; }')"
	enter
	local before
	before=$(wc -l <"$HERE/ran")
	run_line "PROMPT_COMMAND='seen=\$?'"
	run_line '(exit 6)'
	run_line 'echo $seen'
	output_is 6
	[ "$(wc -l <"$HERE/ran")" -eq "$before" ]
	leave_by exit
}
