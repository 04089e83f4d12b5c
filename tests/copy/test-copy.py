#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""pssession-copy between here and OpenSSH's sftp-server: what is copied is compared with what cp, scp's ways and tar make
of it.

  test-copy.py PROGRAM [NAME…]     TAP"""
import filecmp
import os
import random
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from copier import copy  # noqa: E402

PROGRAM = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else None


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
        os.utime(name, (1600000000, source.randrange(10**9)), follow_symlinks=False)
    os.chmod(path, source.choice([0o755, 0o700, 0o2755]))
    os.utime(path, (1600000000, source.randrange(10**9)))


def listing(path, times):
    """What find sees: kinds, sizes, modes, and times in seconds; of links their texts."""
    form = "%P\\0%y\\0%m\\0" + ("%T@\\0" if times else "")
    out = subprocess.run(["find", path, "(", "-type", "l", "-printf", "%P\\0%l\\0\\n", ")", "-o", "-printf",
                          form + "\\n"], check=True, stdout=subprocess.PIPE).stdout
    return sorted(out.split(b"\0\n"))


def same_tree(one, other, times=True):
    assert listing(one, times) == listing(other, times)
    assert subprocess.run(["diff", "-r", "--no-dereference", one, other], check=False,
                          stdout=subprocess.DEVNULL).returncode == 0


# ---- files


def test_one_file_up_down_and_across():
    with Place() as here:
        write(here + "/a", os.urandom(3000000), 0o640)
        for source, destination in ((0, 1), (1, 0), (1, 2)):
            result = run([(source, here + "/a")], (destination, here + "/b"))
            assert (result.errors, result.done) == ([], 0), result.errors
            assert read(here + "/b") == read(here + "/a")
            assert stat.S_IMODE(os.stat(here + "/b").st_mode) == 0o640
            os.remove(here + "/b")


def test_random_trees_are_the_same_everywhere():
    for seed in range(6):
        source = random.Random(seed)
        with Place() as here:
            tree = here + "/tree"
            random_tree(os.fsencode(tree), source, 3)
            for number, (at, to) in enumerate(((0, 1), (1, 0), (1, 2))):
                result = run([(at, tree)], (to, "%s/%d" % (here, number)), "rp")
                assert (result.errors, result.done) == ([], 0), (seed, result.errors)
                same_tree(tree, "%s/%d" % (here, number))


TESTS = [(name, value) for name, value in list(globals().items()) if name.startswith("test_")]


def main():
    wanted = sys.argv[2:]
    tests = [test for test in TESTS if not wanted or any(word in test[0] for word in wanted)]
    print("1..%d" % len(tests))
    failed = False
    os.umask(0o022)
    for number, (name, function) in enumerate(tests, 1):
        try:
            function()
            print("ok %d - %s" % (number, name[5:].replace("_", " ")), flush=True)
        except Exception:
            failed = True
            print("not ok %d - %s" % (number, name[5:].replace("_", " ")), flush=True)
            print("# " + traceback.format_exc().replace("\n", "\n# "), flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
