"""The servers of a benchmark: databases with a catalogue, the service, nginx; and the resources that they use."""
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BINARY = pathlib.Path(os.environ["TEST_COMMERCE_BINARY"])
SERVER = urllib.parse.urlsplit(os.environ["DATABASE_URL"])
POSTGRES_BIN = pathlib.Path(os.environ.get("TEST_POSTGRES_BIN", "/usr/lib/postgresql/15/bin"))
PRODUCTS = 10_000
TICK = os.sysconf("SC_CLK_TCK")
WORK = pathlib.Path(tempfile.mkdtemp(prefix="commerce-bench."))
WORK.chmod(0o755)
DATABASE = f"{SERVER.scheme}://{SERVER.netloc}/bench"
ADDRESS = ["-h", SERVER.hostname, "-p", str(SERVER.port), "-U", SERVER.username]
PRODUCT = "('01900000-0000-7000-8000-' || lpad({}::text, 12, '0'))::uuid"
VARIANT = "('01900000-0000-7000-9000-' || lpad({}::text, 12, '0'))::uuid"
FIRST = "oak linen brass cotton copper walnut wool glass stone velvet bamboo ash leather marble enamel cork".split()
SECOND = ("chair lamp table bowl mug rug shelf clock mirror basket vase tray stool bench jar kettle blanket pillow candle frame "
          "hook").split()
REDIS = {"REDIS_URL": os.environ["REDIS_URL"]}



def psql(*commands, database="bench"):
    arguments = [part for command in commands for part in ("-c", command)]
    done = subprocess.run([POSTGRES_BIN / "psql", *ADDRESS, "-d", database, "-XqAt", "-v", "ON_ERROR_STOP=1", *arguments],
                          capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"bench: psql: {done.stderr}")
    return done.stdout


def words(number):
    """A name of two words for a product's number, in SQL: 16 first words and 21 second words."""
    def word(of):
        quoted = ",".join(f"'{word}'" for word in of)
        return f"(ARRAY[{quoted}])[{number} % {len(of)} + 1]"
    return f"{word(FIRST)} || ' ' || {word(SECOND)}"


def seed():
    psql("DROP DATABASE IF EXISTS bench", database="postgres")
    psql("CREATE DATABASE bench", database="postgres")
    subprocess.run([BINARY, "migrate", "up"], cwd=ROOT, env={**os.environ, "DATABASE_URL": DATABASE}, check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    psql(
        "INSERT INTO category (id, slug, name, path) VALUES ('01900000-0000-7000-8000-000000000000', 'all', 'All', 'all')",
        f"""INSERT INTO product (id, slug, name, description, category_id, tags, images, currency, price)
            SELECT {PRODUCT.format('n')}, 'product-' || n, {words('n')} || ' ' || n,
            left(repeat('A dependable everyday item, made to last and easy to care for. ', 3), 150),
            '01900000-0000-7000-8000-000000000000', '{{home,gift}}', '[{{"url": "/assets/a.svg", "alt": "It"}}]', 'USD',
            100 + n * 37 % 50000 FROM generate_series(1, {PRODUCTS}) n""",
        f"""INSERT INTO variant (id, product_id, sku, name, options, price) SELECT {VARIANT.format('n')},
            {PRODUCT.format('n')}, 'SKU-' || n, 'Default', '{{"size": "M"}}', 100 + n * 37 % 50000
            FROM generate_series(1, {PRODUCTS}) n""",
        "INSERT INTO stock (variant_id, on_hand) SELECT id, 1000000000 FROM variant",
        # One more, which does not exist.
        f"INSERT INTO variant (id, product_id, sku, name, price) VALUES ({VARIANT.format(20001)}, {PRODUCT.format(1)}, 'GONE', '', 1)",
        f"INSERT INTO stock (variant_id, on_hand) VALUES ({VARIANT.format(20001)}, 0)",
        "VACUUM ANALYZE")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Process:
    """A server on a port of its own."""

    def __init__(self, name, command, environment=None, stdout=subprocess.DEVNULL):
        self.name = name
        self.process = subprocess.Popen(command, env={**os.environ, **(environment or {})}, stdout=stdout,
                                        stderr=subprocess.DEVNULL, cwd=ROOT, start_new_session=True)

    def pids(self):
        """The process and its children, because nginx serves from its children."""
        found = [self.process.pid]
        for entry in pathlib.Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    if int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1]) == self.process.pid:
                        found.append(int(entry.name))
                except (OSError, IndexError):
                    pass
        return found

    def cpu(self):
        total = 0
        for pid in self.pids():
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICK

    def resident(self, name="VmRSS"):
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(name + r":\s+(\d+)", text)[1]) / 1024

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
        return self.process.wait()


class Shop(Process):
    def __init__(self, **settings):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        super().__init__("commerce", [BINARY, "serve"], {
            "DATABASE_URL": DATABASE, "PORT": str(self.port), "HOST": "127.0.0.1", "LOG_FORMAT": "json",
            # All of the load comes from one client.
            "RATE_LIMIT": "off", **settings})
        self.begun = time.monotonic()
        while True:
            try:
                with urllib.request.urlopen(self.url + "/health", timeout=1) as answer:
                    if answer.status == 200:
                        break
            except OSError:
                if self.process.poll() is not None or time.monotonic() - self.begun > 20:
                    sys.exit("bench: the service did not start")
                time.sleep(0.001)
        self.ready = time.monotonic() - self.begun


class Worker(Process):
    """`commerce worker`, which relays events and runs jobs."""

    def __init__(self, **settings):
        self.port = free_port()
        super().__init__("commerce worker", [BINARY, "worker"], {
            "DATABASE_URL": DATABASE, "WORKER_PORT": str(self.port), "HOST": "127.0.0.1", "LOG_FORMAT": "json", **settings})
        end = time.monotonic() + 20
        while psql("SELECT count(*) FROM worker").strip() == "0":
            if self.process.poll() is not None or time.monotonic() > end:
                sys.exit("bench: the worker did not start")
            time.sleep(0.05)

    def idle(self, seconds):
        """- Returns: the share of a CPU, and the statements a second, of a worker that has nothing to do"""
        time.sleep(3)
        before, used = self.statements(), self.cpu()
        time.sleep(seconds)
        return (self.cpu() - used) / seconds, (self.statements() - before) / seconds

    @staticmethod
    def statements():
        """Transactions of the database, without those of this question: a worker sends one statement in each."""
        psql("SELECT pg_stat_force_next_flush()")
        time.sleep(0.2)
        return int(psql("SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = 'bench'"))


def nginx(body, more=""):
    port, folder = free_port(), WORK / "nginx"
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    (folder / "product.json").write_bytes(body)
    (folder / "nginx.conf").write_text(f"""worker_processes auto; daemon off; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
    log_format line escape=json '{{"time":"$time_iso8601","level":"info","method":"$request_method","path":"$uri",'
        '"status":$status,"duration_ms":$request_time,"request_id":"$request_id"}}';
    access_log /dev/null line buffer=64k flush=1s;
    default_type application/json; open_file_cache max=100; keepalive_requests 100000000;
    client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
    uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
    server {{ listen 127.0.0.1:{port} reuseport; root {folder}; {more} }}
}}
""")
    server = Process("nginx", [shutil.which("nginx") or "/usr/sbin/nginx", "-p", folder, "-c", folder / "nginx.conf"])
    server.url = f"http://127.0.0.1:{port}"
    time.sleep(0.3)
    return server
