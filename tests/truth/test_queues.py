"""Leads that wait for reps against textbook queues in steady state.

Each test names the mutants on which it was seen to fail.
"""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import polars as pl
import pytest
from scipy import stats

from funnelsim.engines.run import simulate
from funnelsim.model.changes.changes import SetValue
from funnelsim.results.run import Run, Window
from tests.oracles import queues, tolerance

from .staffed import of_stage, staffed

HOUR = 1 / 24
DAYS = 400.0


def one_queue(*, rate: float, effort: str, reps: int, more: str = "", role: str = "") -> str:
    return f"""
[sources.web]
enters = "call"
rate = "{rate} per day"
[roles.sdr]
headcount = {reps}
{role}
[stages.call]
work = {{ role = "sdr", effort = "{effort}" }}
{more}
[stages.call.exits]
lost = {{ p = 1.0, after = "constant(0d)" }}
"""


def steady(text: str, *, seed: int = 1, replications: int = 512, **options: object) -> Run:
    wanted = {"days": DAYS, "warmup_days": 60, "windows": [Window(label="all", start_day=0.0, end_day=DAYS)]}
    return simulate(staffed(text), replications=replications, seed=seed, **(wanted | options))  # type: ignore[arg-type]


def waits(run: Run, power: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Sum of the waits (to a power) of finished tasks and their number, by replication."""
    wait = pl.col("started") - pl.col("entered")
    done = run.visits.filter(pl.col("finished").is_not_null())  # type: ignore[union-attr]
    by_run = done.group_by("replication", maintain_order=True).agg((wait**power).sum().alias("sum"), pl.len())
    return by_run["sum"].to_numpy(), by_run["len"].to_numpy()


@pytest.mark.parametrize(("reps", "rate"), [(1, 10.0), (3, 32.0)])
def test_wait_of_mmc_is_erlang_c(reps, rate):
    """Mutants: one rep more is free, a rep idles until the next look, the wait counted to the finish."""
    run = steady(one_queue(rate=rate, effort="exponential(mean=1.8h)", reps=reps))
    service = 1.8 * HOUR
    wait = queues.mmc_wait(rate, service, reps)
    tolerance.check_ratio(
        of_stage(run, "wait_days_sum", "call"), of_stage(run, "tasks_done", "call"), wait, resolution=0.05
    )
    busy, rostered = (run.tallies[name][:, 0, 0] for name in ("busy_days", "rostered_days"))
    tolerance.check_ratio(busy, rostered, rate * service / reps, resolution=0.01)
    assert rostered == pytest.approx(reps * DAYS)


def test_waits_of_mmc_follow_their_distribution():
    """First come, first served: the share of waits above t. Mutants: last or largest first."""
    run = steady(one_queue(rate=20.0, effort="exponential(mean=1.8h)", reps=2), visits=True, replications=300)
    wait = pl.col("started") - pl.col("entered")
    for than in (0.0, 0.1, 0.3):
        by_run = (
            run.visits.filter(pl.col("started").is_not_null())  # type: ignore[union-attr]
            .group_by("replication")
            .agg((wait > than).sum().alias("longer"), pl.len())
        )
        share = queues.mmc_waits_longer(20.0, 1.8 * HOUR, 2, than)
        tolerance.check_ratio(by_run["longer"], by_run["len"], share, resolution=0.08)


@pytest.mark.parametrize("discipline", ["fifo", "lifo"])
def test_last_come_first_served_waits_vary_more(discipline):
    """Mutants: lifo as fifo and the other way round, ties of the key by lead instead of by joining."""
    role = f'discipline = "{discipline}"'
    run = steady(
        one_queue(rate=8.0, effort="exponential(mean=1.5h)", reps=1, role=role), visits=True, replications=200
    )
    expected = queues.mm1_square_wait(8.0, 1.5 * HOUR, last_come_first=discipline == "lifo")
    tolerance.check_ratio(*waits(run, 2), expected, resolution=0.25)
    tolerance.check_ratio(*waits(run), queues.mmc_wait(8.0, 1.5 * HOUR, 1), resolution=0.06)


def test_wait_of_mg1_is_pollaczek_khinchine():
    """Mutants: the effort of every task its mean, or drawn with the word of the dwell of the lead before."""
    sigma, mean = 1.0, 1.5 * HOUR
    run = steady(
        one_queue(rate=10.0, effort=f"lognormal(mean=1.5h, sigma={sigma})", reps=1), replications=400
    )
    expected = queues.mg1_wait(10.0, mean, mean**2 * math.exp(sigma**2))
    tolerance.check_ratio(
        of_stage(run, "wait_days_sum", "call"), of_stage(run, "tasks_done", "call"), expected, resolution=0.05
    )


TANDEM = """
[sources.web]
enters = "call"
rate = "20 per day"
[roles.sdr]
headcount = 2
[roles.ae]
headcount = 1
[stages.call]
work = { role = "sdr", effort = "exponential(mean=1.8h)" }
[stages.call.exits]
demo = { p = 1.0, after = "constant(0d)" }
[stages.demo]
work = { role = "ae", effort = "exponential(mean=50min)" }
[stages.demo.exits]
won = { p = 1.0, after = "constant(0d)" }
"""


def test_second_station_sees_poisson_arrivals():
    """Burke (1956): what leaves an M/M/c is Poisson, so the second wait is Erlang C and wins are Poisson.

    Mutants: dwell and effort drawn with one word; second stage served with the first one's effort.
    """
    days = [Window(label="all", start_day=0.0, end_day=DAYS)]
    days += [Window(label=f"{d}", start_day=float(d), end_day=d + 1.0) for d in range(int(DAYS))]
    run = steady(TANDEM, windows=days)
    for stage, service, reps in (("call", 1.8 * HOUR, 2), ("demo", 50 / 1440, 1)):
        wait = queues.mmc_wait(20.0, service, reps)
        tolerance.check_ratio(
            of_stage(run, "wait_days_sum", stage), of_stage(run, "tasks_done", stage), wait, resolution=0.05
        )
    wins = run.tallies["deals_won"][:, 1:]
    tolerance.check_mean(wins.var(axis=1, ddof=1), 20.0, resolution=0.05)


@pytest.mark.parametrize(("patience_h", "reps"), [(3.0, 2), (24.0, 3)])
def test_impatient_leads_give_up_as_in_erlang_a(patience_h, reps):
    """Mutants: patience runs on while being served, from the finish of the lead before, or at half speed."""
    rate, service = 30.0, 2.0 * HOUR
    more = f'patience = "exponential(mean={patience_h}h)"\nabandons_to = "lost"'
    run = steady(one_queue(rate=rate, effort="exponential(mean=2h)", reps=reps, more=more))
    exact = queues.erlang_a(rate, service, reps, patience_h * HOUR)
    tallies = {name: run.tallies[name][:, 0] for name in ("abandoned", "leads_created")}
    tolerance.check_ratio(tallies["abandoned"], tallies["leads_created"], exact.gives_up, resolution=0.03)
    tolerance.check_mean(of_stage(run, "wip_days", "call") / DAYS, exact.queue + exact.busy, resolution=0.03)
    tolerance.check_mean(run.tallies["busy_days"][:, 0, 0] / DAYS, exact.busy, resolution=0.01)


PRIORITY = """
[sources.early]
enters = "call"
rate = "6 per day"
[sources.late]
enters = "close"
rate = "5 per day"
[roles.ae]
headcount = 1
discipline = "latest_stage"
[stages.call]
work = { role = "ae", effort = "exponential(mean=2h)" }
[stages.call.exits]
lost = { p = 1.0, after = "constant(0d)" }
[stages.close]
work = { role = "ae", effort = "gamma(mean=1.5h, sd=1h)" }
[stages.close.exits]
won = { p = 1.0, after = "constant(0d)" }
"""


def test_leads_of_the_latest_stage_go_first():
    """Cobham's non-preemptive priorities. Mutants: earliest stage first, tasks interrupted, fifo."""
    run = steady(PRIORITY, replications=400)
    close = (5.0, 1.5 * HOUR, (1.5**2 + 1.0) * HOUR**2)
    call = (6.0, 2.0 * HOUR, 2 * (2.0 * HOUR) ** 2)
    for stage, wait in zip(("close", "call"), queues.priority_waits([close, call]), strict=True):
        tolerance.check_ratio(
            of_stage(run, "wait_days_sum", stage), of_stage(run, "tasks_done", stage), wait, resolution=0.05
        )


def test_owners_with_few_places_are_a_queue_of_places():
    """Work takes no time, so a lead waits for a place with an owner: Erlang C with reps x open_deals_max.

    Mutants: a place freed a lead too late, the limit counted of all reps together, one more than the limit.
    """
    role = 'assignment = "owner"\nopen_deals_max = 4'
    text = one_queue(rate=3.0, effort="constant(0h)", reps=2, role=role)
    run = steady(text.replace("constant(0d)", "exponential(mean=2.2d)"), warmup_days=120, replications=1536)
    tolerance.check_ratio(
        of_stage(run, "wait_days_sum", "call"),
        of_stage(run, "tasks_done", "call"),
        queues.mmc_wait(3.0, 2.2, 8),
        resolution=0.06,
    )


LITTLE = """
[sources.web]
enters = { call = 0.8, demo = 0.2 }
rate = "6 per day"
weekday = [1, 1, 1, 1, 1, 0.2, 0.1]
[calendars.office]
hours = "Mon-Fri 09:00-17:00"
[roles.sdr]
headcount = 4
calendar = "office"
[roles.ae]
headcount = 3
discipline = "largest"
[stages.call]
work = [{ role = "sdr", effort = "gamma(mean=2h, sd=1h)" }, { role = "ae", effort = "constant(30min)" }]
patience = "exponential(mean=2d)"
abandons_to = "demo"
[stages.call.exits]
demo = { p = 0.7, after = "lognormal(median=2d, sigma=0.8)" }
lost = { p = 0.3, after = "exponential(mean=3d)" }
[stages.demo]
work = { role = "ae", effort = "exponential(mean=6h)" }
[stages.demo.exits]
call = { p = 0.2, after = "exponential(mean=1d)" }
won  = { p = 0.4, after = "exponential(mean=4d)" }
lost = { p = 0.4, after = "exponential(mean=4d)" }
"""


def test_littles_law_holds_in_each_replication():
    """From empty to empty, L = lambda W is exact. Mutants: WIP not counted while waiting, or in one window;
    busy time to the horizon instead of the finish.
    """
    stop = SetValue(path="sources.web.rate", to="0 per day", start=dt.date(2026, 3, 2))
    run = simulate(staffed(LITTLE), days=400, replications=20, seed=3, changes=(stop,), visits=True)
    visits = run.visits
    assert visits is not None
    assert visits["left"].null_count() == 0
    for place, stage in enumerate(run.stages):
        stays = visits.filter(pl.col("stage") == stage).group_by("replication", maintain_order=True)
        days = stays.agg((pl.col("left") - pl.col("entered")).sum(), pl.len()).sort("replication")
        wip = run.tallies["wip_days"]
        np.testing.assert_allclose(wip[:, 0, place], days["left"], rtol=1e-9)
        np.testing.assert_allclose(wip[:, 1:, place].sum(axis=1), days["left"], rtol=1e-9)
        np.testing.assert_array_equal(run.tallies["entered"][:, 0, place], days["len"])
    demo = visits.filter(pl.col("stage") == "demo").sort("replication")
    served = demo.group_by("replication", maintain_order=True)
    waited = served.agg((pl.col("started") - pl.col("entered")).sum())["started"]
    np.testing.assert_allclose(of_stage(run, "wait_days_sum", "demo"), waited, rtol=1e-9)


def test_content_of_a_stage_follows_the_weekdays():
    """M(t)/G/infinity, day by day. Mutants: pattern a day late; dwell of the mean; Poisson by week."""
    text = """
[sources.web]
enters = "trial"
rate = "10 per day"
weekday = [2, 1.5, 1, 1, 1, 0.3, 0.2]
[stages.trial.exits]
lost = { p = 1.0, after = "lognormal(mean=4d, sigma=0.7)" }
"""
    days = 14
    windows = [Window(label=f"{d}", start_day=float(d), end_day=d + 1.0) for d in range(days)]
    run = simulate(staffed(text), days=days, warmup_days=70, windows=windows, replications=2_000, seed=5)
    pattern = np.array([2, 1.5, 1, 1, 1, 0.3, 0.2])
    rates = np.tile(10 * pattern / pattern.mean(), 12)
    distribution = stats.lognorm(0.7, scale=4 * math.exp(-(0.7**2) / 2))
    expected = queues.content_by_day(rates, distribution.sf, days)
    for day in range(days):
        tolerance.check_mean(run.tallies["wip_days"][:, day, 0], expected[day], resolution=0.02)
