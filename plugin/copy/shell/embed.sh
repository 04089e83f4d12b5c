#!/bin/sh
# SPDX-License-Identifier: MIT
# embed.sh NAME HEADER FILE: the shell source as a C array on standard output, without comments on lines of their own and
# indentation.
echo '/* Made by embed.sh. */'
echo "#include \"$2\""
echo "const char $1[] = {"
sed -e 's/^[[:blank:]]*//' -e '/^#/d' -e '/^$/d' "$3" | od -An -v -tx1 | sed -e 's/ \(..\)/0x\1,/g'
echo '0x00 };'
