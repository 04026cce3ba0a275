"""An HTTP server that answers in the ways that a client must survive. The first part of the path chooses how.

It prints one line of JSON when it is ready: its ports, and the file of the authority that has signed its good certificate.
Argument: a directory for the certificates.
"""

import asyncio
import hashlib
import json
import sys
from urllib.parse import parse_qs, urlsplit

from certificates import certificate, server_context

connections = 0
open_connections = 0
requests = 0


def answer(status=200, body=b"", headers=(), version="1.1"):
    lines = [f"HTTP/{version} {status} X", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def read_request(reader):
    """The method, the target, the lines of the header, and the body; None at the end of the connection."""
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")[:-2]
    method, target, _ = first.split(" ")
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(fields.get("content-length", "0")))
    return method, target, lines, body


async def serve(reader, writer):
    global connections, open_connections, requests
    connections += 1
    open_connections += 1
    number = connections
    try:
        while True:
            method, target, lines, body = await read_request(reader)
            requests += 1
            parts = urlsplit(target)
            query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
            action = parts.path.split("/")[1] or "echo"
            if not await ACTIONS[action](reader, writer, method, target, lines, body, query, number):
                return
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError, asyncio.LimitOverrunError):
        pass
    finally:
        open_connections -= 1
        writer.close()


ACTIONS = {}


def action(function):
    ACTIONS[function.__name__.strip("_")] = function
    return function


@action
async def echo(reader, writer, method, target, lines, body, query, number):
    told = json.dumps({
        "method": method, "target": target, "lines": lines, "length": len(body), "sha256": hashlib.sha256(body).hexdigest(),
        "connection": number,
    }).encode()
    headers = ["Content-Type: application/json", "X-Empty:", "X-Twice: one", "x-twice: two", f"X-Connection: {number}"]
    if method == "HEAD":
        writer.write(answer(200, b"", headers).replace(b"Content-Length: 0", b"Content-Length: 1234"))
    else:
        writer.write(answer(200, told, headers))
    return True


@action
async def status(reader, writer, method, target, lines, body, query, number):
    code = int(query.get("code", "200"))
    if code in (204, 304):
        writer.write(f"HTTP/1.1 {code} X\r\nX-Connection: {number}\r\n\r\n".encode())
    else:
        writer.write(answer(code, b"status", ["Retry-After: 7", f"X-Connection: {number}"]))
    return True


@action
async def counts(reader, writer, method, target, lines, body, query, number):
    told = {"connections": connections, "open": open_connections, "requests": requests}
    writer.write(answer(200, json.dumps(told).encode()))
    return True


@action
async def slow(reader, writer, method, target, lines, body, query, number):
    await asyncio.sleep(int(query["ms"]) / 1000)
    writer.write(answer(200, b"slow", [f"X-Connection: {number}"]))
    return True


@action
async def hang(reader, writer, method, target, lines, body, query, number):
    await reader.read()
    return False


@action
async def redirect(reader, writer, method, target, lines, body, query, number):
    writer.write(answer(302, b"", ["Location: http://169.254.169.254/latest/meta-data/", "Set-Cookie: a=b"]))
    return True


@action
async def body(reader, writer, method, target, lines, body, query, number):
    size = int(query["size"])
    writer.write(f"HTTP/1.1 200 X\r\nContent-Length: {size}\r\nX-Connection: {number}\r\n\r\n".encode())
    piece = b"x" * 65_536
    while size > 0:
        writer.write(piece[:size])
        size -= len(piece)
        await writer.drain()
    return True


@action
async def headers(reader, writer, method, target, lines, body, query, number):
    """Headers without end."""
    writer.write(b"HTTP/1.1 200 X\r\n")
    while True:
        writer.write(b"X-More: " + b"x" * 1_000 + b"\r\n")
        await writer.drain()


@action
async def line(reader, writer, method, target, lines, body, query, number):
    """A header line without end."""
    writer.write(b"HTTP/1.1 200 X\r\nX-Long: ")
    while True:
        writer.write(b"x" * 10_000)
        await writer.drain()


@action
async def interim(reader, writer, method, target, lines, body, query, number):
    """Interim answers, without end or followed by a final one."""
    left = int(query.get("count", "-1"))
    while left != 0:
        writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
        await writer.drain()
        left -= 1
    writer.write(answer(200, b"final", ["X-Final: yes"]))
    return True


@action
async def close(reader, writer, method, target, lines, body, query, number):
    return False


@action
async def partial(reader, writer, method, target, lines, body, query, number):
    writer.write(b"HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\nshort")
    await writer.drain()
    return False


@action
async def chunked(reader, writer, method, target, lines, body, query, number):
    writer.write(b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n")
    for piece in (b"first ", b"second ", b"third"):
        writer.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        await writer.drain()
    writer.write(b"zz\r\n" if "bad" in query else b"0\r\nX-Trailer: late\r\n\r\n")
    return True


@action
async def trailers(reader, writer, method, target, lines, body, query, number):
    """Trailers without end."""
    writer.write(b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n")
    while True:
        writer.write(b"X-More: " + b"x" * 1_000 + b"\r\n")
        await writer.drain()


@action
async def old(reader, writer, method, target, lines, body, query, number):
    writer.write(b"HTTP/1.0 200 OK\r\nX-Version: old\r\n\r\nuntil the end")
    await writer.drain()
    return False


@action
async def garbage(reader, writer, method, target, lines, body, query, number):
    writer.write(bytes(range(256)) * 16)
    await writer.drain()
    return False


@action
async def forgetful(reader, writer, method, target, lines, body, query, number):
    """Answers, promises to keep the connection, and closes it after a moment."""
    writer.write(answer(200, b"kept", [f"X-Connection: {number}"]))
    await writer.drain()
    await asyncio.sleep(0.05)
    return False


@action
async def drip(reader, writer, method, target, lines, body, query, number):
    writer.write(b"HTTP/1.1 200 X\r\nContent-Length: 1000000\r\n\r\n")
    while True:
        writer.write(b".")
        await writer.drain()
        await asyncio.sleep(0.05)


async def shout(reader, writer):
    """Not TLS, where TLS is expected."""
    writer.write(b"220 this is another protocol\r\n" * 100)
    await reader.read(1)
    writer.close()


async def main():
    directory = sys.argv[1]
    authority = certificate(directory, "authority", None, 7)
    hosts = {
        "https": certificate(directory, "localhost", "localhost", 7, authority),
        "expired": certificate(directory, "expired", "localhost", -2, authority),
        "wrong_host": certificate(directory, "elsewhere", "elsewhere.example", 7, authority),
        "self_signed": certificate(directory, "self", "localhost", 7),
    }
    ports = {}
    servers = [await asyncio.start_server(serve, "127.0.0.1", 0, limit=1 << 20, backlog=4096)]
    ports["http"] = servers[0].sockets[0].getsockname()[1]
    for name, (_, _, file) in hosts.items():
        servers.append(await asyncio.start_server(serve, "127.0.0.1", 0, ssl=server_context(file)))
        ports[name] = servers[-1].sockets[0].getsockname()[1]
    servers.append(await asyncio.start_server(shout, "127.0.0.1", 0))
    ports["not_tls"] = servers[-1].sockets[0].getsockname()[1]
    print(json.dumps({**ports, "authority": authority[2]}), flush=True)
    await asyncio.gather(*(server.serve_forever() for server in servers))


asyncio.run(main())
