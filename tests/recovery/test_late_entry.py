"""A known stage seen only from a day on: exits, times and those who never leave come back."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from funnelsim.fitting.dwell.censoring import observe
from funnelsim.fitting.dwell.competing import StageFit, fit_stage
from funnelsim.history.files.events import DEAL_SCHEMA, VISIT_SCHEMA, History, HistoryMeta

from .known_funnel import BEGIN

WON, LOST, NEVER = 0.45, 0.4, 0.15
WON_MEDIAN, WON_SIGMA = 20.0, 0.6
LOST_MEAN = 15.0
OBSERVED_FROM, UNTIL = 120.0, 360.0


def late_history(seed: int, deals: int = 2500) -> History:
    """Deals begin evenly over the year; whatever ended in the first 120 days is not in the data."""
    rng = np.random.default_rng(seed)
    entered = np.sort(rng.uniform(0, UNTIL, deals))
    fate = rng.choice(3, deals, p=[WON, LOST, NEVER])
    days = np.choose(
        fate,
        [
            WON_MEDIAN * np.exp(WON_SIGMA * rng.standard_normal(deals)),
            rng.exponential(LOST_MEAN, deals),
            np.full(deals, 1e6),
        ],
    )
    left = entered + days
    kept = np.flatnonzero(left >= OBSERVED_FROM)
    rows = []
    for i in kept:
        gone = left[i] < UNTIL
        ended = BEGIN + dt.timedelta(days=float(left[i])) if gone else None
        to = ("won", "lost")[fate[i]] if gone else None
        rows.append((f"D{i}", "demo", 1, BEGIN + dt.timedelta(days=float(entered[i])), ended, to))
    visits = pl.DataFrame(rows, schema=VISIT_SCHEMA, orient="row")
    empty = {name: pl.lit(None, dtype=kind) for name, kind in DEAL_SCHEMA.items() if name != "deal"}
    return History(
        visits=visits,
        deals=visits.select("deal").with_columns(**empty),
        meta=HistoryMeta(
            name="late",
            as_of=BEGIN + dt.timedelta(days=UNTIL),
            observed_from=BEGIN + dt.timedelta(days=OBSERVED_FROM),
            stages={"demo": "Demo"},
        ),
    )


def errors(history: History) -> dict[str, float]:
    """Of each parameter, in standard errors of the fit."""
    fit = fit_stage(observe(history)["demo"])
    assert fit is not None
    found = {}
    p, spread = fit.p, _spread_of_p(fit)
    for k, (key, true) in enumerate({"won": WON, "lost": LOST, "never": NEVER}.items()):
        assert fit.layout.never
        assert [c.key for c in fit.components] == ["won", "lost"]
        found[f"{key}.p"] = (p[k] - true) / spread[k]
    won = fit.distribution(0)
    assert won is not None
    place = fit.layout.indices[0][0]
    error = np.sqrt(fit.covariance[place, place])
    found["won.median"] = float(np.log(won.ppf(0.5) / WON_MEDIAN)) / error
    return found


def _spread_of_p(fit: StageFit) -> np.ndarray:
    """Standard errors of the probabilities (delta method on the softmax)."""
    p = fit.p
    slopes = np.diag(p) - np.outer(p, p)
    logits = fit.covariance[: len(p), : len(p)]
    return np.sqrt(np.diag(slopes @ logits @ slopes))


@pytest.mark.parametrize("seed", range(3))
def test_late_entry_and_dead_deals_come_back_together(seed: int) -> None:
    found = errors(late_history(seed))
    assert max(abs(error) for error in found.values()) < 4.0, found


def test_ignoring_when_observation_began_is_noticed() -> None:
    """The mutant: late visits taken for watched from their start are too long, dead deals too many."""
    history = late_history(1)
    naive = History(
        visits=history.visits,
        deals=history.deals,
        meta=HistoryMeta(
            name="late", as_of=history.meta.as_of, observed_from=None, stages=history.meta.stages
        ),
    )
    found = errors(naive)
    assert max(abs(error) for error in found.values()) > 4.0, found


@pytest.mark.slow
def test_errors_are_standard_normal_over_many_histories() -> None:
    """Bias below a fifth of a standard error and honest standard errors, over 120 histories."""
    found = [errors(late_history(100 + seed)) for seed in range(120)]
    for name in found[0]:
        values = np.array([error[name] for error in found])
        assert abs(values.mean()) < 0.2 + 4 / np.sqrt(120), (name, values.mean())
        assert 0.75 < values.std() < 1.3, (name, values.std())
