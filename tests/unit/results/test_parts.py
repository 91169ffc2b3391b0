"""Parts of a run, put together."""

from __future__ import annotations

import numpy as np
import pytest

from funnelsim.core.errors import InputError
from funnelsim.engines.run import simulate
from funnelsim.model.files import funnel_of
from funnelsim.results.parts import merged, part_bytes, read_part
from tests.unit.made_up_runs import model_of

MODEL = model_of(
    start="2026-01-01",
    sources={"web": {"enters": "demo", "rate": "1 per day", "amount": "lognormal(mean=100, sigma=1.0)"}},
)


def run(part, seed=3):
    return simulate(funnel_of(MODEL), days=40, replications=part, seed=seed, workers=1)


def test_parts_are_the_whole_to_the_last_bit(tmp_path):
    """Through files, in any order. Mutant: parts joined in the order given."""
    for name, part in (("a", range(6)), ("b", range(6, 11))):
        (tmp_path / name).write_bytes(part_bytes(run(part), model="m.toml"))
    whole = run(range(11))
    found = merged([read_part(tmp_path / "b")[0], read_part(tmp_path / "a")[0]])
    assert found.replications == range(11)
    assert found.windows == whole.windows
    assert found.provenance == whole.provenance
    for name, counts in whole.tallies.items():
        np.testing.assert_array_equal(found.tallies[name], counts, err_msg=name)
    assert read_part(tmp_path / "a")[1] == {"model": "m.toml"}


def test_what_is_no_whole_is_told_at_once():
    with pytest.raises(InputError) as error:
        merged([run(range(3)), run(range(2, 5)), run(range(7, 9), seed=4)])
    text = str(error.value)
    assert "2:3 are there twice" in text
    assert "5:7 are missing" in text
    assert "seed differs" in text


def test_a_file_of_another_kind(tmp_path):
    (tmp_path / "x.npz").write_text("not one of ours")
    with pytest.raises(InputError, match=r"not a part of a run"):
        read_part(tmp_path / "x.npz")
    with pytest.raises(InputError, match="no such file"):
        read_part(tmp_path / "y.npz")
