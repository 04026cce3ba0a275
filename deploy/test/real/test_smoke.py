"""deploy/bin/smoke, checklist and certificates: against the service, and against shops that are broken point by point."""

import os
import re
import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from stand_in_shop import ORIGIN, Shop

from template import ROOT

BIN = ROOT / "deploy" / "bin"


def run(script, *arguments, **environment):
    return subprocess.run(
        [BIN / script, *arguments], text=True, capture_output=True, timeout=120, check=False, env=os.environ | environment)


def failures(result):
    return [line for line in result.stdout.splitlines() if line.startswith("FAILED")]


@pytest.fixture
def shop():
    shop = Shop()
    yield shop
    shop.close()


def make_certificate(directory, name="localhost", days=60):
    """A certificate of its own; the files of it and of its key."""
    certificate, key = directory / f"{name}.pem", directory / f"{name}.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", str(days),
         "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", "-keyout", key, "-out", certificate],
        check=True, capture_output=True)
    return certificate, key


@pytest.fixture
def secure(tmp_path):
    """Makes shops behind TLS; their authority is in secure.bundle."""
    shops = []

    def make(days=60, least=ssl.TLSVersion.TLSv1_2):
        certificate, key = make_certificate(tmp_path, days=days)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        context.minimum_version = least
        if least < ssl.TLSVersion.TLSv1_2:
            context.set_ciphers("ALL:@SECLEVEL=0")
        shops.append(Shop(context=context))
        shops[-1].bundle = str(certificate)
        return shops[-1]

    yield make
    for shop in shops:
        shop.close()


# --- The shops that are broken ------------------------------------------------------------------------------------------


def test_smoke_passes_a_shop_that_is_well(shop):
    result = run("smoke", shop.url, "--order")
    assert result.returncode == 0, result.stdout
    assert failures(result) == []
    assert result.stdout.count("ok ") == 18


@pytest.mark.parametrize(("broken", "told"), [
    ("health", "health"), ("list", "product list"), ("product", "product mug"), ("etag", "ETag: the product carries none"),
    ("not modified", "ETag: wanted 304"), ("nosniff", "X-Content-Type-Options"), ("request id", "X-Request-Id"),
    ("cache control", "Cache-Control"), ("version told", "version: the server tells"), ("cart", "cart: status 500"),
    ("cart item", "cart item: "), ("cart item removal", "cart item taken out"), ("cart token", "cart: open to a wrong token"),
    ("cart removal", "cart removed"), ("not found", "not found"), ("order", "order: status 409"), ("order repeated", "order sent again"),
    ("order read", "order read"), ("order cancel", "order cancelled"),
])
def test_each_check_of_smoke_can_fail(shop, broken, told):
    shop.broken.add(broken)
    result = run("smoke", shop.url, "--order")
    assert result.returncode == 1, result.stdout
    assert any(line.startswith(f"FAILED  {told}") for line in failures(result)), result.stdout


def test_smoke_orders_only_when_told(shop):
    run("smoke", shop.url)
    assert not [path for _, path, _ in shop.requests if path.startswith("/v1/orders")]


def test_empty_catalogue_is_a_failure_unless_allowed(shop):
    shop.catalogue = False
    assert run("smoke", shop.url).returncode == 1
    allowed = run("smoke", shop.url, "--allow-empty")
    assert allowed.returncode == 0, allowed.stdout
    assert "skipped product list" in allowed.stdout


def test_nobody_there():
    result = run("smoke", "http://127.0.0.1:1")
    assert result.returncode == 1
    assert "there is no response" in result.stderr


def test_smoke_waits_for_health(shop):
    shop.broken.add("health")
    threading.Timer(2, shop.broken.clear).start()
    assert run("smoke", shop.url, "--wait", "20").returncode == 0


def test_smoke_wants_a_trusted_certificate_unless_told(secure):
    shop = secure()
    assert run("smoke", shop.url).returncode == 1
    assert run("smoke", shop.url, "--insecure").returncode == 0
    assert run("smoke", shop.url, CURL_CA_BUNDLE=shop.bundle).returncode == 0


def test_checklist_passes_a_shop_that_is_well(shop):
    result = run("checklist", shop.url, "--origin", ORIGIN, "--requests", "40")
    assert result.returncode == 0, result.stdout
    assert failures(result) == []
    for point in ("health", "database", "redis", "cors", "request id", "load"):
        assert f"ok      {point}" in result.stdout, point
    for point in ("tls", "redirect", "stacks", "alarms", "backups", "logs", "scaling", "zones"):
        assert f"skipped {point}: " in result.stdout, point


@pytest.mark.parametrize(("broken", "told"), [
    ("health", "health"), ("degraded", "health"), ("search", "database: a read"), ("postgres", "database: the health report says 'down'"),
    ("redis", "redis"), ("cors", f"cors: {ORIGIN} may not call"), ("cors for all", "cors: any origin is let in"),
    ("request id", "request id"), ("some errors", "load"),
])
def test_each_point_of_the_checklist_can_fail(shop, broken, told):
    shop.broken.add(broken)
    result = run("checklist", shop.url, "--origin", ORIGIN, "--requests", "60")
    assert result.returncode == 1, result.stdout
    assert any(line.startswith(f"FAILED  {told}") for line in failures(result)), result.stdout


def test_slow_answers_fail_the_load(shop):
    result = run("checklist", shop.url, "--post", "--requests", "20", "--p99", "1")
    assert [line for line in failures(result) if "wanted at most 1 ms" in line], result.stdout


