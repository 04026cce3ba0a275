"""The scripts in deploy/bin, as far as they can be checked without running against anything."""

import os
import re
import subprocess

import pytest

from template import ROOT

BIN = ROOT / "deploy" / "bin"
SCRIPTS = sorted(path.name for path in BIN.iterdir() if path.is_file())
LIMIT = 51200


def run(script, *arguments):
    return subprocess.run([BIN / script, *arguments], text=True, capture_output=True, timeout=30, check=False)


def test_all_are_known():
    assert SCRIPTS == ["bootstrap", "certificates", "checklist", "deploy", "import", "migrate", "provision", "rollback", "smoke"]


@pytest.mark.parametrize("script", SCRIPTS)
def test_help_tells_the_options_and_exit_codes(script):
    assert os.access(BIN / script, os.X_OK)
    told = run(script, "--help")
    assert told.returncode == 0
    assert told.stderr == ""
    assert "Exit codes: 0 " in told.stdout
    text = (BIN / script).read_text() + (BIN / "lib" / "tasks.sh").read_text() * (script in ("migrate", "bootstrap", "import"))
    taken = set(re.findall(r"^ +(--[a-z0-9-]+)(?: \| -h)?\)", text, re.MULTILINE)) - {"--help"}
    assert taken
    for option in taken:
        assert option in told.stdout, option


@pytest.mark.parametrize("script", SCRIPTS)
def test_wrong_usage_is_refused_in_a_line(script):
    for arguments in (["--no-such-option"], [] if script != "certificates" else ["argument"]):
        refused = run(script, *arguments)
        assert refused.returncode == 64, refused.stderr
        assert refused.stdout == ""
        assert re.fullmatch(rf"{script}: .*; {script} --help says more\n", refused.stderr), refused.stderr


def test_templates_fit_inline():
    for template in (ROOT / "deploy" / "cloudformation").glob("*.yaml"):
        assert template.stat().st_size <= LIMIT, f"{template.name} needs a bucket, which the scripts have not"


def test_every_placeholder_of_a_one_off_task_is_filled():
    filled = (BIN / "lib" / "tasks.sh").read_text()
    for role in ("migration", "bootstrap"):
        for name in set(re.findall(r"\$\{([A-Z_]+)\}", (ROOT / "deploy" / "ecs" / f"{role}-task.json").read_text())):
            assert re.search(rf'["\n]{name}[= ]', filled), name


def test_every_export_that_is_read_is_there():
    exported = set()
    for template in (ROOT / "deploy" / "cloudformation").glob("*.yaml"):
        exported |= set(re.findall(r'Name: !Sub "?\$\{Project\}-\$\{Environment\}-(\w+)"?', template.read_text()))
    read = set()
    for script in [*BIN.iterdir(), *(BIN / "lib").iterdir()]:
        if script.is_file():
            read |= set(re.findall(r"\bexported (\w+)", script.read_text()))
    read |= {name for _, name in re.findall(r"^(?:done <<<\")?([A-Z_]+) (\w+)\"?$", (BIN / "lib" / "tasks.sh").read_text().replace('    done <<<"', ""), re.MULTILINE)}
    read |= {f"{role}{kind}" for role in ("Migration", "Bootstrap") for kind in ("ExecutionRoleArn", "TaskRoleArn", "LogGroup")}
    read |= {"BlueTargetGroupArn", "GreenTargetGroupArn"}
    assert {"ClusterName", "PrivateSubnetIds", "DatabaseEndpoint", "MasterSecretArn", "Url"} <= read
    assert read <= exported, read - exported
