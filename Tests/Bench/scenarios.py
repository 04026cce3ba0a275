"""The measurements: each function is one scenario with its comparison, in rounds that take turns."""
import gzip as codec
import json
import os
import subprocess
import time
import urllib.request

import scripts
import statements
from load import SECONDS, cpu_of, lua, open_load, pgbench, redis_benchmark, wrk
from report import note
from rig import BINARY, DATABASE, REDIS, ROOT, WORK, Process, Shop, Worker, free_port, nginx, psql

ROUNDS = int(os.environ.get("ROUNDS", "3"))
# All requests go to the database, and one loop's share of the pool is as wide as pgbench's.
UNCACHED = {"CACHE": "off"}


def ask(shop, path, method="GET", headers=None, body=None):
    request = urllib.request.Request(shop.url + path, body, headers or {}, method=method)
    with urllib.request.urlopen(request) as answer:
        return answer.read()


def hot():
    """A product from the process's own cache, compared with nginx and the same bytes from a file."""
    shop = Shop(**REDIS)
    path = "/v1/products/product-7"
    web = nginx(ask(shop, path))
    same, static = lua("same.lua", scripts.same(path)), lua("static.lua", scripts.same("/product.json"))
    some, lists = lua("some.lua", scripts.product(1_000)), lua("list.lua", scripts.same("/v1/products?limit=20"))
    try:
        wrk(shop, some)
        for _ in range(ROUNDS):
            note("nginx", wrk(web, static))
            note("product, hot", wrk(shop, same))
            note("1,000 products, cached", wrk(shop, some))
            note("list of 20, cached", wrk(shop, lists))
        note("resident MB, hot", shop.resident("VmHWM"))
    finally:
        web.stop()
        shop.stop()


def redis():
    """Products that only Redis has: each is read there, and its stock from PostgreSQL; compared with redis-benchmark's GET."""
    # Nothing fits into the process's own layer.
    shop = Shop(CACHE_MEMORY="0", **REDIS)
    load = lua("redis.lua", scripts.product())
    try:
        wrk(shop, load)
        for _ in range(ROUNDS):
            note("redis-benchmark GET, 64 clients", redis_benchmark())
            note("product from Redis", wrk(shop, load))
    finally:
        shop.stop()


def product():
    """A product from PostgreSQL each time, compared with pgbench and the service's own statement."""
    script = statements.product_script()
    shop = Shop(**UNCACHED)
    load = lua("all.lua", scripts.product())
    try:
        wrk(shop, load)
        for _ in range(ROUNDS):
            note("pgbench select, 16 clients", pgbench(script, 16))
            note("product from PostgreSQL", wrk(shop, load))
    finally:
        shop.stop()


def lists():
    """Pages of 20 and searches, from PostgreSQL each time."""
    shop = Shop(**UNCACHED)
    path, pages = "/v1/products?limit=20&sort=price", []
    while path and len(pages) < 200:
        pages.append(path)
        cursor = json.loads(ask(shop, path)).get("next_cursor")
        path = cursor and f"/v1/products?limit=20&sort=price&cursor={cursor}"
    pages, search = lua("pages.lua", scripts.one_of(pages)), lua("search.lua", scripts.search())
    try:
        wrk(shop, pages)
        for _ in range(ROUNDS):
            note("list of 20 from PostgreSQL", wrk(shop, pages))
            note("search from PostgreSQL", wrk(shop, search))
    finally:
        shop.stop()


def carts():
    """Adds to 1,000 carts."""
    shop = Shop(**REDIS)
    try:
        made = [json.loads(ask(shop, "/v1/carts", "POST", {"Content-Type": "application/json"}, b"{}")) for _ in range(1_000)]
        add = lua("cart.lua", scripts.cart_add([(cart["id"], cart["token"]) for cart in made]))
        wrk(shop, add)
        for _ in range(ROUNDS):
            # At most 999 of a line.
            psql("TRUNCATE cart_item", "VACUUM ANALYZE cart", "CHECKPOINT")
            note("cart add", wrk(shop, add))
    finally:
        shop.stop()


