# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What tools/try, tools/check and tools/dev share: the packages they need, and the build.

SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() {
	printf '%s\n' "$*" >&2
}

die() {
	say "$(basename "$0"): $*"
	exit 1
}

missing_packages() {
	local group package
	while read -r group package; do
		case " $* " in
		*" $group "*) ;;
		*) continue ;;
		esac
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
	done < <(grep -v '^#' "$SOURCE/tools/packages")
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}

# keep_services_off UNIT…: a fresh server would serve the whole network from now on; nobody asked for that.
keep_services_off() {
	[ -d /run/systemd/system ] || return 0
	as_root systemctl disable --quiet "$@" 2>/dev/null || :
}

# need_packages GROUP…: installs what is missing, says what that is; without network when nothing is.
need_packages() {
	local missing
	command -v dpkg-query >/dev/null || return 0
	mapfile -t missing < <(missing_packages "$@")
	[ ${#missing[@]} -gt 0 ] || return 0
	[ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null ||
		die "these Debian packages are missing, and there is no sudo to install them: ${missing[*]}"
	say "installing the Debian packages ${missing[*]}"
	local install=(env DEBIAN_FRONTEND=noninteractive SYSTEMD_OFFLINE=1
		apt-get install -qq -y --no-install-recommends "${missing[@]}")
	as_root "${install[@]}" >/dev/null 2>&1 || {
		as_root apt-get update -qq >&2 && as_root "${install[@]}" >/dev/null || die "the packages could not be installed"
	}
	case " ${missing[*]} " in
	*' openssh-server '*) keep_services_off ssh.service ssh.socket ;;
	esac
	case " ${missing[*]} " in
	*' tinysshd '*) keep_services_off tinysshd.socket ;;
	esac
	case " ${missing[*]} " in
	*' krb5-kdc '*) keep_services_off krb5-kdc.service krb5-admin-server.service ;;
	esac
}

# direct_python DIRECTORY: a python3 that stands for another (pyenv's) takes ten times as long to start as that one, which
# is then first in PATH, by a link in DIRECTORY.
direct_python() {
	local python
	python=$(python3 -c 'import sys; print(sys.executable)' 2>/dev/null) && [ -x "$python" ] || return 0
	[ ! "$python" -ef "$(command -v python3)" ] || return 0
	mkdir -p "$1" && ln -sfn "$python" "$1/python3" && PATH=$1:$PATH
}

# need_powershell: PSS_PWSH names a PowerShell for the tests, installed once below XDG_CACHE_HOME where `dotnet` is there.
POWERSHELL_VERSION=7.6.9
need_powershell() {
	local directory=${XDG_CACHE_HOME:-$HOME/.cache}/pssession/powershell-$POWERSHELL_VERSION
	[ -z "${PSS_PWSH-}" ] || return 0
	if [ ! -x "$directory/pwsh" ]; then
		command -v dotnet >/dev/null || { say "the tests of PowerShell are left out: dotnet is not installed"; return 0; }
		say "installing PowerShell $POWERSHELL_VERSION in $directory"
		install_powershell "$directory" ||
			{ say "the tests of PowerShell are left out: dotnet could not install PowerShell $POWERSHELL_VERSION"; return 0; }
	fi
	export PSS_PWSH=$directory/pwsh
}

# install_powershell DIRECTORY: whole or not at all, also when two of us do it at the same time.
install_powershell() {
	local new
	mkdir -p "$(dirname "$1")" && new=$(mktemp -d "$1.XXXXXX") || return 1
	chmod 755 "$new"
	DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 dotnet tool install --tool-path "$new" \
		--version "$POWERSHELL_VERSION" PowerShell >/dev/null 2>&1 </dev/null && mv -T "$new" "$1" 2>/dev/null
	rm -rf "$new"
	[ -x "$1/pwsh" ]
}

