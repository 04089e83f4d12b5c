#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What the commands print as JSON is what the schemas of doc/json-schema say: each property, and each kind of object, is seen.

load ../harness/harness

SCHEMAS=$PSS_SOURCE/doc/json-schema
CHECK=$PSS_SOURCE/tests/harness/schema.py

setup_file() { world_start bash; }
teardown_file() { world_end; }
setup() { place_start; }
teardown() { place_end; }

# Names of the properties of each session in the file, each once, sorted.
properties_in() {
	python3 -c 'import json, sys
print(*sorted({name for session in json.load(open(sys.argv[1])) for name in session}), sep="\n")' "$1"
}

properties_of_schema() {
	python3 -c 'import json, sys
print(*sorted(json.load(open(sys.argv[1]))["items"]["properties"]), sep="\n")' "$SCHEMAS/get-pssession.json"
}

@test "json: get-pssession: sessions in each state, with every property that the schema has" {
	local_shell 'new-pssession -ConfigFile $C box -Name plain -Options "RemoteForward=127.0.0.1:0 [127.0.0.1]:9" 2>/dev/null
		new-pssession -ConfigFile $C box -Name broken -KeyFilePath '"$WORLD"'/ssh/user_key
		new-pssession -ConfigFile $C -Resilient box -Name resilient
		new-pssession -ConfigFile $C -Resilient box -Name gone -IdleTimeoutSec 0 && disconnect-pssession -Name gone
		invoke-command -Name plain "(exit 7)"
		invoke-command -Name plain -AsJob "# a \"quoted\" \\ line	with a tab
			'"$FOREVER"'"
		invoke-command -Name broken "exec true"' >/dev/null </dev/null || :
	local_shell 'get-pssession -Format json' >"$HERE/json" </dev/null
	cat "$HERE/json"
	"$CHECK" "$SCHEMAS/get-pssession.json" <"$HERE/json"
	diff <(properties_of_schema) <(properties_in "$HERE/json")
	python3 -c 'import json, sys
sessions = {session["Name"]: session for session in json.load(open(sys.argv[1]))}
assert {session["State"] for session in sessions.values()} >= {"Opened", "Disconnected"}, sessions
assert sessions["plain"]["Availability"] == "Busy" and sessions["plain"]["LastStatus"] == 7, sessions
assert "quoted" in sessions["plain"]["RunningCommand"], sessions
assert sessions["gone"]["IdleTimeout"] == 0 and sessions["gone"]["DisconnectedOn"], sessions
assert sessions["broken"]["State"] in ("Closed", "Broken") and sessions["broken"]["Cause"], sessions' "$HERE/json"
	local_shell 'remove-pssession -Name "*"' </dev/null
}

@test "json: get-pssession: what is found on a computer, and chosen properties" {
	local_shell 'new-pssession -ConfigFile $C -Resilient box -Name mine' >/dev/null </dev/null
	# Another computer's client is one with another runtime directory.
	mkdir -m 700 "$HERE/run2"
	CLIENT=2 XDG_STATE_HOME=$HERE/other local_shell 'get-pssession -ConfigFile $C -ComputerName box -Format json' >"$HERE/json" </dev/null
	cat "$HERE/json"
	"$CHECK" "$SCHEMAS/get-pssession.json" <"$HERE/json"
	grep -q '"Id":null' "$HERE/json"
	local_shell 'get-pssession -Format json -Property Name,Resilient' >"$HERE/json" </dev/null
	[ "$(cat "$HERE/json")" = '[{"Name":"mine","Resilient":true}]' ]
	"$CHECK" "$SCHEMAS/get-pssession.json" <"$HERE/json"
	local_shell 'remove-pssession -Name mine; get-pssession -Format json' </dev/null | "$CHECK" "$SCHEMAS/get-pssession.json"
}

