"""The search for the families of a stage: exit by exit, until no change lowers AICc."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from funnelsim.distributions.fit_families import FIT_FAMILIES
from funnelsim.fitting.dwell.competing.candidate import Candidate
from funnelsim.fitting.dwell.competing.fitter import Fitter
from funnelsim.fitting.dwell.competing.splitting import fit_families, worthwhile_component
from funnelsim.fitting.dwell.competing.stage_fit import Families, component_keys
from funnelsim.fitting.mle.priors import RARE_BELOW

#: A family that was behind the best by more than this AICc is not tried again for that exit. A smaller value
#: saves time, but may miss a family that becomes best after another exit has changed.
_TOO_FAR_BEHIND = 10.0
_LEAST_GAIN = 1e-6

#: One distribution: its target, and its index among the distributions of that target.
Slot = tuple[str, int]


def best_candidate(fitter: Fitter, families: Families | None = None) -> Candidate:
    """The choice of lowest AICc, searched from one distribution for each exit, or from `families`.

    An exit with too few events takes the family that fits all exits together best.
    """
    timed = fitter.sample.timed
    pooled_best = min(fitter.pooled, key=lambda name: fitter.pooled[name].aicc)
    rare = {t for t in fitter.timed_exits if timed(t) < RARE_BELOW}
    common = [t for t in sorted(fitter.timed_exits, key=timed, reverse=True) if t not in rare]
    first: Families = {t: (pooled_best if t in rare else "lognormal",) for t in fitter.timed_exits}
    if families:
        first |= {t: families[t] for t in common}
    best = fit_families(fitter, first)
    slots = [(t, part) for t in common for part in range(len(best.families[t]))]
    best = _best_families(fitter, best, slots)
    for target in common:
        while (split := worthwhile_component(fitter, best, target)) is not None:
            slots = [(target, part) for part in range(len(split.families[target]))]
            best = _best_families(fitter, split, slots)
    return best


def _best_families(fitter: Fitter, known: Candidate, slots: Sequence[Slot]) -> Candidate:
    """Try every family for each distribution until no change lowers AICc."""
    settled: set[Slot] = set()
    while settled != set(slots):
        for slot in slots:
            if slot in settled:
                continue
            best = _best_family(fitter, known, *slot)
            if best.components != known.components:
                settled = set()
            known = best
            settled.add(slot)
    return known


def _best_family(fitter: Fitter, known: Candidate, target: str, part: int) -> Candidate:
    """The best family for one distribution, the others held; also fills its row of criteria."""
    families = known.families
    own = families[target]
    key = component_keys(target, fitter.sample.targets)[part]
    row = known.criteria.get(key, {})
    reached = {own[part]: known.aicc}
    best = known
    for family in FIT_FAMILIES:
        if family == own[part] or row.get(family, 0.0) > _TOO_FAR_BEHIND:
            continue
        rival = fitter.refit_from(known, {**families, target: (*own[:part], family, *own[part + 1 :])})
        reached[family] = rival.aicc
        if rival.aicc < best.aicc - _LEAST_GAIN:
            best = rival
    row = {name: reached[name] - best.aicc if name in reached else row[name] for name in FIT_FAMILIES}
    return replace(best, criteria={**known.criteria, key: row})
