#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""list-types.py MESSAGE.H: the numbers of enum pss_type as two tables of C, of what a client sends and of what the host
process sends. Who sends what is said by the comments between the types: "client → host", "host → client"; what stands in
front of both is both's. A type whose direction cannot be read ends the build."""
import re
import sys

TOKEN = re.compile(r"/\*(.*?)\*/|\b(PSS_\w+)\s*=\s*(\d+)", re.S)
DIRECTION = {"client → host": ["client"], "host → client": ["host"]}


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        body = re.search(r"^enum pss_type \{\n(.*?)^\};", file.read(), re.M | re.S).group(1)
    types, senders = {"client": [], "host": []}, ["client", "host"]
    for comment, name, number in TOKEN.findall(body):
        if "→" in comment:
            senders = DIRECTION.get(" ".join(comment.split())[:13])
        if name and not senders:
            sys.exit(f"{sys.argv[1]}: who sends {name}?")
        for sender in senders if name else []:
            types[sender].append(f"\t{number}, /* {name} */\n")
    if not all(types.values()):
        sys.exit(f"{sys.argv[1]}: no types")
    for sender, rows in types.items():
        print(f"static const uint16_t {sender}_types[] = {{\n{''.join(rows)}}};")


if __name__ == "__main__":
    main()
