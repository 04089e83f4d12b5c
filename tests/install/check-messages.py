#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check-messages.py TREE PAGE: each message that PAGE shows, **`like … this`**, is part of one that the sources of TREE hold,
where `…` stands for what a format fills in. Prints those that are not; the status is 1 then, or when there is none at all."""
import pathlib
import re
import sys

SHOWN = re.compile(r"\*\*`([^`]+)`\*\*")
LITERAL = r'"(?:[^"\\\n]|\\.)*"'
# Literals that the compiler joins, with macros between them.
TEXT = re.compile(rf"{LITERAL}(?:\s*(?:[A-Z][A-Z0-9a-z_]*\s*)?{LITERAL})*")
FORMAT = re.compile(r"%[-+ #0]*[0-9*]*(?:\.[0-9*]+)?[hlzjt]*[a-zA-Z]")
ESCAPES = {'\\"': '"', "\\n": " ", "\\r": " ", "\\t": " ", "\\\\": "\\"}


def plain(text):
    return " ".join(text.split())


def text_of(match):
    parts = re.split(rf"({LITERAL})", match)
    joined = "".join(part[1:-1] if part.startswith('"') else "…" if part.strip() else "" for part in parts)
    joined = re.sub(r"\\.", lambda escape: ESCAPES.get(escape[0], ""), joined)
    return plain(FORMAT.sub("…", joined).replace("%…", "…"))


def texts_of(tree):
    for path in sorted(tree.joinpath("plugin").rglob("*")) + [path for name in ("bash-builtin", "zsh-module") for path in sorted(tree.joinpath(name).glob("*"))]:
        if path.suffix in (".c", ".h"):
            yield from (text_of(match[0]) for match in TEXT.finditer(path.read_text(encoding="utf-8")))
        elif path.is_file() and (path.suffix in (".bash", ".zsh", ".sh") or path.parent.name == "functions"):
            # A shell's text: what it expands is filled in.
            yield from (plain(re.sub(r"\$(?:\{[^}]*\}|\w+)", "…", line)) for line in path.read_text(encoding="utf-8").split("\n"))


def main():
    tree, page = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    shown = [plain(message) for message in SHOWN.findall(page.read_text(encoding="utf-8"))]
    texts = set(texts_of(tree))
    wrong = [message for message in shown if not any(message.strip("… ") in text for text in texts)]
    print(*(f"{page.name}: no message of the program: {message}" for message in wrong), sep="\n", end="\n" if wrong else "")
    print(f"# {len(shown)} messages")
    return 1 if wrong or not shown else 0


if __name__ == "__main__":
    sys.exit(main())
