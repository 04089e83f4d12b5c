# What the loader of a new session's link evaluates (PROTOCOL.md, "Holders"): finds a keeper and becomes a holder's
# first link. Its standard input goes on with lines for the holder, so nothing in here may read it.
n=@NAME@
u=$(umask)
umask 077
@RENDEZVOUS@
@WHERE@
pss_refuse() {
	printf '\036%s n %s\n' "$n" "$1"
	exit 0
}
pss_meet || pss_refuse "$pss_why"
rm -f go
{
	printf '%s\n' '@ABOUT@'
	printf '%s\n' "$(date +%s) ${SHELL##*/}"
} >about
pss_where >where
for k in @KEEPERS@; do
	(PATH=$pss_path && command -v "$k" >/dev/null 2>&1) || continue
	case $k in
	perl)
		cat >holder <<'@END@'
@PERL@
@END@
		;;
	python3)
		cat >holder <<'@END@'
@PYTHON@
@END@
		;;
	esac
	echo "$k" >keeper
	PATH=$pss_path "$k" ./holder "$n" @IDLE@ "$u" 2>/dev/null && exit 0
	# One that could not start has read nothing.
	[ -f holder ] && [ ! -f pid ] || exit 0
done
u=$PWD
rm -f holder keeper about where
cd /
rmdir "$u" 2>/dev/null
pss_refuse "neither perl nor python3 works there"
