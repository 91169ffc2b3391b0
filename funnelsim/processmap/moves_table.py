"""The moves of a map as a table."""

from __future__ import annotations

import polars as pl

from funnelsim.documents.process_map import START, MapDocument

_SCHEMA = {
    "from": pl.String,
    "to": pl.String,
    "from_name": pl.String,
    "to_name": pl.String,
    "exit": pl.String,
    "kind": pl.String,
    "n": pl.Float64,
    "leads": pl.Float64,
    "share": pl.Float64,
    "median_days": pl.Float64,
}


def moves_table(document: MapDocument) -> pl.DataFrame:
    """A row for each move that is shown; `exit` is its name in a model where that differs from its target."""
    stages = {stage.stage for stage in document.stages}

    def name(key: str) -> str:
        if key == START:
            return "start"
        return document.stage_name(key) if key in stages else document.outcome_name(key)

    rows = [
        (
            move.origin,
            move.to,
            name(move.origin),
            name(move.to),
            move.name,
            move.kind,
            move.n,
            move.leads,
            move.share,
            move.median_days,
        )
        for move in document.moves
    ]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")
