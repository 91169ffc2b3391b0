"""A made-up CRM export of a known funnel: seeded, cut at a date, a little dirty as exports are."""

from __future__ import annotations

import csv
import datetime as dt
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from funnelsim.core.files.atomic import replace_files, replace_folder
from funnelsim.engines.run import simulate
from funnelsim.model.files.model_files import Funnel

LABELS = {
    "qualified": "Qualified",
    "discovery": "Discovery",
    "demo": "Demo",
    "security_review": "Security Review",
    "proposal": "Proposal",
    "negotiation": "Negotiation",
    "won": "Closed Won",
    "lost": "Closed Lost",
}
TEAMS = ("Team North", "Team South", "Team East", "Team West", "Team Central")

MAPPING = """\
# What the columns and labels of this export mean.
format = 1
name = "Sample company"
preset = "events"
currency = "USD"
amount_is = "ACV"
noun = "deal"

[events]
file = "stage_history.csv"
deal = "Deal ID"
stage = "Stage"
entered = "Entered"

[deals]
file = "deals.csv"
deal = "Deal ID"
name = "Deal Name"
account = "Account"
owner = "Owner"
source = "Lead Source"
amount = "Closed Amount"
listed_amount = "Amount"

[stages]
qualified = "Qualified"
discovery = "Discovery"
demo = ["Demo", "Demo/Presentation"]
security_review = "Security Review"
proposal = ["Proposal", "Proposal Sent"]
negotiation = "Negotiation"

[outcomes]
won = "Closed Won"
lost = "Closed Lost"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """The actual result of the period to be forecast.

    Attributes
    ----------
    booked : float
        Amount won in the period before the as-of date.
    bookings : float
        Amount won in the whole period.
    wins : int
        Deals won in the whole period.
    """

    booked: float
    bookings: float
    wins: int


def make_export(
    company: Funnel, folder: Path, *, as_of: dt.date, period_start: dt.date, period_end: dt.date, seed: int
) -> Truth:
    """Write ``stage_history.csv``, ``deals.csv`` and ``mapping.toml``, known up to `as_of`.

    Parameters
    ----------
    company : Funnel
        The known model; its start is the first day of the history.
    folder : Path
        Written into; made where it does not exist.
    as_of : date
        The export holds what was entered before this day.
    period_start, period_end : date
        The period to be forecast; the simulation runs to its last day, `period_end` included.
    seed : int

    Returns
    -------
    Truth
    """
    rng = np.random.default_rng(seed)
    visits = simulate(company, until=period_end, replications=1, seed=seed, visits=True).visits
    assert visits is not None
    transitions = _transitions(visits, company.model.start)
    deals = _deals(visits, transitions, as_of, rng)
    known = transitions.filter(pl.col("at") < dt.datetime(as_of.year, as_of.month, as_of.day))
    stage_history = _csv(["Deal ID", "Stage", "Entered"], _dirty_transitions(known, rng))
    columns = ["Deal ID", "Deal Name", "Account", "Owner", "Lead Source", "Amount", "Closed Amount"]
    known_deals = known["deal"].unique().to_list()
    rows = deals.filter(pl.col("Deal ID").is_in(known_deals)).select(columns).rows()
    contents = {"stage_history.csv": stage_history, "deals.csv": _csv(columns, [list(row) for row in rows])}
    contents["mapping.toml"] = MAPPING.encode()
    if folder.exists():  # it may contain other files
        replace_files({folder / name: content for name, content in contents.items()})
    else:
        replace_folder(folder, contents)
    return _truth(transitions, as_of, period_start, period_end)


def _transitions(visits: pl.DataFrame, start: dt.date) -> pl.DataFrame:
    """Each entry into a stage or outcome: deal, stage, at, amount."""
    order = visits.group_by("lead").agg(pl.col("entered").min()).sort("entered")
    names = order.select("lead", deal=pl.format("D-{}", pl.int_range(10_001, 10_001 + pl.len())))
    visits = visits.join(names, on="lead")
    entries = visits.select("deal", "stage", pl.col("entered").alias("day"), "amount")
    ends = visits.filter(pl.col("exit").is_in(["won", "lost"])).select(
        "deal", pl.col("exit").alias("stage"), pl.col("left").alias("day"), "amount"
    )
    midnight = dt.datetime(start.year, start.month, start.day)
    at = pl.lit(midnight) + pl.duration(seconds=(pl.col("day") * 86_400).round().cast(pl.Int64))
    return pl.concat([entries, ends]).with_columns(at=at).sort("at", "deal")


def _deals(
    visits: pl.DataFrame, transitions: pl.DataFrame, as_of: dt.date, rng: np.random.Generator
) -> pl.DataFrame:
    first = transitions.group_by("deal", maintain_order=True).agg(pl.col("amount").first())
    sources = (
        visits.sort("entered")
        .group_by("lead", maintain_order=True)
        .agg(pl.col("source").first())["source"]
        .to_list()
    )
    won_by_then = transitions.filter(
        (pl.col("stage") == "won") & (pl.col("at") < dt.datetime(as_of.year, as_of.month, as_of.day))
    )["deal"].to_list()
    n = first.height
    # Won amounts are a little below listed ones.
    listed = first["amount"].to_numpy() / rng.triangular(0.75, 0.95, 1.05, size=n)
    won = set(won_by_then)
    amounts = zip(first["deal"].to_list(), first["amount"].to_list(), strict=True)
    return pl.DataFrame(
        {
            "Deal ID": first["deal"],
            "Deal Name": [f"Opportunity {deal}" for deal in first["deal"].to_list()],
            "Account": [f"Account {k:04d}" for k in rng.integers(1, 2 * n, size=n)],
            "Owner": [TEAMS[k] for k in rng.integers(0, len(TEAMS), size=n)],
            "Lead Source": [source.capitalize() for source in sources],
            "Amount": [f"{x:.2f}" for x in listed],
            "Closed Amount": [f"{amount:.2f}" if deal in won else "" for deal, amount in amounts],
        }
    )


def _dirty_transitions(known: pl.DataFrame, rng: np.random.Generator) -> list[list[str]]:
    """Rows with typical errors: a few duplicated, relabelled, without date, or of unknown deals."""
    rows = [
        [deal, LABELS[stage], f"{at:%Y-%m-%d %H:%M:%S}"]
        for deal, stage, at in known.select("deal", "stage", "at").iter_rows()
    ]
    for k in rng.choice(len(rows), size=60, replace=False):
        rows[k][1] = {"Demo": "Demo/Presentation", "Proposal": "Proposal Sent"}.get(
            rows[k][1], rows[k][1].upper()
        )
    doubled = [list(rows[k]) for k in rng.choice(len(rows), size=12, replace=False)]
    undated = [[f"D-9{k:04d}", "Qualified", ""] for k in range(7)]
    return rows + doubled + undated


def _truth(transitions: pl.DataFrame, as_of: dt.date, period_start: dt.date, period_end: dt.date) -> Truth:
    after = dt.datetime.combine(period_end + dt.timedelta(days=1), dt.time())
    wins = transitions.filter(
        (pl.col("stage") == "won")
        & (pl.col("at") >= dt.datetime.combine(period_start, dt.time()))
        & (pl.col("at") < after)
    )
    booked = wins.filter(pl.col("at") < dt.datetime.combine(as_of, dt.time()))
    return Truth(booked=float(booked["amount"].sum()), bookings=float(wins["amount"].sum()), wins=wins.height)


def _csv(header: list[str], rows: list[list[str]]) -> bytes:
    held = io.StringIO(newline="")
    csv.writer(held).writerows([header, *rows])
    return held.getvalue().encode()
