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
    known = _labels(events, "label", "from_label") | _labels(deals, "stage_label")
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
    for label, rule in mapping.renames.items():
        if events is not None:
            for column in [name for name in ("label", "from_label") if name in events.columns]:
                events = events.with_columns(_renamed(column, label, rule, pl.col("at")))
        if deals is not None and (isinstance(rule, str) or "before" not in rule):
            # The present stage of a deal has its label of today.
            deals = deals.with_columns(_renamed("stage_label", label, rule, pl.lit(dt.datetime.max)))
    return replace(extracted, events=events, deals=deals)


def _labels(frame: pl.DataFrame | None, *columns: str) -> dict[str, str]:
    if frame is None:
        return {}
    labels = [
        label for name in columns if name in frame.columns for label in frame[name].drop_nulls().unique()
    ]
    return {same_label(label): label for label in labels}


def _renamed(column: str, label: str, rule: Any, at: pl.Expr) -> pl.Expr:
    plain = same_label(label)
    here = pl.col(column).map_elements(lambda text: same_label(text) == plain, return_dtype=pl.Boolean)
    to = rule if isinstance(rule, str) else rule["to"]
    if not isinstance(rule, str):
        if "before" in rule:
            here &= at < _midnight(rule["before"])
        if "from" in rule:
            here &= at >= _midnight(rule["from"])
    return pl.when(here.fill_null(False)).then(pl.lit(to)).otherwise(column).alias(column)


def _midnight(day: dt.date) -> dt.datetime:
    return day if isinstance(day, dt.datetime) else dt.datetime(day.year, day.month, day.day)
