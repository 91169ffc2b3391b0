"""The expected value of a metric under many variants: exact where possible, else a mean over few futures."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from funnelsim.core.arrays import Floats
from funnelsim.engines.run import exact_mean
from funnelsim.experiments.sensitivity.parameters import Parameter
from funnelsim.experiments.variants import Variants
from funnelsim.model.changes.changes import Change
from funnelsim.model.parts import Model

Progress = Callable[[int, int], None]


class ExpectedOutput:
    """A metric of the period as a function of some parameters' factors.

    A funnel without parameter draws, open leads, clocks and work has an exact mean: it costs as much as some
    hundred futures and has no error; with times that have atoms, such as a constant, it takes seconds. All
    other funnels are simulated, each variant on the same futures.

    Parameters
    ----------
    variants : Variants
        Of a funnel without parameter draws, which would hold what is varied here. Simulated variants have
        its replications.
    parameters : sequence of Parameter
    metric : str
    progress : callable, optional
        Called with (variants done, total).

    Attributes
    ----------
    exact : bool
    """

    def __init__(
        self,
        variants: Variants,
        parameters: Sequence[Parameter],
        metric: str,
        *,
        progress: Progress | None = None,
    ) -> None:
        self.variants = variants
        self.parameters = parameters
        self.metric = metric
        self.progress = progress
        self.exact = _is_quick(variants.funnel.model) and self._exact(()) is not None

    def __call__(self, factors: Floats) -> Floats:
        """The metric at points of factors, shape (n, d), in each future; shape (n, R), R = 1 if exact."""
        changes = [
            [one.change(factor) for one, factor in zip(self.parameters, row, strict=True)] for row in factors
        ]
        if self.exact:
            means = self._exact_means(changes)
            if means is not None:
                return means[:, None]
            self.exact = False  # the grid of some variant cannot be made fine enough
        runs = self.variants.runs(changes, progress=self.progress)
        values = [self.variants.measured.values(run, self.metric) for run in runs]
        return np.asarray(np.nan_to_num(np.array(values)), dtype=np.float64)

    def _exact_means(self, changes: Sequence[Sequence[Change]]) -> Floats | None:
        found: list[float] = []
        with ThreadPoolExecutor(self.variants.workers or os.cpu_count() or 1) as pool:
            for value in pool.map(self._exact, changes):
                if value is None:
                    pool.shutdown(cancel_futures=True)
                    return None
                found.append(value)
                self._report(len(found), len(changes))
        return np.array(found)

    def _exact(self, changes: Sequence[Change]) -> float | None:
        measured = self.variants.measured
        known = exact_mean(
            self.variants.funnel,
            self.metric,
            days=measured.window.end_day,
            windows=(measured.window,),
            warmup_days=self.variants.warmup_days,
            changes=changes,
        )
        return None if known is None else known.value + measured.before_start(self.metric)

    def _report(self, done: int, total: int) -> None:
        if self.progress is not None:
            self.progress(done, total)


def _is_quick(model: Model) -> bool:
    """Whether an exact mean, if there is one, takes milliseconds."""
    dwells = [e.after or stage.after for stage in model.stages.values() for e in stage.exits.values()]
    smooth = all(dwell is None or dwell.is_continuous for dwell in dwells)
    return smooth and not any(stage.work for stage in model.stages.values())
