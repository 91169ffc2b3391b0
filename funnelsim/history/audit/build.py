"""Build the audit of an import: the fate of every row, warnings and notes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict

import polars as pl

from funnelsim.documents.audit import Audit, AuditCheck, AuditColumn, AuditFacts, AuditFile, AuditMapping
from funnelsim.history.audit.amounts import attention_to_amounts
from funnelsim.history.audit.check import check_entry
from funnelsim.history.audit.counts import (
    amount_counts,
    deal_counts,
    label_counts,
    mistyped_labels,
    stage_counts,
    unused_columns,
)
from funnelsim.history.audit.deal_checks import amount_checks, deal_checks
from funnelsim.history.audit.facts import Facts
from funnelsim.history.audit.label_checks import label_checks
from funnelsim.history.audit.later_dates import dates_in_names
from funnelsim.history.audit.skipped_rows import skipped_rows
from funnelsim.history.audit.suggested_mapping import suggested_mapping
from funnelsim.history.audit.time_checks import time_checks
from funnelsim.history.audit.weight import by_weight
from funnelsim.history.cleaning.truncation import zombies
from funnelsim.history.columns.column_reader import ColumnNote, ColumnReader
from funnelsim.history.columns.extract import Extract
from funnelsim.history.files.events import HistoryMeta
from funnelsim.history.ledger import Ledger
from funnelsim.history.readers.table import Table
from funnelsim.history.sources.assign import Parts
from funnelsim.history.values.labels import LabelBook


def make_audit(
    *,
    tables: Sequence[Table],
    parts: Parts,
    reader: ColumnReader,
    book: LabelBook,
    extracted: Extract,
    visits: pl.DataFrame,
    deals: pl.DataFrame,
    begun: pl.DataFrame,
    meta: HistoryMeta,
    facts: Facts,
) -> Audit:
    """The audit of an import: what was read and skipped, then what to check."""
    found = AuditFacts(
        preset=facts.preset,
        preset_reason=facts.preset_reason,
        mapping=None if facts.mapping is None else AuditMapping(**facts.mapping),
        as_of=meta.as_of,
        as_of_given=facts.as_of_given,
        as_of_from=facts.as_of_from,
        first_event=facts.first_event,
        last_event=facts.last_event,
        observed_from=meta.observed_from,
        observed_from_given=facts.observed_from_given,
        files=tuple(_file_entry(table) for table in tables),
        tables=tuple(ledger.as_record() for ledger in _ledgers(parts)),
        deals=deal_counts(deals),
        amounts=amount_counts(deals),
        stages=tuple(stage_counts(visits, meta)),
        stage_order_from=facts.order_from,
        stages_never_entered=tuple(name for key, name in book.stages.items() if key not in meta.stages),
        columns=tuple(_column_entry(note) for note in reader.notes_by_column()),
        columns_unused=unused_columns(tables, reader),
        files_unused=tuple(table.name for table in parts.unused),
        labels=tuple(label_counts(book)),
        labels_unmapped=book.unmapped,
        labels_mistyped=mistyped_labels(reader.mapping, book),
        lookup_misses={path: tuple(misses) for path, misses in extracted.lookup_misses.items()},
        truncation=facts.truncation,
        zombies=zombies(begun, meta.as_of),
        counts={key: value for key, value in facts.counts.items() if value},
    )
    about_amounts = attention_to_amounts(deals, extracted.negative, _deal_column(parts), meta)
    about_rows = skipped_rows(stack.ledger for stack in (parts.deals, parts.events) if stack is not None)
    attention = dict.fromkeys([*reader.attention, *facts.attention, *about_rows, *about_amounts])
    checks = by_weight([*(item.as_check() for item in attention), *_checks(found, meta, facts)])
    as_read = [check.mapping for check in checks if check.as_read]
    otherwise = [check.mapping for check in checks if check.as_read is False]
    return Audit(
        **dict(found),
        checks=tuple(checks),
        suggested_mapping=suggested_mapping(as_read, otherwise),
    )


def _file_entry(table: Table) -> AuditFile:
    return AuditFile(
        file=table.name,
        rows=table.rows_read,
        sha256=table.sha256,
        read_as=table.notes,
    )


def _deal_column(parts: Parts) -> str:
    columns = parts.deal_columns if parts.deals is not None else parts.event_columns
    return columns.deal.column if columns is not None and columns.deal is not None else ""


def _ledgers(parts: Parts) -> Iterator[Ledger]:
    for stack in (parts.deals, parts.events, *parts.lookups.values()):
        if stack is not None:
            yield stack.ledger


def _column_entry(note: ColumnNote) -> AuditColumn:
    """What is zero or empty is not written."""
    entry = asdict(note)
    return AuditColumn(**{k: v for k, v in entry.items() if v or k in ("table", "column", "read_as")})


def _checks(audit: AuditFacts, meta: HistoryMeta, facts: Facts) -> Iterator[AuditCheck]:
    if facts.preset_reason:
        text = f"read with the preset {facts.preset}: {facts.preset_reason}"
        yield check_entry("preset_recognised", "note", 1, text)
    if not facts.as_of_given:
        yield from dates_in_names(meta.as_of, [file.file for file in audit.files])
    yield from label_checks(audit, meta, facts)
    yield from time_checks(audit, meta, facts)
    yield from deal_checks(audit, meta, facts)
    yield from amount_checks(audit, meta, facts)
