#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How many round trips trees take, from the greeting to the last answer. The line (line.py) carries flights, so that no
machine is too slow for these tests.

  test-round-trips.py PROGRAM                              TAP
  test-round-trips.py PROGRAM DIRECTORIES FILES [flights]  what each way takes of such a tree, and what was in each
                                                           flight"""
import os
import sys
import tempfile
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from line import CountedCopier  # noqa: E402

PROGRAM = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else None
UP, DOWN = (0, 1), (1, 0)


def fill(path, n_files):
    os.makedirs(path)
    for number in range(n_files):
        with open("%s/%d" % (path, number), "wb") as file:
            file.write(b"x" * 4096)


def make_tree(path, n_directories, n_files):
    for directory in range(n_directories):
        fill("%s/%d" % (path, directory), n_files)


def flights(way, source, target, flags="r", executes=False):
    at, to = way
    result = CountedCopier(PROGRAM, ["web1"], [(at, source)], [(to, target)], flags, executes=executes).wait()
    assert (result.errors, result.done) == ([], 0), result.errors
    return result.flights


def check(found, n):
    assert len(found) == n, "%d round trips, not %d:\n%s" % (len(found), n, "\n".join(map(str, found)))


# INIT, STAT of the target, MKDIR, OPEN, WRITE, RENAME; of directories that are to keep their times SETSTAT.
def test_a_tree_goes_up_in_6_however_many_directories_and_however_deep():
    with tempfile.TemporaryDirectory() as here:
        for name, n_directories, n_files in (("few", 10, 10), ("many", 200, 1)):
            make_tree(here + "/" + name, n_directories, n_files)
            check(flights(UP, here + "/" + name, here + "/up-" + name), 6)
            check(flights(UP, here + "/" + name, here + "/kept-" + name, "rp"), 7)
        fill(here + "/deep" + "/d" * 20, 10)
        check(flights(UP, here + "/deep", here + "/up-deep"), 6)
        check(flights(UP, here + "/deep", here + "/kept-deep", "rp"), 7)


# INIT, STAT of the source, OPENDIR and READDIR of each level, OPEN, READ.
def test_a_tree_comes_down_in_two_for_a_level_and_4():
    with tempfile.TemporaryDirectory() as here:
        for name, n_directories, n_files in (("few", 10, 10), ("many", 120, 1)):
            make_tree(here + "/" + name, n_directories, n_files)
            check(flights(DOWN, here + "/" + name, here + "/down-" + name), 8)
        fill(here + "/deep" + "/d" * 5, 10)
        check(flights(DOWN, here + "/deep", here + "/down-deep"), 16)


# The listing comes by a channel of its own, which is opened beside this one.
def test_where_there_is_a_find_an_update_takes_2_and_what_it_copies():
    with tempfile.TemporaryDirectory() as here:
        make_tree(here + "/many", 120, 1)
        check(flights(DOWN, here + "/many", here + "/down-many", "ru", True), 4)
        fill(here + "/deep" + "/d" * 20, 10)
        check(flights(DOWN, here + "/deep", here + "/down-deep", "ru", True), 4)
        check(flights(DOWN, here + "/deep/.", here + "/down-deep", "ru", True), 2)


# Nothing is asked for but what there is.
def test_an_unchanged_tree_is_looked_through_in_3_up_and_two_for_a_level_and_2_down():
    with tempfile.TemporaryDirectory() as here:
        make_tree(here + "/tree", 30, 30)
        flights(UP, here + "/tree", here + "/same", "rp")
        check(flights(UP, here + "/tree/.", here + "/same", "ru"), 3)
        check(flights(DOWN, here + "/tree/.", here + "/same", "ru"), 6)


# READDIR brings 100 names, at most: 4, 8 and 16 of them.
def test_a_large_directory_is_listed_in_ever_larger_steps():
    with tempfile.TemporaryDirectory() as here:
        fill(here + "/tree", 2000)
        check(flights(DOWN, here + "/tree/.", here + "/tree", "ru"), 6)


# 400 files at a time, of which each is open for two round trips; bytes grow from 1 MiB.
def test_of_many_files_200_go_in_each_round_trip_at_least():
    with tempfile.TemporaryDirectory() as here:
        make_tree(here + "/tree", 20, 100)
        for way in (UP, DOWN):
            found = flights(way, here + "/tree", "%s/%d" % (here, way[0]))
            assert len(found) <= 8 + 2000 / 200, "\n".join(map(str, found))


TESTS = [(name, value) for name, value in list(globals().items()) if name.startswith("test_")]


def run_tests():
    print("1..%d" % len(TESTS))
    failed = False
    for number, (name, function) in enumerate(TESTS, 1):
        try:
            function()
            print("ok %d - %s" % (number, name[5:].replace("_", " ")), flush=True)
        except Exception:
            failed = True
            print("not ok %d - %s" % (number, name[5:].replace("_", " ")), flush=True)
            print("# " + traceback.format_exc().replace("\n", "\n# "), flush=True)
    return failed


def show(n_directories, n_files, with_flights):
    with tempfile.TemporaryDirectory() as here:
        tree, same = here + "/tree", here + "/same"
        make_tree(tree, n_directories, n_files)
        for name, found in (("up", flights(UP, tree, here + "/up")), ("down", flights(DOWN, tree, here + "/down")),
                            ("up, modes and times kept", flights(UP, tree, same, "rp")),
                            ("the same up, unchanged", flights(UP, tree + "/.", same, "ru")),
                            ("the same down", flights(DOWN, tree + "/.", same, "ru")),
                            ("the same down, listed by find", flights(DOWN, tree + "/.", same, "ru", True))):
            print("%4d  %s" % (len(found), name))
            for flight in found if with_flights else ():
                print("        %s" % flight)


if __name__ == "__main__":
    if len(sys.argv) > 3:
        show(int(sys.argv[2]), int(sys.argv[3]), len(sys.argv) > 4)
    else:
        sys.exit(run_tests())
