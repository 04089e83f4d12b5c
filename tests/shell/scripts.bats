#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# In scripts, substitutions, pipelines and the background: no forked copy ever touches the link.

load ../harness/harness

setup_file() { world_start bash; }
teardown_file() { world_end; }
setup() { place_start; }
teardown() { place_end; }

@test "scripts: s=\$(new-pssession …) opens a session that outlives the subshell" {
	run local_bash '
		s=$(new-pssession -ConfigFile $C box) || exit
		[ "$(get-pssession -InstanceId $s -Property State)" = Opened ] || exit 51
		remove-pssession -Session $s || exit 52
		[ -z "$(get-pssession)" ]'
	[ "$status" -eq 0 ]
}

@test "scripts: several sessions in one substitution are one list" {
	run local_bash '
		s=$(new-pssession -ConfigFile $C -ComputerName box,box,box)
		[ $(wc -l <<<"$s") = 3 ] || exit 51
		remove-pssession -Session "$s" || exit 52
		[ -z "$(get-pssession)" ]'
	[ "$status" -eq 0 ]
}

@test "scripts: -Session - reads them from standard input" {
	run local_bash '
		new-pssession -ConfigFile $C -ComputerName box,box | remove-pssession -Session - || exit 51
		[ -z "$(get-pssession)" ]'
	[ "$status" -eq 0 ]
}

@test "scripts: pipes, redirections, the background and subshells" {
	run local_bash '
		new-pssession -ConfigFile $C box >$HERE/id
		[ $(get-pssession -Property InstanceId | cat) = $(cat $HERE/id) ] || exit 51
		( get-pssession -Property Name ) | grep -qx Session1 || exit 52
		get-pssession -Property State >$HERE/state.txt &
		wait $! || exit 53
		grep -qx Opened $HERE/state.txt || exit 54
		{ get-pssession -Property Id; } 3>&1 | grep -qx 1 || exit 55'
	[ "$status" -eq 0 ]
}

@test "scripts: 1200 statuses of background jobs are right with the loadable loaded" {
	run local_bash '
		new-pssession -ConfigFile $C box >/dev/null
		wrong=0
		for ((i = 0; i < 1200; i++)); do
			(exit 7) &
			wait $! && wrong=$((wrong + 1))
			[ $? -eq 7 ] || [ $? -eq 1 ] || wrong=$((wrong + 1))
		done
		exit $((wrong > 0))'
	[ "$status" -eq 0 ]
}

@test "scripts: closed standard descriptors and a taken descriptor 3 do no harm" {
	run local_bash '
		exec 3>/dev/null 4>/dev/null
		s=$(new-pssession -ConfigFile $C box)
		exec 0<&-
		[ "$(get-pssession -Property State)" = Opened ] || exit 51
		exec 3>&- 4>&-
		remove-pssession -Session $s'
	[ "$status" -eq 0 ]
}

@test "scripts: no descriptor of ours is left in the shell or its children" {
	run local_bash '
		before=(/proc/$$/fd/*)
		s=$(new-pssession -ConfigFile $C box)
		new-pssession -ConfigFile $C box >/dev/null
		get-pssession >/dev/null
		after=(/proc/$$/fd/*)
		[ "${before[*]}" = "${after[*]}" ]'
	[ "$status" -eq 0 ]
}

@test "scripts: a full output fails as any builtin's does" {
	run local_bash 'new-pssession -ConfigFile $C box >/dev/null; get-pssession >/dev/full'
	[ "$status" -eq 1 ]
	[[ $output == *'get-pssession: write error: No space left on device' ]]
	run local_bash 'new-pssession -ConfigFile $C -ComputerName box,127.0.0.1:1 >/dev/full'
	[ "$status" -eq 255 ]
	[[ $output == *'new-pssession: write error'* ]]
}

@test "scripts: one computer that fails is an error of its own, the others go on" {
	run local_bash 'new-pssession -ConfigFile $C -ComputerName box,127.0.0.1:1,box'
	[ "$status" -eq 255 ] || [ "$status" -eq 1 ]
	[ "$(grep -cE "^$UUID$" <<<"$output")" -eq 2 ]
	[[ $output == *'[127.0.0.1'*']'* ]]
}

@test "scripts: -OutVariable and -ErrorVariable fill arrays of the calling shell" {
	run local_bash '
		[ -z "${ZSH_VERSION-}" ] || setopt ksh_arrays # count from 0 as bash does
		new-pssession -ConfigFile $C box -OutVariable s >/dev/null
		[ ${#s[@]} = 1 ] || exit 51
		new-pssession -ConfigFile $C box -OutVariable +s >/dev/null
		[ ${#s[@]} = 2 ] || exit 52
		[ "${s[1]}" = "$(get-pssession -Id 2 -Property InstanceId)" ] || exit 53
		new-pssession -ConfigFile $C 127.0.0.1:1 -ErrorVariable e -ErrorAction SilentlyContinue 2>$HERE/err
		[ $? -ne 0 ] && [ ! -s $HERE/err ] && [[ ${e[0]} == *127.0.0.1* ]]'
	[ "$status" -eq 0 ]
}

@test "scripts: a variable that cannot take an array is an error before anything happens" {
	run local_bash 'readonly r; new-pssession -ConfigFile $C box -OutVariable r; echo "s=$?"; get-pssession'
	[[ $output == *'s=2' ]]
	[ -z "$(host_pids)" ]
}

@test "scripts: set -e ends the script at a failure, as with any command" {
	run local_bash 'set -e; enter-pssession -Name nosuch; echo not reached'
	[ "$status" -ne 0 ]
	[[ $output != *'not reached'* ]]
}

@test "scripts: errors name the script and the line as the shell's own do" {
	cat >"$HERE/script" <<-END
		$(load_line)

		new-pssession -NoSuchParameter
	END
	run clean_env "$PSS_SHELL" "$HERE/script"
	[ "$status" -eq 2 ]
	[[ $output == "$HERE/script:$(by_shell ' line 3' 3): new-pssession: "*NoSuchParameter* ]]
}

@test "scripts: Ctrl-C ends an open that is under way" {
	proxy_start 0
	proxy silent
	local_bash_start
	term_type "new-pssession -ConfigFile $FAR_CONFIG far"
	term_keys Enter
	wait_until 5 eval '[ -n "$(host_pids)" ]'
	term_keys C-c
	wait_local
	status_is 130
	run_line 'get-pssession'
	output_is ''
	proxy_stop
}
