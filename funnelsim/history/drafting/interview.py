"""Questions about an export that its files leave open, and the mapping that the answers make."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from funnelsim.core.errors import HistoryError
from funnelsim.history.audit.facts import Facts
from funnelsim.history.databases.read import Selection
from funnelsim.history.drafting.columns import ambiguous_dates, describe
from funnelsim.history.files.events import History
from funnelsim.history.guessing.preset import recognise
from funnelsim.history.import_steps.run import run_import
from funnelsim.history.import_steps.setup import prepare_import
from funnelsim.history.imports import read_tables
from funnelsim.history.mapping.keys import Mapping
from funnelsim.history.readers.table import Table
from funnelsim.history.schemas.pipelines import deals_by_pipeline
from funnelsim.history.sources.by_name import guess_deals, guess_events
from funnelsim.history.toml_text import quoted, quoted_list, toml_key

_PRESETS = (
    ("deals", "a row per deal, with dates"),
    ("events", "a row per deal and stage entry"),
    ("salesforce", "tables of Salesforce"),
    ("hubspot", "tables of HubSpot"),
    ("pipedrive", "tables of Pipedrive"),
)
_FIELDS = {
    "deals": (
        ("deal", "identifies a deal"),
        ("created", "says when a deal began"),
        ("closed", "says when a deal was won or lost"),
        ("stage", "says in which stage a deal is, or how it ended"),
        ("amount", "holds the amount"),
    ),
    "events": (
        ("deal", "identifies a deal"),
        ("stage", "says which stage was entered"),
        ("entered", "says when it was entered"),
    ),
}
_ORDERS = (("dd/mm/yyyy", "day first"), ("mm/dd/yyyy", "month first"))
_MOST_LABELS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question with its answers: ``(value, words)``; several may be chosen if `several`, or none."""

    text: str
    choices: tuple[tuple[str, str], ...]
    default: str = ""
    several: bool = False


Ask = Callable[[Question], Sequence[str]]


@dataclass(slots=True)
class _Answers:
    """What was answered so far, by the keys of a mapping."""

    top: dict[str, Any] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)
    section: str = "deals"
    file: str = ""
    date_formats: dict[str, str] = field(default_factory=dict)
    outcomes: dict[str, list[str]] = field(default_factory=dict)

    def as_mapping(self) -> Mapping:
        data: dict[str, Any] = {"date_formats": self.date_formats, "outcomes": self.outcomes, **self.top}
        if self.columns:
            data[self.section] = {"file": self.file, "guess_others": True, **self.columns}
        return Mapping.model_validate(data)

    def as_text(self) -> Iterator[str]:
        yield "# What the files leave open, as answered. docs/guides/import.md explains each key."
        yield "format = 1"
        for key, value in self.top.items():
            yield f"{key} = {quoted(value) if isinstance(value, str) else quoted_list(value)}"
        if self.columns:
            yield from ("", f"[{self.section}]", "guess_others = true", f"file = {quoted(self.file)}")
            yield from (f"{name} = {quoted(column)}" for name, column in self.columns.items())
        if self.outcomes:
            yield from ("", "[outcomes]")
            yield from (
                f"{key} = {quoted_list(labels, always=True)}" for key, labels in self.outcomes.items()
            )
        if self.date_formats:
            yield from ("", "[date_formats]")
            yield from (f"{toml_key(name)} = {quoted(order)}" for name, order in self.date_formats.items())


def interview(
    sources: Sequence[str | Path], preset: str | None, ask: Ask, selection: Selection | None = None
) -> str:
    """Ask what cannot be found out, and return the text of the mapping.

    Raises
    ------
    HistoryError
        If the files cannot be imported whatever is answered.
    """
    tables = read_tables(sources, selection=selection)
    answers = _Answers()
    answers.top["preset"] = preset or _preset(tables, ask)
    for name, shown in _unclear_dates(tables):
        text = f'Dates in column "{name}", such as {shown}: is the day or the month first?'
        answers.date_formats[name] = ask(Question(text=text, choices=_ORDERS))[0]
    _ask_pipeline(tables, answers, ask)
    try:
        history = _import(tables, answers)
    except HistoryError as error:
        _ask_columns(tables, answers, ask, str(error))
        history = _import(tables, answers)
    _ask_outcomes(history, answers, ask)
    return "\n".join(answers.as_text()) + "\n"


def _import(tables: Sequence[Table], answers: _Answers) -> History:
    preset = str(answers.top["preset"])
    return run_import(prepare_import(tables, preset, answers.as_mapping()), Facts(preset=preset))


def _preset(tables: Sequence[Table], ask: Ask) -> str:
    try:
        return recognise(tables).preset
    except HistoryError as error:
        text = f"{error}\nWhat do the files hold?"
        return ask(Question(text=text, choices=_PRESETS))[0]


def _unclear_dates(tables: Sequence[Table]) -> list[tuple[str, str]]:
    """Columns of dates that fit both orders, with a value."""
    found: dict[str, str] = {}
    for table in tables:
        for name in ambiguous_dates(table):
            values = table.frame[name].drop_nulls()
            found.setdefault(name, str(values[0]) if len(values) else "")
    return list(found.items())


def _ask_pipeline(tables: Sequence[Table], answers: _Answers, ask: Ask) -> None:
    try:
        prepared = prepare_import(tables, str(answers.top["preset"]), answers.as_mapping()).prepared
    except HistoryError:
        return
    column, counts = deals_by_pipeline(prepared.tables)
    if len(counts) < 2:
        return
    choices = tuple((name, f"{number:,} deals") for name, number in counts.most_common(_MOST_LABELS))
    text = f'Deals are in several pipelines (column "{column}"). Which are to be read? None: all.'
    if chosen := ask(Question(text=text, choices=choices, several=True)):
        answers.top["pipeline"] = list(chosen)


def _ask_columns(tables: Sequence[Table], answers: _Answers, ask: Ask, problem: str) -> None:
    """Ask for the columns that an import needs, the guess of each as the default."""
    main = max(tables, key=lambda table: table.rows_read)
    answers.section = "events" if answers.top["preset"] == "events" else "deals"
    answers.file = main.name
    guess = (guess_events if answers.section == "events" else guess_deals)(
        main.columns, str(answers.top["preset"])
    )
    choices = tuple((name, describe(main.frame[name])) for name in main.columns)
    for place, (name, words) in enumerate(_FIELDS[answers.section]):
        column = getattr(guess, name)
        text = f"Which column of {main.name} {words}? None: there is no such column."
        text = f"{problem}\n{text}" if not place else text
        default = column.column if column is not None else ""
        chosen = ask(Question(text=text, choices=choices, default=default, several=True))
        if chosen:
            answers.columns[name] = chosen[0]


def _ask_outcomes(history: History, answers: _Answers, ask: Ask) -> None:
    """Ask which labels end deals, where none is known to mean won."""
    audit = history.meta.audit
    if "won" in audit["deals"]:
        return
    labels = [row for row in audit["labels"] if row["kind"] in ("stage", "unmapped")][:_MOST_LABELS]
    choices = tuple((row["label"], f"{row['rows']:,} rows") for row in labels)
    for key in ("won", "lost"):
        text = (
            f"No label is known to mean won. Which labels mean {key}?" if key == "won" else "Which mean lost?"
        )
        left = tuple(choice for choice in choices if choice[0] not in answers.outcomes.get("won", []))
        if left and (chosen := ask(Question(text=text, choices=left, several=True))):
            answers.outcomes[key] = list(chosen)
