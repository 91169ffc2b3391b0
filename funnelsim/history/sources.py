"""Assign files to their parts: stage entries, deals, or lookup tables."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from funnelsim.core.errors import HistoryError, Problem, did_you_mean
from funnelsim.history.history_error import history_error
from funnelsim.history.ledger import BLANK, FILE, HEADER, MALFORMED, Ledger
from funnelsim.history.mapping.keys import Column, DealColumns, EventColumns, Mapping
from funnelsim.history.presets.hubspot import is_stage_history
from funnelsim.history.presets.names import (
    any_row_has,
    guess_deals,
    guess_events,
    is_salesforce_deals,
    is_salesforce_history,
)
from funnelsim.history.presets.pipedrive import is_change_log
from funnelsim.history.readers.table import ROW, Table

#: From this share of distinct ids on a table has a row per deal.
_NEARLY_UNIQUE = 0.9
#: Columns that say how deals begin and end: a mapping that names one of them names all that are read.
_COURSE = {"created", "closed", "stage", "outcome"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """Files of the same part and columns, one below the other; `frame` has `FILE` and `ROW` too."""

    tables: tuple[Table, ...]
    frame: pl.DataFrame
    ledger: Ledger

    @property
    def name(self) -> str:
        return ", ".join(table.name for table in self.tables)

    @property
    def columns(self) -> list[str]:
        return self.tables[0].columns


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The files of an import by the part they play; `event_columns` and `deal_columns` say what is read."""

    events: Stack | None
    event_columns: EventColumns | None
    deals: Stack | None
    deal_columns: DealColumns | None
    lookups: dict[str, Stack]
    unused: tuple[Table, ...]


def assign_parts(tables: Sequence[Table], preset: str, mapping: Mapping) -> Parts:
    """Assign each file to a part, by the mapping or by its columns.

    Raises
    ------
    HistoryError
        If a part that the preset needs is not there, or two different files could play it.
    """
    _check_event_logs(tables, preset)
    lookups, rest = _lookups(tables, mapping)
    if preset == "xes":
        return _parts_of_event_logs(rest, lookups, mapping)
    events: list[Table] = []
    if preset != "deals":
        pattern = mapping.events.file if mapping.events else None
        events, rest = _pick(rest, pattern, lambda table: _is_meant_as_events(table, mapping, preset))
        missing_parts = [table for table in events if not _may_be_events(table, mapping, preset)]
        if missing_parts or (not events and preset == "events"):
            _raise_missing_columns(missing_parts or rest or tables, mapping, preset)
        events, back = _one_kind(events)
        if events:
            columns = event_columns(events[0].columns, mapping, preset)
            if not _has(events[0], (columns.deal, columns.stage, columns.entered)):
                _raise_missing_columns(events, mapping, preset)
        rest = [*rest, *back]
    needs_deals = not events and preset != "events"
    deals, rest, by_name = _pick_deals(rest, mapping, preset, needed=needs_deals)
    if not deals and (needs_deals or mapping.deals is not None):
        _raise_no_deals(rest or tables, mapping, preset)
    deals, others = _only_kind(deals, mapping, preset)
    event_stack = _stack("events", events) if events else None
    deal_stack = _stack("deals", deals) if deals else None
    return Parts(
        events=event_stack,
        event_columns=event_columns(event_stack.columns, mapping, preset) if event_stack else None,
        deals=deal_stack,
        deal_columns=deal_columns(deal_stack.columns, mapping, preset, by_name=by_name)
        if deal_stack
        else None,
        lookups=lookups,
        unused=(*rest, *others),
    )


def _pick_deals(
    tables: list[Table], mapping: Mapping, preset: str, *, needed: bool
) -> tuple[list[Table], list[Table], bool]:
    """The deals tables, the rest, and whether the names of deals stand in for the ids that none has."""
    pattern = mapping.deals.file if mapping.deals else None
    deals, rest = _pick(tables, pattern, lambda table: _may_be_deals(table, mapping, preset))
    if not needed or any(deal_columns(one.columns, mapping, preset).deal for one in deals):
        return deals, rest, False
    named, others = _pick(tables, pattern, lambda table: _may_be_deals(table, mapping, preset, by_name=True))
    return (named, others, True) if named else (deals, rest, False)


