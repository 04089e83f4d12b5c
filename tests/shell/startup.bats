#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Start-up files and logins that do something of their own before, or in the place of, the shell that a session wants:
# each row is tried with `ssh -tt` and with us, and what a person has of it is the same.

load ../harness/harness

setup() { :; }
teardown() { place_end; world_end; }

through() {
	world_start "$1"
	requires_made_account
	place_start
	local_shell_start
}

# The start-up file that every shell of that kind reads, also for `ssh HOST COMMAND`; and the login's.
rc_of() { case $1 in bash) echo .bashrc ;; zsh) echo .zshenv ;; fish) echo .config/fish/config.fish ;; esac; }
login_of() { case $1 in bash) echo .bash_profile ;; zsh) echo .zprofile ;; *) echo .profile ;; esac; }

# Begins a login and waits for the line that REGEX matches.
begin() {
	tm send-keys -R
	tm clear-history
	term_type "$1"
	term_keys Enter
	wait_line "$2"
}

# Types a line that only a shell answers, and says how often the screen has the answer and each WORD.
talk() {
	local word
	term_send "$1"
	term_keys Enter
	wait_screen $'(^|\n)42(\n|$)' || return
	FACTS=$(scrollback | grep -cx 42)
	for word in "${@:2}"; do
		FACTS+=" $word=$(scrollback | grep -oF -- "$word" | wc -l)"
	done
}

# same PROMPT LEAVE LINE WORD…: the facts of both logins, which then end by the line LEAVE.
same() {
	local theirs
	begin "ssh -F \$C -tt box" "$1" && talk "$3" "${@:4}" || return
	theirs=$FACTS
	leave_by "$2" || return
	begin "enter-pssession -ConfigFile \$C box" "$1" && talk "$3" "${@:4}" || return
	leave_by "$2" || return
	[ "$FACTS" = "$theirs" ] || { echo "not <$theirs> but <$FACTS>" >&2; return 1; }
}

# opens NAME AVAILABILITY: new-pssession succeeds, and its session is of that kind.
opens() {
	[ "$2" != Busy ] || deadlines 40 # a plain terminal is known to be one by then
	run_line 's=$(new-pssession -ConfigFile $C box); echo "s=$?"' 30
	deadlines 100
	output_like 's=0$'
	run_line 'get-pssession -Property ConfigurationName,State,Availability | tr -s "\t\n " _; echo'
	output_like "^${1}_Opened_${2}_\$" &&
		run_line 'remove-pssession -Session "$s"'
}

# start_up LINE…: in front of what the account's bash reads at a login.
start_up() {
	printf '%s\n' "$@" '. ~/.bashrc' | account_file .bash_profile
}

@test "start-up: one that is slow is opened at its prompt; one that asks is not waited for" {
	through bash
	deadlines 20 # two seconds for the start-up, six for all
	start_up 'read -rt 3.3 <> <(:)'
	run_line 's=$(new-pssession -ConfigFile $C box 2>/dev/null) && get-pssession -Session "$s" -Property State,Availability | tr -s "\t\n " _; invoke-command -Session "$s" "echo in"' 40
	output_is 'Opened_Available_in'
	# The first of two asks, and is opened before the one that says nothing for as long as may be.
	start_up 'if mkdir ~/asked 2>/dev/null; then echo a line; read -p "Which? " x; else read -rs x; fi'
	run local_shell "{ new-pssession -ConfigFile \$C box >/dev/null 2>&1 && : >\$HERE/opened; } &
		until [ -d $REMOTE_HOME/asked ]; do read -rt 0.05 <> <(:); done
		new-pssession -ConfigFile \$C box >/dev/null 2>&1 && [ -e \$HERE/opened ] && wait
		get-pssession -Property State,Availability | tr -s '\t\n ' _"
	[ "$status" -eq 0 ]
	[ "$output" = Opened_Available_Opened_Busy_Opened_Busy_ ]
	deadlines 100
}

OTHER='^other> $'

# chosen ROW…: sets ROWS. The quick tier has the first two of them.
chosen() {
	ROWS=("$@")
	[ -n "${PSS_LONG-}" ] || ROWS=("${@:1:2}")
}

