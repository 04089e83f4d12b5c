# A holder (PROTOCOL.md, "Holders") in Python 3.3 or later, started by hold.sh in the private directory:
#   holder NAME IDLE UMASK     becomes the holder; standard input and output are its first link
#   holder NAME resume         carries another link between standard input and output and the holder
# holder-perl.pl is the same program in Perl: what is changed here is changed there.
import errno, fcntl, glob, os, pwd, re, select, signal, socket, stat, struct, sys, termios, time

LIMIT = 1 << 20
UNSEEN = 3 << 20
CHUNK = 65536
# What a stream moves at a time. A pipe holds a CHUNK until it is made larger.
BLOCK = 1 << 18
F_SETPIPE_SZ = 1031
# So much may be taken before it is said, or so many seconds.
TELL_BYTES = 1 << 17
TELL_SECONDS = 0.3
GO_SECONDS = 0.5
LOOK_SECONDS = 60
HALF_MARK = re.compile(rb"[\033\036][^\033\036\007]{0,80}\Z")
MARKS = re.compile(rb"\033\]7337;[^\033\007]{1,80}\007|\036[0-9a-f]{32}[<>RF]")
BYTES_BEHIND = re.compile(rb"\d+ b \d+ (\d+)$")
TOUCH_SECONDS = 6 * 3600
HEADER_MAX = 64


def greet(text):
    return ("\036" + NAME + " " + text + "\n").encode()


# For those who list what is there (find.sh).
def note(name, text):
    try:
        with open(name, "w") as file:
            file.write(text + "\n")
    except OSError:
        pass


# Of a pipe that was full. Linux can do that, as far as the user may have pipes of that size.
def widen(fd):
    try:
        fcntl.fcntl(fd, F_SETPIPE_SZ, BLOCK)
    except OSError:
        pass


# ---- a link that is resumed: bytes both ways until either end closes
def read_some(fd):
    try:
        return os.read(fd, CHUNK)
    except OSError:
        return b""


def write_all(fd, data):
    try:
        while data:
            data = data[os.write(fd, data):]
    except OSError:
        return False
    return True


# A holder that has closed takes nothing more; what it has said before, its reason for one, is passed on all the same.
def resume():
    link = socket.socket(socket.AF_UNIX)
    try:
        link.connect("s")
    except OSError:
        os.write(1, greet("g the holder has ended"))
        return
    other = {link.fileno(): 1, 0: link.fileno()}
    while True:
        for fd in select.select(list(other), [], [])[0]:
            data = read_some(fd)
            if not data:
                return
            if not write_all(other[fd], data):
                if fd:
                    return
                del other[fd]


# ---- the down stream: what has been said and not been confirmed. A bytearray that loses its first bytes would copy the
# others each time.
class Down:
    def __init__(self):
        self.bytes = bytearray(CHUNK)
        self.first = self.behind = 0
        self.start = 0

    def __len__(self):
        return self.behind - self.first

    def end(self):
        return self.start + len(self)

    # From that count on.
    def view(self, count, end=None):
        at = self.first + count - self.start
        return memoryview(self.bytes)[at:self.behind if end is None else at + end - count]

    def make_room(self, n):
        rest = bytes(self.view(self.start))
        if n + len(rest) > len(self.bytes) // 2:
            self.bytes = bytearray(2 * (n + len(rest)))
        self.first, self.behind = 0, len(rest)
        memoryview(self.bytes)[:len(rest)] = rest

    def add(self, data):
        n = len(data)
        if self.behind + n > len(self.bytes):
            self.make_room(n)
        memoryview(self.bytes)[self.behind:self.behind + n] = data
        self.behind += n

    # In front of all that is there.
    def add_before(self, text):
        rest = bytes(self.view(self.start))
        self.first = self.behind = 0
        self.add(text)
        self.add(rest)

    def confirm(self, count):
        if not self.start <= count <= self.end():
            return False
        unseen.sort_out(count)
        self.first += count - self.start
        self.start = count
        if self.first == self.behind:
            self.first = self.behind = 0
        return True


