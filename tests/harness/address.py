#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# address.py add|remove: another loopback address of this computer, as a change of its network. Needs CAP_NET_ADMIN.
import fcntl, socket, struct, sys

SIOCSIFADDR, SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8916, 0x8913, 0x8914, 1
NAME, ADDRESS = b"lo:pss", "127.77.0.1"

control = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
if sys.argv[1] == "add":
    address = struct.pack("HH4s8x", socket.AF_INET, 0, socket.inet_aton(ADDRESS))
    fcntl.ioctl(control, SIOCSIFADDR, struct.pack("16s16s8x", NAME, address))
else:
    # An alias that is down is gone.
    fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sH22x", NAME, 0))
