#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# new-pssession -Resilient: the link is cut, and nothing is lost, and nothing is done twice.

load ../harness/harness

setup_file() { world_start bash; }
teardown_file() { world_end; }
setup() { place_start; }
teardown() {
	[ ! -d "$WORLD/ssh1" ] || sshd_stop "$WORLD/ssh1"
	proxy_stop
	place_end
	! mountpoint -q "$HERE/tmp" || umount "$HERE/tmp"
}

far_session() {
	proxy_start 0
	local_bash_start
	run_line "s=\$(new-pssession -Resilient -ConfigFile $FAR_CONFIG $* far)" 30 && status_is 0
}

holder_pids() {
	local pid name
	for pid in $(remote_processes); do
		name=$(tr '\0' '\n' <"/proc/$pid/cmdline" | grep -xA1 ./holder | sed -n 2p)
		[ -z "$name" ] || echo "$name $pid"
	done
}

state_of() {
	local_bash "get-pssession -Property State"
}

is_state() {
	[ "$(state_of)" = "$1" ]
}

# bats test_tags=once
@test "resilient: a session says that it is, and runs commands" {
	local_bash_start
	keep_session -Resilient box
	run_line 'get-pssession -Property Resilient'
	output_is True
	enter_kept
	run_line 'x=5; echo $x'
	output_is 5
	run_line 'exit'
	run_line 'invoke-command -Session "$s" "echo \$x"'
	output_is 5
	run_line 'remove-pssession -Session "$s"'
	wait_until 10 nothing_remote
}

# bats test_tags=once
@test "resilient: a cut link is Disconnected, and comes back with its state" {
	far_session
	run_line 'invoke-command -Session "$s" "x=7"'
	proxy cut
	wait_until 5 is_state Disconnected
	proxy resume
	wait_until 10 is_state Opened
	run_line 'invoke-command -Session "$s" "echo \$x"'
	output_is 7
	run_line 'remove-pssession -Session "$s"'
	wait_until 10 nothing_remote
}

n_lines() {
	wc -l 2>/dev/null <"$1" || echo 0
}

has_lines() {
	[ "$(n_lines "$1")" -ge "$2" ]
}

# cut_while FILE LINES CUTS: cuts the link at as many moments, spread at random over the time in which FILE grows to LINES.
cut_while() {
	local file=$1 lines=$2 cuts=$3 i
	for ((i = 0; i < cuts; i++)); do
		wait_until 60 has_lines "$file" $((lines * i / cuts + RANDOM % (lines / cuts) + 1)) || return
		proxy cut
		proxy resume
	done
}

# bats test_tags=once
@test "resilient: of a numbered stream every number arrives once, whenever the link is cut" {
	local n=${PSS_CUT_NUMBERS:-4000} cuts=${PSS_CUTS:-20} pid
	far_session
	local_bash "invoke-command -Session \"\$(get-pssession -Property InstanceId)\" \
		'for ((i = 1; i <= $n; i++)); do echo \$i; read -t 0.001 <>/dev/tty; done; exit 3'" >"$HERE/numbers" 3>&- &
	pid=$!
	cut_while "$HERE/numbers" "$n" "$cuts"
	wait "$pid" || [ $? -eq 3 ]
	diff <(seq "$n") "$HERE/numbers"
	run_line 'remove-pssession -Session "$s"'
	wait_until 20 nothing_remote
}

# bats test_tags=once
@test "resilient: every command runs once, whenever the link is cut" {
	local n=${PSS_CUT_COMMANDS:-200} cuts=${PSS_CUTS:-20} i
	far_session
	cut_while "$HERE/home/count" "$n" "$cuts" 3>&- &
	local cutter=$!
	local_bash "s=\$(get-pssession -Property InstanceId); for ((i = 1; i <= $n; i++)); do
		invoke-command -Session \"\$s\" \"echo \$i; x=\\\$((x + 1)); exit 2\" >>~/count; [ \$? -eq 2 ] || exit; done"
	wait "$cutter"
	diff <(seq "$n") "$HERE/home/count"
	run_line 'invoke-command -Session "$s" "echo \$x"' 20
	output_is "$n"
	run_line 'remove-pssession -Session "$s"'
	wait_until 20 nothing_remote
}

enter_far() {
	term_type 'enter-pssession -Session "$s"'
	term_keys Enter
	wait_line '^\[.*far\]: remote\$ $'
}

