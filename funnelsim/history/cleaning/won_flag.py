"""Which deals are closed if a table only shows which are won: by stages, else by closing dates."""

from __future__ import annotations

import datetime as dt

import polars as pl

from funnelsim.history.attention import Attention
from funnelsim.history.cleaning.closing_dates import closed_by_dates
from funnelsim.history.columns.column_reader import ColumnReader
from funnelsim.history.columns.fields import DATE_PREFIX
from funnelsim.history.columns.flag_columns import FLAG_NAMES
from funnelsim.history.columns.row_versions import with_row_times
from funnelsim.history.labels.outcomes import outcome_lines, question
from funnelsim.history.presets.names import plain_name
from funnelsim.history.sources.stack import Stack
from funnelsim.history.toml_text import quoted
from funnelsim.history.values.flags import read_flag
from funnelsim.history.values.labels import LabelBook, Meaning, known_outcome, same_label
from funnelsim.history.values.outcome_words import YES_WORDS, read_words
from funnelsim.history.values.words import folded


def with_closed_flag(
    deals: pl.DataFrame,
    events: pl.DataFrame | None,
    stack: Stack,
    reader: ColumnReader,
    book: LabelBook,
    as_of: dt.datetime | None,
) -> tuple[pl.DataFrame, list[Attention]]:
    """Deals with both flags, if the export only shows which are won.

    Stages that are outcomes decide; else a deal that is not won is lost if its closing date is one on
    which it closed, not an expected one.

    Raises
    ------
    HistoryError
        If closing dates are later than everything in the export, and nothing shows whether they are expected.
    """
    if not _flags_wins_only(deals):
        return deals, []
    if not (deals["is_won"] == False).any():  # noqa: E712 - a column with only true values has false as null
        deals = deals.with_columns(pl.col("is_won").fill_null(False))
    if (by_labels := _closed_by_labels(deals, events, book)) is not None:
        return deals.with_columns(by_labels.alias("is_closed")), []
    if (recorded := _losses_recorded(deals)) is not None:
        return deals.with_columns((pl.col("is_won") | recorded).alias("is_closed")), []
    timed = with_row_times(deals, stack, reader)
    past, noted = closed_by_dates(timed, events, reader.mapping.closing_dates, as_of, stack.name)
    flag = pl.when(pl.col("is_won").is_not_null()).then(pl.col("is_won") | past)
    return deals.with_columns(flag.alias("is_closed")), noted


def settle_won_column(
    deals: pl.DataFrame,
    events: pl.DataFrame | None,
    stack: Stack,
    reader: ColumnReader,
    book: LabelBook,
    as_of: dt.datetime | None,
    *,
    column: str,
) -> tuple[pl.DataFrame, list[Attention]]:
    """Deals whose outcome column holds true and false, with those labels only where the deal is closed.

    Raises
    ------
    HistoryError
        If neither the name of the column nor the mapping says that true means won.
    """
    spellings = deals["outcome_label"].drop_nulls().unique().sort().to_list()
    meant = {label: "won" if folded(label) in YES_WORDS else "lost" for label in spellings}
    claimed = {
        label: book.claimed[same_label(label)] for label in spellings if same_label(label) in book.claimed
    }
    agree = all(meaning == Meaning(kind="outcome", key=meant[label]) for label, meaning in claimed.items())
    if not agree and len(claimed) == len(meant):
        return deals, []
    if not agree or not (claimed or plain_name(column) in FLAG_NAMES["won"]):
        counts = deals["outcome_label"].drop_nulls().value_counts(sort=True).iter_rows()
        shown = ", ".join(f"{quoted(label)} {number:,}" for label, number in counts)
        labels = {key: [label for label in spellings if meant[label] == key] for key in ("won", "lost")}
        message = f"column {column} holds {shown}: does that mean won and lost?"
        raise question(message, outcome_lines(book.given, labels), stack.name)
    for label, key in meant.items():
        book.status[same_label(label)] = Meaning(kind="outcome", key=key)
    flagged = deals.with_columns(
        read_flag(deals["outcome_label"]).alias("is_won"),
        pl.lit(None, dtype=pl.String).alias("outcome_label"),
    )
    flagged, noted = with_closed_flag(flagged, events, stack, reader, book, as_of)
    ended = pl.Series(flagged["is_closed"].fill_null(False))
    return deals.with_columns(pl.when(ended).then("outcome_label").alias("outcome_label")), noted


def _flags_wins_only(deals: pl.DataFrame) -> bool:
    empty_columns = (deals[name].null_count() == deals.height for name in ("is_closed", "outcome_label"))
    return all(empty_columns) and deals["is_won"].null_count() < deals.height


def _closed_by_labels(deals: pl.DataFrame, events: pl.DataFrame | None, book: LabelBook) -> pl.Series | None:
    """Closed deals by labels of losses; null if the words alone do not decide."""
    others = deals.filter(~pl.col("is_won"))
    ends = _by_strength(deals["stage_label"], book)
    labels, won = pl.col("stage_label"), pl.col("is_won")
    if others["stage_label"].is_in([*ends["sure"], *ends["likely"]]).any():
        from_labels = (
            pl.when(labels.is_in(ends["sure"])).then(True).when(~labels.is_in(ends["likely"])).then(False)
        )
        return deals.select(pl.when(won).then(True).otherwise(from_labels)).to_series()
    if events is None:
        return None
    labels_of_others = events.filter(pl.col("deal").is_in(others["deal"].implode()))["label"]
    if not any(_by_strength(labels_of_others, book).values()):
        return None
    known = won & labels.is_null()  # with labels, a flag for wins only would make their stage mean won
    return deals.select(pl.when(known).then(True)).to_series()


def _losses_recorded(deals: pl.DataFrame) -> pl.Series | None:
    """Where a deal has the date of an end without a win, if the table has such dates."""
    columns = [DATE_PREFIX + key for key in ("lost", "churned") if DATE_PREFIX + key in deals.columns]
    ended = (
        deals.select(pl.any_horizontal(pl.col(name).is_not_null() for name in columns)) if columns else None
    )
    return ended.to_series() if ended is not None and ended.to_series().any() else None


def _by_strength(labels: pl.Series, book: LabelBook) -> dict[str, list[str]]:
    """Labels at which deals end, as far as the words or the mapping say so."""
    by_strength: dict[str, list[str]] = {"sure": [], "likely": []}
    for label in labels.drop_nulls().unique():
        if strength := _strength(label, book):
            by_strength[strength].append(label)
    return by_strength


def _strength(label: str, book: LabelBook) -> str:
    plain = same_label(label)
    if plain in book.claimed:
        return "sure" if book.claimed[plain].kind == "outcome" else ""
    if plain in book.not_outcomes:
        return ""
    words = read_words(label)
    if known_outcome(label) or (words is not None and words.strength in ("sure", "end")):
        return "sure"
    return "likely" if words is not None and words.strength == "likely" else ""
