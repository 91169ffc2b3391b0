"""Which deals have ended, as their labels say in plain words: evidence for what a column holds."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from funnelsim.history.columns.column_reader import clean_text
from funnelsim.history.mapping.keys import DealColumns, Mapping, labels_by_path
from funnelsim.history.presets.names import status_columns
from funnelsim.history.sources.stack import Stack
from funnelsim.history.values.labels import known_outcome, same_label
from funnelsim.history.values.outcome_words import read_words


def claimed_outcomes(mapping: Mapping) -> dict[str, str]:
    """Labels (as `same_label` has them) that the mapping lists as outcomes -> the outcome."""
    return {
        same_label(label): path.removeprefix("outcomes.")
        for path, labels in labels_by_path(mapping)
        if path.startswith("outcomes.")
        for label in labels
    }


def labels_of_endings(stack: Stack, columns: DealColumns) -> Iterator[pl.Series]:
    """Labels of each column that may say how deals ended: the stage, the outcome, any named like a status."""
    named = [one.column for one in (columns.stage, columns.outcome) if one and one.table is None]
    for name in dict.fromkeys([*named, *status_columns(stack.columns)]):
        if name in stack.columns:
            yield clean_text(stack.frame[name])


def ending_labels(labels: pl.Series, claimed: dict[str, str]) -> dict[str, str]:
    """Labels that end a deal -> the outcome, empty where the words do not say which."""
    endings = {}
    for label in labels.drop_nulls().unique():
        words = read_words(label)
        says = words.outcome if words and words.strength in ("sure", "likely", "end") else None
        key = claimed.get(same_label(label), known_outcome(label) or says)
        if key is not None:
            endings[label] = key
    return endings


def share_filled(filled: pl.Series, rows: pl.Series) -> float:
    """Share of these rows that are filled; 0 where there are none."""
    chosen = rows.fill_null(False)
    number = int(chosen.sum())
    return int((filled & chosen).sum()) / number if number else 0.0
