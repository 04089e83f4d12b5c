#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The zsh module itself: what it links, what it shows, how it is loaded. loadable.bats for zsh.

load ../harness/harness

MODULE=$PSS_BUILD/zsh-module/pssession.so

setup_file() { world_make; }
teardown_file() { rm -rf "$WORLD"; }
setup() {
	requires zsh
	[ -e "$MODULE" ] || skip 'built without zsh'
	HERE=$WORLD/$BATS_TEST_NUMBER
	mkdir -p "$HERE/home" "$HERE/state"
	mkdir -m 700 "$HERE/run"
}

NAMES='enter-pssession exit-pssession new-pssession get-pssession remove-pssession
	disconnect-pssession connect-pssession receive-pssession test-pssession invoke-command copy-item
	Enter-PSSession Exit-PSSession New-PSSession Get-PSSession Remove-PSSession
	Disconnect-PSSession Connect-PSSession Receive-PSSession Test-PSSession Invoke-Command Copy-Item'

# zsh_with SCRIPT: in a zsh that knows where the module is.
zsh_with() {
	clean_env zsh -f -c "module_path+=(${MODULE%/*}); $1"
}

@test "module: it needs libc alone and binds at once" {
	run bash -c "readelf -d '$MODULE' | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'"
	[ "$output" = libc.so.6 ]
	run readelf -d "$MODULE"
	[[ $output == *NOW* ]]
}

@test "module: it exports the six functions that zsh looks up and nothing else" {
	run bash -c "nm -D --defined-only '$MODULE' | awk '{ print \$3 }' | sort | tr '\n' ' '"
	[ "$output" = 'boot_ cleanup_ enables_ features_ finish_ setup_ ' ]
}

@test "module: it wants nothing at load time of what zsh loads later" {
	run bash -c "comm -12 <(nm -D --undefined-only '$MODULE' | awk '{ print \$2 }' | sort) \
		<(nm -D --defined-only \$(zsh -fc 'print \$module_path[1]')/zsh/{zle,complete}.so | awk '{ print \$3 }' | sort -u |
			grep -vxE '(boot|cleanup|enables|features|finish|setup|_fini|_init)_?')"
	[ "$status" -eq 0 ] && [ -z "$output" ]
}

@test "module: loading it brings every name, in both spellings, and unloading takes them away" {
	run zsh_with "zmodload pssession || exit; whence -w $(tr '\n\t' '  ' <<<"$NAMES") | grep -c ': builtin\$'
		zmodload -u pssession || exit; whence -w enter-pssession Get-PSSession"
	[ "$output" = "$(wc -w <<<"$NAMES")"$'\nenter-pssession: none\nGet-PSSession: none' ]
}

@test "module: zmodload -ab loads it with the first command" {
	run zsh_with "zmodload -ab pssession get-pssession Get-PSSession; zmodload -e pssession; echo \$?
		Get-PSSession; echo \$?; zmodload -e pssession; echo \$?"
	[ "$output" = $'1\n0\n0' ]
}

@test "module: the lines that pssession(7) and doc/install.md show for zmodload -ab bring every name, each of them at once" {
	local file shown name
	for file in man/pssession.in doc/install.md; do
		shown=$(sed -n 's/\\-/-/g; /^zmodload -ab/p' "$PSS_SOURCE/$file")
		[ -n "$shown" ]
		for name in $NAMES; do
			run zsh_with "$shown; zmodload -e pssession && exit 3; $name --help"
			[ "$status" -eq 0 ] || { echo "$file: $name: $output"; return 1; }
		done
	done
}

@test "module: a single name is loaded with zmodload -F" {
	run zsh_with "zmodload -F pssession b:get-pssession; whence -w get-pssession new-pssession; get-pssession"
	[ "$output" = $'get-pssession: builtin\nnew-pssession: none' ]
}

@test "module: a zsh of another version refuses it, and says which it is for" {
	run zsh_with "ZSH_VERSION=4.3.17; zmodload pssession; echo \"status \$?\"; whence -w get-pssession"
	[[ $output == *"this module is for zsh "*", and this is zsh 4.3.17: use that zsh"* ]]
	[[ $output == *$'status 1\nget-pssession: none' ]]
}

@test "module: Debian's package depends on the zsh whose headers it is built with, and on no other" {
	requires dpkg
	requires make
	local version bounds bound
	version=$(zsh -fc 'print -r -- $ZSH_VERSION')
	bounds=$(make -s -f "$PSS_SOURCE/debian/rules" print-zsh-depends)
	[[ $bounds == "zsh (>= $version), zsh (<< "*')' ]]
	bound=${bounds##* } bound=${bound%)}
	dpkg --compare-versions "$version-99+b9" lt "$bound"
	for version in "$version.0.1-test-1" "$version.1-1" 99.0-1; do
		dpkg --compare-versions "$version" ge "$bound" || { echo "$version is let in by $bounds"; return 1; }
	done
}

@test "module: loaded and unloaded a hundred times it leaves no descriptor" {
	run zsh_with 'repeat 100; do zmodload pssession || exit; get-pssession; zmodload -u pssession || exit; done
		open=(/proc/$$/fd/*); print $#open'
	before=$(zsh_with 'open=(/proc/$$/fd/*); print $#open')
	[ "$output" = "$before" ]
}

@test "module: a shell with it runs clean under valgrind" {
	requires valgrind
	run clean_env valgrind -q --error-exitcode=66 zsh -f -c "module_path+=(${MODULE%/*}); zmodload pssession || exit
		get-pssession; new-pssession -Port x y 2>/dev/null; new-pssession -OutVariable 1bad x 2>/dev/null; exit-pssession
		zmodload -u pssession"
	[ "$status" -eq 0 ]
	[[ $output != *'Invalid '* ]]
}

@test "module: it starts nothing and opens nothing when it is loaded" {
	run zsh_with 'before=(/proc/$$/fd/*); zmodload pssession || exit
		after=(/proc/$$/fd/*); [ "${before[*]}" = "${after[*]}" ]'
	[ "$status" -eq 0 ]
	[ -z "$(processes_with_argument "$WORLD/pssession-host")" ]
	[ -z "$(ls -A "$HERE/run")" ]
}

@test "module: arguments go through zsh untouched" {
	run zsh_with "zmodload pssession; new-pssession -ComputerName x -- -x; new-pssession --help | head -n 1"
	[[ $output == *"-x"* && $output == *"usage: new-pssession"* ]]
}

@test "module: the awkward targets of -OutVariable are refused before anything happens" {
	local name
	for name in 1bad 'a[1]' ro int assoc path PATH HISTSIZE; do
		run zsh_with "zmodload pssession; readonly ro=1; integer int; typeset -A assoc
			new-pssession 127.0.0.1:1 -OutVariable '$name'; echo \"s=\$?\""
		[[ $output == *-OutVariable*s=2 ]] || { echo "$name: $output"; return 1; }
	done
	[ -z "$(ls -A "$HERE/run")" ]
}
