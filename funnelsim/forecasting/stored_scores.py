"""Score stored forecasts whose periods are over against a later history."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import polars as pl

from funnelsim import __version__
from funnelsim.core.errors import FunnelSimError, HistoryError, Problem
from funnelsim.documents.forecast import ForecastDocument, ForecastPeriod
from funnelsim.documents.score import ForecastScore, ScoreDocument
from funnelsim.documents.shared import Provenance
from funnelsim.forecasting.scores import LEVELS, RANGES, covers, crps
from funnelsim.history.files.events import History
from funnelsim.metrics.booked import booked
from funnelsim.metrics.past import midnight
from funnelsim.model.parts import Model

Named = tuple[str, ForecastDocument]
_CODE = re.compile(r"[A-Z]{3}")
#: As in `funnelsim.metrics.history_match`: a few deals are deleted or merged in any CRM.
_LEAST_KNOWN = 0.5
WITHOUT_QUANTILES = (
    "of the stored forecasts with overrides by people do not have the quantiles of the model alone: "
    "they are not scored"
)


def score_stored(
    forecasts: Sequence[Named], history: History, models: Mapping[str, Model | None]
) -> ScoreDocument:
    """Compare forecasts with what their periods have booked.

    Parameters
    ----------
    forecasts : sequence of (id, ForecastDocument)
        In the order of time.
    history : History
        Later than the periods; those that it does not cover are counted only.
    models : mapping of str to Model or None
        Whose credit rules say what a forecast counts as booked; None: what is won counts when it is won.

    Raises
    ------
    HistoryError
        If the history is of another company or in another currency.
    FunnelSimError
        If no forecast can be scored.
    """
    for _, document in forecasts:
        _check_company(document, history)
    scored, not_over, left_out = [], 0, 0
    for name, document in forecasts:
        for period in document.periods:
            if midnight(period.end) + dt.timedelta(days=1) > history.meta.as_of:
                not_over += 1
            else:
                found = list(_scores(name, document, period, history, models.get(name)))
                scored += found
                left_out += int(not found and period.without_overrides is not None)
    if not scored:
        last = history.meta.last_day
        raise FunnelSimError(
            f"no stored forecast is of a period that is over by the end of the history, {last}"
        )
    newest = forecasts[-1][1]
    same = [one for one in scored if one.metric == scored[-1].metric]  # not money and deals in one mean
    actual = np.array([one.actual for one in same])
    errors = np.array([one.p50 - one.actual for one in same])
    mean_actual = float(actual.mean())
    relative = {
        "error": float(np.abs(errors).mean()) / mean_actual,
        "bias": float(errors.mean()) / mean_actual,
        "relative_crps": float(np.mean([one.crps for one in same])) / mean_actual,
    }
    return ScoreDocument(
        format=1,
        command="store score",
        provenance=Provenance(version=__version__),
        name=newest.name,
        noun=newest.noun,
        currency=newest.currency,
        amount_is=newest.amount_is,
        as_of=history.meta.last_day,
        forecasts=tuple(scored),
        periods=len({(one.period, one.end) for one in scored}),
        coverage={range_: float(np.mean([one.held[range_] for one in scored])) for range_ in RANGES},
        **(relative if mean_actual > 0 else {}),
        not_over=not_over,
        warnings=(f"{left_out} {WITHOUT_QUANTILES}",) if left_out else (),
    )


def result_of(document: ForecastDocument, history: History, model: Model | None) -> float | None:
    """What the first period of a forecast has booked; None if it is not over by the end of the history.

    Raises
    ------
    HistoryError
        If the history is of another company or in another currency.
    """
    _check_company(document, history)
    period = document.periods[0]
    if midnight(period.end) + dt.timedelta(days=1) > history.meta.as_of:
        return None
    return actual_of(period, history, model)


def actual_of(period: ForecastPeriod, history: History, model: Model | None) -> float:
    """What a period has booked, or won where nothing has an amount, by the rules of the model."""
    start, end = midnight(period.start), midnight(period.end) + dt.timedelta(days=1)
    if model is not None:
        found = booked(history, model, start, end)
        return float(found.deals) if period.without_money else found.bookings
    won = history.deals.filter(pl.col("outcome") == "won", pl.col("closed") >= start, pl.col("closed") < end)
    if period.without_money:
        return float(won.height)
    return float(won.select(pl.coalesce("amount", "listed_amount").fill_null(0.0).sum()).item())


def _scores(
    name: str, document: ForecastDocument, period: ForecastPeriod, history: History, model: Model | None
) -> Iterator[ForecastScore]:
    """The score of one forecast of one period, without overrides; none where it has no quantiles of that."""
    period = period.by_model
    _, values = period.wins_curve if period.without_money else period.bookings_curve
    if len(values) != len(LEVELS):
        return
    quantiles = np.array(values)
    summary = period.wins if period.without_money and period.wins is not None else period.bookings
    actual = actual_of(period, history, model)
    p10, p50, p90 = (float(quantiles[round(level * 100) - 1]) for level in (0.1, 0.5, 0.9))
    yield ForecastScore(
        id=name,
        as_of=document.as_of,
        period=period.period,
        end=period.end,
        days_left=period.days_left,
        metric="deals_won" if period.without_money else "bookings",
        mean=summary.mean or 0.0,
        p10=p10,
        p50=p50,
        p90=p90,
        actual=actual,
        held={range_: covers(actual, quantiles, range_) for range_ in RANGES},
        crps=crps(actual, quantiles),
        overrides=len(document.overrides),
    )


def _check_company(document: ForecastDocument, history: History) -> None:
    codes = {document.currency, history.meta.currency}
    problem = ""
    if len(codes) > 1 and all(_CODE.fullmatch(code) for code in codes):
        problem = f"is in {history.meta.currency}, but the forecasts are in {document.currency}"
    deals = {deal.lead for deal in document.deals} | {deal.deal for deal in document.booked_deals}
    known = len(deals & set(history.deals["deal"]))
    if not problem and known < _LEAST_KNOWN * len(deals):
        problem = (
            f'is not of "{document.name}": of the {len(deals):,} {document.noun}s of its forecast it has '
            f"{known:,}"
        )
    if problem:
        raise HistoryError("history", [Problem(path="", message=problem, hint="give a later import of it")])
