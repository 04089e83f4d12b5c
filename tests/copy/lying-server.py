#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A server of SFTP version 3 on standard input and output that has one directory, /tree, and says of it what it likes:

  lying-server.py names      lists names that lead elsewhere, among them a good one
  lying-server.py links      lists a link to outside, and a directory of the same name with a file in it
  lying-server.py modes      lists "." with mode 0, and a file that it calls a directory
  lying-server.py endless    lists directories in directories without end
  lying-server.py long       sends more of a file than it said it has"""
import os
import struct
import sys

KIND = sys.argv[1]
DIRECTORY, FILE, LINK = 0o40755, 0o100644, 0o120777
OUTSIDE = os.environ.get("OUTSIDE", "/nonexistent")
LISTINGS = {
    "names": [(name, FILE) for name in (b"../x", b"/tmp/x", b"a/b", b"", b".", b"..", b"n\0l", b"good")],
    "links": [(b"d", LINK), (b"d", DIRECTORY), (b"good", FILE)],
    "modes": [(b".", DIRECTORY & ~0o777), (b"good", FILE), (b"file", DIRECTORY)],
    "endless": [(b"d", DIRECTORY)],
    "long": [(b"good", FILE)],
}


def string(data):
    return struct.pack(">I", len(data)) + data


def attributes(mode, size=5):
    return struct.pack(">IQII", 5, size, mode, 0)[:16]


def answer(kind, ident, body):
    packet = bytes([kind]) + struct.pack(">I", ident) + body
    sys.stdout.buffer.write(string(packet))
    sys.stdout.buffer.flush()


def status(ident, code):
    answer(101, ident, struct.pack(">I", code) + string(b"") + string(b""))


def take_string(body):
    n, = struct.unpack_from(">I", body)
    return body[4:4 + n], body[4 + n:]


def main():
    listed, opened = {}, []  # by handle: what has been listed, and the paths
    while True:
        head = sys.stdin.buffer.read(4)
        if len(head) < 4:
            return
        packet = sys.stdin.buffer.read(struct.unpack(">I", head)[0])
        kind, body = packet[0], packet[1:]
        if kind == 1:
            sys.stdout.buffer.write(string(b"\2" + struct.pack(">I", 3)))
            sys.stdout.buffer.flush()
            continue
        ident, = struct.unpack_from(">I", body)
        body = body[4:]
        path = take_string(body)[0] if len(body) >= 4 else b""
        if kind in (7, 17):  # LSTAT, STAT
            answer(105, ident, attributes(FILE if path.endswith(b"good") else DIRECTORY))
        elif kind in (3, 11):  # OPEN, OPENDIR
            opened.append(path)
            answer(102, ident, string(b"%d" % (len(opened) - 1)))
        elif kind == 12:  # READDIR
            if listed.get(path):
                status(ident, 1)
                continue
            listed[path] = 1
            deep = opened[int(path)] != b"/tree" and KIND != "endless"
            names = [(b"f", FILE)] if deep else LISTINGS[KIND]
            answer(104, ident, struct.pack(">I", len(names)) +
                   b"".join(string(name) + string(b"") + attributes(mode) for name, mode in names))
        elif kind == 5:  # READ
            offset, _ = struct.unpack_from(">QI", take_string(body)[1])
            if offset >= (20 if KIND == "long" else 5):
                status(ident, 1)
            else:
                answer(103, ident, string(b"12345" if KIND != "long" else b"x" * 20))
        elif kind == 19:  # READLINK
            answer(104, ident, struct.pack(">I", 1) + string(OUTSIDE.encode()) + string(b"") + struct.pack(">I", 0))
        else:
            status(ident, 0 if kind == 4 else 8)


try:
    main()
except ConnectionError:
    pass  # nobody waits for the answers to the last CLOSEs