def _check_event_logs(tables: Sequence[Table], preset: str) -> None:
    logs = [table for table in tables if table.part]
    if preset == "xes" and not logs:
        raise history_error(tables[0].path, "is not an XES event log; choose another preset")
    if preset != "xes" and logs:
        raise history_error(
            logs[0].path, f"is an XES event log, and the preset is {preset}; use --preset xes"
        )


def _parts_of_event_logs(tables: Sequence[Table], lookups: dict[str, Stack], mapping: Mapping) -> Parts:
    events = _stack("events", _same_keys([table for table in tables if table.part == "events"]))
    cases = _stack("deals", _same_keys([table for table in tables if table.part == "cases"]))
    columns = event_columns(events.columns, mapping, "xes")
    if not _has(events.tables[0], (columns.deal, columns.stage, columns.entered)):
        _raise_missing_columns(events.tables, mapping, "xes")
    return Parts(
        events=events,
        event_columns=columns,
        deals=cases,
        deal_columns=deal_columns(cases.columns, mapping, "xes"),
        lookups=lookups,
        unused=tuple(table for table in tables if not table.part),
    )


def _same_keys(tables: list[Table]) -> list[Table]:
    """Logs whose events (or traces) have different attributes, given the columns of all of them."""
    every = list(dict.fromkeys(name for table in tables for name in table.columns))
    return [
        replace(
            table,
            frame=table.frame.with_columns(
                pl.lit(None, pl.String).alias(name) for name in every if name not in table.columns
            ),
        )
        for table in tables
    ]


def event_columns(columns: Sequence[str], mapping: Mapping, preset: str) -> EventColumns:
    """The columns that the mapping names; those that a table of events must have are guessed else."""
    guess = guess_events(columns, preset)
    if mapping.events is None:
        return guess
    if mapping.events.guess_others:
        return guess.model_copy(update=_named(mapping.events))
    needed = {
        name: getattr(mapping.events, name) or getattr(guess, name) for name in ("deal", "stage", "entered")
    }
    if mapping.events.entered is None and mapping.events.started is not None:
        needed["entered"] = mapping.events.started  # a log of tasks: see `funnelsim.history.cleaning.work`
    return mapping.events.model_copy(update=needed)


def deal_columns(
    columns: Sequence[str], mapping: Mapping, preset: str, *, by_name: bool = False
) -> DealColumns:
    """The columns that the mapping names, or a guess where ``[deals]`` leaves it to that.

    With `by_name` the name of a deal is its id where no column is called like one.
    """
    guess = guess_deals(columns, preset)
    if by_name and guess.deal is None:
        guess = guess.model_copy(update={"deal": guess.name})
    if mapping.deals is None:
        return guess
    if adds_to_guess(mapping):
        return guess.model_copy(update=_named(mapping.deals))
    return mapping.deals.model_copy(update={"deal": mapping.deals.deal or guess.deal})


def adds_to_guess(mapping: Mapping) -> bool:
    """True if ``[deals]`` does not name the start or end of deals: other columns are then guessed.

    So a file, an amount or dates of stages can be named alone.
    """
    if mapping.deals is None or mapping.deals.guess_others:
        return True
    columns = {name for name, value in mapping.deals if isinstance(value, Column)}
    if not columns:
        return True
    dated = mapping.deals.dates or mapping.deals.left
    return mapping.events is None and not dated and not columns & _COURSE


def _named(columns: DealColumns | EventColumns) -> dict[str, object]:
    return {name: getattr(columns, name) for name in columns.model_fields_set}


def _lookups(tables: Sequence[Table], mapping: Mapping) -> tuple[dict[str, Stack], list[Table]]:
    needed = sorted({column.table for column in _deal_refs(mapping) if column.table is not None})
    match: dict[str, Stack] = {}
    rest = list(tables)
    problems = []
    for pattern in needed:
        hits = [table for table in tables if is_called(table, pattern)]
        if len(hits) == 1:
            match[pattern] = _stack("lookup", hits)
            rest = [table for table in rest if table is not hits[0]]
            continue
        given = ", ".join(table.name for table in tables)
        lacks = "is not among the files given" if not hits else f"fits {len(hits)} of the files given"
        problems.append(Problem(path=pattern, message=f"the mapping reads it, but it {lacks} ({given})"))
    if problems:
        raise HistoryError("mapping", problems)
    return match, rest


