"""Where the pieces of a run are done makes no difference."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

import numpy as np
import pytest

from funnelsim.core.errors import FunnelSimError
from funnelsim.engines.run import simulate
from tests.unit.made_up_runs import funnel_with


class Elsewhere(Executor):
    """Does a piece on a copy of the job, as processes and machines do: what is not handed back is lost."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        copied = pickle.loads(pickle.dumps((fn, args, kwargs)))
        done.set_result(pickle.loads(pickle.dumps(copied[0](*copied[1], **copied[2]))))
        return done


def test_processes_give_the_wins_of_open_deals_that_threads_give() -> None:
    """Mutant: wins written into arrays of the job, of which a process has its own."""
    funnel = funnel_with({}, {"stage": "demo"}, {"amount": None})
    options = {"days": 60, "replications": 50, "pipeline_wins": True, "pipeline_sums": True}
    here = simulate(funnel, workers=2, **options)  # type: ignore[arg-type]
    there = simulate(funnel, executor=Elsewhere(), **options)  # type: ignore[arg-type]
    assert here.pipeline_wins is not None
    assert np.isfinite(here.pipeline_wins).sum() > 30
    np.testing.assert_array_equal(here.pipeline_wins, there.pipeline_wins)
    np.testing.assert_array_equal(here.pipeline_amounts, there.pipeline_amounts)
    assert here.pipeline_sums is not None
    assert there.pipeline_sums is not None
    for name in ("wins", "booked", "bookings"):
        np.testing.assert_array_equal(
            getattr(here.pipeline_sums, name), getattr(there.pipeline_sums, name), err_msg=name
        )


def test_sums_of_open_deals_are_those_of_their_futures() -> None:
    """By window; over the deals they are the pipeline's part. Catches wins outside the window counted."""
    funnel = funnel_with({}, {"stage": "demo", "amount": 70.0}, {"amount": None}, {"won_before": True})
    run = simulate(funnel, days=60, replications=40, pipeline_wins=True, pipeline_sums=True, workers=1)
    assert run.pipeline_wins is not None
    assert run.pipeline_amounts is not None
    assert run.pipeline_sums is not None
    for w, window in enumerate(run.windows):
        inside = (run.pipeline_wins >= window.start_day) & (run.pipeline_wins < window.end_day)
        np.testing.assert_array_equal(run.pipeline_sums.wins[w], inside.sum(axis=0))
        amounts = np.where(inside, run.pipeline_amounts, 0.0)
        np.testing.assert_allclose(run.pipeline_sums.bookings[w], amounts.sum(axis=0), rtol=1e-12)
        np.testing.assert_allclose(
            run.pipeline_sums.bookings[w].sum(), run.tallies["bookings"][:, w, 0].sum(), rtol=1e-12
        )
    assert run.pipeline_sums.wins[:, 3].tolist() == [0.0] * len(run.windows)


def test_no_replications_are_refused() -> None:
    with pytest.raises(FunnelSimError, match="at least one replication"):
        simulate(funnel_with({}), days=5, replications=range(3, 3))
