"""Parts of a run, put together."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import polars as pl
import pytest

from funnelsim.core.errors import InputError
from funnelsim.engines.run import simulate
from funnelsim.model.files.model_files import funnel_of
from funnelsim.results.partfile import Asked, part_bytes, read_part
from funnelsim.results.parts import merged
from tests.unit.made_up_runs import model_of, pipeline_of

MODEL = model_of(
    start="2026-01-01",
    sources={"web": {"enters": "demo", "rate": "1 per day", "amount": "lognormal(mean=100, sigma=1.0)"}},
)


def run(part, seed=3):
    return simulate(funnel_of(MODEL), days=40, replications=part, seed=seed, workers=1)


def test_parts_are_the_whole_to_the_last_bit(tmp_path):
    """Through files, in any order. Mutant: parts joined in the order given."""
    for name, part in (("a", range(6)), ("b", range(6, 11))):
        (tmp_path / name).write_bytes(part_bytes(run(part), Asked(model="m.toml")))
    whole = run(range(11))
    found = merged([read_part(tmp_path / "b")[0], read_part(tmp_path / "a")[0]])
    assert found.replications == range(11)
    assert found.windows == whole.windows
    assert found.provenance == whole.provenance
    for name, counts in whole.tallies.items():
        np.testing.assert_array_equal(found.tallies[name], counts, err_msg=name)
    assert read_part(tmp_path / "a")[1] == Asked(model="m.toml")


def test_what_is_no_whole_is_told_at_once():
    with pytest.raises(InputError) as error:
        merged([run(range(3)), run(range(2, 5)), run(range(7, 9), seed=4)])
    text = str(error.value)
    assert "2:3 are given twice" in text
    assert "5:7 are missing" in text
    assert "seed differs" in text


FITTED = funnel_of(
    MODEL,
    draws=pl.DataFrame(
        {"sources.web.rate": [0.5, 1.0, 2.0, 4.0], "sources.web.amount.mean": [50.0, 80.0, 100.0, 900.0]}
    ),
    pipeline=pipeline_of(
        {"source": "web"},
        {"source": "web", "stage": "demo", "age_days": 4999.0},
        {"source": None, "amount": None},
    ),
)


def fitted(part, **options):
    return simulate(FITTED, days=40, replications=part, seed=3, **({"workers": 1} | options))


@pytest.mark.parametrize(
    "bounds",
    [(0, 3, 6), (0, 1, 2, 3, 4, 5, 6), (0, 5, 6), (0, 1, 6)],
    ids=["halves", "one by one", "5 and 1", "1 and 5"],
)
def test_any_split_of_a_fitted_model_is_the_whole_to_the_last_bit(bounds):
    """Draws, pipeline and notes about it included, in any order, from other workers and engines.

    Mutant: the plan of the first row that a part happens to use stands for the plan of the run.
    """
    whole = fitted(range(6))
    assert whole.notes
    parts = [
        fitted(range(first, last), workers=1 + first % 3, engine="reference" if first == 3 else "fast")
        for first, last in pairwise(bounds)
    ]
    found = merged(parts[::-1])
    assert found.replications == range(6)
    assert found.notes == whole.notes
    assert found.provenance.plan_sha256 == whole.provenance.plan_sha256
    for name, counts in whole.tallies.items():
        np.testing.assert_array_equal(found.tallies[name], counts, err_msg=name)


def test_the_plan_tells_draws_apart_that_a_part_does_not_use():
    """Mutant: only the draws of the part, or of the first row, in the plan's hash."""
    changed = FITTED.draws.with_columns(pl.Series("sources.web.rate", [0.5, 1.0, 2.0, 4.1]))
    other = funnel_of(MODEL, draws=changed, pipeline=FITTED.pipeline)
    one, two = (simulate(f, days=40, replications=range(2), workers=1) for f in (FITTED, other))
    assert one.provenance.plan_sha256 != two.provenance.plan_sha256
