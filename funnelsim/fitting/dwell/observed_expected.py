"""Recent exits, observed over expected: has the process drifted from the fit?"""

from __future__ import annotations

import numpy as np

from funnelsim.core.arrays import Floats
from funnelsim.documents.fit_stages import FitRecent
from funnelsim.fitting.dwell.competing import StageFit

#: The days up to the as-of time that are compared with the whole.
RECENT_DAYS = 91.0
#: A difference is reported if it is at least so large, so many standard errors, and on so many expected
#: exits. Lower values report chance; higher ones hide drift that changes a forecast.
_LARGE, _CLEAR, _FEWEST = 0.1, 3.0, 20.0
_POINTS = 600


def differs(recent: FitRecent) -> bool:
    """Whether the difference is large and significant."""
    gap = recent.seen - recent.expected
    return recent.expected >= _FEWEST and abs(gap) > max(
        _LARGE * recent.expected, _CLEAR * recent.expected**0.5
    )


def recent_exits(fit: StageFit, *, days: float = RECENT_DAYS) -> tuple[FitRecent, ...]:
    """Observed and expected exits by target; empty where the whole history is recent.

    A visit that was under observation between two ages is expected to leave by target k as often as the
    cumulative hazard of k grows between them (Kalbfleisch and Prentice 2002, section 8.2).
    """
    sample = fit.sample
    if not np.any(sample.ago - sample.dwell > days):
        return ()
    begin = np.maximum(sample.entry, sample.ago - days)
    watched = sample.dwell > begin
    left = sample.ended & (sample.ago - sample.dwell < days)
    result = []
    for index, target in enumerate(sample.exits):
        times, hazard = cumulative_hazard(fit, target)
        grown = np.interp(sample.dwell[watched], times, hazard) - np.interp(begin[watched], times, hazard)
        # Instant exits have no hazard; each recent visit is one trial.
        at_once = sum(
            float(fit.p[k]) for k, c in enumerate(fit.components) if c.to == target and not c.family
        )
        expected = float(grown.sum()) + at_once * float(np.sum(sample.ago < days))
        seen = int(np.sum(left & (sample.exit == index)))
        result.append(FitRecent(stage=sample.stage, to=target, days=days, seen=seen, expected=expected))
    return tuple(result)


def cumulative_hazard(fit: StageFit, target: str, *, longest: float | None = None) -> tuple[Floats, Floats]:
    """Of leaving by one target, at times from a minute to the longest (by default, the longest seen)."""
    longest = max(fit.sample.follow_up if longest is None else longest, 1e-2)
    edges = np.concatenate([[0.0], np.geomspace(1e-3, longest, _POINTS)])
    distributions = [
        (float(fit.p[k]), fit.distribution(k), fit.components[k].to) for k in range(len(fit.components))
    ]
    still = np.full(len(edges), float(fit.p[-1]) if fit.layout.never else 0.0)
    left = np.zeros(len(edges))
    for share, distribution, to in distributions:
        if distribution is not None:
            still += share * distribution.sf(edges)
            left += share * distribution.cdf(edges) if to == target else 0.0
    middle = (still[:-1] + still[1:]) / 2
    steps = np.diff(left) / np.maximum(middle, 1e-12)
    return edges, np.concatenate([[0.0], np.cumsum(steps)])
