"""Compares what targets have got with what was committed."""

import collections
import json

from stage import until

# As the settings of a shop say it: the types that a target gets. Stated apart from the program, whose rules are under test.
WANTED = "EXISTS (SELECT FROM unnest(t.events) p WHERE o.type LIKE replace(p, '*', '%'))"
# The deliveries that are not made, or have not ended.
WAITING = f"""
SELECT count(*) FROM outbox o JOIN event_target t ON {WANTED} WHERE NOT EXISTS (SELECT FROM delivery d
    WHERE d.target_id = t.id AND d.position = o.position AND d.state <> 'pending')
"""
# Where they are stuck.
STUCK = f"""
SELECT t.kind, t.address, t.state, o.position, o.type, o.aggregate_id, o.sequence, d.state, d.attempts, d.claimed_by, d.due_at,
    d.error, EXISTS (SELECT FROM worker w WHERE w.id = d.claimed_by), (SELECT r.position || ' ' || coalesce(r.claimed_by::text, '') FROM relay r), now()
FROM outbox o JOIN event_target t ON {WANTED} LEFT JOIN delivery d ON d.target_id = t.id AND d.position = o.position
WHERE d.state IS NULL OR d.state = 'pending' ORDER BY o.position LIMIT 12
"""
EVENTS = """
SELECT position, id, type, aggregate_id, sequence, md5(payload::text), coalesce(payload::json->>'email', '') FROM outbox ORDER BY position
"""
# An order has exactly the events of its history, numbered without a gap.
DEMANDED = """
SELECT coalesce(h.order_id, e.aggregate_id), h.types, e.types, e.sequences FROM
(SELECT order_id, string_agg(CASE status WHEN 'pending_payment' THEN 'order.placed' ELSE 'order.' || status END, ' '
    ORDER BY position) AS types FROM order_history GROUP BY order_id) h
FULL JOIN (SELECT aggregate_id, string_agg(type, ' ' ORDER BY position) AS types, array_agg(sequence ORDER BY position) AS sequences
    FROM outbox WHERE aggregate_type = 'order' GROUP BY aggregate_id) e ON e.aggregate_id = h.order_id
WHERE h.types IS DISTINCT FROM e.types OR e.sequences <> ARRAY(SELECT generate_series(1, array_length(e.sequences, 1)))
"""
DEAD = "SELECT d.target_id, d.position, d.state, d.attempts, d.error FROM delivery d WHERE d.state NOT IN ('delivered', 'pending')"
DISABLED = "SELECT kind, address, reason FROM event_target WHERE state <> 'active'"


class Deliveries:
    """What targets have got since the beginning, and what was committed."""

    def __init__(self, stage):
        self.stage = stage
        self.offsets = collections.Counter()
        # The digest of each event by its target: a repeat may come at any time, also after its chapter.
        self.digests = {name: {} for name in stage.targets.logs}
        self.counted = collections.Counter()

    def close(self, patience):
        """Waits until everything is delivered, and compares.
        - Returns: what is wrong"""
        database = self.stage.postgres

        def waiting():
            return int(database.sql(WAITING, "shop")[0][0])

        # As long as there are fewer each time, workers are at it.
        left = waiting()
        while left and until(lambda: waiting() < left, patience, 0.3):
            left = waiting()
        wrong = []
        if left:
            wrong.append(f"undelivered: {left} deliveries after {patience} s without progress")
            wrong += [f"undelivered: {row}" for row in database.sql(STUCK, "shop")]
        wrong += [f"events of order {row[0]}: demanded {row[1]}, committed {row[2]} {row[3]}"
                  for row in database.sql(DEMANDED, "shop")[:20]]
        wrong += [f"dead: {row}" for row in database.sql(DEAD, "shop")[:20]]
        wrong += [f"disabled: {row}" for row in database.sql(DISABLED, "shop")]
        events = {row[1]: Event(*row) for row in database.sql(EVENTS, "shop")}
        self.counted["events"] += len(events)
        for name, patterns in self.stage.patterns.items():
            wrong += self.compare(name, patterns, events)
        return wrong

    def compare(self, name, patterns, events):
        wanted = {event.id: event for event in events.values() if any(matches(pattern, event.type) for pattern in patterns)}
        known, wrong, firsts = self.digests[name], [], {}
        for attempt in self.read(name):
            self.counted["attempts"] += 1
            event = wanted.get(attempt["event"])
            digest = attempt.get("digest")
            isRepeat = attempt["event"] in known
            if event is None and not isRepeat:
                wrong.append(f"{name}: invented: {attempt}")
                continue
            if known.setdefault(attempt["event"], digest) != digest:
                wrong.append(f"{name}: two contents of one id: {attempt}")
            if not attempt["signed"]:
                wrong.append(f"{name}: no valid signature: {attempt}")
            if event is None:
                # Of a chapter before.
                self.counted["repeats"] += 1
                continue
            wrong += event.differs(attempt, name)
            first = firsts.setdefault(event.id, [attempt["came"], None])
            if first[1] is not None:
                self.counted["repeats"] += 1
            elif 200 <= attempt["status"] < 300:
                first[1] = attempt["ended"]
                self.counted["delivered"] += 1
        lost = [event for event in wanted.values() if firsts.get(event.id, [None, None])[1] is None]
        wrong += [f"{name}: lost: {event}" for event in lost[:20]]
        # The next event of an aggregate comes first after the one before it was taken.
        previous = {}
        for event in sorted(wanted.values(), key=lambda event: event.position):
            before = previous.get(event.aggregate)
            previous[event.aggregate] = event
            if before is None or event.id not in firsts:
                continue
            taken = firsts.get(before.id, [None, None])[1]
            if event.sequence <= before.sequence or taken is None or firsts[event.id][0] < taken:
                wrong.append(f"{name}: out of order: {event} came at {firsts[event.id]}, after {before} {firsts.get(before.id)}")
        return wrong

    def read(self, name):
        """The attempts that are new."""
        with open(self.stage.targets.logs[name], "rb") as log:
            log.seek(self.offsets[name])
            lines = log.read()
            # A line may be half written.
            lines = lines[:lines.rfind(b"\n") + 1]
            self.offsets[name] += len(lines)
        # In the order of the answers.
        return [json.loads(line) for line in lines.splitlines()]


class Event:
    def __init__(self, position, identifier, type, aggregate, sequence, payload, email):
        self.position, self.id, self.type, self.aggregate = int(position), identifier, type, aggregate
        self.sequence, self.payload, self.email = int(sequence), payload, email

    def differs(self, attempt, name):
        """What an attempt tells that is not the event."""
        if name.startswith("mail"):
            told, is_ = (attempt["id"], attempt["to"]), (self.id, [self.email])
        else:
            told = tuple(attempt.get(part) for part in ("id", "type", "aggregate", "sequence", "payload"))
            is_ = (self.id, self.type, self.aggregate, self.sequence, self.payload)
        return [] if told == is_ else [f"{name}: altered: {attempt} is {self}"]

    def __str__(self):
        return f"{self.type} {self.id} ({self.aggregate} {self.sequence}, at {self.position})"


def matches(pattern, type):
    return type.startswith(pattern[:-1]) if pattern.endswith("*") else type == pattern
