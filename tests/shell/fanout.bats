#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# invoke-command on many computers at once: a hundred names of one server on sixteen addresses, and among them some that
# are dead, refuse, have a wrong key, hang up or say nothing.

load ../harness/harness

PASSWORD='p ä"ss$word'

setup_file() {
	local n addresses=()
	for ((n = 2; n <= 16; n++)); do
		addresses+=("ListenAddress 127.0.0.$n")
	done
	PSS_ACCOUNT_HASH=$(perl -e 'print crypt($ARGV[0], "\$6\$pssession\$")' "$PASSWORD")
	export PSS_ACCOUNT_HASH
	world_start bash 'MaxStartups 10:60:40' 'PasswordAuthentication yes' "${addresses[@]}"
	ssh-keygen -q -t ed25519 -N '' -f "$WORLD/other_key"
}

teardown_file() { world_end; }

setup() {
	place_start
	write_hosts
}

teardown() {
	[ -z "${BAD-}" ] || end_processes "$BAD"
	place_end
}

# h… are our server, each at one of its addresses; p… ask for a password; the others each fail in a way of their own.
write_hosts() {
	local n options
	options=$(grep -vE '^[[:blank:]]*(Host|HostName|Port|ConnectTimeout|UserKnownHostsFile) ' "$WORLD/ssh/ssh_config")
	{
		cat "$WORLD/ssh/known_hosts"
		printf 'wrongkey %s\n' "$(cut -d' ' -f1,2 "$WORLD/other_key.pub")"
	} >"$HERE/known"
	{
		for ((n = 1; n <= 100; n++)); do
			printf 'Host h%d h%03d\n\tHostName 127.0.0.%d\n' "$n" "$n" $((n % 16 + 1))
		done
		cat <<-END
			Host refuses
				HostName 127.0.0.2
				Port 1
			Host wrongkey
				HostKeyAlias wrongkey
			Host unknownkey
				HostKeyAlias unknownkey
			Host asks*
				HostKeyAlias %n
				StrictHostKeyChecking ask
			Host nowhere
				HostName nowhere.invalid
			Host denied
				User nosuchuser
				PreferredAuthentications publickey
			Host silent
				Port ${SILENT_PORT:-9}
				ConnectTimeout 2
			Host dead
				Port ${DEAD_PORT:-9}
				ConnectTimeout 2
			Host hangsup
				Port ${HANGUP_PORT:-9}
				ConnectTimeout 2
			Host p*
				PreferredAuthentications password
				IdentityFile none
			Host *
				HostName 127.0.0.1
				Port $SSHD_PORT
				HostKeyAlias [127.0.0.1]:$SSHD_PORT
				UserKnownHostsFile $HERE/known
				ConnectTimeout 20
			$options
		END
	} >"$HERE/config"
}

# One takes connections and says nothing, one does not even take them (its queue is full), one hangs up at once.
start_bad_servers() {
	python3 -u -c '
import socket
def listen(backlog):
    s = socket.socket()
    s.bind(("127.0.0.1", 0))
    s.listen(backlog)
    return s
silent, dead, hangup = listen(64), listen(0), listen(64)
held = []
for _ in range(4):
    s = socket.socket()
    s.setblocking(False)
    s.connect_ex(dead.getsockname())
    held.append(s)
print(silent.getsockname()[1], dead.getsockname()[1], hangup.getsockname()[1])
while True:
    hangup.accept()[0].close()' >"$HERE/ports" 3>&- &
	BAD=$!
	wait_until 10 test -s "$HERE/ports"
	read -r SILENT_PORT DEAD_PORT HANGUP_PORT <"$HERE/ports"
	write_hosts
}

fan() {
	local_bash "invoke-command -ConfigFile $HERE/config $1 </dev/null"
}

# What is said of a server that was late to take all on a slow machine.
leave_out_waits() {
	grep -v '^WARNING: .*; trying again (Ctrl-C gives up)$'
}

# bats test_tags=once
@test "fanout: a hundred computers, each line whole and behind its name, refused connections tried again" {
	run fan '-ComputerName "h[001-100]" "printf \"a\nb\"; echo e >&2" 2>&1'
	[ "$status" -eq 0 ]
	output=$(leave_out_waits <<<"$output")
	[ "$(wc -l <<<"$output")" -eq 300 ]
	[ "$(grep -cxE 'h(0[0-9][0-9]|100): [abe]' <<<"$output")" -eq 300 ]
	[ "$(sort -u <<<"$output" | wc -l)" -eq 300 ]
}

