"""Causes the faults of the plan at the servers."""

import contextlib
import os
import random
import signal
import socket
import subprocess
import time

from rig import PROGRAM
from stage import HOT, INSTANCES, WEBHOOKS, WORKERS, children, freely, until


class Faults:
    """One method for each kind of fault, which returns when the fault is over."""

    def __init__(self, stage, storm):
        self.stage, self.storm = stage, storm
        # What should not have happened.
        self.found = []

    def inflict(self, fault):
        chance = random.Random(fault.seed)
        kind = fault.kind.replace("-", "_")
        getattr(self, "import_" if kind == "import" else kind)(fault, chance)

    # MARK: Instances

    def kill_instance(self, fault, _, which=None):
        instances = which or [self.stage.instances[fault.instance]]
        for instance in instances:
            instance.process.kill()
        for instance in instances:
            instance.process.wait()
        time.sleep(fault.lasts)
        for instance in instances:
            instance.start()

    def kill_instances(self, fault, chance):
        self.kill_instance(fault, chance, self.stage.instances)

    def terminate_instance(self, fault, _, instance=None):
        instance = instance or self.stage.instances[fault.instance]
        # A process that was started a moment ago does not react to signals yet.
        until(lambda: listens(instance.address), 10)
        began = time.monotonic()
        status = instance.stop(signal.SIGTERM, 15)
        # DRAIN_TIMEOUT, what comes after it, and a margin for a busy machine.
        if status != 0:
            self.found.append(f"{instance.name} left with status {status} after {time.monotonic() - began:.1f} s")
        time.sleep(fault.lasts)
        instance.start()

    def freeze_instance(self, fault, _):
        with frozen(self.stage.instances[fault.instance].pid):
            time.sleep(fault.lasts)

    # MARK: Workers

    def kill_worker(self, fault, chance):
        self.kill_instance(fault, chance, [self.stage.workers[fault.instance]])

    def kill_workers(self, fault, chance):
        self.kill_instance(fault, chance, self.stage.workers)

    def terminate_worker(self, fault, chance):
        self.terminate_instance(fault, chance, self.stage.workers[fault.instance])

    def freeze_worker(self, fault, _):
        with frozen(self.stage.workers[fault.instance].pid):
            time.sleep(fault.lasts)

    def stall_worker(self, fault, chance):
        self.freeze_worker(fault, chance)

    # MARK: What events are delivered to

    def down_webhook(self, fault, chance, mode="down", names=None):
        if names is None:
            names = [name for n, name in enumerate(WEBHOOKS) if fault.instance in (None, n)]
        self.stage.targets.tell(names, mode, chance.getrandbits(32))
        time.sleep(fault.lasts)
        self.stage.targets.tell(names, "well")

    def slow_webhook(self, fault, chance):
        self.down_webhook(fault, chance, "slow")

    def late_webhook(self, fault, chance):
        self.down_webhook(fault, chance, "late")

    def fail_webhook(self, fault, chance):
        self.down_webhook(fault, chance, "fails")

    def reset_webhook(self, fault, chance):
        self.down_webhook(fault, chance, "resets")

    def down_mail(self, fault, chance):
        self.down_webhook(fault, chance, "down", ["mail"])

    def slow_mail(self, fault, chance):
        self.down_webhook(fault, chance, "slow", ["mail"])

    def fail_mail(self, fault, chance):
        self.down_webhook(fault, chance, "fails", ["mail"])

    def reset_mail(self, fault, chance):
        self.down_webhook(fault, chance, "resets", ["mail"])

    # MARK: PostgreSQL

    def freeze_postgres(self, fault, _):
        postmaster = self.stage.postgres.process.pid
        with frozen(postmaster), frozen(*children(postmaster)):
            time.sleep(fault.lasts)

    def freeze_backends(self, fault, chance):
        backends = self.stage.postgres.backends()
        with frozen(*chance.sample(backends, len(backends) // 2)):
            time.sleep(fault.lasts)

    def terminate_backends(self, fault, _):
        self.stage.postgres.terminate()
        time.sleep(fault.lasts)
        self.stage.postgres.terminate()

    def kill_postgres(self, fault, _):
        self.stage.postgres.kill()
        time.sleep(fault.lasts)
        self.stage.postgres.start()

    def kill_postmaster(self, fault, _):
        self.stage.postgres.kill(all=False)
        time.sleep(fault.lasts)
        self.stage.postgres.start()

    def kill_backend(self, fault, chance):
        """Kills one process. The postmaster then ends the others, and recovers."""
        backends = self.stage.postgres.backends()
        if backends:
            freely(chance.choice(backends), signal.SIGKILL)
        time.sleep(fault.lasts)
        self.stage.postgres.start()

    def restart_postgres_fast(self, fault, _):
        self.stage.postgres.stop(signal.SIGINT)
        time.sleep(fault.lasts)
        self.stage.postgres.start()

    def restart_postgres_immediate(self, fault, _):
        self.stage.postgres.stop(signal.SIGQUIT)
        time.sleep(fault.lasts)
        self.stage.postgres.start()

    def limit_connections(self, fault, chance):
        with contextlib.suppress(RuntimeError):
            self.stage.postgres.sql(f"ALTER ROLE shop CONNECTION LIMIT {chance.randint(0, 3)}")
        self.stage.postgres.terminate()
        time.sleep(fault.lasts)
        with contextlib.suppress(RuntimeError):
            self.stage.postgres.sql("ALTER ROLE shop CONNECTION LIMIT -1")

    def demote_postgres(self, fault, _):
        """New connections may only read, as with the old primary after a failover."""
        with contextlib.suppress(RuntimeError):
            self.stage.postgres.sql("ALTER ROLE shop SET default_transaction_read_only = on")
        self.stage.postgres.terminate()
        time.sleep(fault.lasts)
        with contextlib.suppress(RuntimeError):
            self.stage.postgres.sql("ALTER ROLE shop RESET default_transaction_read_only")

    # MARK: Redis

    def kill_redis(self, fault, _):
        redis = self.stage.redis
        redis.server.stop(signal.SIGKILL)
        time.sleep(fault.lasts)
        redis.server.start()
        redis.ready()

    def freeze_redis(self, fault, _):
        with frozen(self.stage.redis.server.pid):
            time.sleep(fault.lasts)

    def flush_redis(self, fault, _):
        self.stage.redis.ask("FLUSHALL")
        time.sleep(fault.lasts)
        self.stage.redis.ask("FLUSHALL")

    # MARK: The network

    def reset_postgres(self, fault, _, what="postgres"):
        links = self.links(what, fault)
        self.stage.proxies.tell(links, "reset")
        time.sleep(fault.lasts)
        self.stage.proxies.tell(links, "reset")

    def hole_postgres(self, fault, _, what="postgres", how="hold", value=0.0):
        links = self.links(what, fault)
        self.stage.proxies.tell(links, how, value)
        time.sleep(fault.lasts)
        self.stage.proxies.tell(links, "flow")

    def lose_postgres(self, fault, chance):
        self.hole_postgres(fault, chance, how="lose")

    def slow_postgres(self, fault, chance):
        self.hole_postgres(fault, chance, how="slow", value=chance.uniform(0.002, 0.05))

    def reset_redis(self, fault, chance):
        self.reset_postgres(fault, chance, "redis")

    def hole_redis(self, fault, chance):
        self.hole_postgres(fault, chance, "redis")

    def lose_redis(self, fault, chance):
        self.hole_postgres(fault, chance, "redis", "lose")

    def slow_redis(self, fault, chance):
        self.hole_postgres(fault, chance, "redis", "slow", chance.uniform(0.005, 0.1))

    def links(self, what, fault):
        return [f"{what}-{n}" for n in range(INSTANCES + WORKERS) if fault.instance in (None, n)]

    def reset_clients(self, fault, _):
        self.storm.tell("reset")
        time.sleep(fault.lasts)
        self.storm.tell("reset")

    # MARK: Other users of the database

    def lock_stock(self, fault, _):
        """A session locks the rows that all orders need."""
        skus = ", ".join(f"'{sku}'" for sku in HOT)
        self.session(
            f"BEGIN; SELECT FROM stock WHERE variant_id IN (SELECT id FROM variant WHERE sku IN ({skus})) ORDER BY variant_id "
            f"FOR UPDATE; SELECT pg_sleep({fault.lasts}); COMMIT", fault)

    def deadlock_stock(self, fault, chance):
        """A session locks them in another order, and slowly."""
        ask = "SELECT variant_id FROM stock JOIN variant ON variant.id = variant_id WHERE sku LIKE 'HOT%' ORDER BY variant_id DESC"
        with contextlib.suppress(RuntimeError):
            rows = self.stage.postgres.sql(ask, "shop")
            locks = "; ".join(
                f"SELECT FROM stock WHERE variant_id = '{row[0]}' FOR UPDATE; SELECT pg_sleep({fault.lasts / len(rows):.3f})"
                for row in rows)
            self.session(f"BEGIN; {locks}; COMMIT", fault)

    def session(self, text, fault):
        # It may be terminated, or find no session to terminate. Both are fine.
        with contextlib.suppress(subprocess.TimeoutExpired):
            subprocess.run(self.stage.postgres.command(text, "shop", "shop"), capture_output=True, timeout=fault.lasts + 5)

    def import_(self, fault, chance, killed_after=None):
        """New stock for the popular items, as if a delivery came."""
        # Never below what may be reserved by now: that would rightly be refused.
        path = self.stage.catalogue({sku: self.stage.more(sku, chance.randint(1, 20)) for sku in HOT}, "delivery")
        process = subprocess.Popen(
            [PROGRAM, "import", path], env=os.environ | {"DATABASE_URL": self.stage.postgres.url()},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(killed_after or 8)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def kill_import(self, fault, chance):
        self.import_(fault, chance, fault.lasts)


def listens(address):
    try:
        socket.create_connection(address, 1).close()
        return True
    except OSError:
        return False


@contextlib.contextmanager
def frozen(*processes):
    for process in processes:
        freely(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            freely(process, signal.SIGCONT)
