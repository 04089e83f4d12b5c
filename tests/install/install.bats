#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What `meson install` puts where, and that it works from there.

load ../harness/harness

setup_file() {
	world_start bash
	DESTINATION=$WORLD/destination
	export DESTINATION
	DESTDIR=$DESTINATION meson install -C "$PSS_BUILD" --no-rebuild --quiet >"$WORLD/install.log" 2>&1 3>&- ||
		{ cat "$WORLD/install.log" >&2; return 1; }
}
teardown_file() { world_end; }
setup() { place_start; }
teardown() {
	# shellcheck disable=SC2046
	end_processes $(processes_with_argument "$DESTINATION")
	place_end
}

option() {
	meson introspect --buildoptions "$PSS_BUILD" | python3 -c '
import json, sys
print(next(option["value"] for option in json.load(sys.stdin) if option["name"] == sys.argv[1]))' "$1"
}

# The commands, for a regular expression.
command_names() {
	sed -n 's/.*, "\([a-z-]*\)", "[A-Za-z-]*").*/\1/p' "$PSS_SOURCE/plugin/client/command/verb.h" | paste -sd '|'
}
export -f command_names

installed() {
	find "$DESTINATION" -name "$1" -printf '/%P\n'
}

@test "install: the loadable is where bash looks, the host process in libexec, no file elsewhere" {
	local bash_directory host
	bash_directory=$(pkg-config --variable=loadablesdir bash)
	[ "$(installed pssession.so | grep -v /zsh/)" = "$bash_directory/pssession.so" ]
	host=$(realpath -ms "$(option prefix)/$(option libexecdir)/pssession-host")
	[ "$(installed pssession-host)" = "$host" ]
	# Every installed file is one of ours by its name.
	run bash -c 'find "$1" ! -type d ! -ipath "*/pssession/*" ! -iname "*pssession*" -printf "%f\n" | grep -vxiE "($(command_names))(\.1)?"' bash "$DESTINATION"
	[ -z "$output" ]
}

@test "install: the loadable works from there and finds its own host process" {
	run clean_env env -u PSSESSION_HOST bash --noprofile --norc -c "
		enable -f '$DESTINATION$(pkg-config --variable=loadablesdir bash)/pssession.so' enter-pssession || exit 99
		s=\$(new-pssession -ConfigFile '$WORLD/ssh/ssh_config' box) && get-pssession -Session \"\$s\" -Property State" 3>&-
	[ "$status" -eq 0 ]
	[ "$output" = Opened ]
	run bash -c 'readlink /proc/$1/exe' bash "$(pgrep -f "^$DESTINATION.*/pssession-host")"
	[ "$output" = "$DESTINATION$(installed pssession-host)" ]
}

@test "install: the documents that README.md names are there, and no link of theirs is dead" {
	local file documents
	documents=$DESTINATION$(option prefix)/$(option datadir)/doc/pssession
	for file in README SECURITY CONTRIBUTING ARCHITECTURE doc/{start,install,recipes,compare,faq,troubleshooting,security,reference}; do
		[ -s "$documents/$file.md" ] || { echo "no $file.md"; return 1; }
	done
	"$PSS_SOURCE/tests/install/check-links.py" "$documents"
	diff -r "$PSS_SOURCE/examples" "$documents/examples"
	# It can fail.
	mkdir "$HERE/documents"
	printf '%s\n' '# One' '[a](b.md) [c](#one) [d](#two) [e](../f.md) [g](x://y)' >"$HERE/documents/a.md"
	run "$PSS_SOURCE/tests/install/check-links.py" "$HERE/documents"
	[ "$status" -eq 1 ]
	[ "$output" = 'a.md: b.md is not there
a.md: #two has no such heading
a.md: ../f.md leads out of the documents
# 4 links' ]
}

@test "install: the zsh module, where there is one, is where zsh looks" {
	[ -n "$(installed pssession.so | grep /zsh/)" ] || skip "there is no zsh module in this build"
	[ "$(installed pssession.so | grep /zsh/)" = "$(zsh -fc 'print -r -- $module_path[1]')/pssession.so" ]
}

@test "install: the plugin files work from there, with all that they read later" {
	local directory shared
	directory=$DESTINATION$(option prefix)/$(option datadir)/pssession
	run clean_env env BASH_LOADABLES_PATH="$DESTINATION$(pkg-config --variable=loadablesdir bash)" bash --noprofile --norc -c "
		. '$directory/pssession.bash'; get-pssession --version; type -t get-pssession"
	[ "$status" -eq 0 ]
	[[ ${lines[0]} == 'pssession '* && ${lines[1]} == builtin ]]
	shared=$(installed pssession.so | grep /zsh/) || skip "there is no zsh module in this build"
	run clean_env zsh -fc "module_path+=('$DESTINATION${shared%/*}'); . '$directory/pssession.plugin.zsh'
		get-pssession --version; whence -w get-pssession
		pssession_prompt && pssession_plugin_unload"
	[ "$status" -eq 0 ]
	[[ ${lines[0]} == 'pssession '* && ${lines[1]} == 'get-pssession: builtin' && -z ${lines[2]-} ]]
	[ "$(cd "$directory/functions" && echo *)" = "$(cd "$PSS_SOURCE/plugin/functions" && echo *)" ]
}

@test "install: man shows the pages, in both spellings" {
	requires man
	local directory name
	directory=$DESTINATION$(option prefix)/$(option mandir)
	for name in enter-pssession Enter-PSSession remove-pssession; do
		run clean_env MANPATH="$directory" MANWIDTH=100 MANPAGER=cat man "$name" 3>&-
		[ "$status" -eq 0 ]
		[[ $output == *SYNOPSIS*"${name,,}"* ]]
	done
	run clean_env MANPATH="$directory" MANWIDTH=100 MANPAGER=cat man 7 pssession 3>&-
	[ "$status" -eq 0 ]
	[[ $output == *'INTERACTIVE SESSION'* ]]
}

@test "install: the units for systemd name the installed host process and its socket" {
	local unit
	unit=$DESTINATION$(installed pssession.service)
	[ -f "$unit" ] || skip "this build is without systemd"
	[ "$(sed -n 's/^ExecStart=//p' "$unit")" = "$(installed pssession-host)" ]
	[ "$(sed -n 's/^ListenStream=//p' "$(dirname "$unit")/pssession.socket")" = '%t/pssession/host' ]
}
