# SPDX-License-Identifier: MIT
"""By hand: plays a session that runs its lines with `bash -c` on a pty. try-peer.py SOCKET"""
import os
import pty
import select
import sys

import peer as wire

host = wire.Peer(sys.argv[1])
host.accept()
host.send(wire.STARTED)
host.output(b"Welcome to web1\r\n")
status = 0
host.prompt(b"\x1b[32mann\x1b[0m:~$ ", status)
while True:
    got = host.receive()
    if got is None:
        break
    name, payload, flags = got
    if name == "LEAVE":
        host.send(wire.ACK)
        host.left(wire.BY_REQUEST)
    if name == "INPUT":
        host.send(wire.TYPED, payload)
    if name != "LINE":
        continue
    host.send(wire.ACK)
    text = payload.decode()
    if text.split()[:1] == ["exit"]:
        host.left(wire.EXIT, int((text.split() + ["0"])[1]))
        continue
    if text == "die":
        break
    if text == "lost":
        host.left(wire.LOST, None, "no answer for 45 s")
        continue
    pid, master = pty.fork()
    if pid == 0:
        os.execvp("bash", ["bash", "-c", text])
    if host.size:
        import fcntl, struct, termios
        fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", host.size[1], host.size[0], 0, 0))
    host.connection.settimeout(None)
    while True:
        ready, _, _ = select.select([master, host.connection], [], [])
        if host.connection in ready:
            got = host.receive()
            if got is None:
                sys.exit()
            if got[0] == "INPUT":
                os.write(master, got[1])
            elif got[0] == "INTERRUPT":
                os.write(master, b"\x03")
        if master in ready:
            try:
                data = os.read(master, 65536)
            except OSError:
                break
            if not data:
                break
            host.output(data)
    os.close(master)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) & 255
    host.prompt(b"\x1b[32mann\x1b[0m:~$ ", status)
