"""load-balancer, cluster, service and observability as moto makes them: asserted on what ELB, ECS, IAM, Logs … say is there.

What moto does not make of them, or leaves away when it does, is asserted on the templates alone (fast/): attributes of load
balancer and target groups; everything of a task definition but family, containers and volumes; everything of a service but
its name, cluster and task definition; capacity providers, scaling, alarms, metric filters, queries, the firewall. Its data stack lacks
secrets and cache, so their exports come from a stack of stand-ins.
"""

import ast
import json

import boto3
import pytest
from moto import mock_aws
from moto_stack import MotoStack
from template import ROOT, Template

pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse")

ENVIRONMENT = "production"
RELEASE = {
    "RepositoryUri": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/commerce",
    "ImageDigest": "sha256:" + "ab" * 32,
}
IMAGE = f"{RELEASE['RepositoryUri']}@{RELEASE['ImageDigest']}"


def stand_in_for_exports_that_are_lacking(*templates):
    there = {it["Name"] for it in boto3.client("cloudformation").list_exports()["Exports"]}
    wanted = set().union(*(Template(it).imports() for it in templates))
    own = set().union(*(Template(it).exports() for it in templates))
    lacking = sorted({it.replace("${Project}-${Environment}", f"commerce-{ENVIRONMENT}") for it in wanted - own} - there)
    values = {it: f"arn:aws:secretsmanager:eu-west-1:123456789012:secret:{it}" if it.endswith("SecretArn") else it for it in lacking}
    body = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {f"Export{n}": {"Value": values[it], "Export": {"Name": it}} for n, it in enumerate(lacking)},
    }
    boto3.client("cloudformation").create_stack(StackName="stand-ins", TemplateBody=json.dumps(body))
    return {it.removeprefix(f"commerce-{ENVIRONMENT}-") for it in lacking}


@pytest.fixture(scope="module")
def moto():
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name, value in (("DEFAULT_REGION", "eu-west-1"), ("ACCESS_KEY_ID", "test"), ("SECRET_ACCESS_KEY", "test")):
            patch.setenv(f"AWS_{name}", value)
        yield MotoStack("network", ENVIRONMENT), MotoStack("data", ENVIRONMENT)


@pytest.fixture(scope="module")
def balancer(moto):
    # moto makes no certificate from a template.
    certificate = boto3.client("acm").request_certificate(DomainName="api.example.com")["CertificateArn"]
    zone = boto3.client("route53").create_hosted_zone(Name="example.com", CallerReference="test")["HostedZone"]["Id"]
    names = {"DomainName": "api.example.com", "HostedZoneId": zone.removeprefix("/hostedzone/")}
    return MotoStack("load-balancer", ENVIRONMENT, CertificateArn=certificate, **names)


@pytest.fixture(scope="module")
def stood_in(balancer):
    return stand_in_for_exports_that_are_lacking("cluster", "service", "observability")


@pytest.fixture(scope="module")
def cluster(stood_in):
    return MotoStack("cluster", ENVIRONMENT, **RELEASE)


@pytest.fixture(scope="module")
def service(cluster):
    return MotoStack("service", ENVIRONMENT, **RELEASE)


@pytest.fixture(scope="module")
def observability(service):
    return MotoStack("observability", ENVIRONMENT)


@pytest.fixture(scope="module")
def ecs(moto):
    return boto3.client("ecs")


def test_what_moto_leaves_out(balancer, cluster, service, stood_in):
    assert balancer.left_out == {
        "AWS::S3::BucketPolicy",
        "AWS::WAFv2::LoggingConfiguration",
        "AWS::WAFv2::WebACL",
        "AWS::WAFv2::WebACLAssociation",
    }
    assert cluster.left_out == {"AWS::ECS::ClusterCapacityProviderAssociations"}
    assert service.left_out == {
        "AWS::ApplicationAutoScaling::ScalableTarget",
        "AWS::ApplicationAutoScaling::ScalingPolicy",
        "AWS::CloudWatch::Alarm",
    }
    # All else is of the stacks before.
    assert stood_in == {
        "BlueTargetGroupFullName",
        "CacheEndpoint",
        "CacheGroupId",
        "CachePort",
        "CacheSecretArn",
        "EncryptionSecretArn",
        "GreenTargetGroupFullName",
        "JwtSecretArn",
        "LoadBalancerFullName",
        "MasterSecretArn",
        "MigrationSecretArn",
        "ServiceSecretArn",
    }


