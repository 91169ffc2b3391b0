"""The distribution of a quantile table, against its words drawn one by one."""

from __future__ import annotations

import numpy as np
import pytest

from funnelsim.distributions import parse_distribution
from funnelsim.distributions.quantile_table import build_table, join_tables
from funnelsim.distributions.table_distribution import TableDistribution, table_mean

#: The middles of a million equal parts of all words: means over them are good to a few parts in a million.
WORDS = (np.arange(2**20, dtype=np.uint32) << np.uint32(12)) + np.uint32(2**11)
DISTRIBUTIONS = (
    "lognormal(mean=6d, sigma=0.8)",
    "exponential(mean=4h)",
    "weibull(shape=0.7, scale=9d)",
    "constant(5d)",
    "mixture(0.3*constant(2d), 0.7*exponential(mean=10d))",
)


def bank_of(text, kind="duration"):
    """The table of a distribution behind another one, as tables lie in a plan."""
    distributions = (
        parse_distribution("exponential(mean=1)", kind="factor"),
        parse_distribution(text, kind=kind),
    )
    tables = [build_table(distribution) for distribution in distributions]
    return join_tables(tables), tables[1], distributions[1]


@pytest.mark.parametrize("text", DISTRIBUTIONS)
def test_masses_are_those_of_the_words(text):
    """Each value shared by the two lags around it. Mutants: rounded to the nearest lag; a lag too late."""
    bank, table, _ = bank_of(text)
    step, count = 0.5, 60
    place = table.quantile(WORDS) / step
    low = np.floor(place)
    above = place - low
    shared = np.zeros(count + 2)
    for lag, weight in ((low, 1 - above), (low + 1, above)):
        inside = lag < count
        np.add.at(shared, lag[inside].astype(int), weight[inside])
    masses = TableDistribution.of(bank, 1).lag_masses(step, count)
    assert masses == pytest.approx(shared[:count] / WORDS.size, abs=5e-6)


@pytest.mark.parametrize("text", DISTRIBUTIONS)
def test_the_mean_is_that_of_the_words(text):
    """Mutants: knots weighted alike, the upper half left out."""
    bank, table, distribution = bank_of(text)
    mean = table_mean(bank, 1)
    assert mean == pytest.approx(float(distribution.mean()), rel=2e-5)
    assert mean == pytest.approx(float(table.quantile(WORDS).mean()), rel=1e-3)


def test_masses_keep_the_mean():
    """Mutant: cells to the left of each lag only, which loses half a step."""
    bank, _, _ = bank_of("weibull(shape=1.5, scale=3d)")
    masses = TableDistribution.of(bank, 1).lag_masses(0.25, 400)
    assert masses.sum() == pytest.approx(1, abs=1e-9)
    assert masses @ (0.25 * np.arange(400)) == pytest.approx(table_mean(bank, 1), rel=1e-8)


def test_the_mean_of_a_heavy_tail_takes_the_rarest_words_one_by_one():
    """A sum over all words from 2**32 - 2**22 on, and the middles of the rest.

    Mutant: the last cells by the trapezoids between their knots, 3e-5 off for this distribution.
    """
    bank, table, _ = bank_of("pareto(low=1000, excess=3000, xi=0.7, max=1e9)", kind="amount")
    rare = np.arange(2**32 - 2**22, 2**32, dtype=np.int64).astype(np.uint32)
    coarse = (np.arange(2**20 - 2**10, dtype=np.uint32) << np.uint32(12)) + np.uint32(2**11)
    total = table.quantile(rare).sum() + table.quantile(coarse).sum() * 2**12
    assert table_mean(bank, 1) == pytest.approx(total / 2**32, rel=1e-6)
