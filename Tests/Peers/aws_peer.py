"""Amazon's services as moto plays them, behind a server that checks every signature with botocore's signer; the endpoint that gives
containers their credentials; and services that refuse.

It prints one line of JSON when it is ready: its ports, and the names of the topics and queues. Argument: a directory (unused).
"""

import datetime
import json
import os
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

os.environ.update(AWS_ACCESS_KEY_ID="testing", AWS_SECRET_ACCESS_KEY="testing", AWS_EC2_METADATA_DISABLED="true")

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.server import ThreadedMotoServer

REGION = "eu-central-1"
KEYS = {"AKIDSTATIC": "static/Secret+Key"}
fetches = 0
moto_port = 0


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body, kind="application/json"):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def read(self):
        return self.rfile.read(int(self.headers.get("Content-Length", "0")))


def fault(handler, body):
    """What is wrong with the signature of a request, by botocore; None where it is right."""
    text = handler.headers.get("Authorization", "")
    if not text.startswith("AWS4-HMAC-SHA256 "):
        return "no signature"
    parts = dict(part.strip().split("=", 1) for part in text.removeprefix("AWS4-HMAC-SHA256 ").split(","))
    key, date, region, service, _ = parts["Credential"].split("/")
    signed = parts["SignedHeaders"].split(";")
    stamp = handler.headers["X-Amz-Date"]
    age = datetime.datetime.now(datetime.timezone.utc) - datetime.datetime.strptime(stamp + "+0000", "%Y%m%dT%H%M%SZ%z")
    if abs(age.total_seconds()) > 300 or not stamp.startswith(date):
        return "an old signature"
    for name in ["host", "x-amz-date", "content-type"] + [name.lower() for name in handler.headers if name.lower().startswith("x-amz-")]:
        if name not in signed:
            return f"{name} is not signed"
    request = AWSRequest(
        handler.command, f"http://{handler.headers['Host']}{handler.path}", data=body,
        headers={name: handler.headers[name] for name in signed})
    request.context["timestamp"] = stamp
    signer = SigV4Auth(Credentials(key, KEYS.get(key, "unknown"), handler.headers.get("X-Amz-Security-Token")), service, region)
    expected = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    return None if expected == parts["Signature"] else "another signature"


class Verified(Handler):
    """Checks the signature; passes the request on to moto, or says what it was."""

    def do_POST(self):
        body = self.read()
        wrong = fault(self, body)
        if wrong:
            self.answer(403, {"__type": "com.amazon#InvalidSignatureException", "message": wrong})
        elif self.path.startswith("/told"):
            self.answer(200, {"length": len(body), "token": self.headers.get("X-Amz-Security-Token")})
        else:
            request = urllib.request.Request(
                f"http://127.0.0.1:{moto_port}{self.path}", data=body,
                headers={name: value for name, value in self.headers.items() if name.lower() != "host"})
            # moto finds the service by the signature's scope.
            try:
                with urllib.request.urlopen(request) as response:
                    self.answer(response.status, response.read(), response.headers.get("Content-Type", ""))
            except urllib.error.HTTPError as error:
                self.answer(error.code, error.read(), error.headers.get("Content-Type", ""))


class Refusing(Handler):
    """Services that refuse, by the path."""

    def do_POST(self):
        body = self.read()
        kind = self.path.strip("/")
        if kind == "throttled":
            self.answer(400, {"__type": "com.amazonaws.sqs#RequestThrottled", "message": "slow down"})
        elif kind == "expired":
            self.answer(400, {"__type": "ExpiredTokenException", "message": "expired"})
        elif kind == "away":
            self.answer(503, b"<html>away</html>", "text/html")
        elif kind == "garbage":
            self.answer(200, b"\x00\xff{")
        elif kind == "partial":
            entries = json.loads(body)["Entries"]
            self.answer(200, {
                "Successful": [{"Id": entry["Id"], "MessageId": "id-" + entry["Id"]} for entry in entries[3:]],
                "Failed": [
                    {"Id": "m0", "Code": "InvalidMessageContents", "SenderFault": True, "Message": "bad characters"},
                    {"Id": "m1", "Code": "InternalError", "SenderFault": False, "Message": "try again"},
                ]})
        elif kind == "picky":
            entries = json.loads(body)["Entries"]
            if any("poison" in entry["MessageBody"] for entry in entries):
                self.answer(400, {"__type": "com.amazonaws.sqs#InvalidMessageContents", "message": "bad characters"})
            else:
                self.answer(200, {"Successful": [{"Id": entry["Id"], "MessageId": "taken"} for entry in entries], "Failed": []})
        else:
            self.answer(404, {})