def clean():
    # Orders that waited when the load ended are still placed, and would conflict with TRUNCATE, which takes locks in another
    # order.
    time.sleep(2)
    psql("TRUNCATE orders, order_line, order_history, order_hold, order_token, reservation, idempotency, stock_movement, "
         "stock_balance, outbox, delivery", "UPDATE stock SET reserved = 0", "VACUUM FULL ANALYZE stock", "CHECKPOINT")


def orders():
    """Orders of three lines, and a flash sale: all orders want one variant, with enough stock or with none."""
    script = statements.order_script()
    shop = Shop(**REDIS)
    spread, flash = lua("order.lua", scripts.SPREAD), lua("flash.lua", scripts.flash("SKU-7"))
    gone = lua("gone.lua", scripts.flash("GONE"))
    hot_row = script.replace("random(1, 3333)", "random(7, 7)")
    try:
        wrk(shop, spread)
        for _ in range(ROUNDS):
            for name, measure in (
                    ("pgbench order, 64 clients", lambda: pgbench(script, 64)),
                    ("pgbench order, pipelined, 20 clients", lambda: pgbench(statements.pipelined(script), 20)),
                    ("pgbench order, one hot row, 64 clients", lambda: pgbench(hot_row, 64)),
                    ("order of 3 lines", lambda: wrk(shop, spread)),
                    ("flash sale, one variant", lambda: wrk(shop, flash)),
                    ("flash sale, sold out", lambda: wrk(shop, gone, refusals=True))):
                clean()
                note(name, measure())
        note("resident MB, orders", shop.resident("VmHWM"))
    finally:
        shop.stop()


def journey():
    """A shopper's journey: browse, search, fill carts, order some; first as fast as possible, then in an open loop at half that rate..
    """
    shop = Shop(**REDIS)
    load = lua("journey.lua", scripts.JOURNEY)
    try:
        wrk(shop, load)
        for _ in range(ROUNDS):
            clean()
            note("shoppers' journey", wrk(shop, load))
        clean()
        rate = max(100, int(wrk(shop, load)["rate"] / 2))
        seconds = max(5, float(SECONDS))
        result, used = open_load(shop, f"half:journey:203.0.113.1:{rate}x{seconds}")
        phase = result["half"][0]
        note("shoppers' journey, open loop at half of that", {
            "rate": phase["done"] / seconds, "cpu": used / max(1, phase["done"]) * 1e6, "errors": phase["meant"] - phase["done"],
            "p50": phase["p50"], "p99": phase["p99"], "mean": phase["p50"]})
        note("resident MB, journey", shop.resident("VmHWM"))
    finally:
        shop.stop()


def sign_ins():
    """Hot products in an open loop, alone and beside 1,000 sign-ins at once, most of which are refused."""
    port = free_port()
    shop = Shop(JWT_SECRET="bench-secret-of-the-benchmark-0123456789", METRICS_PORT=str(port), **REDIS)
    seconds = max(8, float(SECONDS))

    def counted(name):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            return sum(float(line.rsplit(" ", 1)[1]) for line in answer.read().decode().splitlines() if line.startswith(name))

    try:
        wrk(shop, lua("hot.lua", scripts.same("/v1/products/product-7")))
        idle = shop.resident()
        for _ in range(ROUNDS):
            before = {name: counted(name) for name in ("commerce_password_hash_seconds_count", "commerce_password_refused_total")}
            # All of them come within a second of the second half: its second one, as the first is left out of the times.
            result, _ = open_load(shop, f"hot:hot:203.0.113.1:500x{seconds},500x{seconds}",
                                  f"flood:sign_in:203.0.113.2:0.001x{seconds + 1},1000x1,0.001x{seconds - 2}")
            for name, phase in zip(("hot product at 500/s, alone", "hot product at 500/s, beside 1,000 sign-ins"), result["hot"]):
                note(name, {"rate": phase["done"] / seconds, "cpu": 0, "errors": phase["meant"] - phase["done"],
                            "p50": phase["p50"], "p99": phase["p99"], "mean": phase["p50"]})
            note("sign-ins: passwords hashed", counted("commerce_password_hash_seconds_count")
                 - before["commerce_password_hash_seconds_count"])
            note("sign-ins: refused with 503", counted("commerce_password_refused_total") - before["commerce_password_refused_total"])
        note("sign-ins: MB more than before", shop.resident("VmHWM") - idle)
    finally:
        shop.stop()