@test "json: invoke-command and receive-pssession: lines, bytes, parts of a long line, ends and reasons" {
	{
		cat "$WORLD/ssh/ssh_config"
		printf 'Host closed\n\tHostName 127.0.0.1\n\tPort 1\n'
	} >"$HERE/config"
	run local_shell "invoke-command -ConfigFile $HERE/config -ComputerName box,closed -Json '"'
		printf "plain \"line\" \\\\ é\n\n\t\001\177\n"; echo error >&2; printf "\377\376\n"
		head -c 300000 /dev/zero | tr "\\0" x; exit 5'"' >$HERE/json 2>/dev/null </dev/null"
	[ "$status" -eq 255 ]
	"$CHECK" "$SCHEMAS/invoke-command.json" --lines --title <"$HERE/json" >"$HERE/titles"
	[ "$(cat "$HERE/titles")" = 'a line of output
a line that is no UTF-8
the end of a target: the last object of its host' ]
	grep -q '"partial":true' "$HERE/json"
	grep -q '^{"host":"box","status":5}$' "$HERE/json"
	grep -q '^{"host":"closed","status":255,"reason":"..*"}$' "$HERE/json"
	local_shell 'invoke-command -ConfigFile $C box -AsJob -JobName job "echo out; echo err >&2; exit 3" >/dev/null
		receive-pssession -Name job -Wait -Json; remove-pssession -Name job' >"$HERE/json" </dev/null
	"$CHECK" "$SCHEMAS/invoke-command.json" --lines <"$HERE/json"
	grep -q '^{"host":".*","stream":"stderr","text":"err"}$' "$HERE/json"
	grep -q '"status":3}$' "$HERE/json"
}

@test "json: invoke-command in PowerShell: objects and messages" {
	[ -n "${PSS_PWSH-}" ] || skip "PSS_PWSH names no PowerShell"
	requires_made_account
	echo "PATH=\$PATH:$(dirname "$(powershell_for_accounts "$WORLD")")" >>"$REMOTE_HOME/.bashrc"
	local_shell 'invoke-command -ConfigFile $C -ConfigurationName Microsoft.PowerShell box -Json "
		1; \"text\"; Get-Date; @{ a = 1, 2 }; Write-Host seen; Write-Warning careful; Get-Item /nonexist"' >"$HERE/json" 2>/dev/null </dev/null || :
	cat "$HERE/json"
	"$CHECK" "$SCHEMAS/invoke-command.json" --lines --title <"$HERE/json" | grep -qx 'an object or a message of PowerShell remoting'
	grep -q '"stream":"error"' "$HERE/json"
	grep -q '"value":' "$HERE/json"
}

@test "json: copy-item: what was copied, left out, failed and not reached" {
	{
		cat "$WORLD/ssh/ssh_config"
		printf 'Host closed\n\tHostName 127.0.0.1\n\tPort 1\n'
	} >"$HERE/config"
	mkdir "$HERE/from"
	echo one >"$HERE/from/a"
	printf 'x' >"$HERE/from/"$'b "\\\377'
	local_shell "cd $HERE; copy() { copy-item -ConfigFile $HERE/config -Recurse -Json -Update \"\$@\"; }
		copy from/. -ComputerName box,closed -Destination $WORLD/remote-run/to/
		copy from/. -ComputerName box -Destination $WORLD/remote-run/to/
		copy from/a -ComputerName box -Destination /proc/pssession" \
		>"$HERE/json" 2>/dev/null </dev/null || :
	cat "$HERE/json"
	rm -rf "$WORLD/remote-run/to"
	"$CHECK" "$SCHEMAS/copy-item.json" --lines --title <"$HERE/json" >"$HERE/titles"
	[ "$(cat "$HERE/titles")" = 'a computer that was not reached
a file or directory' ]
	for word in copied skipped failed; do
		grep -q "\"result\":\"$word\"" "$HERE/json" || { echo "nothing $word"; return 1; }
	done
}

# A script that reads the objects alone must hear of all that was not copied.
@test "json: copy-item: each line of an error has its object" {
	mkdir "$HERE/from" && mkfifo "$HERE/from/pipe" && : >"$HERE/from/file"
	local_shell "cd $HERE; copy() { copy-item -ConfigFile $WORLD/ssh/ssh_config -Json \"\$@\"; }
		copy nowhere box:/tmp/
		copy from box:/tmp/
		copy from/pipe box:/tmp/
		copy -Recurse from box:$HERE/taken
		copy box:/nowhere .
		copy 'box:/nowhere*' .
		copy box:~nobody-of-that-name/x .
		copy box:/dev/null .
		copy box:$HERE/from .
		copy -Recurse box:$HERE/from taken-too
		copy from/file box:/nowhere/nor/there
		copy box:$HERE/from/file /nowhere/nor/there" \
		>"$HERE/json" 2>"$HERE/errors" </dev/null || :
	cat "$HERE/json" "$HERE/errors"
	"$CHECK" "$SCHEMAS/copy-item.json" --lines --title <"$HERE/json" >"$HERE/titles"
	[ "$(cat "$HERE/titles")" = 'a destination that is of no use
a file or directory
a source that is not there or is not copied' ]
	grep -c '"result":"failed"' "$HERE/json" >"$HERE/objects"
	[ "$(grep -c ': copy-item: ' "$HERE/errors")" -eq 13 ]
	[ "$(cat "$HERE/objects")" -eq 13 ]
	rm "$HERE/from/pipe"
}

# refused SCHEMA VALUE…: each is not what the schema says.
refused() {
	local schema=$1 value
	shift
	for value; do
		printf '%s\n' "$value" | not "$CHECK" "$SCHEMAS/$schema.json" 2>/dev/null || { echo "taken: $value"; return 1; }
	done
}

@test "json: what is not as the schemas say is seen" {
	refused get-pssession '{}' '[1]' '[{"Id":"1"}]' '[{"Id":0}]' '[{"id":1}]' '[{"State":"Open"}]' '[{"Port":70000}]' '[{"Resilient":1}]' \
		'[{"InstanceId":"x"}]' '[{"Forwards":"L 1"}]' '[{"OpenedOn":"today"}]' '[{"Id":true}]' '[{"Name":"a","Name":"b"}]' '[' ''
	refused invoke-command '{}' '{"host":"a"}' '{"host":"a","stream":"stdout"}' '{"host":"a","stream":"stdin","text":""}' \
		'{"host":"","status":0}' '{"host":"a","status":"0"}' '{"host":"a","status":-1}' '{"host":"a","status":0,"more":1}' \
		'{"host":"a","stream":"stdout","data_base64":"!"}' '{"host":"a","stream":"stdout","text":"","partial":false}'
	refused copy-item '{"host":"a","result":"copied"}' '{"host":"a","source":"b","destination":"c","result":"done"}' \
		'{"host":"a","source":"b","destination":"c","result":"copied","bytes":-1}'
	echo '{"not": 1}' >"$HERE/schema"
	run "$CHECK" "$HERE/schema" <<<1
	[ "$status" -ne 0 ]
}
