"""Deals without the date of any stage."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import polars as pl

from funnelsim.core.nouns import counted, verb
from funnelsim.history.attention import Attention
from funnelsim.history.cleaning.transitions import OPEN_STAGE, implied
from funnelsim.history.files.events import HistoryMeta
from funnelsim.history.ledger import NO_CLOSING
from funnelsim.history.mapping.keys import Mapping

#: Above this share of closed deals that end before they begin, the dates are not what they are taken for.
EARLY_AT_MOST = 0.5
_DAY = "1d"
_OTHER_CLOSING = ". If another column has the date, name it in a mapping: closed under [deals]"


def without_stage(transitions: pl.DataFrame) -> pl.DataFrame:
    """``deal, ends`` of the deals that are closed and never enter a stage; `ends` is the first outcome."""
    placed = transitions.filter(~pl.col("is_outcome"))["deal"].unique()
    return (
        transitions.filter("is_outcome", ~pl.col("deal").is_in(placed.implode()))
        .group_by("deal", maintain_order=True)
        .agg(pl.col("at").min().alias("ends"))
    )


def enter_at_creation(
    transitions: pl.DataFrame, rows: pl.DataFrame, stage: str, slack: dt.timedelta
) -> tuple[pl.DataFrame, pl.Series, pl.Series]:
    """Closed deals that never enter a stage are in `stage` from their creation on.

    A deal that was created after it closed is in it at its closing: records are created late, and what was
    won was won. Where that is so for most deals, the dates are not what they are taken for, and such deals
    keep no stage.

    Returns
    -------
    DataFrame
        The transitions, with the entries that were added.
    Series
        Ids of the deals that got one.
    Series
        Ids of those among them that were created on a later day than they closed, beyond `slack` (the offset
        of an unknown time zone).
    """
    closed = without_stage(transitions).join(rows.select("deal", "created"), on="deal", maintain_order="left")
    closed = closed.drop_nulls("created")
    same_day = pl.col("created").dt.truncate(_DAY) == pl.col("ends").dt.truncate(_DAY)
    late = closed.filter(~same_day & (pl.col("created") >= pl.col("ends") + slack))["deal"]
    if len(late) > EARLY_AT_MOST * closed.height:
        closed, late = closed.filter(~pl.col("deal").is_in(late.implode())), late.clear()
    entries = implied(closed, stage, pl.min_horizontal("created", "ends"), is_outcome=False)
    return pl.concat([transitions, entries]), closed["deal"], late


def created_after_closing(late: pl.Series, rows: pl.DataFrame, noun: str) -> Attention | None:
    """The warning about deals with a creation date after their closing date."""
    if late.is_empty():
        return None
    won = rows.filter(pl.col("outcome_key") == "won", pl.col("deal").is_in(late.implode()))
    money = f", {amount_text(won['amount'])}" if won["amount"].sum() else ""
    ended = f" ({won.height:,} won{money})" if won.height else ""
    number = len(late)
    text = (
        f"{counted(number, noun)} {verb(number, 'are')} created after the closing date{ended}, such as "
        f"{', '.join(late.sort().head(3))}: counted as created when closed, so with no time in a stage"
    )
    return Attention(check="created_after_closing", text=text, count=number)


def undated_open(transitions: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of the open deals without any transition."""
    dated = transitions["deal"].unique()
    return rows.filter(pl.col("outcome_key").is_null(), ~pl.col("deal").is_in(dated.implode()))


def add_open(
    transitions: pl.DataFrame, rows: pl.DataFrame, since: dt.datetime | str, first_stage: str
) -> pl.DataFrame:
    """Add undated open deals: in their current stage since a date, or in the first since creation."""
    undated = undated_open(transitions, rows)
    if since == "skip":
        return transitions
    if isinstance(since, str):
        return pl.concat([transitions, implied(undated, first_stage, pl.col("created"), is_outcome=False)])
    labelled = undated.filter(pl.col("stage_key").is_not_null())
    return pl.concat([transitions, implied(labelled, pl.col("stage_key"), pl.lit(since), is_outcome=False)])


def lowest_stage(order: Sequence[str]) -> str:
    """The first stage of the funnel; one of its own where the export names none."""
    return order[0] if order else OPEN_STAGE


def kept_closed(kept: pl.Series, deals: pl.DataFrame, stage: str, meta: HistoryMeta) -> Attention | None:
    """The warning about closed deals that `enter_at_creation` added."""
    closed = deals.filter(pl.col("outcome").is_not_null())
    placed = closed.filter(pl.col("deal").is_in(kept.implode()))
    if placed.is_empty():
        return None
    number = placed.height
    text = (
        f"{number:,} of {counted(closed.height, f'closed {meta.noun}')} {verb(number, 'have')} no stage "
        f"before closing{_won_part(placed, closed)}: counted since their creation as in "
        f"{meta.stages.get(stage, stage)}. To leave such deals out:"
    )
    line = 'closed_without_stage = "skip"'
    return Attention(check="closed_without_stage", text=text, mapping=(line,), count=number)


