"""A first guess of a mapping file, with what each column looks like, for a person to edit."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from funnelsim.core.atomic import replace_file
from funnelsim.core.errors import HistoryError
from funnelsim.core.hidden import is_stream
from funnelsim.history.amounts import read_amounts
from funnelsim.history.dates import AmbiguousDates, DateColumn, read_dates
from funnelsim.history.events import History
from funnelsim.history.imports import Import, read_tables
from funnelsim.history.labels import is_key
from funnelsim.history.mapping import Column, DealColumns, EventColumns, Mapping
from funnelsim.history.presets import is_salesforce_history
from funnelsim.history.readers.table import Table
from funnelsim.history.sources import Parts, looks_like_events
from funnelsim.history.wrong import wrong

_AMBIGUOUS = "dd/mm/yyyy"
_MOST_VALUES = 8
_HEAD = """\
# A first guess by funnelsim: read every line and mend what is wrong; docs/guides/import.md explains each key.
format = 1
name = {name}
preset = {preset}
currency = ""                   # such as "USD": stands beside every amount
amount_is = ""                  # such as "ACV", "ARR" or "TCV": the kind of amount, beside every total
# noun = "opportunity"          # what a deal is called on screen
# time_zone = "Europe/Berlin"   # stamps with an offset are converted to it
# missing = ["n/a", "-"]        # texts that mean: no value
# zero_amount = "unknown"       # an amount of 0 means: not known
# observed_from = 2026-01-01    # closings are recorded from here on only; false: they always were
# created_enters = "stage"      # the stage that a deal is in from its creation on
# ignore = ["Test"]             # labels of stages or outcomes whose rows are left out
"""


def write_draft(sources: Sequence[str | Path], preset: str | None, path: str | Path) -> None:
    """Write a mapping that imports the files as funnelsim would without one, to be edited.

    Raises
    ------
    HistoryError
        If `path` exists (an edited mapping is not to be lost), or a file is not a table.
    """
    file = Path(path)
    if file.is_file() and not is_stream(file):
        raise wrong(file, "is there already and may have been edited; choose another name")
    text = draft_mapping(sources, preset)
    replace_file(file, text.encode())


def draft_mapping(sources: Sequence[str | Path], preset: str | None = None) -> str:
    """The text of a first mapping for these files."""
    tables = read_tables(sources)
    kind = preset or guess_preset(tables)
    ambiguous = [name for table in tables for name in _ambiguous_dates(table)]
    formats = dict.fromkeys(ambiguous, _AMBIGUOUS)
    work = Import(tables, kind, Mapping(date_formats=formats))
    history, trouble = None, ""
    try:
        history = work.run(None, "")
    except HistoryError as error:
        trouble = str(error)
    parts = work.parts
    lines = [_HEAD.format(name=_quoted(_name(tables, parts)), preset=_quoted(kind))]
    if trouble:
        lines += ["# As it stands the import fails:", *(f"#   {line}" for line in trouble.splitlines()), ""]
    for table in tables:
        lines += [*_described(table), ""]
    lines += _section("events", parts.event_columns)
    lines += _section("deals", parts.deal_columns)
    lines += _label_sections(history)
    lines += _format_section(work.reader.dates, ambiguous)
    lines += _HINTS
    return "\n".join(lines) + "\n"


def _name(tables: Sequence[Table], parts: Parts) -> str:
    """The file of the deals, not one that merely stands before it."""
    main = parts.deals or parts.events
    table = main.tables[0] if main is not None else tables[0]
    return table.path.name.split(".")[0]


def guess_preset(tables: Sequence[Table]) -> str:
    """``xes``, ``salesforce`` or ``events`` where a file looks so, else ``deals``."""
    if any(table.part for table in tables):
        return "xes"
    if any(is_salesforce_history(table.columns) for table in tables):
        return "salesforce"
    return "events" if any(looks_like_events(table) for table in tables) else "deals"


_HINTS = [
    "# [aliases.segment]             # spellings that are one value, in any column",
    '# "SMB " = "smb"',
    "",
    "# [where]                       # rows to keep",
    '# region = ["EMEA", "APAC"]     # or { not = "Test" }, { from = 2026-01-01, before = 2026-07-01 }',
]


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _described(table: Table) -> Iterator[str]:
    yield f"# {table.name}: {table.rows_read:,} rows ({', '.join(table.notes)})"
    width = max(len(name) for name in table.columns)
    for name in table.columns:
        yield f"#   {name.ljust(width)}  {describe(table.frame[name])}".rstrip()


def describe(column: pl.Series) -> str:
    """What a column looks like, in a few words."""
    text = column.cast(pl.String).str.strip_chars()
    known = text.set(text == "", None).drop_nulls()
    if known.is_empty():
        return "empty"
    missing = f", {len(column) - len(known):,} missing" if len(known) < len(column) else ""
    distinct = known.n_unique()
    dates = _as_dates(column)
    if dates is not None:
        span = dates.values.dt.strftime("%Y-%m-%d")
        first, last = str(span.min()), str(span.max())
        return f"dates {dates.format}, {first} to {last}{missing}"
    if distinct == 1:
        return f"always {_quoted(known[0][:40])}{missing}"
    if distinct > _MOST_VALUES and _is_amount(column):
        amounts = read_amounts(column, file="", at=str).values.drop_nulls().to_numpy()
        return f"numbers from {amounts.min():,.6g} to {amounts.max():,.6g}{missing}"
    if distinct <= _MOST_VALUES:
        counts = known.value_counts(sort=True).iter_rows()
        shown = ", ".join(f"{_quoted(value[:30])} {number:,}" for value, number in counts)
        return f"{shown}{missing}"
    unique = "all different" if distinct == len(known) else f"{distinct:,} different"
    return f"{unique}, such as {_quoted(known[0][:40])}{missing}"


def _as_dates(column: pl.Series) -> DateColumn | None:
    try:
        dates = read_dates(column, file="", at=str, hints=(_AMBIGUOUS,))
    except HistoryError:
        return None
    return dates if dates.values.null_count() < len(column) and not column.dtype.is_numeric() else None


def _is_amount(column: pl.Series) -> bool:
    if column.dtype == pl.String and column.str.contains("[A-Za-z]{2}").any():
        return False
    try:
        return not read_amounts(column, file="", at=str).values.is_null().all()
    except HistoryError:
        return False


def _ambiguous_dates(table: Table) -> Iterator[str]:
    for name in table.columns:
        if table.frame[name].dtype == pl.String:
            try:
                read_dates(table.frame[name], file="", at=str)
            except AmbiguousDates:
                yield name
            except HistoryError:
                pass


def _section(name: str, columns: EventColumns | DealColumns | None) -> Iterator[str]:
    if columns is None:
        return
    yield f"[{name}]"
    for field, value in columns:
        if isinstance(value, Column):
            yield f"{field} = {_quoted(value.column)}"
    if isinstance(columns, DealColumns) and columns.dates:
        yield "[deals.dates]                   # stage or outcome = the date of its entry"
        for key, value in columns.dates.items():
            yield f"{key} = {_quoted(value.column)}"
    yield ""


def _label_sections(history: History | None) -> Iterator[str]:
    if history is None:
        return
    audit = history.meta.audit
    labels = audit["labels"]
    yield "[stages]                        # in funnel order: key = label, or labels that mean the same"
    for key, name in history.meta.stages.items():
        same = [row["label"] for row in labels if row["read_as"] == key]
        yield f"{key} = {_labels_text(same or [name])}"
    for row in labels:
        if row["kind"] == "stage" and row["read_as"] not in history.meta.stages and is_key(row["read_as"]):
            yield f"{row['read_as']} = {_quoted(row['label'])}   # no deal is seen to enter it"
    yield ""
    yield "[outcomes]                      # won, lost, churned, or words of your own"
    found: dict[str, list[str]] = {}
    for row in labels:
        if row["kind"] == "outcome":
            found.setdefault(row["read_as"], []).append(row["label"])
    for key in found or {"won": [], "lost": []}:
        yield f"{key} = {_labels_text(found.get(key, []))}"
    yield ""


def _labels_text(labels: list[str]) -> str:
    return _quoted(labels[0]) if len(labels) == 1 else f"[{', '.join(_quoted(label) for label in labels)}]"


def _format_section(dates: dict[tuple[str, str], DateColumn], ambiguous: list[str]) -> Iterator[str]:
    formats = {column: read.format.removesuffix(" hh:mm") for (_, column), read in dates.items()}
    lines = [
        f"{_quoted(name)} = {_quoted(written)}"
        + ("   # CHECK: mm/dd/yyyy fits all values too" if name in ambiguous else "")
        for name, written in formats.items()
        if written[:1].isalpha() and "1970" not in written and "type" not in written and written != "empty"
    ]
    if lines:
        yield "[date_formats]"
        yield from lines
        yield ""