@test "resilient: a terminal that has entered goes on where it was, with what was typed meanwhile" {
	far_session
	enter_far
	term_type 'y=9; echo begun; tr a-z A-Z; echo "ended $y"'
	term_keys Enter
	wait_screen $'\nbegun'
	proxy cut
	wait_screen 'connection to far lost, reconnecting… \(~\. leaves\)'
	term_send 'typed in the dark'
	term_keys Enter
	proxy resume
	wait_screen 'reconnected to far'
	wait_screen 'TYPED IN THE DARK'
	term_keys C-d
	wait_screen 'ended 9'
	wait_line '^\[.*far\]: remote\$ $'
	proxy cut
	wait_until 5 is_state Disconnected
	proxy resume
	wait_until 10 is_state Opened
	term_type 'exit'
	term_keys Enter
	wait_local
	run_line 'remove-pssession -Session "$s"'
	wait_until 10 nothing_remote
}

@test "resilient: ~. leaves a session whose link is lost, and it comes back" {
	far_session
	enter_far
	start_running
	proxy cut
	wait_screen 'reconnecting'
	term_keys Enter
	term_send '~.'
	wait_local
	is_state Disconnected
	proxy resume
	wait_until 15 is_state Opened
	run_line 'remove-pssession -Session "$s"'
	wait_until 10 nothing_remote
}

@test "resilient: a command that waits for a lost link says so, and Ctrl-C gives it up" {
	far_session
	proxy cut
	wait_until 10 is_state Disconnected
	term_type 'invoke-command -Session "$s" "echo never seen"'
	term_keys Enter
	wait_screen 'the connection to far is lost \(.*\); the command waits'
	term_keys C-c
	wait_local
	status_is 130
	proxy resume
	run_line 'invoke-command -Session "$s" "echo again"' 40
	output_like 'again$'
	run_line 'remove-pssession -Session "$s"'
	wait_until 10 nothing_remote
}

# bats test_tags=once
@test "resilient: a holder that is killed closes the session, and says so" {
	far_session
	local before holder
	before=$(state_of)
	[ "$before" = Opened ]
	read -r holder _ < <(holder_pids)
	# shellcheck disable=SC2046
	kill -KILL $(holder_pids | cut -d' ' -f2)
	proxy cut
	proxy resume
	wait_until 10 is_state Closed
	run_line 'get-pssession -Property Cause'
	output_like 'the result of the running command is unknown'
	run_line 'remove-pssession -Session "$s"'
	rm -rf "${TMPDIR:-/tmp}/.pss-$holder"
	wait_until 10 nothing_remote
}

# link_of_holder KEEPER SOURCE LINES: a holder in a directory of its own, whose link has said LINES; then the link ends.
link_of_holder() {
	mkdir "$HERE/held"
	cp "$PSS_SOURCE/plugin/remote/scripts/$2" "$HERE/held/holder"
	mkfifo "$HERE/up"
	(cd "$HERE/held" && exec "$1" ./holder 0123456789abcdef0123456789abcdef 7200 0022 <"$HERE/up" >"$HERE/down") 3>&- &
	bridge=$!
	exec {up}>"$HERE/up"
	printf '%b' "$3" >&"$up"
	wait_until 10 grep -q ' h 0 0 ' "$HERE/down"
	exec {up}>&-
	wait "$bridge"
}

# bats test_tags=once
@test "resilient: a holder whose client has not heard of it ends with its link, another one stays" {
	local keeper up bridge
	for keeper in 'perl holder-perl.pl' 'python3 holder-python.py'; do
		# shellcheck disable=SC2086
		link_of_holder $keeper '@ 0 me me@here\n1 p 1 exec\\040cat\n'
		wait_until 10 not test -e "$HERE/held"
		rm "$HERE"/up "$HERE"/down
		# shellcheck disable=SC2086
		link_of_holder $keeper '@ 0 me me@here\n1 p 1 exec\\040cat\nH\n'
		wait_until 10 not test -e "$HERE/held/link"
		is_alive "$(cat "$HERE/held/pid")"
		end_processes "$(cat "$HERE/held/pid")"
		wait_until 10 not test -e "$HERE/held"
		rm "$HERE"/up "$HERE"/down
	done
}

has_holder() {
	[ -n "$(holder_pids)" ]
}

# What becomes the holder waits at the gate until a round trip takes so long that it is seen here before it is heard of.
cut_off_opening() {
	local gate=$WORLD/remote-run/gate client
	proxy delay 0
	: >"$gate.log"
	local_bash "new-pssession -Resilient -ConfigFile $FAR_CONFIG far" 3>&- &
	client=$!
	wait_until 20 test -s "$gate.log"
	proxy delay 1500
	echo >"$gate"
	wait_until 20 has_holder
	"$@"
	wait_until 20 nothing_remote
	end_tree "$client"
	wait "$client" 2>/dev/null || :
}

