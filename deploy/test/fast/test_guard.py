"""guard.yaml: the trail, the detector, the budget's alerts, and experiments that can break only their targets."""

import pytest

TRAIL = "arn:aws:cloudtrail:eu-west-1:123456789012:trail/commerce-production"


@pytest.fixture(scope="module")
def production(template):
    return template("guard").deployed_to("production")


@pytest.fixture(scope="module")
def staging(template):
    return template("guard").deployed_to("staging")


@pytest.fixture(scope="module", params=["staging", "production"])
def guard(request, template):
    return template("guard").deployed_to(request.param)


def statements(policy):
    return policy["PolicyDocument"]["Statement"]


def test_of_two_stacks_in_an_account_one_has_what_serves_both(production, staging):
    for kind in ("AWS::GuardDuty::Detector", "AWS::Events::Rule"):
        assert len(production.of_type(kind)) == 1, kind
        assert staging.of_type(kind) == {}, kind


def test_each_environment_has_a_trail_for_its_rotations(template, production, staging):
    """Staging comes first, often in an account of its own. Without a trail, a rotation would not start a deployment there."""
    names = {stack.only("AWS::CloudTrail::Trail")["TrailName"] for stack in (production, staging)}
    assert len(names) == 2
    # If the account has a detector, another one would only repeat the same events.
    assert not template("guard").deployed_to("staging", Trail="false").of_type("AWS::CloudTrail::Trail")


def test_the_trail_is_complete_encrypted_and_proof_against_change(template, production):
    trail = production.only("AWS::CloudTrail::Trail")
    assert trail["IsLogging"] is True
    assert trail["IsMultiRegionTrail"] is True
    assert trail["IncludeGlobalServiceEvents"] is True
    assert trail["EnableLogFileValidation"] is True
    assert trail["KMSKeyId"] == "<GuardKey.Arn>"
    assert trail["TrailName"] == TRAIL.rsplit("/", 1)[1]
    (selector,) = trail["EventSelectors"]
    assert (selector["ReadWriteType"], selector["IncludeManagementEvents"]) == ("All", True)
    # A rotation is an event of this source. Without it the service would keep the old secret.
    assert "secretsmanager.amazonaws.com" not in selector["ExcludeManagementEventSources"]
    assert template("guard").resources["TrailBucket"]["DeletionPolicy"] == "Retain"


