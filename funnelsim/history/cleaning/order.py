"""Funnel order of the stages, read from the paths that deals took."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from funnelsim.history.cleaning.event_log import keys_of, make_event_log

#: The source of an inferred order, for the audit.
FROM_PATHS = "the paths of the deals"


def infer_order(transitions: pl.DataFrame, stages: Sequence[str]) -> list[str]:
    """Stages in the order in which deals first enter them; see `order_of_paths`.

    Parameters
    ----------
    transitions : DataFrame
        Columns ``deal, key, at``, stage entries only.
    """
    return order_of_paths(make_event_log(transitions.select("deal", "key", "at"), stages).transitions, stages)


def order_of_paths(transitions: pl.DataFrame, stages: Sequence[str]) -> list[str]:
    """Stages in the order in which deals first enter them.

    For each pair of stages the deals that entered both decide which comes first; stages are sorted by the
    pairs they win less those they lose (Copeland's rule). Entries at the same time do not count. Equal
    stages keep the order of `stages`.

    Parameters
    ----------
    transitions : DataFrame
        Stage entries of an `EventLog`.

    References
    ----------
    Copeland, A. H. (1951). A reasonable social welfare function. University of Michigan seminar.
    """
    if len(stages) < 2 or transitions.is_empty():
        return list(stages)
    position = {key: index for index, key in enumerate(stages)}
    number_of = np.array([position.get(key, 0) for key in keys_of(transitions)], dtype=np.int64)
    deal = transitions["deal"].to_numpy()
    number = number_of[transitions["key"].to_physical().to_numpy()]
    at = transitions["at"].to_physical().to_numpy()
    first = ~entered_before(deal, number, len(stages))
    before = _firsts_before(deal[first], number[first], at[first], len(stages))
    score = np.sign(before - before.T).sum(axis=1)
    entries = np.bincount(number[first], minlength=len(stages))
    order = sorted(stages, key=lambda key: (-score[position[key]], position[key]))
    return _usual_name_first(order, position, before, entries)


def _usual_name_first(
    order: list[str], position: dict[str, int], before: NDArray[np.int64], entries: NDArray[np.int64]
) -> list[str]:
    """``proposal`` before the rare ``proposal_sent`` next to it where no deal entered both.

    The paths say nothing about two names of one stage, and the rare one met fewer others.
    """
    for place in range(len(order) - 1):
        one, two = order[place : place + 2]
        i, j = position[one], position[two]
        alike = one.startswith(f"{two}_") or two.startswith(f"{one}_")
        if alike and entries[j] > entries[i] and not before[i, j] and not before[j, i]:
            order[place : place + 2] = [two, one]
    return order


def entered_before(deal: NDArray[np.uint32], number: NDArray[np.int64], stages: int) -> NDArray[np.bool_]:
    """True for each entry into a stage that its deal has entered before; sorted by deal, shape (N,)."""
    again = np.zeros(len(deal), dtype=np.bool_)
    for stage in range(stages):
        entries = np.flatnonzero(number == stage)
        again[entries[1:][deal[entries[1:]] == deal[entries[:-1]]]] = True
    return again


def _firsts_before(
    deal: NDArray[np.uint32], number: NDArray[np.int64], at: NDArray[np.int64], stages: int
) -> NDArray[np.int64]:
    """Deals that entered stage i at an earlier instant than stage j, shape (stages, stages)."""
    before = np.zeros(stages * stages, dtype=np.int64)
    for lag in range(1, stages):
        same = deal[lag:] == deal[:-lag]
        if not same.any():
            break
        pairs = number[:-lag] * stages + number[lag:]
        before += np.bincount(pairs[same & (at[:-lag] < at[lag:])], minlength=stages * stages)
    return before.reshape(stages, stages)
