"""Fixtures that all tests here share."""

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
    """Gives a template by its name, as in ``template("network")``."""
    return Template


_figures = []


@pytest.fixture(scope="session")
def record_figure():
    """Takes a line with a measurement, which is shown at the end. A measurement fails no test, because a noisy machine would."""
    return _figures.append


def pytest_terminal_summary(terminalreporter):
    """Shows the measurements, and leaves the counts for ./dev test, which adds them to its own."""
    for line in _figures:
        terminalreporter.write_line(f"measured: {line}")
    path = os.environ.get("DEPLOY_TEST_COUNTS")
    if path:
        stats = terminalreporter.stats
        counts = [len(stats.get(kind, [])) for kind in ("passed", "failed", "error", "skipped")]
        Path(path).write_text(f"{counts[0]} {counts[1] + counts[2]} {counts[3]}\n")
