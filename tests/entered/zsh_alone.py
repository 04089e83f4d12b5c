# SPDX-License-Identifier: MIT
"""What is about ZLE, or about a loop that runs in the shell itself: the cases of test-entered.py for zsh alone."""
import os
import signal
import termios

import peer as wire

CASES = []


def case(name, zsh=""):
    def add(function):
        CASES.append((name, zsh, function))
        return function
    return add


def register(test):
    for name, zsh, function in CASES:
        test("zsh: " + name, rc=zsh)(function)


def path_of(b, name):
    return os.path.join(b.directory, name)


@case("Ctrl-Z at the prompt says in one line that it cannot be, in vi's insert mode too")
def _(b):
    for mode in ("-e", "-v"):
        b.run("bindkey " + mode)
        b.enter()
        b.type("abc\x1a")
        b.expect(rb"enter-pssession is a builtin and cannot be a job")
        b.line("", b"abc")
        b.leave()


@case("widgets run locally; exit and Ctrl-C in them do not end the shell",
      zsh="""change() { zle -I; print -r -- "from-widget $BUFFER"; BUFFER=changed }; zle -N change; bindkey '^G' change
             endless() { print looping >~/looping; while :; do :; done }; zle -N endless; bindkey '^O' endless
             bye() { exit 3 }; zle -N bye; bindkey '^T' bye; print keep >"$HISTFILE"; fc -R""")
def _(b):
    b.enter()
    b.type("abc\x07")
    b.expect(rb"from-widget abc")
    b.line("", b"changed", b"second$ ")
    b.type("\x0f")
    b.wait_for(lambda: os.path.exists(path_of(b, "looping")), "the loop running")
    b.type("\x03")
    b.expect(rb"\[web1\]: ")
    b.line("z\tz", b"zz")
    b.type("\x14")
    assert b.peer.line() == b"exit"
    b.peer.left(wire.EXIT, 3)
    b.expect(rb"LOCAL> ")
    assert b.status() == 3


@case("it works in a function, eval and a sourced file, and is refused in a widget",
      zsh="""f() { enter_try "$1" }; g() { local x=1; eval 'f "$@"' }
             w() { zle -I; enter_try $S; print status $? }; zle -N w; bindkey '^G' w""")
def _(b):
    b.run(f"S={b.socket}; echo 'enter_try $S' >{b.directory}/file")
    for start in ("g $S\r", f". {b.directory}/file\r", "eval 'enter_try $S'\r"):
        b.type(start)
        b.peer.accept()
        b.peer.prompt()
        b.expect(rb"\[web1\]: ")
        b.line("echo x", b"echo x")
        b.line("!!", b"echo x")
        b.leave()
    b.type("text\x07")
    b.expect(rb"use invoke-command.*status 1.*LOCAL> .*text")
    b.type("\x15")
    assert b.run("echo fine") == "fine\n"


@case("a pushed line never reaches the local prompt")
def _(b):
    b.enter()
    b.type("remote-line")
    b.expect(rb"remote-line")
    b.type("\x1bq")
    b.line("x", b"x")
    b.expect(rb"remote-line")
    b.type("\x1bq\x04")
    assert b.peer.line() == b"exit"
    b.peer.left(wire.EXIT, 0)
    b.expect(rb"LOCAL> ")
    assert b.run("echo fine") == "fine\n"


@case("a loop with TRAPINT goes on after the sessions in it",
      zsh="""TRAPINT() { return 130 }
             f() { for i in 1 2; do enter_try $S; print after $i; done; print end }""")
def _(b):
    b.run(f"S={b.socket}")
    b.type("f\r")
    for number in (b"1", b"2"):
        b.peer.accept()
        b.peer.prompt()
        b.expect(rb"\[web1\]: ")
        b.type("abc\x03")
        b.expect(rb"\[web1\]: ")
        b.type("exit\r")
        b.peer.line()
        b.peer.left(wire.EXIT, 0)
        b.expect(rb"after " + number)
    b.expect(rb"end\r\n.*LOCAL> ")


@case("nothing remote gets into HISTFILE, under any option")
def _(b):
    for options in ("share_history", "no_share_history inc_append_history",
                    "no_inc_append_history inc_append_history_time"):
        b.run(f"setopt {options}")
        b.run("echo a local line")
        b.enter()
        b.line("echo canary")
        b.type("echo canary2\x03")
        b.expect(rb"\[web1\]: ")
        b.leave()
        assert "canary" not in b.run("fc -l 1")
    b.run("fc -W")
    assert "canary" not in b.local_history() and "a local line" in b.local_history()


