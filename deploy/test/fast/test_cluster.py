"""cluster.yaml: capacity, logs, and roles with exactly the rights that their task needs."""

import re

import pytest

DEPLOYED = {
    "RepositoryUri": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/commerce",
    "ImageDigest": "sha256:" + "0" * 64,
}
SECRETS = {
    "Service": {"ServiceSecretArn", "CacheSecretArn", "EncryptionSecretArn", "JwtSecretArn"},
    "Worker": {"ServiceSecretArn", "CacheSecretArn", "EncryptionSecretArn", "JwtSecretArn"},
    "Migration": {"MigrationSecretArn"},
    "Bootstrap": {"MasterSecretArn", "MigrationSecretArn", "ServiceSecretArn"},
}


@pytest.fixture(scope="module", params=["staging", "production"])
def environment(request):
    return request.param


@pytest.fixture(scope="module")
def stack(template, environment):
    return template("cluster").deployed_to(environment, **DEPLOYED)


@pytest.fixture(scope="module")
def with_ec2(template):
    return template("cluster").deployed_to("production", **DEPLOYED, Ec2Capacity="on")


def statements(role):
    return {it["Sid"]: it for policy in role["Policies"] for it in policy["PolicyDocument"]["Statement"]}


def test_fargate_and_spot(stack):
    it = stack.only("AWS::ECS::ClusterCapacityProviderAssociations")
    assert it["CapacityProviders"] == ["FARGATE", "FARGATE_SPOT"]
    # Tasks that name no capacity provider, such as a migration, must not run on Spot.
    assert it["DefaultCapacityProviderStrategy"] == [{"CapacityProvider": "FARGATE", "Weight": 1}]
    assert not stack.of_type("AWS::EC2::LaunchTemplate")
    assert not stack.of_type("AWS::AutoScaling::AutoScalingGroup")


def test_containers_are_watched(stack):
    (setting,) = stack.only("AWS::ECS::Cluster")["ClusterSettings"]
    assert setting["Name"] == "containerInsights"
    assert setting["Value"] in ("enabled", "enhanced")


def test_logs_are_kept_for_30_days_and_encrypted(stack, environment):
    groups = stack.of_type("AWS::Logs::LogGroup")
    assert {it["LogGroupName"] for it in groups.values()} == {
        f"/commerce/{environment}/{name}" for name in ("service", "worker", "migrate", "bootstrap", "execute-command", "smoke-test")
    }
    for it in groups.values():
        assert it["RetentionInDays"] == 30
        assert it["KmsKeyId"] == f"<<commerce-{environment}-LogKeyArn>>"


@pytest.mark.parametrize("task", SECRETS)
def test_an_execution_role_reads_exactly_its_tasks_secrets(stack, environment, task):
    secrets = {f"<<commerce-{environment}-{it}>>" for it in SECRETS[task]}
    allowed = statements(stack.properties(f"{task}ExecutionRole"))
    assert set(allowed) == {"PullAnyImage", "PullThisImage", "WriteLog", "ReadSecrets", "DecryptSecrets"}
    assert allowed["ReadSecrets"]["Action"] == "secretsmanager:GetSecretValue"
    # The edge's secret is encrypted with AWS' own key, and may not exist.
    edges = {f"arn:aws:secretsmanager:eu-west-1:123456789012:secret:commerce/{environment}/origin-??????"} if task == "Service" else set()
    assert set(allowed["ReadSecrets"]["Resource"]) == secrets | edges
    decrypt = allowed["DecryptSecrets"]
    assert (decrypt["Action"], decrypt["Resource"]) == ("kms:Decrypt", f"<<commerce-{environment}-DataKeyArn>>")
    equals = decrypt["Condition"]["StringEquals"]
    assert equals["kms:ViaService"] == "secretsmanager.eu-west-1.amazonaws.com"
    assert set(equals["kms:EncryptionContext:SecretARN"]) == secrets


