#!/usr/bin/env python3
"""Reads the events that Swift Testing writes while tests run (its JSON event stream, version 0).

    test_report.py summary FILE      one line: how many tests passed, and in how many seconds
    test_report.py count FILE...     the numbers of passed, failed and skipped tests
    test_report.py slowest FILE...   the ten slowest tests

A test that began, and neither passed nor was skipped, has failed. That holds also if the program crashed.
"""

import json
import sys


class Run:
    """What one file says of each test."""

    def __init__(self, path):
        self.names = {}
        self.began = {}
        self.ended = {}
        self.passed = set()
        self.skipped = set()
        self.moments = []
        try:
            lines = open(path, encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return
        with lines:
            for line in lines:
                try:
                    self.read(json.loads(line))
                except ValueError:
                    # The last line of a program that crashed.
                    continue

    def read(self, record):
        payload = record.get("payload", {})
        if record.get("kind") == "test":
            if payload.get("kind") == "function":
                self.names[payload["id"]] = payload.get("displayName") or payload["name"]
            return
        moment = payload.get("instant", {}).get("absolute", 0)
        self.moments.append(moment)
        test = payload.get("testID")
        if test not in self.names:
            return
        match payload.get("kind"):
            case "testStarted":
                self.began[test] = moment
            case "testSkipped":
                self.skipped.add(test)
            case "testEnded":
                self.ended[test] = moment
                if payload["messages"] and payload["messages"][0]["symbol"].startswith("pass"):
                    self.passed.add(test)

    @property
    def failed(self):
        return set(self.began) - self.passed - self.skipped

    @property
    def seconds(self):
        return max(self.moments) - min(self.moments) if self.moments else 0

    def times(self):
        return [(end - self.began[test], test) for test, end in self.ended.items() if test in self.began]


def main():
    command, *paths = sys.argv[1:]
    runs = [Run(path) for path in paths]
    if command == "count":
        print(*(sum(len(getattr(run, part)) for run in runs) for part in ("passed", "failed", "skipped")))
    elif command == "summary":
        for run in runs:
            print(f"{len(run.passed)} passed, {len(run.failed)} failed, in {run.seconds:.0f} s")
    elif command == "slowest":
        for seconds, test in sorted((time for run in runs for time in run.times()), reverse=True)[:10]:
            print(f"{seconds:8.1f}  {test.rsplit('/', 1)[0]}")
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
