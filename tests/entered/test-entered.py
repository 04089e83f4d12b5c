# SPDX-License-Identifier: MIT
"""The entered loop in a real shell, against a scripted peer. test-entered.py bash|zsh LOADABLE FINGERPRINT [NAME-PART]

A test runs in both shells. What its shell starts with is `rc`, or in zsh `zsh` where that is said; what can be so in
one shell only says which, and why: `only=("bash", "reason")`."""
import os
import signal
import sys
import termios
import threading
import time
import traceback

import peer as wire
import zsh_alone
from shell_on_pty import SHELLS

SHELL, LOADABLE, FINGERPRINT = SHELLS[sys.argv[1]], sys.argv[2], sys.argv[3]
ONLY = sys.argv[4] if len(sys.argv) > 4 else ""
IS_ZSH = SHELL.name == "zsh"
tests = []


def test(name, rc="", zsh=None, only=None):
    def register(function):
        if only is None or only[0] == SHELL.name:
            tests.append((name, function, zsh if IS_ZSH and zsh is not None else rc))
        return function
    return register


@test("a line goes out whole, its output is shown, the status comes back on leaving")
def _(b):
    b.enter()
    b.type("echo hello\r")
    assert b.peer.line() == b"echo hello"
    b.peer.output(b"hello\r\n")
    b.peer.prompt(status=3)
    b.expect(rb"hello\r\n.*\[web1\]: ~\$ ")
    b.leave()
    assert b.status() == 3


@test("the size is sent before a line, and again only when it changed")
def _(b):
    b.enter()
    b.type("a\r")
    b.peer.line()
    assert b.peer.size == (80, 24)
    b.peer.prompt()
    b.expect(rb"\[web1\]: ")
    b.peer.size = None
    b.resize(100, 30)
    b.type("b\r")
    b.peer.line()
    assert b.peer.size == (100, 30)
    b.resize(90, 20)
    b.peer.output(b"x")
    b.type("k")
    assert b.peer.wait("INPUT") == b"k"
    assert b.peer.size == (90, 20)


@test("keys go to what runs, byte for byte, Ctrl-C and Ctrl-Z too")
def _(b):
    b.enter()
    b.type("cat\r")
    b.peer.line()
    b.wait_for(lambda: not b.termios()[3] & termios.ICANON and not b.termios()[3] & termios.ISIG, "raw")
    b.type(b"a\x03\x1a\x04\xff\r")
    got = b""
    while len(got) < 6:
        got += b.peer.wait("INPUT")
    assert got == b"a\x03\x1a\x04\xff\r", got


@test("a line of 300 KB pasted at once arrives whole", rc="bind 'set enable-bracketed-paste on'", zsh="")
def _(b):
    b.enter()
    line = b"echo " + b"0123456789abcdef" * 19200
    b.type(b"\x1b[200~" + line + b"\x1b[201~")
    b.type("\r")
    b.peer.timeout = 60
    assert b.peer.line() == line


@test("any bytes and newlines of a paste arrive")
def _(b):
    b.enter()
    b.type(b"\x1b[200~for i in 1\n do echo \xc3\xa4\xff\tx\ndone\x1b[201~\r")
    assert b.peer.line() == b"for i in 1\n do echo \xc3\xa4\xff\tx\ndone"


@test("exit in a temporary session goes to the remote shell")
def _(b):
    b.enter()
    b.type("  EXIT 5 \r")
    assert b.peer.line() == b"exit 5"
    b.peer.left(wire.EXIT, 5)
    b.expect(rb"LOCAL> ")
    assert b.status() == 5


@test("logout and Ctrl-D in a temporary session send exit; stopped jobs may keep it")
def _(b):
    b.enter()
    b.type("logout\r")
    assert b.peer.line() == b"exit"
    b.peer.output(b"There are stopped jobs.\r\n")
    b.peer.prompt(status=1)
    b.expect(rb"stopped jobs.*\[web1\]: ")
    b.type("\x04")
    assert b.peer.line() == b"exit"
    b.peer.left(wire.EXIT, 1)
    b.expect(rb"exit\r\n.*LOCAL> ")
    assert b.status() == 1


@test("exit N in a kept session leaves with N, Ctrl-D with the last status")
def _(b):
    b.enter(kept=True)
    b.type("exit 6\r")
    b.peer.wait("LEAVE")
    b.peer.send(wire.ACK)
    b.peer.left(wire.BY_REQUEST)
    b.expect(rb"LOCAL> ")
    assert b.status() == 6
    b.enter(kept=True)
    b.type("false\r")
    b.peer.line()
    b.peer.prompt(status=9)
    b.expect(rb"\[web1\]: ")
    b.type("\x04")
    b.peer.wait("LEAVE")
    b.peer.send(wire.ACK)
    b.peer.output(b"bye\r\n")
    b.peer.left(wire.BY_REQUEST)
    b.expect(rb"bye\r\n.*LOCAL> ")
    assert b.status() == 9


@test("exit inside a line of a kept session leaves with its status")
def _(b):
    b.enter(kept=True)
    b.type("cd /x && exit 4\r")
    b.peer.line()
    b.peer.left(wire.KEPT_EXIT, 4)
    b.expect(rb"LOCAL> ")
    assert b.status() == 4


@test("second prompts join one history entry; Ctrl-C discards and shows the first prompt")
def _(b):
    b.enter()
    b.type("for i in 1\r")
    b.peer.line()
    b.peer.prompt(b"> ", kind=2)
    b.expect(rb"\[web1\]: > ")
    b.type("exit\r")
    assert b.peer.line() == b"exit"
    b.peer.prompt(b"> ", kind=2)
    b.expect(rb"\[web1\]: > ")
    b.type("do")
    b.interrupt(rb"\[web1\]: ~\$ ")
    b.peer.wait("DISCARD")
    b.wait_for(lambda: "for i in 1\\\nexit\n" in b.host_history(), "history")
    b.type("echo 1\r")
    assert b.peer.line() == b"echo 1"
    b.peer.prompt(b"> ", kind=2)
    b.expect(rb"\[web1\]: > ")
    b.type("\x04")
    b.peer.wait("DISCARD")
    b.expect(rb"\[web1\]: ~\$ ")


