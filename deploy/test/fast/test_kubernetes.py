"""The Kubernetes manifests of each environment: rendered, validated against Kubernetes' own schemas, and checked."""

import json
import re
import subprocess

import pytest
import yaml
from template import ROOT, Template
from trixie import kustomize

KUBERNETES = ROOT / "deploy" / "kubernetes"
ENVIRONMENTS = ("staging", "production")
PARTS = {"service": "service", "migration": "migrate", "bootstrap": "bootstrap"}
TASKS = {"service": "task-definition", "worker": "worker-task", "migration": "migration-task", "bootstrap": "bootstrap-task"}
ARNS = {
    "database/master": "${MASTER_SECRET_ARN}", "database/migration": "${MIGRATION_SECRET_ARN}",
    "database/service": "${SERVICE_SECRET_ARN}", "cache": "${CACHE_SECRET_ARN}", "jwt": "${JWT_SECRET_ARN}",
    "encryption": "${ENCRYPTION_SECRET_ARN}",
}  # fmt: skip
# Workers are in the service's overlay.
OVERLAYS = [(environment, part) for environment in ENVIRONMENTS for part in PARTS]
PODS = OVERLAYS + [(environment, "worker") for environment in ENVIRONMENTS]

# The fields of the operator's resources that are used here: https://external-secrets.io/latest/api/spec/
STORE = {
    "type": "object",
    "required": ["apiVersion", "kind", "metadata", "spec"],
    "properties": {
        "apiVersion": {"const": "external-secrets.io/v1"},
        "kind": {"const": "SecretStore"},
        "metadata": {"type": "object", "required": ["name", "namespace"]},
        "spec": {
            "type": "object", "required": ["provider"], "additionalProperties": False,
            "properties": {"provider": {
                "type": "object", "required": ["aws"], "additionalProperties": False,
                "properties": {"aws": {
                    "type": "object", "required": ["service", "region", "auth"], "additionalProperties": False,
                    "properties": {
                        "service": {"enum": ["SecretsManager", "ParameterStore"]},
                        "region": {"type": "string", "pattern": r"^[a-z]{2}(-[a-z]+)+-\d$"},
                        "prefix": {"type": "string"},
                        "auth": {
                            "type": "object", "required": ["jwt"], "additionalProperties": False,
                            "properties": {"jwt": {
                                "type": "object", "required": ["serviceAccountRef"], "additionalProperties": False,
                                "properties": {"serviceAccountRef": {
                                    "type": "object", "required": ["name"], "additionalProperties": False,
                                    "properties": {"name": {"type": "string"}}}}}},
                        },
                    },
                }},
            }},
        },
    },
}  # fmt: skip
SECRET = {
    "type": "object",
    "required": ["apiVersion", "kind", "metadata", "spec"],
    "properties": {
        "apiVersion": {"const": "external-secrets.io/v1"},
        "kind": {"const": "ExternalSecret"},
        "metadata": {"type": "object", "required": ["name", "namespace"]},
        "spec": {
            "type": "object", "required": ["secretStoreRef", "target", "data"], "additionalProperties": False,
            "properties": {
                "refreshInterval": {"type": "string", "pattern": r"^\d+[smh]$"},
                "secretStoreRef": {
                    "type": "object", "required": ["name", "kind"], "additionalProperties": False,
                    "properties": {"name": {"type": "string"}, "kind": {"enum": ["SecretStore", "ClusterSecretStore"]}}},
                "target": {
                    "type": "object", "required": ["name"], "additionalProperties": False,
                    "properties": {
                        "name": {"type": "string"}, "creationPolicy": {"enum": ["Owner", "Orphan", "Merge", "None"]}}},
                "data": {
                    "type": "array", "minItems": 1,
                    "items": {
                        "type": "object", "required": ["secretKey", "remoteRef"], "additionalProperties": False,
                        "properties": {
                            "secretKey": {"type": "string", "pattern": "^[A-Z_]+$"},
                            "remoteRef": {
                                "type": "object", "required": ["key", "property"], "additionalProperties": False,
                                "properties": {"key": {"type": "string"}, "property": {"type": "string"}}},
                        }},
                },
            },
        },
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def rendered():
    """The resources that ``kubectl apply -k`` would send, by environment and part."""
    program = kustomize()

    def build(environment, part):
        directory = KUBERNETES / "overlays" / environment / part
        done = subprocess.run([program, "build", directory], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    texts = {overlay: build(*overlay) for overlay in OVERLAYS}
    return {overlay: (text, list(yaml.safe_load_all(text))) for overlay, text in texts.items()}


@pytest.fixture
def resource(rendered):
    """A resource of an overlay by kind and name."""

    def find(environment, part, kind, name):
        found = [it for it in rendered[environment, part][1] if it["kind"] == kind and it["metadata"]["name"] == name]
        assert len(found) == 1, f"{len(found)} of {kind} {name}"
        return found[0]

    return find


@pytest.fixture
def pod(resource):
    """The pod's specification of a part, and its one container."""

    def find(environment, part):
        names = {"service": ("Deployment", "commerce"), "worker": ("Deployment", "commerce-worker")}
        kind, name = names.get(part) or ("Job", f"commerce-{PARTS[part]}")
        overlay = "service" if part == "worker" else part
        spec = resource(environment, overlay, kind, name)["spec"]["template"]["spec"]
        (container,) = spec["containers"]
        assert "initContainers" not in spec
        return spec, container

    return find


def read_from(container):
    """How each variable of the environment is set: a value, or the kind of its source."""
    return {it["name"]: it["value"] if "value" in it else next(iter(it["valueFrom"])) for it in container["env"]}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_strictly_valid(rendered, tmp_path, overlay):
    path = tmp_path / "manifests.yaml"
    text, resources = rendered[overlay]
    known = [it for it in resources if not it["apiVersion"].startswith("external-secrets.io/")]
    assert known
    path.write_text(yaml.safe_dump_all(known))
    done = subprocess.run(
        ["kubernetes-validate", "--strict", path], capture_output=True, text=True, timeout=120, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert said.count("passed for resource") == len(known), said
    for it in resources:
        if it not in known:
            schema_of_kind = {"SecretStore": STORE, "ExternalSecret": SECRET}[it["kind"]]
            schema = tmp_path / "schema.json"
            schema.write_text(json.dumps(schema_of_kind))
            document = tmp_path / "document.json"
            document.write_text(json.dumps(it))
            done = subprocess.run(
                ["check-jsonschema", "--schemafile", schema, document], capture_output=True, text=True, timeout=60, check=False)
            assert done.returncode == 0, done.stdout


def test_checkov_on_what_is_rendered(rendered, tmp_path):
    for (environment, part), (text, _) in rendered.items():
        (tmp_path / f"{environment}-{part}.yaml").write_text(text)
    done = subprocess.run(
        ["checkov", "--framework", "kubernetes", "--quiet", "--compact", "--skip-download", "--output", "json", "-d", tmp_path],
        capture_output=True, text=True, timeout=120, check=False)  # fmt: skip
    found = json.loads(done.stdout)
    assert found["summary"]["failed"] == 0, done.stdout
    assert found["summary"]["passed"] > 300
    for _, resources in rendered.values():
        for it in resources:
            for name, skip in it["metadata"].get("annotations", {}).items():
                if name.startswith("checkov.io/skip"):
                    assert len(skip.partition("=")[2]) > 15, f"a skip without a reason: {skip}"


@pytest.mark.parametrize("overlay", PODS)
def test_pods_are_hardened(pod, overlay):
    spec, container = pod(*overlay)
    assert spec["securityContext"] == {
        "runAsNonRoot": True, "runAsUser": 10001, "runAsGroup": 10001, "seccompProfile": {"type": "RuntimeDefault"}}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
    assert spec["automountServiceAccountToken"] is False
    # Otherwise the environment, from which all settings are read, would get variables of every Service.
    assert spec["enableServiceLinks"] is False
    assert container["volumeMounts"] == [{"name": "tmp", "mountPath": "/tmp"}]
    assert spec["volumes"] == [{"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}}]
    assert set(container["resources"]["limits"]) == set(container["resources"]["requests"]) == {
        "cpu", "memory", "ephemeral-storage"}
    assert re.fullmatch(r"\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com/commerce@sha256:[0-9a-f]{64}", container["image"])


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_one_image_for_all_parts(pod, environment):
    assert len({pod(environment, part)[1]["image"] for part in (*PARTS, "worker")}) == 1


@pytest.mark.parametrize("overlay", PODS)
def test_environment_is_that_of_the_task_definition(pod, overlay):
    environment, part = overlay
    _, container = pod(environment, part)
    (task,) = json.loads((ROOT / f"deploy/ecs/{TASKS[part]}.json").read_text())["containerDefinitions"]
    ours = read_from(container)
    secret = {name for name, source in ours.items() if source == "secretKeyRef"}
    assert secret == {it["name"] for it in task["secrets"]}
    plain = {it["name"]: it["value"] for it in task["environment"]}
    assert set(ours) - secret == set(plain)
    for name, value in plain.items():
        # Placeholders there are values of the environment here.
        if "${" not in value:
            assert ours[name] == value, name
    assert container["args"] == task["command"]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("part", ["service", "worker"])
def test_mail_is_optional(rendered, pod, environment, part):
    """Without `optional`, a pod whose ConfigMap or Secret lacks the key would not start."""
    sources = {it["name"]: it["valueFrom"] for it in pod(environment, part)[1]["env"] if "valueFrom" in it}
    assert sources["SMTP_URL"] == {"secretKeyRef": {"name": "commerce-mail", "key": "SMTP_URL", "optional": True}}
    plain = {"MAIL_FROM", "PUBLIC_URL", "SHOP_NAME", "STORE_LANGUAGE", "ALERT_EMAIL"}
    assert all(sources[name]["configMapKeyRef"]["optional"] is True for name in plain)
    optional = {name for name, it in sources.items() if next(iter(it.values())).get("optional")}
    assert optional == plain | {"SMTP_URL"} | ({"OIDC_ISSUERS"} if part == "service" else set())
    resources = rendered[environment, "service"][1]
    (settings,) = [it["data"] for it in resources if it["kind"] == "ConfigMap"]
    assert not optional & set(settings)
    # A rollout follows a change of either secret.
    (deployment,) = [it for it in resources if it["kind"] == "Deployment" and it["metadata"]["name"].endswith("worker") == (part == "worker")]
    assert deployment["metadata"]["annotations"]["secret.reloader.stakater.com/reload"] == "commerce-service,commerce-mail"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_secrets_are_those_of_the_data_stack(resource, overlay):
    environment, part = overlay
    name = f"commerce-{PARTS[part]}"
    aws = resource(environment, part, "SecretStore", name)["spec"]["provider"]["aws"]
    account = aws["auth"]["jwt"]["serviceAccountRef"]["name"]
    role = resource(environment, part, "ServiceAccount", account)["metadata"]["annotations"]["eks.amazonaws.com/role-arn"]
    assert role.endswith(f":role/commerce-{environment}-kubernetes-{PARTS[part]}-secrets")
    secrets = Template("data").deployed(Environment=environment).of_type("AWS::SecretsManager::Secret")
    keys = {
        it["Name"]: set(json.loads(it["GenerateSecretString"]["SecretStringTemplate"]))
        | {it["GenerateSecretString"]["GenerateStringKey"]}
        for it in secrets.values()
    }
    (task,) = json.loads((ROOT / f"deploy/ecs/{TASKS[part]}.json").read_text())["containerDefinitions"]
    # valueFrom is ARN:KEY:STAGE:VERSION, the last two empty.
    wanted = {it["name"]: tuple(it["valueFrom"].split(":")[:2]) for it in task["secrets"]}
    entries = resource(environment, part, "ExternalSecret", name)["spec"]["data"]
    for entry in entries:
        remote = entry["remoteRef"]
        full = aws["prefix"] + remote["key"]
        assert full in keys, f"no secret {full} in the data stack"
        assert remote["property"] in keys[full]
    # The mail server's URL is in a secret of its own, which may not be there.
    wanted.pop("SMTP_URL", None)
    ours = {it["secretKey"]: (ARNS[it["remoteRef"]["key"]], it["remoteRef"]["property"]) for it in entries}
    assert ours == wanted


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_probes_and_shutdown(pod, environment):
    spec, container = pod(environment, "service")
    path = {name: container[f"{name}Probe"]["httpGet"]["path"] for name in ("startup", "readiness", "liveness")}
    # A database that is down must not restart the process, nor empty the fleet.
    assert path == {"startup": "/health/live", "readiness": "/health", "liveness": "/health/live"}
    assert "lifecycle" not in container
    settings = read_from(container)
    delay, timeout = (int(settings[name].rstrip("s")) for name in ("DRAIN_DELAY", "DRAIN_TIMEOUT"))
    ready = container["readinessProbe"]
    assert ready["periodSeconds"] * ready["failureThreshold"] <= delay < timeout == 45
    assert spec["terminationGracePeriodSeconds"] == 60


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_workers(resource, pod, environment):
    deployment = resource(environment, "service", "Deployment", "commerce-worker")["spec"]
    assert deployment["replicas"] == 2
    labels = deployment["template"]["metadata"]["labels"]
    assert deployment["selector"]["matchLabels"].items() <= labels.items()
    # They must get no requests of shoppers.
    service = resource(environment, "service", "Service", "commerce")["spec"]
    assert not service["selector"].items() <= labels.items()
    spec, container = pod(environment, "worker")
    assert "ports" not in container
    for name in ("startup", "readiness", "liveness"):
        assert container[f"{name}Probe"]["exec"]["command"] == ["/app/commerce", "healthcheck", "--worker"]
    assert int(read_from(container)["DRAIN_TIMEOUT"].rstrip("s")) < spec["terminationGracePeriodSeconds"]
    assert read_from(pod(environment, "service")[1])["WORKER"] == "off"


@pytest.mark.parametrize(("environment", "most"), [("staging", 4), ("production", 10)])
def test_rollout_and_scaling(resource, environment, most):
    deployment = resource(environment, "service", "Deployment", "commerce")["spec"]
    assert "replicas" not in deployment, "applying it would undo the autoscaler's number"
    assert deployment["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": "100%"}
    spread = deployment["template"]["spec"]["topologySpreadConstraints"]
    assert [it["topologyKey"] for it in spread] == ["topology.kubernetes.io/zone", "kubernetes.io/hostname"]
    scaler = resource(environment, "service", "HorizontalPodAutoscaler", "commerce")["spec"]
    assert (scaler["minReplicas"], scaler["maxReplicas"]) == (2, most)
    assert {it["resource"]["name"]: it["resource"]["target"]["averageUtilization"] for it in scaler["metrics"]} == {
        "cpu": 70, "memory": 80}
    assert scaler["behavior"]["scaleUp"]["stabilizationWindowSeconds"] == 60
    assert scaler["behavior"]["scaleDown"]["stabilizationWindowSeconds"] == 300
    budget = resource(environment, "service", "PodDisruptionBudget", "commerce")["spec"]
    assert budget["maxUnavailable"] == 1
    labels = deployment["template"]["metadata"]["labels"]
    service = resource(environment, "service", "Service", "commerce")["spec"]
    for selector in (budget["selector"]["matchLabels"], service["selector"], deployment["selector"]["matchLabels"]):
        assert selector.items() <= labels.items()
    # Their pods must get no requests of shoppers.
    for part in ("migration", "bootstrap"):
        job = resource(environment, part, "Job", f"commerce-{PARTS[part]}")["spec"]
        assert not service["selector"].items() <= job["template"]["metadata"]["labels"].items()
        assert (job["backoffLimit"], job["template"]["spec"]["restartPolicy"]) == (0, "Never")


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_ingress_is_as_the_load_balancer_of_the_stack(resource, environment):
    ingress = resource(environment, "service", "Ingress", "commerce")
    notes = {key.removeprefix("alb.ingress.kubernetes.io/"): it for key, it in ingress["metadata"]["annotations"].items()}
    assert ingress["spec"]["ingressClassName"] == "alb"
    assert json.loads(notes["listen-ports"]) == [{"HTTP": 80}, {"HTTPS": 443}]
    assert notes["ssl-redirect"] == "443"
    assert notes["healthcheck-path"] == "/health"
    assert notes["target-type"] == "ip"
    assert notes["certificate-arn"].startswith("arn:aws:acm:")
    assert notes["wafv2-acl-arn"].startswith("arn:aws:wafv2:")
    attributes = dict(it.split("=") for it in notes["load-balancer-attributes"].split(","))
    assert attributes["routing.http.desync_mitigation_mode"] == "strictest"
    assert attributes["routing.http.drop_invalid_header_fields.enabled"] == "true"
    groups = dict(it.split("=") for it in notes["target-group-attributes"].split(","))
    assert groups["deregistration_delay.timeout_seconds"] == "30"
    listeners = Template("load-balancer").of_type("AWS::ElasticLoadBalancingV2::Listener")
    policies = {it["Properties"]["SslPolicy"] for it in listeners.values() if "SslPolicy" in it["Properties"]}
    assert policies == {notes["ssl-policy"]}


def public_subnets():
    """The load balancer is there, and no pod."""
    network = Template("network").deployed(Environment="production", AvailabilityZones="3")
    subnets = network.of_type("AWS::EC2::Subnet")
    return [it["CidrBlock"] for name, it in sorted(subnets.items()) if name.startswith("Public")]


@pytest.mark.parametrize("overlay", [it for it in OVERLAYS if it[1] == "service"])
def test_only_the_load_balancer_speaks_for_clients(rendered, overlay):
    """Otherwise any pod of the cluster could choose the client's address, and use up that client's rate limit."""
    (settings,) = [it for it in rendered[overlay][1] if it["kind"] == "ConfigMap" and "TRUSTED_PROXIES" in it["data"]]
    assert settings["data"]["TRUSTED_PROXIES"].split(",") == public_subnets()


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_nothing_talks_unless_allowed(rendered, overlay):
    resources = rendered[overlay][1]
    policies = {it["metadata"]["name"]: it["spec"] for it in resources if it["kind"] == "NetworkPolicy"}
    assert policies["deny-by-default"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    ingress = {port["port"] for it in policies.values() for rule in it.get("ingress", []) for port in rule["ports"]}
    egress = {port["port"] for it in policies.values() for rule in it.get("egress", []) for port in rule["ports"]}
    assert ingress == ({8080} if overlay[1] == "service" else set())
    webhooks_and_mail = {443, 8443, 465, 587}
    assert egress == ({53, 5432, 6379} | webhooks_and_mail if overlay[1] == "service" else {53, 5432})
    for it in policies.values():
        for rule in it.get("ingress", []) + it.get("egress", []):
            peers = rule.get("from", []) + rule.get("to", [])
            assert peers, "a rule without peers is open to all"
            if {port["port"] for port in rule["ports"]} == webhooks_and_mail:
                (block,) = [peer["ipBlock"] for peer in peers]
                assert it["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "worker"
                assert {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"} <= set(block["except"])
                continue
            blocks = [peer["ipBlock"]["cidr"] for peer in peers if "ipBlock" in peer]
            assert blocks == (public_subnets() if "from" in rule else ["10.0.0.0/16"][: len(blocks)])
    (namespace,) = [it for it in resources if it["kind"] == "Namespace"]
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert all(it["metadata"].get("namespace", "commerce") == "commerce" for it in resources)
    assert not [it for it in resources if it["kind"] == "Secret"], "secrets come from the outside"
