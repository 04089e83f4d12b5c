#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The rules of the house that a machine can see.

setup() {
	cd "${PSS_SOURCE:-$BATS_TEST_DIRNAME/../..}"
}

# none GREP ARGUMENT…: finds nothing. A search that cannot be made (a folder has moved) has found nothing out.
none() {
	local found status=0
	found=$("$@" 2>&1) || status=$?
	[ "$status" -eq 1 ] || { printf '%s: status %s\n%s\n' "$*" "$status" "$found"; return 1; }
}

# none_of FIND ARGUMENT…: prints nothing, and could look everywhere.
none_of() {
	local found status=0
	found=$("$@" 2>&1) || status=$?
	[ "$status" -eq 0 ] && [ -z "$found" ] || { printf '%s: status %s\n%s\n' "$*" "$status" "$found"; return 1; }
}

@test "house: a search that cannot be made is no rule that holds" {
	run none grep -rn anything no-such-folder
	[ "$status" -ne 0 ]
	run none grep -rn 'MIT License' LICENSE
	[ "$status" -ne 0 ]
	none grep -rn 'nothing of this kind' LICENSE
	run none_of find no-such-folder
	[ "$status" -ne 0 ]
	run none_of find LICENSE
	[ "$status" -ne 0 ]
	none_of find LICENSE -name nothing
}

@test "house: GLib and libssh are included by the host and the remote engine only" {
	none grep -rnE '#include *[<"](glib|gio|libssh|json-glib)' plugin/client plugin/terminal plugin/wire bash-builtin zsh-module
	none grep -rnE '#include *[<"]libssh' plugin/remote plugin/psrp
}

@test "house: client and host never include each other, wire includes neither" {
	none grep -rnE '#include *"(plugin/)?(host|remote|psrp)/' plugin/client plugin/terminal plugin/wire bash-builtin zsh-module
	none grep -rnE '#include *"(plugin/)?client/' plugin/host plugin/link plugin/base plugin/wire plugin/remote plugin/psrp
	none grep -rnE '#include *"(plugin/)?host/' plugin/remote plugin/psrp plugin/link plugin/base
}

@test "house: every arrow between rooms, and from the adapters, is one of tests/rooms, by includes and by symbols" {
	[ -f "${PSS_BUILD-}/compile_commands.json" ] || skip "needs a build"
	command -v python3 nm >/dev/null || skip "needs python3 and nm"
	run python3 "$PSS_SOURCE/tests/check-rooms.py" "$PSS_SOURCE/tests/rooms" "$PSS_BUILD"
	echo "$output"
	[ "$status" -eq 0 ]
	# What stands in the table can fail: without a room's line, or with an arrow less.
	sed '/^wire:/d' "$PSS_SOURCE/tests/rooms" >"$BATS_TEST_TMPDIR/rooms"
	! python3 "$PSS_SOURCE/tests/check-rooms.py" "$BATS_TEST_TMPDIR/rooms" "$PSS_BUILD" >/dev/null || return 1
	sed 's/^host\/session: wire base/host\/session: wire/' "$PSS_SOURCE/tests/rooms" >"$BATS_TEST_TMPDIR/rooms"
	run python3 "$PSS_SOURCE/tests/check-rooms.py" "$BATS_TEST_TMPDIR/rooms" "$PSS_BUILD"
	[ "$status" -eq 1 ]
	[[ $output == "host/session may not call base: "* ]]
}

# with_table SED-SCRIPT: what is wrong with the tree by such a table
with_table() {
	sed "$1" "$PSS_SOURCE/tests/rooms" >"$BATS_TEST_TMPDIR/rooms"
	run python3 "$PSS_SOURCE/tests/check-rooms.py" "$BATS_TEST_TMPDIR/rooms" "$PSS_BUILD"
	[ "$status" -eq 1 ]
}

