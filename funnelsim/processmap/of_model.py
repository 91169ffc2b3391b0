"""The map of a process as a model means it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import funnelsim
from funnelsim.core.nouns import plural_noun
from funnelsim.documents.process_map import START, Hidden, MapDocument, MapStage, Move
from funnelsim.documents.shared import Provenance
from funnelsim.model.files.model_files import Funnel
from funnelsim.model.lint.process.ways_out import no_leads_to
from funnelsim.model.parts import Model, Stage
from funnelsim.processmap.discovery import in_usual_order
from funnelsim.processmap.funnel_order import FunnelOrder
from funnelsim.processmap.model_flow import LEADS, Flow, flow_of
from funnelsim.processmap.rare_moves import rare


def model_map(
    funnel: Funnel, *, segment: Sequence[str] = (), source: Sequence[str] = (), min_share: float = 0.0
) -> MapDocument:
    """The map of a model: expected numbers of 100 new leads.

    Parameters
    ----------
    funnel : Funnel
    segment, source : sequence of str, optional
        Only leads of these, by key or name.
    min_share : float, default 0
        Moves of a smaller share are left out.

    Raises
    ------
    SelectionError
        If the model has no such segment or source.
    """
    model = funnel.model
    flow = flow_of(model, segment=segment, source=source)
    order = FunnelOrder(model.stages, model.goal.books_at, model.goal.credits_at)
    moves = list(_moves(model, flow, order))
    hidden = rare(moves, min_share)
    left_out = {id(move) for move in hidden}
    return MapDocument(
        format=1,
        command="map",
        provenance=Provenance(
            model=str(funnel.path or model.name), model_sha256=funnel.sha256, version=funnelsim.__version__
        ),
        name=model.name,
        noun=model.noun,
        currency=model.currency,
        amount_is=model.amount_is,
        stage_names={key: stage.name or key for key, stage in model.stages.items()},
        of="model",
        filters=flow.filters,
        leads=LEADS,
        outcomes=in_usual_order({move.to for move in moves} - set(model.stages)),
        stages=tuple(_stage(key, stage, flow, moves, order) for key, stage in model.stages.items()),
        moves=tuple(move for move in moves if id(move) not in left_out),
        hidden=Hidden(moves=len(hidden), min_share=min_share),
        won=_won(model, flow, moves),
        assumptions=tuple(_assumptions(model)),
        warnings=tuple(_warnings(flow)),
    )


def _won(model: Model, flow: Flow, moves: Sequence[Move]) -> float | None:
    """Leads that are won: that enter the stage that books, or end in a win."""
    if flow.unsolved:
        return None
    if model.goal.books_at in model.stages:
        return flow.of_stage(model.goal.books_at)[1]
    return sum(move.n or 0.0 for move in moves if move.to in ("won", model.goal.books_at))


def _moves(model: Model, flow: Flow, order: FunnelOrder) -> Iterator[Move]:
    for key in model.stages:
        if n := flow.entries[key]:
            yield Move(origin=START, to=key, kind="start", n=n, leads=n, share=n / LEADS)
    for key, stage in model.stages.items():
        for name, way in stage.exits.items():
            if way.to == "never":
                continue
            share, n, leads = flow.of_exit(key, name)
            if share:
                yield Move(
                    origin=key,
                    to=way.to,
                    kind=order.kind(key, way.to),
                    n=n,
                    leads=leads,
                    share=share,
                    median_days=flow.exit_quantile(key, name, 0.5),
                    name="" if name == way.to else name,
                    no=no_leads_to(model, key, way) or "",
                )


def _stage(key: str, stage: Stage, flow: Flow, moves: Sequence[Move], order: FunnelOrder) -> MapStage:
    ways = [move for move in moves if move.origin == key]
    entered, leads, never = flow.of_stage(key)
    known = entered is not None

    def total(*kinds: str) -> float | None:
        return sum(move.n or 0.0 for move in ways if move.kind in kinds) if known else None

    onward = sum(move.share or 0.0 for move in ways if order.is_conversion(key, move.to))
    return MapStage(
        stage=key,
        department=stage.department,
        owner=stage.owner,
        phase=stage.phase,
        involves=stage.involves,
        entry=stage.entry,
        activities=stage.activities,
        checklist=stage.checklist,
        buyer_needs=stage.buyer_needs,
        parent=stage.parent,
        target_days=stage.targets.dwell,
        target_conversion=stage.targets.conversion,
        entered=entered,
        leads=leads,
        **({"open": never} if never else {}),
        won=total("won"),
        lost=total("lost", "ended"),
        conversion=min(onward, 1.0) if ways else None,
        median_days=flow.stage_quantile(key, 0.5),
        p80_days=flow.stage_quantile(key, 0.8),
    )


def _assumptions(model: Model) -> Iterator[str]:
    yield (
        f"Expected numbers of 100 new {plural_noun(model.noun)}, all sources by their leads per day; the "
        "probabilities are those of the model, not of any month."
    )
    if model.roles:
        yield (
            "Days in stage are the buyer's own time: waiting for a rep and work come on top, and nobody "
            "loses patience; funnelsim simulate has both."
        )
    if model.clocks:
        yield "Days in stage at the average pace of the year."


def _warnings(flow: Flow) -> Iterator[str]:
    if flow.unsolved:
        yield "some leads would go round for ever, so the numbers of 100 new leads cannot be given"
    if flow.no_rates:
        yield "no source has leads per day: all sources count the same"
