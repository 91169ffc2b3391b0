"""Checks of a mapping: keys that contradict each other, or that cannot be followed."""

from __future__ import annotations

import datetime as dt
import math
import zoneinfo
from collections.abc import Iterator
from typing import Any

from funnelsim.core.calendar.public_holidays import country_code
from funnelsim.core.errors import Problem, did_you_mean
from funnelsim.history.mapping.keys import (
    NOT_OUTCOMES,
    EventColumns,
    Mapping,
    columns_by_path,
    labels_by_path,
)
from funnelsim.history.mapping.messages import shown
from funnelsim.history.values.currency_names import currency_named
from funnelsim.history.values.date_formats import format_problem
from funnelsim.history.values.labels import is_key, same_label, slug


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
            yield Problem(path=f"rates.{name}", message=f"{message}, found {shown(rate)}")
        elif currency_named(name) == currency_named(mapping.currency) and rate != 1:
            yield Problem(
                path=f"rates.{name}", message=f"must be 1, not {rate}: it is the currency of the mapping"
            )
    for name, unit in mapping.units.items():
        if not _is_positive(unit):
            yield Problem(path=f"units.{name}", message=_unit_message(unit))
    if (mapping.rates or mapping.rates_file) and not mapping.currency:
        given = "[rates]" if mapping.rates else "rates_file"
        yield Problem(path="currency", message=f"is required with {given}: the currency to convert to")
    read = [currency_named(name) for name in mapping.rates]
    for name in sorted({name for name in read if read.count(name) > 1}):
        yield Problem(path="rates", message=f"has {name} {read.count(name)} times")


def _unit_message(unit: Any) -> str:
    return f"expected a number above 0, such as 1000 for thousands, found {shown(unit)}"


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


def _check_renames(mapping: Mapping) -> Iterator[Problem]:
    for label, rule in mapping.renames.items():
        path = f"renames.{label}"
        if isinstance(rule, str):
            continue
        if not isinstance(rule, dict) or not isinstance(rule.get("to"), str):
            message = 'expected the new label, or { to = "the new label", before = 2026-01-01 }'
            yield Problem(path=path, message=f"{message}, found {shown(rule)}")
            continue
        for key in set(rule) - {"to", "before", "from"}:
            yield Problem(path=f"{path}.{key}", message="unknown key; choose from to, before, from")
        for key in ("before", "from"):
            if key in rule and not isinstance(rule[key], dt.date):
                yield Problem(path=f"{path}.{key}", message=f"expected a date, found {shown(rule[key])}")


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
    _check_renames,
    _check_tasks,
)


def mapping_problems(mapping: Mapping) -> list[Problem]:
    """All that contradicts itself or cannot be followed in a mapping whose keys and types are right."""
    return [problem for check in _CHECKS for problem in check(mapping)]
