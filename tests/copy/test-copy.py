#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""pssession-copy between here and OpenSSH's sftp-server: what is copied is compared with what cp, scp's ways and tar make
of it.

  test-copy.py PROGRAM [NAME…]     TAP"""
import filecmp
import json
import os
import random
import shutil
import socket
import stat
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import copier  # noqa: E402
from copier import copy  # noqa: E402
from copying import (PROGRAM, Place, as_nobody, largest_part, listing, only_error, random_tree, read, run,
                     run_tests, same_tree, write)  # noqa: E402


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
            for number, (at, to, executes) in enumerate(((0, 1, True), (1, 0, True), (1, 2, True), (0, 1, False),
                                                         (1, 0, False))):
                result = run([(at, tree)], (to, "%s/%d" % (here, number)), "rp", executes=executes)
                assert (result.errors, result.done) == ([], 0), (seed, result.errors)
                same_tree(tree, "%s/%d" % (here, number))


# ---- what the target is


def target_case(here, target, sources, flags=""):
    """The same by us, up and down, and by cp -r, which knows nothing of computers."""
    made = []
    for way in ("cp", "up", "down"):
        root = here + "/" + way
        os.mkdir(root)
        os.mkdir(root + "/dir")
        write(root + "/file", b"old")
        if way == "cp":
            status = subprocess.run(["cp", "-r", *[here + "/" + name for name in sources], root + "/" + target],
                                    check=False, stderr=subprocess.DEVNULL).returncode
        else:
            at, to = (0, 1) if way == "up" else (1, 0)
            result = run([(at, here + "/" + name) for name in sources], (to, root + "/" + target), "r" + flags)
            status = 1 if result.errors else 0
            assert not [line for line in result.errors if "\n" in line]
        made.append((status, listing(root, False)))
        shutil.rmtree(root)
    return made


def test_the_target_is_a_directory_a_file_or_nothing():
    with Place() as here:
        write(here + "/a", b"one")
        write(here + "/b", b"two")
        os.makedirs(here + "/tree/sub")
        write(here + "/tree/sub/c", b"three")
        for target, sources in (("dir", ["a"]), ("dir/", ["a", "b"]), ("file", ["a"]), ("new", ["a"]), ("dir", ["tree"]),
                                ("new", ["tree"]), ("dir", ["tree/"]), ("dir/new", ["tree"]), ("file", ["tree"]),
                                ("file", ["a", "b"]), ("dir", ["tree/."]), ("none/new", ["a"]), ("dir", ["gone"])):
            cp, up, down = target_case(here, target, sources)
            assert cp == up, (target, sources, cp, up)
            assert cp == down, (target, sources, cp, down)


def test_several_sources_make_the_directory_that_they_go_to():
    with Place() as here:
        write(here + "/a", b"one")
        write(here + "/b", b"two")
        for at, to in ((0, 1), (1, 0)):
            result = run([(at, here + "/a"), (at, here + "/b")], (to, "%s/new%d" % (here, at)))
            assert not result.errors and sorted(os.listdir("%s/new%d" % (here, at))) == ["a", "b"]
            assert not run([(at, here + "/a")], (to, "%s/slash%d/" % (here, at))).errors
            assert os.listdir("%s/slash%d" % (here, at)) == ["a"]


def test_globs_are_compared_with_the_listing_and_never_evaluated():
    with Place() as here:
        for name in ("a.gz", "b.gz", "c", ".d.gz", "$(touch x).gz", "`touch y`.gz", "[z].gz"):
            write(here + "/" + name, b"x")
        os.mkdir(here + "/to")
        result = run([(1, here + "/*.gz")], (0, here + "/to"))
        assert not result.errors
        assert sorted(os.listdir(here + "/to")) == sorted(["a.gz", "b.gz", "$(touch x).gz", "`touch y`.gz", "[z].gz"])
        assert not os.path.exists(here + "/x") and not os.path.exists(here + "/y")
        shutil.rmtree(here + "/to")
        os.mkdir(here + "/to")
        assert not run([], (0, here + "/to"), words=["place=web1", "literal=1 %s/[z].gz" % here], labels=[]).errors
        assert os.listdir(here + "/to") == ["[z].gz"]
        result = run([(1, here + "/*.none")], (0, here + "/to"))
        assert result.errors == ["web1:%s/*.none: no such file or directory" % here]


def test_relative_paths_begin_in_the_directory_of_the_session():
    with Place() as here:
        os.makedirs(here + "/there/sub")
        write(here + "/a", b"x")
        for target, made in (("", "there/a"), ("sub", "there/sub/a"), ("../b", "b"), ("./c", "there/c")):
            assert not run([(0, "a")], (1, target), directories={1: here + "/there"}, cwd=here).errors
            assert os.path.exists(here + "/" + made), made


def test_filters_are_of_names_and_flattening_of_files():
    with Place() as here:
        os.makedirs(here + "/tree/a/skip")
        os.makedirs(here + "/tree/b")
        for name in ("a/1.log", "a/2.txt", "b/3.log", "b/4.log.old", "a/skip/5.log"):
            write(here + "/tree/" + name, b"x")
        for at, to in ((0, 1), (1, 0)):
            for words, flags, made in (
                    (["filter=*.log"], "r", ["a/1.log", "a/skip/5.log", "b/3.log"]),
                    (["include=*.txt", "include=3*", "exclude=skip"], "r", ["a/2.txt", "b/3.log"]),
                    (["filter=*.log", "exclude=3*"], "rc", ["1.log", "5.log"])):
                os.mkdir(here + "/to")
                result = run([(at, here + "/tree/.")], (to, here + "/to"), flags, words=words)
                found = sorted(os.path.relpath(os.path.join(path, name), here + "/to")
                               for path, _, names in os.walk(here + "/to") for name in names)
                assert (result.errors, found) == ([], made), (result.errors, found)
                shutil.rmtree(here + "/to")


def test_directories_of_a_group_hand_it_on():
    with Place() as here:
        os.makedirs(here + "/tree/sub")
        for at, to in ((0, 1), (1, 0)):
            os.mkdir("%s/%d" % (here, at))
            os.chmod("%s/%d" % (here, at), 0o2775)
            assert not run([(at, here + "/tree")], (to, "%s/%d" % (here, at)), "r").errors
            assert os.stat("%s/%d/tree/sub" % (here, at)).st_mode & stat.S_ISGID


def test_holes_stay_holes():
    with Place() as here:
        with open(here + "/sparse", "wb") as file:
            file.write(b"begin")
            file.seek(50000000)
            file.write(b"middle")
            file.truncate(100000000)
        for at, to in ((0, 1), (1, 0)):
            target = "%s/%d" % (here, at)
            assert not run([(at, here + "/sparse")], (to, target)).errors
            assert filecmp.cmp(here + "/sparse", target, False) and os.stat(target).st_blocks < 4000


# ---- what is refused, and what fails


def test_fifos_sockets_and_directories_are_refused_in_words_and_the_others_go_on():
    with Place() as here:
        tree = here + "/tree"
        os.mkdir(tree)
        os.mkfifo(tree + "/fifo")
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(tree + "/socket")
        write(tree + "/file", b"x")
        for at, to in ((0, 1), (1, 0)):
            result = run([(at, tree)], (to, "%s/%d" % (here, at)), "r")
            assert sorted(line.rsplit(": ")[1] for line in result.errors) == [
                "it is a fifo, which is not copied", "it is a socket, which is not copied"], result.errors
            assert os.listdir("%s/%d" % (here, at)) == ["file"]
            only_error(run([(at, tree)], (to, here + "/x")), "it is a directory (-Recurse copies it)")
            only_error(run([(at, tree + "/fifo")], (to, here + "/x")), "it is a fifo")
            only_error(run([(at, "/dev/null")], (to, here + "/x")), "it is a device")
        listener.close()


def test_a_directory_in_the_way_and_what_is_read_only_are_a_line_each():
    with Place() as here:
        os.makedirs(here + "/tree")
        for name in ("way", "ro", "free"):
            write(here + "/tree/" + name, b"new")
        write(here + "/tree/dir", b"a file here, a directory there")
        for at, to in ((0, 1), (1, 0)):
            there = "%s/%d" % (here, at)
            os.makedirs(there + "/tree/way")
            os.makedirs(there + "/tree/dir")
            write(there + "/tree/ro", b"old", 0o444)
            result = run([(at, here + "/tree")], (to, there), "r")
            assert sorted(line.rsplit("/")[-1] for line in result.errors) == [
                "dir: a directory is in the way", "ro: it is read-only (-Force replaces it)",
                "way: a directory is in the way"], result.errors
            assert read(there + "/tree/free") == b"new" and read(there + "/tree/ro") == b"old"
            assert len(run([(at, here + "/tree")], (to, there), "rf").errors) == 2
            assert read(there + "/tree/ro") == b"new"
            assert stat.S_IMODE(os.stat(there + "/tree/ro").st_mode) == 0o444


def test_a_file_in_the_way_of_a_directory_is_one_line_whatever_is_in_it():
    with Place() as here:
        os.makedirs(here + "/tree/sub/deep/deeper")
        for number in range(20):
            write("%s/tree/sub/%d" % (here, number), b"x")
            write("%s/tree/sub/deep/deeper/%d" % (here, number), b"x")
        write(here + "/tree/other", b"x")
        for at, to in ((0, 1), (1, 0)):
            there = "%s/%d" % (here, at)
            os.makedirs(there + "/tree")
            write(there + "/tree/sub", b"a file")
            for flags, executes in (("r", True), ("ru", True), ("rp", False), ("ru", False)):
                result = run([(at, here + "/tree")], (to, there), flags, executes=executes)
                assert len(result.errors) == 1, (flags, result.errors)
                assert read(there + "/tree/other") == b"x" and read(there + "/tree/sub") == b"a file"


def test_permission_denied_is_a_line_each():
    if os.geteuid() != 0:
        return
    with Place() as here:
        os.chmod(here, 0o755)
        os.makedirs(here + "/closed")
        write(here + "/a", b"x")
        write(here + "/secret", b"x", 0o600)
        server = as_nobody(copier.SERVER[0])
        only_error(run([(0, here + "/a")], (1, here + "/closed/a"), servers=server), "closed/a: permission denied")
        only_error(run([(1, here + "/secret")], (0, here + "/b"), servers=server), "secret", "ermission denied")
        assert not os.path.exists(here + "/b")


def test_a_directory_that_may_not_be_listed_is_a_line():
    if os.geteuid() != 0:
        return
    with Place() as here:
        os.chmod(here, 0o755)
        make_tree(here + "/tree")
        for name, mode in (("closed", 0o700), ("unsearchable", 0o744), ("unreadable", 0o711)):
            os.makedirs(here + "/tree/" + name)
            write("%s/tree/%s/a" % (here, name), b"x")
            os.chmod(here + "/tree/" + name, mode)
        said = []
        for number, executes in enumerate((False, True)):
            result = run([(1, here + "/tree")], (0, "%s/%d" % (here, number)), "ru", servers=as_nobody(copier.SERVER[0]),
                         executes=executes, runs_as=as_nobody("/usr/bin/env"))
            assert len(result.errors) == 2, result.errors  # sftp-server leaves out what it may not look at
            said.append((sorted(result.errors), listing("%s/%d" % (here, number), False)))
        assert said[0] == said[1], said


def test_a_full_disk_is_a_line_and_nothing_half_is_left():
    if os.geteuid() != 0:
        return
    with Place() as here:
        os.mkdir(here + "/small")
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", here + "/small"], check=True)
        try:
            write(here + "/big", os.urandom(3000000))
            write(here + "/little", b"x")
            for at, to in ((0, 1), (1, 0)):
                result = run([(at, here + "/big"), (at, here + "/little")], (to, here + "/small"))
                only_error(result, "small/big: ", "o space")
                assert os.listdir(here + "/small") == ["little"], os.listdir(here + "/small")
        finally:
            subprocess.run(["umount", here + "/small"], check=True)


def test_a_place_that_cannot_be_reached_is_one_line_and_the_others_go_on():
    with Place() as here:
        write(here + "/a", b"x")
        os.mkdir(here + "/to")
        servers = {1: None, 2: copier.SERVER}
        result = copy(PROGRAM, ["web1", "web2"], [(0, here + "/a")], [(1, here + "/to"), (2, here + "/to")],
                      flags="j", servers=servers)
        assert result.errors == ["cannot be reached"] and os.listdir(here + "/to") == ["a"]
        assert [(line["host"], line["result"], line.get("error")) for line in map(json.loads, result.output)] == [
            ("web1", "failed", "cannot be reached"), ("web2", "copied", None)]


def test_what_is_there_with_the_same_size_and_time_is_left_out():
    with Place() as here:
        random_tree(os.fsencode(here + "/tree"), random.Random(5), 3)
        for at, to in ((0, 1), (1, 0)):
            there = "%s/%d" % (here, at)
            first = run([(at, here + "/tree")], (to, there), "ruj")
            assert not first.errors and not [line for line in first.output if '"skipped"' in line]
            again = run([(at, here + "/tree/.")], (to, there), "ruj")
            changed = [line for line in again.output if '"skipped"' not in line and '"bytes"' in line]
            assert not again.errors and not changed, changed


def test_of_what_is_there_what_has_changed_is_copied():
    with Place() as here:
        make_tree(here + "/tree")
        write(here + "/tree/sub/0", b"x", 0o444)
        for at, to in ((0, 1), (1, 0)):
            there = "%s/%d" % (here, at)
            assert not run([(at, here + "/tree")], (to, there), "ru").errors
        write(here + "/tree/sub/7", b"longer")
        os.utime(here + "/tree/sub/deep/3", (1, 1))
        os.makedirs(here + "/tree/new")
        write(here + "/tree/new/a", b"new")
        for at, to, executes in ((0, 1, False), (1, 0, False), (1, 0, True)):
            there = "%s/%d" % (here, at)
            if executes:
                os.utime(there + "/sub/7", (1, 1))
                os.remove(there + "/new/a")
                os.remove(there + "/sub/deep/3")
            result = run([(at, here + "/tree/.")], (to, there), "ruj", executes=executes)
            copied = sorted(os.path.relpath(line["source"].split(":")[-1], here + "/tree")
                            for line in map(json.loads, result.output) if line["result"] == "copied")
            assert (result.errors, copied) == ([], ["new/a", "sub/7", "sub/deep/3"]), (result.errors, copied)
            assert subprocess.run(["diff", "-r", here + "/tree", there], check=False).returncode == 0


# ---- many


def test_one_file_goes_to_many_and_the_same_name_comes_from_many():
    with Place() as here:
        write(here + "/app", os.urandom(3000000))
        labels = ["web%02d" % number for number in range(1, 13)]
        for label in labels:
            os.mkdir(here + "/" + label)
        places = list(range(1, 13))
        result = copy(PROGRAM, labels, [(0, here + "/app")], [(number, "") for number in places], "", ["throttle=3"],
                      directories={number: here + "/" + labels[number - 1] for number in places})
        assert not result.errors
        for label in labels:
            assert read(here + "/" + label + "/app") == read(here + "/app")
        result = copy(PROGRAM, labels, [(number, "app") for number in places], [(0, here + "/all")], "n",
                      directories={number: here + "/" + labels[number - 1] for number in places})
        assert not result.errors, result.errors
        assert sorted(os.listdir(here + "/all")) == labels
        for label in labels:
            assert read(here + "/all/" + label + "/app") == read(here + "/app")


def test_what_is_wrong_here_is_said_once_whatever_the_number_of_computers():
    with Place() as here:
        os.mkdir(here + "/to")
        os.mkdir(here + "/directory")
        write(here + "/a", b"x")
        for place in (1, 2, 3):
            os.mkdir("%s/to/%d" % (here, place))
        sources = [(0, here + "/" + name) for name in ("gone", "directory", "a")]
        result = copy(PROGRAM, ["web1", "web2", "web3"], sources, [(place, "%s/to/%d" % (here, place)) for place in (1, 2, 3)])
        assert sorted(result.errors) == [here + "/directory: it is a directory (-Recurse copies it)",
                                         here + "/gone: No such file or directory"], result.errors
        assert [os.listdir("%s/to/%d" % (here, place)) for place in (1, 2, 3)] == [["a"]] * 3


# ---- others who are there at the same time


def test_several_that_make_one_directory_do_not_fail():
    labels = ["web%d" % number for number in range(1, 9)]
    with Place() as here:
        write(here + "/a", b"x")
        for number in range(6):
            result = copy(PROGRAM, labels, [(0, here + "/a")], [(place, "%s/%d/" % (here, number)) for place in range(1, 9)])
            assert not result.errors, result.errors


def test_two_copies_to_one_name_leave_one_of_the_two():
    with Place() as here:
        write(here + "/a", b"a" * 5000000)
        write(here + "/b", b"b" * 5000000)
        for at, to in ((0, 1), (1, 0)):
            both = [copier.Copier(PROGRAM, ["web1"], [(at, here + "/" + name)], [(to, here + "/c")]) for name in "ab"]
            for running in both:
                assert not running.wait().errors
            assert read(here + "/c") in (b"a" * 5000000, b"b" * 5000000)


SWAP = """
import ctypes, os, sys
one, other = os.fsencode(sys.argv[1]), os.fsencode(sys.argv[2])
exchange = ctypes.CDLL(None).renameat2
while True:
    exchange(-100, one, -100, other, 2)
