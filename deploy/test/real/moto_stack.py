"""Stacks made for real in moto, of what moto can make; what it cannot is listed, so that no test claims it was made."""

import json

import boto3
from moto.cloudformation.parsing import resource_class_from_type
from template import Template


class MotoStack:
    """A stack of an environment, created in the moto that is active.

    ``made`` has the physical name of each resource by its logical one, ``left_out`` the types that moto did not make.
    """

    def __init__(self, name, environment, **changed):
        template = Template(name)
        self.name = f"commerce-{environment}-{name}"
        deployment = template.deployed_to(environment, **changed)
        body = _what_moto_takes(template.body, deployment)
        wanted = {it: found["Type"] for it, found in deployment.resources.items()}
        cloudformation = boto3.client("cloudformation")
        cloudformation.create_stack(
            StackName=self.name,
            TemplateBody=json.dumps(body),
            Parameters=[{"ParameterKey": key, "ParameterValue": str(it)} for key, it in deployment.parameters.items()],
            Capabilities=["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
        (stack,) = cloudformation.describe_stacks(StackName=self.name)["Stacks"]
        assert stack["StackStatus"] == "CREATE_COMPLETE", stack.get("StackStatusReason")
        self.outputs = {it["OutputKey"]: it["OutputValue"] for it in stack.get("Outputs", [])}
        # Rules of security groups have no name of their own in moto; whether they are there the group tells.
        self.made = {
            it["LogicalResourceId"]: it.get("PhysicalResourceId")
            for it in cloudformation.describe_stack_resources(StackName=self.name)["StackResources"]
            if "LogicalResourceId" in it
        }
        self.left_out = {kind for kind in wanted.values() if not _is_made(kind)}


def _is_made(kind):
    return not kind.startswith("Custom::") and resource_class_from_type(kind) is not None


def _decided(value, deployment):
    """The value with its conditions decided: moto keeps an AWS::NoValue within a list as an element."""
    if isinstance(value, list):
        decided = [_decided(it, deployment) for it in value]
        return [it for it in decided if it != {"Ref": "AWS::NoValue"}]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Fn::If"}:
        condition, yes, no = value["Fn::If"]
        return _decided(yes if deployment.condition(condition) else no, deployment)
    decided = {key: _decided(it, deployment) for key, it in value.items()}
    return {key: it for key, it in decided.items() if it != {"Ref": "AWS::NoValue"}}


def _what_moto_takes(body, deployment):
    """The template without what moto fails at, where AWS does not."""
    body = _decided(body, deployment)
    # Its custom resources call their function in a container.
    body["Resources"] = {
        name: it for name, it in body["Resources"].items() if not it["Type"].startswith("Custom::")
    }
    for it in body["Resources"].values():
        if it["Type"] == "AWS::KMS::Key":
            del it["Properties"]["Tags"]  # taken for those of the KMS interface, which have other keys
        if it["Type"] == "AWS::RDS::DBInstance":
            del it["Properties"]["DBParameterGroupName"]  # taken for a name, and is an object by then
    lacking = {name for name, it in body["Resources"].items() if not _is_made(it["Type"])}
    lacking |= {"LoadBalancerFullName", "TargetGroupFullName"}  # attributes that it does not know
    body["Outputs"] = {
        name: it for name, it in body["Outputs"].items() if not any(f'"{gone}"' in json.dumps(it["Value"]) for gone in lacking)
    }
    return body
