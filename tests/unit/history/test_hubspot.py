"""HubSpot's exports: from the screen, from the API, from a warehouse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from funnelsim.core.errors import HistoryError
from funnelsim.history.cleaning.as_of import parse_as_of
from funnelsim.history.files.events import History
from funnelsim.history.imports import import_history
from tests.unit.history.exports import assert_consistent, check_names, deal, stays, write

AS_OF = parse_as_of("2025-03-15")
SCREEN = (
    "Record ID,Create Date,Close Date,Deal Stage,Amount,"
    '"Date entered ""Appointment Scheduled (Sales Pipeline)""",'
    '"Date exited ""Appointment Scheduled (Sales Pipeline)""",'
    '"Date entered ""Contract Sent (Sales Pipeline)""",'
    '"Date exited ""Contract Sent (Sales Pipeline)""","Date entered ""Closed Won (Sales Pipeline)"""'
)
ROWS = (
    "101,2025-01-03 10:00,2025-02-13 10:00,{won},1000,2025-01-03 10:00,2025-01-20 10:00,2025-01-20 10:00,"
    "2025-02-13 10:00,2025-02-13 10:00",
    "102,2025-01-05 10:00,2025-02-20 10:00,{lost},500,2025-01-05 10:00,2025-02-20 10:00,,,",
    "103,2025-01-09 10:00,2025-03-31 10:00,{sent},700,2025-01-09 10:00,2025-01-30 10:00,2025-01-30 10:00,,",
)
API = "id,createdate,closedate,dealstage,amount," + ",".join(
    f"{{0}}date_{what}_{stage}"
    for stage, what in (
        *(("appointmentscheduled", "entered"), ("appointmentscheduled", "exited")),
        *(("contractsent", "entered"), ("contractsent", "exited"), ("closedwon", "entered")),
    )
)
SPELLINGS = {
    "screen": (SCREEN, ("Closed Won", "Closed Lost", "Contract Sent")),
    "screen, stage with its pipeline": (
        SCREEN,
        ("Closed Won (Sales Pipeline)", "Closed Lost (Sales Pipeline)", "Contract Sent (Sales Pipeline)"),
    ),
    "screen, single quotes": (SCREEN.replace('""', "'"), ("Closed Won", "Closed Lost", "Contract Sent")),
    "API": (API.format("hs_"), ("closedwon", "closedlost", "contractsent")),
    "API, version 2": (API.format("hs_v2_"), ("closedwon", "closedlost", "contractsent")),
    "warehouse": (API.format("property_hs_"), ("closedwon", "closedlost", "contractsent")),
}


def imported(folder: Path, header: str, *rows: str, preset: str | None = None, **options: Any) -> History:
    file = write(folder, "deals.csv", header, *rows)
    return import_history([file], preset, as_of=options.pop("as_of", AS_OF), **options)


def median_days(history: History) -> dict[str, float]:
    return {row["name"]: row["median_days"] for row in history.meta.audit["stages"]}


@pytest.mark.parametrize("preset", [None, "hubspot", "deals"])
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_entered_and_exited_are_the_ends_of_visits(tmp_path: Path, spelling: str, preset: str | None) -> None:
    header, (won, lost, sent) = SPELLINGS[spelling]
    rows = [row.format(won=won, lost=lost, sent=sent) for row in ROWS]
    history = imported(tmp_path, header, *rows, preset=preset)
    assert history.meta.stages == {
        "appointment_scheduled": "Appointment Scheduled",
        "contract_sent": "Contract Sent",
    }
    assert stays(history, "101") == [
        ("appointment_scheduled", 1, "01-03", "01-20", "contract_sent"),
        ("contract_sent", 1, "01-20", "02-13", "won"),
    ]
    assert stays(history, "102") == [("appointment_scheduled", 1, "01-05", "02-20", "lost")]
    assert stays(history, "103")[-1] == ("contract_sent", 1, "01-30", None, None)
    assert median_days(history) == {"Appointment Scheduled": 21.0, "Contract Sent": 24.0}
    assert history.deals["amount"].to_list() == [1000.0, 500.0, None]
    assert_consistent(history)


TWO = (
    'Record ID,Create Date,Close Date,Deal Stage,Pipeline,Amount,"Date entered ""Proposal (New)""",'
    '"Date entered ""Closed Won (New)""","Date entered ""Proposal (Renewal)""",'
    '"Date entered ""Closed Won (Renewal)"""'
)
TWO_ROWS = (
    "1,2025-01-01 10:00,2025-02-01 10:00,{0} (New),New,100,2025-01-01 10:00,2025-02-01 10:00,,",
    "2,2025-01-02 10:00,,Proposal,New,200,2025-01-02 10:00,,,",
    "3,2025-01-03 10:00,2025-01-13 10:00,{0} (Renewal),Renewal,400,,,2025-01-03 10:00,2025-01-13 10:00",
)


def test_stages_of_two_pipelines_do_not_mix(tmp_path: Path) -> None:
    history = imported(tmp_path, TWO, *(row.format("Closed Won") for row in TWO_ROWS))
    assert set(history.meta.stages.values()) == {"Proposal (New)", "Proposal (Renewal)"}
    assert deal(history, "1")["outcome"] == deal(history, "3")["outcome"] == "won", "in whatever pipeline"
    assert deal(history, "2")["outcome"] is None
    (check,) = [one for one in history.meta.audit["checks"] if one["check"] == "pipelines"]
    assert check["mapping"] == ["[where]", '"Pipeline" = "New"']
    assert_consistent(history)


