# SPDX-License-Identifier: MIT
"""A line between pssession-copy and its SFTP server on which all travels in flights: what the program has to say, until
it can do no more without an answer, goes as one; all answers to it come back as one. So a copy takes a number of round
trips that neither the machine's speed nor its load has a part in."""
import fcntl
import select
import socket
import struct
import subprocess
import termios
import threading

from copier import OPENED, SERVER, TAG_WORD, Copier

DELAY = 0.02  # of a round trip: the program takes the line for a long one
NAMES = {1: "INIT", 3: "OPEN", 4: "CLOSE", 5: "READ", 6: "WRITE", 7: "LSTAT", 8: "FSTAT", 9: "SETSTAT", 10: "FSETSTAT",
         11: "OPENDIR", 12: "READDIR", 13: "REMOVE", 14: "MKDIR", 15: "RMDIR", 16: "REALPATH", 17: "STAT", 18: "RENAME",
         19: "READLINK", 20: "SYMLINK", 200: "EXTENDED"}


def packets(data):
    """The types of the whole packets in it, and what is left behind them."""
    types, at = [], 0
    while len(data) - at >= 5:
        n, kind = struct.unpack_from(">IB", data, at)
        if len(data) - at < 4 + n:
            break
        types.append(kind)
        at += 4 + n
    return types, data[at:]


class Line:
    """`flights`: of each round trip, how many requests of each name it had."""

    def __init__(self, pid, client, server):
        self.pid, self.client, self.server = pid, client, server
        self.flights = []
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def is_asleep(self):
        """It has read all that was sent to it, and waits in poll()."""
        unread = struct.unpack("i", fcntl.ioctl(self.client, termios.TIOCOUTQ, b"\0\0\0\0"))[0]
        if unread > 0:
            return False
        try:
            with open("/proc/%d/stat" % self.pid, "rb") as file:
                return file.read().rsplit(b") ", 1)[1][:1] in b"SZ"
        except FileNotFoundError:
            return True

    def gather(self):
        """All that it says before it has to wait; b"": it has ended."""
        said = self.client.recv(1 << 20)
        while said:
            if select.select([self.client], [], [], 0.0002)[0]:
                more = self.client.recv(1 << 20)
                if not more:
                    break
                said += more
            elif self.is_asleep() and not select.select([self.client], [], [], 0)[0]:
                break
        return said

    def answer(self, said, n):
        """What the server answers to `said`, which are n requests."""
        answers, rest = b"", b""
        while n > 0:
            can_read, can_write, _ = select.select([self.server], [self.server] if said else [], [])
            if can_write:
                said = said[self.server.send(said[:65536], socket.MSG_DONTWAIT):]
            if can_read:
                data = self.server.recv(1 << 20)
                if not data:
                    break
                answers += data
                types, rest = packets(rest + data)
                n -= len(types)
        return answers

    def run(self):
        rest = b""
        while True:
            try:
                said = self.gather()
            except ConnectionResetError:
                break
            if not said:
                break
            types, rest = packets(rest + said)
            flight = {}
            for kind in types:
                flight[NAMES.get(kind, kind)] = flight.get(NAMES.get(kind, kind), 0) + 1
            self.flights.append(flight)
            answers = self.answer(said, len(types))
            select.select([], [], [], DELAY)
            try:
                self.client.sendall(answers)
            except BrokenPipeError:
                break
        self.server.close()
        self.client.close()


def hand_on_input(client, command):
    for said in iter(lambda: client.recv(1 << 16), b""):
        command.sendall(said)
    command.shutdown(socket.SHUT_WR)


def hand_on_whole(command, client):
    """Of half a listing the first files would be asked for a flight earlier: so it arrives whole, behind its greeting."""
    said = command.recv(1 << 16)
    while said:
        client.sendall(said)
        said = b"".join(iter(lambda: command.recv(1 << 16), b""))
    client.shutdown(socket.SHUT_WR)


class CountedCopier(Copier):
    """One run whose channels of SFTP are such lines, and whose commands say all at once."""

    def __init__(self, *arguments, **keywords):
        self.lines = []
        super().__init__(*arguments, **keywords)

    def channel(self):
        near, client = socket.socketpair()
        command, far = socket.socketpair()
        threading.Thread(target=hand_on_input, args=(client, command), daemon=True).start()
        threading.Thread(target=hand_on_whole, args=(command, client), daemon=True).start()
        return near, far

    def open_channel(self, ident, found):
        if TAG_WORD in found:
            super().open_channel(ident, found)
            return
        near, client = socket.socketpair()
        server, far = socket.socketpair()
        self.children.append(subprocess.Popen(SERVER, stdin=far, stdout=far))
        far.close()
        self.send(OPENED, ident, fd=near.fileno())
        near.close()
        self.lines.append(Line(self.process.pid, client, server))

    def wait(self, seconds=60):
        super().wait(seconds)
        for line in self.lines:
            line.thread.join()
        return self

    @property
    def flights(self):
        """Of all lines, without those that nobody waits for the answers of: CLOSEs, and READDIRs behind the last name."""
        return [flight for line in self.lines for flight in line.flights
                if not ("CLOSE" in flight and set(flight) <= {"CLOSE", "READDIR"})]
