#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Beside what people have in their shells already: prompts that are made anew for each line, hooks before and after each
# command, suggestions and colours while typing, vi's keys. Each keeps working, at both prompts, and none sees the other's
# lines. Where no package has the thing itself, a hook of the form that it documents stands for it.

load ../harness/harness
load ../harness/dotfiles

setup_file() { world_start bash; }
teardown_file() { world_end; }
setup() { place_start; }
teardown() { place_end; }

# -- bash

# A prompt in the way of starship: PROMPT_COMMAND makes PS1 of the last status, and other hooks may be before and after.
starship_like() {
	cat <<-'END'
		prompt_of_mine() { local status=$?; PS1="<$status>local\$ "; return $status; }
		PROMPT_COMMAND=(':' prompt_of_mine)
	END
}

# In the way of bash-preexec: a DEBUG trap that is armed by PROMPT_COMMAND calls preexec before the first command of a
# line, and precmd comes before the prompt.
preexec_like() {
	cat <<-'END'
		LOG=$HERE/hooks
		armed=
		preexec() { echo "preexec $1" >>$LOG; }
		precmd() { echo "precmd $?" >>$LOG; }
		on_debug() {
			[[ -n $armed && -z ${COMP_LINE-} && $BASH_COMMAND != on_prompt* ]] || return 0
			armed=
			preexec "$(HISTTIMEFORMAT= builtin history 1 | sed 's/^ *[0-9]*[* ] //')"
		}
		on_prompt() { precmd; armed=1; }
		PROMPT_COMMAND=on_prompt
		trap on_debug DEBUG
	END
}

@test "beside: bash: a prompt that PROMPT_COMMAND makes anew, with the status of the session" {
	start_bash ". $PLUGIN" "$(starship_like)" 'PROMPT_COMMAND+=("PS1=\${PS1#<0>}")'
	enter
	run_line 'false; echo $?'
	output_is 1
	term_type 'exit 3'
	term_keys Enter
	wait_line '^<3>local\$ $'
	term_type 'true'
	term_keys Enter
	wait_local
}

@test "beside: bash: a hook before each command sees the local lines, each once, and no remote one" {
	start_bash ". $PLUGIN" "$(preexec_like)"
	run_line 'echo one | cat'
	enter
	run_line 'echo remote-secret'
	output_is remote-secret
	leave_by 'exit 4'
	run_line 'false'
	run_line 'trap -p DEBUG'
	output_is "trap -- 'on_debug' DEBUG"
	[ "$(cat "$HERE/hooks")" = "$(printf '%s\n' 'precmd 0' 'preexec echo one | cat' 'precmd 0' \
		'preexec enter-pssession -ConfigFile $C box' 'precmd 4' 'preexec false' 'precmd 1' 'preexec trap -p DEBUG' 'precmd 0')" ]
}

@test "beside: bash: hooks of both kinds and bash-completion, and all of the shell is the same after it" {
	[ -f /usr/share/bash-completion/bash_completion ] || skip "bash-completion is missing"
	start_bash '. /usr/share/bash-completion/bash_completion' ". $PLUGIN" "$(preexec_like)" ". $HARNESS/fingerprint.bash"
	run_line 'get-pssession; fingerprint $HERE/before'
	run_line 'fingerprint $HERE/before'
	enter
	run_line 'echo x'
	leave_by exit
	run_line 'fingerprint $HERE/after'
	local difference
	difference=$(diff "$HERE/before" "$HERE/after" | grep '^[<>]' |
		grep -vE "^> +[0-9]+ +(enter-pssession|fingerprint)|$HERE/(before|after)|^. declare -i BASHPID|^. +[0-9]+ +[0-9]+ +[0-9]+\$") || :
	[ -z "$difference" ] || { echo "$difference"; return 1; }
	tab_gives 'chown --fr' 'chown --from'
}

@test "beside: bash: vi's keys, in the user's own mode, at both prompts" {
	start_bash 'set -o vi' ". $PLUGIN" 'bind -m vi-insert "\"jj\": vi-movement-mode"'
	enter
	term_send 'echo wrong words'
	term_send 'jj'
	term_send '0wcwright'
	term_keys Enter
	wait_screen $'\nright words\n'
	wait_remote
	leave_by exit
	term_send 'echo wrong words'
	term_keys Escape
	term_send '0wcwlocal'
	term_keys Enter
	wait_screen $'\nlocal words\n'
	wait_local
}

# ble.sh reads lines itself and runs them from within a key's command: the builtin finds readline at work.
@test "beside: bash: a line editor that runs lines from bind -x" {
	start_bash ". $PLUGIN" 'run_it() { local line=$READLINE_LINE; READLINE_LINE= READLINE_POINT=0; eval "$line"; }' \
		"bind -x '\"\\C-xr\": run_it'"
	term_type 'enter-pssession -ConfigFile $C box'
	term_keys C-x r
	wait_remote
	run_line 'echo remote; (exit 6)'
	output_is remote
	leave_by exit
	term_type 'echo "again $0"'
	term_keys C-x r
	wait_screen 'again bash'
	wait_local
	run_line 'echo plain'
	output_is plain
}

# -- zsh

enter_in_zsh() {
	term_type 'enter-pssession -ConfigFile $C box'
	term_keys Enter
	wait_remote
}