def test_no_redis_is_skipped_with_a_reason(shop):
    shop.broken.add("no redis")
    result = run("checklist", shop.url, "--pre")
    assert result.returncode == 0
    assert "skipped redis: the health report names none" in result.stdout
    assert "load" not in result.stdout


def test_tls_is_checked(secure):
    shop = secure()
    result = run("checklist", shop.url, "--pre", CURL_CA_BUNDLE=shop.bundle)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "ok      tls: the certificate is trusted" in result.stdout
    # Made for 60 days, a moment ago or within this second.
    assert re.search(r"^ok      tls: the certificate is good for (59|60) days$", result.stdout, re.M), result.stdout
    assert "ok      tls: TLS 1.1 is refused" in result.stdout
    untrusted = run("checklist", shop.url, "--pre")
    assert [line for line in failures(untrusted) if line.startswith("FAILED  tls: ")], untrusted.stdout
    ending = secure(days=5)
    result = run("checklist", ending.url, "--pre", CURL_CA_BUNDLE=ending.bundle)
    assert [line for line in failures(result) if re.search(r"expires in [45] days", line)], result.stdout


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_old_tls_is_told(secure):
    shop = secure(least=ssl.TLSVersion.TLSv1)
    result = run("checklist", shop.url, "--pre", CURL_CA_BUNDLE=shop.bundle)
    assert "FAILED  tls: TLS 1.1 is taken" in result.stdout


@pytest.mark.parametrize(("status", "place", "good"), [(301, "https://localhost/", True), (301, "http://localhost/x", False), (200, None, False)])
def test_redirect_is_checked(secure, status, place, good):
    class Redirect(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            if place:
                self.send_header("Location", place)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    plain = ThreadingHTTPServer(("127.0.0.1", 0), Redirect)
    threading.Thread(target=plain.serve_forever, daemon=True).start()
    shop = secure()
    result = run("checklist", shop.url, "--pre", "--redirect-from", f"http://localhost:{plain.server_port}/", CURL_CA_BUNDLE=shop.bundle)
    plain.shutdown()
    plain.server_close()
    assert result.returncode == (0 if good else 1), result.stdout
    assert ("ok      redirect" if good else "FAILED  redirect") in result.stdout


# --- Certificates -------------------------------------------------------------------------------------------------------


@pytest.fixture
def downloads(tmp_path):
    """A server of files over TLS, and a copy of the script that writes beside itself."""
    certificate, key = make_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    files = {}

    class Files(BaseHTTPRequestHandler):
        def do_GET(self):
            body = files.get(self.path)
            self.send_response(200 if body is not None else 404)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Files)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    deploy = tmp_path / "deploy"
    deploy.mkdir()
    subprocess.run(["cp", "-r", BIN, deploy / "bin"], check=True)
    scratch = tmp_path / "tmp"
    scratch.mkdir()

    def download(body, *arguments):
        files["/bundle.pem"] = body
        result = subprocess.run(
            [deploy / "bin" / "certificates", "--url", f"https://localhost:{server.server_port}/bundle.pem", *arguments], text=True,
            capture_output=True, timeout=60, check=False, env=os.environ | {"CURL_CA_BUNDLE": str(certificate), "TMPDIR": str(scratch), "RETRIES": "0"})
        assert not list(scratch.iterdir())
        return result

    download.target = deploy / "certificates" / "rds.pem"
    yield download
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def bundle(tmp_path_factory):
    directory = tmp_path_factory.mktemp("bundle")
    return b"".join(make_certificate(directory, f"authority-{number}")[0].read_bytes() for number in range(22))


def test_certificates_are_checked_and_kept(downloads, bundle):
    dry = downloads(bundle, "--dry-run")
    assert dry.returncode == 0, dry.stderr
    assert not downloads.target.exists()
    result = downloads(bundle)
    assert result.returncode == 0, result.stderr
    assert result.stdout == "22 certificates, 22 valid\n"
    assert downloads.target.read_bytes() == bundle
    assert [path.name for path in downloads.target.parent.iterdir()] == ["rds.pem"]


@pytest.mark.parametrize(("change", "told"), [
    (lambda text: b"<html>not found</html>", "holds no certificate"),
    (lambda text: text[: len(text) // 3], "certificate 8 of the download cannot be read"),
    (lambda text: text[: text.index(b"-----END", 5000)].rsplit(b"-----BEGIN", 1)[0], "at least 20 are expected"),
    (lambda text: text.replace(b"MII", b"AAA"), "cannot be read"),
    (lambda text: b"", "holds no certificate"),
])
def test_a_bad_bundle_replaces_nothing(downloads, bundle, change, told):
    assert downloads(bundle).returncode == 0
    result = downloads(change(bundle))
    assert result.returncode == 1, result.stdout
    assert told in result.stderr
    assert downloads.target.read_bytes() == bundle


def test_certificates_that_have_expired_do_not_count(downloads, bundle, tmp_path):
    ended = tmp_path / "ended"
    ended.mkdir()
    certificate = make_expired(ended)
    result = downloads(certificate.read_bytes() * 25)
    assert result.returncode == 1
    assert "holds 0 certificates that are valid now, of 25" in result.stderr


def make_expired(directory):
    key, request, certificate = directory / "key", directory / "request", directory / "certificate.pem"
    run_openssl = ["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=ended"]
    subprocess.run([*run_openssl, "-keyout", key, "-out", request], check=True, capture_output=True)
    subprocess.run(["openssl", "x509", "-req", "-in", request, "-key", key, "-days", "-1", "-out", certificate], check=True, capture_output=True)
    return certificate


def test_certificates_over_plain_http_are_refused():
    result = run("certificates", "--url", "http://localhost/bundle.pem", "--dry-run")
    assert result.returncode == 64
