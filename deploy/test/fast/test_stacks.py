"""All templates together: the exports that they import exist by then, the environments' parameters fit, all resources have tags."""

import json
import re

import pytest
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER
from template import ENVIRONMENTS, TEMPLATES, Template

# In the order of deployment.
ORDER = ["network", "data", "load-balancer", "cluster", "service", "observability", "guard"]
# One in a region of its own (CloudFront's is us-east-1), and one once for the account. These can import nothing.
ALONE = ["edge", "pipeline"]
PRESENT = sorted(it.stem for it in TEMPLATES.glob("*.yaml"))
# Parameters that only a deployment knows.
BY_THE_SCRIPT = {
    "ImageDigest": "sha256:" + "0" * 64,
    "RepositoryUri": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/commerce",
}


def settings(environment):
    return json.loads((ENVIRONMENTS / f"{environment}.json").read_text())


def deployed(name, environment):
    """The template for an environment. The account's stack belongs to none."""
    declared = Template(name).body["Parameters"]
    given = {key: value for key, value in BY_THE_SCRIPT.items() if key in declared}
    if "Environment" in declared:
        return Template(name).deployed_to(environment, **given)
    return Template(name).deployed(**given, **settings(environment)["stacks"].get(name, {}))


def test_every_template_has_its_place():
    assert PRESENT
    assert set(PRESENT) <= {*ORDER, *ALONE}


@pytest.mark.parametrize("name", PRESENT)
def test_imports_are_exported_by_an_earlier_stack(name):
    earlier = ORDER[: ORDER.index(name)] if name in ORDER else []
    there = set().union(*(Template(it).exports() for it in earlier if it in PRESENT))
    assert Template(name).imports() - there == set()


def test_no_name_is_exported_twice():
    names = [export for it in PRESENT for export in Template(it).exports()]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("name", PRESENT)
def test_exports_and_imports_carry_project_and_environment(name):
    for it in Template(name).exports() | Template(name).imports():
        assert re.fullmatch(r"\$\{Project\}-\$\{Environment\}-[A-Z][A-Za-z0-9]+", it), it


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_stacks_are_listed_in_the_order_of_deployment(environment):
    listed = list(settings(environment)["stacks"])
    assert listed == sorted(listed, key=[*ORDER, *ALONE].index)


@pytest.mark.parametrize("environment", ["staging", "production"])
@pytest.mark.parametrize("name", PRESENT)
def test_the_environments_parameters_are_allowed(name, environment):
    declared = Template(name).body["Parameters"]
    for key, value in settings(environment)["stacks"].get(name, {}).items():
        assert key in declared, f"{name} has no parameter {key}"
        assert isinstance(value, str), f"{name} {key}: parameters are passed as text"
        it = declared[key]
        if "AllowedValues" in it:
            assert value in [str(allowed) for allowed in it["AllowedValues"]], f"{name} {key}"
        if "AllowedPattern" in it:
            assert re.fullmatch(it["AllowedPattern"], value), f"{name} {key}"
        if it["Type"] == "Number":
            assert float(it.get("MinValue", "-inf")) <= float(value) <= float(it.get("MaxValue", "inf")), f"{name} {key}"


@pytest.mark.parametrize("name", PRESENT)
def test_defaults_are_allowed(name):
    for key, it in Template(name).body["Parameters"].items():
        if "Default" in it and "AllowedPattern" in it:
            assert re.fullmatch(it["AllowedPattern"], str(it["Default"])), key
        if "Default" in it and "AllowedValues" in it:
            assert it["Default"] in it["AllowedValues"], key


@pytest.mark.parametrize("environment", ["staging", "production"])
@pytest.mark.parametrize("name", PRESENT)
def test_a_template_evaluates_for_each_environment(name, environment):
    # This fails for every parameter without a value, and every reference to a missing resource.
    deployment = deployed(name, environment)
    assert deployment.resources
    deployment.outputs()


@pytest.mark.parametrize("environment", ["staging", "production"])
@pytest.mark.parametrize("name", PRESENT)
def test_everything_that_takes_tags_is_tagged_for_cost_allocation(name, environment):
    wanted = {"Project", "Component"} | ({"Environment"} if name != "pipeline" else set())
    untagged = []
    for resource, it in deployed(name, environment).resources.items():
        if it["Type"].startswith("Custom::"):
            continue
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1" if name == "edge" else "eu-west-1", it["Type"]).schema
        for key in {"Tags", "HostedZoneTags", "BackupVaultTags", "BackupPlanTags"} & set(schema["properties"]):
            tags = it["Properties"].get(key, [])
            missing = wanted - (set(tags) if isinstance(tags, dict) else {tag["Key"] for tag in tags})
            if missing:
                untagged.append(f"{resource}: {sorted(missing)}")
    assert untagged == []


@pytest.mark.parametrize("name", PRESENT)
def test_a_template_fits_into_one_call(name):
    # CloudFormation accepts larger templates only from a bucket.
    assert len(Template(name).path.read_bytes()) <= 51_200
