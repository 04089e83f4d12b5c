#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check-spdx.py FILE: holds a document to what SPDX 2.3 requires (sections 6 to 8 and 11): the fields that must be there, the
form of their values, and that what is referred to is there. Prints what is wrong; the status is 1 then."""
import json
import re
import sys

ID = r"SPDXRef-[A-Za-z0-9.-]+"
DATE = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
KINDS = {"DESCRIBES", "CONTAINS", "DYNAMIC_LINK", "STATIC_LINK", "DEPENDS_ON", "GENERATED_FROM"}
SUMS = {"SHA1": 40, "SHA256": 64}
wrong = []


def want(entry, where, field, form=None):
    value = entry.get(field)
    if value in (None, "", []):
        wrong.append(f"{where}: {field} is missing")
    elif form and not re.fullmatch(form, value):
        wrong.append(f"{where}: {field} is {value!r}")
    return value


def check_checksums(entry, where):
    sums = want(entry, where, "checksums") or []
    if not any(one.get("algorithm") == "SHA1" for one in sums):
        wrong.append(f"{where}: there is no SHA1")
    for one in sums:
        if not re.fullmatch(r"[0-9a-f]{%d}" % SUMS.get(one.get("algorithm"), 1), one.get("checksumValue", "")):
            wrong.append(f"{where}: a checksum is malformed: {one}")


def check_package(package):
    where = want(package, "a package", "SPDXID", ID) or "a package"
    want(package, where, "name")
    want(package, where, "downloadLocation")
    if package.get("filesAnalyzed", True):
        code = want(package, where, "packageVerificationCode") or {}
        want(code, where, "packageVerificationCodeValue", "[0-9a-f]{40}")
        want(package, where, "hasFiles")
    if "supplier" in package:
        want(package, where, "supplier", r"(Organization|Person): .+|NOASSERTION")
    for reference in package.get("externalRefs", []):
        for field in ("referenceCategory", "referenceType", "referenceLocator"):
            want(reference, where, field)
        if reference.get("referenceType") == "purl":
            want(reference, where, "referenceLocator", r"pkg:[a-z]+/[^\s]+@[^\s]+")


def check_file(file):
    where = want(file, "a file", "SPDXID", ID) or "a file"
    want(file, where, "fileName", r"\./.+")
    check_checksums(file, where)


def check_relationships(document, known):
    for link in want(document, "the document", "relationships") or []:
        for end in ("spdxElementId", "relatedSpdxElement"):
            if link.get(end) not in known:
                wrong.append(f"a relationship names {link.get(end)}, which is not there")
        if link.get("relationshipType") not in KINDS:
            wrong.append(f"a relationship is {link.get('relationshipType')}")
    described = [link for link in document.get("relationships", []) if link.get("relationshipType") == "DESCRIBES"]
    if not described:
        wrong.append("nothing is described")


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        document = json.load(file)
    want(document, "the document", "spdxVersion", r"SPDX-2\.3")
    want(document, "the document", "dataLicense", r"CC0-1\.0")
    want(document, "the document", "SPDXID", "SPDXRef-DOCUMENT")
    want(document, "the document", "name")
    want(document, "the document", "documentNamespace", r"https?://[^\s#]+")
    creation = want(document, "the document", "creationInfo") or {}
    want(creation, "creationInfo", "created", DATE)
    for creator in want(creation, "creationInfo", "creators") or []:
        if not re.fullmatch(r"(Tool|Organization|Person): .+", creator):
            wrong.append(f"creator {creator!r}")
    packages, files = want(document, "the document", "packages") or [], want(document, "the document", "files") or []
    for package in packages:
        check_package(package)
    for file in files:
        check_file(file)
    ids = [entry.get("SPDXID") for entry in packages + files]
    if len(ids) != len(set(ids)):
        wrong.append("an SPDXID is there twice")
    check_relationships(document, {"SPDXRef-DOCUMENT", *ids})
    for package in packages:
        wrong.extend(f"{package.get('SPDXID')} has {name}, which is not there" for name in package.get("hasFiles", []) if name not in ids)
    print(*wrong, sep="\n", end="\n" if wrong else "")
    return 1 if wrong else 0


sys.exit(main())
