# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154 # tools/picture reads and sets them
title='Tab completes the names of files on the remote computer'
columns=72 rows=10

before_scene() {
	: >"$HERE/remote/logs/access.log"
	: >"$HERE/remote/logs/access.log.1.gz"
	: >"$HERE/remote/logs/error.log"
	echo 'GET /index.html 200' >"$HERE/remote/logs/access.log"
}

play_scene() {
	play "$LOCAL" 'enter-pssession web1'
	wait_line '^\[web1\]: ~\$ $' || die "web1 was not entered"
	type_line 'head -n 1 lo'
	term_keys Tab
	wait_line 'head -n 1 logs/$' || die "Tab did not complete"
	term_keys Tab Tab
	see 'access.log.1.gz'
	type_line 'a'
	term_keys Tab
	wait_line 'logs/access.log$' || die "Tab did not complete"
	term_keys Enter
	ends_at '^\[web1\]: ~\$ $'
}
