"""The project's files, as git knows them."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def tracked(*patterns, root=ROOT):
    """The files that match git's path patterns: committed, or new and not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=root, capture_output=True, text=True, check=True)  # fmt: skip
    return sorted({root / name for name in listed.stdout.split("\0") if name and (root / name).is_file()})
