"""The servers of a run: PostgreSQL and Redis; two instances of the shop and two workers, each behind links of its own; and what events
are delivered to."""

import atexit
import contextlib
import json
import os
import pathlib
import signal
import socket
import struct
import subprocess
import time

from proxy import Proxies
from rig import PROGRAM, SCRATCH, Server, free_port, get
from targets import Targets

POSTGRES_BIN = pathlib.Path(os.environ["POSTGRES_BIN"])
# The disk may lose what the end of the machine would lose, but the end of a process may lose nothing.
POSTGRES_SETTINGS = {
    "fsync": "off", "synchronous_commit": "on", "max_connections": "200", "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "", "max_wal_size": "256MB", "deadlock_timeout": "300ms", "autovacuum_naptime": "10s",
}
# PostgreSQL does not run as root.
AS_POSTGRES = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"] if os.geteuid() == 0 else []

# Few pieces of the popular items, plenty of the rest.
HOT = [f"HOT-{n}" for n in range(6)]
COLD = [f"COLD-{n:02}" for n in range(40)]
PLENTY = 100_000_000
# The first instance has a worker of its own, the second has none; and there are two workers that are processes.
INSTANCES, WORKERS = 2, 2
# The webhooks, and the types that they get.
WEBHOOKS = {"webhook-0": ["*"], "webhook-1": ["order.*"], "webhook-2": ["order.cancelled", "stock.low", "product.changed"]}
# The types that mails are about.
MAILS = {"mail": ["order.placed", "order.cancelled", "order.expired"]}
PRICES = {sku: 100 + 7 * n for n, sku in enumerate(HOT + COLD)}


def freely(process, number):
    """Signals a process that may have ended."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, number)


def children(process):
    try:
        return [int(child) for child in pathlib.Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    except OSError:
        return []


def until(condition, seconds, pause=0.02):
    """Whether a condition came to hold within so many seconds."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(pause)
    return True


def free_ports(count):
    probes = []
    for _ in range(count):
        # As long as one listens there, the next search passes over it.
        probes.append(socket.create_server(("127.0.0.1", free_port())))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


