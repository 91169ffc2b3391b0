"""Many variants of one funnel on common random numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from functools import cached_property

from funnelsim.engines.run import simulate
from funnelsim.engines.size import refuse_what_cannot_run
from funnelsim.experiments.measured import Measured
from funnelsim.model.changes.changes import Change
from funnelsim.model.files.model_files import Funnel
from funnelsim.results.run import Run

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
        self.replications = range(replications) if isinstance(replications, int) else replications
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
        return simulate(
            self.funnel,
            days=self.measured.window.end_day,
            windows=self.measured.windows,
            warmup_days=self.warmup_days,
            replications=self.replications if replications is None else replications,
            seed=self.seed,
            engine=self.engine,
            workers=self.workers,
            executor=self.executor,
            allow_large=self.allow_large,
            changes=changes,
            progress=progress,
        )

    def runs(
        self, variants: Sequence[Sequence[Change]], *, progress: Progress | None = None
    ) -> Iterator[Run]:
        """Run many variants; yields their runs in order, each as soon as it is done."""
        for index, changes in enumerate(variants):
            yield self.run(changes, progress=_share_of(progress, index, len(variants)))

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


def _share_of(progress: Progress | None, index: int, runs: int) -> Progress | None:
    if progress is None:
        return None
    return lambda done, total: progress(index * total + done, runs * total)
