"""The audit of an import, and the document of ``funnelsim import``."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from funnelsim.documents.record import Record

Level = Literal["warning", "note"]


class AuditFile(Record):
    """One file that was read; `read_as` says how, where that is not obvious."""

    file: str
    rows: int
    sha256: str
    read_as: tuple[str, ...] = ()


class AuditMapping(Record):
    """The mapping file of the import."""

    file: str
    sha256: str


class AuditTable(Record):
    """The rows of one table: ``rows_read = rows_used + sum(set_aside)``.

    Attributes
    ----------
    files : tuple of str
        The files with these columns.
    set_aside : dict of str to int
        Skipped rows by reason, the most frequent first.
    examples : dict of str to tuple of str
        Where some of the skipped rows are, by reason.
    """

    table: str
    files: tuple[str, ...]
    rows_read: int
    rows_used: int
    set_aside: dict[str, int]
    examples: dict[str, tuple[str, ...]]


class AuditAmounts(Record):
    """Amounts of won deals and listed amounts of open ones, in the currency of the history."""

    won: int
    won_missing: int
    won_zero: int
    won_sum: float
    won_median: float | None
    open: int
    open_listed_missing: int
    open_listed_sum: float


class AuditStage(Record):
    """The visits to one stage.

    Attributes
    ----------
    entries, deals, reentries, open : int
        Visits, the deals that made them, visits after the first of a deal, visits that have not ended.
    median_days : float or None
        Median duration of the visits that have ended; None if none has.
    exits : dict of str to int
        Visits by the stage or outcome that follows, the most frequent first.
    """

    stage: str
    entries: int
    deals: int
    reentries: int
    open: int
    median_days: float | None
    name: str
    exits: dict[str, int]


class AuditColumn(Record):
    """How one column was read; counts of values and remarks are written only if there are any."""

    table: str
    column: str
    read_as: str
    format: str = ""
    missing: int = 0
    impossible: int = 0
    zero: int = 0
    negative: int = 0
    remark: str = ""


class AuditLabel(Record):
    """A label of the export: `kind` is stage, outcome, open, ignore or unmapped, `read_as` its key."""

    label: str
    rows: int
    read_as: str
    kind: str


class AuditLookupMiss(Record):
    """A key that the other table does not have; `hint` suggests a similar one."""

    value: str
    rows: int
    hint: str


class AuditTruncation(Record):
    """The evidence on left truncation; empty where there are too few closings.

    Attributes
    ----------
    begun_before : int
        Deals that began before the day of the first closing.
    closings_expected : float
        How many of those would have closed before that day if they closed as fast as later ones.
    """

    first_begun: dt.datetime | None = None
    first_closing: dt.datetime | None = None
    begun_before: int = 0
    closings_expected: float = 0.0


class AuditZombies(Record):
    """Open deals that are older than most closed ones were; empty without open or without closed deals."""

    open: int = 0
    older_than_any: int = 0
    older_than_99_percent: int = 0
    longest_cycle_days: float = 0.0
    cycle_p99_days: float = 0.0
    oldest_open_days: float = 0.0
    examples: tuple[str, ...] = ()


class AuditCheck(Record):
    """A warning or a note.

    Attributes
    ----------
    check : str
        Its name, such as ``amount_style``.
    count : int
        Rows, deals or columns concerned.
    mapping : tuple of str
        Lines of a mapping file that settle it; empty if there are none.
    as_read : bool or None
        Whether `mapping` says how the export was read, so that it changes no number. None if not known.
    """

    check: str
    level: Level
    count: int
    text: str
    mapping: tuple[str, ...] = ()
    as_read: bool | None = None


class AuditFacts(Record):
    """What an import did, before its checks: the fate of every row, column and label."""

    preset: str
    preset_reason: str
    mapping: AuditMapping | None
    as_of: dt.datetime
    as_of_given: bool
    as_of_from: str
    first_event: dt.datetime
    last_event: dt.datetime
    observed_from: dt.datetime | None
    observed_from_given: bool
    files: tuple[AuditFile, ...]
    tables: tuple[AuditTable, ...]
    deals: dict[str, int]
    amounts: AuditAmounts
    stages: tuple[AuditStage, ...]
    stage_order_from: str
    stages_never_entered: tuple[str, ...]
    columns: tuple[AuditColumn, ...]
    columns_unused: dict[str, tuple[str, ...]]
    files_unused: tuple[str, ...]
    labels: tuple[AuditLabel, ...]
    labels_unmapped: dict[str, int]
    labels_mistyped: dict[str, str]
    lookup_misses: dict[str, tuple[AuditLookupMiss, ...]]
    truncation: AuditTruncation
    zombies: AuditZombies
    counts: dict[str, bool | int | dict[str, int]]


class Audit(AuditFacts):
    """The audit of an import, as in ``meta.json`` and in the JSON of the command.

    Attributes
    ----------
    preset_reason : str
        Why the preset was chosen; empty if it was given.
    as_of_from : str
        The column of times that the as-of date is taken from; empty: the last event.
    deals : dict of str to int
        ``all``, each outcome, and ``open``.
    labels_mistyped : dict of str to str
        Labels of the mapping that no row has, and a similar label that rows have.
    counts : dict
        What else was counted, by name; zeros are left out.
    checks : tuple of AuditCheck
        Warnings and notes, the most important first.
    suggested_mapping : tuple of str
        The mapping lines of all checks, as one file.
    """

    checks: tuple[AuditCheck, ...]
    suggested_mapping: tuple[str, ...]

    def of_level(self, level: Level) -> list[AuditCheck]:
        return [check for check in self.checks if check.level == level]


class ImportProvenance(Record):
    """The files that an import read, and the version that read them."""

    sources: tuple[AuditFile, ...]
    mapping: AuditMapping | None
    version: str


class ImportDocument(Record):
    """The document of ``import``; `history` is the folder that was written."""

    format: int
    command: str
    provenance: ImportProvenance
    history: str
    audit: Audit
