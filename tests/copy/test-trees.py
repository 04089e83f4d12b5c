#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Trees of many files, which pssession-copy streams through a remote tar: what comes of them, and what is said, is compared
with what SFTP alone makes of the same tree.

  test-trees.py PROGRAM [NAME…]     TAP"""
import io
import os
import random
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tarfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import copying as base  # noqa: E402
from copier import SERVER, Copier  # noqa: E402

Place, run, write, read = base.Place, base.run, base.write, base.read


def is_gnu(tar):
    return b"GNU" in subprocess.run([tar, "--version"], check=False, stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout


def find_tars():
    """The tars that are there, as shell commands."""
    tars = {}
    if shutil.which("tar") and is_gnu("tar"):
        tars["gnu"] = shutil.which("tar")
    if shutil.which("busybox"):
        tars["busybox"] = shutil.which("busybox") + " tar"
    if shutil.which("bsdtar"):
        tars["bsdtar"] = shutil.which("bsdtar")
    return tars


TARS = find_tars()


class Tar:
    """A directory in front of PATH with a tar of its own, that writes down how it was called."""

    def __init__(self, here, command, before="", after=""):
        os.mkdir(here + "/bin")
        self.log = here + "/bin/log"
        self.path = here + "/bin:" + os.environ["PATH"]
        write(here + "/bin/tar", ('#!/bin/sh\n[ "$1" = --version ] || echo "$@" >>%s\n%s\n%s "$@"\ns=$?\n%s\nexit $s\n' % (
            self.log, before, command, after)).encode(), 0o755)

    def n_runs(self):
        return len(read(self.log).splitlines()) if os.path.exists(self.log) else 0


def large_tree(path, source, holes=True, odd=True):
    """More than 200 files, in random trees; among them what tar has special ways for."""
    path = os.fsencode(path)
    os.mkdir(path)
    number = 0
    while sum(len(names) for _, _, names in os.walk(path)) < 260:
        number += 1
        base.random_tree(path + b"/%d" % number, source, 3)
    for size in (0, 65535, 65536, 65537, 300000):
        write(path + b"/size-%d" % size, source.randbytes(size))
    os.mkdir(path + b"/" + b"d" * 200)
    write(path + b"/" + b"d" * 200 + b"/" + b"f" * 200, b"long")
    os.link(path + b"/size-65536", path + b"/1/hard")
    if odd:
        os.mkfifo(path + b"/fifo")
        socket.socket(socket.AF_UNIX).bind(os.path.relpath(path + b"/socket"))
    os.mkdir(path + b"/closed")
    write(path + b"/closed/in", b"x")
    os.chmod(path + b"/closed", 0o555)
    if not holes:
        for directory, _, names in os.walk(path):
            for name in names:
                full = os.path.join(directory, name)
                if os.path.isfile(full) and not os.path.islink(full) and os.stat(full).st_blocks * 512 < os.stat(full).st_size:
                    write(full, b"no hole")


def said(lines, here):
    """What was said, wherever it was copied to, in some order."""
    return sorted(line.replace(here, "") for line in lines)


def both_ways(tree, here, at, to, flags, path):
    """Copies it by SFTP alone and with a shell there; the same comes of both."""
    results = []
    for name, executes in (("sftp", False), ("tar", True)):
        where = "%s/%s" % (here, name)
        os.mkdir(where)
        os.chmod(where, 0o2775)  # hands its group on
        result = run([(at, tree)], (to, where + "/to"), flags, executes=executes, path=path,
                     connected=at == 0 or "p" in flags)
        results.append((result.done, said(result.errors, where), said(result.output, where)))
    assert results[0] == results[1], results
    base.same_tree(here + "/sftp/to", here + "/tar/to", "p" in flags)
    assert ages(here + "/sftp/to") == ages(here + "/tar/to")
    for name in ("sftp", "tar"):
        subprocess.run(["rm", "-rf", here + "/" + name], check=True)
    return results[0]


def ages(path):
    """Which of it, but for links, is older than an hour."""
    out = subprocess.run(["find", path, "!", "-type", "l", "-mmin", "+60", "-printf", "%P\\0"], check=True,
                         stdout=subprocess.PIPE).stdout
    return sorted(out.split(b"\0"))


def compare_all(command, flags, seeds):
    for seed in seeds:
        with Place() as here:
            large_tree(here + "/tree", random.Random(seed), holes=seed % 2 == 0)
            tar = Tar(here, command)
            for at, to in ((1, 0), (0, 1)):
                done, errors, _ = both_ways(here + "/tree", here, at, to, flags, tar.path)
                assert done == 0 and len(errors) == 2, errors
            assert tar.n_runs() == 2, tar.n_runs()


def test_trees_are_as_by_sftp_through_gnu_tar():
    if "gnu" not in TARS:
        return "no GNU tar"
    compare_all(TARS["gnu"], "rp", (0,))
    compare_all(TARS["gnu"], "rj", (1,))


def test_trees_are_as_by_sftp_through_busybox():
    if "busybox" not in TARS:
        return "no busybox"
    compare_all(TARS["busybox"], "rp", (2,))
    compare_all(TARS["busybox"], "rt", (3,))


def test_trees_are_as_by_sftp_through_bsdtar():
    if "bsdtar" not in TARS:
        return "no bsdtar"
    compare_all(TARS["bsdtar"], "rp", (4,))
    compare_all(TARS["bsdtar"], "r", (5,))

# ---- when there is a stream, and when there is none


def flat_tree(path, number=250):
    os.makedirs(path + "/sub/empty")
    for count in range(number):
        write("%s/%s%d" % (path, "sub/" if count % 2 else "", count), b"%d" % count * 50)


def through(here, at, to, flags, tar, source="/tree", target="/to", **keywords):
    return run([(at, here + source)], (to, here + target), flags, path=tar.path, **keywords)


def any_tar():
    return next(iter(TARS.values()))


def test_a_small_tree_and_one_that_is_there_go_by_sftp():
    with Place() as here:
        tar = Tar(here, any_tar())
        flat_tree(here + "/small", 200)
        flat_tree(here + "/tree", 201)
        for at, to in ((1, 0), (0, 1)):
            result = through(here, at, to, "r", tar, "/small", "/small-%d" % to)
            assert (result.errors, tar.n_runs()) == ([], 0)
            base.same_tree(here + "/small", here + "/small-%d" % to, False)
        os.makedirs(here + "/to/tree/sub")
        write(here + "/to/tree/1", b"old", 0o640)
        write(here + "/to/tree/sub/more", b"old")
        result = through(here, 0, 1, "r", tar)
        assert (result.errors, tar.n_runs(), len(os.listdir(here + "/to/tree/sub"))) == ([], 0, 102), (result.errors, tar.n_runs(), os.listdir(here + "/to/tree/sub"))
        assert read(here + "/to/tree/2") == b"2" * 50 and read(here + "/to/tree/sub/more") == b"old"
        result = through(here, 0, 1, "r", tar, target="/new/")
        assert (result.errors, tar.n_runs()) == ([], 1)
        base.same_tree(here + "/tree", here + "/new/tree", False)


def test_a_tree_that_is_there_is_written_over_file_by_file():
    with Place() as here:
        tar = Tar(here, any_tar())
        flat_tree(here + "/tree")
        for name in ("sftp", "tar"):
            os.makedirs(here + "/" + name + "/tree/sub/7")
            write(here + "/" + name + "/tree/2", b"old", 0o444)
            write(here + "/" + name + "/tree/4", b"old", 0o640)
            write(here + "/" + name + "/tree/sub/more", b"old")
        results = [through(here, 1, 0, "r", tar, target="/" + name, executes=name == "tar") for name in ("sftp", "tar")]
        assert said(results[0].errors, here + "/sftp") == said(results[1].errors, here + "/tar")
        assert len(results[0].errors) == 2 and tar.n_runs() == 1, results[0].errors
        base.same_tree(here + "/sftp", here + "/tar", False)


def test_several_trees_and_what_is_in_one_go_by_one_stream_each():
    with Place() as here:
        tar = Tar(here, any_tar())
        flat_tree(here + "/a")
        flat_tree(here + "/b")
        write(here + "/c", b"c")
        for at, to in ((1, 0), (0, 1)):
            os.mkdir(here + "/to%d" % to)
            result = run([(at, here + "/a"), (at, here + "/c"), (at, here + "/b")], (to, here + "/to%d" % to), "rj",
                         path=tar.path)
            assert (result.errors, result.done, len(result.output)) == ([], 0, 501), result.errors
            for name in ("a", "b"):
                base.same_tree(here + "/" + name, here + "/to%d/" % to + name, False)
        assert tar.n_runs() == 4
        result = run([(1, here + "/a/.")], (0, here + "/in/"), "r", path=tar.path)
        assert (result.errors, tar.n_runs()) == ([], 5)
        base.same_tree(here + "/a", here + "/in", False)


def test_no_path_is_evaluated_or_an_option():
    with Place() as here:
        tar = Tar(here, any_tar())
        for name in ("$(touch x)", "-rf `touch x`", " a  b ", "'new\n", "\\n\\0101ä"):
            flat_tree(here + "/from/" + name, 201)
            for at, to in ((1, 0), (0, 1)):
                result = run([(at, name)], (to, name + str(to)), "r", path=tar.path, cwd=here + "/from",
                             directories={1: here + "/from"})
                assert result.errors == [], result.errors
                base.same_tree(here + "/from/" + name, here + "/from/" + name + str(to), False)
        assert tar.n_runs() == 10 and not os.path.exists(here + "/from/x")


def peak(here, at, to, executes):
    """The most memory of the program, in KiB, for a tree with a large file in it."""
    copier = Copier(base.PROGRAM, ["web1"], [(at, here + "/tree")], [(to, here + "/to")], "r", executes=executes)
    most = 0
    while copier.step(0.05):
        with open("/proc/%d/status" % copier.process.pid, encoding="ascii") as file:
            lines = [line for line in file if line.startswith("VmHWM:")]
        most = max([most] + [int(line.split()[1]) for line in lines])
    copier.wait()
    shutil.rmtree(here + "/to")
    return most


def test_the_size_of_a_tree_is_not_in_memory():
    if not os.path.exists("/proc/self/status"):
        return "needs proc"
    with Place() as here:
        flat_tree(here + "/tree")
        write(here + "/tree/large", os.urandom(1000000) * 60)
        for at, to in ((1, 0), (0, 1)):
            by_sftp, by_tar = peak(here, at, to, False), peak(here, at, to, True)
            assert 0 < by_tar < by_sftp + 8192, (to, by_sftp, by_tar)


# ---- what goes wrong


def test_whatever_a_remote_tar_does_all_is_copied():
    """It is not there, ends early, complains, is killed: SFTP does the rest, and says nothing twice."""
    tar = any_tar()
    cases = {
        "none": ("exit 127; ", ""), "nothing": ("exit 0; ", ""), "fails": ("", "s=1"), "complains": ("", "echo odd >&2"),
        "cut": (tar + ' "$@" | head -c 50000; exit', ""), "noise": ("echo noise", ""),
        "killed": (tar + ' "$@" | { head -c 60000; kill -9 $$; }', ""),
    }
    for name, (before, after) in cases.items():
        with Place() as here:
            flat_tree(here + "/tree")
            ours = Tar(here, tar, '[ "$1" = --version ] || {\n:\n%s\n}' % before, '[ "$1" = --version ] || {\n:\n%s\n}' % after)
            for at, to in ((1, 0), (0, 1)):
                result = through(here, at, to, "rj", ours, target="/to%d" % to)
                assert (result.errors, result.done) == ([], 0), (name, to, result.errors, result.done)
                assert len(result.output) == 250, (name, len(result.output))
                base.same_tree(here + "/tree", here + "/to%d" % to, False)
            assert ours.n_runs() == 2, name


def test_what_cannot_be_read_is_a_line_and_the_others_go():
    if os.geteuid() != 0:
        return "needs root"
    with Place() as here:
        os.chmod(here, 0o777)
        flat_tree(here + "/tree")
        os.chmod(here + "/tree/2", 0)
        os.mkdir(here + "/tree/closed", 0)
        tar = Tar(here, any_tar())
        write(tar.log, b"", 0o666)
        as_nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", SERVER[0]]
        outcomes = []
        for executes in (False, True):
            at = "/to%d" % executes
            shell = Tar.__new__(Tar)
            shell.path = tar.path
            result = run([(1, here + "/tree")], (0, here + at), "rj", servers=as_nobody, executes=executes, path=tar.path,
                         runs_as=as_nobody[:-1])
            outcomes.append((said(result.errors, here + at), said(result.output, here + at)))
        assert outcomes[0] == outcomes[1], outcomes
        assert len(outcomes[0][0]) == 2 and len(outcomes[0][1]) == 250 and tar.n_runs() == 1, outcomes[0][0]


def test_a_file_that_changes_is_copied_as_it_is_then():
    """Up: a file becomes shorter while a large one in front of it is sent. Down: GNU tar fills it with zeros."""
    if "gnu" not in TARS:
        return "no GNU tar"
    with Place() as here:
        flat_tree(here + "/tree")
        write(here + "/tree/large", os.urandom(5 * 10**6))
        shrink = "for f in %s/tree/[1-9]*; do [ -d $f ] || echo short >$f; done" % here
        tar = Tar(here, 'find() { :; }; %s' % TARS["gnu"], '[ "$1" = --version ] || { %s; echo changed >&2; }' % shrink)
        result = through(here, 1, 0, "r", tar)
        assert (result.errors, result.done) == ([], 0), result.errors
        base.same_tree(here + "/tree", here + "/to", False)


def hostile(here, entries):
    """A tar that sends these; the first is the directory itself."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, kind, extra in entries:
            info = tarfile.TarInfo(name)
            info.type = kind
            info.mode = 0o777
            if kind == tarfile.REGTYPE:
                info.size = len(extra)
            elif extra:
                info.linkname = extra
            if not archive.members:
                st = os.stat(here + "/tree")
                info.mode, info.mtime, info.uid = stat.S_IMODE(st.st_mode), int(st.st_mtime), st.st_uid
            archive.addfile(info, io.BytesIO(extra) if kind == tarfile.REGTYPE else None)
    write(here + "/archive", out.getvalue())
    return Tar(here, "true", '[ "$1" = --version ] && echo GNU || cat %s/archive; exit 0' % here)


