"""service.yaml: how a release takes over and is rolled back, how many tasks run, and what happens after a secret was rotated."""

import json

import pytest

DEPLOYED = {
    "RepositoryUri": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/commerce",
    "ImageDigest": "sha256:" + "0" * 64,
}
ALARMS = ["RollbackOnErrors", "RollbackOnLatency", "RollbackOnUnhealthyBlue", "RollbackOnUnhealthyGreen"]


def exported(name):
    return f"<<commerce-production-{name}>>"


@pytest.fixture(scope="module")
def stack(template):
    return template("service").deployed_to("production", **DEPLOYED)


@pytest.fixture(scope="module")
def rolling(template):
    return template("service").deployed_to("production", **DEPLOYED, Strategy="ROLLING")


@pytest.fixture(scope="module", params=["stack", "rolling"])
def either(request):
    return request.getfixturevalue(request.param)


def test_blue_green(stack):
    service = stack.properties("Service")
    assert service["DeploymentController"] == {"Type": "ECS"}
    configuration = service["DeploymentConfiguration"]
    assert configuration["Strategy"] == "BLUE_GREEN"
    assert configuration["BakeTimeInMinutes"] == 10
    assert "DeploymentCircuitBreaker" not in configuration
    assert configuration["LifecycleHooks"] == [
        {
            "LifecycleStages": ["POST_TEST_TRAFFIC_SHIFT"],
            "HookTargetArn": "<SmokeTest.Arn>",
            "RoleArn": exported("SmokeTestHookRoleArn"),
        }
    ]
    (balancer,) = service["LoadBalancers"]
    assert balancer == {
        "ContainerName": "commerce",
        "ContainerPort": 8080,
        "TargetGroupArn": exported("BlueTargetGroupArn"),
        "AdvancedConfiguration": {
            "AlternateTargetGroupArn": exported("GreenTargetGroupArn"),
            "ProductionListenerRule": exported("ProductionListenerRuleArn"),
            "TestListenerRule": exported("TestListenerRuleArn"),
            "RoleArn": exported("TrafficShiftRoleArn"),
        },
    }


