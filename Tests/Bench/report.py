"""The measurements: a table, the goals, and a chart."""
import json
import os
import statistics

import chart

found = {}


def note(name, value):
    found.setdefault(name, []).append(value)


def middle(name, key="rate"):
    """The median over the rounds."""
    values = found.get(name)
    if not values:
        return None
    return statistics.median(value[key] if isinstance(value, dict) else value for value in values)


def ratio(over, under, key="rate"):
    top, bottom = middle(over, key), middle(under, key)
    return top / bottom if top and bottom else None


# Each measurement, its comparison, and the share of it that is the goal.
PAIRS = (
    ("product, hot", "nginx", 1.0),
    ("product from Redis", "redis-benchmark GET, 64 clients", None),
    ("product from PostgreSQL", "pgbench select, 16 clients", 1.3),
    ("order of 3 lines", "pgbench order, pipelined, 20 clients", 0.9),
    ("flash sale, one variant", "order of 3 lines", 0.8),
)


def goals():
    """For each goal that could be measured: its name, the value, the bound, and whether the value should be above it."""
    goals = [(f"{name} / {bound}", ratio(name, bound), goal, True) for name, bound, goal in PAIRS if goal]
    mean, p99 = middle("order of 3 lines", "mean"), middle("order of 3 lines", "p99")
    resident = [middle(name) for name in found if name.startswith("resident MB") and "idle" not in name]
    goals += [
        ("CPU us of a hot product", middle("product, hot", "cpu"), 18, False),
        ("an order's p99 / its mean", p99 / mean if mean else None, 4, False),
        ("sold-out answers a second", middle("flash sale, sold out"), 10_000, True),
        ("CPU of a small reply / blocking epoll_wait", ratio("the HTTP server", "blocking epoll_wait", "cpu"), 1.15, False),
        ("hot product's p99 beside 1,000 sign-ins / alone",
         ratio("hot product at 500/s, beside 1,000 sign-ins", "hot product at 500/s, alone", "p99"), 2, False),
        ("sign-ins: MB more than before", middle("sign-ins: MB more than before"), 64, False),
        ("events a second to a webhook", middle("event to a webhook"), 5_000, True),
        ("with a dead webhook / without", ratio("event to a webhook, beside a dead one", "event to a webhook, alone"), 0.9, True),
        ("idle worker: CPU %", middle("idle worker: CPU %"), 0.5, False),
        ("idle worker: statements a second", middle("idle worker: statements a second"), 2, False),
        ("CPU us of an access token, HS256", middle("access token, HS256: CPU us"), 10, False),
        ("CPU us of an access token, ES256", middle("access token, ES256: CPU us"), 100, False),
        ("CPU us of an access token, ES256, cached", middle("access token, ES256, cached: CPU us"), 10, False),
        ("ready after exec, ms", middle("ready in ms"), 200, False),
        ("binary, MB", middle("binary MB"), 40, False),
        ("resident after load, MB", max(resident) if resident else None, 60, False),
    ]
    return [goal for goal in goals if goal[1] is not None]


def show(rounds, seconds):
    print(f"\n{'':46}{'per s':>9}{'p50 ms':>9}{'p99 ms':>9}{'CPU us':>9}{'errors':>8}   (medians of {rounds} rounds of {seconds} s)")
    for name, values in found.items():
        if isinstance(values[0], dict):
            print(f"{name:46}{middle(name):9.0f}{middle(name, 'p50'):9.2f}{middle(name, 'p99'):9.2f}{middle(name, 'cpu'):9.1f}"
                  f"{sum(value['errors'] for value in values):8d}")
        else:
            print(f"{name:46}{middle(name):9.1f}")
    print("\ngoals")
    for text, value, bound, above in goals():
        met = value >= bound if above else value <= bound
        print(f"  {text:62}{value:9.2f}   {'at least' if above else 'at most '} {bound:<6} {'met' if met else 'MISSED'}")


def keep(folder):
    """Writes the figures as JSON and as a chart, if OUT is set."""
    if not folder:
        return
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "bench.json"), "w") as file:
        json.dump(found, file, indent=1)
    pairs = [(name, middle(name), middle(name, "cpu"), bound, middle(bound)) for name, bound, _ in PAIRS
             if middle(name) and middle(bound)]
    with open(os.path.join(folder, "bench.svg"), "w") as file:
        file.write(chart.bars(pairs))
