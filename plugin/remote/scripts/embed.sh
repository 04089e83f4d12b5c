#!/bin/sh
# SPDX-License-Identifier: MIT
# embed.sh FILE...: the shell sources as C arrays on standard output. Whole-line comments, blank lines and
# indentation (not Python's) are left out, so no source may have a quoted string or here-document that needs them.
echo '/* Made by embed.sh from the shell sources of plugin/remote/scripts. */'
echo '#include "remote/protocol/sources.h"'
for file; do
	name=$(basename "${file%.*}" | tr - _)
	echo "const char pss_source_$name[] = {"
	case $file in *.py) indentation='^$' ;; *) indentation='^[[:blank:]]*' ;; esac
	sed -e "s/$indentation//" -e '/^[[:blank:]]*#/d' -e '/^$/d' "$file" | od -An -v -tx1 | sed -e 's/ \(..\)/0x\1,/g'
	echo '0x00 };'
done
