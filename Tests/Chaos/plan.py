"""The faults of a round, derived from its seed alone: the same seed gives the same faults at the same times."""

import random
from dataclasses import dataclass

# Every kind of fault, its target, and its shortest and longest duration in seconds. Two faults at one target follow each other;
# all others may overlap.
KINDS = {
    "kill-instance": ("instance", 0.0, 0.6),
    "kill-instances": ("instances", 0.0, 0.4),
    "terminate-instance": ("instance", 0.0, 0.2),
    "freeze-instance": ("instance", 0.3, 1.2),
    "freeze-postgres": ("postgres", 0.2, 1.5),
    "freeze-backends": ("postgres", 0.2, 1.2),
    "terminate-backends": ("postgres", 0.0, 0.5),
    "kill-postgres": ("postgres", 0.0, 0.6),
    "kill-postmaster": ("postgres", 0.0, 0.3),
    "kill-backend": ("postgres", 0.0, 0.3),
    "restart-postgres-fast": ("postgres", 0.0, 0.5),
    "restart-postgres-immediate": ("postgres", 0.0, 0.5),
    "limit-connections": ("postgres", 0.3, 1.0),
    "demote-postgres": ("postgres", 0.3, 1.0),
    "kill-redis": ("redis", 0.0, 1.0),
    "freeze-redis": ("redis", 0.2, 1.2),
    "flush-redis": ("redis", 0.0, 0.5),
    "reset-postgres": ("postgres-link", 0.0, 0.3),
    "hole-postgres": ("postgres-link", 0.3, 1.5),
    "lose-postgres": ("postgres-link", 0.3, 1.5),
    "slow-postgres": ("postgres-link", 0.4, 1.2),
    "reset-redis": ("redis-link", 0.0, 0.3),
    "hole-redis": ("redis-link", 0.3, 1.2),
    "lose-redis": ("redis-link", 0.3, 1.2),
    "slow-redis": ("redis-link", 0.4, 1.2),
    "reset-clients": ("clients", 0.0, 0.3),
    "lock-stock": ("stock", 0.5, 1.2),
    "deadlock-stock": ("stock", 0.3, 0.5),
    "kill-worker": ("worker", 0.0, 0.6),
    "kill-workers": ("workers", 0.0, 0.4),
    "terminate-worker": ("worker", 0.0, 0.2),
    "freeze-worker": ("worker", 0.3, 3.0),
    # For longer than a lease, so that others take over what it is doing.
    "stall-worker": ("worker", 12.5, 14.0),
    "down-webhook": ("webhook", 0.3, 2.0),
    "slow-webhook": ("webhook", 0.5, 2.0),
    "late-webhook": ("webhook", 0.5, 2.0),
    "fail-webhook": ("webhook", 0.5, 2.0),
    "reset-webhook": ("webhook", 0.5, 2.0),
    "down-mail": ("mail", 0.3, 2.0),
    "slow-mail": ("mail", 0.5, 2.0),
    "fail-mail": ("mail", 0.5, 2.0),
    "reset-mail": ("mail", 0.5, 2.0),
    "import": ("import", 0.0, 0.0),
    "kill-import": ("import", 0.01, 0.2),
}

# Rounds whose seeds have the same tens share a deck of faults: any 20 seeds in a row contain one such ten, and so every kind.
DECK, FAULTS = 10, 5


@dataclass(frozen=True)
class Fault:
    kind: str
    # Seconds after the beginning of the round.
    at: float
    lasts: float
    # Which of the instances, the workers or the webhooks, or whose links; None means all.
    instance: int | None
    # For the fault's own random decisions.
    seed: int

    @property
    def targets(self):
        """The target that no other fault may have at the same time."""
        target = KINDS[self.kind][0]
        if target in ("instances", "workers"):
            return [f"{target[:-1]}-0", f"{target[:-1]}-1"]
        return [f"{target}-{self.instance}" if target in ("instance", "worker") else target]

    def __str__(self):
        which = "" if self.instance is None else f"({self.instance})"
        return f"{self.kind}{which}@{self.at:.1f}+{self.lasts:.1f}"


def plan(seed):
    """The faults of a round, in the order of their beginning."""
    block, place = divmod(seed, DECK)
    dealer = random.Random(f"deck {block}")
    # Every kind once, and as many more as there is time for.
    deck = [*KINDS, *dealer.sample(list(KINDS), DECK * FAULTS - len(KINDS))]
    dealer.shuffle(deck)
    chance = random.Random(f"faults {seed}")
    faults = []
    for kind in deck[place * FAULTS:(place + 1) * FAULTS]:
        target, least, most = KINDS[kind]
        instance = None
        if target in ("instance", "worker"):
            instance = chance.randrange(2)
        elif target.endswith("-link"):
            # Two of instances, two of workers.
            instance = chance.choice([0, 1, 2, 3, None])
        elif target == "webhook":
            instance = chance.choice([0, 1, 2, None])
        faults.append(Fault(
            kind, round(chance.uniform(0.1, 1.3), 2), round(chance.uniform(least, most), 2), instance,
            chance.getrandbits(32)))
    return sorted(faults, key=lambda fault: fault.at)
