"""Real servers and containers. ``./dev test deploy`` starts PostgreSQL and Redis and says in the environment where they are."""

import itertools
import os
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from engine import Engine  # noqa: E402

_numbers = itertools.count(1)


def _variable(name):
    if not os.environ.get(name):
        pytest.skip(f"{name} is not set; ./dev test deploy sets it")
    return os.environ[name]


@pytest.fixture(scope="session")
def commerce():
    """The program, built for this machine."""
    return _variable("TEST_COMMERCE_BINARY")


@pytest.fixture(scope="session")
def redis_url():
    return _variable("TEST_REDIS_URL")


@pytest.fixture(scope="session")
def psql():
    """Runs SQL against a URL and returns the rows, a line each, columns separated by ``|``."""
    program = Path(_variable("TEST_POSTGRES_BIN")) / "psql"

    def run(url, sql):
        done = subprocess.run(
            [program, "-XqAt", "-v", "ON_ERROR_STOP=1", "-c", sql, url], capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run


@pytest.fixture
def empty_database(psql):
    """The URL of an empty database of the test's own, dropped afterwards."""
    server = _variable("TEST_DATABASE_URL")
    name = f"deploy_{os.getpid()}_{next(_numbers)}"
    psql(server, f"CREATE DATABASE {name}")
    yield urlsplit(server)._replace(path=f"/{name}").geturl()
    psql(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def shop_database(empty_database, commerce, root):
    """The URL of a database with the schema, the demo catalogue, and PLENTY, of which there is a million."""
    for arguments in (["migrate", "up"], ["import", "deploy/demo/catalog.ndjson"], ["import", "--format", "ndjson", "-"]):
        done = subprocess.run(
            [commerce, *arguments], cwd=root, env={"DATABASE_URL": empty_database}, capture_output=True, text=True,
            input='{"sku": "PLENTY", "name": "Plenty", "price": 1, "stock": 1000000}',
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    return empty_database


@pytest.fixture
def free_port():
    """A TCP port of 127.0.0.1 that is free."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.fixture(scope="session")
def engine(root):
    """podman and buildah, installed where that is possible."""
    engine = Engine(os.environ.get("TEST_CONTAINERS", root / ".dev" / "containers"))
    reason = engine.unavailable()
    if reason:
        pytest.skip(reason)
    return engine


@pytest.fixture(scope="session")
def image(engine):
    """The project's image, built from its Dockerfile."""
    engine.build()
    return "localhost/commerce:test"
