"""From the files of a CRM to a history: the one way in."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from funnelsim.core.calendar.holidays import country_code
from funnelsim.core.errors import HistoryError, Problem, did_you_mean
from funnelsim.core.nouns import counted
from funnelsim.history.audit.build import Facts, make_audit
from funnelsim.history.audit.contradictions import contradictions, table_decides
from funnelsim.history.audit.far_off_dates import far_off
from funnelsim.history.audit.flag_doubts import flags_disagree
from funnelsim.history.audit.suggested_mapping import suggested_mapping
from funnelsim.history.audit.table_doubts import inactive_rows, labels_disagree, repeated_rows
from funnelsim.history.cleaning.as_of import parse_as_of
from funnelsim.history.cleaning.clean import (
    Stays,
    align_closings,
    beginnings,
    drop_late_creation,
    known_moves,
    make_stays,
    outcome_labels,
    refuse_early_closings,
    relabel,
    settle_outcomes,
)
from funnelsim.history.cleaning.deal_table import labels_ahead, make_deal_table, settle_deal_rows
from funnelsim.history.cleaning.departures import (
    DEPARTURE_SCHEMA,
    close_at_departure,
    close_when_recorded,
    compare_departures,
    departures_apart,
    departures_of_deals,
)
from funnelsim.history.cleaning.event_log import Chronicle, chronicle
from funnelsim.history.cleaning.openings import (
    closed_without_label,
    enter_at_creation,
    kept_closed,
    left_out,
    left_out_closed,
    left_out_open,
    lowest_stage,
    place_open,
    undated_open,
    without_stage,
)
from funnelsim.history.cleaning.order import FROM_PATHS, order_of_paths
from funnelsim.history.cleaning.origins import entries_at_creation, never_changed
from funnelsim.history.cleaning.recording import losses_recorded, resolution
from funnelsim.history.cleaning.transitions import (
    MOVE_SCHEMA,
    check_beginnings,
    clean_deals,
    event_moves,
    implied_moves,
    sort_order,
    with_outcomes,
)
from funnelsim.history.cleaning.truncation import recorded_from
from funnelsim.history.cleaning.won_flag import holds_flags, settle_won_column, with_closed_flag
from funnelsim.history.cleaning.work import (
    endings,
    forward_in_time,
    is_task_log,
    tasks_of,
    with_entries,
    work_counts,
    work_known,
)
from funnelsim.history.columns.extract import Extract, extract
from funnelsim.history.columns.plans import plan_counts, plans_known, plans_of_deals, plans_of_events
from funnelsim.history.columns.reader import ColumnNote, ColumnReader
from funnelsim.history.columns.timezones import WEST_OF_UTC, days_beside_instants
from funnelsim.history.files.as_of_dates import as_of_text, date_text, end_of_day
from funnelsim.history.files.events import DEAL_SCHEMA, WORK_SCHEMA, History, HistoryMeta
from funnelsim.history.guessing.by_content import choose_columns
from funnelsim.history.guessing.closing_columns import choose_closing
from funnelsim.history.guessing.preset import Kind, recognise
from funnelsim.history.guessing.rivals import rivals
from funnelsim.history.guessing.stage_dates import guess_dated_stages, guess_outcome
from funnelsim.history.history_error import wrong
from funnelsim.history.labels.evidence import label_evidence
from funnelsim.history.labels.outcomes import settle_stage_labels
from funnelsim.history.labels.statuses import settle_status
from funnelsim.history.labels.variety import check_variety
from funnelsim.history.ledger import CLOSED_BETWEEN, DEAL_ASIDE, NO_CLOSING, NO_STAGE, Ledger
from funnelsim.history.mapping import PRESETS, Mapping, read_mapping
from funnelsim.history.presets import hubspot, pipedrive
from funnelsim.history.presets.hubspot import has_stage_dates
from funnelsim.history.presets.prepared import Prepared
from funnelsim.history.readers.source import read_source
from funnelsim.history.readers.table import ROW, Table
from funnelsim.history.sources import Parts, Stack, adds_to_guess, assign_parts
from funnelsim.history.values.labels import LabelBook, label_book

Progress = Callable[[str], None]
OUTCOMES = ("won", "lost", "churned")


def import_history(
    sources: Sequence[str | Path],
    preset: str | None = None,
    mapping: Mapping | str | Path | None = None,
    as_of: dt.date | str | None = None,
    *,
    name: str = "",
    progress: Progress | None = None,
) -> History:
    """Read CRM exports into a clean history, with an audit of every row in ``history.meta.audit``.

    Parameters
    ----------
    sources : sequence of path
        CSV, Parquet or XES files: the deals, the stage entries, tables that the mapping looks things up in.
    preset : {"events", "deals", "salesforce", "hubspot", "pipedrive", "xes"}, optional
        What the files hold; may stand in the mapping. Default: recognised by the columns.
    mapping : Mapping or path, optional
        What columns and labels mean; see ``docs/guides/import.md``.
    as_of : date, datetime or str, optional
        A date means the end of that day; everything at or after a datetime is unknown. Default: the end of
        the day of the last event.
    name : str, optional
        Name of the history; default: the mapping's, else the first file's.
    progress : callable, optional
        Told in words what is being done.

    Raises
    ------
    HistoryError
        If a file or a column cannot be understood. Rows that are merely dirty are set aside and counted.

    Examples
    --------
    >>> history = fs.import_history(["deals.csv"], as_of="2026-03-31")
    >>> history.deals.height
    8
    """
    path = mapping if isinstance(mapping, str | Path) else None
    rules = read_mapping(mapping) if isinstance(mapping, str | Path) else mapping or Mapping()
    given = choose_preset(preset, rules)
    until = None if as_of is None else parse_as_of(as_of)
    try:
        tables = read_tables(sources, progress)
        kind = recognise(tables, rules) if given is None else Kind(preset=given, reason="")
        work = Import(tables, kind.preset, rules, progress)
        work.facts.preset_reason = kind.reason
        if path is not None:
            sha256 = hashlib.sha256(Path(path).read_bytes()).hexdigest()
            work.facts.mapping = {"file": Path(path).name, "sha256": sha256}
        return work.run(until, name)
    except HistoryError as error:
        if error.source == "mapping" and path is not None:
            raise HistoryError(str(path), error.problems) from None
        raise


def choose_preset(preset: str | None, mapping: Mapping) -> str | None:
    """The preset given, or the mapping's; None if neither says one."""
    kind = preset or mapping.preset
    if kind is not None and kind not in PRESETS:
        message = f'"{kind}" is not known; choose from {", ".join(PRESETS)}'
        raise wrong("preset", message, hint=did_you_mean(kind, PRESETS))
    return kind


