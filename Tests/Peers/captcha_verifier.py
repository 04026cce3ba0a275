"""A service that checks proof of a person by the protocol of Turnstile, hCaptcha and reCAPTCHA (siteverify).

It says its port. `good-…` is right, once; `slow-…` is answered after a minute; `broken-…` with 500; `robot-…` with a low score. Any
other answer is wrong. The secret is `captcha-secret-never-shown & more`. Each request is a line of JSON: what it got, and what it said.
"""

import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from urllib.parse import parse_qs

SECRET = "captcha-secret-never-shown & more"
USED, WRITING = set(), Lock()


def say(values):
    print(json.dumps(values), flush=True)


def check(form):
    answer = form.get("response", "")
    if form.get("secret") != SECRET:
        return 200, {"success": False, "error-codes": ["invalid-input-secret"]}
    if answer.startswith("slow-"):
        time.sleep(60)
    if answer.startswith("broken-"):
        return 500, {"success": True}
    if answer.startswith("robot-"):
        return 200, {"success": True, "score": 0.1}
    with WRITING:
        if answer in USED:
            return 200, {"success": False, "error-codes": ["timeout-or-duplicate"]}
        USED.add(answer)
    if answer.startswith("good-"):
        return 200, {"success": True, "error-codes": [], "hostname": "shop.example"}
    return 200, {"success": False, "error-codes": ["invalid-input-response"]}


class Verifier(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body, strict_parsing=True).items()}
        status, answer = check(form)
        with WRITING:
            say({"path": self.path, "type": self.headers["content-type"], "fields": ",".join(sorted(form)),
                 "response": form.get("response", ""), "success": str(answer["success"])})
        text = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Verifier)
say({"port": server.server_port})
server.serve_forever()
