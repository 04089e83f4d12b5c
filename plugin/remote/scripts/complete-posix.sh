[ $f != posix ] || put complete <<'@END@'
@POSIX_COMPLETE@
@END@
