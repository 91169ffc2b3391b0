"""Ranges that say 80 % hold the truth 80 % of the time, over companies drawn from a stated prior.

The reference: Talts, S. et al. (2018). Validating Bayesian inference algorithms with simulation-based
calibration. arXiv:1804.06788. Seeds were fixed before the first run.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from scipy import stats

from funnelsim.engines.run import simulate
from funnelsim.fitting.funnel import fit_funnel
from funnelsim.forecasting.scores import LEVELS, covers, randomised_pit
from funnelsim.model.files import funnel_of

from .drawn_models import PERIOD_DAYS, Case, drawn_case

SEED = 20261123


@dataclass(frozen=True)
class Verdict:
    """How the forecast of one company did."""

    held: bool
    pit: float


def verdicts(number: int, case: Case, *, draws: int, replications: int) -> dict[str, Verdict]:
    """Forecast wins and bookings, and hold them against the truth.

    The companies of the prior are steady, and the fit takes them so: with drift, ranges would be wider than
    they need.
    """
    fit = fit_funnel(case.history, draws=draws, horizon_days=None, covariates=False, workers=1)
    run = simulate(
        funnel_of(fit.model, draws=fit.draws, pipeline=fit.pipeline),
        days=PERIOD_DAYS,
        replications=replications,
    )
    told = {
        "wins": (run.tallies["deals_won"][:, 0], float(case.wins)),
        "bookings": (run.tallies["bookings"][:, 0].sum(axis=1), case.bookings),
    }
    u = np.random.default_rng([SEED, 1, number]).random()
    found = {}
    for name, (values, truth) in told.items():
        quantiles = np.quantile(values, LEVELS)
        found[name] = Verdict(
            held=covers(truth, quantiles, "80"), pit=randomised_pit(truth, quantiles, float(u))
        )
    return found


def assessed(cases: range, *, draws: int, replications: int) -> dict[str, tuple[float, float]]:
    """Coverage of the 80 % ranges and the Kolmogorov-Smirnov p of the PIT, for wins and bookings."""
    rows = [
        verdicts(number, drawn_case(number, SEED), draws=draws, replications=replications) for number in cases
    ]
    return {
        name: (
            float(np.mean([row[name].held for row in rows])),
            float(stats.kstest([row[name].pit for row in rows], "uniform").pvalue),
        )
        for name in ("wins", "bookings")
    }


def test_a_few_companies() -> None:
    """16 ranges at 80 %: 8 or fewer has a chance of 1 in 150. Mutant: pipeline left out of the forecast."""
    for name, (coverage, _) in assessed(range(16), draws=25, replications=500).items():
        assert coverage > 0.5, name


@pytest.mark.slow
def test_a_thousand_companies() -> None:
    """76.7 to 83.2 % is the central 99 % range of the share of 1,000 honest ranges."""
    for name, (coverage, p) in assessed(range(1_000), draws=60, replications=1_500).items():
        assert 0.767 <= coverage <= 0.832, name
        assert p > 0.001, name
