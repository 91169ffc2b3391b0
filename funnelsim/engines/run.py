"""Run a funnel: the entry point of the engines."""

from __future__ import annotations

import datetime as dt
import math
import numbers
from collections.abc import Callable, Sequence
from concurrent.futures import Executor

import numpy as np

from funnelsim.core.arrays import Floats
from funnelsim.core.calendar.dates import as_date
from funnelsim.core.calendar.time import days_since, periods_between
from funnelsim.core.errors import FunnelSimError, InputError, Problem, require
from funnelsim.engines.exact import means as expected
from funnelsim.engines.exact.leads import Arrivals
from funnelsim.engines.exact.means import ExactMean, figure_of
from funnelsim.engines.job import Job, Kept
from funnelsim.engines.planning.build import PlanBuilder
from funnelsim.engines.planning.scope import Span
from funnelsim.engines.pool import running_on, start
from funnelsim.model.changes.changes import Change
from funnelsim.model.files.model_files import Funnel
from funnelsim.results.groups import Grouping
from funnelsim.results.run import TARGET, Run, Window

Progress = Callable[[int, int], None]
#: A hundred years; plans have an entry for each day.
MOST_DAYS = 36_525


def simulate(
    funnel: Funnel,
    *,
    days: float | None = None,
    until: dt.date | str | None = None,
    warmup_days: float = 0.0,
    windows: Sequence[Window] | None = None,
    replications: int | range = 2000,
    seed: int = 1,
    engine: str = "auto",
    workers: int | None = None,
    executor: Executor | None = None,
    changes: Sequence[Change] = (),
    reps: bool = True,
    visits: bool = False,
    pipeline_wins: bool | Sequence[str] = False,
    pipeline_sums: bool = False,
    groups: Grouping | None = None,
    allow_large: bool = False,
    like: PlanBuilder | None = None,
    progress: Progress | None = None,
) -> Run:
    """Simulate many futures of a funnel.

    Parameters
    ----------
    funnel : Funnel
        Model, parameter draws and open pipeline, as `read_model` gives it.
    days : float, optional
        Length of the simulated span from the model's start; or
    until : date, datetime or str, optional
        its last day (included).
    warmup_days : float, default 0
        Days simulated from an empty funnel before the start, rounded up; not included in any result.
    windows : sequence of Window, optional
        Spans to report; default the whole span and its calendar periods of the goal's kind.
    replications : int or range, default 2000
        Number of replications, or a part of them: ``range(5000, 10000)``.
    seed : int, default 1
        The same model and seed give the same numbers, for any number of workers and any part.
    engine : {"auto", "fast", "reference"}
    workers : int, optional
        Threads; default one for each core.
    executor : Executor, optional
        An executor of `concurrent.futures` that runs the pieces, instead of new threads.
    changes : sequence of Change, optional
        A scenario's changes, in file order.
    reps : bool, default True
        False: the same leads and random draws, with tasks that take no time and without waiting.
    visits : bool, default False
        Keep a row for each visit.
    pipeline_wins : bool or sequence of str, default False
        Keep the day of the first win and the amount of the first booking of each open lead, or of those with
        these ids and in their order, by replication.
    pipeline_sums : bool, default False
        Keep the number of wins and the sum of first bookings of each open lead in each window; the sum over
        leads is the pipeline's part of all wins and bookings.
    groups : Grouping, optional
        Keep bookings, quota credit and wins of these groups of leads, which add up to the whole.
    allow_large : bool, default False
        Allow runs that exceed the limits on memory and time in `funnelsim.engines.size`.
    like : PlanBuilder, optional
        Of the unchanged funnel over the same span (`funnelsim.experiments.variants`): parts of plans that the
        changes leave alone are taken from it.
    progress : callable, optional
        Called with (replications done, total).

    Returns
    -------
    Run

    Raises
    ------
    FunnelSimError
        If not exactly one of `days` and `until` is given, a warm-up is combined with an open pipeline, leads
        loop endlessly at one instant, or the run is too large.

    Examples
    --------
    >>> run = fs.simulate(fs.read_model("model.toml"), until="2026-03-31", replications=20)
    >>> fs.metric_values(run, "deals_won").shape
    (20,)
    """
    require(funnel, Funnel, "funnel", "read one with funnelsim.read_model, or make one with funnel_of")
    if engine not in ("auto", "fast", "reference"):
        raise FunnelSimError(f'unknown engine "{engine}"; choose from auto, fast, reference')
    chosen = range(replications) if isinstance(replications, int) else replications
    if not chosen:
        raise FunnelSimError("nothing to simulate: give at least one replication")
    builder = plan_builder(funnel, days, until, warmup_days, windows, changes, like=like)
    leads = None if isinstance(pipeline_wins, bool) else _places(funnel, pipeline_wins)
    wins = pipeline_wins is not False
    kept = Kept(visits=visits, wins=wins, leads=leads, sums=pipeline_sums, groups=groups)
    job = Job.of(builder, chosen, seed, engine, reps=reps, kept=kept)
    if not allow_large:
        job.refuse_if_too_large(workers)
    if engine == "reference":
        workers = 1  # pure Python: threads would not run in parallel
    with running_on(executor, workers) as pool:
        return start(job, pool).result(progress)


def _places(funnel: Funnel, leads: Sequence[str]) -> tuple[int, ...]:
    """Rows of the pipeline in which these open leads are."""
    row_of = {} if funnel.pipeline is None else {lead: k for k, lead in enumerate(funnel.pipeline["lead"])}
    unknown = [lead for lead in leads if lead not in row_of]
    if unknown:
        raise FunnelSimError(f'there is no open {funnel.model.noun} "{unknown[0]}" in the pipeline')
    return tuple(row_of[lead] for lead in leads)


