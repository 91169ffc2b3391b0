"""Transitions sorted by deal and time, with numbers for texts: the input for visits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl


@dataclass(frozen=True, slots=True, kw_only=True)
class EventLog:
    """Transitions sorted by deal and time; those at the same time keep their order.

    Numbers sort and compare much faster than texts; texts are looked up at the end.

    Attributes
    ----------
    transitions : DataFrame
        As given; ``deal`` is the index in `deals`, ``key`` an Enum of `keys`.
    deals : Series of str
        Ids in alphabetical order.
    keys : tuple of str
        Stages and outcomes.
    """

    transitions: pl.DataFrame
    deals: pl.Series
    keys: tuple[str, ...]

    def names(self, positions: pl.Series) -> pl.Series:
        """The ids of deals."""
        return self.deals.gather(positions).alias("deal")


def make_event_log(transitions: pl.DataFrame, keys: Sequence[str]) -> EventLog:
    """Sort and number the transitions.

    Parameters
    ----------
    transitions : DataFrame
        With ``deal, key, at``.
    keys : sequence of str
        Keys that may occur; others that do are added.
    """
    position, deals = numbered(transitions["deal"])
    every = tuple(dict.fromkeys([*keys, *transitions["key"].unique().sort().to_list()]))
    coded = transitions.with_columns(position.alias("deal"), pl.col("key").cast(pl.Enum(every)))
    order = (
        coded.select("deal", "at", row=pl.int_range(pl.len(), dtype=pl.UInt32))
        .sort("at", maintain_order=True)
        .sort("deal", maintain_order=True)["row"]
    )
    return EventLog(transitions=coded[order], deals=deals, keys=every)


def keys_of(transitions: pl.DataFrame) -> list[str]:
    """The keys of an event log, by number."""
    keys = transitions.schema["key"]
    assert isinstance(keys, pl.Enum)
    return keys.categories.to_list()


def numbered(texts: pl.Series) -> tuple[pl.Series, pl.Series]:
    """The index of each text among the distinct texts in alphabetical order, and these; no nulls."""
    kinds = texts.cast(pl.Categorical)
    codes = kinds.to_physical()
    known = pl.DataFrame({"kind": kinds.unique()})
    known = known.select(pl.col("kind").to_physical().alias("code"), pl.col("kind").cast(pl.String)).sort(
        "kind"
    )
    if known.is_empty():
        return pl.Series(dtype=pl.UInt32), known["kind"]
    position = np.zeros(int(known["code"].to_numpy().max()) + 1, dtype=np.uint32)
    position[known["code"].to_numpy()] = np.arange(known.height, dtype=np.uint32)
    return pl.Series(position[codes.to_numpy()]), known["kind"]
