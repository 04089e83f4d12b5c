#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check-links.py DIRECTORY: each relative link of each Markdown file below it leads to a file below it, and to a heading
that is there. Prints those that do not; the status is 1 then, or when there is no link at all."""
import pathlib
import re
import sys

LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"^(```|~~~).*?^\1", re.M | re.S)


def anchors_of(path):
    """As forges make them: letters, digits, hyphens and underlines, in lower case, with hyphens for blanks."""
    headings = re.findall(r"^#+ +(.*?) *$", CODE.sub("", path.read_text(encoding="utf-8")), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def fault_of(root, path, link):
    """Why the link is dead, or None."""
    name, _, anchor = link.partition("#")
    target = (path.parent / name).resolve() if name else path
    if not target.is_relative_to(root):
        return "leads out of the documents"
    if not target.exists():
        return "is not there"
    if anchor and anchor not in anchors_of(target):
        return "has no such heading"
    return None


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    links, faults = 0, 0
    for path in sorted(root.rglob("*.md")):
        for link in LINK.findall(CODE.sub("", path.read_text(encoding="utf-8"))):
            if re.match(r"[a-z]+:", link):
                continue
            links += 1
            fault = fault_of(root, path, link)
            if fault:
                faults += 1
                print(f"{path.relative_to(root)}: {link} {fault}")
    print(f"# {links} links")
    return 1 if faults or not links else 0


if __name__ == "__main__":
    sys.exit(main())