def test_listeners(balancer):
    elb = boto3.client("elbv2")
    (it,) = elb.describe_load_balancers()["LoadBalancers"]
    assert (it["Scheme"], it["LoadBalancerName"]) == ("internet-facing", "commerce-production")
    assert len(it["AvailabilityZones"]) == 3
    listeners = {one["Port"]: one for one in elb.describe_listeners(LoadBalancerArn=it["LoadBalancerArn"])["Listeners"]}
    assert set(listeners) == {80, 443, 8443}
    (redirect,) = listeners[80]["DefaultActions"]
    assert redirect["RedirectConfig"]["StatusCode"] == "HTTP_301"
    for port in (443, 8443):
        assert listeners[port]["SslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"
        assert listeners[port]["DefaultActions"][0]["Type"] == "fixed-response"


def test_rules_are_those_that_are_exported(balancer):
    elb = boto3.client("elbv2")
    for name in ("ProductionListenerRuleArn", "TestListenerRuleArn"):
        (rule,) = elb.describe_rules(RuleArns=[balancer.outputs[name]])["Rules"]
        groups = {it["TargetGroupArn"]: it["Weight"] for it in rule["Actions"][0]["ForwardConfig"]["TargetGroups"]}
        assert {key: int(it) for key, it in groups.items()} == {
            balancer.outputs["BlueTargetGroupArn"]: 100,
            balancer.outputs["GreenTargetGroupArn"]: 0,
        }


@pytest.mark.parametrize("color", ["Blue", "Green"])
def test_target_groups(balancer, color):
    elb = boto3.client("elbv2")
    (group,) = elb.describe_target_groups(TargetGroupArns=[balancer.outputs[f"{color}TargetGroupArn"]])["TargetGroups"]
    assert (group["TargetType"], group["Port"], group["Protocol"], group["HealthCheckPath"]) == ("ip", 8080, "HTTP", "/health")


def test_the_name_is_in_the_zone(balancer):
    route53 = boto3.client("route53")
    (zone,) = route53.list_hosted_zones()["HostedZones"]
    records = {it["Name"]: it for it in route53.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]}
    (it,) = boto3.client("elbv2").describe_load_balancers()["LoadBalancers"]
    assert records["api.example.com"]["AliasTarget"]["DNSName"] == it["DNSName"]


def test_the_cluster_and_its_logs(cluster, ecs):
    (it,) = ecs.describe_clusters(clusters=[cluster.outputs["ClusterName"]])["clusters"]
    assert (it["clusterName"], it["status"]) == ("commerce-production", "ACTIVE")
    logs = boto3.client("logs")
    for name in ("ServiceLogGroup", "MigrationLogGroup", "BootstrapLogGroup", "SmokeTestLogGroup"):
        (group,) = logs.describe_log_groups(logGroupNamePrefix=cluster.outputs[name])["logGroups"]
        assert group["retentionInDays"] == 30


ROLES = ["ServiceExecution", "ServiceTask", "MigrationExecution", "MigrationTask", "BootstrapExecution", "BootstrapTask"]


@pytest.mark.parametrize("role", ROLES)
def test_roles(cluster, role):
    iam = boto3.client("iam")
    name = cluster.outputs[f"{role}RoleArn"].rsplit("/", 1)[1]
    assert name.startswith("commerce-production-")
    trust = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]["Statement"][0]
    assert trust["Principal"] == {"Service": "ecs-tasks.amazonaws.com"}
    assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": "123456789012"}
    policies = iam.list_role_policies(RoleName=name)["PolicyNames"]
    if role.endswith("Task"):
        assert policies == []
    else:
        # moto keeps a template's policy as Python writes it.
        document = ast.literal_eval(iam.get_role_policy(RoleName=name, PolicyName=policies[0])["PolicyDocument"])
        (secrets,) = [it for it in document["Statement"] if it["Sid"] == "ReadSecrets"]
        # The edge's secret is known by its name alone; the names of the others are those of the stand-in stack.
        assert all(":secret:commerce-production-" in it or ":secret:commerce/production/origin-" in it for it in secrets["Resource"])


FILES = {
    "service": ("task-definition", "ServiceExecutionRoleArn", "ServiceTaskRoleArn", "ServiceLogGroup"),
    "migrate": ("migration-task", "MigrationExecutionRoleArn", "MigrationTaskRoleArn", "MigrationLogGroup"),
    "bootstrap": ("bootstrap-task", "BootstrapExecutionRoleArn", "BootstrapTaskRoleArn", "BootstrapLogGroup"),
}


def filled(family):
    """The file's input for register-task-definition, from the stacks' exports."""
    exports = {
        it["Name"].removeprefix(f"commerce-{ENVIRONMENT}-"): it["Value"] for it in boto3.client("cloudformation").list_exports()["Exports"]
    }
    file, execution, task, log = FILES[family]
    settings = json.loads((ROOT / "deploy/environments/production.json").read_text())["stacks"]["service"]
    values = {
        "IMAGE": IMAGE,
        "PROJECT": "commerce",
        "ENVIRONMENT": ENVIRONMENT,
        "REGION": "eu-west-1",
        "ARCHITECTURE": "ARM64",
        "EXECUTION_ROLE_ARN": exports[execution],
        "TASK_ROLE_ARN": exports[task],
        "LOG_GROUP": exports[log],
        "LOG_LEVEL": "info",
        "DATABASE_HOST": exports["DatabaseEndpoint"],
        "DATABASE_PORT": exports["DatabasePort"],
        "DATABASE_NAME": exports["DatabaseName"],
        "REDIS_HOST": exports["CacheEndpoint"],
        "REDIS_PORT": exports["CachePort"],
        "TRUSTED_PROXIES": exports["VpcCidr"],
        "CORS_ORIGINS": settings["CorsOrigins"],
        "STORE_CURRENCY": settings["StoreCurrency"],
        "IMAGE_BASE_URL": "/assets",
        **{f"{it.upper()}_SECRET_ARN": exports[f"{it}SecretArn"] for it in ("Service", "Migration", "Master", "Cache", "Encryption", "Jwt")},
    }
    text = (ROOT / f"deploy/ecs/{file}.json").read_text()
    for name, value in values.items():
        text = text.replace("${" + name + "}", value)
    assert "${" not in text
    return json.loads(text)


