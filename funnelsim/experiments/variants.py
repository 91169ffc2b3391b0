"""Many variants of one funnel on common random numbers."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from functools import cached_property

from funnelsim.core.errors import FunnelSimError
from funnelsim.engines.job import Job, Kept
from funnelsim.engines.planning.build import PlanBuilder
from funnelsim.engines.pool import Started, running_on, start
from funnelsim.engines.run import plan_builder, simulate
from funnelsim.engines.size import refuse_what_cannot_run
from funnelsim.experiments.measured import Measured
from funnelsim.model.changes.changes import Change
from funnelsim.model.files.model_files import Funnel
from funnelsim.results.run import Run, Window

#: Variants whose pieces are submitted while the first of them is awaited.
_AHEAD = 8
#: Tasks that few variants are split into on an executor without shared memory; many are one task each.
_TASKS = 4
#: Called with (replications done, total), over all variants.
Progress = Callable[[int, int], None]


class Variants:
    """Runs variants of a funnel over one span, each on the random draws of the others.

    A lead that occurs in two variants has the same draws in both, so that their difference needs far fewer
    replications than that of separate runs.

    Parameters
    ----------
    funnel : Funnel
    measured : Measured
        The span, as `measured` gives it.
    replications : int or range, default 1000
    seed, engine, warmup_days, workers, executor, allow_large
        As for `funnelsim.simulate`.
    """

    def __init__(
        self,
        funnel: Funnel,
        measured: Measured,
        *,
        replications: int | range = 1000,
        seed: int = 1,
        engine: str = "auto",
        warmup_days: float = 0.0,
        workers: int | None = None,
        executor: Executor | None = None,
        allow_large: bool = False,
    ) -> None:
        self.funnel = funnel
        self.measured = measured
        self.replications = _as_range(replications)
        self.seed = seed
        self.engine = engine
        self.warmup_days = warmup_days
        self.workers = workers
        self.executor = executor
        self.allow_large = allow_large

    @cached_property
    def base(self) -> Run:
        """The unchanged funnel."""
        return self.run(())

    @cached_property
    def _builder(self) -> PlanBuilder:
        """Makes the plans of the base, and keeps their parts for those of variants."""
        span = (self.measured.window.end_day, None, self.warmup_days, self.measured.windows)
        return plan_builder(self.funnel, *span, keeps=True)

    def run(
        self,
        changes: Sequence[Change],
        *,
        replications: int | range | None = None,
        progress: Progress | None = None,
    ) -> Run:
        """One variant.

        Parameters
        ----------
        changes : sequence of Change
        replications : int or range, optional
            Instead of those of all variants; pairs with the same replications of another.
        progress : callable, optional
            Called with (replications done, total).
        """
        (run,) = self.runs([changes], replications=replications, progress=progress)
        return run

    def runs(
        self,
        variants: Sequence[Sequence[Change]],
        *,
        replications: int | range | None = None,
        progress: Progress | None = None,
    ) -> Iterator[Run]:
        """Run many variants; yields their runs in order, each as soon as it is done.

        Parameters
        ----------
        variants : sequence of sequences of Change
        replications, progress
            As for `run`; the progress is that of all variants.
        """
        chosen = self.replications if replications is None else _as_range(replications)
        waiting, started = deque(variants), deque[Started]()
        tasks = _TASKS if len(variants) < _AHEAD else 1
        with running_on(self.executor, self.workers) as pool:
            try:
                for index in range(len(variants)):
                    while waiting and len(started) < _AHEAD:
                        started.append(start(self._job(waiting.popleft(), chosen), pool, tasks=tasks))
                    yield started.popleft().result(_share_of(progress, index, len(variants)))
            finally:
                for one in started:
                    one.cancel()

    def simulate(
        self,
        changes: Sequence[Change] = (),
        *,
        windows: Sequence[Window] | None = None,
        replications: range | None = None,
        reps: bool = True,
        visits: bool = False,
        warmup: bool = True,
    ) -> Run:
        """A variant with windows of its own, without waiting for reps, or with its visits.

        Parameters
        ----------
        changes : sequence of Change
        windows : sequence of Window, optional
            The run ends with the last of them; default those of the other variants.
        replications : range, optional
            Instead of those of all variants.
        reps, visits
            As for `funnelsim.simulate`.
        warmup : bool, default True
            False: without the warm-up of the other variants.
        """
        own = tuple(self.measured.windows if windows is None else windows)
        warmup_days = self.warmup_days if warmup else 0.0
        same_span = own == self.measured.windows and warmup_days == self.warmup_days
        return simulate(
            self.funnel,
            days=max(window.end_day for window in own),
            windows=own,
            warmup_days=warmup_days,
            replications=self.replications if replications is None else replications,
            seed=self.seed,
            engine=self.engine,
            workers=self.workers,
            executor=self.executor,
            allow_large=self.allow_large,
            changes=changes,
            reps=reps,
            visits=visits,
            like=self._builder if same_span else None,
        )

    def plans_of(self, changes: Sequence[Change]) -> PlanBuilder:
        """Makes the plans of a variant: one for each parameter draw."""
        span = (self.measured.window.end_day, None, self.warmup_days, self.measured.windows)
        return plan_builder(self.funnel, *span, changes, like=self._builder) if changes else self._builder

    def _job(self, changes: Sequence[Change], chosen: range) -> Job:
        job = Job.of(self.plans_of(changes), chosen, self.seed, self.engine, reps=True, kept=Kept())
        job.hashed = not changes  # no document names the plans of variants
        if not self.allow_large:
            job.refuse_if_too_large(self.workers)
        return job

    def refuse_what_cannot_run(self, variants: Sequence[Sequence[Change]]) -> None:
        """Raise an error if a variant is too large, or cannot be simulated, before the first one runs."""
        for changes in variants:
            refuse_what_cannot_run(
                self.funnel,
                days=self.measured.window.end_day,
                replications=len(self.replications),
                changes=changes,
                allow_large=self.allow_large,
            )


def _as_range(replications: int | range) -> range:
    chosen = range(replications) if isinstance(replications, int) else replications
    if not chosen:
        raise FunnelSimError("nothing to simulate: give at least one replication")
    return chosen


def _share_of(progress: Progress | None, index: int, runs: int) -> Progress | None:
    if progress is None:
        return None
    return lambda done, total: progress(index * total + done, runs * total)
