"""Funnels written as a user writes them, and the long run of F6 that several tests read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from funnelsim.engines.run import simulate
from funnelsim.model.files.model_files import Funnel, read_funnel
from funnelsim.results.run import Run
from tests.oracles import f6

ReadText = Callable[..., Funnel]

_F6 = Path(__file__).parents[2] / "scenarios" / "f6.toml"
_PIPELINE = {
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
}


@pytest.fixture(scope="session")
def f6_funnel() -> Funnel:
    return read_funnel(_F6)


@pytest.fixture(scope="session")
def f6_run(f6_funnel: Funnel) -> Run:
    """F6-NC, 20,000 quarters; the error it can see is about 0.3 % of the wins."""
    return simulate(f6_funnel, days=f6.DAYS, replications=20_000, seed=1)


@pytest.fixture(scope="session")
def f6_exact() -> f6.Exact:
    return f6.exact()


@pytest.fixture
def funnel_of(tmp_path: Path) -> ReadText:
    """Read a model from TOML text, with open leads and parameter draws beside it."""

    def read(
        text: str,
        *,
        pipeline: Sequence[dict[str, Any]] = (),
        draws: dict[str, list[float]] | None = None,
        start: str = "2026-01-05",
    ) -> Funnel:
        beside = ""
        if pipeline:
            rows = [_open_lead(i, row) for i, row in enumerate(pipeline)]
            pl.DataFrame(rows, schema=_PIPELINE).write_parquet(tmp_path / "funnel.pipeline.parquet")
            beside += 'pipeline = "funnel.pipeline.parquet"\n'
        if draws:
            pl.DataFrame(draws).write_parquet(tmp_path / "funnel.draws.parquet")
            beside += 'draws = "funnel.draws.parquet"\n'
        path = tmp_path / "funnel.toml"
        path.write_text(f"format = 1\nstart = {start}\n{beside}{text}")
        return read_funnel(path)

    return read


def _open_lead(number: int, row: dict[str, Any]) -> dict[str, Any]:
    return {
        "lead": f"open-{number}",
        "name": f"Deal {number}",
        "owner": None,
        "source": None,
        "segment": None,
        "lead_age_days": row["age_days"],
        "amount": None,
        "visits": [row["stage"]],
        "won_before": False,
        **row,
    }
