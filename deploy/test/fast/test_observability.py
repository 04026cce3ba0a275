"""observability.yaml: the alarms and their receivers, metrics from log lines, the dashboard and the queries."""

import json
import re

import pytest


@pytest.fixture(scope="module", params=["staging", "production"])
def stack(request, template):
    return template("observability").deployed_to(request.param)


def exported(stack, name):
    return f"<<commerce-{stack.parameters['Environment']}-{name}>>"


def dimensions(metric):
    return {it["Name"]: it["Value"] for it in metric.get("Dimensions", [])}


def metrics(alarm):
    """Every metric an alarm looks at, as (namespace, name, dimensions)."""
    if "MetricName" in alarm:
        yield alarm["Namespace"], alarm["MetricName"], dimensions(alarm)
    for it in alarm.get("Metrics", []):
        if "MetricStat" in it:
            metric = it["MetricStat"]["Metric"]
            yield metric["Namespace"], metric["MetricName"], dimensions(metric)


# Alarm: its metrics, its comparison, its threshold (a parameter's name or a number).
ALARMS = {
    "Errors": ({"HTTPCode_Target_5XX_Count", "HTTPCode_ELB_5XX_Count", "RequestCount"}, ">", "ErrorPercent"),
    "Latency": ({"TargetResponseTime"}, ">", "LatencySeconds"),
    "UnhealthyTasks": ({"UnHealthyHostCount"}, ">", 0),
    "NoHealthyTask": ({"HealthyHostCount"}, "<", 1),
    "TasksMissing": ({"DesiredTaskCount", "RunningTaskCount"}, ">", 0),
    "WorkersMissing": ({"DesiredTaskCount", "RunningTaskCount"}, ">", 0),
    "ServiceCpu": ({"CPUUtilization"}, ">", 85),
    "ServiceMemory": ({"MemoryUtilization"}, ">", 90),
    "RedeployFailed": ({"ExecutionsFailed"}, ">", 0),
    "DatabaseCpu": ({"CPUUtilization"}, ">", 80),
    "DatabaseStorage": ({"FreeStorageSpace"}, "<", "DatabaseFreeGiB"),
    "DatabaseMemory": ({"FreeableMemory"}, "<", 100),
    "DatabaseConnectionsHigh": ({"DatabaseConnections"}, ">", "DatabaseConnections"),
    "DatabaseTransactionIds": ({"MaximumUsedTransactionIDs"}, ">", 1_000_000_000),
    "CacheCpu": ({"EngineCPUUtilization"}, ">", 80),
    "CacheMemory": ({"DatabaseMemoryUsagePercentage"}, ">", 90),
    "CacheEvictionsHigh": ({"Evictions"}, ">", "CacheEvictions"),
    "ErrorLines": ({"ErrorLines"}, ">=", 5),
    "JobFailures": ({"JobFailures"}, ">=", 5),
    "DatabaseAway": ({"DatabaseAway"}, ">=", 1),
    "CacheAway": ({"CacheAway"}, ">=", 1),
    "ConnectionsRefused": ({"ConnectionsRefused"}, ">=", 1),
}
COMPARES = {
    ">": "GreaterThanThreshold",
    ">=": "GreaterThanOrEqualToThreshold",
    "<": "LessThanThreshold",
}


def test_all_alarms_are_known(stack):
    assert set(stack.of_type("AWS::CloudWatch::Alarm")) == set(ALARMS)


@pytest.mark.parametrize("name", ALARMS)
def test_alarm(stack, name):
    alarm = stack.properties(name)
    watched, compares, threshold = ALARMS[name]
    assert {metric for _, metric, _ in metrics(alarm)} == watched
    assert alarm["ComparisonOperator"] == COMPARES[compares]
    assert alarm["Threshold"] == (stack.parameters[threshold] if isinstance(threshold, str) else threshold)
    assert alarm["DatapointsToAlarm"] <= alarm["EvaluationPeriods"]
    # In both directions: the end of an alarm is mailed too.
    assert alarm["AlarmActions"] == alarm["OKActions"] == ["<Topic>"]
    assert alarm["TreatMissingData"] == ("breaching" if name == "NoHealthyTask" else "notBreaching")


@pytest.mark.parametrize("name", ALARMS)
def test_one_value_decides_an_alarm(stack, name):
    alarm = stack.properties(name)
    assert ("Metrics" in alarm) != ("MetricName" in alarm)
    if "Metrics" in alarm:
        (deciding,) = [it for it in alarm["Metrics"] if it["ReturnData"]]
        used = set(re.findall(r"\b[a-z]+\b", deciding["Expression"]))
        assert used == {it["Id"] for it in alarm["Metrics"] if not it["ReturnData"]}


