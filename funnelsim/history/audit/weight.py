"""The order of warnings: those that affect all numbers first."""

from __future__ import annotations

from collections.abc import Iterable

from funnelsim.documents.audit import AuditCheck

#: If one of these occurs, hardly any number of the history can be trusted.
_FIRST = (
    "nothing_closed",
    "nothing_won",
    "ids_do_not_meet",
    "unmapped_labels",
    "table_dates_closings",
    "most_closings_differ",
    "stages_apart",
    "unused_stages",
    "closed_left_out",
    "closed_without_label",
    "skipped_rows",
    "repeated_rows",
    "alike_but_for_id",
)
#: Rows outside the table, and columns that a fit can do without.
_LAST = (
    "rows_outside_table",
    "probabilities_mixed",
    "probabilities_unreadable",
    "probabilities_out_of_range",
)


def by_weight(checks: Iterable[AuditCheck]) -> list[AuditCheck]:
    """Warnings before notes, the most important first."""
    return sorted(checks, key=_rank)


def _rank(check: AuditCheck) -> int:
    name = check.check
    if check.level != "warning":
        return 4
    if name in _FIRST:
        return 1
    return 3 if name in _LAST else 2