def input_of(b, n):
    got = b""
    while len(got) < n:
        got += b.peer.wait("INPUT")
    return got


@test("typed keys that come back are typed next: each line runs, what follows it is for what it runs")
def _(b):
    b.enter()
    b.type("sleep 1\r")
    b.peer.line()
    b.type("echo wrong\x15cat x\recho y\rhalf")
    keys = input_of(b, 28)
    b.peer.prompt()
    b.peer.send(wire.TYPED, keys)
    assert b.peer.line() == b"cat x"
    keys = input_of(b, 11)
    assert keys == b"echo y\rhalf", keys
    b.peer.prompt()
    b.peer.send(wire.TYPED, keys)
    assert b.peer.line() == b"echo y"
    assert input_of(b, 4) == b"half"
    b.peer.prompt()
    b.peer.send(wire.TYPED, b"half")
    b.expect(rb"\[web1\]: ~\$ .*half")
    b.type(" more\r")
    assert b.peer.line() == b"half more"


@test("lines that are typed at once at a prompt: what is behind the first goes where it goes")
def _(b):
    b.enter()
    b.type("read x\rfoo\recho $x\r")
    assert b.peer.line() == b"read x"
    assert input_of(b, 12) == b"foo\recho $x\r"
    b.peer.prompt()
    b.peer.send(wire.TYPED, b"echo $x\r")
    assert b.peer.line() == b"echo $x"


@test("Ctrl-C at the prompt drops what was typed behind the line, too")
def _(b):
    b.enter()
    b.type("sleep 1\r")
    b.peer.line()
    b.peer.prompt(b"> ", kind=2)
    b.peer.send(wire.TYPED, b"a\x03b")
    b.expect(rb"\[web1\]: > .*b")
    b.interrupt(rb"\[web1\]: ~\$ ")
    b.type("c\r")
    assert b.peer.wait("DISCARD") == b""
    assert b.peer.line() == b"c"


@test("what a terminal answers is not typed, and may come in pieces")
def _(b):
    b.enter()
    b.type("ask\r")
    b.peer.line()
    b.type("ls")
    assert input_of(b, 2) == b"ls"
    b.peer.answers_ping = False
    b.peer.output(b"\x1b[c\x1b]11;?\x07")
    b.peer.prompt()
    b.wait_for(lambda: b.peer.pings, "a PING")
    b.type(b";1c -l\x1b]11;rgb:0000/00")
    b.type(b"00/0000\x1b\\ x\r")
    b.peer.send(wire.TYPED, b"ls\x1b[?64")
    b.peer.answer_ping()
    got = b.peer.line()
    assert got == b"ls -l x", got


@test("keys under way when the prompt comes are waited for")
def _(b):
    b.enter()
    b.type("sleep 1\r")
    b.peer.line()
    b.type("abc")
    got = b""
    while len(got) < 3:
        got += b.peer.wait("INPUT")
    b.peer.answers_ping = False
    b.peer.prompt()
    b.wait_for(lambda: b.peer.pings, "a PING")
    b.type("def")
    b.pump(0.2)
    b.unseen(rb"\[web1\]: ")
    b.peer.send(wire.TYPED, got)
    b.peer.answer_ping()
    b.expect(rb"\[web1\]: ")
    b.type("\r")
    assert b.peer.line() == b"abcdef"


def wait_for_keys_on_their_way(b):
    """At a prompt that does not come, because keys are on their way home."""
    b.enter()
    b.type("sleep 1\r")
    b.peer.line()
    b.type("abc\r")
    assert input_of(b, 4) == b"abc\r"
    b.peer.answers_ping = False
    b.peer.prompt()
    b.wait_for(lambda: b.peer.pings, "a PING")


# One write each: a terminal hands over what has been typed by then.
for _keys in (["~."], ["~", "."], ["d\r~."], ["x\r", "~", "."], ["~?", "~."], ["~~\r", "~."]):
    @test(f"~. leaves while keys are waited for that are on their way home: {_keys!r}")
    def _(b, keys=_keys):
        wait_for_keys_on_their_way(b)
        for piece in keys:
            b.type(piece)
            if piece == "~?":
                b.expect(rb"~\.  leave at once")
        b.peer.wait("LEAVE")
        b.peer.send(wire.ACK)
        b.peer.left(wire.BY_REQUEST)
        b.expect(rb"connection to web1 closed\r\n.*LOCAL> ")
        assert b.run("echo fine") == "fine\n"


@test("keys that wait for others to come home: escape keys are taken out of them once, what is left runs in order")
def _(b):
    wait_for_keys_on_their_way(b)
    b.type("~~one\r~?")
    b.expect(rb"~\.  leave at once")
    b.type("~two\r~")
    b.pump(0.2)
    b.peer.send(wire.TYPED, b"abc\r")
    b.peer.answers_ping = True
    b.peer.answer_ping()
    assert b.peer.line() == b"abc"
    assert input_of(b, 10) == b"~one\r~two\r"
    b.type("x")  # behind the escape character, which waits
    assert input_of(b, 2) == b"~x"


@test("keys that come home long behind the prompt are waited for, though a PING was answered while the command ran")
def _(b):
    b.enter()
    b.type("sleep 1\r")
    b.peer.line()
    b.type("one\rtwo\r")
    assert input_of(b, 8) == b"one\rtwo\r"
    b.peer.answers_ping = False
    b.wait_for(lambda: b.peer.pings, "a PING, as nothing is heard")
    b.peer.answer_ping()
    b.peer.send(wire.OUTPUT, b"heard")
    b.expect(rb"heard")
    b.peer.prompt()
    b.peer.send(wire.TYPED, b"one\r")
    b.wait_for(lambda: b.peer.pings, "a PING of the prompt")
    b.peer.send(wire.TYPED, b"two\r")
    b.peer.answer_ping()
    assert b.peer.line() == b"one"
    assert input_of(b, 4) == b"two\r"