class Postgres:
    def __init__(self):
        self.data, self.port, self.process = SCRATCH / "postgres", free_port(), None
        self.log = SCRATCH / "postgres.log"
        self.data.mkdir()
        if AS_POSTGRES:
            subprocess.run(["chown", "postgres:", self.data], check=True)
        subprocess.run(
            [*AS_POSTGRES, POSTGRES_BIN / "initdb", "-D", self.data, "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8",
             "--no-sync", "--auth=trust"], check=True, capture_output=True, cwd="/")
        atexit.register(self.kill)
        self.start()
        # As in production, the shop is not a superuser.
        self.sql("CREATE ROLE shop LOGIN")
        self.sql("CREATE DATABASE shop OWNER shop")

    def url(self, port=None):
        return f"postgresql://shop@127.0.0.1:{port or self.port}/shop"

    def start(self, seconds=20):
        """Waits until it accepts connections. The remains of a killed postmaster must end first, and recovery takes a while."""
        settings = [part for name, value in POSTGRES_SETTINGS.items() for part in ("-c", f"{name}={value}")]
        settings += os.environ.get("CHAOS_POSTGRES", "").split()

        def starts():
            if self.process is None or self.process.poll() is not None:
                with open(self.log, "ab") as log:
                    self.process = subprocess.Popen(
                        [*AS_POSTGRES, POSTGRES_BIN / "postgres", "-D", self.data, "-p", str(self.port), *settings],
                        stdout=log, stderr=log, cwd="/", start_new_session=True)
            return self.answers()

        if not until(starts, seconds, 0.05):
            raise SystemExit(f"PostgreSQL does not start:\n{self.log.read_text()[-2000:]}")

    def answers(self):
        """Whether it accepts a client."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as link:
                words = b"\0\3\0\0user\0postgres\0database\0postgres\0\0"
                link.sendall(struct.pack("!i", len(words) + 4) + words)
                first = link.recv(1)
                link.sendall(b"X\0\0\0\4")
                return first == b"R"
        except OSError:
            return False

    def backends(self):
        return children(self.process.pid)

    def stop(self, number):
        self.process.send_signal(number)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self, all=True):
        """- all: the backends too, which otherwise find out by themselves"""
        if self.process is None or self.process.poll() is not None:
            return
        backends = self.backends() if all else []
        self.process.kill()
        for backend in backends:
            freely(backend, signal.SIGKILL)
        self.process.wait()

    def command(self, text, database="postgres", user="postgres", rows=False):
        return [POSTGRES_BIN / "psql", "-XqAt", *(["-F", "\t"] if rows else []), "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1",
                "-p", str(self.port), "-U", user, "-d", database, "-c", text]

    def sql(self, text, database="postgres"):
        """The rows of a statement, each as its fields, without going through the links."""
        done = subprocess.run(self.command(text, database, rows=True), capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise RuntimeError(f"psql: {done.stderr.strip()[-500:]}")
        return [line.split("\t") for line in done.stdout.splitlines()]

    def terminate(self):
        with contextlib.suppress(RuntimeError):
            self.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'shop'")


class Redis:
    def __init__(self):
        port = free_port()
        self.server = Server(
            "redis", ["redis-server", "--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no",
                      "--maxmemory", "64mb", "--maxmemory-policy", "allkeys-lru", "--dir", SCRATCH], port)
        self.ready()

    def ready(self):
        if not until(lambda: self.ask("PING") == b"+PONG", 10):
            raise SystemExit("Redis does not answer")

    def ask(self, command):
        try:
            with socket.create_connection(self.server.address, 1) as link:
                link.sendall(command.encode() + b"\r\n")
                return link.recv(512).strip()
        except OSError:
            return None


class Stage:
    """Everything, with a catalogue."""

    def __init__(self):
        self.postgres = Postgres()
        self.redis = Redis()
        self.proxies = Proxies({
            f"{what}-{n}": port for what, port in (("postgres", self.postgres.port), ("redis", self.redis.server.port))
            for n in range(INSTANCES + WORKERS)})
        self.patterns = WEBHOOKS | MAILS
        self.targets = Targets(self.patterns, free_ports(len(self.patterns)), SCRATCH)
        self.run("migrate", "up")
        # The greatest stock that an import has set.
        self.stock = {sku: PLENTY for sku in COLD} | {sku: 0 for sku in HOT}
        self.run("import", self.catalogue(self.stock))
        for name, patterns in WEBHOOKS.items():
            text = self.run("webhook", "add", f"http://127.0.0.1:{self.targets.ports[name]}/{name}",
                            *(word for pattern in patterns for word in ("--events", pattern)))
            self.targets.tell([name], "secret", json.loads(text)["secret"])
        self.instances = [self.instance(n) for n in range(INSTANCES)]
        self.workers = [self.worker(n) for n in range(WORKERS)]

    def run(self, *arguments):
        done = subprocess.run(
            [PROGRAM, *arguments], env=os.environ | self.common() | {"DATABASE_URL": self.postgres.url()},
            capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            raise RuntimeError(f"commerce {' '.join(map(str, arguments))} ended with {done.returncode}: "
                               f"{done.stdout[-1500:]}{done.stderr[-1500:]}")
        return done.stdout

    def common(self, n=None):
        """The settings of every process. Its patience is short, so that rounds are.
        - n: which of the links it has"""
        links = {} if n is None else {
            "DATABASE_URL": self.postgres.url(self.proxies.ports[f"postgres-{n}"]),
            "REDIS_URL": f"redis://127.0.0.1:{self.proxies.ports[f'redis-{n}']}/0"}
        return links | {
            "HOST": "127.0.0.1", "LOG_FORMAT": "json", "LOG_LEVEL": "warning", "ENCRYPTION_KEY": "chaos " * 8,
            "DATABASE_ACQUIRE_TIMEOUT": "1s", "DATABASE_CONNECT_TIMEOUT": "1s", "DATABASE_STATEMENT_TIMEOUT": "3s",
            "DATABASE_LOCK_TIMEOUT": "1500ms", "DATABASE_IDLE_IN_TRANSACTION_TIMEOUT": "2s",
            "DRAIN_DELAY": "200ms", "DRAIN_TIMEOUT": "5s",
            "EVENT_RETRY_FIRST": "500ms", "EVENT_RETRY_LONGEST": "2s",
            "WEBHOOK_ALLOW_PRIVATE": "on", "WEBHOOK_TIMEOUT": "1s", "WEBHOOK_CONNECT_TIMEOUT": "500ms",
            "SMTP_URL": f"smtp://127.0.0.1:{self.targets.ports['mail']}?tls=off", "MAIL_FROM": "shop@chaos.example",
            "PUBLIC_URL": "https://chaos.example",
        }

    def instance(self, n):
        """One that holds stock for seconds, of one loop, and one that holds it for good, of two."""
        port = free_port()
        settings = self.common(n) | {
            "PORT": str(port), "WORKER": ("embedded", "off")[n],
            "LOOPS": str(n + 1), "RESERVATION_TIME": ("3s", "15m")[n],
            # All shoppers have one address. At one of the two instances, the limits are on and are never reached.
            "RATE_LIMIT": ("off", "on")[n], "RATE_LIMIT_READS": "10000000", "RATE_LIMIT_WRITES": "10000000",
            "RATE_LIMIT_ORDERS": "10000000", "RATE_LIMIT_ORDERS_DAY": "10000000", "ORDER_OPEN_PER_CLIENT": "1000000",
            "ORDER_OPEN_PER_EMAIL": "1000000", "ORDER_HELD_PER_CLIENT": "100000000", "ORDER_HELD_PER_EMAIL": "100000000",
            "ORDER_HELD_SHARE": "100",
            "DATABASE_POOL_MAX": "16", "REQUEST_TIMEOUT": "6s",
        }
        return Server(f"instance-{n}", [PROGRAM, "serve"], port, **settings).wait_until_served("/health")

    def worker(self, n):
        port = free_port()
        settings = self.common(INSTANCES + n) | {"WORKER_PORT": str(port)}
        return Server(f"worker-{n}", [PROGRAM, "worker"], port, **settings).wait_until_served("/health")

    def catalogue(self, stock, name="catalogue"):
        path = SCRATCH / f"{name}.ndjson"
        path.write_text("".join(
            json.dumps({"name": f"Mug {sku}", "sku": sku, "slug": sku.lower(), "price": PRICES[sku] / 100,
                        "category": "home/kitchen", "stock": count}) + "\n" for sku, count in stock.items()))
        return path

    def more(self, sku, count):
        self.stock[sku] += count
        return self.stock[sku]

    def restock(self, chance):
        """Adds stock, so that the popular items can be bought again."""
        rows = self.postgres.sql("SELECT sku, reserved FROM stock JOIN variant ON variant.id = variant_id WHERE sku LIKE 'HOT%'", "shop")
        for sku, reserved in sorted(rows):
            self.stock[sku] = int(reserved) + chance.randint(10, 60)
        self.run("import", self.catalogue({sku: self.stock[sku] for sku in HOT}))

    def well(self, n):
        """Whether the instance reports that it and its dependencies are healthy."""
        try:
            status, _, body = get(self.instances[n].address, "/health", 2)
            return status == 200 and json.loads(body)["status"] == "ok"
        except (OSError, ValueError):
            return False

    def heal(self):
        """Ends whatever was done, whether or not it had ended.
        - Returns: what had ended by itself, and shouldn't have."""
        found = []
        freely(self.postgres.process.pid, signal.SIGCONT)
        for backend in self.postgres.backends():
            freely(backend, signal.SIGCONT)
        self.postgres.start()
        with contextlib.suppress(RuntimeError):
            self.postgres.sql("ALTER ROLE shop CONNECTION LIMIT -1; ALTER ROLE shop RESET default_transaction_read_only")
        if self.redis.server.process.poll() is not None:
            self.redis.server.start()
        freely(self.redis.server.pid, signal.SIGCONT)
        self.redis.ready()
        self.proxies.tell(self.proxies.ports, "flow")
        self.targets.tell(self.targets.ports, "well")
        for instance in self.instances + self.workers:
            freely(instance.pid, signal.SIGCONT)
            status = instance.process.poll()
            if status is not None:
                found.append(f"{instance.name} ended by itself with status {status}")
                instance.start()
        return found
