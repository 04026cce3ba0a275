#!/usr/bin/env python3
"""Finds keys and passwords that came into the files by mistake.

    keys.py --all      in all files
    keys.py FILE…      in these
"""

import sys
from pathlib import Path

from sources import ROOT, tracked

# Access keys of AWS, and private keys; put together here so that this file has none of them.
PATTERNS = [it.encode() for it in ("AK" "IA", "AS" "IA", *(f"-----BEGIN {kind}PRIVATE" for kind in ("", "RSA ", "EC ", "OPENSSH ")))]


def has_secret(path):
    """Whether a file has something of the form of a key; a test's own self-signed pair says SelfSigned."""
    content = path.read_bytes()
    return b"SelfSigned" not in content and any(pattern in content for pattern in PATTERNS)


def main():
    names = sys.argv[1:]
    files = tracked() if names == ["--all"] else [Path(name).resolve() for name in names]
    found = [f"{path.relative_to(ROOT)}: this looks like a key" for path in files if has_secret(path)]
    print("\n".join(found))
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
