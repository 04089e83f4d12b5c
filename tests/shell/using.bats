#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# $using: of arrays and maps: what a text makes of them there is what the local shell makes of them here. How each shell
# is told of them has its tables in tests/remote/test-variables.c.

load ../harness/harness

setup_file() { world_start bash; }
teardown_file() { world_end; }
setup() { place_start; }
teardown() { place_end; }

# Variables of the local shell, which each test has; those with bytes that are hard to carry.
# shellcheck disable=SC2016 # for the local shell
VALUES='
	a=("x y" "" "it'\''s" $'\''\n\\'\'' "\$HOME" $'\''\377\001'\'' "*")
	e=()
	typeset -A m
	for k in "a b" "]" "\$x" $'\''\n'\'' $'\''\377'\'' "@" "a]b"; do m[$k]="<$k>"; done
	big=("$(head -c 100000 /dev/zero | tr "\0" x)" y "$(head -c 100000 /dev/zero | tr "\0" "'\''")" "$(head -c 100000 /dev/zero | tr "\0" "\377")")
	there() { # TEXT: with $using: in front of its names, in a session and on a computer
		invoke-command -n -Name s "$1" >$HERE/session || { echo "session: $1"; exit 51; }
		invoke-command -n -ConfigFile $C -ComputerName box -ConfigurationName $shell "$1" >$HERE/computer ||
			{ echo "computer: $1"; exit 52; }
	}
	same() { # TEXT
		there "$1"
		eval "${1//using:/}" >$HERE/here || exit 53
		cmp $HERE/here $HERE/session && cmp $HERE/here $HERE/computer || { echo "not the same: $1"; exit 54; }
	}
	open() {
		shell=$1
		new-pssession -ConfigFile $C -ConfigurationName $1 -Name s box >/dev/null || exit 50
	}'

using() {
	run local_shell "$VALUES"$'\n'"$1"
	[ "$status" -eq 0 ] || { echo "status $status: $output"; return 1; }
}

@test "using: arrays are arrays there, item by item and byte for byte" {
	using 'open $0
		same "printf \"<%s>\" \"\${using:a[@]}\""
		same "for i in \"\${using:a[@]}\"; do printf \"<%s>\" \"\$i\"; done"
		same "echo \${#using:a[@]} \${#using:e[@]}"
		same "x=(\"\${using:a[@]}\" end); printf \"<%s>\" \"\${x[@]}\""
		same "cat <<-END
			\${using:a[3]} \${using:a[1]}
		END"
		same "for i in \"\${using:e[@]}\"; do echo no; done"
		[ -z "$(invoke-command -n -Name s "set | grep -a ^__pss_using; set | grep ^__pss_key")" ] || exit 55
		remove-pssession -Name s'
}

@test "using: values are long, and many" {
	using 'open $0
		same "echo \${#using:big[@]} \${using:big[2]}"
		same "printf \"<%s>\" \"\${using:big[@]}\" | cksum"
		remove-pssession -Name s'
}

