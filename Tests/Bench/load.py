"""Load and its results: wrk in a closed loop, open-load in an open one, and the programs for comparison."""
import json
import re
import shutil
import subprocess
import os
import time

from rig import ADDRESS, POSTGRES_BIN, REDIS, ROOT, TICK, WORK

SECONDS = os.environ.get("SECONDS_EACH", "4")


def lua(name, body):
    """A wrk script that counts and times at its end."""
    path = WORK / name
    path.write_text(body + """
function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('RESULT {"requests":%d,"seconds":%f,"errors":%d,"mean":%f,"p50":%f,"p99":%f}\\n', summary.requests,
    summary.duration / 1e6, e.connect + e.read + e.write + e.status + e.timeout, latency.mean / 1000,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
""")
    return path


def wrk(server, script, connections=64, refusals=False):
    """Rate, CPU microseconds a request, errors and times of a server under a closed loop.

    refusals: requests that must be refused; the refusals are counted."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "-s", str(script), server.url]
    before, database = server.cpu(), cpu_of("postgres")
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    used, database = server.cpu() - before, cpu_of("postgres") - database
    result = json.loads(re.search(r"RESULT (.*)", out)[1])
    count = max(1, result["requests"])
    return {"rate": result["requests"] / result["seconds"], "cpu": used / count * 1e6, "database": database / count * 1e6,
            "errors": 0 if refusals else result["errors"], "p50": result["p50"], "p99": result["p99"], "mean": result["mean"]}


def cpu_of(name):
    """Seconds of CPU that processes of this name have used so far, without those that have ended."""
    total = 0
    for path in (path for path in os.listdir("/proc") if path.isdigit()):
        try:
            with open(f"/proc/{path}/stat") as stat:
                head, fields = stat.read().rsplit(")", 1)
        except OSError:
            continue
        if head.split("(", 1)[1] == name:
            total += int(fields.split()[11]) + int(fields.split()[12])
    return total / TICK


def open_load(server, *clients):
    """An open loop: requests come at their rate, whatever happens to those before; times count from when each was due."""
    subprocess.run(["swift", "build", "-c", "release", "--static-swift-stdlib", "-Xlinker", "-S", "--product", "open-load"],
                   cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    before = server.cpu()
    out = subprocess.run([ROOT / ".build/release/open-load", str(server.port), *clients], capture_output=True, text=True, check=True)
    return json.loads(out.stdout), server.cpu() - before


def pgbench(script, clients):
    """Transactions per second of a script."""
    path = WORK / "script.sql"
    path.write_text(script)
    command = [POSTGRES_BIN / "pgbench", *ADDRESS, "-n", "-M", "prepared", "-j1", f"-c{clients}", f"-T{SECONDS}", "-f", path, "bench"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"bench: pgbench: {done.stderr[-2000:]}")
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    # Without the line, nothing was completed in the time.
    return float(found[1]) if found else 0.0


def redis_benchmark(clients=64):
    """GETs per second, one at a time on each connection."""
    port = re.search(r":(\d+)", REDIS["REDIS_URL"].rsplit("@", 1)[-1])[1]
    end = time.monotonic() + float(SECONDS)
    rates = []
    while time.monotonic() < end:
        out = subprocess.run(
            [shutil.which("redis-benchmark"), "-p", port, "-c", str(clients), "-n", "50000", "-t", "get", "-d", "700", "--csv"],
            capture_output=True, text=True, check=True).stdout
        rates.append(float(re.search(r'"GET","([\d.]+)"', out)[1]))
    return sum(rates) / len(rates)
