#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds the tree to the table of its rooms.

  check-rooms.py TABLE BUILD [--arrows]
  check-rooms.py TABLE --includes     without a build: the includes alone

(the tree is the one that this file is in)

A room is a folder of plugin/, or one of the two adapters. A line of the table says which rooms it may call and, in
parentheses, of which it may use the types alone; behind a bar, of which libraries it may include headers. What it may and
does not is wrong too, where there is a build. Checked are the
includes of the sources and the undefined symbols of the objects, so that a call through a prototype that was declared again
counts too. In the same way circles between files are found: files that need each other are one object in several files, and
have to say so by a private.h that all of them include. With --arrows the table is printed as the tree has it. Prints what is
wrong, one thing a line; the status says whether there was any."""
import json
import os
import re
import subprocess
import sys

ADAPTERS = ("bash-builtin", "zsh-module")
LIBRARIES = {"glib": r"<(glib|gio)", "libssh": r"<libssh/", "bash": r'[<"](bash/|builtins\.h|bashtypes\.h)', "zsh": r"<zsh/"}
wrong = []


def read_table(path):
    """Of each room: those it may call, those whose types it may use, and libraries."""
    rooms = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            line = line.split("#")[0].strip()
            if not line:
                continue
            room, rest = line.split(":", 1)
            uses, _, libraries = rest.partition("|")
            types = set(re.findall(r"\(([\w/]+)\)", uses))
            calls = set(re.sub(r"\([\w/]+\)", " ", uses).split())
            rooms[room.strip()] = (calls, types, set(libraries.split()))
    return rooms


def sources(tree):
    found = []
    for top in ("plugin", *ADAPTERS):
        for folder, folders, names in os.walk(os.path.join(tree, top)):
            folders[:] = [name for name in folders if name != "stub"]  # headers that a system may lack
            found += [os.path.relpath(os.path.join(folder, name), tree) for name in names if re.search(r"\.[ch]$", name)]
    return sorted(found)


def room_of(path):
    """plugin/link/config/x.c: link/config; bash-builtin/x.c: bash-builtin"""
    return os.path.dirname(path).removeprefix("plugin/")


def folder_of(room):
    return room if room in ADAPTERS else "plugin/" + room


def uses_of_includes(tree, files):
    """Of each two files, of which the first includes the second: how it does."""
    uses = {}
    for path in files:
        with open(os.path.join(tree, path), encoding="utf-8") as file:
            text = file.read()
        for name in re.findall(r'^#include "([\w/-]+\.h)"', text, re.M):
            target = next((place for place in ("plugin/" + name, name) if place in files), None)
            if not target:
                continue
            if os.path.basename(name) == "private.h" and room_of(path) != room_of(target):
                wrong.append(f"{path}: {name} is private to its folder")
            uses[path, target] = f"{path} includes {name}"
    return uses


def arrows_of(uses):
    """The same between rooms: of each two of them one use."""
    arrows = {}
    for (path, target), why in uses.items():
        arrows.setdefault((room_of(path), room_of(target)), why)
    return arrows


def objects(tree, build, files):
    """Of each source of a room: its object, once, though tests may compile it again."""
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        commands = json.load(file)
    found = {}
    for command in commands:
        path = os.path.relpath(os.path.join(command["directory"], command["file"]), tree)
        output = os.path.join(command["directory"], command["output"])
        if path in files and command["output"].split("/")[0] == path.split("/")[0] and os.path.exists(output):
            found[path] = output
    return found


# What a program has for others than its rooms; the last two in the place of libc's, for libraries
# (plugin/link/libssh/link/read-ahead.c).
NOBODYS = {"main", "recv", "poll"}


def symbols(outputs):
    """Of each object: the names that it defines, and those that it wants. One run of nm for all."""
    out = subprocess.run(["nm", "-P", "-A", *outputs], capture_output=True, text=True, check=True).stdout
    found = {output: (set(), set()) for output in outputs}
    for line in out.splitlines():
        output, symbol = line.split(": ", 1)
        name, kind = symbol.split()[:2]
        if kind == "U":
            found[output][1].add(name)
        elif kind in "TDBRCV":
            found[output][0].add(name)
    return found


def uses_of_calls(compiled):
    """Of each two files, of which the first wants a symbol of the second: which."""
    of_object = symbols(sorted(compiled.values()))
    of_file = {path: of_object[output] for path, output in compiled.items()}
    where = {}
    for path, (defined, _) in of_file.items():
        for name in defined - NOBODYS:
            if name in where:
                wrong.append(f"{name} is defined by {where[name]} and {path}")
            where[name] = path
    uses = {}
    for path, (_, undefined) in of_file.items():
        for name in sorted(undefined):
            if name in where:
                uses.setdefault((path, where[name]), f"{path} calls {name} of {where[name]}")
    return uses


def find_circles(arrows):
    """Sets of files, each of which can be reached from each (Tarjan's strongly connected components)."""
    index, low, stack, found = {}, {}, [], []

    def visit(path):
        index[path] = low[path] = len(index)
        stack.append(path)
        for target in arrows.get(path, ()):
            if target not in index:
                visit(target)
            if target in stack:
                low[path] = min(low[path], low[target])
        if low[path] == index[path]:
            at = stack.index(path)
            found.append(set(stack[at:]))
            del stack[at:]

    for path in sorted(arrows):
        if path not in index:
            visit(path)
    return [circle for circle in found if len(circle) > 1]


def check_circles(uses):
    """A source needs what it includes and what it calls; a header, what it includes."""
    arrows = {}
    for path, target in uses:
        if path != target:
            arrows.setdefault(path, set()).add(target)
    for circle in find_circles(arrows):
        folders = {os.path.dirname(path) for path in circle}
        if len(folders) > 1 or any((path, min(folders) + "/private.h") not in uses for path in circle):
            wrong.append(f"{', '.join(sorted(circle))} need each other, and share no private.h:")
            wrong.extend(f"  {uses[path, target]}" for path in sorted(circle) for target in sorted(arrows[path] & circle))


def libraries_of(tree, files):
    used = {}
    for path in files:
        with open(os.path.join(tree, path), encoding="utf-8") as file:
            includes = re.findall(r"^#include (.*)", file.read(), re.M)
        for name, pattern in LIBRARIES.items():
            if any(re.match(pattern, include) for include in includes):
                used.setdefault((room_of(path), name), path)
    return used


def check(rooms, calls, includes, libraries):
    for (room, target), why in sorted(calls.items()):
        if room != target and target not in rooms.get(room, (set(),))[0]:
            wrong.append(f"{room} may not call {target}: {why}")
    for (room, target), why in sorted(includes.items()):
        if room != target and target not in rooms.get(room, (set(), set()))[0] | rooms.get(room, (set(), set()))[1]:
            wrong.append(f"{room} may not use {target}: {why}")
    for (room, library), path in sorted(libraries.items()):
        if library not in rooms.get(room, (set(), set(), set()))[2]:
            wrong.append(f"{room} may not include {library}: {path}")


def check_grants(rooms, built, calls, includes, libraries):
    """What the table grants is used: calls by a call, types by an include, a library by one of its headers."""
    for room, (called, typed, granted) in rooms.items():
        if room not in built:
            continue
        for target in sorted(called):
            if (room, target) not in calls:
                enough = f": ({target}) is enough" if (room, target) in includes else ""
                wrong.append(f"{room} calls nothing of {target}{enough}")
        wrong.extend(f"{room} uses nothing of {target}" for target in sorted(typed) if (room, target) not in includes)
        wrong.extend(f"{room} includes nothing of {name}" for name in sorted(granted) if (room, name) not in libraries)


def check_table(rooms, tree, files):
    """Every room is there, every folder with sources is a room, and no arrow of the table goes back up."""
    known = {room_of(path) for path in files}
    wrong.extend(f"{room} is in the table and has no sources" for room in sorted(set(rooms) - known))
    wrong.extend(f"{folder_of(room)} is not in the table" for room in sorted(known - set(rooms)))
    seen = set()
    for room, (calls, types, _) in rooms.items():
        for target in sorted((calls | types) - seen - {room}):
            wrong.append(f"{room} uses {target}, which the table does not have above it")
        seen.add(room)


def print_arrows(rooms, calls, includes, libraries):
    order = list(rooms)
    for room in order:
        called = [t for t in order if (room, t) in calls and t != room]
        typed = [f"({t})" for t in order if (room, t) in includes and t not in called and t != room]
        names = [name for name in LIBRARIES if (room, name) in libraries]
        print(f"{room}: {' '.join(called + typed)} | {' '.join(names)}".replace(":  |", ": |").rstrip())


def calls_of(tree, build, files):
    """Of each two files, the first of which calls the second: how; from the objects of a build. And the rooms with objects."""
    compiled = objects(tree, build, files)
    built = {room_of(path) for path in compiled}
    missing = [path for path in files if path.endswith(".c") and path not in compiled]
    missing = [path for path in missing if room_of(path) in built or room_of(path) != "zsh-module"]  # -Dzsh=disabled
    wrong.extend(f"{path} has no object in the build" for path in missing if not path.endswith("gssapi-none.c"))
    return uses_of_calls(compiled), built


def main():
    table, build = os.path.abspath(sys.argv[1]), sys.argv[2]
    tree = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    rooms = read_table(table)
    files = sources(tree)
    calls_of_files, built = ({}, set()) if build == "--includes" else calls_of(tree, os.path.abspath(build), files)
    includes_of_files = uses_of_includes(tree, files)
    calls, includes = arrows_of(calls_of_files), arrows_of(includes_of_files)
    libraries = libraries_of(tree, files)
    if "--arrows" in sys.argv:
        print_arrows(rooms, calls, includes, libraries)
        return 0
    check_table(rooms, tree, files)
    check(rooms, calls, includes, libraries)
    check_grants(rooms, built, calls, includes, libraries)
    if calls_of_files:
        check_circles({**includes_of_files, **calls_of_files})
    for line in wrong:
        print(line)
    return 1 if wrong or not includes or not calls and build != "--includes" else 0


if __name__ == "__main__":
    sys.exit(main())
