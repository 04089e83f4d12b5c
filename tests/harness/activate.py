#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""activate.py SOCKET [--once] PROGRAM [ARGUMENT...]: what a user manager does for pssession.socket.

Listens at SOCKET; whenever somebody waits there and PROGRAM does not run, starts it with the socket at
descriptor 3, LISTEN_PID and LISTEN_FDS. --once starts it right away, and ends with its status. Ends by
SIGTERM, and takes PROGRAM and the socket with it. Its pid is printed once it listens."""

import os
import select
import signal
import socket
import sys

path, once = sys.argv[1], sys.argv[2] == "--once"
program = sys.argv[3 if once else 2:]
listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
child = None


def end(*_):
    if child:
        os.kill(child, signal.SIGTERM)
        os.waitpid(child, 0)
    if os.path.exists(path):
        os.unlink(path)
    os._exit(0)


def start():
    pid = os.fork()
    if pid == 0:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if listening.fileno() != 3:
            os.dup2(listening.fileno(), 3)
        os.set_inheritable(3, True)
        os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1", LISTEN_FDNAMES="pssession.socket")
        os.execv(program[0], program)
    return pid


os.umask(0o177)
listening.bind(path)
listening.listen(64)
signal.signal(signal.SIGTERM, end)
print(os.getpid(), flush=True)
while True:
    if not once:
        select.select([listening], [], [])
    child = start()
    _, status = os.waitpid(child, 0)
    child = None
    if once:
        os.unlink(path)
        sys.exit(os.waitstatus_to_exitcode(status))