@test("output at the prompt is shown above the line, which stays")
def _(b):
    b.enter()
    b.type("half a li")
    b.expect(rb"half a li")
    b.peer.output(b"[1]+ Done sleep\r\n")
    b.expect(rb"\[1\]\+ Done sleep\r+\n.*\[web1\]: ~\$ .*half a li")
    b.peer.output(b"no newline")
    b.expect(rb"no newline.*\n.*\[web1\]: ~\$ .*half a li")
    b.peer.note(2, "slow \x1b]0;x\x07server")
    b.expect(rb"WARNING: slow server\r+\n.*half a li")
    b.type("ne\r")
    assert b.peer.line() == b"half a line"


def frames(b, *pieces):
    """Each a frame of its own, all sent at once."""
    with b.peer.sending:
        b.peer.connection.sendall(b"".join(wire.frame(wire.OUTPUT, piece) for piece in pieces))


@test("text at the prompt that comes in pieces is shown in one, a letter too")
def _(b):
    b.enter()
    b.type("half")
    b.expect(rb"half")
    frames(b, b"a", b"bc \x1b[3", b"1mred\x1b", b"[m\r", b"\ngr\xc3", b"\xbc\xc3\x9fe\r\n")
    b.expect("abc \x1b\\[31mred\x1b\\[m\r+\ngr\u00fc\u00dfe\r+\n.*half".encode())
    b.peer.output(b"\x1b]2;title alone\x07")
    assert b.expect(rb"\x1b\]2;title alone\x07\x1b\[m(..)").group(1) != b"\r\n"
    b.type("!\r")
    assert b.peer.line() == b"half!"


# Of background jobs: titles, directories, links, notes, marks, images, colours, answers.
SEQUENCES = [b"\x1b]0;tornTITLE\x07", b"\x1b]2;tornTITLE\x1b\\", b"\x1b]7;file://h/tornDIR\x07",
             b"\x1b]8;;http://tornLINK\x1b\\", b"\x1b]9;tornNOTE\x07", b"\x1b]133;D;tornMARK\x07",
             b"\x1b]633;E;tornMARK\x07", b"\x1b]1337;Set=tornSET\x07", b"\x1b_Gtorn=IMAGE\x1b\\",
             b"\x1bPtornDCS\x1b\\", b"\x1b^tornPM\x1b\\", b"\x1b[38;2;101;102;103m", b"\x1b(B"]


@test("a control sequence that comes in pieces at the prompt is never text")
def _(b):
    b.enter()
    n_whole = n = 0
    for sequence in SEQUENCES:
        for cut in range(1, len(sequence)):
            n += 1
            frames(b, b"%d<" % n + sequence[:cut], sequence[cut:] + b">%d\r\n" % n)
            shown = b.expect(rb"(?<!\d)%d<(.*?)>%d\r" % (n, n)).group(1)
            n_whole += shown == sequence
            assert sequence[cut:] not in shown.replace(sequence, b""), (sequence, cut, shown)
    assert n_whole > n * 0.9, (n_whole, n)


@test("of a sequence that was given up at the prompt nothing comes as text, and what follows it is right")
def _(b):
    b.enter()
    for begun, rest in ((b"\x1b]0;begun-", b"rest-of-it\x07"), (b"\x1b]0;begun-", b"rest-of-it\x1b\\"),
                        (b"\x1b[38;2", b";101;102;103m"), (b"\x1b]0;begun", b"\r\n"), (b"\x1b]0;begun", b"\x1b[35m"),
                        (b"\x1bPbegun", b"rest-of-it\x1b\\")):
        b.peer.output(b"shown\r\n" + begun)
        b.expect(rb"shown\r+\n")
        b.expect(rb"\[web1\]: ~\$ ")
        b.peer.output(rest + b"later\r\n")
        between = b.expect(rb"(.*)later\r+\n").group(1)
        assert begun not in between and b"rest-of-it" not in between and b";102" not in between, between
        b.expect(rb"\[web1\]: ~\$ ")
    b.peer.output(b"\x1b]0;for what runs-")
    b.type("x\r")
    assert b.peer.line() == b"x"
    b.peer.output(b"then\x07")
    b.expect(rb"\x1b\]0;for what runs-then\x07|[^-]then\x07")


@test("the remote may become busy while a line is edited; the line comes back")
def _(b):
    b.enter()
    b.type("half")
    b.expect(rb"half")
    b.peer.send(wire.STARTED)
    b.peer.output(b"restarting\r\n")
    b.expect(rb"restarting")
    b.wait_for(lambda: not b.termios()[3] & termios.ISIG, "raw")
    b.type("k")
    assert b.peer.wait("INPUT") == b"k"
    b.peer.prompt(b"new$ ")
    b.expect(rb"\[web1\]: new\$ .*half")
    b.type("!\r")
    assert b.peer.line() == b"half!"


@test("keys that come home together with a new prompt, and while an answer is waited for, are typed next")
def _(b):
    b.enter()
    b.type("half")
    b.expect(rb"half")
    with b.peer.sending:
        b.peer.connection.sendall(wire.frame(wire.TYPED, b" one") + b.peer.prompt_frame(b"new$ "))
    b.expect(rb"\[web1\]: new\$ .*half.* one")
    b.type("\t")
    b.peer.complete()
    b.peer.send(wire.TYPED, b" two")
    b.expect(rb"two")
    b.type("\r")
    assert b.peer.line() == b"half one two"


@test("output without a final newline is not overwritten")
def _(b):
    b.enter()
    b.type("printf abc\r")
    b.peer.line()
    b.peer.output(b"abc")
    b.peer.prompt()
    b.expect(rb"abc.* {80}\r\x1b\[K.*\[web1\]: ")


@test("a connection that is lost at the prompt: message, 255, and the half-typed line is in the history")
def _(b):
    b.enter()
    b.type("half typed")
    b.expect(rb"half typed")
    b.peer.left(wire.LOST, message="no answer for 45 s")
    b.expect(rb"connection to web1 lost: no answer for 45 s\r\n.*LOCAL> ")
    assert b.status() == 255
    assert b.host_history() == "half typed\n"
    assert "half typed" not in b.run("history")


