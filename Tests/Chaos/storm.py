"""The checkout storm: processes of many shoppers each, who buy from both instances and never give up on a key."""

import asyncio
import json
import multiprocessing
import random
import time

from attempt import Attempt, request
from stage import COLD, HOT, PRICES
from wire import Channel, Lost, Unsent

PROCESSES, SHOPPERS = 3, 14


class Storm:
    """The driver's side of all processes."""

    def __init__(self, ports, directory):
        self.started = multiprocessing.RawArray("Q", PROCESSES)
        self.pipes = []
        for n in range(PROCESSES):
            ours, theirs = multiprocessing.Pipe()
            process = multiprocessing.Process(
                target=run, args=(n, ports, directory / f"storm-{n}.log", theirs, self.started), daemon=True)
            process.start()
            self.pipes.append(ours)

    def tell(self, *words):
        for pipe in self.pipes:
            pipe.send(words)

    def ask(self, *words, seconds=60):
        """The responses of all of them."""
        self.tell(*words)
        answers = []
        for pipe in self.pipes:
            if not pipe.poll(seconds):
                raise SystemExit(f"a storm's process does not answer to {words}")
            answers.append(pipe.recv())
        return answers

    def attempts(self):
        """How many keys have been sent at least once so far."""
        return sum(self.started)


def run(n, ports, log, pipe, started):
    asyncio.run(Process(n, ports, log, started).hear(pipe))


class Process:
    """One of the processes, which follows the driver's commands."""

    def __init__(self, n, ports, log, started):
        self.n, self.ports, self.started = n, ports, started
        # An acknowledgement is written down the moment it is read.
        self.log = open(log, "a", buffering=1)
        self.shoppers = [Shopper(self, client) for client in range(SHOPPERS)]
        self.attempts, self.violations, self.shopping, self.asked = [], [], [], set()
        self.isOpen = False

    async def hear(self, pipe):
        loop, over = asyncio.get_running_loop(), asyncio.Event()

        def come():
            try:
                word, *arguments = pipe.recv()
            except EOFError:
                over.set()
                return
            if word == "reset":
                for shopper in self.shoppers:
                    shopper.reset()
            elif word == "begin":
                self.begin(*arguments)
            else:
                task = loop.create_task(getattr(self, word)(*arguments))
                task.add_done_callback(lambda task: (self.asked.discard(task), pipe.send(task.result())))
                self.asked.add(task)

        loop.add_reader(pipe.fileno(), come)
        await over.wait()

    def begin(self, seed):
        self.attempts, self.violations = [], []
        self.isOpen = True
        self.shopping = [asyncio.ensure_future(shopper.shop(seed)) for shopper in self.shoppers]

    async def stop(self):
        """Places no more new orders. Shoppers that still wait for a response after a while hang up."""
        self.isOpen = False
        _, late = await asyncio.wait(self.shopping, timeout=1)
        for task in late:
            task.cancel()
        for result in await asyncio.gather(*self.shopping, return_exceptions=True):
            if isinstance(result, Exception):
                raise result
        self.shopping = []

    async def settle(self, seconds):
        """Asks for every key until all is known, then once more for the same bytes.
        - Returns: what was attempted, and what was found wrong"""
        end = time.monotonic() + seconds
        await self.settle_open(end)
        for n in range(len(self.ports)):
            await self.volley(n, end)
        await self.settle_open(end)
        await self.share([lambda shopper, a=a: shopper.finish(a, end) for a in self.attempts if a.answer is not None])
        return [attempt.record() for attempt in self.attempts], self.violations

    async def settle_open(self, end):
        # Also those that were refused, because an earlier attempt may have been stuck on its way.
        open_ = [a for a in self.attempts if a.answer is None and (a.isUnsure or not a.isOver)]
        await self.share([lambda shopper, a=a: shopper.settle(a, end) for a in open_])

    async def volley(self, instance, end):
        """An instance is well when all shoppers at once buy from it what is in ample stock, each at the first try: not when one
        in two of its connections is of use."""
        number = 0
        while True:
            number += 1
            attempts = await asyncio.gather(*(shopper.shoot(instance, number) for shopper in self.shoppers))
            self.attempts += attempts
            failed = sum(attempt.answer is None for attempt in attempts)
            if not failed:
                return
            if time.monotonic() > end:
                return self.wrong(f"wedged: instance {instance} still fails {failed} of {len(attempts)} orders")
            await asyncio.sleep(0.1)

    async def share(self, jobs):
        """Each shopper does the next, until all are done."""
        jobs = iter(jobs)

        async def work(shopper):
            for job in jobs:
                await job(shopper)

        await asyncio.gather(*(work(shopper) for shopper in self.shoppers))

    def wrong(self, what):
        if what is not None:
            self.violations.append(what)


