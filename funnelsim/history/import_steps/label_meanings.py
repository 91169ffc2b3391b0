"""Decide what each label means, before the rows are read by them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping

import polars as pl

from funnelsim.history.attention import Attention
from funnelsim.history.cleaning.won_flag import settle_won_column, with_closed_flag
from funnelsim.history.columns.fields import DATE_PREFIX
from funnelsim.history.columns.flag_columns import holds_flags
from funnelsim.history.guessing.unread_status import unread_status
from funnelsim.history.import_steps.setup import OUTCOMES, ImportSetup
from funnelsim.history.labels.evidence import LabelEvidence, label_evidence
from funnelsim.history.labels.outcomes import settle_stage_labels
from funnelsim.history.labels.statuses import settle_status
from funnelsim.history.labels.variety import check_variety
from funnelsim.history.sources.stack import Stack
from funnelsim.history.values.labels import Meaning, known_outcome


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
    evidence = label_evidence(events, rows, as_of, date_prefix=DATE_PREFIX)
    book.name_stages(evidence)
    attention: list[Attention] = []
    if rows is not None:
        rows, attention = _settle_outcome_column(setup, rows, events, evidence, stack, as_of)
        evidence = label_evidence(events, rows, as_of, date_prefix=DATE_PREFIX)
    stated = rows is not None and rows["outcome_label"].null_count() < rows.height
    doubts = list(settle_stage_labels(evidence, book, stack.name, stated=stated))
    if rows is not None and not stated and (status := _unread_status(setup, rows, evidence, as_of)):
        # That a stage seems to end deals is then a matter of the column that says how they ended.
        doubts = [status, *(item for item in doubts if item.check != "labels_like_outcomes")]
    attention += doubts
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


def _unread_status(
    setup: ImportSetup, rows: pl.DataFrame, evidence: Mapping[str, LabelEvidence], as_of: dt.datetime | None
) -> Attention | None:
    """The question for a status column, where no label, flag or date says how deals ended."""
    parts, book = setup.parts, setup.book
    known = any(
        known_outcome(item.label) or book.claimed.get(plain, Meaning(kind="stage")).kind == "outcome"
        for plain, item in evidence.items()
    )
    dated = any(DATE_PREFIX + key in rows.columns for key in OUTCOMES)
    if (
        known
        or dated
        or rows["is_won"].null_count() < rows.height
        or not (parts.deals and parts.deal_columns)
    ):
        return None
    return unread_status(rows, parts.deals, parts.deal_columns, as_of)