@test("a connection that is lost while a command runs: modes that were on go off")
def _(b):
    b.enter()
    before = b.termios()
    b.type("vim\r")
    b.peer.line()
    b.peer.output(b"\x1b[?1049h\x1b[?1000h\x1b[?1006h\x1b[?25l\x1b=\x1b]0;unfinished")
    b.expect(rb"unfinished")
    b.peer.left(wire.LOST, message="the server ended the connection")
    b.expect(rb"\x18\x1b\\.*\x1b\[\?1049l.*\x1b\[\?1000l\x1b\[\?1006l\x1b\[\?25h\x1b>")
    b.expect(rb"\x1b\[23;0t.*lost: the server ended the connection\r\n.*LOCAL> ")
    assert b.status() == 255
    assert b.host_history() == "vim\n"
    del before


@test("what was typed for a lost computer is not run by the local shell")
def _(b):
    b.enter()
    b.type("sleep 9\r")
    b.peer.line()
    b.wait_for(lambda: not b.termios()[3] & termios.ICANON, "raw")
    os.kill(b.child(), signal.SIGSTOP)
    if not IS_ZSH:
        b.expect(rb"Stopped.*LOCAL> ")
    b.peer.left(wire.LOST, message="x")
    b.type("touch ~/canary\r" if IS_ZSH else "fg\rtouch ~/canary\r")
    if IS_ZSH:
        os.kill(b.child(), signal.SIGCONT)
    b.expect(rb"lost: x\r\n.*LOCAL> ")
    assert b.run("echo fine") == "fine\n"
    assert not os.path.exists(os.path.join(b.directory, "canary"))


@test("a host process that ends: said so, 255")
def _(b):
    b.enter()
    b.type("sleep 9\r")
    b.peer.line()
    b.peer.hang_up()
    b.expect(rb"connection to web1 lost \(the pssession host process ended\)\r\n.*LOCAL> ")
    assert b.status() == 255


@test("a host process that does not acknowledge a line: an error within seconds")
def _(b):
    b.enter()
    b.type("sleep 9\r")
    factor = b.deadlines(10)
    b.peer.line(acknowledge=False)
    begin = time.monotonic()
    b.expect(rb"connection to web1 lost \(the pssession host process does not answer\)")
    assert 4 * factor < time.monotonic() - begin < 7


@test("a host process that stops while a command runs is noticed")
def _(b):
    b.enter()
    b.type("sleep 9\r")
    b.peer.line()
    b.peer.answers_ping = False
    b.deadlines(10)
    begin = time.monotonic()
    b.expect(rb"connection to web1 lost \(the pssession host process does not answer\)")
    assert time.monotonic() - begin < 10
    b.expect(rb"LOCAL> ")
    assert b.status() == 255


@test("a host process that reads no more keys, as the remote takes none, is not said to be lost",
      only=("bash", "the relay is the same"))
def _(b):
    b.enter()
    b.type("sleep 9\r")
    b.peer.line()
    b.type(b"k" * 300000)
    input_of(b, 300000)
    b.peer.answers_ping = False
    factor = b.deadlines(40)
    b.wait_for(lambda: b.peer.pings, "a PING")
    b.peer.answer_ping()
    b.type("k")
    assert input_of(b, 1) == b"k"
    b.wait_for(lambda: b.peer.pings, "another PING")
    b.watch(6 * factor)  # longer than its answer may take
    b.unseen(rb"lost")
    b.peer.answer_ping()
    b.peer.output(b"it goes on")
    b.expect(rb"it goes on")


@test("nothing wakes the process up while it waits at the prompt")
def _(b):
    b.enter()
    factor = b.deadlines(25)
    child = b.child()

    def switches():
        with open(f"/proc/{child}/status") as file:
            return [line for line in file if "ctxt_switches" in line]

    # On a busy machine what entering has left to do takes its time; a quiet time longer than any deadline must come.
    for _ in range(8):
        before = switches()
        b.watch(4 * factor)
        if switches() == before:
            break
    else:
        raise AssertionError(f"{before} became {switches()}")
    b.leave()


@test("taken and removed sessions are said so")
def _(b):
    b.enter(kept=True)
    b.peer.left(wire.TAKEN)
    b.expect(rb"another terminal has taken the session over\r\n.*LOCAL> ")
    assert b.status() == 1
    b.enter(kept=True)
    b.peer.left(wire.REMOVED, message="Session1 was removed")
    b.expect(rb"Session1 was removed\r\n.*LOCAL> ")


@test("what is typed when a session has ended by itself runs nowhere")
def _(b):
    for reason, status in ((wire.EXIT, 0), (wire.EXIT, 137), (wire.EXIT, None), (wire.LOST, None), (wire.TAKEN, None),
                           (wire.REMOVED, None)):
        b.enter(kept=True)
        b.peer.left(reason, status)
        b.type("echo ran-$((1 + 1))\r")
        b.type("echo ran-$((1 + 2))\r")
        b.expect(rb"LOCAL> ")
        assert "ran-" not in b.run("echo settled"), (reason, status)


@test("history: apart from the local one both ways, recalled by !! which is shown and sent")
def _(b):
    b.run("echo local-canary")
    b.enter()
    b.type("\x1b[A\x1b[A\x1b[A\r")
    assert b.peer.line() == b"", "nothing local is recalled"
    b.peer.prompt()
    b.expect(rb"\[web1\]: ")
    b.type("echo one\r")
    b.peer.line()
    b.peer.prompt()
    b.expect(rb"\[web1\]: ")
    b.type("!! two\r")
    b.expect(rb"[\r\n]echo one two\r\n")
    assert b.peer.line() == b"echo one two"
    b.peer.prompt()
    b.expect(rb"\[web1\]: ")
    b.type("!nosuch\r")
    b.expect(rb"event not found: nosuch" if IS_ZSH else rb"!nosuch: event not found")
    b.expect(rb"\[web1\]: ")
    b.type("!!:p\r")
    b.expect(rb"echo one two\r\n.*\[web1\]: ")
    b.leave()
    assert b.host_history().startswith("echo one\necho one two\n"), b.host_history()
    assert "echo one" not in b.run("history")
    b.enter()
    b.type("\x1b[A\x1b[A\r")
    assert b.peer.line() == b"echo one two"