# What the client has and nobody has seen: parts (kind, data), up to UNSEEN; by kind how many more of its bytes are to be
# forgotten when they come (below 0: were forgotten early); and what the client says of bytes that it has not confirmed.
class Unseen:
    def __init__(self):
        self.reset()
        self.end = 0

    def reset(self):
        self.parts = []
        self.size = 0
        self.lost = 0
        self.owed = {}
        self.claims = []
        self.literals = []

    def forget(self, kind, n):
        owed = self.owed[kind] = self.owed.get(kind, 0) + n
        if owed <= 0:
            return
        for part in self.parts:
            if owed > 0 and part[0] == kind:
                cut = min(len(part[1]), owed)
                del part[1][:cut]
                owed -= cut
                self.size -= cut
        self.owed[kind] = owed
        self.parts = [part for part in self.parts if part[1]]

    def keep(self, kind, data):
        if self.parts and self.parts[-1][0] == kind and len(self.parts[-1][1]) < CHUNK:
            self.parts[-1][1].extend(data)
        else:
            self.parts.append((kind, bytearray(data)))
        self.size += len(data)
        self.forget(kind, 0)
        while self.size > UNSEEN:
            first, data = self.parts[0]
            n = min(len(data), self.size - UNSEEN)
            del data[:n]
            if not data:
                del self.parts[0]
            self.size -= n
            self.owed[first] -= n
            self.lost += n

    def keep_literals(self, count):
        while self.literals and self.literals[0][0] <= count:
            self.keep(*self.literals.pop(0)[1:])

    # The bytes up to there are about to be forgotten.
    def sort_out(self, count):
        if not self.claims and not self.literals and down.start >= self.end:
            return
        at = down.start
        while at < count:
            header = bytes(down.view(at, at + HEADER_MAX)).partition(b"\n")[0]
            type, number, n = header.split(b" ")
            at += len(header) + 1
            if type not in (b"1", b"2", b"u"):
                continue
            self.keep_literals(at)
            if type == b"u":
                self.keep(int(number), down.view(at, at + int(n)))
            for kind, claimed, claimed_type, first, last in self.claims:
                first = max(first, at)
                last = min(last, at + int(n))
                if claimed == int(number) and claimed_type == type and first < last:
                    self.keep(kind, down.view(first, last))
            at += int(n)
        self.keep_literals(count)
        self.claims = [claim for claim in self.claims if claim[4] > count]

    # For a client that takes over, in front of all that has not been confirmed.
    def bring_back(self):
        text = b"l 0 %d\n" % self.lost if self.lost else b""
        for kind, data in self.parts:
            text += b"u %d %d\n%s" % (kind, len(data), data)
        down.add_before(text)
        self.reset()
        self.end = max(self.end, down.start) + len(text)


# Frames that have come since there was a link: one of a child's output, of what was dropped of it, or another one.
class Frame:
    def __init__(self, number, child, kind, data):
        self.number = number
        self.child = child
        self.kind = kind
        self.data = data
        self.lost = 0

    def text(self):
        if self.kind is None:
            return self.data
        if self.kind == b"l":
            return b"l %d %d\n" % (self.number, self.lost)
        return b"%s %d %d\n%s" % (self.kind, self.number, len(self.data), self.data)


class Fresh:
    def __init__(self):
        self.frames = []
        self.size = 0

    def add_output(self, number, child, kind, data):
        last = self.frames[-1] if self.frames else None
        if last and last.number == number and last.kind == kind and len(last.data) < CHUNK:
            last.data += data
        else:
            self.frames.append(Frame(number, child, kind, bytearray(data)))
        self.size += len(data)
        if self.size > LIMIT:
            self.drop_oldest()

    # Of those whose output may be dropped while nobody is there: standard error only where the rest is not enough. What
    # has been sent once stays as it is.
    def drop_oldest(self):
        excess = self.size - LIMIT * 3 // 4
        for kind in (b"1", b"2"):
            excess = self.drop_of(kind, excess)

    # Half of a mark goes to the bytes that follow it, before these may be dropped.
    def drop_of(self, kind, excess):
        kept = []
        lost = {}
        split = {}
        for frame in self.frames:
            if frame.kind == b"l":
                lost[frame.number] = frame
            elif frame.child and frame.kind == kind:
                if frame.number in split:
                    before, n = split.pop(frame.number)
                    frame.data[:0] = before.data[-n:]
                    del before.data[-n:]
                if excess > 0 and frame.child.drop:
                    marks, half = marks_of(frame.data)
                    n = len(frame.data) - len(marks) - len(half)
                    if frame.number not in lost:
                        lost[frame.number] = Frame(frame.number, None, b"l", None)
                        kept.append(lost[frame.number])
                    lost[frame.number].lost += n
                    excess -= n
                    self.size -= n
                    frame.data = bytearray(marks + half)
                    if half:
                        split[frame.number] = (frame, len(half))
            kept.append(frame)
        self.frames = [frame for frame in kept if frame.child is None or frame.data]
        return excess

    def flush(self):
        for frame in self.frames:
            down.add(frame.text())
        self.frames = []
        self.size = 0