# bats test_tags=once
@test "fanout: more at a time than the server takes: all get their turn" {
	# Past MaxStartups the server hangs up on six of ten, at forty on all.
	run fan '-ComputerName "h[1-100]" -ThrottleLimit 100 -HideComputerName "echo x"'
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 100 ]
}

# bats test_tags=once
@test "fanout: a hundred with bad ones among them: each is one line that says what it is, and nothing hangs" {
	local bad=(refuses wrongkey unknownkey nowhere denied silent dead hangsup)
	start_bad_servers
	run fan "-ComputerName 'h[1-50],$(IFS=,; echo "${bad[*]}"),h[51-92]' 'echo here' 2>$HERE/e"
	cat "$HERE/e"
	[ "$status" -eq 255 ]
	[ "$(sort <<<"$output")" = "$(printf 'h%d: here\n' {1..92} | sort)" ]
	[ "$(leave_out_waits <"$HERE/e" | wc -l)" -eq 9 ]
	[ "$(tail -n 1 "$HERE/e")" = "92 ok, 8 unreachable: ${bad[*]}" ]
	grep -q '\[refuses\].*refused' "$HERE/e"
	grep -q '\[wrongkey\].*key' "$HERE/e"
	grep -q '\[unknownkey\].*key.*not known' "$HERE/e"
	grep -q '\[nowhere\].*cannot find' "$HERE/e"
	grep -q '\[denied\].*denied' "$HERE/e"
	grep -q '\[silent\].*longer than' "$HERE/e"
	grep -q '\[dead\].*connecting took longer' "$HERE/e"
	grep -q '\[hangsup\].*hung up.*MaxStartups.*PerSourcePenalties' "$HERE/e"
}

# bats test_tags=once
@test "fanout: each host's lines keep their order" {
	run fan '-ComputerName "h[1-8]" "seq 3000" >$HERE/o'
	[ "$status" -eq 0 ]
	[ "$(wc -l <"$HERE/o")" -eq 24000 ]
	local n
	for n in 1 2 3 4 5 6 7 8; do
		sed -n "s/^h$n: //p" "$HERE/o" | cmp - <(seq 3000)
	done
}

@test "fanout: a reader that goes ends them all" {
	run local_bash "
		invoke-command -ConfigFile $HERE/config -ComputerName h1,h2,h3 yes </dev/null | head -n 1
		[ \${PIPESTATUS[0]-\${pipestatus[1]-}} = 141 ]"
	[ "$status" -eq 0 ]
	[[ $output =~ ^h[123]:\ y$ ]]
	wait_until 10 eval '! pgrep -u "$REMOTE_UID" -x yes >/dev/null'
}

# bats test_tags=once
@test "fanout: endless ones share the way out, none starves" {
	run local_bash "invoke-command -ConfigFile $HERE/config -ComputerName 'h[1-4]' -Timeout 3 yes </dev/null 2>/dev/null | cut -c 1-2 >$HERE/o"
	local counts
	mapfile -t counts < <(awk '{ n[$1]++ } END { for (h in n) print n[h] }' "$HERE/o" | sort -n)
	echo "${counts[@]}"
	[ "${#counts[@]}" -eq 4 ]
	[ "${counts[0]}" -gt $((counts[3] / 4)) ]
}

# bats test_tags=once
@test "fanout: lines come when they are whole, not when the command ends" {
	make_gates
	local_bash "invoke-command -ConfigFile $HERE/config -ComputerName h1,h2 'echo first; printf half; $GATE; echo done' </dev/null" >"$HERE/o" &
	local pid=$!
	wait_until 20 has_lines "$HERE/o" 2
	[ "$(sort "$HERE/o")" = $'h1: first\nh2: first' ]
	open_gate 1
	wait_until 20 has_lines "$HERE/o" 3
	open_gate 2
	wait "$pid"
	cat "$HERE/o"
	[ "$(sort "$HERE/o" | uniq -c | awk '{ print $2, $3 }')" = $'h1: first\nh1: halfdone\nh2: first\nh2: halfdone' ]
	rm_gates
}

