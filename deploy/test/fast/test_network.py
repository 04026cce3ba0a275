"""network.yaml: the address plan, the routes to the outside, and which part may connect to which."""

import ipaddress

import pytest

WORLD = "0.0.0.0/0"
NOWHERE = "127.0.0.1/32"


@pytest.fixture(scope="module", params=["staging", "production"])
def network(request, template):
    return template("network").deployed_to(request.param)


@pytest.fixture(scope="module")
def production(template):
    return template("network").deployed_to("production")


@pytest.fixture(scope="module")
def staging(template):
    return template("network").deployed_to("staging")


def subnets(network, tier):
    return {name: it for name, it in network.of_type("AWS::EC2::Subnet").items() if name.startswith(tier)}


def routes_of(network, subnet):
    """The routes of the table that a subnet is associated with."""
    (table,) = [
        it["RouteTableId"]
        for it in network.of_type("AWS::EC2::SubnetRouteTableAssociation").values()
        if it["SubnetId"] == f"<{subnet}>"
    ]
    return [it for it in network.of_type("AWS::EC2::Route").values() if it["RouteTableId"] == table]


def rules(network, direction, group):
    """A group's rules as (from port, to port, other side), without the rule that leads nowhere."""
    end = "Source" if direction == "Ingress" else "Destination"
    inline = network.properties(group).get(f"SecurityGroup{direction}", [])
    standing = [
        it for it in network.of_type(f"AWS::EC2::SecurityGroup{direction}").values() if it["GroupId"] == f"<{group}>"
    ]
    found = set()
    for it in inline + standing:
        (side,) = [it[key] for key in ("CidrIp", f"{end}SecurityGroupId", f"{end}PrefixListId") if key in it]
        if side != NOWHERE:
            assert it["IpProtocol"] == "tcp"
            found.add((it["FromPort"], it["ToPort"], side))
    return found


def test_vpc(network):
    vpc = network.only("AWS::EC2::VPC")
    assert vpc["CidrBlock"] == "10.0.0.0/16"
    assert vpc["EnableDnsHostnames"] is True  # private names of the interface endpoints need both
    assert vpc["EnableDnsSupport"] is True


@pytest.mark.parametrize(("environment", "zones"), [("staging", 2), ("production", 3)])
def test_each_tier_has_a_subnet_in_each_zone(template, environment, zones):
    network = template("network").deployed_to(environment)
    assert len(network.of_type("AWS::EC2::Subnet")) == 3 * zones
    for tier in ("Public", "Private", "Database"):
        assert len({it["AvailabilityZone"] for it in subnets(network, tier).values()}) == zones, tier
        assert network.outputs()[f"{tier}SubnetIds"].split(",") == [f"<{tier}Subnet{n}>" for n in range(1, zones + 1)]


def test_subnets_lie_in_the_vpc_and_apart(network):
    blocks = [ipaddress.ip_network(it["CidrBlock"]) for it in network.of_type("AWS::EC2::Subnet").values()]
    assert all(it.subnet_of(ipaddress.ip_network("10.0.0.0/16")) for it in blocks)
    assert not [(a, b) for a in blocks for b in blocks if a is not b and a.overlaps(b)]


def test_a_second_region_gets_other_addresses(template):
    other = template("network").deployed_to("production", AddressPrefix="10.1")
    assert other.only("AWS::EC2::VPC")["CidrBlock"] == "10.1.0.0/16"
    for it in other.of_type("AWS::EC2::Subnet").values():
        assert ipaddress.ip_network(it["CidrBlock"]).subnet_of(ipaddress.ip_network("10.1.0.0/16"))


def test_no_subnet_gives_out_public_addresses(network):
    assert not [name for name, it in network.of_type("AWS::EC2::Subnet").items() if it.get("MapPublicIpOnLaunch")]


def test_public_subnets_lead_to_the_internet(network):
    for name in subnets(network, "Public"):
        (route,) = routes_of(network, name)
        assert (route["DestinationCidrBlock"], route["GatewayId"]) == (WORLD, "<InternetGateway>")


