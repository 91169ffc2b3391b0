"""``python -m benchmarks [PART ...] [--quick] [--out FILE]``: tables of ratios, and the same as JSON."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import (
    by_rate,
    f6_cap,
    f6_nc,
    f6_shared,
    first_minute,
    map_year,
    memory,
    table,
    threads,
    variants,
    workload,
)
from benchmarks.machine import machine

_ROUNDS, _QUICK_ROUNDS = 7, 3
_WORKLOADS = {
    "f6_nc": f6_nc.workload,
    "f6_cap": f6_cap.workload,
    "f6_shared": f6_shared.workload,
    "map_year": map_year.workload,
}
PARTS = (*_WORKLOADS, "by_rate", "threads", "memory", "first_minute", "variants")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; default all")
    parser.add_argument("--quick", action="store_true", help="fewer rounds and checks; medians are rougher")
    parser.add_argument("--out", type=Path, default=Path("out/bench.json"), help="default %(default)s")
    asked = parser.parse_args(arguments)
    unknown = set(asked.parts) - set(PARTS)
    if unknown:
        parser.error(f"no part is called {', '.join(sorted(unknown))}; choose from {', '.join(PARTS)}")
    document = run(asked.parts or PARTS, quick=asked.quick)
    write(document, asked.out)
    slow = first_minute.too_slow(document.get("first_minute", []))
    for line in slow:
        print(f"too slow: {line}", file=sys.stderr)
    return 1 if slow else 0


def run(parts: Sequence[str], *, quick: bool) -> dict[str, Any]:
    """Measure part after part, showing each when it is done."""
    rounds = _QUICK_ROUNDS if quick else _ROUNDS
    screen = table.console()
    host = machine()
    document: dict[str, Any] = {"format": 1, "machine": host, "rounds": rounds, "workloads": []}
    screen.print(", ".join(f"{key} {value}" for key, value in host.items()))
    for name, load in _WORKLOADS.items():
        if name in parts:
            found = workload.measure(load(), rounds=rounds, quick=quick)
            table.show_workload(found, screen)
            document["workloads"].append(found)
    if document["workloads"]:
        screen.print(table.EXPLANATION + "\n")
    if "by_rate" in parts:
        document["by_leads_per_day"] = by_rate.measure(rounds=rounds)
        table.show_by_rate(document["by_leads_per_day"], screen)
    if "threads" in parts:
        document["threads"] = threads.measure(rounds=rounds)
        table.show_threads(document["threads"], screen)
    if "memory" in parts:
        document["memory"] = memory.measure()
        table.show_memory(document["memory"], screen)
    if "first_minute" in parts:
        document["first_minute"] = first_minute.measure(rounds=rounds)
        table.show_first_minute(document["first_minute"], screen)
    if "variants" in parts:
        document["variants"] = variants.measure()
        table.show_variants(document["variants"], screen)
    return document


def write(document: dict[str, Any], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(path.suffix + ".part")
    half.write_text(json.dumps(document, indent=2) + "\n")
    half.replace(path)
    print(f"wrote {path}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