def left_out_closed(
    removed: pl.Series, rows: pl.DataFrame | None, mapping: Mapping, noun: str
) -> Attention | None:
    """Closed deals of which neither a stage nor the creation is known."""
    if removed.is_empty() or mapping.closed_without_stage == "skip":
        return None
    money = ""
    if rows is not None:
        their_rows = rows.filter(pl.col("deal").is_in(removed.implode()))
        won = their_rows.filter(pl.col("outcome_key") == "won")
        worth = f" at {amount_text(won['amount'])}" if won["amount"].sum() else ""
        money = f", {won.height:,} of them won{worth}" if won.height else ""
    text = (
        f"{counted(len(removed), f'closed {noun}')} {verb(len(removed), 'have')} no stage before closing, "
        "and no "
        f"earlier creation date: left out{money} (such as {', '.join(removed.sort().head(3))})"
    )
    return Attention(check="closed_left_out", text=text, count=len(removed))


def left_out_open(
    undated: pl.DataFrame, book_names: dict[str, str], as_of: dt.datetime, noun: str
) -> Attention | None:
    """Open deals without any date of a stage: how many per stage, and the mapping line that keeps them."""
    if undated.is_empty():
        return None
    counts = undated["stage_key"].drop_nulls().value_counts(sort=True)
    where = ", ".join(f"{book_names.get(key, key)} {number:,}" for key, number in counts.iter_rows())
    amounts = undated["amount"].fill_null(undated["listed_amount"])
    money = f", {amount_text(amounts)} in total" if amounts.sum() else ""
    created = undated["created"].null_count() < undated.height
    last_day = (as_of - dt.timedelta(microseconds=1)).date()
    text = (
        f"{counted(undated.height, f'open {noun}')} {verb(undated.height, 'have')} no date of any stage"
        f"{f' ({where})' if where else ''}{money}: left out"
    )
    lines: tuple[str, ...] = ()
    if created:
        text += ". To keep such deals, in the first stage since their creation:"
        lines = ('open_without_stage = "creation"',)
    elif where:
        text += ". To keep such deals, give the date since when they are in their current stage:"
        lines = (f"open_without_stage = {last_day}",)
    else:
        text += f" (such as {', '.join(undated['deal'].sort().head(3))})"
    return Attention(check="open_left_out", text=text, mapping=lines, count=undated.height)


def left_out(rows: pl.DataFrame, reason: str, noun: str) -> Attention | None:
    """Closed deals that cannot be used for another reason, with what was won with them."""
    if rows.is_empty():
        return None
    won = rows.filter(pl.col("outcome_key") == "won")
    money = f", {amount_text(won['amount'])}" if won["amount"].sum() else ""
    ended = f" ({won.height:,} won{money})" if won.height else ""
    examples = ", ".join(rows["deal"].sort().head(3))
    remedy = _OTHER_CLOSING if reason == NO_CLOSING else ""
    text = (
        f"{counted(rows.height, noun)} {verb(rows.height, 'are')} left out{ended}: {reason} "
        f"(such as {examples}){remedy}"
    )
    return Attention(check="closed_left_out", text=text, count=rows.height)


def closed_without_label(rows: pl.DataFrame, as_of: dt.datetime, noun: str) -> Attention | None:
    """Deals with a closing date in the past but no outcome, if other deals have one."""
    known = pl.coalesce("outcome_label", "stage_label")
    labels = rows.select(known.alias("label"))["label"]
    past = (pl.col("closed") < as_of) & pl.col("is_closed").is_null()
    blank = rows.filter(known.is_null() & past & pl.col("outcome_key").is_null())
    if blank.is_empty() or labels.null_count() == rows.height:
        return None
    amounts = blank["amount"].fill_null(blank["listed_amount"])
    money = f", {amount_text(amounts)} in total" if amounts.sum() else ""
    text = (
        f"{counted(blank.height, noun)} {verb(blank.height, 'have')} a closing date in the past, but no "
        f"stage or outcome (such as {', '.join(blank['deal'].sort().head(3))}{money}): read as open"
    )
    if labels[0] is not None and not labels.drop_nulls().is_duplicated().any():
        text += (
            ". Each label appears in one row only: if the report is grouped, with the label in the first row "
            "of each group, export it without groups or fill the labels down"
        )
    return Attention(check="closed_without_label", text=text, count=blank.height)


def _won_part(part: pl.DataFrame, whole: pl.DataFrame) -> str:
    won = [frame.filter(pl.col("outcome") == "won") for frame in (part, whole)]
    if won[0].is_empty():
        return " (none of them won)"
    money = [frame["amount"] for frame in won]
    if not money[0].sum():
        return f" ({won[0].height:,} of {won[1].height:,} won)"
    return f" (won {amount_text(money[0])} of {amount_text(money[1])})"


def amount_text(amounts: pl.Series) -> str:
    """The sum in words: ``35.8 million``, ``14,800``."""
    amount = float(amounts.sum())
    if abs(amount) >= 1e6:
        return f"{amount / 1e6:,.1f} million"
    return f"{amount:,.0f}"
