# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154
# Packs a directory of this computer for who sends its path: a line of words, as printf %b has them, behind a "=". In front
# stands what `nonce` and `min` are. Says how many files there are, up to one more than min, and where there are more than min
# an archive follows, and a line with the number of bytes that tar has complained in. No path is ever evaluated. See
# copy/PROTOCOL.md.
exec 2>/dev/null
LC_ALL=C COPYFILE_DISABLE=1
export LC_ALL COPYFILE_DISABLE
unset CDPATH TAR_OPTIONS

decode() {
	decoded=$(printf %b "${1#=}"; echo .)
	decoded=${decoded%.}
}

case $(tar --version 2>&1) in
*GNU*) how='--sparse --hard-dereference' ;;
*bsdtar* | *[Bb]usy[Bb]ox*) how= ;;
*) exit ;;
esac
IFS=' ' read -r word || exit
decode "$word"
cd "$decoded" || exit
n=$(find . -type f | head -n $((min + 1)) | wc -l)
n=$((n))
echo "pssession-tar $nonce $n"
[ $n -gt "$min" ] || exit
exec 3>&1
# shellcheck disable=SC2086
n=$({ tar $how -cf - . || echo failed >&2; } 2>&1 >&3 3>&- | wc -c)
echo
echo "pssession-tar $nonce $((n))"
