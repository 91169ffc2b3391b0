"""Small histories of every odd kind: few deals, ties, zeros, one price, retired stages, decades.

Each is drawn from its number alone. Every trait below occurs with a stated chance, whatever the others are,
so that a few thousand hold most pairs of them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from funnelsim.history.files.events import (
    DEAL_SCHEMA,
    PLAN_SCHEMA,
    VISIT_SCHEMA,
    WORK_SCHEMA,
    History,
    HistoryMeta,
)

Rng = np.random.Generator
BEGIN = dt.datetime(2003, 3, 1, 9)
DAY = dt.timedelta(days=1)
#: Names that a split exit, a clock or a reserved word would like to have.
OUTCOMES = ("lost_late", "won_late", "lost_at_once", "no_show")
STAGES = ("a", "a_b", "b", "b_c", "won_stage", "lost_later", "demo", "offer")


def small_history(number: int, seed: int = 16) -> History:
    """History `number`: 1 to 30 deals in 1 to 5 stages."""
    rng = np.random.default_rng([seed, number])
    return _Maker(rng).history(f"small {number}")


@dataclass
class _Maker:
    rng: Rng

    def history(self, name: str) -> History:
        rng = self.rng
        self.by_day = bool(rng.random() < 0.4)
        stages = [str(key) for key in rng.permutation(STAGES)[: rng.integers(1, 6)]]
        deals = int(rng.integers(1, 31))
        self.dwell = _dwells(rng)
        self.begins = _begins(rng, deals)
        self.outcomes = _outcomes(rng)
        self.retired = str(rng.choice(stages)) if len(stages) > 1 and rng.random() < 0.2 else None
        self.skips = rng.random() < 0.3
        self.returns = rng.random() < 0.2
        visits: list[tuple[Any, ...]] = []
        endings: list[tuple[str | None, dt.datetime | None]] = []
        for n in range(deals):
            own, ending = self._life(f"D{n:02d}", float(self.begins[n]), stages)
            visits += own
            endings.append(ending)
        last = max(when for row in visits for when in row[3:5] if when is not None)
        as_of = last + float(rng.choice([0.0, 0.0, 3.0, 40.0, 1500.0])) * DAY
        as_of = (
            (dt.datetime(as_of.year, as_of.month, as_of.day) + DAY) if self.by_day else as_of + DAY / 86_400
        )
        visit_frame = pl.DataFrame(visits, schema=VISIT_SCHEMA, orient="row")
        deal_frame = self._deals(visit_frame, endings)
        seen = {outcome for outcome, _ in endings if outcome is not None}
        entered = set(visit_frame["stage"].unique())
        first = visit_frame["entered"].min()
        assert isinstance(first, dt.datetime)
        middle = first + (as_of - first) * float(rng.random())
        meta = HistoryMeta(
            name=name,
            as_of=as_of,
            observed_from=middle if rng.random() < 0.15 else None,
            stages={key: key.title() for key in stages if key in entered},
            outcomes=tuple(sorted(seen)),
            losses_recorded="lost" in seen or bool(rng.random() < 0.3),
            resolution="day" if self.by_day else "second",
            currency=str(rng.choice(["", "EUR"])),
            holidays="DE" if rng.random() < 0.1 else "",
        )
        return History(
            visits=visit_frame,
            deals=deal_frame,
            meta=meta,
            plans=self._plans(deal_frame, as_of) if rng.random() < 0.2 else pl.DataFrame(schema=PLAN_SCHEMA),
            work=self._work(visit_frame, as_of) if rng.random() < 0.2 else pl.DataFrame(schema=WORK_SCHEMA),
        )

    def _at(self, day: float) -> dt.datetime:
        when = BEGIN + float(day) * DAY
        if self.by_day:
            return dt.datetime(when.year, when.month, when.day)
        return when.replace(microsecond=0)

    def _life(
        self, deal: str, begin: float, stages: list[str]
    ) -> tuple[list[tuple[Any, ...]], tuple[str | None, dt.datetime | None]]:
        """Visits of one deal, and how and when it ended."""
        rng = self.rng
        late = begin > float(np.median(self.begins))
        exit = [key for key in stages if not (key == self.retired and late)]
        if self.skips:
            exit = [key for key in exit if rng.random() < 0.7] or exit[:1]
        if self.returns and len(exit) > 1:
            exit = [*exit, exit[0], exit[1]]
        outcome = self.outcomes()
        exit = exit[: int(rng.integers(1, len(exit) + 1))] if outcome != "won" else exit
        rows, day, count = [], begin, dict.fromkeys(stages, 0)
        for place, stage in enumerate(exit):
            count[stage] += 1
            entered, day = self._at(day), day + self.dwell()
            is_last = place == len(exit) - 1
            to = (outcome if is_last else exit[place + 1]) or None
            left = self._at(day) if to is not None else None
            rows.append((deal, stage, count[stage], entered, left, to))
        return rows, (outcome or None, rows[-1][4])

    def _deals(
        self, visits: pl.DataFrame, endings: list[tuple[str | None, dt.datetime | None]]
    ) -> pl.DataFrame:
        rng = self.rng
        first = visits.group_by("deal", maintain_order=True).agg(pl.col("entered").first())
        number = first.height
        amount = _amounts(rng, number)
        listed = [None if a is None else a * float(rng.choice([0, 1, 1, 1.25])) for a in amount]
        columns: dict[str, list[Any]] = {
            "deal": first["deal"].to_list(),
            "created": first["entered"].to_list(),
            "outcome": [outcome for outcome, _ in endings],
            "closed": [closed for _, closed in endings],
            "amount": amount,
            "listed_amount": listed if rng.random() < 0.3 else [None] * number,
            "name": first["deal"].to_list(),
        }
        for trait in ("source", "segment", "owner", "account"):
            columns[trait] = _traits(rng, trait, number)
        return pl.DataFrame(columns, schema=DEAL_SCHEMA)

    def _plans(self, deals: pl.DataFrame, as_of: dt.datetime) -> pl.DataFrame:
        rng = self.rng
        rows = []
        for deal, created in deals.select("deal", "created").iter_rows():
            for _ in range(int(rng.integers(0, 3))):
                at = min(created + float(rng.exponential(10)) * DAY, as_of - DAY / 86_400)
                planned = at + float(rng.choice([0.0, 30.0, 90.0, 4000.0])) * DAY
                rows.append((deal, at if rng.random() < 0.9 else None, planned, rng.random(), None))
        return pl.DataFrame(rows, schema=PLAN_SCHEMA, orient="row")

    def _work(self, visits: pl.DataFrame, as_of: dt.datetime) -> pl.DataFrame:
        rng = self.rng
        rows = []
        for row in visits.iter_rows(named=True):
            if rng.random() < 0.3:
                continue
            end = row["left"] or as_of - DAY / 86_400
            started = row["entered"] + (end - row["entered"]) * float(rng.random())
            finished = started + (end - started) * float(rng.choice([0.0, 0.5, 1.0]))
            done = finished if row["left"] is not None or rng.random() < 0.5 else None
            rep = rng.choice(["Ana", "Bo", None])
            rows.append((row["deal"], row["stage"], started, done, rep, rng.choice(["sales", "desk", None])))
        return pl.DataFrame(rows, schema=WORK_SCHEMA, orient="row")


def _begins(rng: Rng, deals: int) -> np.ndarray:
    """Days on which deals begin, in order."""
    kind = rng.choice(["one instant", "even", "two decades", "gap", "bunches"])
    if kind == "one instant":
        return np.zeros(deals)
    if kind == "even":
        return np.sort(rng.uniform(0, float(rng.choice([1, 30, 400])), deals))
    if kind == "two decades":
        return np.sort(rng.choice([0.0, 20 * 365.25], deals))
    if kind == "gap":
        return np.sort(rng.uniform(0, 60, deals) + rng.choice([0.0, 6 * 365.25], deals))
    return np.sort(rng.choice([0.0, 7.0, 31.0, 365.0], deals))


def _dwells(rng: Rng) -> Callable[[], float]:
    """How long a visit takes, in days."""
    kind = rng.choice(["zero", "constant", "ordinary", "wild", "two humps", "seconds", "mixed"])
    few = float(rng.choice([1.0, 7.0, 365.0]))
    return {
        "zero": lambda: 0.0,
        "constant": lambda: few,
        "ordinary": lambda: float(rng.lognormal(2, 0.7)),
        "wild": lambda: min(float(rng.lognormal(1, 4)), 7000.0),
        "two humps": lambda: float(rng.choice([1.0, 300.0]) * rng.lognormal(0, 0.2)),
        "seconds": lambda: float(rng.integers(0, 90)) / 86_400,
        "mixed": lambda: float(rng.choice([0.0, 1 / 86_400, 1.0, 30.0, 5000.0])),
    }[str(kind)]


def _outcomes(rng: Rng) -> Callable[[], str]:
    """How a deal ends; an empty text where it stays open."""
    kind = rng.choice(
        ["all won", "one win", "no losses", "all open", "all lost", "mixed", "mixed", "other words"]
    )
    if kind == "one win":
        left = iter(["won"])
        return lambda: next(left, str(rng.choice(["lost", ""])))
    choices = {
        "all won": ("won",),
        "no losses": ("won", ""),
        "all open": ("",),
        "all lost": ("lost",),
        "mixed": ("won", "lost", ""),
        "other words": ("won", "lost", "", *rng.permutation(OUTCOMES)[:2]),
    }[str(kind)]
    return lambda: str(rng.choice(choices))


def _amounts(rng: Rng, number: int) -> list[float | None]:
    kind = str(rng.choice(["none", "constant", "ordinary", "zero", "tiny", "one giant", "prices"]))
    if kind == "none":
        return [None] * number
    amounts = {
        "constant": np.full(number, 499.0),
        "ordinary": rng.lognormal(9, 1, number),
        "zero": rng.choice([0.0, 0.0, 1000.0], number),
        "tiny": np.full(number, 0.01),
        "one giant": np.append(rng.lognormal(9, 1, number - 1), 5e15),
        "prices": rng.choice([99.0, 499.0], number),
    }[kind]
    missing = rng.random(number) < float(rng.choice([0.0, 0.0, 0.4]))
    return [None if gone else float(round(a, 2)) for a, gone in zip(amounts, missing, strict=True)]


def _traits(rng: Rng, name: str, number: int) -> list[str | None]:
    kind = str(rng.choice(["none", "one", "each its own", "two", "some missing"]))
    if kind == "none":
        return [None] * number
    choices: list[str | None] = {
        "one": [name],
        "each its own": [f"{name} {n}" for n in range(number)],
        "two": [f"{name} A", f"{name}-a"],
        "some missing": [f"{name} A", "ä ö", None],
    }[kind]
    if kind == "each its own":
        return choices
    return [choices[int(k)] for k in rng.integers(0, len(choices), number)]
