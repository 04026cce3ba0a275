"""pipeline.yaml as moto makes it: the repository, and whom the roles trust. What they may do is asserted on the template
(fast/test_pipeline.py); moto checks no rights, and keeps neither scanning nor lifecycle of a template's repository.
"""

import json
import re

import boto3
import pytest
from moto import mock_aws
from template import Template

pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse")


@pytest.fixture(scope="module")
def outputs():
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name, value in (("DEFAULT_REGION", "eu-west-1"), ("ACCESS_KEY_ID", "test"), ("SECRET_ACCESS_KEY", "test")):
            patch.setenv(f"AWS_{name}", value)
        cloudformation = boto3.client("cloudformation")
        cloudformation.create_stack(
            StackName="commerce-pipeline",
            TemplateBody=json.dumps(Template("pipeline").body),
            Parameters=[{"ParameterKey": "GitHubRepository", "ParameterValue": "acme/shop"}],
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        (stack,) = cloudformation.describe_stacks(StackName="commerce-pipeline")["Stacks"]
        assert stack["StackStatus"] == "CREATE_COMPLETE"
        yield {it["OutputKey"]: it["OutputValue"] for it in stack["Outputs"]}


def test_the_repository(outputs):
    (it,) = boto3.client("ecr").describe_repositories()["repositories"]
    assert it["repositoryUri"] == outputs["RepositoryUri"]
    assert it["imageTagMutability"] == "IMMUTABLE_WITH_EXCLUSION"
    # It is what the other stacks take as their parameter.
    for name in ("cluster", "service"):
        assert re.fullmatch(Template(name).body["Parameters"]["RepositoryUri"]["AllowedPattern"], it["repositoryUri"])


@pytest.mark.parametrize(
    ("output", "name", "subject"),
    [
        ("BuildRoleArn", "commerce-build", "repo:acme/shop:ref:refs/heads/main"),
        ("StagingDeployRoleArn", "commerce-staging-deploy", "repo:acme/shop:environment:staging"),
        ("ProductionDeployRoleArn", "commerce-production-deploy", "repo:acme/shop:environment:production"),
    ],
)
def test_roles(outputs, output, name, subject):
    assert outputs[output].endswith(f":role/{name}")
    role = boto3.client("iam").get_role(RoleName=name)["Role"]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Condition"]["StringEquals"]["token.actions.githubusercontent.com:sub"] == subject
    # The workflows ask for this long.
    assert role["MaxSessionDuration"] == (3600 if name == "commerce-build" else 10800)
