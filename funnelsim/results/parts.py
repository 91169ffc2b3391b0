"""Merge parts of one run; the result equals the run in one piece to the last bit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import polars as pl

from funnelsim.core.errors import InputError, Problem
from funnelsim.results.run import Run


def merged(runs: Sequence[Run]) -> Run:
    """The run whose parts these are, in any order.

    Raises
    ------
    InputError
        If they are not parts of one run, or if replications are missing or given twice.
    """
    parts = sorted(runs, key=lambda run: run.replications.start)
    first = parts[0]
    problems = [*_unlike(parts), *_gaps(parts)]
    if problems:
        raise InputError("parts of a run", problems)
    total = sum(run.size for run in parts)
    visits = [run.visits for run in parts if run.visits is not None]
    return replace(
        first,
        replications=range(first.replications.start, parts[-1].replications.stop),
        tallies={name: np.concatenate([run.tallies[name] for run in parts]) for name in first.tallies},
        provenance=replace(first.provenance, replications=total),
        visits=pl.concat(visits) if len(visits) == len(parts) else None,
        pipeline_wins=None,
        pipeline_amounts=None,
        pipeline_sums=None,
    )


def _unlike(parts: Sequence[Run]) -> list[Problem]:
    """Differences between parts in what must be the same: plan, seed, spans, stages, roles and draws."""
    first = parts[0]
    names = ("model_sha256", "plan_sha256", "seed", "version")
    found = [
        Problem(path=_span(run), message=f"{name} differs from that of {_span(first)}")
        for run in parts[1:]
        for name in names
        if getattr(run.provenance, name) != getattr(first.provenance, name)
    ]
    spans = [
        Problem(path=_span(run), message=f"covers other days than {_span(first)}")
        for run in parts[1:]
        if run.windows != first.windows
    ]
    others = [
        Problem(path=_span(run), message=f"has other stages, roles or draws than {_span(first)}")
        for run in parts[1:]
        if (run.stages, run.roles, run.draw_rows) != (first.stages, first.roles, first.draw_rows)
    ]
    return [*found, *spans, *others]


def _gaps(parts: Sequence[Run]) -> list[Problem]:
    found = []
    for before, after in pairwise(parts):
        end, begin = before.replications.stop, after.replications.start
        if end != begin:
            what = "are missing" if end < begin else "are given twice"
            span = f"{min(end, begin)}:{max(end, begin)}"
            found.append(Problem(path=_span(after), message=f"replications {span} {what}"))
    return found


def _span(run: Run) -> str:
    return f"part {run.replications.start}:{run.replications.stop}"
