"""deploy/compose.yaml: what it guarantees for every service, checked on the parsed file."""

import re
import subprocess

import pytest
import yaml
from template import ROOT
from trixie import compose as compose_program

FILE = ROOT / "deploy" / "compose.yaml"
PINNED = re.compile(r"[a-z0-9/-]+:v?\d+\.\d+\.\d+(-[a-z]+)?@sha256:[0-9a-f]{64}|[a-z]+:\d+\.\d+-[a-z]+@sha256:[0-9a-f]{64}")
ONCE = {"bootstrap", "migrate", "catalogue"}
SECRETS = {"POSTGRES_PASSWORD", "MIGRATION_PASSWORD", "DATABASE_PASSWORD", "REDIS_PASSWORD", "ENCRYPTION_KEY", "JWT_SECRET"}


@pytest.fixture(scope="module")
def services():
    # PyYAML resolves anchors and merge keys.
    return yaml.safe_load(FILE.read_text())["services"]


def names():
    return sorted(yaml.safe_load(FILE.read_text())["services"])


def test_the_services(services):
    shop = {name for name, it in services.items() if "profiles" not in it}
    assert shop == {"postgres", "redis", "commerce", "worker"} | ONCE
    assert {name for name, it in services.items() if it.get("profiles") == ["observability"]} == set(services) - shop


