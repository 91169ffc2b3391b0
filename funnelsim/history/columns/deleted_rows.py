"""Rows that the CRM marks as deleted or archived, and rows that may not count."""

from __future__ import annotations

import polars as pl

from funnelsim.core.nouns import counted, verb
from funnelsim.history.attention import Attention
from funnelsim.history.columns.column_reader import ColumnReader, clean_text
from funnelsim.history.columns.flag_columns import holds_flags
from funnelsim.history.columns.row_versions import POSITION
from funnelsim.history.labels.outcomes import outcome_lines
from funnelsim.history.ledger import DELETED
from funnelsim.history.mapping.keys import labels_by_path
from funnelsim.history.presets.row_names import deletion_kind, doubt_kind
from funnelsim.history.sources.stack import Stack
from funnelsim.history.toml_text import quoted, quoted_list
from funnelsim.history.values.flags import read_flag
from funnelsim.history.values.labels import same_label
from funnelsim.history.values.outcome_words import DELETED_WORDS
from funnelsim.history.values.words import folded

#: What stands for "no time" or "nobody" where a row was not deleted or has not ended.
_NEVER = (
    r"^(?:null|none|nan|nat|nil|false|0|0\.0|n/a|-|\\n|[+-]?infinity|[+-]?inf|never|"
    r"(?:9999|0000|0001)-.*|1970-01-01([t ]00:00.*)?|1900-01-01([t ]00:00.*)?)$"
)
_DATE = r"^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}"
_DELETING = ("d", "delete", "deleted", "deletes")
_OPERATIONS = frozenset(
    (
        *_DELETING,
        *("c", "r", "u", "i", "t", "create", "read", "update", "insert", "upsert", "truncate", "created"),
        *("updated", "inserted", "update preimage", "update postimage", "snapshot"),
    )
)
_DOUBTS = {
    "duplicate": "marked as duplicates",
    "test": "marked as test, spam or junk",
    "cancelled": "marked as cancelled, void or refunded",
    "invalid": "marked as invalid, inactive or obsolete",
    "not_valid": "marked as not valid",
    "excluded": "marked as hidden, ignored or excluded",
    "merged": "merged into another one",
    "current": "not the current version",
    "valid_to": "valid no longer: old versions or deleted",
}
#: Where these mark all rows, the name means something else, such as the end of each offer.
_OF_SOME = ("cancelled", "invalid", "not_valid", "excluded", "valid_to")
#: A mapping line lists no more values than this.
_MOST_VALUES = 20


def drop_deleted(rows: pl.DataFrame, stack: Stack, reader: ColumnReader) -> pl.DataFrame:
    """`rows`, with their `POSITION` in the stack, without those that the CRM marks as deleted.

    A filter of the mapping on the column keeps them, and so does a label that the mapping explains.
    """
    marks = _deletion_marks(stack, reader)
    names = {f"__deleted{position}": column for position, column in enumerate(marks)}
    rows = rows.with_columns(
        marks[column].gather(rows[POSITION]).alias(name) for name, column in names.items()
    )
    for name, column in names.items():
        before = rows.height
        rows = stack.ledger.keep(rows, ~pl.col(name), DELETED).drop(name)
        if number := before - rows.height:
            text = (
                f"{counted(number, 'row')} of {stack.name} {verb(number, 'are')} marked as deleted in column "
                f'"{column}" and skipped. To keep such rows:'
            )
            lines = ("[where]", f"{quoted(column)} = {{ not = [] }}")
            reader.attention.append(Attention(check="deleted_rows", text=text, mapping=lines, count=number))
    return _drop_deleted_labels(rows, stack, reader)


def _deletion_marks(stack: Stack, reader: ColumnReader) -> dict[str, pl.Series]:
    """Column -> true where the row is deleted."""
    marks: dict[str, pl.Series] = {}
    for column in _free_columns(stack, reader):
        mark = _deletion_mark(stack.frame[column], deletion_kind(column), reader)
        if mark is not None:
            marks[column] = mark
    for column in marks:
        reader.note(stack, column, "deleted")
    return marks


def _free_columns(stack: Stack, reader: ColumnReader) -> list[str]:
    """Columns that no filter names and that are not read as something else."""
    taken = {note.column for note in reader.notes if note.table == stack.name and note.read_as != "deleted"}
    return [name for name in stack.columns if name not in reader.mapping.where and name not in taken]


