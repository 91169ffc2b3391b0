"""The document of ``funnelsim overrides``: whose judgement helped."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from funnelsim.documents.record import Probability, Record
from funnelsim.documents.shared import Titled

Verdict = Literal["helped", "hurt", "no clear effect", "too few to tell"]


class ScoredOverride(Record):
    """An override of a deal of which it is known what became of it in the period.

    `error_without` and `error_with` are what the forecast of the deal was off by in money, `gain` is the
    first less the second: above 0, the override helped.
    """

    who: str
    deal: str
    name: str | None = None
    as_of: dt.date
    period: str
    won: bool
    actual: float
    p_without: Probability
    p_with: Probability
    expected_without: float
    expected_with: float
    error_without: float
    error_with: float
    gain: float


class PersonScore(Record):
    """The overrides of one person; means are over deals, so that one that was overridden weekly counts once.

    `brier_without` and `brier_with` are mean squared errors of the chance to win in the period. `gain` is the
    mean of what the overrides bring the forecast nearer to the truth, `low` and `high` its interval, None for
    fewer than two deals. `undecided` overrides are of deals still open in a period that is not over.
    """

    who: str
    overrides: int
    deals: int
    undecided: int = 0
    brier_without: float | None = None
    brier_with: float | None = None
    error_without: float | None = None
    error_with: float | None = None
    gain: float | None = None
    low: float | None = None
    high: float | None = None
    verdict: Verdict = "too few to tell"


class OverrideScoresDocument(Titled):
    """Overrides of earlier forecasts beside what became of their deals.

    `unknown` overrides are of deals that the history does not have; `level` is that of the intervals.
    """

    until: dt.date
    forecasts: int
    level: float
    people: tuple[PersonScore, ...] = ()
    overrides: tuple[ScoredOverride, ...] = ()
    undecided: int = 0
    unknown: int = 0
