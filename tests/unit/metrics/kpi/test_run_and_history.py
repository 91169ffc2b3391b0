"""Key figures of a simulated run, of its export as a history, and of `simulate`: one number."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from funnelsim.core.arrays import Floats
from funnelsim.engines.run import simulate
from funnelsim.metrics.kpi.definitions import KPIS, conversion
from funnelsim.metrics.kpi.kpi import kpi, kpi_document
from funnelsim.metrics.kpi.records import Records, epoch_micros, records_of_history, records_of_run
from funnelsim.metrics.kpi.simulated import _open_at_start
from funnelsim.metrics.kpi.sums import Cells
from funnelsim.metrics.kpi.tallies import Tallies, tally
from funnelsim.metrics.names import metric_values
from funnelsim.model.files.model_files import Funnel, read_funnel
from funnelsim.results.convert import history_of
from funnelsim.results.run import Run

SCENARIOS = Path(__file__).parents[4] / "scenarios"
DAYS = 200
REPLICATION = 1


@pytest.fixture(scope="module", params=["f6_cap", "sales_process_map"])
def case(request: pytest.FixtureRequest) -> tuple[Funnel, Run]:
    """Reps, recognition of revenue, spawned leads, credits at several stages."""
    funnel = read_funnel(SCENARIOS / f"{request.param}.toml")
    return funnel, simulate(funnel, days=DAYS, replications=2, seed=3, visits=True)


def tallies_of(records: Records, run: Run, funnel: Funnel) -> Tallies:
    start = epoch_micros(dt.datetime.combine(funnel.model.start, dt.time(0)))
    days = [run.windows[1].start_day, *(window.end_day for window in run.windows[1:])]
    edges = np.array([start + round(day * 86_400e6) for day in days])
    return tally(records, Cells(edges=edges, group=np.zeros(records.leads.height, np.int64), groups=1))


def test_a_run_and_its_history_have_the_same_tallies_to_the_last_bit(case: tuple[Funnel, Run]) -> None:
    """Mutants: times as days in floats; money added in the order of rows; the owner not kept."""
    funnel, run = case
    history = history_of(run, funnel.model, replication=REPLICATION, as_of_day=DAYS, listed_amounts=True)
    of_run = tallies_of(records_of_run(run, funnel.model, replication=REPLICATION), run, funnel)
    of_history = tallies_of(records_of_history(history, funnel.model), run, funnel)
    assert of_run.keys() == of_history.keys()
    for name, values in of_run.items():
        assert values.tobytes() == of_history[name].tobytes(), name
    assert of_run["deals_won"].sum() > 0
    assert of_run["open_value"].sum() > 0
    assert of_run["first_responses"].sum() > 0


@pytest.mark.parametrize("split", ["source", "rep"])
def test_the_documents_are_the_same_too(case: tuple[Funnel, Run], split: str) -> None:
    funnel, run = case
    first = run.replications.start
    history = history_of(run, funnel.model, replication=first, as_of_day=DAYS, listed_amounts=True)
    of_run = kpi(run, model=funnel, by="month", split=split).typed  # type: ignore[arg-type]
    of_history = kpi(history, model=funnel, by="month", split=split).typed  # type: ignore[arg-type]
    assert of_run.kpis == of_history.kpis
    assert of_run.groups == of_history.groups
    assert len(of_run.groups) == len({group.name for group in of_run.groups}) > 0


def values(name: str, tallies: Tallies) -> Floats:
    figure = conversion(name.partition(".")[2]) if "." in name else KPIS[name]
    return figure.values(tallies)[0]


def test_figures_named_like_metrics_are_what_simulate_reports(case: tuple[Funnel, Run]) -> None:
    """Mutants: lost without "never won"; cycle from the first visit of sales; windows off by one; forward."""
    funnel, run = case
    tallies = tallies_of(records_of_run(run, funnel.model, replication=REPLICATION), run, funnel)
    names = [name for name in KPIS if name in METRICS] + [f"conversion.{stage}" for stage in run.stages]
    for name in names:
        for w in range(1, len(run.windows)):
            reported = metric_values(run, name, w)[REPLICATION]
            assert values(name, tallies)[w - 1] == pytest.approx(reported, rel=1e-8, nan_ok=True), (name, w)
    assert len(names) > 15


CLIENTS = """
format = 1
start = 2026-01-01
[goal]
books_at = "client"
[sources.web]
enters = "demo"
rate = "3 per day"
amount = "lognormal(mean=1000, sigma=0.5)"
[stages.demo.exits]
client = { p = 0.5, after = "exponential(mean=10d)" }
lost = { p = 0.5, after = "exponential(mean=10d)" }
[stages.client]
[stages.client.exits]
upsell = { p = 0.5, after = "exponential(mean=30d)" }
churned = { p = 0.5, after = "exponential(mean=60d)" }
[stages.upsell]
amount = "x1.2"
credit = { bookings = 0.5, quota = 0.5 }
[stages.upsell.exits]
client = { p = 1.0, after = "exponential(mean=5d)" }
"""


def test_clients_that_buy_again_and_churn_are_counted_as_simulate_counts_them(tmp_path: Path) -> None:
    """Amounts grow on the way. Mutants: the last amount for all bookings; every booking new business;
    a client from its last win on; churn of the same period not taken off."""
    path = tmp_path / "clients.toml"
    path.write_text(CLIENTS)
    funnel = read_funnel(path)
    run = simulate(funnel, days=365, replications=2, seed=3, visits=True)
    tallies = tallies_of(records_of_run(run, funnel.model, replication=REPLICATION), run, funnel)
    for name in ("bookings", "expansion", "retention", "churned", "deals_won", "cycle_days", "win_rate"):
        for w in range(1, len(run.windows)):
            reported = metric_values(run, name, w)[REPLICATION]
            assert values(name, tallies)[w - 1] == pytest.approx(reported, rel=1e-8, nan_ok=True), (name, w)
    assert (values("expansion", tallies) > 0).all()
    assert 0 < values("retention", tallies)[-1] < 1


METRICS = (
    "leads_created",
    "first_response_days",
    "win_rate",
    "deals_won",
    "cycle_days",
    "bookings",
    "revenue",
    "expansion",
    "retention",
    "churned",
)


def test_a_run_with_leads_from_before_its_start_is_refused(case: tuple[Funnel, Run]) -> None:
    funnel, _ = case
    run = simulate(funnel, days=20, warmup_days=50, replications=1, seed=3, visits=True)
    with pytest.raises(Exception, match="before its start"):
        kpi_document(records_of_run(run, funnel.model, replication=0))


def test_open_leads_at_the_start_of_a_period_are_those_of_its_visits(case: tuple[Funnel, Run]) -> None:
    """Mutants: the period itself counted too; wins left in."""
    funnel, run = case
    assert len(run.windows) > 2
    counted = tallies_of(records_of_run(run, funnel.model, replication=REPLICATION), run, funnel)
    assert _open_at_start(run, funnel)[REPLICATION].tolist() == counted["open_at_start"][0].tolist()
    assert counted["open_at_start"].max() > 10
