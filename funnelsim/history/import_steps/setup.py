"""Prepare an import: which file holds what, which columns to read, what labels mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from funnelsim.core.errors import HistoryError, Problem, did_you_mean
from funnelsim.history.attention import Attention
from funnelsim.history.columns.column_reader import ColumnNote, ColumnReader
from funnelsim.history.columns.dated_rates import read_rates
from funnelsim.history.files.events import DEAL_SCHEMA
from funnelsim.history.guessing.amount_columns import choose_amounts
from funnelsim.history.guessing.by_content import choose_columns
from funnelsim.history.guessing.closing_columns import choose_closing
from funnelsim.history.guessing.rivals import rivals
from funnelsim.history.guessing.stage_dates import guess_dated_stages, guess_outcome
from funnelsim.history.history_error import history_error
from funnelsim.history.mapping.keys import Mapping
from funnelsim.history.presets import hubspot, pipedrive
from funnelsim.history.presets.hubspot import has_stage_dates
from funnelsim.history.presets.prepared import Prepared
from funnelsim.history.readers.table import Table
from funnelsim.history.schemas.pipelines import with_pipelines
from funnelsim.history.schemas.whole_schema import join_schema
from funnelsim.history.sources.assign import Parts, assign_parts, is_called
from funnelsim.history.sources.part_columns import adds_to_guess
from funnelsim.history.values.labels import LabelBook, label_book

OUTCOMES = ("won", "lost", "churned")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportSetup:
    """The inputs that the steps of an import share.

    Attributes
    ----------
    mapping : Mapping
        As given; ``created_enters`` is false where the first dated stage begins at the creation.
    tables : tuple of Table
        The files, prepared for their CRM.
    prepared : Prepared
        What the preparation set apart: lists of names, tables that are not used.
    parts : Parts
        Which file holds the events and which the deals, and the columns to read.
    reader : ColumnReader
        Reads columns and records how it read them.
    book : LabelBook
        The meaning of each label; the steps add to it.
    attention : tuple of Attention
        Warnings so far.
    """

    preset: str
    mapping: Mapping
    tables: tuple[Table, ...]
    prepared: Prepared
    parts: Parts
    reader: ColumnReader
    book: LabelBook
    attention: tuple[Attention, ...]

    @property
    def noun(self) -> str:
        return self.mapping.noun or "deal"

    @property
    def salesforce(self) -> bool:
        return self.preset == "salesforce"


def prepare_import(tables: Sequence[Table], preset: str, mapping: Mapping) -> ImportSetup:
    """Assign the files to their parts and choose the columns.

    Raises
    ------
    HistoryError
        If a part is missing, or the mapping names a column that no file has.
    """
    tables, rates = _apart(tables, mapping)
    prepared = _prepare_for_crm(tables, preset, mapping)
    mapping = with_pipelines(prepared, preset, mapping)
    reader = ColumnReader(mapping=mapping, dated_rates=read_rates(rates, mapping) if rates else None)
    book = label_book(
        {key: (stage.name, stage.labels) for key, stage in mapping.stages.items()},
        mapping.outcomes,
        mapping.ignore,
        mapping.not_outcomes,
    )
    book.claim(prepared.meanings, prepared.status)
    reader.notes += _notes_of_preparation(prepared)
    _check_column_names(prepared.tables, mapping)
    parts = assign_parts(prepared.tables, preset, mapping)
    parts = replace(parts, unused=(*parts.unused, *prepared.unused))
    setup = ImportSetup(
        preset=preset,
        mapping=mapping,
        tables=(*prepared.tables, *([rates] if rates else [])),
        prepared=prepared,
        parts=choose_columns(parts, mapping, preset, reader),
        reader=reader,
        book=book,
        attention=(*(item for table in tables for item in table.attention), *prepared.attention),
    )
    return _with_guessed_dates(setup)


def _prepare_for_crm(tables: Sequence[Table], preset: str, mapping: Mapping) -> Prepared:
    """Join the tables of a CRM, and replace its ids by names and its flags by labels."""
    joined = join_schema(tables, preset, mapping)
    lines, own = mapping.pipeline, not mapping.stages
    if preset == "hubspot" or (preset == "deals" and any(has_stage_dates(table) for table in tables)):
        return joined.and_then(hubspot.prepare(joined.tables, lines, in_brackets=own))
    if preset == "pipedrive":
        return joined.and_then(pipedrive.prepare(joined.tables, lines, in_brackets=own))
    return joined


def _apart(tables: Sequence[Table], mapping: Mapping) -> tuple[list[Table], Table | None]:
    """The tables, and the one with the exchange rates."""
    if not mapping.rates_file:
        return list(tables), None
    chosen = [table for table in tables if is_called(table, Path(mapping.rates_file).name)]
    if not chosen:
        given = ", ".join(table.name for table in tables)
        message = f'"{mapping.rates_file}" is not among the files given ({given})'
        raise history_error("mapping", message, at="rates_file")
    return [table for table in tables if table is not chosen[0]], chosen[0]


def _notes_of_preparation(prepared: Prepared) -> list[ColumnNote]:
    joined = [
        ColumnNote(table=name, column=column, read_as="date of an outcome")
        for name, column in prepared.joined
    ]
    lists = [
        ColumnNote(
            table=table.name, column=name, read_as=prepared.lists_as.get(table.name, "names of stages")
        )
        for table in prepared.lists
        for name in table.columns
    ]
    return joined + lists


def _with_guessed_dates(setup: ImportSetup) -> ImportSetup:
    """Choose the closing date, and guess the dates of stages and outcomes that the mapping does not name."""
    parts, mapping, preset = setup.parts, setup.mapping, setup.preset
    attention = [*setup.attention]
    guesses = adds_to_guess(mapping)
    if parts.deals and parts.deal_columns and guesses and preset != "xes":
        closings = choose_closing(parts.deals, parts.deal_columns, mapping)
        parts = replace(parts, deal_columns=closings.columns)
        attention += closings.attention
        amounts, doubt = choose_amounts(parts, mapping, preset)
        parts = replace(parts, deal_columns=amounts)
        attention += [doubt] if doubt else []
    if not parts.deals or not parts.deal_columns or not guesses or setup.salesforce:
        attention += rivals(parts, mapping, preset)
        return replace(setup, parts=parts, attention=tuple(attention))
    columns = guess_outcome(parts.deals.frame, parts.deal_columns)
    attention += rivals(replace(parts, deal_columns=columns), mapping, preset)
    dated = guess_dated_stages(parts.deals.frame, columns, setup.prepared.meanings)
    if parts.events:
        # Events date the stages. Deals that close without an event still need the date of their outcome.
        ends = {key: dated.columns.dates[key] for key in OUTCOMES if key in dated.columns.dates}
        update = {} if columns.closed else {"dates": columns.dates | ends}
        parts = replace(parts, deal_columns=columns.model_copy(update=update))
        return replace(setup, parts=parts, attention=tuple(attention))
    for key, name in dated.names.items():
        setup.book.stages.setdefault(key, name)
    if not dated.creation_enters and mapping.created_enters is None:
        mapping = mapping.model_copy(update={"created_enters": False})
    return replace(
        setup,
        mapping=mapping,
        parts=replace(parts, deal_columns=dated.columns),
        attention=(*attention, *dated.attention),
    )


def _check_column_names(tables: Sequence[Table], mapping: Mapping) -> None:
    columns = [column for table in tables for column in table.columns]
    problems = []
    for section, extra in (
        ("date_formats", []),
        ("units", []),
        ("aliases", [*DEAL_SCHEMA, "stage", "key"]),
    ):
        for name in getattr(mapping, section):
            if name not in [*columns, *extra]:
                message = f'no file has a column "{name}"'
                hint = did_you_mean(name, [*columns, *extra])
                problems.append(Problem(path=f"{section}.{name}", message=message, hint=hint))
    if problems:
        raise HistoryError("mapping", problems)