def test_rolling(rolling):
    service = rolling.properties("Service")
    configuration = service["DeploymentConfiguration"]
    assert configuration["Strategy"] == "ROLLING"
    assert configuration["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}
    assert "BakeTimeInMinutes" not in configuration
    assert "LifecycleHooks" not in configuration
    assert "AdvancedConfiguration" not in service["LoadBalancers"][0]
    assert "SmokeTest" not in rolling.resources


def test_no_task_stops_before_another_serves(either):
    configuration = either.properties("Service")["DeploymentConfiguration"]
    assert (configuration["MinimumHealthyPercent"], configuration["MaximumPercent"]) == (100, 200)


def test_alarms_take_a_deployment_back(either):
    alarms = either.properties("Service")["DeploymentConfiguration"]["Alarms"]
    assert alarms == {"Enable": True, "Rollback": True, "AlarmNames": [f"<{it}>" for it in ALARMS]}
    assert set(either.of_type("AWS::CloudWatch::Alarm")) == set(ALARMS)
    for alarm in either.of_type("AWS::CloudWatch::Alarm").values():
        # A night without requests is no failure.
        assert alarm["TreatMissingData"] == "notBreaching"
        assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
        assert (alarm["EvaluationPeriods"], alarm["DatapointsToAlarm"]) == (3, 2)


def test_errors_are_counted_over_both_target_groups(stack):
    alarm = stack.properties("RollbackOnErrors")
    metrics = {it["Id"]: it for it in alarm["Metrics"]}
    assert [it["Id"] for it in alarm["Metrics"] if it["ReturnData"]] == ["percent"]
    assert metrics["percent"]["Expression"] == "100 * (FILL(targets, 0) + FILL(balancer, 0)) / requests"
    names = {key: it["MetricStat"]["Metric"]["MetricName"] for key, it in metrics.items() if key != "percent"}
    assert names == {"targets": "HTTPCode_Target_5XX_Count", "balancer": "HTTPCode_ELB_5XX_Count", "requests": "RequestCount"}
    for key in names:
        stat = metrics[key]["MetricStat"]
        assert stat["Metric"]["Dimensions"] == [{"Name": "LoadBalancer", "Value": exported("LoadBalancerFullName")}]
        assert (stat["Stat"], stat["Period"]) == ("Sum", 60)
    assert alarm["Threshold"] == 1


def test_latency_is_of_the_99th_percentile(stack):
    alarm = stack.properties("RollbackOnLatency")
    assert (alarm["MetricName"], alarm["ExtendedStatistic"], alarm["Threshold"]) == ("TargetResponseTime", "p99", 1)
    assert alarm["Dimensions"] == [{"Name": "LoadBalancer", "Value": exported("LoadBalancerFullName")}]


@pytest.mark.parametrize("color", ["Blue", "Green"])
def test_unhealthy_tasks_of_either_group(stack, color):
    alarm = stack.properties(f"RollbackOnUnhealthy{color}")
    assert (alarm["MetricName"], alarm["Threshold"]) == ("UnHealthyHostCount", 0)
    assert {it["Name"]: it["Value"] for it in alarm["Dimensions"]} == {
        "LoadBalancer": exported("LoadBalancerFullName"),
        "TargetGroup": exported(f"{color}TargetGroupFullName"),
    }


def test_tasks_are_private(either):
    network = either.properties("Service")["NetworkConfiguration"]["AwsvpcConfiguration"]
    assert network["AssignPublicIp"] == "DISABLED"
    assert network["Subnets"][0] == f"{exported('PrivateSubnetIds')}[0]"
    assert network["SecurityGroups"] == [exported("ServiceSecurityGroupId")]


def test_the_service(either):
    service = either.properties("Service")
    assert service["TaskDefinition"] == "<TaskDefinition>"
    assert service["HealthCheckGracePeriodSeconds"] == 30
    assert service["AvailabilityZoneRebalancing"] == "ENABLED"
    assert service["PlatformVersion"] == "LATEST"
    assert service["EnableExecuteCommand"] is False
    assert service["EnableECSManagedTags"] is True
    assert service["PropagateTags"] == "SERVICE"
    # Instead of both, a strategy of capacity providers.
    assert "LaunchType" not in service


def test_an_update_of_the_stack_leaves_the_number_of_tasks_alone(either):
    assert "DesiredCount" not in either.properties("Service")


@pytest.mark.parametrize(("environment", "weight"), [("staging", "4"), ("production", "1")])
def test_two_tasks_are_on_demand_and_spot_is_only_above(template, environment, weight):
    strategy = template("service").deployed_to(environment, **DEPLOYED).properties("Service")["CapacityProviderStrategy"]
    assert strategy == [
        {"CapacityProvider": "FARGATE", "Base": 2, "Weight": 1},
        {"CapacityProvider": "FARGATE_SPOT", "Weight": weight},
    ]


def test_without_spot(template):
    stack = template("service").deployed_to("production", **DEPLOYED, SpotWeight="0")
    strategy = stack.properties("Service")["CapacityProviderStrategy"]
    assert strategy == [{"CapacityProvider": "FARGATE", "Base": 2, "Weight": 1}]


def test_on_instances_of_ones_own(template):
    service = template("service").deployed_to("production", **DEPLOYED, Capacity="EC2").properties("Service")
    provider = template("cluster").deployed_to("production", **DEPLOYED, Ec2Capacity="on").only("AWS::ECS::CapacityProvider")
    assert service["CapacityProviderStrategy"] == [{"CapacityProvider": provider["Name"], "Weight": 1}]
    assert "PlatformVersion" not in service  # Fargate's


def test_deploying_the_stack_gives_nobody_rights(template):
    """Roles are in cluster.yaml: the only IAM right of the pipeline's role for this stack is to pass them on."""
    assert [it["Type"] for it in template("service").resources.values() if it["Type"].startswith("AWS::IAM::")] == []


# For each role that service.yaml uses: the service that it trusts and the rights that cluster.yaml gives it.
ROLES = {
    "TrafficShiftRole": ("ecs.amazonaws.com", "AmazonECSInfrastructureRolePolicyForLoadBalancers", None),
    "SmokeTestHookRole": ("ecs.amazonaws.com", None, ("lambda:InvokeFunction", "lambda", "function:{FunctionName}")),
    "SmokeTestRole": ("lambda.amazonaws.com", "service-role/AWSLambdaENIManagementAccess", ()),
    "SecretWasRotatedRole": ("events.amazonaws.com", None, ("states:StartExecution", "states", "stateMachine:{StateMachineName}")),
    "RedeployRole": ("states.amazonaws.com", None, (["ecs:ListServiceDeployments", "ecs:UpdateService"], "ecs", "service/<Cluster>/{ServiceName}", "service/<Cluster>/{WorkerName}")),
}


@pytest.mark.parametrize("name", ROLES)
def test_roles_do_one_thing_to_one_resource(template, stack, name):
    trusted, managed, allowed = ROLES[name]
    role = template("cluster").deployed_to("production", **DEPLOYED).properties(name)
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": trusted}
    assert role.get("ManagedPolicyArns", []) == ([f"arn:aws:iam::aws:policy/{managed}"] if managed else [])
    statements = [it for policy in role.get("Policies", []) for it in policy["PolicyDocument"]["Statement"]]
    if allowed:
        action, service, *resources = allowed
        # With the names that service.yaml gives them.
        names = {}
        for resource_name in ("SmokeTest", "Redeploy", "Service"):
            names |= {key: value for key, value in stack.properties(resource_name).items() if key.endswith("Name")}
        names["WorkerName"] = stack.properties("Worker")["ServiceName"]
        (statement,) = statements
        assert statement["Action"] == action
        given = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
        assert given == [f"arn:aws:{service}:eu-west-1:123456789012:{resource.format(**names)}" for resource in resources]
    elif managed and allowed == ():
        (statement,) = statements
        assert set(statement["Action"]) == {"logs:CreateLogStream", "logs:PutLogEvents"}
        assert statement["Resource"] == "<SmokeTestLogGroup.Arn>"
    else:
        assert statements == []


def test_the_smoke_test_goes_out_by_nat_to_the_test_listener(stack):
    """The test listener accepts only the NAT gateways' addresses; network.yaml has the rules."""
    function = stack.properties("SmokeTest")
    assert function["Environment"]["Variables"] == {"TEST_URL": exported("TestUrl")}
    assert function["VpcConfig"]["SubnetIds"][0] == f"{exported('PrivateSubnetIds')}[0]"
    assert function["VpcConfig"]["SecurityGroupIds"] == [exported("SmokeTestSecurityGroupId")]
    assert function["LoggingConfig"] == {"LogGroup": exported("SmokeTestLogGroup"), "LogFormat": "JSON"}


def test_workers(either):
    worker = either.properties("Worker")
    assert worker["ServiceName"] == "commerce-production-worker"
    assert worker["TaskDefinition"] == "<WorkerTaskDefinition>"
    assert worker["DesiredCount"] == 1
    # They take no requests, so nothing has to move from one release to the other.
    assert "LoadBalancers" not in worker
    assert worker["DeploymentConfiguration"] == {
        "Strategy": "ROLLING", "MinimumHealthyPercent": 100, "MaximumPercent": 200,
        "DeploymentCircuitBreaker": {"Enable": True, "Rollback": True}}
    # Never on Spot.
    assert worker["CapacityProviderStrategy"] == [{"CapacityProvider": "FARGATE", "Weight": 1}]
    network = worker["NetworkConfiguration"]["AwsvpcConfiguration"]
    assert network["AssignPublicIp"] == "DISABLED"
    assert network["SecurityGroups"] == [exported("ServiceSecurityGroupId"), exported("WorkerSecurityGroupId")]


def test_without_workers_the_service_reaches_webhooks_and_mail_servers(template):
    # The keys of issuers are fetched by the tasks of the service.
    issuers = template("service").deployed_to("production", **DEPLOYED, OidcIssuers='[{"issuer": "https://login.example"}]').properties("Service")
    assert issuers["NetworkConfiguration"]["AwsvpcConfiguration"]["SecurityGroups"] == [
        exported("ServiceSecurityGroupId"), exported("WorkerSecurityGroupId")]
    alone = template("service").deployed_to("production", **DEPLOYED, WorkerTasks="0").properties("Service")
    groups = alone["NetworkConfiguration"]["AwsvpcConfiguration"]["SecurityGroups"]
    assert groups == [exported("ServiceSecurityGroupId"), exported("WorkerSecurityGroupId")]


def test_between_two_and_ten_tasks(either):
    target = either.only("AWS::ApplicationAutoScaling::ScalableTarget")
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 10)
    assert (target["ServiceNamespace"], target["ScalableDimension"]) == ("ecs", "ecs:service:DesiredCount")
    assert target["ResourceId"] == f"service/{exported('ClusterName')}/<Service.Name>"


