"""No secret is in plain text in a task, a template or an environment's parameters, and each can be read only by those who need it..
"""

import json
import re
from pathlib import Path

import pytest
from template import ENVIRONMENTS, ROOT, TEMPLATES, Template

ECS = sorted((ROOT / "deploy" / "ecs").glob("*.json"))
NAMES = sorted(it.stem for it in TEMPLATES.glob("*.yaml"))
DEPLOYED = {
    "RepositoryUri": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/commerce",
    "ImageDigest": "sha256:" + "0" * 64,
}
# Names of settings, parameters and properties that hold a secret. Names with another end (…SecretArn, …TokenVersion) only refer
# to one.
SETTING = re.compile(r"PASSWORD|SECRET|TOKEN|PRIVATE|CREDENTIAL|_KEY\b")
PARAMETER = re.compile(r"(Password|Secret|Token|Credential|ApiKey|PrivateKey|AccessKey)$")
PROPERTY = re.compile(r"^(MasterUserPassword|UserPassword|Password|AuthToken|SecretString|SecretAccessKey)$")
# May contain a password between // and @.
WITH_PASSWORD = {"DATABASE_URL", "DATABASE_REPLICA_URL", "REDIS_URL"}


def secret_settings():
    """The settings that the program marks as secret, from README's table, which another test compares with the program."""
    rows = re.findall(r"^\| `([A-Z_]+)` \|.*\(secret\) \|$", (ROOT / "README.md").read_text(), re.M)
    assert {"DATABASE_PASSWORD", "REDIS_PASSWORD"} <= set(rows)
    return set(rows)


def containers():
    """Every container: (where, plain names and values, secret names and sources)."""
    for file in ECS:
        for it in json.loads(file.read_text())["containerDefinitions"]:
            yield (
                file.name,
                {one["name"]: one["value"] for one in it["environment"]},
                {one["name"]: one["valueFrom"] for one in it["secrets"]},
            )
    for stack in ("cluster", "service"):
        definitions = Template(stack).deployed_to("production", **DEPLOYED).of_type("AWS::ECS::TaskDefinition")
        for name, definition in definitions.items():
            for it in definition["ContainerDefinitions"]:
                yield (
                    f"{stack}.yaml {name}",
                    {one["Name"]: one["Value"] for one in it["Environment"]},
                    {one["Name"]: one["ValueFrom"] for one in it["Secrets"]},
                )


CONTAINERS = list(containers())


def test_all_tasks_are_looked_at():
    assert len(ECS) == 4
    assert len(CONTAINERS) == 8


@pytest.mark.parametrize(("where", "plain", "secret"), CONTAINERS, ids=[it[0] for it in CONTAINERS])
def test_no_secret_is_plain_in_a_task(where, plain, secret):
    assert not set(plain) & (secret_settings() | WITH_PASSWORD)
    assert [name for name in plain if SETTING.search(name)] == []
    assert [name for name, value in plain.items() if re.search(r"://[^/]*@", str(value))] == []


KEYS = {
    "REDIS_PASSWORD": "token", "ENCRYPTION_KEY": "current", "ENCRYPTION_KEY_PREVIOUS": "previous", "JWT_SECRET": "current",
}  # fmt: skip


@pytest.mark.parametrize(("where", "plain", "secret"), CONTAINERS, ids=[it[0] for it in CONTAINERS])
def test_a_secret_comes_by_its_key_from_secrets_manager(where, plain, secret):
    """As ARN:key::, because without a key the whole JSON document would be the password. The mail server's URL is a whole value."""
    for name, source in secret.items():
        if name == "SMTP_URL":
            assert source == "${SMTP_SECRET_ARN}"
            continue
        kind = r"\$\{[A-Z]+_SECRET_ARN\}" if where.endswith(".json") else r"<<commerce-production-[A-Za-z]+SecretArn>>"
        key = "username" if name.endswith("_USER") else KEYS.get(name, "password")
        assert re.fullmatch(rf"{kind}:{key}::", source), name


def test_the_service_gets_its_secrets():
    (service,) = [secret for where, _, secret in CONTAINERS if where == "task-definition.json"]
    assert set(service) == {"DATABASE_USER", "DATABASE_PASSWORD", *KEYS, "SMTP_URL"}


