# SPDX-License-Identifier: MIT
"""Plays the verb for pssession-copy: sends it a request, gives it a server for each channel that it asks for (OpenSSH's
sftp-server on a socket pair, or another command), and collects what it has to say."""
import array
import atexit
import os
import select
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time

REQUEST, OPENED, ENDED, GO_ON, STOP = 1, 2, 3, 4, 5
OPEN, ERROR, OUTPUT, NOTE, PROGRESS, DONE = 32, 33, 34, 35, 36, 37
TAG_STATUS, TAG_MESSAGE, TAG_EXIT_STATUS, TAG_DIRECTORY, TAG_WORD, TAG_PLACE = 5, 6, 7, 72, 130, 160
TAG_RESILIENT = 29
OK, UNREACHABLE, LINK_LOST = 0, 6, 9
MORE = 1
VERSION = os.environ["PSS_VERSION"]
SERVER = [os.environ.get("PSS_SFTP_SERVER") or "/usr/lib/openssh/sftp-server"]

# Where copies know of each other, as they do in a user's home.
STATE = tempfile.mkdtemp(prefix="pss-copies-")
atexit.register(shutil.rmtree, STATE, True)


def number(tag, value):
    return struct.pack("=HHIQ", tag, 0, 8, value)


def text(tag, value):
    value = os.fsencode(value) + b"\0"
    return struct.pack("=HHI", tag, 0, len(value)) + value


def fields(payload):
    found = {}
    while payload:
        tag, _, n = struct.unpack_from("=HHI", payload)
        value = payload[8:8 + n]
        found[tag] = value
        payload = payload[8 + n:]
    return found


def number_of(found, tag, fallback=0):
    return struct.unpack("=Q", found[tag])[0] if tag in found else fallback


def text_of(found, tag):
    return os.fsdecode(found.get(tag, b"\0")[:-1])


class Copier:
    """One run of the program. `servers`: of each place (from 1 on) the command of its server; or one for all. Not
    `executes`: they have nothing but SFTP. `path`: where their shells look for programs. `runs_as`: in
    front of these. Not `connected`: the places are not, yet."""

    def __init__(self, program, labels, sources, destinations, flags="", words=(), servers=SERVER, directories=None,
                 cwd=None, at_channel=None, survives=False, executes=True, path=None, runs_as=(),
                 connected=True):
        self.ours, theirs = socket.socketpair()
        self.errors, self.output, self.notes, self.progress = [], [], [], []
        self.done = None
        self.servers, self.children, self.directories = servers, [], directories or {}
        self.open, self.survives = {}, survives
        self.away = False  # the session is not back yet
        self.at_channel = at_channel
        self.executes, self.path, self.runs_as = executes, path, runs_as
        self.buffer = b""
        os.set_inheritable(theirs.fileno(), True)

        def become():
            os.dup2(theirs.fileno(), 3)

        self.process = subprocess.Popen([program], cwd=cwd, preexec_fn=become, pass_fds=(3,), stdin=subprocess.DEVNULL,
                                        env=dict(os.environ, PSSESSION_RUNTIME_DIR=STATE))
        theirs.close()
        request = ["version=" + VERSION, "flags=" + flags, *words]
        for label in labels:
            request += ["place=" + label] + ["connected="] * connected
        request += ["source=%d %s" % source for source in sources]
        request += ["destination=%d %s" % destination for destination in destinations]
        payload = b"".join(os.fsencode(word) + b"\0" for word in request)
        while payload:
            piece, payload = payload[:200000], payload[200000:]
            self.send(REQUEST, 0, piece, MORE if payload else 0)

    def send(self, kind, ident, payload=b"", flags=0, fd=None):
        frame = struct.pack("=IHHI", len(payload), kind, flags, ident) + payload
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))] if fd is not None else []
        try:
            self.ours.sendmsg([frame], ancillary)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it has ended; what it said before is read still

    def channel(self):
        """Its end at the program, and its end at the server."""
        return socket.socketpair()

    def open_channel(self, ident, found):
        if self.away:
            return
        place = number_of(found, TAG_PLACE)
        server = self.servers if isinstance(self.servers, list) else self.servers[place]
        if TAG_WORD in found:
            server = [*self.runs_as, "/bin/sh", "-c", text_of(found, TAG_WORD)] if self.executes else None
        if server is None:
            self.send(ENDED, ident, number(TAG_STATUS, 6) + text(TAG_MESSAGE, "cannot be reached"))
            return
        near, far = self.channel()
        environment = {**os.environ, "PATH": self.path} if self.path else None
        self.children.append(subprocess.Popen(server, stdin=far, stdout=far, env=environment))
        self.open[ident] = (place, self.children[-1])
        far.close()
        directory = self.directories.get(place)
        said = text(TAG_DIRECTORY, directory) if directory else b""
        self.send(OPENED, ident, said + (number(TAG_RESILIENT, 1) if self.survives else b""), fd=near.fileno())
        near.close()
        if self.at_channel:
            self.at_channel(self)

    def take(self, kind, ident, payload):
        found = fields(payload) if kind not in (OUTPUT,) else {}
        if kind == OPEN:
            self.open_channel(ident, found)
        elif kind == ERROR:
            self.errors.append(text_of(found, TAG_MESSAGE))
            self.send(GO_ON, 0)
        elif kind == OUTPUT:
            self.output.append(os.fsdecode(payload))
        elif kind == NOTE:
            self.notes.append(text_of(found, TAG_MESSAGE))
        elif kind == PROGRESS:
            self.progress.append(text_of(found, TAG_MESSAGE))
        elif kind == DONE:
            self.done = number_of(found, TAG_STATUS)

    def step(self, timeout):
        """False: the program has closed its end."""
        if not select.select([self.ours], [], [], timeout)[0]:
            return True
        try:
            data = self.ours.recv(65536)
        except ConnectionResetError:
            data = b""
        self.buffer += data
        while len(self.buffer) >= 12:
            n, kind, _, ident = struct.unpack_from("=IHHI", self.buffer)
            if len(self.buffer) < 12 + n:
                break
            payload, self.buffer = self.buffer[12:12 + n], self.buffer[12 + n:]
            self.take(kind, ident, payload)
        return data != b""

    def wait(self, seconds=60):
        deadline = time.monotonic() + seconds
        while self.step(max(0, deadline - time.monotonic())):
            if time.monotonic() > deadline:
                self.process.send_signal(signal.SIGABRT)
                raise AssertionError("pssession-copy does not end: %s" % self.errors)
        self.status = self.process.wait()
        self.ours.close()
        for child in self.children:
            child.wait()
        return self

    def cut(self, place):
        """The connection to it is lost: all of its channels end."""
        for ident, (at, child) in list(self.open.items()):
            if at == place:
                child.kill()
                child.wait()
                self.send(ENDED, ident, number(TAG_STATUS, LINK_LOST) + text(TAG_MESSAGE, "the connection was lost"))
                del self.open[ident]

    def kill(self):
        self.process.kill()
        self.wait()

    def stop(self):
        self.send(STOP, 0)


def copy(*arguments, **keywords):
    return Copier(*arguments, **keywords).wait()
