"""What was measured, on the screen."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

_WIDTH = 132  # where the output is no terminal


def console() -> Console:
    return Console(width=None if sys.stdout.isatty() else _WIDTH, highlight=False)


def show_workload(found: Mapping[str, Any], screen: Console) -> None:
    """A row for each contender; below it who was left out."""
    peers = found["peers"]
    table = Table(
        title=f"{found['workload']}: {found['title']}; {found['truth']['wins']} wins "
        f"({found['truth']['from']}), {found['visits_per_replication']:,.0f} visits a replication; "
        f"one core, {found['rounds']} alternating rounds",
        title_justify="left",
    )
    table.add_column("contender")
    for column in ("wins", "ns/visit", "best", *(f"x {peer}" for peer in peers.values()), "x limit"):
        table.add_column(column, justify="right", no_wrap=True)
    for row in found["contenders"]:
        speeds = (row["speed"].get(peer) for peer in peers)
        table.add_row(
            row["name"],
            row["wins"],
            f"{row['ns_per_visit']:,.1f}",
            f"{row['ns_per_visit_best']:,.1f}",
            *(f"{_times(speed['median'])} ({_times(speed['best'])})" if speed else "-" for speed in speeds),
            _times(row["times_the_limit"]),
        )
    screen.print(table)
    if found["wait_days"]:
        waits = ", ".join(f"{stage} {days}" for stage, days in found["wait_days"].items())
        screen.print(f"days waited, on which all who simulate agree: {waits}")
    shares = [row["cores_used"] for row in found["contenders"]]
    screen.print(f"processor time / time on the wall: {min(shares):.2f} to {max(shares):.2f}")
    for one in found["left_out"]:
        screen.print(f"left out: {one['name']}: {one['why']}", markup=False)
    screen.print()


def _times(ratio: float) -> str:
    return f"{ratio:,.1f}" if ratio >= 10 else f"{ratio:.2g}"


EXPLANATION = (
    "ns/visit: processor time of all threads, median over rounds. x peer: how many times as fast, the median "
    "over rounds of the ratio within a round, in brackets of the best rounds. x limit: how many times the "
    "limit's time."
)


def show_by_rate(rows: Sequence[Mapping[str, Any]], screen: Console) -> None:
    _lines(
        "ns/visit by leads a day, reps in proportion",
        "workload",
        rows,
        lambda row: f"{row['name']} {row['ns_per_visit']:.1f} ({row['times_the_first']:.2f} x)",
        screen,
    )


def show_threads(rows: Sequence[Mapping[str, Any]], screen: Console) -> None:
    _lines(
        "two threads, as a share of the speed of two processes",
        "scenario",
        rows,
        lambda row: (
            f"{row['threads_of_processes']:.2f} "
            f"({row['threads_seconds']:.2f} s and {row['processes_seconds']:.2f} s)"
        ),
        screen,
    )


def show_memory(rows: Sequence[Mapping[str, Any]], screen: Console) -> None:
    _lines(
        "peak memory of funnelsim simulate",
        "scenario",
        rows,
        lambda row: (
            ", ".join(f"{int(n):,} replications {mb:,.0f} MB" for n, mb in row["peak_mb"].items())
            + f" ({row['bytes_a_replication']:,.0f} bytes each)"
        ),
        screen,
    )


def show_first_minute(rows: Sequence[Mapping[str, Any]], screen: Console) -> None:
    _lines(
        "processor seconds of commands on the sample company, times those of bare imports, and wall seconds",
        "command",
        rows,
        lambda row: (
            f"{row['cpu_seconds']:.2f} s ({row['times_bare']:.2f} x"
            + (f", limit {row['limit']:g} x" if row["limit"] else "")
            + f"), wall {row['seconds']:.2f} s"
        ),
        screen,
    )


def show_variants(found: Mapping[str, Any], screen: Console) -> None:
    screen.print("100 variants of the sample company, 1,000 futures each")
    screen.print(f"  on one base: {found['seconds']:.1f} s, after {found['base_seconds']:.1f} s for the base")
    screen.print(
        f"  100 compare commands: {found['compare_seconds']:.0f} s, {found['ratio']:.0f} times as long"
    )
    screen.print(f"  one more variant, 300 futures: {1000 * found['slider_seconds']:.0f} ms")
    screen.print()


def _lines(title: str, key: str, rows: Sequence[Mapping[str, Any]], words: Any, screen: Console) -> None:
    """A line for each value of `key`."""
    screen.print(title)
    said: dict[str, list[str]] = {}
    for row in rows:
        text = f"left out: {row['left_out']}" if "left_out" in row else words(row)
        said.setdefault(row[key], []).append(text)
    for name, texts in said.items():
        screen.print(f"  {name}: {', '.join(texts)}", markup=False)
    screen.print()
