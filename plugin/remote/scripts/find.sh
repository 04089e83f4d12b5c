# What the loader of a listing evaluates (PROTOCOL.md, "Finding"): says which holders there are. The places are those of
# resume.sh, and as there nothing is used before we stand in a directory that is ours, 0700, of that very name, below
# one that is ours or sticky. What a holder that ended without a word has left behind is not said.
PATH=${PATH:+$PATH:}/usr/bin:/bin
s=
for b in "${TMPDIR:-/tmp}" /var/tmp "$HOME"; do
	case $b in /*) ;; *) continue ;; esac
	[ -O "$b/." ] || [ -k "$b/." ] || continue
	for d in "$b"/.pss-*; do
		n=${d##*/.pss-}
		case $n in *[!0-9a-f]*) continue ;; esac
		case $s in *" $n "*) continue ;; esac
		cd -P "$d" 2>/dev/null && [ -O . ] || continue
		case $PWD:$(ls -ld .) in */.pss-$n:drwx------*) ;; *) continue ;; esac
		[ -f about ] && [ -f pid ] && [ -S s ] || continue
		read -r p <pid && kill -0 "$p" 2>/dev/null || continue
		case $(tr '\000' ' ' <"/proc/$p/cmdline" 2>/dev/null) in '' | *" $n "*) ;; *) continue ;; esac
		{
			read -r v i m t o c
			read -r w x
		} <about
		[ ! -f idle ] || read -r t <idle
		l=-
		[ ! -f link ] || read -r l <link
		s="$s $n "
		printf '\036@KEY@ f %s %s\n' "$n" "$v $i $m $t $o $c $w $x $l"
	done
done
printf '\036@KEY@ e\n'
