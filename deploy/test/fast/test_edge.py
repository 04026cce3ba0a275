"""edge.yaml: what CloudFront caches and passes on, who may read the bucket, and the firewall."""

import re

import pytest
from template import PSEUDO

PERSONAL = {"Authorization", "X-Cart-Token", "X-Order-Token"}


@pytest.fixture(scope="module", params=["staging", "production"])
def edge(request, template):
    return template("edge").deployed_to(request.param)


@pytest.fixture(scope="module")
def production(template):
    return template("edge").deployed_to("production")


@pytest.fixture
def distribution(edge):
    return edge.only("AWS::CloudFront::Distribution")["DistributionConfig"]


@pytest.fixture
def behaviors(distribution):
    return {it["PathPattern"]: it for it in distribution["CacheBehaviors"]}


def origin(distribution, name):
    (found,) = [it for it in distribution["Origins"] if it["Id"] == name]
    return found


def matches(pattern, path):
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), path) is not None


def test_paths(distribution):
    def goes_to(path):
        for it in distribution["CacheBehaviors"]:
            if matches(it["PathPattern"], path):
                return it["TargetOriginId"]
        return distribution["DefaultCacheBehavior"]["TargetOriginId"]

    for path in ("/v1/products", "/v1/carts/1/items", "/v1/orders", "/docs", "/openapi.json", "/health"):
        assert goes_to(path) == "service", path
    for path in ("/", "/index.html", "/assets/mug.svg", "/health/live", "/v1"):
        assert goes_to(path) == "front-end", path


def test_the_api_takes_every_method_and_keeps_answers_to_reads(behaviors):
    api = behaviors["/v1/*"]
    assert set(api["AllowedMethods"]) == {"GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"}
    assert api["CachedMethods"] == ["GET", "HEAD"]
    for path, it in behaviors.items():
        if path != "/v1/*":
            assert it["AllowedMethods"] == ["GET", "HEAD"], path