# Commands wait at GATE, each host at one of its own, until it is opened.
make_gates() {
	mkfifo -m 666 "$HERE/127.0.0.2" "$HERE/127.0.0.3"
	chmod 755 "$HERE"
	GATE='set -- $SSH_CONNECTION; read x <'"$HERE"'/$3'
}

open_gate() {
	timeout 20 sh -c 'echo >"$1"' sh "$HERE/127.0.0.$(($1 + 1))"
}

rm_gates() {
	rm -f "$HERE/127.0.0.2" "$HERE/127.0.0.3"
}

has_lines() {
	[ "$(wc -l <"$1")" -ge "$2" ]
}

@test "fanout: statuses: 1 when some command failed, 255 for one not reached, 124 for -Timeout before it" {
	run fan '-ComputerName h1,h2 "[ \$(id -u) = x ]"'
	[ "$status" -eq 1 ]
	run fan '-ComputerName h1,h2 "exit 7"'
	[ "$status" -eq 1 ]
	run fan '-ComputerName h1,refuses,h2 false'
	[ "$status" -eq 255 ]
	run fan "-ComputerName h1,refuses,h2 -Timeout 1 '$FOREVER'"
	[ "$status" -eq 124 ]
	[[ $output == *'[h1] '*Timeout* && $output == *'[h2] '*Timeout* && $output == *'[refuses] '*refused* ]]
	# Also while it connects, and one alone.
	start_bad_servers
	run fan '-ComputerName silent -Timeout 1 true'
	[ "$status" -eq 124 ]
	make_gates
	run fan "-ComputerName h1 -Timeout 1 'trap \"\" INT HUP TERM; echo deaf; $GATE'"
	open_gate 1
	[ "$status" -eq 124 ]
	[[ $output == deaf* ]]
	rm_gates
}

@test "fanout: -ErrorAction Stop ends the rest, SilentlyContinue keeps quiet, -ErrorVariable has the errors" {
	run fan "-ComputerName refuses,h1,h2 -ErrorAction Stop '$FOREVER'"
	[ "$status" -eq 255 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == *'[refuses]'* ]]
	run local_bash "
		invoke-command -ConfigFile $HERE/config -ComputerName refuses,h1,nowhere -ErrorAction SilentlyContinue -ErrorVariable e -OutVariable o 'exit 3' </dev/null
		echo \$? \${#e[@]}
		printf '%s\n' \"\${o[@]}\" | sort"
	[ "$output" = $'255 2\nh1 3\nnowhere 255\nrefuses 255' ]
}

@test "fanout: names from a file, from ranges and from standard input; -ThrottleLimit" {
	printf 'h1 \n# none\nh[2-3]\n' >"$HERE/names"
	local started=$SECONDS
	run fan "-ComputerName @$HERE/names -ThrottleLimit 1 'echo x'"
	[ "$status" -eq 0 ]
	# The next one begins when the one before it ends, not when somebody looks.
	[ $((SECONDS - started)) -lt 8 ]
	[ "$output" = $'h1: x\nh2: x\nh3: x' ]
	run fan "-ComputerName @$HERE/names -HideComputerName 'echo x'"
	[ "$output" = $'x\nx\nx' ]
	run local_bash "printf 'h4\nh5\n' | invoke-command -ConfigFile $HERE/config -ComputerName - 'cat; echo y'"
	[ "$(sort <<<"$output")" = $'h4: y\nh5: y' ]
	run local_bash "head -c 3000000 /dev/urandom >$HERE/in; invoke-command -ConfigFile $HERE/config -ComputerName h1,h2 -InputObject - md5sum <$HERE/in; md5sum <$HERE/in"
	[ "${lines[0]#h*: }" = "${lines[2]}" ]
	[ "${lines[1]#h*: }" = "${lines[2]}" ]
	run fan "-ComputerName @$HERE/none 'echo x'"
	[ "$status" -eq 2 ]
	run fan "-ComputerName 'h[5-2]' 'echo x'"
	[ "$status" -eq 2 ]
}

# bats test_tags=once
@test "fanout: standard input that cannot be kept is an error, and nothing runs" {
	head -c 1000000 /dev/zero >"$HERE/in"
	run local_bash "ulimit -Sf 10; invoke-command -ConfigFile $HERE/config -ComputerName h1,h2 -InputObject - wc <$HERE/in"
	[ "$status" -eq 1 ]
	[[ $output == *'standard input cannot be kept for all targets '*': File too large' ]]
	[[ $output != *h1:* && $output != *h2:* ]]
}