def test_scaling_is_quick_out_and_slow_in(either):
    policies = either.of_type("AWS::ApplicationAutoScaling::ScalingPolicy")
    assert set(policies) == {"ScaleOnCpu", "ScaleOnMemory", "ScaleOnRequests"}
    for policy in policies.values():
        assert policy["PolicyType"] == "TargetTrackingScaling"
        assert policy["ScalingTargetId"] == "<ScalableTarget>"
        tracking = policy["TargetTrackingScalingPolicyConfiguration"]
        assert (tracking["ScaleOutCooldown"], tracking["ScaleInCooldown"]) == (60, 300)


@pytest.mark.parametrize(
    ("policy", "metric", "value"),
    [("ScaleOnCpu", "ECSServiceAverageCPUUtilization", 70), ("ScaleOnMemory", "ECSServiceAverageMemoryUtilization", 80)],
)
def test_scaling_on_what_tasks_use(stack, policy, metric, value):
    tracking = stack.properties(policy)["TargetTrackingScalingPolicyConfiguration"]
    assert tracking["PredefinedMetricSpecification"] == {"PredefinedMetricType": metric}
    assert tracking["TargetValue"] == value


def test_scaling_on_requests_sees_whichever_group_has_them(template):
    stack = template("service").deployed_to("production", **DEPLOYED, RequestsPerTask="12000")
    tracking = stack.properties("ScaleOnRequests")["TargetTrackingScalingPolicyConfiguration"]
    assert tracking["TargetValue"] == "12000"
    metrics = {it["Id"]: it for it in tracking["CustomizedMetricSpecification"]["Metrics"]}
    assert [key for key, it in metrics.items() if it["ReturnData"]] == ["each"]
    assert metrics["each"]["Expression"] == "FILL(blue, 0) + FILL(green, 0)"
    for color in ("blue", "green"):
        stat = metrics[color]["MetricStat"]
        assert (stat["Metric"]["MetricName"], stat["Stat"]) == ("RequestCountPerTarget", "Sum")
        group = exported(f"{color.title()}TargetGroupFullName")
        assert stat["Metric"]["Dimensions"] == [{"Name": "TargetGroup", "Value": group}]


