"""Stages as cards, with the numbers that follow from the model without a simulation."""

from __future__ import annotations

import math
from collections.abc import Iterator

from funnelsim.documents.playbook import Branch, Card, Work
from funnelsim.model.lint.model import expected
from funnelsim.model.lint.process.ways_out import no_leads_to
from funnelsim.model.parts import Exit, Model, Stage
from funnelsim.processmap.funnel_order import expected_conversion
from funnelsim.processmap.mixed_times import mixed_times

_HOURS_A_DAY = 24.0


def cards_of(model: Model) -> tuple[Card, ...]:
    visits = expected(model).visits_per_lead if model.sources else {}
    return tuple(_card(model, key, visits.get(key)) for key in model.stages)


def _card(model: Model, key: str, visits: float | None) -> Card:
    stage = model.stages[key]
    branches = tuple(_branches(model, key))
    return Card(
        stage=key,
        department=stage.department,
        owner=stage.owner,
        phase=stage.phase,
        involves=stage.involves,
        parent=stage.parent,
        sub_stages=tuple(k for k, other in model.stages.items() if other.parent == key and k != key),
        entry=stage.entry,
        activities=stage.activities,
        checklist=stage.checklist,
        buyer_needs=stage.buyer_needs,
        branches=branches,
        work=tuple(Work(role=task.role, hours=task.effort.mean() * _HOURS_A_DAY) for task in stage.work),
        touches=stage.touches,
        target_days=stage.targets.dwell,
        target_conversion=stage.targets.conversion,
        visits_per_100=None if visits is None else 100 * visits,
        mean_days=_mean_days(stage),
        onwards=expected_conversion(model, key),
    )


def _branches(model: Model, key: str) -> Iterator[Branch]:
    """One for each target; a fit may split the exits to one place into a fast and a slow group."""
    stage = model.stages[key]
    by_target: dict[tuple[str, str], list[Exit]] = {}
    for e in stage.exits.values():
        if e.p > 0 or e.wait_half_life is not None:
            by_target.setdefault((e.to, no_leads_to(model, key, e) or ""), []).append(e)
    for (to, no), exits in by_target.items():
        times = _quantiles(stage, exits)
        yield Branch(
            to=to,
            kind=_kind(model, key, to),
            share=min(math.fsum(e.p for e in exits), 1.0),
            median_days=times and times[0],
            p90_days=times and times[1],
            no=no,
        )
    if stage.abandons_to is not None:
        yield Branch(to=stage.abandons_to, kind="gives_up", no="now")


def _kind(model: Model, key: str, to: str) -> str:
    if to in model.stages:
        order = list(model.stages)
        return "on" if order.index(to) > order.index(key) else "back"
    return "won" if to in ("won", model.goal.books_at, model.goal.credits_at) else "no"


def _quantiles(stage: Stage, exits: list[Exit]) -> tuple[float, float] | None:
    """Median and 90 % quantile of the time before exits to one target."""
    known = [e for e in exits if e.to != "never"]
    # An exit that only waiting makes likely has a time all the same.
    mixed = mixed_times([(e.p if len(known) > 1 else 1.0, e.after or stage.after) for e in known])
    return None if mixed is None else (float(mixed.ppf(0.5)), float(mixed.ppf(0.9)))


def _mean_days(stage: Stage) -> float | None:
    """Mean dwell of the visits that end; those that never leave do not count."""
    parts = [(e.p, e.after or stage.after) for e in stage.exits.values() if e.to != "never" and e.p > 0]
    known = [(p, d.mean()) for p, d in parts if d is not None]
    total = math.fsum(p for p, _ in known)
    return math.fsum(p * mean for p, mean in known) / total if total else None
