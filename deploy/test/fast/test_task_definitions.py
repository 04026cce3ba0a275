"""deploy/ecs/*.json and the task definitions in CloudFormation are equal, and fit what the service needs."""

import json
import os
import re
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import botocore.session
import pytest
from botocore.validate import ParamValidator

ECS = Path(__file__).resolve().parents[2] / "ecs"
REPOSITORY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/commerce"
DIGEST = "sha256:" + "ab" * 32
DEPLOYED = {"Environment": "production", "RepositoryUri": REPOSITORY, "ImageDigest": DIGEST}

# The file, its template, its resource, and its roles and log group.
PAIRS = {
    "task-definition": ("service", "TaskDefinition"),
    "worker-task": ("service", "WorkerTaskDefinition"),
    "migration-task": ("cluster", "MigrationTaskDefinition"),
    "bootstrap-task": ("cluster", "BootstrapTaskDefinition"),
}
MEMBERS = {
    "task-definition": {
        "EXECUTION_ROLE_ARN": "<<commerce-production-ServiceExecutionRoleArn>>",
        "TASK_ROLE_ARN": "<<commerce-production-ServiceTaskRoleArn>>",
        "LOG_GROUP": "<<commerce-production-ServiceLogGroup>>",
    },
    "worker-task": {
        "EXECUTION_ROLE_ARN": "<<commerce-production-WorkerExecutionRoleArn>>",
        "TASK_ROLE_ARN": "<<commerce-production-WorkerTaskRoleArn>>",
        "LOG_GROUP": "<<commerce-production-WorkerLogGroup>>",
    },
    "migration-task": {
        "EXECUTION_ROLE_ARN": "<MigrationExecutionRole.Arn>",
        "TASK_ROLE_ARN": "<MigrationTaskRole.Arn>",
        "LOG_GROUP": "<MigrationLogGroup>",
    },
    "bootstrap-task": {
        "EXECUTION_ROLE_ARN": "<BootstrapExecutionRole.Arn>",
        "TASK_ROLE_ARN": "<BootstrapTaskRole.Arn>",
        "LOG_GROUP": "<BootstrapLogGroup>",
    },
}
CONTAINERS = {"task-definition": "commerce", "worker-task": "worker", "migration-task": "migrate", "bootstrap-task": "bootstrap"}
COMMANDS = {"task-definition": ["serve"], "worker-task": ["worker"], "migration-task": ["migrate", "up"], "bootstrap-task": ["bootstrap"]}
FAMILIES = {"task-definition": "service", "worker-task": "worker", "migration-task": "migrate", "bootstrap-task": "bootstrap"}
VALUES = {
    "IMAGE": f"{REPOSITORY}@{DIGEST}",
    "PROJECT": "commerce",
    "ENVIRONMENT": "production",
    "REGION": "eu-west-1",
    "ARCHITECTURE": "ARM64",
    "DATABASE_HOST": "<<commerce-production-DatabaseEndpoint>>",
    "DATABASE_PORT": "<<commerce-production-DatabasePort>>",
    "DATABASE_NAME": "<<commerce-production-DatabaseName>>",
    "REDIS_HOST": "<<commerce-production-CacheEndpoint>>",
    "REDIS_PORT": "<<commerce-production-CachePort>>",
    "SERVICE_SECRET_ARN": "<<commerce-production-ServiceSecretArn>>",
    "MIGRATION_SECRET_ARN": "<<commerce-production-MigrationSecretArn>>",
    "MASTER_SECRET_ARN": "<<commerce-production-MasterSecretArn>>",
    "CACHE_SECRET_ARN": "<<commerce-production-CacheSecretArn>>",
    "ENCRYPTION_SECRET_ARN": "<<commerce-production-EncryptionSecretArn>>",
    "JWT_SECRET_ARN": "<<commerce-production-JwtSecretArn>>",
    "TRUSTED_PROXIES": "<<commerce-production-VpcCidr>>",
    "CORS_ORIGINS": "https://shop.example.com",
    "STORE_CURRENCY": "EUR",
    "IMAGE_BASE_URL": "https://images.example.com",
    "LOG_LEVEL": "notice",
    "SMTP_SECRET_ARN": "",
    "MAIL_FROM": "",
    "PUBLIC_URL": "",
    "SHOP_NAME": "Shop",
    "STORE_LANGUAGE": "en",
    "ALERT_EMAIL": "",
    "OIDC_ISSUERS": "",
}
# The parameters of the template for mail, and the same for the files.
MAIL = {
    "SmtpSecretArn": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:commerce/production/smtp-AbCdEf",
    "MailFrom": "shop@example.com",
    "PublicUrl": "https://shop.example.com",
    "ShopName": "Fern & Alder",
    "StoreLanguage": "de",
    "AlertEmail": "owner@example.com",
}
MAIL_VALUES = dict(zip(["SMTP_SECRET_ARN", "MAIL_FROM", "PUBLIC_URL", "SHOP_NAME", "STORE_LANGUAGE", "ALERT_EMAIL"], MAIL.values(), strict=True))