def test_a_rotated_secret_of_the_service_deploys_anew(stack):
    rule = stack.only("AWS::Events::Rule")
    assert rule["EventPattern"] == {
        "source": ["aws.secretsmanager"],
        "detail-type": ["AWS Service Event via CloudTrail"],
        "detail": {
            "eventName": ["RotationSucceeded"],
            "additionalEventData": {
                "SecretId": [exported("ServiceSecretArn"), exported("CacheSecretArn"),
                             exported("EncryptionSecretArn"), exported("JwtSecretArn")]
            },
        },
    }
    assert [(it["Arn"], it["RoleArn"]) for it in rule["Targets"]] == [("<Redeploy>", exported("SecretWasRotatedRoleArn"))]


def test_every_secret_the_service_reads_is_watched(stack):
    definitions = [stack.properties(name) for name in ("TaskDefinition", "WorkerTaskDefinition")]
    read = {it["ValueFrom"].split(":", 1)[0] for one in definitions for it in one["ContainerDefinitions"][0]["Secrets"]}
    watched = stack.only("AWS::Events::Rule")["EventPattern"]["detail"]["additionalEventData"]["SecretId"]
    assert read == set(watched)


def test_deploying_anew_keeps_the_release(stack):
    machine = stack.only("AWS::StepFunctions::StateMachine")
    step = machine["Definition"]["States"]["Redeploy"]
    assert step["Resource"] == "arn:aws:states:::aws-sdk:ecs:updateService"
    # No task definition, so the current one is used.
    assert step["Parameters"] == {"Cluster": "${Cluster}", "Service": "${Service}", "ForceNewDeployment": True}
    assert machine["DefinitionSubstitutions"] == {
        "Cluster": exported("ClusterName"), "Service": "<Service.Name>", "Workers": stack.properties("Worker")["ServiceName"]}
    workers = machine["Definition"]["States"]["RedeployWorkers"]
    assert workers["Parameters"] == {"Cluster": "${Cluster}", "Service": "${Workers}", "ForceNewDeployment": True}
    # A shop without workers of its own.
    assert workers["Catch"] == [{"ErrorEquals": ["Ecs.ServiceNotFoundException", "Ecs.ServiceNotActiveException"], "Next": "Wait"}]
    assert step["Retry"][0]["MaxAttempts"] >= 3
    assert machine["RoleArn"] == exported("RedeployRoleArn")


