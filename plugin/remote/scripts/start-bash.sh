[ $f != bash ] || put escapes <<'@END@'
@ESCAPES@
@END@
[ $f != bash ] || put rc <<'@END@'
@BASH@
@END@
[ $f != bash ] || echo >&6
