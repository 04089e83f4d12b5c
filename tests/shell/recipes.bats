#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# doc/recipes.md: each block of each recipe is typed into a terminal, on computers of the names that the page has, and the
# terminal then shows what the page shows. Where one computer is asked one thing, plain ssh has to print the same.

load ../harness/harness
load ../harness/computers

PAGE=$PSS_SOURCE/doc/recipes.md
PAGES=$PSS_SOURCE/tests/harness/pages.py
INSTALLED=/usr/share/pssession
# A prompt of the local shell, or of a session.
PROMPT='^(\$|(\[[A-Za-z0-9@.-]+\]: )+([^ ]*[$#]|PS [^>]*>)) $'

setup_file() {
	[ "$(id -u)" -eq 0 ] || return 0
	world_start bash
	setpriv --reuid "$REMOTE_USER" --regid nogroup --clear-groups test -r "$PSS_LOADABLE" ||
		{ export WORLD_SKIP="needs a build that other users can read"; return 0; }
	computers_start web1 web2 web3 web4 web5 db1 bastion
	# What stands for the installed files.
	mkdir "$WORLD/pssession"
	cp -r "$PSS_SOURCE"/plugin/{pssession*,functions} "$WORLD/pssession"
	ln -s "$PSS_BUILD/bash-builtin/pssession.so" "$WORLD/pssession/pssession.so"
}
teardown_file() { [ -z "${WORLD-}" ] || world_end; }
setup() {
	[ "$(id -u)" -eq 0 ] || skip "needs root, to make computers"
	COLUMNS_WANTED=100 ROWS_WANTED=50
	place_start
	deadlines 500 # what a page shows, on however slow a machine
	chown -R "$REMOTE_USER" "$HERE"
	chmod 755 "$HERE"
}
teardown() {
	[ -n "${HERE-}" ] || return 0
	server_stop
	place_end
	nothing_on_the_computers
}

nothing_on_the_computers() {
	wait_until 5 no_directories || { find "$WORLD/computers" -name '.pss-*'; return 1; }
}
no_directories() {
	[ -z "$(find "$WORLD/computers" -name '.pss-*' -print -quit)" ]
}

# -- a reader's terminal

user_shell_start() {
	local rc=$HERE/rc
	{
		printf '%s\n' "PS1='\$ '" "PS2='> '" "HISTFILE=$HERE/history" 'HISTSIZE=1000 SAVEHIST=1000' "cd $WORK"
		if [ "$PSS_SHELL" = bash ]; then
			echo ". $WORLD/pssession/pssession.bash"
		else
			echo "module_path+=(${PSS_LOADABLE%/*}); . $WORLD/pssession/pssession.plugin.zsh"
		fi
		[ -n "$IS_TYPED" ] || serve_parts
	} >"$rc"
	as_user_words
	if [ "$PSS_SHELL" = bash ]; then
		term_start "${CLEAN_ENV[@]}" bash --noprofile --rcfile "$rc" -i
	else
		mkdir -p "$HERE/zdot"
		mv "$rc" "$HERE/zdot/.zshrc"
		term_start "${CLEAN_ENV[@]}" "ZDOTDIR=$HERE/zdot" zsh -d -i
	fi
	[ -z "$IS_TYPED" ] || wait_line "$PROMPT"
}

# The end of the start-up file of a shell in which nobody types: it runs the parts that it is given in its terminal, each
# line behind a prompt, as if somebody had typed it. So nothing has to wait for the screen.
serve_parts() {
	mkfifo "$HERE/next.$TERM_NAME" "$HERE/done.$TERM_NAME"
	chown "$REMOTE_USER" "$HERE/next.$TERM_NAME" "$HERE/done.$TERM_NAME"
	cat <<-END
		PLAY_STATUS=0
		play_status() { return "\$PLAY_STATUS"; }
		while :; do
			IFS= read -r PLAY_PART <$HERE/next.$TERM_NAME || continue
			. "\$PLAY_PART"
			echo done >$HERE/done.$TERM_NAME
		done
	END
}

