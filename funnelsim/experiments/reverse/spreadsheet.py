"""The spreadsheet's answer, quota / deal size / conversion rate, and why it differs from the simulation.

The parts follow from the means, which are linear in the multiplier where nobody waits for a rep. With ``y``
the amount that a new lead ever brings on average, ``B`` what is booked, ``P`` what the open pipeline and
``X`` what expansion brings in the period, and ``Q`` the quota,

* spreadsheet: ``Q / y``
* booked, pipeline, expansion: ``- B / y``, ``- P / y``, ``- X / y``
* mix: ``(Q - B - P - X) (1 / y' - 1 / y)``, with ``y'`` at the answer's mix of sources
* timing: leads at which the *mean* reaches the quota without waiting, minus ``(Q - B - P - X) / y'``
* reps: leads at which it does with waiting, minus those
* confidence: leads at which the *probability* does, minus those

which add up to the leads needed.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np

from funnelsim.core.arrays import Floats
from funnelsim.documents.reverse import Spreadsheet, Step, StepKind
from funnelsim.experiments.reverse.futures import Futures
from funnelsim.metrics.names import metric_values
from funnelsim.model.changes.changes import Change, SetValue
from funnelsim.model.flows.warmup import days_to_fill
from funnelsim.model.parts import Model
from funnelsim.results.run import Run, Window

#: Of the days that nearly all wins take: so long are the leads followed after the period.
TAIL = 2.0
_PIPELINE, _NEW, _EXPANSION = 0, 1, 2
#: Of the money parts; wins have the same order.
_PARTS = {"quota_credit": "quota_credit", "deals_won": "wins_by_part"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """All new leads from the start to the end of the period, until nearly all have closed.

    Attributes
    ----------
    leads, wins, credit : float
        Means over the futures; wins and credit of these leads whenever they close.
    """

    leads: float
    wins: float
    credit: float

    @property
    def yield_per_lead(self) -> float:
        return self.credit / self.leads if self.leads else 0.0


def cohort(futures: Futures, multiplier: float) -> Cohort:
    """Follow the leads until the end of the period to their ends, nobody waiting for a rep."""
    funnel, window = futures.variants.funnel, futures.measured.window
    end = window.end_day + TAIL * days_to_fill(funnel.model)
    whole = [Window(label="until closed", start_day=0.0, end_day=end)]
    period = futures.measured.period
    assert period is not None
    changes = [*futures.changes(multiplier), *no_leads_from(futures.variants.funnel.model, period.end)]
    run = futures.detailed(changes, whole, reps=False, replications=futures.few, warmup=False)
    part = parts_of(run, futures.counts, 0)[_NEW]
    wins = run.tallies["wins_by_part"][:, 0, _NEW].mean()
    leads = metric_values(run, "leads_created", 0).mean()
    return Cohort(leads=float(leads), wins=float(wins), credit=float(part))


def no_leads_from(model: Model, day: dt.date) -> list[Change]:
    """Changes that stop all sources and campaigns on a day."""
    stopped: list[Change] = []
    for key, source in model.sources.items():
        paths = [
            f"sources.{key}.rate",
            *(f"sources.{key}.campaigns.{name}.leads" for name in source.campaigns),
        ]
        stopped += [SetValue(path=path, by="x0", start=day) for path in paths]
    return stopped


def parts_of(run: Run, counts: str, w: int) -> Floats:
    """Means of what counts in a window by part: pipeline, new, expansion; shape (3,)."""
    return np.asarray(run.tallies[_PARTS[counts]][:, w].mean(axis=0), dtype=np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Means that are linear in the multiplier where nobody waits for a rep.

    Attributes
    ----------
    multiplier, leads, counted : float
        A point: new leads from the start to the end of the period, and what counts in the period.
    more_leads, more_counted : float
        Per unit of the multiplier.
    """

    multiplier: float
    leads: float
    counted: float
    more_leads: float
    more_counted: float

    def leads_at(self, multiplier: float) -> float:
        return self.leads + (multiplier - self.multiplier) * self.more_leads

    def mean_at(self, multiplier: float) -> float:
        return self.counted + (multiplier - self.multiplier) * self.more_counted

    def reaching(self, mean: float) -> float:
        """The multiplier at which the mean reaches a value; negative if that needs no new leads."""
        return self.multiplier + (mean - self.counted) / self.more_counted


