"""Discover the stages and moves of a sales process from a history of leads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from funnelsim.documents.process_map import START, Hidden, MapStage, Move
from funnelsim.history.files.events import History
from funnelsim.processmap.funnel_order import FunnelOrder
from funnelsim.processmap.paths import moves_of, recorded_days, stage_order
from funnelsim.processmap.rare_moves import rare
from funnelsim.processmap.time_in_stage import quantiles

#: Quantiles of the time in a stage.
LEVELS = (0.5, 0.8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovered:
    """What a history shows of its process; `stages` in funnel order, `moves` most frequent first."""

    order: FunnelOrder
    stages: tuple[MapStage, ...]
    moves: tuple[Move, ...]
    hidden: Hidden
    outcomes: tuple[str, ...]


def discover(history: History, *, min_share: float = 0.0) -> Discovered:
    """Count visits, moves and times of a history.

    Parameters
    ----------
    history : History
    min_share : float, default 0
        Moves of a smaller share of the ended visits of their origin are left out, except the most frequent
        way into and out of each stage.
    """
    order = FunnelOrder(stage_order(history))
    table = _with_codes(moves_of(history)).collect()
    moves = _moves(table, order)
    hidden = rare(moves, min_share)
    left_out = {(move.origin, move.to) for move in hidden}
    outcomes = {move.to for move in moves} - set(order.stages)
    return Discovered(
        order=order,
        stages=tuple(_stages(history, order, moves)),
        moves=tuple(move for move in moves if (move.origin, move.to) not in left_out),
        hidden=Hidden(moves=len(hidden), leads=_leads_of(table, hidden), min_share=min_share),
        outcomes=in_usual_order(outcomes),
    )


def in_usual_order(outcomes: set[str]) -> tuple[str, ...]:
    """Won, lost and churned before others."""
    usual = ("won", "lost", "churned")
    return (*(key for key in usual if key in outcomes), *sorted(outcomes - set(usual)))


def _with_codes(moves: pl.LazyFrame) -> pl.LazyFrame:
    """Leads as numbers, which are counted several times as fast as texts."""
    return moves.with_columns(pl.col("deal").cast(pl.Categorical).to_physical())


def _moves(table: pl.DataFrame, order: FunnelOrder) -> list[Move]:
    counted = (
        table.lazy()
        .group_by("from", "to")
        .agg(n=pl.len(), leads=pl.col("deal").n_unique(), days=pl.col("days").median())
        .with_columns(share=pl.col("n") / pl.col("n").sum().over("from"))
        .collect()
    )
    found = [
        Move(
            origin=row["from"],
            to=row["to"],
            kind=order.kind(row["from"], row["to"]),
            n=row["n"],
            leads=row["leads"],
            share=row["share"],
            median_days=row["days"],
        )
        for row in counted.iter_rows(named=True)
    ]
    place = {key: n for n, key in enumerate((START, *order.stages))}
    return sorted(found, key=lambda m: (place[m.origin], -(m.n or 0), place.get(m.to, len(place)), m.to))


def _leads_of(table: pl.DataFrame, moves: Sequence[Move]) -> int:
    """Different leads that made any of some moves."""
    ends = {"from": [move.origin for move in moves], "to": [move.to for move in moves]}
    rows = pl.DataFrame(ends, schema={"from": pl.String, "to": pl.String})
    return table.join(rows, on=["from", "to"], how="semi")["deal"].n_unique()


def _stages(history: History, order: FunnelOrder, moves: Sequence[Move]) -> Iterator[MapStage]:
    counted = (
        _with_codes(history.visits.lazy())
        .group_by("stage")
        .agg(
            entered=pl.len(),
            leads=pl.col("deal").n_unique(),
            open=pl.col("exit").is_null().sum(),
        )
        .collect()
    )
    rows = {row["stage"]: row for row in counted.iter_rows(named=True)}
    times = _times(history)
    for key in order.stages:
        ways = [move for move in moves if move.origin == key]
        ended = sum(move.n or 0.0 for move in ways)
        row = rows.get(key, {"entered": 0, "leads": 0, "open": 0})
        onward = sum(move.n or 0.0 for move in ways if order.is_conversion(key, move.to))
        median, p80 = times.get(key, (None, None))
        yield MapStage(
            stage=key,
            entered=row["entered"],
            leads=row["leads"],
            open=row["open"],
            won=sum(move.n or 0.0 for move in ways if move.kind == "won"),
            lost=sum(move.n or 0.0 for move in ways if move.kind in ("lost", "ended")),
            conversion=onward / ended if ended and history.meta.losses_recorded else None,
            median_days=median,
            p80_days=p80,
        )


def _times(history: History) -> dict[str, list[float | None]]:
    """Median and 80 % quantile of the time in each stage."""
    meta = history.meta
    lengths = (
        history.visits.lazy()
        .with_columns(pl.col("left").fill_null(meta.as_of), open=pl.col("exit").is_null())
        .select("stage", "open", days=recorded_days("entered", "left", meta))
        .filter(pl.col("days").is_not_null())
    )
    found = {}
    for (stage,), part in lengths.collect().partition_by("stage", as_dict=True).items():
        found[str(stage)] = quantiles(part["days"].to_numpy(), part["open"].to_numpy(), LEVELS)
    return found
