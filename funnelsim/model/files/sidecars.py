"""The tables of a model file: parameter draws and the open pipeline."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from funnelsim.core.errors import ModelError, Problem
from funnelsim.model.parts import Model

if TYPE_CHECKING:  # a model without tables is read without polars, in half the time
    import polars as pl

    from funnelsim.model.files.pipeline_checks import ModelKeys

#: Metadata key in these files for the id of the fit that wrote them (`Model.fit`).
FIT = "funnelsim.fit"
#: Far more than any funnel has; guards against small files that declare a huge number of rows.
_MOST_ROWS = 10_000_000


def read_draws(model: Model, path: Path) -> pl.DataFrame | None:
    """Read the parameter draws of a model and check them.

    Raises
    ------
    ModelError
        If the file cannot be read, is from another fit, or has an invalid path or value.
    """
    if model.draws is None:
        return None
    from funnelsim.model.files.draw_checks import draw_problems

    return _read(model, "draws", model.draws, path, lambda frame: draw_problems(model, frame))


def read_pipeline(model: Model, path: Path) -> pl.DataFrame | None:
    """Read the open leads of a model and check them.

    Raises
    ------
    ModelError
        If the file cannot be read, is from another fit, lacks a column or has an invalid value.
    """
    if model.pipeline is None:
        return None
    from funnelsim.model.files.pipeline_checks import pipeline_problems

    keys = keys_of(model)
    return _read(model, "pipeline", model.pipeline, path, lambda frame: pipeline_problems(frame, keys))


def keys_of(model: Model) -> ModelKeys:
    """The keys that the open leads of a model can refer to."""
    from funnelsim.model.files.pipeline_checks import ModelKeys

    return ModelKeys(stages=tuple(model.stages), sources=tuple(model.sources), segments=tuple(model.segments))


def check_report(model: Model, path: Path) -> None:
    """Raise an error if the report of a model is from another fit.

    Raises
    ------
    ModelError
    """
    report = report_beside(path)
    try:
        document = json.loads(report.read_bytes())
    except (OSError, ValueError, RecursionError):
        return  # reported by the forecast
    if isinstance(document, dict):
        problem = _of_another_fit(model, "report", str(report), document.get("fit"))
        if problem is not None:
            raise ModelError(str(path), [problem])


def report_beside(path: Path) -> Path:
    """Path of the report of a fit: MODEL.fit.json."""
    return path.with_name(f"{path.stem}.fit.json")


def with_bookings(pipeline: pl.DataFrame, books_at: str) -> pl.DataFrame:
    """Set ``won_before`` also for open leads that have entered the booking stage or outcome.

    A fit knows which leads were won, but the booking stage is part of the goal, which may be edited later.
    """
    import polars as pl

    if pipeline.schema.get("visits") != pl.List(pl.String):
        return pipeline
    entered = pl.col("visits").list.contains(pl.lit(books_at)).fill_null(False)
    return pipeline.with_columns(won_before=pl.col("won_before") | entered)


def _read(
    model: Model, key: str, name: str, path: Path, problems_of: Callable[[pl.DataFrame], list[Problem]]
) -> pl.DataFrame:
    import polars as pl

    try:
        content = Path(name).read_bytes()
        fit = pl.read_parquet_metadata(io.BytesIO(content)).get(FIT)
        rows = pl.scan_parquet(io.BytesIO(content)).select(pl.len()).collect().item()
        frame = pl.read_parquet(io.BytesIO(content)) if rows <= _MOST_ROWS else None
    except (Exception, pl.exceptions.PanicException) as error:  # polars raises anything
        said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        message = f'cannot read "{name}" ({_first_line(said)}); fit again, or leave the key out'
        raise ModelError(str(path), [Problem(path=key, message=message)]) from error
    if frame is None:
        message = f'"{name}" has {rows:,} rows; at most {_MOST_ROWS:,} are read'
        raise ModelError(str(path), [Problem(path=key, message=message)])
    problem = _of_another_fit(model, key, name, fit)
    problems = [problem] if problem else problems_of(frame)
    if problems:
        file = Path(name).name
        inside = [Problem(path=_within(key, file, p.path), message=p.message, hint=p.hint) for p in problems]
        raise ModelError(str(path), inside)
    return frame


def _of_another_fit(model: Model, key: str, name: str, fit: object) -> Problem | None:
    """Report a file written by another fit; files without an id are accepted."""
    if fit is None or fit == model.fit:
        return None
    own = f'the model is of fit "{model.fit}"' if model.fit else "the model names no fit"
    line = "fit again"
    if not model.fit:
        line += f', or write fit = "{fit}" into the model if both belong together'
    message = f'"{name}" was written by fit "{fit}", but {own}'
    return Problem(path=key, message=message, hint=line)


def _within(key: str, file: str, path: str) -> str:
    return f"{key}: {file}, {path}" if path and path != key else key


def _first_line(text: str) -> str:
    return (text.strip().splitlines() or ["no reason given"])[0]


__all__ = [
    "FIT",
    "check_report",
    "keys_of",
    "read_draws",
    "read_pipeline",
    "report_beside",
    "with_bookings",
]
