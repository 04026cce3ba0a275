"""deploy/bin/deploy and what it stands on, against moto with faults put in on the way."""

from pathlib import Path

import pytest
from aws_faults import HELD, TaskEnd, Update
from deploy_scripts import Account


@pytest.fixture
def account(tmp_path):
    account = Account(tmp_path)
    yield account
    account.close()


@pytest.fixture
def images(account):
    return account.provision()


def test_first_deployment_again_and_the_next(account, images):
    one, two, _ = images
    first = account.run("deploy", "staging", one)
    assert first.returncode == 0, first.stderr
    assert first.stdout == f"deployed: staging {one}\n"
    assert "its first deployment" in first.stderr
    assert "the schema is where it should be" in first.stderr
    assert account.served_image() == one
    assert account.releases() == [one]
    task = next(iter(account.faults.tasks.values()))
    assert task["network"]["awsvpcConfiguration"]["assignPublicIp"] == "DISABLED"
    order = [call for call in account.faults.changes if call in ("RegisterTaskDefinition", "RunTask", "ExecuteChangeSet")]
    assert order == ["RegisterTaskDefinition", "RunTask", "ExecuteChangeSet"]

    account.faults.calls.clear()
    again = account.run("deploy", "staging", one)
    assert again.returncode == 0, again.stderr
    assert again.stdout == f"already deployed: staging {one}\n"
    assert account.faults.changes == []

    following = account.run("deploy", "staging", two)
    assert following.returncode == 0, following.stderr
    assert account.served_image() == two
    assert account.releases() == [one, two]
    definition = account.client("ecs").describe_task_definition(taskDefinition="commerce-staging-migrate")["taskDefinition"]
    assert definition["containerDefinitions"][0]["image"].endswith(f"@{two}")
    assert definition["revision"] == 2


def test_dry_run_changes_nothing(account, images):
    one, two, _ = images
    for digest in (one, two):
        result = account.run("deploy", "staging", digest, "--dry-run")
        assert result.returncode == 0, result.stderr
        assert f"ImageDigest={digest}\n" in result.stdout
        assert account.faults.changes == []
        assert "CreateChangeSet" not in account.faults.calls
        if digest == one:
            account.release(one)
            account.faults.calls.clear()
    assert account.served_image() == one
    account.template("service").write_text("Nothing: {}")
    account.faults.calls.clear()
    invalid = account.run("deploy", "staging", two, "--dry-run")
    assert invalid.returncode == 1
    assert "At least one Resources member" in invalid.stderr


def test_failed_migration_leaves_the_service(account, images):
    one, two, _ = images
    account.release(one)
    account.faults.task_end = TaskEnd(exit_code=65, log=["starting", '{"level":"error","message":"migration 4 failed"}'])
    result = account.run("deploy", "staging", two)
    assert result.returncode == 10, result.stderr
    assert "migration 4 failed" in result.stderr
    assert "exit code 65" in result.stderr
    assert account.faults.changes == ["RegisterTaskDefinition", "RunTask"]
    assert account.served_image() == one
    assert account.releases() == [one]


def test_throttled_and_crowded_migration_succeeds(account, images):
    account.faults.throttle.update({"RunTask": 3, "RegisterTaskDefinition": 1, "DescribeTasks": 2})
    account.faults.no_capacity = 2
    result = account.run("deploy", "staging", images[0])
    assert result.returncode == 0, result.stderr
    assert account.faults.calls.count("RunTask") == 6
    assert "Capacity is unavailable" in result.stderr
    assert len(account.faults.tasks) == 1
    assert account.served_image() == images[0]


def test_no_room_for_the_migration_at_all(account, images):
    account.faults.no_capacity = 100
    result = account.run("migrate", "staging", images[0], DEPLOY_POLL_SECONDS="0")
    assert result.returncode == 11, result.stderr
    assert "Capacity is unavailable" in result.stderr


def test_answer_lost_on_the_way(account, images):
    account.faults.lose.update({"RunTask": 1, "ExecuteChangeSet": 1, "DescribeStacks": 1, "DescribeTasks": 1})
    result = account.run("deploy", "staging", images[0])
    assert result.returncode == 0, result.stderr
    assert account.faults.calls.count("RunTask") == 2
    assert len(account.faults.tasks) == 1, "the same migration twice"
    assert account.served_image() == images[0]


def test_migration_that_cannot_start(account, images):
    account.faults.task_end = TaskEnd(exit_code=None, reason="CannotPullContainerError: pull image manifest: not found")
    result = account.run("deploy", "staging", images[0])
    assert result.returncode == 11, result.stderr
    assert "CannotPullContainerError" in result.stderr
    assert account.served_image() is None


