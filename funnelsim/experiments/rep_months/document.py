"""The staff document of the top-down mode."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from funnelsim import __version__
from funnelsim.documents.shared import Provenance
from funnelsim.documents.staff import (
    FrontierPoint,
    HireTiming,
    PlannedHire,
    SpreadsheetAnswer,
    StaffDocument,
    StaffPlan,
    StaffTarget,
)
from funnelsim.documents.staff_reps import SheetDifference, StartOfHires, TopDownAnswer
from funnelsim.experiments.rep_months.learnt import assumptions, learnt_record, warnings
from funnelsim.experiments.rep_months.teams import Hires, TeamResult
from funnelsim.experiments.rep_months.top_down import MOST_PAYBACK, TopDown


def top_down_document(found: TopDown) -> StaffDocument:
    """All figures of the top-down mode."""
    model, span = found.funnel.model, found.measured
    assert span.period is not None
    chosen = _chosen_name(found)
    return StaffDocument(
        format=1,
        command="staff",
        provenance=Provenance(
            model=str(found.funnel.path or model.name),
            model_sha256=found.funnel.sha256,
            seed=found.seed,
            replications=found.replications,
            engine="rep_months",
            version=__version__,
        ),
        name=model.name,
        noun=model.noun,
        currency=model.currency,
        amount_is=model.amount_is,
        stage_names={key: stage.name or key for key, stage in model.stages.items()},
        role_names={found.role: found.role.replace("_", " ")},
        as_of=found.productivity.as_of - dt.timedelta(days=1),
        mode="top_down",
        period=span.period.label,
        start=span.period.start,
        end=span.period.last_day,
        days=span.window.end_day - span.window.start_day,
        target=StaffTarget(quota=span.quota, confidence=found.confidence),
        cost_unit="rep-months" if found.annual_cost is None else "money",
        plans=tuple(_plans(found)),
        chosen=chosen,
        frontier=tuple(
            FrontierPoint(
                headcount=found.headcount(one.hires),
                hires=_hires(found, one.hires),
                cost=found.cost(one.hires),
                probability=one.probability,
            )
            for one in found.plans.frontier
        ),
        measure="bookings" if found.productivity.sizes is not None else "deals_won",
        timing=(_timing(found),),
        spreadsheet=_spreadsheet(found),
        top_down=TopDownAnswer(
            learnt=learnt_record(found),
            starts=tuple(_starts(found)),
            differences=tuple(
                SheetDifference(reason=reason, amount=amount)
                for reason, amount in found.spreadsheet.differences
            ),
        ),
        warnings=tuple(warnings(found)),
        assumptions=tuple(text.rstrip(".") for text in assumptions(found)),
    )


def _timing(found: TopDown) -> HireTiming:
    priced = found.annual_cost is not None and found.productivity.sizes is not None
    return HireTiming(
        role=found.role,
        latest_useful_start=found.plans.latest_useful_start,
        payback_months=found.payback_months,
        payback_within=MOST_PAYBACK if priced and found.payback_months is None else None,
    )


def _chosen_name(found: TopDown) -> str | None:
    if found.plans.chosen is None:
        return None
    return "cheapest" if found.plans.chosen.hires.count else "today"


def _plans(found: TopDown) -> Iterator[StaffPlan]:
    named: list[tuple[str, TeamResult | None]] = [("today", found.plans.today)]
    if found.plans.chosen is None:
        named.append(("largest tried", found.plans.largest))
    elif found.plans.chosen.hires.count:
        named += [("cheapest", found.plans.chosen), ("next cheaper", found.plans.cheaper)]
    named.append(("safer", found.plans.safer))
    for name, one in named:
        if one is not None:
            yield _plan(found, name, one)


def _plan(found: TopDown, name: str, one: TeamResult) -> StaffPlan:
    cost, credit = found.cost(one.hires), float(one.credit.mean())
    priced = found.annual_cost is not None and found.productivity.sizes is not None
    return StaffPlan(
        name=name,
        headcount=found.headcount(one.hires),
        hires=_hires(found, one.hires),
        cost=cost,
        cost_before=found.cost_before(one.hires),
        yearly_cost=one.hires.count * (found.annual_cost if found.annual_cost is not None else 12.0),
        probability=one.probability,
        mc_error=one.mc_error,
        meets=one.probability >= found.confidence,
        quota_credit=credit,
        bookings=credit,
        profit=credit - cost if priced else None,
    )


def _hires(found: TopDown, hires: Hires) -> tuple[PlannedHire, ...]:
    if hires.on is None:
        return ()
    return (PlannedHire(role=found.role, count=hires.count, on=hires.on),)


def _spreadsheet(found: TopDown) -> SpreadsheetAnswer:
    sheet = found.spreadsheet
    hires = sheet.hires
    probability = None if hires is None else found.teams.of(hires).probability
    return SpreadsheetAnswer(
        role=found.role,
        productivity=sheet.per_month,
        rep_months=sheet.rep_months,
        result=sheet.result,
        headcount={} if hires is None else found.headcount(hires),
        hires=() if hires is None else _hires(found, hires),
        cost=None if hires is None else found.cost(hires),
        probability=probability,
        meets=None if probability is None else probability >= found.confidence,
        why=tuple(_why(found)),
    )


def _why(found: TopDown) -> Iterator[str]:
    """Why the spreadsheet's plan is not the simulated one."""
    sheet, chosen = found.spreadsheet.hires, found.plans.chosen
    if sheet is None:
        return
    if chosen is not None and sheet.count == chosen.hires.count:
        yield "it comes to the same number of people"
        return
    if found.teams.of(sheet).probability < found.confidence:
        yield "it plans for the average: the quota is then missed in about half of all futures"
    if found.productivity.attrition.departures or found.attrition:
        yield "it leaves out reps who leave, and the ramp of those who follow"
    if found.productivity.level != 1.0:
        yield "it takes the whole history, although reps have sold differently in the latest year"


def _starts(found: TopDown) -> Iterator[StartOfHires]:
    today = found.plans.today.total
    for one in found.plans.by_start:
        assert one.hires.on is not None
        count = one.hires.count
        yield StartOfHires(
            on=one.hires.on,
            count=count,
            probability=one.probability,
            bookings_per_hire=float((one.total.bookings - today.bookings).mean()) / count,
            ramped_months_per_hire=float((one.total.ramped_months - today.ramped_months).mean()) / count,
        )
