"""The tables that lie beside a model file: parameter draws and the open pipeline."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import polars as pl

from funnelsim.core.errors import ModelError, Problem
from funnelsim.model.files.draw_checks import draw_problems
from funnelsim.model.files.pipeline_checks import PIPELINE_COLUMNS, ModelKeys, pipeline_problems
from funnelsim.model.parts import Model

#: In the files beside a model: the fit that wrote them, as `Model.fit` names it.
FIT = "funnelsim.fit"
#: Far more than any funnel has; a small file may say that it holds more than a machine can.
_MOST_ROWS = 10_000_000


def read_draws(model: Model, path: Path) -> pl.DataFrame | None:
    """The parameter draws of a model, checked against it.

    Raises
    ------
    ModelError
        If the file cannot be read, is of another fit, a column is no path of the model or a value does not
        fit.
    """
    return _read(model, "draws", model.draws, path, lambda frame: draw_problems(model, frame))


def read_pipeline(model: Model, path: Path) -> pl.DataFrame | None:
    """The open leads of a model, checked against it.

    Raises
    ------
    ModelError
        If the file cannot be read, is of another fit, lacks a column or holds what no lead can have.
    """
    keys = keys_of(model)
    return _read(model, "pipeline", model.pipeline, path, lambda frame: pipeline_problems(frame, keys))


def keys_of(model: Model) -> ModelKeys:
    """What the open leads of a model may name."""
    return ModelKeys(stages=tuple(model.stages), sources=tuple(model.sources), segments=tuple(model.segments))


def check_report(model: Model, path: Path) -> None:
    """Refuse the report of another fit beside a model.

    Raises
    ------
    ModelError
    """
    report = report_beside(path)
    try:
        document = json.loads(report.read_bytes())
    except (OSError, ValueError, RecursionError):
        return  # a forecast says that it cannot be read
    if isinstance(document, dict):
        problem = _of_another_fit(model, "report", str(report), document.get("fit"))
        if problem is not None:
            raise ModelError(str(path), [problem])


def report_beside(path: Path) -> Path:
    """Where a fit writes its report: MODEL.fit.json."""
    return path.with_name(f"{path.stem}.fit.json")


def with_bookings(pipeline: pl.DataFrame, books_at: str) -> pl.DataFrame:
    """Open leads of which ``won_before`` holds also for those that have entered the place that books.

    A fit knows who was won; which stage books is the goal's to say, and may be written by hand later.
    """
    if pipeline.schema.get("visits") != pl.List(pl.String):
        return pipeline
    entered = pl.col("visits").list.contains(pl.lit(books_at)).fill_null(False)
    return pipeline.with_columns(won_before=pl.col("won_before") | entered)


def _read(
    model: Model, key: str, name: str | None, path: Path, problems_of: Callable[[pl.DataFrame], list[Problem]]
) -> pl.DataFrame | None:
    if name is None:
        return None
    try:
        content = Path(name).read_bytes()
        fit = pl.read_parquet_metadata(io.BytesIO(content)).get(FIT)
        rows = pl.scan_parquet(io.BytesIO(content)).select(pl.len()).collect().item()
        frame = pl.read_parquet(io.BytesIO(content)) if rows <= _MOST_ROWS else None
    except (Exception, pl.exceptions.PanicException) as error:  # polars passes on what its readers raise
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
    """A file says which fit wrote it; one made by hand, or by an earlier version, says nothing."""
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
    "PIPELINE_COLUMNS",
    "check_report",
    "keys_of",
    "read_draws",
    "read_pipeline",
    "report_beside",
    "with_bookings",
]
