"""An HTTP proxy in front of moto_server that counts the calls of the AWS CLI and breaks some of them.

It also stands for what moto does not have: tasks that end, services that run their tasks, change sets (moto's make stacks
without outputs), and stacks that take their time or roll back. Everything else is passed on to moto and answered by it.
"""

import json
import math
import re
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode
from xml.sax.saxutils import escape

# What is left of a stack whose creation was taken back.
EMPTY = "Resources: {Nothing: {Type: AWS::CloudFormation::WaitConditionHandle}}"
# As the `seconds` of a task or an update: it goes on until the test says `finish_tasks` or `finish_updates`. What another
# process is to meet under way must not be over after so many seconds, which a slow machine may need for less.
HELD = math.inf
# What reads, and what a change set is prepared with: everything else changes something.
READS = re.compile(r"^(Describe|Get|List|Batch|Validate|Filter)")


@dataclass
class TaskEnd:
    """How a one-off task ends: with an exit code, or with none where it never started."""

    exit_code: int | None = 0
    reason: str = "Essential container in task exited"
    log: list[str] = field(default_factory=lambda: ['{"level":"info","message":"the schema is where it should be"}'])
    seconds: float = 0


@dataclass
class Update:
    """How a change of a stack goes: for so long, and to which end."""

    seconds: float = 0.3
    fails: str | None = None