# bats test_tags=once
@test "using: a long value, and long words, in a zsh" {
	using 'open zsh
		w=$(head -c 100000 /dev/zero | tr "\0" "\377")
		there "echo \${#using:w}"
		[ "$(cat $HERE/session $HERE/computer)" = "100000
100000" ] || exit 55
		for i in -Name\ s "-ConfigFile $C -ConfigurationName zsh -ComputerName box"; do
			[ "$(invoke-command -n $i -- printf "<%s>" "${big[@]}" | cksum)" = "$(printf "<%s>" "${big[@]}" | cksum)" ] || exit 56
		done
		[ "$(get-pssession -Name s -Property State)" = Opened ] || exit 57
		remove-pssession -Name s'
}

@test "using: \$using:NAME of an array is all of its items, in double quotes one text" {
	# fish has no bytes that are no UTF-8.
	using '
		a=("x y" "" "it'\''s" $'\''\n\\'\'' "\$HOME" "é" "*")
		for s in bash zsh ksh93 mksh fish; do
			command -v $s >/dev/null || continue
			open $s
			there "printf \"<%s>\" \$using:a; printf \"[%s]\" x \$using:e \"b \$using:e\""
			{ printf "<%s>" "${a[@]}"; printf "[%s]" x "b "; } | cmp - $HERE/session || { echo $s; exit 56; }
			cmp $HERE/session $HERE/computer || { echo "$s: computer"; exit 57; }
			word=(one two)
			there "echo \"<\$using:word>\""
			[ "$(cat $HERE/session $HERE/computer)" = "$(printf "%s\n" "<one two>" "<one two>")" ] || { echo "$s: quotes"; exit 58; }
			remove-pssession -Name s
		done'
}

@test "using: maps are maps there, and may go from one shell to the other" {
	using '
		keys() { [ $1 = zsh ] && echo "\${(k)using:m}" || echo "\"\${!using:m[@]}\""; }
		for k in "${(@k)m}"; do :; done 2>/dev/null || true
		for s in bash zsh ksh93; do
			command -v $s >/dev/null || continue
			open $s
			there "for k in $(keys $s); do printf \"%s=%s;\" \"\$k\" \"\${using:m[\$k]}\"; done | tr \"\n;\" \" \n\" | LC_ALL=C sort"
			printf "%s\n" "\$x=<\$x>" "@=<@>" "]=<]>" "a b=<a b>" "a]b=<a]b>" " =< >" $'\''\377=<\377>'\'' | LC_ALL=C sort | cmp - $HERE/session ||
				{ echo $s; exit 56; }
			cmp $HERE/session $HERE/computer || { echo "$s: computer"; exit 57; }
			remove-pssession -Name s
		done'
}

@test "using: gaps stay where a shell has them, and close up where it has none" {
	only bash
	using '
		s=(x); s[5]=y s[9]=""
		open bash
		same "printf \"<%s>\" \"\${using:s[@]}\" \"\${!using:s[@]}\" \"\${using:s[5]}\""
		remove-pssession -Name s
		open zsh
		there "printf \"<%s>\" \$using:s"
		[ "$(cat $HERE/session $HERE/computer)" = "<x><y><><x><y><>" ] || exit 56
		remove-pssession -Name s'
}

@test "using: what a shell cannot hold is refused in words, and nothing runs" {
	using '
		said() { grep -q "using:$1 is an .*array, and .* has none: .*-ConfigurationName bash" $HERE/e || { cat $HERE/e; exit 57; }; }
		refused() { # NAME TEXT
			invoke-command -n -Name s "touch $HERE/ran; $2" 2>$HERE/e
			[ $? = 2 ] || { echo "$shell: $?"; exit 55; }
			said $1
			invoke-command -n -ConfigFile $C -ComputerName box -ConfigurationName $shell "touch $HERE/ran; $2" 2>$HERE/e
			[ $? = 2 ] || { echo "$shell on a computer: $?"; exit 56; }
			said $1
			[ ! -e $HERE/ran ] || exit 58
		}
		chmod 777 $HERE
		for s in dash mksh fish; do
			command -v $s >/dev/null || continue
			open $s
			[ $s != dash ] || refused a "echo \$using:a"
			refused m "echo \$using:m"
			remove-pssession -Name s
		done
		huge=$(head -c 300000 /dev/zero | tr "\0" x)
		for i in -- -ArgumentList; do
			set -- echo $i "$huge"
			[ $i != -- ] || set -- -- echo "$huge"
			invoke-command -n -ConfigFile $C -ComputerName box "$@" 2>$HERE/e
			[ $? = 2 ] && grep -q "longer than 261120 bytes; standard input takes any" $HERE/e || exit 60
		done
		invoke-command -n -ConfigFile $C -ComputerName box "echo \$using:huge" 2>$HERE/e
		[ $? = 2 ] && grep -q "longer than 261120 bytes; standard input takes any" $HERE/e || exit 59'
}

@test "using: zsh's arrays with a NUL byte are refused in words" {
	only zsh
	using 'n=($'\''a\0b'\'')
		invoke-command -n -ConfigFile $C -ComputerName box "echo \$using:n" 2>$HERE/e
		[ $? = 2 ] && grep -q "using:n cannot be sent: a value in it holds a NUL byte" $HERE/e'
}