# What the engine must not miss of an output that is dropped: its marks, and what may be half of one at the end.
def marks_of(data):
    marks = list(MARKS.finditer(data))
    half = HALF_MARK.search(data, marks[-1].end() if marks else 0)
    return b"".join(mark.group() for mark in marks), half.group() if half else b""


def say_frame(text):
    if link is not None:
        down.add(text)
    else:
        fresh.frames.append(Frame(None, None, None, text))


def is_full(child):
    return (link is not None or not child.drop) and len(down) + fresh.size >= LIMIT


class Link:
    def __init__(self, fd_in, fd_out, keep):
        self.fd_in = fd_in
        self.fd_out = fd_out
        self.keep = keep
        self.lines = bytearray()
        self.first = b""
        self.sent = None
        self.is_full = self.is_wide = False
        self.origin = "-"
        for fd in {fd_in, fd_out} - {-1}:
            os.set_blocking(fd, False)

    def has_more(self):
        return bool(self.first) or self.sent is not None and self.sent < down.end()

    def end(self):
        for fd in {self.fd_in, self.fd_out, self.keep} - {-1}:
            os.close(fd)


class Child:
    def __init__(self, pid, fd_in, outputs, pty):
        self.pid = pid
        self.fd_in = fd_in
        self.outputs = outputs
        self.pty = pty
        self.queue = bytearray()
        self.taken = 0
        self.is_wide = False
        self.eof = False
        self.stopped = False
        self.drop = False
        self.status = None

    def end_input(self):
        if self.fd_in >= 0 and not self.pty:
            os.close(self.fd_in)
        self.fd_in = -1
        self.taken += len(self.queue)
        del self.queue[:]

    # How much it has taken.
    def write_bytes(self, data):
        try:
            n = os.write(self.fd_in, data)
        except BlockingIOError:
            return 0
        except OSError:
            self.end_input()
            return 0
        self.taken += n
        if n < len(data) and not self.is_wide:
            self.is_wide = True
            widen(self.fd_in)
        return n

    def write(self):
        del self.queue[:self.write_bytes(self.queue)]
        if self.eof and not self.queue and not self.pty:
            self.end_input()

    # Only what it does not take at once is copied.
    def feed(self, data):
        done = 0 if self.queue or self.fd_in < 0 or self.eof else self.write_bytes(data)
        self.queue += data[done:]
        if self.fd_in < 0 or self.eof:
            self.end_input()

    def close(self):
        fds = set(self.outputs) | ({self.fd_in} - {-1})
        self.outputs = {}
        self.fd_in = -1
        for fd in fds:
            os.close(fd)


block = memoryview(bytearray(BLOCK))
down = Down()
fresh = Fresh()
unseen = Unseen()
link = None
waiting = None
children = {}
have = reported = last = 0
owner = memo = b""
tell_at = None
heard = touched = time.monotonic()
ending = False
# The client has heard that there is a holder.
known = False