def as_text(value):
    """moto keeps numbers of a template as they were passed."""
    if isinstance(value, dict):
        return {key: as_text(it) for key, it in value.items()}
    return [as_text(it) for it in value] if isinstance(value, list) else str(value)


@pytest.mark.parametrize("family", FILES)
def test_the_stack_registers_what_the_file_says(service, ecs, family):
    """Containers: all that moto keeps of a template's task definition."""
    stack = ecs.describe_task_definition(taskDefinition=f"commerce-production-{family}:1")["taskDefinition"]
    (made,) = stack["containerDefinitions"]
    (wanted,) = filled(family)["containerDefinitions"]
    assert made["image"] == IMAGE
    assert as_text({key: made[key] for key in wanted}) == as_text(wanted)


@pytest.mark.parametrize("family", FILES)
def test_the_file_is_registered_as_the_next_revision(service, ecs, family):
    request = filled(family)
    made = ecs.register_task_definition(**request)["taskDefinition"]
    assert made["revision"] > 1
    for key in set(request) - {"tags", "containerDefinitions"}:
        assert made[key] == request[key], key


def test_the_migration_runs_on_fargate(service, moto, ecs):
    network = moto[0].outputs
    # Of the template; moto leaves it away, and its tasks want it.
    boto3.client("ec2").modify_vpc_attribute(VpcId=network["VpcId"], EnableDnsHostnames={"Value": True})
    task = ecs.run_task(
        cluster="commerce-production",
        taskDefinition="commerce-production-migrate",
        launchType="FARGATE",
        networkConfiguration={
            "awsvpcConfiguration": {
                "subnets": network["PrivateSubnetIds"].split(","),
                "securityGroups": [network["ServiceSecurityGroupId"]],
                "assignPublicIp": "DISABLED",
            }
        },
    )["tasks"][0]
    (seen,) = ecs.describe_tasks(cluster="commerce-production", tasks=[task["taskArn"]])["tasks"]
    assert seen["taskDefinitionArn"].rsplit("/", 1)[1].startswith("commerce-production-migrate:")


def test_the_service(service, ecs):
    (it,) = ecs.describe_services(cluster="commerce-production", services=["commerce-production-service"])["services"]
    assert it["status"] == "ACTIVE"
    assert it["taskDefinition"].rsplit("/", 1)[1] == "commerce-production-service:1"
    assert service.outputs["ServiceName"] == "commerce-production-service"
    assert service.outputs["ImageDigest"] == RELEASE["ImageDigest"]


def test_the_smoke_test_stands_in_the_private_subnets(service, moto, balancer):
    it = boto3.client("lambda").get_function(FunctionName="commerce-production-smoke-test")["Configuration"]
    assert it["VpcConfig"]["SubnetIds"] == moto[0].outputs["PrivateSubnetIds"].split(",")
    assert it["VpcConfig"]["SecurityGroupIds"] == [moto[0].outputs["SmokeTestSecurityGroupId"]]
    assert it["Environment"]["Variables"] == {"TEST_URL": balancer.outputs["TestUrl"]}
    assert it["Role"].endswith("role/commerce-production-smoke-test")


def test_a_rotation_starts_the_state_machine(service):
    events = boto3.client("events")
    pattern = json.loads(events.describe_rule(Name="commerce-production-secret-was-rotated")["EventPattern"])
    assert pattern["detail"]["eventName"] == ["RotationSucceeded"]
    (target,) = events.list_targets_by_rule(Rule="commerce-production-secret-was-rotated")["Targets"]
    assert target["Arn"] == service.outputs["RedeployArn"]


def test_the_dashboard_and_who_hears_of_failures(observability):
    assert observability.left_out == {
        "AWS::CloudWatch::Alarm",
        "AWS::Logs::MetricFilter",
        "AWS::Logs::QueryDefinition",
        "AWS::SNS::Subscription",
        "AWS::SNS::TopicPolicy",
    }
    body = boto3.client("cloudwatch").get_dashboard(DashboardName="commerce-production")["DashboardBody"]
    assert len(json.loads(body)["widgets"]) == 13
    assert "${" not in body
    for rule in ("deployment-failed", "task-failed", "rotation-failed"):
        (target,) = boto3.client("events").list_targets_by_rule(Rule=f"commerce-production-{rule}")["Targets"]
        assert target["Arn"] == observability.outputs["AlarmTopicArn"]