class CredentialsEndpoint(Handler):
    """Each fetch gets another key, unless it is from /same. ?seconds= says how long it is valid."""

    def do_GET(self):
        global fetches
        parts = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        fetches += 1
        if parts.path == "/count":
            fetches -= 1
            return self.answer(200, {"fetches": fetches})
        if parts.path == "/fail":
            return self.answer(500, b"secret details")
        if parts.path == "/garbage":
            return self.answer(200, b"no json")
        if parts.path == "/empty":
            return self.answer(200, {"AccessKeyId": "", "SecretAccessKey": ""})
        if parts.path == "/hang":
            time.sleep(30)
        if "token" in query and self.headers.get("Authorization") != query["token"]:
            return self.answer(403, {"message": "wrong token"})
        time.sleep(0.05)
        end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=int(query.get("seconds", "3600")))
        number = "SAME" if parts.path == "/same" else fetches
        key = f"TESTKEY{number}"
        KEYS[key] = f"secret/{number}"
        self.answer(200, {
            "RoleArn": "arn:aws:iam::123456789012:role/task", "AccessKeyId": key, "SecretAccessKey": KEYS[key],
            "Token": f"token=={number}", "Expiration": end.strftime("%Y-%m-%dT%H:%M:%SZ")})


def client(service):
    return boto3.client(service, region_name=REGION, endpoint_url=f"http://127.0.0.1:{moto_port}")


class Inspector(Handler):
    """GET /NAME: takes all messages of a queue."""

    def do_GET(self):
        sqs = client("sqs")
        url = sqs.get_queue_url(QueueName=self.path.strip("/"))["QueueUrl"]
        taken = []
        while True:
            answer = sqs.receive_message(
                QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"], MessageAttributeNames=["All"])
            messages = answer.get("Messages", [])
            if not messages:
                break
            for message in messages:
                taken.append({
                    "body": message["Body"],
                    "group": message["Attributes"].get("MessageGroupId"),
                    "duplicate": message["Attributes"].get("MessageDeduplicationId"),
                    "type": message.get("MessageAttributes", {}).get("type", {}).get("StringValue"),
                })
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        self.answer(200, taken)


def serve(handler):
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def make_resources():
    """A queue and a topic of each kind, and a bus; what a topic or bus gets, a queue of its own gets."""
    sqs, sns, events = client("sqs"), client("sns"), client("events")

    def queue(name):
        fifo = {"FifoQueue": "true"} if name.endswith(".fifo") else {}
        url = sqs.create_queue(QueueName=name, Attributes=fifo)["QueueUrl"]
        return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    names = {}
    for suffix in ("", ".fifo"):
        names["queue" + suffix] = queue("events" + suffix)[0]
        topic = sns.create_topic(
            Name="topic" + suffix, Attributes={"FifoTopic": "true", "ContentBasedDeduplication": "false"} if suffix else {})["TopicArn"]
        sns.subscribe(
            TopicArn=topic, Protocol="sqs", Endpoint=queue("from-topic" + suffix)[1],
            Attributes={"RawMessageDelivery": "true"})
        names["topic" + suffix] = topic
    events.create_event_bus(Name="shop")
    events.put_rule(Name="all", EventBusName="shop", EventPattern=json.dumps({"source": ["commerce"]}))
    events.put_targets(Rule="all", EventBusName="shop", Targets=[{"Id": "1", "Arn": queue("from-bus")[1]}])
    return names


def main():
    global moto_port
    moto = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    moto.start()
    moto_port = moto.get_host_and_port()[1]
    names = make_resources()
    print(json.dumps({
        "moto": moto_port, "verified": serve(Verified), "refusing": serve(Refusing), "credentials": serve(CredentialsEndpoint),
        "inspector": serve(Inspector), **names}), flush=True)
    threading.Event().wait()


main()
