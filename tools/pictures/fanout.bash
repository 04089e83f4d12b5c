# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154 # tools/picture reads and sets them
title='One command on five computers: one fails, one cannot be reached'
columns=92 rows=14

before_scene() {
	local name
	for name in remote web2 web3; do
		echo 'release 42' >"$HERE/$name/site/version"
	done
	# A name that leads nowhere.
	sed -i 's/HostName 127.0.0.5/HostName db1.invalid/' "$HERE/ssh/picture_config"
}

play_scene() {
	play "$LOCAL" "invoke-command 'web[1-4],db1' 'cd ~/site; cat version'"
	play "$LOCAL" 'echo $?' 2500
	ends_at "$LOCAL"
}