kill_host() {
	HOST_WAS_KILLED=1
	# shellcheck disable=SC2046
	kill -KILL $(host_pids)
}

end_client() {
	end_tree "$client"
}

# bats test_tags=once
@test "resilient: a session whose opening is cut off leaves no holder" {
	requires_made_account
	local gate=$WORLD/remote-run/gate
	mkfifo -m 666 "$gate"
	: >"$gate.log"
	chmod 666 "$gate.log"
	# sshd's shell reads it, also for a command.
	printf '[ -s %q ] || { echo at the gate >>%q; read -r _ <%q; }\n' "$gate.log" "$gate.log" "$gate" | account_file .bashrc
	proxy_start 0
	cut_off_opening end_client
	cut_off_opening kill_host
	cut_off_opening proxy cut
	write_dotfiles bash
	rm "$gate" "$gate.log"
}

# bats test_tags=once
@test "resilient: a host process that ends while a session opens ends it there" {
	requires_made_account
	local gate=$WORLD/remote-run/gate client
	mkfifo -m 666 "$gate"
	printf 'echo at the gate >>%q\nread -r _ <%q\n' "$gate.log" "$gate" | account_file .bash_profile
	: >"$gate.log"
	chmod 666 "$gate.log"
	local_bash "new-pssession -Resilient -ConfigFile \$C box" 3>&- &
	client=$!
	wait_until 20 test -s "$gate.log"
	# shellcheck disable=SC2046
	kill -TERM $(host_pids)
	wait_until 20 nothing_remote
	end_tree "$client"
	write_dotfiles bash
	rm "$gate" "$gate.log"
}

# bats test_tags=once
@test "resilient: removed while the link is lost, it ends when there is one again" {
	far_session
	proxy cut
	wait_until 5 is_state Disconnected
	run_line 'remove-pssession -Session "$s"'
	proxy resume
	wait_until 20 nothing_remote
}

survives_with() {
	server_with_keepers "$1"
	local_bash_start
	keep_session -Resilient box
	run_line 'get-pssession -Property Resilient'
	output_is True
	run_line 'invoke-command -Session "$s" "x=7"'
	# shellcheck disable=SC2046
	kill -KILL $(sshd_connections "$WORLD/ssh1")
	run_line 'invoke-command -Session "$s" "echo \$x; exit 4"; echo $?' 20
	output_is $'7\n4'
	[[ " $(tr '\0' ' ' <"/proc/$(holder_pids | sed -n 's/.* //p;q')/cmdline")" == *" ${2:-$1} ./holder "* ]]
	# Another host process takes it over.
	HOST_WAS_KILLED=1
	# shellcheck disable=SC2046
	kill -KILL $(host_pids)
	run_line 'connect-pssession -Session "$s" >/dev/null; invoke-command -Wait -Session "$s" "echo \$x"' 30
	output_is 7
	run_line 'remove-pssession -Session "$s"'
	wait_until 10 nothing_remote
	sshd_stop "$WORLD/ssh1"
}

# bats test_tags=once
@test "resilient: the holder is Perl's where there is only that" {
	survives_with perl
}

# bats test_tags=once
@test "resilient: the holder is Python's where there is only that" {
	survives_with python3
}

# perl-base without the modules that a whole perl has beside it.
# bats test_tags=once
@test "resilient: with the modules of perl-base alone" {
	mkdir -p "$HERE/bin" "$HERE/lib"
	echo '@INC = grep { m{/perl-base$} } @INC; 1;' >"$HERE/lib/OnlyBase.pm"
	server_with_keepers
	printf '#!/bin/sh\nexec /usr/bin/perl -I%s -MOnlyBase "$@"\n' "$HERE/lib" >"$HERE/bin/perl"
	chmod 755 "$HERE/bin/perl" "$HERE/lib"
	local_shell_start
	keep_session -Resilient box
	run_line 'get-pssession -Property Resilient'
	output_is True
	run_line 'invoke-command -Session "$s" "echo it lives"'
	output_is 'it lives'
	run_line 'remove-pssession -Session "$s"'
	wait_until 5 nothing_remote
	sshd_stop "$WORLD/ssh1"
}

