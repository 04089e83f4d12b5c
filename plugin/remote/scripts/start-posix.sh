[ $f != posix ] || put escapes <<'@END@'
@ESCAPES@
@END@
[ $f != posix ] || put rc <<'@END@'
@POSIX@
@END@
[ $f != posix ] || echo >&6
