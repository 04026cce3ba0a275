"""Shared by the scripts in this directory: the programs under test, a client that measures its own waiting, the results.

A figure that depends on the machine is measured twice in the same run, with and without the load.
"""

import atexit
import os
import pathlib
import re
import signal
import socket
import subprocess
import threading
import time

PROGRAM = os.environ["PROGRAM"]
ECHO = os.environ["ECHO"]
SCRATCH = pathlib.Path(os.environ["SCRATCH"])
TICK = os.sysconf("SC_CLK_TCK")


def found(what, figure, bound, held):
    """Adds a line to the table at the end."""
    line = "\t".join(str(part).replace("\t", " ") for part in (what, figure, bound, "held" if held else "missed"))
    with open(os.environ["REPORT"], "a") as report:
        report.write(line + "\n")
    print(f"    {what}: {figure} ({bound}) {'' if held else 'MISSED'}", flush=True)


def free_port():
    """A port below those that the kernel uses for outgoing connections."""
    for port in range(12_000 + os.getpid() * 7 % 8_000, 32_000):
        with socket.socket() as probe:
            # As the servers do, so that recent connections do not prevent it.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise SystemExit("no free port")


def percentile(values, share):
    """The value that this share of them does not exceed; 0 if there are none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0


class Server:
    """A server under test on a port of 127.0.0.1; its output goes to a file in the scratch directory."""

    def __init__(self, name, command, port, **environment):
        self.name, self.port, self.command = name, port, [str(part) for part in command]
        self.environment = {**os.environ, **environment}
        self.log = SCRATCH / f"{name}-{port}.log"
        self.process = None
        # Also if the script ends half-way.
        atexit.register(self.stop, signal.SIGKILL)
        self.start()

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command, env=self.environment, stdout=log, stderr=log)

    @property
    def pid(self):
        return self.process.pid

    @property
    def address(self):
        return ("127.0.0.1", self.port)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def wait_until_served(self, path="/", seconds=30):
        """Waits until a GET of the path gets 200."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise SystemExit(f"{self.name} ended with status {self.process.returncode}:\n{self.log.read_text()[-2000:]}")
            try:
                if get(self.address, path)[0] == 200:
                    return self
            except OSError:
                pass
            time.sleep(0.02)
        raise SystemExit(f"{self.name} did not serve in {seconds} s:\n{self.log.read_text()[-2000:]}")

    def resident(self):
        """Bytes of physical memory that the process uses."""
        text = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", text)[1]) << 10

    def cpu(self):
        """Seconds of user and system time so far."""
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def stop(self, number=signal.SIGTERM, seconds=60):
        """Signals it and returns its exit status; -9 if it had to be killed."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


def echo():
    """The bare server."""
    port = free_port()
    return Server("echo", [ECHO, port], port).wait_until_served()


def migrate():
    """The tables of the shop, in this script's database."""
    done = subprocess.run([PROGRAM, "migrate", "up"], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"the migrations failed:\n{done.stderr[-2000:]}")


def shop(**environment):
    """`commerce serve`, when the tables exist."""
    port = free_port()
    settings = {"HOST": "127.0.0.1", "PORT": str(port), "LOG_FORMAT": "json", "LOG_LEVEL": "warning", **environment}
    return Server("commerce", [PROGRAM, "serve"], port, **settings).wait_until_served("/health")


def read_reply(file):
    """The next reply with a Content-Length: its status, its fields by their lower-case names, its body."""
    line = file.readline()
    if not line:
        raise ConnectionResetError("no reply")
    status, fields = int(line.split()[1]), {}
    while (line := file.readline().strip()):
        name, value = line.split(b":", 1)
        fields[name.lower().decode()] = value.strip().decode()
    body = file.read(int(fields.get("content-length", "0")))
    return status, fields, body


def get(address, path, timeout=5):
    """One GET over a connection of its own."""
    with socket.create_connection(address, timeout) as link, link.makefile("rb") as file:
        link.sendall(f"GET {path} HTTP/1.1\r\nHost: rig\r\nConnection: close\r\n\r\n".encode())
        return read_reply(file)


class Watcher:
    """A normal client that sends requests at fixed times, half of them over one connection, and half each over a new one.

    Its latencies run from when a request was due, so that a stall counts for all requests that were due during it.
    """

    def __init__(self, address, path, rate=100):
        self.address, self.path, self.pause = address, path, 2 / rate
        self.latencies, self.failures, self.statuses = [], [], {}
        self.isOver = False
        self.threads = [threading.Thread(target=self.ask, args=(stays,), daemon=True) for stays in (True, False)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.isOver = True
        for thread in self.threads:
            thread.join()

    def ask(self, stays):
        request = f"GET {self.path} HTTP/1.1\r\nHost: rig\r\n{'' if stays else 'Connection: close' + chr(13) + chr(10)}\r\n".encode()
        link = file = None
        due = time.monotonic()
        while not self.isOver:
            due += self.pause
            time.sleep(max(0, due - time.monotonic()))
            try:
                if link is None:
                    link = socket.create_connection(self.address, 10)
                    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    file = link.makefile("rb")
                link.sendall(request)
                status = read_reply(file)[0]
                self.statuses[status] = self.statuses.get(status, 0) + 1
                if status != 200:
                    self.failures.append(f"status {status}")
            except OSError as error:
                self.failures.append(str(error))
                stays_open = False
            else:
                stays_open = stays
            self.latencies.append(time.monotonic() - due)
            if not stays_open and link is not None:
                file.close()
                link.close()
                link = None

    def p99(self):
        """In milliseconds."""
        return percentile(self.latencies, 0.99) * 1000
