"""The function that decides whether a new release takes over: its code from service.yaml, run against HTTP servers."""

import http.server
import json
import threading
import time

import pytest

HEALTH = {"status": "ok", "checks": {"postgres": {"status": "ok"}, "redis": {"status": "ok"}}}
PRODUCTS = {"data": [], "next_cursor": None}
HEADERS = {"Content-Type": "application/json", "X-Content-Type-Options": "nosniff"}


@pytest.fixture(scope="module")
def code(template):
    function = template("service").resources["SmokeTest"]["Properties"]
    text = function["Code"]["ZipFile"]
    # The limit of CloudFormation for code in a template.
    assert len(text) <= 4096
    assert function["Handler"] == "index.handler"
    return compile(text, "index.py", "exec")


class Release:
    """A server whose responses a test sets: path to (status, headers, body)."""

    def __init__(self):
        self.answers = {"/health": (200, HEADERS, HEALTH), "/v1/products?limit=1": (200, HEADERS, PRODUCTS)}
        self.paths = []
        release = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                release.paths.append((self.path, self.headers["User-Agent"]))
                answer = release.answers.get(self.path, (404, HEADERS, {}))
                status, headers, body = answer() if callable(answer) else answer
                body = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def release():
    it = Release()
    yield it
    it.close()


@pytest.fixture
def run(code, monkeypatch):
    def run(url, patience=0, pause=0.05):
        monkeypatch.setenv("TEST_URL", url)
        module = {"__name__": "index"}
        exec(code, module)
        module["PATIENCE"], module["PAUSE"] = patience, pause
        return module["handler"]({"lifecycleStage": "POST_TEST_TRAFFIC_SHIFT", "executionId": "1"}, None)

    return run


def test_a_good_release_takes_over(release, run):
    assert run(release.url) == {"hookStatus": "SUCCEEDED"}
    assert [path for path, _ in release.paths] == ["/health", "/v1/products?limit=1"]
    # Without a User-Agent, the firewall's common rules refuse a request.
    assert all(agent for _, agent in release.paths)


def test_a_release_without_its_cache_takes_over(release, run):
    degraded = {"status": "degraded", "checks": {"postgres": {"status": "ok"}, "redis": {"status": "down"}}}
    release.answers["/health"] = (200, HEADERS, degraded)
    assert run(release.url) == {"hookStatus": "SUCCEEDED"}


BAD = {
    "starting": ("/health", (503, HEADERS, {"status": "starting"})),
    "without database": ("/health", (200, HEADERS, {"status": "degraded", "checks": {"postgres": {"status": "down"}}})),
    "health without checks": ("/health", (200, HEADERS, {"status": "ok"})),
    "health that is no JSON": ("/health", (200, HEADERS, b"<html>")),
    "health that is no object": ("/health", (200, HEADERS, [])),
    "products failing": ("/v1/products?limit=1", (500, HEADERS, {})),
    "products not found": ("/v1/products?limit=1", (404, HEADERS, {})),
    "products as HTML": ("/v1/products?limit=1", (200, {**HEADERS, "Content-Type": "text/html"}, PRODUCTS)),
    "products cut short": ("/v1/products?limit=1", (200, HEADERS, b'{"data": [')),
    "products without a list": ("/v1/products?limit=1", (200, HEADERS, {"items": []})),
    "products without the header": ("/v1/products?limit=1", (200, {"Content-Type": "application/json"}, PRODUCTS)),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_release_does_not(release, run, case):
    path, answer = BAD[case]
    release.answers[path] = answer
    assert run(release.url) == {"hookStatus": "FAILED"}


def test_nobody_there(release, run):
    release.close()
    assert run(release.url) == {"hookStatus": "FAILED"}


def test_targets_that_need_a_moment_get_it(release, run):
    """The listener responds with 503 until it has a target."""
    answers = iter([(503, {}, b""), (503, {}, b"")])
    release.answers["/health"] = lambda: next(answers, (200, HEADERS, HEALTH))
    assert run(release.url, patience=5) == {"hookStatus": "SUCCEEDED"}
    assert len(release.paths) == 4


def test_patience_ends(release, run):
    release.answers["/health"] = (503, {}, b"")
    began = time.monotonic()
    assert run(release.url, patience=0.5, pause=0.1) == {"hookStatus": "FAILED"}
    assert 0.3 <= time.monotonic() - began < 5
    assert len(release.paths) > 2


def test_the_function_ends_before_it_is_ended(code, template):
    module = {"__name__": "index"}
    exec(code, module)
    # A last round of two requests, each of up to ten seconds, may begin just before the time is over.
    assert module["PATIENCE"] + 2 * 10 < template("service").resources["SmokeTest"]["Properties"]["Timeout"]
