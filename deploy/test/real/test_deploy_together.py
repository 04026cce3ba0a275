"""Deployments that meet each other or are interrupted, and the way back."""

import os
import signal
import time

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
    digests = account.provision()
    account.release(digests[0])
    return digests


def read_until(process, text):
    seen = ""
    for line in process.stderr:
        seen += line
        if text in line:
            return seen
    raise AssertionError(f"never said '{text}':\n{seen}")


def wait_until(process, condition):
    while not condition():
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.02)


def wait_for_update(process, account):
    # Waits for more than the call: until the change is visible to the next caller.
    wait_until(process, lambda: account.faults.is_changing("commerce-staging-service"))


def test_while_a_stack_changes_another_is_refused(account, images):
    account.faults.update = Update(seconds=HELD)
    first = account.start("deploy", "staging", images[1])
    wait_for_update(first, account)
    second = account.run("deploy", "staging", images[2])
    assert second.returncode == 75, second.stderr
    assert "cancel-update-stack" in second.stderr
    account.faults.finish_updates()
    _, rest = first.communicate(timeout=60)
    assert first.returncode == 0, rest
    assert account.served_image() == images[1]
    assert account.faults.calls.count("RunTask") == 1


def test_the_later_of_two_at_once_is_refused(account, images):
    # Both are past their checks before either has executed its change.
    account.faults.task_end = TaskEnd(seconds=HELD)
    first = account.start("deploy", "staging", images[1])
    wait_until(first, lambda: account.faults.tasks)
    # The second is unaware of the first's migration, as one that looked a moment earlier.
    account.faults.task_end, account.faults.update = TaskEnd(), Update(seconds=HELD)
    account.faults.blind_to_tasks = True
    second = account.start("deploy", "staging", images[2])
    wait_for_update(second, account)
    account.faults.finish_tasks()
    _, refused = first.communicate(timeout=90)
    assert first.returncode == 75, refused + str(account.faults.failures)
    account.faults.finish_updates()
    _, stderr = second.communicate(timeout=90)
    assert second.returncode == 0, stderr + str(account.faults.failures)
    assert account.served_image() == images[2]
    assert account.releases() == [images[0], images[2]]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_in_the_migration(account, images, number):
    account.faults.task_end = TaskEnd(seconds=HELD)
    process = account.start("deploy", "staging", images[1])
    read_until(process, "migration: RUNNING")
    os.killpg(process.pid, number)
    _, stderr = process.communicate(timeout=30)
    assert process.returncode == 130, stderr
    assert "the migration runs on by itself" in stderr
    assert "ExecuteChangeSet" not in account.faults.calls
    assert list(process.scratch.iterdir()) == []


def test_interrupted_in_the_update_and_run_again(account, images):
    account.faults.update = Update(seconds=HELD)
    process = account.start("deploy", "staging", images[1])
    wait_for_update(process, account)
    os.killpg(process.pid, signal.SIGINT)
    _, stderr = process.communicate(timeout=30)
    assert process.returncode == 130, stderr
    assert "goes on changing by itself" in stderr
    assert account.run("deploy", "staging", images[1]).returncode == 75
    account.faults.finish_updates()
    again = account.run("deploy", "staging", images[1])
    assert again.returncode == 0, again.stderr
    assert account.releases() == images[:2]


def test_bad_release_left_by_an_interruption_goes_back_to_the_good_one(account, images):
    process = account.start("deploy", "staging", images[1])
    read_until(process, "==> verifying")
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=30)
    account.faults.stuck_on = f"repository@{images[0]}"
    result = account.run("deploy", "staging", images[1])
    assert result.returncode == 21, result.stderr
    assert account.served_image() == images[0]


def test_rollback_goes_one_release_back_each_time(account, images):
    one, two, three = images
    account.release(two)
    account.release(three)
    dry = account.run("rollback", "staging", "--dry-run")
    assert dry.stdout == f"would go back: staging {two}\n"
    assert account.faults.changes == []
    for expected in (two, one):
        result = account.run("rollback", "staging")
        assert result.returncode == 0, result.stderr
        assert result.stdout == f"rolled back: staging {expected}\n"
        assert account.served_image() == expected
    assert "RunTask" not in account.faults.calls, "a rollback does not migrate"
    last = account.run("rollback", "staging")
    assert last.returncode == 1
    assert "name a digest" in last.stderr
    named = account.run("rollback", "staging", three)
    assert named.returncode == 0, named.stderr
    assert account.served_image() == three


def test_rollback_keeps_what_else_the_stack_is(account, images):
    account.release(images[1])
    template = account.template("service")
    template.write_text(template.read_text().replace("memory: 512", "memory: 1024"))
    account.write_environment({"LogLevel": "debug"})
    account.run("rollback", "staging", check=True)
    parameters = {entry["ParameterKey"]: entry["ParameterValue"] for entry in account.stack("commerce-staging-service")["Parameters"]}
    assert parameters["ImageDigest"] == images[0]
    assert parameters.get("LogLevel", "info") == "info"
    assert "memory: 512" in account.faults.template("commerce-staging-service")


def test_rollback_that_does_not_help(account, images):
    account.release(images[1])
    account.shop.broken.add("list")
    result = account.run("rollback", "staging")
    assert result.returncode == 22, result.stderr
    assert "look at once" in result.stderr
    assert account.releases() == images[:2]


def test_rollback_refused_by_cloudformation(account, images):
    account.release(images[1])
    account.faults.update = Update(fails="unhealthy")
    result = account.run("rollback", "staging")
    assert result.returncode == 20, result.stderr
    assert account.served_image() == images[1]