def test_a_pipeline_without_dates_is_not_named(tmp_path: Path) -> None:
    history = imported(tmp_path, TWO, *(row.format("Closed Won") for row in TWO_ROWS[:2]))
    assert list(history.meta.stages.values()) == ["Proposal"]


NUMBERED = (
    "hs_object_id,dealstage,amount,createdate,closedate,hs_is_closed_won,hs_is_closed,hs_v2_date_entered_7001,"
    "hs_v2_date_exited_7001,hs_v2_latest_time_in_7001,hs_v2_date_entered_9001,hs_date_entered_7001"
)


def test_stages_that_are_numbers_end_deals_by_hubspot_s_own_flags(tmp_path: Path) -> None:
    """Catches a closed stage read as one more stage, for ever open."""
    history = imported(
        tmp_path,
        NUMBERED,
        "1,9001,100,2025-01-01,2025-01-31 09:00,true,true,2025-01-01,2025-01-31,86400,"
        "2025-01-31 11:00,2025-01-01",
        "2,9002,100,2025-01-01,2025-01-21,false,true,2025-01-01,2025-01-21,86400,,2025-01-01",
        "3,7001,100,2025-01-05,2025-03-21,false,false,2025-01-05,,86400,,2025-01-05",
    )
    assert history.meta.stages == {"s_7001": "7001"}
    assert [deal(history, key)["outcome"] for key in "123"] == ["won", "lost", None]


def test_a_closing_date_before_the_last_stage_gives_way_to_the_recorded_one(tmp_path: Path) -> None:
    """Catches a won deal that vanishes because somebody wrote an early closing date by hand."""
    rows = [row.format(won="Closed Won", lost="Closed Lost", sent="Contract Sent") for row in ROWS]
    rows[0] = rows[0].replace("2025-02-13 10:00,Closed Won", "2025-01-15 00:00,Closed Won")
    history = imported(tmp_path, SCREEN, *rows)
    assert stays(history, "101")[-1] == ("contract_sent", 1, "01-20", "02-13", "won")
    assert "closings_before_stages" in check_names(history)


def test_an_exit_without_an_entry_is_named(tmp_path: Path) -> None:
    header = SCREEN.replace('"Date entered ""Contract Sent', '"Date of ""Contract Sent')
    rows = [row.format(won="Closed Won", lost="Closed Lost", sent="Contract Sent") for row in ROWS]
    history = imported(tmp_path, header, *rows)
    assert "exits_without_entries" in check_names(history)


def warehouse(folder: Path) -> list[Path]:
    return [
        write(
            folder,
            "deal.csv",
            "deal_id,deal_pipeline_stage_id,property_dealname,property_amount,property_closedate,property_createdate",
            "1,90,A,100,2025-02-01 09:00,2025-01-01 09:00",
            "2,91,B,100,2025-02-02 09:00,2025-01-02 09:00",
            "3,71,C,100,,2025-01-03 09:00",
        ),
        write(
            folder,
            "deal_property_history.csv",
            "deal_id,timestamp,source,name,value",
            *(f"{key},2025-01-0{key} 09:00,CRM,dealstage,70" for key in (1, 2, 3)),
            *(f"{key},2025-01-1{key} 09:00,CRM,dealstage,71" for key in (1, 2, 3)),
            "1,2025-01-12 09:00,CRM,amount,100",
            "1,2025-02-01 09:00,CRM,dealstage,90",
            "2,2025-02-02 09:00,CRM,dealstage,91",
        ),
        write(
            folder,
            "deal_pipeline_stage.csv",
            "stage_id,label,pipeline_id,closed_won,is_closed",
            *("70,Erstgespräch,p,FALSE,FALSE", "71,Angebot,p,FALSE,FALSE"),
            *("90,Gewonnen,p,TRUE,TRUE", "91,Verloren,p,FALSE,TRUE"),
        ),
    ]


def test_a_property_history_gives_every_stage_by_its_label(tmp_path: Path) -> None:
    history = import_history(warehouse(tmp_path), as_of=AS_OF)
    assert history.meta.audit["preset"] == "hubspot"
    assert list(history.meta.stages.values()) == ["Erstgespräch", "Angebot"]
    assert stays(history, "1") == [
        ("erstgesprach", 1, "01-01", "01-11", "angebot"),
        ("angebot", 1, "01-11", "02-01", "won"),
    ]
    assert [deal(history, key)["outcome"] for key in "123"] == ["won", "lost", None]
    assert history.meta.audit["files_unused"] == []
    assert_consistent(history)


def test_a_list_of_stages_without_deals_is_refused(tmp_path: Path) -> None:
    lines = ("stage_id,label,pipeline_id,closed_won,is_closed,probability", "1,Demo,p,false,false,0.2")
    with pytest.raises(HistoryError, match="the files only contain stage names: add the deals table"):
        import_history([write(tmp_path, "stages.csv", *lines)], "hubspot")


def test_a_deal_that_entered_its_stage_after_its_loss_is_open_again(tmp_path: Path) -> None:
    """Catches a reopened deal that is left out as closed before its last stage."""
    lost = '"Date entered ""Closed Lost (Sales Pipeline)"""'
    header = "Record ID,Create Date,Deal Stage,Amount," + '"Date entered ""Demo (Sales Pipeline)""",' + lost
    rows = ("1,2025-01-02,Demo,10,2025-03-05,2025-02-01", "2,2025-01-02,Closed Lost,10,2025-01-09,2025-02-01")
    history = imported(tmp_path, header, *rows)
    assert deal(history, "1")["outcome"] is None
    assert stays(history, "1")[-1][0] == "demo"
    assert deal(history, "2")["outcome"] == "lost"
