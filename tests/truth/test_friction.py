"""What friction says, where the answer is known."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from funnelsim.documents.fit_drivers import FitDriver, FitLevel
from funnelsim.engines.run import exact_mean, simulate
from funnelsim.experiments.compare import compare
from funnelsim.experiments.friction.drivers import closed_chance
from funnelsim.experiments.friction.effects import METRICS
from funnelsim.experiments.friction.friction import friction
from funnelsim.experiments.friction.leaks import leaks_of, lost_in
from funnelsim.experiments.friction.levers import removable_stages
from funnelsim.experiments.friction.visit_times import PARTS, open_time_between, with_times
from funnelsim.experiments.friction.ways_on import onward_worth
from funnelsim.model.changes.changes import RemoveStage, Scenario, SetValue
from funnelsim.model.files.model_files import Funnel
from funnelsim.model.roles import WorkCalendar
from funnelsim.results.run import Run

DAYS = 60.0
FREE = """
[sources.web]
enters = "demo"
rate = "4 per day"
dispersion = 1.5
amount = "lognormal(mean=1000, sigma=0.5)"
[sources.fair]
enters = "talk"
rate = "1 per day"
amount = "500"
[stages.demo]
[stages.demo.exits]
talk = { p = 0.5, after = "exponential(mean=4d)" }
lost = { p = 0.5, after = "exponential(mean=6d)" }
[stages.talk]
[stages.talk.exits]
won = { p = 0.3, after = "gamma(mean=5d, sd=4d)" }
demo = { p = 0.2, after = "exponential(mean=2d)" }
lost = { p = 0.4, after = "exponential(mean=9d)" }
gone = { to = "lost", p = 0.1, after = "exponential(mean=3d)" }
"""


def of_effect(effect, expected, *, resolution):  # type: ignore[no-untyped-def]
    """The expected difference lies within four standard errors, and the interval could tell it is not."""
    half = (effect.high - effect.low) / 2 / 1.645
    assert 4 * half <= resolution * abs(expected), "too few replications"
    assert abs(effect.mean - expected) <= 4 * half


def test_levers_are_worth_what_the_exact_answer_says(funnel_of) -> None:  # type: ignore[no-untyped-def]
    """One point of conversion, and 1 % of the leads of each source, against the renewal equation.

    Catches: a point taken from one exit only, a change of one of two parallel exits, effects of another
    metric, the base subtracted twice.
    """
    funnel = funnel_of(FREE)
    found = friction(funnel, days=DAYS, replications=6_000, seed=3)
    for lever in found.levers:
        if lever.kind not in ("conversion", "leads"):
            continue
        change = SetValue(path=lever.path, by=lever.change)
        for metric in ("deals_won", "bookings"):
            with_it = exact_mean(funnel, metric, days=DAYS, changes=[change])
            without = exact_mean(funnel, metric, days=DAYS)
            assert with_it is not None
            assert without is not None
            of_effect(lever.metrics[metric], with_it.value - without.value, resolution=0.35)
    changes = {lever.path: lever.change for lever in found.levers if lever.kind in ("conversion", "leads")}
    assert changes == {
        "stages.demo.exits.talk.p": "+1pp",
        "stages.talk.exits.won.p": "+1pp",
        "sources.web.rate": "+1%",
        "sources.fair.rate": "+1%",
    }
    kinds = [lever.kind for lever in found.levers]
    assert (kinds.count("conversion"), kinds.count("leads"), kinds.count("time")) == (2, 2, 4)
    assert all(lever.clear for lever in found.levers if lever.kind in ("conversion", "leads"))


def test_shorter_times_act_on_visits_that_begin_after_the_start(funnel_of) -> None:  # type: ignore[no-untyped-def]
    """A factor that makes the mean a day shorter, from day 1 on.

    The exact answer has it from day 0 on: the leads of that day have the whole span to be won, faster or not,
    so that this makes no difference that shows.
    """
    funnel = funnel_of(FREE)
    found = friction(funnel, days=DAYS, replications=6_000, seed=3)
    (lever,) = [one for one in found.levers if one.name == "demo: 1 day faster"]
    assert lever.change == "x0.8"  # mean 0.5 x 4 d + 0.5 x 6 d = 5 d
    assert lever.changes_from == funnel.model.start + dt.timedelta(days=1)
    change = SetValue(path=lever.path, by=lever.change)
    with_it = exact_mean(funnel, "deals_won", days=DAYS, changes=[change])
    without = exact_mean(funnel, "deals_won", days=DAYS)
    assert with_it is not None
    assert without is not None
    of_effect(lever.metrics["deals_won"], with_it.value - without.value, resolution=0.35)


def every_kind(funnel_of) -> Funnel:  # type: ignore[no-untyped-def]
    """Reps, office hours, patience, loops, segments, several losses, open leads of which one was won."""
    return funnel_of(
        """
        outcomes = ["no_decision"]
        [goal]
        books_at = "signed"
        [calendars.office]
        hours = "Mon-Fri 09:00-17:00"
        [roles.ae]
        headcount = 2
        calendar = "office"
        [sources.web]
        enters = "demo"
        rate = "6 per day"
        segments = { small = 0.6, large = 0.4 }
        amount = "1000"
        [segments.small]
        [segments.large]
        stages.demo.exits.signed.p = 0.5
        [stages.demo]
        work = { role = "ae", effort = "gamma(mean=2h, sd=1h)" }
        patience = "exponential(mean=2d)"
        abandons_to = "no_decision"
        [stages.demo.exits]
        signed = { p = 0.3, after = "exponential(mean=4d)" }
        demo = { p = 0.1, after = "1d" }
        lost = { p = 0.4, after = "exponential(mean=6d)" }
        price = { to = "lost", p = 0.2, after = "exponential(mean=6d)" }
        [stages.signed.exits]
        won = { p = 0.7, after = "5d" }
        lost = { p = 0.3, after = "5d" }
        """,
        pipeline=[
            {"stage": "demo", "age_days": 3.0, "segment": "small", "source": "web", "amount": 900.0},
            {
                "stage": "demo",
                "age_days": 9.0,
                "source": "web",
                "visits": ["signed", "demo"],
                "won_before": True,
            },
            {
                "stage": "signed",
                "age_days": 1.0,
                "source": "web",
                "visits": ["demo", "signed"],
                "won_before": True,
            },
        ],
    )


def test_leads_lost_by_stage_sum_to_all_that_are_lost(funnel_of) -> None:  # type: ignore[no-untyped-def]
    """In every future, to the last one. Catches: leads counted that were won first, or gave up waiting."""
    funnel = every_kind(funnel_of)
    run = simulate(funnel, days=40, replications=50, seed=2, visits=True)
    lost = lost_in(funnel, run, run.windows[0])
    by_future = np.bincount(lost["replication"].to_numpy(), minlength=50)
    assert np.array_equal(by_future, run.tallies["deals_lost"][:, 0])
    assert by_future.min() > 0
    assert "abandoned" in lost["exit"].to_list()
    leaks = leaks_of(funnel, run)
    assert sum(leak.lost for leak in leaks) == pytest.approx(run.tallies["deals_lost"][:, 0].mean())


def test_the_worth_of_those_who_go_on_is_a_geometric_series(funnel_of) -> None:  # type: ignore[no-untyped-def]
    """With a loop: v_talk = 0.3 + 0.2 v_demo and v_demo = 0.5 v_talk, so v_talk = 0.3 / 0.9."""
    funnel = funnel_of(FREE)
    found = onward_worth(funnel, "bookings")
    assert found.worth[0, 0] == pytest.approx([0.3 / 0.9, 1.0])
    assert found.wins[0, 0] == pytest.approx([0.3 / 0.9, 1.0])


def test_the_worth_ends_with_the_first_booking_and_follows_segments(funnel_of) -> None:  # type: ignore[no-untyped-def]
    """Catches: what is lost after the booking, renewals, or the base's chances used for a segment."""
    found = onward_worth(every_kind(funnel_of), "bookings")
    assert found.segments == (None, "small", "large")
    assert found.worth[0, :, 0] == pytest.approx([1.0, 1.0, 1.0])  # booked on the way on
    assert found.worth[0, :, 1] == pytest.approx([0.0, 0.0, 0.0])  # after the booking


