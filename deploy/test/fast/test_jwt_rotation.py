"""The function that rotates the signing secret: its code from data.yaml, against moto's Secrets Manager."""

import json
import uuid

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.secretsmanager import secretsmanager_backends

STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
FIRST = "a" * 64


@pytest.fixture
def secrets(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        yield boto3.client("secretsmanager")


@pytest.fixture
def arn(secrets):
    value = {"previous": "", "current": FIRST}
    return secrets.create_secret(Name="commerce/staging/jwt", SecretString=json.dumps(value))["ARN"]


@pytest.fixture
def function(template, secrets):
    code = template("data").deployed_to("staging").properties("JwtRotation")["Code"]["ZipFile"]
    assert len(code) <= 4096, "CloudFormation takes no longer one in a template"
    names = {}
    exec(compile(code, "index.py", "exec"), names)  # noqa: S102 (the project's own)
    return names["handler"]


@pytest.fixture
def call(function, arn):
    return lambda step, version: function({"SecretId": arn, "ClientRequestToken": version, "Step": step}, None)


@pytest.fixture
def begin(arn):
    """As RotateSecret begins: there is a version, pending and without a value. Returns its id.

    moto's own call would run the function in a container, or end the rotation by itself.
    """

    def rotation():
        secret = secretsmanager_backends["123456789012"]["eu-west-1"].secrets[arn]
        version = str(uuid.uuid4())
        secret.remove_version_stages_from_old_versions(["AWSPENDING"])
        secret.versions[version] = {"createdate": 0, "version_id": version, "version_stages": ["AWSPENDING"]}
        return version

    return rotation


def value(secrets, arn, stage="AWSCURRENT"):
    return json.loads(secrets.get_secret_value(SecretId=arn, VersionStage=stage)["SecretString"])


def rotate(call, begin):
    version = begin()
    for step in STEPS:
        call(step, version)
    return version


def test_a_rotation_makes_a_new_secret_and_keeps_the_one_before(secrets, arn, call, begin):
    version = rotate(call, begin)
    found = secrets.get_secret_value(SecretId=arn, VersionStage="AWSCURRENT")
    assert found["VersionId"] == version
    after = json.loads(found["SecretString"])
    assert set(after) == {"current", "previous"}
    assert after["previous"] == FIRST
    assert len(after["current"]) == 64
    assert after["current"].isalnum()
    assert after["current"] != FIRST


def test_rotations_go_on_from_each_other(secrets, arn, call, begin):
    seen = [FIRST]
    for _ in range(3):
        rotate(call, begin)
        after = value(secrets, arn)
        assert after["previous"] == seen[-1]
        seen.append(after["current"])
    assert len(set(seen)) == 4


def test_nothing_is_current_before_the_last_step(secrets, arn, call, begin):
    version = begin()
    for step in STEPS[:-1]:
        call(step, version)
        assert value(secrets, arn)["current"] == FIRST, step
    call("finishSecret", version)
    assert value(secrets, arn)["current"] != FIRST


def test_the_version_before_stays_readable(secrets, arn, call, begin):
    rotate(call, begin)
    assert value(secrets, arn, "AWSPREVIOUS")["current"] == FIRST


def test_a_repeated_create_keeps_the_pending_value(secrets, arn, call, begin):
    version = begin()
    call("createSecret", version)
    pending = value(secrets, arn, "AWSPENDING")
    call("createSecret", version)
    assert value(secrets, arn, "AWSPENDING") == pending


def test_steps_of_a_finished_rotation_change_nothing(secrets, arn, call, begin):
    version = rotate(call, begin)
    before = value(secrets, arn)
    for step in STEPS:
        call(step, version)
    assert value(secrets, arn) == before
    assert value(secrets, arn, "AWSPREVIOUS")["current"] == FIRST


def test_an_unknown_version_is_refused(secrets, arn, call):
    with pytest.raises(ValueError, match="no version"):
        call("createSecret", str(uuid.uuid4()))
    assert value(secrets, arn)["current"] == FIRST


def test_a_version_that_is_not_pending_is_refused(secrets, arn, call, begin):
    first = secrets.get_secret_value(SecretId=arn, VersionStage="AWSCURRENT")["VersionId"]
    rotate(call, begin)  # the first is now the previous one
    before = value(secrets, arn)
    for step in STEPS:
        with pytest.raises(ValueError, match="not pending"):
            call(step, first)
    assert value(secrets, arn) == before


def test_an_unknown_step_is_refused(call, begin):
    with pytest.raises(ValueError, match="no step"):
        call("dropSecret", begin())


@pytest.mark.parametrize(
    "pending",
    [
        {"current": "short", "previous": FIRST},
        {"current": FIRST, "previous": FIRST},
        {"current": "b" * 64, "previous": ""},
    ],
    ids=["short", "the same", "the one before lost"],
)
def test_a_pending_version_that_is_not_fit_is_refused(secrets, arn, call, begin, pending):
    version = begin()
    secrets.put_secret_value(
        SecretId=arn, ClientRequestToken=version, SecretString=json.dumps(pending), VersionStages=["AWSPENDING"])
    with pytest.raises(ValueError, match="not fit"):
        call("testSecret", version)


def test_an_empty_pending_version_fails_the_test_step(call, begin):
    with pytest.raises(ClientError):
        call("testSecret", begin())
