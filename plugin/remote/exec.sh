# What a channel on a computer runs as `sh -c '…' sh HEAD BODY` where a command is more than its own text: the
# same rules as in terminal.sh hold. Standard input begins with HEAD bytes for this shell and BODY bytes of
# script; what follows them is the script's own. dd with a count of one never reads past what it asks for.
pss_read() {
	t=;
	while [ ${#t} -lt "$1" ]; do
		k=$(($1 - ${#t}));
		[ $k -le 65536 ] || k=65536;
		c=$(dd bs=$k count=1 2>/dev/null; echo x);
		case $c in x) exit 255 ;; esac;
		t=$t${c%x};
	done;
};
l=${LC_ALL+x}${LC_ALL-};
LC_ALL=C;
b=$2;
pss_read "$1";
h=$t;
pss_read "$b";
case $l in x*) LC_ALL=${l#x} ;; *) unset LC_ALL ;; esac;
eval "$h";
[ "$i" ] || i=${SHELL:-/bin/sh};
exec 8<&0;
printf %s "$t" | exec $i /dev/fd/9 "$@" 9<&0 <&8 8<&-;
