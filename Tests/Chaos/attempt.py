"""One order that a shopper wants, through all attempts."""

import hashlib
import json

ADDRESS = {"name": "Ada Moss", "line1": "1 Fern Row", "city": "Leeds", "postal_code": "LS1 4AP", "country": "GB"}
# The final refusals that a shopper may get, by the kind of order.
REFUSALS = {"insufficient_stock", "cart_converted", "cart_changed", "price_changed"}


def request(method, path, body=b"", **fields):
    """The bytes of a request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: chaos", *(f"{name.replace('_', '-')}: {value}" for name, value in fields.items())]
    if method != "GET":
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Attempt:
    """One Idempotency-Key: the order it stands for, and everything that is known about it."""

    def __init__(self, key, prices, items=None, cart=None, token=None, version=None, least=None, most=None, isShared=False):
        """
        - items: the lines of an order that is bought at once
        - cart, token, version: of the cart that becomes an order
        - least, most: how many of each SKU it must have, and can have; the same unless an add to the cart went unanswered
        - isShared: whether another key goes for the same cart
        """
        self.key, self.cart, self.cartToken, self.isShared = key, cart, token, isShared
        if items is not None:
            least = most = {}
            for sku, quantity in items:
                least[sku] = least.get(sku, 0) + quantity
        self.least, self.most, self.prices = least, most, prices
        # The address in it contains the key, so each order that is found shows who sent it.
        body = {"email": f"{key}@example.com", "shipping_address": ADDRESS}
        if cart is None:
            body["items"] = [{"sku": sku, "quantity": quantity} for sku, quantity in items]
        else:
            body["cart_id"] = cart
            if version is not None:
                body["cart_version"] = version
        fields = {"Idempotency_Key": key} | ({"X_Cart_Token": token} if token else {})
        self.request = request("POST", "/v1/orders", json.dumps(body).encode(), **fields)
        self.tries = 0
        # Whether a line was added to its cart at the same time.
        self.isRacing = False
        # Whether an attempt may have had an effect that the client does not know of.
        self.isUnsure = False
        self.refusal = self.answer = self.id = self.number = self.token = None
        self.lines, self.total = (), 0
        # The cancellation: None, "asked" or "told".
        self.cancelling = None

    @property
    def isOver(self):
        return self.answer is not None or self.refusal is not None

    def take(self, reply):
        """Learns from a reply.
        - Returns: what is wrong with it, or nothing"""
        status = reply.status
        if status == 201:
            return self.accept(reply)
        if status == 503:
            # It may have been committed without the client knowing.
            self.isUnsure = True
            return None
        try:
            problem = json.loads(reply.body)
            code = problem["code"]
        except (ValueError, KeyError, TypeError):
            return f"{self.key}: {status} without a code: {reply.body[:200]!r}"
        if code == "idempotency_in_flight":
            return None
        self.refusal = code
        if status != 409:
            return f"{self.key}: {status} {code}: {reply.body[:300]!r}"
        return self.refused(code, problem)

    def refused(self, code, problem):
        isLawful = code in REFUSALS
        if code == "insufficient_stock":
            short = [line for line in problem.get("lines", []) if line["available"] < line["requested"]]
            # The other SKUs have plenty of stock, unless stock leaks.
            isLawful = bool(short) and all(line["sku"].startswith("HOT") for line in short)
        if code == "cart_converted":
            isLawful = self.isShared
        if code in ("cart_changed", "price_changed"):
            isLawful = self.cart is not None and (self.least != self.most or self.isRacing)
        return None if isLawful else f"{self.key}: refused for {code}: {json.dumps(problem)[:400]}"

    def accept(self, reply):
        if self.answer is not None:
            return None if reply.body == self.answer else \
                f"{self.key}: two answers for one key: {self.answer!r} and {reply.body!r}"
        order = json.loads(reply.body)
        self.answer, self.id, self.number, self.token = reply.body, order["id"], order["number"], order["access_token"]
        self.lines = tuple((line["sku"], line["quantity"]) for line in order["items"])
        self.total = order["total"]["amount"]
        if (reply.field(b"location") or b"").decode() != f"/v1/orders/{self.id}" or order["email"] != f"{self.key}@example.com":
            return f"{self.key}: answered with another's order: {reply.head!r} {reply.body!r}"
        if self.total != sum(self.prices[sku] * quantity for sku, quantity in self.lines):
            return f"{self.key}: costs {self.total}: {reply.body!r}"
        return None

    def misses(self):
        """The differences between the order and the request, or nothing."""
        found = {}
        for sku, quantity in self.lines:
            found[sku] = found.get(sku, 0) + quantity
        if all(self.least.get(sku, 0) <= found.get(sku, 0) <= self.most.get(sku, 0) for sku in {*found, *self.most}):
            return None
        return f"{self.key}: asked for {self.least} to {self.most}, got {found}"

    def record(self):
        """What the driver compares with the data."""
        return {
            "key": self.key, "cart": self.cart, "id": self.id, "number": self.number, "lines": self.lines, "total": self.total,
            "digest": hashlib.md5(self.answer).hexdigest() if self.answer is not None else None, "refusal": self.refusal,
            "isUnsure": self.isUnsure, "cancelling": self.cancelling,
        }
