"""load-balancer.yaml: what is open to the internet, how traffic reaches the two target groups, and the firewall."""

import re

import pytest

PUBLIC = {"Environment": "production", "DomainName": "api.example.com", "HostedZoneId": "Z123"}


@pytest.fixture(scope="module")
def stack(template):
    return template("load-balancer").deployed(**PUBLIC)


def attributes(resource, key):
    return {it["Key"]: it["Value"] for it in resource[key]}


def listener(stack, port):
    (found,) = [it for it in stack.of_type("AWS::ElasticLoadBalancingV2::Listener").values() if it["Port"] == port]
    return found


def test_the_load_balancer_is_public_and_strict(stack):
    balancer = stack.only("AWS::ElasticLoadBalancingV2::LoadBalancer")
    assert balancer["Scheme"] == "internet-facing"
    assert balancer["Type"] == "application"
    assert balancer["Subnets"][0] == "<<commerce-production-PublicSubnetIds>>[0]"
    assert balancer["SecurityGroups"] == ["<<commerce-production-LoadBalancerSecurityGroupId>>"]
    assert attributes(balancer, "LoadBalancerAttributes") == {
        "deletion_protection.enabled": "true",
        "routing.http.desync_mitigation_mode": "strictest",
        "routing.http.drop_invalid_header_fields.enabled": "true",
        "routing.http2.enabled": "true",
        "idle_timeout.timeout_seconds": "60",
        "access_logs.s3.enabled": "true",
        "access_logs.s3.bucket": "<AccessLogBucket>",
        "access_logs.s3.prefix": "load-balancer",
    }


def test_deletion_protection_can_be_taken_off(template):
    balancer = template("load-balancer").deployed(**PUBLIC, DeletionProtection="false")
    attribute = attributes(balancer.only("AWS::ElasticLoadBalancingV2::LoadBalancer"), "LoadBalancerAttributes")
    assert attribute["deletion_protection.enabled"] == "false"


def test_there_are_three_listeners(stack):
    ports = sorted(it["Port"] for it in stack.of_type("AWS::ElasticLoadBalancingV2::Listener").values())
    assert ports == [80, 443, 8443]


def test_http_only_sends_to_https(stack):
    (action,) = listener(stack, 80)["DefaultActions"]
    assert action["Type"] == "redirect"
    assert action["RedirectConfig"] == {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}


