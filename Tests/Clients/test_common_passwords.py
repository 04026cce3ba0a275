"""The file of common passwords is as its script makes it: in the order of bytes, one a line, none shorter than eight characters."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_file_can_be_searched_by_halves():
    lines = (ROOT / "Sources/Shop/CCommonPasswords/passwords.txt").read_bytes().split(b"\n")
    assert lines.pop() == b""
    assert len(lines) > 3_000
    assert lines == sorted(set(lines))
    assert all(len(line) >= 8 and line == line.lower() for line in lines)
