"""The error for an import that skipped every row."""

from __future__ import annotations

from funnelsim.core.errors import HistoryError, Problem
from funnelsim.core.nouns import counted
from funnelsim.history.audit.suggested_mapping import suggested_mapping
from funnelsim.history.import_steps.setup import ImportSetup


def no_deal_left(setup: ImportSetup) -> HistoryError:
    problems = []
    for stack in (setup.parts.deals, setup.parts.events):
        if stack is None:
            continue
        reasons = ", ".join(f"{number:,} {reason}" for reason, number in stack.ledger.skipped.items())
        message = (
            f"none of {counted(stack.ledger.rows_read, 'row')} gives a deal that entered a stage "
            f"(skipped: {reasons or 'none'})"
        )
        hint = _how_to_keep_deleted(setup, stack.name)
        problems.append(Problem(path=stack.name, message=message, hint=hint))
    return HistoryError("import", problems)


def _how_to_keep_deleted(setup: ImportSetup, name: str) -> str:
    """The lines of a mapping that keep rows marked as deleted, if the file has any."""
    lines = suggested_mapping(
        item.mapping
        for item in setup.reader.attention
        if item.check == "deleted_rows" and f" of {name} " in item.text
    )
    return "\n".join(("to count them, in a mapping:", *(f"      {line}" for line in lines))) if lines else ""
