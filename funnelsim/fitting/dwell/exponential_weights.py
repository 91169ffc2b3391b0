"""Exponential weighting of the past: a half-life for each stage, chosen on past origins.

At each past origin the stage is fitted to what was known then, once for each half-life, and evaluated on the
period after the origin. The score is the likelihood of that period with the level of each exit left free, so
only the shape of the hazard over age counts; levels are modelled by `funnelsim.fitting.trend.structural`.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from funnelsim.core.arrays import Floats
from funnelsim.fitting.dwell.censoring import AT_ONCE_DAYS, StageSample
from funnelsim.fitting.dwell.competing import StageFit
from funnelsim.fitting.dwell.observed_expected import cumulative_hazard
from funnelsim.fitting.mle.likelihood import Likelihood
from funnelsim.fitting.mle.maximise import maximise

#: In days, the longest first.
HALF_LIVES = (365.0, 180.0, 90.0, 45.0)
_ORIGINS, _SHORTEST_SPAN, _LONGEST_SPAN = 4, 28.0, 91.0
#: An origin is used if at least so many exits were known then, and so many came after it. With fewer, the
#: comparison of half-lives is mostly noise.
_KNOWN_MOVES, _NEW_MOVES = 100, 20
#: A half-life must raise the log-likelihood of the later periods by this in total, and at all origins but
#: one. The rule keeps a stationary history at full weight; without it, noise would shorten the data.
_GAIN = 1.0


def choose_half_life(fit: StageFit, horizon_days: float) -> float | None:
    """The half-life in days that predicts a stage best; None if unweighted data predict as well.

    Parameters
    ----------
    fit : StageFit
        Of all the past; its families are kept.
    horizon_days : float
        From the as-of time to the middle of what is to be forecast; origins lie twice as far apart, four
        weeks at least and a quarter at most.
    """
    span = min(max(2 * horizon_days, _SHORTEST_SPAN), _LONGEST_SPAN)
    gains = [gain for k in range(_ORIGINS) if (gain := _gains(fit, (k + 1) * span, k * span)) is not None]
    if len(gains) < 2:
        return None
    table = np.array(gains)
    best = int(np.argmax(table.sum(axis=0)))
    if table[:, best].sum() < _GAIN or np.sum(table[:, best] > 0) < len(gains) - 1:
        return None
    return HALF_LIVES[best]


def _gains(fit: StageFit, begin: float, end: float) -> Floats | None:
    """Gain in log score of each half-life over full weight in one period; None with too few exits."""
    known, later = fit.sample.window(math.inf, begin), fit.sample.window(begin, end)
    if known.events < _KNOWN_MOVES or later.events < _NEW_MOVES:
        return None
    samples = [
        known.with_exponential_weights(math.inf),
        *(known.with_exponential_weights(half_life) for half_life in HALF_LIVES),
    ]
    weights = [np.concatenate(rows) for rows in zip(*(sample.weights() for sample in samples), strict=True)]
    likelihood = Likelihood(fit.layout, samples[0].terms(*fit.behind))
    start = np.repeat(fit.parameters[None, :], len(samples), axis=0)
    fitted = maximise(likelihood, fit.prior, weights, start, em_steps=2, tolerance=1e-3).parameters
    scores = np.array([_score(replace(fit, parameters=row), later) for row in fitted])
    return np.asarray(scores[1:] - scores[0])


def _score(fit: StageFit, later: StageSample) -> float:
    """Log-likelihood of the later period, with the level of each exit profiled out."""
    total = 0.0
    for index, target in enumerate(later.exits):
        at = later.ended & (later.exit == index) & (later.by_day | (later.dwell >= AT_ONCE_DAYS))
        if not at.any():
            continue
        edges, hazard = cumulative_hazard(fit, target, longest=fit.sample.follow_up + 1)
        grown = np.interp(later.dwell, edges, hazard) - np.interp(later.entry, edges, hazard)
        reach = 0.02 * later.dwell[at] + (0.5 if later.by_day else 0.01)
        first, last = np.maximum(later.dwell[at] - reach, 0.0), later.dwell[at] + reach
        rate = (np.interp(last, edges, hazard) - np.interp(first, edges, hazard)) / (last - first)
        n_exits = int(at.sum())
        total += float(np.sum(np.log(np.maximum(rate, 1e-12))))
        total -= n_exits * math.log(max(float(grown.sum()), 1e-9) / n_exits)
    return total