# ---- children
def become(command, term, tty):
    for number in (signal.SIGPIPE, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGCHLD,
                   signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    shell = os.environ.get("SHELL") or pwd.getpwuid(os.getuid()).pw_shell or "/bin/sh"
    home = os.environ.get("HOME") or "/"
    for name, value in (("TERM", term), ("SSH_TTY", tty), ("PWD", home)):
        os.environ.pop(name, None)
        if value:
            os.environ[name] = value
    os.environ.pop("OLDPWD", None)
    try:
        os.chdir(home)
    except OSError:
        os.chdir("/")
    os.umask(UMASK)
    os.execv(shell, [os.path.basename(shell).encode(), b"-c", command])


def resize(fd, columns, rows):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", int(rows), int(columns), 0, 0))


def start_on_terminal(number, columns, rows, term, command):
    master, slave = os.openpty()
    resize(slave, columns, rows)
    pid = os.fork()
    if pid == 0:
        try:
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
            for fd in range(3):
                os.dup2(slave, fd)
            become(command, term.decode(), os.ttyname(0))
        finally:
            os._exit(255)
    os.close(slave)
    os.set_blocking(master, False)
    children[number] = Child(pid, master, {master: b"1"}, True)


def start_on_pipes(number, command):
    pairs = [os.pipe() for i in range(3)]
    pid = os.fork()
    if pid == 0:
        try:
            os.setsid()
            os.dup2(pairs[0][0], 0)
            os.dup2(pairs[1][1], 1)
            os.dup2(pairs[2][1], 2)
            become(command, None, None)
        finally:
            os._exit(255)
    for fd in (pairs[0][0], pairs[1][1], pairs[2][1]):
        os.close(fd)
    for fd in (pairs[0][1], pairs[1][0], pairs[2][0]):
        os.set_blocking(fd, False)
    children[number] = Child(pid, pairs[0][1], {pairs[1][0]: b"1", pairs[2][0]: b"2"}, False)


# TRUE where there may be more at once.
def read_output(number, child, fd):
    try:
        n = os.readv(fd, [block if link else block[:CHUNK]])
    except BlockingIOError:
        return False
    except OSError:
        n = 0
    if n:
        if n == CHUNK:
            widen(fd)
        if link is None:
            fresh.add_output(number, child, child.outputs[fd], block[:n])
        else:
            down.add(child.outputs[fd] + b" %d %d\n" % (number, n))
            down.add(block[:n])
        return True
    del child.outputs[fd]
    if child.pty:
        child.fd_in = -1
    os.close(fd)
    return False


# A terminal's child is over when it has exited, as background jobs may hold the terminal for ever.
def finish_if_done(number, child):
    if child.status is None or child.stopped:
        return
    if child.pty:
        for fd in list(child.outputs):
            while not is_full(child) and read_output(number, child, fd):
                pass
            if is_full(child):
                return
    elif child.outputs:
        return
    child.close()
    tell_taken()
    say_frame(b"x %d %d\n" % (number, child.status))
    del children[number]


def reap():
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except OSError:
            return
        if pid == 0:
            return
        for child in children.values():
            if child.pid == pid:
                child.status = os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)


# ---- lines
def plain(text):
    return re.sub(rb"\\([0-7]{3})", lambda found: bytes((int(found.group(1), 8),)), text)


def obey(word, rest, data):
    global ending, last, memo, IDLE
    if word == b"x":
        ending = True
        return
    if word == b"m":
        memo = rest
        return
    number, _, rest = rest.partition(b" ")
    number = int(number)
    if word == b"i":
        IDLE = number
        note("idle", str(number))
        return
    if word == b"u":
        child, type, first, to = rest.split(b" ")
        unseen.claims.append((number, int(child), type, int(first), int(to)))
        return
    if word == b"v":
        unseen.forget(number, int(rest))
        return
    if word == b"l":
        at, _, text = rest.partition(b" ")
        unseen.literals.append((int(at), number, plain(text)))
        unseen.keep_literals(down.start)
        return
    last = max(last, number)
    if word == b"o":
        columns, rows, term, command = rest.split(b" ", 3)
        start_on_terminal(number, columns, rows, plain(term), plain(command))
        return
    if word == b"p":
        start_on_pipes(number, plain(rest))
        return
    child = children.get(number)
    if not child:
        return
    if word in (b"d", b"b"):
        child.feed(data if word == b"b" else plain(rest))
    elif word == b"e":
        child.eof = True
        if not child.queue and not child.pty:
            child.end_input()
    elif word == b"w" and child.pty and child.outputs:
        resize(list(child.outputs)[0], *rest.split(b" "))
    elif word == b"s":
        try:
            os.killpg(child.pid, getattr(signal, "SIG" + rest.decode()))
        except (OSError, AttributeError):
            pass
    elif word == b"z":
        child.stopped = rest == b"1"
    elif word == b"k":
        child.drop = rest == b"1"
    elif word == b"c":
        child.close()
        del children[number]