# bats test_tags=once
@test "fanout: -ThrottleLimit is how many run at a time" {
	run fan '-ComputerName "h[1-9]" -ThrottleLimit 3 "mkdir \$HOME/t.\$\$; ls -d \$HOME/t.* | wc -l; rmdir \$HOME/t.\$\$"'
	[ "$status" -eq 0 ]
	[ "$(sed 's/.*: //' <<<"$output" | sort -n | tail -n 1)" -le 3 ]
}

# bats test_tags=once
@test "fanout: -Grouped merges equal outputs, with equal statuses" {
	run fan '-ComputerName "h[1-4]" -Grouped "echo same"'
	[ "$output" = $'---------------- h1,h2,h3,h4 (4) ----------------\nsame' ]
	run fan '-ComputerName h1,refuses,h2,h3 -Grouped "case \$SSH_CONNECTION in *\" 127.0.0.3 \"*) echo other; exit 2;; esac; printf same" 2>/dev/null'
	[ "$status" -eq 255 ]
	[ "$output" = $'---------------- h1,h3 (2) ----------------\nsame\n---------------- h2 status 2 ----------------\nother' ]
}

# bats test_tags=once
@test "fanout: -Json prints an object a line, whatever the bytes are" {
	run fan '-ComputerName h1 -Json "printf \"q\\\"\\377\\n\"; echo e >&2; exit 3"'
	mapfile -t lines < <(sort <<<"$output")
	[ "${lines[0]}" = '{"host":"h1","status":3}' ]
	[ "${lines[1]}" = '{"host":"h1","stream":"stderr","text":"e"}' ]
	[ "${lines[2]}" = '{"host":"h1","stream":"stdout","data_base64":"cSL/"}' ]
	run fan '-ComputerName "h[1-3],refuses" -Json "head -c 300000 /dev/urandom; printf \"\\nä\\t\\033\\0\\n\"" 2>/dev/null >$HERE/o'
	[ "$status" -eq 255 ]
	python3 - "$HERE/o" <<-'END'
		import base64, json, sys
		seen, statuses, n_bytes, reasons = {}, {}, {}, {}
		for line in open(sys.argv[1], "rb").read().decode("utf-8").split("\n")[:-1]:
		    object = json.loads(line)
		    host = object["host"]
		    if "status" in object:
		        statuses[host] = object["status"]
		        reasons[host] = object.get("reason", "")
		        continue
		    assert host not in statuses and set(object) - {"partial"} in ({"host", "stream", "text"}, {"host", "stream", "data_base64"})
		    data = object["text"].encode() if "text" in object else base64.b64decode(object["data_base64"], validate=True)
		    seen[host] = object.get("text")
		    n_bytes[host] = n_bytes.get(host, 0) + len(data) + ("partial" not in object)
		assert set(n_bytes.values()) == {300000 + 7}, n_bytes
		assert "refused" in reasons["refuses"] and not reasons["h1"], reasons
		assert statuses == {"h1": 0, "h2": 0, "h3": 0, "refuses": 255}, statuses
		assert seen == {host: "ä\t\x1b\0" for host in ("h1", "h2", "h3")}, seen
	END
}

# bats test_tags=once
@test "fanout: a command that fails is named, more than three are summed up; -ErrorAction steers that" {
	local fails='case $SSH_CONNECTION in *" 127.0.0.3 "*|*" 127.0.0.5 "*) exit 4;; esac; echo x'
	run fan "-ComputerName h1,h2,h3 -HideComputerName '$fails' 2>&1"
	[ "$status" -eq 1 ]
	[ "$(sort <<<"$output")" = $'h2: exit status 4\nx\nx' ]
	run fan "-ComputerName 'h[1-5],refuses' -Json '$fails' 2>&1 >$HERE/o"
	[ "$status" -eq 255 ]
	[ "$(grep ': exit' <<<"$output" | sort)" = $'h2: exit status 4\nh4: exit status 4' ]
	[ "${lines[3]}" = '3 ok, 2 failed: h2 h4, 1 unreachable: refuses' ]
	grep -q '^{"host":"refuses","status":255,"reason":".*refused.*"}$' "$HERE/o"
	grep -qx '{"host":"h2","status":4}' "$HERE/o"
	# One alone is as with ssh.
	run fan '-ComputerName h1 "exit 4" 2>&1'
	[ "$status $output" = '4 ' ]
	local action
	for action in SilentlyContinue Ignore; do
		run fan "-ComputerName 'h[1-4]' -ErrorAction $action false 2>&1"
		[ "$status $output" = '1 ' ]
	done
}