class Shopper:
    """One client, with a connection to each instance, and one more for requests that it sends twice."""

    def __init__(self, process, number):
        self.process, self.number = process, number
        self.channels = [Channel(port) for port in process.ports]
        self.seconds = [Channel(port) for port in process.ports]
        self.chance = random.Random(0)
        self.count = 0

    def reset(self):
        for channel in self.channels + self.seconds:
            channel.reset()

    async def shop(self, seed):
        self.chance = chance = random.Random(f"traffic {seed} {self.process.n} {self.number}")
        self.count = 0
        self.seed = seed
        # Patient shoppers wait longer than any fault lasts.
        self.patience = chance.choice([0.3, 0.6, 1.0, 3.0])
        await asyncio.sleep(chance.random() * 0.05)
        while self.process.isOpen:
            await self.visit()

    async def visit(self):
        """One purchase. All random choices are made before the first request, so that they are the same each time."""
        chance = random.Random(self.chance.getrandbits(64))
        self.count += 1
        if chance.random() < 0.3:
            await self.look(chance)
        lines = [
            (chance.choice(HOT if chance.random() < 0.35 else COLD), chance.choice([1, 1, 1, 2, 3]))
            for _ in range(chance.choice([1, 1, 2, 3, 4]))]
        here = chance.randrange(2)
        if chance.random() < 0.35:
            attempts = await self.fill(lines, here, chance)
        else:
            attempts = [Attempt(self.key(), PRICES, items=lines)]
        if not attempts:
            await asyncio.sleep(chance.uniform(0.05, 0.15))
            return
        self.process.attempts += attempts
        self.process.started[self.process.n] += len(attempts)
        await self.buy(attempts, here, chance)

    def key(self, part=""):
        return f"chaos-order-attempt-{self.seed}-{self.process.n}-{self.number}-{self.count}{part}"

    async def look(self, chance):
        path = chance.choice([
            f"/v1/products/{chance.choice(HOT + COLD).lower()}", "/v1/products?limit=20",
            f"/v1/products?limit=5&max_price={chance.randrange(100, 100_000)}"])
        reply = await self.ask(chance.randrange(2), request("GET", path))
        if reply is not None and reply.status not in (200, 503):
            self.process.wrong(f"{path}: {reply.status} {reply.body[:200]!r}")

    async def ask(self, instance, words):
        """The reply; nothing if none came."""
        try:
            return await self.channels[instance].ask(words, self.patience)
        except (Unsent, Lost):
            return None

    async def fill(self, lines, here, chance):
        """A cart with these lines, and the one or two orders for it; none if no cart could be made."""
        reply = await self.ask(here, request("POST", "/v1/carts"))
        if reply is None or reply.status == 503:
            return []
        if reply.status != 201:
            self.process.wrong(f"a cart: {reply.status} {reply.body[:200]!r}")
            return []
        cart = json.loads(reply.body)
        version, least, most = cart["version"], {}, {}
        for sku, quantity in lines:
            most[sku] = most.get(sku, 0) + quantity
            body = json.dumps({"sku": sku, "quantity": quantity}).encode()
            words = request("POST", f"/v1/carts/{cart['id']}/items", body, X_Cart_Token=cart["token"])
            # The same cart through either instance.
            reply = await self.ask(here ^ (chance.random() < 0.2), words)
            if reply is not None and reply.status == 200:
                least[sku] = least.get(sku, 0) + quantity
                version = json.loads(reply.body)["version"]
            elif reply is not None and reply.status != 503:
                self.process.wrong(f"adding to cart {cart['id']}: {reply.status} {reply.body[:200]!r}")
        if not least:
            return []
        order = {"cart": cart["id"], "token": cart["token"], "least": least, "most": most}
        if chance.random() < 0.3:
            order["version"] = version
        if chance.random() < 0.15:
            return [Attempt(self.key(part), PRICES, isShared=True, **order) for part in "ab"]
        return [Attempt(self.key(), PRICES, **order)]

    async def buy(self, attempts, here, chance):
        way = chance.random()
        if len(attempts) > 1:
            # Two keys for one cart at the same time.
            await asyncio.gather(self.post(attempts[0], self.channels[here]), self.post(attempts[1], self.seconds[1 - here]))
        elif way < 0.12:
            # One key twice at the same time, at one instance or at both.
            there = here ^ (chance.random() < 0.5)
            await asyncio.gather(self.post(attempts[0], self.channels[here]), self.post(attempts[0], self.seconds[there]))
        elif attempts[0].cart is not None and way < 0.4:
            # One more line for the cart that is being ordered: it is part of the order, or refused.
            await asyncio.gather(
                self.post(attempts[0], self.channels[here]), self.add(attempts[0], chance.choice(COLD), self.seconds[1 - here]))
        elif way < 0.17:
            # Hangs up before there can be a response, or about when there is one.
            await self.post(attempts[0], self.channels[here], chance.choice([0, 0.001, 0.003, 0.01]))
        else:
            await self.post(attempts[0], self.channels[here])
        for attempt in attempts:
            # Repeats the request while its outcome is unknown, sometimes at the other instance, and not forever: the rest is
            # settled after the round.
            for _ in range(chance.randrange(3)):
                if attempt.isOver or not self.process.isOpen:
                    break
                await asyncio.sleep(chance.uniform(0.02, 0.12))
                here ^= chance.random() < 0.5
                await self.post(attempt, self.channels[here])
            if not attempt.isOver:
                await asyncio.sleep(chance.uniform(0.05, 0.15))
            elif attempt.answer is not None and way > 0.7:
                await self.cancel(attempt, self.channels[here])

    async def add(self, attempt, sku, channel):
        attempt.isRacing = True
        attempt.most[sku] = attempt.most.get(sku, 0) + 1
        body = json.dumps({"sku": sku, "quantity": 1}).encode()
        words = request("POST", f"/v1/carts/{attempt.cart}/items", body, X_Cart_Token=attempt.cartToken)
        try:
            reply = await channel.ask(words, self.patience)
        except (Unsent, Lost):
            return
        if reply.status == 200:
            attempt.least[sku] = attempt.least.get(sku, 0) + 1
        elif reply.status != 503 and b'"cart_converted"' not in reply.body:
            self.process.wrong(f"adding to cart {attempt.cart}: {reply.status} {reply.body[:200]!r}")

    async def post(self, attempt, channel, patience=None):
        attempt.tries += 1
        try:
            reply = await channel.ask(attempt.request, self.patience if patience is None else patience)
        except Unsent:
            return
        except (Lost, asyncio.CancelledError) as error:
            attempt.isUnsure = True
            if isinstance(error, asyncio.CancelledError):
                raise
            return
        isFirst = attempt.answer is None
        self.process.wrong(attempt.take(reply))
        if isFirst and attempt.answer is not None:
            self.process.log.write(f"{attempt.key} {attempt.id} {attempt.number}\n")

    async def cancel(self, attempt, channel):
        """Told or asked; an order that has expired cannot be cancelled."""
        name = attempt.id if self.count % 2 else attempt.number
        attempt.cancelling = "asked"
        try:
            reply = await channel.ask(request("POST", f"/v1/orders/{name}/cancel", X_Order_Token=attempt.token), self.patience)
        except (Unsent, Lost):
            return
        if reply.status == 200 and json.loads(reply.body)["status"] == "cancelled":
            attempt.cancelling = "told"
        elif reply.status == 409 and b'"expired"' in reply.body:
            attempt.cancelling = "too late"
        elif reply.status != 503:
            self.process.wrong(f"{attempt.key}: cancelled: {reply.status} {reply.body[:300]!r}")

    # MARK: After a round

    async def until(self, end, isDone, act):
        """Repeats an action at one instance and the other in turn until it succeeds."""
        self.patience, turn = 2.5, 0
        while not isDone():
            if time.monotonic() > end:
                return False
            await act(self.channels[turn % 2])
            if not isDone():
                await asyncio.sleep(min(0.02 * 2 ** min(turn, 4), max(0, end - time.monotonic())))
            turn += 1
        return True

    async def shoot(self, instance, number):
        key = f"chaos-volley-attempt-{self.seed}-{self.process.n}-{self.number}-{instance}-{number}"
        attempt = Attempt(key, PRICES, items=[(sku, 1) for sku in random.Random(key).sample(COLD, 3)])
        self.patience = 2.5
        await self.post(attempt, self.channels[instance])
        return attempt

    async def settle(self, attempt, end):
        attempt.refusal = None
        if not await self.until(end, lambda: attempt.isOver, lambda channel: self.post(attempt, channel)):
            self.process.wrong(f"wedged: {attempt.key} gets no answer")

    async def finish(self, attempt, end):
        """The order is the requested one; its response is repeated byte for byte; a requested cancellation is shown; some orders are read."""
        self.process.wrong(attempt.misses())
        replies = []

        async def replay(channel):
            try:
                replies.append(await channel.ask(attempt.request, self.patience))
            except (Unsent, Lost):
                return
            if replies[-1].status in (503, 409):
                replies.pop()

        if not await self.until(end, lambda: replies, replay):
            self.process.wrong(f"wedged: {attempt.key} is not answered again")
            return
        reply = replies[0]
        if reply.status != 201 or reply.body != attempt.answer or reply.field(b"idempotent-replayed") != b"true":
            self.process.wrong(f"{attempt.key}: the same request is answered with {reply.head!r} {reply.body!r}, not {attempt.answer!r}")
        if attempt.cancelling == "asked":
            await self.until(end, lambda: attempt.cancelling != "asked", lambda channel: self.cancel(attempt, channel))
        if self.chance.random() < 0.1:
            await self.read(attempt)
        if self.chance.random() < 0.1:
            await self.misuse(attempt, end)

    async def misuse(self, attempt, end):
        """The same key with another body is an error."""
        replies = []

        async def again(channel):
            try:
                reply = await channel.ask(attempt.request.replace(b"Ada Moss", b"Ida Moss"), self.patience)
            except (Unsent, Lost):
                return
            # An attempt whose connection was lost may still use the key, until its database responds or is given up.
            if reply.status != 503 and (reply.status != 409 or b'"idempotency_in_flight"' not in reply.body):
                replies.append(reply)

        if not await self.until(end, lambda: replies, again):
            self.process.wrong(f"wedged: {attempt.key} with another body is not answered")
            return
        reply = replies[0]
        if reply.status != 422 or b'"idempotency_key_reused"' not in reply.body:
            self.process.wrong(f"{attempt.key}: with another body: {reply.status} {reply.body[:300]!r}")

    async def read(self, attempt):
        """By its id and its number the order is as it was acknowledged, except for what has happened to it since."""
        told = json.loads(attempt.answer)
        del told["access_token"]
        for name in (attempt.id, attempt.number):
            reply = await self.ask(self.count % 2, request("GET", f"/v1/orders/{name}", X_Order_Token=attempt.token))
            if reply is None or reply.status == 503:
                continue
            found = json.loads(reply.body)
            for order in (told, found):
                order.pop("status", None)
            history = found.pop("history", [])
            if reply.status != 200 or {**told, "history": None} != {**found, "history": None} or history[:1] != told["history"]:
                self.process.wrong(f"{attempt.key}: reads as {reply.status} {reply.body!r}, was {attempt.answer!r}")