# play_line TYPED NEXT: NEXT is the page's next line; one that begins with `> ` goes on with this one.
play_line() {
	term_type "$1" && term_keys Enter || return
	case $2 in
	'> '* | '>') wait_line '^> $' ;;
	*) : ;;
	esac
}

# An answer is typed where the page shows a question, and Ctrl-C where it shows one, behind what stands before it.
play_answer() {
	case $1 in
	*assword*':')
		wait_line 'assword.*: $' && term_send secret && term_keys Enter
		;;
	'^C')
		wait_screen "$(sed 's/[][\.*^$(){}?+|]/\\&/g' <<<"$2")" && term_keys C-c
		;;
	esac
}

TYPED='^((\$|>)|(\[[A-Za-z0-9@.-]+\]: )+([^ ]*[$#]|PS [^>]*>))( |$)'
is_typed() {
	[[ $1 =~ $TYPED ]]
}

typed_of() {
	local line=$1
	while [[ $line =~ ^\[[A-Za-z0-9@.-]+\]:\ (.*)$ ]]; do
		line=${BASH_REMATCH[1]}
	done
	case $line in
	'PS '*'> '*) line=${line#*> } ;;
	*) line=${line#* } ;;
	esac
	printf '%s\n' "$line"
}

# The prompt that waits is none of it, nor zsh's mark behind a line without an end, as Ctrl-C leaves it.
seen_is_as_shown() {
	scrollback | sed 's/^^C%$/^C/' | if [ -n "$IS_TYPED" ]; then sed '$d'; else cat; fi | tail -n "+$SEEN_FROM" >"$HERE/seen"
	"$PAGES" compare "$1" "$HERE/seen" "$2"
}

# play_console FILE KIND: types it, or has it run, and compares.
play_console() {
	local answer next
	if [ -n "$IS_TYPED" ]; then
		SEEN_FROM=$(scrollback | wc -l)
		type_console "$1" || return
	else
		SEEN_FROM=$((SEEN_LINES[$TERM_NAME] + 1))
		exec {next}<>"$HERE/next.$TERM_NAME"
		echo "${1%.*}.script" >&"$next"
		read -rt 120 answer <>"$HERE/done.$TERM_NAME" || { echo "it does not end"; return 1; }
		exec {next}<&-
	fi
	wait_until 10 seen_is_as_shown "$1" "$2" 2>/dev/null || { diff -u --label page --label terminal "$1" "$HERE/seen"; return 1; }
	SEEN_LINES[$TERM_NAME]=$((SEEN_FROM - 1 + $(wc -l <"$HERE/seen")))
}

