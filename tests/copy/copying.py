# SPDX-License-Identifier: MIT
"""What tests of pssession-copy share: a place for files, trees of all kinds, comparing them, and the loop over the tests."""
import os
import shutil
import subprocess
import sys
import tempfile
import traceback

from copier import copy

PROGRAM = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else None
WAYS = ((0, 1), (1, 0), (1, 2))  # up, down, across


class Place:
    """A directory that is gone afterwards; nothing half is left in it."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="pss-copy-")
        return self.path

    def __exit__(self, kind, value, trace):
        halves = [name for _, _, names in os.walk(self.path) for name in names if ".pss-" in name]
        subprocess.run(["chmod", "-R", "u+rwx", self.path], check=False, stderr=subprocess.DEVNULL)
        shutil.rmtree(self.path, ignore_errors=True)
        if not kind:
            assert not halves, halves


def run(sources, destination, flags="", **keywords):
    labels = keywords.pop("labels", ["web1", "web2"])
    return copy(PROGRAM, labels, sources, [destination], flags, **keywords)


def write(path, data, mode=None):
    with open(path, "wb") as file:
        file.write(data)
    if mode is not None:
        os.chmod(path, mode)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def random_name(source):
    kinds = [b"abc", b"\n", b"\xff\xfe", b"a b", "ä€".encode(), b"-rf", b"$(x)", b"`x`", b"*", b"'", b"\x1b[2J"]
    return source.choice(kinds) + b"%d" % source.randrange(10**6)


def random_tree(path, source, depth=3):
    """Names of any bytes, modes, times, holes, links, empty files and directories."""
    os.mkdir(path)
    for _ in range(source.randrange(8)):
        name = os.path.join(path, random_name(source))
        kind = source.randrange(6)
        if kind == 0:
            os.symlink(random_name(source), name)
        elif kind == 1 and depth:
            random_tree(name, source, depth - 1)
            continue
        elif kind == 2:
            with open(name, "wb") as file:
                file.seek(source.randrange(10**6))
                file.write(b"behind a hole")
                file.truncate(source.randrange(2 * 10**6))
        else:
            write(name, source.randbytes(source.choice([0, 1, 4095, 4096, 70000, 700000])),
                  source.choice([0o600, 0o644, 0o755, 0o444, 0o4755]))
        if os.geteuid() == 0 and kind > 1:
            mode = os.stat(name).st_mode
            os.chown(name, source.randrange(3), source.randrange(3))
            os.chmod(name, mode)
        os.utime(name, (1600000000, source.randrange(10**9)), follow_symlinks=False)
    os.chmod(path, source.choice([0o755, 0o700, 0o2755]))
    os.utime(path, (1600000000, source.randrange(10**9)))


def listing(path, times):
    """What find sees: kinds, sizes, modes, and times in seconds; of links their texts."""
    form = "%P\\0%y\\0%m\\0" + ("%T@\\0%U:%G\\0" if times else "")
    out = subprocess.run(["find", path, "(", "-type", "l", "-printf", "%P\\0%l\\0\\n", ")", "-o", "-printf",
                          form + "\\n"], check=True, stdout=subprocess.PIPE).stdout
    return sorted(out.split(b"\0\n"))


def same_tree(one, other, times=True):
    first, second = listing(one, times), listing(other, times)
    assert first == second, sorted(set(first) ^ set(second))[:6]
    assert subprocess.run(["diff", "-r", "--no-dereference", one, other], check=False,
                          stdout=subprocess.DEVNULL).returncode == 0


def only_error(result, *words):
    assert len(result.errors) == 1, result.errors
    for word in words:
        assert word in result.errors[0], result.errors


def as_nobody(program):
    return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", program]


def parts(here):
    return sorted(os.path.join(path, name) for path, _, names in os.walk(here) for name in names if ".pss-" in name)


def until_part(running, here, size):
    while largest_part(here) < size:
        assert running.step(0.0005)


def size_of(path):
    try:
        return os.path.getsize(path)
    except FileNotFoundError:  # it has got its name meanwhile
        return 0


def largest_part(here):
    return max([size_of(path) for path in parts(here)] or [0])


def run_tests(module):
    """TAP of the functions in it whose names begin with test_."""
    wanted = sys.argv[2:]
    tests = [(name, value) for name, value in list(module.items()) if name.startswith("test_")]
    tests = [test for test in tests if not wanted or any(word in test[0] for word in wanted)]
    print("1..%d" % len(tests))
    failed = False
    os.umask(0o022)
    for number, (name, function) in enumerate(tests, 1):
        try:
            skipped = function()
            print("ok %d - %s%s" % (number, name[5:].replace("_", " "), " # SKIP " + skipped if skipped else ""),
                  flush=True)
        except Exception:
            failed = True
            print("not ok %d - %s" % (number, name[5:].replace("_", " ")), flush=True)
            print("# " + traceback.format_exc().replace("\n", "\n# "), flush=True)
    return failed
