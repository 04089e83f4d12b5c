# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154 # tools/picture reads and sets them
title='A computer is entered, a command runs there, and exit comes back with its status'
columns=72 rows=10

play_scene() {
	play "$LOCAL" 'enter-pssession web1'
	play '^\[web1\]: ~\$ $' 'cd site; ls'
	play '^\[web1\]: ~/site\$ $' 'exit 3'
	play "$LOCAL" 'echo $?'
	ends_at "$LOCAL"
}