@test("history: HISTCONTROL, HISTIGNORE and HISTSIZE are honoured",
      rc="HISTCONTROL=ignoreboth; HISTIGNORE='secret*'; HISTFILESIZE=3",
      zsh="setopt hist_ignore_space hist_ignore_dups; HISTORY_IGNORE='secret*'; SAVEHIST=3")
def _(b):
    b.enter()
    for line in (" spaced", "one", "one", "secret x", "two", "three", "four", "five"):
        b.type(line + "\r")
        b.peer.line()
        b.peer.prompt()
        b.expect(rb"\[web1\]: ")
    assert b.host_history() == "one\ntwo\nthree\nfour\nfive\n", b.host_history()
    b.leave()
    b.enter()
    assert b.host_history() == "three\nfour\nfive\n" or b.host_history().count("\n") <= 4, b.host_history()
    b.leave()


@test("history: no HISTFILE, no file", rc="unset HISTFILE")
def _(b):
    b.enter()
    b.type("one\r")
    b.peer.line()
    b.peer.prompt()
    b.expect(rb"\[web1\]: ")
    assert b.host_history() == ""


@test("Ctrl-C at the prompt drops the line and stays; in a search and a numeric argument too")
def _(b):
    b.enter()
    for keys in ("abc", "\x12ab", "\x1b5", "a\x16", "\x1bpab", "\x1bxab"):
        b.type(keys)
        b.interrupt(rb"\[web1\]: ~\$ ")
    b.type("ok\r")
    assert b.peer.line() == b"ok"


@test("Tab and the commands for local completion put nothing local into the line",
      rc="touch ~/localcanary; localfunction() { :; }")
def _(b):
    b.enter()
    b.type("localc\tlocalf\t\t ~/\t $HOM\t /et\t\x1b$\x1b/\x1b!\x1b*\x18*\x1b\x05\x1b~\r")
    got = b.peer.line()
    assert b"localc" in got and b"canary" not in got and b"function" not in got and b"/etc" not in got, got
    assert b"HOME" not in got and b"$HOM" in got and b"~/" in got, got


# zsh shows a space that the next key may take away in bold; Enter does.
SPACE = rb"(\x1b\[1m)? "
ENDED = b"" if IS_ZSH else b" "


@test("Tab asks once, and the only word is put in, with a space")
def _(b):
    b.enter()
    b.type("cat my\\ f\t")
    assert b.peer.complete() == (b"cat my\\ f", 9)
    b.peer.candidates(4, "my\\ file")
    b.expect(rb"my\\ file" + SPACE)
    b.type("x\r")
    assert b.peer.line() == b"cat my\\ file x"


@test("the remote says where the word begins, and whether a space follows")
def _(b):
    b.enter()
    b.type("x --file=a:b\t")
    b.peer.complete()
    b.peer.candidates(11, "bcd/", no_space=1)
    b.expect(rb"cd/")
    b.type("\t")
    assert b.peer.complete() == (b"x --file=a:bcd/", 15)
    b.peer.candidates(15, "e")
    b.expect(rb"e" + SPACE)
    b.type("\r")
    assert b.peer.line() == b"x --file=a:bcd/e" + ENDED


@test("the common start is put in, then the words are listed with what they mean and how many more there are")
def _(b):
    b.enter()
    b.type("s\t")
    b.peer.complete()
    b.peer.candidates(0, "start", "stop")
    b.expect(rb"t" if IS_ZSH else rb"s\x07?t")
    if not IS_ZSH:  # readline lists when a Tab has changed nothing
        b.type("\t")
        b.peer.complete()
        b.peer.candidates(0, "start", "stop")
        b.expect(rb"\x07")
    b.type("\t")
    b.peer.complete()
    b.peer.candidates(0, "start\tbegin it", "stop\tend it", more=7)
    if IS_ZSH:
        b.expect(rb"(?s)7 more.*start -- begin it.*stop  -- end it.*st")
    else:
        b.expect(rb"start -- begin it\s+stop  -- end it.*7 more.*\[web1\]: ~\$ \x1b\]133;B\x07st")
    b.type("\r")
    assert b.peer.line() == b"st"


@test("menu-complete goes through the words", rc="bind 'TAB:menu-complete'; bind 'set completion-ignore-case on'",
      zsh="bindkey '^I' menu-complete")
def _(b):
    b.enter()
    b.type("cat D\t")
    b.peer.complete()
    b.peer.candidates(4, "done", "dtwo/")
    b.expect(rb"done|dtwo")
    b.type("\t")
    b.expect(rb"two/|ne")
    b.type("\r")
    assert b.peer.line() in (b"cat done", b"cat dtwo/")


@test("words that are no printable text are left out")
def _(b):
    b.enter()
    b.type("cat \t")
    b.peer.complete()
    b.peer.candidates(4, "a\x1b[31mb", "a\u202eb", "a\nb", "good")
    b.expect(rb"good" + SPACE)
    b.type("\r")
    assert b.peer.line() == b"cat good" + ENDED


@test("the next key ends the waiting, and a late answer changes nothing")
def _(b):
    b.enter()
    b.type("a\t")
    b.peer.complete()
    first = b.peer.asked
    b.type("b")
    b.peer.wait("CANCEL")
    assert b.peer.asked == first
    b.peer.candidates(0, "axxx", identity=first)
    b.type("\t")
    assert b.peer.complete() == (b"ab", 2)
    assert b.peer.asked != first
    b.peer.candidates(0, "axxx", identity=first)
    b.peer.candidates(0, "abc")
    b.expect(rb"c" + SPACE)
    b.type("\r")
    assert b.peer.line() == b"abc" + ENDED


