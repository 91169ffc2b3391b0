"""Which parameters a forecast depends on, and which are worth measuring: the whole analysis."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path

from funnelsim.core.errors import ChangeError, FunnelSimError, Problem, require
from funnelsim.experiments.measured import measured
from funnelsim.experiments.sensitivity.answers import Analysis
from funnelsim.experiments.sensitivity.parameters import Parameter, parameter_at, parameters_of
from funnelsim.experiments.sensitivity.ranges import Range, parse_range
from funnelsim.experiments.sensitivity.result import Sensitivity
from funnelsim.experiments.variants import Variants
from funnelsim.history.files.events import History
from funnelsim.metrics.names import metric as known_metric
from funnelsim.model.changes.names import path_by_keys
from funnelsim.model.files.model_files import Funnel

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
    variants = Variants(
        funnel,
        span,
        replications=replications,
        seed=seed,
        engine=engine,
        warmup_days=warmup_days,
        workers=workers,
        executor=executor,
        allow_large=allow_large,
    )
    variants.refuse_what_cannot_run([()])
    analysis = Analysis(variants, parameters, given, metric=metric, top=top, level=level, progress=progress)
    return analysis.result()


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
