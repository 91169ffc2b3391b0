"""Planned closes, probabilities and forecast categories: read with the date from which they held, and cut."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from funnelsim.core.errors import HistoryError
from funnelsim.forecasting.snapshot import snapshot_at
from funnelsim.history.cleaning.as_of import cut
from funnelsim.history.columns.probabilities import probability_counts, read_probability
from funnelsim.history.files.events import History
from funnelsim.history.files.folder import read_history, write_history
from funnelsim.history.imports import import_history
from tests.unit.history.exports import day, mapping, write

HISTORY = "OpportunityId,CreatedDate,StageName,CloseDate,Probability,ForecastCategory"


@pytest.fixture
def history(tmp_path: Path) -> History:
    """A was pushed from March to April while it stayed in its stage; B never changed."""
    deals = write(
        tmp_path, "Opportunity.csv", "Id,CreatedDate,CloseDate,StageName,Amount",
        "A,2025-01-01,2025-04-10,Closed Won,100", "B,2025-01-05,2025-05-01,Demo,50",
    )  # fmt: skip
    rows = write(
        tmp_path, "OpportunityHistory.csv", HISTORY,
        "A,2025-01-01,Demo,2025-03-01,20,Pipeline", "A,2025-02-20,Demo,2025-04-01,60,Best Case",
        "A,2025-02-25,Demo,2025-04-01,60,Best Case", "A,2025-04-10,Closed Won,2025-04-10,100,Closed",
        "B,2025-01-05,Demo,2025-05-01,20,Pipeline",
    )  # fmt: skip
    return import_history([deals, rows], "salesforce", as_of=day("2025-04-20"))


def told(history: History, deal: str) -> list[tuple[object, ...]]:
    rows = history.plans.filter(pl.col("deal") == deal).sort("at")
    return [
        (f"{at:%m-%d}" if at else None, f"{planned:%m-%d}" if planned else None, probability, category)
        for _, at, planned, probability, category in rows.iter_rows()
    ]


def test_a_salesforce_history_tells_plans_with_their_dates(history: History) -> None:
    """A row that repeats the one before is none. Mutant: `rle` of the date alone loses the probability."""
    assert told(history, "A") == [
        ("01-01", "03-01", 0.2, "Pipeline"),
        ("02-20", "04-01", 0.6, "Best Case"),
        ("04-10", "04-10", 1.0, "Closed"),
    ]
    assert told(history, "B") == [("01-05", "05-01", 0.2, "Pipeline")]
    counts = history.meta.audit["counts"]
    assert (counts["planned_dated"], counts["planned_moved"]) == (2, 2)
    assert any(check["check"] == "planned_dated" for check in history.meta.audit["checks"])


def test_a_cut_knows_the_plans_of_its_day(history: History) -> None:
    """Mutant: `cut` keeps all plans, and with them the day of closing."""
    assert told(cut(history, day("2025-02-10")), "A") == [("01-01", "03-01", 0.2, "Pipeline")]
    assert cut(history, day("2025-01-03")).plans["deal"].unique().to_list() == ["A"]


def test_plans_survive_the_folder_and_an_old_folder_has_none(history: History, tmp_path: Path) -> None:
    write_history(history, tmp_path / "folder")
    assert read_history(tmp_path / "folder").plans.equals(history.plans)
    (tmp_path / "folder" / "plans.parquet").unlink()
    assert read_history(tmp_path / "folder").plans.is_empty()


@pytest.fixture
def undated(tmp_path: Path) -> History:
    deals = write(
        tmp_path, "deals.csv", "deal,created,closed,outcome,arrival,odds",
        "A,2025-01-01,2025-03-01,won,2025-03-01,100", "B,2025-01-05,,open,2025-05-01,20",
    )  # fmt: skip
    rules = mapping(
        tmp_path,
        'format = 1\n[deals]\ncreated = "created"\nclosed = "closed"\noutcome = "outcome"\n'
        'planned_close = "arrival"\nprobability = "odds"\n',
    )
    return import_history([deals], "deals", rules, as_of=day("2025-03-20"))


def test_a_plan_without_a_date_of_change_is_unknown_unless_trusted(undated: History) -> None:
    """The probability of 100 % tells the win. Mutants: `snapshot_at` keeps undated plans; all are trusted."""
    assert told(undated, "A") == [(None, "03-01", 1.0, None)]
    assert undated.meta.audit["counts"]["planned_undated"] == 2
    origin = dt.date(2025, 2, 1)
    assert snapshot_at(undated, origin).plans.is_empty()
    believed = snapshot_at(undated, origin, {"planned_close"})
    assert told(believed, "A") == [("01-01", "03-01", None, None)]
    assert told(believed, "B") == [("01-05", "05-01", None, None)]


def test_probabilities_are_shares_or_percent() -> None:
    assert read_probability(pl.Series(["10", "50%", "100", "", "1000", "-1"])).to_list() == [
        0.1, 0.5, 1.0, None, None, None,
    ]  # fmt: skip
    assert read_probability(pl.Series(["0.1", "1", None])).to_list() == [0.1, 1.0, None]
    assert read_probability(pl.Series(["0,75", "1"])).to_list() == [0.75, 1.0]
    assert read_probability(pl.Series(["37,5 %", "90\u00a0%"])).to_list() == [0.375, 0.9]


def test_probabilities_that_are_mixed_or_out_of_range_are_counted(tmp_path: Path) -> None:
    """Mutants: shares among percent not counted; numbers out of range null without a word."""
    odd = {"probabilities_out_of_range": 2, "probabilities_mixed": 2, "probabilities_unreadable": 1}
    assert probability_counts(pl.Series(["0.2", "0.5", "5", "1", "0", "1000", "-1", "", "n/a"])) == odd
    assert set(probability_counts(pl.Series(["10", "50%", "100", "0", "1", None])).values()) == {0}
    assert set(probability_counts(pl.Series(["0.2", "1", "0", None])).values()) == {0}
    assert probability_counts(pl.Series(["0.2", "101"]))["probabilities_out_of_range"] == 1
    rows = write(
        tmp_path, "events.csv", "deal,stage,entered,probability",
        "A,Demo,2025-01-01,0.2", "A,Won,2025-02-01,5", "B,Demo,2025-01-05,-1",
    )  # fmt: skip
    audit = import_history([rows], "events", as_of=day("2025-03-01")).meta.audit
    told = {check["check"]: (check["level"], check["count"]) for check in audit["checks"]}
    assert told["probabilities_mixed"] == told["probabilities_out_of_range"] == ("warning", 1)


def test_the_close_date_of_an_open_deal_is_its_plan(tmp_path: Path) -> None:
    """Mutants: the close date of a won deal is a plan; that of an open one is lost."""
    deals = write(
        tmp_path, "Opportunity.csv",
        "Id,CreatedDate,CloseDate,StageName,Amount,Probability,ForecastCategoryName",
        "A,2025-01-01,2025-03-01,Closed Won,100,100,Closed", "B,2025-01-05,2025-05-01,Demo,50,20,Best Case",
    )  # fmt: skip
    rows = write(
        tmp_path, "OpportunityHistory.csv", "OpportunityId,CreatedDate,StageName",
        "A,2025-01-01,Demo", "A,2025-03-01,Closed Won", "B,2025-01-05,Demo",
    )  # fmt: skip
    history = import_history([deals, rows], "salesforce", as_of=day("2025-04-20"))
    assert told(history, "B") == [(None, "05-01", 0.2, "Best Case")]
    assert told(history, "A") == [(None, None, 1.0, "Closed")]
    # Who has such a plan is open today, so it must not be trusted in the past.
    with pytest.raises(HistoryError, match="only open deals have one"):
        snapshot_at(history, dt.date(2025, 2, 1), {"planned_close"})


def test_hubspots_category_and_probability_are_read(tmp_path: Path) -> None:
    deals = write(
        tmp_path, "deals.csv",
        "hs_object_id,dealname,createdate,closedate,dealstage,hs_manual_forecast_category,"
        "hs_deal_stage_probability,amount",
        "1,Acme,2025-01-01,2025-03-01,closedwon,CLOSED,1,10",
        "2,Globex,2025-01-05,2025-05-01,appointmentscheduled,BEST_CASE,0.4,20",
        "3,Initech,2025-01-05,2025-02-01,closedlost,OMIT,0,20",
    )  # fmt: skip
    history = import_history([deals], "deals", as_of=day("2025-04-20"))
    assert told(history, "Globex") == [(None, "05-01", 0.4, "BEST_CASE")]
