#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a page of doc/ shows, for tests that do it.

  pages.py parts PAGE TITLE DIRECTORY   the part of PAGE below the heading TITLE, in DIRECTORY: files 01, 02, … in order, each
                                        with what it is in its name: NN.console (a terminal's lines), NN.sorted (the same,
                                        in any order), NN.file (its first line is the path), NN.do (for the test alone)
                                        a console's commands are in NN.script, too
  pages.py titles PAGE                  its headings of the second and third level, one a line
  pages.py compare SHOWN SEEN KIND      is what was seen what the page shows? `…` stands for anything in a line

A block that begins ```console shows a terminal. ```bash NAME (or make, ssh-config, crontab …) is the file NAME. A comment
<!-- test: WORDS --> is for the test, and no reader sees it; <!-- test: any order --> is about the next block."""
import fnmatch
import pathlib
import re
import sys

BLOCK = re.compile(r"^```(\S+)(?: (\S+))?\n(.*?)^```$|^<!-- test: (.*?) -->$", re.M | re.S)
HEADING = re.compile(r"^(#+) (.*)$", re.M)
PROMPT = re.compile(r"^(?:\$|>|(?:\[[\w@.-]+\]: )+(?:[\w~/. -]*[$#%]|PS [^>]*>)) ?")


def part_of(text, title):
    """What stands below the heading TITLE, up to the next one of its level or above."""
    plain = re.sub(r"^```.*?^```$", lambda block: "\n" * block[0].count("\n"), text, flags=re.M | re.S)
    lines, begin, level = text.split("\n"), None, 0
    for number, line in enumerate(plain.split("\n")):
        heading = HEADING.match(line)
        if begin is None and heading and heading[2] == title:
            begin, level = number + 1, len(heading[1])
        elif begin is not None and heading and len(heading[1]) <= level:
            return "\n".join(lines[begin:number])
    if begin is None:
        sys.exit(f"there is no heading {title}")
    return "\n".join(lines[begin:])


def script_of(body):
    """The terminal's lines as a shell runs them that shows each behind a prompt; $? goes from one to the next."""
    script, commands = [], []
    for line in body.split("\n"):
        if line.startswith("> "):
            commands[-1].append(line)
        elif PROMPT.match(line):
            commands.append([line])
    for lines in commands:
        shown = " ".join("'" + line.replace("'", "'\\''") + "'" for line in lines)
        script += [f"printf '%s\\n' {shown}", "play_status", *(line[2:] for line in lines), "PLAY_STATUS=$?"]
    return "\n".join(script) + "\n"


def write_parts(page, title, directory):
    number, any_order = 0, False
    for language, name, body, words in BLOCK.findall(part_of(page.read_text(encoding="utf-8"), title)):
        if words == "any order":
            any_order = True
            continue
        number += 1
        if words:
            kind, body = "do", words + "\n"
        elif language == "console":
            kind = "sorted" if any_order else "console"
        elif name:
            kind, body = "file", name + "\n" + body
        else:
            sys.exit(f"{title}: a block of {language} that is no terminal and has no name")
        (directory / f"{number:02}.{kind}").write_text(body, encoding="utf-8")
        if language == "console" and not words:
            (directory / f"{number:02}.script").write_text(script_of(body), encoding="utf-8")
        any_order = False
    if number == 0:
        sys.exit(f"{title}: there is no block")


def runs_of(lines):
    """Each typed line with what follows it: [typed, [output]]."""
    runs = []
    for line in lines:
        if not runs or PROMPT.match(line):
            runs.append([line, []])
        else:
            runs[-1][1].append(line)
    return runs


def same(shown, seen):
    return fnmatch.fnmatchcase(seen, re.sub(r"([\[*?])", r"[\1]", shown).replace("…", "*"))


def same_in_order(shown, seen):
    return len(shown) == len(seen) and all(same(a, b) for a, b in zip(shown, seen))


def same_in_any_order(shown, seen):
    left = list(seen)
    for line in sorted(shown, key=lambda line: "…" in line):
        found = next((other for other in left if same(line, other)), None)
        if found is None:
            return False
        left.remove(found)
    return not left


def compare(shown, seen, kind):
    if kind == "console":
        return same_in_order(shown, seen)
    pages, terminals = runs_of(shown), runs_of(seen)
    return len(pages) == len(terminals) and all(
        same(typed, other_typed) and same_in_any_order(output, other_output)
        for (typed, output), (other_typed, other_output) in zip(pages, terminals))


def main():
    what, *rest = sys.argv[1:]
    if what == "titles":
        plain = re.sub(r"^```.*?^```$", "", pathlib.Path(rest[0]).read_text(encoding="utf-8"), flags=re.M | re.S)
        print(*(match[1] + " " + match[2] for match in HEADING.finditer(plain)), sep="\n")
    elif what == "parts":
        write_parts(pathlib.Path(rest[0]), rest[1], pathlib.Path(rest[2]))
    elif what == "compare":
        shown, seen = ([line.expandtabs().rstrip() for line in pathlib.Path(name).read_text(encoding="utf-8").splitlines()]
                       for name in rest[:2])
        return 0 if compare(shown, seen, rest[2]) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
