"""A real shop for the tests of generated clients: its own database, the demo catalogue, the program as it is built."""

import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

ROOT = Path(__file__).resolve().parents[2]


def free_port():
    """A port that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def sql(url, statement):
    """Runs a statement as the servers' superuser."""
    program = Path(os.environ["TEST_POSTGRES_BIN"]) / "psql"
    subprocess.run([program, "-XqAt", "-v", "ON_ERROR_STOP=1", url, "-c", statement], check=True, capture_output=True)


@pytest.fixture(scope="session")
def database():
    """The URL of the shop's own database."""
    if "TEST_COMMERCE_BINARY" not in os.environ:
        pytest.fail("no program to test: run this with ./dev test")
    superuser = os.environ["TEST_DATABASE_URL"]
    name = f"clients_{uuid.uuid4().hex}"
    sql(superuser, f"CREATE DATABASE {name}")
    yield urlunsplit(urlsplit(superuser)._replace(path=f"/{name}"))
    sql(superuser, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def shop(database, tmp_path_factory):
    """The address of a running service with the demo catalogue."""
    port = free_port()
    environment = {
        **os.environ,
        "DATABASE_URL": database,
        "JWT_SECRET": uuid.uuid4().hex * 2,
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "MIGRATIONS_DIR": str(ROOT / "migrations"),
        "RATE_LIMIT": "off",
    }
    program = os.environ["TEST_COMMERCE_BINARY"]
    log = tmp_path_factory.mktemp("shop") / "log"
    with log.open("wb") as output:
        for command in (["migrate", "up"], ["import", str(ROOT / "deploy/demo/catalog.ndjson")]):
            subprocess.run([program, *command], env=environment, check=True, stdout=output, stderr=output)
        service = subprocess.Popen([program, "serve"], env=environment, stdout=output, stderr=output)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until_ready(service, address, log)
        yield address
    finally:
        # Ends it at once: nothing is in flight.
        service.send_signal(signal.SIGINT)
        service.wait(60)


def wait_until_ready(service, address, log):
    """Returns when the service says that it takes requests."""
    for _ in range(1200):
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            pass
        if service.poll() is not None:
            break
        time.sleep(0.05)
    pytest.fail(f"the service did not start:\n{log.read_text()}")


@pytest.fixture(scope="session")
def generators():
    """The directory of the generators' programs, with the Python that has what their clients import."""
    program = shutil.which("openapi-python-client")
    if program is None:
        pytest.fail("no generators: run this with ./dev test")
    return Path(program).parent


@pytest.fixture(scope="session")
def document(shop, tmp_path_factory):
    """The file of the API document as the service serves it."""
    path = tmp_path_factory.mktemp("document") / "openapi.json"
    with urllib.request.urlopen(f"{shop}/openapi.json", timeout=10) as answer:
        path.write_bytes(answer.read())
    return path


@pytest.fixture(scope="session")
def run(generators):
    """Runs a program of the generators' environment and gives its result; its programs find one another."""

    def run(program, *arguments, **environment):
        path = f"{generators}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            [generators / program, *map(str, arguments)],
            env={**os.environ, "PATH": path, **environment},
            capture_output=True,
            text=True,
        )

    return run