def test_renewals_do_not_count_again(funnel_of) -> None:  # type: ignore[no-untyped-def]
    """A client that renews for ever with 0.9 books 10 times; the lead is worth its first booking."""
    funnel = funnel_of(
        """
        goal = { books_at = "signed" }
        [sources.web]
        enters = "demo"
        rate = "1 per day"
        amount = "1000"
        [stages.demo]
        exits = { offer = { p = 0.5, after = "1d" }, lost = { p = 0.5, after = "1d" } }
        [stages.offer]
        exits = { signed = { p = 0.4, after = "1d" }, lost = { p = 0.6, after = "1d" } }
        [stages.signed]
        amount = "x1.5"
        exits = { signed = { p = 0.9, after = "100d" }, churned = { p = 0.1, after = "100d" } }
        """
    )
    assert onward_worth(funnel, "bookings").worth[0, 0, :2] == pytest.approx([0.4 * 1.5, 1.5])
    assert onward_worth(funnel, "deals_won").worth[0, 0, :2] == pytest.approx([0.4, 1.0])


def test_a_lead_that_gives_up_has_waited_all_the_time(funnel_of) -> None:  # type: ignore[no-untyped-def]
    """Catches: its time taken for the buyer's own."""
    funnel = every_kind(funnel_of)
    run = simulate(funnel, days=40, replications=20, seed=2, visits=True)
    assert run.visits is not None
    gone = with_times(run.visits.filter(pl.col("exit") == "abandoned"), funnel.model)
    assert gone.height > 10
    assert gone["own_days"].abs().max() < 1e-9
    assert gone["work_days"].abs().max() < 1e-9
    waited = (gone["no_rep"] + gone["office_closed"]).to_numpy()
    assert waited == pytest.approx(gone["days"].to_numpy())


