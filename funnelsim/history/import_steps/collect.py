"""All transitions of an export, with the amounts, owners, plans and tasks that belong to them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from funnelsim.history.attention import Attention
from funnelsim.history.audit.closings_apart import copied_stage_times
from funnelsim.history.cleaning.origins import entries_at_creation, never_changed
from funnelsim.history.columns.extract import Extract
from funnelsim.history.columns.plans import plans_of_both
from funnelsim.history.import_steps.deal_part import DealPart, clean_deal_rows, read_deals
from funnelsim.history.import_steps.event_part import EventPart, read_events
from funnelsim.history.import_steps.label_meanings import settle_labels
from funnelsim.history.import_steps.reconcile import reconcile
from funnelsim.history.import_steps.setup import ImportSetup


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What events and the deals table say together.

    Attributes
    ----------
    transitions : DataFrame
        `TRANSITION_SCHEMA`, of the deals that are used.
    events : EventPart
        What the events contribute.
    deals : DealPart
        What the deals table contributes; its ``rows`` are those of the deals that are used.
    entered_at_creation : Series of str
        Closed deals that were given ``first_stage`` from their creation on.
    """

    transitions: pl.DataFrame
    events: EventPart
    deals: DealPart
    rows: pl.DataFrame | None
    counts: dict[str, Any]
    attention: list[Attention]
    entered_at_creation: pl.Series = field(default_factory=lambda: pl.Series("deal", [], dtype=pl.String))
    first_stage: str = ""

    @property
    def plans(self) -> pl.DataFrame:
        return plans_of_both(self.events.plans, self.deals.plans)


def collect(setup: ImportSetup, extracted: Extract, as_of: dt.datetime | None) -> Collected:
    """Read events and deals by their labels, and make both agree."""
    rows, attention = clean_deal_rows(setup, extracted)
    rows, noted = settle_labels(setup, extracted.events, rows, as_of)
    attention += noted
    events = read_events(setup, extracted.events)
    deals = read_deals(setup, rows, events.departures, extracted.dated)
    attention += deals.attention
    pieces = [*events.transitions, *deals.transitions]
    if events.rows is not None:
        pieces.append(entries_at_creation(events.rows, deals.rows, extracted.creations, setup.book))
        unchanged, noted = never_changed(pl.concat(pieces), deals.rows, extracted.creations, setup.noun)
        pieces.append(unchanged)
        attention += noted
    transitions = pl.concat(pieces)
    if deals.rows is None:
        columns = setup.parts.event_columns
        if columns and columns.entered:
            attention += copied_stage_times(columns.entered.column, transitions, None, setup.noun)
        return Collected(
            transitions=transitions,
            events=events,
            deals=deals,
            rows=None,
            counts=deals.counts,
            attention=attention,
        )
    assert extracted.known_deals is not None
    agreed = reconcile(
        setup, transitions, deals.rows, extracted.known_deals, deals.enters, events.sort_order, as_of
    )
    return Collected(
        transitions=agreed.transitions,
        events=events,
        deals=deals,
        rows=agreed.rows,
        counts=deals.counts | agreed.counts,
        attention=attention + agreed.attention,
        entered_at_creation=agreed.entered_at_creation,
        first_stage=agreed.first_stage,
    )
