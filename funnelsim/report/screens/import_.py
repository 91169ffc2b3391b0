"""The audit of an import on screen: deals, skipped rows and why, what to check."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from funnelsim.core.nouns import counted, plural_noun
from funnelsim.documents.audit import Audit, AuditCheck, AuditColumn, AuditLabel
from funnelsim.documents.validate import read_as
from funnelsim.history.files.events import History
from funnelsim.report.screens import layout
from funnelsim.report.words.dates import date_words
from funnelsim.report.words.mend_words import mend_kinds
from funnelsim.report.words.money import money
from funnelsim.report.words.quantities import share, time_unit

_MOST_LABELS = 8
_MOST_KINDS = 6
_MOST_STAGES = 60
_MOST_CHARACTERS = 90
_TEXT = r'"(?:[^"\\]|\\.)*"'


def audit_screen(history: History) -> RenderableType:
    """The audit of an import: counts first, then warnings, stages, rows and columns."""
    audit = read_as(Audit, history.meta.audit, "audit")
    parts: list[RenderableType] = [_heading(history, audit)]
    warnings = [part for check in audit.of_level("warning") for part in _warning(check)]
    notes = [check.text for check in audit.of_level("note")]
    if warnings:
        parts += [_title("Look at this"), *warnings, *_mapping_of_all(audit)]
    parts += _to_mend(history)
    parts += [_title(f"Stages{_order_words(audit)}"), _stages(history, audit)]
    parts += [_title("Rows: read = used + skipped"), _rows(audit)]
    parts += [_title("How columns and labels were read"), _columns(audit), *_labels(audit)]
    if notes:
        parts += [_title("Other notes"), _list(notes, "-", "")]
    return Group(*parts)


def _warning(check: AuditCheck) -> Iterator[RenderableType]:
    """The text of a check, followed by the mapping lines that resolve it."""
    yield _list([check.text], "!", "yellow")
    if check.mapping:
        yield _to_paste(check.mapping, indent=7)


def _to_mend(history: History) -> Iterator[RenderableType]:
    """What to mend in the CRM, by kind; the deals are in the file of ``--fixes``."""
    kinds = mend_kinds(history.to_mend)
    if not kinds:
        return
    yield _title("To mend in the CRM (--fixes rows.csv lists the deals, the most money first)")
    table = _table(("what is wrong", "left"), (plural_noun(history.meta.noun), "right"), ("amount", "right"))
    table.add_column("what to do", overflow="fold")
    for kind in kinds[:_MOST_KINDS]:
        amount = money(kind.amount, history.meta.currency) if kind.amount else ""
        table.add_row(Text(kind.fault), f"{kind.deals:,}", amount, Text(kind.todo))
    yield Padding(table, (0, 0, 0, 1))
    if len(kinds) > _MOST_KINDS:
        yield Padding(Text(f"and {counted(len(kinds) - _MOST_KINDS, 'more kind')}"), (0, 0, 0, 1))


def _mapping_of_all(audit: Audit) -> Iterator[RenderableType]:
    """The mapping lines of all checks as one file, if several checks have some."""
    if sum(bool(check.mapping) for check in audit.checks) < 2:
        return
    text = "All suggestions as one mapping.toml; it changes nothing until you remove a # in front of a line"
    if audit.mapping:
        text += f"; where {audit.mapping.file} already has the section, add the lines to it"
    yield Padding(Text(f"{text}:"), (0, 0, 0, 1))
    yield _to_paste(audit.suggested_mapping, indent=5)


def _to_paste(lines: Iterable[str], indent: int) -> Text:
    """Mapping lines, never folded: a part of a comment or of a string on a line of its own is no TOML."""
    every = [f"{'':{indent}}{part}" for line in lines for part in _one_per_line(line)]
    return Text("\n".join(every), no_wrap=True, overflow="ignore")


def _one_per_line(line: str) -> list[str]:
    """A long list, or a comment with a long one, with one entry per line."""
    if line.startswith("# "):
        return [f"# {part}" for part in _one_per_line(line.removeprefix("# "))]
    if len(line) <= _MOST_CHARACTERS:
        return [line]
    if found := re.fullmatch(rf"(.*) = \[({_TEXT}(?:, {_TEXT})*)\]( \}})?", line):
        head, entries, end = found.groups(default="")
        return [f"{head} = [", *(f"    {entry}," for entry in re.findall(_TEXT, entries)), f"]{end}"]
    if found := re.fullmatch(rf"(.*   # [^\"]*): ({_TEXT}(?:, {_TEXT})*)", line):
        head, entries = found.groups()
        return [f"{head}:", *(f"#     {entry}," for entry in re.findall(_TEXT, entries))]
    return [line]


def print_audit(history: History, console: Console) -> None:
    """Print the screen; it needs a width of about 100."""
    layout.show(console, audit_screen(history))


def last_day(as_of: dt.datetime) -> str:
    """``30 Sep 2017`` for midnight after it; otherwise the day and the time."""
    if as_of.time() == dt.time(0):
        return date_words(as_of.date() - dt.timedelta(days=1), short=True)
    return f"{date_words(as_of.date(), short=True)} {as_of:%H:%M}"


def _heading(history: History, audit: Audit) -> RenderableType:
    meta, counts = history.meta, audit.deals
    line = Text(f"IMPORT  {meta.name}", style="bold")
    line.append(f"   as of {last_day(meta.as_of)}", style="not bold")
    if kind := ", ".join(part for part in (meta.currency, meta.amount_is) if part):
        line.append(f"   {kind}", style="not bold")
    ended = [(key, number) for key, number in counts.items() if key not in ("all", "open")]
    words = ", ".join(
        f"{number:,} {key.replace('_', ' ')}" for key, number in (*ended, ("open", counts["open"]))
    )
    lines = [f"{counted(counts['all'], meta.noun)}: {words}", *_money_lines(audit, meta.currency, meta.noun)]
    span = f"{_day(audit.first_event)} to {_day(audit.last_event)}"
    later = audit.last_event >= meta.as_of
    lines.append(f"Events from {span}" + ("; later events than the as-of date are skipped" if later else ""))
    return Group(line, *(Text(line) for line in lines))


def _money_lines(audit: Audit, currency: str, noun: str) -> Iterator[str]:
    amounts = audit.amounts
    if amounts.won_sum and amounts.won_median is not None:
        median = " ".join(part for part in (currency, _full(amounts.won_median)) if part)
        won = f"Won {_with_figure(amounts.won_sum, currency)}, median {median}"
        listed = amounts.open_listed_sum
        yield won + (
            f"; open {plural_noun(noun)} are listed at {_with_figure(listed, currency)}" if listed else ""
        )


def _with_figure(amount: float, currency: str) -> str:
    """``10 million (10,005,534)``: the figure in full where it is rounded, to compare with a spreadsheet."""
    words, figure = money(amount, currency), _full(amount)
    return words if words.endswith(figure) else f"{words} ({figure})"


def _full(amount: float) -> str:
    return f"{amount:,.0f}" if abs(amount) >= 1000 or amount == round(amount) else f"{amount:,.2f}"


def _day(instant: dt.datetime) -> str:
    return date_words(instant.date(), short=True)


def _title(text: str) -> Text:
    return Text(f"\n{text}", style="bold")


def _order_words(audit: Audit) -> str:
    return f" (order from {audit.stage_order_from})" if audit.stage_order_from else ""


def _list(lines: list[str], mark: str, style: str) -> RenderableType:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(style=style)
    grid.add_column(overflow="fold")
    for line in lines:
        grid.add_row(mark, Text(line))
    return Padding(grid, (0, 0, 0, 1))


def _table(*columns: tuple[str, str]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name, justify in columns:
        table.add_column(name, justify=justify, overflow="fold")  # type: ignore[arg-type]
    return table


def _stages(history: History, audit: Audit) -> RenderableType:
    names = history.meta.stages
    numbers = [(name, "right") for name in ("visits", "returns", "open", "median time")]
    table = _table(("stage", "left"), *numbers, ("next", "left"))
    every = audit.stages
    unit = time_unit(row.median_days for row in every)
    for row in every[:_MOST_STAGES]:
        total = sum(row.exits.values())
        leaves = ", ".join(
            f"{names.get(key, key.replace('_', ' '))} {share(number / total)}"
            for key, number in row.exits.items()
        )
        table.add_row(
            Text(row.name),
            f"{row.entries:,}",
            f"{row.reentries:,}",
            f"{row.open:,}",
            unit.words(row.median_days),
            Text(leaves),
        )
    never = audit.stages_never_entered
    parts: list[RenderableType] = [Padding(table, (0, 0, 0, 1))]
    if len(every) > _MOST_STAGES:
        parts.append(Padding(Text(f"and {counted(len(every) - _MOST_STAGES, 'more stage')}"), (0, 0, 0, 1)))
    if never:
        more = f" and {len(never) - _MOST_STAGES:,} more" if len(never) > _MOST_STAGES else ""
        shown = ", ".join(never[:_MOST_STAGES])
        parts.append(Padding(Text(f"never entered: {shown}{more}"), (0, 0, 0, 1)))
    return Group(*parts)


def _rows(audit: Audit) -> RenderableType:
    table = _table(
        ("file", "left"), ("read", "right"), ("used", "right"), ("skipped", "right"), ("reason", "left")
    )
    for row in audit.tables:
        name = Text(", ".join(row.files))
        reasons = list(row.set_aside.items()) or [("", 0)]
        for index, (reason, number) in enumerate(reasons):
            first = (name, f"{row.rows_read:,}", f"{row.rows_used:,}") if index == 0 else ("", "", "")
            where = row.examples.get(reason, ())
            shown = f" ({', '.join(where[:2])}{', ...' if len(where) > 2 else ''})" if where else ""
            table.add_row(*first, f"{number:,}", Text(reason + shown))
    parts: list[RenderableType] = [Padding(table, (0, 0, 0, 1))]
    if audit.files_unused:
        parts.append(Padding(Text(f"unused files: {', '.join(audit.files_unused)}"), (0, 0, 0, 1)))
    return Group(*parts)


def _columns(audit: Audit) -> RenderableType:
    notes = audit.columns
    files = list(dict.fromkeys(note.table for note in notes))
    parts: list[RenderableType] = []
    for file in files:
        if len(files) > 1:
            parts.append(Text(f" {file}", style="underline"))
        names = [(name, "left") for name in ("column", "read as", "format")]
        table = _table(*names, ("missing", "right"), ("", "left"))
        rows = [_column(note) for note in notes if note.table == file]
        alike = len(rows) > 1 and len({tuple(map(str, row[1:])) for row in rows}) == 1
        for row in [(Text(f"all {len(rows)} columns"), *rows[0][1:])] if alike else rows:
            table.add_row(*row)
        parts.append(Padding(table, (0, 0, 0, 1)))
    for name, columns in audit.columns_unused.items():
        more = f" and {len(columns) - 10} more" if len(columns) > 10 else ""
        parts.append(
            Padding(Text(f"unused columns of {name}: {', '.join(columns[:10])}{more}"), (0, 0, 0, 1))
        )
    return Group(*parts)


def _column(note: AuditColumn) -> tuple[Text, str, str, str, Text]:
    counts = {"impossible": note.impossible, "zero": note.zero, "negative": note.negative}
    remarks = [f"{number:,} {kind}" for kind, number in counts.items() if number]
    remarks += [note.remark] if note.remark else []
    missing = f"{note.missing:,}" if note.missing else ""
    return Text(note.column), note.read_as, note.format, missing, Text(", ".join(remarks))


def _labels(audit: Audit) -> Iterator[RenderableType]:
    kinds = {
        "stage": "labels read as stages",
        "outcome": "labels read as outcomes",
        "open": "labels read as still open",
        "ignore": "labels that the mapping ignores",
        "unmapped": "labels not recognised",
    }
    for kind, words in kinds.items():
        rows = [row for row in audit.labels if row.kind == kind]
        if rows:
            shown = ", ".join(_label(row) for row in rows[:_MOST_LABELS])
            more = f" and {len(rows) - _MOST_LABELS} more" if len(rows) > _MOST_LABELS else ""
            yield Padding(Text(f"{words}: {shown}{more}"), (0, 0, 0, 1))


def _label(row: AuditLabel) -> str:
    meaning = f" = {row.read_as}" if row.kind == "outcome" else ""
    return f'"{row.label}"{meaning} {row.rows:,}'
