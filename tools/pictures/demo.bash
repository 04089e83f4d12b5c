# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154 # tools/picture reads and sets them
title='Half a minute of pssession: enter and leave, one command on many computers, a session that outlives its link'
columns=88 rows=28
is_moving=yes

before_scene() {
	local name
	use_proxy 0
	for name in remote web2 web3; do
		echo 'release 42' >"$HERE/$name/site/version"
	done
}

play_scene() {
	play "$LOCAL" 'enter-pssession web1            # edit here, run there'
	play '^\[web1\]: ~\$ $' 'cd site; ls' 1000
	play '^\[web1\]: ~/site\$ $' 'exit' 1000
	play "$LOCAL" "invoke-command 'web[2-4]' -ThrottleLimit 1 'cd ~/site; cat version'" 1000
	play "$LOCAL" 'new-pssession -Resilient -Name work web1' 2000
	play "$LOCAL" 'enter-pssession -Name work' 1000
	play '^\[web1\]: ~\$ $' 'release=42'
	wait_line '^\[web1\]: ~\$ $' || die "web1 was not entered"
	proxy cut
	see 'lost|reconnecting' 2000
	proxy resume
	see 'reconnected' 1500
	play '^\[web1\]: ~\$ $' 'echo "still here: $release"'
	play '^\[web1\]: ~\$ $' 'exit' 1000
	play "$LOCAL" 'get-pssession'
	ends_at "$LOCAL" 5000
}
