# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What every test in tests/shell loads. A *world* is what a file needs (an account, a private sshd, keys),
# made in setup_file; a *place* is what one test needs (home, runtime directory, state, terminals), so that
# no test sees another's host process. Leaving the place or the world fails the test when anything is left:
# processes, sockets, FIFOs, directories, on either side.
#
#   setup_file()    { world_start bash; }        SHELL of the remote account, then lines for sshd_config
#   setup()         { place_start; }
#   teardown()      { place_end; }
#   teardown_file() { world_end; }
#
# The shell that is tried is PSS_SHELL, bash or zsh: meson runs a file once for each. A test that can be so in one
# of them only says `only bash 'why'`.

export LC_ALL=C.UTF-8
PSS_SOURCE=${PSS_SOURCE:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
PSS_BUILD=${PSS_BUILD:-$PSS_SOURCE/build}
PSS_SHELL=${PSS_SHELL:-bash}
case $PSS_SHELL in
bash) PSS_LOADABLE=$PSS_BUILD/bash-builtin/pssession.so ;;
zsh) PSS_LOADABLE=$PSS_BUILD/zsh-module/pssession.so ;;
esac
export PSS_SOURCE PSS_BUILD PSS_LOADABLE PSS_SHELL

# Another fish than that of PATH.
[ -z "${PSS_FISH-}" ] || PATH=${PSS_FISH%/*}:$PATH

HARNESS=$PSS_SOURCE/tests/harness
for part in wait process system-calls owner sshd accounts windows terminal netproxy long-line leftovers; do
	# shellcheck source=/dev/null
	. "$HARNESS/$part.bash"
done
unset part

# -- the world ---------------------------------------------------------------------------------------------

write_dotfiles() {
	# Start-up files that a test's own account reads: the prompt is known, and they say that they were read.
	case $1 in
	bash)
		# What systemd 258 prints from these (OSC 3008, by /etc/profile.d) is in nobody's output here.
		account_file .bash_profile <<-'END'
			unset PROMPT_COMMAND PS0
			export LOGIN_FILE_READ=yes
			. ~/.bashrc
		END
		account_file .bashrc <<-'END'
			PS1='remote$ '
			alias hello='echo hello from the alias'
			greet() { echo "greetings, $1"; }
		END
		;;
	zsh)
		account_file .zprofile <<-'END'
			export LOGIN_FILE_READ=yes
		END
		account_file .zshrc <<-'END'
			PS1='remote$ '
			alias hello='echo hello from the alias'
			greet() { echo "greetings, $1"; }
		END
		;;
	fish)
		# Where the second is missing, fish fills it in the background, from all manual pages.
		mkdir -p "$REMOTE_HOME/.config/fish" "$REMOTE_HOME/.local/share/fish/generated_completions"
		[ -z "$ACCOUNT_MADE" ] || chown -R "$REMOTE_USER": "$REMOTE_HOME/.config" "$REMOTE_HOME/.local"
		account_file .config/fish/config.fish <<-'END'
			status is-login; and set -gx LOGIN_FILE_READ yes
			set -g fish_greeting
			function fish_prompt; echo -n 'remote$ '; end
			alias hello='echo hello from the alias'
			function greet; echo "greetings, $argv[1]"; end
			complete -c greeter -f -a 'status stash switch'
		END
		;;
	pwsh)
		mkdir -p "$REMOTE_HOME/.config/powershell"
		[ -z "$ACCOUNT_MADE" ] || chown -R "$REMOTE_USER": "$REMOTE_HOME/.config"
		account_file .profile <<<'export LOGIN_FILE_READ=yes'
		account_file .config/powershell/profile.ps1 <<-'END'
			function prompt { 'remote$ ' }
			function hello { 'hello from the function' }
			function greet($name) { "greetings, $name" }
		END
		;;
	*)
		account_file .profile <<-'END'
			export LOGIN_FILE_READ=yes
			PS1='remote$ '
			alias hello='echo hello from the alias'
			greet() { echo "greetings, $1"; }
		END
		;;
	esac
}

# WORLD must be short: a socket's path in it has to fit 108 bytes.
world_make() {
	WORLD=$(mktemp -d "${TMPDIR:-/tmp}/pss-XXXXXX")
	chmod 755 "$WORLD"
	own_directory "$WORLD"
	mkdir -p "$WORLD/ssh" "$WORLD/remote-run"
	# A name of our own for the host program, so that its processes can be told from other tests'.
	ln -s "$PSS_BUILD/plugin/host/pssession-host" "$WORLD/pssession-host"
	export WORLD
}

remote_environment() {
	printf 'SetEnv XDG_RUNTIME_DIR=%s PSS_TEST_WORLD=%s' "$WORLD/remote-run" "$WORLD"
}

world_start() {
	local shell=$1
	shift
	world_make
	account_create "$shell" "$WORLD" "${PSS_ACCOUNT_HASH:-*}" || return
	[ -z "$REMOTE_OWNED" ] || write_dotfiles "$shell"
	chown "$REMOTE_USER" "$WORLD/remote-run"
	chmod 700 "$WORLD/remote-run"
	case ${PSS_SSH_SERVER:-sshd} in
	dropbear | tinysshd) "${PSS_SSH_SERVER}_start" "$WORLD/ssh" "$REMOTE_USER" ;;
	*) sshd_start "$WORLD/ssh" "$REMOTE_USER" "$@" "$(remote_environment)" ;;
	esac
}

world_end() {
	local failed=0 server
	# One that has ended already: the number of its account may be that of another world's, which is not to be ended.
	[ -d "${WORLD-}" ] || return 0
	leftovers_remote || failed=1
	for server in "$WORLD"/ssh*/; do
		sshd_stop "$server" || failed=1
	done
	account_remove || failed=1
	[ "$failed" = 0 ] || keep_logs
	rm -rf "$WORLD"
	return "$failed"
}

