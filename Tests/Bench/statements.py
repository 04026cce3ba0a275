"""The statements that the service really sends, read from PostgreSQL's log, as pgbench scripts."""
import json
import os
import pathlib
import re
import sys
import time
import urllib.request

from rig import PRODUCT, PRODUCTS, VARIANT, Shop, psql

ADDRESS_JSON = '{"name": "Ada", "line1": "1 Analytical Row", "city": "London", "postal_code": "N1 7AA", "country": "GB"}'


def sent_during(ask):
    """The statements that the service sends while `ask` runs, in order."""
    log = pathlib.Path(os.environ["TEST_POSTGRES_LOG"])
    psql("ALTER DATABASE bench SET log_statement = 'all'", database="postgres")
    # Only new connections, because the setting is read when a session begins.
    shop = Shop(CACHE="off", LOOPS="1")
    try:
        time.sleep(1.5)
        start = log.stat().st_size
        ask(shop)
        time.sleep(0.3)
        with open(log, encoding="utf-8", errors="replace") as lines:
            lines.seek(start)
            text = lines.read()
    finally:
        shop.stop()
        psql("ALTER DATABASE bench RESET log_statement", database="postgres")
    noise = r"schema_migration|^SELECT 1|^$|reservation WHERE state|UPDATE cart|DELETE FROM|FROM reservation|^SET |catalog_version"
    return [line for line in re.findall(r"LOG:  execute [^:]*: (.*)", text) if not re.search(noise, line)]


def filled(statement, values):
    """The statement with expressions in place of its parameters."""
    return re.sub(r"\$(\d+)", lambda match: values[int(match[1]) - 1], statement)


def pipelined(script):
    return re.sub(r"(?m)^BEGIN;$", r"\\startpipeline\nBEGIN;", script) + "\\endpipeline\n"


def product_script():
    """One product in each transaction: the service reads all of a turn at once, but pgbench has only one to read."""
    def ask(shop):
        urllib.request.urlopen(shop.url + "/v1/products/01900000-0000-7000-8000-000000000007").read()
    statements = sent_during(ask)
    script = f"\\set id random(1, {PRODUCTS})\n"
    for statement in statements:
        script += filled(statement, [f"ARRAY[{PRODUCT.format(':id')}]"] * 9) + ";\n"
    return script


def ask_order(shop):
    items = [{"sku": f"SKU-{number}", "quantity": 1} for number in (1, 2, 3)]
    request = urllib.request.Request(
        shop.url + "/v1/orders",
        json.dumps({"items": items, "email": "ada@example.com", "shipping_address": json.loads(ADDRESS_JSON)}).encode(),
        {"Content-Type": "application/json", "Idempotency-Key": f"bench-{time.time_ns()}"})
    urllib.request.urlopen(request).read()


def order_script():
    """The service's statements for one order by itself, with the values of an order."""
    sent = sent_during(ask_order)

    def the(part):
        found = [line for line in sent if part in line]
        if len(found) != 1:
            sys.exit(f"bench: {len(found)} statements with {part!r} in an order; there are: {sent}")
        return found[0]

    key = "sha256(:n::text::bytea)"
    order = "('01900000-0000-7000-8000-' || lpad(to_hex(:n::bigint), 12, '0'))::uuid"
    def one(text, kind): return f"ARRAY[{text}]::{kind}[]"
    def three(text, kind): return "ARRAY[" + ", ".join(text.format(name) for name in (":a", ":b", ":c")) + f"]::{kind}[]"
    price = "(100 + {0} * 37 % 50000)"
    total = " + ".join(f"(100 + :{n} * 37 % 50000)::bigint * :q{n}" for n in "abc")
    skus = three("'SKU-' || {0}::bigint", "text")
    variants, quantities = three(VARIANT, "uuid"), "ARRAY[:qa, :qb, :qc]::int[]"
    values = {
        "FROM unnest($": ["'1000ms'", one(":n", "bigint")],
        "FROM idempotency WHERE": [one(key, "bytea")],
        "WHERE v.sku = ANY": [skus],
        # In the order of CheckoutStatements.heads and .lines. If a statement changes, check this list.
        "INSERT INTO orders": [
            one(order, "uuid"), one("to_hex(:n::bigint)", "text"), one("NULL", "uuid"), one("'ada@example.com'", "text"),
            one("'USD'", "text"), one(total, "bigint"), one("0", "bigint"), one("0", "bigint"), one("0", "bigint"),
            one(total, "bigint"), one(f"'{ADDRESS_JSON}'", "jsonb"), one(key, "bytea"), one(key, "bytea"), one(key, "bytea"),
            one("'/v1/orders/' || :n::bigint", "text"), one("convert_to(repeat('an order as JSON ', 100), 'UTF8')", "bytea"),
            one("'en'", "text"), one("gen_random_uuid()", "uuid"),
            one("'{\"text\": \"' || repeat('an order as JSON ', 100) || '\"}'", "text"), one("NULL", "text"),
            "now()", "now()", "'order.placed'", "1", "'order'", "now() + interval '15 minutes'", "now()"],
        "INSERT INTO order_line": [
            f"ARRAY[{order}, {order}, {order}]", "ARRAY[1, 2, 3]::int[]", variants, three(PRODUCT, "uuid"), skus,
            one("'Product', 'Product', 'Product'", "text"), one(", ".join(["'{\"size\": \"M\"}'"] * 3), "jsonb"),
            one(", ".join(["'/assets/a.svg'"] * 3), "text"), quantities, three(price, "bigint"), one("0, 0, 0", "bigint"),
            "ARRAY[" + ", ".join(f"(100 + :{n} * 37 % 50000)::bigint * :q{n}" for n in "abc") + "]::bigint[]"],
        "SELECT FROM stock": [variants],
        "UPDATE stock": [variants, quantities, "'stock.low'", "1", "'variant'"],
    }
    script = "".join(f"\\set {name} random({low}, {high})\n" for name, low, high in (
        ("a", 1, 3333), ("b", 3334, 6666), ("c", 6667, 10000), ("qa", 1, 3), ("qb", 1, 3), ("qc", 1, 3),
        ("n", 1, 200_000_000_000_000))) + "BEGIN;\n"
    for part, expressions in values.items():
        statement = the("pg_try_advisory" if part == "FROM unnest($" else part)
        count = max(int(number) for number in re.findall(r"\$(\d+)", statement))
        if count != len(expressions):
            sys.exit(f"bench: {part!r} has {count} parameters, this script knows {len(expressions)}")
        script += filled(statement, expressions) + ";\n"
    return script + "COMMIT;\n"
