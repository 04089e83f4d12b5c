# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A computer that looks like Windows through SSH: OpenSSH's banner there, cmd.exe or powershell.exe as the login shell, and a
# PowerShell with CR LF and drive letters. Nothing of it is Windows: windows-shell and windows-powershell.py say what it does.
# Needs accounts.bash and sshd.bash.
#
#   windows_start cmd.exe|powershell.exe [CONFIG LINE…]   a world (harness.bash) with such a server
#   windows_powershell DIRECTORY [ARGUMENT…]              the command line of its PowerShell
#   windows_has_pwsh COMMAND LINE                         its login shell finds that as `pwsh`
#   windows_refused                                       what the login shell was given that it does not know

WINDOWS_BANNER='VersionAddendum OpenSSH_for_Windows_9.5'

# windows_shell NAME DIRECTORY: such a login shell there.
windows_shell() {
	cp "$PSS_SOURCE/tests/harness/windows-shell" "$2/$1"
	: >"$2/windows.log"
	chmod 666 "$2/windows.log"
	printf "WINDOWS_LOG=%s WINDOWS_PWSH=%s\n" "'$2/windows.log'" "''" >"$2/windows.conf"
	echo "$2/$1"
}

windows_powershell() {
	cp "$PSS_SOURCE/tests/harness/windows-powershell.py" "$1/"
	echo "/usr/bin/python3 $1/windows-powershell.py ${*:2}"
}

windows_has_pwsh() {
	echo "WINDOWS_PWSH='$1'" >>"$WORLD/windows.conf"
}

windows_start() {
	local shell=$1
	shift
	world_start "$shell" "$WINDOWS_BANNER" "$@"
}

windows_refused() {
	cat "$WORLD/windows.log"
}
