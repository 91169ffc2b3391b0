"""What a run tells of its visits belongs to the parameter draw of each replication."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import polars as pl
import pytest

from funnelsim.engines import job as run_module
from funnelsim.engines.run import simulate
from funnelsim.engines.waves.run import run_freeflow
from funnelsim.model.files.model_files import Funnel
from funnelsim.model.parts import Model

DRAWS = 30
MODEL = Model.model_validate(
    {
        "start": dt.date(2026, 1, 1),
        "sources": {"inbound": {"enters": "demo", "rate": 2.0}},
        "stages": {
            "demo": {
                "after": "exponential(mean=5d)",
                "exits": {"no_go": {"to": "lost", "p": 0.2}, "won": {"p": 0.3}, "lost": {"p": 0.5}},
            }
        },
    }
)


@pytest.fixture
def funnel() -> Funnel:
    """Every second draw gives the first exit no chance, so that the plans hold two exits or three."""
    p = np.where(np.arange(DRAWS) % 2 == 0, 0.2, 0.0)
    share = {"no_go": p, "won": np.full(DRAWS, 0.3), "lost": 0.7 - p}
    draws = pl.DataFrame({f"stages.demo.exits.{name}.p": values for name, values in share.items()})
    return Funnel(model=MODEL, draws=draws, pipeline=None, path=None, sha256="")


@pytest.mark.parametrize("workers", [1, 3])
def test_exits_keep_their_names_where_a_draw_gives_one_no_chance(funnel: Funnel, workers: int) -> None:
    """Fails where the exits of all replications are named by whichever plan a thread built last."""
    run = simulate(funnel, days=40, replications=4 * DRAWS, visits=True, workers=workers)
    assert run.visits is not None
    ended = run.visits.filter(pl.col("exit").is_not_null())
    assert ended.filter(pl.col("exit") == "won").height == run.tallies["deals_won"][:, 0].sum()
    barred = ended.filter((pl.col("replication") % DRAWS) % 2 == 1)
    assert "no_go" not in barred["exit"]
    assert "no_go" in ended["exit"]


def test_open_leads_need_no_engine_of_their_own(funnel: Funnel) -> None:
    """Mutant: read-only columns of the pipeline, for which the whole engine is compiled once more."""
    lead = {
        "lead": ["a"],
        "name": ["a"],
        "owner": [None],
        "source": ["inbound"],
        "segment": [None],
        "stage": ["demo"],
        "age_days": [3.0],
        "lead_age_days": [30.0],
        "amount": [100.0],
        "visits": [["demo"]],
        "won_before": [False],
    }
    pipeline = pl.DataFrame(lead, schema_overrides={"owner": pl.String, "segment": pl.String})
    simulate(funnel, days=5, replications=2)
    compiled = len(run_freeflow.signatures)
    simulate(dataclasses.replace(funnel, pipeline=pipeline), days=5, replications=2)
    assert len(run_freeflow.signatures) == compiled


@pytest.mark.parametrize("with_draws", [True, False])
def test_every_replication_is_run_however_small_the_pieces(
    funnel: Funnel, with_draws: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mutant: of the replications of a draw only the first few, the others left as memory was found."""
    one = funnel if with_draws else dataclasses.replace(funnel, draws=None)
    whole = simulate(one, days=40, replications=5 * DRAWS)
    monkeypatch.setattr(run_module, "_MOST_LEADS", 200)
    monkeypatch.setattr(run_module, "_MOST_REPLICATIONS", 3)
    parts = simulate(one, days=40, replications=5 * DRAWS)
    for name, counts in whole.tallies.items():
        assert not np.isnan(counts).any(), name
        np.testing.assert_array_equal(parts.tallies[name], counts, err_msg=name)
