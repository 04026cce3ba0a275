"""A new machine: each step that installs something must notice that it is missing, even if the shell knows a function of that name..
"""

import os
import re
import shutil
import subprocess

import pytest

from template import ROOT

SOURCES = [*sorted((ROOT / "deploy" / "dev").glob("*.sh")), ROOT / "deploy" / "test" / "container" / "engine.sh",
           ROOT / "deploy" / "test" / "tools.sh", ROOT / "deploy" / "test" / "trixie", ROOT / "dev"]  # fmt: skip
# The programs that the scripts themselves need, on any Debian.
ESSENTIAL = ["bash", "find", "sort", "tail", "dirname", "readlink", "cat", "uname", "id"]
LIBRARIES = {"libcurl4-openssl-dev", "libpq-dev", "libhiredis-dev", "libssl-dev", "zlib1g-dev", "libjemalloc-dev"}
BUILD = {"pkg-config", "git", "openssl", "redis-server", "postgresql", "postgresql-contrib", *LIBRARIES}
MISSING = {
    "": BUILD,
    "test": BUILD | {"jq", "curl", "binutils", "gnupg", "python3", "python3-venv"},
    "lint": {"git", "python3", "python3-venv"},
    "chaos": BUILD | {"python3"},
    "bench": BUILD | {"python3", "nginx-light", "wrk"},
    "reliability": BUILD | {"haproxy", "slowhttptest", "wrk", "python3", "python3-venv"},
}
ENGINE = {"buildah", "podman", "runc", "debootstrap", "catatonit", "iptables", "netavark", "aardvark-dns"}


@pytest.fixture
def bare(tmp_path):
    """Runs a bash script where nothing is installed, but every program's name is a shell function."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ESSENTIAL:
        (programs / name).symlink_to(shutil.which(name))
    functions = {f"BASH_FUNC_{name}%%": "() { return 0; }" for name in (
        "podman", "buildah", "runc", "debootstrap", "catatonit", "iptables", "jq", "curl", "git", "nm", "gpg", "python3", "pkg-config",
        "openssl", "redis-server", "haproxy", "slowhttptest", "wrk", "nginx", "initdb", "swift", "apt-get")}  # fmt: skip

    def run(script, prelude=""):
        # Hides /usr/sbin and /usr/lib/postgresql of this machine.
        text = f"find() {{ :; }}; {prelude} {script}".replace("/usr/sbin:/sbin", "")
        environment = {"PATH": str(programs), "CONTAINERS": str(tmp_path), **functions}
        return subprocess.run([shutil.which("bash"), "-euc", text], env=environment, capture_output=True, text=True, timeout=60)

    return run


def source(name):
    return (ROOT / "deploy" / name).read_text().replace("/usr/sbin:/sbin", "").replace("/usr/lib/podman/netavark", "/nowhere")


@pytest.mark.parametrize("purpose", MISSING)
def test_a_bare_machine_misses_all(bare, purpose):
    done = bare(f"missing_packages {purpose}", source("dev/packages.sh"))
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) == MISSING[purpose]


def test_a_bare_machine_has_no_container_engine(bare):
    done = bare("engine_missing", source("test/container/engine.sh"))
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) == ENGINE


def test_without_a_toolchain_it_says_so(bare):
    done = bare("fail() { echo \"$*\" >&2; exit 1; }; packages", source("dev/packages.sh"))
    assert done.returncode == 1
    assert "there is no swift in PATH" in done.stderr


@pytest.mark.parametrize("path", SOURCES, ids=lambda it: str(it.relative_to(ROOT)))
def test_no_shell_function_passes_for_a_program(path):
    lines = [line for line in path.read_text().splitlines() if not line.lstrip().startswith("#")]
    for line in lines:
        # If the path itself is used, a wrong result is noticed immediately.
        assert not re.search(r"command -v .*(>/dev/null|\|\|)", line), line


def test_the_lists_name_all_that_the_purposes_run():
    """In the other direction: the packages that a purpose installs are those checked above."""
    text = (ROOT / "deploy" / "dev" / "packages.sh").read_text()
    assert set(re.findall(r"^ +(?:program|library) \S+ (\S+)$", text, re.MULTILINE)) | {"postgresql", "postgresql-contrib", "python3", "python3-venv"} == (
        set().union(*MISSING.values()))  # fmt: skip
    assert os.access(ROOT / "dev", os.X_OK)
