"""A CloudFormation template, read for assertions.

Intrinsic functions are brought to their long form ({"Ref": …}, {"Fn::Sub": …}); ``resolve`` evaluates them for given
parameters, so that a test can say what a deployment to production would really get.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
"""

import json
import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "deploy" / "cloudformation"
ENVIRONMENTS = ROOT / "deploy" / "environments"
PSEUDO = {
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::Region": "eu-west-1",
    "AWS::URLSuffix": "amazonaws.com",
}
ZONES = ["eu-west-1a", "eu-west-1b", "eu-west-1c"]


class NoValue:
    """The result of AWS::NoValue: the property or element is removed."""


class _Loader(yaml.SafeLoader):
    pass


def _intrinsic(loader, suffix, node):
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        if suffix == "GetAtt":
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _intrinsic)
# "2012-10-17" is the version of a policy and not a date.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class Template:
    def __init__(self, name):
        self.name = name
        self.path = TEMPLATES / f"{name}.yaml"
        self.body = yaml.load(self.path.read_text(), _Loader)  # noqa: S506 (a subclass of SafeLoader)
        self.resources = self.body["Resources"]

    def of_type(self, kind):
        """The resources of a type, by logical name."""
        return {name: it for name, it in self.resources.items() if it["Type"] == kind}

    def only(self, kind):
        """The only resource of a type."""
        found = self.of_type(kind)
        assert len(found) == 1, f"{self.name}: {len(found)} of {kind}, not one: {sorted(found)}"
        return next(iter(found.values()))

    def exports(self):
        """The names of exports, as written."""
        return {it["Export"]["Name"]["Fn::Sub"] for it in self.body.get("Outputs", {}).values() if "Export" in it}

    def imports(self):
        """The names of exports of other stacks that this one imports, as written."""
        found = set()

        def walk(value):
            if isinstance(value, dict):
                if "Fn::ImportValue" in value:
                    found.add(value["Fn::ImportValue"]["Fn::Sub"])
                for it in value.values():
                    walk(it)
            elif isinstance(value, list):
                for it in value:
                    walk(it)

        walk(self.body)
        return found

    def deployed(self, **parameters):
        """The template with these parameters, and its defaults for the rest."""
        return Deployment(self, parameters)

    def deployed_to(self, environment, **changed):
        """The template with the parameters that the deploy script passes for an environment, except for those changed."""
        settings = json.loads((ENVIRONMENTS / f"{environment}.json").read_text())
        parameters = {"Project": settings["project"], "Environment": environment, **settings["stacks"].get(self.name, {})}
        return self.deployed(**{**parameters, **changed})


class Deployment:
    """A template with its parameters: what resources there are, and their properties evaluated.

    What only AWS knows is left as text in a fixed form: ``<Name>`` for a resource's Ref, ``<Name.Attribute>`` for an
    attribute, ``<<export>>`` for another stack's export.
    """

    def __init__(self, template, parameters):
        self.template = template
        declared = template.body.get("Parameters", {})
        unknown = set(parameters) - set(declared)
        assert not unknown, f"{template.name} has no parameters {sorted(unknown)}"
        self.parameters = {name: parameters.get(name, it.get("Default")) for name, it in declared.items()}
        missing = sorted(name for name, value in self.parameters.items() if value is None)
        assert not missing, f"{template.name} needs {missing}"

    @property
    def resources(self):
        return {
            name: {**it, "Properties": self.resolve(it.get("Properties", {}))}
            for name, it in self.template.resources.items()
            if "Condition" not in it or self.condition(it["Condition"])
        }

    def properties(self, name):
        """One resource's properties, by logical name."""
        return self.resources[name]["Properties"]

    def of_type(self, kind):
        return {name: it["Properties"] for name, it in self.resources.items() if it["Type"] == kind}

    def only(self, kind):
        found = self.of_type(kind)
        assert len(found) == 1, f"{self.template.name}: {len(found)} of {kind}, not one: {sorted(found)}"
        return next(iter(found.values()))

    def condition(self, name):
        return self.truth(self.template.body["Conditions"][name])

    def truth(self, value):
        """Whether a condition holds, as it is written in a template."""
        (kind, of), = value.items()
        match kind:
            case "Condition":
                return self.condition(of)
            case "Fn::Equals":
                # To CloudFormation, parameters are text, numbers too.
                return str(self.resolve(of[0])) == str(self.resolve(of[1]))
            case "Fn::Not":
                return not self.truth(of[0])
            case "Fn::And":
                return all(self.truth(it) for it in of)
            case "Fn::Or":
                return any(self.truth(it) for it in of)
        raise AssertionError(f"no condition: {kind}")

    def outputs(self):
        """The values of the outputs by name, without those whose condition is false."""
        return {
            name: self.resolve(it["Value"])
            for name, it in self.template.body.get("Outputs", {}).items()
            if "Condition" not in it or self.condition(it["Condition"])
        }

    def resolve(self, value):
        if isinstance(value, list):
            return [it for it in (self.resolve(it) for it in value) if it is not NoValue]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            (kind, of), = value.items()
            if kind == "Ref" or kind.startswith("Fn::"):
                return self._intrinsic(kind, of)
        resolved = {key: self.resolve(it) for key, it in value.items()}
        return {key: it for key, it in resolved.items() if it is not NoValue}

    def _intrinsic(self, kind, of):
        match kind:
            case "Ref":
                return self._reference(of)
            case "Fn::GetAtt":
                return f"<{'.'.join(of)}>"
            case "Fn::ImportValue":
                return f"<<{self.resolve(of)}>>"
            case "Fn::If":
                return self.resolve(of[1] if self.condition(of[0]) else of[2])
            case "Fn::Sub":
                return self._substitute(of)
            case "Fn::Join":
                return of[0].join(str(it) for it in self.resolve(of[1]))
            case "Fn::Split":
                text = self.resolve(of[1])
                # The text of an export has a fixed form, and only AWS knows how many parts it has.
                return [f"{text}[{index}]" for index in range(3)] if text.startswith("<") else text.split(of[0])
            case "Fn::Select":
                return self.resolve(of[1])[int(self.resolve(of[0]))]
            case "Fn::GetAZs":
                return ZONES
            case "Fn::FindInMap":
                table, first, second = self.resolve(of[:3])
                return self.resolve(self.template.body["Mappings"][table][first][second])
            case "Fn::Base64":
                return self.resolve(of)
            case "Fn::Cidr":
                return [f"<cidr {index} of {self.resolve(of[0])}>" for index in range(int(self.resolve(of[1])))]
        raise AssertionError(f"no intrinsic function: {kind}")

    def _reference(self, name):
        if name == "AWS::NoValue":
            return NoValue
        if name == "AWS::StackName":
            return f"<stack {self.template.name}>"
        if name in PSEUDO:
            return PSEUDO[name]
        if name in self.parameters:
            value = self.parameters[name]
            kind = self.template.body["Parameters"][name]["Type"]
            return str(value).split(",") if kind.startswith(("CommaDelimitedList", "List<")) else value
        assert name in self.template.resources, f"{self.template.name} refers to {name}, which is not there"
        return f"<{name}>"

    def _substitute(self, of):
        text, own = of if isinstance(of, list) else (of, {})

        def one(match):
            name = match.group(1)
            if name.startswith("!"):
                return "${" + name[1:] + "}"
            if name in own:
                return str(self.resolve(own[name]))
            return f"<{name}>" if "." in name else str(self._reference(name))

        return re.sub(r"\$\{([^}]+)\}", one, text)
