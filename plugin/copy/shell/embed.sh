#!/bin/sh
# SPDX-License-Identifier: MIT
# embed.sh FILE: the shell source as a C array on standard output, without comments on lines of their own and indentation.
echo '/* Made by embed.sh. */'
echo '#include "copy/shell/source.h"'
echo 'const char pss_copy_shell_source[] = {'
sed -e 's/^[[:blank:]]*//' -e '/^#/d' -e '/^$/d' "$1" | od -An -v -tx1 | sed -e 's/ \(..\)/0x\1,/g'
echo '0x00 };'