# A test that rests on our start-up files cannot run on an account that is a person's.
requires_own_account() {
	[ -n "$REMOTE_OWNED" ] || skip "needs an account with start-up files of the tests' own"
}

# One that changes the account's files cannot run on an account that other tests use at the same time.
requires_made_account() {
	[ -n "$ACCOUNT_MADE" ] || skip "needs root, to make an account of its own"
}

# -- the place ---------------------------------------------------------------------------------------------

place_start() {
	[ -z "${WORLD_SKIP-}" ] || skip "$WORLD_SKIP"
	HERE=$WORLD/$BATS_TEST_NUMBER
	mkdir -p "$HERE/home" "$HERE/state"
	mkdir -m 700 "$HERE/run"
	export HERE
	write_local_rc
	trace_test_alone
}

# bats has bash trace each command, at many times its own cost, to tell where a test failed. It is enough to trace the
# test's own; PSS_TRACE=1 shows where in a function, too.
trace_test_alone() {
	[ -z "${PSS_TRACE-}" ] && [ -n "${BATS_TEST_NAME-}" ] || return 0
	set +T
	declare -ft "$BATS_TEST_NAME"
}

# What brings our commands into a local shell.
load_line() {
	case $PSS_SHELL in
	bash) echo "enable -f $PSS_LOADABLE enter-pssession" ;;
	zsh) echo "module_path+=(${PSS_LOADABLE%/*}); zmodload pssession" ;;
	esac
}

# What the local shell starts with. A place's files are named below it, so they are short to type.
write_local_rc() {
	{
		printf '%s\n' "PS1='local\$ '" "C=$WORLD/ssh/ssh_config" "HISTFILE=$HERE/home/history"
		load_line
	} >"$HERE/rc"
	[ "$PSS_SHELL" = zsh ] || return 0
	mkdir -p "$HERE/zdot"
	echo "HISTSIZE=1000 SAVEHIST=1000; . $HERE/rc" >"$HERE/zdot/.zshrc"
}

# A line that sets `armed` has that run in front of the next prompt; `timely`, where zsh's PERIOD is over.
write_hooks_in_front() {
	echo 'in_front() { [ -n "$1" ] || return 0; armed= timely=; eval "$1"; }'
	by_shell 'PROMPT_COMMAND='\''in_front "$armed"'\' 'zmodload zsh/sched; PERIOD=0; precmd() { in_front "$armed" }; periodic() { in_front "$timely" }'
} >>"$HERE/rc"

# by_shell BASH ZSH: the text for the shell that is tried.
by_shell() {
	case $PSS_SHELL in
	bash) printf '%s\n' "$1" ;;
	zsh) printf '%s\n' "$2" ;;
	esac
}

