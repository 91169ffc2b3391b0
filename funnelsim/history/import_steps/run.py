"""Run the steps of an import in order, from the chosen columns to a history with its audit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import polars as pl

from funnelsim.history.attention import Attention
from funnelsim.history.audit.build import make_audit
from funnelsim.history.audit.facts import Facts
from funnelsim.history.audit.later_dates import later_dates, proved_later
from funnelsim.history.audit.outlying_dates import outlying_dates
from funnelsim.history.audit.unused_stages import unused_stages
from funnelsim.history.cleaning.current_stages import dated_stages_apart
from funnelsim.history.cleaning.deal_table import (
    DealTable,
    labels_ahead,
    make_deal_table,
    settle_deal_rows,
)
from funnelsim.history.cleaning.departures import compare_departures, departures_apart
from funnelsim.history.cleaning.event_log import make_event_log
from funnelsim.history.cleaning.openings import (
    closed_without_label,
    kept_closed,
    left_out_closed,
    left_out_open,
    undated_open,
)
from funnelsim.history.cleaning.truncation import recorded_from
from funnelsim.history.cleaning.visits import CleanVisits, beginnings, known_transitions, make_visits
from funnelsim.history.cleaning.work import work_counts, work_known
from funnelsim.history.columns.extract import extract
from funnelsim.history.columns.newest_rows import newest_rows
from funnelsim.history.columns.plans import plan_counts, plans_known
from funnelsim.history.files.as_of_dates import as_of_text, date_text, end_of_day
from funnelsim.history.files.events import PEOPLE_SCHEMA, History, HistoryMeta
from funnelsim.history.history_error import history_error
from funnelsim.history.hygiene.rows_to_mend import rows_to_mend
from funnelsim.history.import_steps.collect import Collected, collect
from funnelsim.history.import_steps.hygiene import look_at_month_ends, look_for_edits
from funnelsim.history.import_steps.meta import make_meta
from funnelsim.history.import_steps.no_deal_left import no_deal_left
from funnelsim.history.import_steps.renamed_labels import with_new_labels
from funnelsim.history.import_steps.setup import OUTCOMES, ImportSetup
from funnelsim.history.import_steps.stage_order import stage_order
from funnelsim.history.ledger import NO_STAGE, Ledger
from funnelsim.history.sources.assign import Parts

Progress = Callable[[str], None]


def run_import(
    setup: ImportSetup,
    facts: Facts,
    as_of: dt.datetime | None = None,
    name: str = "",
    progress: Progress = lambda _: None,
) -> History:
    """Run the steps of an import in order; `facts` collects what the audit reports."""
    parts = setup.parts
    facts.attention += setup.attention
    progress("reading columns")
    extracted = extract(parts, setup.reader, salesforce=setup.salesforce)
    extracted = with_new_labels(extracted, setup.mapping)
    facts.counts |= setup.reader.counts | {"amounts_converted": extracted.converted}
    progress("sorting out deals and stages")
    collected = collect(setup, extracted, as_of)
    facts.counts |= collected.counts
    facts.attention += collected.attention
    transitions = collected.transitions
    known_until = _known_until(setup, transitions, facts, as_of)
    early = transitions.filter(pl.col("at") < known_until)
    facts.attention += outlying_dates(early, setup.noun, _id_column(parts))
    progress("building stage visits")
    cleaned, order = _stage_visits(setup, facts, collected, known_until)
    made = _deal_table(setup, facts, collected, cleaned, known_until)
    facts.counts |= cleaned.findings | made.findings
    _compare_tables(setup, facts, collected, cleaned, order, known_until)
    plans = plans_known(collected.plans, made.deals, known_until)
    work = work_known(collected.events.work, made.deals, known_until)
    facts.counts |= plan_counts(plans)
    facts.counts |= work_counts(work)
    begun = beginnings(cleaned.visits).with_columns(made.deals["closed"])
    observed_from = _observed_from(setup, facts, begun, known_until)
    meta = make_meta(setup, extracted, cleaned, made, order, observed_from, known_until, name)
    facts.attention += look_for_edits(setup, cleaned.visits, made.deals, collected)
    facts.attention += look_at_month_ends(setup, made.deals, extracted.deals)
    facts.attention += _unstaged_deals(setup, collected, cleaned, made.deals, meta)
    audit = make_audit(
        tables=(*setup.tables, *setup.prepared.lists, *setup.prepared.unused),
        parts=parts,
        reader=setup.reader,
        book=setup.book,
        extracted=extracted,
        visits=cleaned.visits,
        deals=made.deals,
        begun=begun,
        meta=meta,
        facts=facts,
    )
    return History(
        visits=cleaned.visits,
        deals=made.deals,
        meta=replace(meta, audit=audit.as_json()),
        plans=plans,
        retracted=cleaned.retracted,
        work=work,
        to_mend=rows_to_mend(
            deals=made.deals,
            begun=begun,
            visits=cleaned.visits,
            plans=collected.plans,
            transitions=transitions,
            table=collected.rows,
            every=extracted.deals,
            ledgers=[stack.ledger for stack in (parts.deals, parts.events) if stack is not None],
            meta=meta,
        ),
        people=pl.DataFrame(
            [(person.name, person.team) for person in setup.prepared.people],
            schema=PEOPLE_SCHEMA,
            orient="row",
        ),
    )


def _stage_visits(
    setup: ImportSetup, facts: Facts, collected: Collected, known_until: dt.datetime
) -> tuple[CleanVisits, list[str]]:
    """The visits to stages, and the order of the stages; the rows behind them are counted."""
    parts, transitions, rows = setup.parts, collected.transitions, collected.rows
    ledger = parts.events.ledger if parts.events else Ledger(table="", files=("",), rows_read=0)
    keys = [*setup.book.stages, *OUTCOMES]
    log = make_event_log(known_transitions(transitions, known_until, ledger), keys)
    order, facts.order_from = stage_order(setup.book, collected.events.sort_order, log)
    cleaned = make_visits(log, order, ledger)
    ledger.used = cleaned.rows_used
    if rows is not None and parts.deals:
        settle_deal_rows(rows, parts.deals.ledger, transitions, cleaned, known_until)
    if cleaned.visits.is_empty():
        raise no_deal_left(setup)
    return cleaned, order


def _compare_tables(
    setup: ImportSetup,
    facts: Facts,
    collected: Collected,
    cleaned: CleanVisits,
    order: list[str],
    known_until: dt.datetime,
) -> None:
    """Note where the deals table says otherwise than the visits."""
    departures, rows = collected.deals.departures, collected.rows
    facts.counts |= compare_departures(departures, cleaned.visits, known_until)
    facts.attention += departures_apart(departures, cleaned.visits, known_until, setup.noun)
    if rows is None or known_until <= facts.last_event:
        return
    facts.labels_ahead = labels_ahead(rows, cleaned, order)
    if setup.parts.events is None:
        doubt = dated_stages_apart(rows, cleaned.visits, setup.book.stages, setup.noun)
        facts.attention += [doubt] if doubt else []


def _known_until(
    setup: ImportSetup, transitions: pl.DataFrame, facts: Facts, as_of: dt.datetime | None
) -> dt.datetime:
    """The as-of date given, or the end of the day of the last event, or of a row that changed soon after."""
    first, last = transitions["at"].min(), transitions["at"].max()
    if not isinstance(first, dt.datetime) or not isinstance(last, dt.datetime):
        raise no_deal_left(setup)
    facts.first_event, facts.last_event = first, last
    facts.last_deal = transitions.filter(pl.col("at") == last)["deal"][0]
    facts.as_of_given = as_of is not None
    if as_of is None:
        rows = list(newest_rows(setup.parts, setup.reader))
        proved = proved_later(last, rows)
        facts.as_of_from = proved.column if proved else ""
        known_until = end_of_day(proved.at if proved else last)
        facts.attention += later_dates(known_until, rows, setup.attention)
        return known_until
    if as_of <= first:
        message = f"there is no data before {as_of_text(as_of)}: the first event is on {date_text(first)}"
        raise history_error("as-of", message)
    return as_of


def _deal_table(
    setup: ImportSetup, facts: Facts, collected: Collected, cleaned: CleanVisits, known_until: dt.datetime
) -> DealTable:
    amounts, owners = collected.events.amounts, collected.events.owners
    return make_deal_table(
        cleaned,
        beginnings(cleaned.visits),
        collected.rows,
        _first_and_last_amounts(amounts, known_until),
        _last_owners(owners, known_until),
        up_to_date=known_until > facts.last_event,
        zero_is_unknown=setup.mapping.zero_amount == "unknown",
    )


def _observed_from(
    setup: ImportSetup, facts: Facts, begun: pl.DataFrame, known_until: dt.datetime
) -> dt.datetime | None:
    """The start of recording that the mapping names, else the one that the closings show."""
    detected, facts.truncation = recorded_from(begun, known_until)
    given = setup.mapping.observed_from
    facts.observed_from_given = given is not None
    return detected if given is None else (given or None)


def _unstaged_deals(
    setup: ImportSetup, collected: Collected, cleaned: CleanVisits, deals: pl.DataFrame, meta: HistoryMeta
) -> list[Attention]:
    """Deals without a dated stage: how many are kept or left out, and what they are worth."""
    rows = collected.rows
    doubts = [
        kept_closed(collected.entered_at_creation, deals, collected.first_stage, meta),
        left_out_closed(cleaned.skipped[NO_STAGE], rows, setup.mapping, meta.noun),
    ]
    if rows is not None and "outcome_key" in rows.columns:
        undated = undated_open(collected.transitions, rows)
        doubts.append(left_out_open(undated, setup.book.stages, meta.as_of, meta.noun))
        if setup.parts.events is None:
            doubts.append(closed_without_label(rows, meta.as_of, meta.noun))
            doubts.append(_unused_stages(setup, rows, collected.deals.enters, meta))
    return [item for item in doubts if item]


def _unused_stages(
    setup: ImportSetup, rows: pl.DataFrame, enters: str | None, meta: HistoryMeta
) -> Attention | None:
    """A doubt where the only stage is the one that deals enter at their creation."""
    if enters is None or setup.mapping.created_enters is not None or set(meta.stages) != {enters}:
        return None
    assert setup.parts.deals is not None
    return unused_stages(
        rows,
        enters,
        setup.book.stages,
        setup.parts.deals.columns,
        preset=setup.preset,
        noun=meta.noun,
    )


def _id_column(parts: Parts) -> str:
    columns = parts.deal_columns or parts.event_columns
    return columns.deal.column if columns and columns.deal else ""


def _first_and_last_amounts(amounts: pl.DataFrame | None, before: dt.datetime) -> pl.DataFrame | None:
    if amounts is None or amounts.is_empty():
        return None
    known = amounts.filter(pl.col("at") < before).sort("deal", "at", maintain_order=True)
    return known.group_by("deal", maintain_order=True).agg(
        pl.col("amount").first().alias("first_amount"), pl.col("amount").last().alias("last_amount")
    )


def _last_owners(owners: pl.DataFrame | None, before: dt.datetime) -> pl.DataFrame | None:
    if owners is None or owners.is_empty():
        return None
    known = owners.filter(pl.col("at") < before).sort("deal", "at", maintain_order=True)
    return known.group_by("deal", maintain_order=True).agg(pl.col("owner").last().alias("last_owner"))
