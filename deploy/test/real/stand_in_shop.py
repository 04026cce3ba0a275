"""A shop of a few lines that passes the smoke test and the checklist, and can be broken point by point.

The shop itself is tried where there is one (test_smoke.py); this one shows that each check can fail.
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

ORIGIN = "https://shop.example"
PRODUCT = {"slug": "mug", "price": {"amount": 1450, "currency": "USD"}, "variants": [{"sku": "MUG", "in_stock": True}]}


class Shop:
    """``broken`` names what is wrong with it; change it at any time."""

    def __init__(self, broken=(), catalogue=True, context=None, port=0):
        self.broken, self.catalogue, self.requests, self.items, self.orders = set(broken), catalogue, [], [], {}
        shop = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, answer, fields = shop.answer(self.command, self.path, self.headers, json.loads(body or b"{}"))
                text = b"" if answer is None else json.dumps(answer).encode()
                self.send_response_only(status)
                for name, value in fields.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_DELETE = do_OPTIONS = any

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, *_):
                """A client that speaks no acceptable TLS is no trouble of ours."""

        self.server = Server(("127.0.0.1", port), Handler)
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_port
        self.url = f"{'https' if context else 'http'}://localhost:{self.port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def answer(self, method, target, headers, body):
        self.requests.append((method, target, dict(headers)))
        address = urlsplit(target)
        status, answer, fields = self.route(method, address.path, parse_qs(address.query), headers, body)
        fields = {"Content-Type": "application/problem+json" if status >= 400 else "application/json"} | fields
        if "request id" not in self.broken:
            fields["X-Request-Id"] = headers.get("X-Request-Id", "generated")
        if "nosniff" not in self.broken:
            fields["X-Content-Type-Options"] = "nosniff"
        if "cache control" not in self.broken:
            fields["Cache-Control"] = "no-store"
        if "version told" in self.broken:
            fields["Server"] = "Shop/1.2.3"
        origin = headers.get("Origin")
        if origin and "cors" not in self.broken and (origin == ORIGIN or "cors for all" in self.broken):
            fields["Access-Control-Allow-Origin"] = origin
        return status, answer, fields

    def route(self, method, path, query, headers, body):
        is_list = path == "/v1/products"
        if path == "/health":
            return self.health()
        if method == "OPTIONS":
            return 204, None, {"Access-Control-Allow-Methods": "GET, POST"}
        if is_list and ("list" in self.broken or ("search" in self.broken and "q" in query)):
            return 503, {"status": 503, "title": "Service unavailable"}, {}
        if is_list and "some errors" in self.broken and len(self.requests) % 50 == 0:
            return 500, {"status": 500, "title": "Internal error"}, {}
        if is_list:
            return 200, {"data": [PRODUCT] if self.catalogue else []}, {}
        if path == "/v1/products/mug":
            return self.product(headers)
        if path.startswith("/v1/carts"):
            return self.cart(method, path, headers, body)
        if path.startswith("/v1/orders"):
            return self.order(method, path, headers, body)
        if "not found" in self.broken:
            return 404, {"error": "no such thing"}, {"Content-Type": "application/json"}
        return 404, {"status": 404, "title": "Not found"}, {}

    def health(self):
        if "health" in self.broken:
            return 503, {"status": "starting"}, {}
        checks = {"postgres": {"status": "down" if "postgres" in self.broken else "ok"}}
        if "no redis" not in self.broken:
            checks["redis"] = {"status": "down" if "redis" in self.broken else "ok"}
        return 200, {"status": "degraded" if "degraded" in self.broken else "ok", "version": "1.0.0", "uptime_seconds": 5, "checks": checks}, {}

    def product(self, headers):
        if "product" in self.broken:
            return 200, {"slug": "another"}, {"ETag": '"a"'}
        fields = {} if "etag" in self.broken else {"ETag": '"a"'}
        if headers.get("If-None-Match") == '"a"' and "not modified" not in self.broken:
            return 304, None, fields
        return 200, PRODUCT, fields

    def cart(self, method, path, headers, body):
        if path == "/v1/carts":
            if "cart" in self.broken:
                return 500, {"status": 500, "title": "Internal error"}, {}
            self.items.clear()
            return 201, {"id": "1", "token": "open"}, {}
        if headers.get("X-Cart-Token") != "open" and "cart token" not in self.broken:
            return 404, {"status": 404, "title": "Not found"}, {}
        if path == "/v1/carts/1/items" and "cart item" not in self.broken:
            self.items.append({"sku": body["sku"]})
        elif path.startswith("/v1/carts/1/items/") and "cart item removal" not in self.broken:
            self.items.clear()
        elif method == "DELETE":
            return (500, {"status": 500, "title": "Internal error"}, {}) if "cart removal" in self.broken else (204, None, {})
        return 200, {"items": self.items, "total": {"amount": 1}}, {}

    def order(self, method, path, headers, body):
        if path == "/v1/orders":
            if "order" in self.broken:
                return 409, {"status": 409, "title": "Out of stock"}, {}
            key = "" if "order repeated" in self.broken else headers["Idempotency-Key"]
            number = len(self.orders) + 1 if not key else 1
            self.orders[number] = "pending_payment"
            return 201, {"id": f"o{number}", "number": f"N-{number}", "access_token": "order"}, {}
        if path.endswith("/cancel"):
            return 200, {"status": "paid" if "order cancel" in self.broken else "cancelled"}, {}
        return (404, {"status": 404, "title": "Not found"}, {}) if "order read" in self.broken else (200, {"id": path.split("/")[3]}, {})
