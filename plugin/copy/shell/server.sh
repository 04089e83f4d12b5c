# SPDX-License-Identifier: MIT
# Files of this computer for a client of SFTP, where there is no SFTP: a POSIX sh with stat, dd, head, touch and the like.
# A request is a line "LETTER ID WORD…", that of a write with its bytes behind it; paths are the last words, as printf %b
# has them, behind a "=". An answer is a line, some with bytes behind it. No path is ever evaluated. See copy/PROTOCOL.md.
LC_ALL=C
export LC_ALL
unset CDPATH

if stat -c %f / >/dev/null 2>&1; then
	kind=g
	look() { stat -c '%f %s %u %g %X %Y' -- "$@"; }
	follow() { stat -L -c '%f %s %u %g %X %Y' -- "$@"; }
elif stat -f %p / >/dev/null 2>&1; then
	kind=b
	look() { stat -f '%p %z %u %g %a %m' -- "$@"; }
	follow() { stat -L -f '%p %z %u %g %a %m' -- "$@"; }
else
	kind=l
	look() { ls -lnd -- "$@"; }
	follow() { ls -lndL -- "$@"; }
fi
if [ "$(printf 123456 | dd bs=3 count=1 iflag=fullblock 2>/dev/null)" = 123 ]; then
	take() { dd bs="$1" count=1 iflag=fullblock 2>/dev/null; }
elif [ "$(printf 123456 | { head -c 3 >/dev/null && cat; } 2>/dev/null)" = 456 ]; then
	take() { head -c "$1"; }
else
	take() { dd bs=1 count="$1" 2>/dev/null; }
fi

decode() {
	text=$(printf '%bx' "${1#=}")
	text=${text%x}
}
say() {
	printf 's %s %s %s\n' "$id" "$1" "${2-}"
}
# What has come of it, $1 being its status and $said its words.
outcome() {
	case $1,$said in
	0,*) say 0 ;;
	*'No such file'* | *onexistent*) say 2 ;;
	*'ermission denied'*) say 3 ;;
	*) say 4 "$(printf '%s' "$said" | tr '\n' ' ')" ;;
	esac
}
try() {
	said=$("$@" 2>&1)
	outcome $?
}

attributes() {
	if said=$("$1" "$text" 2>&1); then
		printf 'a %s %s %s\n' "$id" "$kind" "$(printf '%s\n' "$said" | head -n 1)"
	else
		outcome 1
	fi
}
one_by_one() {
	for name; do
		line=$(look "$name" 2>/dev/null) || continue
		printf 'x %s %s %s %s\n%s' "$id" "${#name}" "$kind" "$(printf '%s\n' "$line" | head -n 1)" "$name"
	done
}
entries() {
	lines=$(look "$@" 2>/dev/null)
	if [ "$kind" = l ] || [ "$(printf '%s\n' "$lines" | wc -l)" -ne $# ]; then
		one_by_one "$@"
		return
	fi
	printf '%s\n' "$lines" | for name; do
		read -r line
		printf 'x %s %s %s %s\n%s' "$id" "${#name}" "$kind" "$line" "$name"
	done
}
list() (
	if ! said=$(cd -- "$text" 2>&1); then
		outcome 1
		exit
	fi
	cd -- "$text" || exit
	[ -r . ] || {
		say 3
		exit
	}
	set --
	for name in * .[!.]* ..?*; do
		if [ -e "./$name" ] || [ -L "./$name" ]; then
			set -- "$@" "$name"
		fi
		if [ $# -ge 64 ]; then
			entries "$@"
			set --
		fi
	done
	[ $# -eq 0 ] || entries "$@"
	say 1
)

make_directory() (
	umask "$1"
	mkdir -- "$text"
)
make_new() (
	umask "$1"
	set -C
	: >"$text"
)
# A file is opened: $1 is r, w (made if need be), t (and emptied) or x (made, and not there before); $2 what its mode
# must not allow, as umask has it in letters.
opened() {
	case $1 in
	r)
		if [ -f "$text" ] && [ -r "$text" ]; then
			say 0
		elif [ -f "$text" ]; then
			say 3
		elif [ -e "$text" ]; then
			say 4 'it is no regular file'
		else
			say 2
		fi
		;;
	x) try make_new "$2" ;;
	*)
		if [ ! -e "$text" ]; then
			try make_new "$2"
		elif [ ! -f "$text" ]; then
			say 4 'it is no regular file'
		elif [ ! -w "$text" ]; then
			say 3
		else
			[ "$1" = w ] || : >"$text"
			say 0
		fi
		;;
	esac
}

