#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""rekey-server.py HOSTKEY same|other: an SSH server for one connection on standard input that renews its keys in the middle of
a command, and shows the same host key again or another one. For test-misbehaving.c. libssh's and OpenSSH's servers cannot do
the latter."""
import os
import socket
import subprocess
import sys
import tempfile
import threading

import paramiko


class Server(paramiko.ServerInterface):
    def __init__(self):
        self.run = threading.Event()

    def get_allowed_auths(self, username):
        return "publickey"

    def check_auth_publickey(self, username, key):
        return paramiko.AUTH_SUCCESSFUL

    def check_channel_request(self, kind, chanid):
        return paramiko.OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel, command):
        self.run.set()
        return True


def other_key():
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "key")
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)
        return paramiko.Ed25519Key(filename=path)


def main():
    server = Server()
    transport = paramiko.Transport(socket.socket(fileno=os.dup(0)))
    transport.add_server_key(paramiko.Ed25519Key(filename=sys.argv[1]))
    transport.start_server(server=server)
    channel = transport.accept(30)
    server.run.wait(30)
    channel.sendall(b"half")
    if sys.argv[2] == "other":
        transport.add_server_key(other_key())
    transport.renegotiate_keys()
    channel.sendall(b" and half")
    channel.send_exit_status(3)
    channel.close()
    transport.join()


main()
