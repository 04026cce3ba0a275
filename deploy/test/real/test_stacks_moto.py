"""network.yaml and data.yaml as moto makes them: asserted on what the interfaces of EC2, RDS, KMS and Logs say is there.

What moto does not make from a template is asserted on the template alone (fast/test_network.py, fast/test_data.py):
outgoing rules of security groups, which table a subnet has, tags of some kinds, whether a subnet gives out public
addresses, names of hosts in the VPC, custom resources, the database's security group, its protection from deletion, its
logs and its parameter group, secrets and their rotation, the cache.
"""

import sys
import types

import boto3
import pytest
from moto import mock_aws
from moto_stack import MotoStack

# moto tells by warnings, too, what it leaves out.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse")

ENVIRONMENTS = {"staging": (2, 1), "production": (3, 3)}  # zones, NAT gateways


@pytest.fixture(scope="module", params=list(ENVIRONMENTS))
def network(request):
    """The network, in a moto of its own."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name, value in (("DEFAULT_REGION", "eu-west-1"), ("ACCESS_KEY_ID", "test"), ("SECRET_ACCESS_KEY", "test")):
            patch.setenv(f"AWS_{name}", value)
        stack = MotoStack("network", request.param)
        stack.environment = request.param
        stack.zones, stack.gateways = ENVIRONMENTS[request.param]
        yield stack


@pytest.fixture(scope="module")
def data(network):
    """The data stack, which takes the network's exports."""
    return MotoStack("data", network.environment)


@pytest.fixture(scope="module")
def ec2(network):
    return boto3.client("ec2")


def of_vpc(network, key="vpc-id"):
    return [{"Name": key, "Values": [network.outputs["VpcId"]]}]


def subnets(network, tier):
    return network.outputs[f"{tier}SubnetIds"].split(",")


def default_route(network, ec2, name):
    """Where a table sends the internet's addresses; None, if it knows no way."""
    (table,) = ec2.describe_route_tables(RouteTableIds=[network.made[name]])["RouteTables"]
    found = [it for it in table["Routes"] if it.get("DestinationCidrBlock") == "0.0.0.0/0"]
    return (found[0].get("GatewayId") or found[0].get("NatGatewayId")) if found else None


def ingress(ec2, group):
    """(port, other side) of each rule that a group has."""
    (found,) = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
    rules = set()
    for it in found["IpPermissions"]:
        assert it["FromPort"] == it["ToPort"]
        rules |= {(it["FromPort"], other["CidrIp"]) for other in it["IpRanges"]}
        rules |= {(it["FromPort"], other["GroupId"]) for other in it["UserIdGroupPairs"]}
    return rules


def test_what_moto_leaves_out_of_the_network(network):
    assert network.left_out == {"AWS::EC2::SecurityGroupEgress", "Custom::DefaultSecurityGroupClosed"}


def test_subnets(network, ec2):
    there = ec2.describe_subnets(Filters=of_vpc(network))["Subnets"]
    assert len(there) == 3 * network.zones
    zone = {it["SubnetId"]: it["AvailabilityZone"] for it in there}
    for tier in ("Public", "Private", "Database"):
        assert len({zone[it] for it in subnets(network, tier)}) == network.zones, tier
    (vpc,) = ec2.describe_vpcs(VpcIds=[network.outputs["VpcId"]])["Vpcs"]
    assert vpc["CidrBlock"] == "10.0.0.0/16"


def test_tags(network, ec2):
    made = [
        *ec2.describe_subnets(Filters=of_vpc(network))["Subnets"],
        *ec2.describe_vpcs(VpcIds=[network.outputs["VpcId"]])["Vpcs"],
        *(it for it in ec2.describe_security_groups(Filters=of_vpc(network))["SecurityGroups"] if it["GroupName"] != "default"),
    ]
    assert len(made) == 1 + 3 * network.zones + 7
    for it in made:
        tags = {tag["Key"]: tag["Value"] for tag in it["Tags"]}
        assert (tags["Project"], tags["Environment"], tags["Component"]) == ("commerce", network.environment, "network")


def test_routes(network, ec2):
    gateways = ec2.describe_nat_gateways(Filter=of_vpc(network))["NatGateways"]
    assert len(gateways) == network.gateways
    assert {it["SubnetId"] for it in gateways} <= set(subnets(network, "Public"))
    (internet,) = ec2.describe_internet_gateways(Filters=of_vpc(network, "attachment.vpc-id"))["InternetGateways"]
    assert default_route(network, ec2, "PublicRoutes") == internet["InternetGatewayId"]
    used = {default_route(network, ec2, f"PrivateRoutes{zone}") for zone in range(1, network.zones + 1)}
    assert used == {it["NatGatewayId"] for it in gateways}
    assert default_route(network, ec2, "DatabaseRoutes") is None


def test_incoming_rules(network, ec2):
    group = {name: network.outputs[f"{name}SecurityGroupId"] for name in (
        "LoadBalancer", "Service", "Database", "Cache", "Rotation", "SmokeTest")}
    addresses = network.outputs["NatAddresses"].split(",")
    assert len(addresses) == network.gateways
    assert set(addresses) == {it["PublicIp"] for it in ec2.describe_addresses()["Addresses"]}
    assert ingress(ec2, group["LoadBalancer"]) == {
        (443, "0.0.0.0/0"), (80, "0.0.0.0/0"), *((8443, f"{it}/32") for it in addresses)}
    assert ingress(ec2, group["Service"]) == {(8080, group["LoadBalancer"])}
    assert ingress(ec2, group["Database"]) == {(5432, group["Service"]), (5432, group["Rotation"])}
    assert ingress(ec2, group["Cache"]) == {(6379, group["Service"])}
    assert ingress(ec2, group["Rotation"]) == ingress(ec2, group["SmokeTest"]) == set()


