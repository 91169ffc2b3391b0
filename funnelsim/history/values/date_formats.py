"""Written forms of dates, and the patterns that read them."""

from __future__ import annotations

import re

import polars as pl

from funnelsim.core.errors import did_you_mean
from funnelsim.history.values.epochs import (
    EPOCH,
    EPOCH_MS,
    EPOCH_NS,
    EPOCH_US,
    PER_SECOND,
)

#: Written form on screen -> patterns that it stands for.
DATE_FORMATS: dict[str, tuple[str, ...]] = {
    "yyyy-mm-dd": ("%Y-%m-%d",),
    "yyyy/mm/dd": ("%Y/%m/%d",),
    "yyyy.mm.dd": ("%Y.%m.%d",),
    "yyyymmdd": ("%Y%m%d",),
    "dd/mm/yyyy": ("%d/%m/%Y",),
    "mm/dd/yyyy": ("%m/%d/%Y",),
    "dd.mm.yyyy": ("%d.%m.%Y",),
    "dd-mm-yyyy": ("%d-%m-%Y",),
    "mm-dd-yyyy": ("%m-%d-%Y",),
    "dd/mm/yy": ("%d/%m/%y",),
    "mm/dd/yy": ("%m/%d/%y",),
    "dd.mm.yy": ("%d.%m.%y",),
    "yy/mm/dd": ("%y/%m/%d",),
    "dd mon yyyy": ("%d %b %Y", "%d %B %Y", "%d-%b-%Y"),
    "dd-mon-yy": ("%d-%b-%y", "%d %b %y"),
    "mon dd, yyyy": ("%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%B %d %Y"),
    "weekday, dd mon yyyy": ("%a, %d %b %Y",),
}


EPOCH_PATTERNS = {
    EPOCH: r"^(\d{10})$",
    EPOCH_MS: r"^(\d{13})$",
    EPOCH_US: r"^(\d{16})$",
    EPOCH_NS: r"^(\d{19})$",
}


_DIRECTIVES = {
    "%Y": r"\d{4}",
    "%y": r"\d{2}",
    "%m": r"\d{1,2}",
    "%d": r"\d{1,2}",
    "%e": r"\d{1,2}",
    "%b": r"[A-Za-z]{3}",
    "%B": r"[A-Za-z]{3,}",
    "%a": r"[A-Za-z]{3}",
    "%A": r"[A-Za-z]+",
}


def _shape(pattern: str) -> str:
    """The texts that a pattern may read; strptime alone takes "5/3/20" for the year 20."""
    shape = re.escape(pattern.replace("%F", "%Y-%m-%d"))
    for directive, digits in _DIRECTIVES.items():
        shape = shape.replace(re.escape(directive), digits)
    return f"^{shape}$"


def date_expression(written: str) -> pl.Expr:
    if written in EPOCH_PATTERNS:
        digits = pl.col("date").str.extract(EPOCH_PATTERNS[written]).cast(pl.Int64)
        per_second = PER_SECOND[written]
        micros = digits // 1_000 if written == EPOCH_NS else digits * (10**6 // per_second)
        return micros.cast(pl.Datetime("us"))
    return pl.coalesce(
        pl.when(pl.col("date").str.contains(_shape(pattern)))
        .then(pl.col("date").str.to_date(pattern, strict=False))
        .cast(pl.Datetime("us"))
        for pattern in patterns_of(written)
    )


def patterns_of(written: str) -> tuple[str, ...]:
    """The patterns of a format in words, or the date part of one with percent signs."""
    if written in DATE_FORMATS:
        return DATE_FORMATS[written]
    date_part = re.split(r"[T,\s]*%[HIMSTRXc]", written)[0].rstrip()
    return (date_part,)


def format_problem(written: str) -> str:
    """Why `written` is not a date format; empty if it is one."""
    if written in DATE_FORMATS:
        return ""
    date_part = patterns_of(written)[0]
    if all(
        any(sign in date_part for sign in signs) for signs in (("%Y", "%y"), ("%m", "%b", "%B"), ("%d", "%e"))
    ):
        return ""
    if date_part in ("%F", "%D"):
        return ""
    known = ", ".join(DATE_FORMATS)
    near = did_you_mean(written.lower(), list(DATE_FORMATS))
    hint = f"{near}; " if near else ""
    return f'unknown date format "{written}"; {hint}choose from {known} or write it like %d/%m/%Y'


def shapes_of(written: str) -> list[str]:
    if written in EPOCH_PATTERNS:
        return [EPOCH_PATTERNS[written]]
    return [_shape(pattern) for pattern in patterns_of(written)]