def test_deployments_can_ask_for_the_health_behind_cloudfront(root, behaviors):
    """If clients can only come through CloudFront, the scripts use its name, and they begin with /health."""
    assert 'request /health' in (root / "deploy/bin/lib/http.sh").read_text()
    # CachingDisabled: a cached response would report the health of the release before.
    assert behaviors["/health"]["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"


@pytest.mark.parametrize(("region", "replicas"), [("eu-west-1", [{"Region": "eu-west-1"}]), ("us-east-1", None)])
def test_the_origins_secret_is_where_the_load_balancer_is(template, region, replicas):
    """A secret cannot be replicated into its own region, and the edge's region is us-east-1."""
    stack = template("edge").deployed_to("production", OriginSecretRegion=region)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(PSEUDO, "AWS::Region", "us-east-1")
        assert stack.properties("OriginSecret").get("ReplicaRegions") == replicas


def test_no_path_is_served_in_the_clear(distribution, behaviors):
    assert behaviors["/v1/*"]["ViewerProtocolPolicy"] == "https-only"
    for it in [distribution["DefaultCacheBehavior"], *distribution["CacheBehaviors"]]:
        assert it["ViewerProtocolPolicy"] in ("https-only", "redirect-to-https")
        assert it["ResponseHeadersPolicyId"] == "<ResponseHeaders>"
        assert it["Compress"] is True


def test_the_service_says_what_is_kept(edge, behaviors):
    policy = edge.only("AWS::CloudFront::CachePolicy")["CachePolicyConfig"]
    # Above 0, CloudFront would cache private and no-store responses.
    assert (policy["MinTTL"], policy["DefaultTTL"]) == (0, 0)
    assert policy["MaxTTL"] == 86400
    for path in ("/v1/*", "/docs", "/openapi.json"):
        assert behaviors[path]["CachePolicyId"] == "<ServiceCache>", path
        assert behaviors[path]["OriginRequestPolicyId"] == "<ServiceRequests>", path


def test_no_answer_is_shared_between_persons_origins_or_encodings(edge):
    key = edge.only("AWS::CloudFront::CachePolicy")["CachePolicyConfig"]["ParametersInCacheKeyAndForwardedToOrigin"]
    assert key["HeadersConfig"]["HeaderBehavior"] == "whitelist"
    assert set(key["HeadersConfig"]["Headers"]) == PERSONAL | {"Origin"}
    assert key["QueryStringsConfig"] == {"QueryStringBehavior": "all"}
    assert key["CookiesConfig"] == {"CookieBehavior": "none"}
    assert key["EnableAcceptEncodingGzip"] is True
    assert key["EnableAcceptEncodingBrotli"] is True


def test_the_key_has_every_field_that_the_service_authorizes_by(root):
    fields = "".join(path.read_text() for path in (root / "Sources").rglob("*.swift"))
    tokens = set(re.findall(r'constant\("(X-[A-Za-z-]*Token)"\)', fields))
    assert tokens <= PERSONAL
    assert tokens == PERSONAL - {"Authorization"}


def test_the_service_gets_the_whole_request_but_for_host_and_cookies(edge):
    policy = edge.only("AWS::CloudFront::OriginRequestPolicy")["OriginRequestPolicyConfig"]
    assert policy["HeadersConfig"] == {"HeaderBehavior": "allExcept", "Headers": ["Host"]}
    assert policy["QueryStringsConfig"] == {"QueryStringBehavior": "all"}
    assert policy["CookiesConfig"] == {"CookieBehavior": "none"}


def test_errors_are_not_kept(distribution):
    kept = {it["ErrorCode"]: it["ErrorCachingMinTTL"] for it in distribution["CustomErrorResponses"]}
    assert set(kept.values()) == {0}
    assert {400, 403, 404, 500, 502, 503, 504} <= set(kept)
    # An error of the API stays as it is, and is not replaced by a page of the front end.
    assert all(set(it) == {"ErrorCode", "ErrorCachingMinTTL"} for it in distribution["CustomErrorResponses"])


def test_the_way_to_the_load_balancer(template, edge, distribution):
    service = origin(distribution, "service")
    environment = edge.parameters["Environment"]
    balancer = template("load-balancer").deployed_to(environment)
    assert service["DomainName"] == balancer.parameters["DomainName"]
    custom = service["CustomOriginConfig"]
    assert custom["OriginProtocolPolicy"] == "https-only"
    assert custom["OriginSSLProtocols"] == ["TLSv1.2"]
    assert custom["OriginReadTimeout"] > 30  # REQUEST_TIMEOUT of the service
    attributes = {it["Key"]: it["Value"] for it in balancer.properties("LoadBalancer")["LoadBalancerAttributes"]}
    assert custom["OriginKeepaliveTimeout"] < int(attributes["idle_timeout.timeout_seconds"])


def test_a_secret_for_the_load_balancer_is_optional(template, distribution):
    assert "OriginCustomHeaders" not in origin(distribution, "service")
    edge = template("edge").deployed_to("production", OriginSecretRegion="eu-west-1")
    config = edge.only("AWS::CloudFront::Distribution")["DistributionConfig"]
    assert origin(config, "service")["OriginCustomHeaders"] == [
        {"HeaderName": "X-Origin-Verify", "HeaderValue": "{{resolve:secretsmanager:<OriginSecret>:SecretString:value}}"}]
    assert "OriginSecret" not in template("edge").deployed_to("production").resources


def test_the_service_checks_that_secret_and_finds_the_viewer_beside_it(template):
    """Otherwise all shoppers behind one CloudFront address would be one client."""
    arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:commerce/production/origin-AbCdEf"
    edge = template("edge").deployed_to("production", OriginSecretRegion="eu-west-1")
    key = edge.properties("OriginSecret")["GenerateSecretString"]["GenerateStringKey"]

    def container(**parameters):
        service = template("service").deployed_to(
            "production", RepositoryUri="123456789012.dkr.ecr.eu-west-1.amazonaws.com/commerce",
            ImageDigest="sha256:" + "ab" * 32, **parameters)
        (found,) = service.properties("TaskDefinition")["ContainerDefinitions"]
        return {it["Name"]: it["Value"] for it in found["Environment"]}, {it["Name"]: it["ValueFrom"] for it in found["Secrets"]}

    vpc = "<<commerce-production-VpcCidr>>"
    settings, secrets = container(OriginSecretArn=arn, TrustedProxies="192.0.2.0/24")
    # Two proxies, the load balancer and CloudFront, for requests with the secret; the list for all others.
    assert settings["TRUSTED_HOPS"] == "2"
    assert settings["TRUSTED_PROXIES"] == f"{vpc},192.0.2.0/24"
    assert secrets["ORIGIN_VERIFY_SECRET"] == f"{arn}:{key}::"
    assert "ORIGIN_VERIFY_SECRET_PREVIOUS" not in secrets
    _, secrets = container(OriginSecretArn=arn, OriginSecretPrevious="on")
    assert secrets["ORIGIN_VERIFY_SECRET_PREVIOUS"] == f"{arn}:{key}:AWSPREVIOUS:"
    settings, secrets = container(OriginSecretPrevious="on")
    assert settings["TRUSTED_PROXIES"] == vpc
    assert not {"TRUSTED_HOPS", "ORIGIN_VERIFY_SECRET", "ORIGIN_VERIFY_SECRET_PREVIOUS"} & (set(settings) | set(secrets))


def test_the_load_balancer_checks_that_secret_but_of_the_smoke_test(template):
    edge = template("edge").deployed_to("production", OriginSecretRegion="eu-west-1")
    balancer = template("load-balancer").deployed_to("production", OnlyByEdge="true")
    (rule,) = [it for it in balancer.only("AWS::WAFv2::WebACL")["Rules"] if it["Name"] == "edge"]
    assert rule["Action"] == {"Block": {}}
    secret, address = (it["NotStatement"]["Statement"] for it in rule["Statement"]["AndStatement"]["Statements"])
    match = secret["ByteMatchStatement"]
    assert match["FieldToMatch"] == {"SingleHeader": {"Name": "x-origin-verify"}}
    assert match["PositionalConstraint"] == "EXACTLY"
    name = edge.properties("OriginSecret")["Name"]
    key = edge.properties("OriginSecret")["GenerateSecretString"]["GenerateStringKey"]
    assert match["SearchString"] == "{{resolve:secretsmanager:" + f"{name}:SecretString:{key}" + "}}"
    assert address == {"IPSetReferenceStatement": {"Arn": "<NatAddresses.Arn>"}}
    assert all(it.startswith("<<commerce-production-NatCidrs>>") for it in balancer.properties("NatAddresses")["Addresses"])
    priorities = [it["Priority"] for it in balancer.only("AWS::WAFv2::WebACL")["Rules"]]
    assert len(set(priorities)) == len(priorities)


def test_the_load_balancer_asks_for_no_secret_by_default(template):
    balancer = template("load-balancer").deployed_to("production")
    assert "edge" not in [it["Name"] for it in balancer.only("AWS::WAFv2::WebACL")["Rules"]]
    assert "NatAddresses" not in balancer.resources


def test_viewers(edge, distribution):
    certificate = distribution["ViewerCertificate"]
    assert certificate["MinimumProtocolVersion"] == "TLSv1.2_2021"
    assert certificate["SslSupportMethod"] == "sni-only"
    assert certificate["AcmCertificateArn"] == "<Certificate>"
    assert distribution["Aliases"] == [edge.parameters["DomainName"]]
    assert (distribution["HttpVersion"], distribution["IPV6Enabled"]) == ("http2and3", True)
    assert distribution["DefaultRootObject"] == "index.html"


def test_certificate_and_records(edge):
    certificate = edge.only("AWS::CertificateManager::Certificate")
    assert certificate["ValidationMethod"] == "DNS"
    assert certificate["DomainName"] == edge.parameters["DomainName"]
    records = edge.of_type("AWS::Route53::RecordSet")
    assert {it["Type"] for it in records.values()} == {"A", "AAAA"}
    for it in records.values():
        assert it["Name"] == edge.parameters["DomainName"]
        assert it["AliasTarget"] == {"DNSName": "<Distribution.DomainName>", "HostedZoneId": "Z2FDTNDATAQYW2"}


def test_a_zone_elsewhere(template):
    arn = "arn:aws:acm:us-east-1:123456789012:certificate/1234"
    edge = template("edge").deployed_to("production", HostedZoneId="", CertificateArn=arn)
    assert edge.of_type("AWS::CertificateManager::Certificate") == {}
    assert edge.of_type("AWS::Route53::RecordSet") == {}
    config = edge.only("AWS::CloudFront::Distribution")["DistributionConfig"]
    assert config["ViewerCertificate"]["AcmCertificateArn"] == arn


def test_only_this_distribution_reads_the_front_ends_bucket(edge, distribution):
    front_end = origin(distribution, "front-end")
    assert front_end["DomainName"] == "<FrontEndBucket.RegionalDomainName>"
    assert front_end["OriginAccessControlId"] == "<FrontEndAccess>"
    assert front_end["S3OriginConfig"] == {"OriginAccessIdentity": ""}
    control = edge.only("AWS::CloudFront::OriginAccessControl")["OriginAccessControlConfig"]
    assert (control["OriginAccessControlOriginType"], control["SigningBehavior"]) == ("s3", "always")
    reads, denies = edge.properties("FrontEndBucketPolicy")["PolicyDocument"]["Statement"]
    assert reads["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert set(reads["Action"]) == {"s3:GetObject", "s3:ListBucket"}
    assert reads["Condition"] == {
        "StringEquals": {"aws:SourceArn": "arn:aws:cloudfront::123456789012:distribution/<Distribution>"}}
    assert (denies["Effect"], denies["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_buckets_are_private_encrypted_and_outlive_the_stack(template, edge):
    buckets = edge.of_type("AWS::S3::Bucket")
    assert set(buckets) == {"FrontEndBucket", "LogBucket"}
    for name, it in buckets.items():
        assert set(it["PublicAccessBlockConfiguration"].values()) == {True}, name
        assert len(it["PublicAccessBlockConfiguration"]) == 4, name
        assert it["BucketEncryption"]["ServerSideEncryptionConfiguration"], name
        assert template("edge").resources[name]["DeletionPolicy"] == "Retain", name


def test_requests_are_logged_for_90_days(edge, distribution):
    assert distribution["Logging"]["Bucket"] == "<LogBucket.DomainName>"
    assert distribution["Logging"]["IncludeCookies"] is False
    log = edge.properties("LogBucket")
    assert int(log["LifecycleConfiguration"]["Rules"][0]["ExpirationInDays"]) == 90
    # CloudFront writes with an access control list.
    assert log["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}


def test_security_headers(edge):
    headers = edge.only("AWS::CloudFront::ResponseHeadersPolicy")["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    assert headers["StrictTransportSecurity"] == {
        "AccessControlMaxAgeSec": 31536000, "IncludeSubdomains": False, "Preload": False, "Override": True}
    assert headers["ContentTypeOptions"] == {"Override": True}
    assert headers["FrameOptions"]["FrameOption"] == "DENY"
    # The service's documentation page has a policy of its own, which stays.
    assert headers["ContentSecurityPolicy"]["Override"] is False


def test_firewall(edge, distribution):
    firewall = edge.only("AWS::WAFv2::WebACL")
    assert distribution["WebACLId"] == "<Firewall.Arn>"
    assert firewall["Scope"] == "CLOUDFRONT"
    rules = sorted(firewall["Rules"], key=lambda it: it["Priority"])
    rate, *managed = rules
    assert rate["Statement"] == {
        "RateBasedStatement": {"AggregateKeyType": "IP", "EvaluationWindowSec": 300, "Limit": 2000}}
    assert rate["Action"] == {"Block": {"CustomResponse": {"ResponseCode": 429}}}
    groups = {it["Statement"]["ManagedRuleGroupStatement"]["Name"]: it for it in managed}
    assert set(groups) == {
        "AWSManagedRulesCommonRuleSet", "AWSManagedRulesKnownBadInputsRuleSet", "AWSManagedRulesSQLiRuleSet"}
    for name, it in groups.items():
        assert it["OverrideAction"] == {"None": {}}, f"{name} only counts"


def test_the_one_rule_that_only_counts_is_the_one_on_the_size_of_bodies(edge):
    overrides = [
        override
        for it in edge.only("AWS::WAFv2::WebACL")["Rules"]
        for override in it["Statement"].get("ManagedRuleGroupStatement", {}).get("RuleActionOverrides", [])
    ]
    assert overrides == [{"Name": "SizeRestrictions_BODY", "ActionToUse": {"Count": {}}}]


def test_the_firewalls_log_has_no_tokens(edge):
    logging = edge.only("AWS::WAFv2::LoggingConfiguration")
    redacted = {it["SingleHeader"]["Name"] for it in logging["RedactedFields"]}
    # The ticket of a WebSocket may be among the subprotocols that it offers.
    assert {it.lower() for it in PERSONAL} | {"cookie", "idempotency-key", "sec-websocket-protocol", "x-origin-verify"} == redacted
    group = edge.properties("FirewallLogs")
    assert group["LogGroupName"].startswith("aws-waf-logs-")  # WAF writes to no other
    assert (group["RetentionInDays"], group["KmsKeyId"]) == (90, "<LogKey.Arn>")
    assert logging["LoggingFilter"]["DefaultBehavior"] == "DROP"


def test_the_api_may_be_called_from_the_front_end(template, edge):
    service = template("service").deployed_to(edge.parameters["Environment"], ImageDigest="sha256:" + "0" * 64,
                                              RepositoryUri="123456789012.dkr.ecr.eu-west-1.amazonaws.com/commerce")
    assert f"https://{edge.parameters['DomainName']}" in service.parameters["CorsOrigins"].split(",")


def test_nothing_is_imported(template):
    # It is in another region.
    assert template("edge").imports() == set()
