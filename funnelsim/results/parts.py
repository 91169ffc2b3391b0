"""Parts of one run: kept in files, and put together to the bits of the whole."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from funnelsim.core.atomic import finish_replacing
from funnelsim.core.errors import InputError, Problem
from funnelsim.results.provenance import Provenance
from funnelsim.results.run import Run, Window

FORMAT = 1


def merged(runs: Sequence[Run]) -> Run:
    """The run whose parts these are, in any order.

    Raises
    ------
    InputError
        If they are not parts of one run, or some of its replications are there twice or not at all.
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
    )


def _unlike(parts: Sequence[Run]) -> list[Problem]:
    """What must be alike in all parts: the plan, the seed, the spans."""
    first = parts[0]
    names = ("model_sha256", "plan_sha256", "seed", "version")
    found = [
        Problem(path=_span(run), message=f"{name} differs from that of {_span(first)}")
        for run in parts[1:]
        for name in names
        if getattr(run.provenance, name) != getattr(first.provenance, name)
    ]
    return found + [
        Problem(path=_span(run), message=f"covers other days than {_span(first)}")
        for run in parts[1:]
        if run.windows != first.windows
    ]


def _gaps(parts: Sequence[Run]) -> list[Problem]:
    found = []
    for before, after in pairwise(parts):
        end, begin = before.replications.stop, after.replications.start
        if end != begin:
            what = "are missing" if end < begin else "are there twice"
            span = f"{min(end, begin)}:{max(end, begin)}"
            found.append(Problem(path=_span(after), message=f"replications {span} {what}"))
    return found


def _span(run: Run) -> str:
    return f"part {run.replications.start}:{run.replications.stop}"


def part_bytes(run: Run, **told: Any) -> bytes:
    """The content of a part's file; `told` comes back from `read_part`. Visits are left out."""
    about = {
        "format": FORMAT,
        "windows": [asdict(window) for window in run.windows],
        "stages": run.stages,
        "roles": run.roles,
        "replications": [run.replications.start, run.replications.stop],
        "provenance": run.provenance.as_json(),
        "draw_rows": run.draw_rows,
        "notes": run.notes,
        "told": told,
    }
    held = io.BytesIO()
    np.savez_compressed(held, about=np.array(json.dumps(about)), **run.tallies)  # type: ignore[arg-type]
    return held.getvalue()


def read_part(path: Path) -> tuple[Run, dict[str, Any]]:
    """A part and what was told beside it.

    Raises
    ------
    InputError
        If the file is none of ours.
    """
    finish_replacing(path)
    try:
        with np.load(path, allow_pickle=False) as file:
            about = json.loads(str(file["about"]))
            tallies = {name: file[name] for name in file.files if name != "about"}
    except FileNotFoundError:
        raise InputError(str(path), [Problem(path="", message="there is no such file")]) from None
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        message = "is not a part of a run; funnelsim simulate --out part.npz writes one"
        raise InputError(str(path), [Problem(path="", message=message)]) from None
    run = Run(
        windows=tuple(Window(**window) for window in about["windows"]),
        stages=tuple(about["stages"]),
        roles=tuple(about["roles"]),
        replications=range(*about["replications"]),
        tallies=tallies,
        provenance=Provenance(**about["provenance"]),
        draw_rows=about["draw_rows"],
        notes=tuple(about["notes"]),
    )
    return run, about["told"]
