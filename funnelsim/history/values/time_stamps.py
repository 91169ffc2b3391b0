"""Texts taken apart into date, time of day and offset from UTC."""

from __future__ import annotations

import polars as pl

_STAMP = (
    r"^\s*(?P<date>.*?)"
    r"(?:(?:T|,?\s+)(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}(?:[.,]\d+)?))?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?)?\s*$"
)


def split_stamps(distinct: pl.Series) -> pl.DataFrame:
    return pl.DataFrame({"text": distinct}).select(pl.col("text").str.extract_groups(_STAMP)).unnest("text")


def instant_expression(date: pl.Expr) -> pl.Expr:
    """The time in UTC if the stamp has an offset, else the time unchanged."""
    hour = pl.col("hour").cast(pl.Int64).fill_null(0)
    half = pl.col("half").str.slice(0, 1).str.to_lowercase()
    hour = pl.when(half == "p").then(hour % 12 + 12).when(half == "a").then(hour % 12).otherwise(hour)
    minute = pl.col("minute").cast(pl.Int64).fill_null(0)
    second = pl.col("second").str.replace(",", ".", literal=True).cast(pl.Float64).fill_null(0.0)
    micros = (second * 1e6).round().cast(pl.Int64)
    sensible = (hour < 24) & (minute < 60) & (second < 61)
    local = date + pl.duration(hours=hour, minutes=minute, microseconds=micros)
    return pl.when(sensible).then(local - pl.duration(minutes=minutes_from_utc().fill_null(0)))


def minutes_from_utc() -> pl.Expr:
    """Minutes that a stamp is ahead of UTC; null if it names no offset."""
    sign = pl.when(pl.col("zone").str.starts_with("-")).then(-1).otherwise(1)
    digits = pl.col("zone").str.replace_all(r"\D", "")
    hours = digits.str.slice(0, 2).cast(pl.Int64, strict=False).fill_null(0)
    minutes = digits.str.slice(2, 2).cast(pl.Int64, strict=False).fill_null(0)
    return pl.when(pl.col("zone").is_not_null()).then(sign * (60 * hours + minutes))
