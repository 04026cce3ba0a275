"""deploy/ecs/*.json and the task definitions in CloudFormation are equal, and fit what the service needs."""

import json
import re
from pathlib import Path

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
    "migration-task": ("cluster", "MigrationTaskDefinition"),
    "bootstrap-task": ("cluster", "BootstrapTaskDefinition"),
}
MEMBERS = {
    "task-definition": {
        "EXECUTION_ROLE_ARN": "<<commerce-production-ServiceExecutionRoleArn>>",
        "TASK_ROLE_ARN": "<<commerce-production-ServiceTaskRoleArn>>",
        "LOG_GROUP": "<<commerce-production-ServiceLogGroup>>",
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
CONTAINERS = {"task-definition": "commerce", "migration-task": "migrate", "bootstrap-task": "bootstrap"}
COMMANDS = {"task-definition": ["serve"], "migration-task": ["migrate", "up"], "bootstrap-task": ["bootstrap"]}
FAMILIES = {"task-definition": "service", "migration-task": "migrate", "bootstrap-task": "bootstrap"}
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
}


def filled(name, **values):
    """A file as the input of register-task-definition."""
    text = (ECS / f"{name}.json").read_text()
    values = VALUES | MEMBERS[name] | values
    return json.loads(re.sub(r"\$\{([A-Z_]+)\}", lambda it: values[it.group(1)], text))


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
