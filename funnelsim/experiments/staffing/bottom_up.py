"""The cheapest hiring plan of a model that knows how many hours of work each stage takes."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from funnelsim.core.calendar.month_starts import joining_days, next_month
from funnelsim.core.calendar.time import YEAR_DAYS
from funnelsim.core.errors import FunnelSimError
from funnelsim.experiments.measured import Measured
from funnelsim.experiments.staffing.bounds import enough
from funnelsim.experiments.staffing.candidates import cheaper_and_dearer, safer_plan
from funnelsim.experiments.staffing.decision import Guarantee, first_that_meets, most_profitable
from funnelsim.experiments.staffing.effects import (
    Gain,
    Payback,
    bottleneck,
    gains_of_one_more,
    latest_useful_starts,
    measure_of,
    paybacks,
)
from funnelsim.experiments.staffing.outcomes import Outcomes
from funnelsim.experiments.staffing.plans import TODAY, Hiring, Plan
from funnelsim.experiments.staffing.search import (
    Counts,
    Searched,
    cheapest_counts,
    latest_starts,
    most_profitable_counts,
)
from funnelsim.experiments.staffing.spreadsheet import Spreadsheet, spreadsheet
from funnelsim.metrics.quota import attained
from funnelsim.model.changes.resolve import resolve
from funnelsim.model.parts import Model
from funnelsim.results.run import Run

#: A difference of profit that does not matter, as a share of what the cheapest hire costs in the span.
_OF_A_HIRE = 0.25
#: Visits to stages of the futures of one candidate by default: about 5 s on one core in the event loop. With
#: about six candidates and ten times as many plans in the search, the answer comes within a minute on two.
_VISITS_OF_A_PLAN = 2e7
_FEWEST, _MOST = 100, 4000
#: What a parameter draw costs beside its futures: the time of so many visits.
_VISITS_OF_A_DRAW = 20_000
#: Share of the replications with which the search begins, and the fewest and most of them.
_FIRST = 0.1
_FEWEST_FIRST, _MOST_FIRST = 40, 200


@dataclass(frozen=True, kw_only=True)
class BottomUp:
    """What the search has found.

    Attributes
    ----------
    outcomes : Outcomes
        Of all plans simulated.
    base : Run
        A run of the unchanged model, for the provenance.
    plans : dict of str to Plan
        By name: today, cheapest and so on.
    chosen : str or None
    guarantee : Guarantee or None
    searched : Searched or None
    measure : str
        What more reps should improve.
    gains : dict of str to Gain
        Of one more rep of each role, compared with today.
    unlimited : float or None
        Probability of the quota if nobody ever waited for a rep.
    latest : dict of str to date
        Latest useful start of each role hired.
    paybacks : list of Payback
    spreadsheet : Spreadsheet or None
    """

    outcomes: Outcomes
    base: Run
    plans: dict[str, Plan]
    chosen: str | None
    guarantee: Guarantee | None
    searched: Searched | None
    measure: str
    gains: dict[str, Gain]
    unlimited: float | None
    latest: dict[str, dt.date | None]
    paybacks: list[Payback]
    spreadsheet: Spreadsheet | None
    warnings: list[str] = field(default_factory=list)

    @property
    def binding_role(self) -> str | None:
        return bottleneck(self.gains)


def hiring_of(model: Model, measured: Measured, *, standing: bool, earliest: dt.date | None = None) -> Hiring:
    """The plans that there are for a model.

    Parameters
    ----------
    standing : bool
        See `Hiring`.
    earliest : date, optional
        The first day on which anyone can join; default the first day of a month at or after the start.
    """
    kinds = [model, *(resolve(model, segment=key) for key in model.segments)]
    stages = [key for key in model.stages if any(kind.stages[key].work for kind in kinds)]
    busy = {task.role for kind in kinds for stage in kind.stages.values() for task in stage.work}
    end = model.start + dt.timedelta(days=math.ceil(measured.window.end_day))
    if standing:
        starts: tuple[dt.date, ...] = (model.start,)
    else:
        first = earliest or next_month(model.start)
        if first >= end and earliest is None:
            first = model.start
        if not model.start <= first < end:
            raise FunnelSimError(
                f"hires can join from {model.start} to {end - dt.timedelta(days=1)}, found {first}"
            )
        starts = joining_days(first, end)
    return Hiring(
        model=model,
        measured=measured,
        roles=tuple(key for key in model.roles if key in busy),
        stages=tuple(stages),
        starts=starts,
        standing=standing,
    )


def most_replications(base: Run, warmup_days: float) -> int:
    """Replications of one candidate by default: fewer for a large model, so that the answer comes soon."""
    days = base.windows[0].end_day
    visits = float(base.tallies["entered"][:, 0].sum(axis=1).mean()) * (1 + warmup_days / days)
    visits += _VISITS_OF_A_DRAW if base.draw_rows else 0.0
    most = int(np.clip(_VISITS_OF_A_PLAN / max(visits, 1.0), _FEWEST, _MOST))
    return most // 100 * 100


def first_replications(most: int) -> int:
    """Replications that the search begins with; of a fitted model only the first parameter draws."""
    return min(max(int(most * _FIRST), _FEWEST_FIRST), _MOST_FIRST, most)


def bottom_up(outcomes: Outcomes, base: Run) -> BottomUp:
    """Search, choose with a guarantee, and explain the choice."""
    hiring, wanted = outcomes.hiring, outcomes.wanted
    plans: dict[str, Plan] = {"today": TODAY}
    unlimited = _unlimited(outcomes)
    searched, guarantee = None, None
    if wanted.profit:
        chosen, guarantee = _most_profitable(outcomes)
        if chosen:
            plans["most profitable"] = chosen
        name: str | None = "most profitable" if chosen else "today"
    else:
        searched = _search(outcomes, unlimited)
        name, guarantee = _choose(outcomes, searched, plans)
    chosen_plan = plans[name] if name else plans.get("largest tried", TODAY)
    measure = measure_of(outcomes, TODAY)
    dated = not hiring.standing
    return BottomUp(
        outcomes=outcomes,
        base=base,
        plans=plans,
        chosen=name,
        guarantee=guarantee,
        searched=searched,
        measure=measure,
        gains=gains_of_one_more(outcomes, TODAY, measure),
        unlimited=unlimited,
        latest=latest_useful_starts(outcomes, chosen_plan, measure) if name and dated else {},
        paybacks=paybacks(outcomes, chosen_plan) if name and dated else [],
        spreadsheet=spreadsheet(outcomes),
    )


def _search(outcomes: Outcomes, unlimited: float | None) -> Searched:
    """The search for the numbers of reps, unless even reps without limit would not be enough."""
    confidence = outcomes.wanted.confidence
    if unlimited is None or confidence is None:
        return cheapest_counts(outcomes, warmup_days=outcomes.variants.warmup_days)
    error = math.sqrt(confidence * (1 - confidence) / outcomes.first)
    if unlimited < confidence - 3 * error and not outcomes.meets(TODAY):
        largest = tuple(enough(outcomes.hiring))
        return Searched(counts=None, largest=largest, least=(0,) * len(largest))
    return cheapest_counts(outcomes, warmup_days=outcomes.variants.warmup_days)


def _choose(
    outcomes: Outcomes, searched: Searched, plans: dict[str, Plan]
) -> tuple[str | None, Guarantee | None]:
    """Name the plans; the chosen one with its guarantee."""
    hiring = outcomes.hiring
    largest = hiring.plan(searched.largest)
    if searched.counts is None:
        plans["largest tried"] = largest
        return None, None
    plan = hiring.plan(searched.counts, _delays(outcomes, searched.counts))
    candidates = cheaper_and_dearer(outcomes, plan, largest)
    chosen, guarantee = first_that_meets(outcomes, candidates)
    if chosen is None:
        plans["largest tried"] = largest
        return None, guarantee
    name = "cheapest" if chosen != TODAY else "today"
    plans[name] = chosen
    cheaper = candidates[: candidates.index(chosen)]
    if cheaper:
        plans["next cheaper"] = max(cheaper, key=lambda plan: closeness(outcomes, plan))
    safer = safer_plan(outcomes, chosen, searched.largest)
    if safer is not None:
        plans["safer"] = safer
    return name, guarantee


def _delays(outcomes: Outcomes, counts: Counts) -> Sequence[int] | None:
    """Starts as late as the quota allows; for a service level, which should hold all the time, at once."""
    if outcomes.hiring.standing or outcomes.wanted.quota is None:
        return None
    return latest_starts(outcomes, counts)


def closeness(outcomes: Outcomes, plan: Plan) -> float:
    """How close a plan comes to the requirement that it misses most, in indifferences; below 0 if it
    misses."""
    values = outcomes.of(plan).values
    found = []
    for one in outcomes.wanted.requirements:
        slack = one.slack(values)
        defined = slack[~np.isnan(slack)]
        found.append(float(defined.mean()) / one.indifference if defined.size else -math.inf)
    return min(found)


def _most_profitable(outcomes: Outcomes) -> tuple[Plan, Guarantee]:
    hiring = outcomes.hiring
    counts = most_profitable_counts(outcomes)
    plan = hiring.plan(counts)
    candidates = cheaper_and_dearer(outcomes, plan, plan)
    first = (hiring.starts[0] - hiring.model.start).days
    window = hiring.measured.window
    span = window.end_day - max(window.start_day, first)  # the part of the cost that the profit counts
    costs = [hiring.model.roles[role].annual_cost * span / YEAR_DAYS for role in hiring.roles]
    return most_profitable(outcomes, candidates, _OF_A_HIRE * min(costs))


def _unlimited(outcomes: Outcomes) -> float | None:
    """Probability of the quota without any wait or working time: more reps cannot reach more.

    None for a period that begins after the start: a fast team also wins deals before it, which do not count.
    """
    if outcomes.wanted.quota is None or outcomes.hiring.measured.window.start_day > 0:
        return None
    variants = outcomes.variants
    run = variants.simulate(replications=variants.replications[: outcomes.first], reps=False)
    credit = variants.measured.values(run, "quota_credit")
    return float(attained(credit, outcomes.wanted.quota).mean())
