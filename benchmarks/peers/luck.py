"""Random numbers for peers that are plain Python: taken from numpy in blocks, handed out one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from tests.oracles import f6

_BLOCK = 4096
_LOG_MEAN_AMOUNT = np.log(f6.MEAN_AMOUNT) - f6.SIGMA_AMOUNT**2 / 2
LOG_MEAN_DWELLS = tuple(float(np.log(mean) - f6.SIGMA**2 / 2) for mean in f6.MEAN_DWELL_DAYS)

Draw = Callable[[], float]


def _in_blocks(draw: Callable[[], np.ndarray]) -> Draw:
    def values() -> Iterator[float]:
        while True:
            yield from draw().tolist()

    return values().__next__


class Luck:
    """Uniforms, dwells and efforts by stage, and amounts, kept over the replications of a call."""

    def __init__(self, seed: int, staffing: f6.Staffing) -> None:
        self.rng = rng = np.random.default_rng(seed)
        self.uniform = _in_blocks(lambda: rng.random(_BLOCK))
        self.amount = _in_blocks(lambda: rng.lognormal(_LOG_MEAN_AMOUNT, f6.SIGMA_AMOUNT, _BLOCK))
        self.dwells = [
            _in_blocks(lambda m=m: rng.lognormal(m, f6.SIGMA, _BLOCK))  # type: ignore[misc]
            for m in LOG_MEAN_DWELLS
        ]
        self.efforts = [
            _in_blocks(lambda m=m: rng.exponential(m, _BLOCK))  # type: ignore[misc]
            for m in staffing.effort_days
        ]

    def arrivals(self) -> list[float]:
        """All of a replication at once, in order of time."""
        number = self.rng.poisson(f6.LEADS_PER_DAY * f6.DAYS)
        return np.sort(self.rng.random(number) * f6.DAYS).tolist()
