"""From transitions to visits: contradictions are skipped, repeats are merged, and both are counted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from funnelsim.history.cleaning.event_log import EventLog
from funnelsim.history.cleaning.order import entered_before
from funnelsim.history.files.events import VISIT_SCHEMA
from funnelsim.history.ledger import (
    AFTER_OUTCOME,
    LATER,
    NO_STAGE,
    TAKEN_BACK,
    Ledger,
)
from funnelsim.history.readers.table import ROW


@dataclass(slots=True, kw_only=True)
class CleanVisits:
    """Clean visits and the outcome of each deal, as known at the as-of time.

    Attributes
    ----------
    visits : DataFrame
        `VISIT_SCHEMA`, sorted by deal and entry.
    endings : DataFrame
        ``deal, outcome, closed`` of the deals that are closed.
    retracted : DataFrame
        `RETRACTED_SCHEMA`: outcomes that were reversed or replaced.
    aside : dict of str to Series
        Reason -> deals that are skipped.
    rows_used : int
        Rows of events that are used, merged ones included.
    """

    visits: pl.DataFrame
    endings: pl.DataFrame
    retracted: pl.DataFrame
    skipped: dict[str, pl.Series]
    rows_used: int
    findings: dict[str, Any] = field(default_factory=dict)


def known_transitions(transitions: pl.DataFrame, as_of: dt.datetime, ledger: Ledger) -> pl.DataFrame:
    """Transitions before `as_of`; later ones are skipped."""
    return ledger.keep(transitions, pl.col("at") < as_of, LATER)


def make_visits(log: EventLog, order: Sequence[str], ledger: Ledger) -> CleanVisits:
    """Merge and number the transitions of each deal, and turn them into visits.

    Transitions at the same time are sorted in funnel order, outcomes last. Entering the current stage again
    is merged. An outcome followed by a stage was reversed and is removed. Of several final outcomes the
    last one counts, but a client who churned was won.
    """
    known, repeats = _merge_repeats(_in_funnel_order(log, order))
    known, retracted = _drop_taken_back(known, ledger)
    known, replaced = _keep_last_outcome(known, ledger)
    known, more_repeats = _merge_repeats(known)
    repeats = pl.concat([repeats, more_repeats])
    placed = known.filter(~pl.col("is_outcome"))["deal"].unique()
    no_stage = known.filter(~pl.col("deal").is_in(placed.implode()))["deal"].unique()
    for part in (known, repeats):
        ledger.skip(part.filter(pl.col("deal").is_in(no_stage.implode())), NO_STAGE)
    known = known.filter(pl.col("deal").is_in(placed.implode()))
    repeats = repeats.filter(pl.col("deal").is_in(placed.implode()))
    visits = _visits(known)
    endings = known.filter("is_outcome").select("deal", outcome=pl.col("key").cast(pl.String), closed="at")
    return CleanVisits(
        visits=visits.with_columns(log.names(visits["deal"])),
        endings=endings.with_columns(log.names(endings["deal"])),
        retracted=pl.concat(part.with_columns(log.names(part["deal"])) for part in (retracted, replaced)),
        skipped={NO_STAGE: log.names(no_stage)},
        rows_used=_recorded(known) + _recorded(repeats),
        findings={
            "repeats_merged": _recorded(repeats),
            "taken_back": dict(retracted["outcome"].value_counts(sort=True).iter_rows()),
            "outcomes_at_once": int((replaced["closed"] == replaced["until"]).sum()),
            "reentries": int((visits["visit"] > 1).sum()),
            **_order_counts(known),
        },
    )


def beginnings(visits: pl.DataFrame) -> pl.DataFrame:
    """``deal, begun`` for each deal, in the order of `visits`, which are sorted by deal and entry."""
    return visits.lazy().select("deal", begun="entered").filter(~_same_deal()).collect()


def _in_funnel_order(log: EventLog, order: Sequence[str]) -> pl.DataFrame:
    """The transitions with their ``rank`` in the funnel, which sorts those at the same time."""
    rank = {key: position for position, key in enumerate(order)}
    rank_of = pl.Series([rank.get(key, len(order)) for key in log.keys], dtype=pl.Int32)
    transitions = log.transitions.with_columns(
        rank_of.gather(log.transitions["key"].to_physical()).alias("rank")
    )
    at_once = _same_deal() & (pl.col("at") == pl.col("at").shift()).fill_null(False)
    tied = transitions.select(at_once | at_once.shift(-1, fill_value=False)).to_series()
    if not tied.any():
        return transitions
    # Tied transitions are neighbours: sorted among themselves they fill the same positions.
    positions = pl.int_range(len(tied), dtype=pl.UInt32, eager=True)
    sorted_ties = (
        transitions.select("deal", "at", "rank", position=positions)
        .filter(tied)
        .sort("deal", "at", "rank", maintain_order=True)["position"]
    )
    return transitions[positions.scatter(tied.arg_true(), sorted_ties)]


def _recorded(transitions: pl.DataFrame) -> int:
    return transitions.height - transitions[ROW].null_count()


def _same_deal(shift: int = 1) -> pl.Expr:
    return (pl.col("deal") == pl.col("deal").shift(shift)).fill_null(False)


def _merge_repeats(transitions: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Transitions without repeats, and the repeats: entries into the current stage or outcome."""
    again = transitions.select((_same_deal() & (pl.col("key") == pl.col("key").shift())).alias("again"))[
        "again"
    ]
    return transitions.filter(~again), transitions.filter(again)


