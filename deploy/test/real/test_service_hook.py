"""The smoke test of service.yaml and the patterns of observability.yaml, against the program itself."""

import contextlib
import json
import re
import subprocess
import time
import urllib.error
import urllib.request

import pytest
from template import Template


@contextlib.contextmanager
def serving(commerce, root, port, log, **settings):
    """The service on a port, its log lines in a file; stopped afterwards."""
    environment = {"HOST": "127.0.0.1", "PORT": str(port), "LOG_FORMAT": "json", "DRAIN_DELAY": "0s", **settings}
    with log.open("w") as output:
        process = subprocess.Popen([commerce, "serve"], cwd=root, env=environment, stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health/live", timeout=2)
                break
            except OSError:
                assert process.poll() is None and time.monotonic() < deadline, log.read_text()
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def smoke_test(url, monkeypatch, patience):
    monkeypatch.setenv("TEST_URL", url)
    module = {"__name__": "index"}
    exec(Template("service").resources["SmokeTest"]["Properties"]["Code"]["ZipFile"], module)
    module["PATIENCE"], module["PAUSE"] = patience, 0.2
    return module["handler"]({"lifecycleStage": "POST_TEST_TRAFFIC_SHIFT"}, None)


def lines(log):
    return [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]


def matches(pattern, line):
    """A metric filter's pattern on a line, as far as ours go: comparisons joined by && or by ||."""
    (inner,) = re.fullmatch(r"\{ (.*) \}", pattern).groups()
    terms, found = re.split(r" (?:&&|\|\|) ", inner), []
    for term in terms:
        field, operator, value = re.fullmatch(r"\$\.(\w+) (=|>=|>) (.+)", term).groups()
        there = line.get(field)
        match operator:
            case "=":
                found.append(there == json.loads(value))
            case ">=":
                found.append(isinstance(there, (int, float)) and there >= json.loads(value))
            case ">":
                found.append(isinstance(there, (int, float)) and there > json.loads(value))
    return any(found) if "||" in inner else all(found)


def counted(name, log):
    """How many of the lines a metric filter counts."""
    pattern = Template("observability").resources[f"{name}Filter"]["Properties"]["FilterPattern"]
    return sum(matches(pattern, line) for line in lines(log))


def test_a_release_that_works_takes_over(commerce, root, shop_database, redis_url, free_port, tmp_path, monkeypatch):
    log = tmp_path / "log"
    with serving(commerce, root, free_port, log, DATABASE_URL=shop_database, REDIS_URL=redis_url) as url:
        assert smoke_test(url, monkeypatch, patience=15) == {"hookStatus": "SUCCEEDED"}
    for name in ("ErrorLines", "DatabaseAway", "CacheAway", "ServerErrors", "ConnectionsRefused"):
        assert counted(name, log) == 0, name


def test_a_release_without_its_database_does_not(commerce, root, free_port, tmp_path, monkeypatch):
    log = tmp_path / "log"
    nowhere = {"DATABASE_URL": "postgresql://commerce@127.0.0.1:1/commerce", "REDIS_URL": "redis://127.0.0.1:1"}
    with serving(commerce, root, free_port, log, **nowhere) as url:
        assert smoke_test(url, monkeypatch, patience=1) == {"hookStatus": "FAILED"}
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(f"{url}/v1/products", timeout=15)
    # What people are told of then.
    assert counted("DatabaseAway", log) >= 1
    assert counted("CacheAway", log) >= 1
    assert counted("ServerErrors", log) >= 1


def test_a_release_on_an_unmigrated_database_does_not(commerce, root, empty_database, free_port, tmp_path, monkeypatch):
    with serving(commerce, root, free_port, tmp_path / "log", DATABASE_URL=empty_database) as url:
        assert smoke_test(url, monkeypatch, patience=1) == {"hookStatus": "FAILED"}


def test_a_query_finds_the_fields_of_a_request(commerce, root, shop_database, free_port, tmp_path):
    log = tmp_path / "log"
    with serving(commerce, root, free_port, log, DATABASE_URL=shop_database) as url:
        with urllib.request.urlopen(f"{url}/v1/products?limit=1", timeout=15) as answer:
            request_id = answer.headers["X-Request-Id"]
    (line,) = [it for it in lines(log) if it.get("request_id") == request_id]
    assert {"time", "level", "message", "method", "route", "path", "status", "duration_ms"} <= set(line)
    assert (line["message"], line["route"], line["status"]) == ("request", "/v1/products", 200)
    slow = Template("observability").resources["SlowRequestsFilter"]["Properties"]["FilterPattern"]
    assert matches(slow, {**line, "duration_ms": 501})
    assert not matches(slow, {**line, "duration_ms": 500})