def filled(name, **values):
    """A file as the input of register-task-definition, by the scripts' own function."""
    values = VALUES | MEMBERS[name] | values
    script = 'fail() { echo "$*" >&2; exit 1; }; . "$1/bin/lib/tasks.sh"; fill_task_definition "${@:2}"; cat "$SCRATCH/task-definition.json"'
    with TemporaryDirectory() as scratch:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script, "-", ECS.parent, ECS / f"{name}.json", *(f"{key}={it}" for key, it in values.items())],
            capture_output=True, text=True, timeout=30, check=False, env={"PATH": os.environ["PATH"], "SCRATCH": scratch})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def settings(name):
    """The plain environment of a file's container."""
    (container,) = filled(name)["containerDefinitions"]
    return {it["name"]: it["value"] for it in container["environment"]}


def deployed(template, name, **parameters):
    """What CloudFormation would register, with the names and types of the API."""
    stack, resource = PAIRS[name]
    parameters = DEPLOYED | {"LogLevel": "notice"} | parameters
    if stack == "service":
        shop = {"CorsOrigins": "https://shop.example.com", "StoreCurrency": "EUR", "ImageBaseUrl": "https://images.example.com"}
        parameters = shop | parameters
    properties = template(stack).deployed(**parameters).resources[resource]["Properties"]
    return as_api(properties, request_shape())


def request_shape():
    return botocore.session.get_session().get_service_model("ecs").operation_model("RegisterTaskDefinition").input_shape


def as_api(value, shape):
    match shape.type_name:
        case "structure":
            named = {key[0].lower() + key[1:]: it for key, it in value.items()}
            assert set(named) <= set(shape.members), f"{shape.name} has no {set(named) - set(shape.members)}"
            return {key: as_api(it, shape.members[key]) for key, it in named.items()}
        case "list":
            return [as_api(it, shape.member) for it in value]
        case "integer":
            # CloudFormation converts text to numbers itself.
            return int(value)
    return value


@pytest.mark.parametrize("name", PAIRS)
def test_file_and_template_say_the_same(template, name):
    assert filled(name) == deployed(template, name)


@pytest.mark.parametrize("name", PAIRS)
def test_they_are_the_same_on_the_other_architecture(template, name):
    file = filled(name, ARCHITECTURE="X86_64")
    assert file == deployed(template, name, Architecture="X86_64")
    assert file["runtimePlatform"]["cpuArchitecture"] == "X86_64"


@pytest.mark.parametrize("name", PAIRS)
def test_register_task_definition_takes_it(name):
    report = ParamValidator().validate(filled(name), request_shape())
    assert not report.has_errors(), report.generate_report()


@pytest.mark.parametrize("name", PAIRS)
def test_the_deploy_action_can_put_its_image_in(name):
    """amazon-ecs-render-task-definition parses the file as it is, finds the container by name and sets its image."""
    document = json.loads((ECS / f"{name}.json").read_text())
    containers = [it for it in document["containerDefinitions"] if it["name"] == CONTAINERS[name]]
    assert len(containers) == 1
    assert containers[0]["image"] == "${IMAGE}"


