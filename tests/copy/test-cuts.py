#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""pssession-copy when something ends meanwhile: it is stopped or killed, its connection is lost, or cut in a session that
comes back. What is there afterwards is whole or goes on, and nothing else is left, or it is said. Moments are random:
PSS_SEED has them once more.

  test-cuts.py PROGRAM [NAME…]     TAP"""
import os
import random
import socket
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import copier  # noqa: E402
from copying import (PROGRAM, WAYS, Place, as_nobody, largest_part, only_error, parts, read, run, run_tests,
                     same_tree, until_part, write)  # noqa: E402

BIG = 40000000  # bytes: a copy that can be seen half done, also where the watcher is not given the processor for a while

CUTS = 51


def test_a_link_that_is_lost_is_one_line():
    with Place() as here:
        os.mkdir(here + "/tree")
        for number in range(100):
            write("%s/tree/%d" % (here, number), os.urandom(2000000))
        for at, to in ((0, 1), (1, 0)):
            running = copier.Copier(PROGRAM, ["web1"], [(at, here + "/tree")], [(to, "%s/%d" % (here, at))], "r")
            while not os.path.isdir("%s/%d" % (here, at)) or len(os.listdir("%s/%d" % (here, at))) < 3:
                assert running.step(0.001)
            running.children[0].kill()
            running.wait()
            assert len(running.errors) == 1, running.errors
            subprocess.run(["find", here, "-name", "*.pss-*", "-delete"], check=True)


# ---- being stopped


def test_stopped_at_any_moment_nothing_half_is_left():
    source = random.Random(1)
    with Place() as here:
        os.mkdir(here + "/tree")
        for number in range(60):
            write("%s/tree/%d" % (here, number), os.urandom(300000))
        for number in range(12):
            at, to = ((0, 1), (1, 0), (1, 2))[number % 3]
            there = "%s/%d" % (here, number)
            running = copier.Copier(PROGRAM, ["web1", "web2"], [(at, here + "/tree")], [(to, there)], "r")
            for _ in range(3):
                running.step(1)
            running.step(source.random() / 10)
            if number % 4 == 3:
                running.ours.shutdown(socket.SHUT_RDWR)
            else:
                running.stop()
            running.wait()
            for _, _, names in os.walk(there):
                assert not [name for name in names if ".pss-" in name], (number, names)
                for name in names:
                    assert os.path.getsize(here + "/tree/" + name) == 300000


def interrupt(running, how, place):
    """However a copy is ended, what there is so far stays."""
    if how == "cut":
        running.cut(place)
    elif how == "stop":
        running.stop()
    else:
        running.process.kill()
    running.wait()


def test_cut_at_any_moment_a_copy_is_gone_on_with():
    seed = int(os.environ.get("PSS_SEED", random.randrange(10**6)))
    print("# PSS_SEED=%d" % seed)
    source = random.Random(seed)
    with Place() as here:
        data = os.urandom(12000000)
        write(here + "/big", data)
        target = here + "/to"
        cuts = 0
        while cuts < CUTS:
            at, to = WAYS[cuts % 3]
            part = 0
            while not os.path.exists(target):
                running = copier.Copier(PROGRAM, ["web1", "web2"], [(at, here + "/big")], [(to, target)], "R")
                wanted = part + source.randrange(1, 2000000)
                while running.done is None and largest_part(here) < wanted:
                    running.step(0.0005)
                how = source.choice(["cut", "stop", "kill"])
                interrupt(running, how, max(source.choice((at, to)), 1))
                cuts += 1
                resumed = sum("going on behind" in note for note in running.notes)
                assert len(running.errors) <= (how == "cut") and resumed == (part > 0), (how, running.errors, running.notes)
                part = largest_part(here)
            assert read(target) == data and not parts(here)
            os.remove(target)


def test_what_a_killed_copy_leaves_the_next_one_clears_or_goes_on_with():
    with Place() as here:
        write(here + "/big", os.urandom(BIG))
        for at, to in WAYS:
            for flags, said in (("", None), ("R", "going on behind")):
                target = "%s/%d" % (here, to)
                running = copier.Copier(PROGRAM, ["web1", "web2"], [(at, here + "/big")], [(to, target)])
                until_part(running, here, 300000)
                running.kill()
                assert len(parts(here)) == 1 and not os.path.exists(target)
                result = run([(at, here + "/big")], (to, target), flags)
                assert (result.errors, parts(here)) == ([], []), (at, to, flags, result.errors, parts(here))
                assert read(target) == read(here + "/big")
                assert not said or [note for note in result.notes if said in note], (at, to, result.notes)
                os.remove(target)


def test_what_cannot_be_removed_is_named_with_the_way_out():
    with Place() as here:
        write(here + "/big", os.urandom(BIG))
        for at, to in ((0, 1), (1, 2)):
            running = copier.Copier(PROGRAM, ["web1", "web2"], [(at, here + "/big")], [(to, here + "/to")])
            until_part(running, here, 300000)
            running.cut(to)
            running.wait()
            left = parts(here)
            assert len(left) == 1
            only_error(running, "the connection was lost; %s, not whole, could not be removed there" % left[0],
                       "goes on with it with -Resume, and clears it without")
            assert not run([(at, here + "/big")], (to, here + "/to")).errors
            assert not parts(here)


def test_a_download_that_is_lost_leaves_nothing_here():
    with Place() as here:
        write(here + "/big", os.urandom(BIG))
        running = copier.Copier(PROGRAM, ["web1"], [(1, here + "/big")], [(0, here + "/to")])
        until_part(running, here, 300000)
        running.cut(1)
        running.wait()
        only_error(running, "the connection was lost")
        assert not parts(here) and not os.path.exists(here + "/to")


def test_two_copies_to_one_name_do_not_share_a_part():
    with Place() as here:
        for name in "ab":
            write(here + "/" + name, name.encode() * 8000000)
            os.utime(here + "/" + name, (1, 1))
        for at, to in WAYS:
            for flags in ("", "R"):
                both = [copier.Copier(PROGRAM, ["web1", "web2"], [(at, here + "/" + name)], [(to, here + "/c")], flags)
                        for name in "ab"]
                while any(running.done is None for running in both):
                    for running in both:
                        running.step(0.001)
                for running in both:
                    assert not running.wait().errors
                assert read(here + "/c") in (b"a" * 8000000, b"b" * 8000000), (at, to, flags)
                assert not parts(here)


def test_a_part_of_another_users_is_not_in_the_way():
    if os.geteuid() != 0:
        return
    with Place() as here:
        os.chmod(here, 0o1777)
        write(here + "/big", os.urandom(20000000), 0o644)
        running = copier.Copier(PROGRAM, ["web1"], [(0, here + "/big")], [(1, here + "/to")])
        until_part(running, here, 300000)
        running.kill()
        left = parts(here)
        result = run([(0, here + "/big")], (1, here + "/to"), servers=as_nobody(copier.SERVER[0]))
        assert not result.errors and read(here + "/to") == read(here + "/big") and parts(here) == left
        os.remove(left[0])


# ---- a session that comes back by itself


def cut_tree(here, source):
    """Many small files, some larger ones, links; perhaps one that is very large."""
    os.makedirs(here + "/tree/sub/deep/er")
    for number in range(source.randrange(200)):
        write("%s/tree/sub/%d" % (here, number), os.urandom(source.randrange(30000)))
    for number in range(source.randrange(20)):
        write("%s/tree/sub/deep/f%d" % (here, number), os.urandom(source.randrange(300000)))
    for number in range(source.randrange(5)):
        os.symlink("nowhere", "%s/tree/link%d" % (here, number))
    if source.randrange(2):
        write(here + "/tree/big", os.urandom(source.randrange(12000000)))
    subprocess.run(["find", here + "/tree", "-exec", "touch", "-h", "-d", "2001-02-03", "{}", "+"], check=True)


def cut_copy(here, at, to, source, cuts):
    """A copy that is cut up to so many times, at random moments; how many came before its end."""
    flags = source.choice(["rp", "rpu", "rpR"])
    pause = source.choice([0.0005, 0.003, 0.02])
    running = copier.Copier(PROGRAM, ["web1", "web2"], [(at, here + "/tree")], [(to, here + "/to")], flags, survives=True)
    n = 0
    while running.done is None and running.step(source.random() * pause):
        if n < cuts and running.open and source.random() < 0.1:
            running.cut(source.choice([place for place, _ in running.open.values()]))
            n += 1
    running.wait()
    return running, n


def test_a_copy_goes_on_by_itself_when_a_session_comes_back():
    seed = int(os.environ.get("PSS_SEED", random.randrange(10**6)))
    print("# PSS_SEED=%d" % seed)
    source = random.Random(seed)
    cuts = 0
    for number in range(12):
        with Place() as here:
            cut_tree(here, source)
            running, n = cut_copy(here, *WAYS[number % 3], source, 7)
            cuts += n
            assert not running.errors and running.done == 0, (number, running.errors)
            same_tree(here + "/tree", here + "/to")
            assert not parts(here), (number, parts(here))
    assert cuts > 12, cuts


def test_stopped_while_a_session_is_away_what_is_left_is_said():
    with Place() as here:
        write(here + "/big", os.urandom(BIG))
        running = copier.Copier(PROGRAM, ["web1"], [(0, here + "/big")], [(1, here + "/to")], survives=True)
        until_part(running, here, 300000)
        running.away = True
        running.cut(1)
        while not running.notes:
            running.step(1)
        running.stop()
        running.wait()
        left = parts(here)
        assert len(left) == 1 and not running.errors
        assert running.notes[1].startswith("web1:%s, not whole, could not be removed there" % left[0]), running.notes
        os.remove(left[0])


def test_a_link_that_a_killed_copy_has_left_is_not_in_the_way():
    with Place() as here:
        os.mkdir(here + "/tree")
        os.mkdir(here + "/to")
        os.symlink("nowhere", here + "/tree/link")
        write(here + "/big", os.urandom(BIG))
        running = copier.Copier(PROGRAM, ["web1"], [(0, here + "/big")], [(1, here + "/to")])
        until_part(running, here, 300000)
        running.kill()
        part = parts(here)[0]
        os.remove(part)
        os.symlink("stale", part.replace(".big.", ".link."))
        result = run([(0, here + "/tree/.")], (1, here + "/to"), "r")
        assert not result.errors and os.readlink(here + "/to/link") == "nowhere", result.errors


def test_a_session_that_does_not_come_back_ends_the_copy():
    with Place() as here:
        write(here + "/big", os.urandom(BIG))
        for at, to in ((0, 1), (1, 0)):
            running = copier.Copier(PROGRAM, ["web1"], [(at, here + "/big")], [(to, here + "/to")], survives=True)
            until_part(running, here, 300000)
            running.servers = {1: None}
            running.cut(1)
            running.wait()
            only_error(running, "cannot be reached")
            subprocess.run(["find", here, "-name", "*.pss-*", "-delete"], check=True)


def test_a_part_of_another_file_is_not_gone_on_with():
    with Place() as here:
        write(here + "/big", os.urandom(5000000))
        os.utime(here + "/big", (1, 1))
        for at, to in ((0, 1), (1, 0)):
            target = "%s/%d" % (here, at)
            running = copier.Copier(PROGRAM, ["web1"], [(at, here + "/big")], [(to, target)], "R")
            while largest_part(here) < 100000:
                running.step(0.0005)
            running.stop()
            running.wait()
            if os.path.exists(target):
                os.remove(target)
            part = [name for name in os.listdir(here) if ".pss-" in name]
            if part:
                with open(here + "/" + part[0], "r+b") as file:
                    file.write(b"not this")
            result = run([(at, here + "/big")], (to, target), "R")
            assert not result.errors and read(target) == read(here + "/big")
            assert bool(part) == bool([note for note in result.notes if "beginning again" in note]), result.notes


if __name__ == "__main__":
    sys.exit(run_tests(globals()))