def test_long_migration_is_left_alone(account, images):
    account.faults.task_end = TaskEnd(seconds=HELD)
    result = account.run("deploy", "staging", images[0], "--migration-limit", "1")
    assert result.returncode == 12, result.stderr
    assert "left alone" in result.stderr
    assert "StopTask" not in account.faults.calls
    assert account.served_image() is None
    busy = account.run("deploy", "staging", images[0])
    assert busy.returncode == 75, busy.stderr


def test_failed_update_is_rolled_back(account, images):
    one, two, _ = images
    account.release(one)
    account.faults.update = Update(fails="Alarm commerce-staging-errors detected, deployment rolled back")
    result = account.run("deploy", "staging", two)
    assert result.returncode == 20, result.stderr
    assert "Alarm commerce-staging-errors" in result.stderr
    assert one in result.stderr.splitlines()[-1]
    assert account.served_image() == one
    assert account.releases() == [one]
    # And the next deployment goes on from there.
    account.faults.update = Update()
    assert account.run("deploy", "staging", two).returncode == 0
    assert account.served_image() == two


def test_failed_first_deployment_can_be_repeated(account, images):
    account.faults.update = Update(fails="circuit breaker")
    result = account.run("deploy", "staging", images[0])
    assert result.returncode == 20, result.stderr
    account.faults.update = Update()
    again = account.run("deploy", "staging", images[0])
    assert again.returncode == 0, again.stderr
    assert "removing what an earlier failed creation left" in again.stderr
    assert account.served_image() == images[0]


def test_failed_smoke_test_brings_the_release_before_back(account, images):
    one, two, _ = images
    account.release(one)
    before = account.stack("commerce-staging-service")["StackId"]
    # The new release also changes the template; that goes back as well.
    template = account.template("service")
    template.write_text(template.read_text().replace("memory: 512", "memory: 1024"))
    account.shop.broken.add("list")
    process = account.start("deploy", "staging", two)
    stderr = ""
    for line in process.stderr:
        stderr += line
        # It is the new release that was broken.
        if line.startswith("==> going back"):
            account.shop.broken.clear()
    process.wait(timeout=60)
    assert process.returncode == 21, stderr
    assert "FAILED: the smoke test" in stderr
    assert account.served_image() == one
    assert account.releases() == [one]
    after = account.stack("commerce-staging-service")
    assert after["StackId"] == before
    assert "memory: 512" in account.faults.template("commerce-staging-service")


def test_failed_smoke_test_of_the_first_release(account, images):
    account.shop.broken.add("health")
    result = account.run("deploy", "staging", images[0])
    assert result.returncode == 22, result.stderr
    assert "no other good release" in result.stderr
    assert account.releases() == []


def test_tasks_that_run_another_image_are_no_success(account, images):
    one, two, _ = images
    account.release(one)
    account.faults.stuck_on = f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/commerce@{one}"
    result = account.run("deploy", "staging", two)
    assert result.returncode == 21, result.stderr
    assert f"FAILED: tasks still run {account.faults.stuck_on}" in result.stderr
    assert account.served_image() == one


def test_refusals_change_nothing(account, images):
    only_arm = account.push("arm only", ["arm64"])
    only_intel = account.push("intel only", ["amd64"])
    account.faults.calls.clear()
    cases = {
        ("staging", "sha256:" + "a" * 64): (1, "there is no image"),
        ("staging", only_intel): (1, "the image is for amd64, the tasks run on arm64"),
        ("staging", "latest"): (64, "no image digest"),
        ("nowhere", images[0]): (64, "no environment 'nowhere'"),
        ("staging",): (64, "which environment and which image?"),
        ("staging", images[0], "--forcefully"): (64, "no option --forcefully"),
    }
    for arguments, (status, message) in cases.items():
        result = account.run("deploy", *arguments)
        assert result.returncode == status, result.stderr
        assert message in result.stderr
        assert result.stdout == ""
    assert account.faults.changes == []
    account.write_environment({"Architecture": "X86_64"})
    assert "the image is for arm64, the tasks run on amd64" in account.run("deploy", "staging", only_arm).stderr
    assert account.faults.changes == []


def test_unreachable_aws(account, images):
    result = account.run("deploy", "staging", images[0], AWS_ENDPOINT_URL="http://127.0.0.1:1", AWS_MAX_ATTEMPTS="1")
    assert result.returncode == 69, result.stderr
    assert "Could not connect" in result.stderr


