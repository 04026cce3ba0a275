#!/usr/bin/env python3
"""Checks the API document's files, Sources/**/*.openapi.json: their format, and the document that they make together.

    .dev/tools/tools/bin/python deploy/dev/api_lint.py          prints what is wrong; the exit status is 1 if anything is
    .dev/tools/tools/bin/python deploy/dev/api_lint.py --fix    formats the files first

It needs the package openapi-spec-validator (deploy/test/tools.txt). ./dev test runs it.
"""

import json
import sys
from pathlib import Path

from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing.exceptions import Unresolvable

ROOT = Path(__file__).resolve().parents[2]
MEMBERS = ("tags", "paths", "components")


def unique(members):
    """An object's members; JSON itself allows a name twice, and most parsers then drop one of them silently."""
    found = dict(members)
    if len(found) != len(members):
        names = [name for name, _ in members]
        raise ValueError(f"{', '.join(sorted({name for name in names if names.count(name) > 1}))}: more than once in an object")
    return found


def formatted(fragment):
    """The text of a file: two spaces for each level, members in the order of the file."""
    return json.dumps(fragment, indent=2, ensure_ascii=False) + "\n"


def read(path, fix=False):
    """A file's value, and what is wrong with the file."""
    text = path.read_text(encoding="utf-8")
    try:
        fragment = json.loads(text, object_pairs_hook=unique)
    except ValueError as error:
        return None, [str(error)]
    if fix and text != formatted(fragment):
        path.write_text(formatted(fragment), encoding="utf-8")
        text = formatted(fragment)
    faults = [] if text == formatted(fragment) else ["is not formatted; deploy/dev/api_lint.py --fix does it"]
    if list(fragment) != [member for member in MEMBERS if member in fragment]:
        faults.append(f"its members must be some of {', '.join(MEMBERS)}, in this order")
    return fragment, faults


def joined(fragments):
    """The document that the fragments make, as the service joins them: without what it computes."""
    document = {"openapi": "3.1.0", "info": {"title": "Shop", "version": "0"}, "paths": {}, "components": {}}
    for fragment in fragments:
        for path, operations in fragment.get("paths", {}).items():
            document["paths"].setdefault(path, {}).update(operations)
        for section, members in fragment.get("components", {}).items():
            document["components"].setdefault(section, {}).update(members)
    return document


def invalid(document):
    """What a public validator finds in a document."""
    try:
        return [
            f"{'/'.join(map(str, error.absolute_path))}: {error.message}"
            for error in OpenAPIV31SpecValidator(document).iter_errors()
        ]
    except (LookupError, TypeError, AttributeError, Unresolvable) as error:
        # It follows references and reads members before it has checked that they exist.
        return [f"the validator failed: {type(error).__name__}: {error}"]


def lint(root=ROOT, fix=False):
    """All faults, as lines of text."""
    paths = sorted((root / "Sources").rglob("*.openapi.json"))
    if not paths:
        return [f"{root}/Sources has no *.openapi.json"]
    fragments, faults = [], []
    for path in paths:
        fragment, found = read(path, fix)
        faults += [f"{path.relative_to(root)}: {fault}" for fault in found]
        if fragment is not None:
            fragments.append(fragment)
    if len(fragments) == len(paths):
        faults += invalid(joined(fragments))
    return faults


if __name__ == "__main__":
    problems = lint(fix="--fix" in sys.argv[1:])
    print("\n".join(problems), end="\n" if problems else "")
    sys.exit(1 if problems else 0)
