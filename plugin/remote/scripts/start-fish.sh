[ $f != fish ] || put rc <<'@END@'
@FISH@
@END@
[ $f != fish ] || echo >&6
