# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Debian releases to check in, for `tools/check --in RELEASE`. To be loaded after lib.bash.
#
# A release is a root directory that debootstrap makes (`bare`: a minbase), kept below CACHE with the packages that were
# ever loaded for it. `furnished` is the same with everything in tools/packages that a check can need: it saves the minutes
# of installing. What is checked runs in a layer above either, without network (tools/in-root). The mirror is that of this
# machine's apt, or PSS_MIRROR, or debootstrap's own default.
#
#   check_releases MODE RELEASE…   MODE: whole, full or quick (tests/install/from-bare)
#   stop_release                   ends what is running
#
# WHY_NOT says why something is not available.

# shellcheck disable=SC2034 # tools/check reads it
RELEASES=(bookworm trixie sid)
CANNOT=77
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/pssession
PATIENCE=900 # seconds, with a mirror that does not answer
GROUPS_NEEDED=(build try check full compilers)

release_mirror() {
	if [ -n "${PSS_MIRROR-}" ]; then
		echo "$PSS_MIRROR"
	else
		apt-get indextargets --format "\$(REPO_URI)" 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' 'Component: main' \
			2>/dev/null | head -n 1
	fi
}

# Sets WHY_NOT where this machine cannot run a release at all.
can_run_releases() {
	if [ "$(id -u)" -ne 0 ]; then
		WHY_NOT="making a root directory and running in it needs root"
	elif ! unshare --mount --pid --fork --net true 2>/dev/null; then
		WHY_NOT="this machine gives root no namespaces of its own (a container?)"
	elif ! command -v debootstrap >/dev/null && ! (need_packages releases) 2>/dev/null; then
		WHY_NOT="debootstrap is not installed, and cannot be"
	elif ! command -v debootstrap >/dev/null; then
		WHY_NOT="there is no debootstrap"
	else
		return 0
	fi
	return 1
}

# What this machine's apt knows of reaching and believing mirrors, the root's apt shall know; and nobody needs the files
# of a throw-away root on disk at once.
settle_root() {
	local root=$1
	apt-config dump 2>/dev/null | grep -E '^Acquire::(Check-Valid-Until|Check-Date|Retries|https?::Proxy) ' >"$root/etc/apt/apt.conf.d/90pssession"
	echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/pssession"
	printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
	chmod 755 "$root/usr/sbin/policy-rc.d"
}

# make_bare RELEASE DIRECTORY
make_bare() {
	local release=$1 root=$2 mirror words
	[ ! -d "$root" ] || return 0
	say "making a Debian $release with debootstrap (a minute or two)"
	mirror=$(release_mirror)
	words=(timeout "$PATIENCE" debootstrap --variant=minbase "$release" "$root.new")
	[ -z "$mirror" ] || words+=("$mirror")
	rm -rf --one-file-system "$root.new"
	"${words[@]}" >"$root.log" 2>&1 </dev/null || {
		WHY_NOT="debootstrap could not make it ($root.log): $(tail -n 1 "$root.log")"
		return 1
	}
	settle_root "$root.new"
	mv "$root.new" "$root"
}

release_packages() {
	local group
	for group in "${GROUPS_NEEDED[@]}"; do
		awk -v group="$group" '$1 == group { print $2 }' "$SOURCE/tools/packages"
	done
}

# apt_in ROOT ARGUMENT…: with this machine's network; what apt loads stays in the cache.
apt_in() {
	local root=$1
	shift
	timeout "$PATIENCE" "$SOURCE/tools/in-root" --network --write --bind "$(dirname "$root")/archives" /var/cache/apt/archives "$root" \
		env DEBIAN_FRONTEND=noninteractive apt-get -qq "$@" >>"$root.log" 2>&1 </dev/null
}

# Loads what the release's packages are now; without a mirror, what was loaded earlier has to do.
load_packages() {
	local root=$1
	mkdir -p "$(dirname "$root")/archives"
	# shellcheck disable=SC2046
	apt_in "$root" update && apt_in "$root" --no-install-recommends --download-only -y install $(release_packages)
}

