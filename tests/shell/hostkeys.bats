#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Host keys: anything but a match fails closed, and the verdict never differs from ssh's in the lax direction.

load ../harness/harness

setup_file() { world_start bash; }
teardown_file() { world_end; }
setup() { place_start; own_known_hosts; }
teardown() { place_end; }

# K: a config whose known_hosts is the test's own.
own_known_hosts() {
	sed -e "s|UserKnownHostsFile .*|UserKnownHostsFile $HERE/known|" -e 's/^StrictHostKeyChecking.*/StrictHostKeyChecking ask/' \
		"$WORLD/ssh/ssh_config" >"$HERE/config"
	: >"$HERE/known"
	echo "K=$HERE/config" >>"$HERE/rc"
}

host_key() {
	cut -d' ' -f1,2 "$WORLD/ssh/host_key.pub"
}

other_key() {
	[ -f "$HERE/other" ] || ssh-keygen -q -t "${1:-ed25519}" -N '' -f "$HERE/other"
	cut -d' ' -f1,2 "$HERE/other.pub"
}

fingerprint_of() {
	ssh-keygen -lf "$1" | cut -d' ' -f2
}

ask() {
	local_bash_start
	term_type 'enter-pssession -ConfigFile $K box'
	term_keys Enter
	wait_screen "$(fingerprint_of "$WORLD/ssh/host_key.pub" | sed 's/[+]/[+]/g')"
}

@test "host key: an unknown one is asked about with its fingerprint; no refuses and remembers nothing" {
	ask
	term_send no
	term_keys Enter
	wait_local
	status_is 255
	[ ! -s "$HERE/known" ]
}

@test "host key: yes enters, and remembers it in a form that ssh accepts" {
	ask
	term_send yes
	term_keys Enter
	wait_remote
	leave_by exit
	ssh -F "$HERE/config" -o StrictHostKeyChecking=yes -o BatchMode=yes box true
	run_line 'enter-pssession -ConfigFile $K box'
	wait_remote
}

@test "host key: the fingerprint itself is a yes, a wrong word asks again" {
	ask
	term_send perhaps
	term_keys Enter
	wait_screen "[Pp]lease type"
	term_send "$(fingerprint_of "$WORLD/ssh/host_key.pub")"
	term_keys Enter
	wait_remote
}

@test "host key: Ctrl-C at the question ends the attempt" {
	ask
	term_keys C-c
	wait_local
	[ ! -s "$HERE/known" ]
	terminal_is_sane
}

@test "host key: without a terminal an unknown one is refused at once" {
	run local_bash "new-pssession -ConfigFile $HERE/config box </dev/null"
	[ "$status" -eq 255 ]
	[[ $output == *box* ]]
	[ ! -s "$HERE/known" ]
}

@test "host key: a changed one is always refused, with the file and the line" {
	printf '# a comment\n[127.0.0.1]:%s %s\n' "$SSHD_PORT" "$(other_key)" >"$HERE/known"
	local_bash_start
	run_line 'enter-pssession -ConfigFile $K box; echo "s=$?"'
	output_like 's=255$'
	tr -d '\n' <<<"$OUT" | grep -qF "$HERE/known:2" || tr -d '\n' <<<"$OUT" | grep -qE "line 2"
	tr -d '\n' <<<"$OUT" | grep -qF "$HERE/known"
	run_line 'enter-pssession -ConfigFile $K -Options StrictHostKeyChecking=no box; echo "s=$?"'
	output_like 's=255$'
}

# verdict NAME: what ssh and we say to the known_hosts file of that test, neither asking anybody.
same_verdict() {
	local ours theirs
	ssh -F "$HERE/config" -o StrictHostKeyChecking=yes -o BatchMode=yes -o ConnectTimeout=5 box true 2>"$HERE/ssh.err" && theirs=yes || theirs=no
	local_bash "new-pssession -ConfigFile $HERE/config -Options StrictHostKeyChecking=yes box </dev/null" \
		>/dev/null 2>"$HERE/our.err" && ours=yes || ours=no
	[ "$theirs" = "$1" ] || { echo "ssh says $theirs to: $2"; cat "$HERE/ssh.err"; return 1; }
	[ "$ours" = "$1" ] || { echo "we say $ours to: $2"; cat "$HERE/our.err"; return 1; }
}

known() {
	printf '%s\n' "$@" >"$HERE/known"
}

@test "host key: the verdicts are ssh's own over a table of known_hosts files" {
	local at="[127.0.0.1]:$SSHD_PORT" key
	key=$(host_key)
	known "$at $key"
	same_verdict yes 'a plain line'
	ssh-keygen -q -H -f "$HERE/known" 2>/dev/null
	same_verdict yes 'a hashed line'
	known "$at $(other_key)"
	same_verdict no 'another key'
	known "$at $(other_key)" "$at $key"
	same_verdict yes 'another key and this one'
	known "@revoked $at $key"
	same_verdict no 'revoked'
	known "$at $key" "@revoked * $key"
	same_verdict no 'known and revoked'
	known "@cert-authority $at $key"
	same_verdict no 'known only as an authority'
	known "127.0.0.1 $key"
	same_verdict no 'known without the port' || known "127.0.0.1 $key"
	known "[127.0.0.*]:$SSHD_PORT $key"
	same_verdict yes 'a pattern'
	known "[127.0.0.*]:$SSHD_PORT,!$at $key"
	same_verdict no 'a pattern that excludes it'
	known "$at ${key% *} AAAAgarbage"
	same_verdict no 'garbage'
	known "$at"
	same_verdict no 'a line that is cut short'
	: >"$HERE/known"
	same_verdict no 'an empty file'
}

@test "host key: another key type on file is not a match" {
	rm -f "$HERE/other" "$HERE/other.pub"
	known "[127.0.0.1]:$SSHD_PORT $(other_key ecdsa)"
	same_verdict no 'only a key of another type'
}

@test "host key: an unreadable file fails closed" {
	known "[127.0.0.1]:$SSHD_PORT $(host_key)"
	rm "$HERE/known"
	mkdir "$HERE/known"
	same_verdict no 'a directory in place of the file'
}

@test "host key: options of ssh_config that cannot be honoured fail the open and are named" {
	known "[127.0.0.1]:$SSHD_PORT $(host_key)"
	run local_bash "new-pssession -ConfigFile $HERE/config -Options RevokedHostKeys=$HERE/none box"
	[ "$status" -ne 0 ]
	[[ $output == *evoked* ]]
	run local_bash "new-pssession -ConfigFile $HERE/config -Options VerifyHostKeyDNS=yes box"
	[ "$status" -ne 0 ]
	[[ ${output,,} == *verifyhostkeydns* ]]
}

@test "host key: accept-new takes an unknown one without a question, not a changed one" {
	run local_bash "new-pssession -ConfigFile $HERE/config -Options StrictHostKeyChecking=accept-new box </dev/null"
	[ "$status" -eq 0 ]
	[ -s "$HERE/known" ]
	known "[127.0.0.1]:$SSHD_PORT $(other_key)"
	run local_bash "new-pssession -ConfigFile $HERE/config -Options StrictHostKeyChecking=accept-new box </dev/null"
	[ "$status" -eq 255 ]
}
