"""A replication read as a CRM would have recorded it."""

import datetime as dt

import polars as pl
import pytest

from funnelsim.distributions.parametric import Constant
from funnelsim.engines.run import simulate
from funnelsim.fitting.funnel import fit_funnel
from funnelsim.history.cleaning.as_of import cut
from funnelsim.metrics.booked import booked
from funnelsim.model.files.model_files import funnel_of
from funnelsim.model.parts import Exit, Model, Source, Stage
from funnelsim.results.convert import history_of
from tests.verification.drawn_models import START, drawn_funnel


def run_of(days: float):  # type: ignore[no-untyped-def]
    import numpy as np

    funnel = drawn_funnel(np.random.default_rng(4))
    return funnel, simulate(funnel, days=days, replications=2, seed=3, visits=True)


def test_history_holds_what_the_run_counted():
    """Wins and bookings of the run and of its history agree. Mutant: the as-of time not applied to exits."""
    funnel, run = run_of(200)
    for replication in (0, 1):
        history = history_of(run, funnel.model, replication=replication, as_of_day=200)
        known = booked(history, funnel.model, dt.datetime(2000, 1, 1), dt.datetime(2100, 1, 1))
        assert known.deals == run.tallies["deals_won"][replication, 0]
        assert known.bookings == pytest.approx(run.tallies["bookings"][replication, 0].sum())
        assert history.deals.height == run.tallies["leads_created"][replication, 0]


def test_a_shorter_history_is_the_longer_one_cut():
    funnel, run = run_of(200)
    early = history_of(run, funnel.model, replication=0, as_of_day=120)
    late = cut(history_of(run, funnel.model, replication=0, as_of_day=200), early.meta.as_of)
    assert early.meta.as_of == dt.datetime.combine(START, dt.time(0)) + dt.timedelta(days=120)
    order = ["deal", "entered"]
    assert early.visits.sort(order).equals(late.visits.sort(order))
    columns = ["deal", "created", "outcome", "closed", "amount", "source"]
    assert early.deals.sort("deal").select(columns).equals(late.deals.sort("deal").select(columns))
    assert early.visits.filter(pl.col("left").is_null()).height > 0
    assert fit_funnel(early, draws=0).model.stages.keys() == funnel.model.stages.keys()


def test_a_history_names_targets_and_outcomes_of_the_models_own() -> None:
    """Mutants: exits by their keys (`won_late`), outcomes untold; a fit stops at the first of either."""
    ways = {
        "won": Exit(to="won", p=0.1),
        "won_late": Exit(to="won", p=0.2),
        "lost": Exit(to="lost", p=0.2),
        "faded": Exit(to="faded", p=0.5),
    }
    model = Model(
        start=START,
        outcomes=("faded", "disqualified"),
        sources={"web": Source(enters={"demo": 1.0}, rate=5.0)},
        stages={"demo": Stage(after=Constant("duration", (("value", 3.0),)), exits=ways)},
    )
    run = simulate(funnel_of(model), days=50, replications=1, seed=1, visits=True)
    history = history_of(run, model, replication=0, as_of_day=50)
    assert history.meta.outcomes == ("faded",)
    assert (history.deals["outcome"] == "won").sum() == run.tallies["deals_won"][0, 0]
    assert "faded" in fit_funnel(history, draws=0).model.stages["demo"].exits


def test_a_run_without_visits_is_refused():
    funnel, _ = run_of(5)
    with pytest.raises(ValueError, match="visits=True"):
        history_of(simulate(funnel, days=5, replications=1), funnel.model, replication=0, as_of_day=5)
