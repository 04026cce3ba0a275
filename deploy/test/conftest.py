"""What every test here shares."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from template import ROOT, Template  # noqa: E402


@pytest.fixture(scope="session")
def root():
    """The project's directory."""
    return ROOT


@pytest.fixture(scope="session")
def template():
    """A template by its name, as in ``template("network")``."""
    return Template


def pytest_terminal_summary(terminalreporter):
    """Leaves the counts for ./dev test, which adds them to its own."""
    path = os.environ.get("DEPLOY_TEST_COUNTS")
    if path:
        stats = terminalreporter.stats
        counts = [len(stats.get(kind, [])) for kind in ("passed", "failed", "error", "skipped")]
        Path(path).write_text(f"{counts[0]} {counts[1] + counts[2]} {counts[3]}\n")
