"""deploy/bin/smoke and checklist against the program itself, with PostgreSQL and Redis."""

import json
import os
import subprocess
import time
import urllib.request

import pytest
from stand_in_shop import ORIGIN

from template import ROOT

BIN = ROOT / "deploy" / "bin"


@pytest.fixture
def shop(commerce, shop_database, redis_url, free_port):
    """The shop with its demo catalogue; its address."""
    process = subprocess.Popen(
        [commerce, "serve"], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={"DATABASE_URL": shop_database, "REDIS_URL": redis_url, "JWT_SECRET": "x" * 40, "HOST": "127.0.0.1", "PORT": str(free_port),
             "CORS_ORIGINS": ORIGIN})
    url = f"http://127.0.0.1:{free_port}"
    yield url
    process.terminate()
    process.wait(timeout=60)


def run(script, *arguments):
    return subprocess.run([BIN / script, *arguments], text=True, capture_output=True, timeout=120, check=False, env=os.environ)


def test_the_shop_passes_and_keeps_its_stock(shop):
    result = run("smoke", shop, "--order", "--wait", "20")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "FAILED" not in result.stdout
    assert "ok      order: cancelled" in result.stdout
    sku = next(line for line in result.stdout.splitlines() if line.endswith("put in")).split()[3]
    assert sku
    result = run("checklist", shop, "--origin", ORIGIN, "--requests", "100")
    assert result.returncode == 0, result.stdout + result.stderr
    for point in ("health", "database", "redis: answers", "cors: other origins", "request id", "load: 100 requests"):
        assert f"ok      {point}" in result.stdout, result.stdout


def test_a_shop_that_lost_its_database_fails_the_checklist(shop, shop_database, psql):
    assert run("smoke", shop, "--wait", "20").returncode == 0
    name = shop_database.rsplit("/", 1)[1]
    server = os.environ["TEST_DATABASE_URL"]
    psql(server, f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    psql(server, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    end = time.monotonic() + 20
    while json.load(urllib.request.urlopen(f"{shop}/health"))["status"] == "ok":
        assert time.monotonic() < end
        time.sleep(0.2)
    result = run("checklist", shop, "--pre")
    assert result.returncode == 1
    assert "FAILED  health" in result.stdout
    assert "FAILED  database" in result.stdout
    assert "ok      redis" in result.stdout