@pytest.mark.parametrize("name", PAIRS)
def test_every_task_is_confined(name):
    task = filled(name)
    (container,) = task["containerDefinitions"]
    assert task["family"] == f"commerce-production-{FAMILIES[name]}"
    assert task["requiresCompatibilities"] == ["FARGATE"]
    assert task["networkMode"] == "awsvpc"
    assert task["runtimePlatform"] == {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"}
    assert container["name"] == CONTAINERS[name]
    assert container["command"] == COMMANDS[name]
    assert container["image"].endswith(f"@{DIGEST}")
    assert container["user"] == "10001:10001"
    assert container["readonlyRootFilesystem"] is True
    assert container["linuxParameters"] == {"initProcessEnabled": True, "capabilities": {"drop": ["ALL"]}}
    assert not container.get("privileged")
    # The container's limits are written there as well, and are those of the whole task.
    assert str(container["cpu"]) == task["cpu"]
    assert str(container["memory"]) == task["memory"]
    assert task["executionRoleArn"] != task["taskRoleArn"]


def test_the_service_is_as_required():
    task = filled("task-definition")
    (container,) = task["containerDefinitions"]
    assert (task["cpu"], task["memory"]) == ("512", "1024")
    assert task["volumes"] == [{"name": "tmp"}]
    assert container["mountPoints"] == [{"sourceVolume": "tmp", "containerPath": "/tmp", "readOnly": False}]
    assert container["portMappings"] == [{"containerPort": 8080, "protocol": "tcp"}]
    assert container["healthCheck"] == {
        "command": ["CMD", "/app/commerce", "healthcheck"],
        "interval": 10,
        "timeout": 3,
        "retries": 3,
        "startPeriod": 30,
    }
    log = container["logConfiguration"]
    assert log["logDriver"] == "awslogs"
    assert log["options"]["mode"] == "non-blocking"
    assert log["options"]["max-buffer-size"] == "25m"


def test_the_service_drains_before_it_is_killed():
    (container,) = filled("task-definition")["containerDefinitions"]
    seconds = {key: int(settings("task-definition")[key].removesuffix("s")) for key in ("DRAIN_DELAY", "DRAIN_TIMEOUT")}
    assert container["stopTimeout"] == 60
    assert seconds["DRAIN_TIMEOUT"] == 45
    assert 0 < seconds["DRAIN_DELAY"] < seconds["DRAIN_TIMEOUT"] < container["stopTimeout"]


def test_the_worker_is_as_required():
    task = filled("worker-task")
    (container,) = task["containerDefinitions"]
    assert (task["cpu"], task["memory"]) == ("256", "512")
    assert "portMappings" not in container
    assert container["healthCheck"]["command"] == ["CMD", "/app/commerce", "healthcheck", "--worker"]
    # It gives back what it has not finished before it is killed.
    assert int(settings("worker-task")["DRAIN_TIMEOUT"].removesuffix("s")) < container["stopTimeout"]
    (service,) = filled("task-definition")["containerDefinitions"]
    # The same database, cache and keys.
    assert container["secrets"] == service["secrets"]
    shared = {"DATABASE_HOST", "DATABASE_PORT", "DATABASE_NAME", "DATABASE_SSLMODE", "REDIS_HOST", "REDIS_PORT", "REDIS_TLS", "STORE_CURRENCY"}
    assert {name: settings("worker-task")[name] for name in shared} == {name: settings("task-definition")[name] for name in shared}


def test_work_is_done_in_one_place(template):
    assert settings("task-definition")["WORKER"] == "off"
    alone = template("service").deployed(**DEPLOYED, WorkerTasks="0")
    (container,) = alone.resources["TaskDefinition"]["Properties"]["ContainerDefinitions"]
    assert {"Name": "WORKER", "Value": "embedded"} in container["Environment"]
    assert not {"Worker", "WorkerTaskDefinition"} & set(alone.resources)


def test_connections_are_verified():
    for name in PAIRS:
        assert settings(name)["DATABASE_SSLMODE"] == "verify-full"
        assert settings(name)["DATABASE_SSLROOTCERT"] == "/app/certificates/rds.pem"
        assert settings(name)["LOG_FORMAT"] == "json"
    assert settings("task-definition")["REDIS_TLS"] == "on"


def test_a_loop_for_each_whole_cpu(template):
    for cpu, loops in {"256": "1", "512": "1", "1024": "1", "2048": "2", "4096": "4"}.items():
        task = deployed(template, "task-definition", Cpu=cpu, Memory="8192")
        (container,) = task["containerDefinitions"]
        assert {"name": "LOOPS", "value": loops} in container["environment"]
        assert (task["cpu"], container["cpu"], container["memory"]) == (cpu, int(cpu), 8192)


def test_one_time_tasks_lose_no_line():
    for name in ("migration-task", "bootstrap-task"):
        (container,) = filled(name)["containerDefinitions"]
        assert container["logConfiguration"]["options"]["mode"] == "blocking"
        assert container["stopTimeout"] == 120


def test_execute_command_adds_what_its_agent_writes_to(template):
    parameters = {**DEPLOYED, "ExecuteCommand": "on"}
    on = template("service").deployed(**parameters)
    task = on.resources["TaskDefinition"]["Properties"]
    assert [it["Name"] for it in task["Volumes"]] == ["tmp", "agent-state", "agent-log"]
    assert [it["ContainerPath"] for it in task["ContainerDefinitions"][0]["MountPoints"]] == ["/tmp", "/var/lib/amazon", "/var/log/amazon"]
    assert on.resources["Service"]["Properties"]["EnableExecuteCommand"] is True


@pytest.mark.parametrize("resource", ["TaskDefinition", "WorkerTaskDefinition"])
def test_services_of_aws_that_get_events_are_named_to_the_tasks(template, resource):
    names = {
        "EVENTS_SNS_TOPIC_ARN": "arn:aws:sns:eu-west-1:123456789012:events",
        "EVENTS_SQS_QUEUE_URL": "https://sqs.eu-west-1.amazonaws.com/123456789012/events",
        "EVENTS_EVENTBRIDGE_BUS": "arn:aws:events:eu-west-1:123456789012:event-bus/shop"}
    values = list(names.values())
    stack = template("service").deployed_to(
        "production", **DEPLOYED, EventsTopicArn=values[0], EventsQueueUrl=values[1], EventsBusArn=values[2])
    (container,) = stack.properties(resource)["ContainerDefinitions"]
    environment = {it["Name"]: it["Value"] for it in container["Environment"]}
    assert names.items() <= environment.items()
    (container,) = template("service").deployed_to("production", **DEPLOYED).properties(resource)["ContainerDefinitions"]
    assert not [it for it in container["Environment"] if it["Name"].startswith("EVENTS_")]


@pytest.mark.parametrize("name", ["task-definition", "worker-task"])
def test_mail_reaches_file_and_template_alike(template, name):
    file = filled(name, **MAIL_VALUES)
    assert file == deployed(template, name, **MAIL)
    (container,) = file["containerDefinitions"]
    assert {"name": "SMTP_URL", "valueFrom": MAIL["SmtpSecretArn"]} in container["secrets"]
    settings = {it["name"]: it["value"] for it in container["environment"]}
    assert {key: it for key, it in MAIL_VALUES.items() if key != "SMTP_SECRET_ARN"}.items() <= settings.items()


def test_issuers_reach_the_service(template):
    """With their quotes: the value is JSON within JSON."""
    issuers = json.dumps([{"issuer": "https://login.example/realms/shop", "audience": "shop", "roles": {"Admins": "owner"}}])
    file = filled("task-definition", OIDC_ISSUERS=issuers)
    assert file == deployed(template, "task-definition", OidcIssuers=issuers)
    assert {"name": "OIDC_ISSUERS", "value": issuers} in file["containerDefinitions"][0]["environment"]
    assert "OIDC_ISSUERS" not in settings("worker-task")


@pytest.mark.parametrize("name", ["task-definition", "worker-task"])
def test_without_a_mail_server_there_is_no_secret_for_it(name):
    """ECS refuses a secret without ARN. An empty setting counts as not set."""
    (container,) = filled(name)["containerDefinitions"]
    assert "SMTP_URL" not in {it["name"] for it in container["secrets"]}
    assert {settings(name)[key] for key in ("MAIL_FROM", "PUBLIC_URL", "ALERT_EMAIL")} == {""}


@pytest.mark.parametrize("missing", ["MailFrom", "PublicUrl"])
def test_mail_without_sender_or_links_is_refused_before_anything_changes(template, missing):
    (rule,) = template("service").body["Rules"].values()

    def allowed(**parameters):
        stack = template("service").deployed(**DEPLOYED, **parameters)
        return not stack.truth(rule["RuleCondition"]) or all(stack.truth(it["Assert"]) for it in rule["Assertions"])

    assert allowed()
    assert allowed(**MAIL)
    assert not allowed(**{key: it for key, it in MAIL.items() if key != missing})
