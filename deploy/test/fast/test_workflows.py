"""The pipelines in .github/workflows hold to what keeps them safe."""

import re

import pytest
import yaml

from template import ROOT

DIRECTORY = ROOT / ".github" / "workflows"
NAMES = ["build", "deploy", "rollback", "validate"]


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