# bats test_tags=once
@test "resilient: without any keeper it is a plain session, and that is said" {
	server_with_keepers
	local_bash_start
	run_line 's=$(new-pssession -Resilient -ConfigFile $C box)'
	output_like 'this session is not resilient: box cannot keep one \(neither .* works there\)'
	run_line 'get-pssession -Property Resilient'
	output_is False
	run_line 'invoke-command -Session "$s" "echo it works"'
	output_is 'it works'
	run_line 'remove-pssession -Session "$s"'
	wait_until 10 nothing_remote
	sshd_stop "$WORLD/ssh1"
}

# A file system of the remote account's own as its TMPDIR.
with_tmp() {
	requires_made_account
	mkdir -p "$HERE/tmp"
	mount -t tmpfs -o "mode=1777,$1" pss "$HERE/tmp" 2>/dev/null || skip "no file system can be mounted"
	chmod 755 "$HERE"
	second_server "TMPDIR=$HERE/tmp"
	local_bash_start
}

works_with_tmp() {
	keep_session -Resilient box
	run_line 'get-pssession -Property Resilient'
	output_is True
	run_line 'invoke-command -Session "$s" "x=7"'
	# shellcheck disable=SC2046
	kill -KILL $(sshd_connections "$WORLD/ssh1")
	run_line 'invoke-command -Session "$s" "echo \$x"' 20
	output_is 7
	[ -n "$(find "$1" -maxdepth 1 -name '.pss-*' -user "$REMOTE_USER")" ]
	enter_kept
	run_line 'echo $x'
	output_is 7
	run_line exit
	run_line 'remove-pssession -Session "$s"'
	wait_until 10 nothing_remote
	[ -z "$(find "$HERE/tmp" -name '.pss-*')" ]
}

# bats test_tags=once
@test "resilient: a temporary directory without room is passed over" {
	with_tmp size=32k
	works_with_tmp /var/tmp
}

# bats test_tags=once
@test "resilient: nothing need be executable in the temporary directory" {
	with_tmp noexec
	works_with_tmp "$HERE/tmp"
}

# bats test_tags=once
@test "resilient: when its directory is removed it works until the link is lost, and is Closed then" {
	requires_made_account
	local_bash_start
	keep_session -Resilient box
	# shellcheck disable=SC2046
	rm -rf $(remote_directories)
	enter_kept
	run_line 'echo it works; (exit 3)'
	output_like '^it works'
	run_line 'echo $?'
	output_is 3
	leave_by exit
	# shellcheck disable=SC2046
	kill -KILL $(sshd_connections "$WORLD/ssh")
	wait_until 10 is_state Closed
	run_line 'get-pssession -Property Cause'
	output_like 'has exited \(it is not there any more\); the result of the running command is unknown'
	# Nobody finds the holder again, so it ends.
	wait_until 20 nothing_remote
	run_line 'remove-pssession -Session "$s"'
}

# bats test_tags=once
@test "resilient: -IdleTimeoutSec is checked, and goes with -Resilient only" {
	run local_bash 'new-pssession -IdleTimeoutSec 60 -ConfigFile $C box'
	[ "$status" -eq 2 ]
	[[ $output == *'-IdleTimeoutSec goes with -Resilient'* ]]
	run local_bash 'new-pssession -Resilient -IdleTimeoutSec 59 -ConfigFile $C box'
	[ "$status" -eq 2 ]
	[[ $output == *"0 (never) or at least 60, not '59'"* ]]
}

# unwritten REASON: it is said when the session is opened, and the session works.
unwritten() {
	run local_bash 'new-pssession -Resilient -ConfigFile $C box 2>$HERE/said >/dev/null; cat $HERE/said
		[ "$(invoke-command -Id 1 "echo works")" = works ] && remove-pssession -Id 1'
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *'session Session1 cannot be written down'*"$1"* ]]
	wait_until 10 nothing_remote
}

# bats test_tags=once
@test "resilient: a session that cannot be written down says so: no directory" {
	: >"$HERE/run/kept"
	unwritten 'Not a directory'
}

# bats test_tags=once
@test "resilient: a session that cannot be written down says so: a full disk" {
	requires_made_account
	mkdir -m 700 "$HERE/run/kept" "$HERE/tmp"
	mount -t tmpfs -o mode=700,size=4k,nr_inodes=2 pss "$HERE/tmp" 2>/dev/null || skip 'no file system can be mounted'
	head -c 4096 /dev/zero >"$HERE/tmp/full"
	rmdir "$HERE/run/kept"
	ln -s "$HERE/tmp" "$HERE/run/kept"
	unwritten 'No space left on device'
	rm "$HERE/run/kept"
}
