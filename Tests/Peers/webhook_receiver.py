"""A receiver of webhooks that verifies each request with the package standardwebhooks, another implementation than the shop's.

Usage: webhook_receiver.py DIRECTORY

It says its port. DIRECTORY/secrets has one secret a line, and is read again for each request; a request is verified by each of them.
Each request is a line of JSON in DIRECTORY/log. The path of a request says how it is answered.
"""

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock
from urllib.parse import urlsplit

from standardwebhooks import Webhook, WebhookVerificationError

SECRETS, LOG = Path(sys.argv[1]) / "secrets", Path(sys.argv[1]) / "log"
WRITING = Lock()
FAILURES = {}


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        verified = [verify(secret, body, headers) for secret in SECRETS.read_text().split()]
        path = urlsplit(self.path).path
        with WRITING:
            count = FAILURES[headers["webhook-id"]] = FAILURES.get(headers["webhook-id"], 0) + 1
            with LOG.open("a") as log:
                entry = {"path": self.path, "headers": headers, "body": body.decode(), "verified": verified, "attempt": count}
                log.write(json.dumps(entry) + "\n")
        if not any(verified):
            return self.answer(401, b"no valid signature")
        match path:
            case "/gone":
                self.answer(410, b"no more, please")
            case "/slow":
                time.sleep(5)
                self.answer(200, b"late")
            case "/redirect":
                self.answer(302, b"elsewhere", location="http://169.254.169.254/latest/meta-data/")
            case "/fails":
                self.answer(500, b"\x1b[31mbroken\x1b[0m\r\n\xff\x00 by \xe2\x80\xae" + SECRETS.read_bytes().split()[0])
            case "/recovers":
                self.answer(500 if count < 2 else 204, b"")
            case "/busy":
                self.answer(429, b"", retry_after="7")
            case "/busy-until":
                self.answer(503, b"", retry_after="Fri, 01 Jan 2100 00:00:00 GMT")
            case "/long":
                self.answer(200, "ä".encode() * 100_000)
            case "/closes":
                self.close_connection = True
                self.connection.close()
            case _:
                self.answer(204, b"")

    def answer(self, status, body, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if status != 204:
            self.send_header("content-length", str(len(body)))
        self.end_headers()
        if status != 204:
            self.wfile.write(body)

    def log_message(self, *_):
        pass


def verify(secret, body, headers):
    """Whether the package accepts the request."""
    try:
        Webhook(secret).verify(body, headers)
    except WebhookVerificationError:
        return False
    return True


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.daemon_threads = True
    print(json.dumps({"port": server.server_address[1]}), flush=True)
    server.serve_forever()