"""


def while_swapped(one, other, work):
    swapping = subprocess.Popen([sys.executable, "-c", SWAP, one, other])
    try:
        for _ in range(25):
            work()
    finally:
        swapping.kill()
        swapping.wait()


def make_tree(path):
    os.makedirs(path + "/sub/deep")
    for number in range(50):
        write("%s/sub/%d" % (path, number), b"x")
        write("%s/sub/deep/%d" % (path, number), b"x")


def test_a_directory_that_is_swapped_for_a_link_leads_nowhere():
    with Place() as here:
        for name in ("outside", "to/tree/sub"):
            os.makedirs(here + "/" + name)
        make_tree(here + "/tree")
        os.symlink(here + "/outside", here + "/link")
        while_swapped(here + "/to/tree/sub", here + "/link", lambda: run([(1, here + "/tree")], (0, here + "/to"), "r"))
        assert os.listdir(here + "/outside") == []


def test_what_a_swapped_link_leads_to_is_not_read():
    with Place() as here:
        os.mkdir(here + "/outside")
        write(here + "/outside/secret", b"secret")
        write(here + "/outside/1", b"secret")
        make_tree(here + "/tree")
        os.symlink(here + "/outside", here + "/link")
        while_swapped(here + "/tree/sub", here + "/link", lambda: run([(0, here + "/tree")], (1, here + "/to"), "r"))
        assert not [names for _, _, names in os.walk(here + "/to") if "secret" in names]
        assert os.path.islink(here + "/to/sub") or read(here + "/to/sub/1") == b"x"


def test_a_file_that_changes_while_it_is_read_is_a_line():
    with Place() as here:
        for at, to in ((0, 1), (1, 0)):
            write(here + "/log", os.urandom(30000000))
            running = copier.Copier(PROGRAM, ["web1"], [(at, here + "/log")], [(to, here + "/copy")])
            while largest_part(here) == 0:
                running.step(0.0005)
            os.truncate(here + "/log", 100)
            running.wait()
            only_error(running, "/log: ", "while it was ")
            assert not os.path.exists(here + "/copy")


# ---- servers that lie


def lie(here, kind):
    os.makedirs(here + "/outside", exist_ok=True)
    os.makedirs(here + "/to", exist_ok=True)
    os.environ["OUTSIDE"] = here + "/outside"
    server = [sys.executable, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lying-server.py"), kind]
    result = run([(1, "/tree")], (0, here + "/to"), "rp", servers=server)
    assert sorted(os.listdir(here)) == ["outside", "to"], os.listdir(here)
    assert os.listdir(here + "/outside") == [] and os.listdir(here + "/to") == ["tree"]
    return result


def test_names_that_lead_elsewhere_are_a_line_each_and_never_written():
    with Place() as here:
        result = lie(here, "names")
        assert len(result.errors) == 5, result.errors
        assert os.listdir(here + "/to/tree") == ["good"] and read(here + "/to/tree/good") == b"12345"


def test_no_file_goes_through_a_link_that_the_server_listed():
    with Place() as here:
        result = lie(here, "links")
        assert read(here + "/to/tree/good") == b"12345" and read(here + "/to/tree/d/f") == b"12345"
        only_error(result, "to/tree/d: ")


def test_an_entry_of_the_directory_itself_changes_nothing():
    with Place() as here:
        lie(here, "modes")
        assert stat.S_IMODE(os.stat(here + "/to").st_mode) & 0o700 == 0o700
        assert read(here + "/to/tree/good") == b"12345"


def test_directories_without_end_have_one():
    with Place() as here:
        result = lie(here, "endless")
        subprocess.run(["rm", "-rf", here + "/to/tree"], check=True)  # deeper than Python walks
        only_error(result, "it is more than 1024 directories deep")


def test_more_of_a_file_than_there_is_is_not_written():
    with Place() as here:
        lie(here, "long")
        assert not os.path.exists(here + "/to/tree/good") or os.path.getsize(here + "/to/tree/good") == 5


# ---- a tree that find lists


FIND = """#!/bin/sh
case $2 in -maxdepth) printf x; exit ;; esac
n='1 644 1.5'
printf 'd0 %s tree\\0' "$n"
%s
"""


def find_that(here, script):
    """Where there is a program `find` that does this."""
    os.makedirs(here + "/bin", exist_ok=True)
    with open(here + "/bin/find", "w", encoding="ascii") as file:
        file.write(FIND.replace("%s\n", script + "\n"))
    os.chmod(here + "/bin/find", 0o755)
    return {"path": "%s/bin:%s" % (here, os.environ["PATH"])}


def test_where_there_is_no_such_find_the_tree_is_listed_by_sftp():
    with Place() as here:
        make_tree(here + "/tree")
        write(here + "/find", b"#!/bin/sh\nexit 1\n", 0o755)
        for number, words in enumerate(({"executes": False}, {"path": here + ":" + os.environ["PATH"]},
                                        {"runs_as": ["/bin/false"]}, {"runs_as": ["/bin/sh", "-c", "exec cat"]},
                                        {"runs_as": ["/bin/sh", "-c", "exec yes 2>/dev/null"]})):
            assert not run([(1, here + "/tree")], (0, "%s/%d" % (here, number)), "ru", **words).errors
            same_tree(here + "/tree", "%s/%d" % (here, number), False)


def test_a_find_that_lies_leads_nowhere():
    with Place() as here:
        make_tree(here + "/tree")
        write(here + "/outside", b"x")
        for script, *words in (
                ("for name in ../outside /etc a/b .. . ''; do printf 'f1 %s %s\\0' \"$n\" \"$name\"; done; ", "not a file name"),
                ("printf 'f3 %s deep\\0' \"$n\"", "before it was whole"), ("printf 'd1 %s' \"$n\"; kill $PPID", "before it was whole"),
                ("printf 'f1 x y z\\0'", "before it was whole"), ("yes", "before it was whole"), ("exit 1", "not all of it"),
                ("printf 'd1 %s ..\\0f2 %s x\\0' \"$n\" \"$n\"", "not a file name", "before it was whole")):
            result = run([(1, here + "/tree")], (0, here + "/to/"), "ru", **find_that(here, script))
            for word in words:
                assert [line for line in result.errors if word in line], (script, result.errors)
            assert os.listdir(here + "/to") == ["tree"] and os.listdir(here + "/to/tree") == [], script
            shutil.rmtree(here + "/to")


if __name__ == "__main__":
    sys.exit(run_tests(globals()))