@test "start-up: another shell or a multiplexer in a file that the login's own shell reads too" {
	through bash
	requires fish dash
	chosen "[ -t 1 ] && exec fish --no-config -C 'function fish_prompt; echo -n \"other> \"; end'" \
		"exec env PS1='other> ' dash -i" \
		"[ -t 1 ] && PS1='other> ' exec zsh -f -i" \
		"[ -t 1 ] && exec env ZDOTDIR=$REMOTE_HOME PS1='other> ' zsh -l -i" \
		"[ -t 1 ] && exec bash --rcfile $REMOTE_HOME/other"
	local row
	echo "PS1='other> '" | account_file other
	echo "PS1='other> '" | account_file .zshrc
	for row in "${ROWS[@]}"; do
		echo "# $row"
		echo "PS1='remote$ '; echo greeting-of-rc; $row" | account_file .bashrc
		case $row in
		*fish*) same "$OTHER" exit 'echo (math 6 "*" 7)' greeting-of-rc ;;
		*) same "$OTHER" exit 'echo $((6*7))' greeting-of-rc ;;
		esac || return
		opens '\(login_shell\)' Busy || return
	done
}

@test "start-up: a multiplexer in front of the shell: what it asks the terminal is answered to it, and the shell follows" {
	through bash
	requires tmux
	echo "PS1='remote$ '; [ -t 1 ] && [ -z \$TMUX ] && tmux -S $WORLD/remote-run/tmux -f /dev/null new -A -s x \"PS1='other> ' exec dash -i\"" |
		account_file .bashrc
	begin "enter-pssession -ConfigFile \$C box" "$OTHER"
	talk 'echo $((6*7))' && [ "$FACTS" = 1 ]
	# The login shell's own start reads the file again.
	term_type exit && term_keys Enter
	wait_line "$OTHER"
	term_type exit && term_keys Enter
	wait_remote
	run_line 'echo $((6*7))'
	output_is 42
	not screen_matches 'command not found'
	leave_by exit
}

# same_of FILE ROW: with that in the start-up file.
same_of() {
	echo "# $2"
	mkdir -p "$(dirname "$REMOTE_HOME/$1")"
	echo "echo greeting-of-login; $2" | account_file "$1"
	same "$OTHER" exit 'echo $((6*7))' greeting-of-login
}

# replaced SHELL FILE ROW…: each row in that start-up file of an account with that login shell.
replaced() {
	local row file=$2
	through "$1" || return
	echo "PS1='other> '" | account_file other
	echo "PS1='other> '" | account_file .zshrc
	chosen "${@:3}"
	for row in "${ROWS[@]}"; do
		same_of "$file" "$row" || return
	done
}

@test "start-up: another shell in a file of the login" {
	requires dash
	replaced bash .bash_profile "PS1='other> ' exec dash -i" 'exec zsh -d -l' "exec bash --rcfile ~/other" \
		'cd /; exec env zsh -d -l'
}

@test "start-up: another shell in a file of zsh's, dash's and fish's" {
	requires dash fish
	replaced zsh .zprofile 'PS1="other> " exec dash -i' '[ $X ] || X=1 exec zsh -d -l'
	rm "$REMOTE_HOME/.zprofile"
	same_of .zshenv '[ -t 1 ] && [ -z $X ] && X=1 PS1="other> " exec dash -i'
	place_end && world_end
	replaced fish .config/fish/config.fish "isatty stdout; and exec env PS1='other> ' dash -i"
	[ -n "${PSS_LONG-}" ] || return 0
	place_end && world_end
	replaced dash .profile "PS1='other> ' exec bash --norc" 'exec zsh -d -i'
}

# begins_like PRINTED LOGIN: what sshd runs for our command, too, prints a line there and not in the login.
begins_like() {
	echo "# $1 $2"
	mkdir -p "$REMOTE_HOME/.ssh"
	echo "printf '$1other> greeting-of-rc\n'" | account_file .ssh/rc
	echo "$2" | account_file .bash_profile
	begin 'enter-pssession -ConfigFile $C box' "$OTHER" || return
	scrollback_matches 'other> greeting-of-rc' && [ "$(scrollback | grep -c '^other>$')" = 1 ] || return
	talk 'echo $((6*7))' && leave_by exit
}

@test "start-up: a prompt or a question that begins like a line that was printed before is shown, and once" {
	through bash
	requires dash
	begins_like '' 'while read -rp "other> " line; do eval "$line"; done'
	begins_like '\e(B' "PS1=\$'\e(Bother> ' exec dash -i"
	begins_like '\e[?2004h' "PS1='other> ' exec bash --norc"
}

