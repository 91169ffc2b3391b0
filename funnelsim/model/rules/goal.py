"""Rules for the goal: stages and outcomes, quotas, revenue recognition and targets."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from funnelsim.core.calendar.time import parse_period
from funnelsim.core.errors import Problem, did_you_mean
from funnelsim.model.parts import Model
from funnelsim.model.rules.unknown import unknown

#: Names of metrics; they are computed in a higher layer.
METRICS = (
    "leads_created",
    "deals_won",
    "deals_lost",
    "bookings",
    "quota_credit",
    "revenue",
    "cycle_days",
    "win_rate",
    "first_response_days",
    "abandoned",
    "churned",
    "retention",
    "expansion",
)
STAGE_METRICS = ("entered", "conversion", "dwell_days", "wait_days", "wip")
ROLE_METRICS = ("utilisation",)


def goal_names_places(model: Model) -> Iterator[Problem]:
    places = [*model.stages, *model.all_outcomes]
    for key in ("books_at", "credits_at"):
        place = getattr(model.goal, key)
        if place is not None and place not in places:
            yield unknown(f"goal.{key}", "stage or outcome", place, places)


def quotas_fit(model: Model) -> Iterator[Problem]:
    goal = model.goal
    quotas = goal.quota if isinstance(goal.quota, dict) else {"": goal.quota}
    if not quotas:
        yield Problem(path="goal.quota", message="is an empty table; give a number, or { 2026Q1 = 500_000 }")
    for label, value in quotas.items():
        path = f"goal.quota.{label}".rstrip(".")
        if value is not None and value < 0:
            yield Problem(path=path, message=f"must not be negative, found {value:g}")
        if not label:
            continue
        try:
            parse_period(
                label,
                fiscal_year_starts=goal.fiscal_year_starts,
                fiscal_year_named_by=goal.fiscal_year_named_by,
            )
        except ValueError as error:
            yield Problem(path=path, message=str(error))


def revenue_is_recognised_somewhere(model: Model) -> Iterator[Problem]:
    recognise = model.goal.recognise
    places = [*model.stages, *model.all_outcomes]
    if recognise is not None and recognise.start not in places:
        yield unknown("goal.recognise.from", "stage or outcome", recognise.start, places)


def target_can_be_met(model: Model) -> Iterator[Problem]:
    target = model.goal.target
    if target is None:
        return
    if (target.at_least is None) == (target.at_most is None):
        yield Problem(path="goal.target", message="give either at_least or at_most")
    kind, _, part = target.metric.partition(".")
    if kind in STAGE_METRICS and part:
        if part not in model.stages:
            yield unknown("goal.target.metric", "stage", part, model.stages)
    elif kind in ROLE_METRICS and part:
        if part not in model.roles:
            yield unknown("goal.target.metric", "role", part, model.roles)
    elif target.metric not in METRICS:
        allowed = [*METRICS, *(f"{n}.STAGE" for n in STAGE_METRICS), *(f"{n}.ROLE" for n in ROLE_METRICS)]
        yield Problem(
            path="goal.target.metric",
            message=f'there is no metric "{target.metric}"; choose from {", ".join(allowed)}',
            hint=did_you_mean(target.metric, allowed),
        )


GOAL_RULES: tuple[Callable[[Model], Iterator[Problem]], ...] = (
    goal_names_places,
    quotas_fit,
    revenue_is_recognised_somewhere,
    target_can_be_met,
)