@pytest.mark.parametrize("port", [443, 8443])
def test_https_takes_tls_1_2_and_1_3_only(stack, port):
    it = listener(stack, port)
    assert it["Protocol"] == "HTTPS"
    assert it["SslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"
    assert it["Certificates"] == [{"CertificateArn": "<Certificate>"}]
    headers = attributes(it, "ListenerAttributes")
    # As in the service, without includeSubDomains, because other hosts are not its own.
    assert headers["routing.http.response.strict_transport_security.header_value"] == "max-age=31536000"
    assert headers["routing.http.response.server.enabled"] == "false"


@pytest.mark.parametrize("port", [443, 8443])
def test_what_no_rule_takes_is_not_found(stack, port):
    (action,) = listener(stack, port)["DefaultActions"]
    assert action["Type"] == "fixed-response"
    assert action["FixedResponseConfig"]["StatusCode"] == "404"


@pytest.mark.parametrize("color", ["Blue", "Green"])
def test_target_groups(stack, color):
    group = stack.properties(f"{color}TargetGroup")
    assert (group["TargetType"], group["Port"], group["Protocol"], group["ProtocolVersion"]) == ("ip", 8080, "HTTP", "HTTP1")
    assert (group["HealthCheckPath"], group["HealthCheckIntervalSeconds"], group["Matcher"]) == ("/health", 10, {"HttpCode": "200"})
    assert group["HealthCheckTimeoutSeconds"] < group["HealthCheckIntervalSeconds"]
    assert attributes(group, "TargetGroupAttributes") == {
        "deregistration_delay.timeout_seconds": "30",
        "load_balancing.algorithm.type": "least_outstanding_requests",
        "slow_start.duration_seconds": "0",
        "stickiness.enabled": "false",
    }


def test_target_groups_differ_in_name_only(stack):
    blue, green = (stack.properties(f"{it}TargetGroup") for it in ("Blue", "Green"))
    assert {**blue, "Tags": []} == {**green, "Tags": []}


@pytest.mark.parametrize(("rule", "of"), [("ProductionListenerRule", "HttpsListener"), ("TestListenerRule", "TestListener")])
def test_rules_forward_to_both_groups(stack, rule, of):
    it = stack.properties(rule)
    assert it["ListenerArn"] == f"<{of}>"
    # There is room before it for rules of a front end, of another service, or for maintenance.
    assert it["Priority"] == 1000
    assert it["Conditions"] == [{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/*"]}}]
    (action,) = it["Actions"]
    assert action["Type"] == "forward"
    weights = {group["TargetGroupArn"]: group["Weight"] for group in action["ForwardConfig"]["TargetGroups"]}
    assert weights == {"<BlueTargetGroup>": 100, "<GreenTargetGroup>": 0}


def references(value):
    """Every name that a part of a template refers to."""
    if isinstance(value, dict):
        for key, it in value.items():
            if key in ("Ref", "Condition") and isinstance(it, str):
                yield it
            elif key.startswith("Fn::"):
                yield from [key] if key != "Fn::GetAtt" else [it[0]]
            yield from references(it)
    elif isinstance(value, list):
        for it in value:
            yield from references(it)


@pytest.mark.parametrize("rule", ["ProductionListenerRule", "TestListenerRule"])
def test_no_update_of_the_stack_touches_the_weights(template, rule):
    """A deployment has changed them. So a rule may only refer to resources that stay, not to parameters or conditions."""
    properties = dict(template("load-balancer").resources[rule]["Properties"])
    # Project and Environment are part of the stack's name, so they never change.
    assert set(references(properties.pop("Tags"))) == {"Project", "Environment"}
    assert set(references(properties)) <= {"HttpsListener", "TestListener", "BlueTargetGroup", "GreenTargetGroup"}


def test_the_certificate_is_validated_in_the_zone(stack):
    certificate = stack.only("AWS::CertificateManager::Certificate")
    assert certificate["DomainName"] == "api.example.com"
    assert certificate["ValidationMethod"] == "DNS"
    assert certificate["DomainValidationOptions"] == [{"DomainName": "api.example.com", "HostedZoneId": "Z123"}]


def test_the_name_leads_to_the_load_balancer(stack):
    record = stack.only("AWS::Route53::RecordSet")
    assert (record["HostedZoneId"], record["Name"], record["Type"]) == ("Z123", "api.example.com", "A")
    assert record["AliasTarget"]["DNSName"] == "<LoadBalancer.DNSName>"
    assert stack.outputs()["Url"] == "https://api.example.com"
    assert stack.outputs()["TestUrl"] == "https://api.example.com:8443"


def test_a_certificate_of_ones_own(template):
    arn = "arn:aws:acm:eu-west-1:123456789012:certificate/1"
    stack = template("load-balancer").deployed(Environment="production", DomainName="api.example.com", CertificateArn=arn)
    assert not stack.of_type("AWS::CertificateManager::Certificate")
    assert not stack.of_type("AWS::Route53::RecordSet")
    for port in (443, 8443):
        assert listener(stack, port)["Certificates"] == [{"CertificateArn": arn}]


def test_access_logs_are_private_and_end(stack):
    bucket = stack.only("AWS::S3::Bucket")
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    (encryption,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    (rule,) = bucket["LifecycleConfiguration"]["Rules"]
    assert (rule["Status"], rule["ExpirationInDays"]) == ("Enabled", 90)
    writes, denies = stack.only("AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"]
    assert writes["Principal"] == {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}
    assert writes["Resource"] == "<AccessLogBucket.Arn>/load-balancer/AWSLogs/123456789012/*"
    assert denies["Effect"] == "Deny"
    assert denies["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def rules(stack):
    return {it["Name"]: it for it in stack.only("AWS::WAFv2::WebACL")["Rules"]}


def test_the_firewall_stands_before_the_load_balancer(stack):
    assert stack.only("AWS::WAFv2::WebACL")["Scope"] == "REGIONAL"
    assert stack.only("AWS::WAFv2::WebACLAssociation") == {"ResourceArn": "<LoadBalancer>", "WebACLArn": "<Firewall.Arn>"}


def test_the_firewalls_rules_block(stack):
    found = rules(stack)
    assert list(found) == ["rate", "common", "known-bad-inputs", "sql-injection"]
    managed = {name: it["Statement"]["ManagedRuleGroupStatement"] for name, it in found.items() if name != "rate"}
    assert {name: it["Name"] for name, it in managed.items()} == {
        "common": "AWSManagedRulesCommonRuleSet",
        "known-bad-inputs": "AWSManagedRulesKnownBadInputsRuleSet",
        "sql-injection": "AWSManagedRulesSQLiRuleSet",
    }
    for name in managed:
        assert found[name]["OverrideAction"] == {"None": {}}
    # Only the rule on the size of bodies counts instead of blocking.
    overrides = [it for group in managed.values() for it in group.get("RuleActionOverrides", [])]
    assert overrides == [{"Name": "SizeRestrictions_BODY", "ActionToUse": {"Count": {}}}]


def test_the_firewall_limits_the_rate_of_an_address(template, stack):
    rate = rules(stack)["rate"]
    assert "Block" in rate["Action"]
    assert rate["Statement"]["RateBasedStatement"] == {"AggregateKeyType": "IP", "EvaluationWindowSec": 300, "Limit": 10000}
    assert "rate" not in rules(template("load-balancer").deployed(**PUBLIC, RateLimit="0"))


def test_the_firewalls_log_shows_no_secrets(stack):
    logging = stack.only("AWS::WAFv2::LoggingConfiguration")
    assert [it["SingleHeader"]["Name"] for it in logging["RedactedFields"]] == [
        "authorization",
        "cookie",
        "idempotency-key",
        "x-cart-token",
        "x-order-token",
        "x-origin-verify",
        "sec-websocket-protocol",
    ]
    group = stack.only("AWS::Logs::LogGroup")
    assert group["LogGroupName"].startswith("aws-waf-logs-")
    assert group["KmsKeyId"] == "<<commerce-production-LogKeyArn>>"


def test_all_say_the_same_of_https(root, template, stack):
    """The service, the load balancer and CloudFront, which overwrites the others' values."""
    settings = (root / "Sources/App/Configuration/ServerSettings.swift").read_text()
    (days,) = re.findall(r'"HSTS_MAX_AGE",.*default: \.seconds\((\d+) \* 86_400\)', settings)
    application = (root / "Sources/Platform/Web/Application/Application.swift").read_text()
    assert '"max-age=\\(settings.strictTransport.components.seconds)"' in application
    said = {f"max-age={int(days) * 86400}"}
    for name in ("HttpsListener", "TestListener"):
        said.add(attributes(stack.properties(name), "ListenerAttributes")["routing.http.response.strict_transport_security.header_value"])
    edge = template("edge").deployed_to("production").only("AWS::CloudFront::ResponseHeadersPolicy")["ResponseHeadersPolicyConfig"]
    it = edge["SecurityHeadersConfig"]["StrictTransportSecurity"]
    said.add(f"max-age={it['AccessControlMaxAgeSec']}" + "; includeSubDomains" * it["IncludeSubdomains"] + "; preload" * it["Preload"])
    assert said == {"max-age=31536000"}