def test_alarms_look_at_what_is_there(stack):
    """Each metric with the dimensions with which its service publishes it."""
    balancer = {"LoadBalancer": exported(stack, "LoadBalancerFullName")}
    groups = [{**balancer, "TargetGroup": exported(stack, f"{it}TargetGroupFullName")} for it in ("Blue", "Green")]
    service = {"ClusterName": exported(stack, "ClusterName"), "ServiceName": exported(stack, "ServiceName")}
    worker = {**service, "ServiceName": f"commerce-{stack.parameters['Environment']}-worker"}
    allowed = {
        "AWS/ApplicationELB": [balancer, *groups],
        "AWS/ECS": [service],
        "ECS/ContainerInsights": [service, worker],
        "AWS/RDS": [{"DBInstanceIdentifier": exported(stack, "DatabaseInstanceId")}],
        "AWS/ElastiCache": [{"CacheClusterId": f"{exported(stack, 'CacheGroupId')}-00{it}"} for it in (1, 2)],
        "AWS/States": [{"StateMachineArn": exported(stack, "RedeployArn")}],
        f"commerce-{stack.parameters['Environment']}": [{}],
    }
    for name, alarm in stack.of_type("AWS::CloudWatch::Alarm").items():
        for namespace, metric, of in metrics(alarm):
            assert of in allowed[namespace], f"{name}: {metric} {of}"


@pytest.mark.parametrize(
    "name", ["UnhealthyTasks", "NoHealthyTask", "CacheCpu", "CacheMemory", "CacheEvictionsHigh"]
)
def test_both_groups_and_both_nodes_are_watched(stack, name):
    assert len({tuple(sorted(of.items())) for _, _, of in metrics(stack.properties(name))}) == 2


