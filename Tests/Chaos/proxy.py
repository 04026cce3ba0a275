"""TCP proxies in their own process, between each instance and its PostgreSQL and its Redis.

A proxy can hold the traffic for a while, slow it down, cut it off with a reset, or lose it: then the connection stays open on
both sides, and nothing ever comes through it again, as behind a firewall that has forgotten it.
"""

import asyncio
import collections
import multiprocessing
import socket
import struct


class Proxies:
    """The driver's side: links by their names; each call returns when its effect has begun."""

    def __init__(self, targets):
        """- targets: the port to which each link leads, by its name"""
        self.ports = {}
        sockets = {}
        for name, target in targets.items():
            listener = socket.create_server(("127.0.0.1", 0), backlog=512)
            self.ports[name] = listener.getsockname()[1]
            sockets[name] = (listener, target)
        self.pipe, other = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=run, args=(sockets, other), daemon=True)
        self.process.start()
        for listener, _ in sockets.values():
            listener.close()

    def tell(self, names, action, value=0.0):
        for name in names:
            self.pipe.send((name, action, value))
            self.pipe.recv()


def run(sockets, pipe):
    asyncio.run(serve(sockets, pipe))


async def serve(sockets, pipe):
    loop = asyncio.get_running_loop()
    links = {}
    for name, (listener, target) in sockets.items():
        links[name] = link = Link(target)
        await loop.create_server(link.accept, sock=listener)
    over = loop.create_future()

    def hear():
        try:
            name, action, value = pipe.recv()
        except EOFError:
            loop.remove_reader(pipe.fileno())
            over.set_result(None)
            return
        getattr(links[name], action)(value)
        pipe.send(None)

    loop.add_reader(pipe.fileno(), hear)
    await over


class Link:
    """Everything that connects to one address, and how it is treated at present."""

    def __init__(self, target):
        self.target = target
        self.pairs = set()
        self.isHeld = self.isLosing = False
        self.delay = 0.0

    def accept(self):
        return Pair(self).front

    # The driver's requests.

    def flow(self, _):
        """As if there were nothing between. What was held goes on its way; what was lost stays lost to who connected, and
        the server learns of it, as keepalive would report it in time."""
        self.isHeld = self.isLosing = False
        self.delay = 0.0
        for pair in list(self.pairs):
            if pair.isLost:
                reset(pair.back)
            pair.passOn()

    def hold(self, _):
        self.isHeld = True

    def lose(self, _):
        """Connects each client, and those that come while this lasts."""
        self.isLosing = True
        for pair in self.pairs:
            pair.isLost = True

    def slow(self, seconds):
        self.delay = seconds

    def reset(self, _):
        for pair in list(self.pairs):
            reset(pair.front)
            reset(pair.back)


class Pair:
    """One connection through a link: the client's end and the server's end."""

    def __init__(self, link):
        self.link = link
        self.isLost = link.isLosing
        # What waits to be passed on: the receiving end, and the bytes, or none for the end of the stream.
        self.waiting = collections.deque()
        self.front, self.back = End(self), End(self)
        self.front.other, self.back.other = self.back, self.front
        link.pairs.add(self)

    def came(self, end, data):
        if self.isLost:
            return
        self.waiting.append((end.other, data))
        if self.link.delay:
            asyncio.get_running_loop().call_later(self.link.delay, self.passOn, 1)
        else:
            self.passOn()

    def passOn(self, count=None):
        """- count: how many of the waiting pieces; by default all"""
        if self.link.isHeld or self.isLost:
            return
        while self.waiting and count != 0:
            end, data = self.waiting[0]
            if end.transport is None and not end.isOver:
                # Not connected yet.
                return
            self.waiting.popleft()
            count = None if count is None else count - 1
            if end.transport is None or end.transport.is_closing():
                continue
            if data is None:
                end.transport.close()
            else:
                end.transport.write(data)

    async def connect(self):
        try:
            await asyncio.get_running_loop().create_connection(lambda: self.back, "127.0.0.1", self.link.target)
        except OSError:
            self.back.isOver = True
            reset(self.front)


class End(asyncio.Protocol):
    def __init__(self, pair):
        self.pair, self.transport, self.isOver = pair, None, False
        self.other = None

    def connection_made(self, transport):
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self is self.pair.front:
            asyncio.ensure_future(self.pair.connect())
        elif self.other.isOver:
            reset(self)
        else:
            self.pair.passOn()

    def data_received(self, data):
        self.pair.came(self, data)

    def connection_lost(self, _):
        self.isOver = True
        if self.other.isOver:
            self.pair.link.pairs.discard(self.pair)
        else:
            self.pair.came(self, None)


def reset(end):
    """Closes the connection with RST, even if there is still something to send."""
    if end.transport is None or end.transport.is_closing():
        return
    end.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    end.transport.abort()
