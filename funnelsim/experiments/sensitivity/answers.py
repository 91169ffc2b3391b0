"""The answers of a sensitivity analysis, one after the other: each needs those before it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from funnelsim.core.errors import FunnelSimError, Interrupted
from funnelsim.experiments.measured import Measured
from funnelsim.experiments.sensitivity.elasticities import Elasticity, elasticities
from funnelsim.experiments.sensitivity.expected_output import ExpectedOutput
from funnelsim.experiments.sensitivity.information import (
    DrawShares,
    gain_from_knowing,
    gain_from_knowing_all,
)
from funnelsim.experiments.sensitivity.parameter_sets import ParameterSets
from funnelsim.experiments.sensitivity.parameters import Parameter, factors_of_draws
from funnelsim.experiments.sensitivity.ranges import Range, most_influential, range_of
from funnelsim.experiments.sensitivity.result import Information, Sensitivity, Sobol
from funnelsim.experiments.sensitivity.sizes import sizes
from funnelsim.experiments.sensitivity.sobol import sobol_indices
from funnelsim.experiments.sensitivity.variance_split import variance_split
from funnelsim.experiments.variants import Variants
from funnelsim.metrics.names import metric_values
from funnelsim.metrics.past import empty_start
from funnelsim.metrics.pricing import unpriced
from funnelsim.model.files.model_files import Funnel
from funnelsim.model.lint.work import overloads
from funnelsim.results.run import Run

Progress = Callable[[int, int], None]


class Analysis:
    """One analysis, from the run of the unchanged funnel to the result.

    Parameters
    ----------
    variants : Variants
        With the funnel, the span and all replications.
    parameters : tuple of Parameter
    given : mapping of str to Range
        Ranges by path.
    metric : str or None
    top : int
        Number of parameters with Sobol indices.
    level : float
    progress : callable or None
    """

    def __init__(
        self,
        variants: Variants,
        parameters: tuple[Parameter, ...],
        given: Mapping[str, Range],
        *,
        metric: str | None,
        top: int,
        level: float,
        progress: Progress | None,
    ) -> None:
        base, funnel = variants.base, variants.funnel
        self.variants, self.parameters, self.given = variants, parameters, given
        self.metric = metric or _worth(variants.measured, base)
        self.top, self.level = top, level
        self.steps = _Steps(progress, parts=3)
        self.size = sizes(
            len(variants.replications),
            float(metric_values(base, "leads_created").mean()) + _open_leads(funnel),
            parameters=len(parameters),
            varied=max(top, len(given)),
            draws=base.draw_rows,
        )

    def result(self) -> Sensitivity:
        """All answers.

        Raises
        ------
        FunnelSimError
            If no parameter changes the metric.
        Interrupted
            By Ctrl-C after the elasticities.
        """
        variants, funnel, span = self.variants, self.variants.funnel, self.variants.measured
        local = self._elasticities()
        drawn = {} if funnel.draws is None else factors_of_draws(funnel.model, funnel.draws, self.parameters)
        varied = {one.path: range_of(one, drawn, self.given) for one in self.parameters}
        chosen = most_influential(_swings(local, varied), self.top, tuple(self.given))
        if not chosen:
            raise FunnelSimError(f"no parameter moves {self.metric} in {span.window.label}: no sensitivity")
        try:
            sobol = self._sobol(chosen, varied)
            if drawn:
                sets = ParameterSets.of_draws(variants.base, span, self.metric, drawn)
            else:
                sets = ParameterSets.of_ranges(variants, sobol, self.metric, self.size, self.steps.of(2))
        except KeyboardInterrupt as stop:
            known = "all parameters one by one, without their shares of the spread"
            raise Interrupted(local, known) from stop
        return Sensitivity(
            funnel=funnel,
            measured=span,
            metric=self.metric,
            base=variants.base,
            elasticities=tuple(local),
            sobol=sobol,
            variance=variance_split(sets.values, sets.draws, level=self.level),
            basis="fit" if drawn else "ranges",
            information=_information(sets, self.parameters, variants.seed),
            level=self.level,
            warnings=_warnings(variants),
        )

    def _elasticities(self) -> Sequence[Elasticity]:
        size, futures = self.size, self.variants.replications
        local = elasticities(
            self.variants,
            self.parameters,
            self.metric,
            replications=futures[: size.elasticity * size.every : size.every],
            level=self.level,
            progress=self.steps.of(0),
        )
        if not any(math.isfinite(one.value) and one.value for one in local):
            label = self.variants.measured.window.label
            raise FunnelSimError(
                f"{self.metric} is 0, or the same in all variants, in {label}: no sensitivity"
            )
        return local

    def _sobol(self, parameters: Sequence[Parameter], varied: Mapping[str, Range]) -> Sobol:
        variants = _without_draws(self.variants, self.size.sobol)
        output = ExpectedOutput(variants, parameters, self.metric, progress=self.steps.of(1))
        ends = [varied[one.path] for one in parameters]
        low, high = np.array([(one.low, one.high) for one in ends]).T
        points = self.size.points
        indices = sobol_indices(output, low, high, points=points, level=self.level, seed=variants.seed)
        return Sobol(
            parameters=tuple(parameters),
            ranges=tuple(ends),
            indices=indices,
            points=points,
            futures=0 if output.exact else len(variants.replications),
        )


class _Steps:
    """Progress of one part of the analysis as progress of the whole, in thousandths."""

    def __init__(self, progress: Progress | None, *, parts: int) -> None:
        self.progress = progress
        self.parts = parts

    def of(self, part: int) -> Progress | None:
        progress = self.progress
        if progress is None:
            return None
        return lambda done, total: progress(round(1000 * (part + done / total)), 1000 * self.parts)


def _open_leads(funnel: Funnel) -> int:
    return 0 if funnel.pipeline is None else funnel.pipeline.height


def _worth(span: Measured, base: Run) -> str:
    """Bookings; deals won where nothing has an amount."""
    return "bookings" if span.values(base, "bookings").any() else "deals_won"


def _swings(local: Sequence[Elasticity], varied: Mapping[str, Range]) -> list[tuple[Parameter, float]]:
    """How far each parameter moves the metric over its range, relative to the metric."""
    return [
        (one.parameter, one.value * (varied[one.parameter.path].high - varied[one.parameter.path].low))
        for one in local
    ]


def _without_draws(variants: Variants, futures: int) -> Variants:
    """The first futures of the model's own values: the ranges take the place of parameter draws."""
    return Variants(
        replace(variants.funnel, draws=None),
        variants.measured,
        replications=variants.replications[:futures],
        seed=variants.seed,
        engine=variants.engine,
        warmup_days=variants.warmup_days,
        workers=variants.workers,
        executor=variants.executor,
        allow_large=variants.allow_large,
    )


def _warnings(variants: Variants) -> tuple[str, ...]:
    funnel = variants.funnel
    return (
        *empty_start(funnel, variants.warmup_days, nothing_open=funnel.model.history is not None),
        *variants.measured.warnings,
        *unpriced(funnel.model),
        *overloads(funnel.model).values(),
        *variants.base.notes,
    )


def _information(sets: ParameterSets, parameters: Sequence[Parameter], seed: int) -> Information | None:
    if sets.reached is None:
        return None
    shares = DrawShares.of(sets.reached, sets.draws)
    gains = [
        (one, gain_from_knowing(sets.factors[one.path][shares.draws], shares, seed=seed))
        for one in parameters
        if one.path in sets.factors
    ]
    return Information(
        probability=shares.probability,
        everything=gain_from_knowing_all(sets.reached, sets.draws, seed=seed),
        gains=tuple(sorted(gains, key=lambda pair: -pair[1].value)),
    )
