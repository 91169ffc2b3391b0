"""Whose overrides helped: earlier forecasts, with and without, beside what became of the deals."""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import polars as pl
from scipy import stats

from funnelsim import __version__
from funnelsim.core.errors import FunnelSimError, InputError, Problem
from funnelsim.documents.forecast import ForecastDocument
from funnelsim.documents.override_scores import (
    OverrideScoresDocument,
    PersonScore,
    ScoredOverride,
    Verdict,
)
from funnelsim.history.files.as_of_dates import date_text
from funnelsim.history.files.events import History

#: Below this number of deals no interval of a mean is worth its name.
LEAST_DEALS = 5
#: Overrides without a name are those of nobody.
NOBODY = "nobody named"
UNDECIDED, UNKNOWN = "undecided", "unknown"


def score_overrides(
    forecasts: Sequence[ForecastDocument], history: History, *, level: float = 0.9
) -> OverrideScoresDocument:
    """Score the overrides of earlier forecasts, person by person.

    A deal is decided when it is closed, or when the period of its forecast is over: what counts is whether
    it was won in that period after the forecast date, and at what amount. Each deal counts once for each
    person and period, with the mean of its overrides.

    Parameters
    ----------
    forecasts : sequence of ForecastDocument
        As ``forecast --overrides`` wrote them.
    history : History
        Later than the forecasts.
    level : float, default 0.9
        Of the intervals of the mean gain (Student t over deals).

    Raises
    ------
    FunnelSimError
        If no forecast has overrides, or the history is older than one or in another currency.
    """
    judged = [one for one in forecasts if one.overrides]
    if not judged:
        raise FunnelSimError("none of these forecasts has overrides; make them with forecast --overrides")
    _refuse_mismatches(judged, history)
    outcomes = _outcomes(history)
    scored: list[ScoredOverride] = []
    left_out: dict[str, list[str]] = {UNDECIDED: [], UNKNOWN: []}
    for document in judged:
        for found in _scored(document, outcomes, history.meta.as_of):
            if isinstance(found, ScoredOverride):
                scored.append(found)
            else:
                left_out[found[0]].append(found[1])
    names = sorted({one.who for one in scored} | set(left_out[UNDECIDED]))
    people = [
        _person(who, [one for one in scored if one.who == who], left_out[UNDECIDED].count(who), level)
        for who in names
    ]
    first = judged[0]
    return OverrideScoresDocument(
        command="overrides",
        provenance={"version": __version__},
        name=first.name,
        noun=first.noun,
        currency=first.currency,
        amount_is=first.amount_is,
        until=history.meta.last_day,
        forecasts=len(judged),
        level=level,
        people=tuple(sorted(people, key=lambda one: (-one.deals, one.who))),
        overrides=tuple(scored),
        undecided=len(left_out[UNDECIDED]),
        unknown=len(left_out[UNKNOWN]),
        warnings=(),
    )


def _refuse_mismatches(judged: Sequence[ForecastDocument], history: History) -> None:
    meta = history.meta
    problems = []
    for document in judged:
        label = f"forecast of {document.as_of or document.periods[0].start}"
        if document.currency and meta.currency and document.currency != meta.currency:
            message = f"is in {document.currency}, but the history is in {meta.currency}"
            problems.append(Problem(path=label, message=message))
        if document.as_of is None:
            problems.append(Problem(path=label, message="has no forecast date (as_of)"))
        elif meta.as_of <= dt.datetime.combine(document.as_of, dt.time(0)) + dt.timedelta(days=1):
            message = (
                f"the history ends on {date_text(meta.last_day)}, so nothing is known of what came after"
            )
            problems.append(Problem(path=label, message=message))
    if problems:
        raise InputError("overrides", problems)


def _outcomes(history: History) -> dict[str, dict[str, Any]]:
    deals = history.deals.select(
        "deal", "name", "outcome", "closed", amount=pl.coalesce("amount", "listed_amount")
    )
    return {row["deal"]: row for row in deals.iter_rows(named=True)}


def _scored(
    document: ForecastDocument, outcomes: dict[str, dict[str, Any]], as_of: dt.datetime
) -> Iterator[ScoredOverride | tuple[str, str]]:
    """Scores of the overrides of one forecast, or why there is none and whose override it is."""
    period = document.periods[0]
    assert document.as_of is not None
    since, until = (_after(day) for day in (document.as_of, period.end))
    for one in document.overrides:
        who, deal = one.who.strip() or NOBODY, outcomes.get(one.deal)
        if deal is None:
            yield UNKNOWN, who
            continue
        if deal["outcome"] is None and as_of < until:
            yield UNDECIDED, who
            continue
        won = deal["outcome"] == "won" and since <= deal["closed"] < until
        actual = (deal["amount"] or 0.0) if won else 0.0
        errors = abs(one.expected_without - actual), abs(one.expected_with - actual)
        yield ScoredOverride(
            who=who,
            deal=one.deal,
            name=deal["name"],
            as_of=document.as_of,
            period=period.period,
            won=won,
            actual=actual,
            p_without=one.p_without,
            p_with=one.p_with,
            expected_without=one.expected_without,
            expected_with=one.expected_with,
            error_without=errors[0],
            error_with=errors[1],
            gain=errors[0] - errors[1],
        )


def _after(day: dt.date) -> dt.datetime:
    """The end of a day."""
    return dt.datetime.combine(day, dt.time(0)) + dt.timedelta(days=1)


def _person(who: str, own: Sequence[ScoredOverride], undecided: int, level: float) -> PersonScore:
    by_deal: dict[tuple[str, str], list[ScoredOverride]] = defaultdict(list)
    for one in own:
        by_deal[one.deal, one.period].append(one)
    if not by_deal:
        return PersonScore(who=who, overrides=undecided, deals=0, undecided=undecided)
    rows = np.array([np.mean([_figures(one) for one in several], axis=0) for several in by_deal.values()])
    means, gains = rows.mean(axis=0), rows[:, 4]
    low, high = _interval(gains, level)
    return PersonScore(
        who=who,
        overrides=len(own) + undecided,
        deals=len(gains),
        undecided=undecided,
        brier_without=float(means[0]),
        brier_with=float(means[1]),
        error_without=float(means[2]),
        error_with=float(means[3]),
        gain=float(means[4]),
        low=low,
        high=high,
        verdict=_verdict(len(gains), low, high),
    )


def _figures(one: ScoredOverride) -> tuple[float, float, float, float, float]:
    won = float(one.won)
    return (
        (one.p_without - won) ** 2,
        (one.p_with - won) ** 2,
        one.error_without,
        one.error_with,
        one.gain,
    )


def _interval(gains: np.ndarray, level: float) -> tuple[float | None, float | None]:
    """Student t interval of the mean; None for fewer than two values."""
    n = len(gains)
    if n < 2:
        return None, None
    half = float(stats.t.ppf((1 + level) / 2, n - 1)) * float(gains.std(ddof=1)) / math.sqrt(n)
    return float(gains.mean()) - half, float(gains.mean()) + half


def _verdict(deals: int, low: float | None, high: float | None) -> Verdict:
    if deals < LEAST_DEALS or low is None or high is None:
        return "too few to tell"
    if low > 0:
        return "helped"
    return "hurt" if high < 0 else "no clear effect"


def scores_table(document: OverrideScoresDocument) -> pl.DataFrame:
    """A row for each override that could be scored."""
    return pl.DataFrame([one.as_json() for one in document.overrides], infer_schema_length=None)
