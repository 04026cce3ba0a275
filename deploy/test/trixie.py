"""Programs that Debian 12 does not have: from PATH, or downloaded once from Debian 13 into .dev/trixie."""

import shutil
import subprocess
from pathlib import Path

import pytest
from template import ROOT

PLACE = ROOT / ".dev" / "trixie"


def program(package, *places):
    """The first of the paths that exists, after downloading the package if needed. Skips the test if it cannot be downloaded."""
    for place in places:
        found = shutil.which(place)
        if found:
            return found
    fetched = [PLACE / place.lstrip("/") for place in places if place.startswith("/")]
    if not any(it.exists() for it in fetched):
        done = subprocess.run(
            [Path(__file__).parent / "trixie", PLACE, package], capture_output=True, text=True, timeout=300, check=False)
        if done.returncode != 0:
            pytest.skip(f"no {package} here, and it could not be fetched: {done.stderr.strip()[-200:]}")
    return str(next(it for it in fetched if it.exists()))


def kustomize():
    return program("kustomize", "kustomize", "/usr/bin/kustomize")


def compose():
    """Docker Compose v2, as a standalone program."""
    return program("docker-compose", "/usr/libexec/docker/cli-plugins/docker-compose")
