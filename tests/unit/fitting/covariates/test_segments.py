"""Segments of a fitted model: their odds come back, small ones borrow, and without them nothing changes."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from funnelsim.core.errors import HistoryError
from funnelsim.engines.run import simulate
from funnelsim.fitting import funnel
from funnelsim.fitting.covariates.hazard_ratios import Driver, Drivers, LevelEffect
from funnelsim.fitting.covariates.read import covariates_of
from funnelsim.fitting.covariates.risk_sets import risk_sets
from funnelsim.fitting.covariates.segments import (
    FEWEST_DEALS,
    MOST_SEGMENTS,
    _explained,
    _root,
    segmentation_of,
)
from funnelsim.fitting.dwell.censoring import observe
from funnelsim.fitting.files import write_fit
from funnelsim.fitting.funnel import Fit, fit_funnel
from funnelsim.history.files.events import History
from funnelsim.model.changes.resolve import resolve
from funnelsim.model.files.model_files import read_funnel
from tests.unit.fitting.made_up_visits import one_stage

from .test_risk_sets import watched

UNTIL = 200.0


def two_odds(
    seed: int, sizes: dict[str, int], won_a_day: dict[str, float], *, lost_a_day: float = 0.03
) -> History:
    """Exponential hazards: the odds of a win are those of the two rates."""
    rng = np.random.default_rng(seed)
    segment = rng.permutation(np.repeat(list(sizes), list(sizes.values())))
    entered = rng.uniform(0, UNTIL, len(segment))
    won = rng.exponential(1 / np.array([won_a_day[s] for s in segment]))
    lost = rng.exponential(1 / lost_a_day, len(segment))
    amounts = rng.lognormal(9, 0.5, len(segment)) * np.where(segment == "large", 10, 1)
    ended = entered + np.minimum(won, lost) < UNTIL
    return one_stage(
        entered,
        entered + np.minimum(won, lost),
        np.where(won < lost, "won", "lost"),
        until=UNTIL,
        deal_columns={
            "segment": segment.tolist(),
            "amount": [
                float(a) if w and e else None for a, w, e in zip(amounts, won < lost, ended, strict=True)
            ],
        },
    )


def fitted(history: History, segments: str = "segment", draws: int = 30) -> Fit:
    return fit_funnel(history, draws=draws, segments=segments, horizon_days=None)


def chance(fit: Fit, segment: str, draw: int | None = None) -> float:
    row = fit.draws.row(draw, named=True) if draw is not None and fit.draws is not None else None
    exits = resolve(fit.model, segment=segment, draw=row).stages["demo"].exits
    return sum(e.p for e in exits.values() if e.to == "won")


RATES = {"small": 0.03, "large": 0.01}
TRUTH = {"small": 0.5, "large": 0.25}


@pytest.fixture(scope="module")
def two_segments() -> Fit:
    return fitted(two_odds(1, {"small": 1500, "large": 1500}, RATES))


@pytest.fixture(scope="module")
def uneven() -> History:
    return two_odds(3, {"small": 900, "large": 300}, RATES)


@pytest.fixture(scope="module")
def fit_of_uneven(uneven: History) -> Fit:
    return fitted(uneven, draws=10)


def test_two_segments_with_different_odds_come_back(two_segments: Fit) -> None:
    """Within three standard errors, as the draws tell them.

    Catches effects put on p alone: the hazard of winning falls to a third, its share to a half.
    """
    fit = two_segments
    for key, truth in TRUTH.items():
        drawn = np.array([chance(fit, key, r) for r in range(30)])
        assert abs(chance(fit, key) - truth) < 3 * drawn.std()
        assert drawn.mean() == pytest.approx(chance(fit, key), abs=2 * drawn.std())
        assert 0.005 < drawn.std() < 0.03
    assert [one.name for one in fit.report.segments] == ["large", "small"]


def test_stays_are_longer_where_leads_leave_more_seldom(two_segments: Fit) -> None:
    for key, truth in {"small": 1 / 0.06, "large": 1 / 0.04}.items():
        exits = resolve(two_segments.model, segment=key).stages["demo"].exits
        mean = sum(e.p * e.after.mean() for e in exits.values() if e.after is not None)
        assert mean == pytest.approx(truth, rel=0.1)


def test_a_segment_with_few_deals_lies_between_its_own_and_all() -> None:
    sizes = {"a": 500, "b": 500, "c": 500, "tiny": 31}
    rates = {"a": 0.03, "b": 0.027, "c": 0.033, "tiny": 0.075}
    history = two_odds(6, sizes, rates)
    fit = fitted(history, draws=0)
    own = (
        history.deals.filter(pl.col("segment") == "tiny", pl.col("outcome").is_not_null())["outcome"] == "won"
    )
    assert max(chance(fit, key) for key in "abc") + 0.02 < chance(fit, "tiny") < own.mean() - 0.02


def test_deals_and_sources_know_their_segments_and_amounts_are_theirs(
    uneven: History, fit_of_uneven: Fit
) -> None:
    history, fit = uneven, fit_of_uneven
    assert fit.pipeline is not None
    known = dict(history.deals.select("deal", "segment").iter_rows())
    assert all(known[lead] == segment for lead, segment in fit.pipeline.select("lead", "segment").iter_rows())
    (source,) = fit.model.sources.values()
    assert source.segments == pytest.approx({"large": 0.25, "small": 0.75})
    large, small = (fit.model.segments[key].amount for key in ("large", "small"))
    assert large is not None and small is not None  # noqa: PT018
    won = history.deals.filter(outcome="won").group_by("segment").agg(pl.col("amount").mean())
    seen = dict(won.iter_rows())
    assert large.mean() == pytest.approx(seen["large"], rel=0.15)
    assert small.mean() == pytest.approx(seen["small"], rel=0.15)


def test_a_model_with_segments_survives_the_disk_and_runs(tmp_path: Path, fit_of_uneven: Fit) -> None:
    """Mutant: runs that know no overrides of segments, so that both win alike."""
    write_fit(fit_of_uneven, tmp_path / "model.toml")
    funnel = read_funnel(tmp_path / "model.toml")
    assert set(funnel.model.segments) == {"small", "large"}
    run = simulate(funnel, days=60, replications=20, seed=1, visits=True)
    assert run.visits is not None
    ended = run.visits.drop_nulls("exit").group_by("segment").agg((pl.col("exit") == "won").mean())
    assert dict(ended.iter_rows()) == pytest.approx(TRUTH, abs=0.075)  # three standard errors of 300 deals


def test_auto_makes_no_segments_where_they_carry_nothing_and_the_model_is_the_same() -> None:
    """Catches a covariate taken because it is there."""
    history = two_odds(6, {"small": 800, "large": 800}, {"small": 0.03, "large": 0.03})
    auto, none = fitted(history, "auto", draws=5), fitted(history, "none", draws=5)
    assert auto.model == none.model
    assert auto.draws is not None
    assert none.draws is not None
    assert auto.draws.equals(none.draws)
    assert auto.report.segments == ()


def test_auto_finds_the_one_that_carries_something() -> None:
    fit = fitted(two_odds(1, {"small": 1500, "large": 1500}, RATES), "auto", draws=0)
    assert fit.report.segments_by == "segment"


def driver(covariate: str, gap: float, levels: int, design_effect: float = 1.0) -> Driver:
    """Levels of which a hundred moves are expected, and as many more or less by turns seen."""
    each = LevelEffect(level="", deals=500, seen=100, expected=100, ratio=1.3, low=1.1, high=1.5, clear=True)
    off = (100 * gap / levels) ** 0.5
    return Driver(
        covariate=covariate,
        stage="demo",
        to="won",
        kind="trigger",
        p_value=1e-6,
        q_value=1e-5,
        spread=0.2,
        design_effect=design_effect,
        levels=tuple(replace(each, seen=100 + off * (-1) ** k) for k in range(levels)),
    )


@pytest.mark.parametrize(("design_effect", "left"), [(1.0, 31.0), (2.0, 2.0)])
def test_many_levels_explain_no_more_by_their_number(design_effect: float, left: float) -> None:
    """Thirty levels 60 off against two 40 off. Mutants: no levels off (60), no design effect (31 for 2)."""
    found = (driver("source", 60.0, 30, design_effect), driver("segment", 40.0, 2))
    explained = _explained(Drivers(found=found, not_used=(), fast_days=0.0, fast_share=0.0))
    assert explained == pytest.approx({"source": left, "segment": 39.0})


def test_levels_that_carry_nothing_explain_nothing_on_average() -> None:
    """Sixty histories of twelve levels, within 4 errors of 0. Mutant: no levels off, 11 on average."""
    rng = np.random.default_rng(8)
    beyond = []
    for _ in range(60):
        days, ends = rng.exponential(10.0, 1200), rng.uniform(5.0, 40.0, 1200)
        sets = risk_sets(watched(np.minimum(days, ends), days <= ends), rng.integers(0, 12, 1200), 12)
        one = driver("source", 1.0, 12)
        levels = tuple(
            replace(level, seen=float(seen), expected=float(expected))
            for level, seen, expected in zip(one.levels, sets.seen, sets.expected, strict=True)
        )
        held = Drivers(found=(replace(one, levels=levels),), not_used=(), fast_days=0.0, fast_share=0.0)
        beyond.append(_explained(held)["source"])
    assert abs(np.mean(beyond)) < 4 * np.std(beyond) / np.sqrt(60)


def test_a_column_that_is_not_there_is_refused() -> None:
    history = two_odds(3, {"small": 300, "large": 300}, RATES)
    with pytest.raises(
        HistoryError, match=r'there is no column "segmnt" for segments.*did you mean "segment"'
    ):
        fitted(history, "segmnt")
    with pytest.raises(HistoryError, match="the won amount is filled in for 100 % of those won"):
        fitted(history, "amount")
    with pytest.raises(HistoryError, match="the source is empty in all 600 deals; choose from segment"):
        fitted(history, "source")


def test_a_column_is_refused_before_anything_is_fitted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mutant: the check after the draws, which takes as long as the fit."""
    monkeypatch.setattr(funnel, "fit_stage", lambda *_, **__: pytest.fail("a stage was fitted first"))
    history = two_odds(3, {f"s{i}": 6 for i in range(50)}, {f"s{i}": 0.03 for i in range(50)})
    with pytest.raises(HistoryError) as refused:
        fitted(history, "segment")
    few = "has 50 values with only 6.0 deals each on average (at least 10 are needed)"
    assert f"the segment {few}; no other column can be used either" in str(refused.value)
    with pytest.raises(
        HistoryError,
        match=f'no column "region" for.*other columns cannot be used either: .*the segment {re.escape(few)}',
    ):
        fitted(history, "region")
    with pytest.raises(HistoryError, match="the segment has too few deals for two segments"):
        fitted(two_odds(3, {f"s{i}": 20 for i in range(9)}, {f"s{i}": 0.03 for i in range(9)}), "segment")


def test_small_and_surplus_levels_are_one_segment() -> None:
    sizes = {f"s{i:02d}": 100 - 5 * i for i in range(12)} | {"few": FEWEST_DEALS - 5}
    history = two_odds(7, sizes, dict.fromkeys(sizes, 0.03))
    covariates = covariates_of(history)
    found = segmentation_of(covariates.used[0], observe(history), covariates)
    assert found is not None
    assert list(found.names.values()) == [f"s{i:02d}" for i in range(MOST_SEGMENTS - 1)] + ["all others"]
    assert np.bincount(found.of_deal).sum() == sum(sizes.values())
    assert all(effects.mean.shape == (MOST_SEGMENTS,) for effects in found.effects["demo"].values())


def test_draws_do_not_depend_on_signs_of_eigenvectors():
    """A covariance and its root. Mutant: eigenvectors times roots of values, without turning back."""
    basis = np.linalg.qr(np.random.default_rng(3).normal(size=(4, 4)))[0]
    covariance = basis @ np.diag([4.0, 1.0, 0.2, 0.0]) @ basis.T
    root = _root(covariance)
    assert root == pytest.approx(root.T)
    assert root @ root == pytest.approx(covariance, abs=1e-12)
