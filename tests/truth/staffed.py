"""Funnels with reps, and what a run counted of one of their stages."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from funnelsim.model.files.model_files import Funnel
from funnelsim.model.parts import Model
from funnelsim.results.run import Run

MONDAY = dt.date(2026, 1, 5)
_SCHEMA = {"amount": pl.Float64, "owner": pl.String, "segment": pl.String, "source": pl.String}


def staffed(text: str, *, waiting: Sequence[dict[str, Any]] = ()) -> Funnel:
    """A funnel from TOML, with open leads that wait in a stage since `age_days`."""
    document = {"start": MONDAY} | tomllib.loads(text)
    leads = None
    if waiting:
        rows = [_open_lead(n, lead) for n, lead in enumerate(waiting)]
        leads = pl.DataFrame(rows, schema_overrides=_SCHEMA)
    return Funnel(model=Model.model_validate(document), draws=None, pipeline=leads, path=None, sha256="")


def _open_lead(number: int, lead: dict[str, Any]) -> dict[str, Any]:
    nothing = {"owner": None, "source": None, "segment": None, "amount": None, "won_before": False}
    more = {"lead": f"open-{number}", "name": "", "lead_age_days": lead["age_days"] + number}
    return nothing | more | {"visits": [lead["stage"]], "state": "waiting"} | lead


def of_stage(run: Run, name: str, stage: str) -> NDArray[np.float64]:
    """A count of one stage in the whole span, by replication."""
    counts: NDArray[np.float64] = run.tallies[name][:, 0, run.stages.index(stage)]
    return counts
