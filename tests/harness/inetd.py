#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""inetd.py PORT PROGRAM [ARGUMENT]...: runs the program for each connection to that port of 127.0.0.1, which is its standard
input and output. Says `listening` when it does."""
import signal
import socket
import subprocess
import sys

# A shell without job control has its background jobs ignore these.
for number in (signal.SIGINT, signal.SIGQUIT):
    signal.signal(number, signal.SIG_DFL)
running = []
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=100)
print("listening", file=sys.stderr, flush=True)
while True:
    connection, _ = listener.accept()
    running = [one for one in running if one.poll() is None]
    running.append(subprocess.Popen(sys.argv[2:], stdin=connection, stdout=connection))
    connection.close()
