"""Every file that deploys, under the checkers of its kind. A finding that stays is explained where it stands."""

import subprocess
from pathlib import Path

import pytest
from template import ROOT, TEMPLATES

SHELL = ("#!/usr/bin/env bash", "# shellcheck shell=bash")


def run(*command, **options):
    """Runs a checker; what it found is the failure's text."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, **options)
    assert done.returncode == 0, f"{' '.join(map(str, command[:3]))} …\n{done.stdout[-6000:]}{done.stderr[-3000:]}"
    return done


def tracked(*patterns):
    """The project's files that match, as git knows them, or as they lie there where this is no checkout."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", *patterns], cwd=ROOT, capture_output=True, text=True)
    return sorted({ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()})


def shell_scripts():
    found = []
    for path in tracked("dev", ".ci", "deploy", "Tests/Bench", "Tests/Reliability"):
        try:
            with path.open() as file:
                if file.readline().startswith(SHELL):
                    found.append(path)
        except UnicodeDecodeError:
            continue
    return found


def test_shellcheck():
    scripts = shell_scripts()
    assert len(scripts) > 5
    # From the top directory, where the scripts say what they source.
    run("shellcheck", "--external-sources", "--source-path=SCRIPTDIR", *scripts)


def test_yamllint():
    files = tracked("*.yaml", "*.yml")
    assert files
    run("yamllint", "--strict", "--config-file", ROOT / "deploy/test/yamllint.yaml", *files)


def test_hadolint():
    run("hadolint", "--failure-threshold", "info", "Dockerfile")


def test_cfn_lint():
    assert sorted(TEMPLATES.glob("*.yaml"))
    run("cfn-lint", "--", *sorted(TEMPLATES.glob("*.yaml")))


@pytest.mark.parametrize("framework", ["cloudformation", "dockerfile", "github_actions", "kubernetes", "secrets"])
def test_checkov(framework):
    places = {
        "cloudformation": "deploy/cloudformation",
        "dockerfile": ".",
        "github_actions": ".github",
        "kubernetes": "deploy/kubernetes",
        "secrets": "deploy",
    }
    options = ["--framework", framework, "--quiet", "--compact", "--skip-download"]
    where = ["--file", "Dockerfile"] if framework == "dockerfile" else ["--directory", places[framework]]
    if framework == "secrets":
        # CKV_SECRET_6 guesses by entropy, and takes names of resources and statistics for keys.
        options += ["--skip-check", "CKV_SECRET_6"]
    run("checkov", *options, *where)


def test_checkov_is_told_why():
    """A skip has its reason beside it: `# checkov:skip=ID: reason` or id and comment in the metadata."""
    for path in tracked("Dockerfile", "deploy/*.yaml", "deploy/**/*.yaml", ".github/**"):
        text = path.read_text()
        for line in text.splitlines():
            if "checkov:skip=" in line:
                assert len(line.split("checkov:skip=")[1].partition(":")[2].strip()) > 15, f"{path}: {line}"


def test_zizmor():
    run("zizmor", "--offline", "--persona", "pedantic", ".github")


def test_workflow_and_compose_schemas():
    workflows = sorted((ROOT / ".github/workflows").glob("*.yaml"))
    assert workflows
    run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *workflows)
    run("check-jsonschema", "--builtin-schema", "vendor.compose-spec", "deploy/compose.yaml")


def test_nothing_names_a_secret_value(tmp_path: Path):
    """No key or password has come into the files by mistake."""
    patterns = [b"AKIA", b"ASIA", b"-----BEGIN RSA PRIVATE", b"-----BEGIN PRIVATE", b"-----BEGIN EC PRIVATE"]
    for path in tracked():
        if path == Path(__file__):
            continue
        content = path.read_bytes()
        assert not [pattern for pattern in patterns if pattern in content and b"SelfSigned" not in content], path