# A menu in the place of the shell, whose prompt is `other> `; what SHELL COMMAND it takes it runs.
write_menu() {
	cat >"$WORLD/menu" <<-END
		#!/bin/sh
		$1
		echo greeting-of-menu
		while printf 'other> ' && read -r line; do
			case \$line in exit) exit 3 ;; esac
			eval "\$line"
		done
	END
	chmod 755 "$WORLD/menu"
}

@test "start-up: a forced command that takes none, one that takes any, and one that runs it" {
	through bash
	second_server_with "ForceCommand $WORLD/menu"
	run_line "C=$WORLD/ssh1/ssh_config"
	local row
	chosen '[ -z "$SSH_ORIGINAL_COMMAND" ] || { echo refused; exit 1; }' '' 'timeout 0.5 tail -f /dev/null'
	for row in "${ROWS[@]}"; do
		echo "# $row"
		write_menu "$row"
		same "$OTHER" exit 'echo $((6*7))' greeting-of-menu refused && opens '\(login_shell\)' Busy || return
	done
	write_menu '[ -z "$SSH_ORIGINAL_COMMAND" ] || { echo wrapped; exec sh -c "$SSH_ORIGINAL_COMMAND"; }'
	enter
	[ "$(screen | grep -c wrapped)" = 1 ]
	leave_by exit
}

@test "start-up: a login shell that is none says its word once, and new-pssession fails" {
	through nologin
	run_line 'ssh -F $C -tt box; echo "s=$?"'
	output_like 'account is currently not available' && output_like 's=1$'
	run_line 'enter-pssession -ConfigFile $C box; echo "s=$?"'
	output_like 's=1$'
	[ "$(grep -c 'account is currently not available' <<<"$OUT")" = 1 ]
	run_line 'new-pssession -ConfigFile $C box; echo "s=$?"'
	output_like 's=1$'
	run_line 'get-pssession; echo "s=$?"'
	output_is 's=0'
}

# where COMMAND: the directory that its shell stands in, and its files there.
stands_in() {
	begin "$1" "$2"
	term_type 'echo "at=$PWD"; pwd; ls -A1 | wc -l' && term_keys Enter
	wait_screen $'\nat=/'
	wait_line "$2"
	scrollback | sed -n '/^at=/,$p' | head -n 3
	leave_by exit >&2
}

@test "start-up: where the home is not there or cannot be entered one stands in /, as with ssh" {
	through bash
	local way theirs
	for way in 'mv HOME HOME.away' 'chmod 0 HOME'; do
		eval "${way//HOME/$REMOTE_HOME}"
		theirs=$(stands_in 'ssh -F $C -tt box' 'bash-[^ ]*\$ $')
		[ "$theirs" = "$(stands_in 'enter-pssession -ConfigFile $C box' 'bash-[^ ]*\$ $')" ] || return
		[ "${theirs%%$'\n'*}" = at=/ ]
		[ "$(scrollback | grep -c 'Could not chdir')" = 1 ]
		run_line 'invoke-command -ConfigFile $C -ComputerName box pwd 2>/dev/null'
		output_is /
		[ ! -e "$REMOTE_HOME.away" ] || mv "$REMOTE_HOME.away" "$REMOTE_HOME"
		chmod 700 "$REMOTE_HOME"
	done
}

@test "start-up: a PATH in which nothing is, set by start-up files" {
	through bash
	echo "PS1='remote$ '; export PATH=$REMOTE_HOME/bin" | account_file .bashrc
	enter
	run_line 'echo $PATH $((6*7))'
	output_is "$REMOTE_HOME/bin 42"
	run_line 'ls'
	output_like 'ls: No such file|command not found'
	leave_by exit
	keep_session
	run_line 'invoke-command -Session "$s" "echo \$PATH"'
	output_is "$REMOTE_HOME/bin"
	run_line 'invoke-command -ConfigFile $C -ComputerName box -ArgumentList a "echo \$PATH \$1"'
	output_is "$REMOTE_HOME/bin a"
	run_line 's=$(new-pssession -Resilient -ConfigFile $C box 2>/dev/null); echo "s=$?"; invoke-command -Session "$s" "echo \$PATH"'
	output_is "s=0"$'\n'"$REMOTE_HOME/bin"
	run_line 'get-pssession | remove-pssession -Session 1,2'
}

