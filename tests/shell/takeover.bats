#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Line editors and tools that take the keys, or the end of a line, of the shell they live in: bind -x on Enter or on all
# keys, macros that end lines, widgets in the place of accept-line. While entered, the line that is finished goes to the
# remote, once, and the local shell runs none of it; afterwards they work as before.

load ../harness/harness
load ../harness/dotfiles

setup_file() { world_start bash; }
teardown_file() { world_end; }

setup() {
	requires_own_account
	place_start
	mkdir -m 1777 "$HERE/ran"
	# What tools bind to a key: it runs the line itself.
	by_shell "
		. $HARNESS/line-editor.bash
		run_it() { local line=\$READLINE_LINE; READLINE_LINE= READLINE_POINT=0; eval \"\$line\"; }" "
		run_it() { local line=\$BUFFER; BUFFER=; zle -I; eval \"\$line\"; }
		zle -N run_it" >"$HERE/tools"
}

teardown() { place_end; }

# ran_once NAME: the line that wrote NAME ran in the remote account, and nowhere else.
ran_once() {
	wait_until 5 test -s "$HERE/ran/$1" && [ "$(cat "$HERE/ran/$1")" = "$REMOTE_HOME" ] && return 0
	echo "$1 did not run once and remotely: $(cat "$HERE/ran/$1" 2>&1)" >&2
	explain_screen
	return 1
}

# type_and_end LINE KEY…
type_and_end() {
	term_type "$1" && term_keys "${@:2}"
}

# A shell below the one in the terminal that enters with what a row of a table has bound, and ends when the session is
# left.
try_row() {
	local name=$1 keys
	read -ra keys <<<"$2"
	echo "row $name" >&2
	{
		by_shell "set -o $MODE" "bindkey -${MODE:0:1}; bindkey '^U' kill-whole-line"
		echo "$3"
		echo 'enter-pssession -Session "$s"; exit'
	} >"$HERE/row"
	run_row || return
	wait_remote || return
	type_and_end "echo \$HOME >>$HERE/ran/$name" "${keys[@]}" || return
	ran_once "$name" || return
	term_keys C-u # accept-and-hold has it there again
	wait_remote && type_and_end exit "${keys[@]}" && wait_local
}

run_row() {
	tm clear-history
	type_and_end "$(by_shell "bash --noprofile --rcfile \$HERE/shell -i" "ZDOTDIR=\$HERE/row.d zsh -d -i")" Enter
}

# try_table: rows on standard input, NAME|KEYS|TEXT.
try_table() {
	local name keys text
	local_shell_start
	keep_session
	run_line 'export s'
	mkdir -p "$HERE/row.d"
	printf '. %s\n' "$HERE/rc" "$HERE/tools" "$HERE/row" >"$HERE/shell"
	cp "$HERE/shell" "$HERE/row.d/.zshrc"
	while IFS='|' read -ru 4 name keys text; do
		try_row "$name" "$keys" "${text//MAP/$MAP}" || return
	done 4< <(cat)
	[ "$(ls "$HERE/ran" | wc -l)" -ge 5 ]
}

# -- bash

bash_key_rows() {
	cat <<-'END'
		all|Enter|editor_attach
		all-j|C-j|editor_attach
		all-timeout|Enter|bind 'set keyseq-timeout 0'; editor_attach
		enter|Enter|bind -m MAP -x '"\C-m": run_it'
		enter-j|C-j|bind -m MAP -x '"\C-j": run_it'
		both|Enter|bind -m MAP -x '"\C-m": run_it'; bind -m MAP -x '"\C-j": run_it'
		pipe|Enter|bind -m MAP '"\C-m": "\C-e | cat >>$HERE/ran/pipe-local\C-j"'
		chain|Enter|bind -m MAP -x '"\C-x1": run_it'; bind -m MAP '"\C-m": "\C-x1\C-j"'
		unbound|Enter|bind -m MAP -r '\C-m'; bind -m MAP -r '\C-j'
		prefix|Enter|bind -m MAP -x '"\C-m\C-m": run_it'; bind -m MAP -x '"\C-mx": run_it'
	END
}

bash_rows() {
	bash_key_rows
	cat <<-'END'
		letters|Enter|for k in {a..z}; do bind -m MAP -x "\"$k\": run_it"; done
		blank|Enter|bind -m MAP -x '" ": run_it'
		prompts|Enter|PS0='${x[x=0,run_it,1]}' PROMPT_COMMAND='bind -x "\"\\C-m\": run_it"'; eval "$PROMPT_COMMAND"
		late|C-g Enter|late() { bind -m MAP -x '"\C-m": run_it'; bind -m MAP -x '"\C-j": run_it'; }; bind -m MAP -x '"\C-g": late'
		next|C-o|bind -m MAP '"\C-o": operate-and-get-next'
		hooks|Enter|trap 'eval "${READLINE_LINE-}"' DEBUG; PROMPT_COMMAND=('eval "${READLINE_LINE-}"' :); PS0='${y[y=0,run_it,1]}'
		kill|Enter|bind -m MAP '"\C-m": "\C-a\C-k touch $HERE/ran/kill-local\C-j"'
		twice|Enter|bind -m MAP -x '"\C-x\C-m": run_it'; bind -m MAP '"\C-m": "\C-x\C-m"' '"\C-j": "\C-m"'
		magic|Enter|bind -m MAP '" ": magic-space'; bind -m MAP -x '"\C-m": run_it'; set -H
		eval|Enter|eval() { builtin eval "$@"; }; bind -m MAP -x '"\C-m": run_it'
		editor|Enter|EDITOR="sh -c 'cat \$1 >>$HERE/ran/editor-local' -"; bind -m MAP '"\C-m": edit-and-execute-command'
		function|Enter|enter_is_mine() { bind -m MAP -x '"\C-m": run_it'; }; trap enter_is_mine DEBUG
	END
}

@test "takeover: bash: every style in emacs mode" {
	only bash 'the rows are readline bindings'
	MODE=emacs MAP=emacs-standard try_table < <(bash_rows)
}

@test "takeover: bash: keys in vi mode" {
	only bash 'the rows are readline bindings'
	MODE=vi MAP=vi-insert try_table < <(bash_key_rows | grep -E '^(all|enter|both|chain|prefix)\|'; cat <<-'END'
		command|Escape Enter|bind -m vi-command -x '"\C-m": run_it'
	END
	)
}

start_with() {
	start_bash ". $PLUGIN" ". $HERE/tools" "$@"
}

@test "takeover: bash: an editor that has all keys, entered from within it, and as before afterwards" {
	only bash 'the editor is written in bash'
	start_with ". $HARNESS/fingerprint.bash" editor_attach
	run_line 'fingerprint $HERE/before'
	enter
	type_and_end "echo \$HOME >>$HERE/ran/one" Enter
	ran_once one
	wait_remote
	type_and_end 'echo three words here' Enter
	wait_screen $'\nthree words here\n'
	term_keys Up C-a M-f C-k Enter
	wait_screen $'remote\\$ echo\n\n\\['
	leave_by exit
	run_line 'fingerprint $HERE/after'
	run diff <(grep -v '^ *[0-9]\+ ' "$HERE/before") <(grep -v '^ *[0-9]\+ ' "$HERE/after")
	[ "$(grep -c 'run_it\|editor_key' <<<"$output")" = 0 ]
	run_line 'echo "${HOME##*/} again"'
	output_is 'home again'
	[ "$(cat "$HERE/ran/one")" = "$REMOTE_HOME" ]
}

@test "takeover: bash: macros that end a line send nothing that was not typed" {
	only bash 'the macros are readline'\''s'
	start_with "bind '\"\\C-xh\": \"\\C-a hstr -- \\C-j\"'" \
		"pick() { READLINE_LINE='touch $HERE/ran/picked' READLINE_POINT=0; bind '\"\\C-x2\": accept-line'; }" \
		"bind -x '\"\\C-x1\": pick'; bind '\"\\C-x2\": \"\"' '\"\\C-xm\": \"\\C-x1\\C-x2\"' '\"\\C-xn\": \"typed by a macro\"'"
	enter
	term_type 'echo kept'
	term_keys C-x h
	term_send ' whole'
	term_keys Enter
	wait_screen $'\nkept whole\n'
	wait_remote
	term_keys C-x m
	wait_screen 'remote\$ touch .*/picked$'
	term_keys C-e C-u
	wait_remote
	term_send 'echo '
	term_keys C-x n Enter
	wait_screen $'\ntyped by a macro\n'
	wait_remote
	[ ! -e "$HERE/ran/picked" ]
}

@test "takeover: bash: a key's command that would run the line here leaves it to Enter" {
	only bash 'bind -x is readline'\''s'
	start_with "bind -x '\"\\C-xr\": run_it'" \
		"recall() { local l='echo recalled; touch $HERE/ran/recalled'; history -s \"\$l\"; eval -- \"\$l\"\$'\ntrue'; READLINE_LINE=; }" \
		"bind -x '\"\\C-xa\": recall'" "bind -x '\"\\C-xb\": READLINE_LINE=\"echo be\${READLINE_LINE#echo }\"; eval \"READLINE_POINT=4\"'"
	enter
	term_type "echo \$HOME >>$HERE/ran/one"
	term_keys C-x r
	wait_screen 'eval: the line is the remote'\''s'
	wait_line 'ran/one$'
	[ ! -e "$HERE/ran/one" ]
	term_keys Enter
	ran_once one
	wait_remote
	term_type 'echo low'
	term_keys C-x b Enter
	wait_screen $'\nbelow\n'
	wait_remote
	term_keys C-x a
	wait_line 'remote\$ echo recalled; touch .*/recalled$'
	[ ! -e "$HERE/ran/recalled" ]
	term_keys C-u Up
	wait_line 'remote\$ echo low|remote\$ echo below'
}

@test "takeover: bash: an editor that cannot be set aside is named, and nothing is entered" {
	only bash 'the editor is written in bash'
	cp "$(command -v bash)" "$HERE/bash"
	start_up_file ". $PLUGIN" ". $HERE/tools" editor_attach >"$HERE/rc"
	BASH_UNDER_TEST=$HERE/bash local_shell_start
	chmod 600 "$HERE/bash"
	run_line 'enter-pssession -ConfigFile $C box; echo "status $?"' 30
	[[ ${OUT//$'\n'} == *'another line editor has the keys'*'(ble.sh: ble-detach)status 1' ]]
	local how
	for how in '' ' -EscapeChar none'; do # what is typed for it meanwhile
		tm clear-history
		term_send "enter-pssession -ConfigFile \$C box$how"$'\r'"touch $HERE/ran/wrong"$'\r'
		wait_screen $'another line editor.*\nlocal\\$$'
		run_line 'echo here; clear'
		[ ! -e "$HERE/ran/wrong" ]
	done
}

@test "takeover: bash: ble.sh itself" {
	only bash 'ble.sh is for bash'
	[ -n "${PSS_BLESH-}" ] || skip "PSS_BLESH names no ble.sh"
	start_up_file ". $PLUGIN" ". $PSS_BLESH --noattach --norc" 'ble-attach' >"$HERE/rc"
	clean_env_words
	term_start "${CLEAN_ENV[@]}" bash --noprofile --rcfile "$HERE/rc" -i
	wait_local 60
	local mode
	for mode in emacs vi; do
		type_and_end "set -o $mode" Enter
		wait_local
		type_and_end 'enter-pssession -ConfigFile $C box' Enter
		wait_remote 30
		type_and_end "echo \$HOME >>$HERE/ran/$mode" Enter
		ran_once "$mode"
		wait_remote
		type_and_end exit Enter
		wait_local
		type_and_end "echo \$HOME >>$HERE/ran/local-$mode" Enter
		wait_until 10 test -s "$HERE/ran/local-$mode"
		[ "$(cat "$HERE/ran/local-$mode")" = "$HERE/home" ]
	done
}

# -- zsh

zsh_key_rows() {
	cat <<-'END'
		enter|Enter|bindkey -M MAP '^M' run_it
		enter-j|C-j|bindkey -M MAP '^J' run_it
		string|Enter|bindkey -M MAP -s '^M' ' | cat >>$HERE/ran/string-local^J'
		chain|Enter|bindkey -M MAP '^X^R' run_it; bindkey -M MAP -s '^M' '^X^R'
		prefix|Enter|bindkey -M MAP '^M^M' run_it; bindkey -M MAP '^M' run_it; KEYTIMEOUT=1
		hold|Escape a|zle -N accept-and-hold run_it; bindkey -M MAP '^[a' accept-and-hold
		accept|Enter|zle -N accept-line run_it
	END
}

zsh_rows() {
	zsh_key_rows
	cat <<-'END'
		accept-j|C-j|zle -N accept-line run_it
		accept-call|Enter|f() { eval "$BUFFER"; BUFFER=; zle .accept-line }; zle -N accept-line f
		accept-rewrite|Enter|f() { BUFFER="echo local >>$HERE/ran/accept-rewrite"; zle .accept-line }; zle -N accept-line f
		accept-wrap|Enter|zle -A accept-line orig; f() { eval -- "time $BUFFER"; zle orig }; zle -N accept-line f
		accept-other|Enter|zle -A run_it accept-line
		down|C-o|zle -N accept-line-and-down-history run_it; bindkey '^O' accept-line-and-down-history
		finish|Enter|zle-line-finish() { local l=$BUFFER; BUFFER=; eval $l }; zle -N zle-line-finish
		init|Enter|zle-line-init() { zle -N accept-line run_it; bindkey '^M' run_it }; zle -N zle-line-init
		redraw|Enter|zle-line-pre-redraw() { bindkey -s '^M' '; true^J'; zle -N accept-line run_it }; zle -N zle-line-pre-redraw
		late|C-g Enter|late() { zle -N accept-line run_it; bindkey '^M' run_it }; zle -N late; bindkey '^G' late
		layers|Enter|a() { eval "$BUFFER"; zle x1 }; zle -A accept-line x1; zle -N accept-line a; b() { zle x2; eval "$BUFFER" }; zle -A accept-line x2; zle -N accept-line b
		hooks|Enter|preexec() { eval "$1" }; zshaddhistory() { eval "$1" }; precmd() { [ -z $BUFFER ] || eval "$BUFFER" }
		keymap|Enter|bindkey -N mine MAP; bindkey -M mine '^M' run_it; zle-line-init() { zle -K mine }; zle -N zle-line-init
		hold-too|Escape a|zle -N accept-line run_it; zle -A accept-line accept-and-hold
		down-too|Enter|zle -N accept-line-and-down-history run_it; bindkey '^M' accept-line-and-down-history
		self|Enter|f() { eval "$BUFFER" 2>/dev/null; zle .self-insert }; zle -N self-insert f
		transient|Enter|zle-line-init() { [[ $CONTEXT == start ]] && zle .recursive-edit && zle .accept-line; }; zle -N zle-line-init
	END
}

@test "takeover: zsh: every style in emacs mode" {
	only zsh 'the rows are widgets'
	MODE=emacs MAP=emacs try_table < <(zsh_rows)
}

@test "takeover: zsh: keys in vi mode" {
	only zsh 'the rows are widgets'
	MODE=vi MAP=viins try_table < <(zsh_key_rows | grep -E '^(enter|string|chain|accept)\|'; cat <<-'END'
		command|Escape Enter|bindkey -M vicmd '^M' run_it
	END
	)
}

@test "takeover: zsh: widgets and keys of all kinds are as before afterwards" {
	only zsh 'the fingerprint is of widgets and keymaps'
	start_zsh ". $ZSH_PLUGIN" ". $HERE/tools" ". $HARNESS/fingerprint.zsh" \
		"bindkey '^M' run_it; bindkey -s '^J' 'x^M'; bindkey -s '^Xg' 'git status^J'; bindkey '^M^X' run_it" \
		'f() { zle .accept-line }; zle -N accept-line f; zle -A accept-line mine; zle -N accept-and-hold f' \
		'zle-line-init() { : }; zle -N zle-line-init; zle-line-pre-redraw() { : }; zle -N zle-line-pre-redraw' \
		'bindkey "^Xx" accept-line'
	term_type 'get-pssession; fingerprint $HERE/before; enter-pssession -ConfigFile $C box; fingerprint $HERE/after'
	term_keys C-x x
	wait_remote
	type_and_end "echo \$HOME >>$HERE/ran/one" Enter
	ran_once one
	wait_remote
	type_and_end exit Enter
	wait_local
	diff <(grep -v "$HERE/before\$" "$HERE/before") <(grep -v "$HERE/after\$" "$HERE/after")
	type_and_end "echo \$HOME >>$HERE/ran/two" Enter
	wait_until 5 test -s "$HERE/ran/two"
	[ "$(cat "$HERE/ran/two")" = "$HERE/home" ]
}

@test "takeover: zsh: what a key types ends no line, and a widget does not run it here" {
	only zsh 'keys that type strings are zsh'\''s'
	start_zsh ". $ZSH_PLUGIN" ". $HERE/tools" "bindkey '^Xr' run_it; bindkey -s '^Xg' 'touch $HERE/ran/git^J'" \
		"bindkey -s '^Xt' 'typed by a key'; low() { eval 'BUFFER=\"echo be\${BUFFER#echo }\"' }; zle -N low; bindkey '^Xb' low"
	term_type 'enter-pssession -ConfigFile $C box'
	term_keys Enter
	wait_remote
	term_keys C-x g C-x t
	wait_line 'remote\$ typed by a key$'
	term_keys C-u
	term_type "echo \$HOME >>$HERE/ran/one"
	term_keys C-x r
	wait_screen 'the line is the remote'\''s'
	[ ! -e "$HERE/ran/one" ]
	term_keys C-_
	wait_line 'ran/one$'
	term_keys Enter
	ran_once one
	wait_remote
	term_type 'echo low'
	term_keys C-x b Enter
	wait_screen $'\nbelow\n'
	[ ! -e "$HERE/ran/git" ]
}

# Plugins that are loaded late, workers of prompts: their code runs between two keys.
@test "takeover: zsh: code that runs while a key is waited for does not get the next Enter" {
	only zsh 'zle -F is zsh'\''s'
	mkfifo "$HERE/news"
	start_zsh ". $ZSH_PLUGIN" 'run_all() { local l=$BUFFER; BUFFER=; zsh -c $l; zle .accept-line }; zle -N run_all' \
		'f() { zle .accept-line }; zle -N accept-line f' "exec {news}<>$HERE/news" \
		"on_news() { local how; read -u \$1 how; eval \$how; touch $HERE/listed }; zle -F \$news on_news"
	enter
	local how n=0
	for how in 'bindkey "^M" run_all' 'zle -A accept-line old; zle -N accept-line run_all' 'zle -A run_all accept-line' \
		'bindkey -N mine emacs; bindkey -M mine "^M" run_all; bindkey -A mine main'; do
		term_type "echo \$HOME >>$HERE/ran/$((++n))"
		echo "$how" >"$HERE/news"
		wait_until 5 test -e "$HERE/listed"
		rm "$HERE/listed"
		term_keys Enter
		ran_once "$n"
		wait_remote
	done
	leave_by exit
	rm "$HERE/news"
}

# In the way of zsh-autocomplete: history by completion widgets, lists made in the background while nobody presses a key.
@test "takeover: zsh: completion of history lines is of the host's, and nothing is listed that no key has asked for" {
	only zsh 'the widgets are zsh'\''s'
	start_zsh ". $ZSH_PLUGIN" 'zmodload zsh/parameter; autoload -Uz compinit; compinit -u -D' \
		'lines_of() { compadd -U -Q -V lines -- $history; compstate[insert]=menu }' \
		'zle -C history-search-backward menu-complete lines_of; bindkey "^P" history-search-backward' \
		"mkfifo $HERE/news; exec {news}<>$HERE/news; zle -C listing list-choices _main_complete" \
		"on_news() { read -u \$1; zle listing; touch $HERE/listed }; zle -F \$news on_news"
	run_line 'echo a local line'
	term_type 'enter-pssession -ConfigFile $C box'
	term_keys Enter
	wait_remote
	type_and_end 'echo a remote line' Enter
	wait_remote
	term_keys C-p
	wait_line 'remote\$ echo a remote line ?$'
	term_keys C-u
	wait_remote
	term_type 'gre'
	echo >"$HERE/news"
	wait_until 5 test -e "$HERE/listed"
	term_send 'et you'
	wait_line 'remote\$ greet you$'
	[[ $(screen) != *grep* ]]
	term_keys Enter
	wait_screen $'\ngreetings, you\n'
	rm "$HERE/news"
}

# zsh-autocomplete lists again behind each key, and clears the list where that gives none: then Tab's would be gone at once.
@test "takeover: zsh: what a key has listed may be listed again in the background, and stays" {
	only zsh 'the widgets are zsh'\''s'
	start_zsh ". $ZSH_PLUGIN" 'autoload -Uz compinit; compinit -u -D' \
		"mkfifo $HERE/news; exec {news}<>$HERE/news; zle -C listing list-choices _main_complete" \
		"on_news() { read -u \$1; zle listing || zle -Rc; zle -R; touch $HERE/listed }; zle -F \$news on_news"
	term_type 'enter-pssession -ConfigFile $C box'
	term_keys Enter
	wait_remote
	term_type 'gre'
	term_keys Tab
	wait_screen 'greet +grep'
	echo >"$HERE/news"
	wait_until 5 test -e "$HERE/listed"
	wait_screen 'greet +grep'
	term_keys Tab
	wait_screen 'remote\$ greet ?'$'\n''greet +grep'
	term_send ' you'
	term_keys Enter
	wait_screen $'\ngreetings, you\n'
	rm "$HERE/news"
}

@test "takeover: zsh: a suggestion that was not taken is gone from the finished line" {
	only zsh 'zsh-autosuggestions is for zsh'
	needs_file /usr/share/zsh-autosuggestions/zsh-autosuggestions.zsh
	start_zsh '. /usr/share/zsh-autosuggestions/zsh-autosuggestions.zsh' ". $ZSH_PLUGIN"
	term_type 'enter-pssession -ConfigFile $C box'
	term_keys Enter
	wait_remote
	type_and_end 'echo suggested' Enter
	wait_remote
	term_send 'echo'
	wait_screen 'remote\$ echo suggested$'
	term_keys Enter
	wait_screen $'remote\\$ echo\n\n\\['
}
