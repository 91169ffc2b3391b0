"""Weighted pipeline by stage and age: win probability of open deals from similar deals at earlier origins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from funnelsim.core.arrays import Floats
from funnelsim.forecasting.scores import LEVELS
from funnelsim.forecasting.snapshot import Snapshot

#: Most earlier origins to estimate from.
MOST_PAST = 26
#: Borders of the age classes, in days.
_AGES = np.array([7.0, 14.0, 30.0, 60.0, 90.0, 180.0, 365.0])
_LIKE = 10.0  # prior weight in deals: a cell is shrunk towards its stage, and a stage towards all
_SIMULATED = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDealChances:
    """Win probabilities of open deals, and expected wins of new ones.

    Attributes
    ----------
    p : ndarray, shape (n,)
        Probability of each of `deals` to be won by the period's end.
    deals : ndarray of int, shape (n,)
        Rows of the history's deals.
    new_wins : float
        Expected wins of new deals.
    amounts : ndarray, shape (m,)
        Amounts of the wins so far.
    """

    p: Floats
    deals: NDArray[np.int64]
    new_wins: float
    amounts: Floats


class StageAndAge:
    """Win rates by stage and age at earlier origins, applied to the open deals."""

    def __init__(self, known: Snapshot) -> None:
        self.known = known

    def mean(self, begin: float, length: float) -> float | None:
        """Expected total of the period that begins at `begin`, of so many days; None as for `chances`."""
        chances = self.chances(begin, length)
        if chances is None:
            return None
        value = float(chances.amounts.mean())
        listed = self.known.value[chances.deals]
        worth = np.where(np.isnan(listed), value, listed)
        return float((worth * chances.p).sum()) + chances.new_wins * value

    def quantiles(self, begin: float, length: float) -> Floats | None:
        """Quantiles of that total, shape (99,); None as for `chances`."""
        chances = self.chances(begin, length)
        return None if chances is None else self.quantiles_of(chances, begin, length)

    def quantiles_of(self, chances: OpenDealChances, begin: float, length: float) -> Floats:
        """Quantiles of the sum over deals that are each won or not, unlisted amounts drawn from past wins."""
        p = chances.p
        rng = np.random.default_rng([int(begin), int(length), 7])
        totals = rng.poisson(chances.new_wins, _SIMULATED).astype(float)
        if self.known.metric == "deals_won":
            cells, sizes = np.unique(p, return_counts=True)
            totals += rng.binomial(sizes, cells, size=(_SIMULATED, len(cells))).sum(axis=1)
            return np.asarray(np.quantile(totals, LEVELS))
        listed = self.known.value[chances.deals]
        unlisted = np.isnan(listed)
        cells, sizes = np.unique(p[unlisted], return_counts=True)
        wins = totals + rng.binomial(sizes, cells, size=(_SIMULATED, len(cells))).sum(axis=1)
        drawn = [rng.choice(chances.amounts, size=int(n)).sum() for n in wins]
        for k in range(_SIMULATED):
            hit = rng.random(int((~unlisted).sum())) < p[~unlisted]
            drawn[k] += listed[~unlisted][hit].sum()
        return np.asarray(np.quantile(np.asarray(drawn), LEVELS))

    def chances(self, begin: float, length: float) -> OpenDealChances | None:
        """Win probability of each open deal by stage and age, and expected wins of new deals.

        None where no earlier period is complete, or no win has an amount.
        """
        known = self.known
        past = self._past(begin, length)
        won = (known.won_at < begin) & ~np.isnan(known.value)
        if not past or not won.any():
            return None
        cells = sum((counts for counts, _ in past), np.zeros((2, known.n_stages, len(_AGES) + 1)))
        assert isinstance(cells, np.ndarray)
        chances = _shrunk(cells[0], cells[1])
        deals, stage, age = self.open_at(begin)
        new_wins = float(np.mean([new for _, new in past]))
        return OpenDealChances(
            p=chances[stage, age], deals=deals, new_wins=new_wins, amounts=known.value[won]
        )

    def _past(self, begin: float, length: float) -> list[tuple[Floats, float]]:
        """Deals and wins by stage and age, and wins of new deals, at origins whose period is over."""
        step = max(length / 4, 7.0)
        result: list[tuple[Floats, float]] = []
        at = begin - length
        while at >= self.known.begins and len(result) < MOST_PAST:
            result.append(self._counted(at, length))
            at -= step
        return result

    def _counted(self, at: float, length: float) -> tuple[Floats, float]:
        known = self.known
        deals, stage, age = self.open_at(at)
        won = known.won_at[deals] < at + length
        counts = np.zeros((2, known.n_stages, len(_AGES) + 1))
        np.add.at(counts[0], (stage, age), 1.0)
        np.add.at(counts[1], (stage, age), won.astype(float))
        new = (known.created >= at) & (known.won_at < at + length)
        return counts, float(new.sum())

    def open_at(self, at: float) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Deals open at an instant, with the indices of stage and age class."""
        visits = self.known.visits
        is_open = (visits.entered < at) & ~(visits.left < at)
        age = np.searchsorted(_AGES, at - visits.entered[is_open], side="right")
        return visits.deal[is_open], visits.stage[is_open], age


def _shrunk(deals: Floats, wins: Floats) -> Floats:
    """Win share of each cell, shape (stages, ages), shrunk towards its stage, which is shrunk towards all."""
    overall = wins.sum() / max(deals.sum(), 1.0)
    by_stage = (wins.sum(axis=1) + _LIKE * overall) / (deals.sum(axis=1) + _LIKE)
    result: Floats = (wins + _LIKE * by_stage[:, None]) / (deals + _LIKE)
    return result