@test "start-up: what the login and its files ask is answered, before and in the shell" {
	through bash
	echo 'printf "Press enter: "; read -r x; echo "got=$x"; . ~/.bashrc' | account_file .bash_profile
	begin 'enter-pssession -ConfigFile $C box' '^Press enter: $'
	term_type yes && term_keys Enter
	wait_remote
	screen_matches $'\ngot=yes\n'
	leave_by exit
	# Asked by bash for a command, and by the login shell.
	echo '. ~/.bashrc' | account_file .bash_profile
	echo 'PS1="remote$ "; [ -t 0 ] && { printf "Name? "; read -r x; echo "got=$x"; }' | account_file .bashrc
	begin 'enter-pssession -ConfigFile $C box' '^Name\? $'
	term_type one && term_keys Enter
	wait_screen $'\ngot=one\n'
	wait_line '^Name\? $'
	term_type two && term_keys Enter
	wait_remote
	[ "$(screen | grep -c '^got=')" = 2 ]
	leave_by exit
	# Without a thought for those who have no terminal.
	echo 'PS1="remote$ "; printf "Name? "; read -r x; echo "got=$x"' | account_file .bashrc
	begin 'enter-pssession -ConfigFile $C box' '^Name\? $'
	term_type one && term_keys Enter
	wait_screen $'\ngot=one\n'
	wait_line '^Name\? $'
	term_type two && term_keys Enter
	wait_remote
	run_line 'echo $((6*7))'
	output_is 42
	leave_by exit
}

@test "start-up: what unguarded files print is shown once, and files that end the shell end it as with ssh" {
	through bash
	echo 'echo of-the-profile; . ~/.bashrc' | account_file .bash_profile
	echo 'PS1="remote$ "; echo of-the-rc; echo; printf "%s\n" "two of it" "two of it"; printf no-newline' | account_file .bashrc
	same 'remote\$ $' exit 'echo $((6*7))' of-the-rc of-the-profile 'two of it'
	# Other text each time, without a line's end, in colour, over a line, behind a pause; and not at all in the login.
	local row
	for row in 'printf varies-' 'printf "\e[32mvaries-$RANDOM\e[m\n"; printf "over\rvaries-\n"' \
		'echo "varies-$RANDOM"; read -rt 0.5 <> <(:)' 'case $- in *i*) ;; *) echo varies-not ;; esac'; do
		echo "# $row"
		echo "PS1='remote\$ '; $row" | account_file .bashrc
		same 'remote\$ $' exit 'echo $((6*7))' varies- of-the-profile || return
	done
	echo 'exit 5' | account_file .bash_profile
	run_line 'ssh -F $C -tt box; echo "s=$?"' && output_like 's=5$'
	run_line 'enter-pssession -ConfigFile $C box; echo "s=$?"' && output_like 's=5$'
	run_line 'new-pssession -ConfigFile $C box; echo "s=$?"' && output_like 's=1$'
	echo 'case $- in *i*) PS1="remote$ " ;; *) exit 6 ;; esac' | account_file .bashrc
	echo '. ~/.bashrc' | account_file .bash_profile
	same 'remote\$ $' exit 'echo $((6*7))' 6
	opens '\(login_shell\)' Busy
}

@test "start-up: a -ConfigurationName that is not there fails and says what there is" {
	through bash
	local verb
	for verb in new-pssession enter-pssession; do
		run_line "$verb -ConfigurationName nosuch -ConfigFile \$C box; echo \"s=\$?\""
		output_like 'there is no shell nosuch; -ConfigurationName takes one of: bash ' && output_like 's=1$'
		run_line "$verb -ConfigurationName Microsoft.PowerShell -ConfigFile \$C box; echo \"s=\$?\""
		output_like 'no sessions by PowerShell remoting .*invoke-command -ComputerName .*-ConfigurationName pwsh ' && output_like 's=1$'
	done
	run_line 'get-pssession; echo "s=$?"'
	output_is 's=0'
	run_line 'invoke-command -ConfigurationName nosuch -ConfigFile $C -ComputerName box id; echo "s=$?"'
	output_like 'there is no nosuch; of the shells there is: bash zsh ' && output_like 's=127'
}

