"""Scenarios beside the unchanged funnel."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math

import numpy as np
import polars as pl
import pytest

from funnelsim.core.errors import FunnelSimError
from funnelsim.documents.compare import CompareDocument
from funnelsim.documents.read import typed
from funnelsim.documents.validate import read_as
from funnelsim.experiments.compare import Comparison, compare, pair
from funnelsim.experiments.measured import Measured
from funnelsim.metrics.booked import Booked
from funnelsim.model.changes.changes import TOGETHER, RemoveStage, Scenario, SetValue
from funnelsim.report.words.ranking import headline

from ..made_up_history import day, history_of, won
from ..made_up_runs import funnel_with, run_of

NOTHING = Scenario(name="nothing")
MORE_LEADS = Scenario(name="more leads", changes=(SetValue(path="sources.inbound.rate", by="x2"),))
SURER = Scenario(name="surer", changes=(SetValue(path="stages.offer.exits.won.p", by="+10pp"),))


def compared(*scenarios: Scenario, **options: object) -> Comparison:
    funnel = options.pop("funnel", None) or funnel_with({"stage": "demo"}, {"stage": "offer"})
    given: dict[str, object] = {"replications": 60, "seed": 5}
    return compare(funnel, scenarios, **(given | options))  # type: ignore[arg-type]


def test_an_unchanged_scenario_differs_by_exactly_nothing() -> None:
    """In every metric, down to the last bit, and with parameter draws too."""
    draws = pl.DataFrame({"sources.inbound.rate": [0.5, 2.0, 1.0]})
    found = compared(NOTHING, funnel=funnel_with({}, draws=draws))
    for name, difference in found.scenarios[0].differences.items():
        if difference.n:
            assert (difference.mean, difference.low, difference.high) == (0.0, 0.0, 0.0), name
            assert difference.probability_better == 0.5
    (chance,) = [one.attainment for one in found.scenarios]
    assert chance is not None
    assert chance.base == chance.scenario
    assert chance.difference.mean == chance.difference.low == chance.difference.high == 0.0


def test_the_same_changes_are_refused_twice() -> None:
    """Both together would apply them twice, and the ranking would choose between equals."""
    with pytest.raises(FunnelSimError, match=r'^"surer" is given twice; give it once$'):
        compared(SURER, MORE_LEADS, SURER)
    other = dataclasses.replace(MORE_LEADS, name="twice the leads")
    same = r'^"more leads" and "twice the leads" make the same changes; give one of them$'
    with pytest.raises(FunnelSimError, match=same):
        compared(MORE_LEADS, other)
    assert len(compared(MORE_LEADS, Scenario(name=TOGETHER, changes=MORE_LEADS.changes)).scenarios) == 2


def test_a_surer_close_is_worth_what_its_wins_are() -> None:
    """+10 pp on closing: each close is won with p 0.6 instead of 0.5, by the same uniform.

    Every gained win was a loss, so bookings rise by 100 a win and never fall. Catches unpaired luck, in which
    some replications would lose.
    """
    found = compared(SURER, replications=400)
    gain = found.values(found.scenarios[0].run, "bookings") - found.values(found.base, "bookings")
    assert gain.min() >= 0
    decided = (found.values(found.base, "deals_won") + found.values(found.base, "deals_lost")).mean()
    expected = 100 * 0.1 * decided
    difference = found.scenarios[0].differences["bookings"]
    assert difference.low < expected < difference.high
    # Given the closes decided, gained wins are binomial.
    assert difference.high - difference.low < 100 * 2 * 2 * math.sqrt(decided * 0.1 * 0.9 / 400)


def test_the_interval_of_paired_runs_is_that_of_their_differences() -> None:
    found = compared(MORE_LEADS)
    one = found.scenarios[0]
    step = found.values(one.run, "deals_won") - found.values(found.base, "deals_won")
    assert one.differences["deals_won"].mean == pytest.approx(step.mean())
    assert one.differences["deals_won"].p95 == pytest.approx(np.quantile(step, 0.95))


def test_a_pair_for_recovered_becomes_two_scenarios() -> None:
    both_ends = Scenario(name="no demo", changes=(RemoveStage(stage="demo", recovered=(0.0, 1.0)),))
    names = [one.scenario.name for one in compared(both_ends).scenarios]
    assert names == ["no demo (no lost deals recovered)", "no demo (all lost deals recovered)"]


def test_the_upper_bound_of_a_pair_is_never_the_best() -> None:
    """That all lost deals go on is a limit, not a change that anyone can choose; its row stays."""
    removed = Scenario(name="no offer", changes=(RemoveStage(stage="offer", recovered=(0.0, 1.0)),))
    more = Scenario(name="more leads", changes=(SetValue(path="sources.inbound.rate", by="x1.1"),))
    found = compared(removed, more)
    assert len(found.scenarios) == 3
    low, high, _ = (one.differences["deals_won"].mean for one in found.scenarios)
    assert high > low
    document = read_as(CompareDocument, found.document(), "compare")
    assert document.ranking is not None
    assert {one.scenario for one in document.ranking.alternatives} == {None, 0, 2}
    said = " ".join(headline(document))
    assert "all lost deals recovered" not in said
    assert "the best of 2 changes and no change" in said


def test_a_single_pair_is_compared_with_no_change() -> None:
    removed = Scenario(name="no demo", changes=(RemoveStage(stage="demo", recovered=(0.0, 1.0)),))
    said = " ".join(headline(read_as(CompareDocument, compared(removed).document(), "compare")))
    assert "is better than" in said
    assert "all lost deals recovered" not in said


def test_what_is_booked_counts_in_every_scenario_alike() -> None:
    """The quarter has 700 of its 1,000 already: the chance counts from there, differences do not change."""
    history = history_of(won(day(1, 20), 400.0), won(day(2, 1), 300.0))
    without, with_history = compared(MORE_LEADS), compared(MORE_LEADS, history=history)
    assert with_history.measured.booked == Booked(bookings=700.0, quota_credit=700.0, deals=2)
    for name in ("bookings", "quota_credit", "deals_won"):
        before, after = (c.scenarios[0].differences[name] for c in (without, with_history))
        assert after.mean == pytest.approx(before.mean)
    chance = with_history.scenarios[0].attainment
    assert chance is not None
    assert chance.base == np.mean(without.values(without.base, "quota_credit") + 700 >= 1000)
    document = with_history.document()
    assert document["base"]["bookings"]["mean"] == pytest.approx(
        700 + without.document()["base"]["bookings"]["mean"]
    )
    assert "what was booked" in without.document()["warnings"][0]


def test_a_number_of_days_has_no_quota_and_nothing_booked() -> None:
    found = compared(MORE_LEADS, days=30.0, history=history_of(won(day(1, 20), 400.0)))
    document = found.document()
    assert (document["period"], document["start"], document["end"]) == ("", "2026-02-10", "2026-03-11")
    assert document["quota"] is None
    assert document["booked"]["bookings"] == 0.0
    assert document["scenarios"][0]["attainment_probability"] is None


def test_a_later_period_is_simulated_through_and_counted_alone() -> None:
    """Catches metrics over the whole span instead of the period's own window."""
    found = compared(MORE_LEADS, period="2026Q2")
    assert (found.measured.window.start_day, found.measured.window.end_day) == (50.0, 141.0)
    per_day = found.document()["base"]["leads_created"]["mean"] / 91
    assert abs(per_day - 1.0) < 4 / math.sqrt(60 * 91)