def test_the_trails_bucket(production):
    bucket = production.properties("TrailBucket")
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "<GuardKey.Arn>"}
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert int(bucket["LifecycleConfiguration"]["Rules"][0]["ExpirationInDays"]) == 365
    by_sid = {it["Sid"]: it for it in statements(production.properties("TrailBucketPolicy"))}
    for sid in ("TrailAsks", "TrailWrites"):
        assert by_sid[sid]["Principal"] == {"Service": "cloudtrail.amazonaws.com"}
        assert by_sid[sid]["Condition"]["StringEquals"]["aws:SourceArn"] == TRAIL
    assert by_sid["EncryptedConnectionsOnly"]["Effect"] == "Deny"
    assert by_sid["EncryptedConnectionsOnly"]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_the_key_serves_the_trail_and_findings_only(guard):
    key = guard.properties("GuardKey")
    assert key["EnableKeyRotation"] is True
    trail = f"arn:aws:cloudtrail:eu-west-1:123456789012:trail/commerce-{guard.parameters['Environment']}"
    services = {it["Sid"]: it for it in key["KeyPolicy"]["Statement"] if "Service" in it["Principal"]}
    assert set(services) == {"Trail", "TrailDescribes", "Findings"}
    for sid in ("Trail", "TrailDescribes"):
        assert services[sid]["Condition"]["StringEquals"] == {"aws:SourceArn": trail}
    assert services["Findings"]["Principal"] == {"Service": "events.amazonaws.com"}
    assert services["Findings"]["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]


def test_findings_are_mailed(production):
    assert production.only("AWS::GuardDuty::Detector")["Enable"] is True
    rule = production.properties("FindingsRule")
    assert rule["EventPattern"]["source"] == ["aws.guardduty"]
    assert rule["EventPattern"]["detail"] == {"severity": [{"numeric": [">=", 4]}]}
    assert [it["Arn"] for it in rule["Targets"]] == ["<Findings>"]
    topic = production.properties("Findings")
    assert topic["Subscription"] == [{"Protocol": "email", "Endpoint": "operations@example.com"}]
    assert topic["KmsMasterKeyId"] == "<GuardKey.Arn>"
    (statement,) = statements(production.properties("FindingsPolicy"))
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert (statement["Action"], statement["Resource"]) == ("sns:Publish", "<Findings>")


def test_the_budget_warns_at_50_75_and_90_percent(guard):
    budget = guard.only("AWS::Budgets::Budget")
    alerts = [it["Notification"] for it in budget["NotificationsWithSubscribers"]]
    assert [(it["NotificationType"], it["Threshold"]) for it in alerts] == [
        ("ACTUAL", 50), ("ACTUAL", 75), ("ACTUAL", 90), ("FORECASTED", 100)]
    for it in budget["NotificationsWithSubscribers"]:
        assert it["Notification"]["ThresholdType"] == "PERCENTAGE"
        assert it["Notification"]["ComparisonOperator"] == "GREATER_THAN"
        assert it["Subscribers"] == [{"SubscriptionType": "EMAIL", "Address": "operations@example.com"}]


def test_the_budget_is_of_the_account_or_of_the_environment(production, staging):
    of_all, of_staging = (it.only("AWS::Budgets::Budget")["Budget"] for it in (production, staging))
    assert "CostFilters" not in of_all
    assert of_staging["CostFilters"] == {"TagKeyValue": ["user:Environment$staging"]}
    assert of_all["BudgetLimit"] == {"Amount": "1000", "Unit": "USD"}
    assert (of_all["BudgetType"], of_all["TimeUnit"]) == ("COST", "MONTHLY")


def experiment(guard, name):
    found = guard.properties(name)
    (action,) = found["Actions"].values()
    (target,) = found["Targets"].values()
    assert list(action["Targets"].values()) == list(found["Targets"])
    return action, target


def test_an_experiment_stops_half_of_the_services_tasks(guard):
    action, target = experiment(guard, "StopTasksExperiment")
    environment = guard.parameters["Environment"]
    assert action["ActionId"] == "aws:ecs:stop-task"
    assert action["Targets"] == {"Tasks": "Tasks"}
    assert (target["ResourceType"], target["SelectionMode"]) == ("aws:ecs:task", "PERCENT(50)")
    assert target["Parameters"] == {
        "cluster": f"<<commerce-{environment}-ClusterName>>", "service": f"<<commerce-{environment}-ServiceName>>"}


@pytest.mark.parametrize(("environment", "failover"), [("staging", "false"), ("production", "true")])
def test_an_experiment_fails_the_database_over(template, environment, failover):
    guard = template("guard").deployed_to(environment)
    action, target = experiment(guard, "FailOverDatabaseExperiment")
    assert action["ActionId"] == "aws:rds:reboot-db-instances"
    assert action["Targets"] == {"DBInstances": "Database"}
    # RDS refuses a failover without a second instance.
    assert action["Parameters"] == {"forceFailover": failover}
    assert failover == template("data").deployed_to(environment).properties("Database")["MultiAZ"]
    assert target["ResourceType"] == "aws:rds:db"
    assert target["ResourceArns"] == [
        f"arn:aws:rds:eu-west-1:123456789012:db:<<commerce-{environment}-DatabaseInstanceId>>"]


@pytest.mark.parametrize("name", ["StopTasksExperiment", "FailOverDatabaseExperiment"])
def test_an_alarm_ends_an_experiment(template, guard, name):
    environment = guard.parameters["Environment"]
    assert guard.properties(name)["StopConditions"] == [{
        "Source": "aws:cloudwatch:alarm",
        "Value": f"arn:aws:cloudwatch:eu-west-1:123456789012:alarm:commerce-{environment}-rollback-errors"}]
    other = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:other"
    changed = template("guard").deployed_to(environment, StopAlarmArn=other)
    assert changed.properties(name)["StopConditions"][0]["Value"] == other


def test_the_alarm_is_the_services(template, guard):
    name = guard.properties("StopTasksExperiment")["StopConditions"][0]["Value"].rsplit(":", 1)[1]
    alarms = template("service").of_type("AWS::CloudWatch::Alarm").values()
    written = {it["Properties"]["AlarmName"]["Fn::Sub"] for it in alarms}
    assert name.replace(f"commerce-{guard.parameters['Environment']}", "${Project}-${Environment}") in written


@pytest.mark.parametrize("name", ["StopTasksExperiment", "FailOverDatabaseExperiment"])
def test_an_experiment_without_a_target_fails_and_is_logged(guard, name):
    found = guard.properties(name)
    assert found["ExperimentOptions"] == {"AccountTargeting": "single-account", "EmptyTargetResolutionMode": "fail"}
    assert found["LogConfiguration"]["CloudWatchLogsConfiguration"] == {"LogGroupArn": "<ExperimentLogs.Arn>"}


def test_experiments_may_break_this_environment_only(guard):
    environment = guard.parameters["Environment"]
    role = guard.properties("ExperimentRole")
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "fis.amazonaws.com"}
    assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": "123456789012"}
    assert "ManagedPolicyArns" not in role
    allowed = {}
    for it in statements(role["Policies"][0]):
        for action in it["Action"] if isinstance(it["Action"], list) else [it["Action"]]:
            allowed[action] = it
    cluster = f"<<commerce-{environment}-ClusterName>>"
    assert allowed["ecs:StopTask"]["Resource"] == f"arn:aws:ecs:eu-west-1:123456789012:task/{cluster}/*"
    assert allowed["ecs:ListTasks"]["Condition"] == {
        "ArnEquals": {"ecs:cluster": f"arn:aws:ecs:eu-west-1:123456789012:cluster/{cluster}"}}
    assert allowed["rds:RebootDBInstance"]["Resource"] == (
        f"arn:aws:rds:eu-west-1:123456789012:db:<<commerce-{environment}-DatabaseInstanceId>>")
    assert {it for it in allowed if not it.startswith("logs:")} == {
        "ecs:StopTask", "ecs:DescribeTasks", "ecs:ListTasks", "rds:RebootDBInstance", "rds:DescribeDBInstances"}
