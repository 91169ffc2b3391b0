"""Incidence on the scale of the plan: late entry, plans in force, and the choice between plan and age."""

from __future__ import annotations

import dataclasses
import datetime as dt
from fractions import Fraction

import numpy as np
import polars as pl
import pytest

from funnelsim.fitting.dwell.planned_close import (
    FEWEST,
    Landmarks,
    PastOrigin,
    _spread,
    collect_landmarks,
    fit_incidence,
    is_better,
)
from funnelsim.fitting.files import write_fit
from funnelsim.fitting.funnel import fit_funnel
from funnelsim.history.files.events import PLAN_SCHEMA
from funnelsim.model.files.model_files import read_funnel
from tests.recovery.slipping_plans import drawn
from tests.unit.made_up_history import day, history_of

UNTIL = 100


def looks_of(rng: np.random.Generator, size: int) -> Landmarks:
    day = rng.integers(0, UNTIL, size)
    return Landmarks(
        exits=("lost", "won"),
        day=day,
        since_plan=rng.integers(-25, 6, size),
        since_entry=rng.integers(1, 60, size),
        left=day + rng.integers(0, 40, size),
        exit=rng.integers(0, 2, size),
        deal=rng.integers(0, 50, size),
    )


def by_hand(landmarks: Landmarks, weights: list[Fraction]) -> dict[tuple[int, int], Fraction]:
    """Hazards day by day from those there and seen on it, in fractions; mass by exit and day."""
    rows = list(
        zip(
            landmarks.since_plan.tolist(),
            landmarks.day.tolist(),
            landmarks.left.tolist(),
            landmarks.exit.tolist(),
            strict=True,
        )
    )
    lasts = [since + min(left, UNTIL) - day for since, day, left, _ in rows]
    found: dict[tuple[int, int], Fraction] = {}
    there = Fraction(1)
    first = None
    for t in range(-30, 60):
        watched = [
            (w, exit, left < UNTIL and t == last)
            for (since, day, left, exit), last, w in zip(rows, lasts, weights, strict=True)
            if since <= t and (t < last or (t == last and left < UNTIL))
        ]
        total = sum((w for w, _, _ in watched), Fraction(0))
        if first is None and total < FEWEST:
            continue
        first = t if first is None else first
        for k in range(2):
            out = sum((w for w, exit, gone in watched if gone and exit == k), Fraction(0))
            found[k, t] = there * out / total if total else Fraction(0)
        there -= found[0, t] + found[1, t]
    return found


@pytest.mark.parametrize("weighted", [False, True])
def test_incidence_is_that_of_an_independent_computation(weighted: bool) -> None:
    """Exact fractions, day by day. Mutants: those who leave are not at risk on that day; no late entry."""
    rng = np.random.default_rng(5)
    landmarks = looks_of(rng, 400)
    weights = rng.integers(1, 4, 50)
    distribution = fit_incidence(
        landmarks, landmarks.since_plan, UNTIL, weights.astype(float) if weighted else None
    )
    expected = by_hand(
        landmarks, [Fraction(int(weights[d])) if weighted else Fraction(1) for d in landmarks.deal]
    )
    assert distribution is not None
    for place, t in enumerate(range(distribution.first, distribution.last + 1)):
        for k in range(2):
            before = sum(mass for (_, u), mass in expected.items() if u < distribution.first)
            assert distribution.mass[k, place] == pytest.approx(
                float(expected[k, t] / (1 - before)), rel=1e-12
            )


def test_odds_ahead_are_those_given_the_day() -> None:
    landmarks = looks_of(np.random.default_rng(6), 400)
    distribution = fit_incidence(landmarks, landmarks.since_plan, UNTIL)
    assert distribution is not None
    now = distribution.first + 7
    there = 1 - distribution.mass[:, :7].sum()
    assert distribution.ahead(np.array([now]), 5)[0] == pytest.approx(
        distribution.mass[:, 7:12] / there, rel=1e-12
    )
    assert distribution.ahead(np.array([distribution.first - 3]), 2).sum() == 0  # the scale has not begun


