[ $f != zsh ] || put complete <<'@END@'
@ZSH_COMPLETE@
@END@
[ $f != zsh ] || put complete-files <<'@END@'
@POSIX_COMPLETE@
@END@
