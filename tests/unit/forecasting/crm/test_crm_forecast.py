"""The forecast as the CRM has it, counted by hand, and its commit as a baseline of past periods."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import polars as pl
import pytest

from funnelsim.core.calendar.time import period_containing
from funnelsim.documents.judgement import CrmForecast
from funnelsim.forecasting.baselines import BASELINES
from funnelsim.forecasting.crm.commit import not_scored
from funnelsim.forecasting.crm.plans import category_of
from funnelsim.forecasting.deals import without_new_leads
from funnelsim.forecasting.forecast import forecast
from funnelsim.forecasting.past_errors import with_past_errors
from funnelsim.forecasting.snapshot import Snapshot, snapshot_at
from funnelsim.history.files.events import PLAN_SCHEMA, History

from ...made_up_history import day, history_of, still_open, won
from ...made_up_runs import funnel_with

MARCH, APRIL = dt.datetime(2026, 3, 10), dt.datetime(2026, 4, 10)
Row = tuple[str, dt.datetime | None, dt.datetime | None, float | None, str | None]


def planned(history: History, *rows: Row) -> History:
    return dataclasses.replace(history, plans=pl.DataFrame(list(rows), schema=PLAN_SCHEMA, orient="row"))


def crm_of(*rows: Row, booked: float = 70.0, **options: object) -> CrmForecast:
    """Six open deals of 100 to 600; one of 70 was booked in January."""
    opened = [still_open("offer", day(2, 9)) for _ in range(6)]
    history = history_of(*opened, won(day(1, 20), booked))
    leads = [{"lead": f"deal-{n}", "amount": 100.0 * (n + 1)} for n in range(6)]
    found = forecast(
        without_new_leads(funnel_with(*leads)), history=planned(history, *rows), replications=400, **options
    )
    crm = found.periods[0].crm
    assert crm is not None
    return crm


def test_categories_are_added_up_from_the_surest_on() -> None:
    """Mutants: deals closing in April counted; booked left out of the totals; omitted added up."""
    crm = crm_of(
        ("deal-0", None, MARCH, 0.9, "Commit"),
        ("deal-1", None, MARCH, 0.5, "BEST_CASE"),
        ("deal-2", None, MARCH, None, "Pipeline"),
        ("deal-3", None, APRIL, 0.9, "Commit"),
        ("deal-4", None, MARCH, 0.1, "Omitted"),
        ("deal-5", None, dt.datetime(2026, 2, 1), 0.5, "Commit"),
    )
    rows = {one.category: (one.deals, one.amount, one.total) for one in crm.categories}
    assert rows == {
        "commit": (1, 100.0, 170.0),
        "best_case": (1, 200.0, 370.0),
        "pipeline": (1, 300.0, 670.0),
        "omitted": (1, 500.0, None),
    }
    assert crm.weighted == pytest.approx(70 + 90 + 100 + 50)
    assert (crm.unrated, crm.overdue_deals, crm.overdue_amount, crm.unplanned_deals) == (1, 1, 600.0, 0)


def test_the_chance_of_a_total_is_that_of_the_bookings() -> None:
    """Each deal is won with nearly a half; 170 is reached unless none is.

    Mutant: the chance of the category's own sum without what is booked.
    """
    crm = crm_of(("deal-0", None, MARCH, 0.9, "Commit"))
    commit = crm.categories[0]
    p = 0.5 * (1 - np.exp(-5.0))
    assert commit.chance == pytest.approx(1 - (1 - p) ** 6, abs=0.02)
    assert commit.expected == pytest.approx(100 * p, abs=100 * 4 * 0.025)
    assert crm.unplanned_deals == 5


def test_a_deal_that_has_booked_before_is_not_counted_again() -> None:
    """Mutant: an open deal in a stage after its win is in commit."""
    leads = ({"lead": "deal-0"}, {"lead": "deal-1", "won_before": True})
    opened = history_of(still_open("offer", day(2, 9)), still_open("offer", day(2, 9)))
    history = planned(
        opened, ("deal-0", None, MARCH, None, "Commit"), ("deal-1", None, MARCH, None, "Commit")
    )
    crm = forecast(funnel_with(*leads), history=history, replications=5).periods[0].crm
    assert crm is not None
    assert crm.categories[0].deals == 1


def test_without_categories_the_planned_closes_are_added_up() -> None:
    crm = crm_of(("deal-0", None, MARCH, None, None), ("deal-1", None, MARCH, None, " "))
    assert [(one.category, one.total) for one in crm.categories] == [(None, 370.0)]
    assert crm.weighted is None


def test_the_last_known_plan_counts_and_an_undated_one_is_todays() -> None:
    """Mutants: the first plan; plans of after the forecast date."""
    crm = crm_of(
        ("deal-0", day(1, 1), APRIL, 0.2, "Pipeline"),
        ("deal-0", day(2, 1), MARCH, None, "Commit"),
        ("deal-1", day(1, 1), MARCH, 0.2, "Commit"),
        ("deal-1", None, APRIL, None, None),
    )
    assert [(one.category, one.deals) for one in crm.categories] == [
        ("commit", 1),
        ("best_case", 0),
        ("pipeline", 0),
    ]
    assert crm.weighted == pytest.approx(70 + 20)


def test_a_forecast_of_an_earlier_day_does_not_know_todays_plans() -> None:
    """The history goes on to March, the model starts in February. Mutant: undated plans kept."""
    deals = history_of(still_open("offer", day(2, 9)), won(day(3, 1), 5.0), as_of=day(3, 5))
    rows = (("deal-0", None, MARCH, 0.9, "Commit"),)
    funnel = funnel_with({"lead": "deal-0"})
    found = forecast(funnel, history=planned(deals, *rows), replications=5)
    assert found.periods[0].crm is None


def test_deals_list_what_the_crm_says() -> None:
    history = planned(
        history_of(still_open("offer", day(2, 9)), still_open("offer", day(2, 9))),
        ("deal-0", None, MARCH, 0.9, "Commit <b>"),
    )
    funnel = funnel_with({"lead": "deal-0"}, {"lead": "deal-1"})
    found = forecast(funnel, history=history, replications=20, deals=True)
    listed = found.deal_list()
    assert listed is not None
    row = listed.row(by_predicate=pl.col("deal") == "deal-0", named=True)
    assert (row["crm_probability"], row["crm_close"], row["category"]) == (0.9, MARCH.date(), "Commit <b>")
    record = {deal.lead: deal for deal in found.record().deals}
    assert record["deal-0"].crm_close == MARCH.date()
    assert record["deal-1"].category is None


@pytest.mark.parametrize(
    ("label", "category"),
    [
        ("Commit", "commit"),
        ("COMMIT", "commit"),
        ("Forecast", "commit"),
        ("Best Case", "best_case"),
        ("BEST_CASE", "best_case"),
        ("BestCase", "best_case"),
        ("Most Likely", "most_likely"),
        ("Pipeline", "pipeline"),
        ("OMIT", "omitted"),
        ("Don't forecast", "omitted"),
        ("not_forecasted", "omitted"),
        ("Gut feeling", "other"),
        ("", None),
        (None, None),
    ],
)
def test_labels_of_usual_crms_are_known(label: str | None, category: str | None) -> None:
    assert category_of(label) == category


def dated_history() -> History:
    """A deal in commit is open at the start of each month and won in it, at 100, 110, 120, ..."""
    deals, rows = [], []
    for n in range(6):
        closed = dt.datetime(2025, n + 1, 20)
        deals.append(won(closed, 100.0 + 10 * n))
        rows.append((f"deal-{n}", closed - dt.timedelta(days=20), closed, None, "Commit"))
    # Moved out of June after June has begun: at its first day it still counted.
    deals.append(still_open("offer", dt.datetime(2025, 5, 10)))
    rows.append(("deal-6", dt.datetime(2025, 5, 10), dt.datetime(2025, 6, 28), None, "Commit"))
    rows.append(("deal-6", dt.datetime(2025, 6, 2), dt.datetime(2025, 9, 1), None, "Commit"))
    # In March it counted until it was moved on to May, where it counted until it was moved out.
    deals.append(still_open("offer", dt.datetime(2025, 2, 10)))
    for made, planned_for in (((2, 10), (3, 15)), ((3, 10), (5, 15)), ((5, 10), (9, 1))):
        rows.append(("deal-7", dt.datetime(2025, *made), dt.datetime(2025, *planned_for), None, "Commit"))
    history = history_of(*deals, as_of=dt.datetime(2025, 7, 1))
    return planned(history, *rows)


def test_commit_is_scored_by_what_stood_in_the_crm_then() -> None:
    """By hand, in deals: two were in commit for June, May and March, one for the other months.

    Mutants: the plan of today, by which deal-6 never was in June, or deal-7 never in March.
    """
    june = period_containing(dt.date(2025, 6, 1), "month")
    known = Snapshot(snapshot_at(dated_history(), june.start), "deals_won")
    found = BASELINES["crm_commit"](known, june, "month")
    expected = with_past_errors(2.0, [2.0, 1.0, 2.0, 1.0, 1.0], [1.0] * 5, centred=False)
    assert found is not None
    assert expected is not None
    assert found == pytest.approx(expected)


def test_commit_without_dates_says_nothing_and_why() -> None:
    history = dated_history()
    undated = dataclasses.replace(
        history, plans=history.plans.with_columns(at=pl.lit(None, PLAN_SCHEMA["at"]), probability=0.5)
    )
    june = period_containing(dt.date(2025, 6, 1), "month")
    known = Snapshot(snapshot_at(undated, june.start), "deals_won")
    assert BASELINES["crm_commit"](known, june, "month") is None
    (why,) = not_scored(undated, ())
    assert why.startswith("the CRM's close dates and probabilities and categories cannot be scored")
    assert not_scored(history, ()) == ()
    assert not_scored(history_of(won(day(1, 20))), ()) == ()
