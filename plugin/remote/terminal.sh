# What the terminal channel runs, after rendezvous.sh, under `sh -c '…'`: the same rules hold.
# It waits on a fifo until the control script has written the launcher, without polling and without a
# time limit of its own: the engine, which saw the mark `w`, interrupts it when its deadline has passed. Where the
# connection ended while sshd was starting this, there is no terminal, and no hang-up would ever come.
pss_plain() {
	trap - INT;
	[ -f launch ] || { rm -f go; rmdir "$PWD"; } 2>/dev/null;
	cd;
	unset OLDPWD;
	[ -e .hushlogin ] || cat /run/motd.dynamic /etc/motd 2>/dev/null;
	case $SHELL in
	*sh) exec "$SHELL" -l ;;
	esac;
	exec "${SHELL:-/bin/sh}";
};
pss_gone() {
	rm -f go; rmdir "$PWD"; exit 1;
} 2>/dev/null;
trap pss_plain INT;
pss_meet || pss_plain;
printf %s "@ESC@]7337;$n;w@BEL@";
[ -t 0 ] || pss_gone;
exec 3<>go;
read -r x <&3;
. ./launch;