# bats test_tags=once
@test "fanout: -ErrorAction Stop ends the rest when a command fails" {
	run fan "-ComputerName 'h[1-4]' -ErrorAction Stop 'case \$SSH_CONNECTION in *\" 127.0.0.3 \"*) exit 4;; esac; $FOREVER' 2>&1"
	[ "$status" -eq 1 ]
	[ "$output" = $'h2: exit status 4\n0 ok, 1 failed: h2, 3 stopped' ]
	# Those that wait for their turn are not begun.
	run fan "-ComputerName h1,h2,h3 -ThrottleLimit 1 -ErrorAction Stop 'echo ran; exit 3' 2>/dev/null"
	[ "$status" -eq 1 ]
	[ "$output" = 'h1: ran' ]
}

# bats test_tags=once
@test "fanout: lines of a megabyte stay one; in JSON their parts say that they go on" {
	run fan "-ComputerName h1,h2 'head -c 1500000 /dev/zero | tr \"\\0\" ä; echo; echo next' >$HERE/o"
	[ "$status" -eq 0 ]
	[ "$(awk '{ print $1, length($2) }' "$HERE/o" | sort)" = "$(printf '%s\n' 'h1: 1500000' 'h1: 4' 'h2: 1500000' 'h2: 4')" ]
	run fan "-ComputerName h1,h2 -Json 'i=0; while [ \$i -lt 10 ]; do printf %0100000d 0 | sed s/0/ä/g; i=\$((i + 1)); done; echo; echo next' >$HERE/o"
	[ "$status" -eq 0 ]
	python3 - "$HERE/o" <<-'END'
		import json, sys
		parts, whole = {}, {}
		for object in map(json.loads, open(sys.argv[1])):
		    if "status" in object:
		        continue
		    host = object["host"]
		    parts.setdefault(host, []).append(object["text"])
		    assert len(object["text"].encode()) <= 600000 and object.get("partial", True) is True
		    if "partial" not in object:
		        whole.setdefault(host, []).append(parts.pop(host))
		assert not parts, parts.keys()
		for host in ("h1", "h2"):
		    assert ["".join(line) for line in whole[host]] == ["ä" * 1000000, "next"] and len(whole[host][0]) > 2, host
	END
}

# bats test_tags=once
@test "fanout: sessions by list and by wildcard, one that is closed is an error of its own" {
	run local_bash '
		new-pssession -ConfigFile $HERE/config -ComputerName h1,h2,h3 -Name a1,a2,b1 >/dev/null || exit 50
		[ "$(invoke-command -Name "a*" "echo x" </dev/null | sort)" = $'"'h1: x\nh2: x'"' ] || exit 51
		[ "$(invoke-command -Session a1,b1 "echo x" </dev/null | sort)" = $'"'h1: x\nh3: x'"' ] || exit 52
		[ "$(get-pssession -Property InstanceId | invoke-command -Session - "echo x" | sort)" = $'"'h1: x\nh2: x\nh3: x'"' ] || exit 54
		invoke-command -Session a2 "kill -9 \$\$" </dev/null 2>/dev/null
		invoke-command -Session a1,a2,b1 "echo x" </dev/null >$HERE/o 2>$HERE/e
		[ $? = 1 ] && [ "$(sort $HERE/o)" = $'"'h1: x\nh3: x'"' ] || exit 53
		[ $(wc -l <$HERE/e) = 1 ] && grep -q "\[h2\].*is not equal to Open" $HERE/e'
	echo "$output"
	[ "$status" -eq 0 ]
}

# -- in a terminal -----------------------------------------------------------------------------------------

# Types a fan-out on the terminal's shell; what follows it too.
start_fan() {
	echo "f() { invoke-command -ConfigFile $HERE/config \"\$@\"; }" >>"$HERE/rc"
	local_bash_start
	term_type "f $1"
	term_keys Enter
}

