"""The mapping file: what the columns and labels of an export mean."""

from __future__ import annotations

import datetime as dt
import math
import zoneinfo
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from funnelsim.core.calendar.holidays import country_code
from funnelsim.core.errors import HistoryError, Problem, did_you_mean
from funnelsim.core.files.document_checks import document_problems
from funnelsim.core.files.input_files import UnreadableError
from funnelsim.core.files.toml import read_toml
from funnelsim.history.history_error import history_error
from funnelsim.history.values.currency_names import currency_named
from funnelsim.history.values.date_formats import format_problem
from funnelsim.history.values.labels import is_key, same_label, slug

PRESETS = ("events", "deals", "salesforce", "hubspot", "pipedrive", "xes")
NOT_OUTCOMES = ("never",)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Column(_Part):
    """A column of the table at hand, or one looked up in another table.

    Attributes
    ----------
    table : str or None
        File name (``*`` allowed) of the other table.
    on : dict of str to str
        Column at hand -> column of the other table that holds the same key.
    decimal : {".", ","} or None
        Of amounts: the sign before the decimals, where this column differs from the others.
    currency : str, False or None
        Of amounts: the column beside it that names the currency, or the currency of all; false: one, whatever
        stands beside it; None: found by name.
    unit : float or None
        Of amounts: what one of them is worth, such as 0.01 for cents; goes before ``[units]``.
    """

    column: str
    table: str | None = None
    on: dict[str, str] = Field(default_factory=dict)
    decimal: Literal[".", ","] | None = None
    currency: str | Literal[False] | None = None
    unit: Any = None


def _column(value: Any) -> Any:
    if isinstance(value, str):
        return {"column": value}
    if isinstance(value, dict) and isinstance(value.get("on"), str):
        return {**value, "on": {value["on"]: value["on"]}}
    return value


