"""Where a history contradicts the map: moves counted, nothing fitted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from funnelsim.model.lint.process.finding import Finding, stage_name
from funnelsim.model.lint.process.lint import EXIT_NOT_IN_DATA, MOVE_NOT_IN_MAP, STAGE_NOT_IN_DATA
from funnelsim.model.parts import Model

if TYPE_CHECKING:
    import polars as pl

#: Rarer moves are slips of the mouse: a CRM lets every deal be dragged anywhere.
_LEAST_MOVES, _LEAST_SHARE = 5, 0.02
#: An exit of chance p is missing from n visits by luck with probability (1 - p)^n; below this it is no luck.
_BY_CHANCE = 0.01


def contradictions(model: Model, visits: pl.DataFrame) -> Iterator[Finding]:
    """Compare exits with the moves in a history.

    Parameters
    ----------
    model : Model
    visits : DataFrame
        Of a history, as `visits_in_model` has them: columns ``stage`` and ``exit``, null while open.
    """
    import polars as pl

    counted = visits.filter(pl.col("exit").is_not_null()).group_by("stage", "exit").len()
    moves: dict[str, dict[str, int]] = {}
    for stage, to, n in counted.sort("stage", "len", descending=[False, True]).iter_rows():
        moves.setdefault(stage, {})[to] = n
    seen = set(visits["stage"].drop_nulls().unique())
    for key in model.stages:
        if visits.height and key not in seen:
            yield Finding(rule=STAGE_NOT_IN_DATA, path=f"stages.{key}", name=stage_name(model, key))
        elif key in moves:
            yield from _of_stage(model, key, moves[key])


def _of_stage(model: Model, key: str, moves: Mapping[str, int]) -> Iterator[Finding]:
    stage, total = model.stages[key], sum(moves.values())
    meant = {e.to for e in stage.every_exit.values()}
    for name, e in stage.exits.items():
        to = f"{stage_name(model, key)} to {stage_name(model, e.to)}"
        if e.to != "never" and e.p > 0 and e.to not in moves and (1 - e.p) ** total < _BY_CHANCE:
            detail = f"0 of {total:,}, expected {100 * e.p:.0f} %"
            yield Finding(rule=EXIT_NOT_IN_DATA, path=f"stages.{key}.exits.{name}", name=to, detail=detail)
    for place, n in moves.items():
        if place not in meant and n >= _LEAST_MOVES and n >= _LEAST_SHARE * total:
            to = f"{stage_name(model, key)} to {stage_name(model, place)}"
            detail = f"{n:,} of {total:,}"
            yield Finding(rule=MOVE_NOT_IN_MAP, path=f"stages.{key}.exits", name=to, detail=detail)
