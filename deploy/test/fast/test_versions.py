"""Each version has one source, and every other place agrees with it."""

import re

import yaml
from template import ROOT

SOURCES = ROOT / "Sources"
VERSION = SOURCES / "App" / "Configuration" / "Version.swift"


def read(path):
    return (ROOT / path).read_text()


def one(pattern, text):
    """What the pattern's group matches, everywhere the same."""
    found = set(re.findall(pattern, text, re.MULTILINE))
    assert len(found) == 1, (pattern, found)
    return found.pop()


def version():
    """The version of the program, which /health, the API document and `commerce --version` show."""
    return one(r'static let text = "([^"]+)"', VERSION.read_text())


def test_the_version_is_semantic():
    assert re.fullmatch(r"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?", version())


def test_the_change_log_knows_the_version():
    """Its newest release is the program's; what comes later is under "Unreleased", which stands before it."""
    headings = re.findall(r"^## (.+)$", read("CHANGELOG.md"), re.MULTILINE)
    releases = [it.split()[0] for it in headings if it != "Unreleased"]
    assert releases[0] == version()
    assert headings[0] in ("Unreleased", releases[0])
    assert len(set(headings)) == len(headings)


def test_the_image_has_the_version():
    assert one(r'org\.opencontainers\.image\.version="([^"]+)"', read("Dockerfile")) == version()


def test_no_other_version_is_written_anywhere():
    """Neither as an example in the API document, nor in the shop that stands in for the real one in tests."""
    places = [path for kind in ("swift", "json") for path in SOURCES.rglob(f"*.{kind}")] + [ROOT / "deploy/test/real/stand_in_shop.py"]
    found = {}
    for path in places:
        text = path.read_text()
        written = re.findall(r'"version": "(\d[^"]*)"', text) + re.findall(r'"The version of the service\.",\s*"examples":\s*\[\s*"([^"]+)"\s*\]', text)
        if written:
            found[str(path.relative_to(ROOT))] = set(written)
    assert found, "no place found: has its form changed?"
    assert {it for versions in found.values() for it in versions} == {version()}, found


def test_one_toolchain():
    """The image and the workflows use the same Swift, and Package.swift and README ask for no other."""
    toolchain = one(r"^ARG SWIFT_IMAGE=swift:([\d.]+)-", read("Dockerfile"))
    for path in sorted((ROOT / ".github/workflows").glob("*.yaml")):
        for job in yaml.safe_load(path.read_text())["jobs"].values():
            for step in job.get("steps", []):
                if "install-swift" in step.get("run", ""):
                    assert step["run"] == f".github/install-swift {toolchain}", path.name
    minor = ".".join(toolchain.split(".")[:2])
    assert one(r"^// swift-tools-version: ([\d.]+)$", read("Package.swift")) == minor
    assert one(r"Swift (\d+\.\d+) toolchain", read("README.md")) == minor
