[ $f != zsh ] || put hooks <<'@END@'
@ZSH_HOOKS@
@END@
[ $f != zsh ] || put editor <<'@END@'
@ZSH_EDITOR@
@END@
[ $f != zsh ] || put rc <<'@END@'
@ZSH@
@END@
if [ $f = zsh ]; then
	for x in zshenv zprofile zshrc zlogin; do
		printf '__pss_d=${__pss_d-$ZDOTDIR} __pss_stub=%s\n\\builtin \\. "$__pss_d/rc"\n' $x >.$x
	done
	echo >&6
fi