def _one_or_more(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


ColumnName = Annotated[Column, BeforeValidator(_column)]
Labels = Annotated[tuple[str, ...], BeforeValidator(_one_or_more)]


class EventColumns(_Part):
    """Columns of a table with a row per deal and stage entry."""

    file: str | None = None
    guess_others: bool = False  # columns that are not named here are guessed
    deal: ColumnName | None = None
    stage: ColumnName | None = None
    entered: ColumnName | None = None
    from_stage: ColumnName | None = None  # the stage that it left; the first one is entered at creation
    left: ColumnName | None = None
    amount: ColumnName | None = None
    owner: ColumnName | None = None  # who made the entry; the last one owns the deal
    order: ColumnName | None = None  # a number by which the CRM sorts its stages
    started: ColumnName | None = None  # of the task that the row is about, like the three below
    finished: ColumnName | None = None
    rep: ColumnName | None = None  # who did it
    role: ColumnName | None = None
    planned_close: ColumnName | None = None  # as it stood at the entry, like the two below
    probability: ColumnName | None = None
    forecast_category: ColumnName | None = None


class DealColumns(_Part):
    """Columns of a table with a row per deal."""

    file: str | None = None
    guess_others: bool = False  # columns that are not named here are guessed
    not_stages: Labels = ()  # columns of dates that are no entries into stages
    deal: ColumnName | None = None
    created: ColumnName | None = None
    closed: ColumnName | None = None
    stage: ColumnName | None = None  # the present stage, or the outcome
    outcome: ColumnName | None = None
    amount: ColumnName | None = None
    listed_amount: ColumnName | None = None
    source: ColumnName | None = None
    segment: ColumnName | None = None
    owner: ColumnName | None = None
    account: ColumnName | None = None
    name: ColumnName | None = None
    planned_close: ColumnName | None = None  # without a date of change, like the two below
    probability: ColumnName | None = None
    forecast_category: ColumnName | None = None
    dates: dict[str, ColumnName] = Field(default_factory=dict)  # stage or outcome -> date of its entry
    left: dict[str, ColumnName] = Field(default_factory=dict)  # stage -> date on which deals left it


class StageLabels(_Part):
    name: str = ""
    labels: Labels = ()


def _stage(value: Any) -> Any:
    if isinstance(value, str):
        return {"name": value, "labels": [value]}
    if isinstance(value, list):
        return {"name": value[0] if value else "", "labels": value}
    return value


class Mapping(_Part):
    """A mapping file, checked; see ``docs/guides/import.md`` for what each key means."""

    format: Literal[1] = 1
    name: str = ""
    preset: Literal["events", "deals", "salesforce", "hubspot", "pipedrive", "xes"] | None = None
    currency: str = ""
    amount_is: str = ""
    noun: str = ""
    time_zone: str = "UTC"
    holidays: str = ""  # the country, as ISO 3166 has it, whose public holidays they keep
    decimal: Literal[".", ","] | None = None
    missing: Labels = ()
    hidden_sheets: Labels = ()  # of a workbook, that are read all the same
    zero_amount: Literal["amount", "unknown"] = "amount"
    negative_amount: Literal["unknown", "amount", "positive"] = "unknown"
    rates: dict[str, Any] = Field(default_factory=dict)  # currency -> what one unit is worth in `currency`
    units: dict[str, Any] = Field(default_factory=dict)  # column of amounts -> what one of them is worth
    observed_from: dt.datetime | Literal[False] | None = None
    created_enters: str | Literal[False] | None = None  # stage that a deal is in from its creation on
    closed_without_stage: Literal["creation", "skip"] = "creation"  # closed deals with no stage before
    open_without_stage: dt.datetime | Literal["creation", "skip"] = (
        "skip"  # open deals with no date of a stage
    )
    closing_dates: Literal["actual", "expected"] | None = None  # of deals not won, if no column says closed
    outcome_from: Literal["events", "deals"] = "events"  # which table decides how a deal ended, and when
    stage_from: Literal["events", "deals"] | None = None  # which table has the current stage of open deals
    ignore: Labels = ()
    not_outcomes: Labels = ()  # labels that are stages although they read like outcomes
    events: EventColumns | None = None
    deals: DealColumns | None = None
    stages: dict[str, Annotated[StageLabels, BeforeValidator(_stage)]] = Field(default_factory=dict)
    outcomes: dict[str, Labels] = Field(default_factory=dict)
    ends_with: dict[str, Labels] = Field(default_factory=dict)  # outcome -> tasks whose end it comes with
    date_formats: dict[str, str] = Field(default_factory=dict)
    aliases: dict[str, dict[str, str]] = Field(default_factory=dict)
    where: dict[str, Any] = Field(default_factory=dict)


def read_mapping(path: str | Path) -> Mapping:
    """Read and check a mapping file.

    Raises
    ------
    HistoryError
        With all problems of the file at once.
    """
    file = Path(path)
    try:
        document = read_toml(file)
    except UnreadableError as error:
        raise history_error(file, "there is no such mapping file" if error.missing else str(error)) from None
    if problems := document_problems(document, control_characters=True):
        raise HistoryError(str(file), problems)
    try:
        mapping = Mapping.model_validate(document)
    except ValidationError as error:
        # A value that may be of two types fails once for each.
        value = dict.fromkeys(_problem(item) for item in error.errors())
        raise HistoryError(str(file), list(value)) from None
    problems = [problem for check in _CHECKS for problem in check(mapping)]
    if problems:
        raise HistoryError(str(file), problems)
    return mapping


def _problem(item: Any) -> Problem:
    loc = [str(step) for step in item["loc"] if not str(step).startswith(("literal[", "datetime"))]
    where, kind, value = ".".join(loc), item["type"], item.get("input")
    if kind == "extra_forbidden":
        hint = did_you_mean(loc[-1], _keys_at(loc[:-1]))
        return Problem(
            path=where, message=f"unknown key; choose from {', '.join(_keys_at(loc[:-1]))}", hint=hint
        )
    if kind == "missing":
        return Problem(path=where, message="is missing")
    if loc and loc[0] == "observed_from":
        return Problem(path=where, message=f"{_shown(value)} is neither a date such as 2026-01-31 nor false")
    if loc and loc[0] == "open_without_stage":
        message = f'{_shown(value)} is not known; write "creation", "skip" or a date such as 2026-01-31'
        return Problem(path=where, message=message)
    if kind == "literal_error":
        return Problem(
            path=where, message=f"{_shown(value)} is not known; choose from {item['ctx']['expected']}"
        )
    if kind in ("model_type", "tuple_type", "dict_type") and (expected := _expected(loc)):
        return Problem(path=where, message=f"expected {expected}, found {_shown(value)}")
    return Problem(path=where, message=f"{item['msg'].removeprefix('Input ').lower()}, found {_shown(value)}")


def _expected(loc: list[str]) -> str:
    if len(loc) == 1 and loc[0] in (
        "events",
        "deals",
        "stages",
        "outcomes",
        "ends_with",
        "aliases",
        "where",
        "date_formats",
        "rates",
        "units",
    ):
        return f"a table: [{loc[0]}]"
    return {
        "events": "the name of a column",
        "deals": "the name of a column, or { table, column, on }",
        "stages": "a label, a list of labels, or { name, labels }",
        "outcomes": "a label or a list of labels",
        "ends_with": "a label or a list of labels",
        "ignore": "a label or a list of labels",
        "not_outcomes": "a label or a list of labels",
        "missing": "a text or a list of texts",
        "hidden_sheets": "the name of a sheet or a list of names",
    }.get(loc[0], "")


def _shown(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


def _keys_at(loc: list[str]) -> list[str]:
    if not loc:
        return list(Mapping.model_fields)
    tables: dict[str, type[_Part]] = {"events": EventColumns, "deals": DealColumns, "stages": StageLabels}
    table = tables.get(loc[0])
    if table is None or (loc[0] != "stages" and len(loc) > 1):
        return list(Column.model_fields)
    return list(table.model_fields)


def _check_keys(mapping: Mapping) -> Iterator[Problem]:
    for path, key in _stage_and_outcome_keys(mapping):
        if not is_key(key):
            hint = f"write {slug(key)}" if is_key(slug(key)) else "write an English word"
            message = "a key has only lower-case letters, digits and _, and starts with a letter"
            yield Problem(path=path, message=message, hint=hint)
        elif key in NOT_OUTCOMES and path.startswith(("deals.", "created_enters")):
            yield Problem(path=path, message=f'"{key}" has another meaning in a model; use another key')
    for key in mapping.stages:
        if key in ("won", "lost", "churned", *mapping.outcomes, *NOT_OUTCOMES):
            yield Problem(path=f"stages.{key}", message="is an outcome and cannot be a stage too")


def _stage_and_outcome_keys(mapping: Mapping) -> Iterator[tuple[str, str]]:
    """Path in the mapping, and the key there that names a stage or an outcome of the model."""
    for section in ("stages", "outcomes", "ends_with"):
        yield from ((f"{section}.{key}", key) for key in getattr(mapping, section))
    if mapping.deals is not None:
        for section in ("dates", "left"):
            yield from ((f"deals.{section}.{key}", key) for key in getattr(mapping.deals, section))
    if isinstance(mapping.created_enters, str):
        yield "created_enters", mapping.created_enters


def _check_labels(mapping: Mapping) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for path, labels in labels_by_path(mapping):
        for label in labels:
            earlier = seen.setdefault(same_label(label), path)
            if earlier != path:
                yield Problem(
                    path=path, message=f'label "{label}" is already under {earlier}; a label has one meaning'
                )


def labels_by_path(mapping: Mapping) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Path in the mapping, and the labels that it claims."""
    for key, stage in mapping.stages.items():
        yield f"stages.{key}", stage.labels
    for key, labels in mapping.outcomes.items():
        yield f"outcomes.{key}", labels
    yield "ignore", mapping.ignore
    yield "not_outcomes", mapping.not_outcomes


def _check_stage_names(mapping: Mapping) -> Iterator[Problem]:
    if not mapping.stages:
        return
    known = [*dict.fromkeys([*mapping.stages, "won", "lost", "churned", *mapping.outcomes])]
    named = [(f"deals.dates.{key}", key) for key in (mapping.deals.dates if mapping.deals else {})]
    named += [(f"deals.left.{key}", key) for key in (mapping.deals.left if mapping.deals else {})]
    if isinstance(mapping.created_enters, str):
        named.append(("created_enters", mapping.created_enters))
    for path, key in named:
        if key not in known:
            message = f'"{key}" is neither a stage nor an outcome; choose from {", ".join(known)}'
            yield Problem(path=path, message=message, hint=did_you_mean(key, known))


def _check_lookups(mapping: Mapping) -> Iterator[Problem]:
    for path, column in columns_by_path(mapping):
        if column.table is not None and not column.on:
            yield Problem(path=f"{path}.on", message="is missing: the column that both tables share")
        if column.table is None and column.on:
            yield Problem(path=f"{path}.table", message="is missing: the file to look up")
        if column.table is not None and path.startswith("events."):
            yield Problem(path=path, message="only columns of deals can be looked up in another table")


def columns_by_path(mapping: Mapping) -> Iterator[tuple[str, Column]]:
    """Path in the mapping, and the column that it names."""
    for section in ("events", "deals"):
        part: _Part | None = getattr(mapping, section)
        for field, value in part or ():
            if isinstance(value, Column):
                yield f"{section}.{field}", value
            elif isinstance(value, dict):
                yield from ((f"{section}.{field}.{key}", column) for key, column in value.items())


def _check_formats(mapping: Mapping) -> Iterator[Problem]:
    for column, written in mapping.date_formats.items():
        if problem := format_problem(written):
            yield Problem(path=f"date_formats.{column}", message=problem)
    if mapping.time_zone not in zoneinfo.available_timezones():
        yield Problem(
            path="time_zone",
            message=f'unknown time zone "{mapping.time_zone}"; write it like Europe/Berlin',
            hint=did_you_mean(mapping.time_zone, sorted(zoneinfo.available_timezones())),
        )


def _check_money(mapping: Mapping) -> Iterator[Problem]:
    for path, column in columns_by_path(mapping):
        money = path.rpartition(".")[2] in ("amount", "listed_amount")
        for name in ("decimal", "currency", "unit") if not money else ():
            if getattr(column, name) is not None:
                yield Problem(path=f"{path}.{name}", message="is for amounts only")
        if money and column.unit is not None and not _is_positive(column.unit):
            yield Problem(path=f"{path}.unit", message=_unit_message(column.unit))
    for name, rate in mapping.rates.items():
        if not _is_positive(rate):
            message = (
                f"expected a number above 0: what one {name} is worth in {mapping.currency or 'currency'}"
            )
            yield Problem(path=f"rates.{name}", message=f"{message}, found {_shown(rate)}")
        elif currency_named(name) == currency_named(mapping.currency) and rate != 1:
            yield Problem(
                path=f"rates.{name}", message=f"must be 1, not {rate}: it is the currency of the mapping"
            )
    for name, unit in mapping.units.items():
        if not _is_positive(unit):
            yield Problem(path=f"units.{name}", message=_unit_message(unit))
    if mapping.rates and not mapping.currency:
        yield Problem(path="currency", message="is required with [rates]: the currency to convert to")
    read = [currency_named(name) for name in mapping.rates]
    for name in sorted({name for name in read if read.count(name) > 1}):
        yield Problem(path="rates", message=f"has {name} {read.count(name)} times")


def _unit_message(unit: Any) -> str:
    return f"expected a number above 0, such as 1000 for thousands, found {_shown(unit)}"


def _is_positive(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < math.inf


def _check_country(mapping: Mapping) -> Iterator[Problem]:
    if mapping.holidays:
        try:
            country_code(mapping.holidays)
        except ValueError as error:
            yield Problem(path="holidays", message=str(error))


def _check_where(mapping: Mapping) -> Iterator[Problem]:
    rules = ("not", "from", "before")
    for column, rule in mapping.where.items():
        if isinstance(rule, dict):
            for key in set(rule) - set(rules):
                yield Problem(
                    path=f"where.{column}.{key}",
                    message="unknown rule; choose from not, from, before, or give a value or a list",
                    hint=did_you_mean(key, rules),
                )
            for key in ("from", "before"):
                if key in rule and not isinstance(rule[key], dt.date | int | float):
                    yield Problem(path=f"where.{column}.{key}", message="expected a date or a number")


def _check_tasks(mapping: Mapping) -> Iterator[Problem]:
    columns = mapping.events or EventColumns()
    if columns.started is None:
        for name in ("finished", "rep", "role"):
            if getattr(columns, name) is not None:
                yield Problem(path="events.started", message=f"is required with {name}: when the task began")
        if mapping.ends_with:
            message = "names tasks, so it needs the column with the start of each task: [events] started"
            yield Problem(path="ends_with", message=message)
    elif columns.finished is None:
        yield Problem(path="events.finished", message="is required with started: when the task ended")
    yield from _check_last_tasks(mapping)


def _check_last_tasks(mapping: Mapping) -> Iterator[Problem]:
    """A label that ends deals is that of a stage, and of one outcome."""
    known = {same_label(label) for stage in mapping.stages.values() for label in stage.labels}
    known |= {same_label(key) for key in mapping.stages}
    seen: dict[str, str] = {}
    for key, labels in mapping.ends_with.items():
        for label in labels:
            if seen.setdefault(same_label(label), key) != key:
                message = f'label "{label}" is already under ends_with.{seen[same_label(label)]}'
                yield Problem(path=f"ends_with.{key}", message=message)
            if mapping.stages and same_label(label) not in known:
                yield Problem(path=f"ends_with.{key}", message=f'"{label}" is not a label of a stage')


_CHECKS = (
    _check_keys,
    _check_labels,
    _check_stage_names,
    _check_lookups,
    _check_formats,
    _check_money,
    _check_country,
    _check_where,
    _check_tasks,
)
