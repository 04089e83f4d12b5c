[ $f != bash ] || put complete <<'@END@'
@BASH_COMPLETE@
@END@
