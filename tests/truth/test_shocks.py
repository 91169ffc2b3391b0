"""Months that are good or bad as a whole."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special, stats

from funnelsim.core.numeric.exponential import exponential
from funnelsim.engines.planning.shocks import normal_table
from funnelsim.engines.run import simulate
from funnelsim.results.run import Window
from tests.oracles import tolerance

LENGTHS = (31, 28, 31)  # January to March 2026
MONTHS = (
    Window(label="all", start_day=0.0, end_day=90.0),
    *(
        Window(label=str(m), start_day=float(sum(LENGTHS[:m])), end_day=float(sum(LENGTHS[: m + 1])))
        for m in range(3)
    ),
)
RATE = """
[shocks]
"sources.inbound.rate" = { sd = 0.3, rho = 0.6 }
[sources.inbound]
enters = "mql"
rate = "4 per day"
%s
[sources.outbound]
enters = "mql"
rate = "4 per day"
[stages.mql.exits]
lost = { p = 1.0, after = "constant(1d)" }
"""
ODDS = """
[shocks]
odds = { sd = 0.8, rho = 0.5 }
[sources.inbound]
enters = "mql"
rate = "4 per day"
[stages.mql.exits]
lost  = { p = 0.5, after = "constant(0d)" }
sql   = { p = 0.2, after = "constant(0d)" }
demo  = { p = 0.1, after = "constant(0d)" }
never = { p = 0.2 }
[stages.sql.exits]
never = { p = 1.0 }
[stages.demo.exits]
never = { p = 1.0 }
"""


def test_months_vary_together_as_an_autoregression_says(funnel_of):
    """Var = m + m^2 (e^(s^2) - 1) and Cov of months k apart = m m' (e^(s^2 rho^k) - 1); means as without.

    Catches: a mean of e^(s^2 / 2) (4.6 % more), the first month not drawn from the stationary
    distribution, rho on the innovation, a factor for each day or each quarter, the shock on another source.
    """
    run = simulate(
        funnel_of(RATE % "", start="2026-01-01"), days=90, windows=MONTHS, replications=20_000, seed=1
    )
    counts = run.tallies["entered"][:, 1:, 0]
    both = np.array([8.0 * n for n in LENGTHS])
    for m, n in enumerate(LENGTHS):
        tolerance.check_mean(counts[:, m], both[m], resolution=0.006)
        own = 4.0 * n
        tolerance.check_variance(counts[:, m], both[m] + own**2 * math.expm1(0.09), resolution=0.07)
    for k in (1, 2):
        expected = 16.0 * LENGTHS[0] * LENGTHS[k] * math.expm1(0.09 * 0.6**k)
        products = (counts[:, 0] - counts[:, 0].mean()) * (counts[:, k] - counts[:, k].mean())
        tolerance.check_mean(products, expected, resolution=0.2)


def test_a_shock_on_the_rate_leaves_campaigns_alone(funnel_of):
    """Catches: the factor applied to all streams of a source."""
    campaign = 'campaigns = { fair = { on = 2026-01-01, leads = 300, over = "90d" } }'
    text = (RATE % campaign).replace('rate = "4 per day"', "rate = 0")
    run = simulate(funnel_of(text, start="2026-01-01"), days=90, windows=MONTHS, replications=3_000, seed=2)
    tolerance.check_counts(run.tallies["leads_created"][:, 1], stats.poisson(300 * 31 / 90))


def moments_of_share(base: float, sd: float, rho: float) -> tuple[float, float, float]:
    """Mean, variance, and covariance of two months, of logistic(logit(base) + z) by Gauss-Hermite."""
    x, w = special.roots_hermitenorm(80)
    w = w / w.sum()
    share = special.expit(special.logit(base) + sd * x)
    mean = float(w @ share)
    z = rho * sd * x[:, None] + math.sqrt(1 - rho**2) * sd * x[None, :]
    later = special.expit(special.logit(base) + z) @ w
    return mean, float(w @ share**2) - mean**2, float(w @ (share * later)) - mean**2


def test_odds_of_going_on_vary_by_month(funnel_of):
    """Leads that go on in a month are Poisson given its odds. A third of them go to `demo`, always.

    Catches: chances multiplied instead of odds, the odds of the wrong month, a draw for each stage or lead,
    exits that lead on each with odds of their own.
    """
    run = simulate(funnel_of(ODDS, start="2026-01-01"), days=90, windows=MONTHS, replications=20_000, seed=3)
    entered = run.tallies["entered"][:, 1:]
    onward = entered[:, :, 1] + entered[:, :, 2]
    mean, variance, covariance = moments_of_share(0.3, 0.8, 0.5)
    for m, n in enumerate(LENGTHS):
        leads = 4.0 * n
        tolerance.check_mean(onward[:, m], leads * mean, resolution=0.02)
        tolerance.check_variance(onward[:, m], leads * mean + leads**2 * variance, resolution=0.06)
    products = (onward[:, 0] - onward[:, 0].mean()) * (onward[:, 1] - onward[:, 1].mean())
    tolerance.check_mean(products, 16.0 * LENGTHS[0] * LENGTHS[1] * covariance, resolution=0.12)
    tolerance.check_ratio(entered[:, 1, 2], onward[:, 1], 1 / 3, resolution=0.01)


def test_a_month_begins_on_its_first_day(funnel_of):
    """A run from the 20th: the last twelve days of January share their odds, February has its own.

    Catches: months counted from the start.
    """
    spans = [(0, 40), (0, 6), (6, 12), (12, 18)]
    windows = [Window(label=str(n), start_day=float(a), end_day=float(b)) for n, (a, b) in enumerate(spans)]
    text = (RATE % "").replace("sd = 0.3, rho = 0.6", "sd = 0.6, rho = 0")
    run = simulate(funnel_of(text, start="2026-01-20"), days=40, windows=windows, replications=20_000, seed=4)
    one, two, three = run.tallies["leads_created"][:, 1:].T
    expected = 24.0**2 * math.expm1(0.36)
    same = (one - one.mean()) * (two - two.mean())
    other = (two - two.mean()) * (three - three.mean())
    tolerance.check_mean(same, expected, resolution=0.2)
    assert abs(other.mean()) < 4 * other.std() / math.sqrt(len(other))


@pytest.mark.parametrize("low_high", [(-1.0, 1.0), (-10.0, 10.0), (-600.0, 600.0)])
def test_the_exponential_is_right(low_high):
    """Against the C library's, within 1e-15. Catches: a term too few, a multiple of ln 2 in one part."""
    x = np.linspace(*low_high, 20_001)
    found = np.array([exponential(v) for v in x])
    np.testing.assert_allclose(found, np.exp(x), rtol=1.1e-15)
    assert exponential(0.0) == 1.0


def test_normal_quantiles_are_right():
    """Catches: too few cells, a wrong sign in the upper half."""
    words = np.random.default_rng(1).integers(0, 2**32, 2**18, dtype=np.uint32)
    words[:2] = 0, 2**32 - 1
    u = (words + 0.5) / 2**32
    np.testing.assert_allclose(normal_table().quantile(words), special.ndtri(u), atol=2.5e-6)
