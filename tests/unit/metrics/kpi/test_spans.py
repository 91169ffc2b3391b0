"""Which periods are complete, and which are compared with."""

from __future__ import annotations

import datetime as dt

import numpy as np

from funnelsim.history.files.events import History
from funnelsim.metrics.kpi.kpi import kpi
from funnelsim.metrics.kpi.records import records_of_history
from funnelsim.metrics.kpi.spans import spans_of

from ...made_up_history import history_of, lost, still_open, won

AS_OF = dt.datetime(2026, 3, 10)


def steady(days: int, **options: object) -> History:
    """A deal a day for so many days before the as-of time, won after twenty days; every third is lost."""
    first = AS_OF - dt.timedelta(days=days)
    closes = [first + dt.timedelta(days=n + 20) for n in range(days - 20)]
    deals = [lost(at) if n % 3 == 0 else won(at) for n, at in enumerate(closes)]
    opened = [still_open("demo", AS_OF - dt.timedelta(days=n)) for n in range(1, 20)]
    return history_of(*deals, *opened, as_of=AS_OF, **options)  # type: ignore[arg-type]


def test_a_period_that_is_not_over_is_not_compared() -> None:
    found = kpi(steady(400), by="month")["win_rate"]
    assert [one.complete for one in found.periods[-2:]] == [True, False]
    assert found.current == "2026-02"
    assert found.periods[-1].limit_low is None


def test_early_periods_of_records_that_begin_empty_are_not_compared() -> None:
    """Deals take 20 days: February 2025, when the first could end, is no baseline. Mutant: from the start."""
    found = kpi(steady(400), by="month").typed  # the first deal is of 3 February 2025
    assert (found.records_from, found.baseline_from) == (dt.date(2025, 2, 3), dt.date(2025, 2, 23))
    baseline = [one.period for one in found.kpis[0].periods if one.baseline]
    assert baseline == [f"2025-{month:02d}" for month in range(3, 13)] + ["2026-01"]


def test_periods_before_exits_are_recorded_are_not_complete() -> None:
    found = kpi(steady(400, observed_from=dt.datetime(2025, 6, 1)), by="month").typed
    complete = [one.period for one in found.kpis[0].periods if one.complete]
    assert complete[0] == "2025-06"
    assert any("only from 1 Jun 2025" in text for text in found.warnings)


def test_by_default_months_or_weeks_where_there_are_few() -> None:
    assert kpi(steady(400)).typed.by == "month"
    assert kpi(steady(120)).typed.by == "week"
    assert kpi(steady(45)).typed.by == "month"


def test_an_export_without_the_newest_leads_is_compared_up_to_the_last() -> None:
    """No lead for forty days where one comes a day. Mutant: a collapse of new leads is told."""
    whole = steady(400)
    early = whole.deals["created"] < AS_OF - dt.timedelta(days=40)
    kept = whole.deals.filter(early)
    history = History(
        visits=whole.visits.filter(np.isin(whole.visits["deal"].to_numpy(), kept["deal"].to_numpy())),
        deals=kept,
        meta=whole.meta,
    )
    found = kpi(history, by="month")
    assert found["leads_created"].current == "2025-12"
    assert any("left out newer ones" in text for text in found.typed.warnings)


def test_stray_dates_make_no_endless_table() -> None:
    history = history_of(won(dt.datetime(1975, 1, 1)), won(dt.datetime(2026, 2, 1)))
    assert len(spans_of(records_of_history(history), "week").periods) == 60
