# What a channel on a computer runs as `sh -c '…' sh HEAD BODY [TOKEN]` where a command is more than its own text:
# the same rules as in terminal.sh hold. Standard input begins with HEAD bytes for this shell and BODY bytes of
# script; what follows them is the script's own. dd with a count of one never reads past what it asks for.
# With TOKEN it is a terminal, which is to pass them as they are: it is printed when they may come.
# PowerShell takes no file whose name does not end in .ps1.
# A long text grows by its blocks, not by its pieces: each growth copies all of it.
pss_read() {
	t=;
	u=;
	n=0;
	while [ $n -lt "$1" ]; do
		k=$(($1 - n));
		[ $k -le 65536 ] || k=65536;
		c=$(command -p dd bs=$k count=1 2>/dev/null; echo x);
		case $c in x) exit 255 ;; esac;
		n=$((n + ${#c} - 1));
		u=$u${c%x};
		[ ${#u} -lt 2000000 ] || {
			t=$t$u;
			u=;
		};
	done;
	t=$t$u;
};
e=${LC_ALL+x}${LC_ALL-};
LC_ALL=C;
b=$2;
m=;
[ -z "$3" ] || {
	m=$(command -p stty -g);
	command -p stty raw -echo;
	printf %s "$3";
};
pss_read "$1";
h=$t;
pss_read "$b";
[ -z "$m" ] || command -p stty "$m";
case $e in x*) LC_ALL=${e#x} ;; *) unset LC_ALL ;; esac;
l=;
eval "$h";
[ "$i" ] || i=${SHELL:-/bin/sh};
command -v ${i%% *} >/dev/null || {
	for x in bash zsh fish sh dash ksh mksh tcsh pwsh; do
		command -v $x >/dev/null && l="$l $x";
	done;
	echo "there is no ${i%% *}; of the shells there is:$l" >&2;
	exit 127;
};
case $i in
*pwsh | *pwsh-preview) set --; i="$i -NoLogo -Command &([scriptblock]::Create([IO.File]::ReadAllText((Write-Output /dev/fd/9))))" ;;
esac;
exec 8<&0;
printf %s "$t" | exec $i /dev/fd/9 "$@" 9<&0 <&8 8<&-;
