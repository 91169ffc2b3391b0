"""Moves that a model does not have, and the stages that they skip."""

from __future__ import annotations

import polars as pl

from funnelsim.documents.map_conformance import StageDrift, UnknownMove
from funnelsim.documents.process_map import START
from funnelsim.processmap.conformance.affected import affected_by, extended
from funnelsim.processmap.conformance.allowed import MeantMap
from funnelsim.processmap.journeys import Journeys


def all_moves(journeys: Journeys, partners: dict[str, str], meant: MeantMap) -> pl.DataFrame:
    """Every move of the history: ``d``, ``origin``, ``to``, ``stage`` (that it belongs to) and ``known``.

    The entry of a lead is a move from `START` that belongs to the stage it enters. A stage without a partner
    in the model has no known move.
    """
    visits = journeys.visits
    entry = pl.lit(START).cast(visits.schema["stage"])
    entries = visits.filter(pl.col("step") == 0).select("d", origin=entry, to="stage", stage="stage")
    moves = visits.drop_nulls("exit").select("d", origin="stage", to="exit", stage="stage")
    both = pl.concat([entries, moves])
    kinds = both.select("origin", "to").unique()
    known = [is_meant(origin, to, partners, meant) for origin, to in kinds.iter_rows()]
    kinds = kinds.with_columns(known=pl.Series(known, dtype=pl.Boolean))
    return both.join(kinds, on=["origin", "to"], how="left", maintain_order="left")


def is_meant(origin: str, to: str, partners: dict[str, str], meant: MeantMap) -> bool:
    """Whether the model has a move of the history."""
    return (_in_model(origin, partners), _in_model(to, partners)) in meant.moves


def _in_model(key: str, partners: dict[str, str]) -> str:
    """A stage as the model calls it; outcomes have the same key in both."""
    return partners.get(key, key)


def unknown_moves(
    journeys: Journeys, moves: pl.DataFrame, partners: dict[str, str], meant: MeantMap
) -> tuple[list[UnknownMove], pl.DataFrame]:
    """The moves that the model does not have, the most frequent first, and those of them that skip stages.

    Returns
    -------
    list of UnknownMove
    DataFrame
        ``d`` and ``key``: a row for each stage that a move skips.
    """
    unknown = moves.filter(~pl.col("known"))
    kinds = (
        unknown.group_by("origin", "to")
        .len()
        # An enumeration sorts in funnel order.
        .sort("len", "origin", "to", descending=[True, False, False])
        .with_columns(key=pl.int_range(pl.len()))
    )
    leads = affected_by(journeys, unknown.join(kinds, on=["origin", "to"]))
    made, pairs = [], []
    skipped = _skipped(kinds.select("origin", "to"), partners, meant)
    for origin, to, n, key in kinds.iter_rows():
        skips = skipped[origin, to]
        pairs += [(origin, to, stage) for stage in skips]
        made.append(extended(UnknownMove, leads[key], origin=origin, to=to, n=n, skips=skips))
    keys = moves.schema["origin"]
    schema = {"origin": keys, "to": keys, "key": pl.String()}
    skipping = pl.DataFrame(pairs, schema=schema, orient="row")
    return made, unknown.join(skipping, on=["origin", "to"]).select("d", "key")


def _skipped(
    kinds: pl.DataFrame, partners: dict[str, str], meant: MeantMap
) -> dict[tuple[str, str], tuple[str, ...]]:
    """The stages that each unknown move skips."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for origin, targets in kinds.group_by("origin").agg("to").iter_rows():
        in_model = {to: _in_model(to, partners) for to in targets}
        skips = meant.skipped(_in_model(origin, partners), list(in_model.values()))
        found |= {(origin, to): skips.get(key, ()) for to, key in in_model.items()}
    return found


def skipped_stages(journeys: Journeys, skips: pl.DataFrame) -> list[StageDrift]:
    """One record for each stage that leads passed over."""
    leads = affected_by(journeys, skips)
    made = [extended(StageDrift, one, stage=stage) for stage, one in leads.items()]
    return sorted(made, key=lambda one: (-one.leads, one.stage))
