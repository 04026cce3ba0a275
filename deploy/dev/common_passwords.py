#!/usr/bin/env python3
"""Writes Sources/Shop/CCommonPasswords/passwords.txt: the most common passwords, which accounts may not have.

The list is that of PyPI's zxcvbn. It has no capitals; passwords of fewer than 8 characters are left out, since they are refused
anyway. To take in a newer one:

    python3 -m venv /tmp/passwords && /tmp/passwords/bin/pip install zxcvbn
    /tmp/passwords/bin/python deploy/dev/common_passwords.py > Sources/Shop/CCommonPasswords/passwords.txt
"""

import sys

SHORTEST = 8


def text(passwords):
    """The text of the file: one password a line, in the order of their bytes, so that a look-up can halve the rest."""
    return b"".join(sorted(word.encode() + b"\n" for word in set(passwords) if len(word) >= SHORTEST))


if __name__ == "__main__":
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    sys.stdout.buffer.write(text(FREQUENCY_LISTS["passwords"]))