# FALSE: the link cannot go on. With the bytes behind a line "b".
def take_line(from_link, line, data):
    global have, link, waiting, owner, tell_at, known
    word, _, rest = line.partition(b" ")
    if word == b"@":
        count, who, *words = rest.split(b" ")
        origin, version = (words + [b"-", b"0"][len(words):])[:2]
        free = link in (None, from_link)
        takes = count in (b"-", b"?")
        refusal = None
        if not takes and owner not in (b"", who):
            refusal = "o another client has gone on with the session"
        elif count == b"?" and not free:
            refusal = "b " + link.origin
        if refusal is None:
            fresh.flush()
        count = down.start if takes else int(count)
        if refusal is None and not down.start <= count <= down.end():
            refusal = "g what it has to say again is gone"
        if refusal:
            os.write(from_link.fd_out, greet(refusal))
            return False
        if takes and int(version) >= 3:
            unseen.bring_back()
        owner = who
        if not free:
            link.end()
        link = from_link
        waiting = None
        link.origin = origin.decode()
        note("link", link.origin)
        link.sent = count
        taken = " %d %s" % (last, memo.decode()) if takes else ""
        link.first = greet("h %d %d python-3 %d%s" % (have, count, down.end(), taken))
        return True
    if from_link is not link or link.sent is None:
        return False
    if word in (b"A", b"H"):
        known = True
    if word == b"A":
        return down.confirm(int(rest))
    if word == b"H":
        if reported < have:
            tell_at = time.monotonic()
        return True
    if int(word) == have + 1:
        have += 1
        word, _, rest = rest.partition(b" ")
        obey(word, rest, data)
        return True
    return int(word) <= have


def read_link(from_link):
    global heard
    try:
        data = os.read(from_link.fd_in, BLOCK)
    except BlockingIOError:
        return True
    except OSError:
        data = b""
    if not data:
        return False
    if len(data) == CHUNK:
        widen(from_link.fd_in)
    heard = time.monotonic()
    from_link.lines += data
    at = 0
    while True:
        end = from_link.lines.find(b"\n", at)
        if end < 0:
            break
        line = bytes(from_link.lines[at:end])
        found = BYTES_BEHIND.match(line)
        count = int(found.group(1)) if found else 0
        if count > LIMIT:
            return False
        if len(from_link.lines) - end - 1 < count:
            break
        at = end + 1 + count
        with memoryview(from_link.lines) as lines:
            with lines[end + 1:at] as behind:
                if not take_line(from_link, line, behind):
                    return False
    del from_link.lines[:at]
    return True


def tell_taken():
    global reported, tell_at
    for number, child in children.items():
        if child.taken:
            say_frame(b"t %d %d\n" % (number, child.taken))
            child.taken = 0
    if reported < have:
        say_frame(b"a %d 0\n" % have)
        reported = have
    tell_at = None


# FALSE: it has ended. One that is full takes more when it says so.
def write_link():
    if link.is_full:
        return True
    try:
        while link.first:
            link.first = link.first[os.write(link.fd_out, link.first):]
        if link.has_more():
            n = os.write(link.fd_out, down.view(link.sent))
            link.sent += n
            link.is_full = link.has_more()
            if link.is_full and not link.is_wide:
                link.is_wide = True
                widen(link.fd_out)
    except BlockingIOError:
        link.is_full = True
    except OSError:
        return False
    return True


def listen():
    listener = socket.socket(socket.AF_UNIX)
    listener.bind("s")
    listener.listen(4)
    return listener


def await_children():
    until = time.monotonic() + 1
    while time.monotonic() < until:
        try:
            os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        time.sleep(0.01)


# A shell at rest has been asked to hang up, and ends its jobs then. bash does not while PROMPT_COMMAND runs, where its terminal
# is taken from it.
def await_terminals():
    until = time.monotonic() + GO_SECONDS
    while any(child.pty and child.status is None for child in children.values()) and time.monotonic() < until:
        time.sleep(0.01)
        reap()


