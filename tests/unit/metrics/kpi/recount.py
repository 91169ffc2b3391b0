"""Key figures counted once more in plain Python, deal by deal, and random histories to count them in."""

from __future__ import annotations

import datetime as dt
import math
import random
from typing import Any

import polars as pl

from funnelsim.history.files.events import DEAL_SCHEMA, VISIT_SCHEMA, History, HistoryMeta

STAGES = ("lead", "demo", "offer")
START = dt.datetime(2025, 1, 1)
AS_OF = dt.datetime(2026, 1, 11)


def random_history(seed: int, deals: int = 120) -> History:
    """Loops, skips, ties; open, lost, faded and churned deals; unknown amounts, sources and owners."""
    draw = random.Random(seed)
    visits: list[tuple[Any, ...]] = []
    rows: list[tuple[Any, ...]] = []
    for n in range(deals):
        key = f"d{n}"
        at = START + dt.timedelta(hours=draw.choice([0, draw.randrange(24 * 330)]))
        created, stage, seen = at, draw.choice(STAGES[:2]), dict.fromkeys(STAGES, 0)
        outcome = closed = None
        while True:
            seen[stage] += 1
            left = at + dt.timedelta(hours=draw.choice([0, 24, draw.randrange(24 * 40)]))
            to = draw.choice([*STAGES, "won", "won", "lost", "lost", "faded", "churned"])
            if left >= AS_OF or draw.random() < 0.05:
                visits.append((key, stage, seen[stage], at, None, None))
                break
            visits.append((key, stage, seen[stage], at, left, to))
            if to not in STAGES:
                outcome, closed = to, left
                break
            at, stage = left, to
        amount = draw.choice([None, round(draw.uniform(1, 1000), 2)])
        listed = draw.choice([None, 500.0])
        source, owner = draw.choice(["web", "Referral", None]), draw.choice(["Ana", "Ben <b>", None])
        rows.append((key, created, outcome, closed, amount, listed, source, None, owner, None, None))
    return History(
        visits=pl.DataFrame(visits, schema=VISIT_SCHEMA, orient="row"),
        deals=pl.DataFrame(rows, schema=DEAL_SCHEMA, orient="row"),
        meta=HistoryMeta(
            name="random",
            as_of=AS_OF,
            observed_from=None,
            stages={stage: stage.title() for stage in STAGES},
            outcomes=("faded",),
        ),
    )


def recount(history: History, start: dt.datetime, end: dt.datetime) -> dict[str, float]:
    """The figures of one period, by the words of docs/reference/metrics.md; `end` is not included."""
    deals = history.deals.to_dicts()
    visits = history.visits.to_dicts()

    def inside(at: dt.datetime | None) -> bool:
        return at is not None and start <= at < end

    def value(deal: dict[str, Any]) -> float | None:
        return deal["amount"] if deal["amount"] is not None else deal["listed_amount"]

    wins = [d for d in deals if d["outcome"] == "won" and inside(d["closed"])]
    losses = [d for d in deals if d["outcome"] not in (None, "won") and inside(d["closed"])]
    opened = [d for d in deals if d["created"] < start and (d["closed"] is None or d["closed"] >= start)]
    priced = [value(d) for d in wins if value(d) is not None]
    cycles = [(d["closed"] - d["created"]) / dt.timedelta(days=1) for d in wins]
    unpriced = sum(value(d) is None for d in opened)
    found = {
        "leads_created": sum(inside(d["created"]) for d in deals),
        "referrals": sum(inside(d["created"]) and d["source"] == "Referral" for d in deals),
        "delivered": sum(v["stage"] == "lead" and inside(v["entered"]) for v in visits),
        "deals_won": len(wins),
        "win_rate": share(len(wins), len(wins) + len(losses)),
        "cycle_days": share(math.fsum(cycles), len(wins)),
        "bookings": math.fsum(value(d) or 0.0 for d in wins),
        "deal_size": share(math.fsum(v for v in priced if v is not None), len(priced)),
        "churned": sum(d["outcome"] == "churned" for d in losses),
        "open_pipeline": math.fsum(value(d) or 0.0 for d in opened),
    }
    if unpriced > 0.1 * len(opened):
        found["open_pipeline"] = math.nan
    for place, stage in enumerate(STAGES):
        ended = [v["exit"] for v in visits if v["stage"] == stage and inside(v["left"])]
        forward = sum(to == "won" or to in STAGES[place + 1 :] for to in ended)
        found[f"conversion.{stage}"] = share(forward, len(ended))
    found["velocity"] = math.nan
    if found["cycle_days"] > 0 and opened:
        found["velocity"] = len(opened) * found["win_rate"] * found["deal_size"] / found["cycle_days"]
    return found


def share(top: float, bottom: float) -> float:
    return top / bottom if bottom else math.nan
