# What the terminal channel runs, after rendezvous.sh, under `sh -c '…'`: the same rules hold.
# It waits on a fifo until the control script has written the launcher, without polling and without a
# time limit of its own: the engine, which saw the mark `w`, interrupts it when its deadline has passed. Where the
# connection ended while sshd was starting this, there is no terminal, and no hang-up would ever come; where it ends later,
# and the control channel has not come, nobody else removes the directory, which may have been made and not entered yet; an
# interrupt may be followed by a hang-up at once. The terminal is looked at last: a hang-up just in
# front of the system call that waits would be noticed with its end alone.
# As `sh -c '…' sh MORE` it brings the second half of the expected start-up file, packed, as script.c says.
pss_clear() {
	trap "" INT HUP;
	case $b:$PWD in
	:*) ;;
	*/.pss-$n) [ -f launch ] || { rm -f go more top room.$$; rmdir "$PWD" 2>/dev/null; } ;;
	*) rmdir "$b/.pss-$n" 2>/dev/null ;;
	esac;
};
pss_plain() {
	pss_clear;
	trap - INT HUP;
	cd /;
	(cd) 2>/dev/null && cd;
	unset OLDPWD;
	[ -e .hushlogin ] || (cat /run/motd.dynamic /etc/motd) 2>/dev/null;
	PATH=$pss_path;
	case $SHELL in
	*sh) exec "$SHELL" -l ;;
	esac;
	exec "${SHELL:-/bin/sh}";
};
pss_gone() {
	pss_clear;
	exit 1;
};
# Has nothing but start-up files of the login shell printed so far, which that shell reads again? Not a forced command, nor
# the files that sshd runs, nor sshd itself, of a home that cannot be entered.
pss_alone() {
	for x in "$HOME/.ssh/rc" /etc/ssh/sshrc; do
		[ -e "$x" ] && return 1;
	done;
	[ "$SSH_CONNECTION" ] && [ -z "$SSH_ORIGINAL_COMMAND" ] && (cd "$HOME") 2>/dev/null;
};
b=;
trap pss_plain INT;
trap pss_gone HUP;
pss_alone && a=";1" || a=;
pss_meet || { printf %s "@ESC@]7337;$n;p$a@BEL@"; pss_plain; };
[ -z "$1" ] || { printf %s "$1" | base64 -d | gzip -dc >more || rm -f more; } 2>/dev/null;
echo $$ >top;
printf %s "@ESC@]7337;$n;w$a@BEL@";
exec 3<>go;
[ -t 0 ] || pss_gone;
read -r x <&3;
. ./launch;
