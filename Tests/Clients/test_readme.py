"""README's commands: a shopper's are run as they are written, and every command that it names exists."""

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def block(containing):
    """The only block of shell commands that contains a text."""
    (found,) = [it for it in BLOCKS if containing in it]
    return found


def test_a_shopper_buys_as_readme_shows(shop):
    script = block("/v1/orders").replace("http://localhost:8080", shop)
    assert shop in script
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    # A list, the cart, the order as it was placed, and the order as it is read.
    assert '"data":[{' in done.stdout
    assert done.stdout.count('"sku":"MUG-NIGHTSKY"') == 3, done.stdout
    assert done.stdout.count('"payment_status":"unpaid"') == 2, done.stdout


def test_the_row_that_readme_shows_is_imported(shop, database, tmp_path):
    (row,) = re.findall(r"^# a row: (.+)$", block("./dev import"), re.MULTILINE)
    file = tmp_path / "products.ndjson"
    file.write_text(row + "\n")
    done = subprocess.run(
        [os.environ["TEST_COMMERCE_BINARY"], "import", "--dry-run", file],
        env={**os.environ, "DATABASE_URL": database}, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


# Of the first column of the table of commands: several share a row.
COMMANDS = [it.split("`") for it in re.findall(r"^\| (`.+?) \|", README.split("## Commands")[1].split("##")[0], re.MULTILINE)]
DEV = {it.split()[1] for row in COMMANDS for it in row if it.startswith("./dev ")} | {"stop", "logs"}
COMMERCE = {tuple(re.findall(r"^commerce (\w+)(?: (up|down)\b)?", it)[0]) for row in COMMANDS for it in row if it.startswith("commerce ")}


@pytest.mark.parametrize("command", sorted(DEV))
def test_dev_has_the_command(command):
    listed = subprocess.run([ROOT / "dev", "help"], capture_output=True, text=True, check=True).stdout
    assert f"./dev {command}" in listed
    assert re.search(rf"^    {command}\)", (ROOT / "dev").read_text(), re.MULTILINE)


@pytest.mark.parametrize("command", sorted(COMMERCE))
def test_the_program_has_the_command(command):
    done = subprocess.run(
        [os.environ["TEST_COMMERCE_BINARY"], *filter(None, command), "--help"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert f"USAGE: commerce {' '.join(filter(None, command))}" in done.stdout


def test_readme_names_every_command_of_the_program():
    listed = subprocess.run([os.environ["TEST_COMMERCE_BINARY"], "--help"], capture_output=True, text=True, check=True).stdout
    subcommands = set(re.findall(r"^  ([a-z]+) +[A-Z]", listed.split("SUBCOMMANDS:")[1], re.MULTILINE)) - {"help"}
    assert subcommands == {name for name, _ in COMMERCE}