def test_endpoints(network, ec2):
    there = {
        it["ServiceName"].removeprefix("com.amazonaws.eu-west-1."): it
        for it in ec2.describe_vpc_endpoints(Filters=of_vpc(network))["VpcEndpoints"]
    }
    assert set(there) == {"s3", "ecr.api", "ecr.dkr", "logs", "secretsmanager"}
    assert len(there.pop("s3")["RouteTableIds"]) == network.zones
    for name, it in there.items():
        assert it["SubnetIds"] == subnets(network, "Private"), name
        assert it["PrivateDnsEnabled"] is True, name
        (group,) = it["Groups"]
        assert ingress(ec2, group["GroupId"]) == {(443, "10.0.0.0/16")}, name


def test_flow_logs(network, ec2):
    (log,) = ec2.describe_flow_logs()["FlowLogs"]
    assert (log["ResourceId"], log["TrafficType"]) == (network.outputs["VpcId"], "ALL")
    (group,) = boto3.client("logs").describe_log_groups(logGroupNamePrefix=log["LogGroupName"])["logGroups"]
    assert group["retentionInDays"] == 30


def test_keys_rotate(network, data):
    kms = boto3.client("kms")
    for arn in (network.outputs["LogKeyArn"], data.outputs["DataKeyArn"]):
        assert kms.get_key_rotation_status(KeyId=arn)["KeyRotationEnabled"] is True


def default_group(network, ec2):
    filters = [*of_vpc(network), {"Name": "group-name", "Values": ["default"]}]
    (found,) = ec2.describe_security_groups(Filters=filters)["SecurityGroups"]
    return found


def test_the_function_that_closes_the_default_group(network, ec2, template, monkeypatch):
    """Its code as it stands in the template, called as CloudFormation calls it."""
    answers = []
    module = types.ModuleType("cfnresponse")
    module.SUCCESS, module.FAILED = "SUCCESS", "FAILED"
    module.send = lambda event, context, status, data, physical_id=None, reason=None: answers.append((status, reason))
    monkeypatch.setitem(sys.modules, "cfnresponse", module)
    names = {}
    exec(template("network").resources["CloseDefaultSecurityGroup"]["Properties"]["Code"]["ZipFile"], names)  # noqa: S102
    group = default_group(network, ec2)
    # As EC2 makes it: its members reach each other. moto leaves that rule out.
    ec2.authorize_security_group_ingress(GroupId=group["GroupId"], IpPermissions=[
        {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group["GroupId"]}]}])
    before = default_group(network, ec2)
    assert before["IpPermissions"]
    assert before["IpPermissionsEgress"]

    def call(request, group_id=group["GroupId"]):
        names["handler"]({"RequestType": request, "ResourceProperties": {"GroupId": group_id}}, None)
        return answers[-1]

    assert call("Delete") == ("SUCCESS", None)
    assert default_group(network, ec2)["IpPermissions"]  # goes with the VPC
    assert call("Create") == ("SUCCESS", None)
    after = default_group(network, ec2)
    assert (after["IpPermissions"], after["IpPermissionsEgress"]) == ([], [])
    assert call("Update") == ("SUCCESS", None)  # nothing left to remove
    status, reason = call("Create", "sg-00000000000000000")
    assert status == "FAILED"
    assert "sg-00000000000000000" in reason


def test_what_moto_leaves_out_of_the_data(data):
    assert data.left_out == {
        "AWS::ElastiCache::ParameterGroup",
        "AWS::ElastiCache::ReplicationGroup",
        "AWS::ElastiCache::SubnetGroup",
        "AWS::SecretsManager::RotationSchedule",
        "AWS::SecretsManager::Secret",
        "AWS::SecretsManager::SecretTargetAttachment",
    }


def test_database(network, data):
    rds = boto3.client("rds")
    (database,) = rds.describe_db_instances()["DBInstances"]
    assert database["DBInstanceIdentifier"] == f"commerce-{network.environment}" == data.outputs["DatabaseInstanceId"]
    assert database["Engine"] == "postgres"
    assert database["MultiAZ"] is (network.environment == "production")
    assert database["StorageEncrypted"] is True
    assert database["KmsKeyId"] == data.outputs["DataKeyArn"]
    assert database["PubliclyAccessible"] is False
    assert database["BackupRetentionPeriod"] == {"staging": 7, "production": 35}[network.environment]
    there = {it["SubnetIdentifier"] for it in database["DBSubnetGroup"]["Subnets"]}
    assert there == set(subnets(network, "Database"))


def test_parameters_of_the_database(data):
    rds = boto3.client("rds")
    groups = rds.describe_db_parameter_groups()["DBParameterGroups"]
    (group,) = [it for it in groups if not it["DBParameterGroupName"].startswith("default.")]
    assert group["DBParameterGroupFamily"] == "postgres16"
    parameters = rds.describe_db_parameters(DBParameterGroupName=group["DBParameterGroupName"])["Parameters"]
    assert {it["ParameterName"]: it["ParameterValue"] for it in parameters}["rds.force_ssl"] == "1"


def test_logs_end_after_30_days(data):
    groups = boto3.client("logs").describe_log_groups(logGroupNamePrefix="/aws/rds/")["logGroups"]
    assert len(groups) == 2
    assert {it["retentionInDays"] for it in groups} == {30}
