# Sourced by terminal.sh, standing in the private directory: becomes the user's shell, as at a login.
trap - INT HUP
exec 3<&-
__pss_d=$PWD
read -r s <shell
read -r f <family
# A home that cannot be entered is no place to stand in, nor is ours.
cd /
cd 2>/dev/null
unset OLDPWD
[ -e .hushlogin ] || cat /run/motd.dynamic /etc/motd 2>/dev/null
PATH=$pss_path
# fish's reader paints as a program does that has taken the keyboard, and so does .NET; so may a shell that we do not know.
case $f in
fish | pwsh | none) printf '\033]7337;%s;s;1\007' "$n" ;;
*) printf '\033]7337;%s;s\007' "$n" ;;
esac
case $f in
bash)
	# In posix mode an interactive login shell reads $ENV and nothing else: our file leaves that mode and
	# reads the login files in the order that bash has. No other way gives a hook and `shopt login_shell`.
	export __pss_env="${ENV-}" ENV="$__pss_d/rc"
	exec "$s" --posix --noediting -l -i
	;;
zsh)
	export __pss_z="${ZDOTDIR-}" ZDOTDIR="$__pss_d"
	exec "$s" -l -i
	;;
fish)
	export __pss_d
	exec "$s" -f no-keyboard-protocols,no-mark-prompt,no-query-term -l -i -C '. "$__pss_d/rc"'
	;;
pwsh)
	# Not -Login, which runs the program's file once more: where it is a .NET tool that is `dotnet`.
	export __pss_d
	exec sh -l -c 'exec "$0" -NoLogo -NoExit -Command ". \"\$env:__pss_d/rc.ps1\""' "$s"
	;;
posix)
	export __pss_env="${ENV-}" ENV="$__pss_d/rc"
	case ${s##*/} in
	busybox) exec "$s" sh -i "$__pss_d/q" ;;
	*) exec "$s" -i "$__pss_d/q" ;;
	esac
	;;
esac
read -r x <"$__pss_d/key"
printf '\036%sn\000%s\000' "$x" "${s##*/}" 1<>"$__pss_d/rep"
[ -x "$s" ] || s=${SHELL:-/bin/sh}
case $s in
*sh) exec "$s" -l ;;
esac
exec "$s"