def ended_by_hangup(b, at_prompt):
    b.run("echo local-line")
    b.enter()
    if at_prompt:
        b.type("half")
        b.expect(rb"half")
    else:
        b.type("half\r")
        b.peer.line()
        b.wait_for(lambda: not b.termios()[3] & termios.ICANON, "raw")
    os.kill(b.pid, signal.SIGHUP)
    b.wait_for(b.has_ended, "the end of the shell")
    assert b.host_history() == "half\n"
    assert b.peer.receive() is None
    assert "echo local-line" in b.local_history() and "half" not in b.local_history()


case("SIGHUP at the prompt: the shell ends, and the line is in the host's history")(
    lambda b: ended_by_hangup(b, True))
case("SIGHUP while a command runs: the shell ends, and the line is in the host's history")(
    lambda b: ended_by_hangup(b, False))


@case("SIGTERM is ignored, as zsh does")
def _(b):
    b.enter()
    os.kill(b.pid, signal.SIGTERM)
    b.line("x", b"x")


@case("bytes that zsh keeps as two go there and back: 0x83, 0xa0, UTF-8")
def _(b):
    b.enter()
    line = b"echo \xc3\xa0 \x83\xa0\xff \xe2\x82\xac x"
    b.line(b"\x1b[200~" + line + b"\x1b[201~", line, "\u00e0\u20ac$ ".encode())
    b.line("!!", line)
    b.leave()
    b.enter()
    b.line("\x1b[A\x1b[A", line)


@case("exclamation marks that are no history go out as typed")
def _(b):
    b.enter()
    for line in ("echo hi!", 'echo "hi!"', "echo 'a!b'", "echo a\\!b", "[ a != b ]", "! true", "echo $(( ! 0 ))"):
        b.line(line, line.encode())
    b.type("echo 'a\r")
    assert b.peer.line() == b"echo 'a"
    b.peer.prompt(b"> ", kind=2)
    b.expect(rb"\[web1\]: > ")
    b.line("!nosuch' $?", b"!nosuch' $?")


@case("history designators and modifiers; ^a^b; hist_verify")
def _(b):
    b.enter()
    b.line("echo one two", b"echo one two")
    b.line("print !$ !:1", b"print two one")
    b.line("^two^three^", b"print three one")
    b.line("!e:s/one/1/", b"echo 1 two")
    b.line("echo '!!' \"!!\"", b"echo '!!' \"echo 1 two\"")
    b.leave()
    b.run("setopt hist_verify")
    b.enter()
    b.type("!echo x\r")
    b.expect(rb"echo '!!' .*echo 1 two.* x")
    b.line(" y", b"echo '!!' \"echo 1 two\" x y")


@case("the module cannot be unloaded while entered, and can be afterwards",
      zsh="unload() { zmodload -u enter_try; print -r $? >~/unloaded }; zle -N unload; bindkey '^G' unload")
def _(b):
    b.enter()
    b.type("\x07")
    b.wait_for(lambda: os.path.exists(path_of(b, "unloaded")) and open(path_of(b, "unloaded")).read() == "1\n",
               "a refusal")
    b.leave()
    assert b.run("zmodload -u enter_try; echo $?") == "0\n"


@case("a hundred lines leave no descriptor and little memory")
def _(b):
    def used():
        with open(f"/proc/{b.pid}/statm") as file:
            return len(os.listdir(f"/proc/{b.pid}/fd")), int(file.read().split()[1]) * 4096

    b.enter()
    b.leave()
    before = used()
    for _ in range(3):
        b.enter()
        for number in range(30):
            b.line(f"echo {number}")
        b.leave()
    after = used()
    assert after[0] == before[0], (before, after)
    assert b.preload or after[1] - before[1] < 1 << 20, (before, after)  # a sanitizer keeps what is freed


@case("the local completion is back after the session, with compinit and a menu too",
      zsh="autoload -Uz compinit; compinit -u -D; zstyle ':completion:*' menu select; mkdir ~/localdirectory; cd ~")
