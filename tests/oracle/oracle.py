#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""oracle.py LOG LINE... -- NATIVE... -- LOCAL... -- ENTER: what a dotfile makes of a session, beside what it makes of ssh.

Types the same lines into two terminals: one runs NATIVE (`ssh -tt HOST`), in the other ENTER is typed into the shell LOCAL
first. Compared are the output of each line, the prompt behind it, and LOG, the file that the dotfile's hooks write to; a
line that asks (`trap`, `set -o`) compares what is left. Prints what differs, and ends with 1 then.

A shell is at its prompt when its editor switches bracketed paste on, so nothing waits for time to pass. What belongs to one
of the two alone is taken out: the name of the computer in front of our prompt, and FORGET (environment), regular expressions,
one a line, of what no two runs have in common."""

import difflib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

DEADLINE = 60
READY, BEGUN = b"\x1b[?2004h", b"\x1b[?2004l"
# The client's own: colours end in front of a prompt, and the terminal's title is put aside and back.
OURS = re.compile("\x1b\\[m$|\x1b\\[2[23];0t|\x1b\\]133;[AB](;redraw=0)?\x07|Connection to .* closed.\n$")
# … and, where the dotfile makes none, marks of output and status, and of the directory.
MARKS = {"33;": rb"\x1b\]133;(C|D(;\d+)?)\x07", "]7;": rb"\x1b\]7;[^\x07]*\x07"}
FORGET = [re.compile(line) for line in os.environ.get("FORGET", "").splitlines() if line]


class Terminal:
    def __init__(self, argv):
        self.seen = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = "xterm-256color"
            os.execvp(argv[0], argv)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))

    def read_until(self, found):
        """What comes up to the first place that FOUND is at; its end where the terminal ends."""
        deadline = time.monotonic() + DEADLINE
        while found not in self.seen:
            if not select.select([self.fd], [], [], max(0, deadline - time.monotonic()))[0]:
                self.end()
                sys.exit("oracle: waited in vain for a prompt behind %r" % self.seen[-2000:])
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                data = b""
            if not data:
                break
            self.seen += data
        text, _, self.seen = self.seen.partition(found)
        return text

    def type(self, line):
        os.write(self.fd, line.encode() + b"\r")

    def ask(self, line):
        """The prompt that LINE was typed at, and the output of LINE."""
        self.type(line)
        echoed = self.read_until(BEGUN).removesuffix(b"\r\n").removesuffix(b"\r")
        prompt = echoed.removesuffix(line.encode())
        return prompt, self.read_until(READY)

    def end(self):
        try:
            os.kill(self.pid, signal.SIGHUP)
        except ProcessLookupError:
            pass
        os.close(self.fd)
        os.waitpid(self.pid, 0)


def plain(data):
    text = data.decode("utf-8", "backslashreplace").replace("\r", "")
    text = OURS.sub("", text)
    for pattern in FORGET:
        text = pattern.sub("", text)
    return [repr(line) for line in text.split("\n")]


def without(data, marks):
    for mark in marks:
        data = re.sub(mark, b"", data)
    return data


def run(argv, enter, lines, log, marks=()):
    for name in (log, os.path.dirname(log) + "/.bash_history", os.path.dirname(log) + "/.zsh_history"):
        if os.path.exists(name):
            os.unlink(name)
    terminal = Terminal(argv)
    greeting = terminal.read_until(READY)
    if enter:
        greeting = terminal.ask(enter)[1]
    facts = ["-- greeting"] + plain(without(greeting, marks))
    for line in lines:
        prompt, output = terminal.ask(line)
        if enter:
            prompt = re.sub(rb"^(\x1b\]133;A[^\x07]*\x07)?\[[^]]*\]: ", b"", prompt)
        facts += ["-- prompt"] + plain(prompt) + ["-- " + line] + plain(without(output, marks))
    terminal.ask("exit")
    terminal.end()
    facts += ["-- log"]
    if os.path.exists(log):
        with open(log, "rb") as file:
            facts += plain(file.read())
    return facts


def words(arguments):
    part = []
    for argument in arguments:
        if argument == "--":
            yield part
            part = []
        else:
            part.append(argument)
    yield part


(log, *lines), native, local, (enter,) = words(sys.argv[1:])
theirs = run(native, None, lines, log)
ours = run(local, enter, lines, log, [mark for sign, mark in MARKS.items() if not any(sign in fact for fact in theirs)])
if os.environ.get("SHOW"):
    print("\n".join(ours))
if any("__pss_" in fact for fact in ours):
    print("a name of ours is seen")
difference = list(difflib.unified_diff(theirs, ours, "ssh", "enter-pssession", lineterm="", n=3))
print("\n".join(difference))
sys.exit(1 if difference or any("__pss_" in fact for fact in ours) else 0)