# is_moved DIRECTORY: the build there was made somewhere else, and moved or copied with its tree: meson looks for that place.
is_moved() {
	local made
	made=$(sed -n 's/.*"build": "\([^"]*\)", "info".*/\1/p' "$1/meson-info/meson-info.json" 2>/dev/null)
	[ -n "$made" ] && [ ! "$made" -ef "$1" ]
}

# configure DIRECTORY: by meson, with the options of SETUP, again when these are others than the last time. With none a
# build that is there stays as it is.
configure() {
	! is_moved "$1" || rm -rf "$1" || return
	if [ ! -f "$1/build.ninja" ]; then
		meson setup "$1" "$SOURCE" "${SETUP[@]}" || return
	elif [ ${#SETUP[@]} -gt 0 ] && [ "$(cat "$1/setup-options" 2>/dev/null)" != "${SETUP[*]}" ]; then
		meson configure "$1" "${SETUP[@]}" || return
	fi
	[ ${#SETUP[@]} -eq 0 ] || echo "${SETUP[*]}" >"$1/setup-options"
}

# build DIRECTORY [NINJA TARGET…], quiet unless it fails. SETUP holds options for meson setup. A developer's build has more
# warnings, each is an error, and its deadlines can be scaled by the tests; a user's or packager's (tools/try, packages),
# with whatever compiler, goes on, and its deadlines are the product's.
SETUP=(-Dwerror=true -Dwarning_level=3 -Dtest_deadlines=true)
build() {
	local directory=$1 log
	shift
	log=$(mktemp)
	if ! configure "$directory" >"$log" 2>&1 ||
		! ninja -C "$directory" "$@" >>"$log" 2>&1; then
		cat "$log" >&2
		rm -f "$log"
		return 1
	fi
	rm -f "$log"
}

# A crowd of tests on a small machine makes some of them late. Up to this many failed programs run once more, alone;
# more than that is no matter of crowds.
MOST_AGAIN=12

# failed_programs FILE…: their names as tools/count-tests prints them; none when they are too many to run again.
failed_programs() {
	local names
	mapfile -t names < <("$SOURCE/tools/count-tests" --programs "$@")
	[ ${#names[@]} -gt "$MOST_AGAIN" ] || [ ${#names[@]} -eq 0 ] || printf '%s\n' "${names[@]}"
}

# Tests wait more than they compute.
AT_ONCE=$(($(nproc) * 3 / 2))

# test_names <LISTED: of tests as meson lists them, `PROJECT:SUITE / NAME` or (from 1.10 on) `SUITE - PROJECT:NAME`.
test_names() {
	sed -E 's|^.* / ||; s|^.* - [^:]*:||'
}

# run_meson_tests BUILD OPTION…: RESULTS and AGAIN are then for tools/count-tests. TESTS names those to run, if not all.
# Signals as a login has them: `nohup tools/check` must not make tests fail.
TESTS=()
run_meson_tests() {
	local build=$1 again
	shift
	RESULTS=("$build/meson-logs/testlog.json") AGAIN=()
	rm -f "$build/meson-logs/"{testlog,again}.json
	env --default-signal meson test -C "$build" --no-rebuild --print-errorlogs --num-processes "$AT_ONCE" "$@" "${TESTS[@]}" >"$build/check.log" 2>&1
	[ -f "${RESULTS[0]}" ] || { tail -n 20 "$build/check.log" >&2; die "meson ran no test"; }
	mapfile -t again < <(failed_programs "${RESULTS[@]}")
	[ ${#again[@]} -gt 0 ] || return 0
	mapfile -t again < <(printf '%s\n' "${again[@]}" | test_names)
	say "once more, alone: ${again[*]}"
	env --default-signal meson test -C "$build" --no-rebuild --print-errorlogs --num-processes 1 --logbase again "$@" "${again[@]}" \
		>"$build/again.log" 2>&1
	# shellcheck disable=SC2034 # the callers read it
	AGAIN=("$build/meson-logs/again.json")
}