# only SHELL REASON: what the test says cannot be so in the other shell.
only() {
	[ "$PSS_SHELL" = "$1" ] || skip "$1 only: $2"
}

# Another computer's client is one with another CLIENT: what a host process has is apart then.
clean_env_words() {
	local user='\u'
	CLEAN_ENV=(
		env -i "HOME=$HERE/home" "PATH=$PATH" "USER=${user@P}" LANG=C.UTF-8 TZ=UTC
		"TERM=${PSS_TEST_TERM:-screen-256color}" "WORLD=$WORLD" "HERE=$HERE"
		"PSSESSION_RUNTIME_DIR=$HERE/run${CLIENT-}" "PSSESSION_HOST=$WORLD/pssession-host" "XDG_STATE_HOME=$HERE/state"
		"PSSESSION_TEST_DEADLINES=$HERE/deadlines"
	)
	local name
	for name in ASAN_OPTIONS UBSAN_OPTIONS LSAN_OPTIONS; do
		[ -z "${!name-}" ] || CLEAN_ENV+=("$name=${!name}")
	done
}

clean_env() {
	clean_env_words
	"${CLEAN_ENV[@]}" "$@"
}

# A shell in a terminal with our commands in it, waiting at its prompt. More arguments go to the shell.
local_shell_start() {
	clean_env_words
	case $PSS_SHELL in
	bash) term_start "${CLEAN_ENV[@]}" "${BASH_UNDER_TEST:-bash}" --noprofile --rcfile "$HERE/rc" "$@" -i || return ;;
	zsh) term_start "${CLEAN_ENV[@]}" "ZDOTDIR=$HERE/zdot" "${ZSH_UNDER_TEST:-zsh}" -d "$@" -i || return ;;
	esac
	wait_local
}

# A script in a shell without terminal.
local_shell() {
	local shell=("${BASH_UNDER_TEST:-bash}" --noprofile --norc)
	[ "$PSS_SHELL" != zsh ] || shell=("${ZSH_UNDER_TEST:-zsh}" -f)
	clean_env "${shell[@]}" -c "
		C=$WORLD/ssh/ssh_config
		$(load_line) || exit 99
		$1" "$PSS_SHELL" "${@:2}" 3>&-
}

# The names from before there were two.
local_bash_start() { local_shell_start "$@"; }
local_bash() { local_shell "$@"; }

# Enters box (or what the arguments say), to its first prompt.
enter() {
	local line="enter-pssession -ConfigFile \$C ${*:-box}"
	if [ -n "$REMOTE_OWNED" ]; then
		run_line "$line" && wait_remote
		return
	fi
	# A person's own prompt is not known; from here on it is.
	term_type "$line" && term_keys Enter && wait_line '^\[.*box\]: .*[$#%] $' && run_line "PS1='remote\$ '"
}

# The program's name itself, not an argument of something else.
find_hosts() {
	local pid program all
	find_with_argument "$WORLD/pssession-host"
	all=("${FOUND[@]}")
	FOUND=()
	for pid in "${all[@]}"; do
		program=
		{ IFS= read -rd '' program <"/proc/$pid/cmdline"; } 2>/dev/null || :
		[ "$program" != "$WORLD/pssession-host" ] || FOUND+=("$pid")
	done
}

host_pids() {
	local FOUND
	find_hosts
	print_found
}

place_end() {
	local failed=0 FOUND
	[ -n "${HERE-}" ] || return 0
	[ -n "${BATS_TEST_COMPLETED-}" ] || explain_terminals
	term_kill
	proxy_stop
	line_stop
	find_hosts
	end_processes "${FOUND[@]}" || failed=1
	sshd_resume
	leftovers_local || failed=1
	leftovers_remote || failed=1
	[ "$failed" = 0 ] || keep_logs
	return "$failed"
}

