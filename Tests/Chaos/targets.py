"""What events are delivered to, in a process of its own: receivers of webhooks, and a mail server.

Each writes down what it has got before it answers: a line of JSON for each attempt, which tells what came and how it was answered.
The driver has them be down, slow, late or broken for a while.
"""

import asyncio
import base64
import hashlib
import hmac
import itertools
import json
import multiprocessing
import random
import socket
import struct
import time

# Within and beyond WEBHOOK_TIMEOUT, in seconds.
SLOW, LATE = (0.05, 0.8), (1.05, 2.0)
# The statuses of failures; a worker tries again after all of them.
FAILURES = (b"500 Internal Server Error", b"503 Service Unavailable", b"429 Too Many Requests", b"404 Not Found", b"302 Found")


class Targets:
    """The driver's side; each call returns when its effect has begun."""

    def __init__(self, names, ports, directory):
        """- names: of webhooks and of mail servers, which begin with "mail"
        - ports: one for each, on which it listens"""
        self.ports = dict(zip(names, ports))
        self.logs = {name: directory / f"{name}.taken" for name in names}
        self.pipe, other = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=run, args=(self.ports, self.logs, other), daemon=True)
        self.process.start()
        self.pipe.recv()

    def tell(self, names, mode, value=0):
        for name in names:
            self.pipe.send((name, mode, value))
            self.pipe.recv()


def run(ports, logs, pipe):
    asyncio.run(serve(ports, logs, pipe))


async def serve(ports, logs, pipe):
    loop = asyncio.get_running_loop()
    targets = {name: Target(port, open(logs[name], "a", buffering=1), MailSession if name.startswith("mail") else WebhookSession)
               for name, port in ports.items()}
    for target in targets.values():
        await target.turn("well", 0)
    over, waiting = loop.create_future(), asyncio.Queue()

    def hear():
        try:
            waiting.put_nowait(pipe.recv())
        except EOFError:
            loop.remove_reader(pipe.fileno())
            over.set_result(None)

    async def obey():
        while True:
            name, mode, value = await waiting.get()
            await targets[name].turn(mode, value)
            pipe.send(None)

    pipe.send(None)
    loop.add_reader(pipe.fileno(), hear)
    obeying = asyncio.ensure_future(obey())
    await over
    obeying.cancel()


class Target:
    """One port, and how it treats what comes."""

    def __init__(self, port, log, session):
        self.port, self.log, self.session = port, log, session
        self.server, self.sessions = None, set()
        self.mode, self.chance = "well", random.Random(0)
        self.secret = b""
        # Of the attempts and their answers, in the order in which they happened.
        self.ticks = itertools.count(1)
        # The events that have failed once since it began to fail.
        self.failed = set()

    async def turn(self, mode, value):
        """- mode: well; down; slow; late; fails; resets; or secret, which is not a mode
        - value: the seed of what it does at random; the secret"""
        if mode == "secret":
            self.secret = base64.b64decode(value.removeprefix("whsec_"))
            return
        self.mode, self.chance = mode, random.Random(value)
        self.failed.clear()
        if mode == "down" and self.server is not None:
            self.server.close()
            self.server = None
            for session in list(self.sessions):
                session.reset()
        elif mode != "down" and self.server is None:
            # The port is below those of outgoing connections, so it is free.
            self.server = await asyncio.get_running_loop().create_server(
                lambda: self.session(self), "127.0.0.1", self.port, backlog=512, reuse_address=True)

    def tick(self):
        return next(self.ticks)

    def write(self, **entry):
        self.log.write(json.dumps(entry, separators=(",", ":")) + "\n")

    def failsNow(self, event):
        """Whether this is the first attempt of an event since it began to fail."""
        if self.mode != "fails" or event in self.failed:
            return False
        self.failed.add(event)
        return True


class Session(asyncio.Protocol):
    """A connection."""

    def __init__(self, target):
        self.target, self.transport = target, None
        self.buffer = bytearray()

    def connection_made(self, transport):
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.target.sessions.add(self)

    def connection_lost(self, _):
        self.target.sessions.discard(self)

    @property
    def isOver(self):
        return self.transport is None or self.transport.is_closing()

    def reset(self):
        if not self.isOver:
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.transport.abort()


