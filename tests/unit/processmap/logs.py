"""Histories of known structure, each lead written down as a line of text."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import polars as pl

from funnelsim.history.files.events import DEAL_SCHEMA, VISIT_SCHEMA, History, HistoryMeta

START = dt.datetime(2026, 1, 1)
DAYS = 100
AS_OF = START + dt.timedelta(days=DAYS)
STAGES = ("demo", "offer", "contract")


def log(
    *leads: str,
    stages: tuple[str, ...] = STAGES,
    owners: tuple[str | None, ...] = (),
    sources: tuple[str | None, ...] = (),
    amounts: tuple[float | None, ...] = (),
    created: tuple[int, ...] = (),
    observed_from: dt.datetime | None = None,
    losses_recorded: bool = True,
) -> History:
    """``demo 3, offer 2, won``: three days of demo, two of offer, then won; without an outcome still open."""
    visits, deals = [], []
    for number, text in enumerate(leads):
        key = f"L{number}"
        begins = START + dt.timedelta(days=created[number] if created else 0)
        rows = list(_visits(key, text, begins))
        visits += rows
        last = rows[-1] if rows else (key, "", 1, begins, None, None)
        amount = amounts[number] if amounts else None
        source = sources[number] if sources else "web"
        owner = owners[number] if owners else "Ana"
        deals.append((key, begins, last[5], last[4], amount, None, source, None, owner, None, key))
    return History(
        visits=pl.DataFrame(visits, schema=VISIT_SCHEMA, orient="row"),
        deals=pl.DataFrame(deals, schema=DEAL_SCHEMA, orient="row"),
        meta=HistoryMeta(
            name="made up",
            as_of=AS_OF,
            observed_from=observed_from,
            stages={key: key.capitalize() for key in stages},
            losses_recorded=losses_recorded,
            outcomes=("parked",),
        ),
    )


def _visits(key: str, text: str, begins: dt.datetime) -> Iterator[tuple[object, ...]]:
    if not text:
        return
    steps = [step.split() for step in text.split(",")]
    seen: dict[str, int] = {}
    for (stage, *length), after in zip(steps, [*steps[1:], [None]], strict=True):
        if not length:  # an outcome, or the stage of an open lead
            if after == [None] and stage in ("won", "lost", "churned", "parked"):
                return
            yield key, stage, seen.get(stage, 0) + 1, begins, None, None
            return
        seen[stage] = seen.get(stage, 0) + 1
        left = begins + dt.timedelta(days=float(length[0]))
        yield key, stage, seen[stage], begins, left, after[0]
        begins = left
