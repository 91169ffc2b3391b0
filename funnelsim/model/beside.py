"""The tables that lie beside a model file: parameter draws and the open pipeline."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import polars as pl

from funnelsim.core.errors import ChangeError, ModelError, Problem, did_you_mean
from funnelsim.model.parts import Model
from funnelsim.model.paths import probability_path
from funnelsim.model.resolve import overrides_stage, resolve

PIPELINE_COLUMNS = (
    "lead",
    "name",
    "owner",
    "source",
    "segment",
    "stage",
    "age_days",
    "lead_age_days",
    "amount",
    "visits",
    "won_before",
)


def read_draws(model: Model, path: Path) -> pl.DataFrame | None:
    """The parameter draws of a model, checked against it.

    Raises
    ------
    ModelError
        If the file cannot be read, a column is no path of the model or a value does not fit.
    """
    return _read(model.draws, "draws", path, lambda frame: _draw_problems(model, frame))


def read_pipeline(model: Model, path: Path) -> pl.DataFrame | None:
    """The open leads of a model; whether their stages and sources are known is the engines' to say.

    Raises
    ------
    ModelError
        If the file cannot be read or lacks a column.
    """
    return _read(model.pipeline, "pipeline", path, _pipeline_problems)


def with_bookings(pipeline: pl.DataFrame, books_at: str) -> pl.DataFrame:
    """Open leads of which ``won_before`` holds also for those that have entered the place that books.

    A fit knows who was won; which stage books is the goal's to say, and may be written by hand later.
    """
    if pipeline.schema.get("visits") != pl.List(pl.String):
        return pipeline
    entered = pl.col("visits").list.contains(pl.lit(books_at)).fill_null(False)
    return pipeline.with_columns(won_before=pl.col("won_before") | entered)


def _read(
    name: str | None, key: str, path: Path, problems_of: Callable[[pl.DataFrame], Iterator[str]]
) -> pl.DataFrame | None:
    if name is None:
        return None
    try:
        frame = pl.read_parquet(name)
    except (OSError, pl.exceptions.PolarsError) as error:
        message = f'cannot read "{name}" ({str(error).splitlines()[0]}); fit again, or leave the key out'
        raise ModelError(str(path), [Problem(path=key, message=message)]) from error
    problems = [Problem(path=key, message=message) for message in problems_of(frame)]
    if problems:
        raise ModelError(str(path), problems)
    return frame


def _draw_problems(model: Model, frame: pl.DataFrame) -> Iterator[str]:
    wrong = [name for name, kind in frame.schema.items() if not kind.is_numeric()]
    yield from (f'column "{name}" holds no numbers' for name in wrong)
    if frame.height == 0:
        yield "the file has no row; leave the key out to use the values of the model"
    for column in frame:
        if column.name not in wrong and (
            column.null_count() or not column.cast(pl.Float64).is_finite().all()
        ):
            yield f'column "{column.name}" has a missing or endless number'
    if not wrong and frame.height:
        yield from _row_problems(model, frame.row(0, named=True))


def _row_problems(model: Model, row: Mapping[str, float]) -> Iterator[str]:
    """Columns that are no path, each told; else what the row says as a whole, for each segment."""
    unknown = [
        f'column "{name}": {problem}'
        for name, value in row.items()
        for problem in _column(model, name, value)
    ]
    yield from unknown
    if unknown:
        return
    for segment in (None, *model.segments):
        try:
            resolve(model, draw=row, segment=segment)
        except ChangeError as error:
            yield from (f"row 0: {problem}" for problem in error.problems)
            return


def _column(model: Model, name: str, value: float) -> Iterator[str]:
    keys = name.split(".")
    segment = keys[1] if keys[0] == "segments" and len(keys) > 1 else None
    if segment is not None and segment not in model.segments:
        known = list(model.segments)
        yield _sentence(f'there is no segment "{segment}"', did_you_mean(segment, known))
        return
    inner = name.removeprefix(f"segments.{segment}.") if overrides_stage(name) else name
    try:
        # Probabilities of a stage hold each other, so one alone need not fit; their row does.
        if probability_path(model, inner) is None:
            resolve(model, draw={name: value}, segment=segment)
    except ChangeError as error:
        yield from (_sentence(problem.message, problem.hint) for problem in error.problems)


def _sentence(message: str, hint: str) -> str:
    return message + (f"; {hint}" if hint else "")


def _pipeline_problems(frame: pl.DataFrame) -> Iterator[str]:
    missing = [name for name in PIPELINE_COLUMNS if name not in frame.columns]
    for name in missing:
        yield _sentence(f'has no column "{name}"', did_you_mean(name, frame.columns))