class Faults:
    def __init__(self, moto, logs):
        self.moto, self.logs = moto, logs
        self.lock = threading.Lock()
        self.calls, self.failures = [], []
        self.throttle, self.lose, self.no_capacity = Counter(), Counter(), 0
        self.task_end, self.update = TaskEnd(), Update()
        # Set: the image that the service's tasks never turn away from.
        self.stuck_on = None
        self.blind_to_tasks = False
        self.tasks, self.services, self.stacks, self.change_sets = {}, {}, {}, {}
        faults = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, kind, answer = faults.answer(self.path, self.headers, body)
                if status is None:
                    self.close_connection = True
                    return
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_POST

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    @property
    def changes(self):
        """The calls that changed something; change sets that are made to be looked at do not."""
        return [call for call in self.calls if not READS.match(call) and call not in ("CreateChangeSet", "DeleteChangeSet")]

    def answer(self, path, headers, body):
        target = headers.get("X-Amz-Target", "")
        if target:
            action, request = target.rsplit(".", 1)[1], json.loads(body or b"{}")
        else:
            request = {name: values[0] for name, values in parse_qs(body.decode()).items()}
            action = request.get("Action", path)
        with self.lock:
            self.calls.append(action)
            throttled = self.throttle[action] > 0
            self.throttle[action] -= throttled
            lost = self.lose[action] > 0
            self.lose[action] -= lost
        if throttled:
            return error(bool(target), "ThrottlingException", "Rate exceeded")
        special = getattr(self, f"on_{action}", None)
        try:
            result = special(request, path, headers, body) if special else None
        except Exception as failure:
            self.failures.append(f"{action}: {failure!r}")
            return error(bool(target), "ProxyFailure", repr(failure))
        if result is None:
            result = self.forward(path, headers, body)
        return (None, None, None) if lost else result

    def forward(self, path, headers, body):
        kept = {name: value for name, value in headers.items() if name.lower() not in ("host", "connection", "content-length")}
        request = urllib.request.Request(self.moto + path, data=body, headers=kept, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return response.status, response.headers.get("Content-Type", ""), response.read()
        except urllib.error.HTTPError as failure:
            return failure.code, failure.headers.get("Content-Type", ""), failure.read()

    # --- Tasks ----------------------------------------------------------------------------------------------------------

    def on_RunTask(self, request, path, headers, body):
        with self.lock:
            if self.no_capacity > 0:
                self.no_capacity -= 1
                return answer({"tasks": [], "failures": [{"reason": "Capacity is unavailable at this time. Please try again later"}]})
            # The same token again is the same task again.
            for task in self.tasks.values():
                if task["token"] == request.get("clientToken"):
                    return task["answer"]
            result = self.forward(path, headers, body)
            if result[0] == 200:
                task = json.loads(result[2])["tasks"][0]
                self.tasks[task["taskArn"]] = {
                    "token": request.get("clientToken"), "answer": result, "end": self.task_end, "at": time.monotonic() + self.task_end.seconds,
                    "definition": request["taskDefinition"], "group": request.get("group"), "network": request.get("networkConfiguration"),
                    "overrides": request.get("overrides"),
                }
                if self.task_end.exit_code is not None:
                    self.write_log(request["taskDefinition"], task["taskArn"])
            return result

    def write_log(self, definition, task):
        family = definition.rsplit("/", 1)[1].split(":")[0]
        role = family.rsplit("-", 1)[1]
        group, stream = f"/{family.rsplit('-', 1)[0].replace('-', '/')}/{role}", f"{role}/{role}/{task.rsplit('/', 1)[1]}"
        self.logs.create_log_stream(logGroupName=group, logStreamName=stream)
        now = int(time.time() * 1000)
        self.logs.put_log_events(
            logGroupName=group, logStreamName=stream, logEvents=[{"timestamp": now, "message": line} for line in self.task_end.log])

    def on_ListTasks(self, request, path, headers, body):
        if "serviceName" in request:
            return answer({"taskArns": [f"{request['serviceName'].replace(':service/', ':task/')}/{number}" for number in (1, 2)]})
        if self.blind_to_tasks:
            return answer({"taskArns": []})
        running = [arn for arn, task in self.tasks.items()
                   if task["definition"].rsplit("/", 1)[1].split(":")[0] == request["family"] and time.monotonic() < task["at"]]
        return answer({"taskArns": running})

    def on_DescribeTasks(self, request, path, headers, body):
        if request["tasks"][0] in self.tasks:
            result = json.loads(self.forward(path, headers, body)[2])
            for described in result["tasks"]:
                task = self.tasks[described["taskArn"]]
                if time.monotonic() < task["at"]:
                    described["lastStatus"] = "RUNNING"
                    continue
                end = task["end"]
                container = {"name": task["definition"].rsplit("/", 1)[1].split(":")[0].rsplit("-", 1)[1], "lastStatus": "STOPPED"}
                if end.exit_code is not None:
                    container["exitCode"] = end.exit_code
                described |= {"lastStatus": "STOPPED", "stoppedReason": end.reason, "containers": [container]}
            return answer(result)
        # Those of a service run what its task definition names.
        service = request["tasks"][0].replace(":task/", ":service/").rsplit("/", 1)[0]
        description = self.call("DescribeServices", {"cluster": request["cluster"], "services": [service]}, headers)
        definition = self.call("DescribeTaskDefinition", {"taskDefinition": description["services"][0]["taskDefinition"]}, headers)
        image = self.stuck_on or image_of(definition)
        return answer({"tasks": [
            {"taskArn": arn, "lastStatus": "RUNNING", "containers": [{"name": "commerce", "image": image}]} for arn in request["tasks"]]})

    def call(self, action, request, headers):
        passed = {**headers, "X-Amz-Target": f"AmazonEC2ContainerServiceV20141113.{action}", "Content-Type": "application/x-amz-json-1.1"}
        return json.loads(self.forward("/", passed, json.dumps(request).encode())[2])

    # --- Stacks ---------------------------------------------------------------------------------------------------------

    def on_CreateChangeSet(self, request, path, headers, body):
        stack, kind = request["StackName"], request["ChangeSetType"]
        before = self.stacks.get(stack)
        if kind == "UPDATE" and not before:
            return error(False, "ValidationError", f"Stack [{stack}] does not exist")
        wanted = {}
        for number in range(1, 100):
            if (key := request.get(f"Parameters.member.{number}.ParameterKey")) is None:
                break
            value = request.get(f"Parameters.member.{number}.ParameterValue")
            if value is None:
                # What was never given stays at the template's own.
                value = before["wanted"][1].get(key)
            if value is not None:
                wanted[key] = value
        wanted = (before["wanted"][0] if "UsePreviousTemplate" in request else request["TemplateBody"], wanted)
        name = f"arn:aws:cloudformation:eu-west-1:123456789012:changeSet/{request['ChangeSetName']}/{uuid.uuid4()}"
        with self.lock:
            self.change_sets[name] = {
                "stack": stack, "kind": kind, "version": self.version(stack), "wanted": wanted, "same": before and before["wanted"] == wanted,
                "role": request.get("RoleARN")}
        return xml("CreateChangeSet", f"<Id>{name}</Id><StackId>arn:aws:cloudformation:eu-west-1:123456789012:stack/{stack}/1</StackId>")

    def on_DescribeChangeSet(self, request, path, headers, body):
        change = self.change_sets[request["ChangeSetName"]]
        if change["same"]:
            return xml("DescribeChangeSet", "<Status>FAILED</Status><StatusReason>The submitted information didn't contain changes. "
                       "Submit different information to create a change set.</StatusReason>")
        return xml("DescribeChangeSet", "<Status>CREATE_COMPLETE</Status><Changes><member><Type>Resource</Type><ResourceChange>"
                   "<Action>Modify</Action><LogicalResourceId>Changed</LogicalResourceId><ResourceType>AWS::ECS::Service</ResourceType>"
                   "<Replacement>True</Replacement></ResourceChange></member></Changes>")

    def on_DeleteChangeSet(self, request, path, headers, body):
        del self.change_sets[request["ChangeSetName"]]
        return xml("DeleteChangeSet", "")

    def version(self, stack):
        return self.stacks.get(stack, {}).get("version")

    def on_ExecuteChangeSet(self, request, path, headers, body):
        with self.lock:
            change = self.change_sets[request["ChangeSetName"]]
            stack, kind = change["stack"], change["kind"]
            state = self.stacks.get(stack)
            # A change set is void once the stack has changed otherwise.
            if (state and time.monotonic() < state["at"]) or change["version"] != self.version(stack):
                return error(False, "InvalidChangeSetStatus", f"ChangeSet [{request['ChangeSetName']}] cannot be executed in its current state")
            update = self.update
            end = f"{kind}_COMPLETE"
            if update.fails:
                end = "ROLLBACK_COMPLETE" if kind == "CREATE" else "UPDATE_ROLLBACK_COMPLETE"
            template, parameters = change["wanted"]
            if kind == "CREATE" or not update.fails:
                # A creation that fails leaves an empty stack, a failed update what was.
                done = self.apply("CreateStack" if kind == "CREATE" else "UpdateStack", stack, EMPTY if update.fails else template, parameters, headers)
                assert done[0] == 200, done
            self.stacks[stack] = {
                "version": str(uuid.uuid4()), "at": time.monotonic() + update.seconds, "during": f"{kind}_IN_PROGRESS", "end": end,
                "fails": update.fails, "change_set": request["ChangeSetName"], "role": change["role"],
                "wanted": state["wanted"] if state and update.fails else change["wanted"]}
            return xml("ExecuteChangeSet", "")

    def apply(self, action, stack, template, parameters, headers):
        # Moto compares the text of a resource only, not what its parameters make of it.
        for key, value in parameters.items():
            template = template.replace(f"!Ref {key}}}", f'"{value}"}}').replace(f"${{{key}}}", value)
        form = {"Action": action, "Version": "2010-05-15", "StackName": stack, "TemplateBody": template}
        for number, (key, value) in enumerate(parameters.items(), 1):
            form |= {f"Parameters.member.{number}.ParameterKey": key, f"Parameters.member.{number}.ParameterValue": value}
        return self.forward("/", headers, urlencode(form).encode())

    def on_ValidateTemplate(self, request, path, headers, body):
        # Moto asks cfn-lint, which is stricter than AWS.
        if "Resources:" not in request["TemplateBody"]:
            return error(False, "ValidationError", "Template format error: At least one Resources member must be defined.")
        return xml("ValidateTemplate", "<Parameters/>")

    def on_GetTemplate(self, request, path, headers, body):
        return xml("GetTemplate", f"<TemplateBody>{escape(self.template(request['StackName']))}</TemplateBody>")

    def on_DescribeStacks(self, request, path, headers, body):
        status, kind, text = self.forward(path, headers, body)
        state = self.stacks.get(request.get("StackName"))
        if state and status == 200:
            now = state["during"] if time.monotonic() < state["at"] else state["end"]
            text = re.sub(rb"<StackStatus>.*?</StackStatus>", f"<StackStatus>{now}</StackStatus>".encode(), text)
            text = re.sub(rb"<ChangeSetId>.*?</ChangeSetId>", b"", text)
            text = text.replace(b"<StackStatus>", f"<ChangeSetId>{state['change_set']}</ChangeSetId><StackStatus>".encode(), 1)
        return status, kind, text

    def on_DescribeStackEvents(self, request, path, headers, body):
        result = self.forward(path, headers, body)
        state = self.stacks.get(request["StackName"])
        if state and state["fails"] and time.monotonic() >= state["at"]:
            event = (f"<member><EventId>{state['version']}</EventId><StackName>{request['StackName']}</StackName><StackId>none</StackId>"
                     "<LogicalResourceId>Service</LogicalResourceId><ResourceStatus>UPDATE_FAILED</ResourceStatus>"
                     f"<ResourceStatusReason>{state['fails']}</ResourceStatusReason><Timestamp>2026-01-01T00:00:00Z</Timestamp></member>")
            text = result[2].replace(b"<StackEvents>", b"<StackEvents>" + event.encode(), 1)
            return result[0], result[1], text
        return result

    def template(self, stack):
        """What a stack was last changed to."""
        return self.stacks[stack]["wanted"][0]

    def finish_updates(self):
        for state in self.stacks.values():
            state["at"] = 0

    def finish_tasks(self):
        for task in self.tasks.values():
            task["at"] = 0

    def is_changing(self, stack):
        """Whether a change of the stack has been executed and is not over."""
        with self.lock:
            return time.monotonic() < self.stacks.get(stack, {"at": 0})["at"]

    def on_DeleteStack(self, request, path, headers, body):
        with self.lock:
            self.stacks.pop(request["StackName"], None)


def image_of(described):
    """The image of a described task definition."""
    return described["taskDefinition"]["containerDefinitions"][0]["image"]


def answer(value):
    return 200, "application/x-amz-json-1.1", json.dumps(value).encode()


def error(is_json, code, message):
    if is_json:
        return 400, "application/x-amz-json-1.1", json.dumps({"__type": code, "message": message}).encode()
    body = f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error><RequestId>1</RequestId></ErrorResponse>"
    return 400, "text/xml", body.encode()


def xml(action, content):
    body = (f'<{action}Response xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><{action}Result>{content}</{action}Result>'
            f"<ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></{action}Response>")
    return 200, "text/xml", body.encode()