def line_without_waiting(futures: Futures, today: Run) -> Line:
    """The line through today's rates and twice those, from a part of the futures.

    Parameters
    ----------
    futures : Futures
    today : Run
        All futures at today's rates; a part of them is one point where there are no reps.
    """
    windows, few = futures.measured.windows, futures.few

    def point(multiplier: float) -> tuple[float, float]:
        run = today
        if multiplier != 1.0 or run.roles:
            run = futures.detailed(futures.changes(multiplier), windows, reps=False, replications=few)
        own = slice(None, None, futures.stride if run is today else 1)
        leads, counted = metric_values(run, "leads_created", 0), futures.values(run)
        return float(leads[own].mean()), float(counted[own].mean())

    (leads, counted), (twice_leads, twice_counted) = point(1.0), point(2.0)
    return Line(
        multiplier=1.0,
        leads=leads,
        counted=counted,
        more_leads=twice_leads - leads,
        more_counted=twice_counted - counted,
    )


def spreadsheet(today: Cohort, quota: float, counts: str) -> Spreadsheet:
    """What a spreadsheet gives; without numbers if no lead ever brings anything."""
    if today.yield_per_lead <= 0 or today.wins <= 0:
        return Spreadsheet()
    return Spreadsheet(
        leads=quota / today.yield_per_lead,
        deal_size=today.credit / today.wins if counts == "quota_credit" else None,
        win_rate=today.wins / today.leads,
    )


def explained(futures: Futures, line: Line, multiplier: float | None, planned: Run | None) -> Spreadsheet:
    """The spreadsheet's answer with the parts of its difference from the simulated one.

    Parameters
    ----------
    futures : Futures
    line : Line
        Means without waiting.
    multiplier : float or None
        The answer; without one, or where none is needed, there are no parts.
    planned : Run or None
        At the answer, the period as its last window.
    """
    today = cohort(futures, 1.0)
    found = spreadsheet(today, futures.quota, futures.counts)
    if found.leads is None or not multiplier or planned is None or line.more_counted <= 0:
        return found
    lever, model = futures.lever, futures.variants.funnel.model
    other_mix = bool(lever.held) or len(lever.sources) < len(model.sources)
    left, known = _known(futures, planned)
    new = cohort(futures, multiplier).yield_per_lead if other_mix else today.yield_per_lead
    waiting = bool(model.roles)
    # Through the answer's own leads, so that the parts add up.
    leads = float(planned.tallies["leads_created"][:, 0].mean())
    counted = line.mean_at(multiplier) if waiting else futures.point(multiplier).mean
    line = replace(line, multiplier=multiplier, leads=leads, counted=counted)
    free = line.reaching(futures.quota)
    with_reps = _mean_multiplier(futures, line) if waiting else free
    if not new > 0 or line.leads_at(free) < 0:
        return found  # what is booked and open is enough on average
    y = today.yield_per_lead
    steps = [Step(kind=kind, leads=-amount / y) for kind, amount in known.items()]
    steps += [
        Step(kind="mix", leads=left / new - left / y),
        Step(kind="timing", leads=line.leads_at(free) - left / new),
        Step(kind="reps", leads=line.leads_at(with_reps) - line.leads_at(free)),
        Step(kind="confidence", leads=leads - line.leads_at(with_reps)),
    ]
    return found.model_copy(update={"steps": tuple(step for step in steps if step.leads != 0.0)})


def _known(futures: Futures, planned: Run) -> tuple[float, dict[StepKind, float]]:
    """What new leads must bring, and what else counts in the period."""
    already = futures.measured.booked
    booked = already.quota_credit if futures.counts == "quota_credit" else float(already.deals)
    parts = parts_of(planned, futures.counts, len(planned.windows) - 1)
    pipeline, expansion = float(parts[_PIPELINE]), float(parts[_EXPANSION])
    if futures.variants.warmup_days:  # the leads of a warm-up are its pipeline
        model = futures.variants.funnel.model
        stopped = no_leads_from(model, model.start)
        run = futures.detailed(stopped, futures.measured.windows, reps=False, replications=futures.few)
        pipeline = float(parts_of(run, futures.counts, len(run.windows) - 1).sum())
    known: dict[StepKind, float] = {"booked": booked, "pipeline": pipeline, "expansion": expansion}
    return futures.quota - sum(known.values()), known


def _mean_multiplier(futures: Futures, line: Line) -> float:
    """The multiplier at which the mean, with waiting, reaches the quota.

    By inverse interpolation of the points run, twice refined. Where the mean never reaches it (a confidence
    below one half), or does without new leads, the line without waiting is extended.
    """
    guess = 1.0
    for _ in range(2):
        points = futures.known_points()
        means = np.maximum.accumulate([point.mean for point in points])
        if not means[0] <= futures.quota <= means[-1]:
            end = points[0] if means[0] > futures.quota else points[int(np.argmax(means))]
            return end.multiplier + (futures.quota - end.mean) / line.more_counted
        guess = float(np.interp(futures.quota, means, [point.multiplier for point in points]))
        futures.point(round(guess, 6))
    return guess
