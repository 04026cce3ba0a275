"""deploy/bin/provision: the stacks in order, again without a change, shown before they change."""

import pytest
from aws_faults import HELD, Update
from deploy_scripts import Account


@pytest.fixture
def account(tmp_path):
    account = Account(tmp_path)
    yield account
    account.close()


def test_from_nothing_to_the_first_deployment_and_again(account):
    dry = account.run("provision", "staging", "network", "--dry-run")
    assert dry.stdout == "commerce-staging-network: would be created\n", dry.stderr
    assert account.faults.changes == []

    made = account.run("provision", "pipeline", "--environment", "staging")
    assert made.stdout == "commerce-pipeline: created\n", made.stderr
    assert account.run("provision", "pipeline", "--environment", "staging").stdout == "commerce-pipeline: unchanged\n"
    refused = account.run("provision", "staging", "network", "cluster")
    assert refused.returncode == 1
    assert refused.stdout == "commerce-staging-network: created\n"
    assert "say with --image" in refused.stderr
    digest = account.push("release 1")
    made = account.run("provision", "staging", "cluster", "--image", digest)
    assert made.stdout == "commerce-staging-cluster: created\n", made.stderr
    # Made before the cluster, which in a new account could not use it yet.
    order = [call for call in account.faults.calls if call in ("CreateServiceLinkedRole", "ExecuteChangeSet")]
    assert order[-2:] == ["CreateServiceLinkedRole", "ExecuteChangeSet"]
    assert len(account.client("iam").list_roles(PathPrefix="/aws-service-role/ecs.amazonaws.com/")["Roles"]) == 1
    parameters = {entry["ParameterKey"]: entry["ParameterValue"] for entry in account.stack("commerce-staging-cluster")["Parameters"]}
    assert parameters["ImageDigest"] == digest
    assert parameters["RepositoryUri"].endswith("/commerce")
    assert account.client("ec2").describe_vpcs(Filters=[{"Name": "cidr", "Values": ["10.0.0.0/24"]}])["Vpcs"]

    # The service's stack is not there: what comes after it waits. An existing stack keeps its image.
    account.faults.calls.clear()
    for missing in ("data", "load-balancer"):
        account.template(missing).write_text(account.template("pipeline").read_text().replace("Parameters: {", "Parameters: {Environment: {Type: String}, ")
                                             .replace("!Ref Project}", f'"{missing}"}}'))
    again = account.run("provision", "staging")
    assert again.returncode == 0, again.stderr
    assert again.stdout.splitlines() == [
        "commerce-staging-network: unchanged", "commerce-staging-data: created", "commerce-staging-load-balancer: created",
        "commerce-staging-cluster: unchanged"]
    assert "the rest waits for the service" in again.stderr


def test_a_change_is_shown_and_then_made(account):
    account.provision()
    account.template("network").write_text(account.template("network").read_text().replace("GroupDescription: service", "GroupDescription: shop"))
    account.faults.calls.clear()
    dry = account.run("provision", "staging", "network", "--dry-run")
    assert dry.stdout == "commerce-staging-network: would be updated\n", dry.stderr
    assert "(REPLACED)" in dry.stderr
    assert account.faults.changes == []
    assert account.faults.calls.count("CreateChangeSet") == account.faults.calls.count("DeleteChangeSet") == 1
    made = account.run("provision", "staging", "network")
    assert made.stdout == "commerce-staging-network: updated\n", made.stderr


def test_failures_are_told(account):
    account.provision()
    account.template("network").write_text(account.template("network").read_text().replace("GroupDescription: service", "GroupDescription: shop"))
    account.faults.update = Update(fails="The maximum number of addresses has been reached")
    failed = account.run("provision", "staging", "network")
    assert failed.returncode == 20, failed.stderr
    assert "The maximum number of addresses" in failed.stderr
    account.faults.update = Update(seconds=HELD)
    account.faults.stacks["commerce-staging-network"] |= {"at": HELD}
    busy = account.run("provision", "staging", "network")
    assert busy.returncode == 75, busy.stderr
    unknown = account.run("provision", "staging", "nothing")
    assert unknown.returncode == 64


def test_a_value_may_be_the_output_of_another_stack(account):
    account.provision()
    file = account.deploy / "environments" / "staging.json"
    file.write_text(file.read_text().replace(f'"{account.shop.url}"', '"${pipeline.RepositoryUri}"'))
    made = account.run("provision", "staging", "cluster")
    assert made.returncode == 0, made.stderr
    parameters = {entry["ParameterKey"]: entry["ParameterValue"] for entry in account.stack("commerce-staging-cluster")["Parameters"]}
    assert parameters["Url"] == parameters["RepositoryUri"]