def _(b):
    b.enter()
    b.line("ls localdir\t\t", b"ls localdir")
    b.leave()
    b.type("echo localdir\t")
    b.expect(rb"localdirectory(\x1b\[1m)?/")
    b.type("\x15")


@case("a key behind an Enter that longer keys begin with is typed next, wherever it comes from",
      zsh="bindkey '^M^X' kill-whole-line; KEYTIMEOUT=200")
def _(b):
    b.enter()
    b.type("echo a\rx")
    assert b.peer.line() == b"echo a"
    assert b.peer.wait("INPUT") == b"x"
    b.peer.prompt()
    b.peer.send(wire.TYPED, b"echo b\r")
    b.expect(rb"\[web1\]: ~\$ .*echo b")
    b.type("y")
    assert b.peer.line() == b"echo b"
    assert b.peer.wait("INPUT") == b"y"
    b.peer.prompt()
    b.peer.send(wire.TYPED, b"echo c\rz\r")
    assert b.peer.line() == b"echo c"
    assert b.peer.wait("INPUT") == b"z\r"


@case("what was typed behind a Tab whose answer does not come, as the editing is over, is typed next")
def _(b):
    more = b"more" * 1000
    b.enter()
    b.type("sleep 1\r")
    b.peer.line()
    b.peer.prompt()
    b.peer.send(wire.TYPED, b"half\t" + more + b"\r")
    assert b.peer.complete() == (b"half", 4)
    b.peer.prompt(b"new$ ")
    assert b.peer.line() == b"half" + more


@case("widgets that code of the user's has renamed meanwhile are its own afterwards",
      zsh="""zmodload zsh/zleparameter; f() { zle .accept-line; ran+=f }; zle -N accept-line f
             zle -A accept-line accept-and-hold; edit-command-line() { : }; zle -N edit-command-line
             zle-line-init() { : }; zle -N zle-line-init; zle-line-pre-redraw() { : }; zle -N zle-line-pre-redraw
             g() { ran+=g; zle saved }; h() { : }
             rename() { zle -A accept-line saved; zle -N accept-line g; zle -A edit-command-line edit-saved
                        zle -D edit-command-line; zle -A zle-line-init init-saved; zle -N zle-line-init h
                        zle -A zle-line-pre-redraw redraw-saved; BUFFER=done }; zle -N rename; bindkey '^G' rename""")
def _(b):
    b.enter()
    b.type("\x07")
    b.line("", b"done")
    b.line("x", b"x")
    b.leave()
    b.run("zle -N zle-line-init; ran=")
    names = ("accept-and-hold", "accept-line", "saved", "edit-saved", "init-saved", "redraw-saved")
    got = b.run("for w in " + " ".join(names) + "; print $w ${widgets[$w]}; print -r -- $ran")
    for name, function in zip(names, ("f", "g", "f", "edit-command-line", "zle-line-init", "zle-line-pre-redraw")):
        assert f"{name} user:{function}\n" in got, got
    assert "gf" in got, got


@case("hooks that are added meanwhile run with those before them, and afterwards as well",
      zsh="""zmodload zsh/zleparameter; autoload -Uz add-zle-hook-widget
             note() { print -n $1 >>~/noted }; zle-line-init() { note first }; zle -N zle-line-init
             init() { note init }; redraw() { note redraw }
             add() { add-zle-hook-widget line-init init; add-zle-hook-widget line-pre-redraw redraw }
             zle -N add; bindkey '^G' add""")
def _(b):
    def noted():
        with open(path_of(b, "noted")) as file:
            got = file.read()
        os.truncate(path_of(b, "noted"), 0)
        return got

    b.enter()
    b.type("\x07a\r")
    b.peer.line()
    assert "redraw" in noted()
    b.peer.prompt(b"new$ ")
    b.expect(rb"\[web1\]: new\$ ")
    b.line("x", b"x", b"newer$ ")
    got = noted()
    assert got.startswith("firstinit") and "redraw" in got, got
    b.leave()
    b.run("true")
    noted()
    b.run("echo x")
    b.run("echo y")  # the hooks may run a moment after the prompt is there
    got = noted()
    assert "firstinit" in got and "redraw" in got and "No such" not in b.run("true"), got


@case("news are shown at the prompt of a shell that has used bindkey alone", zsh="bindkey '^G' beep")
def _(b):
    b.enter()
    b.peer.output(b"news\r\n")
    b.expect(rb"news")
    b.line("x", b"x")
