"""A first guess of a mapping file, with what each column looks like, for a person to edit."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from funnelsim.core.errors import HistoryError
from funnelsim.core.files.atomic import replace_file
from funnelsim.core.files.hidden import is_stream
from funnelsim.core.nouns import counted
from funnelsim.history.audit.facts import Facts
from funnelsim.history.databases.read import Selection
from funnelsim.history.drafting.columns import (
    AMBIGUOUS,
    ambiguous_dates,
    candidates,
    describe,
    only_id,
    placeholders,
)
from funnelsim.history.drafting.dated import dated_sections
from funnelsim.history.drafting.joins import alias_lines, find_joins, groups, prices
from funnelsim.history.drafting.label_sections import label_candidates, label_sections
from funnelsim.history.files.events import History
from funnelsim.history.guessing.preset import recognise
from funnelsim.history.history_error import history_error
from funnelsim.history.import_steps.run import run_import
from funnelsim.history.import_steps.setup import prepare_import
from funnelsim.history.imports import read_tables
from funnelsim.history.mapping.keys import Column, DealColumns, EventColumns, Mapping
from funnelsim.history.readers.table import Table
from funnelsim.history.sources.assign import Parts
from funnelsim.history.sources.by_name import guess_deals, guess_events
from funnelsim.history.toml_text import in_comment, quoted, quoted_list
from funnelsim.history.values.dates import DateColumn

_HEAD = """\
# A first guess by funnelsim: check every line. docs/guides/import.md explains each key.
format = 1
name = {name}
preset = {preset}{reason}
currency = ""                   # such as "USD": shown with every amount
amount_is = ""                  # such as "ACV", "ARR" or "TCV": the kind of amount, shown with every total
# noun = "opportunity"          # what a deal is called on screen
# time_zone = "Europe/Berlin"   # stamps with an offset are converted to it
{missing}
# zero_amount = "unknown"       # an amount of 0 means: unknown
# negative_amount = "amount"    # credit notes count; default: a negative amount is unknown
# observed_from = 2026-01-01    # closings are recorded only from this date on; false: they always were
# created_enters = "stage"      # the stage that a deal is in since its creation; false: none
# ignore = ["Test"]             # labels of stages or outcomes whose rows are left out
"""
_HINTS = [
    "# [aliases.segment]             # different spellings of one value, in any column",
    '# "SMB " = "smb"',
    "",
    "# [where]                       # rows to keep",
    '# region = ["EMEA", "APAC"]     # or { not = "Test" }, { from = 2026-01-01, before = 2026-07-01 }',
]
#: Fields of a section that are offered where nothing is guessed for them.
_OFFERED = {
    "events": ("deal", "stage", "entered"),
    "deals": (
        *("deal", "created", "closed", "stage", "outcome", "amount", "listed_amount", "source", "segment"),
        *("owner", "account", "name"),
    ),
}


@dataclass(slots=True, kw_only=True)
class _Guess:
    """What an import without a mapping makes of the files, as far as it gets."""

    kind: str
    reason: str
    parts: Parts | None
    dates: dict[tuple[str, str], DateColumn]
    history: History | None
    created_enters: bool | str | None


def write_draft(
    sources: Sequence[str | Path],
    preset: str | None,
    path: str | Path,
    selection: Selection | None = None,
) -> None:
    """Write a mapping that imports the files as funnelsim would without one, to be edited.

    Raises
    ------
    HistoryError
        If `path` exists (an edited mapping is not to be lost), or a file is not a table.
    """
    file = Path(path)
    if file.is_file() and not is_stream(file):
        raise history_error(file, "already exists and may have been edited; choose another name")
    text = draft_mapping(sources, preset, selection)
    replace_file(file, text.encode())


def draft_mapping(
    sources: Sequence[str | Path], preset: str | None = None, selection: Selection | None = None
) -> str:
    """The text of a first mapping for these files; what is not known becomes a comment with candidates.

    Raises
    ------
    HistoryError
        Only if a file cannot be read as a table at all.
    """
    tables = read_tables(sources, selection=selection)
    ambiguous = list(dict.fromkeys(name for table in tables for name in ambiguous_dates(table)))
    missing = list(dict.fromkeys(text for table in tables for text in placeholders(table)))
    guess = _guess(tables, preset, ambiguous, missing)
    body = _body(tables, guess, ambiguous)
    head = _HEAD.format(
        name=quoted(_name(tables, guess.parts)),
        preset=quoted(guess.kind),
        missing=_missing_line(missing),
        reason=f"   # {in_comment(guess.reason, 90)}" if guess.reason else "",
    )
    if guess.created_enters is False:
        head += "created_enters = false          # the first stage has its own date\n"
    failure = _failure_of(head + "\n".join(body), tables)
    failing = [f"#   {in_comment(line, 0)}" for line in failure.split("\n")] if failure else []
    lines = [head, *(["# With this mapping the import fails:", *failing, ""] if failing else []), *body]
    return "\n".join(lines) + "\n"


def _missing_line(texts: Sequence[str]) -> str:
    given = f"missing = {quoted_list([*texts], always=True)}" if texts else '# missing = ["n/a", "-"]'
    return f"{given:<32}# texts that mean: no value"


def _guess(
    tables: Sequence[Table], preset: str | None, ambiguous: Sequence[str], missing: Sequence[str]
) -> _Guess:
    kind, reason = preset or "", ""
    if not kind:
        try:
            recognised = recognise(tables)
            kind, reason = recognised.preset, recognised.reason
        except HistoryError:
            kind = "deals"
    guess = _Guess(kind=kind, reason=reason, parts=None, dates={}, history=None, created_enters=None)
    mapping = Mapping(date_formats=dict.fromkeys(ambiguous, AMBIGUOUS), missing=tuple(missing))
    try:
        try:
            setup = prepare_import(tables, kind, mapping)
        except HistoryError:
            main = _main(tables)
            deal = only_id(main) if kind == "deals" and guess_deals(main.columns, kind).deal is None else None
            if deal is None:
                raise
            named = DealColumns(file=main.name, deal=Column(column=deal), guess_others=True)
            setup = prepare_import(tables, kind, mapping.model_copy(update={"deals": named}))
        guess.parts = setup.parts
        guess.created_enters = setup.mapping.created_enters
        guess.dates = setup.reader.dates  # filled while the import runs, also when it fails
        guess.history = run_import(setup, Facts(preset=kind))
    except HistoryError:
        pass  # what is known so far is drafted, and the draft says why it fails
    return guess


def _main(tables: Sequence[Table]) -> Table:
    return max(tables, key=lambda table: table.rows_read)


def _failure_of(text: str, tables: Sequence[Table]) -> str:
    """Why the drafted mapping does not import the files; empty if it does."""
    try:
        mapping = Mapping.model_validate(tomllib.loads(text))
        preset = mapping.preset or "deals"
        run_import(prepare_import(tables, preset, mapping), Facts(preset=preset))
    except (HistoryError, ValidationError, tomllib.TOMLDecodeError) as error:
        return str(error)
    return ""


def _body(tables: Sequence[Table], guess: _Guess, ambiguous: list[str]) -> list[str]:
    lines: list[str] = []
    for table in tables:
        lines += [*_described(table), ""]
    events, deals = _columns(tables, guess)
    lines += _section("events", *events)
    lines += _deal_section(tables, guess, *deals)
    lines += (
        label_sections(guess.history)
        if guess.history
        else label_candidates(deals[1] or events[1], deals[0] or events[0])
    )
    lines += _format_section(guess.dates, ambiguous)
    return lines + _HINTS


def _columns(
    tables: Sequence[Table], guess: _Guess
) -> tuple[tuple[EventColumns | None, Table | None], tuple[DealColumns | None, Table | None]]:
    """Columns of events and of deals, each with the table that they are in."""
    parts = guess.parts
    if parts is not None:
        events, deals = parts.events, parts.deals
        return (
            (parts.event_columns, events.tables[0] if events else None),
            (parts.deal_columns, deals.tables[0] if deals else None),
        )
    main = _main(tables)
    if guess.kind == "events":
        return (guess_events(main.columns, guess.kind), main), (None, None)
    return (None, None), (guess_deals(main.columns, guess.kind), main)


def _name(tables: Sequence[Table], parts: Parts | None) -> str:
    """The file of the deals, not one that merely stands before it."""
    main = (parts.deals or parts.events) if parts else None
    table = main.tables[0] if main is not None else tables[0]
    return table.path.name.split(".")[0]


def _described(table: Table) -> Iterator[str]:
    notes = in_comment(", ".join(table.notes), 200)
    yield f"# {in_comment(table.name)}: {counted(table.rows_read, 'row')} ({notes})"
    shown = {name: in_comment(name) for name in table.columns}
    width = max(map(len, shown.values()), default=0)
    for name in table.columns:
        yield f"#   {shown[name].ljust(width)}  {describe(table.frame[name])}".rstrip()
    for item in table.attention:
        yield f"#   {in_comment(item.text, 300)}"


def _section(name: str, columns: EventColumns | DealColumns | None, table: Table | None) -> Iterator[str]:
    if columns is None:
        return
    yield f"[{name}]"
    given = {field: value for field, value in columns if isinstance(value, Column)}
    taken = {value.column for value in given.values()}
    for field, value in given.items():
        yield f"{field} = {quoted(value.column)}"
    for field in _OFFERED[name]:
        if field not in given and table is not None and (others := candidates(table, field, taken)):
            yield f'# {field} = "..."   # candidates: {", ".join(in_comment(quoted(one)) for one in others)}'


def _deal_section(
    tables: Sequence[Table], guess: _Guess, columns: DealColumns | None, table: Table | None
) -> Iterator[str]:
    if columns is None or table is None:
        return
    used = [stack for stack in (guess.parts.events, guess.parts.deals) if stack] if guess.parts else []
    part_of = {one.name for stack in used for one in stack.tables} or {table.name}
    joins = find_joins(table, [one for one in tables if one.name not in part_of])
    yield from _section("deals", columns, table)
    for position, reference in enumerate(prices(joins) if columns.listed_amount is None else ()):
        yield f"{'# ' if position else ''}listed_amount = {reference}   # a list price from another table"
    for reference in groups(joins):
        yield f"# segment = {reference}"
    yield from dated_sections(columns, guess.history)
    yield ""
    texts = [value.column for field in ("source", "segment", "owner") if (value := getattr(columns, field))]
    yield from alias_lines(table, texts, joins)


def _format_section(dates: dict[tuple[str, str], DateColumn], ambiguous: list[str]) -> Iterator[str]:
    formats = {column: read.format.removesuffix(" hh:mm") for (_, column), read in dates.items()}
    lines = [
        f"{quoted(name)} = {quoted(written)}"
        + ("   # CHECK: mm/dd/yyyy fits all values too" if name in ambiguous else "")
        for name, written in formats.items()
        if written[:1].isalpha() and "1970" not in written and "type" not in written and written != "empty"
    ]
    if lines:
        yield "[date_formats]"
        yield from lines
        yield ""
