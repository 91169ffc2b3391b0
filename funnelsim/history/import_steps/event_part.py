"""What the table of events contributes: transitions, amounts, owners, plans, tasks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from funnelsim.history.cleaning.departures import DEPARTURE_SCHEMA
from funnelsim.history.cleaning.transitions import TRANSITION_SCHEMA, event_transitions, sort_order
from funnelsim.history.cleaning.work import endings, forward_in_time, is_task_log, tasks_of, with_entries
from funnelsim.history.columns.plans import plans_of_events
from funnelsim.history.files.events import PLAN_SCHEMA, WORK_SCHEMA
from funnelsim.history.import_steps.setup import ImportSetup


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPart:
    """What the events contribute; the defaults are those of an export without events.

    Attributes
    ----------
    rows : DataFrame or None
        Rows of events with their label read.
    transitions : list of DataFrame
        `TRANSITION_SCHEMA`.
    amounts, owners : DataFrame or None
        ``deal, at`` and the amount or owner.
    departures : DataFrame
        `DEPARTURE_SCHEMA`.
    sort_order : mapping
        Stage -> its number in the CRM.
    """

    rows: pl.DataFrame | None = None
    transitions: list[pl.DataFrame] = field(default_factory=list)
    amounts: pl.DataFrame | None = None
    owners: pl.DataFrame | None = None
    departures: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=DEPARTURE_SCHEMA))
    plans: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=PLAN_SCHEMA))
    work: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=WORK_SCHEMA))
    sort_order: Mapping[str, float] = field(default_factory=dict)


def read_events(setup: ImportSetup, events: pl.DataFrame | None) -> EventPart:
    """Turn rows of events into transitions and what belongs to them; unusable rows are skipped."""
    if events is None or setup.parts.events is None:
        return EventPart()
    rows, work = _with_tasks(setup, event_transitions(events, setup.parts.events.ledger, setup.book))
    transitions = [rows.select(list(TRANSITION_SCHEMA))]
    if setup.mapping.ends_with:
        transitions.append(endings(rows, setup.mapping.ends_with))
    return EventPart(
        rows=rows,
        transitions=transitions,
        amounts=rows.select("deal", "at", "amount").drop_nulls(),
        owners=events.select("deal", "at", "owner").drop_nulls() if "owner" in events.columns else None,
        departures=rows.select("deal", "at", "left").drop_nulls(),
        plans=plans_of_events(rows),
        work=work,
        sort_order=sort_order(rows),
    )


def _with_tasks(setup: ImportSetup, rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows, in a log of tasks with an entry for each task, and the tasks by `WORK_SCHEMA`."""
    columns, stack = setup.parts.event_columns, setup.parts.events
    if columns is None or stack is None or columns.started is None:
        return rows, pl.DataFrame(schema=WORK_SCHEMA)
    rows = forward_in_time(rows, stack.ledger)
    if is_task_log(columns):
        rows = with_entries(rows)
    return rows, tasks_of(rows)
