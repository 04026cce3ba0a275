#!/usr/bin/env python3
"""Finds words and phrases that make the project's texts hard to read; CONTRIBUTING.md says what to write in their place.

    words.py --all        in all files that are checked
    words.py FILE…        in those of them that are named
    words.py --pending    in the files that are not checked yet
"""

import re
import sys
from pathlib import Path

from sources import ROOT, tracked

# Each is found whatever its case, also where a line ends within it.
PHRASES = [
    "whoever", "nobody", "somebody", "anew", "at hand", "by chance", "who asks", "what is there", "is told", "is asked",
    "is not to be had", "says nothing",
]  # fmt: skip

# What is checked, as git's path patterns.
CHECKED = ["*"]
EXCLUDED = [
    # An applied migration is known by a checksum, comments included: its text can never change.
    ":!migrations/*.up.sql",
    # Not texts of the project.
    ":!LICENSE", ":!NOTICE", ":!*/LICENSE", ":!deploy/test/*.txt", ":!Tests/*/*.txt", ":!deploy/demo", ":!Tests/Fuzz/Corpus",
    # The phrases themselves.
    ":!deploy/test/lint/words.py", ":!deploy/test/fast/test_lint.py",
]  # fmt: skip
# Places that keep a phrase, each with its reason.
KEPT = {
    # A security group with another description is another group: an update of the stack would replace it.
    "deploy/cloudformation/cluster.yaml": "Container instances reach AWS and are reached by nobody",
}
# Files that have not been rewritten yet. Take a line out once it is done; the list is empty at the end.
PENDING = []

GAP = r"(?:[ \t]+|[ \t]*\n[ \t]*(?:#|//+|--|\*)?[ \t]*)"
PATTERN = re.compile(r"\b(?:" + "|".join(phrase.replace(" ", GAP) for phrase in PHRASES) + r")\b", re.IGNORECASE)


def findings(path, root=ROOT):
    """The phrases in a file, a line each; none in a file that is not text."""
    try:
        text = path.read_text()
    except UnicodeDecodeError:
        return
    kept = KEPT.get(str(path.relative_to(root)))
    if kept:
        text = text.replace(kept, " " * len(kept))
    for match in PATTERN.finditer(text):
        number = text.count("\n", 0, match.start()) + 1
        yield f"{path.relative_to(root)}:{number}: {' '.join(match.group(0).split())!r}"


def main():
    files = tracked(*CHECKED, *EXCLUDED, *PENDING)
    if sys.argv[1:] == ["--pending"]:
        files = sorted(set(tracked(*CHECKED, *EXCLUDED)) - set(files))
    elif sys.argv[1:] != ["--all"]:
        named = {Path(name).resolve() for name in sys.argv[1:]}
        files = [path for path in files if path.resolve() in named]
    found = [it for path in files for it in findings(path)]
    print("\n".join(found))
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
