"""Compares the data after a round with what shoppers were told."""

import os
import subprocess

from rig import PROGRAM

# Each order with everything that can be compared, and the responses stored for it.
ORDERS = """
SELECT o.email, o.id, o.number, coalesce(o.cart_id::text, ''), o.status, o.total,
    coalesce(l.lines, ''), coalesce(k.answers, 0)
FROM orders o
LEFT JOIN (SELECT order_id, string_agg(sku || '*' || quantity, ' ' ORDER BY position) AS lines FROM order_line
    GROUP BY order_id) l ON l.order_id = o.id
LEFT JOIN (SELECT location, count(*) AS answers FROM idempotency GROUP BY location) k
    ON k.location = '/v1/orders/' || o.id
"""
STUCK = "SELECT count(*) FROM reservation WHERE state = 'held' AND expires_at <= '{moment}'"
# Held for another time than either instance holds.
ENDLESS = """
SELECT r.order_id, o.created_at, r.expires_at FROM reservation r JOIN orders o ON o.id = r.order_id
WHERE r.expires_at NOT IN (o.created_at + interval '3 s', o.created_at + interval '15 min')
"""
# Longer than any statement may take, or a transaction be idle.
LINGERING = """
SELECT pid, state, left(query, 100) FROM pg_stat_activity
WHERE usename = 'shop' AND state <> 'idle' AND xact_start < clock_timestamp() - interval '8 s'
"""


class Ledger:
    """What shoppers were told since the data was last cleared."""

    def __init__(self):
        self.known = {}
        # Keys from before that may still be in use somewhere.
        self.unsure = set()

    def forget(self):
        self.unsure |= {key for key, record in self.known.items() if record["isUnsure"]}
        self.known = {}

    def compare(self, records, rows):
        """- records: of this round
        - rows: all orders there are
        - Returns: what is wrong"""
        self.known |= {record["key"]: record for record in records}
        found, wrong, carts = {}, [], {}
        for email, identifier, number, cart, status, total, lines, answers in rows:
            key = email.removesuffix("@example.com")
            if key in found:
                wrong.append(f"doubled: {key} has orders {found[key][0]} and {identifier}")
            found[key] = (identifier, number, cart, status, int(total), lines, int(answers))
            if cart and carts.setdefault(cart, key) != key:
                wrong.append(f"doubled: cart {cart} is the orders of {carts[cart]} and {key}")
            record = self.known.get(key)
            if record is None:
                if key not in self.unsure:
                    wrong.append(f"invented: no client sent {key}, order {identifier}")
            elif record["digest"] is None and not record["isUnsure"]:
                wrong.append(f"invented: {key} was refused ({record['refusal']}), yet there is order {identifier}")
        for key, record in self.known.items():
            if record["digest"] is None:
                continue
            order = found.get(key)
            if order is None:
                wrong.append(f"lost: {key}, acknowledged as {record['id']}")
                continue
            identifier, number, cart, status, total, lines, answers = order
            told = (record["id"], record["number"], record["cart"] or "", record["total"],
                    " ".join(f"{sku}*{quantity}" for sku, quantity in record["lines"]), 1)
            if (identifier, number, cart, total, lines, answers) != told:
                wrong.append(f"altered: {key} is {order}, was acknowledged as {told}")
            cancelling = record["cancelling"]
            if (status == "cancelled") != (cancelling == "told") and cancelling != "asked":
                wrong.append(f"altered: {key} is {status}, its cancelling {cancelling}")
            if status not in ("pending_payment", "cancelled", "expired"):
                wrong.append(f"altered: {key} is {status}")
        return wrong


def audit(url):
    """Starts `commerce audit`; ``heard`` returns its findings."""
    return subprocess.Popen(
        [PROGRAM, "audit"], env=os.environ | {"DATABASE_URL": url}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def heard(process):
    text, _ = process.communicate(timeout=60)
    return [] if process.returncode == 0 else [f"commerce audit ended with {process.returncode}: {text[-3000:]}"]
