"""Where a funnel loses leads, money and time, and what small improvements are worth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from pathlib import Path

import numpy as np

from funnelsim.core.errors import InputError, Problem, did_you_mean, require
from funnelsim.documents.friction import Leak
from funnelsim.experiments.friction.effects import METRICS, PairedEffects, by_worth, gain
from funnelsim.experiments.friction.leaks import leaks_of
from funnelsim.experiments.friction.questions import Questions
from funnelsim.experiments.friction.result import Friction
from funnelsim.experiments.measured import Measured, measured
from funnelsim.experiments.variants import Variants
from funnelsim.history.files.events import History
from funnelsim.metrics.past import empty_start
from funnelsim.model.files.model_files import Funnel
from funnelsim.model.lint.work import overloads
from funnelsim.results.run import Run

Progress = Callable[[int, int], None]
#: Futures of each variant by default, and of the run that counts the visits of a future beforehand.
MOST_FUTURES, _FEWEST_FUTURES, _PILOT = 2000, 200, 20
#: Visits to simulate over all variants, which takes about a minute of one core; reps make each one slower.
_VISITS, _VISITS_WITH_REPS = 1e9, 2e8
#: Futures whose visits are kept for the leaks, and the most visits in all of them: about 200 MB.
MOST_LOGGED, MOST_VISITS = 400, 1_500_000


def friction(
    funnel: Funnel,
    *,
    period: str | None = None,
    days: float | None = None,
    quota: float | None = None,
    history: History | Path | str | None = None,
    metric: str | None = None,
    stages: Sequence[str] = (),
    top: int = 10,
    level: float = 0.9,
    warmup_days: float = 0.0,
    replications: int | range | None = None,
    most_futures: int = MOST_FUTURES,
    seed: int = 1,
    engine: str = "auto",
    workers: int | None = None,
    executor: Executor | None = None,
    allow_large: bool = False,
    progress: Progress | None = None,
) -> Friction:
    """Find where leads and money leave a funnel, and what small improvements are worth.

    Every improvement is simulated on the random draws of the unchanged funnel, from the model's start on;
    shorter times in visits that begin on the day after it or later.

    Parameters
    ----------
    funnel : Funnel
        As `read_model` gives it.
    period, days, quota, history
        As for `compare`.
    metric : {"bookings", "quota_credit", "deals_won", "cycle_days"}, optional
        What improvements are sorted by; default bookings, or deals won where nothing has an amount.
    stages : sequence of str, optional
        Only these stages; default all, and the sources of leads too.
    top : int, default 10
        Rows of each list on screen and in the figure.
    level : float, default 0.9
        Of the intervals.
    replications : int or range, optional
        Futures of each variant; default `most_futures`, fewer for a model with many leads or reps.
    most_futures : int, default 2000
        Without `replications`: at most so many; fewer take less time with a large model too.
    warmup_days, seed, engine, workers, executor, allow_large
        As for `simulate`.
    progress : callable, optional
        Called with (replications done, total), over all runs.

    Returns
    -------
    Friction

    Raises
    ------
    FunnelSimError
        If there is no such stage or metric, both `period` and `days` are given, or a period is over.

    Examples
    --------
    >>> funnel = fs.read_model("model.toml")
    >>> found = fs.friction(funnel, days=60, stages=["demo"], replications=20)
    >>> [lever.path for lever in found.levers if lever.kind == "conversion"]
    ['stages.demo.exits.proposal.p']
    """
    require(funnel, Funnel, "funnel", "read one with funnelsim.read_model, or make one with funnel_of")
    model = funnel.model
    _check_names("stage", stages, list(model.stages))
    _check_names("metric", [metric] if metric else [], METRICS)
    span = measured(funnel, period=period, days=days, quota=quota, history=history)
    variants = Variants(
        funnel,
        span,
        warmup_days=warmup_days,
        replications=_PILOT if replications is None else replications,
        seed=seed,
        engine=engine,
        workers=workers,
        executor=executor,
        allow_large=allow_large,
    )
    questions = Questions.of(funnel, stages)
    if replications is None:
        variants.replications = range(_enough_futures(variants, len(questions.changes) + 1, most_futures))
    variants.refuse_what_cannot_run(questions.changes)
    empty = empty_start(funnel, warmup_days, nothing_open=model.history is not None)
    runs = variants.runs([(), *questions.changes], progress=progress)
    base = next(runs)
    usual = _usual_metric(base, span)
    wanted = metric or usual
    value_of = usual if wanted in ("cycle_days", "bookings") else wanted
    leaks, logged = _leaks(funnel, variants, base, value_of, stages)
    answers = questions.answered(runs, PairedEffects(base=base, measured=span, metric=wanted, level=level))
    return Friction(
        funnel=funnel,
        measured=span,
        base=base,
        metric=wanted,
        value_of=value_of,
        level=level,
        top=top,
        stages=tuple(stages),
        levers=tuple(sorted(answers.levers, key=lambda row: by_worth(row, wanted))),
        leaks=tuple(leaks),
        leaks_replications=logged,
        removals=tuple(sorted(answers.removals, key=lambda one: -gain(one.all_recovered, wanted))),
        drivers=tuple(sorted(answers.drivers, key=lambda row: by_worth(row, wanted))),
        unknown_drivers=questions.no_gaps,
        interrupted=answers.interrupted,
        warnings=(
            *answers.warnings,
            *empty,
            *span.warnings,
            *overloads(model).values(),
            *base.notes,
        ),
    )


def _check_names(what: str, given: Sequence[str], known: Sequence[str]) -> None:
    problems = [
        Problem(
            path=what,
            message=f'there is no {what} "{name}"; choose from {", ".join(known)}',
            hint=did_you_mean(name, list(known)),
        )
        for name in given
        if name not in known
    ]
    if problems:
        raise InputError("friction", problems)


def _usual_metric(base: Run, span: Measured) -> str:
    """Bookings, or wins where nothing has an amount."""
    return "bookings" if (span.values(base, "bookings") != 0).any() else "deals_won"


def _enough_futures(variants: Variants, runs: int, most: int) -> int:
    """As many futures as can be simulated in good time; they depend on the model only."""
    visits = _VISITS_WITH_REPS if variants.funnel.model.roles else _VISITS
    fitting = int(most / MOST_FUTURES * visits / (runs * _visits_a_future(variants.funnel, variants.base)))
    del variants.base  # it has a few futures only
    return min(max(fitting, _FEWEST_FUTURES), most)


def _visits_a_future(funnel: Funnel, run: Run) -> float:
    """Mean number of visits in a future, those of open leads at the start included."""
    pipeline = 0 if funnel.pipeline is None else funnel.pipeline.height
    return max(float(np.mean(run.tallies["entered"][:, 0].sum(axis=1))) + pipeline, 1.0)


def _leaks(
    funnel: Funnel, variants: Variants, base: Run, value_of: str, stages: Sequence[str]
) -> tuple[list[Leak], int]:
    """The leaks, and the number of futures that they were counted in."""
    size = max(min(base.size, MOST_LOGGED, int(MOST_VISITS / _visits_a_future(funnel, base))), 1)
    run = variants.simulate(replications=variants.replications[:size], visits=True)
    return leaks_of(funnel, run, metric=value_of, stages=stages), size
