"""How a history follows the map of a model."""

from __future__ import annotations

import polars as pl

from funnelsim.documents.map_conformance import Conformance, StageDrift
from funnelsim.documents.process_map import MapDocument
from funnelsim.history.files.events import History
from funnelsim.model.parts import Model
from funnelsim.processmap.conformance.affected import affected, affected_by, extended
from funnelsim.processmap.conformance.allowed import meant_map
from funnelsim.processmap.conformance.matching import stage_partners
from funnelsim.processmap.conformance.moves import all_moves, is_meant, skipped_stages, unknown_moves
from funnelsim.processmap.conformance.splits import splits
from funnelsim.processmap.conformance.targets import conversions, late_stages
from funnelsim.processmap.journeys import Journeys, journeys_of
from funnelsim.processmap.proportions import LEVEL


def conformance_of(history: History, model: Model) -> Conformance:
    """Compare what leads did with the moves, steps and targets of a model.

    Parameters
    ----------
    history : History
    model : Model
        Stages are matched by key, then by name; capitals do not matter.

    Returns
    -------
    Conformance
    """
    journeys = journeys_of(history)
    meant = meant_map(model)
    partners = stage_partners(history.meta, list(journeys.stages), model)
    moves = all_moves(journeys, partners, meant)
    unknown, skips = unknown_moves(journeys, moves, partners, meant)
    late, late_visits = late_stages(journeys, partners, model)
    off = affected(journeys, moves.filter(~pl.col("known")))
    departments = {stage: name for stage, key in partners.items() if (name := model.stages[key].department)}
    leads = journeys.deals.height
    return Conformance(
        model=model.name,
        leads=leads,
        followed=leads - off.leads,
        followed_share=(leads - off.leads) / leads if leads else None,
        level=LEVEL,
        stages=partners,
        departments=departments,
        model_stage_names={key: stage.name or key.replace("_", " ") for key, stage in model.stages.items()},
        moves=tuple(unknown),
        unknown=off,
        skipped=tuple(skipped_stages(journeys, skips)),
        skipping=affected(journeys, skips),
        new_stages=tuple(_new_stages(journeys, partners)),
        unused=_unused(journeys, partners, model),
        model_stages=len(model.stages),
        time_targets=sum(stage.targets.dwell is not None for stage in model.stages.values()),
        conversion_targets=sum(stage.targets.conversion is not None for stage in model.stages.values()),
        late=tuple(late),
        conversions=tuple(conversions(journeys, partners, model)),
        splits=tuple(splits(journeys, moves, late_visits, departments)),
    )


def _new_stages(journeys: Journeys, partners: dict[str, str]) -> list[StageDrift]:
    """Stages that leads entered and the model lacks; the most leads first."""
    visits = journeys.visits.filter(~pl.col("stage").is_in(list(partners))).select("d", key="stage")
    found = affected_by(journeys, visits)
    made = [extended(StageDrift, leads, stage=stage) for stage, leads in found.items()]
    return sorted(made, key=lambda one: (-one.leads, one.stage))


def _unused(journeys: Journeys, partners: dict[str, str], model: Model) -> tuple[str, ...]:
    used = {partners.get(stage) for stage in journeys.visits["stage"].unique()}
    return tuple(key for key in model.stages if key not in used)


def with_meant(document: MapDocument, history: History, model: Model) -> MapDocument:
    """The document of a history with `Move.meant` set: whether the model has the move."""
    meant = meant_map(model)
    stages = [stage.stage for stage in document.stages]
    partners = stage_partners(history.meta, stages, model)
    moves = tuple(
        move.model_copy(update={"meant": is_meant(move.origin, move.to, partners, meant)})
        for move in document.moves
    )
    return document.model_copy(update={"moves": moves})


def conformance_warnings(found: Conformance, source: str) -> tuple[str, ...]:
    """That a history and a model have no stage in common, or that there was nothing to compare.

    Parameters
    ----------
    found : Conformance
    source : str
        The model as it was typed.
    """
    if not found.leads:
        return (f"the history has no lead to compare with {source}",)
    if not found.stages:
        return (f"no stage of the history has the key or the name of a stage of {source}",)
    return ()
