"""The contenders of F6 do the same job: the same wins and waits in every tool, and what the files say."""

from __future__ import annotations

import dataclasses
import math
import sys
from collections.abc import Callable

import numpy as np
import pytest

import funnelsim as fs
from benchmarks.contender import Contender, LeftOut, Outcome
from benchmarks.ours import SCENARIOS
from benchmarks.peers.heap_f6 import numba_heap
from benchmarks.peers.optional import optional
from benchmarks.peers.simpy_f6 import simpy_callbacks, simpy_processes
from benchmarks.truth import Estimate, Truth, WrongAnswerError, verify
from tests.oracles import f6

STAFFINGS = {"f6": f6.NO_REPS, "f6_cap": f6.CAP, "f6_shared": f6.SHARED}
staffed = pytest.mark.parametrize("staffing", [f6.CAP, f6.SHARED], ids=["cap", "shared"])


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f6, "DAYS", 35.0)


def erlang_c_wait_days(leads_per_day: float, effort_days: float, reps: int) -> float:
    """Mean wait of M/M/c (Erlang 1917)."""
    load = leads_per_day * effort_days
    terms = [load**k / math.factorial(k) for k in range(reps)]
    last = load**reps / math.factorial(reps) * reps / (reps - load)
    return last / (sum(terms) + last) * effort_days / (reps - load)


@pytest.mark.parametrize("scenario", STAFFINGS)
def test_model_files_say_what_the_contenders_do(scenario: str) -> None:
    model, staffing = fs.read_model(SCENARIOS / f"{scenario}.toml").model, STAFFINGS[scenario]
    (source,) = model.sources.values()
    assert source.rate == f6.LEADS_PER_DAY
    assert tuple(role.headcount for role in model.roles.values()) == staffing.reps
    assert tuple(model.stages) == f6.STAGES
    for place, stage in enumerate(model.stages.values()):
        assert stage.after is not None
        assert stage.after.mean() == pytest.approx(f6.MEAN_DWELL_DAYS[place])
        assert next(iter(stage.exits.values())).p == f6.P_ON[place]
        pool = staffing.pool[place]
        assert [task.role for task in stage.work] == ([] if pool is None else [list(model.roles)[pool]])
        assert [task.effort.mean() for task in stage.work] == pytest.approx(
            [] if pool is None else [staffing.effort_days[place]]
        )


def test_the_heap_waits_as_erlang_c_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches reps that stay idle while a lead waits, and one that does two tasks."""
    monkeypatch.setattr(f6, "DAYS", 2_000.0)
    monkeypatch.setattr(f6, "P_ON", (0.0,) * 6)
    one_stage = f6.Staffing((0, *[None] * 5), (9,), (0.1875, *[0.0] * 5))
    wait = Estimate.of(numba_heap(one_stage).run(3, 60).wait_days[f6.STAGES[0]])
    expected = Estimate(erlang_c_wait_days(f6.LEADS_PER_DAY, 0.1875, 9))
    assert wait.se < 0.02 * expected.mean
    assert wait.agrees(expected)


def test_without_reps_the_heap_finds_the_exact_wins() -> None:
    verify(numba_heap(), Truth(Estimate(f6.exact().wins)), 600)


@staffed
def test_both_ways_in_simpy_give_the_same_replications(staffing: f6.Staffing, short: None) -> None:
    """On the same luck: requests of SimPy's resources and lines kept by hand serve in the same order."""
    processes, callbacks = simpy_processes(staffing).run(5, 4), simpy_callbacks(staffing).run(5, 4)
    assert (processes.visits, processes.wins) == (callbacks.visits, callbacks.wins)
    for stage, waits in processes.wait_days.items():
        assert np.allclose(waits, callbacks.wait_days[stage], rtol=1e-9)


@staffed
def test_simpy_and_the_heap_agree(staffing: f6.Staffing, short: None) -> None:
    verify(simpy_callbacks(staffing), Truth.found_by(numba_heap(staffing), 2_000), 60)


@pytest.mark.parametrize("staffing", STAFFINGS.values(), ids=STAFFINGS)
@pytest.mark.parametrize(("package", "replications"), [("ciw", 20), ("salabim", 8)])
def test_other_tools_agree(package: str, replications: int, staffing: f6.Staffing, short: None) -> None:
    pytest.importorskip(package)
    contender = optional(package, staffing)
    assert isinstance(contender, Contender)
    verify(contender, Truth.found_by(numba_heap(staffing), 2_000), replications)


def one_rep_less(staffing: f6.Staffing) -> f6.Staffing:
    return dataclasses.replace(staffing, reps=(*staffing.reps[:-1], staffing.reps[-1] - 1))


def a_pool_for_each_stage(staffing: f6.Staffing) -> f6.Staffing:
    return dataclasses.replace(staffing, pool=f6.CAP.pool, reps=f6.CAP.reps)


@pytest.mark.parametrize("mutant", [one_rep_less, a_pool_for_each_stage])
def test_who_does_another_job_is_refused(mutant: Callable[[f6.Staffing], f6.Staffing], short: None) -> None:
    truth = Truth.found_by(numba_heap(f6.SHARED), 1_000)
    with pytest.raises(WrongAnswerError, match=r"a wait of .* d in sql, not "):
        verify(numba_heap(mutant(f6.SHARED)), truth, 100)


def test_who_ignores_the_reps_is_refused(short: None) -> None:
    wins = numba_heap().run(0, 50).wins
    ignorant = Contender(name="ignorant", run=lambda *_: Outcome(1.0, wins), replications=1)
    with pytest.raises(WrongAnswerError, match=r"wins, not .*; no wait in sal, not"):
        verify(ignorant, Truth.found_by(numba_heap(f6.CAP), 2_000), 50)


def test_a_missing_package_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ciw", None)
    monkeypatch.delitem(sys.modules, "benchmarks.peers.ciw_f6", raising=False)
    assert optional("ciw", f6.CAP) == LeftOut("ciw", "ciw is not installed; pip install 'funnelsim[bench]'")
