"""Add a mixture component to an exit that no single distribution fits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from funnelsim.core.arrays import Floats
from funnelsim.fitting.dwell.censoring import AT_ONCE_DAYS
from funnelsim.fitting.dwell.competing.candidate import Candidate
from funnelsim.fitting.dwell.competing.fitter import Fitter
from funnelsim.fitting.dwell.competing.stage_fit import SUFFIXES, Families, timed_components
from funnelsim.fitting.dwell.competing.starts import Halves
from funnelsim.fitting.mle.priors import RARE_BELOW

# Tuned on simulated and public histories: lower values add components that fit noise, higher ones keep clear
# mixtures (fast and slow deals) as one poor fit.
#: An exit with at least so many events may get another component ...
_MOVES = 50
#: ... if that lowers AICc by this, and by this for each of its events.
_GAIN, _GAIN_PER_MOVE = 10.0, 0.02
#: Quantiles at which the times are split to start the two components; the best result is kept.
_CUTS = (0.15, 0.35, 0.65, 0.85)


def worthwhile_component(fitter: Fitter, known: Candidate, target: str) -> Candidate | None:
    """The candidate with one more component to this target, if AICc falls enough."""
    n_exits = fitter.sample.timed(target)
    if n_exits < _MOVES or len(known.families[target]) == len(SUFFIXES):
        return None
    best = with_one_more(fitter, known, target)
    if best.aicc > known.aicc - max(_GAIN, _GAIN_PER_MOVE * n_exits):
        return None
    # A late component with hardly any events would be a cure fraction in disguise.
    credited = best.likelihood.credited(best.at.parameters, fitter.weights)
    return best if min(credited[list(timed_components(best.components)[target])]) >= RARE_BELOW else None


def with_one_more(fitter: Fitter, known: Candidate, target: str) -> Candidate:
    """The best candidate with one more component to this target, whether or not AICc falls."""
    families = known.families
    *kept, last = families[target]
    halves = _halves(_days_of(fitter, target))
    rivals = [
        fitter.add_component(known, {**families, target: (*kept, family, family)}, target, halves)
        for family in dict.fromkeys(("lognormal", _with_a_shape(last)))
    ]
    best = min(rivals, key=lambda rival: rival.aicc)
    return replace(best, criteria={key: row for key, row in best.criteria.items() if key != target})


def fit_families(fitter: Fitter, families: Families) -> Candidate:
    """Fit these families: first one distribution for each exit, then add components up to their number."""
    candidate = fitter.fit_from_pooled(
        {target: (distributions[0],) for target, distributions in families.items()}
    )
    for target, distributions in families.items():
        while len(candidate.families[target]) < len(distributions):
            candidate = with_one_more(fitter, candidate, target)
    return candidate if candidate.families == families else fitter.refit_from(candidate, families)


def _days_of(fitter: Fitter, target: str) -> Floats:
    """Observed times of one exit in days."""
    days = [
        b.days.mean(axis=1)[b.bin] for b in fitter.sample.bins if b.exit == target and b.kind != "at_once"
    ]
    return np.asarray(np.maximum(np.concatenate(days), AT_ONCE_DAYS))


def _halves(days: Floats) -> list[Halves]:
    """The times split in two at several quantiles."""
    borders = [float(np.quantile(days, cut)) for cut in _CUTS]
    halves = [(days[days <= border], days[days > border]) for border in borders]
    return [pair for pair in halves if min(len(half) for half in pair) > 0] or [(days, days)]


def _with_a_shape(family: str) -> str:
    return "weibull" if family == "exponential" else family
