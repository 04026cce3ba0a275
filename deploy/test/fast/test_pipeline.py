"""pipeline.yaml: which identities the roles trust, and that they can do what a deployment needs and no more."""

import fnmatch
import json
import re
from pathlib import Path

import cfnlint
import pytest
from template import ROOT

ISSUER = "token.actions.githubusercontent.com"
PARTS = {"staging": "Staging", "production": "Production"}


@pytest.fixture(scope="module")
def stack(template):
    return template("pipeline").deployed(GitHubRepository="acme/shop")


@pytest.fixture(scope="module", params=sorted(PARTS))
def environment(request):
    return request.param


def statements(role):
    return {it["Sid"]: it for policy in role["Policies"] for it in policy["PolicyDocument"]["Statement"]}


def listed(value):
    return value if isinstance(value, list) else [value]


def allowed(role):
    """Every (action, resource) of a role."""
    return {(action, one) for it in statements(role).values() for action in listed(it["Action"]) for one in listed(it["Resource"])}


def trust(role):
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Effect"] == "Allow"
    return statement


def test_commits_keep_their_image(stack):
    repository = stack.only("AWS::ECR::Repository")
    assert repository["ImageTagMutability"] == "IMMUTABLE_WITH_EXCLUSION"
    # Only signatures: no commit's tag begins like this.
    (excluded,) = repository["ImageTagMutabilityExclusionFilters"]
    assert excluded["ImageTagMutabilityExclusionFilterValue"] == "sha256-*"
    assert repository["ImageScanningConfiguration"] == {"ScanOnPush": True}
    assert repository["EncryptionConfiguration"] == {"EncryptionType": "KMS"}


def expired(rules, images):
    """What a lifecycle policy removes of images, each the list of its tags, the newest first.

    An image that a rule looks at is not removed by one of a lower priority, and `any` comes last.
    https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
    """
    seen, gone = set(), set()
    for rule in sorted(rules, key=lambda it: it["rulePriority"]):
        selection = rule["selection"]
        assert (selection["countType"], rule["action"]) == ("imageCountMoreThan", {"type": "expire"})
        looked_at = [
            number for number, tags in enumerate(images)
            if selection["tagStatus"] == "any" or any(fnmatch.fnmatchcase(tag, *selection["tagPatternList"]) for tag in tags)]  # fmt: skip
        gone |= set(looked_at[selection["countNumber"]:]) - seen
        seen |= set(looked_at)
    return gone


def test_what_runs_is_never_removed(stack):
    rules = json.loads(stack.only("AWS::ECR::Repository")["LifecyclePolicy"]["LifecyclePolicyText"])["rules"]
    # Four hundred builds since the last release of production; each has an index, two parts and a signature.
    images = [[tag] for build in range(400) for tag in (f"{build:040x}", f"{build:040x}-arm64", f"{build:040x}-amd64", f"sha256-{build:064x}.sig")]
    for number in range(60):
        images[number * 4].append(f"released-staging-{60 - number}")
    released = len(images)
    images += [["f" * 40, "released-production-40", "released-staging-1"], [f"sha256-{'f' * 64}.sig"]]
    images += [[f"{number:040x}", f"released-production-{number}"] for number in range(39, 0, -1)]
    gone = expired(rules, images)
    assert not gone & {released, released + 1}, "what runs in production, or its signature"
    # Thirty releases to go back to, and no more.
    assert {it for it in range(released, len(images)) if it in gone} == set(range(len(images) - 10, len(images)))
    for number, tags in enumerate(images):
        if any(re.fullmatch(r"released-staging-(3[1-9]|[4-6]\d)", tag) for tag in tags):
            assert number not in gone, tags
    # Images that were built and never released are kept for a while only.
    assert gone & set(range(released))


def test_the_deploy_scripts_tag_is_what_the_repository_keeps(stack):
    script = (ROOT / "deploy/bin/lib/service.sh").read_text()
    patterns = [it["selection"].get("tagPatternList") for it in json.loads(stack.only("AWS::ECR::Repository")["LifecyclePolicy"]["LifecyclePolicyText"])["rules"]]
    assert ["released-production-*"] in patterns
    assert ["released-staging-*"] in patterns
    assert "released-$ENVIRONMENT-" in script
    for part in PARTS.values():
        it = statements(stack.properties(f"{part}DeployRole"))["TagReleases"]
        assert (it["Action"], it["Resource"]) == ("ecr:PutImage", "<Repository.Arn>")


