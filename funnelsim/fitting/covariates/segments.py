"""Segments of the model from the levels of a covariate: own hazards of the exits, own amounts.

The dwell distributions of a stage are those of all leads. In a segment the hazard of each exit is multiplied
by the segment's effect, shrunk towards 1 (see `funnelsim.fitting.covariates.shrinkage`). Parameter draws take
effects from their posterior.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from funnelsim.core.arrays import Floats, Ints
from funnelsim.core.errors import HistoryError, Problem, did_you_mean
from funnelsim.distributions.fit_families import FIT_FAMILIES
from funnelsim.fitting.covariates.association_tests import Dependence
from funnelsim.fitting.covariates.hazard_ratios import FALSE_DISCOVERIES, FEWEST_MOVES, Drivers, exit_spells
from funnelsim.fitting.covariates.read import Covariate, Covariates
from funnelsim.fitting.covariates.risk_sets import risk_sets
from funnelsim.fitting.covariates.shrinkage import Effects, shrunk_effects
from funnelsim.fitting.dwell.censoring import StageSample
from funnelsim.fitting.dwell.competing import StageFit
from funnelsim.fitting.dwell.hazard_scaling import scale_hazards
from funnelsim.fitting.result.source_names import distinct_keys

#: Most segments; the smallest ones beyond are merged.
MOST_SEGMENTS = 8
#: Segments with fewer deals are merged.
FEWEST_DEALS = 30
#: Covariates known when a lead is created; a rep may be assigned later.
KNOWN_AT_CREATION = ("segment", "source", "amount")
AUTO, NONE = "auto", "none"
NOTHING_CLEAR = (
    "No segments: no field that is known from the start has a clear effect on chances, times or amounts."
)


@dataclass(frozen=True, kw_only=True)
class Segmentation:
    """Segments, the deals of each, and the effects on their exits.

    Attributes
    ----------
    covariate : str
    names : dict of str to str
        Key in the model to the label in the CRM.
    of_deal : ndarray of int, shape (D,)
        Index of each deal's segment in `names`; -1 where unknown.
    effects : dict of str to dict of str to Effects
        Stage to target to the effects of all segments.
    """

    covariate: str
    names: dict[str, str]
    of_deal: Ints
    effects: dict[str, dict[str, Effects]]

    @property
    def key_of_deal(self) -> list[str | None]:
        """Segment of each deal; None where unknown."""
        keys = [*self.names, None]
        return [keys[index] for index in self.of_deal.tolist()]


def choose_covariate(
    wanted: str, covariates: Covariates, drivers: Drivers, dependences: Sequence[Dependence]
) -> Covariate | None:
    """The covariate whose levels become segments.

    ``auto`` takes the covariate that explains most exits, of those known when a lead is created and with a
    clear effect; the amount only where it is associated with dwell or outcome.

    Raises
    ------
    HistoryError
        If the requested covariate does not exist or must not be used.
    """
    if wanted == NONE:
        return None
    by_key = {covariate.key: covariate for covariate in covariates.used}
    if wanted == AUTO:
        weight = _explained(drivers)
        if not any(one.clear and one.question.startswith("amount") for one in dependences):
            weight.pop("amount", None)
        result = [key for key in KNOWN_AT_CREATION if weight.get(key, 0.0) > 0]
        return by_key[max(result, key=lambda key: weight[key])] if result else None
    return named_covariate(wanted, covariates)


def named_covariate(wanted: str, covariates: Covariates) -> Covariate:
    """The covariate of that name, if it makes two segments.

    Raises
    ------
    HistoryError
        If it is not there, must not be used, or has too few deals a level.
    """
    by_key = {covariate.key: covariate for covariate in covariates.used}
    if wanted not in by_key:
        raise _no_such_covariate(wanted, covariates)
    if len(_grouped(by_key[wanted])[0]) < 2:
        raise too_few(by_key[wanted])
    return by_key[wanted]


def _no_such_covariate(wanted: str, covariates: Covariates) -> HistoryError:
    """Why there is no such covariate, and what there is."""
    reasons = {
        one.covariate: f"the {one.name or one.covariate} {one.reason}"
        for one in (*covariates.refused, *covariates.constant)
    }
    why = reasons.get(wanted, f'there is no column "{wanted}" for segments')
    known = [covariate.key for covariate in covariates.used]
    others = f"choose from {', '.join(known)}" if known else "no other column can be used either"
    if not known and wanted not in reasons and reasons:
        others = f"other columns cannot be used either: {'; '.join(reasons.values())}"
    hint = did_you_mean(wanted, known)
    return HistoryError("segments", [Problem(path="", message=f"{why}; {others}", hint=hint)])


def _explained(drivers: Drivers) -> dict[str, float]:
    """Chi-square distance of observed from expected events beyond chance, by covariate with a clear effect.

    Chance contributes about one for each level but one, times the design effect.
    """
    result: dict[str, float] = {}
    for driver in drivers.found:
        if driver.stage and driver.q_value <= FALSE_DISCOVERIES and any(v.clear for v in driver.levels):
            gap = sum((v.seen - v.expected) ** 2 / max(v.expected, 1.0) for v in driver.levels)
            beyond = gap - (len(driver.levels) - 1) * driver.design_effect
            result[driver.covariate] = result.get(driver.covariate, 0.0) + beyond
    return result


def segmentation_of(
    covariate: Covariate, samples: Mapping[str, StageSample], covariates: Covariates
) -> Segmentation | None:
    """Segments with their effects on every exit with enough events; None where only one is left."""
    names, of_deal = _grouped(covariate)
    if len(names) < 2:
        return None
    effects: dict[str, dict[str, Effects]] = {}
    for stage, sample in samples.items():
        index = of_deal[sample.deal]
        known = index >= 0
        for target in sample.exits:
            spells = exit_spells(sample, target, covariates.cluster).only(known)
            if spells.event.sum() < FEWEST_MOVES:
                continue
            sets = risk_sets(spells, index[known], len(names))
            if np.any(sets.untied):
                effects.setdefault(stage, {})[target] = shrunk_effects(sets)
    keys = distinct_keys(names, set())
    return Segmentation(
        covariate=covariate.key,
        names={key: word for word, key in keys.items()},
        of_deal=of_deal,
        effects=effects,
    )


def too_few(covariate: Covariate) -> HistoryError:
    """The error that no two levels are large enough for segments."""
    counts = np.bincount(covariate.level[covariate.level >= 0], minlength=len(covariate.levels)).tolist()
    largest = sorted(zip(covariate.levels, counts, strict=True), key=lambda one: -one[1])
    result = ", ".join(f'"{name}" {deals:,}' for name, deals in largest[:6])
    more = f" and {len(largest) - 6} smaller ones" if len(largest) > 6 else ""
    message = (
        f"the {covariate.key} has too few deals for two segments: each needs {FEWEST_DEALS} deals, smaller "
        f"ones are merged, and these are all: {result}{more}"
    )
    return HistoryError("segments", [Problem(path="", message=message)])


def _grouped(covariate: Covariate) -> tuple[list[str], Ints]:
    """Labels of the segments and the index of each deal's segment; small and surplus levels are merged."""
    counts = np.bincount(covariate.level[covariate.level >= 0], minlength=len(covariate.levels))
    order = sorted(range(len(counts)), key=lambda k: -counts[k])
    kept = [k for k in order if counts[k] >= FEWEST_DEALS]
    if len(kept) < len(order) or len(kept) > MOST_SEGMENTS:
        kept = kept[: MOST_SEGMENTS - 1]
    kept.sort()
    rest = len(kept)
    index = np.array([kept.index(k) if k in kept else rest for k in range(len(counts))] + [-1])
    names = [covariate.levels[k] for k in kept]
    if len(kept) < int(np.sum(counts > 0)):
        names.append("all others" if "all others" not in names else "the rest")
    return names, index[covariate.level].astype(np.int64)