def is_called(table: Table, pattern: str) -> bool:
    """True if `pattern` is the name of the table (``*`` allowed), or of its workbook."""
    names = (table.name, table.path.name)
    return pattern in names or any(fnmatch.fnmatch(name, pattern) for name in names)


def _deal_refs(mapping: Mapping) -> list[Column]:
    if mapping.deals is None:
        return []
    values = [value for _, value in mapping.deals]
    dated = [*mapping.deals.dates.values(), *mapping.deals.left.values()]
    return [value for value in values if isinstance(value, Column)] + dated


def _pick(tables: list[Table], pattern: str | None, fits) -> tuple[list[Table], list[Table]]:  # type: ignore[no-untyped-def]
    if pattern is not None:
        chosen = [table for table in tables if is_called(table, pattern)]
        if not chosen:
            given = ", ".join(table.name for table in tables)
            raise history_error("mapping", f'no file given is called "{pattern}" (given: {given})', at="file")
    else:
        chosen = [table for table in tables if fits(table)]
    return chosen, [table for table in tables if not any(table is one for one in chosen)]


def _has(table: Table, columns: Sequence[Column | None]) -> bool:
    return all(column is not None and column.column in table.columns for column in columns)


def _is_meant_as_events(table: Table, mapping: Mapping, preset: str) -> bool:
    """True for a Salesforce history, also with a missing column, and for any table with all of them."""
    if preset == "salesforce" and mapping.events is None:
        return is_salesforce_history(table.columns)
    return _may_be_events(table, mapping, preset)


def _may_be_events(table: Table, mapping: Mapping, preset: str) -> bool:
    if preset == "hubspot" and mapping.events is None:
        return is_stage_history(table)
    if preset == "pipedrive" and mapping.events is None:
        return is_change_log(table)
    columns = event_columns(table.columns, mapping, preset)
    if not _has(table, (columns.deal, columns.stage, columns.entered)):
        return False
    return mapping.events is not None or preset == "salesforce" or _has_transitions(table, columns)


def _has_transitions(table: Table, columns: EventColumns) -> bool:
    """False for a deals table that has a stage and a date of creation or of the last change."""
    assert columns.deal is not None
    assert columns.stage is not None
    assert columns.entered is not None
    if not any_row_has(columns.entered.column) or columns.from_stage is not None:
        return True
    ids = table.frame[columns.deal.column].drop_nulls()
    return ids.n_unique() < _NEARLY_UNIQUE * len(ids)


def looks_like_events(table: Table) -> bool:
    """True if the columns are named like those of stage entries, without a mapping."""
    return _may_be_events(table, Mapping(), preset="events")


def looks_like_deals(table: Table) -> bool:
    """True if the columns are named like those of deals with a beginning or an end, without a mapping."""
    columns = deal_columns(table.columns, Mapping(), preset="deals")
    return _has(table, (columns.deal,)) and any(
        column is not None for column in (columns.created, columns.closed, columns.stage, columns.outcome)
    )


def _may_be_deals(table: Table, mapping: Mapping, preset: str, *, by_name: bool = False) -> bool:
    columns = deal_columns(table.columns, mapping, preset, by_name=by_name)
    if mapping.deals is not None:
        own = [column for column in _deal_refs(mapping) if column.table is None]
        return _has(table, (columns.deal, *own))
    known = (columns.created, columns.closed, columns.stage, columns.outcome, columns.amount, columns.source)
    return _has(table, (columns.deal,)) and any(column is not None for column in known)


def _same_columns(one: Table, other: Table) -> bool:
    return set(one.columns) == set(other.columns)


def _one_kind(tables: list[Table]) -> tuple[list[Table], list[Table]]:
    """Where differing tables could hold events: those with the most rows to a file; the rest goes back."""
    if not tables:
        return [], []
    main = max(tables, key=lambda table: table.rows_read)
    return (
        [table for table in tables if _same_columns(table, main)],
        [table for table in tables if not _same_columns(table, main)],
    )


