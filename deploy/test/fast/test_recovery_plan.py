"""The commands of deploy/recovery/README.md, run by a shell whose programs only record their calls, then checked against the AWS API..
"""

import json
import os
import re
import subprocess

import botocore.session
import pytest
from awscli.clidriver import create_clidriver
from template import ROOT, Template

PLAN = ROOT / "deploy" / "recovery" / "README.md"

STUB = """#!/usr/bin/env python3
import json, os, sys
with open(os.environ["NOTES"], "a") as notes:
    notes.write(json.dumps([os.path.basename(sys.argv[0]), *sys.argv[1:]]) + "\\n")
try:
    os.write(1, b"noted one\\n")
except BrokenPipeError:
    pass  # the next one of a pipeline has noted its call and gone
"""


def blocks():
    """The plan's shell commands, without the indentation that lists give them."""
    found = re.findall(r"^( *)```sh\n(.*?)^ *```$", PLAN.read_text(), re.MULTILINE | re.DOTALL)
    return [re.sub(rf"^{indent}", "", text, flags=re.MULTILINE) for indent, text in found]


def inline():
    """Commands within sentences."""
    text = re.sub(r"```.*?```", "", PLAN.read_text(), flags=re.DOTALL)
    return [re.sub(r"\s+", " ", it) for it in re.findall(r"`(aws [a-z0-9-]+ [a-z-]+ [^`]*--[^`]+)`", text)]


def scripts():
    """The project's programs that the plan calls."""
    return sorted(set(re.findall(r"deploy/(?:bin|recovery)/[a-z]+", "\n".join(blocks()))))


@pytest.fixture(scope="module")
def notes(tmp_path_factory):
    """The calls that the plan's commands would have made, in order."""
    place = tmp_path_factory.mktemp("plan")
    programs = place / "programs"
    programs.mkdir()
    work = place / "work"
    (work / "deploy").mkdir(parents=True)
    stub = place / "stub"
    stub.write_text(STUB)
    stub.chmod(0o755)
    for name in ("aws", "sleep", "jq", "skopeo"):
        (programs / name).symlink_to(stub)
    (programs / "git").write_text('#!/bin/sh\ncp -r . "$3"\n')
    (programs / "git").chmod(0o755)
    for script in scripts():
        (work / script).parent.mkdir(exist_ok=True)
        (work / script).symlink_to(stub)
    script = "set -euo pipefail\nREPOSITORY=here DR_REPOSITORY=there COMMIT=1\n" + "\n".join(blocks() + inline())
    done = subprocess.run(
        ["bash", "-c", script], cwd=work, capture_output=True, text=True, timeout=60, check=False,
        env={"PATH": f"{programs}:{os.environ['PATH']}", "NOTES": str(place / "notes")},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in (place / "notes").read_text().splitlines()]


def test_there_are_commands(notes):
    called = {note[0] for note in notes}
    assert {"aws", "rehearse", "provision", "bootstrap", "deploy", "smoke", "checklist"} <= called
    assert len(inline()) >= 3


def test_each_call_is_one_that_aws_knows(notes, capsys, monkeypatch):
    settings = {
        "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "eu-west-1", "AWS_MAX_ATTEMPTS": "1",
        # Nothing listens there: a call that gets so far was correct in everything that is checked before sending it.
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    }  # fmt: skip
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    session = botocore.session.get_session()
    calls = [note[1:] for note in notes if note[0] == "aws"]
    assert len(calls) > 30
    for call in calls:
        if call[1] == "wait":
            client = session.create_client(call[0], region_name="eu-west-1")
            assert call[2].replace("-", "_") in client.waiter_names, call
            continue
        create_clidriver().main(call)
        said = capsys.readouterr().err
        assert "Could not connect to the endpoint URL" in said, f"{' '.join(call)}\n{said}"


def test_what_is_looked_up_is_exported(notes):
    asked = {
        match[1]
        for note in notes
        for part in note
        if (match := re.fullmatch(r"Exports\[\?Name=='commerce(?:-dr)?-production-(\w+)'\]\.Value", part))
    }
    assert {"ClusterName", "ServiceName", "DatabaseSecurityGroupId"} <= asked
    exported = set()
    for name in ("network", "data", "load-balancer", "cluster", "service", "guard"):
        exported |= {it.rpartition("-")[2] for it in Template(name).exports()}
    assert asked <= exported, asked - exported


def test_restored_as_the_stack_has_it(notes):
    database = Template("data").deployed(Environment="production").only("AWS::RDS::DBInstance")
    (restore,) = [note for note in notes if "--restore-time" in note]
    options = dict(zip(restore, restore[1:]))
    assert options["--target-db-instance-identifier"] == database["DBInstanceIdentifier"]
    assert options["--ca-certificate-identifier"] == database["CACertificateIdentifier"]
    assert ("--no-publicly-accessible" in restore) == (database["PubliclyAccessible"] is False)
    assert {"--multi-az", "--deletion-protection", "--copy-tags-to-snapshot"} <= set(restore)
    group = Template("data").deployed(Environment="production").only("AWS::RDS::DBSubnetGroup")
    assert options["--db-subnet-group-name"] == group["DBSubnetGroupName"]
    secrets = Template("data").deployed(Environment="production").of_type("AWS::SecretsManager::Secret")
    read = [note[note.index("--secret-id") + 1] for note in notes if "get-secret-value" in note]
    assert read
    assert set(read) <= {it["Name"] for it in secrets.values()}
