"""Issuers of OpenID Connect, by another implementation than the shop's: each path is one, with keys and a state of its own.

It prints one line of JSON when it is ready: its URL. Argument: a directory for the keys, which the openssl program makes.

    GET  /NAME/.well-known/openid-configuration, GET /NAME/keys   as an issuer answers
    GET  /NAME/requests                                           how often each of the two was asked for
    POST /NAME/state     {"mode": "good", "keys": ["rsa-1"]}      how it answers from now on, and the keys that it publishes
    POST /NAME/tokens    {"key", "header", "claims"}              a signed token; also with faults that no library would make
"""

import base64
import hashlib
import hmac
import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils

DIRECTORY = sys.argv[1]
lock = threading.Lock()
keys = {}
issuers = {}


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value, size=None):
    return encode(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))


def private_key(name):
    """A key named `rsa-…`, `weak-…` (1,024 bits) or `ec-…`, made at its first use."""
    with lock:
        if name not in keys:
            kind = name.split("-")[0]
            options = {
                "rsa": ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"], "weak": ["RSA", "-pkeyopt", "rsa_keygen_bits:1024"],
                "ec": ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
            }[kind]
            path = f"{DIRECTORY}/{name}.pem"
            subprocess.run(["openssl", "genpkey", "-quiet", "-algorithm", *options, "-out", path], check=True)
            with open(path, "rb") as file:
                keys[name] = serialization.load_pem_private_key(file.read(), None)
        return keys[name]


def jwk(name):
    public = private_key(name).public_key().public_numbers()
    if isinstance(public, ec.EllipticCurvePublicNumbers):
        kind = {"kty": "EC", "crv": "P-256", "x": number(public.x, 32), "y": number(public.y, 32)}
    else:
        kind = {"kty": "RSA", "alg": "RS256", "n": number(public.n), "e": number(public.e)}
    return {"kid": name, "use": "sig", **kind}


def public_pem(name):
    return private_key(name).public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def sign(name, algorithm, message):
    if algorithm == "none":
        return b""
    if algorithm == "HS256":
        # The public key as a secret: what a verifier that trusts the header would use.
        return hmac.new(public_pem(name), message, hashlib.sha256).digest()
    key = private_key(name)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        r, s = utils.decode_dss_signature(key.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")
    digest = {"RS512": hashes.SHA512()}.get(algorithm, hashes.SHA256())
    scheme = padding.PSS(padding.MGF1(digest), digest.digest_size) if algorithm == "PS256" else padding.PKCS1v15()
    return key.sign(message, scheme, digest)


def token(name, header, claims):
    algorithm = "ES256" if name.startswith("ec") else "RS256"
    header = {"alg": algorithm, "kid": name, **header}
    header = {member: value for member, value in header.items() if value is not None}
    if header.get("jwk") == "own":
        header["jwk"] = jwk(name)
    message = f"{encode(json.dumps(header).encode())}.{encode(json.dumps(claims).encode())}"
    return f"{message}.{encode(sign(name, header['alg'], message.encode()))}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, body, status=200, headers=()):
        self.send_response(status)
        for field, value in headers:
            self.send_header(field, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def split(self):
        _, name, rest = self.path.split("/", 2)
        with lock:
            state = issuers.setdefault(
                name, {"mode": "good", "keys": ["rsa-1", "ec-1"], "requests": {"discovery": 0, "keys": 0}})
        return f"{URL}/{name}", rest, state

    def do_GET(self):
        issuer, rest, state = self.split()
        if rest == "requests":
            return self.answer(json.dumps(state["requests"]).encode())
        isDiscovery = rest == ".well-known/openid-configuration"
        if not isDiscovery and rest != "keys":
            return self.answer(b"", 404)
        with lock:
            state["requests"]["discovery" if isDiscovery else "keys"] += 1
        mode = state["mode"]
        if mode == "down":
            return self.answer(b"down", 503)
        if mode == "redirect":
            return self.answer(b"", 302, [("Location", f"{URL}/good/{rest}")])
        if mode == "garbage":
            return self.answer(b"<html>")
        if mode == "huge":
            return self.answer(b'{"keys":[' + b" " * 1_000_000 + b"]}")
        if isDiscovery:
            document = {"issuer": issuer, "jwks_uri": f"{issuer}/keys"}
            if mode == "liar":
                document["issuer"] = f"{URL}/customers"
            if mode == "slash":
                document["issuer"] += "/"
            if mode == "plain":
                document["jwks_uri"] = "http://keys.example/keys"
            if mode == "lost":
                del document["jwks_uri"]
            return self.answer(json.dumps(document).encode(), 200, [("Content-Type", "application/json")])
        published = [jwk(name) for name in state["keys"]]
        # What other issuers publish beside: keys for other uses and of other kinds.
        published += [{"kty": "oct", "k": "c2VjcmV0", "kid": "secret"}, {**jwk("rsa-enc"), "use": "enc"}, {"kty": "new"}]
        self.answer(json.dumps({"keys": published}).encode(), 200, [("Cache-Control", "public, max-age=3600")])

    def do_POST(self):
        _, rest, state = self.split()
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if rest == "state":
            for name in body.get("keys", []):
                private_key(name)
            with lock:
                state.update(body)
            return self.answer(b"{}")
        self.answer(token(body["key"], body.get("header", {}), body["claims"]).encode())


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
URL = f"http://127.0.0.1:{server.server_port}"
for needed in ("rsa-1", "ec-1", "rsa-enc"):
    private_key(needed)
print(json.dumps({"port": server.server_port}), flush=True)
server.serve_forever()
