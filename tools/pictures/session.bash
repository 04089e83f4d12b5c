# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154 # tools/picture reads and sets them
title='A session of pssession in a terminal'
columns=96 rows=36

play_scene() {
	play "$LOCAL" 'enter-pssession web1'
	play '^\[web1\]: ~\$ $' 'cd site; ls'
	play '^\[web1\]: ~/site\$ $' 'for n in 1 2; do'
	play '^\[web1\]: > $' 'echo "line $n, edited here and run there"; done'
	play '^\[web1\]: ~/site\$ $' 'exit 3'
	play "$LOCAL" 'echo $?'
	play "$LOCAL" 'new-pssession web2 -Name site'
	play "$LOCAL" 's=$(new-pssession db1)'
	play "$LOCAL" 'enter-pssession -Name site'
	play '^\[web2\]: ~\$ $' 'release=42; cd logs'
	play '^\[web2\]: ~/logs\$ $' 'exit'
	play "$LOCAL" 'enter-pssession -Name site   # it has kept its state, for every terminal of mine'
	play '^\[web2\]: ~/logs\$ $' 'echo $release'
	play '^\[web2\]: ~/logs\$ $' 'exit'
	play "$LOCAL" 'get-pssession'
	play "$LOCAL" 'remove-pssession -Session "$s"; get-pssession -Property Name'
	ends_at "$LOCAL"
}