# What stands behind the cursor on its line, with the colours.
coloured_line() {
	local y
	y=$(tm display-message -p '#{cursor_y}')
	tm capture-pane -e -p | sed -n "$((y + 1))p"
}

line_has() {
	[[ $(coloured_line) == *"$1"* ]]
}

@test "beside: zsh: suggestions from the remote's history at its prompt, and from the local one at ours" {
	requires_zsh_module
	needs_file /usr/share/zsh-autosuggestions/zsh-autosuggestions.zsh
	start_zsh '. /usr/share/zsh-autosuggestions/zsh-autosuggestions.zsh' ". $ZSH_PLUGIN"
	run_line 'echo local-suggestion'
	enter_in_zsh
	run_line 'echo remote-suggestion'
	term_type 'echo lo'
	pause 0.3
	[[ $(coloured_line) != *local-suggestion* ]]
	term_keys C-u
	term_type 'echo re'
	wait_until 5 line_has 'mote-suggestion'
	term_keys Right Enter
	wait_screen $'\nremote-suggestion\n.*\nremote-suggestion\n'
	wait_remote
	leave_by exit
	term_type 'echo lo'
	wait_until 5 line_has 'cal-suggestion'
	term_keys C-u
	term_type 'echo re'
	pause 0.3
	[[ $(coloured_line) != *remote-suggestion* ]]
}

@test "beside: zsh: colours while typing, and none that call a remote's command unknown" {
	requires_zsh_module
	needs_file /usr/share/zsh-syntax-highlighting/zsh-syntax-highlighting.zsh
	# 0.8.0 of Debian's testing colours nothing in its zsh 5.9.2, without us either.
	start_zsh '. /usr/share/zsh-syntax-highlighting/zsh-syntax-highlighting.zsh'
	term_type 'nosuchcommand'
	wait_until 5 line_has '31m' || skip "zsh-syntax-highlighting does not work in this zsh"
	term_kill
	start_zsh ". $ZSH_PLUGIN" '. /usr/share/zsh-syntax-highlighting/zsh-syntax-highlighting.zsh'
	term_type 'nosuchcommand'
	wait_until 5 line_has '31m'
	term_keys C-u
	enter_in_zsh
	term_type 'greet'
	pause 0.3
	[[ $(coloured_line) != *$'\e[31m'*greet* && $(coloured_line) != *'31m'*greet* ]]
	term_send ' you'
	term_keys Enter
	wait_screen $'\ngreetings, you\n'
	wait_remote
	leave_by exit
	term_type 'nosuchcommand'
	wait_until 5 line_has '31m'
}

@test "beside: zsh: both of them, a prompt that precmd makes, hooks and vi's keys" {
	requires_zsh_module
	needs_file /usr/share/zsh-autosuggestions/zsh-autosuggestions.zsh
	needs_file /usr/share/zsh-syntax-highlighting/zsh-syntax-highlighting.zsh
	start_zsh 'bindkey -v; bindkey -M viins jj vi-cmd-mode; setopt prompt_subst; autoload -Uz compinit add-zsh-hook; compinit -u -D' \
		". $ZSH_PLUGIN" '. /usr/share/zsh-autosuggestions/zsh-autosuggestions.zsh' \
		'. /usr/share/zsh-syntax-highlighting/zsh-syntax-highlighting.zsh' \
		'my_precmd() { PS1="local\$ "; (( $1$? )) || :; }; add-zsh-hook precmd my_precmd' \
		'my_preexec() { print -r -- "preexec $1" >>$HERE/hooks }; add-zsh-hook preexec my_preexec' \
		'zle-keymap-select() { print -r -- "keymap $KEYMAP" >>$HERE/keymaps }; zle -N zle-keymap-select'
	run_line 'echo one'
	enter_in_zsh
	term_send 'echo wrong words'
	term_send 'jj'
	term_send '0wcwright'
	term_keys Enter
	wait_screen $'\nright words\n'
	wait_remote
	leave_by 'exit 3'
	status_is 3
	grep -q 'keymap vicmd' "$HERE/keymaps"
	[ "$(head -n 3 "$HERE/hooks")" = $'preexec echo one\npreexec enter-pssession -ConfigFile $C box\npreexec echo "status=$?"' ]
}

@test "beside: zsh: a prompt theme of Debian's in the way of powerlevel10k" {
	requires_zsh_module
	needs_file /usr/share/powerlevel9k/powerlevel9k.zsh-theme
	start_zsh 'POWERLEVEL9K_LEFT_PROMPT_ELEMENTS=(status dir); POWERLEVEL9K_DISABLE_RPROMPT=true' \
		'POWERLEVEL9K_PROMPT_ON_NEWLINE=true POWERLEVEL9K_MULTILINE_LAST_PROMPT_PREFIX="local\$ "' \
		'POWERLEVEL9K_MULTILINE_FIRST_PROMPT_PREFIX="" POWERLEVEL9K_IGNORE_TERM_COLORS=true' \
		'. /usr/share/powerlevel9k/powerlevel9k.zsh-theme' ". $ZSH_PLUGIN"
	run_line 'echo one'
	enter_in_zsh
	run_line 'echo two'
	output_is two
	[[ $(screen_line) =~ $REMOTE_PROMPT ]]
	leave_by 'exit 3'
	run_line 'print $+functions[prompt_powerlevel9k_setup]'
	output_like 1
}
