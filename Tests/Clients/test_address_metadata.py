"""The file of what addresses need is the one that its script makes from the pinned package."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_file_is_what_the_script_makes(run):
    result = run("python", ROOT / "deploy/dev/address_metadata.py")
    assert (result.returncode, result.stderr) == (0, "")
    assert (ROOT / "Sources/Shop/CAddressMetadata/requirements.txt").read_text() == result.stdout
