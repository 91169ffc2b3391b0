"""What must hold of a history that is read from its folder: it may be damaged, or made by another program."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any, get_type_hints

import polars as pl
from pydantic import TypeAdapter, ValidationError

from funnelsim.core.calendar.public_holidays import country_code
from funnelsim.core.errors import HistoryError, Problem
from funnelsim.history.files.events import History, HistoryMeta

FIRST_YEAR, LAST_YEAR = 1900, 2199
_TYPES = {name: TypeAdapter(hint) for name, hint in get_type_hints(HistoryMeta).items()}
_ENDS = ("won", "lost", "churned")
#: Columns that hold something in every row.
_FILLED = {
    "visits": ("deal", "stage", "visit", "entered"),
    "deals": ("deal", "created"),
    "plans": ("deal",),
    "retracted": ("deal", "outcome", "closed", "until"),
    "work": ("deal", "stage", "started"),
}


def checked_meta(values: dict[str, Any], source: str) -> HistoryMeta:
    """The meta data of a history, each value of its type.

    Raises
    ------
    HistoryError
        With all that is wrong with them.
    """
    problems = []
    for name, adapter in _TYPES.items():
        if name in values:
            try:
                adapter.validate_python(values[name], strict=True)
            except ValidationError as error:
                problems += [_problem(name, item) for item in error.errors()]
    missing = [name for name in ("name", "as_of", "observed_from", "stages") if name not in values]
    problems += [Problem(path=name, message="is missing") for name in missing]
    if problems:
        raise HistoryError(source, problems)
    meta = HistoryMeta(**values)
    if problems := list(_meta_problems(meta)):
        raise HistoryError(source, problems)
    return meta


def _problem(name: str, item: Any) -> Problem:
    value = repr(item["input"])
    message = f"{item['msg'][:1].lower()}{item['msg'][1:]}, found {value[:60]}"
    return Problem(path=".".join(map(str, (name, *item["loc"]))), message=message)


def _meta_problems(meta: HistoryMeta) -> Iterator[Problem]:
    for name in ("as_of", "observed_from"):
        when: dt.datetime | None = getattr(meta, name)
        if when is not None and (when.tzinfo is not None or not FIRST_YEAR <= when.year <= LAST_YEAR):
            message = f"expected a local time between {FIRST_YEAR} and {LAST_YEAR}, found {when}"
            yield Problem(path=name, message=message)
    if not meta.noun:
        yield Problem(path="noun", message="is empty")
    if meta.holidays:
        try:
            country_code(meta.holidays)
        except ValueError as error:
            yield Problem(path="holidays", message=str(error))


def check_history(history: History, source: str) -> None:
    """Refuse a history whose tables do not fit each other or hold impossible values.

    Raises
    ------
    HistoryError
        With every kind of problem, how many rows have it and the first of them.
    """
    if problems := list(_problems(history)):
        raise HistoryError(source, problems)


def _problems(history: History) -> Iterator[Problem]:
    frames = {name: getattr(history, name) for name in _FILLED}
    for name, frame in frames.items():
        for column in _FILLED[name]:
            yield from _rows(name, frame, pl.col(column).is_null(), f"have no {column}")
        for column, kind in frame.schema.items():
            if kind == pl.Float64():
                yield from _rows(name, frame, ~pl.col(column).is_finite(), f"have no finite {column}")
            if kind == pl.Datetime("us"):
                outside = ~pl.col(column).dt.year().is_between(FIRST_YEAR, LAST_YEAR)
                what = f"have a {column} outside the years {FIRST_YEAR} to {LAST_YEAR}"
                yield from _rows(name, frame, outside, what)
    deals = history.deals
    twice = pl.col("deal").is_duplicated()
    yield from _rows("deals", deals, twice, "share their deal with another row")
    for name, frame in frames.items():
        if name != "deals":
            unknown = ~pl.col("deal").is_in(deals["deal"].implode())
            yield from _rows(name, frame, unknown, "are of a deal that is not in deals")
    yield from _of_visits(history)
    yield from _of_deals(history)


def _of_visits(history: History) -> Iterator[Problem]:
    visits, stages = history.visits, list(history.meta.stages)
    targets = [*stages, *_ENDS, *history.meta.outcomes]
    rules = (
        (pl.col("visit") < 1, "have a visit below 1"),
        (~pl.col("stage").is_in(stages), "are in a stage that meta.json does not name"),
        (~pl.col("exit").is_in(targets), "leave to a stage or outcome that meta.json does not name"),
        (pl.col("left").is_null() != pl.col("exit").is_null(), "have left or exit without the other"),
        (pl.col("left") < pl.col("entered"), "are left before they are entered"),
        (pl.max_horizontal("entered", "left") > history.meta.as_of, "are later than as_of"),
        (pl.struct("deal", "stage", "visit").is_duplicated(), "are the same visit as another row"),
    )
    for condition, what in rules:
        yield from _rows("visits", visits, condition, what)


def _of_deals(history: History) -> Iterator[Problem]:
    ends, open_ = [*_ENDS, *history.meta.outcomes], pl.col("outcome").is_null()
    rules = (
        (~pl.col("outcome").is_in(ends), "have an outcome that meta.json does not name"),
        (
            open_ != pl.col("closed").is_null(),
            "have outcome or closed without the other",
        ),
        (pl.max_horizontal("created", "closed") > history.meta.as_of, "are later than as_of"),
    )
    for condition, what in rules:
        yield from _rows("deals", history.deals, condition, what)


def _rows(name: str, frame: pl.DataFrame, condition: pl.Expr, what: str) -> Iterator[Problem]:
    value = frame.select(condition.fill_null(False).alias("wrong"))["wrong"].arg_true()
    if len(value):
        deal = frame["deal"][int(value[0])]
        rows = "row" if len(value) == 1 else "rows"
        yield Problem(
            path=f"{name}.parquet, row {int(value[0]) + 1}",
            message=f"{len(value):,} {rows} {what}; the first is of deal {deal!r}",
        )