def test_a_look_sees_the_plan_in_force_on_its_day() -> None:
    """Mutants: the first plan, or the last one, on all days; a plan made on the day counts before it."""
    entered = day(1, 1)
    history = history_of(
        {"stays": [("demo", entered)], "outcome": "won", "closed": day(2, 1)},
        {"stays": [("demo", entered)]},
    )
    rows = [
        ("deal-0", day(1, 2), day(1, 20), None, None),
        ("deal-0", day(1, 13), day(1, 31), None, None),
        ("deal-1", day(1, 20), day(3, 1), None, None),
    ]
    plans = pl.DataFrame(rows, schema=PLAN_SCHEMA, orient="row")
    landmarks = collect_landmarks(history, plans, "demo")
    zero = dt.datetime(2000, 1, 1)
    found = {
        (int(deal), (zero + dt.timedelta(days=int(on))).date()): -int(since)
        for deal, on, since in zip(landmarks.deal, landmarks.day, landmarks.since_plan, strict=True)
    }
    assert len(found) == len(landmarks.day)  # one plan at a time
    jan, feb = (lambda number: dt.date(2026, 1, number)), (lambda number: dt.date(2026, 2, number))
    # Looks lie a week apart, back from 10 February; a plan made on 13 January is known from the 14th on.
    assert found == {
        (0, jan(6)): 14,
        (0, jan(13)): 7,
        (0, jan(20)): 11,
        (0, jan(27)): 4,
        (1, jan(27)): 33,
        (1, feb(3)): 26,
    }


@pytest.mark.parametrize(
    ("gains", "used"),
    [
        ([0.5, 0.4, 0.6], True),
        ([0.5, 0.4], False),  # too few origins
        ([0.5, 0.1, 0.3], False),  # 2.6 standard errors of three origins: Student's t asks for 4.3
        ([0.5, -0.4, 0.6, -0.3], False),  # by chance
        ([-0.5, -0.4, -0.6], False),
    ],
)
def test_the_plan_is_used_where_it_beats_age_by_more_than_chance(gains: list[float], used: bool) -> None:
    assert is_better(gains) is used


def test_months_differ_from_their_plans_by_so_much_beyond_counting() -> None:
    """Counts of 40 whose level varies by 0.3: six months of 400 exits tell 0.09, on average of squares.

    Mutant: counting not taken off (0.121).
    """
    rng = np.random.default_rng(1)
    expected = np.full(400, 40.0)
    seen = rng.poisson(expected * np.exp(0.3 * rng.standard_normal((6, 400)))).astype(float)
    found = _spread([PastOrigin(gain=0.0, expected=expected, seen=row) for row in seen]) ** 2
    assert found.mean() == pytest.approx(0.09, abs=4 * found.std() / np.sqrt(len(found)))


def test_undated_plans_are_used_where_they_are_trusted() -> None:
    """Taken to have stood there from the beginning, as the dated ones did. Mutant: `trust` is ignored."""
    dated = drawn(1, push=0.0, per_day=2.0).known(400)
    undated = dataclasses.replace(dated, plans=dated.plans.with_columns(at=pl.lit(None, pl.Datetime("us"))))
    one, other = (fit_funnel(dated, draws=0), fit_funnel(undated, draws=0, trust=("planned_close",)))
    assert one.model == other.model
    assert one.model.stages["demo"].planned is not None
    assert fit_funnel(undated, draws=0).model.stages["demo"].planned is None


def test_a_fit_with_plans_is_read_again_and_tells_of_them(tmp_path) -> None:
    fit = fit_funnel(drawn(1, push=0.5, per_day=2.0).known(400), draws=3)
    write_fit(fit, tmp_path / "model.toml")
    read = read_funnel(tmp_path / "model.toml")
    assert read.model.stages == fit.model.stages
    assert read.draws is not None
    assert "stages.demo.planned.exits.won.p" in read.draws.columns
    assert read.pipeline is not None
    assert read.pipeline["planned_close"].dtype == pl.Date
    assert any("with a planned close are forecast from that plan" in text for text in fit.report.cannot_tell)
    # A later fit without plans takes the section away, also with --update.
    without = fit_funnel(drawn(1, push=0.5, per_day=2.0, told=False).known(400), draws=0)
    write_fit(without, tmp_path / "model.toml", update=True)
    assert read_funnel(tmp_path / "model.toml").model.stages["demo"].planned is None
