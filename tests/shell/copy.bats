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
	# fields NAME…: of each line of JSON.
	printf '%s\n' '#!/usr/bin/env python3' 'import json, sys' 'for line in sys.stdin:' \
		'	print(*(json.loads(line).get(name, "-") for name in sys.argv[1:]))' >"$HERE/fields"
	chmod 755 "$HERE/fields"
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

@test "copy: errors are a line each, collected, and the others go on; the status says what happened" {
	there '
		echo one >a; mkfifo f; mkdir d
		copy-item a f gone d work:t/ -ErrorVariable e -ErrorAction SilentlyContinue; s=$?
		[ $s = 1 ] || exit 51
		[ "$(printf "%s\n" "${e[@]}" | sort)" = "$(printf "%s\n" "d: it is a directory (-Recurse copies it)" \
			"f: it is a fifo, which is not copied" "gone: No such file or directory" | sort)" ] || exit 52
		cmp a $T/a || exit 53
		copy-item gone a work:t/b -ErrorAction Stop 2>$HERE/e; [ $? = 1 ] || exit 54
		copy-item a -ConfigFile $C nowhere.invalid: 2>$HERE/e; [ $? = 255 ] || exit 55
		grep -q "copy-item: \[nowhere.invalid\] cannot find the computer" $HERE/e || exit 56
		copy-item a b 2>$HERE/e; [ $? = 2 ] && grep -q "which computer or session?" $HERE/e || exit 57
		copy-item a "x y:" 2>$HERE/e; [ $? = 2 ] || exit 58
		copy-item a -ToSession gone 2>$HERE/e; [ $? = 1 ] && grep -q "gone is not available" $HERE/e || exit 59'
	rm "$HERE/f"
	nothing_half
}

@test "copy: -WhatIf says what would be done and does nothing, -PassThru and -Json say what was" {
	there '
		echo one >a; mkdir -p d/e; echo two >d/e/b; ln -s b d/e/l
		[ "$(copy-item a d work:t -WhatIf)" = "What if: Performing the operation \"Copy File\" on target \"Item: a Destination: work:t\".
What if: Performing the operation \"Copy Directory\" on target \"Item: d Destination: work:t\"." ] || exit 51
		[ -z "$(ls $T)" ] || exit 52
		copy-item -Recurse d work:t -PassThru -OutVariable o >$HERE/o || exit 53
		[ "$(sort $HERE/o)" = "$(printf "%s\n" work:'"$REMOTE_HOME"'/t/d/e/b work:'"$REMOTE_HOME"'/t/d/e/l)" ] || exit 54
		[ "$(printf "%s\n" "${o[@]}" | sort)" = "$(sort $HERE/o)" ] || exit 55
		copy-item -Recurse work:t/d x -Json | $HERE/fields host result bytes >$HERE/o || exit 56
		[ "$(sort $HERE/o)" = "$(printf "%s\n" "work copied -" "work copied 4" | sort)" ] || exit 57
		[ "$(readlink x/e/l)" = b ] && [ "$(cat x/e/b)" = two ]'
}

@test "copy: Ctrl-C and the end of the terminal leave nothing half on either side, and the shell as it was" {
	local_shell_start
	run_line "s=\$(new-pssession -ConfigFile \$C -Name work box); cd $HERE; head -c 200000000 /dev/zero | tr '\\0' x >big; mkdir down"
	grown() { [ -n "$(find "$1" -name '.big.pss-*' -size +100k)" ]; }
	term_type 'copy-item big work:'
	term_keys Enter
	wait_until 10 grown "$REMOTE_HOME"
	term_keys C-c
	wait_local
	run_line 'echo "status $?"'
	wait_screen 'status 130'
	nothing_half
	cp "$HERE/big" "$REMOTE_HOME/big"
	term_type 'copy-item work:big down'
	term_keys Enter
	wait_until 10 grown "$HERE/down"
	term_close
	wait_until 10 nothing_half
	rm "$REMOTE_HOME/big"
	[ -z "$(copies_here)" ]
}

@test "copy: a tree is what scp -rp makes of it, up and down" {
	there '
		mkdir -p tree/a/b tree/empty; umask 027
		head -c 100000 /dev/urandom >tree/a/one; : >tree/a/none; echo x >"tree/a/b/two words"; printf x >"tree/a/b/$(printf "new\nline")"
		chmod 751 tree/a/one; chmod 500 tree/a/b; touch -d 2001-02-03 tree/a/one tree/empty tree/a/b
		show() { (cd "$1" && find . -printf "%P|%y|%m|%TY%Tm%Td%TH%TM%.2TS|%s\n" | sed "s/\(|d|[0-7]*\)|.*/\1/" | sort); } # scp sets a directory'"'"'s times too early
		scp -q -rp -F $C tree box:t/scp && copy-item -Recurse -Preserve tree work:t/ours || exit 51
		show $T/scp >scp; show $T/ours | diff scp - || exit 52
		scp -q -r -F $C tree box:t/scp2 && copy-item -Recurse tree work:t/ours2 || exit 53
		show $T/scp2 | sed "s/|2[0-9]*|/||/" >scp; show $T/ours2 | sed "s/|2[0-9]*|/||/" | diff scp - || exit 54
		cp -rp tree down1 && copy-item -Recurse -Preserve work:t/ours down2 || exit 55 # scp leaves out the modes of directories
		show down1 >scp; show down2 | diff scp - || exit 56
		diff -r tree down2 && diff -r tree $T/ours || exit 57
		chmod -R u+w tree down1 down2 $T'
}

