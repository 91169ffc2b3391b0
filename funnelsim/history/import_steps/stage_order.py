"""The order of the stages: from the mapping, from the CRM, or from the paths of the deals."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from funnelsim.history.cleaning.event_log import EventLog
from funnelsim.history.cleaning.order import FROM_PATHS, order_of_paths
from funnelsim.history.values.labels import LabelBook


def stage_order(book: LabelBook, sort_order: Mapping[str, float], log: EventLog) -> tuple[list[str], str]:
    """The stages in funnel order, and where that order comes from (for the audit)."""
    keys = list(book.stages)
    if book.closed:
        return keys, "the mapping"
    if sort_order:
        ordered = sorted(keys, key=lambda key: (sort_order.get(key, float("inf")), keys.index(key)))
        return ordered, "the CRM's sort order"
    entries = log.transitions.filter(~pl.col("is_outcome"))
    return order_of_paths(entries, keys), FROM_PATHS if len(keys) > 1 else ""