def exact_mean(
    funnel: Funnel,
    metric: str,
    *,
    days: float | None = None,
    until: dt.date | str | None = None,
    warmup_days: float = 0.0,
    windows: Sequence[Window] | None = None,
    changes: Sequence[Change] = (),
) -> ExactMean | None:
    """The exact mean of a metric over the first window without waiting for reps, without simulation.

    Parameters
    ----------
    metric : str
        ``deals_won``, ``bookings``, ``quota_credit`` or ``entered.STAGE``.
    days, until, warmup_days, windows, changes
        As for `simulate`.

    Returns
    -------
    ExactMean or None
        None for other metrics, with parameter draws, and for the funnels named at
        `funnelsim.engines.exact.means.has_exact_mean`.
    """
    builder = plan_builder(funnel, days, until, warmup_days, windows, changes)
    name, _, stage = metric.partition(".")
    known = not stage or stage in builder.scope.stage_keys
    if builder.draw_rows or not known:
        return None
    plan = builder.build().plan
    figure = figure_of(plan, name, builder.scope.stage_keys.index(stage) if stage else None)
    return None if figure is None else expected.exact_mean(plan, figure)


def expected_leads(
    funnel: Funnel, windows: Sequence[Window], *, changes: Sequence[Change] = ()
) -> dict[str, Floats]:
    """Expected new leads of each source in each window, without spawned leads and without simulation.

    Parameters
    ----------
    funnel : Funnel
    windows : sequence of Window
    changes : sequence of Change, optional

    Returns
    -------
    dict of str to ndarray, shape (W,)
        By source, campaigns included; at the model's own values, not those of its parameter draws.
    """
    builder = plan_builder(funnel, max(window.end_day for window in windows), None, 0.0, windows, changes)
    plan = builder.build().plan
    begin, end = (np.array([getattr(w, name) for w in windows]) for name in ("start_day", "end_day"))
    found = {key: np.zeros(len(windows)) for key in funnel.model.sources}
    keys = list(funnel.model.sources)
    for stream, source in enumerate(plan.sources.source):
        found[keys[int(source)]] += Arrivals.of(plan, stream).within(begin, end)
    return found


def plan_builder(
    funnel: Funnel,
    days: float | None,
    until: dt.date | str | None,
    warmup_days: float,
    windows: Sequence[Window] | None,
    changes: Sequence[Change] = (),
    *,
    like: PlanBuilder | None = None,
    keeps: bool = False,
) -> PlanBuilder:
    """What makes the plans of a run.

    Parameters
    ----------
    funnel, days, until, warmup_days, windows, changes, like
        As for `simulate`.
    keeps : bool, default False
        Keep what plans are made of, for builders `like` this one.
    """
    horizon = _horizon_days(funnel, days, until)
    if not 0 <= warmup_days <= MOST_DAYS:
        raise FunnelSimError(f"a warm-up lasts 0 to {MOST_DAYS:,} days, found {warmup_days:g}")
    warmup = math.ceil(warmup_days)
    if warmup and funnel.pipeline is not None and funnel.pipeline.height:
        raise FunnelSimError(
            "a warm-up starts from an empty funnel, but this model has open leads at its start; "
            "leave out the warm-up or the pipeline"
        )
    chosen = default_windows(funnel, horizon) if windows is None else windows
    span = Span(warmup_days=warmup, end_day=horizon, windows=tuple(chosen))
    return PlanBuilder(funnel, span, changes, like=like, keeps=keeps)


def default_windows(funnel: Funnel, horizon: float) -> list[Window]:
    """The whole span, its calendar periods of the goal's kind, and the span of the target."""
    goal = funnel.model.goal
    start = funnel.model.start
    last = start + dt.timedelta(days=math.ceil(horizon))
    periods = periods_between(
        start,
        last,
        goal.period,
        fiscal_year_starts=goal.fiscal_year_starts,
        fiscal_year_named_by=goal.fiscal_year_named_by,
    )
    windows = [Window(label="all", start_day=0.0, end_day=horizon)]
    for period in periods:
        begins, ends = days_since(start, period.start), days_since(start, period.end)
        windows.append(
            Window(
                label=period.label,
                start_day=max(begins, 0.0),
                end_day=min(ends, horizon),
                complete=begins >= 0 and ends <= horizon,
            )
        )
    if goal.target is not None:
        by = days_since(start, goal.target.by) + 1
        windows += [Window(label=TARGET, start_day=0.0, end_day=by)] if by <= horizon else []
    return [w for w in windows if w.end_day > w.start_day]


def _horizon_days(funnel: Funnel, days: float | None, until: dt.date | str | None) -> float:
    if (days is None) == (until is None):
        raise FunnelSimError("say how long to simulate: either a number of days or a last day")
    if days is None:
        try:
            length = days_since(funnel.model.start, as_date(until)) + 1
        except ValueError as error:
            raise InputError("until", [Problem(path="", message=str(error))]) from None
    elif isinstance(days, bool) or not isinstance(days, numbers.Real):
        message = f"expected a number of days, found {type(days).__name__} {days!r}"
        raise InputError("days", [Problem(path="", message=message)])
    else:
        length = float(days)
    if not (length > 0 and math.isfinite(length)):
        raise FunnelSimError(f"the simulated span must be longer than 0, found {length:g} days")
    if length > MOST_DAYS:
        raise FunnelSimError(f"the simulated span may have {MOST_DAYS:,} days at most, found {length:,.0f}")
    return length
