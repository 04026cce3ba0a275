"""An account to deploy to: moto behind the fault proxy, small stacks, an image repository with images, and the scripts of
deploy/bin run as a user runs them.

The stacks are small on purpose: what the scripts do is independent of what is in them, and moto would skip most of it.
"""

import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import boto3
from aws_faults import Faults, image_of
from stand_in_shop import Shop

from template import ROOT

REGION = "eu-west-1"
REPOSITORY = f"123456789012.dkr.ecr.{REGION}.amazonaws.com/commerce"
MANIFEST = "application/vnd.oci.image.index.v1+json"
CREDENTIALS = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing", "region_name": REGION}

PIPELINE = """
Parameters: {Project: {Type: String}}
Resources:
  Repository: {Type: AWS::ECR::Repository, Properties: {RepositoryName: !Ref Project}}
Outputs:
  RepositoryUri: {Value: !Sub "${AWS::AccountId}.dkr.ecr.${AWS::Region}.amazonaws.com/${Repository}"}
"""
NETWORK = """
Parameters: {Project: {Type: String}, Environment: {Type: String}, Range: {Type: String}}
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: !Ref Range}}
  Subnet: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: !Ref Range}}
  Group: {Type: AWS::EC2::SecurityGroup, Properties: {VpcId: !Ref Vpc, GroupDescription: service}}
Outputs:
  Subnets: {Value: !Ref Subnet, Export: {Name: !Sub "${Project}-${Environment}-PrivateSubnetIds"}}
  Group: {Value: !Ref Group, Export: {Name: !Sub "${Project}-${Environment}-ServiceSecurityGroupId"}}
"""
CLUSTER = """
Parameters:
  Project: {Type: String}
  Environment: {Type: String}
  RepositoryUri: {Type: String}
  ImageDigest: {Type: String}
  Url: {Type: String}
Resources:
  Cluster: {Type: AWS::ECS::Cluster, Properties: {ClusterName: !Sub "${Project}-${Environment}"}}
Outputs:
  ClusterName: {Value: !Ref Cluster, Export: {Name: !Sub "${Project}-${Environment}-ClusterName"}}
  Url: {Value: !Ref Url, Export: {Name: !Sub "${Project}-${Environment}-Url"}}
"""
# What the real stacks export to the definitions of one-off tasks, by value alone.
EXPORTED = {
    **{f"{role}{kind}RoleArn": f"arn:aws:iam::123456789012:role/{role.lower()}-{kind.lower()}"
       for role in ("Migration", "Bootstrap") for kind in ("Execution", "Task")},
    **{f"{name}SecretArn": f"arn:aws:secretsmanager:{REGION}:123456789012:secret:{name.lower()}" for name in ("Master", "Migration", "Service")},
    "MigrationLogGroup": "/commerce/staging/migrate", "BootstrapLogGroup": "/commerce/staging/bootstrap",
    "ServiceLogGroup": "/commerce/staging/service", "DatabaseInstanceId": "commerce-staging",
    "DatabaseEndpoint": "database.internal", "DatabasePort": "5432", "DatabaseName": "commerce",
}
SERVICE = """
Parameters:
  Project: {Type: String}
  Environment: {Type: String}
  RepositoryUri: {Type: String}
  ImageDigest: {Type: String}
  LogLevel: {Type: String, Default: info}
Resources:
  TaskDefinition:
    Type: AWS::ECS::TaskDefinition
    Properties:
      Family: !Sub "${Project}-${Environment}-service"
      # Begun small, since moto forgets the capital names when it updates a definition.
      ContainerDefinitions:
        - name: commerce
          image: !Sub "${RepositoryUri}@${ImageDigest}"
          memory: 512
          environment: [{name: LOG_LEVEL, value: !Ref LogLevel}]
  Service:
    Type: AWS::ECS::Service
    Properties:
      Cluster: !Sub "${Project}-${Environment}"
      TaskDefinition: !Ref TaskDefinition
      DesiredCount: 2
      Tags: [{Key: Digest, Value: !Ref ImageDigest}]
"""