@test "fanout: progress on the terminal, gone before anything else is printed" {
	make_gates
	start_fan "-ComputerName h1,h2,refuses 'echo begun; $GATE; echo ended'"
	wait_screen '1/3 done, 1 failed, 2 running: h[12] [0-9]+s, h[12] [0-9]+s'
	open_gate 1
	wait_screen '2/3 done, 1 failed, 1 running: h2 [0-9]+s'
	open_gate 2
	wait_local
	[ "$(screen | grep -cxE 'h[12]: (begun|ended)')" -eq 4 ]
	screen | not grep -q running
	status_is 255
	# Not where standard error is none, nor where it is not wanted.
	term_keys C-l
	term_type "f -ComputerName h1,h2 'echo begun; $GATE' 2>$HERE/e"
	term_keys Enter
	wait_screen 'h1: begun'
	open_gate 1
	open_gate 2
	wait_local
	[ ! -s "$HERE/e" ]
	rm_gates
}

# bats test_tags=once
@test "fanout: progress never gets into output, whatever that is" {
	start_fan "-ComputerName h1,h2 'for n in 1 2 3; do echo line \$n; read -t 0.9 <>/dev/fd/9; done 9<> <(:)' | tee $HERE/o"
	wait_screen '0/2 done.*2 running'
	wait_local
	[ "$(sort "$HERE/o")" = "$(printf '%s: line %d\n' h{1,2}\ {1..3} | sort)" ] || sort "$HERE/o" | cat -v
	not grep -q $'\033' "$HERE/o"
	[ "$(screen | grep -cxE 'h[12]: line [1-3]')" -eq 6 ]
}

@test "fanout: a terminal that changes its size, or goes away, holds nothing up" {
	make_gates
	start_fan "-ComputerName h1,h2 'echo begun; $GATE; echo ended; yes' | grep -v y"
	wait_screen '0/2 done.*2 running'
	resize 60 20
	open_gate 1
	open_gate 2
	wait_screen 'h1: ended'
	local pid pids
	pids=$(descendants "$(term_pid)")
	term_close
	for pid in $pids; do
		wait_until 10 not is_alive "$pid"
	done
	wait_until 10 eval '! pgrep -u "$REMOTE_UID" -x yes >/dev/null'
	rm_gates
}

# bats test_tags=once
@test "fanout: nothing in a line hides whose it is on a terminal; in a file it is as it came" {
	local name attack attacks=(
		'a\rb' 'a\b\b\b\b\b\b\b\bb' '\033[2K\033[Gb' '\033[1;1Hb' '\033[9Db' '\033[Ab' '\033[8m' '\0338b' '\033[2Jb'
		'\033cb' '\302\233Gb' '\033P' '\033]0;b' 'a\vb' 'a\fb' '\033(0b' '\033[?5hb' 'ok\r'
	)
	for attack in "${attacks[@]}"; do
		echo "printf '$attack\n'"
	done >"$HERE/attack"
	start_fan "-ComputerName h1,h2 -FilePath $HERE/attack"
	wait_local
	for name in h1 h2; do
		[ "$(scrollback | grep -c "^$name:")" -eq "${#attacks[@]}" ]
	done
	tm capture-pane -p -e -S - | not grep -q $'\033\\[[0-9;]*8m.*h[12]:'
	term_keys C-l
	run_line "f -ComputerName h1,h2 \"printf 'a\\\\rb'\" >$HERE/o"
	[ "$(sort "$HERE/o")" = $'h1: a\rb\nh2: a\rb' ]
}

@test "fanout: on terminals Ctrl-C ends all at the first press, and a question is shown with its computer" {
	start_fan "-ComputerName h1,h2 -AllocateTty 'read -p \"sure, \$((1 + 1)) times? \" x; echo no'"
	wait_screen 'h1: sure, 2 times\?'
	wait_screen 'h2: sure, 2 times\?'
	wait_screen 'WARNING: \[h[12]\] stands at .sure, 2 times\? .*no answer can be given'
	term_keys C-c
	wait_local
	screen | not grep -q 'h[12]: no'
	status_is 130
	wait_until 10 eval '! pgrep -u "$REMOTE_UID" -f "sure, .*times" >/dev/null'
	terminal_is_sane
}

