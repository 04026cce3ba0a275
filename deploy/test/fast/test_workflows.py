"""The pipelines in .github/workflows hold to what keeps them safe."""

import os
import re
import subprocess

import pytest
import yaml

from template import ROOT

DIRECTORY = ROOT / ".github" / "workflows"
NAMES = ["build", "deploy", "nightly", "rollback", "validate"]


class Loader(yaml.SafeLoader):
    """Leaves `on` the word that it is."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool" or first in "tTfF"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def workflow(name):
    return yaml.load((DIRECTORY / f"{name}.yaml").read_text(), Loader)  # noqa: S506 (a subclass of SafeLoader)


def jobs(*names):
    return [(f"{name}/{job}", body) for name in names or NAMES for job, body in workflow(name)["jobs"].items()]


def steps(*names):
    return [(job, step) for job, body in jobs(*names) for step in body.get("steps", [])]


def script(job):
    return "\n".join(step.get("run", "") for step in job["steps"])


def test_all_are_known():
    assert sorted(path.stem for path in DIRECTORY.iterdir()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_allowed_but_by_a_job(name):
    assert workflow(name)["permissions"] == {}
    for job, body in workflow(name)["jobs"].items():
        assert "permissions" in body, job
        assert set(body["permissions"].values()) <= {"read", "write"}, job
        writes = {permission for permission, level in body["permissions"].items() if level == "write"}
        assert writes <= {"id-token", "attestations"}, job


def test_only_who_needs_a_role_can_take_one():
    allowed = {job for job, body in jobs() if "id-token" in body["permissions"]}
    assert allowed == {"build/push", "build/staging", "build/production", "deploy/deploy", "rollback/rollback"}
    taking = {job for job, step in steps() if "configure-aws-credentials" in step.get("uses", "")}
    assert taking == {"build/push", "deploy/deploy", "rollback/rollback"}


def test_actions_are_pinned_by_commit():
    used = [step["uses"] for _, step in steps() if "uses" in step]
    assert used
    for action in used:
        assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}", action), action
    for name in NAMES:
        for line in (DIRECTORY / f"{name}.yaml").read_text().splitlines():
            if "uses:" in line and "@" in line:
                assert re.search(r"@[0-9a-f]{40}  # v\d+\.\d+\.\d+$", line), line
    # The same version everywhere.
    assert len(used and set(used)) == len({action.split("@")[0] for action in used})
    called = [body["uses"] for _, body in jobs() if "uses" in body]
    assert all(re.fullmatch(r"\$/\.github/workflows/\w+\.yaml", call) for call in called), called


def test_pull_requests_get_no_credentials():
    for name in NAMES:
        triggers = workflow(name)["on"]
        assert not {"pull_request_target", "workflow_run", "issue_comment"} & set(triggers), name
        assert ("pull_request" in triggers) == (name == "validate")
    assert "secrets" not in (DIRECTORY / "validate.yaml").read_text()
    assert "vars." not in (DIRECTORY / "validate.yaml").read_text()
    for job, body in jobs("validate"):
        assert body["permissions"] == {"contents": "read"}, job


def test_no_stored_secrets_at_all():
    for name in NAMES:
        text = (DIRECTORY / f"{name}.yaml").read_text()
        assert "secrets." not in text
        assert "inherit" not in text


def test_what_is_checked_out_keeps_no_credentials():
    checkouts = [(job, step) for job, step in steps() if step.get("uses", "").startswith("actions/checkout@")]
    assert len(checkouts) >= 5
    for job, step in checkouts:
        assert step["with"]["persist-credentials"] == "false" or step["with"]["persist-credentials"] is False, job


def test_scripts_take_values_from_the_environment_only():
    for job, step in steps():
        assert "${{" not in step.get("run", ""), f"{job}: {step['name']}"


def test_every_job_ends():
    for job, body in jobs():
        assert "uses" in body or 0 < int(body["timeout-minutes"]) <= 180, job


def test_validation_runs_all_tests():
    runs = [step["run"] for _, step in steps("validate") if "run" in step]
    assert "./dev test" in runs
    assert any(run.endswith("./dev test deploy") for run in runs)
    assert "./dev lint" in runs


def test_the_night_runs_what_is_slow():
    runs = [step["run"] for _, step in steps("nightly") if "run" in step]
    assert "./dev test full" in runs
    assert './dev test "--sanitize=$SANITIZER"' in runs
    assert workflow("nightly")["jobs"]["sanitize"]["strategy"]["matrix"] == {"sanitizer": ["thread", "address"]}
    for job, body in jobs("nightly"):
        assert body["permissions"] == {"contents": "read"}, job


def test_image_is_built_scanned_signed_and_known_by_its_digest():
    build = workflow("build")["jobs"]
    assert {entry["architecture"]: entry["runner"] for entry in build["image"]["strategy"]["matrix"]["include"]} == {
        "arm64": "ubuntu-24.04-arm", "amd64": "ubuntu-24.04"}
    names = [step["name"] for step in build["image"]["steps"]]
    assert names.index("Fetch the certificates") < names.index("Build") < names.index("Describe (SBOM)") < names.index("Scan") < names.index("Keep")
    scan = next(step for step in build["image"]["steps"] if step["name"] == "Scan")["with"]
    assert str(scan["fail-build"]).lower() == "true"
    assert scan["severity-cutoff"] == "high"
    push = build["push"]
    assert set(push["needs"]) == {"validate", "image"}
    assert push["env"]["TAG"] == "${{ github.sha }}"
    assert push["outputs"] == {"digest": "${{ steps.index.outputs.digest }}"}
    assert 'cosign sign --yes --recursive "$REPOSITORY_URI@$DIGEST"' in script(push)
    assert "cosign attest --yes --type spdxjson" in script(push)
    provenance = next(step for step in push["steps"] if step["name"] == "Provenance")["with"]
    assert provenance["subject-digest"] == "${{ steps.index.outputs.digest }}"
    # The job with the role checks out nothing and builds nothing.
    assert not any("checkout" in step.get("uses", "") for step in push["steps"])
    assert "buildx build" not in script(push)


def test_both_processors_are_built_by_one_image_known_by_its_digest():
    build = workflow("build")["jobs"]
    resolve = script(build["toolchain"])
    assert "sed -n 's/^ARG SWIFT_IMAGE=//p' Dockerfile" in resolve
    assert "^sha256:[0-9a-f]{64}$" in resolve
    assert build["toolchain"]["outputs"] == {"image": "${{ steps.resolve.outputs.image }}"}
    image = build["image"]
    assert "toolchain" in image["needs"]
    step = next(it for it in image["steps"] if it["name"] == "Build")
    assert step["env"]["SWIFT_IMAGE"] == "${{ needs.toolchain.outputs.image }}"
    assert '--build-arg "SWIFT_IMAGE=$SWIFT_IMAGE"' in step["run"]
    assert "ARG SWIFT_IMAGE=" in (ROOT / "Dockerfile").read_text()


def test_all_that_is_pinned_is_watched_for_updates():
    watched = {}
    for it in yaml.safe_load((ROOT / ".github/dependabot.yaml").read_text())["updates"]:
        watched.setdefault(it["package-ecosystem"], set()).update(it.get("directories", [it.get("directory")]))
        assert it["cooldown"]["default-days"] >= 7
    assert watched == {
        "github-actions": {"/"}, "docker": {"/"}, "docker-compose": {"/deploy"}, "swift": {"/"}, "pip": {"/deploy/test", "/Tests/Reliability"}}
    for path in ROOT.rglob("*.in"):
        if not {".build", ".dev", ".git"} & set(path.relative_to(ROOT).parts):
            assert f"/{path.parent.relative_to(ROOT)}" in watched["pip"], path


@pytest.fixture
def signed(tmp_path):
    """install-swift with a stand-in for the network and the archive's place, and an archive signed by a key made here."""
    def run(pinned):
        home = tmp_path / "keys"
        home.mkdir(mode=0o700)
        gpg = ["gpg", "--homedir", home, "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", ""]
        subprocess.run([*gpg, "--quick-generate-key", "A Signer <signer@example.com>", "ed25519", "sign", "0"], check=True, capture_output=True)
        listed = subprocess.run([*gpg, "--list-keys", "--with-colons"], check=True, capture_output=True, text=True).stdout
        fingerprint = next(line.split(":")[9] for line in listed.splitlines() if line.startswith("fpr:"))
        served = tmp_path / "served"
        tree = served / "tree" / "swift" / "usr" / "bin"
        tree.mkdir(parents=True)
        (tree / "swift").write_text("#!/bin/sh\necho installed\n")
        (tree / "swift").chmod(0o755)
        subprocess.run(["tar", "-czf", served / "archive", "-C", served / "tree", "swift"], check=True)
        subprocess.run([*gpg, "--armor", "--export", "--output", served / "keys"], check=True, capture_output=True)
        subprocess.run([*gpg, "--detach-sign", "--output", served / "signature", served / "archive"], check=True, capture_output=True)
        programs = tmp_path / "bin"
        programs.mkdir()
        curl = programs / "curl"
        curl.write_text(f"""#!/usr/bin/env bash
while [[ $1 != --output ]]; do shift; done
case $3 in *all-keys.asc) cp {served}/keys "$2" ;; *.sig) cp {served}/signature "$2" ;; *) cp {served}/archive "$2" ;; esac
""")
        curl.chmod(0o755)
        text = (ROOT / ".github/install-swift").read_text()
        (key,) = re.findall(r"^key=([0-9A-F]{40})$", text, re.MULTILINE)
        install = tmp_path / "install-swift"
        install.write_text(text.replace(key, fingerprint if pinned else key))
        environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "HOME": str(tmp_path), "GITHUB_PATH": str(tmp_path / "path")}
        return subprocess.run(["bash", install, "6.3.1"], env=environment, capture_output=True, text=True, timeout=120)

    return run