# Stopped connections are let go, or nothing that hangs on them could end.
sshd_resume() {
	local FOUND
	[ -f "$WORLD/ssh/sshd.pid" ] || return 0
	find_sshd_connections "$WORLD/ssh"
	[ ${#FOUND[@]} -eq 0 ] || kill -CONT "${FOUND[@]}" 2>/dev/null || :
}

explain_terminals() {
	local socket
	for socket in "$HERE"/tmux.*; do
		[ -S "$socket" ] || continue
		TERM_NAME=${socket##*.} explain_screen
	done
	echo "--- the end of sshd.log ---" >&2
	tail -n 12 "$WORLD/ssh/sshd.log" >&2
}

keep_logs() {
	local kept=${PSS_LOGS:-$PSS_BUILD/meson-logs}/kept-${WORLD##*/}
	mkdir -p "$kept" 2>/dev/null && cp -r "$WORLD/ssh/sshd.log" "$WORLD/ssh/sshd_config" "$kept" 2>/dev/null
	[ -z "${HERE-}" ] || cp -r "$HERE/state" "$kept" 2>/dev/null
	echo "the logs of this world are in $kept" >&2
}

# -- words that many tests use -----------------------------------------------------------------------------

# A line that leaves the session; the local prompt comes back.
leave_by() {
	term_type "$1" && term_keys Enter && wait_local
}

# $? of the last command of the shell in the terminal.
status_is() {
	run_line 'echo "status=$?"' || return
	[ "$OUT" = "status=$1" ] || { echo "not status $1 but $OUT" >&2; return 1; }
}

output_is() {
	[ "$OUT" = "$1" ] || { printf 'not <%s> but <%s>\n' "$1" "$OUT" >&2; return 1; }
}

output_like() {
	[[ $OUT =~ $1 ]] || { printf 'nothing like <%s> in <%s>\n' "$1" "$OUT" >&2; return 1; }
}

# Opens a kept session in the terminal's shell; s is its InstanceId.
keep_session() {
	run_line "s=\$(new-pssession -ConfigFile \$C ${*:-box})" 30 && status_is 0
}

# deadlines PERCENT: of the product's (plugin/wire/deadlines.h), in all that runs in this place, from now on. A build that is
# no developer's (-Dtest_deadlines) waits them out.
deadlines() {
	echo "$1" >"$HERE/deadlines.new" && mv "$HERE/deadlines.new" "$HERE/deadlines"
}

enter_kept() {
	run_line 'enter-pssession -Session "$s"' && wait_remote || return
	[ -n "$REMOTE_OWNED" ] || run_line "PS1='remote\\$ '"
}

# second_server_with CONFIG_LINE…: a second server, for C of the local shell; its log is $WORLD/ssh1/sshd.log.
second_server_with() {
	sshd_stop "$WORLD/ssh1" # of an earlier test
	mkdir -p "$WORLD/ssh1"
	chmod 755 "$WORLD/ssh1"
	sshd_start "$WORLD/ssh1" "$REMOTE_USER" "$@"
	sed -i "s|^C=.*|C=$WORLD/ssh1/ssh_config|" "$HERE/rc"
}

# The same; its remote commands have these variables more.
second_server() { second_server_with "$(remote_environment) $*"; }

# One whose remote commands find all programs of this computer but perl, python3 and script; those in the arguments
# they do find.
server_with_keepers() {
	local tool
	mkdir -p "$HERE/bin"
	chmod 755 "$HERE" "$HERE/bin"
	ln -s /usr/bin/* "$HERE/bin"
	rm -f "$HERE"/bin/perl* "$HERE"/bin/python* "$HERE/bin/script"
	for tool; do
		ln -s "/usr/bin/$tool" "$HERE/bin/"
	done
	second_server "PATH=$HERE/bin"
}

# Starts something that runs until it is told to end, and waits until it runs.
start_running() {
	term_type "${1:-echo running; $FOREVER}"
	term_keys Enter
	wait_screen $'\nrunning'
}

# interrupt_running COMMAND: by Ctrl-C, once it has said `running`; OUT is its status.
interrupt_running() {
	start_running "$1"
	term_keys C-c
	wait_line 'local\$ $' || return # behind bash's ssh there is no new line
	run_line 'echo $?'
	term_keys C-l
}

# shellcheck disable=SC2034 # for the tests
FOREVER='tail -f /dev/null'
# shellcheck disable=SC2034
UUID='[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'

# The local terminal behaves: lines are echoed, newlines are newlines, Ctrl-C interrupts.
terminal_is_sane() {
	run_line 'stty -a | tr " ;" "\n" | grep -cxE "icanon|echo|isig|opost|onlcr|icrnl"' && output_is 6
}