def arns(role):
    """The secrets that a role's policies allow it to read."""
    found = set()
    for policy in role.get("Policies", []):
        for it in policy["PolicyDocument"]["Statement"]:
            if "secretsmanager:GetSecretValue" in it["Action"]:
                found |= set(it["Resource"] if isinstance(it["Resource"], list) else [it["Resource"]])
    return found


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_an_execution_role_reads_what_its_task_is_given_and_no_more(environment):
    cluster = Template("cluster").deployed_to(environment, **DEPLOYED)
    service = Template("service").deployed_to(environment, **DEPLOYED)
    seen = 0
    for stack in (cluster, service):
        for definition in stack.of_type("AWS::ECS::TaskDefinition").values():
            role = re.sub(r"<<.*-([A-Za-z]+)Arn>>|<([A-Za-z]+)\.Arn>", r"\1\2", definition["ExecutionRoleArn"])
            (container,) = definition["ContainerDefinitions"]
            given = {it["ValueFrom"].split(":", 1)[0] for it in container["Secrets"]}
            # The edge's secret, which the task gets once there is an edge. It is known only by its name, because the edge comes
            # last.
            origin = f"arn:aws:secretsmanager:eu-west-1:123456789012:secret:commerce/{environment}/origin-??????"
            assert arns(cluster.properties(role)) - {origin} == given
            assert (origin in arns(cluster.properties(role))) == (role == "ServiceExecutionRole")
            seen += 1
    assert seen == 4


def statements(name):
    """Every statement of a policy in a template, as written."""

    def walk(value):
        if isinstance(value, dict):
            if "Effect" in value and "Action" in value:
                yield value
            for it in value.values():
                yield from walk(it)
        elif isinstance(value, list):
            for it in value:
                yield from walk(it)

    return walk(Template(name).resources)


@pytest.mark.parametrize("name", NAMES)
def test_nobody_reads_all_secrets(name):
    for it in statements(name):
        actions = it["Action"] if isinstance(it["Action"], list) else [it["Action"]]
        reads = [one for one in actions if re.fullmatch(r"\*|secretsmanager:(\*|Get\*|GetSecret.*)", str(one))]
        resources = it.get("Resource", [])
        for one in resources if isinstance(resources, list) else [resources]:
            allows = it["Effect"] == "Allow" and "Principal" not in it
            assert not (reads and allows and one == "*"), f"{name}: {it.get('Sid', it)}"


@pytest.mark.parametrize("name", NAMES)
def test_no_parameter_is_a_secret_in_the_open(name):
    for key, it in Template(name).body["Parameters"].items():
        if PARAMETER.search(key):
            assert it.get("NoEcho") is True, f"{name} {key}: shown to everyone who may see the stack"
            assert it.get("Default", "") == "", f"{name} {key}: a default for a secret"
        assert not looks_random(str(it.get("Default", ""))), f"{name} {key}: {it['Default']}"


def looks_random(text):
    """A long run of mixed letters and digits, which no word and no name has."""
    return any(
        len(re.findall(r"[a-zA-Z][0-9]|[0-9][a-zA-Z]", run)) >= 5 for run in re.findall(r"[A-Za-z0-9+/_=]{16,}", text)
    )


def test_random_text_is_told_from_names():
    assert looks_random("pk9Zx2Lq8Vw3Tn7Rb5")
    assert not looks_random("db.t4g.micro")
    assert not looks_random("Z00000000000000000000")


@pytest.mark.parametrize("name", NAMES)
def test_no_password_is_written_into_a_resource(name):
    def walk(value, path):
        if isinstance(value, dict):
            for key, it in value.items():
                if PROPERTY.search(key):
                    text = it if isinstance(it, str) else json.dumps(it)
                    assert "{{resolve:secretsmanager:" in text, f"{name} {path}.{key}"
                walk(it, f"{path}.{key}")
        elif isinstance(value, list):
            for it in value:
                walk(it, path)

    walk(Template(name).resources, name)


@pytest.mark.parametrize("name", NAMES)
def test_no_function_is_given_a_secret(name):
    for key, it in Template(name).of_type("AWS::Lambda::Function").items():
        variables = it["Properties"].get("Environment", {}).get("Variables", {})
        assert [one for one in variables if SETTING.search(one) and not one.endswith("_ARN")] == [], key


@pytest.mark.parametrize("path", sorted(ENVIRONMENTS.glob("*.json")), ids=lambda it: Path(it).stem)
def test_no_environment_holds_a_secret(path):
    for stack, parameters in json.loads(path.read_text())["stacks"].items():
        for key, value in parameters.items():
            assert not PARAMETER.search(key), f"{stack} {key}: give it to the command, not to the file"
            assert not looks_random(value), f"{stack} {key}"
