"""Expected flow through a funnel without queues, by renewal equations on a grid of lags.

A lead that enters `start` at time 0 makes an expected mass of entries into each place per lag; with the
dwell distribution of exit ``r -> s`` written as ``p f_rs``, those masses solve

    e_s = [s is start] + sum over r of e_r * (p f_rs)        (* is convolution)

(Markov renewal equation, Cinlar 1975, Introduction to Stochastic Processes, chapter 10). On a grid it is one
small linear system per frequency of a generating function on a circle of radius below 1 (Abate and Whitt
1992, The Fourier-series method for inverting transforms of probability distributions), so that loops of
any shape cost no more than a chain.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tests.oracles.cdfs import Cdf, Floats


@dataclass(frozen=True, slots=True)
class Way:
    """One exit: where to, with which probability, and the cdf of the dwell (days) given this exit."""

    to: str
    p: float
    cdf: Cdf


#: Stage -> its exits. A place that is not a key ends the lead. Probabilities may sum to less than 1 (never).
Ways = Mapping[str, Sequence[Way]]


def lag_masses(cdf: Cdf, *, step: float, count: int) -> Floats:
    """Probability of each multiple of `step` after rounding the duration to the nearest one."""
    edges = (np.arange(count) + 0.5) * step
    return np.diff(cdf(edges), prepend=0.0)


def entry_masses(
    ways: Ways,
    start: str,
    *,
    step: float,
    count: int,
    factor: Mapping[str, float] | None = None,
) -> dict[str, Floats]:
    """Expected entries of one lead into each place at lag ``j * step`` after it enters `start`.

    Parameters
    ----------
    ways : Ways
    start : str
        The entry into it, at lag 0, is counted.
    step : float
        Grid step in days; rounding each dwell to it leaves an error of order ``step**2``.
    count : int
        Number of lags.
    factor : mapping, optional
        Each entry into a place multiplies the lead's weight (its amount) by this; the masses are then of
        weight after the entry instead of counts.

    Returns
    -------
    dict of str to ndarray, shape (count,)
        Every stage and every place that some exit leads to.
    """
    factor = factor or {}
    places = sorted({start, *ways, *(way.to for exits in ways.values() for way in exits)})
    place = {name: i for i, name in enumerate(places)}
    size = 1 << (2 * count - 1).bit_length()
    radius = 10.0 ** (-10 / size)
    damping = radius ** np.arange(count)
    kernel = np.zeros((size // 2 + 1, len(places), len(places)), dtype=np.complex128)
    for stage, exits in ways.items():
        for way in exits:
            masses = way.p * factor.get(way.to, 1.0) * lag_masses(way.cdf, step=step, count=count)
            kernel[:, place[way.to], place[stage]] += np.fft.rfft(masses * damping, size)
    source = np.zeros((len(places), 1), dtype=np.complex128)
    source[place[start]] = factor.get(start, 1.0)
    transform = np.linalg.solve(np.eye(len(places)) - kernel, np.broadcast_to(source, (*kernel.shape[:2], 1)))
    entries = np.fft.irfft(transform[:, :, 0], size, axis=0)[:count] / damping[:, None]
    return {name: entries[:, i] for name, i in place.items()}


def ending_at(ways: Ways, place: str) -> Ways:
    """The same funnel if entering `place` ended it, so that its entries are first entries (wins)."""
    return {stage: exits for stage, exits in ways.items() if stage != place}


def opened_at_age(ways: Ways, stage: str, age: float, *, name: str = "open") -> Ways:
    """The funnel with one more place, `name`: a lead that has been in `stage` for `age` days.

    It leaves by exit k with probability proportional to ``p_k S_k(age)``, at a time from ``F_k`` given more
    than `age` (competing risks as a mixture, Larson and Dinse 1985).
    """
    left = [way.p * float(1 - way.cdf(age)) for way in ways[stage]]
    never = 1 - sum(way.p for way in ways[stage])
    total = sum(left) + never
    exits = [
        replace(way, p=mass / total, cdf=_given_more_than(way.cdf, age))
        for way, mass in zip(ways[stage], left, strict=True)
        if mass > 0
    ]
    return {**ways, name: exits}


def _given_more_than(cdf: Cdf, age: float) -> Cdf:
    reached = float(cdf(age))
    return lambda x: np.maximum(cdf(np.asarray(x) + age) - reached, 0.0) / (1 - reached)


def expected_by(
    until: ArrayLike,
    masses: Floats,
    arrivals: Callable[[Floats], Floats],
    *,
    step: float,
) -> Floats:
    """Expected entries up to each time of `until`, if `arrivals(t)` leads are expected by time ``t``.

    ``sum over lags c of m(c) Lambda(until - c)``; leads come from time 0 on.
    """
    spans = np.atleast_1d(np.asarray(until, dtype=np.float64))[:, None] - np.arange(len(masses)) * step
    expected = np.where(spans > 0, arrivals(np.maximum(spans, 0.0)), 0.0)
    return expected @ masses


def lag_sum_by(
    until: ArrayLike, masses: Floats, arrivals: Callable[[Floats], Floats], *, step: float
) -> Floats:
    """Expected sum of lags (days since the lead came) over the entries up to each time of `until`."""
    return expected_by(until, masses * np.arange(len(masses)) * step, arrivals, step=step)


def chance_by(until: float, masses: Floats, *, step: float) -> float:
    """Probability that one lead has entered by lag `until`: half of the cell that straddles it counts."""
    position = until / step
    whole = int(np.floor(position + 0.5))
    return float(masses[:whole].sum() + (position + 0.5 - whole) * masses[whole])


def extrapolated(value: Callable[[float], NDArray[np.float64] | float], step: float) -> Floats:
    """`value` at step 0, from `step` and `step` / 2, for an error of order ``step**2`` (Richardson 1911)."""
    coarse, fine = value(step), value(step / 2)
    return np.asarray((4 * np.asarray(fine) - np.asarray(coarse)) / 3)
