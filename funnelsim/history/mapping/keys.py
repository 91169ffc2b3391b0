"""The keys of a mapping file: what the columns and labels of an export mean."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

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
    product: ColumnName | None = None
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
    times_in: Literal["UTC", "local"] | None = None  # what times without an offset are in; default: detected
    holidays: str = ""  # the country, as ISO 3166 has it, whose public holidays they keep
    decimal: Literal[".", ","] | None = None
    missing: Labels = ()
    hidden_sheets: Labels = ()  # of a workbook, that are read all the same
    zero_amount: Literal["amount", "unknown"] = "amount"
    negative_amount: Literal["unknown", "amount", "positive"] = "unknown"
    rates: dict[str, Any] = Field(default_factory=dict)  # currency -> what one unit is worth in `currency`
    rates_file: str = ""  # a table of rates by date: currency, date, rate
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
    leads: bool = True  # Salesforce's leads, if given, come before the deals that they became
    pipeline: Labels = ()  # the pipelines or record types to read; default: all, each with its own stages
    ignore: Labels = ()
    not_outcomes: Labels = ()  # labels that are stages although they read like outcomes
    events: EventColumns | None = None
    deals: DealColumns | None = None
    stages: dict[str, Annotated[StageLabels, BeforeValidator(_stage)]] = Field(default_factory=dict)
    outcomes: dict[str, Labels] = Field(default_factory=dict)
    renames: dict[str, Any] = Field(default_factory=dict)  # label -> the label that it has now
    ends_with: dict[str, Labels] = Field(default_factory=dict)  # outcome -> tasks whose end it comes with
    date_formats: dict[str, str] = Field(default_factory=dict)
    aliases: dict[str, dict[str, str]] = Field(default_factory=dict)
    where: dict[str, Any] = Field(default_factory=dict)


def labels_by_path(mapping: Mapping) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Path in the mapping, and the labels that it claims."""
    for key, stage in mapping.stages.items():
        yield f"stages.{key}", stage.labels
    for key, labels in mapping.outcomes.items():
        yield f"outcomes.{key}", labels
    yield "ignore", mapping.ignore
    yield "not_outcomes", mapping.not_outcomes


def columns_by_path(mapping: Mapping) -> Iterator[tuple[str, Column]]:
    """Path in the mapping, and the column that it names."""
    for section, part in (("events", mapping.events), ("deals", mapping.deals)):
        yield from ((f"{section}.{field}", column) for field, column in columns_by_field(part))


def columns_by_field(part: EventColumns | DealColumns | None) -> Iterator[tuple[str, Column]]:
    """Field of a table (such as ``dates.demo``), and its column."""
    for field, value in part or ():
        if isinstance(value, Column):
            yield field, value
        elif isinstance(value, dict):
            yield from ((f"{field}.{key}", column) for key, column in value.items())


def columns_read(part: EventColumns | DealColumns) -> set[str]:
    """The columns that play a part already."""
    return {column.column for _, column in columns_by_field(part)}