def _only_kind(tables: list[Table], mapping: Mapping, preset: str) -> tuple[list[Table], list[Table]]:
    """The deals tables, which must have the same columns; Opportunity goes before Lead and Account."""
    opportunities = [table for table in tables if is_salesforce_deals(table.columns)]
    if preset == "salesforce" and mapping.deals is None and opportunities:
        left = [table for table in tables if not any(table is one for one in opportunities)]
        return _only_kind(opportunities, mapping, "")[0], left
    others = [table for table in tables if not _same_columns(table, tables[0])]
    if others:
        names = ", ".join(table.name for table in (tables[0], *others))
        message = f"each of {names} could be the deals table, and their columns differ"
        hint = (
            'name it in a mapping: [deals] file = "..."; other tables are read with table = "...", on = "..."'
        )
        raise history_error("sources", message, hint=hint)
    return tables, []


def _stack(part: str, tables: Sequence[Table]) -> Stack:
    order = tables[0].columns
    frames = [
        table.frame.select(pl.lit(position, pl.UInt16).alias(FILE), ROW, *order)
        for position, table in enumerate(tables)
    ]
    ledger = Ledger(
        table=part,
        files=tuple(table.name for table in tables),
        rows_read=sum(table.rows_read for table in tables),
        row_word=tables[0].row_word,
    )
    for position, table in enumerate(tables):
        for rows, reason in ((table.malformed, MALFORMED), (table.headers, HEADER)):
            ledger.skip(pl.DataFrame({FILE: [position] * len(rows), ROW: list(rows)}), reason)
    frame = frames[0] if len(frames) == 1 else pl.concat(frames, how="vertical_relaxed")
    text = [name for name, dtype in frame.select(order).schema.items() if dtype == pl.String]
    filled = pl.any_horizontal(
        (pl.col(name).is_not_null() & (pl.col(name) != "")) if name in text else pl.col(name).is_not_null()
        for name in order
    )
    return Stack(tables=tuple(tables), frame=ledger.keep(frame, filled, BLANK), ledger=ledger)


def _raise_missing_columns(tables: Sequence[Table], mapping: Mapping, preset: str) -> None:
    """The first file that was meant to hold events, and its missing columns."""
    words = {
        "deal": "which deal a row belongs to",
        "stage": "which stage is entered",
        "entered": "when it is entered",
    }
    table = tables[0]
    columns = event_columns(table.columns, mapping, preset)
    problems = []
    for field, meaning in words.items():
        column: Column | None = getattr(columns, field)
        if column is None:
            hint = f'name it in a mapping: [events] {field} = "..."'
            message = f"no column says {meaning} (preset {preset}); it has {_listed(table.columns)}"
            problems.append(Problem(path=field, message=message, hint=hint))
        elif column.column not in table.columns:
            problems.append(missing_column(f"events.{field}", column.column, table.columns))
    if not problems:
        problems = [Problem(path="", message="does not look like a row per deal and stage entry")]
    raise HistoryError(str(table.path), problems)


def _raise_no_deals(tables: Sequence[Table], mapping: Mapping, preset: str) -> None:
    if not tables:
        raise history_error("sources", "the files only contain stage names: add the deals table")
    table = tables[0]
    columns = deal_columns(table.columns, mapping, preset)
    problems = []
    if columns.deal is None:
        hint = 'name it in a mapping: [deals] deal = "..."'
        message = f"no column identifies a deal (preset {preset}); it has {_listed(table.columns)}"
        problems.append(Problem(path="deal", message=message, hint=hint))
    if mapping.deals is not None:
        named = [(name, value) for name, value in mapping.deals if isinstance(value, Column)]
        named += [(f"dates.{name}", value) for name, value in mapping.deals.dates.items()]
        named += [(f"left.{name}", value) for name, value in mapping.deals.left.items()]
        problems += [
            missing_column(f"deals.{name}", column.column, table.columns)
            for name, column in named
            if column.table is None and column.column not in table.columns
        ]
    if not problems:
        message = (
            f"no column says when a deal began or how it ended (preset {preset}); it has "
            f"{_listed(table.columns)}"
        )
        problems = [
            Problem(path="", message=message, hint="write a mapping, or start from --draft-mapping FILE")
        ]
    raise HistoryError(str(table.path), problems)


def missing_column(position: str, name: str, columns: Sequence[str]) -> Problem:
    """The problem of a mapping that names a missing column."""
    message = f'there is no column "{name}"; the file has {_listed(columns)}'
    return Problem(path=position, message=message, hint=did_you_mean(name, list(columns)))


def _listed(columns: Sequence[str], most: int = 12) -> str:
    more = f" and {len(columns) - most} more" if len(columns) > most else ""
    return ", ".join(columns[:most]) + more
