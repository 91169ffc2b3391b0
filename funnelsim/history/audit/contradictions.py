"""Deals for which events and the deals table contradict each other."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import polars as pl

from funnelsim.core.nouns import counted, verb
from funnelsim.history.attention import Attention
from funnelsim.history.audit.closings_apart import ClosingsApart, compare_closings
from funnelsim.history.cleaning.openings import amount_text
from funnelsim.history.readers.table import ROW

#: Share of the closed deals from which on a contradiction is worth a look.
NOTABLE = 0.01
_DECIDE = 'outcome_from = "deals"'


def closings_of_both(transitions: pl.DataFrame, rows: pl.DataFrame) -> ClosingsApart:
    """How the closings of the deals on whose outcome both tables agree differ in time."""
    both = _side_by_side(transitions, rows)
    return compare_closings(
        both.filter(pl.col("recorded") == pl.col("outcome_key"), pl.col("day").is_not_null())
    )


def contradictions(
    transitions: pl.DataFrame, rows: pl.DataFrame, noun: str, slack: dt.timedelta
) -> Iterator[Attention]:
    """Warnings for deals with contradicting events and deals table; the events decide.

    Parameters
    ----------
    transitions : DataFrame
        Before the outcomes are settled.
    rows : DataFrame
        The deals table with ``outcome_key``.
    slack : timedelta
        How far local days and times in UTC may differ.
    """
    both = _side_by_side(transitions, rows)
    closed = int(
        both.select((pl.col("recorded").is_not_null() | pl.col("outcome_key").is_not_null()).sum()).item()
    )
    kinds = {
        "outcomes_contradict": (
            pl.col("recorded") != pl.col("outcome_key"),
            "have",
            "another outcome in the deals table than in the events",
        ),
        "open_in_table": (
            pl.lit(_has_endings(rows))
            & pl.col("recorded").is_not_null()
            & pl.col("outcome_key").is_null()
            & ~pl.col("labelled_closed")
            & ~pl.col("only_not_won"),
            "are",
            "closed in the events and open in the deals table",
        ),
        "stages_after_closing": (
            pl.col("recorded").is_null()
            & pl.col("outcome_key").is_not_null()
            & (pl.col("last_entry") >= pl.col("day") + dt.timedelta(days=1) + slack),
            "enter",
            "a stage after the closing date in the deals table: left out",
        ),
    }
    for check, (condition, done, words) in kinds.items():
        affected = both.filter(condition.fill_null(False))
        if affected.height > NOTABLE * closed:
            decided = "" if check == "stages_after_closing" else ": the events decide"
            of_all = f"{affected.height:,} of {counted(closed, f'closed {noun}')}"
            text = f"{of_all} {verb(affected.height, done)} {words}{_won(affected)}{decided}. "
            yield _attention(check, text, affected.height)


def _attention(check: str, text: str, count: int) -> Attention:
    return Attention(
        check=check, text=text + "To use the deals table instead:", mapping=(_DECIDE,), count=count
    )


def _side_by_side(transitions: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """One row per deal: its outcome in the deals table and in the last event."""
    events = transitions.filter(pl.col(ROW).is_not_null()).sort("at", "is_outcome", maintain_order=True)
    last = events.group_by("deal", maintain_order=True).agg(
        pl.when(pl.col("is_outcome").last()).then(pl.col("key").last()).alias("recorded"),
        pl.col("at").last().alias("recorded_at"),
        pl.col("at").filter(~pl.col("is_outcome")).max().alias("last_entry"),
    )
    return rows.select(
        "deal",
        "outcome_key",
        "amount",
        (pl.col("stage_label_kind") == "outcome").fill_null(False).alias("labelled_closed"),
        pl.col("closed").dt.truncate("1d").alias("day"),
        # A flag for wins alone does not mean that the other deals are open.
        pl.all_horizontal(~pl.col("is_won"), pl.col("is_closed").is_null(), pl.col("stage_label").is_null())
        .fill_null(False)
        .alias("only_not_won"),
    ).join(last, on="deal", how="inner")


def _has_endings(rows: pl.DataFrame) -> bool:
    """True if the deals table has a stage, an outcome or flags: without them it calls no deal open."""
    columns = ("stage_label", "outcome_label", "is_closed", "is_won", "outcome_key")
    return any(rows[name].null_count() < rows.height for name in columns)


def _won(affected: pl.DataFrame) -> str:
    won = affected.filter((pl.col("outcome_key") == "won") | (pl.col("recorded") == "won"))
    if not won["amount"].sum():
        return ""
    return f" (won in one of them: {won.height:,}, {amount_text(won['amount'])})"