@pytest.mark.parametrize("task", SECRETS)
def test_an_execution_role_pulls_one_repository_and_writes_one_log(stack, task):
    allowed = statements(stack.properties(f"{task}ExecutionRole"))
    assert allowed["PullAnyImage"]["Action"] == "ecr:GetAuthorizationToken"
    assert allowed["PullThisImage"]["Resource"] == "arn:aws:ecr:eu-west-1:123456789012:repository/team/commerce"
    assert allowed["WriteLog"]["Resource"] == f"<{task}LogGroup.Arn>"
    assert set(allowed["WriteLog"]["Action"]) == {"logs:CreateLogStream", "logs:PutLogEvents"}


@pytest.mark.parametrize("task", SECRETS)
def test_a_program_may_do_nothing_in_aws(stack, task):
    role = stack.properties(f"{task}TaskRole")
    assert "Policies" not in role
    assert "ManagedPolicyArns" not in role


def test_sessions_only_where_they_are_wanted(template):
    role = template("cluster").deployed_to("production", **DEPLOYED, ExecuteCommand="on").properties("ServiceTaskRole")
    (policy,) = role["Policies"]
    session, log, key = policy["PolicyDocument"]["Statement"]
    assert [it for it in session["Action"] if not it.startswith("ssmmessages:")] == ["logs:DescribeLogGroups"]
    assert log["Resource"] == "<ExecuteCommandLogGroup.Arn>"
    assert (key["Action"], key["Resource"]) == ("kms:Decrypt", "<<commerce-production-LogKeyArn>>")


def test_events_go_to_services_of_aws_only_where_they_are_named(template, stack):
    assert not stack.of_type("AWS::IAM::Policy")
    topic, queue = (f"arn:aws:{it}:eu-west-1:123456789012:events.fifo" for it in ("sns", "sqs"))
    bus, key = "arn:aws:events:eu-west-1:123456789012:event-bus/shop", "arn:aws:kms:eu-west-1:123456789012:key/1234abcd"
    named = template("cluster").deployed_to(
        "production", **DEPLOYED, EventsTopicArn=topic, EventsQueueArn=queue, EventsBusArn=bus, EventsKeyArn=key)
    policy = named.only("AWS::IAM::Policy")
    assert policy["Roles"] == ["<ServiceTaskRole>", "<WorkerTaskRole>"]
    granted = {it["Sid"]: (it["Action"], it["Resource"]) for it in policy["PolicyDocument"]["Statement"]}
    assert granted == {
        "PublishToTopic": ("sns:Publish", topic), "SendToQueue": ("sqs:SendMessage", queue), "PutOnBus": ("events:PutEvents", bus),
        "EncryptMessages": (["kms:GenerateDataKey", "kms:Decrypt"], key)}
    only_queue = template("cluster").deployed_to("production", **DEPLOYED, EventsQueueArn=queue).only("AWS::IAM::Policy")
    assert [it["Sid"] for it in only_queue["PolicyDocument"]["Statement"]] == ["SendToQueue"]


def test_the_mail_servers_url_is_read_only_where_it_is_named(template, stack, environment):
    assert "SmtpSecretPolicy" not in stack.resources
    arn = f"arn:aws:secretsmanager:eu-west-1:123456789012:secret:commerce/{environment}/smtp-AbCdEf"
    policy = template("cluster").deployed_to(environment, **DEPLOYED, SmtpSecretArn=arn).only("AWS::IAM::Policy")
    assert policy["Roles"] == ["<ServiceExecutionRole>", "<WorkerExecutionRole>"]
    read, decrypt = policy["PolicyDocument"]["Statement"]
    assert (read["Action"], read["Resource"]) == ("secretsmanager:GetSecretValue", arn)
    assert (decrypt["Action"], decrypt["Resource"]) == ("kms:Decrypt", f"<<commerce-{environment}-DataKeyArn>>")
    assert decrypt["Condition"] == {"StringEquals": {
        "kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com", "kms:EncryptionContext:SecretARN": arn}}


