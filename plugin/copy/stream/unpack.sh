# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154
# Unpacks an archive into a directory of this computer that is new, for who sends two paths, as pack.sh has them: of a
# directory that is made for that time, and of the one that is to be. In front stands what `nonce`, `letters` and `top` are:
# the archive has everything in the directory `top`, and a file `whole` at its end. Says its umask; then takes the paths and the
# archive, and says in how many bytes it was complained of.
# What is not whole is removed, also when nobody is there any more to hear of it.
exec 2>/dev/null
trap '' HUP PIPE
LC_ALL=C
export LC_ALL
unset CDPATH TAR_OPTIONS

decode() {
	decoded=$(printf %b "${1#=}"; echo .)
	decoded=${decoded%.}
}

# `mv` goes into a directory that somebody else has made meanwhile: that is undone.
take_name() {
	[ -f "$beside/whole" ] && [ ! -e "$target" ] && [ ! -h "$target" ] && mv "$beside/$top" "$target" || return
	[ -e "$target/$top" ] || return 0
	rm -rf "${target:?}/$top"
	return 1
}

case $(tar --version 2>&1) in
*GNU*) quiet=--warning=no-timestamp ;;
*bsdtar* | *[Bb]usy[Bb]ox*) quiet= ;;
*) exit ;;
esac
mask=$(umask)
echo "pssession-tar $nonce $mask"
IFS=' ' read -r word1 word2 || exit
decode "$word1"
beside=$decoded
decode "$word2"
target=$decoded
umask 077
mkdir "$beside" || exit
umask "$mask"
# shellcheck disable=SC2086
n=$({ cd "$beside" && tar $quiet "-xp${letters}f" - || echo failed >&2; } 2>&1 >/dev/null | wc -c)
n=$((n))
[ $n -gt 0 ] || take_name || n=1
rm -rf "$beside"
echo "pssession-tar $nonce $n"