def read_tables(sources: Sequence[str | Path], progress: Progress | None = None) -> list[Table]:
    """Read all files; the same content twice is an error."""
    tables: list[Table] = []
    for source in sources:
        if progress:
            progress(f"reading {Path(source).name}")
        fresh = read_source(Path(source))
        for other in tables:
            if other.sha256 == fresh[0].sha256:
                raise wrong(fresh[0].path, f"has the same content as {other.path}; give it once")
        tables += fresh
    if not tables:
        raise wrong("sources", "no file is given")
    return tables


class Import:
    """One import: the state that its steps share. Steps run in the order of `run`."""

    def __init__(
        self, tables: Sequence[Table], preset: str, mapping: Mapping, progress: Progress | None = None
    ) -> None:
        self.salesforce = preset == "salesforce"
        self.mapping = mapping
        self.tell = progress or (lambda _: None)
        self.reader = ColumnReader(mapping=mapping)
        self.book: LabelBook = label_book(
            {key: (stage.name, stage.labels) for key, stage in mapping.stages.items()},
            mapping.outcomes,
            mapping.ignore,
            mapping.not_outcomes,
        )
        self.facts = Facts(preset=preset, negative_amount=mapping.negative_amount)
        self.facts.attention += [item for table in tables for item in table.attention]
        self.prepared = self._prepare(tables, preset)
        self.tables = tuple(self.prepared.tables)
        self.departures = pl.DataFrame(schema=DEPARTURE_SCHEMA)
        self.owners: pl.DataFrame | None = None
        self.plans: list[pl.DataFrame] = []
        self.work = pl.DataFrame(schema=WORK_SCHEMA)
        self.known_until: dt.datetime | None = None
        self.noun = mapping.noun or "deal"
        self.kept = pl.Series("deal", [], dtype=pl.String)
        self.first_stage = ""
        self.parts = self._assign(preset)

    def _assign(self, preset: str) -> Parts:
        _check_column_names(self.tables, self.mapping)
        parts = assign_parts(self.tables, preset, self.mapping)
        parts = replace(parts, unused=(*parts.unused, *self.prepared.unused))
        parts = choose_columns(parts, self.mapping, preset, self.reader)
        guessing = adds_to_guess(self.mapping)
        if parts.deals and parts.deal_columns and guessing and preset != "xes":
            closings = choose_closing(parts.deals, parts.deal_columns, self.mapping)
            parts = replace(parts, deal_columns=closings.columns)
            self.facts.attention += closings.attention
        if not parts.deals or not parts.deal_columns or not guessing or self.salesforce:
            self.facts.attention += rivals(parts, self.mapping, preset)
            return parts
        columns = guess_outcome(parts.deals.frame, parts.deal_columns)
        self.facts.attention += rivals(replace(parts, deal_columns=columns), self.mapping, preset)
        dated = guess_dated_stages(parts.deals.frame, columns, self.prepared.meanings)
        if parts.events:  # these date the stages; who closes without a row of events needs a date too
            ends = {key: dated.columns.dates[key] for key in OUTCOMES if key in dated.columns.dates}
            update = {} if columns.closed else {"dates": columns.dates | ends}
            return replace(parts, deal_columns=columns.model_copy(update=update))
        self.facts.attention += dated.attention
        for key, name in dated.names.items():
            self.book.stages.setdefault(key, name)
        if not dated.creation_enters and self.mapping.created_enters is None:
            self.mapping = self.mapping.model_copy(update={"created_enters": False})
        return replace(parts, deal_columns=dated.columns)

    def _prepare(self, tables: Sequence[Table], preset: str) -> Prepared:
        """The tables as the CRM that they come from means them: names for ids, words for its flags."""
        if preset == "hubspot" or (preset == "deals" and any(has_stage_dates(table) for table in tables)):
            ready = hubspot.prepare(tables)
        elif preset == "pipedrive":
            ready = pipedrive.prepare(tables)
        else:
            return Prepared(tables=list(tables))
        self.book.claim(ready.meanings, ready.status)
        self.facts.attention += ready.attention
        self.reader.notes += [
            ColumnNote(table=name, column=column, read_as="date of an outcome")
            for name, column in ready.joined
        ]
        for table in ready.lists:
            self.reader.notes += [
                ColumnNote(table=table.name, column=name, read_as="names of stages") for name in table.columns
            ]
        return ready

    def run(self, as_of: dt.datetime | None, name: str) -> History:
        parts, facts = self.parts, self.facts
        self.tell("reading columns")
        found = extract(parts, self.reader, salesforce=self.salesforce)
        facts.counts |= self.reader.counts | {"amounts_converted": found.converted}
        self.tell("sorting out deals and stages")
        self.known_until = as_of
        moves, rows, amounts = self._moves(found)
        until = self._as_of(moves, as_of)
        facts.attention += far_off(moves.filter(pl.col("at") < until), self.noun, self._id_column())
        self.tell("making stays")
        ledger = parts.events.ledger if parts.events else Ledger(table="", files=("",), rows_read=0)
        told = chronicle(known_moves(moves, until, ledger), [*self.book.stages, *OUTCOMES])
        order = self._order(told)
        stays = make_stays(told, order, ledger)
        ledger.used = stays.rows_used
        if rows is not None and parts.deals:
            settle_deal_rows(rows, parts.deals.ledger, moves, stays, until)
        if stays.visits.is_empty():
            raise self._nothing_left()
        begun = beginnings(stays.visits)
        made = make_deal_table(
            stays,
            begun,
            rows,
            _event_amounts(amounts, until),
            _event_owners(self.owners, until),
            up_to_date=until > facts.last_event,
            zero_is_unknown=self.mapping.zero_amount == "unknown",
        )
        facts.counts |= stays.findings | made.findings
        facts.counts |= compare_departures(self.departures, stays.visits, until)
        facts.attention += departures_apart(self.departures, stays.visits, until, self.noun)
        plans = plans_known(pl.concat(self.plans), made.deals, until)
        facts.counts |= plan_counts(plans)
        work = work_known(self.work, made.deals, until)
        facts.counts |= work_counts(work)
        if rows is not None and until > facts.last_event:
            facts.labels_ahead = labels_ahead(rows, stays, order)
        begun = begun.with_columns(made.deals["closed"])
        entered = set(stays.visits["stage"].unique())
        meta = HistoryMeta(
            name=name or self.mapping.name or self._main_file().split(".")[0],
            as_of=until,
            observed_from=self._observed_from(begun, until),
            stages={key: self.book.stages.get(key, key) for key in order if key in entered},
            outcomes=_other_outcomes(made.deals, self.mapping),
            losses_recorded=losses_recorded(stays.endings["outcome"].unique().to_list()),
            resolution=resolution(stays.visits),
            noun=self.noun,
            currency=found.currency,
            amount_is=self.mapping.amount_is,
            listed_at_export=made.listed_at_export,
            holidays=country_code(self.mapping.holidays) if self.mapping.holidays else "",
        )
        self._look_at_unstaged(moves, rows, stays, made.deals, meta)
        audit = make_audit(
            tables=(*self.tables, *self.prepared.lists, *self.prepared.unused),
            parts=parts,
            reader=self.reader,
            book=self.book,
            found=found,
            visits=stays.visits,
            deals=made.deals,
            begun=begun,
            meta=meta,
            facts=facts,
        )
        return History(
            visits=stays.visits,
            deals=made.deals,
            meta=replace(meta, audit=audit),
            plans=plans,
            retracted=stays.retracted,
            work=work,
        )

    def _id_column(self) -> str:
        columns = self.parts.deal_columns or self.parts.event_columns
        return columns.deal.column if columns and columns.deal else ""

    def _main_file(self) -> str:
        """The first file, or that of the deals where the first only stands beside it."""
        main = self.parts.deals or self.parts.events
        if main is None or not any(self.tables[0] is one for one in self.parts.unused):
            return self.tables[0].path.name
        return main.tables[0].path.name

    def _moves(self, found: Extract) -> tuple[pl.DataFrame, pl.DataFrame | None, pl.DataFrame | None]:
        """All moves of the deals that stand; the rows of the table of deals that do; amounts of events."""
        parts, facts = self.parts, self.facts
        pieces: list[pl.DataFrame] = []
        rows = self._settle_labels(found, self._deal_rows(found))
        events, amounts = None, None
        if found.events is not None and parts.events:
            if "owner" in found.events.columns:
                self.owners = found.events.select("deal", "at", "owner").drop_nulls()
            events = self._with_tasks(event_moves(found.events, parts.events.ledger, self.book))
            facts.sort_order = sort_order(events)
            amounts = events.select("deal", "at", "amount").drop_nulls()
            self.departures = events.select("deal", "at", "left").drop_nulls()
            self.plans.append(plans_of_events(events))
            pieces.append(events.select(list(MOVE_SCHEMA)))
            if self.mapping.ends_with:
                pieces.append(endings(events, self.mapping.ends_with))
        enters = None
        if rows is not None and parts.deals:
            has_events = parts.events is not None
            rows, undated, counts = with_outcomes(
                rows,
                parts.deals.ledger,
                self.book,
                found.dated,
                has_events=has_events,
                salesforce=self.salesforce,
            )
            facts.counts |= counts
            self._left_out(undated, NO_CLOSING)
            looks_at = (labels_disagree(rows, self.noun), inactive_rows(rows, parts.deals))
            facts.attention += [item for item in looks_at if item]
            if not (self.mapping.deals and self.mapping.deals.outcome):
                facts.attention += flags_disagree(rows, parts.deals, self.noun)
            self.departures = pl.concat([self.departures, departures_of_deals(rows)])
            rows = close_at_departure(rows, self.departures)
            rows, noted = close_when_recorded(rows, found.dated)
            facts.attention += noted
            self.plans.append(plans_of_deals(rows))
            implied, enters = implied_moves(rows, found.dated, self.book, self.mapping, has_events=has_events)
            facts.created_enters = enters
            if not has_events and not rows.is_empty():
                check_beginnings(rows, found.dated, enters, parts.deals.name)
            pieces.append(implied)
        if events is not None:
            pieces.append(entries_at_creation(events, rows, found.born, self.book))
            unchanged, looks = never_changed(pl.concat(pieces), rows, found.born, self.noun)
            pieces.append(unchanged)
            facts.attention += looks
        moves = pl.concat(pieces)
        if rows is None:
            return moves, None, amounts
        moves, rows = self._agree(moves, rows, found, enters)
        return moves, rows, amounts

    def _with_tasks(self, events: pl.DataFrame) -> pl.DataFrame:
        """Rows of events with the tasks among them kept; those of a log of tasks become stays."""
        columns, stack = self.parts.event_columns, self.parts.events
        if columns is None or stack is None or columns.started is None:
            return events
        events = forward_in_time(events, stack.ledger)
        if is_task_log(columns):
            events = with_entries(events)
        self.work = tasks_of(events)
        return events

    def _deal_rows(self, found: Extract) -> pl.DataFrame | None:
        stack, columns = self.parts.deals, self.parts.deal_columns
        if stack is None or columns is None or columns.deal is None:
            return None
        rows = clean_deals(found, stack.ledger, stack.name, columns.deal.column)
        if found.deals is not None and (repeated := repeated_rows(found.deals, stack)):
            self.facts.attention.append(repeated)
        return rows

    def _settle_labels(self, found: Extract, rows: pl.DataFrame | None) -> pl.DataFrame | None:
        """Say what each label means before any is read; deals, with outcome labels as they are to be read."""
        stack = self.parts.deals or self.parts.events
        assert stack is not None
        events = found.events
        if events is not None:
            events = events.filter(
                ~pl.col("label").is_in(self.book.ignored(events["label"])).fill_null(False)
            )
        evidence = label_evidence(events, rows, self.known_until)
        self.book.name_stages(evidence)
        attention = self.facts.attention
        if rows is not None:
            rows = self._settle_endings(rows, events, evidence, stack)
            evidence = label_evidence(events, rows, self.known_until)
        stated = rows is not None and rows["outcome_label"].null_count() < rows.height
        attention += settle_stage_labels(evidence, self.book, stack.name, stated=stated)
        attention += check_variety(evidence, self.book)
        return rows

    def _settle_endings(
        self, rows: pl.DataFrame, events: pl.DataFrame | None, stages: Collection[str], stack: Stack
    ) -> pl.DataFrame:
        """Deals with the labels and flags that say how they ended, as they are to be read."""
        attention, until = self.facts.attention, self.known_until
        column = self.parts.deal_columns and self.parts.deal_columns.outcome
        beside = (events, stack, self.reader, self.book, until)
        if column and holds_flags(rows["outcome_label"]):
            rows, noted = settle_won_column(rows, *beside, column=column.column)
        else:
            rows, noted = with_closed_flag(rows, *beside)
            if column:
                noted += settle_status(rows, self.book, stages, until, column=column.column, file=stack.name)
        attention += noted
        return rows

    def _agree(
        self, moves: pl.DataFrame, rows: pl.DataFrame, found: Extract, enters: str | None
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """What events and the table of deals say of the same deals, made to agree; the rest set aside."""
        parts, facts = self.parts, self.facts
        assert parts.deals is not None
        assert found.known_deals is not None
        gone = found.known_deals.filter(~found.known_deals.is_in(rows["deal"].implode()))
        moves = self._without(moves, gone)
        facts.counts["deals_without_row"] = (
            moves["deal"].unique().is_in(found.known_deals.implode()).not_().sum()
        )
        if not self.book.closed:
            moves = self._labels_that_end(moves)
        moves = self._settle_outcomes(moves, rows)
        moves, facts.counts["created_after_first_stage"] = drop_late_creation(moves, enters)
        slack = self._slack()
        moves = self._place_unstaged(moves, rows, slack)
        whole_days = _closings_are_days(rows)
        aligned, aside, slackened = align_closings(moves, closings_are_days=whole_days, slack=slack)
        if slackened:
            facts.attention.append(days_beside_instants(slackened, self.noun))
        columns = parts.deal_columns
        column = columns.closed.column if columns and columns.closed else "closed"
        refuse_early_closings(aside, aligned, parts.deals.name, column)
        ended = aligned.filter("is_outcome")["deal"].unique()
        unclosed = rows.filter(
            pl.col("outcome_key").is_not_null(),
            pl.col("closed").is_null(),
            ~pl.col("deal").is_in(ended.implode()),
        )["deal"]
        for reason, deals in {**aside, NO_CLOSING: unclosed}.items():
            if reason != CLOSED_BETWEEN or parts.events is None:  # else one of the contradictions
                self._left_out(rows.filter(pl.col("deal").is_in(deals.implode())), reason)
            rows = parts.deals.ledger.keep(rows, ~pl.col("deal").is_in(deals.implode()), reason)
            self._without(moves, deals)
            aligned = aligned.filter(~pl.col("deal").is_in(deals.implode()))
        return aligned, rows

    def _settle_outcomes(self, moves: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
        """Events or the table of deals decide how each deal ended, as the mapping says."""
        if self.parts.events is None:
            return settle_outcomes(moves)[0]
        if self.mapping.outcome_from == "deals":
            return table_decides(moves, rows, self.parts.events.ledger)
        self.facts.attention += contradictions(moves, rows, self.noun, self._slack())
        moves, counts = settle_outcomes(moves)
        self.facts.counts |= counts
        return moves

    def _slack(self) -> dt.timedelta:
        """How far local days and instants may lie apart: nothing where the mapping names the time zone."""
        if "time_zone" in self.mapping.model_fields_set:
            return dt.timedelta()
        aware = any(column.aware and not column.whole_days for column in self.reader.dates.values())
        return WEST_OF_UTC if aware else dt.timedelta()

    def _place_unstaged(self, moves: pl.DataFrame, rows: pl.DataFrame, slack: dt.timedelta) -> pl.DataFrame:
        """Moves with the deals that have no date of a stage placed, as the mapping says."""
        keep_closed = self.mapping.closed_without_stage == "creation" and not without_stage(moves).is_empty()
        since = self.mapping.open_without_stage
        if not keep_closed and since == "skip":
            return moves
        known = moves if self.known_until is None else moves.filter(pl.col("at") < self.known_until)
        order = self._order(chronicle(known, [*self.book.stages, *OUTCOMES]))
        first = lowest_stage(order)
        placed = place_open(moves, rows, since, first)
        if keep_closed:
            placed, self.kept = enter_at_creation(placed, rows, first, slack)
        if placed.height > moves.height:
            self.book.stages.setdefault(first, first.capitalize())
        self.first_stage = first
        return placed

    def _look_at_unstaged(
        self,
        moves: pl.DataFrame,
        rows: pl.DataFrame | None,
        stays: Stays,
        deals: pl.DataFrame,
        meta: HistoryMeta,
    ) -> None:
        """Deals without the date of a stage, at the top of the audit: kept or left out, how many, money."""
        gone = stays.aside[NO_STAGE]
        found = [
            kept_closed(self.kept, deals, self.first_stage, meta),
            left_out_closed(gone, rows, self.mapping, meta.noun),
        ]
        if rows is not None and "outcome_key" in rows.columns:
            undated = undated_open(moves, rows)
            found.append(left_out_open(undated, self.book.stages, meta.as_of, meta.noun))
            if self.parts.events is None:
                found.append(closed_without_label(rows, meta.as_of, meta.noun))
        self.facts.attention += [item for item in found if item]

    def _left_out(self, rows: pl.DataFrame, reason: str) -> None:
        if (found := left_out(rows, reason, self.noun)) is not None:
            self.facts.attention.append(found)

    def _without(self, moves: pl.DataFrame, deals: pl.Series) -> pl.DataFrame:
        """Moves without those of `deals`; their rows of events are counted as set aside."""
        if deals.is_empty():
            return moves
        theirs = pl.col("deal").is_in(deals.implode())
        if self.parts.events:
            self.parts.events.ledger.set_aside(moves.filter(theirs, pl.col(ROW).is_not_null()), DEAL_ASIDE)
        return moves.filter(~theirs)

    def _labels_that_end(self, moves: pl.DataFrame) -> pl.DataFrame:
        """Labels such as Cancelled: the table of deals says that whoever enters them is closed."""
        known = moves if self.known_until is None else moves.filter(pl.col("at") < self.known_until)
        ends = outcome_labels(known)
        for key, outcome in ends.items():
            self.book.restate(key, outcome)
        return relabel(moves, ends)

    def _order(self, told: Chronicle) -> list[str]:
        keys = list(self.book.stages)
        if self.book.closed:
            self.facts.order_from = "the mapping"
            return keys
        number = self.facts.sort_order
        if number:
            self.facts.order_from = "the CRM's sort order"
            return sorted(keys, key=lambda key: (number.get(key, float("inf")), keys.index(key)))
        if len(keys) > 1:
            self.facts.order_from = FROM_PATHS
        return order_of_paths(told.moves.filter(~pl.col("is_outcome")), keys)

    def _as_of(self, moves: pl.DataFrame, as_of: dt.datetime | None) -> dt.datetime:
        first, last = moves["at"].min(), moves["at"].max()
        if not isinstance(first, dt.datetime) or not isinstance(last, dt.datetime):
            raise self._nothing_left()
        self.facts.first_event, self.facts.last_event = first, last
        self.facts.last_deal = moves.filter(pl.col("at") == last)["deal"][0]
        self.facts.as_of_given = as_of is not None
        if as_of is None:
            return end_of_day(last)
        if as_of <= first:
            message = f"nothing is known as of {as_of_text(as_of)}: the first event is on {date_text(first)}"
            raise wrong("as-of", message)
        return as_of

    def _observed_from(self, begun: pl.DataFrame, until: dt.datetime) -> dt.datetime | None:
        found, evidence = recorded_from(begun, until)
        self.facts.truncation = evidence
        given = self.mapping.observed_from
        self.facts.observed_from_given = given is not None
        if given is None:
            return found
        return given or None

    def _nothing_left(self) -> HistoryError:
        problems = []
        for stack in (self.parts.deals, self.parts.events):
            if stack is None:
                continue
            reasons = ", ".join(f"{number:,} {reason}" for reason, number in stack.ledger.aside.items())
            message = (
                f"no deal with a stay is left of {counted(stack.ledger.rows_read, 'row')} "
                f"({reasons or 'none usable'})"
            )
            problems.append(Problem(path=stack.name, message=message, hint=self._how_to_keep(stack.name)))
        return HistoryError("import", problems)

    def _how_to_keep(self, name: str) -> str:
        """The lines of a mapping that keep rows marked as deleted, if any of the file are."""
        lines = suggested_mapping(
            item.mapping
            for item in self.reader.attention
            if item.check == "deleted_rows" and f" of {name} " in item.text
        )
        return (
            "\n".join(("to count them, in a mapping:", *(f"      {line}" for line in lines))) if lines else ""
        )


def _check_column_names(tables: Sequence[Table], mapping: Mapping) -> None:
    columns = [column for table in tables for column in table.columns]
    problems = []
    for section, extra in (("date_formats", []), ("aliases", [*DEAL_SCHEMA, "stage", "key"])):
        for name in getattr(mapping, section):
            if name not in [*columns, *extra]:
                message = f'there is no column "{name}" in the files given'
                hint = did_you_mean(name, [*columns, *extra])
                problems.append(Problem(path=f"{section}.{name}", message=message, hint=hint))
    if problems:
        raise HistoryError("mapping", problems)


def _event_amounts(amounts: pl.DataFrame | None, until: dt.datetime) -> pl.DataFrame | None:
    if amounts is None or amounts.is_empty():
        return None
    known = amounts.filter(pl.col("at") < until).sort("deal", "at", maintain_order=True)
    return known.group_by("deal", maintain_order=True).agg(
        pl.col("amount").first().alias("first_amount"), pl.col("amount").last().alias("last_amount")
    )


def _event_owners(owners: pl.DataFrame | None, until: dt.datetime) -> pl.DataFrame | None:
    if owners is None or owners.is_empty():
        return None
    known = owners.filter(pl.col("at") < until).sort("deal", "at", maintain_order=True)
    return known.group_by("deal", maintain_order=True).agg(pl.col("owner").last().alias("last_owner"))


def _closings_are_days(rows: pl.DataFrame) -> bool:
    closed = rows["closed"].drop_nulls()
    return bool((closed.dt.truncate("1d") == closed).all())


def _other_outcomes(deals: pl.DataFrame, mapping: Mapping) -> tuple[str, ...]:
    found = set(deals["outcome"].drop_nulls().unique()) - {"won", "lost", "churned"}
    given = [key for key in mapping.outcomes if key in found]
    return (*given, *sorted(found - set(given)))
