#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# README's line that installs below `~/.local`, by an ordinary user who has tried it before: all of it is below the prefix,
# works from there in bash and zsh by the line in the dotfile alone, and goes again without a trace.

load ../harness/harness

setup_file() {
	world_start bash
	OWNER=$(id -un)
	[ -z "$ACCOUNT_MADE" ] || OWNER=$REMOTE_USER
	OWN=$WORLD/own PREFIX=$WORLD/own/home/.local
	LINE=$(grep '^meson setup .* && meson install -C ' "$PSS_SOURCE/README.md")
	BUILT=$OWN/tree/${LINE##* }
	export OWNER OWN PREFIX BUILT
	mkdir -p "$OWN/home" "$OWN/tree"
	mkdir -m 700 "$OWN/run"
	cp -r "$PSS_SOURCE"/{plugin,bash-builtin,zsh-module,completions,man,install,tools,doc,examples,meson*} "$PSS_SOURCE"/*.md "$OWN/tree"
	cp "$WORLD"/ssh/{ssh_config,user_key,known_hosts} "$OWN"
	sed -i "s|$WORLD/ssh|$OWN|" "$OWN/ssh_config"
	[ "$OWNER" = "$(id -un)" ] || chown -R "$OWNER": "$OWN"
	# What tools/try has built has other options. Ours is not optimised, as it shall take little time.
	as_owner sh -c "cd $OWN/tree && meson setup build -Dtests=false && ${LINE% && *} -Doptimization=0 -Ddebug=false && ninja -C $BUILT" \
		>"$OWN/build.log" 2>&1 ||
		{ tail -n 30 "$OWN/build.log" >&2; return 1; }
}
teardown_file() { world_end; }
setup() { place_start; }
teardown() {
	term_kill
	# shellcheck disable=SC2046
	end_processes $(processes_with_argument "$OWN")
	place_end
}

# What the user starts has the user's home, and nothing of ours in its environment but a socket's place.
owner_words() {
	OWNER_WORDS=(env -i --default-signal "HOME=$OWN/home" "PATH=$PATH" "USER=$OWNER" CCACHE_DISABLE=1 LANG=C.UTF-8 "TERM=screen-256color"
		"PSSESSION_RUNTIME_DIR=$OWN/run" "C=$OWN/ssh_config")
	[ "$OWNER" = "$(id -un)" ] || OWNER_WORDS=(setpriv --reuid "$OWNER" --regid nogroup --clear-groups "${OWNER_WORDS[@]}")
}

as_owner() {
	owner_words
	"${OWNER_WORDS[@]}" "$@" 3>&-
}

install_it() {
	as_owner meson install -C "$BUILT" --no-rebuild --quiet
}

# What is in the home; not what shells and sessions write there by themselves.
home_listing() {
	find "$OWN/home" -mindepth 1 ! -name '.zcompdump*' ! -path '*/.local/state*' | sort
}

# start_owner SHELL FILE LINE…: an interactive SHELL in a terminal whose start-up FILE is these lines.
start_owner() {
	local shell=$1 file=$2
	shift 2
	printf '%s\n' "PS1='local\$ '" "$@" >"$OWN/home/$file"
	owner_words
	term_start "${OWNER_WORDS[@]}" "$shell" -i && wait_local
}

# In the shell of the terminal: the commands complete, a session opens and is entered, and all that ran is PREFIX's.
works_below_prefix() {
	run_line 'type get-pssession >/dev/null && echo named' && output_is named || return
	term_type 'get-pssession -Sta' && term_keys Tab && wait_line 'get-pssession -State $' || return
	term_keys C-c
	wait_local
	run_line 'enter-pssession -ConfigFile $C box' 30 && wait_remote && leave_by 'exit 3' && status_is 3 || return
	run_line 'grep -o "/[^ ]*pssession\.so" /proc/$$/maps | sort -u' && output_is "$1" || return
	[ "$(readlink "/proc/$(processes_with_argument "$PREFIX/libexec/pssession-host" | head -n 1)/exe")" = "$PREFIX/libexec/pssession-host" ]
}

@test "rootless: the deadlines of what is built for users are the product's" {
	# The name stands in what asks for the variable: in a developer's build.
	grep -q PSSESSION_RUNTIME_DIR "$BUILT/plugin/host/pssession-host"
	run grep -rl PSSESSION_TEST_DEADLINES "$BUILT" --include="*.so" --include=pssession-host
	[ "$status" -eq 1 ]
}

@test "rootless: the pages name one line" {
	grep -qF "$(grep '^meson setup ' "$PSS_SOURCE/README.md")" "$PSS_SOURCE/doc/install.md"
	grep -qF "tools/uninstall ${BUILT##*/}" "$PSS_SOURCE/doc/install.md"
}

@test "rootless: everything is below the prefix" {
	install_it
	local file version
	version=$(zsh -fc 'print -r -- $ZSH_VERSION')
	[ "$(cd "$OWN/home" && printf '%s ' * .[a-z]*)" = '* .local ' ]
	for file in lib/bash/pssession.so libexec/pssession-host share/pssession/{pssession.bash,pssession.plugin.zsh,functions/etsn} \
		share/bash-completion/completions/enter-pssession share/zsh/site-functions/_pssession \
		share/systemd/user/pssession.{socket,service} share/man/man{1/{enter-pssession,Enter-PSSession}.1,7/pssession.7,8/pssession-host.8}; do
		[ -s "$PREFIX/$file" ] || { echo "no $file"; return 1; }
	done
	[ ! -d "$BUILT/zsh-module" ] || [ -s "$PREFIX/lib/zsh/$version/pssession.so" ]
	[ "$(sed -n 's/^ExecStart=//p' "$PREFIX/share/systemd/user/pssession.service")" = "$PREFIX/libexec/pssession-host" ]
}

@test "rootless: bash: the line in .bashrc brings the commands, Tab and the host process of the prefix" {
	install_it
	start_owner bash .bashrc '. ~/.local/share/pssession/pssession.bash'
	works_below_prefix "$PREFIX/lib/bash/pssession.so"
}

@test "rootless: zsh: so does the line in .zshrc, before compinit" {
	[ -d "$BUILT/zsh-module" ] || skip "there is no zsh module in this build"
	install_it
	start_owner zsh .zshrc 'source ~/.local/share/pssession/pssession.plugin.zsh' 'autoload -Uz compinit; compinit -u'
	works_below_prefix "$PREFIX/lib/zsh/$(zsh -fc 'print -r -- $ZSH_VERSION')/pssession.so"
}

@test "rootless: zsh: and behind compinit; and it can be unloaded" {
	[ -d "$BUILT/zsh-module" ] || skip "there is no zsh module in this build"
	install_it
	start_owner zsh .zshrc 'autoload -Uz compinit; compinit -u -D; before="$FPATH $module_path"' \
		'source ~/.local/share/pssession/pssession.plugin.zsh; source ~/.local/share/pssession/pssession.plugin.zsh'
	works_below_prefix "$PREFIX/lib/zsh/$(zsh -fc 'print -r -- $ZSH_VERSION')/pssession.so"
	run_line 'pssession_plugin_unload; [[ $before == "$FPATH $module_path" ]] && whence -w get-pssession'
	output_is 'get-pssession: none'
}

@test "rootless: what was installed twice goes again, with the directories, and what is somebody else's stays" {
	rm -rf "${OWN:?}/home"
	as_owner mkdir -p "$OWN/home/.local/share/man/man1" "$OWN/home/.config"
	as_owner touch "$OWN/home/.local/share/man/man1/mine.1"
	home_listing >"$HERE/before"
	install_it
	install_it
	[ "$(home_listing | wc -l)" -gt 60 ]
	run as_owner "$OWN/tree/tools/uninstall" "$BUILT"
	[ "$status" -eq 0 ]
	[[ $output =~ ^[0-9]+' files removed'$ ]]
	home_listing | diff "$HERE/before" -
	# Nothing is there to be taken back: that is no error.
	run as_owner "$OWN/tree/tools/uninstall" "$BUILT"
	[ "$status" -eq 0 ]
	[ "$output" = '0 files removed' ]
	home_listing | diff "$HERE/before" -
}

@test "rootless: it goes again also when the same build was installed below a DESTDIR since, and all of that" {
	rm -rf "${OWN:?}/home"
	as_owner mkdir -p "$OWN/home" "$OWN/destination"
	install_it
	as_owner env DESTDIR="$OWN/destination" meson install -C "$BUILT" --no-rebuild --quiet
	run as_owner "$OWN/tree/tools/uninstall" "$BUILT"
	[ "$status" -eq 0 ]
	[ -z "$(home_listing)" ]
	[ -z "$(find "$OWN/destination" -type f)" ]
	rm -rf "$OWN/destination"
}

@test "rootless: ninja uninstall takes back what was installed once" {
	rm -rf "${OWN:?}/home"
	as_owner mkdir -p "$OWN/home"
	install_it
	as_owner ninja -C "$BUILT" uninstall >/dev/null
	[ -z "$(home_listing)" ]
}

@test "rootless: what cannot be removed is named, and the status says so" {
	[ "$OWNER" != "$(id -un)" ] || skip "needs root, to take a directory away from its user"
	rm -rf "${OWN:?}/home"
	as_owner mkdir -p "$OWN/home"
	install_it
	chown root: "$PREFIX/lib/bash"
	run as_owner "$OWN/tree/tools/uninstall" "$BUILT"
	[ "$status" -eq 1 ]
	[[ $output == *"cannot be removed: $PREFIX/lib/bash/pssession.so"* ]]
	chown "$OWNER": "$PREFIX/lib/bash"
	run as_owner "$OWN/tree/tools/uninstall" "$BUILT"
	[ "$status" -eq 0 ]
	[ -z "$(home_listing)" ]
	run as_owner "$OWN/tree/tools/uninstall" "$OWN"
	[ "$status" -eq 1 ]
	[[ $output == *'is no build directory'* ]]
}