# Its children, which are hung up by that, have a second to go before it goes.
def leave():
    await_terminals()
    for child in list(children.values()):
        child.close()
    await_children()
    try:
        for name in os.listdir("."):
            os.unlink(name)
        os.rmdir(os.getcwd())
    except OSError:
        pass


def touch(home):
    try:
        there = os.lstat(home)
        if stat.S_ISDIR(there.st_mode) and there.st_uid == os.getuid():
            for path in [home] + glob.glob(home + "/*"):
                os.utime(path)
    except OSError:
        pass


# What cleans temporary directories by age must not take ours or those of our children, which are beside it, for left
# behind. Who has lost its directory is never found again.
def mind_directory():
    global ending, touched
    if link is None and (not known or not os.path.exists("s")):
        ending = True
    elif time.monotonic() >= touched + TOUCH_SECONDS:
        for home in glob.glob("../.pss-*"):
            touch(home)
        touched = time.monotonic()


def drop(ended):
    global link, waiting
    ended.end()
    if ended is link:
        link = None
        try:
            os.unlink("link")
        except OSError:
            pass
    else:
        waiting = None


def turn(listener, woken):
    global link, waiting, tell_at
    outputs = {}
    inputs = {}
    reading = [listener, woken]
    writing = []
    for number, child in children.items():
        if not child.stopped and not is_full(child):
            outputs.update((fd, number) for fd in child.outputs)
        if child.queue and child.fd_in >= 0:
            inputs[child.fd_in] = child
    links = [one for one in (link, waiting) if one]
    reading += [one.fd_in for one in links] + list(outputs)
    writing += list(inputs)
    if link and link.has_more():
        writing.append(link.fd_out)
    now = time.monotonic()
    ends = [at - now for at in (tell_at, heard + IDLE if IDLE else None) if at is not None]
    readable, writable, _ = select.select(reading, writing, [], max(0, min(ends + [LOOK_SECONDS])))

    if woken in readable:
        os.read(woken, CHUNK)
        reap()
    for fd in readable:
        if fd in outputs and fd in children[outputs[fd]].outputs:
            read_output(outputs[fd], children[outputs[fd]], fd)
    for fd in writable:
        if fd in inputs and inputs[fd].fd_in == fd:
            inputs[fd].write()
        elif link and fd == link.fd_out:
            link.is_full = False
    for one in links:
        if one.fd_in in readable and (one is link or one is waiting) and not read_link(one):
            drop(one)
    if listener in readable:
        accepted = listener.accept()[0]
        peer = struct.unpack("3i", accepted.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[1]
        if peer == os.getuid():
            if waiting:
                waiting.end()
            waiting = Link(accepted.detach(), -1, -1)
            waiting.fd_out = waiting.fd_in
    for number, child in list(children.items()):
        finish_if_done(number, child)
    unreported = reported < have or any(child.taken for child in children.values())
    if unreported and (link and link.has_more() or any(child.taken > TELL_BYTES for child in children.values()) or
                   tell_at is not None and time.monotonic() >= tell_at):
        tell_taken()
    elif unreported and tell_at is None:
        tell_at = time.monotonic() + TELL_SECONDS
    if link and not write_link():
        drop(link)
    mind_directory()


def hold():
    global link, ending
    listener = listen()
    with open("pid", "w") as file:
        file.write("%d\n" % os.getpid())
    woken, waker = os.pipe()
    os.set_blocking(woken, False)
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker)
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)

    def on_term(number, frame):
        global ending
        ending = True
    signal.signal(signal.SIGTERM, on_term)
    while not ending and (not IDLE or time.monotonic() < heard + IDLE):
        turn(listener, woken)
    leave()


def begin():
    global link
    alive, keep = os.pipe()
    if os.fork() > 0:
        os.close(keep)
        null = os.open("/dev/null", os.O_RDWR)
        for fd in range(3):
            os.dup2(null, fd)
        os.read(alive, 1)
        return
    os.setsid()
    os.close(alive)
    first = Link(os.dup(0), os.dup(1), keep)
    null = os.open("/dev/null", os.O_RDWR)
    for fd in range(3):
        os.dup2(null, fd)
    link = first
    hold()


NAME = sys.argv[1]
if sys.argv[2] == "resume":
    resume()
else:
    IDLE = int(sys.argv[2])
    UMASK = int(sys.argv[3], 8)
    begin()
