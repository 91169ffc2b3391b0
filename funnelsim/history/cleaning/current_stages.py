"""Open deals whose last stage change leads elsewhere than to the stage that the CRM shows today."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from funnelsim.core.nouns import counted, verb
from funnelsim.history.attention import Attention
from funnelsim.history.cleaning.transitions import implied
from funnelsim.history.readers.table import ROW

#: If so many open deals, and more than half of them, are elsewhere, the table does not have today's stages.
_MANY, _MOSTLY = 10, 0.5


def open_elsewhere(transitions: pl.DataFrame, rows: pl.DataFrame, order: Sequence[str]) -> pl.DataFrame:
    """Open deals whose last event enters another stage than the deals table shows.

    Entries at the same time are in funnel order. Nothing is compared where the table has other words for
    stages than the events.

    Returns
    -------
    DataFrame
        ``deal, stage_key, key, at``: the stage of the table, that of the last event, and its time.
    """
    current = rows.filter(pl.col("outcome_key").is_null()).select("deal", "stage_key").drop_nulls()
    entered = transitions.filter(~pl.col("is_outcome"))["key"].unique()
    shared = int(current["stage_key"].is_in(entered.implode()).sum())
    if shared <= _MOSTLY * current.height:
        return current.clear().with_columns(key="stage_key", at=pl.lit(None, pl.Datetime("us")))
    last = (
        transitions.join(current, on="deal", how="semi")
        .with_columns(_rank("key", order).alias("rank"))
        .sort("at", "is_outcome", "rank", maintain_order=True)
        .group_by("deal")
        .agg(pl.col("key", "is_outcome", "at", ROW).last())
    )
    return (
        current.join(last, on="deal")
        .filter(~pl.col("is_outcome"), pl.col(ROW).is_not_null(), pl.col("key") != pl.col("stage_key"))
        .select("deal", "stage_key", "key", "at")
        .sort("deal")
    )


def table_is_current(elsewhere: pl.DataFrame, rows: pl.DataFrame) -> bool:
    """False if the stages of most open deals are other ones: the table is older, or means something else."""
    return elsewhere.height < _MANY or elsewhere.height <= _MOSTLY * _open_in_a_stage(rows)


def move_to_current(transitions: pl.DataFrame, elsewhere: pl.DataFrame, order: Sequence[str]) -> pl.DataFrame:
    """Transitions by which each deal in `elsewhere` ends in the stage of the deals table.

    It enters that stage when it was ``changed`` last, if the export says so. Else the last event enters it:
    its time is the best that is known, and no time in stage is made up for the stage that the event names.
    """
    is_dated = pl.col("changed") > pl.col("at")
    added = implied(elsewhere.filter(is_dated), pl.col("stage_key"), pl.col("changed"), is_outcome=False)
    joined = transitions.join(
        elsewhere.filter(~is_dated.fill_null(False)).select("deal", "stage_key", last="at"),
        on="deal",
        how="left",
        maintain_order="left",
    )
    rank = _rank("key", order)
    latest = rank.filter(pl.col("at") == pl.col("last")).max().over("deal")
    moved = (pl.col("at") == pl.col("last")) & ((rank == latest) | (rank > _rank("stage_key", order)))
    key = pl.when(moved.fill_null(False)).then("stage_key").otherwise("key").alias("key")
    return pl.concat([joined.with_columns(key).select(transitions.columns), added])


def stages_apart(
    elsewhere: pl.DataFrame,
    rows: pl.DataFrame,
    names: Mapping[str, str],
    noun: str,
    *,
    moved: bool,
) -> Attention | None:
    """The warning about the deals in `elsewhere`, with the line that reads them the other way."""
    if elsewhere.is_empty():
        return None
    counts = (
        elsewhere["stage_key"].value_counts(sort=True).sort("count", "stage_key", descending=[True, False])
    )
    where = ", ".join(f"{names.get(key, key)} {number:,}" for key, number in counts.iter_rows())
    deal, current, last = elsewhere.select("deal", "stage_key", "key").row(0)
    example = f"{deal}: {names.get(current, current)} there, {names.get(last, last)} after its last event"
    number, of_all = elsewhere.height, counted(_open_in_a_stage(rows), f"open {noun}")
    text = (
        f"{number:,} of {of_all} {verb(number, 'are')} in another stage in the deals table ({where}) than "
        f"after the last event (such as {example}): "
    )
    if moved:
        text += (
            "counted in the stage of the deals table, which the CRM shows today, since their last event or "
            "the date of their last change. To use the events instead:"
        )
    else:
        text += "the events decide. To use the stage of the deals table instead, since the last event:"
    line = f'stage_from = "{"events" if moved else "deals"}"'
    return Attention(check="stages_apart", text=text, mapping=(line,), count=number)


def dated_stages_apart(
    rows: pl.DataFrame, visits: pl.DataFrame, names: Mapping[str, str], noun: str
) -> Attention | None:
    """The warning about open deals whose current stage is dated for others, but is not their latest date."""
    last = visits.filter(pl.col("left").is_null()).select("deal", "stage")
    current = rows.filter(pl.col("outcome_key").is_null()).select("deal", "stage_key").drop_nulls()
    both = current.join(last, on="deal").sort("deal")
    apart = both.filter(
        pl.col("stage_key") != pl.col("stage"),
        pl.col("stage_key").is_in(visits["stage"].unique().implode()),
    )
    if apart.is_empty():
        return None
    deal, key, stage = apart.row(0)
    text = (
        f"{apart.height:,} of {counted(both.height, f'open {noun}')} {verb(apart.height, 'are')} in another "
        f"stage than the one with the latest date (such as {deal}: now in {names.get(key, key)}, last "
        f"dated in {names.get(stage, stage)}): counted in the latter. Is a date "
        "missing, or is a column of dates no entry into a stage?"
    )
    return Attention(check="stages_apart", text=text, count=apart.height)


def _open_in_a_stage(rows: pl.DataFrame) -> int:
    return int((rows["outcome_key"].is_null() & rows["stage_key"].is_not_null()).sum())


def _rank(column: str, order: Sequence[str]) -> pl.Expr:
    ranks = {key: position for position, key in enumerate(order)}
    return pl.col(column).replace_strict(ranks, default=len(order), return_dtype=pl.Int32)
