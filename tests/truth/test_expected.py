"""Exact means of funnels where nobody waits, against the oracle's renewal equations and long runs."""

from __future__ import annotations

import datetime as dt

import pytest

from funnelsim.engines.run import exact_mean, simulate
from funnelsim.metrics.names import metric_values
from funnelsim.model.changes.changes import RemoveStage, SetValue
from tests.oracles import f6, tolerance
from tests.truth.test_loops import NURTURED, expected_by_now

#: Quantile tables are within 1e-6 in probability; gaps between leads are longer by as much.
OF_TABLES = 5e-6


def test_the_wins_of_f6_are_the_published_number(f6_funnel):
    """119.632, as the model file says. Mutant: lags rounded down, half a step a stay, 0.9 % off."""
    found = exact_mean(f6_funnel, "deals_won", days=91)
    assert found is not None
    assert found.value == pytest.approx(119.632, abs=1e-3)
    assert found.error < 1e-6 * found.value


@pytest.mark.parametrize("stage", f6.STAGES)
def test_entries_of_f6_are_the_oracles(f6_funnel, f6_exact, stage):
    found = exact_mean(f6_funnel, f"entered.{stage}", days=91)
    assert found is not None
    assert found.value == pytest.approx(f6_exact.entered[stage], rel=OF_TABLES)


def test_bookings_of_f6_are_wins_times_the_mean_amount(f6_funnel, f6_exact):
    """Mutant: the median amount for the mean."""
    for metric in ("bookings", "quota_credit"):
        found = exact_mean(f6_funnel, metric, days=91)
        assert found is not None
        assert found.value == pytest.approx(f6_exact.bookings, rel=2e-5)


@pytest.mark.parametrize("metric", ["deals_won", "entered.first", "entered.third", "entered.nurture"])
@pytest.mark.parametrize("days", [17, 90.5])
def test_loops_skips_and_leads_that_never_end_are_the_oracles(funnel_of, metric, days):
    """Mutants: first entries only, `never` sent to an outcome, the exits' distributions swapped."""
    found = exact_mean(funnel_of(NURTURED), metric, days=days)
    place = {"deals_won": "won"}.get(metric, metric.partition(".")[2])
    assert found is not None
    assert found.value == pytest.approx(expected_by_now(days)[place], rel=2e-5)


EVERYTHING = """
[goal]
books_at = "signed"
[calendars.office]
hours = ["Mon-Fri 08:30-12:00", "Mon-Thu 13:00-17:00"]
holidays = [2026-01-14]
[shocks."sources.web.rate"]
sd = 0.3
rho = 0.5
[sources.web]
enters = { first = 0.7, talk = 0.3 }
rate = "6 per day"
growth = "5% per month"
hours = "office"
dispersion = 2.5
weekday = [2, 1, 1, 1, 1, 1, 1]
amount = "lognormal(mean=900, sigma=0.7)"
segments = { small = 0.8, large = 0.2 }
campaigns = { fair = { on = 2026-01-12, leads = 60, over = "5d" } }
[sources.partner]
enters = "talk"
rate = "1 per day"
amount = "constant(2000)"
[segments.small]
[segments.large]
amount = "exponential(mean=5000)"
[segments.large.stages.talk.exits.signed]
p = 0.6
[segments.large.stages.talk.exits.lost]
p = 0.4
[stages.first]
after = "lognormal(mean=4d, sigma=0.9)"
exits = { talk = { p = 0.5 }, lost = { p = 0.5 } }
[stages.talk]
amount = "x1.1"
after = "gamma(mean=6d, sd=4d)"
exits = { signed = { p = 0.4 }, lost = { p = 0.6 } }
[stages.signed]
after = "constant(20d)"
exits = { renewal = { p = 0.8 }, churned = { p = 0.2 } }
[stages.renewal]
amount = "x1.3"
credit = { bookings = 0.5, quota = 0.25 }
after = "constant(1d)"
exits = { signed = { p = 0.7 }, churned = { p = 0.3 } }
"""


@pytest.mark.parametrize(
    "metric", ["deals_won", "bookings", "quota_credit", "entered.talk", "entered.signed"]
)
def test_means_are_those_of_long_runs(funnel_of, everything_run, metric):
    """Segments, two entries, a campaign, hours, growth, dispersion, shocks, factors on amounts, renewals, a
    warm-up, a booking place that is a stage.

    Mutants: the warm-up's entries counted; later wins of a lead counted; the factor of the entry stage left
    out; a campaign's leads left out; the large segment on the exits of the small one.
    """
    found = exact_mean(funnel_of(EVERYTHING), metric, days=60, warmup_days=30)
    assert found is not None
    tolerance.check_mean(metric_values(everything_run, metric), found.value, resolution=0.012)


