"""Assign files to their parts: stage entries, deals, or lookup tables."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

import polars as pl

from funnelsim.core.errors import HistoryError, Problem, did_you_mean
from funnelsim.history.history_error import history_error
from funnelsim.history.mapping.keys import DealColumns, EventColumns, Mapping
from funnelsim.history.presets.names import is_salesforce_deals
from funnelsim.history.readers.table import Table
from funnelsim.history.sources.kinds import has_columns, is_meant_as_events, may_be_deals, may_be_events
from funnelsim.history.sources.missing_columns import raise_missing_columns, raise_no_deals
from funnelsim.history.sources.part_columns import deal_columns, deal_references, event_columns
from funnelsim.history.sources.stack import Stack, stack_tables

_ENDINGS = (
    ".csv",
    ".tsv",
    ".txt",
    ".parquet",
    ".pq",
    ".xlsx",
    ".xlsm",
    ".xls",
    ".xlsb",
    ".ods",
    ".gz",
    ".zip",
)


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
        events, rest = _pick(rest, pattern, lambda table: is_meant_as_events(table, mapping, preset))
        missing_parts = [table for table in events if not may_be_events(table, mapping, preset)]
        if missing_parts or (not events and preset == "events"):
            raise_missing_columns(missing_parts or rest or tables, mapping, preset)
        events, back = _one_kind(events)
        if events:
            columns = event_columns(events[0].columns, mapping, preset)
            if not has_columns(events[0], (columns.deal, columns.stage, columns.entered)):
                raise_missing_columns(events, mapping, preset)
        rest = [*rest, *back]
    needs_deals = not events and preset != "events"
    deals, rest, by_name = _pick_deals(rest, mapping, preset, needed=needs_deals)
    if not deals and (needs_deals or mapping.deals is not None):
        raise_no_deals(rest or tables, mapping, preset)
    deals, others = _only_kind(deals, mapping, preset)
    event_stack = stack_tables("events", events) if events else None
    deal_stack = stack_tables("deals", deals) if deals else None
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
    deals, rest = _pick(tables, pattern, lambda table: may_be_deals(table, mapping, preset))
    if not needed or any(deal_columns(one.columns, mapping, preset).deal for one in deals):
        return deals, rest, False
    named, others = _pick(tables, pattern, lambda table: may_be_deals(table, mapping, preset, by_name=True))
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
    events = stack_tables("events", _same_keys([table for table in tables if table.part == "events"]))
    cases = stack_tables("deals", _same_keys([table for table in tables if table.part == "cases"]))
    columns = event_columns(events.columns, mapping, "xes")
    if not has_columns(events.tables[0], (columns.deal, columns.stage, columns.entered)):
        raise_missing_columns(events.tables, mapping, "xes")
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


def _lookups(tables: Sequence[Table], mapping: Mapping) -> tuple[dict[str, Stack], list[Table]]:
    needed = sorted({column.table for column in deal_references(mapping) if column.table is not None})
    match: dict[str, Stack] = {}
    rest = list(tables)
    problems = []
    for pattern in needed:
        hits = called(tables, pattern)
        if len(hits) == 1:
            match[pattern] = stack_tables("lookup", hits)
            rest = [table for table in rest if table is not hits[0]]
            continue
        given = ", ".join(table.name for table in tables)
        lacks = "is not among the files given" if not hits else f"fits {len(hits)} of the files given"
        message = f"the mapping reads it, but it {lacks} ({given})"
        hint = "" if hits else did_you_mean(pattern, [table.name for table in tables])
        problems.append(Problem(path=pattern, message=message, hint=hint))
    if problems:
        raise HistoryError("mapping", problems)
    return match, rest


def is_called(table: Table, pattern: str) -> bool:
    """True if `pattern` is the name of the table (``*`` allowed), or of its workbook."""
    names = (table.name, table.path.name)
    return pattern in names or any(fnmatch.fnmatch(name, pattern) for name in names)


def called(tables: Sequence[Table], pattern: str) -> list[Table]:
    """Tables that `pattern` names; else those alike but for the ending of a file or the schema of a table.

    So one mapping serves ``products.csv`` and, once the files are in a database, ``crm.products``.
    """
    exact = [table for table in tables if is_called(table, pattern)]
    return exact or [table for table in tables if fnmatch.fnmatch(_bare(table), _bare_pattern(pattern))]


def _bare(table: Table) -> str:
    return table.title.rpartition(".")[2].casefold() if table.title else _stem(table.name)


def _stem(name: str) -> str:
    """``products`` of ``products.csv`` and ``products.csv.gz``."""
    path = PurePath(name.casefold())
    while path.suffix in _ENDINGS:
        path = path.with_suffix("")
    return path.name


def _bare_pattern(pattern: str) -> str:
    """The stem of a file's name, or what follows the schema; ``*`` after a dot means any ending."""
    stem = _stem(pattern.removesuffix(".*"))
    is_table = stem == pattern.casefold() and "*" not in stem
    return stem.rpartition(".")[2] if is_table else stem


def _pick(tables: list[Table], pattern: str | None, fits) -> tuple[list[Table], list[Table]]:  # type: ignore[no-untyped-def]
    if pattern is not None:
        chosen = called(tables, pattern)
        if not chosen:
            names = [table.name for table in tables]
            message = f'no file given is called "{pattern}" (given: {", ".join(names)})'
            raise history_error("mapping", message, at="file", hint=did_you_mean(pattern, names))
    else:
        chosen = [table for table in tables if fits(table)]
    return chosen, [table for table in tables if not any(table is one for one in chosen)]


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