# make_furnished BARE DIRECTORY
make_furnished() {
	local bare=$1 root=$2
	[ ! -d "$root" ] || return 0
	say "installing what a check needs in $(basename "$(dirname "$bare")") (some minutes, once)"
	rm -rf --one-file-system "$root.new"
	cp -a "$bare" "$root.new"
	mkdir -p "$(dirname "$root")/archives"
	# shellcheck disable=SC2046
	apt_in "$root.new" update && apt_in "$root.new" --no-install-recommends -y install $(release_packages) || {
		WHY_NOT="its packages could not be installed ($root.new.log): $(tail -n 1 "$root.new.log")"
		return 1
	}
	mv "$root.new" "$root"
}

# release_root RELEASE MODE: ROOT is the directory to run above. One at a time makes it.
release_root() {
	local release=$1 mode=$2 place=$CACHE/$1
	mkdir -p "$place"
	exec {lock}>"$place/lock"
	flock "$lock"
	ROOT=$place/bare
	make_bare "$release" "$ROOT" || return
	if [ "$mode" = quick ]; then
		ROOT=$place/furnished-$(release_packages | cksum | cut -d' ' -f1)
		make_furnished "$place/bare" "$ROOT" || return
	else
		load_packages "$ROOT" || say "$release: no mirror answers; what was loaded earlier has to do"
	fi
	exec {lock}>&-
}

# The tree as it is, without what was built.
copy_tree() {
	tar -C "$SOURCE" --exclude=./.git --exclude='./build*' --exclude='./obj-*' --exclude=./debian/pssession -cf - . | tar -xf - -C "$1"
}

# Ends what check_in has started.
RUNNING='' RUN_PLACE=''
stop_release() {
	[ -z "$RUNNING" ] || { kill "$RUNNING" && wait "$RUNNING"; } 2>/dev/null
	[ -z "$RUN_PLACE" ] || rm -rf --one-file-system "$RUN_PLACE"
	RUNNING='' RUN_PLACE=''
}

# What runs that were killed have left, and what was furnished for another list of packages. No run takes a day.
sweep() {
	find "$CACHE/$1" -mindepth 1 -maxdepth 1 \( -name 'run-*' -o -name '*.layer-*' -o -name 'furnished-*' \) ! -path "$ROOT" \
		-mmin +1440 -exec rm -rf --one-file-system {} +
}

check_in() {
	local release=$1 mode=$2 status logs=$SOURCE/build-in-$1 cache=$CACHE/$1
	can_run_releases && release_root "$release" "$mode" || { say "$release: not checked: $WHY_NOT"; return "$CANNOT"; }
	sweep "$release"
	RUN_PLACE=$(mktemp -d "$cache/run-XXXXXX")
	mkdir -p "$RUN_PLACE/tree" "$RUN_PLACE/logs" "$cache/archives"
	copy_tree "$RUN_PLACE/tree"
	setsid "$SOURCE/tools/in-root" --bind "$RUN_PLACE/tree" /pssession --bind "$RUN_PLACE/logs" /logs \
		--bind "$cache/archives" /var/cache/apt/archives \
		"$ROOT" /pssession/tests/install/from-bare "$mode" /logs </dev/null >"$RUN_PLACE/logs/counts" &
	RUNNING=$!
	wait "$RUNNING"
	status=$?
	RUNNING=
	COUNTS=$(tail -n 1 "$RUN_PLACE/logs/counts")
	rm -rf "$logs"
	cp -r "$RUN_PLACE/logs" "$logs"
	stop_release
	[ "$status" -eq 0 ] || say "the logs are in $logs"
	return "$status"
}

# check_releases MODE RELEASE…: adds to RELEASES_PASSED and RELEASES_FAILED; true when each release was available.
RELEASES_PASSED=0 RELEASES_FAILED=0
check_releases() {
	local mode=$1 release all=0 started
	shift
	for release; do
		started=$SECONDS COUNTS=
		check_in "$release" "$mode"
		if [ $? -eq "$CANNOT" ]; then
			all=1
		elif [[ $COUNTS =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
			RELEASES_PASSED=$((RELEASES_PASSED + BASH_REMATCH[1])) RELEASES_FAILED=$((RELEASES_FAILED + BASH_REMATCH[2]))
			say "$release: $COUNTS, in $((SECONDS - started)) s"
		else
			RELEASES_FAILED=$((RELEASES_FAILED + 1))
			say "$release: it ended without a count"
		fi
	done
	return "$all"
}
