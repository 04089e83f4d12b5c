#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The files of examples/ do what they say. Where a program is not in Debian 12 (starship, the plugin managers) a stand-in
# does what its manual says it does with such a file; examples/README.md says how far the programs themselves were tried.

load ../harness/harness
load ../harness/dotfiles

setup_file() { world_start bash; }
teardown_file() { world_end; }
setup() {
	place_start
	EXAMPLES=$PSS_SOURCE/examples
	# Where the examples look for it when it is installed.
	mkdir -p "$HERE/share" "$HERE/bin"
	ln -s "$PSS_SOURCE/plugin" "$HERE/share/pssession"
	write_plugin
}
teardown() { place_end; }

# What BASH_ENV names: the plugin, with names that this test's server has.
write_plugin() {
	sed "s/^Host box.*/Host box box2 web1 web2 db1/" "$WORLD/ssh/ssh_config" >"$HERE/config"
	cat >"$HERE/plugin.bash" <<-END
		enable -f '$PSS_LOADABLE' enter-pssession
		for verb in new-pssession invoke-command copy-item; do
			eval "\$verb() { builtin \$verb -ConfigFile $HERE/config \"\\\$@\"; }"
		done
	END
}

# example FILE: with the installed plugin's directory where it is in this test.
example() {
	sed "s|/usr/share/pssession|$HERE/share/pssession|g" "$EXAMPLES/$1"
}

keep() {
	run local_bash 'for name; do new-pssession -ConfigFile $C -Name "$name" box >/dev/null || exit; done' "$@"
	[ "$status" -eq 0 ]
}

@test "examples: each is named in README.md, and each of its rows is there" {
	(cd "$EXAMPLES" && find . -type f ! -name README.md | sed 's|^\./||' | sort) >"$HERE/files"
	grep -oE '^\| `[^`]+`' "$EXAMPLES/README.md" | tr -d '|` ' | sort >"$HERE/rows"
	diff "$HERE/files" "$HERE/rows"
}

# -- prompts

@test "examples: plain.bash and plain.zsh: the number of kept sessions, and none where there are none" {
	start_bash "$(example prompt/plain.bash)" 'PS1+=$"\nlocal\$ "'
	screen | not grep -q '^\['
	keep one two
	term_keys C-l Enter
	wait_screen '\[2\] /[^ ]*\$'
	term_close
	requires_zsh_module
	start_zsh "$(example prompt/plain.zsh)" "PS1+=$'\nlocal\$ '"
	wait_screen '\[2\] /[^ ]*[%#]'
}

# What starship's manual says of env_var: `format` with `$symbol` and `$env_value`, in `[…](style)`, and nothing where the
# variable is not set. Where there is a starship it runs itself.
starship_prompt() {
	if command -v starship >/dev/null; then
		STARSHIP_CONFIG=$HERE/starship.toml STARSHIP_SHELL=sh TERM=xterm starship module env_var.PSSESSION_COUNT
	else
		python3 - "$HERE/starship.toml" <<-'END'
			import os, re, sys, tomllib
			[(name, module)] = tomllib.load(open(sys.argv[1], "rb"))["env_var"].items()
			value = os.environ.get(name)
			text = module["format"].replace("$symbol", module["symbol"]).replace("$env_value", value or "")
			print(re.sub(r"\[(.*?)\]\([^)]*\)", r"\1", text) if value else "", end="")
		END
	fi
}

@test "examples: starship.toml shows the number, in bash and in zsh as its comments say" {
	requires python3
	python3 -c 'import tomllib' 2>/dev/null || command -v starship >/dev/null || skip "python3 is older than 3.11"
	cp "$EXAMPLES/prompt/starship.toml" "$HERE/starship.toml"
	run starship_prompt
	[ -z "$output" ]
	PSSESSION_COUNT=3 run starship_prompt
	[[ $output == *'⇄ 3 '* ]] || [[ $output == *'⇄ '*3* ]]
	keep one
	# starship calls starship_precmd_user_func before it runs `starship prompt`, which sees the environment.
	run bash_script "$(sed -n '/^#     \(\. \|starship_\)/s/^# *//p' "$EXAMPLES/prompt/starship.toml" |
		sed "s|/usr/share|$HERE/share|" | head -n 2)"'
		"$starship_precmd_user_func"; sh -c "echo count: \$PSSESSION_COUNT"'
	[ "$output" = 'count: 1' ]
}