def _deletion_mark(column: pl.Series, kind: str, reader: ColumnReader) -> pl.Series | None:
    """True where a row is deleted; None if the column holds something else than its name says."""
    if not kind:
        return None
    if kind == "flag" and holds_flags(column):
        return read_flag(column).fill_null(False)
    text = clean_text(column, reader.mapping.missing)
    if kind == "filled" or (kind == "flag" and text.drop_nulls().str.contains(_DATE).all()):
        return _is_filled(column, reader)
    words = {word: folded(word) for word in text.drop_nulls().unique()}
    if kind == "operation" and not {*words.values()} <= _OPERATIONS:
        return None
    deleting = _DELETING if kind == "operation" else DELETED_WORDS
    return text.is_in([word for word, plain in words.items() if plain in deleting]).fill_null(False)


def _is_filled(column: pl.Series, reader: ColumnReader) -> pl.Series:
    """True where there is a time, a user or an id, rather than one of the many ways to write none."""
    text = clean_text(column, reader.mapping.missing)
    return text.is_not_null() & ~text.str.to_lowercase().str.contains(_NEVER).fill_null(False)


def _drop_deleted_labels(rows: pl.DataFrame, stack: Stack, reader: ColumnReader) -> pl.DataFrame:
    """Rows of deals whose status says that they are deleted, archived or merged."""
    for name in ("outcome_label", "stage_label"):
        if name not in rows.columns:
            continue
        labels = rows[name].drop_nulls().unique().sort().to_list()
        known = {same_label(label) for _, claimed in labels_by_path(reader.mapping) for label in claimed}
        deleted = [
            label for label in labels if folded(label) in DELETED_WORDS and same_label(label) not in known
        ]
        if not deleted:
            continue
        before = rows.height
        rows = stack.ledger.keep(rows, ~pl.col(name).is_in(deleted).fill_null(False), DELETED)
        number, shown = before - rows.height, ", ".join(quoted(label) for label in deleted)
        text = (
            f"{counted(number, 'row')} of {stack.name} with the status {shown} {verb(number, 'are')} "
            "skipped. To count such deals as lost:"
        )
        lines = outcome_lines(reader.mapping.outcomes, {"lost": deleted})
        reader.attention.append(Attention(check="deleted_rows", text=text, mapping=lines, count=number))
    return rows


def report_doubtful_rows(rows: pl.DataFrame, stack: Stack, reader: ColumnReader) -> None:
    """Report rows, with their `POSITION`, that are used although a column says that they may not count.

    In a history of stages the versions of a row are its steps, so there only the other marks are doubtful.
    """
    for column in _free_columns(stack, reader):
        kind = doubt_kind(column)
        if not kind or (kind in ("current", "valid_to") and stack.ledger.table == "events"):
            continue
        mark = _doubt_mark(stack.frame[column], kind, reader)
        if mark is None:
            continue
        here = mark.gather(rows[POSITION])
        number = int(here.sum())
        if not number or (kind in _OF_SOME and number == len(here)):
            continue
        text = (
            f"{counted(number, 'row')} of {stack.name} {verb(number, 'are')} {_DOUBTS[kind]} by column "
            f'"{column}", and read like all others. To leave them out:'
        )
        lines = ("[where]", f"{quoted(column)} = {_rule(stack.frame[column], mark)}")
        reader.attention.append(Attention(check="doubtful_rows", text=text, mapping=lines, count=number))


def _doubt_mark(column: pl.Series, kind: str, reader: ColumnReader) -> pl.Series | None:
    """True where a row may not count; None if the column holds something else than its name says."""
    if kind in ("merged", "valid_to"):
        return _is_filled(column, reader)
    if not holds_flags(column):
        return None
    flags = read_flag(column)
    return (~flags if kind in ("current", "not_valid") else flags).fill_null(False)


def _rule(column: pl.Series, mark: pl.Series) -> str:
    """The filter that keeps the rows without a mark."""
    marked = clean_text(column.filter(mark)).unique().sort().to_list()
    others = [text or "" for text in clean_text(column.filter(~mark)).unique().sort().to_list()]
    if len(others) <= len(marked) or len(marked) > _MOST_VALUES:
        return quoted_list(others[:_MOST_VALUES])
    return f"{{ not = {quoted_list(marked)} }}"