@test "start-up: an expired password is changed in the terminal of the login" {
	through bash
	[ -e /etc/pam.d/sshd ] || skip "needs PAM's file for sshd"
	echo "$REMOTE_USER:secret12" | chpasswd
	chage -d 0 "$REMOTE_USER"
	second_server_with "UsePAM yes"
	run_line "C=$WORLD/ssh1/ssh_config"
	local login word
	for login in 'ssh -F $C -tt box' 'enter-pssession -ConfigFile $C box'; do
		begin "$login" '^Current password: $'
		term_send wrong && term_keys Enter
		wait_local && status_is 10
	done
	run_line 'new-pssession -ConfigFile $C box; echo "s=$?"' 30
	output_like 's=0$' && output_like 'Opened +\(login shell\) +Busy'
	run_line 'remove-pssession -Id 1'
	begin 'enter-pssession -ConfigFile $C box' '^Current password: $'
	for word in secret12 sEcret34xz sEcret34xz; do
		wait_line 'password: $'
		term_send "$word" && term_keys Enter
		wait_line '^local|^Retype|^New' || return
	done
	wait_local && status_is 0
	screen_matches 'password updated successfully'
}

@test "start-up: what is typed while it connects goes to the program of the login's, in order, once" {
	through bash
	local row
	echo "PS1='other> '" | account_file .zshrc
	chosen '[ -t 1 ] && exec zsh -d -l' "[ -t 1 ] && { printf 'other> '; exec cat; }" "PS1='other> ' exec dash -i"
	for row in "${ROWS[@]}"; do
		echo "# $row"
		echo "PS1='remote$ '; $row" | account_file .bashrc
		tm send-keys -R
		term_type 'enter-pssession -ConfigFile $C box'
		term_keys Enter
		term_send ': one' && term_keys Enter
		term_send ': two' && term_keys Enter
		wait_screen '(^|\n)[^\n]*: one[^\n]*(\n[^\n]*)*: two'
		term_send ': three' && term_keys Enter
		wait_screen ': two(.*)\n[^\n]*: three'
		# A terminal's echo comes first where nobody edits yet; nothing is read twice.
		tm send-keys -R
		term_send ': four' && term_keys Enter
		wait_screen ': four'
		term_keys C-d
		wait_local
		[ "$(screen | grep -cE ': (one|two|three)')" = 0 ] || return
	done
}

# limited OPTION…: with `ulimit OPTION` in a start-up file there is what `ssh -tt` gives, a prompt that answers.
limited() {
	local option
	for option; do
		echo "# ulimit $option"
		echo "PS1='other> '; ulimit $option" | account_file .bashrc
		same "$OTHER" exit 'echo $((6*7))' 'command not found' || return
	done
}

@test "start-up: files that set limits: a prompt that answers, and nothing is left" {
	through bash
	OTHER='other> $'
	limited '-n 6' '-n 10' '-n 11' '-n 14' '-n 19' '-n 20' '-u 1' '-f 1'
	[ -n "${PSS_LONG-}" ] || return 0
	limited '-n 8' '-n 12' '-n 13' '-n 15' '-n 16' '-n 17' '-n 18' '-u 3' '-f 0' '-v 20000' '-s 100'
}

# control_ends SHELL: the control script ends while the shell reads its files, as where no process can be made.
control_ends() {
	local file=.profile
	[ "$1" != zsh ] || file=.zshrc
	[ "$1" != bash ] || file=.bash_profile
	[ "$1" != fish ] || file=.config/fish/config.fish
	through "$1"
	# The owner's process id is in the file `pid` of our directory, and that goes with it.
	cat >"$WORLD/end-control" <<-'END'
		#!/bin/sh
		for d in "$XDG_RUNTIME_DIR"/.pss-*; do
			[ -d "$d" ] || continue
			until [ -s "$d/pid" ]; do :; done
			kill -TERM "$(cat "$d/pid")"
			while [ -e "$d" ]; do :; done
		done
	END
	chmod 755 "$WORLD/end-control"
	case $1 in
	fish)
		printf '%s\n' 'set -g fish_greeting' "function fish_prompt; echo -n 'other> '; end" \
			"isatty stdout; and $WORLD/end-control"
		;;
	*) printf '%s\n' "PS1='other> '" "[ ! -t 1 ] || $WORLD/end-control" ;;
	esac | account_file "$file"
	begin 'enter-pssession -ConfigFile $C box' 'other> $' && talk 'expr 6 \* 7' && leave_by exit
}

@test "start-up: where the control script ends meanwhile, it is the login's shell in a plain terminal" {
	requires zsh dash fish
	control_ends bash
	place_end && world_end
	control_ends zsh
	place_end && world_end
	control_ends dash
	place_end && world_end
	control_ends fish
}
