"""Moves that a model does not have, and the stages that they skip."""

from __future__ import annotations

import polars as pl

from funnelsim.documents.map_conformance import StageDrift, UnknownMove
from funnelsim.documents.process_map import START
from funnelsim.processmap.conformance.affected import affected_by, extended
from funnelsim.processmap.conformance.allowed import MeantMap
from funnelsim.processmap.journeys import Journeys


def all_moves(journeys: Journeys, partners: dict[str, str], meant: MeantMap) -> pl.DataFrame:
    """Every move of the history: ``d``, ``origin``, ``to``, ``stage`` (that it belongs to), ``known``, ``row``.

    The entry of a lead is a move from `START` that belongs to the stage it enters. A stage without a partner
    in the model has no known move.
    """
    visits = journeys.visits
    entries = visits.filter(pl.col("step") == 0).select(
        "d", origin=pl.lit(START), to="stage", stage="stage"
    )
    moves = visits.drop_nulls("exit").select("d", origin="stage", to="exit", stage="stage")
    both = pl.concat([entries, moves])
    kinds = both.select("origin", "to").unique()
    known = [(partner(a, partners), partner(b, partners)) in meant.moves for a, b in kinds.iter_rows()]
    kinds = kinds.with_columns(known=pl.Series(known, dtype=pl.Boolean))
    return both.join(kinds, on=["origin", "to"], how="left", maintain_order="left")


def partner(key: str, partners: dict[str, str]) -> str:
    """A stage as the model calls it; outcomes have one name."""
    return partners.get(key, key)


def unknown_moves(
    journeys: Journeys, moves: pl.DataFrame, partners: dict[str, str], meant: MeantMap
) -> list[UnknownMove]:
    """One record for each move that the model does not have, the most frequent first."""
    unknown = moves.filter(~pl.col("known"))
    kinds = unknown.group_by("origin", "to").len().sort("len", "origin", "to", descending=[True, False, False])
    keyed = kinds.with_columns(key=pl.int_range(pl.len()).cast(pl.String))
    leads = affected_by(journeys, unknown.join(keyed, on=["origin", "to"]))
    made = []
    for origin, to, n, key in keyed.iter_rows():
        skips = meant.skipped(partner(origin, partners), partner(to, partners))
        made.append(extended(UnknownMove, leads[key], origin=origin, to=to, n=n, skips=skips))
    return made


def skipped_stages(
    journeys: Journeys, moves: pl.DataFrame, found: list[UnknownMove]
) -> tuple[list[StageDrift], pl.DataFrame]:
    """One record for each stage that leads passed over, and the moves that did (``d``, ``stage``, ``key``)."""
    pairs = [(move.origin, move.to, stage) for move in found for stage in move.skips]
    schema = {"origin": pl.String, "to": pl.String, "key": pl.String}
    skips = moves.join(pl.DataFrame(pairs, schema=schema, orient="row"), on=["origin", "to"])
    leads = affected_by(journeys, skips)
    made = [extended(StageDrift, one, stage=stage) for stage, one in leads.items()]
    return sorted(made, key=lambda one: (-one.leads, one.stage)), skips