def gzip():
    """A product and a list from the cache, plain and as gzip, in turns; compared with nginx's gzip_static."""
    # Products here are smaller than the usual minimum.
    shop = Shop(COMPRESSION_MIN_SIZE="256", **REDIS)
    paths = {"a product": "/v1/products/product-7", "a list of 20": "/v1/products?limit=20", "a list of 100": "/v1/products?limit=100"}
    coded = 'wrk.headers["Accept-Encoding"] = "gzip"\n'
    body = ask(shop, paths["a product"])
    web = nginx(body, "gzip_static on;")
    (WORK / "nginx" / "product.json.gz").write_bytes(codec.compress(body, 6))
    try:
        for name, path in paths.items():
            for extra in ("", coded):
                size = len(ask(shop, path, headers={"Accept-Encoding": "gzip"} if extra else {}))
                note(f"bytes of {name}{', gzip' if extra else ''}", size)
        for _ in range(ROUNDS):
            for name, path in paths.items():
                note(name, wrk(shop, lua("plain.lua", scripts.same(path))))
                note(f"{name}, gzip", wrk(shop, lua("coded.lua", coded + scripts.same(path))))
            note("nginx, the product", wrk(web, lua("static.lua", scripts.same("/product.json"))))
            note("nginx, gzip_static", wrk(web, lua("static-coded.lua", coded + scripts.same("/product.json"))))
        note("resident MB, gzip", shop.resident("VmHWM"))
    finally:
        web.stop()
        shop.stop()


LOOP_MODES = (
    ("epoll", "blocking epoll_wait"), ("sources", "a dispatch source per connection"), ("loop", "the event loop"),
    ("task", "the event loop, a task per request"), ("server", "the HTTP server"),
    ("shop", "with middlewares, metrics, access log"))


def loop():
    """The event loop, the server on it, and the code that the shop puts around its handlers, compared with other ways to watch sockets..
    """
    subprocess.run(["swift", "build", "-c", "release", "--static-swift-stdlib", "-Xlinker", "-S", "--product", "loop-benchmark"],
                   cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    program = ROOT / ".build/release/loop-benchmark"
    script = lua("loop.lua", scripts.same("/v1/products/a"))
    for _ in range(ROUNDS):
        for mode, name in LOOP_MODES:
            port = free_port()
            server = Process(mode, [program, mode, str(port)])
            server.url = f"http://127.0.0.1:{port}"
            time.sleep(0.3)
            try:
                note(name, wrk(server, script))
            finally:
                server.stop()


def tokens():
    """Verifying an access token: CPU by algorithm, and from the cache of verified tokens."""
    subprocess.run(["swift", "build", "-c", "release", "--static-swift-stdlib", "-Xlinker", "-S", "--product", "token-benchmark"],
                   cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    key = WORK / "token.pem"
    subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key], check=True)
    for _ in range(ROUNDS):
        done = subprocess.run([ROOT / ".build/release/token-benchmark", "20000", key], check=True, capture_output=True, text=True)
        for line in done.stdout.splitlines():
            name, figure = line.split("\t")
            note(f"access token, {name}: CPU us", float(figure))


def start():
    """The time from exec to the first 200 of /health, and the size of the binary."""
    for _ in range(10):
        shop = Shop(**REDIS)
        note("ready in ms", shop.ready * 1000)
        note("resident MB, idle", shop.resident())
        shop.stop()
    note("binary MB", BINARY.stat().st_size / 1e6)