def test_names_that_lead_elsewhere_are_a_line_each_and_never_written():
    with Place() as here:
        flat_tree(here + "/tree")
        os.mkdir(here + "/out")
        write(here + "/victim", b"mine")
        bad = ["../x", "/%s/x" % here, "a/../../x", "sub/../../x", "sub//x", "..", "./../x", "sub/./x"]
        tar = hostile(here, [("./", tarfile.DIRTYPE, None), ("./sub/", tarfile.DIRTYPE, None)] +
                      [(name, tarfile.REGTYPE, b"evil") for name in bad] +
                      [("./d", tarfile.SYMTYPE, here + "/out"), ("./d/x", tarfile.REGTYPE, b"evil"),
                       ("./d/", tarfile.DIRTYPE, None), ("./d/y", tarfile.REGTYPE, b"fine"),
                       ("./v", tarfile.LNKTYPE, here + "/victim"), ("./v", tarfile.REGTYPE, b"fine"),
                       ("./dev", tarfile.CHRTYPE, None), ("./0", tarfile.REGTYPE, b"one"), ("./0", tarfile.REGTYPE, b"two")])
        result = through(here, 1, 0, "r", tar)
        assert len([line for line in result.errors if "which is not a file name; it is left out" in line]) == len(bad), result.errors
        assert os.listdir(here + "/out") == [] and read(here + "/victim") == b"mine"
        assert not os.path.exists(here + "/x") and read(here + "/to/v") == b"fine" and read(here + "/to/d/y") == b"fine"
        assert os.path.isdir(here + "/to/d") and not os.path.islink(here + "/to/d")
        assert len(os.listdir(here + "/to/sub")) == 126


