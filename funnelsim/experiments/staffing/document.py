"""The document of a staffing search."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from funnelsim.documents.staff import (
    FrontierPoint,
    HireTiming,
    OneMore,
    PlannedHire,
    SearchCount,
    ServiceLevelBound,
    SpreadsheetAnswer,
    StaffDocument,
    StaffGuarantee,
    StaffPlan,
    StaffTarget,
)
from funnelsim.experiments.known_plan import REACHED
from funnelsim.experiments.staffing.bottom_up import BottomUp, closeness
from funnelsim.experiments.staffing.candidates import add_path, frontier
from funnelsim.experiments.staffing.outcomes import Outcomes
from funnelsim.experiments.staffing.plans import TODAY, Hiring, Plan
from funnelsim.experiments.staffing.reasons import guarantee_text, spreadsheet_reasons
from funnelsim.metrics.document import heading
from funnelsim.metrics.document import span as dates_of
from funnelsim.metrics.past import empty_start
from funnelsim.metrics.pricing import unpriced
from funnelsim.metrics.quota import attainment
from funnelsim.model.files.model_files import Funnel
from funnelsim.results.run import Run


def staff_document(
    funnel: Funnel, found: BottomUp, *, warmup_days: float, warnings: list[str]
) -> StaffDocument:
    """All figures of a search."""
    outcomes, hiring = found.outcomes, found.outcomes.hiring
    wanted, measured = outcomes.wanted, hiring.measured
    period = measured.period
    dates = dates_of(measured.window, funnel.model.start)
    if period is not None:
        dates = {"start": period.start, "end": period.last_day}
    points = _frontier(found) if wanted.quota is not None else []
    return StaffDocument(
        **_heading(funnel, found.base, outcomes),
        mode="bottom_up",
        period=period.label if period else "",
        **dates,
        days=measured.window.end_day - measured.window.start_day,
        warmup_days=warmup_days,
        standing=hiring.standing,
        target=StaffTarget(
            quota=wanted.quota,
            confidence=wanted.confidence,
            levels=tuple(
                ServiceLevelBound(text=one.text, metric=one.metric, bound=one.bound, at_most=one.at_most)
                for one in wanted.levels
            ),
        ),
        cost_unit="money" if hiring.priced else "rep-months",
        plans=tuple(_plan(name, plan, found) for name, plan in found.plans.items()),
        chosen=found.chosen,
        frontier=tuple(points),
        binding_role=found.binding_role,
        measure=found.measure,
        one_more={
            role: OneMore(mean=one.mean, low=one.low, high=one.high) for role, one in found.gains.items()
        },
        unlimited_probability=found.unlimited,
        timing=tuple(_timing(found)),
        guarantee=_guarantee(found),
        spreadsheet=_spreadsheet(found),
        search=SearchCount(
            simulated=len(outcomes.known), ruled_out=found.searched.ruled_out if found.searched else 0
        ),
        warnings=tuple(warnings),
        assumptions=tuple(_assumptions(found)),
    )


def _assumptions(found: BottomUp) -> Iterator[str]:
    """What the plans rest on and no data of the run can check."""
    model = found.outcomes.hiring.model
    origin = "given in the model" if model.history is None else "of the model, learnt or added by hand"
    yield f"hours of work for each task ({origin}); if they are wrong, so is the number of reps"
    if not found.outcomes.hiring.standing:
        yield "new reps are found in time, and are as good as the others once they have ramped up"


def _heading(funnel: Funnel, base: Run, outcomes: Outcomes) -> dict[str, object]:
    """As of the base run, with the most replications of any plan."""
    known = heading("staff", funnel, base)
    most = max((one.size for one in outcomes.known.values()), default=base.size)
    known["provenance"] = known["provenance"] | {"replications": most}
    return known


def _hires(plan: Plan) -> tuple[PlannedHire, ...]:
    return tuple(PlannedHire(role=hire.role, count=hire.count, on=hire.on) for hire in plan)


def _plan(name: str, plan: Plan, found: BottomUp) -> StaffPlan:
    outcomes, hiring = found.outcomes, found.outcomes.hiring
    outcome = outcomes.of(plan)
    chance, error = chance_of(outcomes, plan)
    return StaffPlan(
        name=name,
        headcount=hiring.headcount(plan),
        hires=_hires(plan),
        cost=outcome.mean("cost"),
        cost_before=outcome.mean("cost_before"),
        yearly_cost=hiring.yearly(plan),
        probability=chance,
        mc_error=error,
        meets=None if outcomes.wanted.profit else _meets(plan, found),
        quota_credit=outcome.mean("quota_credit"),
        bookings=outcome.mean("bookings"),
        profit=outcome.mean("profit") if "profit" in outcome.values else None,
        levels={level.text: outcome.mean(level.metric) for level in outcomes.wanted.levels},
        level_errors={level.text: outcome.error(level.metric) for level in outcomes.wanted.levels},
        utilisation={role: outcome.mean(f"utilisation.{role}") for role in hiring.roles},
        waits={stage: outcome.mean(f"wait_days.{stage}") for stage in hiring.stages},
        first_response_days=outcome.mean("first_response_days"),
    )


def _meets(plan: Plan, found: BottomUp) -> bool:
    """Whether a plan meets the target: as the procedure has decided, else by its estimates."""
    if found.guarantee is not None and plan in found.guarantee.rejected:
        return False
    return plan == found.plans.get(found.chosen or "") or closeness(found.outcomes, plan) >= 0


def chance_of(outcomes: Outcomes, plan: Plan) -> tuple[float | None, float | None]:
    """Share of the futures that reach the quota and are within all service levels, with its error."""
    requirements = outcomes.wanted.requirements
    outcome = outcomes.of(plan)
    values = outcome.values
    if not requirements:
        return None, None
    held = [values[REACHED] == 1] if REACHED in values else []
    held += [one.slack(values) >= 0 for one in requirements if one.name != REACHED]
    all_held = np.asarray(np.all(held, axis=0), np.float64)
    return attainment(all_held, 1.0, outcome.draws)


def _frontier(found: BottomUp) -> list[FrontierPoint]:
    outcomes = found.outcomes
    hired = {hire.role for hire in found.plans.get(found.chosen or "", TODAY)}
    if found.binding_role:
        hired.add(found.binding_role)
    add_path(outcomes, sorted(hired))
    return [
        FrontierPoint(
            headcount=outcomes.hiring.headcount(plan),
            hires=_hires(plan),
            cost=outcomes.of(plan).mean("cost"),
            probability=outcomes.of(plan).mean(REACHED),
        )
        for plan in frontier(outcomes)
    ]


def _timing(found: BottomUp) -> Iterator[HireTiming]:
    paid = {one.role: one for one in found.paybacks}
    for role, day in found.latest.items():
        yield HireTiming(
            role=role,
            latest_useful_start=day,
            payback_months=paid[role].months if role in paid else None,
            payback_within=paid[role].within if role in paid else None,
        )


def _guarantee(found: BottomUp) -> StaffGuarantee | None:
    one = found.guarantee
    if one is None:
        return None
    return StaffGuarantee(
        method=one.method,
        text=guarantee_text(one, found.outcomes.wanted, found.outcomes.hiring.model.currency),
        confidence=one.confidence,
        indifference=one.indifference,
        candidates=one.candidates,
        futures=one.futures,
        complete=one.complete,
        futures_needed=one.futures_needed,
    )


def _spreadsheet(found: BottomUp) -> SpreadsheetAnswer | None:
    sheet, outcomes = found.spreadsheet, found.outcomes
    if sheet is None:
        return None
    hiring: Hiring = outcomes.hiring
    plan = sheet.plan
    return SpreadsheetAnswer(
        role=sheet.role,
        productivity=sheet.productivity,
        stated=sheet.stated,
        rep_months=sheet.rep_months,
        result=sheet.result,
        headcount={} if plan is None else hiring.headcount(plan),
        hires=() if plan is None else _hires(plan),
        cost=None if plan is None else outcomes.of(plan).mean("cost"),
        probability=None if plan is None else chance_of(outcomes, plan)[0],
        meets=None if plan is None else _meets(plan, found),
        why=tuple(spreadsheet_reasons(found)),
    )


def staff_warnings(funnel: Funnel, found: BottomUp, warmup_days: float) -> list[str]:
    """What to know before using the plans."""
    hiring, model = found.outcomes.hiring, funnel.model
    warnings = empty_start(funnel, warmup_days, nothing_open=model.history is not None)
    warnings += hiring.measured.warnings
    warnings += unpriced(model)
    without = [role for role in hiring.roles if model.roles[role].annual_cost == 0]
    if without:
        named = ", ".join(f"[roles.{role}]" for role in without)
        warnings.append(f"no cost of people in {named}: plans are ranked by rep-months; add annual_cost")
    if found.plans.get("today", TODAY) != TODAY:
        raise AssertionError("today's plan hires nobody")
    warnings += found.base.notes
    return warnings
