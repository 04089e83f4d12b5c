# The place where the control channel and the terminal meet, whichever comes first. Part of the control
# script and, joined to one line, of the terminal's command: no single quote, no backslash, no `!`, no
# newline that matters, for the login shell that reads it may be any (csh, fish). Its name is public (it
# stands in argv), so nothing is used before `cd -P` stands inside a directory that is ours and 0700, and
# that has this very name (a link that another user has put there may lead to our home, and what we stand in is
# removed in the end), below one that is ours or sticky; then nobody else can replace it. One without room for what comes is passed over.
# A start-up file may have left a PATH in which nothing is: the places that every system has are behind it, for us only.
pss_path=$PATH;
PATH=${PATH:+$PATH:}/usr/bin:/bin;
pss_why="no private directory with fifos can be made";
pss_room() {
	printf %65536s x >room.$$ && rm -f room.$$;
} 2>/dev/null;
# A shell that may have few descriptors saves none above them for a redirection, so none is used in front of this.
pss_meet() {
	x=$(command -v ulimit) && x=$(ulimit -n);
	case $x in [0-9] | 1[0-9]) pss_why="no more than $x descriptors may be open (ulimit -n)"; return 1 ;; esac;
	for x in cat dd ls mkdir mkfifo od rm rmdir stty tr; do
		command -v $x >/dev/null 2>&1 || { pss_why="there is no $x"; return 1; };
	done;
	for b in "$XDG_RUNTIME_DIR" /dev/shm "${TMPDIR:-/tmp}" /var/tmp "$HOME"; do
		case $b in /*) ;; *) continue ;; esac;
		if [ -O "$b/." ] || [ -k "$b/." ]; then
			mkdir -m 700 "$b/.pss-$n" 2>/dev/null;
			if cd -P "$b/.pss-$n" 2>/dev/null && [ -O . ]; then
				case $PWD:$(ls -ld .) in */.pss-$n:drwx------*) [ -p go ] || mkfifo -m 600 go 2>/dev/null || [ -p go ] && { pss_room || pss_room; } && return 0; rm -f go room.$$ ;; esac;
			fi;
			cd /; rmdir "$b/.pss-$n" 2>/dev/null;
		fi;
	done;
	return 1;
};