@test("Ctrl-C ends the waiting and the line")
def _(b):
    b.enter()
    b.type("a\t")
    b.peer.complete()
    b.type("\x03")
    b.peer.wait("CANCEL")
    b.expect(rb"\[web1\]: ")
    b.type("b\r")
    assert b.peer.line() == b"b"


@test("the deadline ends the waiting, and the line goes on")
def _(b):
    b.enter()
    b.deadlines(10)
    b.type("a\t")
    b.peer.complete()
    b.peer.wait("CANCEL")
    b.type("b\r")
    assert b.peer.line() == b"ab"


@test("a refusal completes nothing")
def _(b):
    b.enter()
    b.type("a\t")
    b.peer.complete()
    b.peer.candidates(0, "abc", status=4)
    b.expect(rb"\x07")
    b.type("b\r")
    assert b.peer.line() == b"ab"


@test("the connection is lost while an answer is waited for")
def _(b):
    b.enter()
    b.type("half a lin\t")
    b.peer.complete()
    b.peer.hang_up()
    b.expect(rb"connection to web1 lost.*LOCAL> ")
    assert b.status() == 255
    assert "half a lin" in b.host_history()


@test("output and the end of the session come while an answer is waited for")
def _(b):
    b.enter()
    b.type("a\t")
    b.peer.complete()
    b.peer.output(b"from the background\r\n")
    b.expect(rb"from the background\r+\n.*\[web1\]: ~\$ \x1b\]133;B\x07a")
    b.peer.left(wire.REMOVED, 255, "the session was removed")
    b.expect(rb"LOCAL> ")


@test("an older host process is asked nothing")
def _(b):
    b.enter(version=1)
    b.type("a\tb\x1b?c\r")
    got = b.peer.receive()
    assert got[:2] == ("LINE", b"abc"), got


@test("edit-and-execute-command runs nothing", rc="export EDITOR='touch /tmp/pss-entered-canary; true'",
      zsh="""export EDITOR='touch /tmp/pss-entered-canary; true'
             autoload -Uz edit-command-line; zle -N edit-command-line; bindkey '^X^E' edit-command-line""")
def _(b):
    b.enter()
    b.type("echo x\x18\x05\r")
    assert b.peer.line() == b"echo x"
    assert not os.path.exists("/tmp/pss-entered-canary")


@test("vi mode works, its local commands are off", rc="set -o vi", zsh="bindkey -v")
def _(b):
    b.enter()
    b.type("echo helo\x1bhi")
    b.expect(rb"helo")
    b.type("l\x1b0*=\\0iX\r" if IS_ZSH else "l\x1b0*=\\v@a0iX\r")
    got = b.peer.line()
    assert got == b"Xecho hello", got
    b.peer.prompt()
    b.expect(rb"\[web1\]: ")
    b.interrupt(rb"\[web1\]: ")
    b.type("y\r")
    assert b.peer.line() == b"y"


@test("bind -x runs locally; exit and Ctrl-C in it do not break the session or HISTFILE",
      rc="""bind -x '"\\C-g": "echo from-bind-x $READLINE_LINE; READLINE_LINE=changed"'
            bind -x '"\\C-o": "while :; do :; done"'
            bind -x '"\\C-t": "exit 3"'; echo keep >"$HISTFILE"; history -r""",
      only=("bash", "zsh has widgets: see there"))
def _(b):
    b.enter()
    b.type("abc\x07")
    b.expect(rb"from-bind-x abc")
    b.type("\r")
    assert b.peer.line() == b"changed"
    b.peer.prompt(b"second$ ")
    b.expect(rb"\[web1\]: second\$ ")
    b.type("\x0f")
    b.wait_for(lambda: not b.catches(signal.SIGTSTP), "readline out of the way, the loop running")
    b.interrupt(rb"\[web1\]: ")
    b.type("z\tz\r")
    assert b.peer.line() == b"zz"
    b.peer.prompt()
    b.expect(rb"\[web1\]: ")
    b.type("\x14")
    assert b.peer.line() == b"exit"
    b.peer.left(wire.EXIT, 3)
    b.expect(rb"LOCAL> ")
    assert b.local_history() == "keep\n"


@test("a terminal that changes its size while the keys of another line editor are set aside",
      rc="""for code in {32..126}; do printf -v key '\\\\%03o' $code; bind -x "\\"$key\\": :"; done
            bind -x '"\\C-g": "enter_try ~/s"'""",
      only=("bash", "zsh keeps its own keymaps"))
def _(b):
    over = threading.Event()

    def change_size():
        while not over.is_set():
            for columns in range(70, 90):
                b.resize(columns, 24)

    changing = threading.Thread(target=change_size)
    changing.start()
    try:
        for _ in range(10):  # it takes some milliseconds each time
            b.type("\x07")
            b.peer.accept()
            b.peer.prompt()
            b.expect(rb"\[web1\]: ")
            b.leave()
    finally:
        over.set()
        changing.join()


@test("it works inside bind -x, a function, eval and a sourced file",
      rc="""f() { enter_try "$1"; }; g() { local x=1; eval 'f "$@"'; }
            bind -x '"\\C-g": "enter_try $S; echo status $?"'""",
      only=("bash", "inside a widget zsh has no second line editor"))
def _(b):
    b.run(f"S={b.socket}; echo 'enter_try $S' >{b.directory}/file")
    for start in ("g $S\r", f". {b.directory}/file\r", "local text\x07"):
        b.type(start)
        b.peer.accept()
        b.peer.prompt()
        b.expect(rb"\[web1\]: ")
        b.type("echo x")
        b.expect(rb"echo x")
        b.type("\r")
        assert b.peer.line() == b"echo x"
        b.peer.left(wire.EXIT, 0)
        b.expect(rb"LOCAL> ")
    b.expect(rb"local text")
    b.type("\x15")
    assert b.run("echo fine") == "fine\n"


@test("Ctrl-Z at the prompt suspends to the shell, fg resumes with the line",
      only=("bash", "a builtin of zsh is no job"))
