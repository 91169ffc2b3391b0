"""Which parameters a forecast depends on, and which are worth measuring: the whole analysis."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.stats import qmc

from funnelsim.core.arrays import Floats, Ints
from funnelsim.core.errors import ChangeError, FunnelSimError, Interrupted, Problem, require
from funnelsim.experiments.measured import Measured, measured
from funnelsim.experiments.sensitivity.elasticities import Elasticity, elasticities
from funnelsim.experiments.sensitivity.expected_output import ExpectedOutput
from funnelsim.experiments.sensitivity.information import (
    DrawShares,
    gain_from_knowing,
    gain_from_knowing_all,
)
from funnelsim.experiments.sensitivity.parameters import (
    Parameter,
    factors_of_draws,
    parameter_at,
    parameters_of,
)
from funnelsim.experiments.sensitivity.ranges import Range, most_influential, parse_range, range_of
from funnelsim.experiments.sensitivity.result import Information, Sensitivity, Sobol
from funnelsim.experiments.sensitivity.sizes import Sizes, sizes
from funnelsim.experiments.sensitivity.sobol import sobol_indices
from funnelsim.experiments.sensitivity.variance_split import variance_split
from funnelsim.experiments.variants import Variants
from funnelsim.history.files.events import History
from funnelsim.metrics.names import metric as known_metric
from funnelsim.metrics.names import metric_values
from funnelsim.metrics.past import empty_start
from funnelsim.metrics.pricing import unpriced
from funnelsim.metrics.summary import draws_of
from funnelsim.model.changes.names import path_by_keys
from funnelsim.model.files.model_files import Funnel
from funnelsim.model.lint.work import overloads
from funnelsim.results.run import Run

Progress = Callable[[int, int], None]


def sensitivity(
    funnel: Funnel,
    *,
    period: str | None = None,
    days: float | None = None,
    quota: float | None = None,
    metric: str | None = None,
    ranges: Mapping[str, tuple[float, float] | str] | None = None,
    top: int = 5,
    history: History | Path | str | None = None,
    level: float = 0.9,
    warmup_days: float = 0.0,
    replications: int | range = 10_000,
    seed: int = 1,
    engine: str = "auto",
    workers: int | None = None,
    executor: Executor | None = None,
    allow_large: bool = False,
    progress: Progress | None = None,
) -> Sensitivity:
    """Find out which parameters a forecast depends on, and which are worth measuring.

    Four answers: *elasticities*, the change of the metric for 1 % more of each parameter; *Sobol indices*,
    the shares of the variance that the parameters explain when they vary over ranges; the share of the
    forecast's variance that is *chance*, and that is *not knowing the parameters*; and the *value of
    information*, how many more bets on the quota would be right if a parameter were known.

    Parameters
    ----------
    funnel : Funnel
        As `read_model` gives it.
    period : str, optional
        Such as ``2026Q1``; default the goal's period that contains the model's start.
    days : float, optional
        This many days from the start, instead of a period.
    quota : float, optional
        Instead of the goal's. Without a quota there is no value of information.
    metric : str, optional
        Default bookings, or deals won where nothing has an amount.
    ranges : mapping, optional
        Path to lowest and highest factor, ``(0.8, 1.3)``, or text such as ``"0.5:0.7"``. Default: the 90 %
        range of the parameter draws; without draws, 20 % less to 20 % more.
    top : int, default 5
        Number of parameters with Sobol indices: those in `ranges`, then those that move the metric most.
    history : History or path, optional
        Used for bookings before the start; default the one named in the model.
    level : float, default 0.9
        Of the intervals.
    warmup_days, replications, seed, engine, workers, executor, allow_large
        As for `simulate`. Elasticities use a tenth of the replications, fewer in a large model.
    progress : callable, optional
        Called with (steps done, total).

    Raises
    ------
    FunnelSimError
        If a period is over, a metric or path is unknown, or no parameter changes the metric.
    Interrupted
        By Ctrl-C after at least one parameter, with the elasticities that are known.

    Examples
    --------
    >>> funnel = fs.read_model("model.toml")
    >>> found = fs.sensitivity(funnel, days=60, replications=400, top=2)
    >>> found.elasticities[0].value > 0
    True
    >>> found.table().columns[:3]
    ['path', 'name', 'kind']
    """
    require(funnel, Funnel, "funnel", "read one with funnelsim.read_model, or make one with funnel_of")
    if top < 1:
        raise FunnelSimError(f"at least one parameter must be varied, found top = {top}")
    if metric is not None:
        known_metric(metric)
    span = measured(funnel, period=period, days=days, quota=quota, history=history)
    given = _given_ranges(funnel, ranges or {})
    parameters = _parameters(funnel, tuple(given))

    def variants_of(which: Funnel, futures: range) -> Variants:
        return Variants(
            which,
            span,
            replications=futures,
            seed=seed,
            engine=engine,
            warmup_days=warmup_days,
            workers=workers,
            executor=executor,
            allow_large=allow_large,
        )

    futures = range(replications) if isinstance(replications, int) else replications
    variants = variants_of(funnel, futures)
    variants.refuse_what_cannot_run([()])
    base = variants.base
    metric = metric or _worth(span, base)
    size = sizes(
        len(futures),
        float(metric_values(base, "leads_created").mean()) + _open_leads(funnel),
        parameters=len(parameters),
        varied=max(top, len(given)),
        draws=base.draw_rows,
    )
    steps = _Steps(progress, parts=3)
    local = elasticities(
        variants,
        parameters,
        metric,
        replications=futures[: size.elasticity * size.every : size.every],
        level=level,
        progress=steps.of(0),
    )
    if not any(math.isfinite(one.value) and one.value for one in local):
        raise FunnelSimError(
            f"{metric} is 0, or the same in all variants, in {span.window.label}: no sensitivity"
        )
    drawn = {} if funnel.draws is None else factors_of_draws(funnel.model, funnel.draws, parameters)
    varied = {one.path: range_of(one, drawn, given) for one in parameters}
    chosen = most_influential(_swings(local, varied), top, tuple(given))
    if not chosen:
        raise FunnelSimError(f"no parameter moves {metric} in {span.window.label}: no sensitivity")
    try:
        sobol = _sobol(
            variants_of(replace(funnel, draws=None), futures[: size.sobol]),
            chosen,
            varied,
            metric,
            points=size.points,
            level=level,
            progress=steps.of(1),
        )
        if drawn:
            sets = _Sets.of_draws(base, span, metric, drawn)
        else:
            sets = _Sets.of_ranges(variants, sobol, metric, size, steps.of(2))
    except KeyboardInterrupt as stop:
        raise Interrupted(local, "all parameters one by one, without their shares of the spread") from stop
    return Sensitivity(
        funnel=funnel,
        measured=span,
        metric=metric,
        base=base,
        elasticities=tuple(local),
        sobol=sobol,
        variance=variance_split(sets.values, sets.draws, level=level),
        basis="fit" if drawn else "ranges",
        information=_information(sets, parameters, seed),
        level=level,
        warnings=(
            *empty_start(funnel, warmup_days, nothing_open=funnel.model.history is not None),
            *span.warnings,
            *unpriced(funnel.model),
            *overloads(funnel.model).values(),
            *base.notes,
        ),
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


class _Sets:
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
    def of_draws(cls, base: Run, span: Measured, metric: str, factors: Mapping[str, Floats]) -> _Sets:
        """Those of the parameter draws."""
        draws = draws_of(base)
        assert draws is not None
        return cls(span.values(base, metric), span.reached(base), draws, factors)

    @classmethod
    def of_ranges(
        cls, variants: Variants, sobol: Sobol, metric: str, size: Sizes, progress: Progress | None
    ) -> _Sets:
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


def _open_leads(funnel: Funnel) -> int:
    return 0 if funnel.pipeline is None else funnel.pipeline.height


def _parameters(funnel: Funnel, asked: Sequence[str]) -> tuple[Parameter, ...]:
    known = parameters_of(funnel.model, funnel.draws)
    paths = {one.path for one in known}
    more = [parameter_at(funnel.model, path, funnel.draws) for path in asked if path not in paths]
    if not known and not more:
        raise FunnelSimError("the model has no rate, probability, time or amount above 0 to vary")
    return (*known, *more)


def _given_ranges(funnel: Funnel, ranges: Mapping[str, tuple[float, float] | str]) -> dict[str, Range]:
    found = {}
    for text, ends in ranges.items():
        try:
            path = path_by_keys(funnel.model, text)
            parameter = parameter_at(funnel.model, path, funnel.draws)
        except ChangeError as error:
            raise ChangeError(f"--range {text}", error.problems) from None
        except ValueError as error:
            raise ChangeError(f"--range {text}", [Problem(path="", message=str(error))]) from error
        written = ends if isinstance(ends, str) else f"x{ends[0]:.15g}:x{ends[1]:.15g}"
        found[path] = parse_range(text, written, parameter)
    return found


def _worth(span: Measured, base: Run) -> str:
    """Bookings; deals won where nothing has an amount."""
    return "bookings" if span.values(base, "bookings").any() else "deals_won"


def _swings(local: Sequence[Elasticity], varied: Mapping[str, Range]) -> list[tuple[Parameter, float]]:
    """How far each parameter moves the metric over its range, relative to the metric."""
    return [
        (one.parameter, one.value * (varied[one.parameter.path].high - varied[one.parameter.path].low))
        for one in local
    ]


def _sobol(
    variants: Variants,
    parameters: Sequence[Parameter],
    varied: Mapping[str, Range],
    metric: str,
    *,
    points: int,
    level: float,
    progress: Progress | None,
) -> Sobol:
    output = ExpectedOutput(variants, parameters, metric, progress=progress)
    ends = [varied[one.path] for one in parameters]
    low, high = np.array([(one.low, one.high) for one in ends]).T
    indices = sobol_indices(output, low, high, points=points, level=level, seed=variants.seed)
    return Sobol(
        parameters=tuple(parameters),
        ranges=tuple(ends),
        indices=indices,
        points=points,
        futures=0 if output.exact else len(variants.replications),
    )


def _information(sets: _Sets, parameters: Sequence[Parameter], seed: int) -> Information | None:
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
