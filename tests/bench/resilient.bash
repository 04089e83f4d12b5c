# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What a resilient session costs, for tests/bench/run: beside a plain one, ssh, tmux on the remote computer, and mosh where
# it is installed.

LOAD="enable -f $PSS_LOADABLE enter-pssession"

# open_pair CONFIG NAME: PLAIN and HELD.
open_pair() {
	PLAIN=$(local_bash 'new-pssession -ConfigFile $1 $2' "$1" "$2")
	HELD=$(local_bash 'new-pssession -Resilient -ConfigFile $1 $2' "$1" "$2")
}

close_pair() {
	local_bash 'remove-pssession -Session $1,$2' "$PLAIN" "$HELD"
}

# call_rows NAME: of HELD beside PLAIN.
call_rows() {
	local loop='for ((i = 0; i < 500; i++)); do invoke-command -Session'
	in_turn 11 plain "bash --norc -c '$LOAD; $loop $PLAIN true; done'" held "bash --norc -c '$LOAD; $loop $HELD true; done'"
	row '500 calls, plain' "${MEDIAN[plain]}"
	row "500 calls, $1" "${MEDIAN[held]}" "${MEDIAN[plain]}"
}

pair_streams() {
	local bytes=$1
	in_turn 3 plain "bash --norc -c '$LOAD; invoke-command -Session $PLAIN \"head -c $bytes /dev/zero\"'" \
		held "bash --norc -c '$LOAD; invoke-command -Session $HELD \"head -c $bytes /dev/zero\"'" \
		plain_up "bash --norc -c '$LOAD; head -c $bytes /dev/zero | invoke-command -Session $PLAIN \"cat >/dev/null\"'" \
		held_up "bash --norc -c '$LOAD; head -c $bytes /dev/zero | invoke-command -Session $HELD \"cat >/dev/null\"'"
	row 'down, plain' "${MEDIAN[plain]}"
	row 'down, resilient' "${MEDIAN[held]}" "${MEDIAN[plain]}"
	row 'up, plain' "${MEDIAN[plain_up]}"
	row 'up, resilient' "${MEDIAN[held_up]}" "${MEDIAN[plain_up]}"
}

# -- lines on a terminal

LINES_SHOWN=300000

shown_by() {
	clean_env script -qefc "stty rows 24 columns 80; $1" /dev/null </dev/null >"$HERE/typescript" 2>&1
}

shows_all() {
	tail -c 200 "$HERE/typescript" | grep -qF "$LINES_SHOWN" && tail -c 200 "$HERE/typescript" | grep -qF 'remote$ '
}

# In a session, from Enter to the next prompt.
# shellcheck disable=SC2034 # for samples
shown_in() {
	local keys pid
	printf '%s\n' "$LOAD" "PROMPT_COMMAND='unset PROMPT_COMMAND; enter-pssession -Session $1'" >"$HERE/bench-rc"
	mkfifo "$HERE/keys"
	clean_env script -qefc "bash --noprofile --rcfile $HERE/bench-rc -i" /dev/null <"$HERE/keys" >"$HERE/typescript" 2>&1 &
	pid=$!
	exec {keys}>"$HERE/keys"
	until grep -qF 'remote$ ' "$HERE/typescript"; do
		is_alive "$pid" || break
		pause 0.001
	done
	ELAPSED_FROM=$(now_us)
	echo "seq $LINES_SHOWN" >&"$keys"
	until shows_all; do
		is_alive "$pid" || break
		pause 0.005
	done
	ELAPSED_UNTIL=$(now_us)
	exec {keys}>&-
	end_tree "$pid"
	rm -f "$HERE/keys"
}

terminal_rows() {
	local ssh="ssh -tt -F $WORLD/ssh/ssh_config box"
	samples ssh 5 shown_by "$ssh seq $LINES_SHOWN"
	samples plain 5 shown_in "$PLAIN"
	samples held 5 shown_in "$HELD"
	row 'ssh -tt, with its login' "${MEDIAN[ssh]}"
	row 'enter-pssession, plain' "${MEDIAN[plain]}" "${MEDIAN[ssh]}"
	row 'enter-pssession, resilient' "${MEDIAN[held]}" "${MEDIAN[ssh]}"
	samples tmux 5 shown_by "$ssh tmux -L bench -f /dev/null new seq $LINES_SHOWN"
	row 'ssh -tt tmux new (shows a part)' "${MEDIAN[tmux]}" "${MEDIAN[ssh]}"
	command -v mosh >/dev/null || return 0
	samples mosh 5 shown_by "mosh --ssh='ssh -F $WORLD/ssh/ssh_config' --bind-server=127.0.0.1 box seq $LINES_SHOWN"
	row 'mosh (shows a part)' "${MEDIAN[mosh]}" "${MEDIAN[ssh]}"
}

# -- far away

cut_and_call() {
	proxy cut
	proxy resume
	local_bash 'invoke-command -Session $1 true </dev/null' "$HELD"
}

rows_by_proxy() {
	open_pair "$FAR_CONFIG" far
	LABEL='new-pssession' counted local_bash 'remove-pssession -Session "$(new-pssession -ConfigFile $1 far)"' "$FAR_CONFIG"
	LABEL='new-pssession -Resilient' counted local_bash 'remove-pssession -Session "$(new-pssession -Resilient -ConfigFile $1 far)"' "$FAR_CONFIG"
	local_bash 'invoke-command -Session $1 true; invoke-command -Session $2 true' "$PLAIN" "$HELD" </dev/null
	LABEL='a call, plain' counted local_bash 'invoke-command -Session $1 true </dev/null' "$PLAIN"
	LABEL='a call, resilient' counted local_bash 'invoke-command -Session $1 true </dev/null' "$HELD"
	LABEL='a call behind a cut' counted cut_and_call
	samples back 5 cut_and_call
	row 'a call behind a cut (ms)' "${MEDIAN[back]}"
	ssh -F "$WORLD/ssh/ssh_config" box 'tmux -L bench -f /dev/null new-session -d -x 80 -y 24 "PS1=\"remote$ \" sh"' </dev/null 3>&-
	samples tmux 5 ssh_to_prompt "$FAR_CONFIG" 'tmux -L bench attach' far
	row 'ssh -tt tmux attach, anew (ms)' "${MEDIAN[tmux]}" "${MEDIAN[back]}"
	ssh -F "$WORLD/ssh/ssh_config" box 'tmux -L bench kill-server' </dev/null 3>&-
	close_pair
}

bench_resilient() {
	title 'a resilient session beside a plain one, loopback (ms)'
	open_pair "$WORLD/ssh/ssh_config" box
	call_rows "resilient (Perl's holder)"
	title '256 MB through it (ms)'
	pair_streams 268435456
	title "$LINES_SHOWN lines on a terminal (ms)"
	terminal_rows
	close_pair
	title 'through a proxy with 50 ms one way'
	proxy_start 50
	rows_by_proxy
	proxy_stop
	rm -rf "$PROXY"
	title "what is near, with Python's holder"
	server_with_keepers python3
	open_pair "$WORLD/ssh1/ssh_config" box
	call_rows "resilient (Python's holder)"
	pair_streams 268435456
	close_pair
	sshd_stop "$WORLD/ssh1"
}
