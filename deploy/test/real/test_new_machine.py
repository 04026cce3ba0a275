"""A new machine: Debian with nothing on it gets all that ./dev and the tests here need, by their own install steps."""

import pytest

PURPOSES = ["", "test", "bench", "chaos", "reliability"]
SCRIPT = r"""
fail() { echo "failed: $*" >&2; exit 1; }
say() { :; }
printf '#!/bin/sh\n' >/usr/local/bin/swift && chmod 755 /usr/local/bin/swift
. /project/deploy/dev/packages.sh
for purpose in PURPOSES; do
    packages $purpose
    [[ -z $(missing_packages $purpose) ]] || fail "after packages $purpose: $(missing_packages $purpose)"
done
"$POSTGRES_BIN/postgres" --version
redis-server --version
python3 -m venv /tmp/environment && /tmp/environment/bin/pip --version
export CONTAINERS=/tmp/containers && mkdir "$CONTAINERS"
. /project/deploy/test/container/engine.sh
engine_missing | tr '\n' ' '
engine_available || { cat "$CONTAINERS/apt.log" >&2; fail "no engine"; }
[[ -z $(engine_missing) ]] || fail "after engine_available: $(engine_missing)"
engine_configure
podman --version
buildah --version
"""


@pytest.fixture
def debian(engine):
    engine.base()
    return "docker.io/library/debian:bookworm"


def test_a_bare_debian_becomes_a_machine_for_all_of_it(engine, debian, root):
    script = SCRIPT.replace("PURPOSES", " ".join(f'"{it}"' for it in PURPOSES))
    done = engine.podman(
        "run", "--rm", "--network", "host", "--volume", f"{root}:/project:ro", debian, "bash", "-euo", "pipefail", "-c", script,
        check=False, timeout=1200)  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    for said in ("postgres (PostgreSQL)", "Redis server", "buildah podman runc debootstrap", "podman version", "buildah version"):
        assert said in done.stdout, done.stdout
