"""History folders: a few Parquet files and a small ``meta.json``."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from funnelsim.core.errors import HistoryError, Problem, require
from funnelsim.core.files.atomic import finish_replacing, replace_folder
from funnelsim.core.files.document_checks import document_problems
from funnelsim.core.files.file_kinds import other_kind
from funnelsim.core.files.input_files import MEGABYTE, UnreadableError, is_missing, read_text
from funnelsim.history.files.events import (
    DEAL_SCHEMA,
    MORE_DEAL_COLUMNS,
    PLAN_SCHEMA,
    RETRACTED_SCHEMA,
    VISIT_SCHEMA,
    WORK_SCHEMA,
    History,
    HistoryMeta,
)
from funnelsim.history.files.validity import check_history, checked_meta
from funnelsim.history.history_error import history_error, no_history, not_a_history

FORMAT = 1
MOST_META_BYTES = 64 * MEGABYTE
VISITS, DEALS, META = "visits.parquet", "deals.parquet", "meta.json"
#: Written only where they have rows.
PLANS, RETRACTED, WORK = "plans.parquet", "retracted.parquet", "work.parquet"


def read_history(path: str | Path) -> History:
    """Read a history folder.

    Parameters
    ----------
    path : str or Path
        A folder written by ``funnelsim import`` or `write_history`.

    Raises
    ------
    HistoryError
        If the folder is missing, is not a history, or was written by a newer funnelsim.

    Examples
    --------
    >>> history = fs.read_history("history")
    >>> list(history.meta.stages)
    ['demo', 'offer']
    """
    require(path, str | os.PathLike, "path", "the name of a history folder")
    folder = Path(path)
    finish_replacing(folder)
    meta = _read_meta(folder)
    history = History(
        visits=_read_frame(folder / VISITS, VISIT_SCHEMA),
        deals=_read_frame(folder / DEALS, DEAL_SCHEMA, MORE_DEAL_COLUMNS),
        meta=meta,
        plans=_read_if_there(folder / PLANS, PLAN_SCHEMA),
        retracted=_read_if_there(folder / RETRACTED, RETRACTED_SCHEMA),
        work=_read_if_there(folder / WORK, WORK_SCHEMA),
    )
    check_history(history, str(folder))
    return history


def write_history(history: History, path: str | Path) -> None:
    """Write a history folder, all of it or nothing.

    A history at `path` is replaced; any other file or folder is kept.

    Raises
    ------
    HistoryError
        If `path` is not a history.
    OutputError
        If it cannot be written.

    Examples
    --------
    >>> fs.write_history(fs.cut(fs.read_history("history"), "2026-01-31"), "history_of_january")
    """
    require(history, History, "history", "read one with funnelsim.read_history")
    folder = Path(path)
    check_replaceable(folder)
    frames = {VISITS: history.visits, DEALS: history.deals}
    more = {PLANS: history.plans, RETRACTED: history.retracted, WORK: history.work}
    frames |= {name: frame for name, frame in more.items() if frame.height}
    contents = {name: _parquet(frame) for name, frame in frames.items()}
    replace_folder(folder, contents | {META: _meta_text(history.meta).encode()})


def _parquet(frame: pl.DataFrame) -> bytes:
    held = io.BytesIO()
    frame.write_parquet(held)
    return held.getvalue()


def check_replaceable(folder: Path) -> None:
    """Raise an error if `path` exists and is not a history."""
    finish_replacing(folder)
    if folder.is_dir():
        names = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
        if names and META not in names:
            raise history_error(folder, "holds other files but no history; choose another folder")
        if others := [name for name in names if name != META and not name.endswith(".parquet")]:
            listed = ", ".join(others[:4]) + (f" and {len(others) - 4} more" if len(others) > 4 else "")
            raise history_error(
                folder, f"holds other files besides the history ({listed}), which would be lost"
            )
    elif folder.exists():
        raise history_error(folder, "is a file; a history is written to a folder")


def _meta_text(meta: HistoryMeta) -> str:
    document = {"format": FORMAT, **dataclasses.asdict(meta)}
    document["stages"] = [{"stage": key, "name": name} for key, name in meta.stages.items()]
    return json.dumps(document, indent=2, ensure_ascii=False, default=_plain) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, dt.date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _read_meta(folder: Path) -> HistoryMeta:
    if is_missing(folder):
        raise no_history(folder)
    try:
        document = json.loads(read_text(folder / META, most_bytes=MOST_META_BYTES))
    except UnreadableError as error:
        if other := other_kind(folder, "history folder"):
            raise history_error(folder, other[0], hint=other[1]) from None
        if error.missing:
            raise not_a_history(folder, META) from None
        raise history_error(folder, f"{META} {error}") from None
    except (ValueError, RecursionError):
        raise history_error(folder, f"{META} is damaged: it is not JSON; import the history again") from None
    if not isinstance(document, dict):
        raise history_error(folder, f"{META} is damaged: it holds no table; import the history again")
    if document.pop("format", None) != FORMAT:
        raise history_error(folder, "was written by another version of funnelsim; import it again")
    if problems := document_problems(document, control_characters=True, finite=True):
        raise HistoryError(str(folder / META), problems)
    try:
        values = _meta_from(document)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise history_error(folder, f"{META} is damaged ({error!r}); import the history again") from None
    return checked_meta(values, str(folder / META))


def _meta_from(document: Mapping[str, Any]) -> dict[str, Any]:
    observed_from = document["observed_from"]
    known = {field.name for field in dataclasses.fields(HistoryMeta)}
    plain = {name: value for name, value in document.items() if name in known}
    outcomes = document["outcomes"]
    return {
        **plain,
        "as_of": dt.datetime.fromisoformat(document["as_of"]),
        "observed_from": dt.datetime.fromisoformat(observed_from) if observed_from else None,
        "stages": {item["stage"]: item["name"] for item in document["stages"]},
        "outcomes": tuple(outcomes) if isinstance(outcomes, list) else outcomes,
    }


def _read_if_there(path: Path, schema: dict[str, pl.DataType]) -> pl.DataFrame:
    return pl.DataFrame(schema=schema) if is_missing(path) else _read_frame(path, schema)


def _read_frame(
    path: Path, schema: dict[str, pl.DataType], more: dict[str, pl.DataType] | None = None
) -> pl.DataFrame:
    """The columns of a schema, and those of `more` that are there."""
    message = "is missing or damaged; import the history again"
    if not path.is_file():  # a pipe would be waited for
        raise history_error(path, message)
    try:
        frame = pl.read_parquet(path, glob=False)
    except (Exception, pl.exceptions.PanicException):  # polars panics at some damaged bytes
        raise history_error(path, message) from None
    schema = schema | {name: dtype for name, dtype in (more or {}).items() if name in frame.columns}
    problems = [
        Problem(path=f"column {name}", message=f"expected {dtype}, found {frame.schema.get(name, 'none')}")
        for name, dtype in schema.items()
        if frame.schema.get(name) != dtype
    ]
    if problems:
        raise HistoryError(str(path), problems)
    return frame.select(list(schema))
