"""What the deals table contributes: the outcome of each deal, and transitions that no event records."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import polars as pl

from funnelsim.history.attention import Attention
from funnelsim.history.audit.flag_doubts import flags_disagree
from funnelsim.history.audit.table_doubts import (
    alike_but_for_id,
    inactive_rows,
    labels_disagree,
    repeated_rows,
)
from funnelsim.history.cleaning.deal_outcomes import with_outcomes
from funnelsim.history.cleaning.departures import close_at_departure, close_when_recorded, departures_of_deals
from funnelsim.history.cleaning.openings import left_out
from funnelsim.history.cleaning.transitions import check_beginnings, clean_deals, implied_transitions
from funnelsim.history.columns.extract import Extract
from funnelsim.history.columns.plans import plans_of_deals
from funnelsim.history.files.events import PLAN_SCHEMA
from funnelsim.history.import_steps.setup import ImportSetup
from funnelsim.history.ledger import NO_CLOSING


@dataclass(frozen=True, slots=True, kw_only=True)
class DealPart:
    """What the deals table contributes; the defaults are those of an export without one.

    Attributes
    ----------
    rows : DataFrame or None
        A row per deal that is used so far, with ``outcome_key`` and ``stage_key``.
    transitions : list of DataFrame
        `TRANSITION_SCHEMA`: dated stages, creation, closing.
    departures : DataFrame
        `DEPARTURE_SCHEMA`, those of the events included.
    enters : str or None
        The stage that deals enter at their creation.
    """

    departures: pl.DataFrame
    rows: pl.DataFrame | None = None
    transitions: list[pl.DataFrame] = field(default_factory=list)
    plans: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=PLAN_SCHEMA))
    enters: str | None = None
    counts: dict[str, Any] = field(default_factory=dict)
    attention: list[Attention] = field(default_factory=list)


def clean_deal_rows(setup: ImportSetup, extracted: Extract) -> tuple[pl.DataFrame | None, list[Attention]]:
    """One row per deal, and a doubt where rows of one deal differ in columns that are not read."""
    stack, columns = setup.parts.deals, setup.parts.deal_columns
    if stack is None or columns is None or columns.deal is None:
        return None, []
    rows = clean_deals(extracted, stack.ledger, stack.name, columns.deal.column)
    if extracted.deals is None:
        return rows, []
    doubts = (repeated_rows(extracted.deals, stack), alike_but_for_id(extracted.deals, stack, columns))
    return rows, [doubt for doubt in doubts if doubt]


def read_deals(
    setup: ImportSetup, rows: pl.DataFrame | None, departures: pl.DataFrame, dated: tuple[str, ...]
) -> DealPart:
    """Decide how each deal ended, and turn its dates into transitions.

    Parameters
    ----------
    rows : DataFrame or None
        One row per deal, see `clean_deal_rows`.
    departures : DataFrame
        Those of the events.
    dated : tuple of str
        Stages and outcomes that have a column of dates.
    """
    parts, mapping = setup.parts, setup.mapping
    if rows is None or parts.deals is None:
        return DealPart(departures=departures)
    has_events = parts.events is not None
    rows, undated, counts = with_outcomes(
        rows,
        parts.deals.ledger,
        setup.book,
        dated,
        has_events=has_events,
        salesforce=setup.salesforce,
    )
    doubts = (
        left_out(undated, NO_CLOSING, setup.noun),
        labels_disagree(rows, setup.noun),
        inactive_rows(rows, parts.deals),
    )
    attention = [item for item in doubts if item]
    if not (mapping.deals and mapping.deals.outcome):
        attention += flags_disagree(rows, parts.deals, setup.noun)
    departures = pl.concat([departures, departures_of_deals(rows)])
    rows = close_at_departure(rows, departures)
    rows, noted = close_when_recorded(rows, dated)
    implied, enters = implied_transitions(rows, dated, setup.book, mapping, has_events=has_events)
    if not has_events and not rows.is_empty():
        check_beginnings(rows, dated, enters, parts.deals.name)
    return DealPart(
        rows=rows,
        transitions=[implied],
        departures=departures,
        plans=plans_of_deals(rows),
        enters=enters,
        counts=counts,
        attention=[*attention, *noted],
    )