@pytest.fixture(scope="module")
def everything_run(tmp_path_factory):
    from funnelsim.model.files.model_files import read_funnel

    path = tmp_path_factory.mktemp("everything") / "funnel.toml"
    path.write_text(f"format = 1\nstart = 2026-01-05\n{EVERYTHING}")
    return simulate(read_funnel(path), days=60, warmup_days=30, replications=40_000, seed=4)


OFFICE = """
[calendars.office]
hours = ["Mon-Fri 09:00-12:00", "Mon-Fri 13:00-17:00"]
[sources.inbound]
enters = "first"
rate = "5 per day"
hours = "office"
[stages.first]
after = "constant(1h)"
exits = { won = { p = 0.5 }, lost = { p = 0.5 } }
"""


@pytest.mark.parametrize(
    ("clock", "metric", "expected"),
    [(12.5, "deals_won", 1.25), pytest.param(24, "entered.first", 7, marks=pytest.mark.slow)],
)
def test_leads_of_office_hours_come_in_them(funnel_of, clock, metric, expected):
    """Seven on each of five days: a lead an hour from 9 to 12 and from 13 to 17; half win an hour later.

    Mutants: leads spread over the whole day; a day's leads in each of its two spans.
    """
    found = exact_mean(funnel_of(OFFICE), metric, days=clock / 24)
    assert found is not None
    assert found.value == pytest.approx(expected, rel=OF_TABLES)


OPEN = {"stage": "third", "age_days": 1.0, "lead_age_days": 3.0, "visits": ["third"]}
CHANGED = SetValue(path="sources.inbound.rate", by="x2", start=dt.date(2026, 1, 20))
WITHOUT = (
    (NURTURED.replace("[stages.first.exits]", "[stages.first]\nclock = 'c'\n[stages.first.exits]")
     + "[clocks.c]\nweekday = [1, 1, 1, 1, 1, 0, 0]\n", {}, ()),
    (NURTURED + "[shocks.odds]\nsd = 0.2\n", {}, ()),
    (NURTURED + "[stages.third.spawns]\nsource = 'inbound'\nleads = 0.5\nafter = '9d'\n", {}, ()),
    (NURTURED, {"pipeline": [OPEN]}, ()),
    (NURTURED, {"draws": {"stages.first.exits.second.p": [0.5, 0.6]}}, ()),
    (NURTURED, {}, (CHANGED,)),
    (NURTURED, {}, (RemoveStage(stage="second"),)),
)  # fmt: skip


@pytest.mark.parametrize(("text", "beside", "changes"), WITHOUT)
def test_no_approximation_is_sold_as_exact(funnel_of, text, beside, changes):
    """Clocks, shocks on odds, spawns, open leads, draws, dated changes, removed stages."""
    assert exact_mean(funnel_of(text, **beside), "deals_won", days=30, changes=changes) is None


@pytest.mark.parametrize("metric", ["win_rate", "cycle_days", "revenue", "entered.nowhere", "wip.first"])
def test_other_metrics_have_none(funnel_of, metric):
    assert exact_mean(funnel_of(NURTURED), metric, days=30) is None


def test_a_change_that_always_holds_is_followed(funnel_of):
    """Mutant: the file's own values."""
    doubled = SetValue(path="sources.inbound.rate", by="x2")
    funnel = funnel_of(NURTURED)
    once = exact_mean(funnel, "deals_won", days=30)
    twice = exact_mean(funnel, "deals_won", days=30, changes=(doubled,))
    assert once is not None
    assert twice is not None
    assert twice.value == pytest.approx(2 * once.value, rel=1e-12)


def test_reps_patience_and_what_waiting_costs_are_left_out(funnel_of, f6_funnel):
    """And the fast engine's run without reps is the run of the model without them, to the last bit.

    Mutant: a run without reps that still takes the time of the tasks.
    """
    roles = "[roles.ae]\nheadcount = 1\n"
    worked = NURTURED.replace(
        "[stages.third.exits]",
        "[stages.third]\nwork = { role = 'ae', effort = '9h' }\npatience = '2d'\nabandons_to = 'lost'\n"
        "[stages.third.exits]",
    ).replace("won    = { p = 0.5,", 'won    = { p = 0.5, wait_half_life = "1d",')
    with_reps, plain = funnel_of(worked + roles), None
    found = exact_mean(with_reps, "deals_won", days=30)
    runs = {engine: simulate(with_reps, days=30, replications=6, reps=False, engine=engine)
            for engine in ("fast", "reference")}  # fmt: skip
    plain = funnel_of(NURTURED)
    assert found == exact_mean(plain, "deals_won", days=30)
    expected = simulate(plain, days=30, replications=6)
    for run in runs.values():
        for name in ("deals_won", "bookings", "entered", "dwell_days_sum", "wip_days", "abandoned"):
            assert (run.tallies[name] == expected.tallies[name]).all(), name