def test_the_repository_outlives_its_stack(template):
    repository = template("pipeline").resources["Repository"]
    assert (repository["DeletionPolicy"], repository["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_the_provider_can_be_there_already(template, stack):
    assert stack.only("AWS::IAM::OIDCProvider")["Url"] == f"https://{ISSUER}"
    assert stack.only("AWS::IAM::OIDCProvider")["ClientIdList"] == ["sts.amazonaws.com"]
    without = template("pipeline").deployed(GitHubRepository="acme/shop", MakeOidcProvider="false")
    assert not without.of_type("AWS::IAM::OIDCProvider")
    assert trust(without.properties("BuildRole")) == trust(stack.properties("BuildRole"))


SUBJECTS = {
    "BuildRole": "repo:acme/shop:ref:refs/heads/main",
    "StagingDeployRole": "repo:acme/shop:environment:staging",
    "ProductionDeployRole": "repo:acme/shop:environment:production",
}


@pytest.mark.parametrize("name", SUBJECTS)
def test_a_role_trusts_one_subject(stack, name):
    """The subject of a pull request is repo:…:pull_request, so it is none of these."""
    it = trust(stack.properties(name))
    assert it["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert it["Principal"] == {"Federated": f"arn:aws:iam::123456789012:oidc-provider/{ISSUER}"}
    # StringEquals, because with StringLike a star could let others in.
    assert it["Condition"] == {"StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com", f"{ISSUER}:sub": SUBJECTS[name]}}


@pytest.mark.parametrize("name", SUBJECTS)
def test_a_role_trusts_the_subject_with_numbers(template, name):
    """The form that GitHub uses for repositories that were made or renamed since July 2026."""
    stack = template("pipeline").deployed(GitHubRepository="acme/shop", GitHubOwnerId="123456", GitHubRepositoryId="456789")
    subject = SUBJECTS[name].replace("acme/shop", "acme@123456/shop@456789")
    assert trust(stack.properties(name))["Condition"]["StringEquals"][f"{ISSUER}:sub"] == subject


def test_github_may_take_no_other_role(stack):
    federated = [name for name, it in stack.of_type("AWS::IAM::Role").items() if "Federated" in trust(it)["Principal"]]
    assert sorted(federated) == sorted(SUBJECTS)


def test_a_build_pushes_to_one_repository(stack):
    resources = {}
    for action, resource in allowed(stack.properties("BuildRole")):
        assert action.startswith("ecr:")
        assert not re.search(r"\*|Delete|Policy", action)
        resources.setdefault(resource, set()).add(action)
    assert resources["*"] == {"ecr:GetAuthorizationToken"}
    assert set(resources) == {"*", "<Repository.Arn>"}
    assert "ecr:PutImage" in resources["<Repository.Arn>"]


@pytest.mark.parametrize("kind", ["DeployRole", "CloudFormationRole"])
def test_no_wildcard_actions_and_no_rights_to_give_rights(stack, environment, kind):
    for action, resource in allowed(stack.properties(f"{PARTS[environment]}{kind}")):
        assert "*" not in action
        assert not action.startswith(("secretsmanager:", "kms:", "sts:", "s3:", "organizations:")), action
        if action.startswith("iam:"):
            assert action in ("iam:PassRole", "iam:GetRole", "iam:CreateServiceLinkedRole")
            assert action == "iam:CreateServiceLinkedRole" or "*" not in resource


@pytest.mark.parametrize("kind", ["DeployRole", "CloudFormationRole"])
def test_an_environment_does_not_reach_into_the_other(stack, environment, kind):
    other = ({*PARTS} - {environment}).pop()
    for action, resource in allowed(stack.properties(f"{PARTS[environment]}{kind}")):
        assert other not in resource.lower(), action
        if resource not in ("*", "<Repository.Arn>") and "scalable-target" not in resource:
            assert environment in resource.lower(), f"{action} on {resource}"


# Reading, or rights that only other conditions of IAM can limit.
EVERYWHERE = {
    "DeployRole": {
        "ecr:GetAuthorizationToken",
        "cloudformation:ListExports",
        "cloudformation:ValidateTemplate",
        "ecs:DescribeTaskDefinition",
        "ecs:RegisterTaskDefinition",  # bounded by the roles that may be passed
        "ecs:DescribeTasks",  # bounded by the cluster
        "ecs:ListTasks",  # bounded by the cluster
    },
    "CloudFormationRole": {
        "ecs:DescribeTaskDefinition",
        "ecs:RegisterTaskDefinition",  # bounded by the roles that may be passed
        "ecs:DeregisterTaskDefinition",
        "iam:CreateServiceLinkedRole",  # bounded by the service
        "application-autoscaling:DescribeScalableTargets",
        "application-autoscaling:DescribeScalingPolicies",
        "application-autoscaling:DescribeScheduledActions",
        "cloudwatch:GetMetricData",
        "cloudwatch:DescribeAlarms",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcs",
        "elasticloadbalancing:DescribeListeners",
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:DescribeRules",
        "elasticloadbalancing:DescribeTargetGroups",
        "elasticloadbalancing:DescribeTargetHealth",
    },
}


@pytest.mark.parametrize("kind", EVERYWHERE)
def test_what_is_allowed_everywhere(stack, environment, kind):
    role = stack.properties(f"{PARTS[environment]}{kind}")
    assert {action for action, resource in allowed(role) if resource == "*"} == EVERYWHERE[kind]


def test_a_deployment_changes_the_service_stack_only(stack, environment):
    role = stack.properties(f"{PARTS[environment]}DeployRole")
    service = f"arn:aws:cloudformation:eu-west-1:123456789012:stack/commerce-{environment}-service/*"
    changing = {(action, resource) for action, resource in allowed(role) if re.match(r"cloudformation:(Create|Execute|Delete|Cancel)", action)}
    assert {resource for _, resource in changing} == {service}
    assert "cloudformation:ExecuteChangeSet" in {action for action, _ in changing}
    # Only with the role that is limited to that stack's resources.
    own = f"<{PARTS[environment]}CloudFormationRole.Arn>"
    assert statements(role)["ChangeTheService"]["Condition"] == {"StringEquals": {"cloudformation:RoleArn": own}}
    assert statements(role)["LetCloudFormationAct"]["Resource"] == own
    trusted = trust(stack.properties(f"{PARTS[environment]}CloudFormationRole"))
    assert trusted["Principal"] == {"Service": "cloudformation.amazonaws.com"}
    assert trusted["Condition"]["ArnLike"] == {"aws:SourceArn": service}


def test_a_deployment_runs_the_migration_only(stack, environment):
    by = statements(stack.properties(f"{PARTS[environment]}DeployRole"))
    run = by["RunTheMigration"]
    assert run["Resource"] == f"arn:aws:ecs:eu-west-1:123456789012:task-definition/commerce-{environment}-migrate:*"
    assert run["Condition"] == {"ArnEquals": {"ecs:cluster": f"arn:aws:ecs:eu-west-1:123456789012:cluster/commerce-{environment}"}}


def passed(role):
    return {
        (one.rsplit("/", 1)[1], service)
        for it in statements(role).values()
        if it["Action"] == "iam:PassRole" and not str(it["Resource"]).startswith("<")
        for one in listed(it["Resource"])
        for service in listed(it["Condition"]["StringEquals"]["iam:PassedToService"])
    }


def test_roles_are_passed_that_there_are(template, stack, environment):
    """By the names and trust policies of cluster.yaml."""
    digest = {"RepositoryUri": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/commerce", "ImageDigest": "sha256:" + "0" * 64}
    roles = template("cluster").deployed_to(environment, **digest).of_type("AWS::IAM::Role").values()
    there = {(it["RoleName"], trust(it)["Principal"]["Service"]) for it in roles}
    prefix = f"commerce-{environment}-"
    migrate = {(f"{prefix}migrate-{it}", "ecs-tasks.amazonaws.com") for it in ("execution", "task")}
    assert passed(stack.properties(f"{PARTS[environment]}DeployRole")) == migrate
    assert migrate <= there
    bootstrap = {it for it in there if "bootstrap" in it[0]}
    assert len(bootstrap) == 2
    # The rest belongs to the service stack: each of its roles may be passed to the service that it trusts.
    assert there - migrate - bootstrap <= passed(stack.properties(f"{PARTS[environment]}CloudFormationRole"))
    names = {name for name, _ in passed(stack.properties(f"{PARTS[environment]}CloudFormationRole"))}
    assert names == {name for name, _ in there - migrate - bootstrap}


# The calls with which CloudFormation makes each resource of service.yaml, and the property that names the resource.
MADE_BY = {
    "AWS::ECS::TaskDefinition": ("ecs:RegisterTaskDefinition", None, "*"),
    "AWS::ECS::Service": ("ecs:CreateService", "ServiceName", "arn:aws:ecs:eu-west-1:123456789012:service/commerce-{}/"),
    "AWS::CloudWatch::Alarm": ("cloudwatch:PutMetricAlarm", "AlarmName", "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:"),
    "AWS::Lambda::Function": ("lambda:CreateFunction", "FunctionName", "arn:aws:lambda:eu-west-1:123456789012:function:"),
    "AWS::ApplicationAutoScaling::ScalableTarget": (
        "application-autoscaling:RegisterScalableTarget",
        None,
        "arn:aws:application-autoscaling:eu-west-1:123456789012:scalable-target/*",
    ),
    "AWS::ApplicationAutoScaling::ScalingPolicy": (
        "application-autoscaling:PutScalingPolicy",
        None,
        "arn:aws:application-autoscaling:eu-west-1:123456789012:scalable-target/*",
    ),
    "AWS::Events::Rule": ("events:PutRule", "Name", "arn:aws:events:eu-west-1:123456789012:rule/"),
    "AWS::StepFunctions::StateMachine": (
        "states:CreateStateMachine",
        "StateMachineName",
        "arn:aws:states:eu-west-1:123456789012:stateMachine:",
    ),
}


def test_every_resource_of_the_service_stack_can_be_made(template, stack, environment):
    digest = {"RepositoryUri": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/commerce", "ImageDigest": "sha256:" + "0" * 64}
    may = allowed(stack.properties(f"{PARTS[environment]}CloudFormationRole"))
    for name, it in template("service").deployed_to(environment, **digest).resources.items():
        action, key, prefix = MADE_BY[it["Type"]]
        wanted = prefix.format(environment) + (it["Properties"][key] if key else "")
        assert any(
            one == action and re.fullmatch(re.escape(resource).replace(r"\*", ".*"), wanted) for one, resource in may
        ), f"{name}: {action} on {wanted}"


# Calls in the schemas that this stack does not need, with the reason.
NOT_NEEDED = {
    # For functions with code in a bucket, layers, a key of their own, a file system, an instance, or signed code.
    "s3:GetObject", "s3:GetObjectVersion", "s3files:ListMountTargets", "elasticfilesystem:DescribeMountTargets", "lambda:GetLayerVersion",
    "kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "lambda:GetCodeSigningConfig",
    "lambda:PutFunctionCodeSigningConfig", "lambda:DeleteFunctionCodeSigningConfig", "lambda:PassCapacityProvider", "lambda:PublishVersion",
    "lambda:AssociateRuntimeAlias",
    # For properties of a function that the smoke test does not have.
    "lambda:PutFunctionConcurrency", "lambda:DeleteFunctionConcurrency", "lambda:PutFunctionRecursionConfig",
    "lambda:PutFunctionScalingConfig", "lambda:PutRuntimeManagementConfig",
    # For targets that are functions and not services of ECS.
    "lambda:GetProvisionedConcurrencyConfig", "lambda:PutProvisionedConcurrencyConfig", "lambda:DeleteProvisionedConcurrencyConfig",
}  # fmt: skip


def handlers():
    """The calls of each type's handler, by its step."""
    data = Path(cfnlint.__file__).parent / "data" / "schemas"
    names = json.loads((data / "providers" / "us-east-1.json").read_text())
    found = {}
    for kind in MADE_BY:
        schema = json.loads((data / "resources" / f"{names[kind]}.json").read_text())
        found[kind] = {step: it.get("permissions", []) for step, it in schema["handlers"].items()}
    return found


def test_the_role_has_what_cloudformation_says_it_calls(template, stack, environment):
    """By the schemas of AWS' registry, which cfn-lint brings: https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html"""
    schemas = handlers()
    role = {action for action, _ in allowed(stack.properties(f"{PARTS[environment]}CloudFormationRole"))}
    digest = {"RepositoryUri": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/commerce", "ImageDigest": "sha256:" + "0" * 64}
    missing = {}
    for it in template("service").deployed_to(environment, **digest).resources.values():
        for step in ("create", "read", "update", "delete"):
            for action in schemas[it["Type"]].get(step, []):
                if action not in role | NOT_NEEDED:
                    missing.setdefault(it["Type"], set()).add(action)
    assert missing == {}
    # Each exception is needed.
    assert NOT_NEEDED <= {action for it in schemas.values() for step in it.values() for action in step}


def calls(*scripts):
    """The calls that the scripts make, with their names in IAM: `call_aws ecs run-task` is ecs:RunTask."""
    for script in scripts:
        for service, operation in re.findall(r"\bcall_aws ([a-z0-9-]+) ([a-z-]+)", script.read_text()):
            yield f"{service}:{operation.title().replace('-', '')}"


@pytest.mark.skipif(not (ROOT / "deploy/bin/deploy").exists(), reason="the deploy script is not in this checkout")
def test_the_deploy_script_may_call_what_it_calls(stack, environment):
    scripts = ROOT / "deploy/bin"
    # Only an administrator runs the checklist.
    libraries = [it for it in (scripts / "lib").glob("*.sh") if it.name != "checks_aws.sh"]
    wanted = set(calls(scripts / "deploy", scripts / "rollback", *libraries))
    assert {"ecs:RunTask", "cloudformation:ExecuteChangeSet"} <= wanted
    assert wanted <= {action for action, _ in allowed(stack.properties(f"{PARTS[environment]}DeployRole"))}
