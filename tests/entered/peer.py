# SPDX-License-Identifier: MIT
"""A scripted peer for the entered loop: the host process's end of wire/PROTOCOL.md, "Attached"."""
import os
import queue
import socket
import struct
import threading
import time

HELLO, PING, COMPLETE, CANCEL, LINE, INPUT, RESIZE, INTERRUPT, DISCARD, LEAVE = 1, 20, 21, 33, 48, 49, 50, 51, 52, 53
ACK, RESULT, NOTE, LEFT, OUTPUT, PROMPT, STARTED, TYPED = 64, 65, 68, 69, 80, 81, 82, 83
TAG_STATUS, TAG_MESSAGE, TAG_EXIT_STATUS, TAG_COLUMNS, TAG_ROWS = 5, 6, 7, 34, 35
TAG_NOTE_KIND, TAG_LEFT_REASON, TAG_PROMPT_KIND, TAG_PROMPT, TAG_DIRECTORY, TAG_FRESH = 68, 69, 70, 71, 72, 73
TAG_LINE, TAG_POINT, TAG_START, TAG_CANDIDATE, TAG_DESCRIPTION, TAG_NO_SPACE, TAG_MORE = 80, 81, 82, 83, 84, 85, 86
BY_REQUEST, EXIT, KEPT_EXIT, LOST, TAKEN, REMOVED = 1, 2, 3, 4, 5, 6
NAMES = {LINE: "LINE", INPUT: "INPUT", RESIZE: "RESIZE", INTERRUPT: "INTERRUPT", DISCARD: "DISCARD",
         LEAVE: "LEAVE", PING: "PING", COMPLETE: "COMPLETE", CANCEL: "CANCEL"}
ID = 7


def field(tag, value):
    if isinstance(value, int):
        data = struct.pack("=Q", value)
    elif isinstance(value, str):
        data = value.encode() + b"\0"
    else:
        data = value
    return struct.pack("=HHI", tag, 0, len(data)) + data


def frame(kind, payload=b"", identity=ID, flags=0):
    return struct.pack("=IHHI", len(payload), kind, flags, identity) + payload


def fields(payload):
    found, at = {}, 0
    while at < len(payload):
        tag, _, length = struct.unpack_from("=HHI", payload, at)
        found[tag] = payload[at + 8:at + 8 + length]
        at += 8 + length
    return found


class Peer:
    """A thread of its own reads, answers PINGs and notes the size; everything else is the test's."""

    def __init__(self, path):
        self.path = path
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(1)
        self.listener.settimeout(30)
        self.connection = None
        self.frames = queue.Queue()
        self.answers_ping = True
        self.pings = []
        self.size = None
        self.timeout = 30
        self.meanwhile = lambda: None  # keeps the terminal read while a frame is waited for
        self.sending = threading.Lock()

    def accept(self):
        self.connection, _ = self.listener.accept()
        self.frames = queue.Queue()
        threading.Thread(target=self.read, args=(self.connection, self.frames), daemon=True).start()

    def read(self, connection, frames):
        buffer = b""
        while True:
            try:
                data = connection.recv(1 << 20)
            except OSError:
                data = b""
            if not data:
                frames.put(None)
                return
            buffer += data
            while len(buffer) >= 12 and len(buffer) >= 12 + struct.unpack_from("=I", buffer)[0]:
                length, kind, flags, identity = struct.unpack_from("=IHHI", buffer)
                self.take(frames, kind, flags, identity, buffer[12:12 + length])
                buffer = buffer[12 + length:]

    def take(self, frames, kind, flags, identity, payload):
        if kind == PING:
            self.pings.append(identity)
            if self.answers_ping:
                self.answer_ping()
        elif kind == RESIZE:
            found = fields(payload)
            self.size = (struct.unpack("=Q", found[TAG_COLUMNS])[0], struct.unpack("=Q", found[TAG_ROWS])[0])
        else:
            if kind in (COMPLETE, CANCEL):
                self.asked = identity
            frames.put((NAMES.get(kind, str(kind)), payload, flags))

    def answer_ping(self):
        try:
            self.send(RESULT, field(TAG_STATUS, 0), self.pings.pop(0))
        except OSError:
            pass

    def hang_up(self):
        self.connection.shutdown(socket.SHUT_RDWR)

    def close(self):
        for one in (self.connection, self.listener):
            if one:
                one.close()
        if os.path.exists(self.path):
            os.unlink(self.path)

    def send(self, kind, payload=b"", identity=ID, flags=0):
        with self.sending:
            self.connection.sendall(frame(kind, payload, identity, flags))

    def output(self, data):
        while data:
            self.send(OUTPUT, data[:262144])
            data = data[262144:]

    @staticmethod
    def prompt_frame(text=b"~$ ", status=0, kind=1, fresh=None, directory=b"/home/ann"):
        payload = field(TAG_PROMPT_KIND, kind) + field(TAG_EXIT_STATUS, status) + field(TAG_PROMPT, text)
        payload += field(TAG_DIRECTORY, directory)
        if fresh is not None:
            payload += field(TAG_FRESH, int(fresh))
        return frame(PROMPT, payload)

    def prompt(self, *arguments, **named):
        with self.sending:
            self.connection.sendall(self.prompt_frame(*arguments, **named))

    def left(self, reason, status=None, message=None):
        payload = field(TAG_LEFT_REASON, reason)
        if status is not None:
            payload += field(TAG_EXIT_STATUS, status)
        if message is not None:
            payload += field(TAG_MESSAGE, message)
        self.send(LEFT, payload)

    def note(self, kind, message):
        self.send(NOTE, field(TAG_NOTE_KIND, kind) + field(TAG_MESSAGE, message))

    def complete(self):
        """A COMPLETE: its line and point."""
        found = fields(self.wait("COMPLETE"))
        return found[TAG_LINE], struct.unpack("=Q", found[TAG_POINT])[0]

    def candidates(self, start, *words, no_space=0, more=0, status=0, identity=None):
        payload = field(TAG_STATUS, status) + field(TAG_START, start)
        for word in words:
            text, _, description = word.partition("\t")
            payload += field(TAG_CANDIDATE, text)
            if description:
                payload += field(TAG_DESCRIPTION, description)
        payload += field(TAG_NO_SPACE, no_space) + field(TAG_MORE, more)
        self.send(RESULT, payload, identity or self.asked)

    def receive(self):
        """The next frame but PING and RESIZE: (name, payload, flags); None at the end."""
        end = time.monotonic() + self.timeout
        while True:
            try:
                return self.frames.get(timeout=0.02)
            except queue.Empty:
                assert time.monotonic() < end, "no frame came"
                self.meanwhile()

    def line(self, acknowledge=True):
        """A whole LINE. Keys in front of it may complete: there is nothing."""
        text = b""
        while True:
            got = self.receive()
            if got and got[0] in ("COMPLETE", "CANCEL"):
                if got[0] == "COMPLETE":
                    self.candidates(struct.unpack("=Q", fields(got[1])[TAG_POINT])[0])
                continue
            assert got and got[0] == "LINE", f"wanted a LINE, got {got}"
            text += got[1]
            if not got[2] & 1:
                break
        if acknowledge:
            self.send(ACK)
        return text

    def wait(self, name):
        got = self.receive()
        while got and got[0] != name:
            got = self.receive()
        assert got, f"end of connection instead of {name}"
        return got[1]
