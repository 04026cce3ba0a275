"""The container's way to its servers as in production: TLS to both, PostgreSQL's certificate and name checked."""

import os
import shutil
import subprocess
import tempfile
import time
import uuid
from pathlib import Path

import pytest
from engine import HARDENED
from shopper import Shopper, wait_until_healthy

BUNDLE = "/app/certificates/rds.pem"
DAEMON = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def openssl(*arguments, cwd):
    subprocess.run(["openssl", *arguments], cwd=cwd, check=True, capture_output=True)


@pytest.fixture(scope="module")
def certificates():
    """A directory with an authority (ca.pem), another one (stranger.pem), and a server's certificate for localhost."""
    directory = Path(tempfile.mkdtemp(prefix="commerce-tls-"))
    directory.chmod(0o755)
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    for name in ("ca", "stranger"):
        openssl("req", "-x509", *curve, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem", cwd=directory)
    openssl("req", *curve, "-subj", "/CN=localhost", "-keyout", "server.key", "-out", "server.csr", cwd=directory)
    (directory / "names").write_text("subjectAltName=DNS:localhost\n")
    openssl(
        "x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
        "-extfile", "names", "-out", "server.pem", cwd=directory,
    )  # fmt: skip
    yield directory
    shutil.rmtree(directory)


@pytest.fixture(scope="module")
def postgres(certificates, engine):
    """A PostgreSQL that takes TLS and a password only: its port."""
    programs = Path(os.environ["TEST_POSTGRES_BIN"])
    account = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"]
    (certificates / "password").write_text("admin-pw")
    data = certificates / "data"
    data.mkdir()
    for path in (data, certificates / "server.key", certificates / "password"):
        shutil.chown(path, "postgres")
    subprocess.run(
        [*account, programs / "initdb", "-D", data, "-U", "postgres", f"--pwfile={certificates}/password", "--auth=scram-sha-256"],
        check=True, capture_output=True, cwd="/",
    )  # fmt: skip
    (data / "pg_hba.conf").write_text("hostssl all all all scram-sha-256\n")
    port = 20000 + os.getpid() % 20000
    settings = {
        "port": port, "listen_addresses": "localhost", "unix_socket_directories": "", "ssl": "on", "fsync": "off",
        "ssl_cert_file": certificates / "server.pem", "ssl_key_file": certificates / "server.key",
    }  # fmt: skip
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    server = subprocess.Popen([*account, programs / "postgres", "-D", data, *options], cwd="/", **DAEMON)
    try:
        until([programs / "pg_isready", "-h", "localhost", "-p", str(port)])
        yield port
    finally:
        server.terminate()
        server.wait(30)


@pytest.fixture(scope="module")
def redis(certificates, engine):
    """A Redis that takes TLS and a password only: its port."""
    port = 20001 + os.getpid() % 20000
    server = subprocess.Popen(
        [
            "redis-server", "--port", "0", "--tls-port", str(port), "--tls-auth-clients", "no", "--requirepass", "cache-pw",
            "--tls-cert-file", "server.pem", "--tls-key-file", "server.key", "--tls-ca-cert-file", "ca.pem", "--save", "",
        ], cwd=certificates, **DAEMON,
    )  # fmt: skip
    try:
        until(["redis-cli", "--tls", "--cacert", certificates / "ca.pem", "-h", "localhost", "-p", str(port), "-a", "cache-pw", "ping"])
        yield port
    finally:
        server.terminate()
        server.wait(30)


def until(command, seconds=30):
    """Waits until a command succeeds."""
    deadline = time.monotonic() + seconds
    while subprocess.run(command, **DAEMON).returncode != 0:
        assert time.monotonic() < deadline, f"{command[0]} does not succeed"
        time.sleep(0.1)


def settings(certificates, authority, **more):
    """The image's command line up to its name, with the task definition's settings."""
    environment = {
        "DATABASE_HOST": "localhost", "DATABASE_NAME": "postgres", "DATABASE_USER": "postgres", "DATABASE_PASSWORD": "admin-pw",
        "DATABASE_SSLMODE": "verify-full", "DATABASE_SSLROOTCERT": BUNDLE, "REDIS_HOST": "localhost", "REDIS_TLS": "on",
        "REDIS_PASSWORD": "cache-pw", "HOST": "127.0.0.1", "MIGRATION_CONNECT_WAIT": "0s", "DRAIN_DELAY": "0s",
        # ElastiCache's certificates are of a public authority; this one is the system's, for once.
        "SSL_CERT_FILE": BUNDLE, **more,
    }  # fmt: skip
    arguments = [part for name, value in environment.items() for part in ("--env", f"{name}={value}")]
    return [*HARDENED, *arguments, "--volume", f"{certificates / authority}:{BUNDLE}:ro"]


def test_sold_over_tls(engine, image, certificates, postgres, redis, free_port):
    ports = {"DATABASE_PORT": str(postgres), "REDIS_PORT": str(redis), "PORT": str(free_port)}
    run = settings(certificates, "ca.pem", **ports)
    assert engine.podman("run", "--rm", *run, image, "migrate", "up").returncode == 0
    name = f"commerce-tls-{uuid.uuid4().hex[:8]}"
    engine.podman("run", "--detach", "--name", name, *run, image)
    try:
        wait_until_healthy(free_port)
        status, health = Shopper(free_port).ask("GET", "/health")
        assert status == 200
        assert health["checks"]["postgres"]["status"] == "ok", health
        assert health["checks"]["redis"]["status"] == "ok", health
        assert Shopper(free_port).ask("GET", "/v1/products")[0] == 200
    finally:
        engine.podman("rm", "--force", "--time", "0", name)


@pytest.mark.parametrize(
    ("authority", "host", "word"),
    [("stranger.pem", "localhost", "certificate verify failed"), ("ca.pem", "127.0.0.1", "does not match host name")],
)
def test_an_impostor_is_refused(engine, image, certificates, postgres, authority, host, word):
    run = settings(certificates, authority, DATABASE_PORT=str(postgres), DATABASE_HOST=host)
    done = engine.podman("run", "--rm", *run, image, "migrate", "status", check=False)
    assert done.returncode == 69
    assert word in done.stderr
    assert "admin-pw" not in done.stderr


def test_without_the_bundle_it_says_so(engine, image, certificates, postgres):
    run = settings(certificates, "ca.pem", DATABASE_PORT=str(postgres), DATABASE_SSLROOTCERT="/app/certificates/none.pem")
    done = engine.podman("run", "--rm", *run, image, "migrate", "status", check=False)
    assert done.returncode == 69
    assert "none.pem" in done.stderr
