"""Dates on which deals left a stage, if the CRM exports them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

import polars as pl

from funnelsim.core.nouns import counted, verb
from funnelsim.history.attention import Attention
from funnelsim.history.columns.fields import DATE_PREFIX, LEFT_PREFIX

#: A CRM records exit and entry within a minute.
_AT_ONCE = dt.timedelta(seconds=60)
#: Share of the deals above which a difference is reported.
_NOTABLE = 0.01
_DAY = 1_440
_UNTIL_ENTRY = "the time in stage is counted until the entry. Are these the right columns?"
_OPEN = (
    "counted as open in that stage. If they are closed, name the outcome and the closing date in a "
    "mapping: [deals]"
)
#: One row per row of events with a date of leaving; `at` is the entry.
DEPARTURE_SCHEMA: dict[str, pl.DataType] = {
    "deal": pl.String(),
    "at": pl.Datetime("us"),
    "left": pl.Datetime("us"),
}


def departures_of_deals(rows: pl.DataFrame) -> pl.DataFrame:
    """When deals left their stages, as columns of the deals table have it."""
    stages = [name.removeprefix(LEFT_PREFIX) for name in rows.columns if name.startswith(LEFT_PREFIX)]
    pieces = [
        rows.select("deal", pl.col(DATE_PREFIX + key).alias("at"), pl.col(LEFT_PREFIX + key).alias("left"))
        for key in stages
        if DATE_PREFIX + key in rows.columns
    ]
    return pl.concat([pl.DataFrame(schema=DEPARTURE_SCHEMA), *pieces]).drop_nulls()


def close_at_departure(rows: pl.DataFrame, departures: pl.DataFrame) -> pl.DataFrame:
    """Deals that the deals table closes without a date are closed when they left their last stage."""
    if departures.is_empty():
        return rows
    last = departures.group_by("deal").agg(pl.col("left").max().alias("departed"))
    undated = pl.col("outcome_key").is_not_null() & pl.col("closed").is_null()
    return (
        rows.join(last, on="deal", how="left", maintain_order="left")
        .with_columns(pl.when(undated).then("departed").otherwise("closed").alias("closed"))
        .drop("departed")
    )


def close_when_recorded(rows: pl.DataFrame, dated: Sequence[str]) -> tuple[pl.DataFrame, list[Attention]]:
    """Deals whose closing date comes before their last stage: the recorded date of the outcome closes them.

    `dated` are the stages and outcomes with a date for each deal.
    """
    outcomes = [key for key in dated if key in ("won", "lost", "churned")]
    stages = [DATE_PREFIX + key for key in dated if key not in outcomes]
    if not outcomes or not stages:
        return rows, []
    last = pl.max_horizontal(stages)
    recorded = pl.coalesce(
        *(pl.when(pl.col("outcome_key") == key).then(pl.col(DATE_PREFIX + key)) for key in outcomes)
    )
    is_early = (pl.col("closed").dt.truncate("1d") < last.dt.truncate("1d")) & (recorded >= last)
    early = rows.select(is_early.fill_null(False).alias("early"))["early"]
    if not early.any():
        return rows, []
    number = int(early.sum())
    text = (
        f"{counted(number, 'deal')} {verb(number, 'have')} a closing date before the day of the last stage "
        f"entry: closed on the date recorded for the outcome, such as {rows.filter(early)['deal'][0]}"
    )
    moved = rows.with_columns(pl.when(early).then(recorded).otherwise("closed").alias("closed"))
    return moved, [Attention(check="closings_before_stages", text=text, count=number)]


def compare_departures(departures: pl.DataFrame, visits: pl.DataFrame, as_of: dt.datetime) -> dict[str, int]:
    """Count exit dates that do not match the next entry: gaps, overlaps, and exits without a next stage.

    A visit lasts until the next entry, whatever its exit date: otherwise the time between stages would be
    missing from the cycle.
    """
    if departures.is_empty():
        return {}
    counts = _side_by_side(departures, visits, as_of).select(
        gaps=(pl.col("gap") > dt.timedelta()).sum(),
        overlaps=(pl.col("gap") < dt.timedelta()).sum(),
        left_for_nowhere=pl.col("until").is_null().sum(),
    )
    return dict(counts.row(0, named=True))


def departures_apart(
    departures: pl.DataFrame, visits: pl.DataFrame, as_of: dt.datetime, noun: str
) -> Iterator[Attention]:
    """Warnings if exit dates do not match the next entry for more than a few deals.

    The checks have the names of the counts of `compare_departures`.
    """
    if departures.is_empty():
        return
    both = _side_by_side(departures, visits, as_of)
    kinds = {
        "gaps": (pl.col("gap") > _AT_ONCE, "leave a stage {} before the next entry", _UNTIL_ENTRY),
        "overlaps": (pl.col("gap") < -_AT_ONCE, "leave a stage {} after the next entry", _UNTIL_ENTRY),
        "left_for_nowhere": (pl.col("until").is_null(), "leave the last stage and enter no other", _OPEN),
    }
    deals = visits["deal"].n_unique()
    for check, (condition, words, read) in kinds.items():
        affected = both.filter(condition)
        number = affected["deal"].n_unique()
        if number > _NOTABLE * deals:
            shown = ", ".join(affected["deal"].unique().sort().head(3))
            kind_text = words.format(_length(affected["gap"]))
            text = f"{number:,} of {counted(deals, noun)} {kind_text} (such as {shown}): {read}"
            yield Attention(check=check, text=text, count=number)


def _length(gaps: pl.Series) -> str:
    """The median of the lengths in words, such as ``4 days (median)``."""
    minutes = gaps.dt.total_minutes().abs().median()
    length = minutes if isinstance(minutes, float) else 0.0
    if length >= _DAY:
        return f"{counted(round(length / _DAY), 'day')} (median)"
    return f"{counted(max(1, round(length)), 'minute')} (median)"


def _side_by_side(departures: pl.DataFrame, visits: pl.DataFrame, as_of: dt.datetime) -> pl.DataFrame:
    """Visits with the date of leaving, the next entry as ``until``, and the ``gap`` between the two.

    A date of leaving without an hour is compared with the day of the next entry.
    """
    is_day = pl.col("left") == pl.col("left").dt.truncate("1d")
    until = pl.when(is_day).then(pl.col("until").dt.truncate("1d")).otherwise("until")
    both = visits.rename({"left": "until"}).join(
        departures.filter(pl.col("left") < as_of), left_on=["deal", "entered"], right_on=["deal", "at"]
    )
    return both.with_columns(gap=until - pl.col("left"))