def test_the_directory_itself_in_an_archive_changes_nothing():
    with Place() as here:
        flat_tree(here + "/tree")
        tar = hostile(here, [("./", tarfile.DIRTYPE, None), ("./sub/", tarfile.DIRTYPE, None), (".", tarfile.DIRTYPE, None),
                             ("./0", tarfile.REGTYPE, b"one")])
        os.chmod(here + "/tree", 0o750)
        tar = shutil.rmtree(here + "/bin") or hostile(here, [("./", tarfile.DIRTYPE, None), (".", tarfile.DIRTYPE, None)])
        result = through(here, 1, 0, "r", tar)
        assert result.errors == [] and stat.S_IMODE(os.stat(here + "/to").st_mode) == 0o750
        # Another directory than the one that SFTP sees is not taken for it.
        os.chmod(here + "/tree", 0o755)
        result = through(here, 1, 0, "r", tar, target="/to2")
        assert result.errors == []
        base.same_tree(here + "/tree", here + "/to2", False)


def settled(check, seconds=20):
    """Processes of the other computer are not waited for."""
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline
        os.sched_yield()


def test_stopped_at_any_moment_nothing_half_is_left():
    source = random.Random(5)
    for number in range(12):
        with Place() as here:
            flat_tree(here + "/tree", 400)
            write(here + "/tree/large", b"x" * 3000000)
            at = number % 2
            copier = Copier(base.PROGRAM, ["web1"], [(at, here + "/tree")], [(1 - at, here + "/to")], "r",
                            path=Tar(here, any_tar()).path)
            until = time.monotonic() + source.random() * 0.2
            while time.monotonic() < until and copier.step(0.01):
                pass
            if number % 4 < 2:
                copier.stop()
            else:
                copier.process.send_signal(signal.SIGKILL)
            while copier.step(1):
                pass
            copier.process.wait()
            copier.ours.close()
            for child in copier.children:
                child.wait()
            if number % 4 < 2:
                settled(lambda: not [name for _, dirs, names in os.walk(here) for name in dirs + names if ".pss-" in name])
            if at == 0 and os.path.exists(here + "/to"):
                assert number % 4 >= 2 or len(os.listdir(here + "/to")) in (0, 202), os.listdir(here + "/to")
            subprocess.run("rm -rf %s/to %s/.*.pss-* %s/to/.*.pss-*" % (here, here, here), shell=True, check=True)


if __name__ == "__main__":
    sys.exit(base.run_tests(globals()))