def outbox():
    """Events that are relayed to one webhook: as fast as possible, and beside one that is down; then a worker with nothing to do."""
    keys = {"JWT_SECRET": "bench-secret-of-the-benchmark-0123456789", "WEBHOOK_ALLOW_PRIVATE": "on"}
    web = nginx(b"{}", "location /hook { return 204; }")
    worker = Worker(**keys, **REDIS)
    posts = lua("post.lua", scripts.post("/hook", "x" * 1_800))
    try:
        note("idle worker: CPU %", worker.idle(20.0)[0] * 100)
        note("idle worker: statements a second", worker.idle(20.0)[1])
        living = webhook(web.url + "/hook", keys)
        relay(worker, living, 20_000)
        begin = worker.resident()
        for _ in range(ROUNDS):
            note("nginx, POST", wrk(web, posts))
            note("event to a webhook", relay(worker, living, 40_000))
        note("worker's MB more after the rounds", worker.resident() - begin)
        # Nothing listens there.
        dead = webhook(f"http://127.0.0.1:{free_port()}/hook", keys)
        for _ in range(ROUNDS):
            psql(f"UPDATE event_target SET state = 'disabled', updated_at = now() WHERE id = '{dead}'")
            note("event to a webhook, alone", relay(worker, living, 40_000))
            psql(f"UPDATE event_target SET state = 'active', updated_at = now() WHERE id = '{dead}'")
            note("event to a webhook, beside a dead one", relay(worker, living, 40_000))
        note("resident MB, worker", worker.resident("VmHWM"))
    finally:
        worker.stop()
        web.stop()


def webhook(url, keys):
    """Adds an endpoint.
    - Returns: its id"""
    done = subprocess.run([BINARY, "webhook", "add", url], env={**os.environ, "DATABASE_URL": DATABASE, **keys}, check=True,
                          capture_output=True, text=True)
    return json.loads(done.stdout)["id"]


def relay(worker, target, count):
    """Commits events of the size of an order, and measures until the target has taken all of them."""
    psql("DELETE FROM delivery", "DELETE FROM outbox", "VACUUM outbox, delivery")
    used, database, began = worker.cpu(), cpu_of("postgres"), time.monotonic()
    psql(f"""INSERT INTO outbox (id, type, version, aggregate_type, aggregate_id, sequence, payload)
         SELECT gen_random_uuid(), 'order.placed', 1, 'order', (lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint),
         12, '0') || '7000' || '8000' || substr(md5(n::text), 1, 12))::uuid, 1,
         json_build_object('id', n, 'text', repeat('an order has about so many bytes. ', 44)) FROM generate_series(1, {count}) n""")
    # Inserting is not a part of what is measured.
    inserted = time.monotonic() - began
    used, database, began = worker.cpu(), cpu_of("postgres"), time.monotonic()
    already = delivered(target)
    # A look-up by index: counting would take the processor from what is measured.
    while waits(target) and time.monotonic() - began < 120:
        time.sleep(0.1)
    took = time.monotonic() - began
    done = delivered(target)
    many = max(1, done - already)
    return {"rate": many / took, "cpu": (worker.cpu() - used) / many * 1e6,
            "database": (cpu_of("postgres") - database) / many * 1e6, "errors": count - done, "p50": 0, "p99": 0,
            "mean": 0, "inserted": inserted}


def waits(target):
    return psql(f"""SELECT (SELECT position FROM relay) < (SELECT max(position) FROM outbox)
        OR EXISTS (SELECT FROM delivery WHERE target_id = '{target}' AND state = 'pending')""").strip() == "t"


def delivered(target):
    return int(psql(f"SELECT count(*) FROM delivery WHERE target_id = '{target}' AND state = 'delivered'"))


ALL = {function.__name__: function
       for function in (hot, redis, product, lists, carts, orders, journey, sign_ins, outbox, gzip, loop, tokens, start)}
