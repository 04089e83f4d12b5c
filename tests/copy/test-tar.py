#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Our reader and writer of tar's archives beside those of others: what GNU tar, busybox, bsdtar (where they are there) and
Python write is read, and what we write they read.

  test-tar.py TOOL [NAME…]     TAP"""
import io
import os
import random
import shutil
import stat
import subprocess
import sys
import tarfile
import tempfile
import traceback

TOOL = sys.argv[1]
KINDS = {stat.S_IFREG: "f", stat.S_IFDIR: "d", stat.S_IFLNK: "l", stat.S_IFIFO: "p"}


def there(*words):
    return shutil.which(words[0]) and subprocess.run([*words, "--help"], check=False, stdin=subprocess.DEVNULL,
                                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def is_gnu():
    out = subprocess.run(["tar", "--version"], check=False, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    return b"GNU" in out


GNU, BUSYBOX, BSDTAR = is_gnu(), there("busybox", "tar"), there("bsdtar")


class Place:
    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="pss-tar-")
        return self.path

    def __exit__(self, kind, value, trace):
        subprocess.run(["chmod", "-R", "u+rwx", self.path], check=False)
        shutil.rmtree(self.path, ignore_errors=True)


def checksum(data):
    return sum(byte * (at % 65521 + 1) for at, byte in enumerate(data))


def list_archive(archive):
    """{path: (kind, mode, size, seconds, link, sum)}, and the last line."""
    out = subprocess.run([TOOL, "list"], check=True, input=archive, stdout=subprocess.PIPE).stdout.decode()
    *lines, last = out.splitlines()
    found = {}
    for line in lines:
        kind, mode, _, _, size, time, path, link, total = line.split(" ")
        path = os.path.normpath(bytes.fromhex(path))
        found[path] = (kind, int(mode, 8), int(size), float(time), bytes.fromhex(link), int(total))
    return found, last


def look_at(path):
    """The same of a tree."""
    found = {}
    for directory, directories, files in os.walk(path):
        for name in [b"."] + directories + files:
            full = os.path.normpath(os.path.join(directory, name))
            st = os.lstat(full)
            kind = KINDS[stat.S_IFMT(st.st_mode)]
            link = os.readlink(full) if kind == "l" else b""
            data = open(full, "rb").read() if kind == "f" else b""
            found[os.path.relpath(full, path)] = (kind, stat.S_IMODE(st.st_mode), len(data), st.st_mtime_ns / 1e9, link,
                                                  checksum(data))
    return found


def random_name(source):
    kinds = [b"abc", b"\n", b"\xff\xfe", b"a b", "ä€".encode(), b"-rf", b"$(x)", b"*", b"\x1b[2J", b"x" * 99, b"y" * 100,
             b"z" * 101, b"long" * 60, b"\\n", b" "]
    return source.choice(kinds) + b"%d" % source.randrange(10**4)


def write_holes(path, source):
    with open(path, "wb") as file:
        for _ in range(source.choice([1, 3, 5, 40])):
            file.seek(source.randrange(16, 64) * 4096, os.SEEK_CUR)
            file.write(source.randbytes(source.choice([1, 4096, 5000])))
        file.truncate(file.tell() + source.choice([0, 1, 100000]))


def random_tree(path, source, depth=3, odd=True):
    os.mkdir(path)
    for _ in range(source.randrange(1, 9)):
        name = os.path.join(path, random_name(source) if odd else b"%d" % source.randrange(10**6))
        kind = source.randrange(7)
        if kind == 0:
            os.symlink(source.choice([b"a", b"../x", b"l" * 99, b"m" * 100, b"n" * 300, b"\xff\n"]), name)
        elif kind == 1 and depth:
            random_tree(name, source, depth - 1, odd)
            continue
        elif kind == 2:
            write_holes(name, source)
        elif kind == 3 and odd:
            os.mkfifo(name)
        else:
            with open(name, "wb") as file:
                file.write(source.randbytes(source.choice([0, 1, 511, 512, 513, 70000])))
            os.chmod(name, source.choice([0o600, 0o644, 0o755, 0o444, 0o4755]))
        os.utime(name, ns=(10**18, source.randrange(2 * 10**18)), follow_symlinks=False)
    os.chmod(path, source.choice([0o755, 0o700, 0o2755]))
    os.utime(path, (1600000000, 1600000000))


def compare(archive, expected, fractions, what):
    """`fractions`: of seconds are in the archive; None: where it has other records too."""
    found, last = list_archive(archive)
    assert last == "end", (what, last)
    assert found.keys() == expected.keys(), (what, found.keys() ^ expected.keys())
    for path, (kind, mode, size, time, link, total) in expected.items():
        got = found[path]
        assert (got[0], got[2], got[4], got[5]) == (kind, size if kind == "f" else got[2], link, total), (what, path, got)
        assert kind == "l" or got[1] == mode, (what, path, oct(got[1]), oct(mode))
        times = [time] * (fractions is not False) + [int(time)] * (fractions is not True)
        assert any(abs(got[3] - wanted) < 1e-6 for wanted in times), (what, path, got[3], time)


def each_tree(number, check):
    for seed in range(number):
        with Place() as here:
            tree = os.fsencode(here) + b"/tree"
            random_tree(tree, random.Random(seed))
            check(os.fsdecode(tree), look_at(tree), seed)


def packed_by(words, tree, check=True):
    return subprocess.run([*words, "-cf", "-", "-C", tree, "."], check=check, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, env={**os.environ, "LC_ALL": "C"}).stdout


# ---- reading


def test_what_gnu_tar_writes_is_read():
    if not GNU:
        return "no GNU tar"
    forms = [[], ["-S"], ["--format=posix"], ["--format=posix", "-S"], ["--format=oldgnu", "-S"],
             ["--format=posix", "--pax-option=delete=atime"]]

    def check(tree, expected, seed):
        for form in forms:
            compare(packed_by(["tar", *form], tree), expected, "--format=posix" in form, (seed, form))
    each_tree(6, check)


def test_what_busybox_writes_is_read():
    if not BUSYBOX:
        return "no busybox"
    each_tree(6, lambda tree, expected, seed: compare(packed_by(["busybox", "tar"], tree), expected, False, seed))


def test_what_bsdtar_writes_is_read():
    if not BSDTAR:
        return "no bsdtar"
    each_tree(6, lambda tree, expected, seed: compare(packed_by(["bsdtar"], tree), expected, None, seed))


def test_what_python_writes_is_read():
    def check(tree, expected, seed):
        for form in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
            out = io.BytesIO()
            with tarfile.open(fileobj=out, mode="w", format=form, errors="surrogateescape") as archive:
                archive.add(tree, ".")
            compare(out.getvalue(), expected, form == tarfile.PAX_FORMAT, (seed, form))
    each_tree(4, check)


def test_a_prefix_and_fields_of_ustar_are_read():
    out = io.BytesIO()
    name = "d" * 60 + "/" + "e" * 60 + "/" + "f" * 70
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        info = tarfile.TarInfo(name)
        info.size = 3
        archive.addfile(info, io.BytesIO(b"abc"))
    found, last = list_archive(out.getvalue())
    assert last == "end" and found[name.encode()][2] == 3


def test_large_sizes_early_times_and_large_owners_are_read():
    for form in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        info = tarfile.TarInfo("x")
        info.size, info.mtime, info.uid = 9 * 2**30, -5, 3000000000
        out = subprocess.run([TOOL, "list"], check=True, input=info.tobuf(form), stdout=subprocess.PIPE).stdout.decode()
        assert out.startswith("f 644 3000000000 0 %d -5.000000000 78 " % (9 * 2**30)), out


def changed(archive, at, data):
    block = bytearray(archive)
    block[at:at + len(data)] = data
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block[:512])
    return bytes(block)


def test_what_is_no_archive_is_refused():
    head = tarfile.TarInfo("x").tobuf(tarfile.GNU_FORMAT)
    for what, archive in (("noise", b"hello" * 200), ("checksum", head[:-1] + b"x"), ("size", changed(head, 124, b"9" * 11)),
                          ("huge", changed(head, 124, b"\x80" + b"\xff" * 11)), ("negative", changed(head, 124, b"\xff" * 12)),
                          ("no name", changed(head, 0, b"\0")), ("uid", changed(head, 108, b"\xff" * 8)),
                          ("long name without end", changed(changed(head, 156, b"L"), 124, b"77777777777")),
                          ("data behind zeros", bytes(512) + head)):
        assert list_archive(archive + bytes(512))[1] in ("malformed", "short"), what
        assert list_archive(archive + b"x" * 512)[1] == "malformed", what
    assert list_archive(head + bytes(512))[1] == "short"


def pax(key, value):
    info = tarfile.TarInfo("x")
    info.pax_headers = {key: value}
    return info.tobuf(tarfile.PAX_FORMAT) + bytes(1024)


def test_records_that_cannot_be_are_refused():
    assert list_archive(pax("comment", "hello"))[1] == "end"
    for key, value in (("path", "a\0b"), ("size", "-1"), ("size", "9" * 19), ("size", ""), ("mtime", "x"), ("uid", "99999999999"),
                       ("mtime", "1.x"), ("GNU.sparse.major", "2"), ("GNU.sparse.major", "1")):
        assert list_archive(pax(key, value))[1] == "malformed", (key, value)
    found, _ = list_archive(pax("GNU.sparse.map", "0,1"))
    assert found[b"x"][0] == "?"


# ---- writing


def entries(source):
    """Lines for the tool, and what an unpacked tree is to be."""
    lines, expected = [], {b".": None}
    for number in range(40):
        path = b"%d-" % number + random_name(source)
        kind = source.choice("ffffdl")
        size = source.choice([0, 1, 511, 512, 513, 100000]) if kind == "f" else 0
        link = source.choice([b"a", b"../x", b"l" * 99, b"m" * 100, b"n" * 300, b"\xff\n"]) if kind == "l" else b""
        mode, time = source.choice([0o600, 0o755, 0o711]), source.randrange(17 * 10**8)
        lines.append("%s %o 1 2 %d %d %s %s" % (kind, mode, size, time, path.hex(), link.hex() or "-"))
        expected[path] = (kind, mode, size, float(time), link, checksum(i % 256 for i in range(size)))
    return lines, expected


def pack(lines):
    return subprocess.run([TOOL, "pack"], check=True, input="".join(line + "\n" for line in lines).encode(),
                          stdout=subprocess.PIPE).stdout


def unpacked_by(words, name):
    for seed in range(4):
        lines, expected = entries(random.Random(seed))
        with Place() as here:
            result = subprocess.run([*words, "-xpof", "-", "-C", here], check=False, input=pack(lines),
                                    stderr=subprocess.PIPE)
            assert (result.returncode, result.stderr) == (0, b""), (name, result.stderr)
            found = look_at(os.fsencode(here))
            for path, entry in expected.items():
                if entry and entry[0] == "l":
                    assert found[path][4] == entry[4], (name, path)
                elif entry:
                    size = entry[2] if entry[0] == "f" else found[path][2]
                    assert found[path] == (*entry[:2], size, *entry[3:]), (name, path, found[path], entry)
            assert found.keys() == expected.keys()


def test_what_we_write_gnu_tar_reads():
    return unpacked_by(["tar"], "GNU tar") if GNU else "no GNU tar"


def test_what_we_write_busybox_reads():
    return unpacked_by(["busybox", "tar"], "busybox") if BUSYBOX else "no busybox"


def test_what_we_write_bsdtar_reads():
    return unpacked_by(["bsdtar"], "bsdtar") if BSDTAR else "no bsdtar"


def test_what_we_write_python_and_we_read():
    lines, expected = entries(random.Random(9))
    archive = pack(lines)
    compare(archive, {path: entry for path, entry in expected.items() if entry}, False, "ours")
    with tarfile.open(fileobj=io.BytesIO(archive), errors="surrogateescape") as file:
        for info in file:
            entry = expected[os.fsencode(info.name)]
            assert (info.mode, info.size, info.mtime) == (entry[1], entry[2], entry[3])
            assert (info.uid, info.gid, os.fsencode(info.linkname)) == (1, 2, entry[4])


def test_large_numbers_that_we_write_are_read():
    line = "f 4755 3000000000 4000000000 %d -7 78 -" % (9 * 2**30)
    head = pack([line])[:512]
    info = tarfile.TarInfo.frombuf(head, "utf-8", "surrogateescape")
    assert (info.mode, info.uid, info.gid, info.size, info.mtime) == (0o4755, 3000000000, 4000000000, 9 * 2**30, -7)
    for words in (["tar"] if GNU else None, ["busybox", "tar"] if BUSYBOX else None, ["bsdtar"] if BSDTAR else None):
        if words:
            out = subprocess.run([*words, "-tvf", "-"], check=False, input=head, stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL).stdout
            assert b" 9663676416 " in out, (words, out)


def main():
    wanted = sys.argv[2:]
    tests = [(name[5:].replace("_", " "), function) for name, function in globals().items() if name.startswith("test_")]
    tests = [test for test in tests if not wanted or any(word in test[0] for word in wanted)]
    print("1..%d" % len(tests))
    failed = 0
    for number, (name, function) in enumerate(tests, 1):
        try:
            skipped = function()
            print("ok %d %s%s" % (number, name, " # SKIP " + skipped if skipped else ""), flush=True)
        except Exception:  # pylint: disable=broad-except
            failed = 1
            print("not ok %d %s" % (number, name))
            print("".join("# " + line + "\n" for line in traceback.format_exc().splitlines()), flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