type_console() {
	local lines number before=
	mapfile -t lines <"$1"
	for ((number = 0; number < ${#lines[@]}; number++)); do
		if is_typed "${lines[number]}"; then
			# An answer to a question, or the shell's next prompt, comes first.
			[[ ${lines[number]} == '> '* ]] || wait_line "$PROMPT" 30 || return
			play_line "$(typed_of "${lines[number]}")" "${lines[number + 1]-}" || return
		else
			play_answer "${lines[number]}" "$before" || return
		fi
		before=${lines[number]}
	done
	wait_line "$PROMPT" 60
}

# -- what stands in the page for the test alone

do_lost() { computer_lost "$1"; }

# A web server on a port of this computer, which all computers are on, and the other shell's test: the page names the port.
do_serves() {
	exec {PORT_LOCK}<"$PSS_SOURCE/doc/recipes.md"
	flock -w 200 "$PORT_LOCK"
	mkdir -p "$HERE/www"
	echo "hello from $1" >"$HERE/www/index.html"
	clean_env_words
	"${CLEAN_ENV[@]}" python3 -u -m http.server --bind 127.0.0.1 --directory "$HERE/www" "$2" >"$HERE/www.log" 2>&1 3>&- &
	SERVER=$!
	wait_until 10 grep -q Serving "$HERE/www.log" || { cat "$HERE/www.log"; return 1; }
}
server_stop() {
	[ -n "${SERVER-}" ] || return 0
	end_processes "$SERVER"
	flock -u "$PORT_LOCK"
}

do_terminal() {
	TERM_NAME=$1
	[ -S "$HERE/tmux.$1" ] || user_shell_start
}

# cron's own shell and environment; the page shows what it would mail.
do_cron() {
	local line settings=()
	while IFS= read -r line; do
		case $line in
		[A-Z]*=*) settings+=("$line") ;;
		*) as_user env PATH=/usr/bin:/bin "${settings[@]}" "${settings[0]#SHELL=}" -c "$(cut -d' ' -f6- <<<"$line")" </dev/null >"$HERE/mail" 2>&1 ;;
		esac
	done <"$WORK/crontab"
	diff "$WORK/mail" "$HERE/mail"
}

do_powershell() {
	[ -n "${PSS_PWSH-}" ] || { SKIPPED=1; return 0; }
	echo "PATH=\$PATH:$(dirname "$(powershell_for_accounts "$WORLD")")" >>"$(computer_path "$1" "$REMOTE_HOME")/.bashrc"
}

do_needs() {
	command -v "$1" >/dev/null || { [ -z "${PSS_REQUIRE_ALL-}" ] && SKIPPED=1; }
}

# A file of the page; that of an installed one's is the tree's.
put_file() {
	local name path
	read -r name <"$1"
	case $name in
	'~/.ssh/config')
		{ tail -n +2 "$1"; cat "$WORLD/computers/config"; } >"$REMOTE_HOME/.ssh/config"
		return
		;;
	'~/'*) path=$REMOTE_HOME/${name#'~/'} ;;
	*) path=$WORK/$name ;;
	esac
	mkdir -p "$(dirname "$path")"
	tail -n +2 "$1" | sed "s|$INSTALLED|$WORLD/pssession|g" >"$path"
	[[ $(head -n 1 "$path") != '#!'* ]] || chmod 755 "$path"
	chown "$REMOTE_USER": "$path"
}

