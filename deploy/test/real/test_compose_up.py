"""deploy/compose.yaml brought up by Docker Compose, on podman: with the project's image, and with PostgreSQL and Redis images
made here from Debian's packages under the names of the file (container/databases)."""

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import uuid
from pathlib import Path

import pytest
import yaml
from engine import SCRIPTS
from shopper import Shopper, wait_until_healthy
from template import ROOT
from trixie import compose as compose_program

FILE = ROOT / "deploy" / "compose.yaml"


class Stack:
    """The services of the file under a project name of their own."""

    def __init__(self, engine, directory, port, socket_path):
        self.engine = engine
        self.project = f"commerce-test-{uuid.uuid4().hex[:8]}"
        self.port = port
        services = yaml.safe_load(FILE.read_text())["services"]
        shop = {name: it for name, it in services.items() if "profiles" not in it}
        # A digest names an image of the registry, which one made here cannot be; so the tag alone. And nothing is fetched.
        images = {
            name: "localhost/commerce:test" if "commerce:local" in it["image"] else it["image"].partition("@")[0]
            for name, it in shop.items()
        }
        self.override = directory / "override.yaml"
        self.override.write_text(
            yaml.safe_dump({"services": {name: {"image": it, "pull_policy": "never"} for name, it in images.items()}}))
        # The secrets as a user makes them.
        for name in ("compose-secrets", ".env.example"):
            shutil.copy(FILE.parent / name, directory)
        subprocess.run([directory / "compose-secrets"], check=True, capture_output=True, timeout=20)
        self.secrets = dict(line.split("=", 1) for line in (directory / ".env").read_text().splitlines() if line[:1] not in ("", "#"))
        self.command = [
            compose_program(), "-p", self.project, "-f", FILE, "-f", self.override, "--env-file", directory / ".env"]
        self.environment = {**os.environ, "DOCKER_HOST": f"unix://{socket_path}", "PORT": str(port)}

    def compose(self, *arguments, check=True):
        done = subprocess.run(
            [*self.command, *arguments], env=self.environment, capture_output=True, text=True, timeout=180, check=False)
        if check:
            assert done.returncode == 0, done.stdout + done.stderr + self.logs()
        return done

    def up(self):
        return self.compose("up", "--detach", "--no-build")

    def logs(self):
        return self.compose("logs", "--no-color", check=False).stdout[-6000:]

    def container(self, service):
        (found,) = self.compose("ps", "--all", "--quiet", service).stdout.split()
        return found

    def inspect(self, service):
        return json.loads(self.engine.podman("container", "inspect", self.container(service)).stdout)[0]

    def remains(self):
        """Containers, volumes and networks that bear the project's name."""
        kinds = {"ps": "{{.Names}}", "volume": "{{.Name}}", "network": "{{.Name}}"}
        found = []
        for kind, form in kinds.items():
            arguments = ["ps", "--all"] if kind == "ps" else [kind, "ls"]
            lines = self.engine.podman(*arguments, "--format", form).stdout.split()
            found += [line for line in lines if line.startswith(self.project)]
        return found


@pytest.fixture(scope="module")
def docker_api(engine):
    """podman answering as a Docker engine, on the socket whose path this is."""
    # A socket's path may not be long.
    place = Path(tempfile.mkdtemp(prefix="commerce-"))
    path = place / "podman.sock"
    script = f'. "{SCRIPTS}/engine.sh"; engine_configure; exec podman "${{STORAGE[@]}}" system service --time 0 "unix://$1"'
    with (engine.directory / "service.log").open("w") as log:
        service = subprocess.Popen(
            ["bash", "-euc", script, "bash", path],
            env=engine.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)  # fmt: skip
    stopped = threading.Event()

    def check_health():
        # podman leaves this to timers of systemd, which need not be here.
        while not stopped.wait(1):
            for container in engine.podman("ps", "--quiet", check=False).stdout.split():
                engine.podman("healthcheck", "run", container, check=False)

    checks = threading.Thread(target=check_health)
    try:
        for _ in range(100):
            with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as client:
                client.connect(str(path))
                break
            assert service.poll() is None, (engine.directory / "service.log").read_text()
            time.sleep(0.1)
        checks.start()
        yield path
    finally:
        stopped.set()
        if checks.is_alive():
            checks.join()
        service.terminate()
        service.wait(30)
        shutil.rmtree(place)


