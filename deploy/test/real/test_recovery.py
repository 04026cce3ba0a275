"""The rehearsal of a disaster, run: what it promises is measured, and a backup that cannot be restored is noticed."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = Path(os.environ.get("TEST_COMMERCE_BINARY", ROOT / ".build/release/commerce"))
TIMEOUT = 3

needs_the_shop = pytest.mark.skipif(
    not os.access(PROGRAM, os.X_OK), reason=f"no program at {PROGRAM}; TEST_COMMERCE_BINARY names one")


def rehearse(name, *arguments):
    """Runs the rehearsal with a directory for its files, which has to be empty afterwards."""
    # The account of the PostgreSQL server has to pass through, and pytest's own directories are closed.
    place = Path(f"/tmp/commerce-test-{name}-{os.getpid()}")
    place.mkdir(mode=0o755)
    try:
        done = subprocess.run(
            [ROOT / "deploy/recovery/rehearse", *arguments],
            env={**os.environ, "TMPDIR": str(place), "TEST_COMMERCE_BINARY": str(PROGRAM)},
            capture_output=True, text=True, timeout=300, check=False,
        )
        left = [it.name for it in place.iterdir()]
        running = [it for it in map(command_line, Path("/proc").glob("[0-9]*")) if str(place) in it]
    finally:
        shutil.rmtree(place)
    assert not left, f"files are left behind: {left}"
    assert not running, f"processes are left behind: {running}"
    return done


def command_line(process):
    try:
        return (process / "cmdline").read_text()
    except OSError:
        return ""


def figures(pattern, text):
    found = re.search(pattern, text)
    assert found, f"no line like {pattern!r} in:\n{text}"
    return [float(it) for it in found.groups()]


@needs_the_shop
def test_nothing_acknowledged_before_the_mistake_is_lost():
    done = rehearse("whole", "--archive-timeout", str(TIMEOUT))
    assert done.returncode == 0, done.stderr
    said = done.stdout
    before, once, missing, doubled, rpo = figures(
        r"mistake: (\d+) orders acknowledged before it, (\d+) found once, (\d+) missing, (\d+) doubled: RPO ([\d.]+) s", said)
    assert before == once >= 50
    assert (missing, doubled, rpo) == (0, 0, 0)
    (given_up,) = figures(r"mistake: (\d+) orders of the [\d.]+ s after it are given up", said)
    (readable,) = figures(r"mistake: (\d+) of those can be read", said)
    since, archived, lost, rpo = figures(
        r"loss: (\d+) orders acknowledged since, (\d+) in the archive, (\d+) missing: RPO ([\d.]+) s", said)
    assert since == archived + lost == given_up
    assert readable == archived
    # Shoppers went on after the last archived segment, so something is missing, and not more than the timeout allows.
    assert lost > 0 < rpo <= TIMEOUT + 3
    total, *phases = figures(
        r"RTO ([\d.]+) s from the failure to the first order "
        r"\(check ([\d.]+), restore ([\d.]+), audit ([\d.]+), open ([\d.]+), order ([\d.]+)\)", said)
    assert abs(total - sum(phases)) < 0.5
    assert 0 < total < 60
    assert f"invariants: hold on the restored server; all {once:.0f} orders are served" in said
    assert said.endswith("the rehearsal held\n")


@needs_the_shop
@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ("missing", r"rehearse: the archive is broken between \w{24} and \w{24}"),
        ("corrupt", r"rehearse: the archive is broken between \w{24} and \w{24}"),
        ("late", r"recovery ended before configured recovery target was reached\n(.*\n)*"
                 r"rehearse: the restore ended before its target"),
        ("backup", r"rehearse: the base backup is damaged"),
    ],
)
def test_a_damaged_backup_is_noticed(damage, message):
    done = rehearse(damage, "--archive-timeout", "2", "--damage", damage)
    assert done.returncode == 1
    assert re.search(message, done.stderr), done.stderr
    assert "held" not in done.stdout


@pytest.mark.parametrize("arguments", [["--damage", "everything"], ["--rate", "0"], ["--archive-timeout"], ["--unknown"]])
def test_wrong_options_are_refused(arguments):
    done = subprocess.run(
        [ROOT / "deploy/recovery/rehearse", *arguments], capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("rehearse: ")