def test_the_document_is_one_that_screens_and_pages_read() -> None:
    document = compared(NOTHING, MORE_LEADS).document()
    typed(document)
    metrics = document["scenarios"][1]["metrics"]
    assert set(metrics["bookings"]) == {
        "mean",
        "difference",
        "spread",
        "probability_better",
        "simultaneous",
        "variance_removed",
    }
    assert set(metrics["bookings"]["difference"]) == {"mean", "low", "high", "level"}
    assert metrics.keys() == document["base"].keys()
    assert (document["period"], document["start"], document["end"]) == ("2026Q1", "2026-01-01", "2026-03-31")


def test_a_table_has_a_row_for_each_scenario_and_metric() -> None:
    table = compared(NOTHING, MORE_LEADS).table()
    row = table.filter(pl.col("scenario") == "more leads", pl.col("metric") == "leads_created").row(
        0, named=True
    )
    assert row["mean"] - row["base"] == pytest.approx(row["difference"])
    assert row["low"] < row["difference"] < row["high"]


def test_progress_runs_once_over_all_runs() -> None:
    seen: list[tuple[int, int]] = []
    compared(NOTHING, MORE_LEADS, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (180, 180)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"period": "2026Q1", "days": 9.0}, "not both"),
        ({"days": 0.0}, "longer than 0"),
        ({"period": "2025Q4"}, "is over"),
    ],
)
def test_a_wrong_question_is_refused(options: dict[str, object], said: str) -> None:
    with pytest.raises(FunnelSimError, match=said):
        compared(NOTHING, **options)


