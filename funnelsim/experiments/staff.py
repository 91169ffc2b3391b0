"""How many reps: the cheapest hiring plan that reaches a quota or service levels, or the most profitable."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from funnelsim.core.calendar.dates import as_date
from funnelsim.core.errors import FunnelSimError, Interrupted, require
from funnelsim.core.nouns import counted
from funnelsim.documents.staff import StaffDocument
from funnelsim.experiments.measured import Measured, measured
from funnelsim.experiments.rep_months.document import top_down_document
from funnelsim.experiments.rep_months.top_down import BACKFILL_DAYS, staff_top_down
from funnelsim.experiments.staffing.bottom_up import (
    bottom_up,
    first_replications,
    hiring_of,
    most_replications,
)
from funnelsim.experiments.staffing.document import staff_document, staff_warnings
from funnelsim.experiments.staffing.known_plans import known_plans
from funnelsim.experiments.staffing.outcomes import Outcomes
from funnelsim.experiments.staffing.plans import Hiring
from funnelsim.experiments.staffing.targets import parse_service_level
from funnelsim.experiments.staffing.wanted import Wanted
from funnelsim.experiments.variants import Variants
from funnelsim.fitting.productivity.reps_file import RepRow
from funnelsim.history.files.events import History
from funnelsim.model.changes.no_roles import has_effort_hours, no_effort_hours
from funnelsim.model.files.model_files import Funnel
from funnelsim.model.parts import Model

#: Called with the number of plans simulated so far.
Tried = Callable[[int], None]

#: Probability of the quota if none is given.
CONFIDENCE = 0.8


@dataclass(frozen=True, kw_only=True)
class Staffing:
    """Plans of how many reps, with the chosen one.

    Attributes
    ----------
    result : StaffDocument
        All figures, as ``funnelsim staff --json`` prints them.
    """

    result: StaffDocument

    @property
    def warnings(self) -> tuple[str, ...]:
        return self.result.warnings

    def document(self) -> dict[str, Any]:
        """The JSON document of ``staff``."""
        return self.result.as_json()

    def record(self) -> StaffDocument:
        """The document of ``staff``, typed."""
        return self.result

    def table(self) -> pl.DataFrame:
        """A row per plan and role: people, hires with their day, busy share; cost and chance of the plan."""
        rows = []
        for plan in self.result.plans:
            hires = {hire.role: hire for hire in plan.hires}
            for role, people in plan.headcount.items():
                hire = hires.get(role)
                rows.append(
                    {
                        "plan": plan.name,
                        "chosen": plan.name == self.result.chosen,
                        "role": role,
                        "people": people,
                        "hired": hire.count if hire else 0,
                        "on": hire.on if hire else None,
                        "utilisation": plan.utilisation.get(role),
                        "cost": plan.cost,
                        "probability": plan.probability,
                        "meets": plan.meets,
                    }
                )
        return pl.DataFrame(rows, infer_schema_length=None, schema_overrides={"on": pl.Date})


def staff(
    funnel: Funnel,
    *,
    quota: float | None = None,
    confidence: float | None = None,
    period: str | None = None,
    targets: Sequence[str] = (),
    profit: bool = False,
    days: float | None = None,
    warmup_days: float = 0.0,
    earliest: dt.date | str | None = None,
    history: History | Path | str | None = None,
    reps: Path | str | Sequence[RepRow] = (),
    ramp: Sequence[float] | None = None,
    attrition: float | None = None,
    backfill_days: float | None = BACKFILL_DAYS,
    annual_cost: float | None = None,
    replications: int | range | None = None,
    seed: int = 1,
    engine: str = "auto",
    workers: int | None = None,
    executor: Executor | None = None,
    allow_large: bool = False,
    tried: Tried | None = None,
) -> Staffing:
    """Find the cheapest hiring plan that reaches a quota or service levels, or the most profitable one.

    A model without effort hours, as a CRM gives it, is answered top-down: what a rep wins in a month, the
    ramp of new reps and attrition are learnt from the owners of the deals in its history.

    Every plan is simulated on the same random draws. Numbers of reps are chosen by their yearly cost, then
    they start as late as the quota allows; the last candidates are compared with a stated guarantee.

    Parameters
    ----------
    funnel : Funnel
        As `read_model` gives it.
    quota : float, optional
        Instead of the goal's.
    confidence : float, default 0.8
        The probability with which the quota is to be reached, in (0, 1).
    period : str, optional
        Such as ``2026``; default the goal's period that contains the model's start.
    targets : sequence of str
        Service levels that hold on average over the futures: ``wait_days.demo<=1``, ``utilisation.ae<=85%``,
        ``first_response_p90<=1h``. With targets the goal's quota is not required unless `quota` is given.
    profit : bool, default False
        The plan with the largest bookings less people cost, although the goal has a quota.
    days : float, optional
        A standing team over this many days instead of dated hires in a period.
    warmup_days : float, default 0
        See `simulate`.
    earliest : date or str, optional
        The first day on which anyone can join; default the first day of the next month.
    history : History or path, optional
        Used for bookings before the start; default the one named in the model.
    reps, ramp, attrition, backfill_days, annual_cost
        Top-down only: a file of reps (``name role team start end share``) that overrides what the history
        suggests; productivity in the months after a hire, and departures per rep and year, instead of those
        learnt; days until a rep who has left is followed (None: never); cost of a rep.
    replications : int or range, optional
        The most for one plan; default 100 to 4,000, fewer for large models.
    seed, engine, workers, executor, allow_large
        As for `simulate`.
    tried : callable, optional
        Called with the number of plans simulated so far.

    Raises
    ------
    FunnelSimError
        If the model has no effort hours, a target cannot be read, or the cost of people is needed and not
        given.
    Interrupted
        By Ctrl-C during the search, with the plans that were tried.

    Examples
    --------
    >>> funnel = fs.read_model("staffed.toml")
    >>> found = fs.staff(funnel, targets=["utilisation.ae<=60%"], days=90, warmup_days=50, replications=100)
    >>> plan = found.result.plan(found.result.chosen)
    >>> plan.headcount["ae"] > funnel.model.roles["ae"].headcount
    True
    """
    require(funnel, Funnel, "funnel", "read one with funnelsim.read_model, or make one with funnel_of")
    first_day = None if earliest is None else as_date(earliest)
    if not has_effort_hours(funnel.model):
        _refuse_what_needs_effort_hours(funnel.model, targets, profit=profit, standing=days is not None)
        _refuse_bottom_up(
            warmup_days=warmup_days != 0.0,
            engine=engine != "auto",
            workers=workers is not None,
            executor=executor is not None,
            allow_large=allow_large,
        )
        learnt = staff_top_down(
            funnel,
            quota=quota,
            period=period,
            confidence=CONFIDENCE if confidence is None else confidence,
            history=history,
            reps=reps,
            earliest=first_day,
            ramp=ramp,
            attrition=attrition,
            backfill_days=backfill_days,
            annual_cost=annual_cost,
            replications=replications,
            seed=seed,
            tried=tried,
        )
        return Staffing(result=top_down_document(learnt))
    _refuse_top_down(reps=reps, ramp=ramp, attrition=attrition, annual_cost=annual_cost)
    span = measured(funnel, period=period, days=days, quota=quota, history=history)
    wanted = _wanted(funnel.model, span, quota, confidence, targets, profit=profit)
    hiring = hiring_of(funnel.model, span, standing=days is not None, earliest=first_day)
    if wanted.profit:
        _require_costs(funnel.model, hiring.roles)
    variants = Variants(
        funnel,
        span,
        warmup_days=warmup_days,
        replications=range(_FEW) if replications is None else replications,
        seed=seed,
        engine=engine,
        workers=workers,
        executor=executor,
        allow_large=allow_large,
    )
    return _simulated(variants, hiring, wanted, choose_number=replications is None, tried=tried)


def _simulated(
    variants: Variants, hiring: Hiring, wanted: Wanted, *, choose_number: bool, tried: Tried | None
) -> Staffing:
    """Search bottom-up; `choose_number`: with as many futures as the size of the model allows."""
    if len(variants.replications) < _FEW:
        raise FunnelSimError(
            f"staff needs {_FEW} futures at least to tell plans apart, found {len(variants.replications)}"
        )
    funnel, warmup_days = variants.funnel, variants.warmup_days
    base = variants.run((), replications=variants.replications[:_FEW])
    if choose_number:
        variants.replications = range(most_replications(base, warmup_days))
    most = len(variants.replications)
    outcomes = Outcomes(
        variants=variants,
        hiring=hiring,
        wanted=wanted,
        first=first_replications(most),
        most=most,
        tried=tried,
    )
    try:
        found = bottom_up(outcomes, base)
    except KeyboardInterrupt as stop:
        known = known_plans(outcomes)
        if not known:
            raise
        raise Interrupted(known, f"the {counted(len(known), 'plan')} tried") from stop
    warnings = staff_warnings(funnel, found, warmup_days)
    return Staffing(result=staff_document(funnel, found, warmup_days=warmup_days, warnings=warnings))


def _refuse_what_needs_effort_hours(
    model: Model, targets: Sequence[str], *, profit: bool, standing: bool
) -> None:
    """Raise an error for questions that only a model with effort hours answers."""
    if not (targets or profit or standing):
        return
    asked = "service levels need" if targets else "the most profitable plan needs"
    if standing:
        asked = "a standing team (a number of days) needs"
    raise FunnelSimError(f"{asked} effort hours: {no_effort_hours(model)}")


def _refuse_top_down(**given: object) -> None:
    """Raise an error for what only a model without effort hours takes."""
    names = [name for name, value in given.items() if value is not None and value != ()]
    if names:
        raise FunnelSimError(
            f"{', '.join(names)}: the model states its roles, so this is not learnt from a history; set it "
            "in [roles.ROLE] (headcount, hires, ramp, attrition, annual_cost)"
        )


def _refuse_bottom_up(**given: bool) -> None:
    """Raise an error for what only a simulation of the leads takes."""
    names = [name for name, is_given in given.items() if is_given]
    if names:
        verb = "do" if len(names) > 1 else "does"
        raise FunnelSimError(
            f"{', '.join(names)} {verb} not apply: without effort hours no leads are simulated, only what "
            "each rep wins in a month"
        )


#: Replications from which the size of the model is estimated; fewer do not tell plans apart.
_FEW = 20


def _wanted(
    model: Model,
    span: Measured,
    quota: float | None,
    confidence: float | None,
    targets: Sequence[str],
    *,
    profit: bool,
) -> Wanted:
    """What is asked for: service levels, the quota, or else the most profitable plan."""
    if confidence is not None and not 0 < confidence < 1:
        raise FunnelSimError(f"the confidence lies between 0 and 1, found {confidence:g}")
    if profit and (targets or quota is not None or confidence is not None):
        raise FunnelSimError("ask for the most profitable plan, or for a quota or service levels, not both")
    levels = tuple(parse_service_level(text, model) for text in targets)
    required = None if profit or (levels and quota is None) else span.quota
    if required is None and confidence is not None:
        raise FunnelSimError(
            "a confidence is for a quota: give one with --quota; service levels hold on average"
        )
    return Wanted(
        quota=required,
        confidence=None if required is None else confidence or CONFIDENCE,
        levels=levels,
    )


def _require_costs(model: Model, roles: Sequence[str]) -> None:
    missing = [role for role in roles if model.roles[role].annual_cost == 0]
    if missing:
        raise FunnelSimError(
            f"the most profitable plan needs the cost of people: add, for example, annual_cost = 120_000 to "
            f"{', '.join(f'[roles.{role}]' for role in missing)}; or ask for a quota (--quota) or a service "
            "level (--target)"
        )