def _(b):
    b.enter()
    b.type("abc")
    b.expect(rb"abc")
    b.type("\x1a")
    b.expect(rb"Stopped +enter-pssession web1\r\n.*LOCAL> ")
    assert b.status() == 148
    b.type("fg\r")
    b.expect(rb"enter-pssession web1\r\n.*\[web1\]: ~\$ .*abc")
    b.type("d\r")
    assert b.peer.line() == b"abcd"
    b.peer.prompt()
    b.expect(rb"\[web1\]: ")
    b.leave()
    assert "enter" not in b.run("jobs")


@test("a stop from outside while a command runs: fg makes the terminal raw again and sends the size",
      only=("bash", "a builtin of zsh is no job"))
def _(b):
    b.enter()
    b.type("top\r")
    b.peer.line()
    b.wait_for(lambda: not b.termios()[3] & termios.ICANON, "raw")
    os.kill(b.child(), signal.SIGTSTP)
    b.expect(rb"Stopped.*LOCAL> ")
    assert b.run("echo sane") == "sane\n"
    b.resize(70, 20)
    b.type("fg\r")
    b.expect(rb"enter-pssession web1\r\n")
    b.wait_for(lambda: not b.termios()[3] & termios.ISIG, "raw again")
    b.type("q")
    assert b.peer.wait("INPUT") == b"q"
    assert b.peer.size == (70, 20)


@test("SIGINT from outside while a command runs interrupts that")
def _(b):
    b.enter()
    b.type("sleep 9\r")
    b.peer.line()
    b.wait_for(lambda: not b.termios()[3] & termios.ICANON, "raw")
    os.kill(b.child(), signal.SIGINT)
    b.peer.wait("INTERRUPT")
    b.peer.prompt(status=130)
    b.expect(rb"\[web1\]: ")
    b.leave()
    assert b.status() == 130


@test("SIGHUP ends a loop that bind -x runs, and nothing stays behind",
      rc="""bind -x '"\\C-o": "while :; do :; done"'""", only=("bash", "in zsh SIGHUP ends the shell: zsh_alone.py"))
def _(b):
    b.enter()
    b.type("\x0f")
    b.wait_for(lambda: not b.catches(signal.SIGTSTP), "the loop running")
    os.kill(b.child(), signal.SIGHUP)
    b.expect(rb"LOCAL> ")
    assert b.status() == 128 + signal.SIGHUP


def ended_by(b, number, at_prompt):
    b.run("echo local-line")
    before = b.termios()
    b.enter()
    if at_prompt:
        b.type("half")
        b.expect(rb"half")
    else:
        b.type("half\r")
        b.peer.line()
        b.wait_for(lambda: not b.termios()[3] & termios.ICANON, "raw")
    os.kill(b.child(), number)
    b.expect(rb"LOCAL> ")
    assert b.status() == 128 + number
    assert b.host_history() == "half\n"
    assert b.peer.receive() is None
    assert b.run("stty -g") and b.termios()[3] == before[3]


# An interactive zsh ignores SIGTERM, and SIGHUP ends it: zsh_alone.py.
for _number in () if IS_ZSH else (signal.SIGHUP, signal.SIGTERM):
    for _at_prompt in (True, False):
        test(f"{_number.name} {'at the prompt' if _at_prompt else 'while a command runs'}: leaves, restores, "
             "and the line is in the history")(
            lambda b, number=_number, at_prompt=_at_prompt: ended_by(b, number, at_prompt))


def terminal_closes(b):
    b.run("echo local-line")
    b.enter()
    b.type("half")
    b.expect(rb"half")
    child = b.child()
    os.close(b.master)
    b.wait_for_end = time.monotonic() + 10
    while time.monotonic() < b.wait_for_end:
        if b.has_ended() if IS_ZSH else not os.path.exists(f"/proc/{child}"):
            break
        time.sleep(0.02)
    assert not os.path.exists(f"/proc/{child}")
    if not IS_ZSH:
        os.waitpid(b.pid, 0)
    b.master = os.open("/dev/null", os.O_RDONLY)
    assert b.host_history() == "half\n"
    assert "echo local-line" in b.local_history() and "half" not in b.local_history()


test("a terminal that closes: the local history is saved, the remote line too, nothing stays behind")(terminal_closes)
test("a terminal that closes on a shell that ignores SIGHUP: the same", rc="trap '' HUP")(terminal_closes)


@test("a crash of the loop leaves the shell fine",
      only=("bash", "a builtin of zsh is no job"))
def _(b):
    b.enter()
    b.type("sleep 9\r")
    b.peer.line()
    b.wait_for(lambda: not b.termios()[3] & termios.ICANON, "raw")
    os.kill(b.child(), signal.SIGSEGV)
    b.expect(rb"LOCAL> ")
    assert b.status() == 139
    assert b.run("echo sane") == "sane\n"


@test("a flood is passed on with flat memory, also to a terminal that does not read")
def _(b):
    b.enter()
    b.type("flood\r")
    b.peer.line()
    child = b.child()

    def resident():
        with open(f"/proc/{child}/statm") as file:
            return int(file.read().split()[1]) * 4096

    before, chunk = resident(), b"0123456789abcde\r\n" * 7000
    writer = threading.Thread(target=lambda: [b.peer.send(wire.OUTPUT, chunk) for _ in range(100)], daemon=True)
    writer.start()
    writer.join(2)
    assert writer.is_alive(), "the peer was never held back"
    assert resident() - before < 2 << 20, (before, resident())
    while writer.is_alive():
        b.pump(0.1)
        b.seen, b.at = b"", 0  # it is long
    b.peer.prompt()
    b.expect(rb"\[web1\]: ")