def test_the_topic_is_encrypted_and_alarms_may_publish(stack):
    assert stack.only("AWS::SNS::Topic")["KmsMasterKeyId"] == "<TopicKey>"
    key = stack.only("AWS::KMS::Key")
    assert key["EnableKeyRotation"] is True
    publishers = key["KeyPolicy"]["Statement"][1]
    assert publishers["Principal"] == {"Service": ["cloudwatch.amazonaws.com", "events.amazonaws.com"]}
    statements = stack.only("AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]
    assert {it["Principal"]["Service"] for it in statements} == set(publishers["Principal"]["Service"])
    assert {(it["Action"], it["Resource"]) for it in statements} == {("sns:Publish", "<Topic>")}


def test_a_mail_only_where_somebody_is_named(template):
    assert not template("observability").deployed(Environment="staging").of_type("AWS::SNS::Subscription")
    named = template("observability").deployed(Environment="staging", AlarmEmail="ops@example.com")
    assert named.only("AWS::SNS::Subscription") == {"TopicArn": "<Topic>", "Protocol": "email", "Endpoint": "ops@example.com"}


def test_failures_that_are_no_metric(stack):
    rules = stack.of_type("AWS::Events::Rule")
    assert set(rules) == {"DeploymentFailed", "DeploymentTakenBack", "TaskFailed", "RotationFailed"}
    for rule in rules.values():
        assert [it["Arn"] for it in rule["Targets"]] == ["<Topic>"]
    deployment = rules["DeploymentFailed"]["EventPattern"]
    assert deployment["resources"] == [exported(stack, "ServiceArn")]
    assert deployment["detail"] == {"eventName": ["SERVICE_DEPLOYMENT_FAILED"]}
    assert rules["TaskFailed"]["EventPattern"]["detail"]["$or"] == [
        {"containers": {"exitCode": [{"anything-but": [0]}]}}, {"stopCode": ["TaskFailedToStart"]}]
    assert rules["RotationFailed"]["EventPattern"]["detail"]["eventName"] == ["RotationFailed"]


def test_every_rotation_that_fails_is_told(template, stack):
    rotated = {it["SecretId"].strip("<>").removesuffix("Attachment")
               for it in template("data").deployed(Environment="staging").of_type("AWS::SecretsManager::RotationSchedule").values()}  # fmt: skip
    told = stack.of_type("AWS::Events::Rule")["RotationFailed"]["EventPattern"]["detail"]["additionalEventData"]["SecretId"]
    assert set(told) == {exported(stack, f"{it}Arn") for it in rotated}
    assert len(rotated) == 4


def test_a_deployment_that_alarms_take_back_is_told(template, stack):
    """Blue/green has no circuit breaker, and without one ECS reports no failed deployment."""
    environment = stack.parameters["Environment"]
    detail = stack.of_type("AWS::Events::Rule")["DeploymentTakenBack"]["EventPattern"]["detail"]
    assert detail["state"] == {"value": ["ALARM"]}
    (prefix,) = [it["prefix"] for it in detail["alarmName"]]
    digest = {"RepositoryUri": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/commerce", "ImageDigest": "sha256:" + "0" * 64}
    service = template("service").deployed_to(environment, **digest)
    alarms = [it["AlarmName"] for it in service.of_type("AWS::CloudWatch::Alarm").values()]
    assert len(alarms) == 4
    assert all(name.startswith(prefix) for name in alarms)


def test_no_late_figure_passes_for_no_healthy_task(stack):
    """FILL would take a late figure for 0, and the idle group may have no figures at all."""
    alarm = stack.properties("NoHealthyTask")
    (deciding,) = [it["Expression"] for it in alarm["Metrics"] if it["ReturnData"]]
    assert deciding == "MAX([blue, green])"
    assert (alarm["DatapointsToAlarm"], alarm["EvaluationPeriods"]) == (2, 3)


def test_every_alarm_on_lines_has_its_filter(stack):
    filters = stack.of_type("AWS::Logs::MetricFilter")
    made = {}
    for it in filters.values():
        log = "WorkerLogGroup" if it["FilterName"].startswith("Worker") else "ServiceLogGroup"
        assert it["LogGroupName"] == exported(stack, log)
        (transformation,) = it["MetricTransformations"]
        assert (transformation["MetricValue"], transformation["DefaultValue"]) == ("1", 0)
        made[transformation["MetricName"]] = transformation["MetricNamespace"]
    own = f"commerce-{stack.parameters['Environment']}"
    assert set(made.values()) == {own}
    wanted = {
        metric for alarm in stack.of_type("AWS::CloudWatch::Alarm").values() for namespace, metric, _ in metrics(alarm) if namespace == own
    }
    assert wanted <= set(made)


def test_filters_look_for_lines_that_the_service_writes(stack, root):
    """By its source; deploy/test/real runs it."""
    sources = "\n".join(it.read_text() for it in (root / "Sources").rglob("*.swift"))
    patterns = " ".join(it["FilterPattern"] for it in stack.of_type("AWS::Logs::MetricFilter").values())
    messages = set(re.findall(r'\$\.message = "([^"]+)"', patterns))
    assert messages == {"postgres does not answer", "redis does not answer", "connections refused", "request", "job failed"}
    for message in messages:
        written = message.replace("postgres does", r"\(name) does").replace("redis does", r"\(name) does")
        assert f'"{written}"' in sources, message
    for field in set(re.findall(r"\$\.(\w+)", patterns)) - {"duration_ms"}:
        assert f'"{field}"' in sources, field
    assert "duration_ms" in sources


QUERIES = {
    "slow-requests": {"message", "duration_ms", "method", "route"},
    "errors-by-route": {"message", "status", "request_id", "method", "route"},
    "errors": {"level", "message"},
    "one-request": {"time", "level", "message", "method", "path", "status", "duration_ms", "code", "request_id"},
}


def test_queries_are_saved(stack):
    found = {it["Name"].rsplit("/", 1)[1]: it for it in stack.of_type("AWS::Logs::QueryDefinition").values()}
    assert set(found) == set(QUERIES)
    for name, fields in QUERIES.items():
        logs = ["ServiceLogGroup", "WorkerLogGroup"] if name == "errors" else ["ServiceLogGroup"]
        assert found[name]["LogGroupNames"] == [exported(stack, it) for it in logs]
        for field in fields:
            assert re.search(rf"\b{field}\b", found[name]["QueryString"]), f"{name}: {field}"


def test_the_dashboard(stack):
    body = json.loads(stack.only("AWS::CloudWatch::Dashboard")["DashboardBody"])
    widgets = body["widgets"]
    places = {(x, y) for it in widgets for x in range(it["x"], it["x"] + it["width"]) for y in range(it["y"], it["y"] + it["height"])}
    assert len(places) == sum(it["width"] * it["height"] for it in widgets), "widgets overlap"
    assert max(x for x, _ in places) < 24
    assert "${" not in json.dumps(body)
    namespaces = {metric[0] for it in widgets for metric in it["properties"].get("metrics", []) if isinstance(metric[0], str)}
    own = f"commerce-{stack.parameters['Environment']}"
    assert namespaces == {"AWS/ApplicationELB", "AWS/ECS", "ECS/ContainerInsights", "AWS/RDS", "AWS/ElastiCache", own}
    shown = {metric[1] for it in widgets for metric in it["properties"].get("metrics", []) if metric[0] == own}
    filters = stack.of_type("AWS::Logs::MetricFilter").values()
    assert shown == {it["MetricTransformations"][0]["MetricName"] for it in filters}
