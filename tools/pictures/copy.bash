# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154 # tools/picture reads and sets them
title='A file on its way to a computer, with the line that says how far it is'
columns=80 rows=6

# Through a slow network, so that there is time to look.
before_scene() {
	use_proxy 200
	head -c 128M /dev/urandom >"$HERE/home/backup.tar"
}

play_scene() {
	play "$LOCAL" 'copy-item backup.tar web1:'
	see '[1-9][0-9.]* MiB of 128.0 MiB, .* left'
	draws
	term_keys C-c
	ends_at "$LOCAL"
}
