"""Learn from the first part of a log, simulate the rest several times, measure how far off it is."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

import funnelsim as fs
from benchmarks.task_log.distances import Distances, distances, halves
from benchmarks.task_log.simulated import begins_after_hours, simulated_logs, without_people
from benchmarks.task_log.split import Split, split
from funnelsim.fitting.funnel import Fit
from funnelsim.fitting.workload.fit import AtOnce
from funnelsim.history.files.events import History

TIMES = 10
#: Variants: of tasks done at the same time on one case, the time that the case took is kept, or all the hours
#: of those who did them; no people at all.
PEOPLE, IN_FULL, FREE_FLOW = "roles and hours", "roles and hours, --at-once hours", "free flow"
ITSELF = "two halves of the log"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Distances of one variant from the test cases."""

    name: str
    found: tuple[Distances, ...]

    def mean(self, place: int) -> float:
        return float(np.mean([one[place] for one in self.found]))

    def spread(self, place: int) -> tuple[float, float]:
        """Smallest and largest."""
        values = [one[place] for one in self.found]
        return min(values), max(values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycles:
    """Cycle times in hours: cases, mean and quantiles 10, 25, 50, 75, 90 %."""

    name: str
    cases: int
    mean: float
    quantiles: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """All that the page shows."""

    history: History
    of: Split
    share: float
    fit: Fit
    after_hours: bool
    rows: tuple[Row, ...]
    cycles: tuple[Cycles, ...]


def measure(history: History, share: float, times: int = TIMES, seed: int = 1) -> Measured:
    """Measure all variants, with people and in free flow, and the log against itself.

    Parameters
    ----------
    history : History
        Imported from a log of tasks.
    share : float
        Of the time in which cases begin, in (0, 1): what is learnt from.
    times : int
        Futures of each variant, and pairs of halves.
    """
    of = split(history, share)
    rows, cycles = [], [_cycles("test cases of the log", of.tested)]
    fits = {}
    for name, known, kept in _variants(of.known):
        print(f"{name}: learning", file=sys.stderr)
        fits[name] = fs.fit_funnel(known, covariates=False, at_once=kept, seed=seed)
        logs = list(simulated_logs(fits[name], of, times, seed))
        print(f"{name}: measuring", file=sys.stderr)
        together = pl.concat(_numbered(logs))
        rows.append(Row(name=name, found=tuple(distances(of.tested, log) for log in logs)))
        rows.append(Row(name=f"{name}, all futures together", found=(distances(of.tested, together),)))
        cycles.append(_cycles(name, together))
    rows.append(Row(name=ITSELF, found=tuple(halves(of.log, of.cases, times, seed))))
    earlier = of.log.filter(~pl.col("case").is_in(of.tested["case"].unique().implode()))
    rows.append(Row(name="the log before the split", found=(distances(of.tested, earlier),)))
    with_people = fits[PEOPLE]
    return Measured(
        history=history,
        of=of,
        share=share,
        fit=with_people,
        after_hours=begins_after_hours(of.known, with_people),
        rows=tuple(rows),
        cycles=tuple(cycles),
    )


def _variants(known: History) -> Iterator[tuple[str, History, AtOnce]]:
    yield PEOPLE, known, "time"
    yield IN_FULL, known, "hours"
    yield FREE_FLOW, without_people(known), "time"


def _numbered(logs: list[pl.DataFrame]) -> list[pl.DataFrame]:
    return [log.with_columns(case=pl.format("{}/{}", pl.lit(n), "case")) for n, log in enumerate(logs)]


def _cycles(name: str, log: pl.DataFrame) -> Cycles:
    spans = log.group_by("case").agg((pl.col("end").max() - pl.col("start").min()).alias("span"))["span"]
    hours = spans.dt.total_microseconds().to_numpy() / 3600e6
    quantiles = np.quantile(hours, [0.1, 0.25, 0.5, 0.75, 0.9])
    return Cycles(name=name, cases=len(hours), mean=float(hours.mean()), quantiles=tuple(quantiles.tolist()))
