"""Futures under many sets of parameters, those of a fit or those of ranges."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from scipy.stats import qmc

from funnelsim.core.arrays import Floats, Ints
from funnelsim.experiments.measured import Measured
from funnelsim.experiments.sensitivity.result import Sobol
from funnelsim.experiments.sensitivity.sizes import Sizes
from funnelsim.experiments.variants import Variants
from funnelsim.metrics.summary import draws_of
from funnelsim.results.run import Run

Progress = Callable[[int, int], None]


class ParameterSets:
    """Futures under many sets of parameters.

    Attributes
    ----------
    values, reached : ndarray, shape (R,)
        The metric, and 1.0 where the quota is reached; None without a quota.
    draws : int array, shape (R,)
        The set of each future.
    factors : dict of str to ndarray, shape (sets,)
        Each parameter in each set.
    """

    def __init__(
        self, values: Floats, reached: Floats | None, draws: Ints, factors: Mapping[str, Floats]
    ) -> None:
        self.values = values
        self.reached = reached
        self.draws = draws
        self.factors = factors

    @classmethod
    def of_draws(cls, base: Run, span: Measured, metric: str, factors: Mapping[str, Floats]) -> ParameterSets:
        """Those of the parameter draws."""
        draws = draws_of(base)
        assert draws is not None
        return cls(span.values(base, metric), span.reached(base), draws, factors)

    @classmethod
    def of_ranges(
        cls, variants: Variants, sobol: Sobol, metric: str, size: Sizes, progress: Progress | None
    ) -> ParameterSets:
        """Sets from the ranges of the Sobol indices (a Latin hypercube), each with futures of its own."""
        futures = variants.replications
        count, each = size.sets, size.each
        low, high = np.array([(one.low, one.high) for one in sobol.ranges]).T
        sampler = qmc.LatinHypercube(len(low), rng=np.random.default_rng([variants.seed, count]))
        points = low + (high - low) * sampler.random(count)
        values, reached = [], []
        for place, row in enumerate(points):
            changes = [one.change(x) for one, x in zip(sobol.parameters, row, strict=True)]
            run = variants.run(changes, replications=futures[place * each : (place + 1) * each])
            values.append(variants.measured.values(run, metric))
            reached.append(variants.measured.reached(run))
            if progress is not None:
                progress(place + 1, count)
        known = [one for one in reached if one is not None]
        return cls(
            np.concatenate(values),
            np.concatenate(known) if known else None,
            np.repeat(np.arange(count), each),
            {one.path: column for one, column in zip(sobol.parameters, points.T, strict=True)},
        )
