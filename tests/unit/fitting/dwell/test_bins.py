"""A fit from bins beside a fit from every time by itself."""

from __future__ import annotations

import numpy as np
import pytest

from funnelsim.fitting.dwell import censoring as observed
from funnelsim.fitting.dwell.censoring import observe
from funnelsim.fitting.dwell.competing import StageFit
from funnelsim.history.files.events import History
from tests.unit.fitting.made_up_visits import one_stage
from tests.unit.fitting.stated_families import fit_stated

NUMBER, UNTIL = 12_000, 700.0


def broad_and_sharp() -> History:
    """Wins after a few days or many (sigma 0.8), losses after ten months, all within weeks; some are open."""
    rng = np.random.default_rng(11)
    entered = rng.uniform(0, UNTIL - 100, NUMBER)
    won = rng.random(NUMBER) < 0.5
    days = np.where(won, rng.lognormal(2.5, 0.8, NUMBER), rng.gamma(400.0, 0.75, NUMBER))
    return one_stage(entered, entered + days, np.where(won, "won", "lost"), until=UNTIL)


def fitted(history: History) -> StageFit:
    return fit_stated(observe(history)["demo"], {"won": ("lognormal",), "lost": ("gamma",)})


def test_bins_move_no_parameter_by_a_tenth_of_its_standard_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mutants: bins ten times as wide and as full; bins of one width, 2 %, which blur a narrow one."""
    history = broad_and_sharp()
    binned = fitted(history)
    assert max(b.size for b in binned.sample.bins) < 500
    monkeypatch.setattr(observed, "_EXACT_UPTO", NUMBER)
    single = fitted(history)
    assert sum(b.size for b in single.sample.bins) > 0.9 * NUMBER
    distributions = slice(single.layout.logits, None)
    error = np.sqrt(np.diag(single.covariance))[distributions]
    assert np.all(error > 0)
    assert np.max(np.abs(binned.parameters - single.parameters)[distributions] / error) < 0.1
    error_of_p = np.sqrt(single.p * (1 - single.p) / NUMBER)
    assert np.max(np.abs(binned.p - single.p) / error_of_p) < 0.1
