"""Check every column and row of the open leads against a model before a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from funnelsim.core.errors import Problem, did_you_mean

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
#: Columns that a simulation needs, without names of people.
SIMULATED_COLUMNS = tuple(column for column in PIPELINE_COLUMNS if column not in ("name", "owner"))
#: States of an open lead in its stage.
STATES = ("dwelling", "waiting", "working")
#: Two hundred years: more would exceed the range of dates, and daily tables the memory.
MOST_DAYS = 73_050.0
#: Larger than amounts in any currency; sums of larger amounts lose precision.
MOST_AMOUNT = 1e18
#: Visit numbers have 16 bits in the keyed draws.
MOST_VISITS = 60_000
#: Rows listed for each problem; the rest are counted.
_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelKeys:
    """The keys of the model that leads can refer to."""

    stages: Sequence[str]
    sources: Sequence[str]
    segments: Sequence[str]


def pipeline_problems(
    frame: pl.DataFrame, keys: ModelKeys, needed: Sequence[str] = PIPELINE_COLUMNS
) -> list[Problem]:
    """List the problems of a table of open leads: a line for each column and kind of problem."""
    missing = [
        Problem(path="", message=f'has no column "{name}"', hint=did_you_mean(name, frame.columns))
        for name in needed
        if name not in frame.columns
    ]
    checks = [check for check in _checks(keys) if check.column in frame.columns]
    found = list(missing)
    for check in checks:
        kind = frame.schema[check.column]
        if not check.fits(kind):
            found.append(Problem(path=f"column {check.column}", message=f"holds {kind}, not {check.holds}"))
            continue
        if frame.height:
            found += _bad_rows(frame, check)
    return list(dict.fromkeys(found))


def rows_said(rows: Sequence[tuple[int, Any]], count: int) -> str:
    """``row 3 (NaN), row 7 (-1) and 412 more``: rows are counted from 1."""
    named = ", ".join(f"row {row + 1} ({_shown(value)})" for row, value in rows)
    return named + (f" and {count - len(rows):,} more" if count > len(rows) else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Check:
    """One check of a column: its type, which rows are invalid, and the message."""

    column: str
    fits: Callable[[Any], bool]
    holds: str
    bad: pl.Expr
    allowed: str
    known: Sequence[str] = ()


def _checks(keys: ModelKeys) -> Iterator[_Check]:
    yield _text("lead", pl.col("lead").is_null() | (pl.col("lead") == ""), "every lead needs an id")
    yield _text(
        "lead",
        pl.col("lead").is_duplicated() & pl.col("lead").is_not_null(),
        "every lead may occur once only",
    )
    for column in ("name", "owner"):
        yield _text(column, pl.lit(False), "")
    yield _key("stage", keys.stages, required=True)
    yield _key("source", keys.sources)
    yield _key("segment", keys.segments)
    for column in ("age_days", "lead_age_days"):
        yield _number(column, 0.0, MOST_DAYS, f"a number of days from 0 to {MOST_DAYS:,.0f}", required=True)
    yield _number("amount", 0.0, MOST_AMOUNT, "a finite amount of 0 or more, or none")
    yield from _visits(keys.stages)
    yield _Check(
        column="won_before",
        fits=lambda kind: kind == pl.Boolean,
        holds="true or false",
        bad=pl.col("won_before").is_null(),
        allowed="true or false",
    )
    yield _key("state", STATES)
    yield _Check(
        column="planned_close",
        fits=lambda kind: kind == pl.Null or kind == pl.Date or isinstance(kind, pl.Datetime),
        holds="dates",
        bad=~pl.col("planned_close").cast(pl.Date).dt.year().is_between(1800, 2300),
        allowed="a date in the years 1800 to 2300",
    )


def _text(column: str, bad: pl.Expr, allowed: str) -> _Check:
    return _Check(
        column=column, fits=lambda kind: kind in (pl.String, pl.Null), holds="text", bad=bad, allowed=allowed
    )


def _key(column: str, known: Sequence[str], *, required: bool = False) -> _Check:
    unknown = ~pl.col(column).cast(pl.String).is_in(list(known))
    return _Check(
        column=column,
        fits=lambda kind: kind in (pl.String, pl.Null),
        holds="text",
        bad=unknown.fill_null(required),
        allowed=f"the model has {_listed(known)}",
        known=known,
    )


def _number(column: str, low: float, high: float, allowed: str, *, required: bool = False) -> _Check:
    value = pl.col(column).cast(pl.Float64)
    # polars needs an explicit check for NaN.
    inside = value.is_finite() & value.is_between(low, high)
    return _Check(
        column=column,
        fits=lambda kind: kind.is_numeric() or (kind == pl.Null and not required),
        holds="numbers",
        bad=(~inside).fill_null(required),
        allowed=f"expected {allowed}",
    )


def _visits(stages: Sequence[str]) -> Iterator[_Check]:
    def fits(kind: Any) -> bool:
        return isinstance(kind, pl.List) and kind.inner in (pl.String, pl.Null)

    visits = pl.col("visits").cast(pl.List(pl.String))
    strange = visits.list.eval(~pl.element().is_in(list(stages)) | pl.element().is_null()).list.any()
    yield _Check(
        column="visits",
        fits=fits,
        holds="lists of stages",
        bad=strange.fill_null(False),
        allowed=f"a stage that the lead has been in is not in the model; it has {_listed(stages)}",
    )
    yield _Check(
        column="visits",
        fits=fits,
        holds="lists of stages",
        bad=(visits.list.len() > MOST_VISITS).fill_null(False),
        allowed=f"at most {MOST_VISITS:,} visits",
    )


def _bad_rows(frame: pl.DataFrame, check: _Check) -> Iterator[Problem]:
    bad = frame.select(check.bad.fill_null(False).alias("bad"))["bad"]
    if bad.len() != frame.height:  # a check without a column is one value for all rows
        return
    rows = bad.arg_true()
    if rows.len() == 0:
        return
    values = frame[check.column].gather(rows)
    first = list(zip(rows.head(_SHOWN).to_list(), values.head(_SHOWN).to_list(), strict=True))
    hint = ""
    if check.known and isinstance(first[0][1], str):
        hint = did_you_mean(first[0][1], list(check.known))
    yield Problem(
        path=f"column {check.column}",
        message=f"{rows_said(first, rows.len())}: {check.allowed}",
        hint=hint,
    )


def _shown(value: Any) -> str:
    if value is None:
        return "empty"
    if isinstance(value, str):
        return f'"{value[:40]}..."' if len(value) > 40 else f'"{value}"'
    if isinstance(value, float):
        return f"{value:g}".replace("nan", "NaN")
    if isinstance(value, pl.Series | list):
        named = [str(one) for one in list(value)[:6]]
        return ", ".join(named) + (" ..." if len(value) > 6 else "")
    return str(value)


def _listed(keys: Sequence[str]) -> str:
    if not keys:
        return "none"
    return ", ".join(keys[:12]) + (f" and {len(keys) - 12} more" if len(keys) > 12 else "")
