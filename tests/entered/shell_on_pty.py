# SPDX-License-Identifier: MIT
"""An interactive shell on a pty of its own, with the entered loop loaded, and what a person would do with it."""
import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import tempfile
import termios
import time

import peer as wire

DEADLINE = 15


def sanitizers(loadable):
    """The environment that lets an ordinary shell load a sanitised loadable."""
    needed = subprocess.run(["ldd", loadable], stdout=subprocess.PIPE, text=True, check=True).stdout
    runtime = re.search(r"libasan\S* => (\S+)", needed)
    # What the shell itself never frees is not our affair.
    return {"LD_PRELOAD": runtime.group(1), "ASAN_OPTIONS": "detect_leaks=0:handle_segv=0"} if runtime else {}


class Shell:
    """`self.seen` is everything printed; expect() looks behind what was matched before."""

    def __init__(self, loadable, fingerprint, rc=""):
        self.directory = tempfile.mkdtemp(prefix="pss-entered-")
        self.socket = os.path.join(self.directory, "s")
        self.peer = wire.Peer(self.socket)
        self.seen, self.at = b"", 0
        self.peer.meanwhile = self.pump
        environment = {"PATH": os.environ["PATH"], "HOME": self.directory, "TERM": "xterm", "LANG": "C.UTF-8",
                       "XDG_STATE_HOME": os.path.join(self.directory, "state"), **sanitizers(loadable)}
        with open(loadable, "rb") as file:
            self.can_scale = b"PSSESSION_TEST_DEADLINES" in file.read()
        environment["PSSESSION_TEST_DEADLINES"] = os.path.join(self.directory, "deadlines")
        self.preload = environment.get("LD_PRELOAD", "")
        command = self.prepare(environment, loadable, f". {fingerprint}\n{rc}\n")
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], command, environment)
        self.resize(80, 24)
        self.expect(rb"LOCAL> ")

    def write(self, name, text):
        path = os.path.join(self.directory, name)
        with open(path, "w") as file:
            file.write(text)
        return path

    def deadlines(self, percent):
        """Of the loop's, from now on, where the build has that; the factor that it has."""
        self.write("deadlines", f"{percent}\n")
        return percent / 100 if self.can_scale else 1

    def resize(self, columns, rows):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def pump(self, seconds=0.0):
        ready, _, _ = select.select([self.master], [], [], seconds)
        if not ready:
            return False
        try:
            data = os.read(self.master, 65536)
        except OSError:
            return False
        self.seen += data
        return bool(data)

    def watch(self, seconds):
        """Reads what is printed for so long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.pump(end - time.monotonic())

    def type(self, text):
        data = text.encode() if isinstance(text, str) else text
        while data:
            _, ready, _ = select.select([], [self.master], [], 0.05)
            if ready:
                data = data[os.write(self.master, data[:1024]):]
            self.pump()

    def expect(self, pattern, seconds=DEADLINE):
        end = time.monotonic() + seconds
        while True:
            match = re.compile(pattern, re.S).search(self.seen, self.at)
            if match:
                self.at = match.end()
                return match
            assert time.monotonic() < end, f"no {pattern!r} in {self.seen[self.at:][-2000:]!r}"
            self.pump(0.1)

    def unseen(self, pattern):
        assert not re.compile(pattern, re.S).search(self.seen, self.at), f"{pattern!r} in {self.seen[self.at:]!r}"

    def interrupt(self, until):
        """Ctrl-C at a prompt, pressed again when the shell has missed it, as a person does: zsh does not look whether
        one came between its last look and its read of the terminal (Src/Zle/zle_main.c, getkey)."""
        end = time.monotonic() + DEADLINE
        while True:
            self.type("\x03")
            try:
                return self.expect(until, 2)
            except AssertionError:
                assert time.monotonic() < end, f"no {until!r} after Ctrl-C in {self.seen[self.at:][-2000:]!r}"

    def run(self, line):
        """A local command; its output."""
        self.type(line + "\r")
        self.expect(rb"\n")
        match = self.expect(rb"(.*)LOCAL> ")
        return re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]", b"", match.group(1)).replace(b"\r", b"").decode()

    def enter(self, kept=False, prompt=b"~$ ", version=2):
        self.type(f"enter_try {self.socket}" + (" kept" if kept else "") + (" v1" if version == 1 else "") + "\r")
        self.peer.accept()
        self.peer.send(wire.STARTED)
        self.peer.prompt(prompt)
        self.expect(rb"\[web1\]: ")

    def leave(self):
        """Leaves a session in the ordinary way, from its prompt."""
        self.type("exit-pssession\r")
        self.peer.wait("LEAVE")
        self.peer.send(wire.ACK)
        self.peer.left(wire.BY_REQUEST)
        self.expect(rb"LOCAL> ")

    def line(self, text, expected=None, prompt=b"~$ "):
        """Types a line and gives the next prompt."""
        self.type(text + b"\r" if isinstance(text, bytes) else text + "\r")
        got = self.peer.line()
        assert expected is None or got == expected, got
        self.peer.prompt(prompt)
        self.expect(rb"\[web1\]: " + re.escape(prompt))
        return got

    def status(self):
        return int(self.run("echo $?").strip().split("\n")[-1])

    def fingerprint(self):
        path = os.path.join(self.directory, "fingerprint")
        self.run(f"fingerprint {path}")
        # bash 5.1 prints key sequences as they are, which need not be UTF-8.
        with open(path, errors="surrogateescape") as file:
            return [line for line in file if "fingerprint" not in line]

    def catches(self, number):
        """Has the entered session's process a handler for this signal?"""
        with open(f"/proc/{self.child()}/status") as file:
            mask = next(line for line in file if line.startswith("SigCgt:"))
        return int(mask.split()[1], 16) >> (number - 1) & 1

    def termios(self):
        return termios.tcgetattr(self.master)

    def wait_for(self, condition, what):
        end = time.monotonic() + DEADLINE
        while not condition():
            assert time.monotonic() < end, f"not reached: {what}"
            self.pump(0.02)

    def host_history(self):
        path = os.path.join(self.directory, "state/pssession/history/ann@web1.example%3A22")
        if not os.path.exists(path):
            return ""
        with open(path) as file:
            return file.read()

    def local_history(self):
        path = os.path.join(self.directory, "local_history")
        if not os.path.exists(path):
            return ""
        with open(path) as file:
            return file.read()

    def close(self):
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        os.close(self.master)
        try:
            os.waitpid(self.pid, 0)
        except ChildProcessError:
            pass
        self.peer.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def has_ended(self):
        """Has the shell itself?"""
        pid, _ = os.waitpid(self.pid, os.WNOHANG)
        return pid == self.pid