def test_bootstrap_and_migrate_alone(account, images):
    account.faults.task_end = TaskEnd(log=["roles are there"])
    dry = account.run("bootstrap", "staging", images[0], "--dry-run")
    assert dry.returncode == 0, dry.stderr
    assert f"commerce@{images[0]}" in dry.stdout
    assert "${" not in dry.stdout
    assert account.faults.changes == []
    for script, role in (("bootstrap", "bootstrap"), ("migrate", "migration")):
        result = account.run(script, "staging", images[0])
        assert result.returncode == 0, result.stderr
        assert result.stdout == f"{role}: done, exit code 0\n"
        assert "  | roles are there" in result.stderr


def test_import_is_a_run_of_its_own_of_the_migration_task(account, images):
    account.faults.task_end = TaskEnd(log=["import done"])
    dry = account.run("import", "staging", images[0], "--dry-run")
    assert dry.returncode == 0, dry.stderr
    assert account.faults.changes == []
    for arguments, file in (((), "/app/demo/catalog.ndjson"), (("--file", "/app/mine.csv"), "/app/mine.csv")):
        account.faults.tasks.clear()
        result = account.run("import", "staging", images[0], *arguments)
        assert result.returncode == 0, result.stderr
        assert result.stdout == "import: done, exit code 0\n"
        assert f"runs import {file}" in result.stderr
        assert "  | import done" in result.stderr
        (task,) = account.faults.tasks.values()
        assert task["overrides"] == {"containerOverrides": [{"name": "migrate", "command": ["import", file]}]}
    # The definition as it is runs a migration.
    definition = account.client("ecs").describe_task_definition(taskDefinition="commerce-staging-migrate")["taskDefinition"]
    assert definition["containerDefinitions"][0]["command"] == ["migrate", "up"]
    account.faults.task_end = TaskEnd(exit_code=65, log=["row refused"])
    refused = account.run("import", "staging", images[0])
    assert refused.returncode == 10, refused.stderr
    assert "the import failed with exit code 65" in refused.stderr
    assert account.run("import", "staging", images[0], "--file", "relative").returncode == 64


SCRIPTS = {"deploy": (), "rollback": (), "migrate": (), "bootstrap": (), "import": ()}


@pytest.mark.parametrize("script", SCRIPTS)
def test_what_the_build_has_not_signed_is_refused(account, images, script):
    account.release(images[0])
    strange = account.push("made by hand", signed=False)
    refused = account.run(script, "staging", strange)
    assert refused.returncode == 1, refused.stderr
    assert f"has not signed {strange}: Error: no matching signatures" in refused.stderr
    # Another repository's build counts as little.
    account.sign(strange, by="acme/other")
    assert account.run(script, "staging", strange).returncode == 1
    assert account.faults.changes == []
    assert account.served_image() == images[0]
    # Unless --unsigned allows it.
    taken = account.run(script, "staging", strange, "--unsigned")
    assert taken.returncode == 0, taken.stderr
    assert "the signature is not looked at" in taken.stderr


def test_without_cosign_nothing_unsigned_slips_through(account, images):
    (account.directory / "bin" / "cosign").unlink()
    bare = {"PATH": ":".join(it for it in account.environment(account.directory)["PATH"].split(":") if not (Path(it) / "cosign").exists())}
    refused = account.run("deploy", "staging", images[0], **bare)
    assert refused.returncode == 69, refused.stderr
    assert "cosign is not installed" in refused.stderr
    assert account.faults.changes == []


def tags(account, digest):
    (image,) = account.client("ecr").describe_images(repositoryName="commerce", imageIds=[{"imageDigest": digest}])["imageDetails"]
    return set(image.get("imageTags", []))


def test_what_was_released_is_tagged_so_that_it_is_kept(account, images):
    one, two, _ = images
    account.run("deploy", "staging", one, check=True)
    assert "released-staging-1" in tags(account, one)
    account.run("deploy", "staging", two, check=True)
    assert "released-staging-2" in tags(account, two)
    # Again, with nothing to do: where the tag got lost on the way, it is given then.
    account.client("ecr").batch_delete_image(repositoryName="commerce", imageIds=[{"imageTag": "released-staging-2"}])
    assert "released-staging-2" not in tags(account, two)
    account.run("deploy", "staging", two, check=True)
    assert "released-staging-2" in tags(account, two)
    account.run("rollback", "staging", check=True)
    assert "released-staging-3" in tags(account, one)
    assert account.faults.failures == []
