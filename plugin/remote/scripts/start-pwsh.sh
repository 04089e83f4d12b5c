# PowerShell takes no other name for a script.
[ $f != pwsh ] || put rc.ps1 <<'@END@'
@PWSH@
@END@
[ $f != pwsh ] || echo >&6
