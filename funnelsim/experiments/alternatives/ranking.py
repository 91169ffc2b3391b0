"""Rank alternatives, and select the best with a stated guarantee."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from funnelsim.core.arrays import Floats, Ints
from funnelsim.documents.compare import Alternative, RankingResult, SelectionResult
from funnelsim.experiments.alternatives.best import probability_mean_best, share_best
from funnelsim.experiments.selection import FIRST_STAGE, batch_means, select_best

#: Default of the smallest difference that matters, as a share of what the base books (or wins).
INDIFFERENCE_SHARE = 0.01
#: Batches of replications that a selection aims at, and the fewest it begins with.
_BATCHES, _FEWEST = 100, 10
#: Replications in a batch at least, so that its mean is about normal.
_SMALLEST_BATCH = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Outcome of the selection procedure.

    Attributes
    ----------
    chosen : int or None
        Index of the alternative selected as the best; None if the replications did not suffice.
    remaining : tuple of int
        Alternatives that were not dropped.
    indifference : float
        Smaller differences do not matter.
    confidence : float
        Probability to select the best, if it is better than the others by the indifference at least.
    batch : int
        Replications in one observation.
    observations : int
        Looked at, of the alternative that took most.
    least : int
        Replications that a selection needs at least.
    """

    chosen: int | None
    remaining: tuple[int, ...]
    indifference: float
    confidence: float
    batch: int
    observations: int
    least: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """Alternatives, the base first, by one metric.

    Attributes
    ----------
    metric : str
    names : tuple of str
    scenarios : tuple of int or None
        Place among the scenarios; None for the base.
    means, share_best, probability_best : ndarray, shape (K,)
    selection : Selection or None
        None if no difference could matter, as all means are 0.
    """

    metric: str
    names: tuple[str, ...]
    scenarios: tuple[int | None, ...]
    means: Floats
    share_best: Floats
    probability_best: Floats
    selection: Selection | None

    @property
    def order(self) -> list[int]:
        """Indices by falling mean."""
        return sorted(range(len(self.names)), key=lambda k: -self.means[k])


def rank(
    metric: str,
    names: Sequence[str],
    scenarios: Sequence[int | None],
    values: Floats,
    draws: Ints | None,
    *,
    draw_rows: int,
    size: float,
    indifference: float | None = None,
    confidence: float = 0.9,
    seed: int = 1,
) -> Ranking:
    """Rank alternatives that were simulated on common random numbers; more is better.

    Parameters
    ----------
    metric : str
    names, scenarios : sequence
        See `Ranking`; the base first.
    values : ndarray, shape (K, R)
    draws : int array, shape (R,), or None
        The parameter draw that each replication used, of `draw_rows`.
    size : float
        What the base books, or wins, on average: not its profit, which may be near 0.
    indifference : float, optional
        The smallest difference that matters; default 1 % of `size`.
    confidence : float, default 0.9
        Of the selection.
    seed : int, default 1
        Of the run.
    """
    means = values.mean(axis=1)
    if indifference is None:
        indifference = INDIFFERENCE_SHARE * (size or float(np.abs(means).max()))
    return Ranking(
        metric=metric,
        names=tuple(names),
        scenarios=tuple(scenarios),
        means=means,
        share_best=share_best(values),
        probability_best=probability_mean_best(values, draws, seed=seed),
        selection=select(values, draw_rows, indifference, confidence) if indifference > 0 else None,
    )


def select(values: Floats, draw_rows: int, indifference: float, confidence: float) -> Selection:
    """Select the alternative with the largest mean by KN, from replications that exist already.

    An observation is the mean of a batch of consecutive replications. With parameter draws a batch uses all
    of them equally often, so that batches are alike and independent given the draws; the guarantee is then
    about the mean over these draws.

    Parameters
    ----------
    values : ndarray, shape (K, R)
    draw_rows : int
        Parameter draws that the replications cycle through; 0: none.
    indifference, confidence : float
        See `Selection`.
    """
    replications = values.shape[1]
    confidence = max(confidence, math.nextafter(0.5, 1))
    cycle = draw_rows or 1
    batch = cycle * max(1, math.ceil(max(_SMALLEST_BATCH, replications / _BATCHES) / cycle))
    batches = replications // batch
    everyone = tuple(range(len(values)))
    if batches < _FEWEST:
        return Selection(
            chosen=None,
            remaining=everyone,
            indifference=indifference,
            confidence=confidence,
            batch=batch,
            observations=batches,
            least=_FEWEST * batch,
        )
    observed = [batch_means(own, batch) for own in values]
    found = select_best(
        lambda k, _: observed[k],
        len(values),
        indifference=indifference,
        confidence=confidence,
        first=FIRST_STAGE if batches >= 2 * FIRST_STAGE else _FEWEST,
        most=batches,
    )
    last = max(found.observations)
    left = tuple(k for k in everyone if found.observations[k] == last)
    return Selection(
        chosen=found.best if found.complete else None,
        remaining=(found.best,) if found.complete else left,
        indifference=indifference,
        confidence=confidence,
        batch=batch,
        observations=last,
        least=_FEWEST * batch,
    )


def ranking_record(ranking: Ranking) -> RankingResult:
    """The ranking as documents hold it."""
    found = ranking.selection
    return RankingResult(
        metric=ranking.metric,
        alternatives=tuple(
            Alternative(
                name=ranking.names[k],
                scenario=ranking.scenarios[k],
                mean=float(ranking.means[k]),
                share_best=float(ranking.share_best[k]),
                probability_best=float(ranking.probability_best[k]),
            )
            for k in ranking.order
        ),
        selection=None
        if found is None
        else SelectionResult(
            method="KN",
            chosen=None if found.chosen is None else ranking.names[found.chosen],
            remaining=tuple(ranking.names[k] for k in found.remaining),
            indifference=found.indifference,
            confidence=found.confidence,
            replications=found.observations * found.batch,
            batch=found.batch,
            least=found.least,
        ),
    )