class Bash(Shell):
    """The loop runs in a child, which is a job."""
    name = "bash"

    def prepare(self, environment, loadable, rc):
        environment["INPUTRC"] = "/dev/null"
        path = self.write("rc", "unset LD_PRELOAD\n"  # sanitizers() means the shell alone
                          f"PS1='LOCAL> '; HISTFILE={self.directory}/local_history\n"
                          f"enable -f {loadable} enter_try\n{rc}")
        return ["bash", "--noprofile", "--rcfile", path, "-i"]

    def script(self, loadable, text):
        """The command that runs `text` with the builtin there, and no terminal."""
        return "bash " + self.write("script", f"enable -f {loadable} enter_try\n{text}\n")

    def child(self):
        """The process of the entered session."""
        with open(f"/proc/{self.pid}/task/{self.pid}/children") as file:
            return int(file.read().split()[-1])


class Zsh(Shell):
    """The loop runs in the shell itself."""
    name = "zsh"

    def prepare(self, environment, loadable, rc):
        environment["ZDOTDIR"] = self.directory
        self.write(".zshrc", "unset LD_PRELOAD; unsetopt prompt_sp\n"
                   f"PS1='LOCAL> '; HISTFILE={self.directory}/local_history; HISTSIZE=1000 SAVEHIST=1000\n"
                   f"module_path+=({os.path.dirname(loadable)}); zmodload enter_try\n{rc}")
        return ["zsh", "-d", "-i"]

    def script(self, loadable, text):
        return "zsh -f " + self.write(
            "script", f"module_path+=({os.path.dirname(loadable)}); zmodload enter_try\n{text}\n")

    def child(self):
        return self.pid


SHELLS = {"bash": Bash, "zsh": Zsh}
