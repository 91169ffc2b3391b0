"""Decide what each label means, before the rows are read by them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import polars as pl

from funnelsim.history.attention import Attention
from funnelsim.history.cleaning.won_flag import holds_flags, settle_won_column, with_closed_flag
from funnelsim.history.labels.evidence import label_evidence
from funnelsim.history.labels.outcomes import settle_stage_labels
from funnelsim.history.labels.statuses import settle_status
from funnelsim.history.labels.variety import check_variety
from funnelsim.history.sources import Stack
from funnelsim.history.steps.setup import ImportSetup


def settle_labels(
    setup: ImportSetup, events: pl.DataFrame | None, rows: pl.DataFrame | None, as_of: dt.datetime | None
) -> tuple[pl.DataFrame | None, list[Attention]]:
    """Record in the label book what each label means.

    Returns
    -------
    DataFrame or None
        The rows of deals, their outcome labels replaced by those of flags where flags decide.
    list of Attention
        Labels that a person must look at.
    """
    stack = setup.parts.deals or setup.parts.events
    assert stack is not None
    book = setup.book
    if events is not None:
        events = events.filter(~pl.col("label").is_in(book.ignored(events["label"])).fill_null(False))
    evidence = label_evidence(events, rows, as_of)
    book.name_stages(evidence)
    attention: list[Attention] = []
    if rows is not None:
        rows, attention = _settle_outcome_column(setup, rows, events, evidence, stack, as_of)
        evidence = label_evidence(events, rows, as_of)
    stated = rows is not None and rows["outcome_label"].null_count() < rows.height
    attention += settle_stage_labels(evidence, book, stack.name, stated=stated)
    attention += check_variety(evidence, book)
    return rows, attention


def _settle_outcome_column(
    setup: ImportSetup,
    rows: pl.DataFrame,
    events: pl.DataFrame | None,
    stages: Collection[str],
    stack: Stack,
    as_of: dt.datetime | None,
) -> tuple[pl.DataFrame, list[Attention]]:
    """Decide how the outcome column, or the flags of the CRM, say that a deal ended."""
    column = setup.parts.deal_columns and setup.parts.deal_columns.outcome
    context = (events, stack, setup.reader, setup.book, as_of)
    if column and holds_flags(rows["outcome_label"]):
        rows, noted = settle_won_column(rows, *context, column=column.column)
        return rows, [*noted]
    rows, noted = with_closed_flag(rows, *context)
    attention = [*noted]
    if column:
        attention += settle_status(rows, setup.book, stages, as_of, column=column.column, file=stack.name)
    return rows, attention
