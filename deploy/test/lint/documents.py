#!/usr/bin/env python3
"""Checks the Markdown documents: links, anchors, and the paths and names in them.

    documents.py links     every relative link, and every #anchor, leads somewhere
    documents.py paths     every path of the repository that a document names exists
    documents.py names     every name like `CartRules` in backticks is a name of the code or of a template

Links to other sites are not followed: this needs no network.
"""

import re
import sys
import unicodedata
from contextlib import suppress
from functools import cache
from urllib.parse import unquote

from sources import ROOT, tracked

FENCE = re.compile(r"^\s*(```|~~~)")
LINK = re.compile(r"!?\[(?:[^\]\[]|\[[^\]]*\])*\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)")
REFERENCE = re.compile(r"^\s*\[[^\]]+\]:\s+(\S+)", re.MULTILINE)
HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*\s*$")
OWN_ANCHOR = re.compile(r"<a\s+(?:id|name)=\"([^\"]+)\"")
# What a document may name, and where such a name ends. "…", "*", "<" and capitals alone stand for something else.
PATH = re.compile(r"(?<![\w/.$-])((?:Sources|Tests|deploy|docs|migrations|\.github|\.githooks)/[\w./+*{},-]*[\w*}/])(?![\w…<])")


def lines_outside_code(text):
    """The lines with their numbers, without blocks of code."""
    inside = None
    for number, line in enumerate(text.splitlines(), 1):
        fence = FENCE.match(line)
        if fence and inside in (None, fence.group(1)):
            inside = None if inside else fence.group(1)
        elif inside is None:
            yield number, line


def anchor(heading):
    """The anchor that GitHub makes of a heading."""
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").strip().lower()
    kept = (c for c in text if c in " -_" or unicodedata.category(c)[0] in "LNM")
    return "".join(kept).replace(" ", "-")


def anchors(text):
    """All anchors of a document; a repeated heading gets a number."""
    found, times = set(OWN_ANCHOR.findall(text)), {}
    for _, line in lines_outside_code(text):
        heading = HEADING.match(line)
        if heading:
            name = anchor(heading.group(1))
            times[name] = times.get(name, -1) + 1
            found.add(f"{name}-{times[name]}" if times[name] else name)
    return found


def broken_links(path, root=ROOT):
    """What is wrong with a document's links, a line each."""
    text = path.read_text()
    for number, line in lines_outside_code(text):
        prose = re.sub(r"`[^`]*`", "", line) if "](" not in line else line
        for target in LINK.findall(prose) + REFERENCE.findall(line):
            if re.match(r"[a-z][a-z0-9+.-]*:", target):
                continue
            name, _, fragment = target.partition("#")
            place = path if not name else (root / name.lstrip("/") if name.startswith("/") else path.parent / unquote(name))
            where = f"{path.relative_to(root)}:{number}"
            if not place.exists():
                yield f"{where}: {target} leads nowhere"
            elif fragment and place.suffix == ".md" and fragment not in anchors(place.read_text()):
                yield f"{where}: {target}: no such heading"


def missing_paths(path, root=ROOT):
    """The paths that a document names and that do not exist, a line each."""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        for name in PATH.findall(line):
            # {up,down} is two paths.
            choice = re.search(r"\{([^{}]*)\}", name)
            for each in [name.replace(choice.group(0), it) for it in choice.group(1).split(",")] if choice else [name]:
                each = each.rstrip(".,")
                made = any(each.startswith(it) for it in MADE)
                if not made and not (list(root.glob(each)) if "*" in each else (root / each).exists()):
                    yield f"{path.relative_to(root)}:{number}: there is no {each}"


def unknown_names(path, root=ROOT):
    """The names that a document takes from the code and that the code does not have, a line each."""
    known = words_of_the_code(root)
    for number, line in enumerate(path.read_text().splitlines(), 1):
        for name in NAME.findall(line):
            if name not in known and name not in FOREIGN:
                yield f"{path.relative_to(root)}:{number}: nothing is called {name}"


@cache
def words_of_the_code(root):
    """Every word of all files but the documents."""
    found = set()
    for path in tracked("*", ":!*.md", ":!deploy/test/*.txt", root=root):
        with suppress(UnicodeDecodeError):
            found.update(re.findall(r"\w+", path.read_text()))
    return found


# Files that are made on the developer's machine.
MADE = ("deploy/.env", "deploy/certificates/")
# Two words or more, each with a capital; a member may follow.
NAME = re.compile(r"`([A-Z][a-z0-9]+(?:[A-Z][A-Za-z0-9]*)+)(?:[.(][^`]*)?`")
# A metric of AWS, and the example of a feature that could be added.
FOREIGN = {"ReplicaLag", "WishlistsTests"}


def main():
    checks = {"links": broken_links, "paths": missing_paths, "names": unknown_names}
    if len(sys.argv) != 2 or sys.argv[1] not in checks:
        sys.exit(__doc__)
    # The change log names what there was in its day.
    found = [it for path in tracked("*.md") if path.name != "CHANGELOG.md" or sys.argv[1] == "links" for it in checks[sys.argv[1]](path)]
    print("\n".join(found))
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