# bats test_tags=once
@test "fanout: colours on a terminal alone, for each of the two streams" {
	start_fan "-ComputerName h1,h2 'echo o; echo e >&2' 2>$HERE/e"
	wait_local
	tm capture-pane -p -e | grep -q $'\033\[[0-9]*mh1:'
	not grep -q $'\033' "$HERE/e"
	term_keys C-l
	run_line "NO_COLOR=1 f -ComputerName h1,h2 'echo o' "
	tm capture-pane -p -e | not grep -q $'\033\[[0-9]*mh1:'
}

@test "fanout: questions come one at a time and name their computer; -SharePassword answers once for all" {
	requires_made_account
	start_fan "-ComputerName p1,p2 'echo in'"
	wait_line '[pP]assword.*: $'
	[[ $(screen) == *p1* || $(screen) == *p2* ]]
	[ "$(screen | grep -ci 'password')" -eq 1 ]
	term_send "$PASSWORD"
	term_keys Enter
	wait_until 15 eval '[ "$(screen | grep -ci password)" = 2 ]'
	[[ $(screen) == *p1*p2* || $(screen) == *p2*p1* ]]
	term_send "$PASSWORD"
	term_keys Enter
	wait_local
	[ "$(screen | grep -cxE 'p[12]: in')" -eq 2 ]
	scrollback | not grep -qF "$PASSWORD"
	term_keys C-l
	term_type "f -ComputerName 'p[1-4]' -SharePassword 'echo in'"
	term_keys Enter
	wait_line '[pP]assword.*: $'
	term_send "$PASSWORD"
	term_keys Enter
	wait_local
	[ "$(screen | grep -cxE 'p[1-4]: in')" -eq 4 ]
	[ "$(screen | grep -c 's password')" -eq 1 ]
	term_keys C-l
	# A key that is not known is asked about likewise.
	term_type "f -ComputerName asks1,asks2 'echo in'"
	term_keys Enter
	wait_screen 'asks[12].*\(yes/no' 
	term_send no
	term_keys Enter
	wait_until 15 eval '[ "$(screen | grep -c "(yes/no")" = 2 ]'
	term_send yes
	term_keys Enter
	wait_local
	[ "$(screen | grep -cxE 'asks[12]: in')" -eq 1 ]
	terminal_is_sane
}

# bats test_tags=once
@test "fanout: one endless and one stuck computer: memory stays flat, and Ctrl-C ends both" {
	start_fan "-ComputerName h1,h2,h3 'case \$SSH_CONNECTION in *\" 127.0.0.2 \"*) yes ;; *\" 127.0.0.3 \"*) kill -STOP \$PPID; $FOREVER ;; *) echo third ;; esac' | grep --line-buffered third"
	wait_screen 'h3: third'
	local before=0 after pid reader
	pid=$(host_pids)
	reader=$(grep_pid)
	is_flat() {
		wait_until 60 grew "$reader"
		after=$(memory_of "$pid")
		echo "$before KiB, then $after KiB" >&2
		[ $((after - before)) -lt 1000 ] || { before=$after && return 1; }
	}
	retry 6 is_flat # until what is bounded is full
	# Also while nobody reads.
	kill -STOP "$reader"
	wait_until 20 stands_still "$pid"
	[ $(($(memory_of "$pid") - before)) -lt 2000 ]
	kill -CONT "$reader"
	wait_until 20 grew "$reader"
	term_keys C-c
	# The stuck one hears nothing; a second time gives it up.
	wait_until 10 eval '! pgrep -u "$REMOTE_UID" -x yes >/dev/null'
	at_a_prompt || term_keys C-c
	wait_local
	sshd_resume
}

grep_pid() {
	local pid
	for pid in $(descendants "$(term_pid)"); do
		[[ $(cat "/proc/$pid/comm") != grep ]] || echo "$pid"
	done
}

memory_of() {
	awk '/^RssAnon/ { print $2 }' "/proc/$1/status"
}

# 50 more MB have come through since it was asked last.
grew() {
	local now
	now=$(awk '/^rchar/ { print $2 }' "/proc/$1/io")
	[ "$now" -ge $((${SEEN:-0} + 50000000)) ] || return 1
	SEEN=$now
}

# It has used no time since it was asked last.
stands_still() {
	local now
	now=$(cut -d' ' -f14,15 "/proc/$1/stat")
	[ "$now" != "${TICKS-}" ] || return 0
	TICKS=$now
	pause 0.5
	return 1
}