@pytest.mark.parametrize("pinned", [True, False])
def test_a_toolchain_is_taken_of_the_pinned_key_alone(signed, pinned):
    """The keys come with the archive: another key among them, with a good signature, must not do."""
    done = signed(pinned)
    assert (done.returncode == 0) == pinned, done.stderr
    assert ("installed" in done.stdout) == pinned
    assert ("is not signed by" in done.stderr) != pinned


def test_deployment_goes_by_digest_from_staging_to_production():
    build = workflow("build")["jobs"]
    for environment in ("staging", "production"):
        assert build[environment]["uses"] == "$/.github/workflows/deploy.yaml"
        assert build[environment]["with"] == {"environment": environment, "digest": "${{ needs.push.outputs.digest }}"}
    assert build["staging"]["needs"] == ["push"]
    assert build["production"]["needs"] == ["push", "staging"]
    deploy = workflow("deploy")["jobs"]["deploy"]
    assert deploy["environment"] == "${{ inputs.environment }}"
    assert deploy["env"]["DIGEST"] == "${{ inputs.digest }}"
    assert 'deploy/bin/deploy "$ENVIRONMENT" "$DIGEST"' in script(deploy)


@pytest.mark.parametrize(("name", "step"), [("deploy", "Deploy"), ("rollback", "Roll back")])
def test_only_what_is_signed_comes_into_service(name, step):
    """The scripts verify it; here is what they verify with, and nothing that tells them not to."""
    (job,) = workflow(name)["jobs"].values()
    names = [it["name"] for it in job["steps"]]
    assert names.index("Install cosign") < names.index(step)
    assert "--unsigned" not in script(job)
    assert "build.yaml@refs/heads/main" in (ROOT / "deploy/bin/lib/images.sh").read_text()


def test_one_deployment_at_a_time_and_none_is_cancelled():
    for name, job in (("deploy", "deploy"), ("rollback", "rollback")):
        concurrency = workflow(name)["jobs"][job]["concurrency"]
        assert concurrency["group"] == "environment-${{ inputs.environment }}"
        assert str(concurrency["cancel-in-progress"]).lower() == "false"


def test_rollback_by_hand():
    rollback = workflow("rollback")
    assert set(rollback["on"]) == {"workflow_dispatch"}
    inputs = rollback["on"]["workflow_dispatch"]["inputs"]
    assert inputs["environment"]["options"] == ["staging", "production"]
    assert inputs["digest"]["required"] in (False, "false")
    assert rollback["jobs"]["rollback"]["environment"] == "${{ inputs.environment }}"
    assert "deploy/bin/rollback" in script(rollback["jobs"]["rollback"])
