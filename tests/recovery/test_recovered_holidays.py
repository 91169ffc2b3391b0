"""Simulate a funnel that keeps holidays, fit what it left behind: factors and days ahead come back."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import polars as pl
import pytest

from funnelsim.core.calendar.public_holidays import public_holidays
from funnelsim.engines.run import simulate
from funnelsim.fitting.funnel import Fit, fit_funnel
from funnelsim.history.cleaning.as_of import cut
from funnelsim.history.files.events import History
from funnelsim.model.files.model_files import funnel_of
from funnelsim.model.parts import Model
from funnelsim.results.convert import history_of
from funnelsim.results.run import Window

START, DAYS = dt.date(2023, 1, 2), 1_000
ON_HOLIDAYS, OF_BUYERS = 0.2, 0.3
OFF = public_holidays("NL", dt.date(2023, 1, 1), dt.date(2027, 12, 31))
MODEL = Model.model_validate(
    {
        "name": "Keeps holidays",
        "start": START,
        "calendars": {"nl": {"holidays": OFF}},
        "clocks": {"buyers": {"holiday": {"calendar": "nl", "factor": OF_BUYERS}}},
        "sources": {
            "inbound": {
                "enters": "demo",
                "rate": 12.0,
                "weekday": (1.2, 1.2, 1.2, 1.2, 1.2, 0.5, 0.5),
                "holiday": {"calendar": "nl", "factor": ON_HOLIDAYS},
            }
        },
        "stages": {
            "demo": {
                "clock": "buyers",
                "after": "exponential(mean=10d)",
                "exits": {"won": {"p": 0.4}, "lost": {"p": 0.6}},
            }
        },
    }
)


@pytest.fixture(scope="module")
def history() -> History:
    run = simulate(funnel_of(MODEL), days=DAYS, replications=1, seed=3, visits=True)
    found = history_of(run, MODEL, replication=0, as_of_day=float(DAYS))
    return dataclasses.replace(found, meta=dataclasses.replace(found.meta, holidays="NL"))


@pytest.fixture(scope="module")
def fit(history: History) -> Fit:
    return fit_funnel(history, draws=0, covariates=False)


def test_factors_come_back_within_their_intervals(fit: Fit) -> None:
    """Mutants: holidays of Brazil, a factor taken for that of weekends."""
    source = fit.report.sources[0].holiday
    assert source is not None
    assert source.used
    assert source.low <= ON_HOLIDAYS <= source.high < 0.4
    moving = {one.to: one.holiday for one in fit.report.stages[0].moving}
    for target in ("won", "lost"):
        found = moving[target]
        assert found is not None
        assert found.used
        assert found.low <= OF_BUYERS <= found.high < 0.6
        clock = fit.model.clocks[f"demo_{target}"].holiday
        assert clock is not None
        assert clock.factor == round(found.factor, 3)
    assert fit.report.holidays is not None
    assert (fit.report.holidays.country, fit.report.holidays.first) == ("NL", dt.date(2023, 1, 1))


def test_holidays_ahead_are_quiet(fit: Fit) -> None:
    """Expected leads of 25 and 26 December and of the same weekdays two weeks before, over 2,000 futures.

    Mutant: holidays up to the as-of day only.
    """
    christmas = (dt.date(2025, 12, 25) - fit.model.start).days
    days = [christmas - 14, christmas - 13, christmas, christmas + 1]
    windows = tuple(Window(label=str(d), start_day=float(d), end_day=d + 1.0) for d in days)
    run = simulate(funnel_of(fit.model), days=christmas + 3, replications=2_000, windows=windows, seed=1)
    leads = run.tallies["leads_created"]
    usual, off = leads[:, :2].sum(axis=1), leads[:, 2:].sum(axis=1)
    source = fit.model.sources["inbound"]
    assert source.holiday is not None
    # A quarter of dispersion is shared by a week; 4.5 standard errors of the difference.
    error = np.std(off - source.holiday.factor * usual) / np.sqrt(len(off))
    assert off.mean() == pytest.approx(source.holiday.factor * usual.mean(), abs=4.5 * error)
    assert off.mean() < 0.5 * usual.mean()


def test_a_cut_history_keeps_its_country_and_learns_from_its_past_only(history: History) -> None:
    """The days are known in advance, what they do is not: moves after the cut change nothing before it."""
    at = dt.datetime(2025, 1, 1)
    late = history.visits.with_columns(
        left=pl.when(pl.col("left") >= at).then(pl.col("left") + pl.duration(days=9)).otherwise("left")
    )
    fits = [
        fit_funnel(cut(known, at), draws=0, covariates=False)
        for known in (history, dataclasses.replace(history, visits=late))
    ]
    assert fits[0].model.sources["inbound"].holiday is not None
    assert fits[0].model == fits[1].model


def test_without_a_country_days_are_days(history: History) -> None:
    """Of two fits of one history, the one without holidays has none in its model, and a rate 2 % lower."""
    fit = fit_funnel(history, draws=0, covariates=False, holidays="none")
    assert fit.model.calendars == {}
    assert fit.model.sources["inbound"].holiday is None
    assert fit.report.holidays is None
