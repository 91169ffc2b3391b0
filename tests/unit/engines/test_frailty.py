"""Exits to one target as one, and what a pipeline may say of the frailty of its leads."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import polars as pl
import pytest

from funnelsim.core.errors import ModelError
from funnelsim.engines.frailty import joined_exits
from funnelsim.engines.run import simulate
from funnelsim.model.files import Funnel
from funnelsim.model.parts import Model, Stage

EXITS: dict[str, Any] = {
    "lost": {"p": 0.1, "after": "3d"},
    "win_at_once": {"to": "won", "p": 0.2, "after": "0d"},
    "won": {"p": 0.3, "after": "exponential(mean=4d)", "clock": "quarter_end"},
    "lost_price": {"to": "lost", "p": 0.1, "after": "exponential(mean=9d)"},
    "won_late": {"to": "won", "p": 0.1, "after": "exponential(mean=40d)", "clock": "quarter_end"},
    "won_slow": {"to": "won", "p": 0.1, "after": "exponential(mean=40d)", "wait_half_life": "2d"},
    "never": {"p": 0.1},
}


def test_exits_to_one_target_are_one() -> None:
    """Those that waiting costs stay apart; what takes no time runs on the clock of the others."""
    stage = Stage.model_validate({"exits": EXITS})
    found = joined_exits(stage, stage.exits)
    assert list(found) == ["lost", "win_at_once", "won_slow", "never"]
    assert {name: round(e.p, 9) for name, e in found.items()} == {
        "lost": 0.2,
        "win_at_once": 0.6,
        "won_slow": 0.1,
        "never": 0.1,
    }
    won = found["win_at_once"]
    assert won.clock == "quarter_end"
    assert won.after is not None
    assert won.after.mean() == pytest.approx((0.3 * 4 + 0.1 * 40) / 0.6)
    assert found["never"].after is None


def test_bad_factors_of_open_leads_are_named() -> None:
    """Catches: a NaN that would make every dwell NaN."""
    model = Model.model_validate(
        {
            "start": dt.date(2026, 1, 1),
            "sources": {"inbound": {"enters": "demo", "rate": 1.0}},
            "stages": {"demo": {"after": "1d", "frailty": 0.5, "exits": {"won": {"p": 1.0}}}},
        }
    )
    rows = {
        "lead": ["a", "b"],
        "source": ["inbound"] * 2,
        "segment": [None] * 2,
        "stage": ["demo"] * 2,
        "age_days": [1.0, 2.0],
        "lead_age_days": [1.0, 2.0],
        "amount": [1.0, 1.0],
        "visits": [["demo"]] * 2,
        "won_before": [False] * 2,
        "frailty_mean": [0.0, float("nan")],
        "frailty_sd": [2.0, None],
    }
    pipeline = pl.DataFrame(rows, schema_overrides={"segment": pl.String})
    funnel = Funnel(model=model, draws=None, pipeline=pipeline, path=None, sha256="")
    with pytest.raises(ModelError) as failed:
        simulate(funnel, days=10, replications=1)
    assert [problem.path for problem in failed.value.problems] == ["column frailty_mean", "column frailty_sd"]
    mended = pipeline.with_columns(frailty_mean=pl.lit(0.5), frailty_sd=pl.lit(None, pl.Float64))
    assert simulate(dataclasses.replace(funnel, pipeline=mended), days=10, replications=1)