@test "examples: powerlevel10k.zsh calls its segment with the number, and not where there is none" {
	requires_zsh_module
	local script='p10k() { print -r -- "p10k ${(j:|:)@}" }
		source $HERE/share/pssession/pssession.plugin.zsh; source $EXAMPLES/prompt/powerlevel10k.zsh; prompt_my_pssession'
	run clean_env env HERE="$HERE" EXAMPLES="$EXAMPLES" zsh -f -c "$script"
	[ -z "$output" ]
	keep one two
	run clean_env env HERE="$HERE" EXAMPLES="$EXAMPLES" zsh -f -c "$script"
	[ "$output" = 'p10k segment|-f|6|-i|⇄|-t|2' ]
}

@test "examples: powerlevel9k.zsh: the theme itself shows the number" {
	requires_zsh_module
	[ -r /usr/share/powerlevel9k/powerlevel9k.zsh-theme ] || skip "zsh-theme-powerlevel9k is not installed"
	keep one two
	mkdir -p "$HERE/zdot"
	start_up_file "$(example prompt/powerlevel9k.zsh)" 'POWERLEVEL9K_LEFT_PROMPT_ELEMENTS=(dir)' \
		'source /usr/share/powerlevel9k/powerlevel9k.zsh-theme' >"$HERE/zdot/.zshrc"
	clean_env_words
	COLUMNS_WANTED=100 term_start "${CLEAN_ENV[@]}" "ZDOTDIR=$HERE/zdot" zsh -d -i
	wait_screen '⇄ 2'
}

# -- plugin managers

# in_zsh LINES…: a fresh interactive zsh -f runs them, and then one of our commands.
in_zsh() {
	printf '%s\n' "$@" 'get-pssession --version; whence -w etsn copy-item' >"$HERE/lines.zsh"
	run clean_env env ZSH="$HERE/manager" zsh -f -i "$HERE/lines.zsh" </dev/null
	echo "$output"
	[[ $output == *'pssession '[0-9]* && $output == *'etsn: '[af]* && $output == *'copy-item: '* ]]
}

@test "examples: oh-my-zsh loads the plugin from its custom directory" {
	requires_zsh_module
	mkdir -p "$HERE/manager/custom/plugins"
	# oh-my-zsh.sh: for each of $plugins, the directory joins fpath, and NAME.plugin.zsh is read.
	cat >"$HERE/manager/oh-my-zsh.sh" <<-'END'
		: ${ZSH_CUSTOM:=$ZSH/custom}
		for plugin in $plugins; do
			[[ -f $ZSH_CUSTOM/plugins/$plugin/$plugin.plugin.zsh ]] || continue
			fpath=($ZSH_CUSTOM/plugins/$plugin $fpath)
			source $ZSH_CUSTOM/plugins/$plugin/$plugin.plugin.zsh
		done
	END
	ZSH_CUSTOM=$HERE/manager/custom eval "$(example plugin-managers/oh-my-zsh.zsh | sed -n 's/^# *\(ln -s .*\)/\1/p')"
	in_zsh "$(example plugin-managers/oh-my-zsh.zsh)"
}