# The benches are sourced into one shell: of two functions with a name the later one would run for both.
@test "house: the benches define no function that another of them, or the harness, has" {
	twice() {
		local own
		own=$(cat tests/bench/run tests/bench/*.bash | sed -n 's/^\([a-z_0-9]*\)() .*/\1/p' | sort) || return
		uniq -d <<<"$own"
		comm -12 <(uniq <<<"$own") <(sed -n 's/^\([a-z_0-9]*\)() .*/\1/p' tests/harness/*.bash | sort -u)
	}
	[ -z "$(twice)" ]
	tree=$BATS_TEST_TMPDIR/tree
	mkdir -p "$tree/tests"
	cp -R tests/bench tests/harness "$tree/tests"
	cd "$tree"
	printf 'bench_far() {\n\t:\n}\nis_alive() {\n\t:\n}\n' >>tests/bench/copy.bash
	[ "$(twice)" = $'bench_far\nis_alive' ]
}

@test "house: tests/rooms grants no arrow and no library that is not used, and calls only where something is called" {
	[ -f "${PSS_BUILD-}/compile_commands.json" ] || skip "needs a build"
	command -v python3 nm >/dev/null || skip "needs python3 and nm"
	with_table 's/^terminal: |/terminal: wire |/'
	[ "$output" = "terminal calls nothing of wire" ]
	with_table 's/^remote\/engine: \(.*\) (wire)/remote\/engine: \1 wire/'
	[ "$output" = "remote/engine calls nothing of wire: (wire) is enough" ]
	with_table 's/^terminal: |/terminal: (wire) |/'
	[ "$output" = "terminal uses nothing of wire" ]
	with_table 's/^wire: |/wire: | glib/'
	[ "$output" = "wire includes nothing of glib" ]
}

@test "house: files that need each other are found, and forgiven where all of them include one private.h" {
	command -v python3 >/dev/null || skip "needs python3"
	python3 - "$PSS_SOURCE/tests/check-rooms.py" <<-'END'
		import runpy, sys
		rooms = runpy.run_path(sys.argv[1])

		def wrong(*uses):
		    del rooms["wrong"][:]
		    rooms["check_circles"]({(f"plugin/{a}", f"plugin/{b}"): f"{a} calls {b}" for a, b in uses})
		    return rooms["wrong"]

		circle = [("r/a.c", "r/b.c"), ("r/b.c", "r/c.c"), ("r/c.c", "r/a.c")]
		private = [(f"r/{name}.c", "r/private.h") for name in "abc"]
		assert wrong(*circle[:2], ("r/a.c", "r/a.h"), *private) == []
		assert wrong(*circle)[0].startswith("plugin/r/a.c, plugin/r/b.c, plugin/r/c.c need each other")
		assert wrong(*circle, *private) == []
		assert len(wrong(*circle, *private[:2])) == 4
		assert len(wrong(("r/a.c", "s/b.c"), ("s/b.c", "r/a.c"), ("r/a.c", "r/private.h"), ("s/b.c", "r/private.h"))) == 3
	END
}

# A tree with what tools/rooms reads and writes, to be changed.
tree_of_rooms() {
	local tree=$BATS_TEST_TMPDIR/tree
	mkdir -p "$tree"
	tar c tools/rooms tests/rooms ARCHITECTURE.md doc/rooms.svg $(find plugin bash-builtin zsh-module -name README.md) | tar x -C "$tree"
	cd "$tree"
}

@test "house: each room says what it is, who uses it and what it must never do; the table and the picture are its own" {
	command -v python3 >/dev/null || skip "needs python3"
	tools/rooms --check
	tree_of_rooms
	tools/rooms --check
	# What is true can become untrue: an arrow more, a room without a word, a word that is not repeated.
	sed -i 's/^terminal: |/terminal: wire |/' tests/rooms
	run tools/rooms --check
	[ "$status" -eq 1 ]
	[[ $output == *plugin/wire/README.md* && $output == *ARCHITECTURE.md* && $output == *doc/rooms.svg* ]]
	tools/rooms
	tools/rooms --check
	sed -i '3s/^/Not /' plugin/wire/README.md
	run tools/rooms --check
	[ "$status" -eq 1 ]
	sed -i '/^Must never/d' plugin/wire/README.md
	run tools/rooms --check
	[ "$status" -eq 1 ]
	[[ $output == "plugin/wire/README.md: wants "* ]]
	rm plugin/wire/README.md
	run tools/rooms --check
	[ "$status" -eq 1 ]
	[[ $output == "plugin/wire/README.md: wants "* ]]
}

@test "house: the picture's arrows, followed to their ends, are those of tests/rooms" {
	command -v python3 >/dev/null || skip "needs python3"
	python3 - <<-'END'
		import re

		def ends(arrows):
		    all = set(arrows)
		    while True:
		        more = {(a, d) for a, b in all for c, d in all if b == c} - all
		        if not more:
		            return all
		        all |= more

		drawn = set(re.findall(r"<title>(\S+) uses (\S+)</title>", open("doc/rooms.svg").read()))
		lines = [line for line in open("tests/rooms") if ":" in line and not line.startswith("#")]
		table = {(line.split(":")[0], used) for line in lines for used in re.findall(r"[\w/-]+", line.split(":")[1].split("|")[0])}
		assert drawn and ends(drawn) == ends(table), ends(drawn) ^ ends(table)
	END
}

@test "house: shell headers are included by the adapters only" {
	none grep -rnE '#include *[<"](bash/|builtins\.h|shell\.h|readline/|zsh/|config\.h)' plugin
}

@test "house: there is no sleep in the tests" {
	none grep -rnE '^[^#]*\bsleep [0-9.]+' tests --include='*.bats' --include='*.bash' --include='*.sh'
	none grep -rnE '\bsleep\(' tests --include='*.c'
}

@test "house: nothing is left to do later" {
	none grep -rnE 'TODO|FIXME|\bXXX\b|not implemented yet' plugin bash-builtin zsh-module man install tests tools \
		--include='*.[ch]' --include='*.bash' --include='*.sh' --include='*.zsh' --include=meson.build
}

@test "house: every source says its licence" {
	none_of find plugin bash-builtin zsh-module man install tests \( -name '*.[ch]' -o -name '*.bats' -o -name '*.bash' \) \
		! -exec grep -q 'SPDX-License-Identifier: MIT' {} \; -print
}

@test "house: ARCHITECTURE.md names only files that there are" {
	local name missing=
	[ -s ARCHITECTURE.md ]
	while read -r name; do
		[ -e "$name" ] || compgen -G "$name" >/dev/null || missing+="$name "
	done < <(grep -oE '`[^` ]+`' ARCHITECTURE.md | tr -d '`' | grep -E '^(plugin|bash-builtin|zsh-module|man|install|debian|packaging|doc|tests|tools|\.ci)(/|$)|\.(md|build|txt)$' | sort -u)
	[ -z "$missing" ] || { echo "missing: $missing"; return 1; }
}

@test "house: ARCHITECTURE.md says where each thing is done: the function is defined there" {
	local file name rows=0 missing=
	while IFS=: read -r file name; do
		rows=$((rows + 1))
		grep -qE "^[A-Za-z].*\b$name\(" "$file" || missing+="$file:$name "
	done < <(sed -nE '/^## Where to look/,/^## Where to start/s/^\|.*\| `([^`]*)` \| `([^`]*)` \|$/\1:\2/p' ARCHITECTURE.md)
	[ "$rows" -ge 30 ]
	[ -z "$missing" ] || { echo "moved or renamed: $missing"; return 1; }
}

@test "house: ARCHITECTURE.md names commits that there are" {
	local commit commits
	git rev-parse --git-dir >/dev/null 2>&1 && [ "$(git rev-parse --is-shallow-repository)" = false ] || skip "needs the history"
	commits=$(sed -nE '/^## Where to start/,/^## The life/s/^\|.*\| ([0-9a-f]{7}) \|$/\1/p' ARCHITECTURE.md)
	[ "$(wc -w <<<"$commits")" -ge 6 ]
	for commit in $commits; do
		git merge-base --is-ancestor "$commit" HEAD || { echo "no commit of this history: $commit"; return 1; }
	done
}

@test "house: README.md and its kin name only files and commands that there are, and have no very long line" {
	local file name doors
	for file in README.md CONTRIBUTING.md SECURITY.md doc/*.md; do
		[ -s "$file" ]
		none grep -nE '^.{200}' "$file"
		for name in $(grep -oE '\b(tools|tests|plugin|doc|packaging|debian)/[A-Za-z./-]+[A-Za-z]' "$file"); do
			[ -e "$name" ] || { echo "$file: missing: $name"; return 1; }
		done
		for name in $(sed -nE 's/.*\]\(([A-Za-z.][^:#)]*)[^:)]*\).*/\1/p' "$file"); do
			[ -e "$(dirname "$file")/$name" ] || { echo "$file: missing: $name"; return 1; }
		done
	done
	# The two commands, and where they are tested.
	grep -q '^\*\*Two commands\*\*, on Debian 12, 13 and testing:$' README.md
	grep -q '^- `tools/try` ' README.md
	grep -q '^- `tools/check` ' README.md
	# Each door that CONTRIBUTING.md names is one of tools/dev.
	doors=$(sed -n '/^`tools\/dev` lists/,/^`fuzz`/p' CONTRIBUTING.md | grep -oE '`[a-z]+`' | tr -d '`')
	[ "$(wc -w <<<"$doors")" -eq 7 ]
	for name in $doors; do
		grep -qE "^#   tools/dev $name( |$)" tools/dev || { echo "tools/dev $name"; return 1; }
	done
}

@test "house: doc/troubleshooting.md shows messages that there are" {
	local page
	page=$(mktemp)
	tests/install/check-messages.py . doc/troubleshooting.md
	[ "$(grep -oE '\*\*`' doc/troubleshooting.md | wc -l)" -ge 80 ]
	# It can fail.
	echo '**`the directory … is not trusted`** **`the directory … is trusted`**' >"$page"
	run tests/install/check-messages.py . "$page"
	rm "$page"
	[ "$status" -eq 1 ]
	[[ ${lines[0]} == *': no message of the program: the directory … is trusted' && ${lines[1]} == '# 2 messages' ]]
}

@test "house: doc/reference.md names variables that something reads" {
	local name n=0
	for name in $(sed -n '/^## Environment/,/^## Files/p' doc/reference.md | grep '^| `' | cut -d'|' -f2 | grep -oE '[A-Z0-9_]{4,}'); do
		n=$((n + 1))
		grep -rqE "\b$name\b" plugin bash-builtin zsh-module --include='*.[ch]' --include='*.bash' --include='*.zsh' || { echo "$name"; return 1; }
	done
	[ "$n" -ge 8 ]
}

@test "house: every .bats file is a test of meson's" {
	local file
	for file in tests/shell/*.bats tests/install/*.bats; do
		grep -q "'$(basename "$file" .bats)'" "$(dirname "$file")/meson.build" || { echo "$file"; return 1; }
	done
}

@test "house: the libc half never prints, exits or aborts" {
	none grep -rnE '\b(exit|abort)\(' plugin/wire plugin/terminal plugin/client --include='*.c'
}

@test "house: a warning ends a developer's build, whose deadlines tests scale, and nobody else's" {
	grep -q '^SETUP=(-Dwerror=true -Dwarning_level=3 -Dtest_deadlines=true)$' tools/lib.bash
	none grep -nE '^[^#]*\bSETUP=\([^)]' tools/check tools/dev # they add to it
	none grep -rnE 'werror|warning_level=3|test_deadlines=' meson.build debian packaging
	grep -q 'warning_level=2' meson.build
	grep -q "'test_deadlines', type: 'boolean', value: false" meson_options.txt
}

# Calls, constants and headers that Linux alone has, or has in its own way: a name at the head of a group stands for all
# that begin with it.
LINUX_CALLS='(pidfd_|epoll_|eventfd|timerfd_|signalfd|inotify_|process_vm_)[a-z0-9_]*|prctl|accept4|memfd_create|close_range|closefrom'
LINUX_CALLS+='|getrandom|getentropy|sendfile|splice|tee|copy_file_range|syscall|unshare|setns|gettid|prlimit|clone3?|statx|fallocate|malloc_trim|mallopt'
LINUX_NAMES='SYS_[a-z]|__NR_|__linux__|SO_PEERCRED|SO_PASSCRED|SCM_CREDENTIALS|struct ucred|TCP_QUICKACK|TCP_USER_TIMEOUT|TCP_INFO|TCP_CORK'
LINUX_NAMES+='|AF_NETLINK|AF_ALG|F_ADD_SEALS|F_SETPIPE_SZ|F_OFD_|O_PATH|O_TMPFILE|PR_SET_|PR_GET_|"/proc/|"/sys/'
LINUX_HEADERS='linux/.*|sys/(epoll|eventfd|signalfd|timerfd|inotify|prctl|syscall|random|sendfile|auxv)\.h'
LINUX="\\b($LINUX_CALLS)\\(|($LINUX_NAMES)|#include <($LINUX_HEADERS)>"

@test "house: what Linux alone has is called in one file of three layers, system-linux.c" {
	local layer
	none grep -rnE "$LINUX" plugin bash-builtin zsh-module --include='*.[ch]' --exclude=system-linux.c
	# The search finds what there is to be found, in each.
	for layer in wire client/base base; do
		grep -qE "$LINUX" "plugin/$layer/system-linux.c"
		grep -q "plugin/$layer/system-linux.c" ARCHITECTURE.md
	done
}

# What build-essential and debhelper bring of the group `build`.
IMPLIED='gcc|libc6-dev|ninja-build'

@test "house: tools/packages, debian/control, README.md and doc/install.md name the same packages to build with" {
	local wanted package file
	wanted=$(awk '$1 == "build" { print $2 }' tools/packages | grep -vxE "$IMPLIED")
	[ -n "$wanted" ]
	for package in $wanted; do
		grep -qE "^ $package( \(|,)" debian/control || { echo "debian/control: $package"; return 1; }
		for file in README.md doc/install.md; do
			grep -qE "^(sudo )?apt install .* $package( |\$)" "$file" || { echo "$file: $package"; return 1; }
		done
	done
}

@test "house: what the shell loads leaves the shell's own state of libc alone" {
	none grep -rnE '\b(rand|srand|s?random|[delmnj]rand48|srand48|strtok|setlocale)\(' plugin/wire plugin/terminal plugin/client bash-builtin zsh-module \
		--include='*.[ch]'
}

@test "doors: a build that has been moved with its tree is made anew, one that has not stays" {
	command -v meson >/dev/null || skip "needs meson"
	local tree=$BATS_TEST_TMPDIR/a
	mkdir -p "$tree/tools"
	cp tools/lib.bash tools/packages "$tree/tools"
	echo "project('a')" >"$tree/meson.build"
	configured() {
		(cd "$1" && . tools/lib.bash && SETUP=() && configure "$1/build" >/dev/null && ninja -C build >/dev/null)
	}
	configured "$tree"
	touch "$tree/build/mine"
	configured "$tree"
	[ -e "$tree/build/mine" ]
	mv "$tree" "${tree%a}b"
	configured "${tree%a}b"
	[ ! -e "${tree%a}b/build/mine" ]
	touch "${tree%a}b/build/mine"
	cp -R "${tree%a}b" "${tree%a}c"
	configured "${tree%a}c"
	[ ! -e "${tree%a}c/build/mine" ] && [ -e "${tree%a}b/build/mine" ]
}
