"""Counts of deals, amounts, stages and labels for the audit."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from funnelsim.core.calendar.elapsed import days_between
from funnelsim.core.errors import did_you_mean
from funnelsim.documents.audit import AuditAmounts, AuditLabel, AuditStage
from funnelsim.history.columns.column_reader import ColumnReader
from funnelsim.history.files.events import HistoryMeta
from funnelsim.history.mapping.keys import Mapping as ImportMapping
from funnelsim.history.mapping.keys import labels_by_path
from funnelsim.history.readers.table import Table
from funnelsim.history.values.labels import LabelBook, same_label


def deal_counts(deals: pl.DataFrame) -> dict[str, int]:
    ended = dict(deals["outcome"].drop_nulls().value_counts(sort=True).iter_rows())
    return {"all": deals.height, **ended, "open": deals["outcome"].null_count()}


def amount_counts(deals: pl.DataFrame) -> AuditAmounts:
    won, open_ = deals.filter(pl.col("outcome") == "won"), deals.filter(pl.col("outcome").is_null())
    median = won["amount"].median()
    return AuditAmounts(
        won=won.height,
        won_missing=won["amount"].null_count(),
        won_zero=int((won["amount"] == 0).sum()),
        won_sum=float(won["amount"].sum()),
        won_median=median if isinstance(median, float) else None,
        open=open_.height,
        open_listed_missing=open_["listed_amount"].null_count(),
        open_listed_sum=float(open_["listed_amount"].sum()),
    )


def stage_counts(visits: pl.DataFrame, meta: HistoryMeta) -> list[AuditStage]:
    days_in_stage = days_between("entered", "left")
    counts = visits.group_by("stage").agg(
        pl.len().alias("entries"),
        pl.col("deal").n_unique().alias("deals"),
        (pl.col("visit") > 1).sum().alias("reentries"),
        pl.col("left").is_null().sum().alias("open"),
        days_in_stage.median().alias("median_days"),
    )
    exits = (
        visits.drop_nulls("exit")
        .group_by("stage", "exit")
        .len()
        .sort("len", "exit", descending=[True, False])
    )
    by_stage = {row["stage"]: row for row in counts.iter_rows(named=True)}
    return [
        AuditStage(
            **by_stage[key],
            name=name,
            exits=dict(exits.filter(pl.col("stage") == key).select("exit", "len").iter_rows()),
        )
        for key, name in meta.stages.items()
    ]


def unused_columns(tables: Sequence[Table], reader: ColumnReader) -> dict[str, list[str]]:
    read = {note.column for note in reader.notes}
    unused = {table.name: [name for name in table.columns if name not in read] for table in tables}
    return {name: columns for name, columns in unused.items() if columns}


def label_counts(book: LabelBook) -> list[AuditLabel]:
    rows = [
        AuditLabel(
            label=label,
            rows=book.counts[label],
            read_as=meaning.key or meaning.kind,
            kind=meaning.kind,
        )
        for label, meaning in book.meanings.items()
        if book.counts[label]
    ]
    return sorted(rows, key=lambda row: (-row.rows, row.label))


def mistyped_labels(mapping: ImportMapping, book: LabelBook) -> dict[str, str]:
    """Labels of the mapping that no row has, with a label of the rows that is nearly the same."""
    listed = {label: same_label(label) for _, labels in labels_by_path(mapping) for label in labels}
    seen = {label: same_label(label) for label in book.meanings}
    free = [label for label, plain in seen.items() if plain not in listed.values()]
    absent = [label for label, plain in listed.items() if plain not in seen.values()]
    return {label: near for label in absent if (near := did_you_mean(label, free))}
