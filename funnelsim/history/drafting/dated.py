"""Dates of stages in a drafted mapping, under the keys that the mapping has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from funnelsim.history.files.events import History
from funnelsim.history.mapping.keys import Column, DealColumns
from funnelsim.history.toml_text import in_comment, quoted
from funnelsim.history.values.labels import is_key, slug

_MEANINGS = {"dates": "stage or outcome = the date of its entry", "left": "stage = when deals left it"}


def dated_sections(columns: DealColumns, history: History | None) -> Iterator[str]:
    """``[deals.dates]`` and ``[deals.left]``.

    A label that is read as an outcome has no key of its own: its date is that of the outcome, or a comment
    where the outcome has one already.
    """
    for title, dated in (("dates", columns.dates), ("left", columns.left)):
        if not dated:
            continue
        yield f"[deals.{title}]".ljust(32) + f"# {_MEANINGS[title]}"
        known = None if history is None else _keys(history)
        kept = {key: column for key, column in dated.items() if known is None or known.get(key) == key}
        for key, column in dated.items():
            if key in kept:
                yield f"{key} = {quoted(column.column)}"
            else:
                yield from _renamed(key, column, (known or {}).get(key, ""), kept, title)


def _renamed(key: str, column: Column, as_read: str, kept: dict[str, Column], title: str) -> Iterator[str]:
    name = quoted(column.column)
    if as_read and title == "dates" and as_read not in kept:
        kept[as_read] = column
        yield f"{as_read} = {name}"
    else:
        why = f"read as {as_read}" if as_read else "no deal enters it"
        yield f"# {in_comment(f'{as_read or key} = {name}', 0)}   # {key}: {why}"


def _keys(history: History) -> Mapping[str, str]:
    """What each key of a dated stage is in the mapping: itself, or the outcome that its label is read as."""
    labels = history.meta.audit["labels"]
    outcomes = {slug(row["label"]): row["read_as"] for row in labels if row["kind"] == "outcome"}
    stages = [row["read_as"] for row in labels if row["kind"] == "stage" and is_key(row["read_as"])]
    own = [*history.meta.stages, *stages, "won", "lost", "churned", *outcomes.values()]
    return outcomes | {key: key for key in own}
