"""F6-NC in numpy: all leads of a few replications flat, stage by stage, from a stream (no keyed luck)."""

from __future__ import annotations

import numpy as np

from benchmarks.contender import Contender, Outcome
from tests.oracles import f6

_AT_ONCE = 2  # replications in one chunk; their leads fit the second-level cache


def numpy_flat() -> Contender:
    def run(first: int, replications: int) -> Outcome:
        rng = np.random.default_rng(first)
        wins: list[float] = []
        visits = 0
        for done in range(0, replications, _AT_ONCE):
            chunk = min(_AT_ONCE, replications - done)
            leads = rng.poisson(f6.LEADS_PER_DAY * f6.DAYS, chunk)
            now = rng.random(leads.sum()) * f6.DAYS
            owner = np.repeat(np.arange(chunk), leads)
            for mean, p_on in zip(f6.MEAN_DWELL_DAYS, f6.P_ON, strict=True):
                visits += now.size
                on = rng.random(now.size, dtype=np.float32) < p_on
                now, owner = now[on], owner[on]
                # Only those who go on need their dwell: the exit does not depend on it.
                normal = rng.standard_normal(now.size, dtype=np.float32)
                now = now + mean * np.exp(f6.SIGMA * normal - f6.SIGMA**2 / 2)
                in_time = now < f6.DAYS
                now, owner = now[in_time], owner[in_time]
            wins.extend(np.bincount(owner, minlength=chunk).tolist())
        return Outcome(visits, tuple(wins))

    return Contender(name="numpy, flat, unkeyed stream", run=run, replications=1_000)
