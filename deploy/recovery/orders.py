#!/usr/bin/env python3
"""Shoppers for the rehearsal: they place orders, and remember each one that the shop has acknowledged.

    orders.py stream SHOP RECORD RATE    places RATE orders a second until SIGTERM
    orders.py one SHOP                   places one order, trying for a minute; prints its number
    orders.py read SHOP RECORD BEFORE    asks the shop for each order acknowledged before that time

A line of RECORD: seconds since 1970, id, number, access token, email; each order has an email of its own.
"""

import json
import queue
import signal
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid

ADDRESS = {"name": "Ada Moss", "line1": "1 Fern Row", "city": "Leeds", "postal_code": "LS1 4AP", "country": "GB"}
SHOPPERS = 4


def call(method, url, body=None, headers=None):
    """The status and the document of a response; the status is 0 if there was none."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json", **(headers or {})}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=15) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refusal:
        refusal.read()
        return refusal.code, {}
    except (OSError, ValueError):
        return 0, {}


def goods(shop):
    """SKUs that are in stock, one for each product of the first page."""
    status, page = call("GET", f"{shop}/v1/products?in_stock=true&limit=100")
    if status != 200 or not page["data"]:
        sys.exit(f"orders.py: the shop shows no goods (status {status})")
    found = []
    for summary in page["data"]:
        status, product = call("GET", f"{shop}/v1/products/{summary['slug']}")
        if status == 200:
            found += [variant["sku"] for variant in product["variants"] if variant["in_stock"]]
    return found


def place(shop, sku, name):
    """Places an order of one piece. Returns None unless the shop acknowledged it."""
    body = {"items": [{"sku": sku, "quantity": 1}], "email": f"{name}@example.com", "shipping_address": ADDRESS}
    status, order = call("POST", f"{shop}/v1/orders", body, {"Idempotency-Key": str(uuid.uuid4())})
    return order if status == 201 else None


def stream(shop, path, rate):
    skus = goods(shop)
    due = queue.SimpleQueue()
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    began = time.time()

    def shopper(record):
        while (number := due.get()) is not None:
            name = f"order-{began:.0f}-{number}"
            order = place(shop, skus[number % len(skus)], name)
            if order:
                line = (f"{time.time():.6f}", order["id"], order["number"], order["access_token"], f"{name}@example.com")
                # One write for each line, so that lines of several shoppers do not mix.
                record.write("\t".join(line) + "\n")
                record.flush()

    with open(path, "a", encoding="ascii") as record:
        shoppers = [threading.Thread(target=shopper, args=(record,)) for _ in range(SHOPPERS)]
        for it in shoppers:
            it.start()
        number = 0
        # On a schedule and not one after the other, because real shoppers do not wait for each other.
        while not ended.wait(max(0.0, began + number / rate - time.time())):
            if due.qsize() < SHOPPERS:
                due.put(number)
            number += 1
        for _ in shoppers:
            due.put(None)
        for it in shoppers:
            it.join()


def one(shop):
    end = time.time() + 60
    skus = goods(shop)
    number = 0
    while time.time() < end:
        order = place(shop, skus[number % len(skus)], f"first-{time.time():.6f}")
        if order:
            print(order["number"])
            return
        number += 1
        time.sleep(0.05)
    sys.exit("orders.py: no order could be placed within a minute")


def read(shop, path, before):
    asked, wrong = 0, []
    with open(path, encoding="ascii") as record:
        for line in record:
            at, identifier, number, token, _ = line.rstrip("\n").split("\t")
            if float(at) >= before:
                continue
            asked += 1
            status, order = call("GET", f"{shop}/v1/orders/{number}", headers={"X-Order-Token": token})
            if status != 200 or order["id"] != identifier:
                wrong.append(f"{number} ({status})")
    if wrong:
        sys.exit(f"orders.py: the shop does not answer for {len(wrong)} of {asked} orders: {', '.join(wrong[:5])}")
    print(asked)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["stream", shop, record, rate]:
            stream(shop, record, float(rate))
        case ["one", shop]:
            one(shop)
        case ["read", shop, record, before]:
            read(shop, record, float(before))
        case _:
            sys.exit(__doc__)