def test_deploying_anew_fails_where_the_deployment_does(stack):
    """Checked by walking through the state machine with every response that ECS gives."""
    machine = stack.only("AWS::StepFunctions::StateMachine")["Definition"]
    states = machine["States"]
    assert machine["StartAt"] == "Redeploy"
    assert machine["TimeoutSeconds"] > 5400
    assert states["Redeploy"]["Next"] == "RedeployWorkers"
    assert states["RedeployWorkers"]["Next"] == "Wait"
    assert states["Wait"]["Next"] == "Look"
    look = states["Look"]
    assert look["Resource"] == "arn:aws:states:::aws-sdk:ecs:listServiceDeployments"
    assert look["Parameters"]["CreatedAt"] == {"After.$": "$$.Execution.StartTime"}
    assert look["Next"] == "Judge"

    def judged(status):
        for choice in states["Judge"]["Choices"]:
            if "IsPresent" in choice:
                holds = choice["IsPresent"] == (status is not None)
            else:
                holds = choice["StringEquals"] == status
            if holds:
                return choice["Next"]
        return states["Judge"]["Default"]

    # https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceDeploymentBrief.html
    ends = {None: "Wait", "PENDING": "Wait", "IN_PROGRESS": "Wait", "SUCCESSFUL": "Done", "STOPPED": "TakenBack", "STOP_REQUESTED": "TakenBack",
            "ROLLBACK_REQUESTED": "TakenBack", "ROLLBACK_IN_PROGRESS": "TakenBack", "ROLLBACK_SUCCESSFUL": "TakenBack", "ROLLBACK_FAILED": "TakenBack"}  # fmt: skip
    assert {status: judged(status) for status in ends} == ends
    assert states["TakenBack"]["Type"] == "Fail"
    # CloudFormation accepts no null in a definition.
    assert "null" not in json.dumps(machine)


def test_what_ran_before_stays_known(template):
    """A rollback finds the previous digest in the revisions of the family."""
    definition = template("service").resources["TaskDefinition"]
    assert definition["UpdateReplacePolicy"] == "Retain"
    assert definition["DeletionPolicy"] == "Retain"