@pytest.mark.parametrize("name", names())
def test_hardened(services, name):
    it = services[name]
    assert it["read_only"] is True
    assert it["cap_drop"] == ["ALL"]
    assert "cap_add" not in it
    assert "privileged" not in it
    assert it["security_opt"] == ["no-new-privileges:true"]
    assert set(it["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
    assert it["logging"]["options"] == {"max-size": "10m", "max-file": "3"}
    assert it["tmpfs"]
    assert all("size=" in mount for mount in it["tmpfs"])
    # Only the proxy of the socket runs as root, because the socket belongs to root.
    assert (it["user"].split(":")[0] == "0") == (name == "engine")


@pytest.mark.parametrize("name", names())
def test_images_are_pinned(services, name):
    it = services[name]
    if it["image"] == "${COMMERCE_IMAGE:-commerce:local}":
        # One service builds it, and no service pulls it from a registry.
        assert ("build" in it) == (name == "commerce")
        assert it["pull_policy"] == "never"
        assert it["user"] == "10001:10001"
    else:
        assert PINNED.fullmatch(it["image"]), it["image"]


def test_the_build_is_the_projects(services):
    assert services["commerce"]["build"] == {"context": ".."}
    assert (FILE.parent / ".." / "Dockerfile").exists()


@pytest.mark.parametrize("name", names())
def test_reachable_from_this_machine_alone(services, name):
    it = services[name]
    assert all(port.startswith("127.0.0.1:") for port in it.get("ports", []))
    assert ("ports" in it) == (name in {"commerce", "logs"})
    assert "network_mode" not in it
    # A worker calls webhooks and sends mail.
    if name not in {"commerce", "logs", "worker"}:
        assert set(it["networks"]) <= {"data", "engine"}


def test_networks_without_a_way_out():
    networks = yaml.safe_load(FILE.read_text())["networks"]
    assert networks["data"] == networks["engine"] == {"internal": True}


def test_started_in_order_and_when_healthy(services):
    def waits_for(name):
        return {other: it["condition"] for other, it in services[name].get("depends_on", {}).items()}

    assert waits_for("bootstrap") == {"postgres": "service_healthy"}
    assert waits_for("migrate") == {"bootstrap": "service_completed_successfully"}
    assert waits_for("catalogue") == {"migrate": "service_completed_successfully"}
    assert waits_for("commerce") == {
        "migrate": "service_completed_successfully", "catalogue": "service_completed_successfully",
        "postgres": "service_healthy", "redis": "service_healthy"}
    assert waits_for("worker") == {
        "migrate": "service_completed_successfully", "postgres": "service_healthy", "redis": "service_healthy"}
    for name, it in services.items():
        assert it["restart"] == ("no" if name in ONCE else "unless-stopped"), name
        # A proxy in front of a socket has no health of its own.
        assert ("healthcheck" in it) == (name not in ONCE | {"engine"}), name


def test_postgresql_logs_no_values(services):
    """The values of a slow statement are people's addresses and tokens; by default PostgreSQL would log them."""
    command = services["postgres"]["command"]
    assert command[0] == "postgres"
    settings = dict(it.removeprefix("-c").split("=") for it in command[1:])
    assert "log_min_duration_statement" in settings
    assert settings["log_parameter_max_length"] == "0"
    assert settings["log_parameter_max_length_on_error"] == "0"


@pytest.mark.parametrize("name", ["commerce", "worker"])
def test_time_to_drain(services, name):
    it = services[name]
    assert it["stop_grace_period"] == "60s"
    assert int(it["environment"]["DRAIN_TIMEOUT"].rstrip("s")) < 60


def test_work_is_done_in_one_place(services):
    assert services["commerce"]["environment"]["WORKER"] == "off"
    assert services["worker"]["command"] == ["worker"]
    assert services["worker"]["healthcheck"]["test"] == ["CMD", "/app/commerce", "healthcheck", "--worker"]


def test_no_secret_is_plain_and_none_has_a_default(services):
    asked = set()
    for name, it in services.items():
        for key, value in it.get("environment", {}).items():
            if key == "ENCRYPTION_KEY_PREVIOUS":
                # There is none before the first change.
                assert value == "${ENCRYPTION_KEY_PREVIOUS:-}"
            elif re.search("PASSWORD|SECRET|AUTH|KEY", key):
                found = re.fullmatch(r"\$\{([A-Z_]+):\?[^}]*\}", value)
                assert found, f"{name}: {key} is not demanded"
                asked.add(found[1])
    assert asked == SECRETS
    # Not in a command either, because every process list shows commands.
    assert not [it for it in services.values() if re.search(r"(?<!\$)\$\{?[A-Z_]*(PASSWORD|SECRET)", str(it.get("command")))]


def test_mail_is_off_until_it_is_set(services):
    passed = {"SMTP_URL": "", "MAIL_FROM": "", "PUBLIC_URL": "", "SHOP_NAME": "Shop", "STORE_LANGUAGE": "en", "ALERT_EMAIL": ""}
    for name, it in services.items():
        mail = {key: it["environment"][key] for key in passed if key in it.get("environment", {})}
        # An empty value counts as not set.
        assert mail == ({key: f"${{{key}:-{default}}}" for key, default in passed.items()} if name in {"commerce", "worker"} else {}), name


def test_each_service_gets_its_own_account(services):
    users = {name: services[name]["environment"]["DATABASE_USER"] for name in ONCE | {"commerce", "worker"}}
    assert users == {"bootstrap": "postgres", "migrate": "commerce_owner", "catalogue": "commerce_owner", "commerce": "commerce",
                     "worker": "commerce"}


def test_what_is_mounted_cannot_be_written(services):
    for name, it in services.items():
        for mount in it.get("volumes", []):
            assert mount == "postgres:/var/lib/postgresql/data" or mount.endswith(":ro"), f"{name}: {mount}"


def test_example_names_every_secret():
    text = (FILE.parent / ".env.example").read_text()
    assert set(re.findall(r"^([A-Z_]+)=$", text, re.MULTILINE)) == SECRETS
    # The optional settings are those that the file reads.
    optional = set(re.findall(r"^# ([A-Z_]+)=", text, re.MULTILINE))
    assert optional == set(re.findall(r"\$\{([A-Z_]+):-", FILE.read_text())) - {"COMPOSE_PROJECT_NAME"}


def test_secrets_are_made_once(tmp_path):
    for name in ("compose-secrets", ".env.example"):
        (tmp_path / name).write_bytes((FILE.parent / name).read_bytes())
    (tmp_path / "compose-secrets").chmod(0o755)

    def make():
        subprocess.run([tmp_path / "compose-secrets"], check=True, capture_output=True, timeout=20)
        return (tmp_path / ".env").read_text()

    made = make()
    values = dict(re.findall(r"^([A-Z_]+)=([0-9a-f]{64})$", made, re.MULTILINE))
    assert set(values) == SECRETS
    assert len(set(values.values())) == len(SECRETS)
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600
    assert make() == made
    assert sorted(it.name for it in tmp_path.iterdir()) == [".env", ".env.example", "compose-secrets"]


def test_a_secret_of_a_later_release_is_added(tmp_path):
    for name in ("compose-secrets", ".env.example"):
        (tmp_path / name).write_bytes((FILE.parent / name).read_bytes())
    (tmp_path / "compose-secrets").chmod(0o755)
    # As the release before made it, with a line that a user added at the end.
    kept = "".join(f"{it}=old-{it}\n" for it in sorted(SECRETS - {"ENCRYPTION_KEY"})) + "PORT=8090"
    (tmp_path / ".env").write_text(kept)
    done = subprocess.run([tmp_path / "compose-secrets"], check=True, capture_output=True, text=True, timeout=20)
    assert done.stderr == "added to deploy/.env: ENCRYPTION_KEY\n"
    assert re.fullmatch(re.escape(kept) + r"\nENCRYPTION_KEY=[0-9a-f]{64}\n", (tmp_path / ".env").read_text())


def test_compose_takes_it(tmp_path):
    program = compose_program()

    def config(environment):
        (tmp_path / "env").write_text(environment)
        return subprocess.run(
            [program, "-f", FILE, "--env-file", tmp_path / "env", "--profile", "observability", "config", "-q"],
            capture_output=True, text=True, timeout=60, env={"PATH": "/usr/bin:/bin"}, check=False)  # fmt: skip

    whole = config("".join(f"{name}=x\n" for name in SECRETS))
    assert (whole.returncode, whole.stderr) == (0, "")
    for name in SECRETS:
        without = config("".join(f"{other}=x\n" for other in SECRETS - {name}))
        assert without.returncode != 0
        assert name in without.stderr
