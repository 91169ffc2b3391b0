"""Warnings about skipped rows that contained deals or amounts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from funnelsim.history.attention import Attention
from funnelsim.history.ledger import CONFLICT, IMPOSSIBLE, MALFORMED, NO_DATE, NO_DEAL, NO_LABEL, Ledger

#: Reasons that no other check reports. Empty rows, copies and filtered rows lose nothing.
_LOSSES = (CONFLICT, MALFORMED, NO_DEAL, NO_DATE, NO_LABEL, IMPOSSIBLE)
_SHOWN = 3


def skipped_rows(ledgers: Iterable[Ledger]) -> Iterator[Attention]:
    """One line for each table with skipped rows: how many, why, and where they are."""
    for ledger in ledgers:
        lost = {reason: ledger.skipped[reason] for reason in _LOSSES if ledger.skipped.get(reason)}
        if not lost:
            continue
        number = sum(lost.values())
        reasons = "; ".join(
            f"{rows:,} {reason} ({_locations(ledger, reason)})" for reason, rows in lost.items()
        )
        many = "row" if number == 1 else "rows"
        text = f"{number:,} {many} of {ledger.table} skipped, so what they record is missing: {reasons}"
        yield Attention(check="skipped_rows", text=text, count=number)


def _locations(ledger: Ledger, reason: str) -> str:
    locations = ledger.examples[reason][:_SHOWN]
    rest = ledger.skipped[reason] - len(locations)
    return ", ".join(locations) + (f" and {rest:,} more" if rest else "")
