# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154 # tools/picture reads and sets them
title='A link is lost while a command runs, and comes back: nothing of its output is missing'
columns=88 rows=16

# The command waits for the cut, which comes when its second step is seen.
before_scene() {
	use_proxy 0
	mkfifo "$HERE/gate"
	cat >"$HERE/remote/deploy" <<-END
		#!/bin/sh
		echo '1/4 fetch'
		echo '2/4 build'
		read -r x <'$HERE/gate'
		echo '3/4 migrate'
		echo '4/4 restart'
		: >'$HERE/deployed'
	END
	chmod +x "$HERE/remote/deploy"
}

play_scene() {
	play "$LOCAL" 'new-pssession -Resilient -Name work web1'
	play "$LOCAL" 'enter-pssession -Name work'
	play '^\[web1\]: ~\$ $' './deploy'
	see '2/4 build'
	proxy cut
	see 'lost|reconnecting'
	echo >"$HERE/gate"
	wait_until 20 test -e "$HERE/deployed" || die "the command did not go on without the link"
	proxy resume
	play '^\[web1\]: ~\$ $' 'exit'
	ends_at "$LOCAL"
}
