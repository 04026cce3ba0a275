"""The points of deploy/bin/checklist that look into AWS, against moto."""

import json
import threading
import time

import pytest
from deploy_scripts import Account


@pytest.fixture
def account(tmp_path):
    account = Account(tmp_path)
    account.shop.catalogue = True
    account.release(account.provision()[0])
    yield account
    account.close()


def write_request_logs(account):
    """As the service: a line for each request, with its id."""
    logs, group = account.client("logs"), "/commerce/staging/service"
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="service")
    end = time.monotonic() + 60
    while time.monotonic() < end:
        for _, _, fields in list(account.shop.requests):
            if fields.get("X-Request-Id", "").startswith("checklist-"):
                logs.put_log_events(logGroupName=group, logStreamName="service", logEvents=[
                    {"timestamp": int(time.time() * 1000), "message": json.dumps({"request_id": fields["X-Request-Id"]})}])
                return
        time.sleep(0.1)


def checklist(account, *arguments):
    return account.run("checklist", account.shop.url, "--env", "staging", "--requests", "20", "--log-wait", "15", *arguments).stdout


def make_alarm(account):
    account.client("cloudwatch").put_metric_alarm(
        AlarmName="commerce-staging-errors", Namespace="commerce", MetricName="errors", Statistic="Sum", Period=60, EvaluationPeriods=1,
        Threshold=1, ComparisonOperator="GreaterThanThreshold")


def test_what_is_well_is_told(account):
    make_alarm(account)
    threading.Thread(target=write_request_logs, args=(account,), daemon=True).start()
    told = checklist(account)
    assert "ok      stacks: all 3 exist, and none is changing" in told
    assert "ok      alarms: none of 1 is active" in told
    assert "ok      logs: the request checklist-" in told
    # Nothing scales here, and nothing is backed up: told, and not passed over.
    assert "FAILED  scaling: the service does not scale" in told
    assert "FAILED  backups: " in told
    assert "FAILED  zones: " in told


def test_what_is_not_well_is_told(account):
    make_alarm(account)
    account.client("cloudwatch").set_alarm_state(AlarmName="commerce-staging-errors", StateValue="ALARM", StateReason="tried")
    account.client("logs").create_log_group(logGroupName="/commerce/staging/service")
    account.faults.stacks["commerce-staging-network"] |= {"at": time.monotonic() + 600}
    told = checklist(account)
    assert "FAILED  stacks: commerce-staging-network CREATE_IN_PROGRESS" in told
    assert "FAILED  alarms: commerce-staging-errors" in told
    assert "is not in /commerce/staging/service after 15 seconds" in told
