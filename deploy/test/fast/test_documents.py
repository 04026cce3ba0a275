"""Documents agree with the files that they describe."""

import html
import re

import pytest
from template import ROOT, TEMPLATES

DEPLOY = ROOT / "deploy"


def test_the_picture_is_of_its_text():
    """architecture.svg shows every label of architecture.dot; Graphviz decides how it is drawn."""
    drawn = html.unescape((DEPLOY / "architecture.svg").read_text())
    said = re.findall(r'label="([^"]*)"', (DEPLOY / "architecture.dot").read_text())
    assert len(said) > 20
    for line in (line for label in said for line in label.split("\\n")):
        assert f">{line}<" in drawn.replace("\u00a0", " "), line


def test_every_stack_is_told():
    readme = (DEPLOY / "README.md").read_text()
    for path in TEMPLATES.glob("*.yaml"):
        assert re.search(rf"^\| `{path.stem}`", readme, re.M), path.stem


@pytest.mark.parametrize("page", ["README.md", "deploy/README.md", "deploy/recovery/README.md", "deploy/kubernetes/README.md"])
def test_the_programs_in_a_pages_commands_are_there(page):
    """./dev lint checks links and paths. This test checks that they are programs."""
    for program in set(re.findall(r"(?<![\w/.-])(deploy/(?:bin|recovery)/[a-z]+|deploy/compose-[a-z]+)\b", (ROOT / page).read_text())):
        assert (ROOT / program).is_file(), program


def test_the_tour_names_every_target():
    """README's tour of the code has the directories below each floor, except targets in C."""
    tour = (ROOT / "README.md").read_text().split("## A tour of the code")[1].split("```")[1]
    named = set(re.findall(r"[A-Z]\w+", re.sub(r"Sources/\w+", "", tour)))
    targets = {
        path.name for floor in (ROOT / "Sources").iterdir() for path in floor.iterdir()
        if path.is_dir() and not (path / "include").exists() and not (path / "module.modulemap").exists()
    }
    assert len(targets) > 15
    assert targets <= named, targets - named