def test_nothing_to_compare_is_refused() -> None:
    with pytest.raises(FunnelSimError, match="nothing to compare"):
        compared()


def test_attainment_compares_the_same_replications() -> None:
    """By hand: credits 0, 10, 20, 30 with 5 booked make 20 in two of four; +10 makes it three."""
    base = run_of(quota_credit=np.array([[[0, 0, 0]], [[0, 10, 0]], [[0, 20, 0]], [[0, 30, 0]]]))
    variant = dataclasses.replace(
        base, tallies=base.tallies | {"quota_credit": base.tallies["quota_credit"] + [0, 10, 0]}
    )
    window = base.windows[-1]
    span = Measured(period=None, window=window, quota=20.0, booked=Booked(quota_credit=5.0))
    found = pair(base, variant, NOTHING, span)
    assert found.attainment is not None
    assert (found.attainment.base, found.attainment.scenario) == (0.5, 0.75)
    assert found.attainment.difference.mean == 0.25


def test_a_dated_change_leaves_the_time_before_alone() -> None:
    """Twice the leads from 1 March on: February's are those of the base."""
    later = Scenario(
        name="later", changes=(SetValue(path="sources.inbound.rate", by="x2", start=dt.date(2026, 3, 1)),)
    )
    february = compared(later, period="2026-02").scenarios[0].differences["leads_created"]
    march = compared(later, period="2026-03").scenarios[0].differences["leads_created"]
    assert (february.mean, february.p95) == (0.0, 0.0)
    assert march.low > 0


def test_revenue_of_earlier_bookings_is_recognised_over_time() -> None:
    """400 booked on 20 January over 400 days: 1 a day, of which the quarter to 31 March holds 71.

    And 400 of a year ago bring what is left of them. Mutant: the bookings of the period at once.
    """
    history = history_of(won(day(1, 20), 400.0), won(day(2, 1, 2025), 400.0))
    goal = {"quota": 1000.0, "recognise": {"from": "won", "over": "400d"}}
    funnel = funnel_with({"stage": "demo"}, {"stage": "offer"}, goal=goal)
    without, found = (compared(MORE_LEADS, funnel=funnel, history=h) for h in (None, history))
    last = day(2, 1, 2025) + dt.timedelta(days=400)
    expected = 71 + (last - day(1, 1)).days
    before, after = (c.values(c.base, "revenue") for c in (without, found))
    assert after - before == pytest.approx(np.full(len(before), expected))
    assert found.document()["base"]["revenue"]["mean"] == pytest.approx(after.mean())
    differences = [c.scenarios[0].differences["revenue"].mean for c in (without, found)]
    assert differences[0] == pytest.approx(differences[1])
    assert found.document()["base"]["bookings"]["mean"] > 400
