"""Run a funnel: the entry point of the engines."""

from __future__ import annotations

import datetime as dt
import hashlib
import math
import numbers
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from funnelsim import __version__
from funnelsim.core.calendar.dates import as_date
from funnelsim.core.calendar.time import days_since, periods_between
from funnelsim.core.errors import FunnelSimError, InputError, Problem, require
from funnelsim.engines import fast
from funnelsim.engines.counts.ledger import OpenLeadWins
from funnelsim.engines.counts.open_wins import added_up, sums_over
from funnelsim.engines.counts.tallies import Tallies
from funnelsim.engines.exact import means as expected
from funnelsim.engines.exact.leads import Arrivals
from funnelsim.engines.exact.means import ExactMean, figure_of
from funnelsim.engines.plan import ROUNDS_AT_ONE_INSTANT, Plan, fingerprint, without_reps
from funnelsim.engines.planning.build import PlanBuilder, PlanOfDraw
from funnelsim.engines.planning.rounds import stages_of_round
from funnelsim.engines.planning.scope import Span
from funnelsim.engines.size import refuse_too_large, size_of
from funnelsim.model.changes.changes import Change
from funnelsim.model.files.model_files import Funnel
from funnelsim.results.provenance import Provenance
from funnelsim.results.run import TARGET, OpenLeadSums, Run, Window

Progress = Callable[[int, int], None]
#: Replications, or leads, of a piece; a running piece is not interrupted.
_MOST_REPLICATIONS, _MOST_LEADS = 512, 1_500_000
#: A hundred years; plans have an entry for each day.
MOST_DAYS = 36_525


