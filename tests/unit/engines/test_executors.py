"""Runs on processes and on a Dask cluster give the bits of one thread."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import distributed
import numpy as np
import polars as pl
import pytest

from funnelsim.core.errors import FunnelSimError
from funnelsim.engines.executors import executor_by_name
from funnelsim.engines.run import simulate
from funnelsim.experiments.measured import measured
from funnelsim.experiments.variants import Variants
from funnelsim.model.changes.changes import SetValue
from funnelsim.model.files.model_files import Funnel
from funnelsim.model.parts import Model
from funnelsim.results.run import Run

MODEL = Model.model_validate(
    {
        "name": "executors",
        "start": "2026-01-05",
        "goal": {"quota": 1000, "period": "month"},
        "sources": {"web": {"enters": "demo", "rate": 2.0, "amount": "lognormal(mean=100, sigma=1)"}},
        "stages": {
            "demo": {
                "exits": {
                    "won": {"p": 0.4, "after": "lognormal(median=6d, sigma=0.8)"},
                    "lost": {"p": 0.6, "after": "20d"},
                }
            }
        },
    }
)
DRAWS = pl.DataFrame({"sources.web.rate": [2.0, 3.0, 4.0], "stages.demo.exits.won.p": [0.4, 0.3, 0.5]})
FUNNEL = Funnel(model=MODEL, draws=DRAWS)
VARIANTS = [
    (),
    (SetValue(path="sources.web.rate", by="x1.5"),),
    (SetValue(path="stages.demo.after", by="x2"),),
]


def same(one: Run, other: Run) -> bool:
    return all(np.array_equal(own, other.tallies[name], equal_nan=True) for name, own in one.tallies.items())


@pytest.fixture(scope="module")
def cluster() -> Iterator[distributed.LocalCluster]:
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs="ERROR"
    ) as found:
        yield found


def address(cluster: distributed.LocalCluster) -> str:
    return f"dask://{cluster.scheduler_address.removeprefix('tcp://')}"


@pytest.fixture(scope="module")
def alone() -> list[Run]:
    """The base and two variants, on one thread."""
    with ThreadPoolExecutor(1) as one:
        return list(Variants(FUNNEL, measured(FUNNEL), replications=60, executor=one).runs(VARIANTS))


def test_processes_give_the_bits_of_one_thread(alone: list[Run]) -> None:
    executor = executor_by_name("processes", 2)
    assert executor is not None
    try:
        found = list(Variants(FUNNEL, measured(FUNNEL), replications=60, executor=executor).runs(VARIANTS))
    finally:
        executor.shutdown()
    assert [same(one, other) for one, other in zip(found, alone, strict=True)] == [True] * 3
    assert not same(found[0], found[1])


def test_a_cluster_gives_the_bits_of_one_thread(cluster: distributed.LocalCluster, alone: list[Run]) -> None:
    executor = executor_by_name(address(cluster))
    assert executor is not None
    try:
        found = list(Variants(FUNNEL, measured(FUNNEL), replications=60, executor=executor).runs(VARIANTS))
    finally:
        executor.shutdown()
    assert [same(one, other) for one, other in zip(found, alone, strict=True)] == [True] * 3


class Elsewhere(Executor):
    """Four threads that stand for those of a worker of a cluster."""

    def __init__(self) -> None:
        self.threads = ThreadPoolExecutor(4)

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        return self.threads.submit(fn, *args, **kwargs)


def test_a_worker_with_several_threads_gives_the_bits_of_one() -> None:
    """Mutant: plans of all threads in one slot, or without a lock."""
    drawn = pl.DataFrame({"stages.demo.exits.won.after.median": np.linspace(2.0, 40.0, 40)})
    funnel = Funnel(model=MODEL, draws=drawn)
    found = simulate(funnel, days=91, replications=2000, executor=Elsewhere())
    assert same(found, simulate(funnel, days=91, replications=2000, workers=1))


def test_a_run_outlives_a_killed_worker(cluster: distributed.LocalCluster) -> None:
    """A worker is killed after the first part of the run has come back."""
    executor = executor_by_name(address(cluster))
    assert executor is not None
    killed = threading.Event()

    def kill_one(done: int, total: int) -> None:
        if done < total and not killed.is_set():
            killed.set()
            pid = next(iter(cluster.workers.values())).pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            time.sleep(0.2)

    try:
        found = simulate(FUNNEL, days=365, replications=9000, executor=executor, progress=kill_one)
    finally:
        executor.shutdown()
    assert killed.is_set()
    assert same(found, simulate(FUNNEL, days=365, replications=9000, workers=1))


def test_a_scheduler_that_does_not_answer_is_one_clear_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("funnelsim.engines.executors._PATIENCE", 0.2)
    executor = executor_by_name("dask://127.0.0.1:9")
    assert executor is not None
    with pytest.raises(FunnelSimError, match=r"no Dask scheduler answers at 127\.0\.0\.1:9"):
        simulate(FUNNEL, days=30, replications=10, executor=executor)


def test_an_unknown_executor_is_named(tmp_path: Path) -> None:
    with pytest.raises(FunnelSimError, match='there is no executor "cluster"; choose from threads'):
        executor_by_name("cluster")


def test_without_dask_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    executor = executor_by_name("dask://127.0.0.1:9")
    assert executor is not None
    with pytest.raises(FunnelSimError, match=r"pip install 'funnelsim\[dask\]'"):
        simulate(FUNNEL, days=30, replications=10, executor=executor)
