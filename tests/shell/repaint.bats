#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Prompts on the screen, line by line: those of several lines, at the right margin, and those that the remote changes while
# a line is being edited. What is counted is what a person sees: one prompt for each line, and nothing of an old one.

load ../harness/harness

setup_file() { world_start zsh; }
teardown_file() { world_end; }
setup() {
	place_start
	requires zsh
	requires_made_account
	rm -f "$REMOTE_HOME/late" "$REMOTE_HOME/go"
	mkfifo -m 666 "$REMOTE_HOME/late" "$REMOTE_HOME/go"
	# As themes do it that ask git beside the shell (oh-my-zsh's, pure, spaceship); each line that comes is a prompt and one for
	# the right margin, behind a tab.
	account_file .zshrc <<-'END'
		setopt prompt_cr prompt_sp
		late() {
			local l
			IFS= read -r l <&$1
			PROMPT=${${l%%$'\t'*}//\\n/$'\n'} RPROMPT=${l#*$'\t'}
			zle reset-prompt
		}
		exec {fd}<>~/late
		zle -F $fd late
		PROMPT='%~ remote%# ' RPROMPT='<%?>'
		job() {
			local x
			while read x && [[ $x != end ]]; do
				print "job $x"
			done
		}
	END
}
teardown() { place_end; }

enter_zsh() {
	local_shell_start
	tm send-keys -R
	term_type "enter-pssession -ConfigFile \$C box"
	term_keys Enter
	wait_screen '<0>'
}

late() { printf '%b\n' "$1" >"$REMOTE_HOME/late"; }

# What stands on the screen behind the line that enters, and is SCREEN: NAME stands for the prompt's, no matter how wide.
shows_now() {
	local now
	now=$(screen | sed -e '1,/permitted by applicable law/d' -e 's/^\[[^]]*box\]: /NAME /' -e 's/  *\(<[0-9]*>\)$/ \1/' -e 's/  *\(\[[a-z]*\]\)$/ \1/')
	[ "$now" = "$WANTED" ]
}

shows() {
	WANTED=$1
	wait_until "$SCREEN_DEADLINE" shows_now || { explain_screen; return 1; }
}

@test "repaint: a right prompt stands in each line, and each line has one prompt" {
	enter_zsh
	term_type 'echo a'
	term_keys Enter
	shows 'NAME ~ remote% echo a <0>
a
NAME ~ remote% <0>'
	term_type '(exit 7)'
	term_keys Enter
	wait_screen '<7>'
	term_type "print -n xyz; RPROMPT="
	term_keys Enter
	shows 'NAME ~ remote% echo a <0>
a
NAME ~ remote% (exit 7) <0>
NAME ~ remote% print -n xyz; RPROMPT= <7>
xyz
NAME ~ remote%'
}

@test "repaint: a prompt that comes late takes the place of the old one, and the line goes on" {
	enter_zsh
	term_type 'echo one two'
	term_keys Left Left Left
	late 'late> \t[main]'
	shows 'NAME late> echo one two [main]'
	term_send x
	shows 'NAME late> echo one xtwo [main]'
	late '== top ==\\nsecond> \t'
	shows '== top ==
NAME second> echo one xtwo'
	late '== a line ==\\nanother\\nthird> \t'
	shows '== a line ==
another
NAME third> echo one xtwo'
	term_send y
	late 'short> \t'
	shows 'NAME short> echo one xytwo'
	term_keys Enter
	shows 'NAME short> echo one xytwo
one xytwo
NAME short>'
}

@test "repaint: what a job prints stands above a prompt of several lines, which is there once" {
	enter_zsh
	term_type 'job <>go &!'
	term_keys Enter
	late '== top ==\\n== more ==\\nsecond> \t'
	wait_line 'second> $'
	term_type 'echo one two'
	term_keys Left Left Left
	tm clear-history
	echo 1 >"$REMOTE_HOME/go"
	wait_screen 'job 1'
	printf '2\n3\n' >"$REMOTE_HOME/go"
	wait_screen 'job 3'
	term_send xy
	shows 'NAME ~ remote% job <>go &! <0>
job 1
job 2
job 3
== top ==
== more ==
NAME second> echo one xytwo'
	echo end >"$REMOTE_HOME/go"
}