def test_database_subnets_lead_nowhere(network):
    assert subnets(network, "Database")
    for name in subnets(network, "Database"):
        assert routes_of(network, name) == []
    assert "<DatabaseRoutes>" not in network.properties("S3Endpoint")["RouteTableIds"]


def test_production_has_a_nat_gateway_in_each_zone(production):
    zone = {f"<{name}>": it["AvailabilityZone"] for name, it in production.of_type("AWS::EC2::Subnet").items()}
    gateways = {f"<{name}>": zone[it["SubnetId"]] for name, it in production.of_type("AWS::EC2::NatGateway").items()}
    assert sorted(gateways.values()) == ["eu-west-1a", "eu-west-1b", "eu-west-1c"]
    for name, subnet in subnets(production, "Private").items():
        (route,) = routes_of(production, name)
        assert route["DestinationCidrBlock"] == WORLD
        assert gateways[route["NatGatewayId"]] == subnet["AvailabilityZone"], f"{name} leaves by another zone"


def test_staging_has_one_nat_gateway(staging):
    assert list(staging.of_type("AWS::EC2::NatGateway")) == ["NatGateway1"]
    assert list(staging.of_type("AWS::EC2::EIP")) == ["NatAddress1"]
    for name in subnets(staging, "Private"):
        (route,) = routes_of(staging, name)
        assert (route["DestinationCidrBlock"], route["NatGatewayId"]) == (WORLD, "<NatGateway1>")


def test_nat_gateways_stand_in_public_subnets(network):
    for it in network.of_type("AWS::EC2::NatGateway").values():
        assert it["SubnetId"].startswith("<PublicSubnet")


def test_endpoints(network):
    endpoints = {
        it["ServiceName"].removeprefix("com.amazonaws.eu-west-1."): it
        for it in network.of_type("AWS::EC2::VPCEndpoint").values()
    }
    assert set(endpoints) == {"s3", "ecr.api", "ecr.dkr", "logs", "secretsmanager"}
    private = [f"<{name}>" for name in subnets(network, "Private")]
    gateway = endpoints.pop("s3")
    assert gateway["VpcEndpointType"] == "Gateway"
    assert gateway["RouteTableIds"] == [it.replace("Subnet", "Routes") for it in private]
    for name, it in endpoints.items():
        assert it["VpcEndpointType"] == "Interface", name
        assert it["PrivateDnsEnabled"] is True, name
        assert it["SubnetIds"] == private, name
        assert it["SecurityGroupIds"] == ["<EndpointSecurityGroup>"], name


def test_only_the_load_balancer_is_public(network):
    open_to_all = [
        (it["GroupId"], it["FromPort"], it["ToPort"])
        for it in network.of_type("AWS::EC2::SecurityGroupIngress").values()
        if it.get("CidrIp") == WORLD
    ]
    assert sorted(open_to_all) == [("<LoadBalancerSecurityGroup>", 80, 80), ("<LoadBalancerSecurityGroup>", 443, 443)]
    assert not [name for name, it in network.of_type("AWS::EC2::SecurityGroup").items() if "SecurityGroupIngress" in it]


def test_the_test_listener_is_open_to_the_nat_gateways_alone(network):
    addresses = {f"<{name}>/32" for name in network.of_type("AWS::EC2::EIP")}
    load_balancer = rules(network, "Ingress", "LoadBalancerSecurityGroup")
    assert {side for first, last, side in load_balancer if first <= 8443 <= last} == addresses
    assert rules(network, "Egress", "SmokeTestSecurityGroup") == {(8443, 8443, WORLD)}
    assert rules(network, "Ingress", "SmokeTestSecurityGroup") == set()
    assert set(network.outputs()["NatCidrs"].split(",")) == addresses


def test_clients_come_to_443_and_80(network):
    clients = {it for it in rules(network, "Ingress", "LoadBalancerSecurityGroup") if it[0] != 8443}
    assert clients == {(443, 443, WORLD), (80, 80, WORLD)}


def test_behind_cloudfront_nobody_goes_around_it(template):
    network = template("network").deployed_to("production", IngressPrefixListId="pl-4fa04526")
    clients = {it for it in rules(network, "Ingress", "LoadBalancerSecurityGroup") if it[0] != 8443}
    assert clients == {(443, 443, "pl-4fa04526")}


