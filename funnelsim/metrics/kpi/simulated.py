"""Key figures of a model: simulated for the coming periods, with the range they may have."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from funnelsim.core.arrays import Floats
from funnelsim.core.nouns import plural_noun
from funnelsim.documents.kpi import KpiDocument, KpiFigure, KpiPeriod
from funnelsim.engines.run import Progress, simulate
from funnelsim.metrics.document import day_at, heading, last_day
from funnelsim.metrics.kpi.available import can_churn, ordered, same_as
from funnelsim.metrics.kpi.definitions import Kpi, utilisation
from funnelsim.metrics.kpi.figures import CHARTS, target
from funnelsim.metrics.kpi.intervals import LEVEL
from funnelsim.metrics.kpi.kpi import KpiResult
from funnelsim.metrics.kpi.records import sales_stage
from funnelsim.metrics.kpi.spans import By, fiscal_periods
from funnelsim.metrics.kpi.tallies import Tallies
from funnelsim.metrics.past import empty_start
from funnelsim.metrics.quota import quota_of
from funnelsim.metrics.revenue import EXPANSION, NEW, PIPELINE, total
from funnelsim.model.files.model_files import Funnel
from funnelsim.results.run import Run, Window

_FROM_HISTORY = "counted in a history only: funnelsim kpi HISTORY"


def simulated_kpi(
    funnel: Funnel,
    *,
    by: By | None = None,
    periods: int = 4,
    warmup_days: float = 0.0,
    replications: int = 400,
    seed: int = 1,
    progress: Progress | None = None,
) -> KpiResult:
    """Expected key figures of a model in its next whole periods.

    Parameters
    ----------
    funnel : Funnel
    by : {"week", "month", "quarter"}, optional
        Default: the goal's period, months where that is a year.
    periods : int, default 4
        Whole periods after the model's start.
    warmup_days, replications, seed, progress
        As for `simulate`.
    """
    model = funnel.model
    kind: By = by or (model.goal.period if model.goal.period != "year" else "month")
    windows = _windows(funnel, kind, periods)
    run = simulate(
        funnel,
        days=windows[-1].end_day,
        windows=windows,
        warmup_days=warmup_days,
        replications=replications,
        seed=seed,
        progress=progress,
    )
    tallies = _tallies(run, funnel, kind)
    if not warmup_days:
        tallies["open_at_start"] = _open_at_start(run, funnel)
    missing = _missing(funnel, run, tallies)
    kpis = ordered(model, missing)
    kpis += [utilisation(role) for role in run.roles]
    return KpiResult(
        typed=KpiDocument(
            **heading("kpi", funnel, run),
            simulated=True,
            by=kind,
            sales_stage=sales_stage(model),
            as_of=model.start - dt.timedelta(days=1),
            level=LEVEL,
            history=model.history or "",
            kpis=tuple(_figure(kpi, tallies, run, funnel) for kpi in kpis),
            missing=missing,
            warnings=(*empty_start(funnel, warmup_days, nothing_open=model.history is not None), *run.notes),
        )
    )


def _windows(funnel: Funnel, by: By, periods: int) -> list[Window]:
    """The whole span, then whole periods from the start on."""
    model = funnel.model
    far = model.start + dt.timedelta(days=100 * (periods + 2))
    coming = [p for p in fiscal_periods(model.goal, model.start, far, by) if p.start >= model.start]
    spans = [
        Window(
            label=period.label,
            start_day=float((period.start - model.start).days),
            end_day=float((period.end - model.start).days),
        )
        for period in coming[:periods]
    ]
    return [Window(label="all", start_day=0.0, end_day=spans[-1].end_day), *spans]


def _tallies(run: Run, funnel: Funnel, by: By) -> Tallies:
    """The tallies of a run under the names of `tally`, shape (replications, periods)."""
    found: Tallies = {name: run.tallies[name][:, 1:] for name in _BY_LEAD}
    for name in ("bookings", "quota_credit", "revenue"):
        found[name] = total(run.tallies[name][:, 1:])
    booked = run.tallies["bookings"][:, 1:]
    found["expansion"], found["new_business"] = (
        booked[..., EXPANSION],
        booked[..., PIPELINE] + booked[..., NEW],
    )
    # The engine counts no deals with a known amount: in a model all that are won have one.
    found["priced_deals"] = found["deals_won"]
    for kind in ("entered", "ended", "forward"):
        for place, stage in enumerate(run.stages):
            found[f"{kind}.{stage}"] = run.tallies[kind][:, 1:, place]
    for place, role in enumerate(run.roles):
        found[f"busy.{role}"] = run.tallies["busy_days"][:, 1:, place]
        found[f"rostered.{role}"] = run.tallies["rostered_days"][:, 1:, place]
    found["delivered"] = found[f"entered.{sales_stage(funnel.model)}"]
    spans = fiscal_periods(
        funnel.model.goal, day_at(funnel.model.start, run.windows[1].start_day), _end(run, funnel), by
    )
    quotas = np.array([quota_of(funnel.model.goal, period) or 0.0 for period in spans], np.float64)
    found["quota"] = np.tile(quotas, (run.size, 1))
    return found


def _open_at_start(run: Run, funnel: Funnel) -> Floats:
    """Leads that are open when a period starts, shape (replications, periods).

    Those of the pipeline that are not won yet, with all that came, without all that were won or ended, until
    then: the whole span less the periods from there on.
    """
    coming = run.tallies["leads_created"] - run.tallies["deals_won"] - run.tallies["deals_lost"]
    later = np.cumsum(coming[:, :0:-1], axis=1)[:, ::-1]
    open_now = 0 if funnel.pipeline is None else funnel.pipeline.filter(~pl.col("won_before")).height
    found: Floats = open_now + coming[:, :1] - later
    return found


_BY_LEAD = (
    "leads_created",
    "deals_won",
    "deals_lost",
    "churned",
    "cycle_days_sum",
    "first_responses",
    "first_response_days_sum",
    "clients_at_start",
    "clients_kept",
)


def _end(run: Run, funnel: Funnel) -> dt.date:
    return day_at(funnel.model.start, run.windows[-1].end_day)


def _missing(funnel: Funnel, run: Run, tallies: Tallies) -> dict[str, str]:
    model = funnel.model
    nouns = plural_noun(model.noun)
    missing = {
        "referrals": f"a simulation does not count {nouns} by source",
        **dict.fromkeys(
            ("open_pipeline", "coverage"), f"a simulation does not add up the amounts of open {nouns}"
        ),
    }
    if "open_at_start" not in tallies:
        missing["velocity"] = f"how many {nouns} are open at the start is not known with a warm-up"
    if not same_as(model, "sales_win_rate"):
        missing["sales_win_rate"] = _FROM_HISTORY
    if not run.roles:
        missing |= dict.fromkeys(("first_response_days", "utilisation"), "the model has no roles")
    if not tallies["bookings"].any():
        names = ("deal_size", "velocity", "bookings", "revenue", "expansion", "attainment")
        missing |= dict.fromkeys(names, f"no {model.noun} has an amount")
    if not tallies["quota"].any():
        missing["attainment"] = "the model has no quota for these periods"
    if not can_churn(model):
        missing |= dict.fromkeys(("churned", "retention"), "no stage leads to churned")
    if not tallies["expansion"].any():
        missing.setdefault("expansion", f"no {model.noun} books a second time")
    return missing


def _figure(kpi: Kpi, tallies: Tallies, run: Run, funnel: Funnel) -> KpiFigure:
    same = same_as(funnel.model, kpi.name)
    if kpi.name == "sales_win_rate":
        tallies = tallies | {"sales_won": tallies["deals_won"], "sales_lost": tallies["deals_lost"]}
    values, cases = kpi.values(tallies), _cases(kpi, tallies)
    return KpiFigure(
        name=kpi.name,
        unit=kpi.unit,
        chart=CHARTS[kpi.kind],
        more_is_better=kpi.more_is_better,
        periods=tuple(
            _period(window, values[:, place], cases[:, place], funnel)
            for place, window in enumerate(run.windows[1:])
        ),
        untested="simulated, not observed",
        same_as=same,
        **target(kpi, funnel.model),
    )


def _cases(kpi: Kpi, tallies: Tallies) -> Floats:
    names = kpi.bottom or kpi.counted or kpi.top
    known = bool(names) and all(name in tallies for name in names)
    return kpi.cases(tallies) if known else tallies["deals_won"] * np.nan


def _period(window: Window, values: Floats, cases: Floats, funnel: Funnel) -> KpiPeriod:
    defined = values[np.isfinite(values)]
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(defined, [tail, 1 - tail]) if defined.size else (np.nan, np.nan)
    return KpiPeriod(
        period=window.label,
        start=day_at(funnel.model.start, window.start_day),
        end=last_day(funnel.model.start, window.end_day),
        complete=True,
        value=float(defined.mean()) if defined.size else None,
        low=float(low),
        high=float(high),
        n=float(cases.mean()),
    )