# So many bytes as were promised come in any case: a file that becomes shorter meanwhile is filled up, and found out by
# the client, which looks at its size behind it.
part() {
	size=$(wc -c <"$text" 2>/dev/null) || {
		say 3
		return
	}
	left=$((size - $1))
	[ "$left" -le "$2" ] || left=$2
	if [ "$left" -le 0 ]; then
		say 1
		return
	fi
	printf 'd %s %s\n' "$id" "$left"
	{
		if [ $(($1 % 65536)) -eq 0 ]; then
			dd if="$text" bs=65536 skip=$(($1 / 65536)) count=$(((left + 65535) / 65536))
		else
			tail -c +$(($1 + 1)) <"$text"
		fi
		cat /dev/zero
	} 2>/dev/null | head -c "$left"
}

# All of the bytes are taken in any case: behind them comes the next request.
write() {
	take "$1" | {
		cat >>"$text" || {
			cat >/dev/null
			false
		}
	}
}

set_size() {
	dd if=/dev/null of="$text" bs=1 seek="$1" 2>&1
}
set_time() {
	touch "$1" -d "@$2" -- "$text" 2>/dev/null || touch "$1" -t "$(date -r "$2" +%Y%m%d%H%M.%S)" -- "$text"
}
# Mode, owner, atime, mtime, size; "-": as it is.
change() {
	[ "$1" = - ] || chmod "$1" -- "$text" || return
	[ "$2" = - ] || chown "$2" -- "$text" || return
	[ "$5" = - ] || set_size "$5" || return
	[ "$3" = - ] || set_time -a "$3" || return
	[ "$4" = - ] || set_time -m "$4"
}

rename() {
	if [ -d "$2" ] && [ ! -L "$2" ]; then
		if [ ! -d "$1" ] || [ -L "$1" ]; then
			echo 'Is a directory'
			return 1
		fi
		rmdir -- "$2" || return
	fi
	mv -f -- "$1" "$2"
}
remove() {
	if [ -d "$1" ] && [ ! -L "$1" ]; then
		echo 'Is a directory'
		return 1
	fi
	if [ ! -e "$1" ] && [ ! -L "$1" ]; then
		echo 'No such file'
		return 1
	fi
	rm -f -- "$1"
}
real_path() {
	if [ -d "$text" ]; then
		(cd -- "$text" && pwd -P && echo x)
		return
	fi
	case $text in
	*/*) folder=${text%/*}/ ;;
	*) folder=. ;;
	esac
	(cd -- "$folder" && found=$(pwd -P && echo x) && found=${found%?x} && printf '%s/%s\nx\n' "${found%/}" "${text##*/}")
}
# A path that comes on a line of its own with an x behind it, so that its last newlines count.
path() {
	if said=$("$@" 2>/dev/null); then
		said=${said%?x}
		printf 'n %s %s\n%s' "$id" "${#said}" "$said"
	else
		said='No such file'
		outcome 1
	fi
}
link_text() {
	[ -L "$text" ] && readlink -- "$text" && echo x
}

serve() {
	case $letter in
	S) decode "$1" && attributes follow ;;
	L) decode "$1" && attributes look ;;
	D) decode "$1" && list ;;
	O) decode "$3" && opened "$1" "$2" ;;
	R) decode "$3" && part "$1" "$2" ;;
	W)
		decode "$2"
		said=$(write "$1" 2>&1)
		outcome $?
		;;
	Z) decode "$2" && try set_size "$1" ;;
	C) decode "$6" && try change "$1" "$2" "$3" "$4" "$5" ;;
	M) decode "$2" && try make_directory "$1" ;;
	X) decode "$1" && try rmdir -- "$text" ;;
	U) decode "$1" && try remove "$text" ;;
	P) decode "$1" && path real_path ;;
	K) decode "$1" && path link_text ;;
	V | N)
		decode "$1"
		first=$text
		decode "$2"
		if [ "$letter" = V ]; then
			try rename "$first" "$text"
		else
			try ln -s -- "$first" "$text"
		fi
		;;
	*) say 8 ;;
	esac
}

# shellcheck disable=SC2154 # the nonce comes in front of this
printf 'pssession-files %s\n' "$nonce"
while IFS=' ' read -r letter id rest; do
	set -f
	# shellcheck disable=SC2086 # words without blanks
	set -- $rest
	set +f
	serve "$@"
done