def _drop_taken_back(transitions: pl.DataFrame, ledger: Ledger) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Transitions without the outcomes that a stage entry of the same deal follows, and these outcomes.

    `transitions` are sorted by deal and time.
    """
    followed = transitions.select(
        (_same_deal(-1) & ~pl.col("is_outcome").shift(-1)).fill_null(False).alias("f")
    )["f"]
    if not (transitions["is_outcome"] & followed).any():
        return transitions, _retracted(transitions.clear().with_columns(until="at"))
    entry = pl.when(~pl.col("is_outcome")).then("at")
    placed = transitions.with_columns(until=entry.backward_fill().over("deal"))
    back = pl.col("is_outcome") & pl.col("until").is_not_null()
    taken_back = placed.filter(back)
    ledger.skip(taken_back, TAKEN_BACK)
    return placed.filter(~back).drop("until"), _retracted(taken_back)


def _retracted(taken_back: pl.DataFrame) -> pl.DataFrame:
    return taken_back.select("deal", outcome=pl.col("key").cast(pl.String), closed="at", until="until")


def _keep_last_outcome(transitions: pl.DataFrame, ledger: Ledger) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Transitions with one outcome per deal, and the replaced outcomes."""
    if (transitions["key"] == "churned").any():
        was_won = (pl.col("key") == "won").cum_max().over("deal")
        transitions = ledger.keep(transitions, ~((pl.col("key") == "churned") & was_won), AFTER_OUTCOME)
    next_is_outcome = (_same_deal(-1) & pl.col("is_outcome").shift(-1)).fill_null(False)
    replaced = pl.col("is_outcome") & next_is_outcome
    taken_back = _retracted(transitions.with_columns(until=pl.col("at").shift(-1)).filter(replaced))
    return ledger.keep(transitions, ~replaced, TAKEN_BACK), taken_back


def _visits(transitions: pl.DataFrame) -> pl.DataFrame:
    goes_on = _same_deal(-1)
    entries = transitions.with_columns(
        pl.when(goes_on).then(pl.col("at").shift(-1)).alias("left"),
        pl.when(goes_on).then(pl.col("key").shift(-1)).alias("exit"),
    ).filter(~pl.col("is_outcome"))
    return (
        entries.with_columns(_number_of_visit(entries).alias("visit"))
        .rename({"key": "stage", "at": "entered"})
        .select("deal", *(pl.col(name).cast(dtype) for name, dtype in VISIT_SCHEMA.items() if name != "deal"))
    )


def _number_of_visit(entries: pl.DataFrame) -> pl.Series:
    """1, 2, ... for the visits of a deal to a stage; only deals that return are counted."""
    numbers = pl.Series([1], dtype=pl.Int32).new_from_index(0, entries.height)
    key = entries["key"].to_physical().to_numpy()
    again = entered_before(entries["deal"].to_numpy(), key, int(key.max()) + 1 if len(key) else 0)
    if not again.any():
        return numbers
    returning = entries["deal"].is_in(entries["deal"].filter(again).unique().implode())
    repeated = entries.select("deal", pl.col("key").to_physical()).filter(returning)
    counted = repeated.select(pl.int_range(1, pl.len() + 1).over("deal", "key").cast(pl.Int32).alias("n"))[
        "n"
    ]
    return numbers.scatter(returning.arg_true(), counted)


def _order_counts(transitions: pl.DataFrame) -> dict[str, int]:
    """Counts of transitions that skip stages, that go back, and that happen at the time of the one before."""
    within = _same_deal() & ~pl.col("is_outcome")
    steps = transitions.select(within=within, before=pl.col("rank").shift(), after="rank").filter("within")
    counts = steps.group_by("before", "after").len()
    pairs = {
        (before, after): number for before, after, number in counts.select("before", "after", "len").rows()
    }
    skipping = _skipping(pair for pair in pairs if pair[0] < pair[1])
    same = _same_deal() & (pl.col("at") == pl.col("at").shift())
    return {
        "skips": sum(pairs[pair] for pair in skipping),
        "backward": sum(number for (before, after), number in pairs.items() if after < before),
        "same_instant": int(transitions.select(same.sum()).item() or 0),
    }


def _skipping(transitions: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Forward transitions that skip a stage on another path; stages of other pipelines do not count."""
    ahead: dict[int, int] = {}  # stage -> those that can be reached from it, a bit for each
    every = sorted(transitions, reverse=True)
    for before, after in every:
        ahead[before] = ahead.get(before, 0) | 1 << after | ahead.get(after, 0)
    nexts: dict[int, list[int]] = {}
    for before, after in every:
        nexts.setdefault(before, []).append(after)
    return [
        (before, after)
        for before, after in every
        if any(ahead.get(between, 0) >> after & 1 for between in nexts[before] if between < after)
    ]
