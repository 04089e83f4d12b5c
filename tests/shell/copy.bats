#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# copy-item: files to a computer, from it and between two, over kept sessions and over connections of its own. What is
# copied is compared with what scp and cp make of it.

load ../harness/harness

setup_file() { world_start bash; }
teardown_file() { world_end; }
setup() { place_start; }
teardown() {
	chmod -R u+rwx "$REMOTE_HOME/t" 2>/dev/null || :
	rm -rf "$REMOTE_HOME/t"
	place_end
}

# there SCRIPT: a script with a session s, whose name is work, and copies by our ssh_config.
there() {
	run local_shell '
		s=$(new-pssession -ConfigFile $C -Name work box) || exit 90
		mkdir '"$REMOTE_HOME"'/t && chmod 777 '"$REMOTE_HOME"'/t || exit 91
		T='"$REMOTE_HOME"'/t
		cd $HERE
		'"$1"
	echo "$output"
	[ "$status" -eq 0 ] || { echo "status $status"; return 1; }
}

# Nothing of a copy that is not whole, on either side.
nothing_half() {
	[ -z "$(find "$HERE" "$REMOTE_HOME" -name '*.pss-*')" ]
}

@test "copy: a file goes up and down, over a session and over a connection of its own" {
	there '
		head -c 3000000 /dev/urandom >a
		copy-item a work:t/ || exit 51
		cmp a $T/a || exit 52
		copy-item work:t/a b && cmp a b || exit 53
		copy-item -ConfigFile $C a box:t/c && cmp a $T/c || exit 54
		copy-item -ConfigFile $C box:t/c . && cmp a c || exit 55
		copy-item a -ToSession work -Destination t/d && cmp a $T/d || exit 56
		copy-item t/d -FromSession $s e && cmp a e || exit 57
		copy-item -ConfigFile $C work:t/d box:t/f && cmp a $T/f || exit 58'
	nothing_half
}

@test "copy: relative paths begin where the session is, and ~ is its home" {
	there '
		echo of here >a
		invoke-command -Session $s "cd t; mkdir sub; cd sub" </dev/null
		copy-item a work: && cmp a $T/sub/a || exit 51
		copy-item a work:b && cmp a $T/sub/b || exit 52
		copy-item a "work:~/t/c" && cmp a $T/c || exit 53
		copy-item "work:~/t/c" "$s:../d" && cmp a $T/d || exit 54
		copy-item -Path a -ToSession work && [ -e $T/sub/a ] || exit 55'
}

# offered WORD…: what Tab gives for the line, without the part that stays.
offered() {
	local_shell 'copy-item --complete found "$@" && printf "%s\n" "${found[@]%%$'"'\\t'"'*}"' "$@"
}

@test "copy: Tab offers what is there, in a session and on a computer, and computers with their colon" {
	local_shell 'new-pssession -ConfigFile $C -Name work box >/dev/null' || return
	mkdir -p "$REMOTE_HOME/t/dir one" && touch "$REMOTE_HOME/t/a\$b" "$REMOTE_HOME/t/.hidden" "$REMOTE_HOME/t/"$'new\nline'
	[ "$(offered work:t/ | sort)" = "$(printf '%s\n' words work:t/ 'a$b' 'dir one/' | sort)" ]
	[ "$(offered -ConfigFile "$WORLD/ssh/ssh_config" box:t/d)" = "$(printf '%s\n' words box:t/ 'dir one/')" ]
	[ "$(offered x -ToSession work -Destination t/. )" = "$(printf '%s\n' words t/ .hidden)" ]
	[ "$(offered work:nowhere/)" = "$(printf '%s\n' words work:nowhere/)" ]
	[ "$(offered w)" = "$(printf '%s\n' files '' work:)" ]
	local_shell_start
	run_line "$(by_shell ". $PSS_SOURCE/completions/pssession.bash" "autoload -Uz compinit; compinit -u -D; . $PSS_SOURCE/plugin/pssession.plugin.zsh")"
	term_send 'copy-item work:t/d'
	term_keys Tab
	wait_line 'copy-item work:t/dir\\ one/$'
	term_keys C-c
	term_send 'copy-item work'
	term_keys Tab
	wait_line 'copy-item work:$'
	term_keys C-c
}