def test_the_value_of_a_leak_is_amount_times_chance(funnel_of) -> None:  # type: ignore[no-untyped-def]
    """Two sources with amounts 1000 and 400: each lead lost at demo is worth its amount x 0.5."""
    funnel = funnel_of(
        """
        [sources.web]
        enters = "demo"
        rate = "3 per day"
        amount = "1000"
        [sources.fair]
        enters = "demo"
        rate = "1 per day"
        amount = "400"
        [stages.demo]
        exits = { talk = { p = 0.5, after = "1d" }, lost = { p = 0.5, after = "1d" } }
        [stages.talk]
        exits = { won = { p = 0.5, after = "1d" }, lost = { p = 0.5, after = "1d" } }
        """
    )
    run = simulate(funnel, days=30, replications=20, seed=2, visits=True)
    demo = next(leak for leak in leaks_of(funnel, run) if leak.stage == "demo")
    lost = lost_in(funnel, run, run.windows[0]).filter(pl.col("stage") == "demo")
    assert demo.value == pytest.approx(0.5 * lost["amount"].sum() / 20)
    assert demo.lost == pytest.approx(lost.height / 20)
    assert demo.won_if_on == pytest.approx(0.5)
    assert demo.days == pytest.approx(1.0)
    in_wins = next(one for one in leaks_of(funnel, run, metric="deals_won") if one.stage == "demo")
    assert in_wins.value == pytest.approx(0.5 * demo.lost)


def test_a_wait_over_a_weekend_is_split_by_hand() -> None:
    """In on Friday 16:00, started Monday 10:00: 1 h + 1 h open, 64 h closed. A holiday closes a day more."""
    friday = np.array([4 + 16 / 24])
    monday = np.array([7 + 10 / 24])
    office = WorkCalendar(hours=("Mon-Fri 09:00-17:00",))
    start = dt.date(2026, 1, 5)  # a Monday
    assert open_time_between(office, start, friday, monday) * 24 == pytest.approx([2.0])
    closed = WorkCalendar(hours=("Mon-Fri 09:00-17:00",), holidays=(dt.date(2026, 1, 12),))
    assert open_time_between(closed, start, friday, monday) * 24 == pytest.approx([1.0])
    before = np.array([-3 - 8 / 24])  # Thursday 16:00 before the start
    assert open_time_between(office, start, before, np.array([0.5])) * 24 == pytest.approx([1 + 8 + 3])
    assert open_time_between(office, start, friday, friday) == pytest.approx([0.0])


def test_the_parts_of_each_visit_sum_to_its_days_and_waits_to_those_of_the_engine(funnel_of) -> None:  # type: ignore[no-untyped-def]
    """With tasks that end the visit, the waits of all visits are those that the engine counts."""
    funnel = funnel_of(
        """
        [calendars.office]
        hours = "Mon-Fri 09:00-17:00"
        [roles.ae]
        headcount = 1
        calendar = "office"
        [sources.web]
        enters = "demo"
        rate = "5 per day"
        [stages.demo]
        work = { role = "ae", effort = "gamma(mean=1.2h, sd=1h)" }
        exits = { won = { p = 0.5, after = "0d" }, lost = { p = 0.5, after = "0d" } }
        """
    )
    run = simulate(funnel, days=60, replications=40, seed=2, visits=True)
    assert run.visits is not None
    times = with_times(run.visits.filter(pl.col("left").is_not_null()), funnel.model)
    parts = times.select(pl.sum_horizontal(PARTS)).to_series()
    assert parts.to_numpy() == pytest.approx(times["days"].to_numpy())
    assert min(times[name].min() for name in PARTS) >= -1e-9  # type: ignore[type-var]
    waits = times["no_rep"].sum() + times["office_closed"].sum()
    assert waits == pytest.approx(run.tallies["wait_days_sum"][:, 0].sum())
    assert times["no_rep"].mean() > 0.01
    assert times["office_closed"].mean() > 0.1
    assert times["own_days"].abs().max() < 1e-9


