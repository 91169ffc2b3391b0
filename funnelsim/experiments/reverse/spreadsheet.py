"""The spreadsheet's answer, quota / deal size / conversion rate, and why it differs from the simulation.

The parts follow from the means, which are linear in the multiplier where nobody waits for a rep: with ``y`` the
expected amount that a new lead ever brings, ``B`` what is booked, ``P`` what the open pipeline and ``X`` what
expansion brings in the period, and ``Q`` the quota,

* spreadsheet        ``Q / y``
* booked, pipeline   ``- B / y``, ``- P / y`` (and ``- X / y``)
* timing             leads at which the *mean* reaches the quota without waiting, minus ``(Q - B - P - X) / y``
* reps               leads at which it does with waiting, minus those
* confidence         leads at which the *probability* does, minus those

which add up to the leads needed.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from funnelsim.core.arrays import Floats
from funnelsim.documents.reverse import Spreadsheet, Step
from funnelsim.experiments.reverse.futures import Futures
from funnelsim.metrics.names import metric_values
from funnelsim.model.changes.changes import Change, SetValue
from funnelsim.model.flows.warmup import days_to_fill
from funnelsim.model.parts import Model
from funnelsim.results.run import Run, Window

#: Of the days that nearly all wins take: so long are the leads followed after the period.
_TAIL = 2.0
_PIPELINE, _NEW, _EXPANSION = 0, 1, 2
#: Of the money parts; wins have the same order.
_PARTS = {"quota_credit": "quota_credit", "deals_won": "wins_by_part"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """All new leads from the start to the end of the period, followed until nearly all have closed.

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
    """Run the leads of the period to their ends, nobody waiting for a rep and no new lead after the period."""
    funnel, window = futures.variants.funnel, futures.measured.window
    end = window.end_day + _TAIL * days_to_fill(funnel.model)
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
        paths = [f"sources.{key}.rate", *(f"sources.{key}.campaigns.{name}.leads" for name in source.campaigns)]
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


def line_without_waiting(futures: Futures) -> Line:
    """The line through today's rates and twice those, from a part of the futures."""
    windows = futures.measured.windows
    means = []
    for multiplier in (1.0, 2.0):
        run = futures.detailed(
            futures.changes(multiplier), windows, reps=False, replications=futures.few
        )
        leads = float(metric_values(run, "leads_created", 0).mean())
        means.append((leads, float(futures.values(run).mean())))
    (leads, counted), (twice_leads, twice_counted) = means
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


def steps(
    futures: Futures,
    *,
    today: Cohort,
    planned: Cohort,
    parts: Floats,
    line: Line,
    mean_multiplier: float | None,
    multiplier: float,
    waiting: bool,
) -> tuple[Step, ...]:
    """The parts of the difference between the spreadsheet's leads and those of the answer.

    Parameters
    ----------
    futures : Futures
    today, planned : Cohort
        The leads at today's rates, and at those of the answer (another mix of sources).
    parts : ndarray, shape (3,)
        What counts in the period from pipeline, new leads and expansion, without waiting.
    line : Line
        Without waiting.
    mean_multiplier : float or None
        At which the mean reaches the quota, with waiting; None: the same as without.
    multiplier : float
        The answer.
    waiting : bool
        Whether leads may wait for reps.
    """
    already = futures.measured.booked
    booked = already.quota_credit if futures.counts == "quota_credit" else float(already.deals)
    y, quota = today.yield_per_lead, futures.quota
    left = quota - booked - float(parts[_PIPELINE]) - float(parts[_EXPANSION])
    free = line.reaching(quota)
    with_reps = free if mean_multiplier is None else mean_multiplier
    found = [
        Step(kind="booked", leads=-booked / y),
        Step(kind="pipeline", leads=-float(parts[_PIPELINE]) / y),
        Step(kind="expansion", leads=-float(parts[_EXPANSION]) / y),
        Step(kind="mix", leads=left / planned.yield_per_lead - left / y),
        Step(kind="timing", leads=line.leads_at(free) - left / planned.yield_per_lead),
        Step(kind="reps", leads=line.leads_at(with_reps) - line.leads_at(free) if waiting else 0.0),
        Step(kind="confidence", leads=line.leads_at(multiplier) - line.leads_at(with_reps)),
    ]
    return tuple(step for step in found if step.leads != 0.0)
