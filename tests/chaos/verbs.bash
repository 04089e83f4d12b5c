# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What is typed. Each verb is a function that types it into the terminal TERM_NAME and does not wait for its end. Tables
# say which ones there are for a terminal that shows this or that.

# shellcheck disable=SC2034 # round.bash picks from them
VERBS_local=(enter enter_by_force enter_computer open open_resilient open_by_program get remove invoke invoke_slow invoke_input
	invoke_unread invoke_computer invoke_overdue job receive receive_wait disconnect connect enter)
# shellcheck disable=SC2034
VERBS_remote=(line line_slow line_ahead forever half_line leave stop_job line_slow suspend)
# shellcheck disable=SC2034
VERBS_busy=(interrupt leave_by_escape detach_by_escape keys nothing)

# Tags are unique; what is noted under one tells what it was: l, a local line; r, a remote one.
new_tag() {
	TAG=$1${SEED}x$((++N_TAGS))
}

trace() {
	printf '  %6s ms  %s\n' "$(($(now_ms) - STARTED_AT))" "$*" >>"$HERE/trace"
}

type_line() {
	trace "$TERM_NAME: $1"
	term_send "$1"
	term_keys Enter
}

# A line for the local shell, whose status is noted under a tag of its own. TAG may stand in it for what it runs.
local_line() {
	local status_tag
	new_tag l
	status_tag=$TAG
	STATUS_OF[$status_tag]=$1
	type_line "$1; \$W/s $status_tag \$?"
}

# The session that the verb is about: any of those that were opened, whether it is there still or not.
some_session() {
	SESSION=k$((DRAW_SESSION % (N_SESSIONS > 0 ? N_SESSIONS : 1) + 1))
}

verb_open() {
	N_SESSIONS=$((N_SESSIONS + 1))
	local_line "new-pssession -ConfigFile \$C -Name k$N_SESSIONS box >\$O/opened 2>&1"
}

verb_open_resilient() {
	N_SESSIONS=$((N_SESSIONS + 1))
	local_line "new-pssession -Resilient -ConfigFile \$C -Name k$N_SESSIONS box >\$O/opened 2>&1"
}

# By the ssh program instead of libssh.
verb_open_by_program() {
	N_SESSIONS=$((N_SESSIONS + 1))
	local_line "new-pssession -Transport ssh -ConfigFile \$C -Name k$N_SESSIONS box >\$O/opened 2>&1"
}

verb_enter_by_force() {
	some_session
	local_line "enter-pssession -Force -Name $SESSION"
	ENTERS[$TAG]=$TERM_NAME
}

verb_enter() {
	some_session
	local_line "enter-pssession -Name $SESSION"
	ENTERS[$TAG]=$TERM_NAME
}

verb_enter_computer() {
	local_line 'enter-pssession -ConfigFile $C box'
	ENTERS[$TAG]=$TERM_NAME
}

verb_get() {
	local_line 'get-pssession >/dev/null'
}

verb_remove() {
	some_session
	local_line "remove-pssession -Name $SESSION"
}

# invoke_with TARGET COMMAND [BEFORE]: COMMAND prints the numbers of TAG.
invoke_with() {
	CALLS[$TAG]=1
	local_line "${3-}invoke-command $1 '$2' >\$O/$TAG.out 2>\$O/$TAG.err; x=\$?; \$W/s $TAG \$x; (exit \$x)"
}

verb_invoke() {
	some_session
	new_tag r
	invoke_with "-Session $SESSION" "$WORLD/n $TAG 40"
}

verb_invoke_slow() {
	some_session
	new_tag r
	invoke_with "-Session $SESSION" "$WORLD/n $TAG 20 .05"
}

verb_invoke_input() {
	some_session
	new_tag p
	invoke_with "-Session $SESSION" cat "\$W/g $TAG 3000 | "
}

verb_invoke_unread() {
	some_session
	new_tag r
	invoke_with "-Session $SESSION" "$WORLD/n $TAG 5" "\$W/g ${TAG}y 2000 | "
}

verb_invoke_computer() {
	new_tag r
	invoke_with '-ConfigFile $C -ComputerName box' "$WORLD/n $TAG 30 .02"
}

# It takes 1.5 s where nothing ends it.
verb_invoke_overdue() {
	some_session
	new_tag r
	invoke_with "-Timeout 1 -Session $SESSION" "$WORLD/n $TAG 30 .05"
}

verb_job() {
	some_session
	new_tag r
	local_line "invoke-command -AsJob -Session $SESSION '$WORLD/n $TAG 20 .05' >/dev/null"
}

verb_receive() {
	some_session
	new_tag o
	local_line "receive-pssession -Name $SESSION >\$O/$TAG.out 2>\$O/$TAG.err"
}

verb_receive_wait() {
	some_session
	new_tag o
	local_line "receive-pssession -Wait -Name $SESSION >\$O/$TAG.out 2>\$O/$TAG.err"
}

verb_disconnect() {
	some_session
	local_line "disconnect-pssession -Name $SESSION >/dev/null"
}

verb_connect() {
	some_session
	local_line "connect-pssession -Name $SESSION >/dev/null"
}

# ---- at a remote prompt

verb_line() {
	new_tag r
	type_line "$WORLD/n $TAG 40"
}

verb_line_slow() {
	new_tag r
	type_line "$WORLD/n $TAG 20 .05"
}

# The second and third are typed while the first runs.
verb_line_ahead() {
	verb_line_slow
	verb_line
	verb_line
}

verb_forever() {
	new_tag r
	type_line "$WORLD/n $TAG 3; $FOREVER"
}

# No Enter: it must never run, but for the Enter in front of an escape (enter_for_escape).
verb_half_line() {
	new_tag h
	HALF[$TERM_NAME]=$TAG
	trace "$TERM_NAME: (half a line)"
	term_send "$WORLD/n $TAG 3"
}

verb_stop_job() {
	verb_forever
	wait_looks 1 busy
	trace "$TERM_NAME: Ctrl-Z"
	term_keys C-z
}

# In bash the local prompt is back until `fg`; in zsh a line says that it cannot be.
verb_suspend() {
	trace "$TERM_NAME: Ctrl-Z at the prompt"
	term_keys C-z
	[ "$TERM_NAME" = b ] || ! wait_looks 2 local || SUSPENDED[$TERM_NAME]=1
}

verb_resume() {
	unset "SUSPENDED[$TERM_NAME]"
	type_line fg
	wait_looks 5 'remote|closed'
}

verb_leave() {
	type_line exit-pssession
}

# ---- while something runs

verb_interrupt() {
	trace "$TERM_NAME: Ctrl-C"
	term_keys C-c
}

# The escape character is one after Enter alone, and that Enter ends what has been typed, as it does with ssh.
enter_for_escape() {
	[ -z "${HALF[$TERM_NAME]-}" ] || ENDED[${HALF[$TERM_NAME]}]=1
	term_keys Enter
}

verb_leave_by_escape() {
	trace "$TERM_NAME: ~."
	enter_for_escape
	term_send '~.'
}

verb_detach_by_escape() {
	trace "$TERM_NAME: ~d"
	enter_for_escape
	term_send '~d'
}

verb_keys() {
	trace "$TERM_NAME: (some keys)"
	term_send 'abc'
	term_keys BSpace BSpace BSpace
}

verb_nothing() {
	trace "$TERM_NAME: (waits)"
}

verb_close() {
	trace "$TERM_NAME: the terminal is closed"
	SCREENS[$TERM_NAME]=$(scrollback 2>/dev/null)
	term_close
}