def test_a_rep_around_the_clock_leaves_no_closed_hours(funnel_of) -> None:  # type: ignore[no-untyped-def]
    """M/M/1 at a load of 0.6: the mean wait is 0.6 / 0.4 of the mean effort, all of it for want of a rep."""
    funnel = funnel_of(
        """
        [roles.ae]
        headcount = 1
        [sources.web]
        enters = "demo"
        rate = "6 per day"
        [stages.demo]
        work = { role = "ae", effort = "exponential(mean=2.4h)" }
        exits = { won = { p = 0.5, after = "0d" }, lost = { p = 0.5, after = "0d" } }
        """
    )
    run = simulate(funnel, days=400, warmup_days=50, replications=40, seed=2, visits=True)
    assert run.visits is not None
    times = with_times(run.visits.filter(pl.col("left").is_not_null()), funnel.model)
    by_future = times.group_by("replication").agg(pl.col("no_rep").mean())["no_rep"].to_numpy()
    error = by_future.std(ddof=1) / np.sqrt(by_future.size)
    assert 4 * error < 0.1 * 0.15
    assert abs(by_future.mean() - 0.6 / 0.4 * 0.1) < 4 * error
    assert times["office_closed"].abs().max() < 1e-9


def test_removals_are_those_of_compare(f6_funnel: Funnel) -> None:
    """Both ends, for every metric, to the last bit."""
    found = friction(f6_funnel, days=DAYS, stages=["demo"], replications=30, seed=4)
    (removal,) = found.removals
    pair = Scenario(name="no demo", changes=(RemoveStage(stage="demo", recovered=(0.0, 1.0)),))
    low, high = compare(f6_funnel, [pair], days=DAYS, replications=30, seed=4).scenarios
    for ours, theirs in ((removal.time_only, low), (removal.all_recovered, high)):
        for name in METRICS:
            difference = theirs.differences[name]
            effect = ours.metrics[name]
            assert (effect.mean, effect.low, effect.high) == (
                difference.mean,
                difference.low,
                difference.high,
            )


def test_stages_that_book_are_not_removed(funnel_of) -> None:  # type: ignore[no-untyped-def]
    assert removable_stages(every_kind(funnel_of).model) == ["demo"]


def test_an_hour_less_of_waiting_is_worth_its_share_of_what_one_more_rep_brings(funnel_of) -> None:  # type: ignore[no-untyped-def]
    """Catches: the effect not divided by the hours, or divided by days."""
    found = friction(every_kind(funnel_of), days=60, replications=300, seed=2, metric="deals_won")
    people = next(lever for lever in found.levers if lever.kind == "people")
    waiting = next(lever for lever in found.levers if lever.kind == "waiting")
    assert waiting.hours_saved > 1
    for name in ("deals_won", "bookings"):
        whole, hour = people.metrics[name], waiting.metrics[name]
        assert hour.mean * waiting.hours_saved == pytest.approx(whole.mean)
        assert hour.low < hour.mean < hour.high
    base, more = (
        _wait_hours(simulate(every_kind(funnel_of), days=60, replications=300, seed=2, changes=changes))
        for changes in ((), (SetValue(path="roles.ae.headcount", by="+1"),))
    )
    assert waiting.hours_saved == pytest.approx(base - more)


def _wait_hours(run: Run) -> float:
    waits, tasks = run.tallies["wait_days_sum"][:, 0, 0], run.tallies["tasks_done"][:, 0, 0]
    return float(24 * (waits / tasks).mean())


def test_a_closed_gap_is_the_share_weighted_mean_with_the_lesser_group_raised() -> None:
    """Two groups of hazard ratio 2 and 0.5 for a move of p = 0.4, with 1 and 3 of 4 leads.

    Their probabilities are in the ratio 0.8 / 1.4 to 0.2 / 0.8, scaled so that the mean is 0.4.
    """
    good = FitLevel(level="good", deals=100, ratio=2.0, clear=True)
    bad = FitLevel(level="bad", deals=300, ratio=0.5, clear=True)
    driver = FitDriver(covariate="source", stage="demo", to="won", kind="trigger", levels=(good, bad))
    high, low = 0.8 / 1.4, 0.2 / 0.8
    scaled = 0.4 / (0.25 * high + 0.75 * low)
    assert closed_chance(0.4, driver, good) == pytest.approx((high * scaled, 0.25, "others"), abs=1e-12)
    assert closed_chance(0.4, driver, bad) == pytest.approx((high * scaled, 0.75, "group"), abs=1e-12)
    lost = driver.model_copy(update={"kind": "friction", "to": "lost"})
    assert closed_chance(0.4, lost, bad)[0] == pytest.approx(low * scaled)
    assert closed_chance(0.4, lost, bad)[2] == "others"
    assert closed_chance(0.4, lost, good)[0] == pytest.approx(low * scaled)
    assert closed_chance(0.4, lost, good)[2] == "group"