COSIGN = r"""#!/usr/bin/env bash
set -euo pipefail
if [[ $1 == login ]]; then
    # As `docker login` does it: what it leaves must go with the script.
    read -r password
    [[ $2 == --username && $3 == AWS && $4 == --password-stdin && $5 == *.amazonaws.com && -n $password ]]
    mkdir -p "$DOCKER_CONFIG" && echo "$password" >"$DOCKER_CONFIG/config.json"
    exit
fi
[[ $1 == verify && -e $DOCKER_CONFIG/config.json && " $* " == *" --certificate-oidc-issuer https://token.actions.githubusercontent.com "* ]]
all="$*" && identity=${all#*--certificate-identity } && identity=${identity%% *}
grep -qxF "${!#} $identity" SIGNED || { echo "Error: no matching signatures" >&2; exit 10; }
"""


class Account:
    def __init__(self, directory):
        self.directory, self.started = directory, []
        self.port = free_port()
        log = open(directory / "moto.log", "w")  # noqa: SIM115 (the server's, for as long as it runs)
        self.moto = subprocess.Popen(
            [Path(sys.executable).parent / "moto_server", "-H", "127.0.0.1", "-p", str(self.port)], stdout=log, stderr=log)
        self.moto_url = f"http://127.0.0.1:{self.port}"
        wait_for_port(self.port)
        self.faults = Faults(self.moto_url, self.client("logs"))
        self.shop = Shop(catalogue=False)
        self.lay_out()

    def close(self):
        for process in self.started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self.faults.close()
        self.shop.close()
        self.moto.terminate()
        self.moto.wait()

    def client(self, service):
        return boto3.client(service, endpoint_url=self.moto_url, **CREDENTIALS)

    def lay_out(self):
        """A project directory of its own: the scripts and task definitions as they are, with the small stacks."""
        self.deploy = self.directory / "project" / "deploy"
        shutil.copytree(ROOT / "deploy" / "bin", self.deploy / "bin")
        shutil.copytree(ROOT / "deploy" / "ecs", self.deploy / "ecs")
        (self.deploy / "environments").mkdir()
        (self.deploy / "cloudformation").mkdir()
        outputs = "".join(
            f'  {name}: {{Value: "{value}", Export: {{Name: !Sub "${{Project}}-${{Environment}}-{name}"}}}}\n' for name, value in EXPORTED.items())
        for name, body in {"pipeline": PIPELINE, "network": NETWORK, "cluster": CLUSTER + outputs, "service": SERVICE}.items():
            self.template(name).write_text(body)
        self.write_environment({})
        # In cosign's place: an image is signed by the one build whose name this file has beside its digest.
        self.signed = self.directory / "signed"
        self.signed.write_text("")
        (self.directory / "bin").mkdir()
        cosign = self.directory / "bin" / "cosign"
        cosign.write_text(COSIGN.replace("SIGNED", str(self.signed)))
        cosign.chmod(0o755)

    def sign(self, digest, by="acme/shop"):
        with self.signed.open("a") as file:
            file.write(f"{REPOSITORY}@{digest} https://github.com/{by}/.github/workflows/build.yaml@refs/heads/main\n")

    def template(self, name):
        return self.deploy / "cloudformation" / f"{name}.yaml"

    def write_environment(self, service):
        (self.deploy / "environments" / "staging.json").write_text(json.dumps({
            "region": REGION, "project": "commerce",
            "stacks": {"network": {"Range": "10.0.0.0/24"}, "cluster": {"Url": self.shop.url}, "service": service,
                       "pipeline": {"GitHubRepository": "acme/shop"}}}))

    def provision(self):
        """The account ready for its first deployment, as `provision` makes it; answers the digests of three images."""
        self.make_stack("pipeline")
        digests = [self.push(f"release {number}") for number in (1, 2, 3)]
        self.make_stack("network", Range="10.0.0.0/24")
        # Moto's tasks want the name that their interface has then, and its stacks do not set this.
        ec2 = self.client("ec2")
        ec2.modify_vpc_attribute(VpcId=self.stack_resource("network", "Vpc"), EnableDnsHostnames={"Value": True})
        self.make_stack("cluster", RepositoryUri=REPOSITORY, ImageDigest=digests[0], Url=self.shop.url)
        for group in ("migrate", "bootstrap"):
            self.client("logs").create_log_group(logGroupName=f"/commerce/staging/{group}")
        self.faults.calls.clear()
        return digests

    def release(self, digest):
        """The account as it is after a good deployment."""
        self.make_stack("service", RepositoryUri=REPOSITORY, ImageDigest=digest)
        self.client("ssm").put_parameter(Name="/commerce/staging/release", Type="String", Value=digest, Overwrite=True)
        self.faults.calls.clear()

    def make_stack(self, template, **parameters):
        """As the scripts do it: by a change set."""
        client = boto3.client("cloudformation", endpoint_url=self.faults.url, **CREDENTIALS)
        name = "commerce-pipeline" if template == "pipeline" else f"commerce-staging-{template}"
        parameters |= {"Project": "commerce"} | ({} if template == "pipeline" else {"Environment": "staging"})
        change = client.create_change_set(
            StackName=name, ChangeSetName=f"made-{time.monotonic_ns()}", ChangeSetType="UPDATE" if self.stack(name) else "CREATE",
            TemplateBody=self.template(template).read_text(),
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()])
        client.execute_change_set(ChangeSetName=change["Id"], StackName=name)
        self.faults.finish_updates()

    def push(self, name, architectures=("amd64", "arm64"), signed=True):
        """An image index; its digest."""
        ecr = self.client("ecr")
        manifests = []
        for architecture in architectures:
            manifest = json.dumps({
                "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "annotations": {"name": f"{name} {architecture}"},
                "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "size": 1, "digest": "sha256:" + "0" * 64}, "layers": []})
            pushed = ecr.put_image(
                repositoryName="commerce", imageManifest=manifest, imageManifestMediaType="application/vnd.oci.image.manifest.v1+json",
                imageDigest=digest_of(manifest))
            manifests.append({
                "digest": pushed["image"]["imageId"]["imageDigest"], "size": len(manifest), "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "platform": {"architecture": architecture, "os": "linux"}})
        index = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "manifests": manifests})
        pushed = ecr.put_image(repositoryName="commerce", imageManifest=index, imageManifestMediaType=MANIFEST, imageTag=name.replace(" ", "-"), imageDigest=digest_of(index))
        digest = pushed["image"]["imageId"]["imageDigest"]
        if signed:
            self.sign(digest)
        return digest

    def environment(self, scratch, **more):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        path = os.pathsep.join([str(self.directory / "bin"), str(Path(sys.executable).parent), kept["PATH"]])
        return kept | {
            "PATH": path, "TMPDIR": str(scratch), "AWS_ENDPOINT_URL": self.faults.url, "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing", "DEPLOY_POLL_SECONDS": "0.1", "DEPLOY_SMOKE_WAIT": "1",
        } | more

    def start(self, script, *arguments, **more):
        # Of its own, so that what it leaves behind is seen.
        scratch = Path(tempfile.mkdtemp(dir=self.directory))
        process = subprocess.Popen(
            [self.deploy / "bin" / script, *arguments], env=self.environment(scratch, **more), text=True, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, start_new_session=True)
        process.scratch = scratch
        self.started.append(process)
        return process

    def run(self, script, *arguments, check=False, **more):
        process = self.start(script, *arguments, **more)
        stdout, stderr = process.communicate(timeout=180)
        result = subprocess.CompletedProcess([script, *arguments], process.returncode, stdout, stderr)
        if check and result.returncode != 0:
            raise AssertionError(f"{script} {arguments} ended with {result.returncode}:\n{stdout}{stderr}")
        assert self.faults.failures == []
        assert list(process.scratch.iterdir()) == [], "a script left something in the temporary directory"
        return result

    # --- What is so, as AWS tells it ------------------------------------------------------------------------------------

    def stack(self, name):
        try:
            return self.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
        except self.client("cloudformation").exceptions.ClientError:
            return None

    def stack_resource(self, stack, name):
        client = self.client("cloudformation")
        return client.describe_stack_resource(
            StackName=f"commerce-staging-{stack}", LogicalResourceId=name)["StackResourceDetail"]["PhysicalResourceId"]

    def served_image(self):
        """The image of the service's task definition, after the @."""
        ecs = self.client("ecs")
        arns = ecs.list_services(cluster="commerce-staging")["serviceArns"]
        if not arns:
            return None
        service = ecs.describe_services(cluster="commerce-staging", services=arns)["services"][0]
        return image_of(ecs.describe_task_definition(taskDefinition=service["taskDefinition"])).split("@")[1]

    def releases(self):
        ssm = self.client("ssm")
        try:
            history = ssm.get_parameter_history(Name="/commerce/staging/release")["Parameters"]
        except ssm.exceptions.ParameterNotFound:
            return []
        return [entry["Value"] for entry in history]


def digest_of(text):
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for_port(port, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"nothing listens on port {port}")
