"""``python -m benchmarks [--quick] [--out FILE]``: one table of ratios, and the same as JSON."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import f6_nc, f6_rates
from benchmarks.contender import Timing, race, speed_ratio, verify
from benchmarks.machine import machine

_WIDTH = 132  # where the output is no terminal
_ROUNDS, _QUICK_ROUNDS = 7, 3
_CHECKED, _QUICKLY_CHECKED = 200, 40  # replications of the check before the race


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds; medians are rougher")
    parser.add_argument("--out", type=Path, default=Path("out/bench.json"), help="default %(default)s")
    arguments = parser.parse_args()
    document = measure(rounds=_QUICK_ROUNDS if arguments.quick else _ROUNDS, quick=arguments.quick)
    show(document)
    write(document, arguments.out)
    return 0


def measure(*, rounds: int, quick: bool) -> dict[str, Any]:
    """Check that each contender gives the exact wins, then race them."""
    contenders = f6_nc.contenders()
    expected = f6_nc.expected_wins()
    checked = _QUICKLY_CHECKED if quick else _CHECKED
    wins = {}
    for contender in contenders:
        print(f"checking {contender.name} ...", file=sys.stderr)
        wins[contender.name] = verify(contender, expected, checked)
    print(f"{rounds} alternating rounds ...", file=sys.stderr)
    timings = race(contenders, rounds)
    return {
        "format": 1,
        "machine": machine(),
        "workload": f6_nc.NAME,
        "exact_wins": expected,
        "visits_per_replication": f6_nc.visits_per_replication(),
        "rounds": rounds,
        "contenders": [_row(timing, timings, wins[timing.name]) for timing in timings],
        "by_leads_per_day": _by_leads_per_day(rounds),
    }


def _by_leads_per_day(rounds: int) -> list[dict[str, Any]]:
    timings = race(f6_rates.contenders(), rounds)
    return [
        {"name": t.name, "ns_per_visit": t.median, "times_the_first": t.median / timings[0].median}
        for t in timings
    ]


def _row(timing: Timing, timings: list[Timing], wins: str) -> dict[str, Any]:
    by_name = {other.name: other for other in timings}
    return {
        "name": timing.name,
        "wins": wins,
        "ns_per_visit": timing.median,
        "ns_per_visit_best": timing.best,
        "ns_per_visit_rounds": timing.ns_per_visit,
        "cores_used": max(timing.cores_used),
        "speed": {
            peer: {"median": speed_ratio(timing, by_name[peer]), "best": by_name[peer].best / timing.best}
            for peer in f6_nc.PEERS
        },
        "times_the_limit": speed_ratio(by_name[f6_nc.LIMIT], timing),
    }


def show(document: dict[str, Any]) -> None:
    host = document["machine"]
    console = Console(width=None if sys.stdout.isatty() else _WIDTH)
    console.print(", ".join(f"{key} {value}" for key, value in host.items()), highlight=False)
    table = Table(
        title=f"{document['workload']}: exact {document['exact_wins']:.3f} wins, "
        f"{document['visits_per_replication']:,.0f} visits a replication; one core, "
        f"medians of {document['rounds']} alternating rounds",
        title_justify="left",
    )
    table.add_column("contender", no_wrap=True)
    for column in ("wins", "ns/visit", "best", *(f"x {peer}" for peer in f6_nc.PEERS.values()), "x limit"):
        table.add_column(column, justify="right")
    for row in document["contenders"]:
        speeds = (row["speed"][peer] for peer in f6_nc.PEERS)
        table.add_row(
            row["name"],
            row["wins"],
            f"{row['ns_per_visit']:,.1f}",
            f"{row['ns_per_visit_best']:,.1f}",
            *(f"{speed['median']:,.1f} ({speed['best']:,.1f})" for speed in speeds),
            f"{row['times_the_limit']:,.1f}",
        )
    console.print(table)
    console.print(
        "x SimPy: how many times as fast, the median over rounds of the ratio within a round, in brackets of "
        "the best rounds. x limit: how many times the time of the limit.",
        highlight=False,
    )
    cores = max(row["cores_used"] for row in document["contenders"])
    console.print(f"cores used: at most {cores:.2f}", highlight=False)
    console.print(
        f"{f6_rates.NAME}, fast engine: "
        + ", ".join(
            f"{row['name']} {row['ns_per_visit']:.1f} ns ({row['times_the_first']:.2f} x)"
            for row in document["by_leads_per_day"]
        ),
        highlight=False,
    )


def write(document: dict[str, Any], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(path.suffix + ".part")
    half.write_text(json.dumps(document, indent=2) + "\n")
    half.replace(path)
    print(f"wrote {path}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
