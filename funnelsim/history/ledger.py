"""Count every row as used or skipped for a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from funnelsim.documents.audit import AuditTable
from funnelsim.history.readers.table import ROW

FILE = "__file"

MALFORMED = "more fields than the header"
BLANK = "empty row"
HEADER = "repeated header"
FILTERED = "left out by where"
DELETED = "deleted in the CRM"
NO_DEAL = "no deal id"
SUPERSEDED = "an older version"
DUPLICATE = "exact duplicate"
CONFLICT = "same id, different content"
NO_DATE = "no date"
IMPOSSIBLE = "impossible date"
NO_LABEL = "no stage"
IGNORED = "label to ignore"
UNMAPPED = "unmapped label"
NO_TIMES = "deal without stage times"
NO_STAGE = "closed without a stage before"
NO_CLOSING = "closed, but no closing date"
CLOSED_EARLY = "closed before it began"
CLOSED_BETWEEN = "closed before its last stage"
TAKEN_BACK = "outcome reversed later"
AFTER_OUTCOME = "after a win"
OTHER_FIELD = "change of another field"
OVERRULED = "contradicts the deals table"
LATER = "after the as-of date"
BEGINS_LATER = "begins after the as-of date"
DEAL_SKIPPED = "its deal is skipped"
NO_KEY = "no deal refers to it"
BACKWARDS = "task that ends before it starts"

#: Why rows are skipped, where a person can mend them in the CRM, and what to do there.
TO_MEND = {
    CONFLICT: "keep one of the rows with this id",
    NO_TIMES: "give the deal a stage, and the date on which it entered it",
    NO_STAGE: "enter when the deal was created or entered a stage",
    NO_CLOSING: "enter when it was closed",
    CLOSED_EARLY: "correct the closing date, or the creation",
    CLOSED_BETWEEN: "correct the closing date, or the dates of its stages",
    IMPOSSIBLE: "correct the date",
}
_EXAMPLES = 5


@dataclass(slots=True)
class Ledger:
    """The used and skipped rows of one table (or of several files with the same columns).

    Attributes
    ----------
    files : tuple of str
        Names of the files; a row is identified by its index in this tuple and its number.
    used : int
        Rows that are used.
    skipped : dict of str to int
        Reason -> number of rows.
    deals : dict of str to list
        Reason to mend -> the deals of these rows.
    """

    table: str
    files: tuple[str, ...]
    rows_read: int
    used: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    examples: dict[str, list[str]] = field(default_factory=dict)
    deals: dict[str, list[str]] = field(default_factory=dict)
    row_word: str = "row"

    def locate(self, file: int, row: int) -> str:
        """Words for a row: ``row 12``, with the file where there are several."""
        words = f"{self.row_word} {row}"
        return words if len(self.files) == 1 else f"{self.files[file]} {words}"

    def keep(self, frame: pl.DataFrame, condition: pl.Expr, reason: str) -> pl.DataFrame:
        """The rows of `frame` where `condition` holds; the others are skipped (null counts as false)."""
        holds = frame.select(condition.fill_null(False).alias("holds"))["holds"]
        if holds.all():
            return frame
        self.skip(frame.filter(~holds), reason)
        return frame.filter(holds)

    def keep_first(self, frame: pl.DataFrame, columns: Sequence[str], reason: str) -> pl.DataFrame:
        """The first of the rows that are equal in `columns`; the others are skipped."""
        content = frame.select(columns)
        hashes = content.hash_rows()  # equal rows have equal hashes: few are left to compare
        if hashes.n_unique() == len(hashes):
            return frame
        suspect = hashes.is_duplicated()
        first = content.filter(suspect).select(pl.struct(columns).is_first_distinct().alias("first"))["first"]
        repeats = suspect.arg_true().filter(~first)
        self.skip(frame[repeats], reason)
        return frame.filter(~pl.int_range(frame.height, eager=True).is_in(repeats.implode()))

    def skip(self, frame: pl.DataFrame, reason: str) -> None:
        """Count the rows of `frame` that stem from this table."""
        rows = frame.filter(pl.col(ROW).is_not_null())
        if rows.is_empty():
            return
        self.skipped[reason] = self.skipped.get(reason, 0) + rows.height
        if reason in TO_MEND and "deal" in rows.columns:
            self.deals.setdefault(reason, []).extend(rows["deal"].drop_nulls().unique(maintain_order=True))
        rows_named = [
            self.locate(file, row) for file, row in rows.select(FILE, ROW).head(_EXAMPLES).iter_rows()
        ]
        self.examples[reason] = (self.examples.get(reason, []) + rows_named)[:_EXAMPLES]

    def as_record(self) -> AuditTable:
        return AuditTable(
            table=self.table,
            files=self.files,
            rows_read=self.rows_read,
            rows_used=self.used,
            set_aside=dict(sorted(self.skipped.items(), key=lambda item: -item[1])),
            examples={reason: tuple(places) for reason, places in self.examples.items()},
        )