def segment_parameters(
    fit: StageFit, segmentation: Segmentation, stage: str, parameters: Floats, rng: np.random.Generator | None
) -> Iterator[tuple[str, Floats]]:
    """Parameters of a stage in each segment, shape (R, P).

    Parameters
    ----------
    parameters : ndarray, shape (R, P)
        Of all leads.
    rng : Generator, optional
        Draws effects from their posterior; else their means count.
    """
    draws = len(parameters)
    held: dict[str, Floats] = {}
    for target, effects in segmentation.effects.get(stage, {}).items():
        held[target] = np.repeat(effects.mean[None, :], draws, axis=0)
        if rng is not None:
            held[target] = effects.mean + rng.standard_normal((draws, len(effects.mean))) @ _root(
                effects.covariance
            )
    if not held:
        return
    for index, key in enumerate(segmentation.names):
        factors = {target: values[:, index] for target, values in held.items()}
        yield key, scale_hazards(fit.layout, fit.components, parameters, factors)


def _root(covariance: Floats) -> Floats:
    """The symmetric square root. It does not depend on the signs of eigenvectors, which vary by machine."""
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T)


def parameters_of(fit: StageFit, stage: str, exits: Sequence[str], drawn: pl.DataFrame) -> Floats:
    """Parameters of a stage from the columns of the draws, shape (R, P)."""
    result = np.zeros((drawn.height, fit.layout.size))
    for k, name in enumerate(exits):
        p = drawn[f"stages.{stage}.exits.{name}.p"].to_numpy()
        result[:, k] = np.log(np.maximum(p, 1e-12))
    for k, component in enumerate(fit.components):
        if component.family:
            names = FIT_FAMILIES[component.family].parameters
            for name, index in zip(names, fit.layout.indices[k], strict=True):
                column = drawn[f"stages.{stage}.exits.{component.key}.after.{name}"]
                result[:, index] = np.log(column.to_numpy())
    return result


def shares_of(segmentation: Segmentation, rows: Ints) -> dict[str, float]:
    """Share of each segment among some deals, those unknown left out; empty where all are."""
    index = segmentation.of_deal[rows]
    counts = np.bincount(index[index >= 0], minlength=len(segmentation.names))
    total = int(counts.sum())
    if not total:
        return {}
    shares = [round(int(n) / total, 6) for n in counts]
    largest = int(np.argmax(counts))
    shares[largest] = round(shares[largest] + 1 - math.fsum(shares), 6)
    return {key: share for key, share in zip(segmentation.names, shares, strict=True) if share > 0}
