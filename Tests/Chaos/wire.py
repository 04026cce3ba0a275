"""A small HTTP/1.1 client that reports exactly what is known after a failure."""

import asyncio
import socket
import struct


class Unsent(Exception):
    """No connection was made, so the request has had no effect."""


class Lost(Exception):
    """At least a part of the request was sent, and its outcome is not known."""


class Reply:
    __slots__ = ("status", "head", "body")

    def __init__(self, status, head, body):
        self.status, self.head, self.body = status, head, body

    def field(self, name):
        start = self.head.lower().find(b"\r\n" + name + b":")
        if start < 0:
            return None
        start += len(name) + 3
        return self.head[start:self.head.index(b"\r\n", start)].strip()


class Wire(asyncio.Protocol):
    """A connection, with one request at a time."""

    def __init__(self):
        self.transport = self.waiter = None
        self.buffer = bytearray()
        self.isOver = False

    def connection_made(self, transport):
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data):
        self.buffer += data
        if self.waiter is None:
            # Sent without a request, as by a server that is about to close.
            self.close()
            return
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self.buffer[:end + 2])
        reply = Reply(int(head[9:12]), head, b"")
        size = end + 4 + int(reply.field(b"content-length") or 0)
        if len(self.buffer) < size:
            return
        reply.body = bytes(self.buffer[end + 4:size])
        del self.buffer[:size]
        if (reply.field(b"connection") or b"").lower() == b"close":
            self.close()
        self.end(reply)

    def connection_lost(self, _):
        self.isOver = True
        self.end(Lost())

    def end(self, result):
        waiter, self.waiter = self.waiter, None
        if waiter is None or waiter.done():
            return
        if isinstance(result, Exception):
            waiter.set_exception(result)
        else:
            waiter.set_result(result)

    def close(self):
        self.isOver = True
        self.transport.close()

    def reset(self):
        if not self.isOver:
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.isOver = True
            self.transport.abort()


class Channel:
    """One client's connection to an instance; a lost connection is replaced."""

    def __init__(self, port):
        self.port, self.wire = port, None

    async def ask(self, request, patience):
        """The reply.
        - Raises: Unsent; Lost, also after so many seconds, when the connection is given up"""
        loop = asyncio.get_running_loop()
        wire = self.wire
        if wire is None or wire.isOver:
            try:
                async with asyncio.timeout(patience):
                    _, wire = await loop.create_connection(Wire, "127.0.0.1", self.port)
            except (OSError, TimeoutError):
                raise Unsent from None
            self.wire = wire
        wire.waiter = waiter = loop.create_future()
        wire.transport.write(request)
        timer = loop.call_later(patience, wire.end, Lost())
        try:
            return await waiter
        finally:
            timer.cancel()
            # Also after a cancellation: the next reply must not be taken for this one.
            if not waiter.done() or waiter.cancelled() or waiter.exception() is not None:
                wire.reset()

    def reset(self):
        if self.wire is not None:
            self.wire.reset()
            self.wire.end(Lost())