class EndlessRoundError(FunnelSimError):
    """Leads loop endlessly at one instant."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """Replications that share a plan, by their index in the run."""

    draw_row: int | None
    places: NDArray[np.int64]


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
    pipeline_wins: bool = False,
    pipeline_sums: bool = False,
    allow_large: bool = False,
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
    pipeline_wins : bool, default False
        Keep the day of the first win and the amount of the first booking of each open lead, by replication.
    pipeline_sums : bool, default False
        Keep the number of wins and the sum of first bookings of each open lead in each window; the sum over
        leads is the pipeline's part of all wins and bookings.
    allow_large : bool, default False
        Allow runs that exceed the limits on memory and time in `funnelsim.engines.size`.
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
    builder = _builder(funnel, days, until, warmup_days, windows, changes)
    windows = builder.scope.span.windows
    numbers = np.arange(chosen.start, chosen.stop, chosen.step, dtype=np.int64)
    rows = builder.draw_rows
    # Always of the first row, so that all parts of a run have the same value.
    first = builder.build(0 if rows else None)
    if not allow_large:
        size = size_of(
            first.plan,
            len(numbers),
            workers=workers,
            visits=visits,
            pipeline_wins=pipeline_wins,
            brought=first.brought,
        )
        refuse_too_large(size, len(numbers), engine=engine)
    pieces = _pieces(numbers, rows, _replications_a_piece(first.plan))
    if not reps:
        first = first._replace(plan=without_reps(first.plan))
    kept = _Kept(visits=visits, wins=pipeline_wins, sums=pipeline_sums)
    job = _Job(builder, first, numbers, seed, engine, reps, kept)
    if engine == "reference":
        workers = 1  # pure Python: threads would not run in parallel
    else:
        fast.load(first.plan, seed)
    results = _run_all(job, pieces, workers, executor, progress)
    return job.gather(results, windows, chosen, funnel)


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
    builder = _builder(funnel, days, until, warmup_days, windows, changes)
    name, _, stage = metric.partition(".")
    known = not stage or stage in builder.scope.stage_keys
    if builder.draw_rows or not known:
        return None
    plan = builder.build().plan
    figure = figure_of(plan, name, builder.scope.stage_keys.index(stage) if stage else None)
    return None if figure is None else expected.exact_mean(plan, figure)


def expected_leads(
    funnel: Funnel, windows: Sequence[Window], *, changes: Sequence[Change] = ()
) -> dict[str, NDArray[np.float64]]:
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
    builder = _builder(funnel, max(window.end_day for window in windows), None, 0.0, windows, changes)
    plan = builder.build().plan
    begin, end = (np.array([getattr(w, name) for w in windows]) for name in ("start_day", "end_day"))
    found = {key: np.zeros(len(windows)) for key in funnel.model.sources}
    keys = list(funnel.model.sources)
    for stream, source in enumerate(plan.sources.source):
        found[keys[int(source)]] += Arrivals.of(plan, stream).within(begin, end)
    return found


def _builder(
    funnel: Funnel,
    days: float | None,
    until: dt.date | str | None,
    warmup_days: float,
    windows: Sequence[Window] | None,
    changes: Sequence[Change],
) -> PlanBuilder:
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
    return PlanBuilder(funnel, Span(warmup_days=warmup, end_day=horizon, windows=tuple(chosen)), changes)


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


def _replications_a_piece(plan: Plan) -> int:
    """Replications of a piece, by the number of new and open leads."""
    leads = float(plan.sources.mass.sum()) + plan.pipeline.id.size
    return max(min(int(_MOST_LEADS / max(leads, 1.0)), _MOST_REPLICATIONS), 1)


def _pieces(numbers: NDArray[np.int64], draw_rows: int, size: int) -> list[_Piece]:
    places = np.arange(len(numbers))
    if draw_rows == 0:
        return [_Piece(None, own) for own in _parts(places, size)]
    rows = numbers % draw_rows
    return [_Piece(int(row), own) for row in np.unique(rows) for own in _parts(places[rows == row], size)]


def _parts(places: NDArray[np.int64], size: int) -> list[NDArray[np.int64]]:
    return [places[first : first + size] for first in range(0, len(places), size)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """Optional outputs of a run."""

    visits: bool
    wins: bool  # of open leads, by replication
    sums: bool  # the same, summed over the replications in each window


@dataclass(frozen=True, slots=True, kw_only=True)
class _Done:
    """The result of a piece. It is returned instead of written to the job, because processes have a copy of
    the job."""

    piece: _Piece
    tallies: dict[str, NDArray[np.float64]]
    visits: pl.DataFrame | None
    wins: OpenLeadWins | None
    sums: OpenLeadSums | None


class _Job:
    """The work of one run: its pieces and their results."""

    def __init__(
        self,
        builder: PlanBuilder,
        first: PlanOfDraw,
        numbers: NDArray[np.int64],
        seed: int,
        engine: str,
        reps: bool,
        kept: _Kept,
    ) -> None:
        self.builder = builder
        self.first = first
        self.numbers = numbers
        self.seed = seed
        self.engine = "reference" if engine == "reference" else "fast"
        self.reps = reps
        self.kept = kept

    def plan(self, draw_row: int | None) -> tuple[Plan, tuple[str, ...]]:
        """The plan of a draw and the names of its exits, without those of probability 0 in the draw."""
        if not draw_row:
            return self.first.plan, self.first.exit_names
        own = self.builder.build(draw_row)
        return own.plan if self.reps else without_reps(own.plan), own.exit_names

    def do(self, piece: _Piece) -> _Done:
        """Run one piece; safe to call from several threads or processes at once."""
        plan, exit_names = self.plan(piece.draw_row)
        tallies = Tallies.zeros(plan, len(piece.places))
        run_piece = fast.run_piece
        if self.engine == "reference":
            from funnelsim.engines.reference.engine import run_piece
        kept = self.kept
        leads = plan.pipeline.id.size if kept.wins or kept.sums else 0
        wins = OpenLeadWins.unknown(len(piece.places), leads)
        log, endless_stage = run_piece(
            plan, self.seed, self.numbers[piece.places], tallies, kept.visits, wins
        )
        if endless_stage is not None:
            raise self._endless(plan, endless_stage)
        return _Done(
            piece=piece,
            tallies=tallies.over_windows(plan),
            visits=self._visit_frame(log, exit_names) if kept.visits else None,
            wins=wins if kept.wins else None,
            sums=sums_over(wins, plan.horizon) if kept.sums else None,
        )

    def _endless(self, plan: Plan, stage: int) -> EndlessRoundError:
        named = [f'"{self.builder.scope.stage_keys[place]}"' for place in stages_of_round(plan, stage)]
        return EndlessRoundError(
            f"leads loop through {' and '.join(named)} more than {ROUNDS_AT_ONE_INSTANT:,} times without any "
            "time passing; give one of these stages a dwell above zero"
        )

    def _visit_frame(self, log: dict[str, NDArray[Any]], exit_names: Sequence[str]) -> pl.DataFrame:
        scope = self.builder.scope

        def words(places: NDArray[np.int64], keys: Sequence[str | None]) -> pl.Series:
            names = pl.Series([*keys, None], dtype=pl.String)
            return names.gather(np.where(places < 0, len(keys), places))

        seats = pl.Series(log["seat"] + 1)
        return pl.DataFrame(
            {
                "replication": log["replication"],
                "lead": log["lead"],
                "source": words(log["source"], scope.source_keys),
                "segment": words(log["segment"], scope.segment_keys),
                "stage": words(log["stage"], scope.stage_keys),
                "visit": log["visit"].astype(np.int32),
                "entered": log["entered"],
                "started": log["started"],
                "finished": log["finished"],
                "left": log["left"],
                "exit": words(log["exit"], exit_names),
                "amount": log["amount"],
                "rep": words(log["role"], tuple(scope.model.roles)) + " " + seats.cast(pl.String),
            }
        ).with_columns(pl.col("started", "finished", "left").fill_nan(None))

    def gather(
        self, results: Iterable[_Done], windows: tuple[Window, ...], chosen: range, funnel: Funnel
    ) -> Run:
        """Concatenate the pieces in the order of replications, freeing each one after copying."""
        n, leads = len(self.numbers), self.first.plan.pipeline.id.size
        tallies: dict[str, NDArray[np.float64]] = {}
        frames: list[pl.DataFrame] = []
        wins = OpenLeadWins.unknown(n, leads) if self.kept.wins else None
        sums: OpenLeadSums | None = None
        for done in results:
            for name, values in done.tallies.items():
                if name not in tallies:
                    tallies[name] = np.full((n, *values.shape[1:]), np.nan)
                tallies[name][done.piece.places] = values
            if done.visits is not None:
                frames.append(done.visits)
            if wins is not None and done.wins is not None:
                for whole, own in zip(wins, done.wins, strict=True):
                    whole[done.piece.places] = own
            if done.sums is not None:
                sums = done.sums if sums is None else added_up(sums, done.sums)
        for array in tallies.values():
            array.flags.writeable = False
        return Run(
            windows=windows,
            stages=self.builder.scope.stage_keys,
            roles=tuple(self.builder.scope.model.roles) if self.reps else (),
            replications=chosen,
            tallies=tallies,
            provenance=Provenance(
                model=funnel.model.name,
                model_sha256=funnel.sha256,
                plan_sha256=_plan_sha256(self.first.plan, self.builder.draws),
                seed=self.seed,
                replications=n,
                engine=self.engine,
                version=__version__,
            ),
            draw_rows=self.builder.draw_rows,
            visits=_sorted(frames) if self.kept.visits else None,
            pipeline_wins=None if wins is None else wins.day,
            pipeline_amounts=None if wins is None else wins.amount,
            pipeline_sums=sums,
            notes=_notes(self.first.too_old),
        )


def _plan_sha256(first_plan: Plan, draws: pl.DataFrame | None) -> str:
    """Hash of the inputs of a run, independent of the simulated part: the plan of the first row, and all
    rows."""
    digest = hashlib.sha256(fingerprint(first_plan))
    if draws is not None:
        digest.update(repr(draws.columns).encode())
        for column in draws:
            digest.update(column.cast(pl.Float64).to_numpy().tobytes())
    return digest.hexdigest()


def _sorted(frames: list[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat(frames).sort(
        "replication", "lead", "entered", "left", maintain_order=True, nulls_last=True
    )


def _notes(old: Sequence[str]) -> tuple[str, ...]:
    if not old:
        return ()
    named = ", ".join(old[:5]) + (" ..." if len(old) > 5 else "")
    return (
        f"{len(old)} open leads are older than the model allows; the oldest possible age is used: {named}",
    )


def _run_all(
    job: _Job,
    pieces: list[_Piece],
    workers: int | None,
    executor: Executor | None,
    progress: Progress | None,
) -> Iterator[_Done]:
    """The results of the pieces, in order, so that rounding does not depend on which is ready first."""
    own = executor is None
    pool = executor or ThreadPoolExecutor(max_workers=workers or os.cpu_count() or 1)
    total, count = sum(len(piece.places) for piece in pieces), 0
    futures: deque[Future[_Done]] = deque(pool.submit(job.do, piece) for piece in pieces)
    try:
        while futures:
            done = futures.popleft().result()
            count += len(done.piece.places)
            if progress is not None:
                progress(count, total)
            yield done
    except BaseException:
        for future in futures:
            future.cancel()
        raise
    finally:
        if own:
            pool.shutdown(wait=True, cancel_futures=True)
