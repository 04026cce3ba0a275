"""The image run as in production, hardened, and harder than Fargate can: a quarter of a GiB and half a CPU."""

import http.client
import json
import os
import re
import subprocess
import time
import uuid
from datetime import datetime
from pathlib import Path

import pytest
from engine import HARDENED
from shopper import Crowd, Shopper, wait_until_healthy

PASSWORD = "Hush-" + "a1b2c3d4"


@pytest.fixture
def container(engine, image, shop_database, redis_url, free_port):
    """A running shop: its name, its port."""
    name = f"commerce-test-{uuid.uuid4().hex[:8]}"
    # The server trusts everybody; the password is there to be looked for in the log.
    database = shop_database.replace("postgres@", f"postgres:{PASSWORD}@")
    settings = {
        "DATABASE_URL": database, "REDIS_URL": redis_url, "HOST": "127.0.0.1", "RATE_LIMIT": "off", "PORT": str(free_port),
        "JWT_SECRET": PASSWORD, "DRAIN_DELAY": "2s",
    }  # fmt: skip
    arguments = [part for key, value in settings.items() for part in ("--env", f"{key}={value}")]
    engine.podman("run", "--detach", "--name", name, *HARDENED, "--stop-timeout", "60", *arguments, image)
    try:
        wait_until_healthy(free_port)
        yield name, free_port
    finally:
        engine.podman("rm", "--force", "--time", "0", name)


def ready_after(engine, name, output):
    """Milliseconds from the container's start to the moment from which /health is 200: PostgreSQL and Redis answer."""
    began = engine.podman("inspect", "--format", "{{.State.StartedAt.UnixMicro}}", name).stdout
    times = [
        datetime.fromisoformat(line["time"]).timestamp()
        for line in map(json.loads, output.splitlines())
        if line["message"] in ("listening", "postgres answers", "redis answers")
    ]
    assert len(times) == 3, output
    return max(times) * 1000 - int(began) / 1000


def test_an_order_is_placed_in_it(engine, container, shop_database, psql, record_figure):
    name, port = container
    shopper = Shopper(port)
    status, order = shopper.order()
    assert status == 201, order
    assert psql(shop_database, "SELECT count(*) FROM orders") == "1"
    output, error = engine.logs(name)
    assert error == ""
    assert PASSWORD not in output
    record_figure(f"container, half a CPU: ready {ready_after(engine, name, output):.0f} ms after its start (aim: under 200)")


def test_the_runtime_sees_its_health(engine, container):
    name, _ = container
    assert engine.podman("exec", name, "/app/commerce", "healthcheck", check=False).returncode == 0
    assert engine.podman("healthcheck", "run", name, check=False).returncode == 0


def test_stopped_under_load_it_fails_no_request(engine, container, shop_database, psql):
    name, port = container
    crowd = Crowd(port)
    time.sleep(3)
    engine.podman("stop", name)
    crowd.join()
    assert crowd.failures == []
    assert crowd.answered > 100
    assert len(crowd.orders) > 20
    assert engine.exit_code(name) == 0
    found = psql(shop_database, "SELECT count(*), count(DISTINCT id) FROM orders")
    assert found == f"{len(crowd.orders)}|{len(crowd.orders)}"
    output, _ = engine.logs(name)
    assert '"message":"draining"' in output
    assert '"message":"stopped"' in output


def spoil(program, function):
    """Puts an illegal instruction at the beginning of a function of a running program (its process on this machine).

    As a trap in the code does, it ends in SIGILL; sent from outside, the signal would return where it came from.
    """
    binary = f"/proc/{program}/root/app/commerce"
    symbols = subprocess.run(["nm", binary], capture_output=True, text=True, check=True).stdout
    (address,) = [int(line.split()[0], 16) for line in symbols.splitlines() if line.endswith(f" {function}")]
    maps = Path(f"/proc/{program}/maps").read_text().splitlines()
    base = min(int(line.split("-")[0], 16) for line in maps if line.endswith("/app/commerce"))
    with open(f"/proc/{program}/mem", "r+b", buffering=0) as memory:
        memory.seek(base + address)
        # x86-64: ud2; ARM64: udf #0.
        memory.write(b"\x0f\x0b" if os.uname().machine == "x86_64" else b"\0\0\0\0")


def test_a_crash_names_the_function(engine, container):
    name, port = container
    # The program, which an init process stands before, as with ECS's initProcessEnabled.
    init = int(engine.podman("inspect", "--format", "{{.State.Pid}}", name).stdout)
    (program,) = Path(f"/proc/{init}/task/{init}/children").read_text().split()
    spoil(program, "$s8Commerce11HealthStateV4json2at7versionSays5UInt8VGs6UInt64V_SStF")
    with pytest.raises((OSError, http.client.HTTPException)):
        Shopper(port).ask("GET", "/health")
    # 128 + SIGILL, as a shell and ECS tell it.
    assert int(engine.podman("wait", name, timeout=60).stdout) == 132
    output, error = engine.logs(name)
    assert "Program crashed: Illegal instruction" in error, error[-2000:]
    (frame,) = re.findall(r"^ *0 .*$", error, re.M)
    assert "HealthState.json(at:version:)" in frame
    assert "Connection.receive()" in error
    assert PASSWORD not in output + error


def test_bad_settings_are_told_all_at_once(engine, image):
    done = engine.podman(
        "run", "--rm", *HARDENED, "--env", "PORT=x", "--env", "LOG_LEVEL=loud", "--env", f"DATABASE_URL=nonsense:{PASSWORD}",
        image, check=False,
    )  # fmt: skip
    assert done.returncode == 78
    lines = [line for line in done.stderr.splitlines() if line.startswith("commerce:")]
    assert len(lines) == 3, done.stderr
    assert PASSWORD not in done.stderr
