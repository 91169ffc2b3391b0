"""Make events and the deals table agree about the same deals; what contradicts is skipped and counted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from funnelsim.history.attention import Attention
from funnelsim.history.audit.closings_apart import (
    copied_stage_times,
    events_date_closings,
    table_dates_closings,
)
from funnelsim.history.audit.contradictions import closings_of_both, contradictions
from funnelsim.history.cleaning.closings import align_closings, drop_late_creation, refuse_early_closings
from funnelsim.history.cleaning.current_stages import (
    move_to_current,
    open_elsewhere,
    stages_apart,
    table_is_current,
)
from funnelsim.history.cleaning.event_log import make_event_log
from funnelsim.history.cleaning.openings import (
    add_open,
    created_after_closing,
    enter_at_creation,
    left_out,
    lowest_stage,
    without_stage,
)
from funnelsim.history.cleaning.outcomes import outcome_labels, relabel, settle_outcomes
from funnelsim.history.cleaning.table_decides import table_decides
from funnelsim.history.columns.newest_rows import stage_change_times
from funnelsim.history.columns.timezones import WEST_OF_UTC, days_beside_instants
from funnelsim.history.import_steps.setup import OUTCOMES, ImportSetup
from funnelsim.history.import_steps.stage_order import stage_order
from funnelsim.history.ledger import CLOSED_BETWEEN, DEAL_SKIPPED, NO_CLOSING
from funnelsim.history.readers.table import ROW
from funnelsim.history.sources.assign import Parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """Transitions and deals that agree.

    Attributes
    ----------
    transitions, rows : DataFrame
        Of the deals that are used.
    entered_at_creation : Series of str
        Closed deals without a stage that were given one from their creation on.
    first_stage : str
        The stage that they were given.
    """

    transitions: pl.DataFrame
    rows: pl.DataFrame
    entered_at_creation: pl.Series
    first_stage: str
    counts: dict[str, Any]
    attention: list[Attention]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unstaged:
    transitions: pl.DataFrame
    entered_at_creation: pl.Series
    first_stage: str
    attention: list[Attention] = field(default_factory=list)


def reconcile(
    setup: ImportSetup,
    transitions: pl.DataFrame,
    rows: pl.DataFrame,
    known_deals: pl.Series,
    enters: str | None,
    sort_order: Mapping[str, float],
    as_of: dt.datetime | None,
) -> Reconciled:
    """Bring transitions and rows of deals into agreement.

    Parameters
    ----------
    known_deals : Series of str
        All ids of the deals table, filtered ones included.
    enters : str or None
        The stage that deals enter at their creation.
    as_of : datetime or None
        What comes later does not decide the order of stages.
    """
    parts, counts = setup.parts, dict[str, Any]()
    assert parts.deals is not None
    removed = known_deals.filter(~known_deals.is_in(rows["deal"].implode()))
    transitions = _skip_deals(transitions, removed, parts)
    counts["deals_without_row"] = transitions["deal"].unique().is_in(known_deals.implode()).not_().sum()
    if not setup.book.closed:
        transitions = _with_final_labels(setup, transitions, as_of)
    slack = _slack(setup)
    transitions, differing, attention = _settle_outcomes(setup, transitions, rows, slack)
    counts |= differing
    transitions, noted = _settle_stages(setup, transitions, rows, sort_order, as_of)
    attention += noted
    transitions, counts["created_after_first_stage"] = drop_late_creation(transitions, enters)
    unstaged = _add_unstaged(setup, transitions, rows, slack, sort_order, as_of)
    aligned, rows, left = _close(setup, unstaged.transitions, rows, slack)
    return Reconciled(
        transitions=aligned,
        rows=rows,
        entered_at_creation=unstaged.entered_at_creation,
        first_stage=unstaged.first_stage,
        counts=counts,
        attention=attention + unstaged.attention + left,
    )


def _skip_deals(transitions: pl.DataFrame, deals: pl.Series, parts: Parts) -> pl.DataFrame:
    """Transitions without those of `deals`, whose rows of events are counted as skipped."""
    if deals.is_empty():
        return transitions
    of_deals = pl.col("deal").is_in(deals.implode())
    if parts.events:
        parts.events.ledger.skip(transitions.filter(of_deals, pl.col(ROW).is_not_null()), DEAL_SKIPPED)
    return transitions.filter(~of_deals)


def _before(transitions: pl.DataFrame, as_of: dt.datetime | None) -> pl.DataFrame:
    return transitions if as_of is None else transitions.filter(pl.col("at") < as_of)


def _with_final_labels(
    setup: ImportSetup, transitions: pl.DataFrame, as_of: dt.datetime | None
) -> pl.DataFrame:
    """Turn stages such as Cancelled into outcomes if the deals table closes every deal that enters."""
    ends = outcome_labels(_before(transitions, as_of))
    for key, outcome in ends.items():
        setup.book.restate(key, outcome)
    return relabel(transitions, ends)


def _slack(setup: ImportSetup) -> dt.timedelta:
    """How far a local day and an instant in UTC may differ: zero where the mapping names the time zone."""
    if "time_zone" in setup.mapping.model_fields_set:
        return dt.timedelta()
    aware = any(column.aware and not column.whole_days for column in setup.reader.dates.values())
    return WEST_OF_UTC if aware else dt.timedelta()


def _settle_outcomes(
    setup: ImportSetup, transitions: pl.DataFrame, rows: pl.DataFrame, slack: dt.timedelta
) -> tuple[pl.DataFrame, dict[str, int], list[Attention]]:
    """Events or the deals table decide how each deal ended, as the mapping says."""
    events = setup.parts.events
    if events is None:
        return settle_outcomes(transitions)[0], {}, []
    is_given = "outcome_from" in setup.mapping.model_fields_set
    if is_given and setup.mapping.outcome_from == "deals":
        return table_decides(transitions, rows, events.ledger), {}, []
    columns = setup.parts.event_columns
    column = columns.entered.column if columns and columns.entered else ""
    closings = closings_of_both(transitions, rows)
    if not is_given and (doubt := table_dates_closings(closings, column)):
        return table_decides(transitions, rows, events.ledger), {}, [doubt]
    attention = list(contradictions(transitions, rows, setup.noun, slack))
    if not is_given and (doubt := events_date_closings(closings)):
        attention.append(doubt)
    attention += copied_stage_times(column, transitions, rows.select("deal", "created"), setup.noun)
    return *settle_outcomes(transitions), attention


def _settle_stages(
    setup: ImportSetup,
    transitions: pl.DataFrame,
    rows: pl.DataFrame,
    sort_order: Mapping[str, float],
    as_of: dt.datetime | None,
) -> tuple[pl.DataFrame, list[Attention]]:
    """Events or the deals table decide in which stage an open deal is.

    The table has the stage of the day of the export: it says nothing about an earlier as-of date.
    """
    decides, last = setup.mapping.stage_from, transitions["at"].max()
    is_later = isinstance(last, dt.datetime) and as_of is not None and as_of <= last
    is_open = rows["outcome_key"].is_null() & rows["stage_key"].is_not_null()
    if (
        setup.parts.events is None
        or (decides == "events" or (is_later and decides is None))
        or not is_open.any()
    ):
        return transitions, []
    log = make_event_log(_before(transitions, as_of), [*setup.book.stages, *OUTCOMES])
    order = stage_order(setup.book, sort_order, log)[0]
    elsewhere = open_elsewhere(transitions, rows, order)
    moves = not elsewhere.is_empty() and (decides == "deals" or table_is_current(elsewhere, rows))
    if moves:
        assert setup.parts.deals is not None
        changed = stage_change_times(rows, setup.parts.deals, setup.reader)
        elsewhere = elsewhere.join(
            rows.select("deal", changed.alias("changed")), on="deal", how="left", maintain_order="left"
        )
        transitions = move_to_current(transitions, elsewhere, order)
    doubt = stages_apart(elsewhere, rows, setup.book.stages, setup.noun, moved=moves)
    return transitions, [doubt] if doubt and decides is None else []


def _add_unstaged(
    setup: ImportSetup,
    transitions: pl.DataFrame,
    rows: pl.DataFrame,
    slack: dt.timedelta,
    sort_order: Mapping[str, float],
    as_of: dt.datetime | None,
) -> _Unstaged:
    """Add entries for deals without a dated stage, as the mapping says."""
    mapping, book = setup.mapping, setup.book
    none = pl.Series("deal", [], dtype=pl.String)
    keep_closed = mapping.closed_without_stage == "creation" and not without_stage(transitions).is_empty()
    if not keep_closed and mapping.open_without_stage == "skip":
        return _Unstaged(transitions=transitions, entered_at_creation=none, first_stage="")
    log = make_event_log(_before(transitions, as_of), [*book.stages, *OUTCOMES])
    first = lowest_stage(stage_order(book, sort_order, log)[0])
    added = add_open(transitions, rows, mapping.open_without_stage, first)
    doubt = None
    if keep_closed:
        added, none, late = enter_at_creation(added, rows, first, slack)
        doubt = created_after_closing(late, rows, setup.noun)
    if added.height > transitions.height:
        book.stages.setdefault(first, first.capitalize())
    attention = [doubt] if doubt else []
    return _Unstaged(transitions=added, entered_at_creation=none, first_stage=first, attention=attention)


def _close(
    setup: ImportSetup, transitions: pl.DataFrame, rows: pl.DataFrame, slack: dt.timedelta
) -> tuple[pl.DataFrame, pl.DataFrame, list[Attention]]:
    """Align closings with the last stage entry, and skip deals whose closing contradicts it."""
    parts, attention = setup.parts, list[Attention]()
    assert parts.deals is not None
    aligned, skipped, slackened = align_closings(
        transitions, closings_are_days=_closings_are_days(rows), slack=slack
    )
    if slackened:
        attention.append(days_beside_instants(slackened, setup.noun))
    columns = parts.deal_columns
    column = columns.closed.column if columns and columns.closed else "closed"
    refuse_early_closings(skipped, aligned, parts.deals.name, column)
    ended = aligned.filter("is_outcome")["deal"].unique()
    unclosed = rows.filter(
        pl.col("outcome_key").is_not_null(),
        pl.col("closed").is_null(),
        ~pl.col("deal").is_in(ended.implode()),
    )["deal"]
    for reason, deals in {**skipped, NO_CLOSING: unclosed}.items():
        if reason != CLOSED_BETWEEN or parts.events is None:  # with events, `contradictions` reports it
            doubt = left_out(rows.filter(pl.col("deal").is_in(deals.implode())), reason, setup.noun)
            attention += [doubt] if doubt else []
        rows = parts.deals.ledger.keep(rows, ~pl.col("deal").is_in(deals.implode()), reason)
        _skip_deals(transitions, deals, parts)
        aligned = aligned.filter(~pl.col("deal").is_in(deals.implode()))
    return aligned, rows, attention


def _closings_are_days(rows: pl.DataFrame) -> bool:
    closed = rows["closed"].drop_nulls()
    return bool((closed.dt.truncate("1d") == closed).all())