play_recipe() {
	local part
	SKIPPED='' TERM_NAME=a WORK=$REMOTE_HOME/work IS_TYPED=''
	declare -gA SEEN_LINES=()
	rm -rf "$WORK" "$HERE/parts"
	mkdir -p "$WORK" "$HERE/parts"
	"$PAGES" parts "$PAGE" "$1" "$HERE/parts" || return
	chown "$REMOTE_USER": "$WORK"
	computers_forget
	# What is entered, asked or interrupted is typed.
	! grep -qsE '^(\[|\^C|.*assword.*:$)' "$HERE"/parts/*.{console,sorted} || IS_TYPED=1
	rm -f "$HERE"/{next,done}.*
	[[ $(head -n 1 "$HERE"/parts/01.*) == 'terminal '* ]] || user_shell_start || return
	for part in "$HERE"/parts/*; do
		case $part in
		*.do) # words of the page itself
			# shellcheck disable=SC2046
			"do_$(cut -d' ' -f1 "$part")" $(cut -s -d' ' -f2- "$part") || return
			;;
		*.file) put_file "$part" || return ;;
		*.script) ;;
		*) play_console "$part" "${part##*.}" || return ;;
		esac
		[ -z "$SKIPPED" ] || { echo "# left out here: $1" >&3; break; }
	done
}

# play SECTION: each of its recipes, in a terminal and with a host process of its own. PSS_RECIPE picks one.
play() {
	local title failed=''
	while IFS= read -r title; do
		[ -z "${PSS_RECIPE-}" ] || [[ $title == *$PSS_RECIPE* ]] || continue
		play_recipe "$title" || { echo "--- $title"; explain_terminals; failed+="$title; "; }
		server_stop
		term_kill
		# shellcheck disable=SC2046
		end_processes $(host_pids)
	done < <("$PAGES" titles "$PAGE" | sed -n "/^## $1\$/,/^## /s/^### //p")
	[ -z "$failed" ] || { echo "not as the page shows: $failed"; return 1; }
}

# play_page PAGE TITLE: one terminal for all of it.
play_page() {
	PAGE=$PSS_SOURCE/doc/$1
	play_recipe "$2"
}

@test "recipes: the ten minutes of doc/start.md, one after the other" { play_page start.md 'Ten minutes'; }
@test "recipes: One computer" { play 'One computer'; }
@test "recipes: Many computers" { play 'Many computers'; }
@test "recipes: Sessions" { play Sessions; }
@test "recipes: Jobs" { play Jobs; }
@test "recipes: Files" { play Files; }
@test "recipes: Ways there" { play 'Ways there'; }
@test "recipes: Scripts, cron and make" { play 'Scripts, cron and make'; }
@test "recipes: PowerShell" { play PowerShell; }

@test "recipes: the page has thirty of them, and each section is tried above" {
	local section
	[ "$("$PAGES" titles "$PAGE" | grep -c '^### ')" -ge 30 ]
	while IFS= read -r section; do
		grep -qF "@test \"recipes: $section\"" "$BATS_TEST_FILENAME" || { echo "$section is not tried"; return 1; }
	done < <("$PAGES" titles "$PAGE" | sed -n 's/^## //p')
}

@test "recipes: what differs from the page is seen" {
	local kind
	printf '$ a\n1\n2\n$ b\n3 of 4\n' >"$HERE/page"
	for kind in '$ a\n2\n1\n$ b\n3 of 4\n' '$ a\n1\n$ b\n3 of 4\n' '$ a\n1\n2\n$ b\n3 of 5\n' '$ a\n1\n2\n\n$ b\n3 of 4\n' '$ a\n1\n2\n'; do
		# shellcheck disable=SC2059
		printf "$kind" >"$HERE/seen"
		not "$PAGES" compare "$HERE/page" "$HERE/seen" console
	done
	printf '$ a\n2\n1\n$ b\n3 of 4\n' >"$HERE/seen"
	"$PAGES" compare "$HERE/page" "$HERE/seen" sorted
	printf '$ a\n1\n2\n$ b\n3 of …\n' >"$HERE/page"
	"$PAGES" compare "$HERE/page" "$HERE/seen" sorted
	not "$PAGES" compare "$HERE/page" "$HERE/seen" console
}

# Each line of the page that asks one computer one thing, without input or state, and that ends by itself.
asked_of_one() {
	sed -nE "s/^\\$ invoke-command ([a-z0-9]+) ('[^']*'|[a-z][a-z ]*)(; echo \\$\\?)?\$/\1\t\2/p" "$PAGE" | grep -vE '\$using|tail -f' | sort -u
}

@test "recipes: what one computer prints is what ssh prints, and so is the status" {
	local computer words n=0
	WORK=$REMOTE_HOME/work
	mkdir -p "$WORK"
	while IFS=$'\t' read -r computer words; do
		n=$((n + 1))
		computers_forget
		printf 'ssh %s %s\n' "$computer" "$words" >"$HERE/by-ssh"
		printf '%s\ninvoke-command %s %s\n' "$(load_line)" "$computer" "$words" >"$HERE/by-us"
		run as_user "$PSS_SHELL" "$HERE/by-ssh" </dev/null 3>&-
		echo "$status $output" >"$HERE/expected"
		computers_forget
		run as_user "$PSS_SHELL" "$HERE/by-us" </dev/null 3>&-
		echo "$status $output" | diff "$HERE/expected" - || { echo "$computer $words"; return 1; }
	done < <(asked_of_one)
	[ "$n" -ge 3 ]
}
