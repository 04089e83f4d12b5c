# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A real terminal with a real shell in it, and its screen read back: tmux on a private server.
#
#   term_start COMMAND…      80×24, in a clean environment; TERM_NAME picks one of several terminals
#   term_type TEXT           the text as it is, and waits until the screen shows it
#   term_keys KEY…           tmux's names: Enter C-c C-z C-d Up Escape …
#   term_paste TEXT          through the paste buffer, bracketed when the program wants that
#   run_line TEXT            types a line, Enter, waits for the next prompt; OUT is what it printed
#   wait_screen REGEX [S]    waits until the screen (wrapped lines joined) matches
#   wait_line REGEX [S]      waits until the line that the cursor is on matches
#   wait_local / wait_remote waits for an empty prompt of the local, of the remote shell
#   screen, screen_line, scrollback, resize COLUMNS ROWS, term_kill

SCREEN_DEADLINE=${PSS_SCREEN_DEADLINE:-15}

tm() {
	tmux -S "$HERE/tmux.${TERM_NAME:-a}" "$@"
}

term_start() {
	tmux -S "$HERE/tmux.${TERM_NAME:-a}" -f /dev/null \
		set-option -g default-terminal "${PSS_TEST_TERM:-screen-256color}" \; \
		set-option -g remain-on-exit on \; \
		set-option -g history-limit 200000 \; \
		set-option -sg escape-time 0 \; \
		set-option -g status off \; \
		new-session -d -x "${COLUMNS_WANTED:-80}" -y "${ROWS_WANTED:-24}" "$(printf '%q ' "$@")" 3>&-
}

term_kill() {
	local socket
	for socket in "$HERE"/tmux.*; do
		[ -S "$socket" ] || continue
		tmux -S "$socket" kill-server 2>/dev/null
		rm -f "$socket"
	done
}

# The terminal goes, as when its window is closed: everything on it gets SIGHUP.
term_close() {
	tm kill-server
}

