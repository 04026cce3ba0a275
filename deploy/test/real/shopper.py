"""A client of the shop, as plain as HTTP allows."""

import http.client
import json
import threading
import time
import uuid

ADDRESS = {"name": "Ada", "line1": "1 Analytical Row", "city": "London", "postal_code": "N1 7AA", "country": "GB"}


class Shopper:
    """Talks to a shop on one keep-alive connection; a connection that the server closed in good order is replaced."""

    def __init__(self, port, host="127.0.0.1"):
        self.connection = http.client.HTTPConnection(host, port, timeout=30)

    def ask(self, method, path, body=None, **headers):
        """Status and body of an answer, the body decoded where it is JSON."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            body = json.dumps(body)
            headers["Content-Type"] = "application/json"
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        content = answer.read()
        if "json" in answer.headers.get("Content-Type", ""):
            content = json.loads(content)
        return answer.status, content

    def order(self, sku="MUG-FERN-GRN", quantity=1, key=None):
        """Places an order for one thing."""
        body = {"items": [{"sku": sku, "quantity": quantity}], "email": "ada@example.com", "shipping_address": ADDRESS}
        return self.ask("POST", "/v1/orders", body, Idempotency_Key=key or str(uuid.uuid4()))


def wait_until_healthy(port, seconds=60):
    """Waits until /health is 200."""
    deadline = time.monotonic() + seconds
    last = None
    while time.monotonic() < deadline:
        try:
            last = Shopper(port).ask("GET", "/health")
            if last[0] == 200:
                return
        except OSError as error:
            last = error
        time.sleep(0.02)
    raise AssertionError(f"not healthy after {seconds} s: {last}")


class Crowd:
    """Shoppers that send requests until the load balancer would not: until /health is no longer 200.

    A request that was sent must be answered, by 200 or 201; anything else is in ``failures``.
    """

    def __init__(self, port, shoppers=8):
        self.port = port
        self.failures = []
        self.answered = 0
        self.orders = []
        self._lock = threading.Lock()
        self._open = threading.Event()
        self._open.set()
        self._threads = [threading.Thread(target=self._shop, args=(number,)) for number in range(shoppers)]
        self._threads.append(threading.Thread(target=self._watch))
        for thread in self._threads:
            thread.start()

    def join(self):
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive()

    def _watch(self):
        while self._open.is_set():
            if Shopper(self.port).ask("GET", "/health")[0] != 200:
                self._open.clear()
            time.sleep(0.05)

    def _shop(self, number):
        shopper = Shopper(self.port)
        turn = 0
        while self._open.is_set():
            turn += 1
            # Some connections live long, some for a request.
            if turn % 5 == 0:
                shopper = Shopper(self.port)
            try:
                if (turn + number) % 3 == 0:
                    status, body = shopper.order("PLENTY")
                    if status == 201:
                        self.orders.append(body["id"])
                else:
                    status, body = shopper.ask("GET", "/v1/products?limit=5")
                if status not in (200, 201):
                    self.failures.append((status, body))
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(repr(error))
            with self._lock:
                self.answered += 1