@pytest.mark.parametrize("name", ["*", "commerce/*", "commerce/staging/smtp-??????", "commerce/staging/smtp", "smtp-AbCdEf:SecretString"])
def test_only_one_whole_secret_can_be_the_mail_servers_url(template, name):
    for stack in ("cluster", "service"):
        pattern = template(stack).body["Parameters"]["SmtpSecretArn"]["AllowedPattern"]
        assert re.fullmatch(pattern, "arn:aws:secretsmanager:eu-west-1:123456789012:secret:commerce/staging/smtp-AbCdEf")
        assert not re.fullmatch(pattern, f"arn:aws:secretsmanager:eu-west-1:123456789012:secret:{name}")


@pytest.mark.parametrize("role", [f"{task}{kind}Role" for task in SECRETS for kind in ("Execution", "Task")])
def test_only_tasks_of_this_account_take_a_role(stack, role):
    (trust,) = stack.properties(role)["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "ecs-tasks.amazonaws.com"}
    assert trust["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "123456789012"},
        "ArnLike": {"aws:SourceArn": "arn:aws:ecs:eu-west-1:123456789012:*"},
    }


def test_no_two_tasks_share_a_role(stack):
    tasks = stack.of_type("AWS::ECS::TaskDefinition").values()
    roles = [it[key] for it in tasks for key in ("ExecutionRoleArn", "TaskRoleArn")]
    assert len(roles) == 4
    assert len(set(roles)) == 4


def test_instances_of_ones_own(with_ec2):
    data = with_ec2.only("AWS::EC2::LaunchTemplate")["LaunchTemplateData"]
    assert data["MetadataOptions"] == {"HttpEndpoint": "enabled", "HttpTokens": "required", "HttpPutResponseHopLimit": 1}
    assert data["ImageId"] == "{{resolve:ssm:/aws/service/ecs/optimized-ami/amazon-linux-2023/arm64/recommended/image_id}}"
    assert "ECS_CLUSTER=<Cluster>" in data["UserData"]
    assert "ECS_AWSVPC_BLOCK_IMDS=true" in data["UserData"]
    assert data["BlockDeviceMappings"][0]["Ebs"]["Encrypted"] is True
    assert data["NetworkInterfaces"][0]["AssociatePublicIpAddress"] is False
    group = with_ec2.only("AWS::AutoScaling::AutoScalingGroup")
    assert group["NewInstancesProtectedFromScaleIn"] is True  # managed termination protection needs it
    assert group["VPCZoneIdentifier"][0] == "<<commerce-production-PrivateSubnetIds>>[0]"
    provider = with_ec2.only("AWS::ECS::CapacityProvider")["AutoScalingGroupProvider"]
    assert provider["ManagedScaling"]["Status"] == "ENABLED"
    assert provider["ManagedTerminationProtection"] == "ENABLED"
    assert provider["ManagedDraining"] == "ENABLED"
    offered = with_ec2.only("AWS::ECS::ClusterCapacityProviderAssociations")
    assert offered["CapacityProviders"] == ["FARGATE", "FARGATE_SPOT", "<Ec2CapacityProvider>"]


def test_instances_let_nobody_in(with_ec2):
    group = with_ec2.only("AWS::EC2::SecurityGroup")
    assert "SecurityGroupIngress" not in group
    assert [(it["FromPort"], it["ToPort"]) for it in group["SecurityGroupEgress"]] == [(443, 443)]


def test_the_image_of_the_other_architecture(template):
    stack = template("cluster").deployed_to("production", **DEPLOYED, Ec2Capacity="on", Architecture="X86_64")
    data = stack.only("AWS::EC2::LaunchTemplate")["LaunchTemplateData"]
    assert data["ImageId"] == "{{resolve:ssm:/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id}}"


@pytest.mark.parametrize("digest", ["latest", "sha256:abc", "sha256:" + "A" * 64, "v1@sha256:" + "0" * 64])
def test_only_a_digest_names_an_image(template, digest):
    for name in ("cluster", "service"):
        pattern = template(name).body["Parameters"]["ImageDigest"]["AllowedPattern"]
        assert pattern == "^sha256:[0-9a-f]{64}$"
        assert not re.search(pattern, digest)
