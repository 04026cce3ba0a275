"""Containers on this machine: the project's image, built and run by buildah and podman (see ../container)."""

import json
import os
import subprocess
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[1] / "container"

# As Fargate runs it, and harder: nothing writable but /tmp, no rights, a quarter of a GiB, half a CPU.
HARDENED = [
    "--network", "host", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL",
    "--security-opt", "no-new-privileges", "--memory", "256m", "--cpus", "0.5", "--init",
]  # fmt: skip


class Engine:
    """podman with the storage under ``directory``."""

    def __init__(self, directory):
        self.directory = Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.revision = "0123456789abcdef0123456789abcdef01234567"
        self.environment = {**os.environ, "CONTAINERS": str(self.directory), "REVISION": self.revision}

    def unavailable(self):
        """Why there can be no containers here, in a line; None where there can."""
        done = self._bash("engine_available")
        return None if done.returncode == 0 else done.stdout.strip() or done.stderr.strip()

    def base(self):
        """Makes the images that the project's own and the tests build on."""
        self._run("base")

    def build(self):
        """Builds the project's image as commerce:test."""
        self._run("base")
        self._run("build")

    def _run(self, script):
        done = subprocess.run([SCRIPTS / script], env=self.environment, capture_output=True, text=True)
        assert done.returncode == 0, f"container/{script} failed:\n{done.stdout[-4000:]}{done.stderr[-4000:]}"

    def podman(self, *arguments, check=True, timeout=300):
        """Runs a podman command to its end."""
        done = self._bash('engine_configure; podman "$@"', *arguments, timeout=timeout)
        if check:
            assert done.returncode == 0, f"podman {' '.join(arguments)}: {done.stderr.strip()}"
        return done

    def inspect(self, image):
        return json.loads(self.podman("image", "inspect", image).stdout)[0]

    def logs(self, container):
        """What it wrote: standard output, standard error."""
        done = self.podman("logs", container)
        return done.stdout, done.stderr

    def exit_code(self, container):
        return int(self.podman("inspect", "--format", "{{.State.ExitCode}}", container).stdout)

    def _bash(self, script, *arguments, timeout=600):
        return subprocess.run(
            ["bash", "-euc", f'. "{SCRIPTS}/engine.sh"; {script}', "bash", *arguments],
            env=self.environment, capture_output=True, text=True, timeout=timeout,
        )  # fmt: skip