@test "copy: a tree of many files goes through tar, and is what scp -rp makes of it" {
	there '
		mkdir -p tree/a/b tree/empty; umask 027
		(cd tree/a && tee {1..150} <<<one >/dev/null); (cd tree/a/b && tee {1..150} <<<two >/dev/null)
		printf x >"tree/a/b/$(printf "new\nline")"; chmod 751 tree/a/1; chmod 500 tree/a/b; touch -d 2001-02-03 tree/a/* tree/empty
		show() { (cd "$1" && find . -printf "%P|%y|%m|%TY%Tm%Td%TH%TM%.2TS|%s\n" | sed "s/\(|d|[0-7]*\)|.*/\1/" | sort); }
		scp -q -rp -F $C tree box:t/scp && copy-item -Verbose -Recurse -Preserve tree work:t/ours 2>up || exit 51
		grep -q "one stream through the tar of work" up || exit 52
		show $T/scp >scp; show $T/ours | diff scp - || exit 53
		cp -rp tree down1 && copy-item -Verbose -Recurse -Preserve work:t/ours down2 2>down || exit 54
		grep -q "one stream through the tar of work" down || exit 55
		show down1 >scp; show down2 | diff scp - || exit 56
		copy-item -Recurse tree work:t/ours 2>up && [ -d $T/ours/tree/empty ] && copy-item -Recurse -ConfigFile $C box:t/ours/tree down3 || exit 57
		diff -r tree down3 && diff -r tree down2 || exit 58
		chmod -R u+w tree down1 down2 down3 $T'
	nothing_half
}

@test "copy: one file goes to many sessions and computers, and comes from many into directories of their names" {
	there '
		new-pssession -ConfigFile $C -Name two,three box,box2 >/dev/null || exit 50
		head -c 100000 /dev/urandom >a
		mkdir -m 777 $T/w $T/x; invoke-command -Name two "cd t/w" </dev/null; invoke-command -Name three "cd t/x" </dev/null
		copy-item a -ToSession two,three && cmp a $T/w/a && cmp a $T/x/a || exit 51
		sed "s/^Host box box2/Host box box2 web*/" $C >many
		copy-item -ConfigFile many a -ComputerName "web[1-3]" -Destination t/w/ -Json -ThrottleLimit 2 >o || exit 52
		[ "$($HERE/fields host <o | sort | paste -sd " ")" = "web1 web2 web3" ] || exit 53
		copy-item a -FromSession two,three -Destination all || exit 54
		cmp a all/two/a && cmp a all/three/a || exit 55
		copy-item -ConfigFile many a -ComputerName web1,nowhere.invalid -Destination t/d 2>e; [ $? = 255 ] && cmp a $T/d || exit 56
		[ "$(wc -l <e)" -eq 1 ]'
	nothing_half
}

@test "copy: a link that is lost is one line with status 255, and -Resume goes on over the next" {
	proxy_start 0
	run local_shell '
		C='"$FAR_CONFIG"'; cd $HERE
		head -c 150000000 /dev/zero | tr "\0" x >big
		mkdir -m 777 '"$REMOTE_HOME"'/t
		cut() { until [ -n "$(find '"$REMOTE_HOME"'/t -name ".big.pss-*" -size +1000k)" ]; do [ -e done ] && return; done; echo close >$HERE/proxy/control; }
		cut & copy-item -ConfigFile $C big far:t/ -Resume 2>e; s=$?; >done; wait
		[ $s = 255 ] && [ "$(wc -l <e)" -eq 1 ] || { cat e; exit 51; }
		[ ! -e '"$REMOTE_HOME"'/t/big ] || exit 52
		copy-item -ConfigFile $C big far:t/ -Resume -Verbose 2>e || exit 53
		grep -q "going on behind the [1-9][0-9]* bytes that an earlier copy has left" e || { cat e; exit 54; }
		cmp big '"$REMOTE_HOME"'/t/big'
	echo "$output"
	[ "$status" -eq 0 ]
	proxy_stop
	nothing_half
}

@test "copy: a shell that is killed leaves nothing half, here or there" {
	local_shell 'new-pssession -ConfigFile $C -Name work box >/dev/null'
	head -c 200000000 /dev/zero | tr '\0' x >"$HERE/big"
	mkdir "$HERE/down" && cp "$HERE/big" "$REMOTE_HOME/big"
	grown() { [ -n "$(find "$1" -name '.big.pss-*' -size +100k)" ]; }
	local line
	for line in 'copy-item big work:new' 'copy-item work:big down'; do
		local_shell 'cd $HERE; echo $$ >pid; '"$line" >/dev/null 2>&1 &
		wait_until 10 eval 'grown "$REMOTE_HOME" || grown "$HERE/down" || [ -n "$(find "$REMOTE_HOME" -name ".new.pss-*" -size +100k)" ]'
		kill -KILL "$(cat "$HERE/pid")"
		wait $! || :
		wait_until 10 nothing_half
	done
	rm "$REMOTE_HOME/big"
	[ ! -e "$REMOTE_HOME/new" ] && [ ! -e "$HERE/down/big" ]
}