class WebhookSession(Session):
    def connection_made(self, transport):
        super().connection_made(transport)
        if self.target.mode == "resets" and self.target.chance.random() < 0.3:
            self.reset()

    def data_received(self, data):
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            fields = {}
            for line in bytes(self.buffer[:end]).split(b"\r\n")[1:]:
                name, _, value = line.partition(b":")
                fields[name.strip().lower().decode()] = value.strip()
            size = end + 4 + int(fields.get("content-length", b"0"))
            if len(self.buffer) < size:
                return
            body = bytes(self.buffer[end + 4:size])
            del self.buffer[:size]
            self.came(fields, body)

    def came(self, fields, body):
        target, chance = self.target, self.target.chance
        event = fields.get("webhook-id", b"").decode()
        attempt = {"came": target.tick(), "event": event, "signed": self.verify(fields, body), **self.read(body)}
        if target.failsNow(event):
            # Some ask for a pause.
            self.answer(attempt, chance.choice(FAILURES), b"retry-after: 1\r\n" if chance.random() < 0.3 else b"")
        elif target.mode == "resets":
            # It may have begun to answer.
            if chance.random() < 0.5 and not self.isOver:
                self.transport.write(b"HTTP/1.1 200 OK\r\ncontent-le")
            self.write(attempt, 0)
            self.reset()
        elif target.mode in ("slow", "late"):
            pause = chance.uniform(*(SLOW if target.mode == "slow" else LATE))
            asyncio.get_running_loop().call_later(pause, self.answer, attempt, b"200 OK")
        else:
            self.answer(attempt, b"204 No Content" if chance.random() < 0.5 else b"200 OK")

    def verify(self, fields, body):
        try:
            words = b".".join((fields["webhook-id"], fields["webhook-timestamp"], body))
            mark = b"v1," + base64.b64encode(hmac.digest(self.target.secret, words, "sha256"))
            return mark in fields["webhook-signature"].split(b" ") and abs(int(fields["webhook-timestamp"]) - time.time()) < 300
        except (KeyError, ValueError):
            return False

    @staticmethod
    def read(body):
        try:
            told = json.loads(body)
            payload = body[body.index(b'"data":') + 7:-1]
            return {
                "id": told["id"], "type": told["type"], "aggregate": told["aggregate"]["id"],
                "sequence": told["aggregate"]["sequence"], "payload": hashlib.md5(payload).hexdigest(),
                "digest": hashlib.md5(body).hexdigest()}
        except (ValueError, KeyError, TypeError):
            return {"unreadable": repr(body[:300])}

    def write(self, attempt, status):
        self.target.write(**attempt, ended=self.target.tick(), status=status)

    def answer(self, attempt, status, fields=b""):
        # If the worker has given up, it cannot learn that the event was taken.
        self.write(attempt, 0 if self.isOver else int(status[:3]))
        if self.isOver:
            return
        length = b"" if status.startswith(b"204") else b"content-length: 2\r\n"
        self.transport.write(b"HTTP/1.1 " + status + b"\r\n" + length + fields + b"\r\n" + (b"ok" if length else b""))


class MailSession(Session):
    """SMTP (RFC 5321), as far as a client without a login needs it."""

    def connection_made(self, transport):
        super().connection_made(transport)
        self.isMail, self.recipients = False, []
        if self.target.mode == "fails" and self.target.chance.random() < 0.2:
            self.say(b"421 4.3.2 busy")
            transport.close()
        elif self.target.mode == "resets" and self.target.chance.random() < 0.2:
            self.reset()
        else:
            self.say(b"220 chaos ESMTP")

    def say(self, line):
        if not self.isOver:
            self.transport.write(line + b"\r\n")

    def data_received(self, data):
        self.buffer += data
        while not self.isOver and (end := self.buffer.find(b"\r\n.\r\n" if self.isMail else b"\r\n")) >= 0:
            piece = bytes(self.buffer[:end])
            del self.buffer[:end + (5 if self.isMail else 2)]
            if self.isMail:
                self.isMail = False
                self.came(piece)
            else:
                self.heard(piece)

    def heard(self, line):
        word = line[:4].upper()
        if word == b"EHLO":
            self.say(b"250-chaos\r\n250 8BITMIME")
        elif word == b"MAIL":
            self.recipients = []
            self.say(b"250 2.1.0 ok")
        elif word == b"RCPT":
            self.recipients.append(line[line.index(b"<") + 1:line.index(b">")].decode())
            self.say(b"250 2.1.5 ok")
        elif word == b"DATA":
            self.isMail = True
            self.say(b"354 go on")
        elif word == b"QUIT":
            self.say(b"221 2.0.0 bye")
            self.transport.close()
        else:
            self.say(b"250 2.0.0 ok")

    def came(self, mail):
        target, chance = self.target, self.target.chance
        fields = {}
        for line in mail.partition(b"\r\n\r\n")[0].replace(b"\r\n ", b" ").split(b"\r\n"):
            name, _, value = line.partition(b":")
            fields[name.lower().decode()] = value.strip().decode()
        event = fields.get("message-id", "").strip("<>").partition("@")[0]
        attempt = {
            "came": target.tick(), "event": event, "id": event, "to": self.recipients, "signed": True,
            # The text has another link and another date each time.
            "digest": hashlib.md5(f"{fields.get('to')} {fields.get('subject')}".encode()).hexdigest()}
        if target.failsNow(event):
            self.answer(attempt, chance.choice((b"451 4.3.0 try again later", b"452 4.2.2 the mailbox is full")))
        elif target.mode == "resets" and chance.random() < 0.7:
            # The mail may be on its way already.
            target.write(**attempt, ended=target.tick(), status=0)
            self.reset()
        elif target.mode == "slow":
            asyncio.get_running_loop().call_later(chance.uniform(*SLOW), self.answer, attempt, b"250 2.0.0 taken")
        else:
            self.answer(attempt, b"250 2.0.0 taken")

    def answer(self, attempt, line):
        self.target.write(**attempt, ended=self.target.tick(), status=0 if self.isOver else int(line[:3]))
        self.say(line)
