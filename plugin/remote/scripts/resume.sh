# What the loader of a further link evaluates: finds the holder. As in rendezvous.sh nothing is used before we stand
# in a directory that is ours, 0700, of that very name, below one that is ours or sticky.
n=@NAME@
PATH=${PATH:+$PATH:}/usr/bin:/bin
for b in "${TMPDIR:-/tmp}" /var/tmp "$HOME"; do
	case $b in /*) ;; *) continue ;; esac
	[ -O "$b/." ] || [ -k "$b/." ] || continue
	cd -P "$b/.pss-$n" 2>/dev/null && [ -O . ] || continue
	case $PWD:$(ls -ld .) in */.pss-$n:drwx------*) ;; *) continue ;; esac
	read -r k <keeper
	case $k in perl | python3) exec "$k" ./holder "$n" resume 2>/dev/null ;; esac
done
printf '\036%s g it is not there any more\n' "$n"