# Waits look at the screen many times, so that is one process and, as bats traces each command of bash's, few of those.
# SCREEN is the screen, wrapped rows joined, and LINE that of it which holds the cursor, up to the cursor; ACROSS is how wide it
# is.
look_at_screen() {
	local at rows
	mapfile -t rows < <(exec tmux -S "$HERE/tmux.${TERM_NAME:-a}" display-message -p \
		'#{cursor_x} #{cursor_y} #{pane_height} #{pane_width}' ';' capture-pane -p -J)
	# shellcheck disable=SC2206 # numbers
	at=(${rows[0]-})
	((${#at[@]} == 4)) || return
	ACROSS=${at[3]}
	rows=("${rows[@]:1}")
	if ((${#rows[@]} == at[2])); then
		LINE=${rows[at[1]]:0:at[0]} # nothing is wrapped, so rows are lines
	else
		last_line
	fi
	join_rows
}

last_line() {
	local row
	LINE=
	for row in "${rows[@]}"; do
		[ -z "${row// /}" ] || LINE=$row
	done
}

# Bytes will do, and are much quicker to match than characters.
join_rows() {
	local LC_ALL=C
	shopt -s extglob
	printf -v SCREEN '%s\n' "${rows[@]%%+( )}"
	SCREEN=${SCREEN%%+($'\n')}
	shopt -u extglob
}

screen() {
	look_at_screen && printf '%s\n' "$SCREEN"
}

screen_line() {
	look_at_screen && printf '%s\n' "$LINE"
}

scrollback() {
	tm capture-pane -p -J -S - | sed -e 's/ *$//' -e :a -e '/^\n*$/{$d;N;s/ *$//;ba' -e '}'
}

screen_matches() {
	look_at_screen && [[ $SCREEN =~ $1 ]]
}

line_matches() {
	look_at_screen && [[ $LINE =~ $1 ]]
}

scrollback_matches() {
	[[ $(scrollback) =~ $1 ]]
}

explain_screen() {
	echo "--- the screen (cursor at $(tm display-message -p '#{cursor_x},#{cursor_y}')) ---"
	screen
	echo "---"
} >&2

wait_screen() {
	wait_until "${2:-$SCREEN_DEADLINE}" screen_matches "$1" || { explain_screen; return 1; }
}

wait_scrollback() {
	wait_until "${2:-$SCREEN_DEADLINE}" scrollback_matches "$1" || { explain_screen; return 1; }
}

wait_line() {
	wait_until "${2:-$SCREEN_DEADLINE}" line_matches "$1" || { explain_screen; return 1; }
}

term_keys() {
	tm send-keys "$@"
}

# Literal text, whatever it holds; does not wait for its echo.
term_send() {
	tm send-keys -l -- "$1"
}

# Trailing blanks cannot be told from an empty screen, and a line that just fills the last column leaves the
# cursor on an empty one.
shows_at_end() {
	look_at_screen || return
	[[ ${LINE%"${LINE##*[! ]}"} == *"$1" ]] || { [ -z "$LINE" ] && [[ $SCREEN == *"$1" ]]; } ||
		[[ ${SCREEN//[ $'\n']/} == *"${1// /}" ]] # zsh draws a long line as rows of their own, the blank at an end not seen
}

term_type() {
	term_send "$1"
	wait_echo "$1"
}

wait_echo() {
	local tail=$1
	tail=${tail##*$'\n'}
	((${#tail} <= 12)) || tail=${tail: -12}
	wait_until "$SCREEN_DEADLINE" shows_at_end "${tail%"${tail##*[! ]}"}" || { explain_screen; return 1; }
}

term_paste() {
	printf %s "$1" >"$HERE/paste"
	tm load-buffer "$HERE/paste"
	tm paste-buffer "${@:2}" -d
}

resize() {
	tm resize-window -x "$1" -y "$2"
}

LOCAL_PROMPT='^local\$ $'
REMOTE_PROMPT='^\[([^]@]+@)?box\]: remote\$ $'

wait_local() {
	wait_line "$LOCAL_PROMPT" "${1:-$SCREEN_DEADLINE}"
}

wait_remote() {
	wait_line "$REMOTE_PROMPT" "${1:-$SCREEN_DEADLINE}"
}

at_a_prompt() {
	look_at_screen && [[ $LINE =~ $LOCAL_PROMPT || $LINE =~ $REMOTE_PROMPT ]]
}

wait_prompt() {
	wait_until "${1:-$SCREEN_DEADLINE}" at_a_prompt || { explain_screen; return 1; }
}

# What the line TEXT printed, as output_of() has it, in OUT, where the screen that was looked at last has all of it and the
# line stands in one row with room behind it. Most lines do, and that costs no process.
output_on_screen() {
	local LC_ALL=C text=${1%"${1##*[! ]}"} lines i
	[ -n "$text" ] || return
	mapfile -t lines <<<"$SCREEN"
	for ((i = ${#lines[@]} - 1; i >= 0; i--)); do
		[[ ${lines[i]} != *"\$ $text"* ]] || break
	done
	((i >= 0 && i + 1 < ${#lines[@]} && ${#lines[i]} < ACROSS)) && [[ ${lines[i]} == *"\$ $text" && ${lines[i]%"\$ $text"} != *"\$ $text"* ]] || return
	printf -v OUT '%s\n' "${lines[@]:i+1:${#lines[@]}-i-2}"
	OUT=${OUT%"${OUT##*[!$'\n']}"}
}

# What the line TEXT printed: all between it and the prompt at the end. A line that just fills the last column
# is joined with what follows it. zsh draws a long line as rows of their own, and after one that just fills the last
# column an empty row.
output_of() {
	scrollback | TEXT="\$ $1" COLUMNS=$(tm display-message -p '#{pane_width}') awk '
		function dense(s) { gsub(/ /, "", s); return s }
		function ends_in_rows(k,   j, rows) {
			j = k
			rows = dense(substr(line[k], index(line[k], "$ ")))
			while (j < NR && length(rows) < length(wanted)) rows = rows dense(line[++j])
			return rows == wanted ? j : 0
		}
		BEGIN { text = ENVIRON["TEXT"]; sub(/ +$/, "", text); wanted = dense(text) }
		{ line[NR] = $0; if (i = index($0, text)) { at = NR; from = i; rest = substr($0, i + length(text)) } }
		END {
			for (k = 1; !at && k <= NR; k++) if (index(line[k], "$ ")) at = ends_in_rows(k)
			if (from && rest == "" && (from + length(text) - 1) % ENVIRON["COLUMNS"] == 0 && line[at + 1] == "") at++
			if (rest != "") print rest
			for (i = at + 1; i < NR; i++) print line[i]
		}'
}

run_line() {
	tm clear-history ';' send-keys -l -- "$1"
	wait_echo "$1" || return
	term_keys Enter
	wait_prompt "${2:-$SCREEN_DEADLINE}" || return
	# shellcheck disable=SC2034 # for the test
	output_on_screen "$1" || OUT=$(output_of "$1")
}

# The shell in the terminal has ended; sets TERM_STATUS.
term_has_ended() {
	[ "$(tm display-message -p '#{pane_dead}' 2>/dev/null)" = 1 ]
}

term_pid() {
	tm display-message -p '#{pane_pid}'
}

term_tty() {
	tm display-message -p '#{pane_tty}'
}
