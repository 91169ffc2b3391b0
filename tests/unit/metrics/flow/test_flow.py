"""How leads flowed in a history: counted by hand, and again by loops over the leads."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from funnelsim.history.files.events import DEAL_SCHEMA, VISIT_SCHEMA, History, HistoryMeta
from funnelsim.metrics.flow.ageing import MOST_OPEN, stage_ages
from funnelsim.metrics.flow.cohorts import cohorts, share_won
from funnelsim.metrics.flow.cumulative import cumulative_flow
from funnelsim.metrics.flow.cycle import MOST_WINS, cycle_times
from funnelsim.metrics.flow.document import flow_document

STAGES = ("demo", "offer")
AS_OF = dt.datetime(2026, 3, 2)
Step = tuple[str, float]


def at(day: float) -> dt.datetime:
    """So many days after 1 January 2026."""
    return dt.datetime(2026, 1, 1) + dt.timedelta(days=day)


def history(*paths: list[Step], amounts: list[float] | None = None, **meta: object) -> History:
    """A deal for each path of (stage or outcome, day); the last step stays open if it is a stage."""
    visits, deals = [], []
    for number, path in enumerate(paths):
        name = f"D{number}"
        for place, (stage, day) in enumerate(path):
            if stage not in STAGES:
                continue
            after = path[place + 1] if place + 1 < len(path) else None
            nth = sum(step[0] == stage for step in path[: place + 1])
            left, exit_ = (at(after[1]), after[0]) if after else (None, None)
            visits.append((name, stage, nth, at(day), left, exit_))
        ended = path[-1] if path[-1][0] not in STAGES else None
        amount = amounts[number] if amounts else None
        closed = at(ended[1]) if ended else None
        deal = {"deal": name, "created": at(path[0][1]), "outcome": ended[0] if ended else None}
        deals.append(deal | {"closed": closed, "amount": amount})
    rows = [{column: deal.get(column) for column in DEAL_SCHEMA} for deal in deals]
    given = {"name": "Acme", "as_of": AS_OF, "observed_from": None, "stages": {s: s.title() for s in STAGES}}
    return History(
        visits=pl.DataFrame(visits, schema=VISIT_SCHEMA, orient="row"),
        deals=pl.DataFrame(rows, schema=DEAL_SCHEMA),
        meta=HistoryMeta(**(given | meta)),  # type: ignore[arg-type]
    )


def test_leads_are_counted_at_the_end_of_each_week() -> None:
    """One lead moves on exactly at the end of a week, and one is won there. Catches <= for <, and wins
    counted as ended otherwise."""
    end = (AS_OF - at(0)).days  # day 60
    known = cumulative_flow(
        history(
            [("demo", end - 20), ("offer", end - 7), ("won", end - 1)],
            [("demo", end - 10)],
            [("demo", end - 9), ("lost", end - 8)],
            [("demo", end - 21), ("won", end - 7)],
        )
    )
    assert known.weeks == tuple((AS_OF - dt.timedelta(days=back)).date() for back in (14, 7, 0))
    assert known.open == {"demo": (2, 3, 1), "offer": (0, 0, 0)}
    assert known.won == (0, 0, 2)
    assert known.ended == (0, 1, 1)


def test_all_that_came_is_somewhere() -> None:
    """Open, won and ended add up to the leads that came, week by week, over random paths with loops.
    Catches visits counted twice, and outcomes before the first week."""
    rng = np.random.default_rng(5)
    paths: list[list[Step]] = []
    for _ in range(300):
        day, path, stage = float(rng.uniform(0, 58)), [], "demo"
        while day < 60 and stage in STAGES:
            path.append((stage, day))
            day += float(rng.exponential(6))
            stage = str(rng.choice(["demo", "offer", "won", "lost"]))
        if stage not in STAGES and day < 60:
            path.append((stage, day))
        paths.append(path)
    known = cumulative_flow(history(*paths), weeks=5)
    begin = 60 - 7 * 5
    for week, day in enumerate(range(begin + 7, 61, 7)):
        came = sum(path[0][1] < day for path in paths)
        over = sum(path[-1][0] not in STAGES and path[-1][1] < begin for path in paths)
        where = sum(open_[week] for open_ in known.open.values()) + known.won[week] + known.ended[week]
        assert where == came - over


def test_nothing_flows_in_an_empty_history() -> None:
    document = flow_document(history())
    assert document.flow.weeks == ()
    assert document.cycle.n == 0
    assert document.ages == ()
    assert document.cohorts == ()


def test_cycle_times_are_those_of_wins() -> None:
    """Catches losses among them, wins from before closings are observed, and those of leads created before
    that day left out."""
    known = cycle_times(
        history(
            *([("demo", 10.0), ("won", 10.0 + days)] for days in (1, 2, 3, 4)),
            [("demo", 2), ("won", 6)],
            [("demo", 5), ("won", 7.5)],
            [("demo", 10), ("lost", 50)],
            observed_from=at(7),
        )
    )
    assert [win.days for win in known.wins] == [2.5, 1, 2, 3, 4]
    assert (known.n, known.p50, known.p85, known.p95) == (5, 2.5, pytest.approx(3.4), pytest.approx(3.8))


def test_of_many_wins_the_latest_are_shown() -> None:
    paths: list[list[Step]] = [[("demo", 0), ("won", 1 + k / 100)] for k in range(MOST_WINS + 30)]
    known = cycle_times(history(*paths))
    assert (known.n, len(known.wins)) == (MOST_WINS + 30, MOST_WINS)
    assert known.wins[0].days == pytest.approx(1.3)


def test_open_leads_stand_beside_those_that_went_on() -> None:
    """Going back and being lost is not going on. Catches both, and >= for older."""
    ages = stage_ages(
        history(
            [("demo", 0), ("offer", 10), ("won", 30)],
            [("demo", 0), ("offer", 20), ("demo", 25), ("lost", 59)],
            [("demo", 40)],
            [("demo", 30)],
            [("offer", 50)],
        )
    )
    demo, offer = ages
    assert [deal.days for deal in demo.open] == [30, 20]
    assert (demo.went_on, demo.p50, demo.longest, demo.older, demo.open_now) == (2, 15, 20, 1, 2)
    assert (offer.went_on, offer.longest, offer.older) == (1, 20, 0)


def test_of_very_many_open_leads_the_oldest_stays() -> None:
    paths: list[list[Step]] = [[("demo", k / 100)] for k in range(MOST_OPEN * 3)]
    (demo,) = stage_ages(history(*paths))
    assert (demo.open_now, len(demo.open), demo.open[0].days) == (MOST_OPEN * 3, MOST_OPEN, 60)


def test_the_share_won_is_the_aalen_johansen_estimate() -> None:
    """By hand: of 5, one is won after 1 day (1/5); one censored at 2; at 3 one is lost of 3 still at risk;
    one is won at 4: 4/5 x 2/3 x 1/2. Catches losses treated as censored, which would give 1/5 + 4/5 x 1/2."""
    days = np.array([1.0, 2, 3, 4, 5])
    won = np.array([True, False, False, True, False])
    ended = np.array([True, False, True, True, False])
    times, share = share_won(days, won, ended)
    assert times.tolist() == [0, 1]  # beyond, fewer than five are at risk
    assert share[1] == pytest.approx(0.2)
    many = np.tile(days, 5)
    times, share = share_won(many, np.tile(won, 5), np.tile(ended, 5))
    assert times.tolist() == [0, 1, 4, 5]
    assert share.tolist() == pytest.approx([0, 0.2, 0.2 + 0.8 * 2 / 3 / 2, 0.2 + 0.8 * 2 / 3 / 2])


def test_censored_cohorts_are_not_biased() -> None:
    """Of leads that win with 30 % after an exponential time, seen for very different times, the curve is
    0.3 (1 - exp(-t / 20)) within 4 standard errors. Wins divided by leads would be a third below it."""
    rng = np.random.default_rng(11)
    size = 6000
    time = np.where(wins := rng.random(size) < 0.3, rng.exponential(20, size), rng.exponential(35, size))
    seen = rng.uniform(0, 60, size)
    times, share = share_won(np.minimum(time, seen), wins & (time < seen), time < seen)
    for day in (10, 25, 40):
        truth = 0.3 * (1 - np.exp(-day / 20))
        estimate = share[np.searchsorted(times, day, side="right") - 1]
        assert abs(estimate - truth) < 4 * np.sqrt(truth * (1 - truth) / (size / 3))


def test_a_cohort_is_complete_as_long_as_its_last_lead_was_observed() -> None:
    paths: list[list[Step]] = [[("demo", day), ("won", day + 3)] for day in (0, 5, 10, 20, 30)]
    january, march = cohorts(history(*paths, [("demo", 59)]))
    assert (january.month, january.leads, january.won, january.complete_to) == ("2026-01", 5, 5, 30)
    assert (march.month, march.leads, march.won, march.complete_to) == ("2026-03", 1, 0, 1)
    assert january.share == pytest.approx((0, 1.0))
    assert [c.month for c in cohorts(history(*paths, [("demo", 59)], observed_from=at(31)))] == ["2026-03"]
