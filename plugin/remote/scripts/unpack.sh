# The control channel's command, as `sh -c '…' sh PACKED NAME FIRST CALL KEPT RESILIENT SHELL`: the rules of terminal.sh hold.
# PACKED is stage.sh, drawn.sh, control.sh and packed.sh. The key of the session is drawn here, as argv is no place for it. Where a
# program for that is missing, the reply `g` has the engine send the whole script (plain.sh) for `sh` to read.
PATH=${PATH:+$PATH:}/usr/bin:/bin;
pss_unpack() {
	printf %s "$1" | base64 -d | gzip -dc |
		sed "s/@NAME@/$2/g;s/@FIRST@/$3/g;s/@CALL@/$4/g;s/@KEPT@/$5/g;s/@RESILIENT@/$6/g";
};
key=$(od -An -N16 -tx1 /dev/urandom 2>/dev/null | tr -d " ");
t=$(pss_unpack "$@" 2>/dev/null);
case ${#key}:$t in
32:*clean) ;;
*)
	printf %s "@RS@$2g";
	dd if=/dev/zero bs=1 count=2 2>/dev/null;
	exec /bin/sh;
	;;
esac;
eval "$t";