@pytest.fixture(scope="module")
def stack(engine, image, docker_api, tmp_path_factory):
    made = subprocess.run(
        [SCRIPTS / "databases"], env=engine.environment, capture_output=True, text=True, timeout=600, check=False)
    assert made.returncode == 0, made.stderr
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    stack = Stack(engine, tmp_path_factory.mktemp("compose"), port, docker_api)
    began = time.monotonic()
    try:
        stack.up()
        wait_until_healthy(port)
        stack.seconds = time.monotonic() - began
        yield stack
    finally:
        down = stack.compose("down", "--volumes", "--timeout", "60", check=False)
    assert down.returncode == 0, down.stderr
    assert not stack.remains(), "down -v leaves something"


def ask(stack, service, *command):
    """Runs a command in a service's container."""
    done = stack.engine.podman("exec", stack.container(service), *command, check=False)
    return done.returncode, (done.stdout + done.stderr).strip()


def test_a_shopper_buys(stack, record_figure):
    record_figure(f"docker compose up, from nothing to healthy: {stack.seconds:.1f} s")
    shopper = Shopper(stack.port)
    status, order = shopper.order()
    assert status == 201, order


def test_second_up_changes_nothing(stack):
    count = ("psql", "-XqAt", "-U", "postgres", "-d", "commerce", "-c",
             "SELECT (SELECT count(*) FROM product), (SELECT sum(on_hand) FROM stock), (SELECT count(*) FROM orders)")
    before = ask(stack, "postgres", *count)
    assert re.fullmatch(r"88\|\d+\|\d+", before[1]), before
    kept = {name: stack.container(name) for name in ("postgres", "redis", "commerce")}
    stack.up()
    assert ask(stack, "postgres", *count) == before
    assert {name: stack.container(name) for name in kept} == kept
    for name in ("bootstrap", "migrate", "catalogue"):
        assert stack.inspect(name)["State"]["ExitCode"] == 0


def test_limits_and_rights_hold(stack):
    status = ask(stack, "redis", "cat", "/proc/1/status")[1]
    assert re.search(r"^Uid:\s+999\b", status, re.MULTILINE)
    assert re.search(r"^CapEff:\s+0+$", status, re.MULTILINE)
    assert re.search(r"^NoNewPrivs:\s+1$", status, re.MULTILINE)
    for service in ("postgres", "redis"):
        code, said = ask(stack, service, "touch", "/etc/written")
        assert code != 0
        assert "Read-only file system" in said
    for service, memory in (("postgres", 512), ("redis", 128), ("commerce", 256)):
        host = stack.inspect(service)["HostConfig"]
        assert host["Memory"] == memory << 20
        assert host["ReadonlyRootfs"] is True
        assert host["PidsLimit"] > 0


def test_the_database_is_out_of_reach_and_has_no_way_out(stack):
    assert stack.inspect("postgres")["NetworkSettings"]["Ports"].get("5432/tcp") is None
    routes = ask(stack, "redis", "cat", "/proc/net/route")[1].splitlines()[1:]
    assert routes
    # A default route's destination is 0.0.0.0.
    assert "00000000" not in [line.split()[1] for line in routes]


def test_the_shop_is_no_superuser(stack):
    query = "SELECT rolname, rolsuper FROM pg_roles WHERE rolname ~ '^commerce' AND rolcanlogin ORDER BY rolname"
    roles = ask(stack, "postgres", "psql", "-XqAt", "-U", "postgres", "-d", "commerce", "-c", query)[1]
    assert roles.split() == ["commerce|f", "commerce_owner|f"]
    query = "SELECT DISTINCT usename FROM pg_stat_activity WHERE application_name LIKE 'commerce%'"
    assert ask(stack, "postgres", "psql", "-XqAt", "-U", "postgres", "-c", query)[1] == "commerce"


def test_passwords_are_in_no_log_and_no_command(stack):
    output = stack.compose("logs", "--no-color").stdout
    assert "listening" in output
    services = ("postgres", "redis", "bootstrap", "migrate", "catalogue", "commerce")
    commands = json.dumps([[it["Path"], it["Args"], it["Config"]["Cmd"]] for it in map(stack.inspect, services)])
    assert "redis-server" in commands
    assert len(stack.secrets) == 5
    for name, value in stack.secrets.items():
        assert value not in output, name
        assert value not in commands, name


def test_redis_asks_for_its_password(stack):
    code, said = ask(stack, "redis", "env", "-u", "REDISCLI_AUTH", "redis-cli", "ping")
    assert "NOAUTH" in said
    assert ask(stack, "redis", "redis-cli", "ping") == (0, "PONG")
