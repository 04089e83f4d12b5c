#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""schema.py SCHEMA [--lines] [--title]: is standard input what SCHEMA says? One JSON value, or with --lines one a line. Prints
what is wrong, and the status is 1 then. With --title, the title of the alternative that each line is, once each, sorted.

It knows the keywords that the schemas of doc/json-schema use, as JSON Schema 2020-12 defines them, and refuses any other."""
import json
import re
import sys

TYPES = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: is_number(value),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}
NOTES = {"$schema", "title", "description"}


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def check_type(value, wanted, schema, path):
    names = wanted if isinstance(wanted, list) else [wanted]
    return [] if any(TYPES[name](value) for name in names) else [f"{path}: {json.dumps(value)} is not of type {wanted}"]


def check_enum(value, wanted, schema, path):
    return [] if value in wanted else [f"{path}: {json.dumps(value)} is none of {wanted}"]


def check_const(value, wanted, schema, path):
    return [] if value == wanted and type(value) is type(wanted) else [f"{path}: {json.dumps(value)} is not {wanted}"]


def check_pattern(value, wanted, schema, path):
    return [] if not isinstance(value, str) or re.search(wanted, value) else [f"{path}: {value!r} does not match {wanted}"]


def check_minimum(value, wanted, schema, path):
    return [] if not is_number(value) or value >= wanted else [f"{path}: {value} is below {wanted}"]


def check_maximum(value, wanted, schema, path):
    return [] if not is_number(value) or value <= wanted else [f"{path}: {value} is above {wanted}"]


def check_min_length(value, wanted, schema, path):
    return [] if not isinstance(value, str) or len(value) >= wanted else [f"{path}: {value!r} is too short"]


def check_required(value, wanted, schema, path):
    return [f"{path}: {name} is missing" for name in wanted if isinstance(value, dict) and name not in value]


def check_properties(value, wanted, schema, path):
    if not isinstance(value, dict):
        return []
    return [fault for name in wanted if name in value for fault in faults_of(value[name], wanted[name], f"{path}.{name}")]


def check_additional(value, wanted, schema, path):
    if not isinstance(value, dict) or wanted is not False:
        return []
    return [f"{path}: {name} is not known" for name in value if name not in schema.get("properties", {})]


def check_items(value, wanted, schema, path):
    if not isinstance(value, list):
        return []
    return [fault for number, item in enumerate(value) for fault in faults_of(item, wanted, f"{path}[{number}]")]


def alternatives_of(value, wanted, path):
    """[(schema, faults)]"""
    return [(schema, faults_of(value, schema, path)) for schema in wanted]


def check_one_of(value, wanted, schema, path):
    tried = alternatives_of(value, wanted, path)
    fitting = [alternative for alternative, faults in tried if not faults]
    if len(fitting) == 1:
        return []
    return [f"{path}: {json.dumps(value)} fits {len(fitting)} of the alternatives"] + [f for _, faults in tried for f in faults]


CHECKS = {
    "type": check_type, "enum": check_enum, "const": check_const, "pattern": check_pattern, "minimum": check_minimum,
    "maximum": check_maximum, "minLength": check_min_length, "required": check_required, "properties": check_properties,
    "additionalProperties": check_additional, "items": check_items, "oneOf": check_one_of,
}


def faults_of(value, schema, path="$"):
    faults = []
    for keyword, wanted in schema.items():
        if keyword in NOTES:
            continue
        if keyword not in CHECKS:
            sys.exit(f"schema.py knows no {keyword}")
        faults += CHECKS[keyword](value, wanted, schema, path)
    return faults


def only_keys_once(pairs):
    keys = [key for key, _ in pairs]
    if len(set(keys)) != len(keys):
        raise ValueError(f"a key is there twice: {keys}")
    return dict(pairs)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    options, faults, titles = sys.argv[2:], [], set()
    text = sys.stdin.buffer.read().decode("utf-8")
    values = [json.loads(part, object_pairs_hook=only_keys_once) for part in (text.splitlines() if "--lines" in options else [text])]
    if not values:
        faults.append("there is nothing")
    for number, value in enumerate(values):
        faults += faults_of(value, schema, f"line {number + 1}" if "--lines" in options else "$")
        titles |= {alternative["title"] for alternative, wrong in alternatives_of(value, schema.get("oneOf", []), "") if not wrong}
    if "--title" in options:
        print(*sorted(titles), sep="\n")
    print(*faults, sep="\n", end="\n" if faults else "", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
