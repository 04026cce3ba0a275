"""The checks of ./dev lint find the faults that they are for."""

import subprocess
import sys

import pytest
from template import ROOT

sys.path.insert(0, str(ROOT / "deploy" / "test" / "lint"))

import documents  # noqa: E402
import keys  # noqa: E402
import words  # noqa: E402
from sources import tracked  # noqa: E402


def test_a_skipped_rule_of_checkov_has_its_reason():
    """Beside it, as `# checkov:skip=ID: reason`, or as id and comment in the metadata."""
    for path in tracked("Dockerfile", "deploy/*.yaml", "deploy/**/*.yaml", ".github/**"):
        text = path.read_text()
        for line in text.splitlines():
            if "checkov:skip=" in line:
                assert len(line.split("checkov:skip=")[1].partition(":")[2].strip()) > 15, f"{path}: {line}"


@pytest.fixture
def page(tmp_path):
    """Writes a document into a directory of its own and gives its path."""
    (tmp_path / "other.md").write_text("# One heading, `with code`\n\n## Twice\n\n## Twice\n\n```\n# no heading\n```\n")
    (tmp_path / "Sources" / "Shop").mkdir(parents=True)
    (tmp_path / "Sources" / "Shop" / "Money.swift").touch()

    def write(text):
        path = tmp_path / "page.md"
        path.write_text(text)
        return path

    return write


@pytest.mark.parametrize("link", [
    "other.md", "other.md#one-heading-with-code", "other.md#twice-1", "#here-and-there", "https://example.com/x#y", "Sources/Shop"])  # fmt: skip
def test_good_links_are_passed(page, tmp_path, link):
    assert list(documents.broken_links(page(f"# Here and there\n[x]({link})\n"), tmp_path)) == []


@pytest.mark.parametrize("link", ["another.md", "other.md#no-heading", "other.md#twice-2", "#nowhere", "../other.md"])
def test_broken_links_are_found(page, tmp_path, link):
    (found,) = documents.broken_links(page(f"# Here\n\n[a [b] c]({link})\n"), tmp_path)
    assert found.startswith("page.md:3: ") and link in found


def test_links_in_code_are_no_links(page, tmp_path):
    assert list(documents.broken_links(page("```\n[x](nowhere.md)\n```\n"), tmp_path)) == []


@pytest.mark.parametrize(("text", "missing"), [
    ("`Sources/Shop/Money.swift`", []),
    ("`Sources/Shop/*.swift`", []),
    ("`Sources/Shop/Cents.swift`", ["Sources/Shop/Cents.swift"]),
    ("`Sources/Shop/{Money,Cents}.swift`", ["Sources/Shop/Cents.swift"]),
    ("```\nSources/Cart      the cart\n```", ["Sources/Cart"]),
    ("`Tests/<Target>Tests`, `Sources/…`", []),
])  # fmt: skip
def test_paths_that_are_missing_are_found(page, tmp_path, text, missing):
    assert [it.rpartition("there is no ")[2] for it in documents.missing_paths(page(text), tmp_path)] == missing


def test_names_that_the_code_does_not_have_are_found(page, tmp_path):
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    (tmp_path / "Sources" / "Shop" / "Money.swift").write_text("struct MinorUnits { func rounded() {} }")
    found = documents.unknown_names(page("`MinorUnits.rounded()` is, `MajorUnits` was; `Web`, `DATABASE_URL`, ReplicaLag\n"), tmp_path)
    assert list(found) == ["page.md:1: nothing is called MajorUnits"]


@pytest.mark.parametrize(("text", "found"), [
    ("Nobody waits.", 1), ("It is at\n    // hand.", 1), ("by\n# chance", 1), ("-- what\n-- is there", 1), ("at handling, nobodys", 0)])
def test_phrases_are_found_across_lines(page, tmp_path, text, found):
    assert len(list(words.findings(page(text), tmp_path))) == found


def test_keys_are_found(page):
    assert keys.has_secret(page("key: " + "AK" + "IAIOSFODNN7EXAMPLE"))
    assert not keys.has_secret(page("key: KAIA"))
