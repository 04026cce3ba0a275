#!/usr/bin/env python3
"""Checks that sources import only targets that Package.swift names, and that targets depend only on their own floor or lower ones.

The compiler accepts an import of any module that is already built, so a missing dependency is found only in some orders of the
build. This check finds it always.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
FLOORS = ["Sources/Platform", "Sources/Shop", "Sources/App"]
# Modules of the toolchain and of the system.
GIVEN = {"Dispatch", "Foundation", "FoundationEssentials", "Glibc", "Swift", "Synchronization", "Testing"}
IMPORT = re.compile(r"^(?:@testable )?(?:package |internal |public )?import (?:struct |class |enum |func )?(\w+)", re.MULTILINE)


def names(target):
    """The targets and products that a target depends on."""
    return {value[0] for dependency in target["dependencies"] for value in dependency.values()}


def floor(target):
    """The number of the floor on which a target stands; None for tests and tools."""
    return next((number for number, path in enumerate(FLOORS) if (target.get("path") or "").startswith(path)), None)


def main():
    output = subprocess.run(["swift", "package", "dump-package"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    targets = {target["name"]: target for target in json.loads(output)["targets"]}
    found = []
    for name, target in targets.items():
        declared = names(target)
        if floor(target) is not None:
            above = [it for it in declared if it in targets and (floor(targets[it]) or 0) > floor(target)]
            found += [f"Package.swift: {name} depends on {it}, which stands above it" for it in sorted(above)]
        if target["type"] in ("system-target", "system"):
            continue
        default = ("Tests/" if target["type"] == "test" else "Sources/") + name
        for path in sorted((ROOT / (target.get("path") or default)).rglob("*.swift")):
            for module in sorted(set(IMPORT.findall(path.read_text())) - declared - GIVEN):
                found.append(f"{path.relative_to(ROOT)}: imports {module}, which Package.swift does not name for {name}")
    print("\n".join(found))
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
