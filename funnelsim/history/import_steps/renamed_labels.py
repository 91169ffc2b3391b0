"""Labels of stages that were renamed: old rows get the label that the stage has now."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import polars as pl

from funnelsim.core.errors import HistoryError, Problem, did_you_mean
from funnelsim.history.columns.extract import Extract
from funnelsim.history.mapping.keys import Mapping
from funnelsim.history.values.labels import same_label


def with_new_labels(extracted: Extract, mapping: Mapping) -> Extract:
    """The rows with the labels of ``[renames]``; a rename with a date changes rows on its side of it only.

    Raises
    ------
    HistoryError
        If no row has a label that is renamed.
    """
    if not mapping.renames:
        return extracted
    events, deals = extracted.events, extracted.deals
    spelled = {*_labels(events, "label", "from_label"), *_labels(deals, "stage_label")}
    known = {same_label(label): label for label in sorted(spelled)}
    problems = [
        Problem(
            path=f"renames.{label}",
            message="no row has this label",
            hint=did_you_mean(label, sorted(known.values())),
        )
        for label in mapping.renames
        if same_label(label) not in known
    ]
    if problems:
        raise HistoryError("mapping", problems)
    for renamed, rule in mapping.renames.items():
        labels = [one for one in spelled if same_label(one) == same_label(renamed)]
        if events is not None:
            for column in [name for name in ("label", "from_label") if name in events.columns]:
                events = events.with_columns(_renamed(column, labels, rule, pl.col("at")))
        if deals is not None and (isinstance(rule, str) or "before" not in rule):
            # The present stage of a deal has its label of today.
            deals = deals.with_columns(_renamed("stage_label", labels, rule, pl.lit(dt.datetime.max)))
    return replace(extracted, events=events, deals=deals)


def _labels(frame: pl.DataFrame | None, *columns: str) -> list[str]:
    if frame is None:
        return []
    return [label for name in columns if name in frame.columns for label in frame[name].drop_nulls().unique()]


def _renamed(column: str, labels: list[str], rule: Any, at: pl.Expr) -> pl.Expr:
    """The column with the new label, where it has one of `labels` and the date of the rule fits."""
    here = pl.col(column).is_in(labels)
    to = rule if isinstance(rule, str) else rule["to"]
    if not isinstance(rule, str):
        if "before" in rule:
            here &= at < _midnight(rule["before"])
        if "from" in rule:
            here &= at >= _midnight(rule["from"])
    return pl.when(here.fill_null(False)).then(pl.lit(to)).otherwise(column).alias(column)


def _midnight(day: dt.date) -> dt.datetime:
    return day if isinstance(day, dt.datetime) else dt.datetime(day.year, day.month, day.day)
