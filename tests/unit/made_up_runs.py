"""Runs and funnels made by hand, so that every figure in a test can be worked out on paper."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from funnelsim.model.files.model_files import Funnel, funnel_of
from funnelsim.model.parts import Model
from funnelsim.results.provenance import Provenance
from funnelsim.results.run import (
    LEAD_TALLIES,
    PART_TALLIES,
    PARTS,
    ROLE_TALLIES,
    STAGE_TALLIES,
    Run,
    Window,
)

STAGES = ("demo", "offer")


def run_of(
    *,
    windows: tuple[Window, ...] = (Window(label="all", start_day=0.0, end_day=10.0),),
    replications: range = range(4),
    draw_rows: int = 0,
    seed: int = 1,
    stages: tuple[str, ...] = STAGES,
    roles: tuple[str, ...] = (),
    **tallies: object,
) -> Run:
    """A run whose tallies are those given, broadcast to their shape, and 0 elsewhere."""
    shape = (len(replications), len(windows))
    shapes = {
        **dict.fromkeys(LEAD_TALLIES, shape),
        **dict.fromkeys(PART_TALLIES, (*shape, len(PARTS))),
        **dict.fromkeys(STAGE_TALLIES, (*shape, len(stages))),
        **dict.fromkeys(ROLE_TALLIES, (*shape, len(roles))),
    }
    assert set(tallies) <= set(shapes)
    filled = {
        name: np.array(np.broadcast_to(np.asarray(tallies.get(name, 0.0), dtype=np.float64), size))
        for name, size in shapes.items()
    }
    provenance = Provenance(
        model="made up",
        model_sha256="0" * 64,
        plan_sha256="0" * 64,
        seed=seed,
        replications=len(replications),
        engine="fast",
        version="0",
    )
    return Run(
        windows=windows,
        stages=stages,
        roles=roles,
        replications=replications,
        tallies=filled,
        provenance=provenance,
        draw_rows=draw_rows,
    )


def model_of(**parts: object) -> Model:
    """Two stages; a demo takes 5 days and half of them win after 10 more."""
    document: dict[str, object] = {
        "name": "made up",
        "currency": "USD",
        "amount_is": "ACV",
        "start": dt.date(2026, 2, 10),
        "goal": {"quota": 1000.0, "period": "quarter"},
        "sources": {"inbound": {"enters": {"demo": 1.0}, "rate": "1 per day", "amount": "constant(100)"}},
        "stages": {
            "demo": {"after": "constant(5d)", "exits": {"offer": {"to": "offer", "p": 1.0}}},
            "offer": {
                "after": "exponential(mean=10d)",
                "exits": {"won": {"to": "won", "p": 0.5}, "lost": {"to": "lost", "p": 0.5}},
            },
        },
    }
    return Model.model_validate(document | parts)


def pipeline_of(*leads: dict[str, object]) -> pl.DataFrame:
    """Open leads; what is not said is ordinary."""
    rows = [
        {
            "lead": f"open-{n}",
            "name": f"Deal {n}",
            "owner": "Ana",
            "source": "inbound",
            "segment": None,
            "stage": "offer",
            "age_days": 1.0,
            "lead_age_days": 6.0,
            "amount": 100.0,
            "visits": [lead.get("stage", "offer")],
            "won_before": False,
            **lead,
        }
        for n, lead in enumerate(leads)
    ]
    return pl.DataFrame(
        rows,
        schema={
            "lead": pl.String,
            "name": pl.String,
            "owner": pl.String,
            "source": pl.String,
            "segment": pl.String,
            "stage": pl.String,
            "age_days": pl.Float64,
            "lead_age_days": pl.Float64,
            "amount": pl.Float64,
            "visits": pl.List(pl.String),
            "won_before": pl.Boolean,
        },
    )


def funnel_with(*leads: dict[str, object], draws: pl.DataFrame | None = None, **parts: object) -> Funnel:
    """A funnel with open leads, or none where none are given."""
    return funnel_of(model_of(**parts), pipeline=pipeline_of(*leads) if leads else None, draws=draws)
