"""What the image is made of: its size, what is in it and what is not."""

import json
import re
import subprocess

from engine import HARDENED


def tree(engine, image):
    """The image's files, as `tar` lists them: mode, owner, path."""
    container = engine.podman("create", image).stdout.strip()
    archive = engine.directory / "tree.tar"
    engine.podman("export", "--output", str(archive), container)
    engine.podman("rm", container)
    listing = subprocess.run(["tar", "--numeric-owner", "-tvf", archive], capture_output=True, text=True, check=True).stdout
    zipped = subprocess.run(f"gzip -6 <'{archive}' | wc -c", shell=True, capture_output=True, text=True, check=True).stdout
    size = archive.stat().st_size
    archive.unlink()
    return [line.split(maxsplit=5) for line in listing.splitlines()], size, int(zipped)


def test_it_is_small(engine, image, record_figure):
    _, unpacked, zipped = tree(engine, image)
    record_figure(f"image: {unpacked / 1e6:.1f} MB unpacked (at most 150), {zipped / 1e6:.1f} MB gzipped (at most 50)")
    assert unpacked <= 150e6
    assert zipped <= 50e6


def test_configuration(engine, image):
    inspected = engine.inspect(image)
    config = inspected["Config"]
    assert config["User"] == "10001:10001"
    assert config["Entrypoint"] == ["/app/commerce"]
    assert config["Cmd"] == ["serve"]
    assert config["StopSignal"] in ("SIGTERM", "15")
    assert list(config["ExposedPorts"]) == ["8080/tcp"]
    assert list(config["Volumes"]) == ["/tmp"]
    health = inspected["HealthcheckConfig"] if "HealthcheckConfig" in inspected else inspected["Healthcheck"]
    assert health["Test"] == ["CMD", "/app/commerce", "healthcheck"]
    assert (health["Interval"], health["Timeout"], health["Retries"]) == (10_000_000_000, 3_000_000_000, 3)
    assert health["StartPeriod"] == 30_000_000_000
    assert inspected["Labels"]["org.opencontainers.image.revision"] == engine.revision
    told = engine.podman("run", "--rm", *HARDENED, image, "--version").stdout.strip()
    assert inspected["Labels"]["org.opencontainers.image.version"] == told


def test_nothing_to_log_in_to_and_nothing_to_change(engine, image):
    files, _, _ = tree(engine, image)
    paths = {entry[5].split(" -> ")[0].rstrip("/") for entry in files}
    assert "app/commerce" in paths
    assert "app/swift-backtrace-static" in paths
    assert "app/migrations/0001_catalog.up.sql" in paths
    assert "app/demo/catalog.ndjson" in paths
    assert {"usr/share/doc/commerce/LICENSE", "usr/share/doc/commerce/NOTICE"} <= paths
    assert "etc/ssl/certs/ca-certificates.crt" in paths
    assert not [path for path in paths if re.search(r"(^|/)(sh|bash|dash|busybox|apt|perl|python3?|curl|wget|su)$", path)]
    assert [entry[0] for entry in files if entry[5].rstrip("/") == "tmp"] == ["drwxrwxrwt"]
    for mode, owner, *_, path in files:
        assert owner == "0/0", f"{path} belongs to {owner}"
        assert "s" not in mode, f"{path} runs as its owner: {mode}"
        # Links have no mode of their own, /tmp is everybody's, and the engine makes the mount points.
        if not mode.startswith("l") and path.rstrip("/") != "tmp":
            assert mode[8] != "w", f"{path} is writable by all: {mode}"


def test_scanners_know_what_is_in_it(engine, image, tmp_path):
    archive = tmp_path / "image.tar"
    engine.podman("save", "--format", "docker-archive", "--output", str(archive), image)
    done = subprocess.run(
        ["syft", "--quiet", "--output", "spdx-json", f"docker-archive:{archive}"], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    packages = {it["name"]: it.get("licenseConcluded") for it in json.loads(done.stdout)["packages"]}
    for name in ("libpq5", "libssl3", "libc6", "libhiredis0.14", "libjemalloc2", "zlib1g", "ca-certificates"):
        assert name in packages, f"{name} is not in the bill of materials: {sorted(packages)}"


def test_no_secret_in_any_layer(engine, image):
    history = engine.podman("history", "--no-trunc", "--format", "{{.CreatedBy}}", image).stdout
    environment = "\n".join(engine.inspect(image)["Config"]["Env"])
    for text in (history, environment):
        assert not re.search(r"(?i)(password|secret|token|api_?key)\s*=", text), text
    files, _, _ = tree(engine, image)
    assert not [entry[5] for entry in files if re.search(r"(^|/)\.(env|git|aws|ssh|netrc)", entry[5])]
    assert not [entry[5] for entry in files if re.search(r"(_rsa|\.key|\.p12)$", entry[5])]
