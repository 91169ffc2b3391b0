"""Run funnels and let an index out of bounds be an error: `python -m tests.twins.bounds [EXAMPLES [SEED]]`.

Compiled code reads beyond its arrays in silence. With ``NUMBA_DISABLE_JIT=1`` (slow, nothing to compile)
or ``NUMBA_BOUNDSCHECK=1`` (compiles an engine of its own) it does not.
"""

from __future__ import annotations

import datetime as dt
import sys

import polars as pl
from hypothesis import HealthCheck, Phase, given, seed, settings

from funnelsim.engines.run import simulate
from funnelsim.model.changes.changes import RemoveStage
from funnelsim.model.files.model_files import Funnel
from funnelsim.model.parts import Model

from .flows import flow
from .funnels import Case
from .test_reference_and_fast import run


def awkward() -> Funnel:
    """Deals that wait, some for ever, in a stage that a change removes: exits there have no dwell."""
    document = {
        "name": "awkward",
        "start": dt.date(2026, 1, 14),
        "clocks": {"quarters": {"over": "quarter", "month": [0.4, 0.8, 1.8]}},
        "sources": {"inbound": {"enters": "waiting", "rate": "1 per week"}},
        "stages": {
            "waiting": {
                "clock": "quarters",
                "exits": {
                    "never": {"to": "never", "p": 0.9},
                    "won": {"to": "won", "p": 0.1, "after": "exponential(mean=4d)"},
                },
            }
        },
    }
    n = 8
    pipeline = pl.DataFrame(
        {
            "lead": [f"open-{i}" for i in range(n)],
            "name": [f"Deal {i}" for i in range(n)],
            "owner": [None] * n,
            "source": ["inbound"] * n,
            "segment": [None] * n,
            "stage": ["waiting"] * n,
            "age_days": [float(i) for i in range(n)],
            "lead_age_days": [float(i) for i in range(n)],
            "amount": [1000.0] * n,
            "visits": [["waiting"]] * n,
            "won_before": [False] * n,
        },
        schema_overrides={"owner": pl.String, "segment": pl.String},
    )
    return Funnel(model=Model.model_validate(document), pipeline=pipeline)


def run_awkward() -> None:
    removed = RemoveStage(stage="waiting", recovered=(0.5,), start=None)
    for changes in ((), (removed,)):
        simulate(awkward(), days=20, replications=1, workers=1, changes=changes)


def run_any(examples: int, number: int) -> None:
    @seed(number)
    @settings(
        max_examples=examples,
        deadline=None,  # runs outside pytest too, where no profile is loaded
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(flow())
    def stays_within_its_arrays(one: Case) -> None:
        run(one)

    stays_within_its_arrays()


if __name__ == "__main__":
    run_awkward()
    if len(sys.argv) > 1:
        run_any(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)
