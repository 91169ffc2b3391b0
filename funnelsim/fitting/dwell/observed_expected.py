"""Do deals still move as the model says? What left lately, beside what the model expects to have left."""

from __future__ import annotations

import numpy as np

from funnelsim.documents.fit_stages import FitRecent
from funnelsim.fitting.dwell.competing import StageFit
from funnelsim.fitting.mle.likelihood import Floats

#: The days up to the as-of time that are compared with the whole.
RECENT_DAYS = 91.0
#: A difference is said if it is so large, so many standard errors, and rests on so many expected moves.
_LARGE, _CLEAR, _FEWEST = 0.1, 3.0, 20.0
_POINTS = 600


def differs(recent: FitRecent) -> bool:
    """Whether the difference is large and no chance."""
    gap = recent.seen - recent.expected
    return recent.expected >= _FEWEST and abs(gap) > max(
        _LARGE * recent.expected, _CLEAR * recent.expected**0.5
    )


def recent_moves(fit: StageFit, *, days: float = RECENT_DAYS) -> tuple[FitRecent, ...]:
    """Seen and expected moves by target; empty where all that was seen is recent.

    A visit that was under observation between two ages is expected to leave by target k as often as the
    cumulative hazard of k grows between them (Kalbfleisch and Prentice 2002, section 8.2).
    """
    sample = fit.sample
    if not np.any(sample.ago - sample.dwell > days):
        return ()
    begin = np.maximum(sample.entry, sample.ago - days)
    watched = sample.dwell > begin
    left = sample.ended & (sample.ago - sample.dwell < days)
    found = []
    for place, target in enumerate(sample.exits):
        times, hazard = cumulative_hazard(fit, target)
        grown = np.interp(sample.dwell[watched], times, hazard) - np.interp(begin[watched], times, hazard)
        # Moves at once have no hazard; each visit that began lately is one chance.
        at_once = sum(
            float(fit.p[k]) for k, c in enumerate(fit.components) if c.to == target and not c.family
        )
        expected = float(grown.sum()) + at_once * float(np.sum(sample.ago < days))
        seen = int(np.sum(left & (sample.exit == place)))
        found.append(FitRecent(stage=sample.stage, to=target, days=days, seen=seen, expected=expected))
    return tuple(found)


def cumulative_hazard(fit: StageFit, target: str, *, longest: float | None = None) -> tuple[Floats, Floats]:
    """Of leaving by one target, at times from a minute to the longest (by default, the longest seen)."""
    longest = max(fit.sample.follow_up if longest is None else longest, 1e-2)
    edges = np.concatenate([[0.0], np.geomspace(1e-3, longest, _POINTS)])
    laws = [(float(fit.p[k]), fit.law(k), fit.components[k].to) for k in range(len(fit.components))]
    still = np.full(len(edges), float(fit.p[-1]) if fit.layout.never else 0.0)
    left = np.zeros(len(edges))
    for share, law, to in laws:
        if law is not None:
            still += share * law.sf(edges)
            left += share * law.cdf(edges) if to == target else 0.0
    middle = (still[:-1] + still[1:]) / 2
    steps = np.diff(left) / np.maximum(middle, 1e-12)
    return edges, np.concatenate([[0.0], np.cumsum(steps)])
