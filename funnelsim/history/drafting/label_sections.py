"""The sections of a drafted mapping that say which labels are stages and which are outcomes."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from funnelsim.history.files.events import History
from funnelsim.history.mapping.keys import DealColumns, EventColumns
from funnelsim.history.readers.table import Table
from funnelsim.history.toml_text import in_comment, quoted, quoted_list
from funnelsim.history.values.labels import is_key, known_outcome, slug

_MOST_LABELS = 60


def label_sections(history: History) -> Iterator[str]:
    labels = history.meta.audit["labels"]
    yield "[stages]                        # in funnel order: key = label, or labels that mean the same"
    for key, name in history.meta.stages.items():
        same = [row["label"] for row in labels if row["read_as"] == key]
        yield f"{key} = {_labels_text(name, same)}"
    for row in labels:
        if row["kind"] == "stage" and row["read_as"] not in history.meta.stages and is_key(row["read_as"]):
            yield f"{row['read_as']} = {quoted(row['label'])}   # no deal enters it"
    yield ""
    yield "[outcomes]                      # won, lost, churned, or outcomes of your own"
    recognised: dict[str, list[str]] = {}
    for row in labels:
        if row["kind"] == "outcome":
            recognised.setdefault(row["read_as"], []).append(row["label"])
    for key in recognised or {"won": [], "lost": []}:
        yield f"{key} = {quoted_list(recognised.get(key, []))}"
    yield ""


def label_candidates(table: Table | None, columns: DealColumns | EventColumns | None) -> Iterator[str]:
    """Labels of the stage column as comments, where it is not known what they mean."""
    column = columns.stage if columns else None
    if table is None or column is None or column.column not in table.columns:
        return
    labels = (
        table.frame[column.column].cast(pl.String).drop_nulls().unique(maintain_order=True).head(_MOST_LABELS)
    )
    yield "# [stages]                      # in funnel order: key = label, or labels that mean the same"
    for label in labels:
        if known_outcome(label) is None and is_key(slug(label)):
            yield f"# {slug(label)} = {in_comment(quoted(label), 0)}"
    yield "# [outcomes]                    # won, lost, churned, or outcomes of your own"
    for label in labels:
        if (key := known_outcome(label)) is not None:
            yield f"# {key} = {in_comment(quoted(label), 0)}"
    yield ""


def _labels_text(name: str, labels: list[str]) -> str:
    """A stage's labels; with its name where that is none of them."""
    if not labels or labels[0] == name or name.casefold() == labels[0].casefold():
        return quoted_list(labels or [name])
    return f"{{ name = {quoted(name)}, labels = {quoted_list(labels, always=True)} }}"
