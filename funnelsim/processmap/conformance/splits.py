"""Who leaves the map: by department and by rep."""

from __future__ import annotations

import polars as pl

from funnelsim.documents.map_conformance import Split
from funnelsim.processmap.conformance.affected import affected_by
from funnelsim.processmap.journeys import Journeys
from funnelsim.processmap.proportions import wilson


def splits(
    journeys: Journeys, moves: pl.DataFrame, late: pl.DataFrame, departments: dict[str, str]
) -> list[Split]:
    """Leads with a move that the model does not have, by department of its stage and by owner of the lead.

    Parameters
    ----------
    journeys : Journeys
    moves : DataFrame
        As `all_moves` gives them.
    late : DataFrame
        Visits over a target.
    departments : dict of str to str
        Of the stages of the history that have one.
    """
    of_stage = pl.DataFrame(
        {"stage": list(departments), "key": list(departments.values())},
        schema={"stage": moves.schema["stage"], "key": pl.String()},
    )
    of_rep = journeys.deals.select("d", key="owner").drop_nulls()
    return [
        *_split(journeys, "department", *(frame.join(of_stage, on="stage") for frame in (moves, late))),
        *_split(journeys, "rep", *(frame.join(of_rep, on="d") for frame in (moves, late))),
    ]


def _split(journeys: Journeys, kind: str, moves: pl.DataFrame, late: pl.DataFrame) -> list[Split]:
    """Rows of moves and late visits that have a ``key``; the largest share of leads off the map first."""
    totals = dict(moves.group_by("key").agg(pl.col("d").n_unique()).iter_rows())
    off = affected_by(journeys, moves.filter(~pl.col("known")), totals)
    slow = dict(late.group_by("key").agg(pl.col("d").n_unique()).iter_rows())
    made = []
    for key, of in totals.items():
        found = off.get(key)
        leads = found.leads if found else 0
        share = wilson(leads, of)
        record = {"leads": 0, "open": 0} if found is None else found.as_json()
        more = {
            "of": of,
            "share": share.value,
            "low": share.low,
            "high": share.high,
            "late": slow.get(key, 0),
        }
        made.append(Split.model_validate(record | more | {"kind": kind, "key": key}))
    return sorted(made, key=lambda one: (-(one.share or 0.0), -one.leads, one.key))