@test("a flood of 60 MB comes through whole")
def _(b):
    b.enter()
    b.type("flood\r")
    b.peer.line()
    chunk, total = b"x" * 65534 + b"\r\n", 60 << 20
    writer = threading.Thread(target=lambda: [b.peer.send(wire.OUTPUT, chunk) for _ in range(total // len(chunk))]
                              and b.peer.prompt())
    b.seen, b.at = b"", 0
    writer.start()
    count, tail = 0, b""
    end = time.monotonic() + 60
    while b"[web1]: " not in tail and time.monotonic() < end:
        b.pump(0.5)
        count += b.seen.count(b"x")
        tail = b.seen[-200:]
        b.seen = b""
    writer.join()
    assert count == (total // len(chunk)) * 65534, count


@test("refused where it cannot work, naming invoke-command")
def _(b):
    for line in ("enter_try x | cat", "(enter_try x)", "echo $(enter_try x)", "enter_try x </dev/null",
                 "enter_try x >/dev/null", "enter_try x & wait"):
        assert "use invoke-command" in b.run(line), line
    out = b.run(f"LD_PRELOAD={b.preload} " + b.script(LOADABLE, "enter_try x\necho status $?"))
    assert "use invoke-command" in out and "status 1" in out, out


@test("TMOUT and PROMPT_COMMAND are not at work at the remote prompt",
      rc="PROMPT_COMMAND='echo pc >>~/pc'; trap 'echo trap-exit >>~/pc' EXIT; trap 'echo int >>~/pc' INT",
      zsh="precmd() { echo pc >>~/pc }; trap 'echo trap-exit >>~/pc' EXIT; trap 'echo int >>~/pc' INT; TMOUT=2")
def _(b):
    b.enter()
    path = os.path.join(b.directory, "pc")
    before = open(path).read()
    b.type("x\r")
    b.peer.line()
    b.peer.prompt()
    b.expect(rb"\[web1\]: ")
    b.interrupt(rb"\[web1\]: ")
    if IS_ZSH:
        b.pump(2.5)  # longer than TMOUT
        b.pump(0.5)
    assert open(path).read() == before
    b.leave()
    assert open(path).read().startswith(before) and "trap-exit" not in open(path).read()


@test("set +m: no job control, it works all the same", rc="set +m", zsh="unsetopt monitor")
def _(b):
    b.enter()
    b.type("abc")
    b.expect(rb"abc")
    b.type("\x1a\x03")
    b.expect(rb"\[web1\]: ~\$ ")
    b.type("d\r")
    assert b.peer.line() == b"d"
    b.peer.prompt()
    b.expect(rb"\[web1\]: ")
    b.leave()
    assert b.run("echo fine") == "fine\n"


@test("the remote's prompt is data: not expanded, not executed",
      rc="shopt -s promptvars; export PSSESSION_PROMPT='<%h>%p'",
      zsh="setopt promptsubst promptbang; export PSSESSION_PROMPT='<%h>%p'")
def _(b):
    b.type(f"enter_try {b.socket}\r")
    b.peer.accept()
    b.peer.prompt(b"$(touch ~/canary)`touch ~/canary`\\$!\x01\x1b[31m\x02R\x1b]0;t\x07> ")
    b.expect(rb"<web1>\$\(touch ~/canary\)`touch ~/canary`\\\$!\x1b\[31mR> \x1b\[m")
    assert not os.path.exists(os.path.join(b.directory, "canary"))


def without_difference(b, way_out):
    before = b.fingerprint()
    b.enter()
    b.type("echo x\r")
    b.peer.line()
    b.peer.output(b"\x1b[?1000h\x1b]0;title\x07x")
    b.peer.prompt()
    b.expect(rb"\[web1\]: ")
    way_out(b)
    b.expect(rb"LOCAL> ")
    after = b.fingerprint()
    ignored = ("enter_try", "fingerprint")
    difference = set(before) ^ set(after)
    assert not [line for line in difference if not any(word in line for word in ignored)], difference


def way_exit(b):
    b.type("exit\r")
    b.peer.line()
    b.peer.left(wire.EXIT, 0)


def way_lost_while_running(b):
    b.type("sleep 9\r")
    b.peer.line()
    b.peer.left(wire.LOST, message="x")


def way_host_gone(b):
    b.type("half")
    b.expect(rb"half")
    b.peer.hang_up()


def way_crash(b):
    b.type("sleep 9\r")
    b.peer.line()
    os.kill(b.child(), signal.SIGKILL)


FURNISHED = """trap 'echo hi' INT USR1; trap : EXIT; set -o vi; shopt -s extglob; bind -x '"\\C-g": "echo x"'
export TZ=UTC; alias ll='ls -l'; history -s one; history -s two; stty -ixon; umask 027; complete -W 'a b' foo
exec 7</dev/null; PROMPT_COMMAND='x=1'"""

FURNISHED_ZSH = """trap 'echo hi' INT USR1; trap : EXIT; bindkey -v; setopt extended_glob share_history hist_verify
export TZ=UTC; alias ll='ls -l'; print -s one; print -s two; stty -ixon; umask 027; exec 7</dev/null
psvar=(a b); mine() { BUFFER=x }; zle -N mine; bindkey '^G' mine; edit-command-line() { : }; zle -N edit-command-line
precmd() { x=1 }; TRAPWINCH() { : }; typeset -T MINE my; ZLE_VARED_ABORTED=before"""

for _name, _way in (("exit", way_exit), ("the end of the link while a command runs", way_lost_while_running),
                    ("the end of the host process", way_host_gone), ("a killed loop", way_crash)):
    if IS_ZSH and _way == way_crash:
        continue  # the loop is the shell itself
    test(f"no difference in the shell after {_name}", rc=FURNISHED, zsh=FURNISHED_ZSH)(
        lambda b, way=_way: without_difference(b, way))

if IS_ZSH:
    zsh_alone.register(test)


def main():
    failed = 0
    chosen = [row for row in tests if ONLY in row[0]]
    print(f"1..{len(chosen)}", flush=True)
    for number, (name, function, rc) in enumerate(chosen, 1):
        shell = None
        try:
            shell = SHELL(LOADABLE, FINGERPRINT, rc)
            function(shell)
            print(f"ok {number} - {name}", flush=True)
        except Exception:
            failed += 1
            print(f"not ok {number} - {name}", flush=True)
            print("".join("# " + line + "\n" for line in traceback.format_exc().splitlines()), end="", flush=True)
        finally:
            if shell:
                shell.close()
    return failed > 0


sys.exit(main())
