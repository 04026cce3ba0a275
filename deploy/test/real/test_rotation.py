"""Rotated passwords, and two migrators at once, on a real PostgreSQL.

The secret of the service is rotated by alternating users, so that the user in use keeps its password; what is tried here is
harsher, the password of the very user: what runs keeps its connections, and its replacement connects with the new one.
"""

import json
import os
import secrets
import subprocess
import time
import urllib.error
import urllib.request
from urllib.parse import urlsplit

import pytest
from deploy_scripts import free_port, wait_for_port

from template import ROOT

PROGRAM, DATABASE, BIN = (os.environ.get(name) for name in ("TEST_COMMERCE_BINARY", "TEST_DATABASE_URL", "TEST_POSTGRES_BIN"))
pytestmark = pytest.mark.skipif(
    not (PROGRAM and DATABASE and BIN), reason="needs TEST_COMMERCE_BINARY, TEST_DATABASE_URL and TEST_POSTGRES_BIN: ./dev test deploy sets them")


def sql(statement, database="postgres"):
    url = urlsplit(DATABASE)._replace(path=f"/{database}").geturl()
    done = subprocess.run([f"{BIN}/psql", "-XqAt", "-v", "ON_ERROR_STOP=1", url, "-c", statement], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def database():
    """A database and its owner, who comes with a password."""
    name = f"rotation_{secrets.token_hex(4)}"
    sql(f"CREATE ROLE {name} LOGIN PASSWORD 'first'")
    sql(f"CREATE DATABASE {name} OWNER {name}")
    yield name
    sql(f"DROP DATABASE {name} WITH (FORCE)")
    sql(f"DROP ROLE {name}")


def settings(database, password, **more):
    server = urlsplit(DATABASE)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_", "REDIS_"))}
    return kept | {
        "DATABASE_HOST": server.hostname, "DATABASE_PORT": str(server.port), "DATABASE_NAME": database, "DATABASE_USER": database,
        "DATABASE_PASSWORD": password, "JWT_SECRET": "x" * 40, "LOG_FORMAT": "json", "MIGRATIONS_DIR": f"{ROOT}/migrations", **more,
    }


def serve(database, password):
    port = free_port()
    process = subprocess.Popen(
        [PROGRAM, "serve"], env=settings(database, password, HOST="127.0.0.1", PORT=str(port)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for_port(port)
    return process, f"http://127.0.0.1:{port}"


def ask(url):
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as failure:
        return failure.code, None


def until_well(url, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        status, health = ask(f"{url}/health")
        if status == 200 and health["status"] == "ok":
            return True
        time.sleep(0.2)
    return False


def read_from_database(url):
    """A read that no cache can answer."""
    return ask(f"{url}/v1/products?limit=1&q={secrets.token_hex(6)}")[0]


def needs_password(database, password):
    """Whether the server refuses connections without the right password; throwaway servers trust everyone."""
    url = f"postgresql://{database}:{password}@{urlsplit(DATABASE).hostname}:{urlsplit(DATABASE).port}/{database}"
    return subprocess.run([f"{BIN}/psql", "-XqAt", url, "-c", "SELECT 1"], capture_output=True, timeout=30).returncode != 0


@pytest.fixture
def passwords_count(database):
    """This database's owner has to give the password; the server's other users come in as before."""
    file = sql("SHOW hba_file")
    with open(file) as hba:
        before = hba.read()
    with open(file, "w") as hba:
        hba.write(f"host all {database} all scram-sha-256\n{before}")
    sql("SELECT pg_reload_conf()")
    end = time.monotonic() + 10
    while not needs_password(database, "wrong") and time.monotonic() < end:
        time.sleep(0.1)
    assert needs_password(database, "wrong")
    yield
    with open(file, "w") as hba:
        hba.write(before)
    sql("SELECT pg_reload_conf()")


def test_running_service_survives_rotation_and_its_replacement_connects(database, passwords_count):
    migrated = subprocess.run([PROGRAM, "migrate", "up"], env=settings(database, "first"), capture_output=True, text=True, timeout=60)
    assert migrated.returncode == 0, migrated.stderr
    old, old_url = serve(database, "first")
    processes = [old]
    try:
        assert until_well(old_url)
        connections = sql(f"SELECT count(*) FROM pg_stat_activity WHERE usename = '{database}'")
        assert int(connections) > 0

        sql(f"ALTER ROLE {database} PASSWORD 'second'")
        assert needs_password(database, "first"), "the old password is still good"
        end = time.monotonic() + 5
        while time.monotonic() < end:
            assert read_from_database(old_url) == 200
            time.sleep(0.1)

        new, new_url = serve(database, "second")
        processes.append(new)
        assert until_well(new_url)
        assert read_from_database(new_url) == 200
        assert old.poll() is None
        assert read_from_database(old_url) == 200

        # And the old password opens nothing: the same start with it does not get well.
        stale, stale_url = serve(database, "first")
        processes.append(stale)
        assert not until_well(stale_url, seconds=3)
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(timeout=60)


def test_two_migrators_at_once(database):
    both = [subprocess.Popen([PROGRAM, "migrate", "up"], env=settings(database, "first"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            for _ in range(2)]
    said = [process.communicate(timeout=120)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    files = len(list((ROOT / "migrations").glob("*.up.sql")))
    assert "".join(said).count("migration applied") == files, said