@test "examples: zinit loads the plugin from a directory, though its autoload takes one path alone" {
	requires_zsh_module
	# zinit: while it reads a plugin, `autoload` is a function that goes back after the first absolute path.
	in_zsh 'zinit() {
			autoload() { local word; for word; do [[ $word != /* ]] || { builtin autoload -Uz $word; return; }; done; }
			[[ $1 == load ]] && source $2/*.plugin.zsh
			unfunction autoload
		}' "$(example plugin-managers/zinit.zsh)"
}

@test "examples: antidote and antigen load the plugin from a directory" {
	requires_zsh_module
	local directory
	# antidote: a line that begins with / is a directory; its *.plugin.zsh is read.
	directory=$(example plugin-managers/antidote.txt | grep '^/')
	in_zsh "fpath+=($directory)" "source $directory/*.plugin.zsh"
	in_zsh 'antigen() { [[ $1 != bundle || $3 != --no-local-clone ]] || source $2/*.plugin.zsh; }' \
		"$(example plugin-managers/antigen.zsh)"
}

@test "examples: bash-it reads the file of its custom directory" {
	mkdir -p "$HERE/custom"
	example plugin-managers/bash-it.bash >"$HERE/custom/pssession.bash"
	run bash_script "for file in $HERE/custom/*.bash; do . \"\$file\"; done; get-pssession --version"
	[[ $status = 0 && $output == 'pssession '* ]]
}

@test "examples: what home-manager.nix writes into the start-up files brings the commands" {
	local text
	# Nix: between two quotes stands text, and ${pssession} is the package's directory.
	text=$(sed "s|\${pssession}/share|$HERE/share|" "$EXAMPLES/plugin-managers/home-manager.nix")
	run bash_script "$(sed -n '/programs.bash/,/'"''"';/{//!p}' <<<"$text"); get-pssession --version"
	[[ $status = 0 && $output == 'pssession '* ]]
	requires_zsh_module
	in_zsh "$(sed -n '/programs.zsh/,/'"''"';/{//!p}' <<<"$text")"
}

# -- tools

# A shell that knows that it is in tmux, whose other panes get the same one.
start_in_tmux() {
	local word
	start_bash "enable -f '$PSS_LOADABLE' enter-pssession"
	for word in "${CLEAN_ENV[@]}"; do
		[[ $word != *=* ]] || tm set-environment -g "${word%%=*}" "${word#*=}"
	done
	tm set-option -g default-command "bash --noprofile --rcfile $HERE/rc -i"
	run_line "export TMUX=$(tm display-message -p '#{socket_path},#{pid},0')"
}

@test "examples: pssession-panes opens a pane for each session, in which it is entered" {
	keep one two
	start_in_tmux
	term_type "BASH_ENV=$HERE/plugin.bash $EXAMPLES/tmux/pssession-panes"
	term_keys Enter
	wait_until 30 both_panes_entered
	# Leaving leaves a shell.
	tm send-keys -t :sessions.0 exit Enter
	wait_until 15 pane_is_local
	run local_bash "unset TMUX; BASH_ENV=$HERE/plugin.bash $EXAMPLES/tmux/pssession-panes"
	[ "$status" -eq 1 ]
	[[ $output == *'not in tmux'* ]]
}

both_panes_entered() {
	[ "$(tm list-panes -t :sessions 2>/dev/null | wc -l)" = 2 ] &&
		tm capture-pane -p -t :sessions.0 | grep -q '^\[.*box\]: remote\$ *$' &&
		tm capture-pane -p -t :sessions.1 | grep -q '^\[.*box\]: remote\$ *$'
}

pane_is_local() {
	tm capture-pane -p -t :sessions.0 | grep -v '^$' | tail -n 1 | grep -q '^local\$'
}

@test "examples: tmux.conf: the key opens the panes, and the status line has the number" {
	keep one
	start_in_tmux
	printf '#!/bin/sh\nBASH_ENV=%s exec %s/tmux/pssession-panes "$@"\n' "$HERE/plugin.bash" "$EXAMPLES" >"$HERE/bin/pssession-panes"
	chmod +x "$HERE/bin/pssession-panes"
	tm set-environment -g PATH "$HERE/bin:$PATH"
	example tmux/tmux.conf >"$HERE/tmux.conf"
	tm source-file "$HERE/tmux.conf"
	tm set-option -g status on
	# A status line needs somebody who looks at it.
	TERM_NAME=b term_start env -u TMUX tmux -S "$HERE/tmux.a" attach
	TERM_NAME=b wait_screen '1 kept'
	tm run-shell -b "$(sed -n "s/^bind-key E run-shell -b '\(.*\)'/\1/p" "$HERE/tmux.conf")"
	tm list-keys | grep -q 'prefix *E *run-shell -b "\?pssession-panes'
	wait_until 30 one_pane_entered
}

one_pane_entered() {
	tm capture-pane -p -t :sessions.0 | grep -q '^\[.*box\]: remote\$ *$'
}

@test "examples: fzf: the session that is chosen is entered, those that are marked are removed" {
	requires fzf
	keep alpha beta gamma
	start_bash ". $HERE/share/pssession/pssession.bash" "$(cat "$EXAMPLES/fzf/pssession-fzf.sh")"
	term_type fsn
	term_keys Enter
	wait_screen 'session>'
	term_send bet
	wait_screen '> bet'
	term_keys Enter
	wait_remote
	run_line exit
	term_type frsn
	term_keys Enter
	wait_screen 'session>'
	term_keys Tab Tab Enter
	wait_local
	run_line 'get-pssession -Property Id | wc -l'
	output_is 1
	# Nothing chosen is nothing done.
	term_type frsn
	term_keys Enter
	wait_screen 'session>'
	term_keys Escape
	wait_local
	run_line 'get-pssession -Property Id | wc -l'
	output_is 1
}

@test "examples: make deploy copies and unpacks on each computer, and stops where one fails" {
	mkdir -p "$HERE/tree/site"
	cp "$EXAMPLES/make/Makefile" "$HERE/tree"
	echo 'release 42' >"$HERE/tree/site/version"
	run clean_env env BASH_ENV="$HERE/plugin.bash" make -s -C "$HERE/tree" deploy status HOSTS=web1,web2
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(grep -cE '^web[12]: release 42$' <<<"$output")" -eq 2 ]
	run clean_env env BASH_ENV="$HERE/plugin.bash" make -s -C "$HERE/tree" deploy HOSTS=web1,nosuch
	[ "$status" -ne 0 ]
}

@test "examples: the tasks of tasks.json run as VS Code runs them" {
	requires python3
	mkdir -p "$HERE/tree"
	printf 'all:\n\t@echo made on $$(id -un)\n' >"$HERE/tree/Makefile"
	sed "s|/usr/share/pssession/pssession.bash|$HERE/plugin.bash|" "$EXAMPLES/vscode/tasks.json" >"$HERE/tasks.json"
	# options.shell with its args and then the command line, dependsOn before it, ${input:ID} by what was typed.
	cat >"$HERE/run-task.py" <<-'END'
		import json, os, subprocess, sys
		tasks = json.load(open(sys.argv[1]))
		by_label = {task["label"]: task for task in tasks["tasks"]}
		answers = {"${input:%s}" % item["id"]: sys.argv[3] for item in tasks["inputs"]}
		def run(label):
		    task = by_label[label]
		    if "dependsOn" in task:
		        run(task["dependsOn"])
		    line = task["command"]
		    for name, answer in answers.items():
		        line = line.replace(name, answer)
		    assert task["type"] == "shell"
		    shell = tasks["options"]["shell"]
		    subprocess.run([shell["executable"], *shell["args"], line], check=True, env={**os.environ, **tasks["options"]["env"]})
		run(sys.argv[2])
	END
	run clean_env env -C "$HERE/tree" python3 "$HERE/run-task.py" "$HERE/tasks.json" 'remote: make' web1,web2
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(grep -cx "made on $REMOTE_USER" <<<"$output")" -eq 2 ]
}

@test "examples: the crontab's line, run as cron runs it" {
	echo web1 >"$HERE/home/hosts"
	local settings command
	sed "s|/usr/share/pssession/pssession.bash|$HERE/plugin.bash|" "$EXAMPLES/cron/crontab" >"$HERE/crontab"
	# crontab(5): the environment is what its lines say, and HOME; SHELL gets the command with -c; % would be a newline.
	mapfile -t settings < <(grep -E '^[A-Z_]+=' "$HERE/crontab")
	command=$(sed -nE 's/^([0-9*]+ ){5}//p' "$HERE/crontab")
	[ -n "$command" ] && [[ $command != *%* ]]
	run clean_env env "${settings[@]}" /bin/bash -c "$command" </dev/null
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output =~ ' /'$ ]]
}

@test "examples: the unit and its timer are units of systemd's, and what the service starts runs" {
	local command
	echo web1 >"$HERE/home/hosts"
	if command -v systemd-analyze >/dev/null; then
		cp "$EXAMPLES"/systemd/* "$HERE"
		run systemd-analyze verify --user "$HERE/pssession-nightly.service" "$HERE/pssession-nightly.timer"
		not grep -E 'pssession-nightly\.(service|timer):.*(Unknown|Failed|Invalid|bad)' <<<"$output"
	fi
	# systemd.service(5): words with quotes of their own, %h is the home.
	command=$(sed -n 's/^ExecStart=//p' "$EXAMPLES/systemd/pssession-nightly.service" | sed "s|%h|$HERE/home|")
	run clean_env env BASH_ENV="$HERE/plugin.bash" xargs -n 99 env <<<"$command"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output =~ ' /'$ ]]
}