def test_load_balancer_to_service_to_database_and_cache(network):
    assert rules(network, "Egress", "LoadBalancerSecurityGroup") == {(8080, 8080, "<ServiceSecurityGroup>")}
    assert rules(network, "Ingress", "ServiceSecurityGroup") == {(8080, 8080, "<LoadBalancerSecurityGroup>")}
    assert rules(network, "Egress", "ServiceSecurityGroup") == {
        (5432, 5432, "<DatabaseSecurityGroup>"),
        (6379, 6379, "<CacheSecurityGroup>"),
        (443, 443, WORLD),
    }
    assert rules(network, "Ingress", "DatabaseSecurityGroup") == {
        (5432, 5432, "<ServiceSecurityGroup>"),
        (5432, 5432, "<RotationSecurityGroup>"),
    }
    assert rules(network, "Ingress", "CacheSecurityGroup") == {(6379, 6379, "<ServiceSecurityGroup>")}


def test_workers_reach_webhooks_and_mail_servers_and_are_reached_from_nowhere(network):
    assert rules(network, "Egress", "WorkerSecurityGroup") == {(port, port, WORLD) for port in (443, 8443, 465, 587)}
    assert rules(network, "Ingress", "WorkerSecurityGroup") == set()


def test_database_cache_and_endpoints_call_nobody(network):
    for group in ("DatabaseSecurityGroup", "CacheSecurityGroup", "EndpointSecurityGroup"):
        assert rules(network, "Egress", group) == set(), group


def test_rotation_reaches_the_database_and_secrets(network):
    assert rules(network, "Ingress", "RotationSecurityGroup") == set()
    assert rules(network, "Egress", "RotationSecurityGroup") == {
        (5432, 5432, "<DatabaseSecurityGroup>"),
        (443, 443, "<EndpointSecurityGroup>"),
    }


def test_endpoints_answer_the_vpc(network):
    assert rules(network, "Ingress", "EndpointSecurityGroup") == {(443, 443, "<Vpc.CidrBlock>")}


def test_the_service_can_be_kept_to_endpoints_and_s3(template):
    network = template("network").deployed_to("production", S3PrefixListId="pl-6da54004")
    assert {it for it in rules(network, "Egress", "ServiceSecurityGroup") if it[0] == 443} == {
        (443, 443, "<EndpointSecurityGroup>"),
        (443, 443, "pl-6da54004"),
    }


def test_no_group_has_the_rule_that_lets_everything_out(network):
    # Without a rule of its own, a group would get one from EC2.
    for name, it in network.of_type("AWS::EC2::SecurityGroup").items():
        assert [rule["CidrIp"] for rule in it["SecurityGroupEgress"]] == [NOWHERE], name


def test_the_default_group_is_closed_and_unused(network):
    assert network.properties("DefaultSecurityGroupClosed")["GroupId"] == "<Vpc.DefaultSecurityGroup>"
    users = [name for name, it in network.resources.items() if "<Vpc.DefaultSecurityGroup>" in str(it["Properties"])]
    assert sorted(users) == ["CloseDefaultSecurityGroupRole", "DefaultSecurityGroupClosed"]


def test_flow_logs(network):
    log = network.only("AWS::EC2::FlowLog")
    assert (log["ResourceType"], log["ResourceId"], log["TrafficType"]) == ("VPC", "<Vpc>", "ALL")
    assert log["LogGroupName"] == "<FlowLogs>"
    assert network.properties("FlowLogs")["RetentionInDays"] == 30
    assert network.properties("FlowLogs")["KmsKeyId"] == "<LogKey.Arn>"
    assert network.properties("LogKey")["EnableKeyRotation"] is True


def test_exports(template):
    names = (
        "VpcId VpcCidr PublicSubnetIds PrivateSubnetIds DatabaseSubnetIds LoadBalancerSecurityGroupId "
        "ServiceSecurityGroupId WorkerSecurityGroupId DatabaseSecurityGroupId CacheSecurityGroupId RotationSecurityGroupId "
        "SmokeTestSecurityGroupId NatAddresses NatCidrs LogKeyArn"
    )
    assert template("network").exports() == {"${Project}-${Environment}-" + it for it in names.split()}
