"""Pipedrive's exports: from the screen in two languages, from the API with its log of changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from funnelsim.history.cleaning.as_of import parse_as_of
from funnelsim.history.imports import import_history
from tests.unit.history.exports import assert_consistent, deal, stays, write

AS_OF = parse_as_of("2025-03-15")
HEADERS = {
    "English": "Deal - ID,Deal - Title,Deal - Value,Deal - Stage,Deal - Status,"
    "Deal - Deal created,Deal - Won time,"
    "Deal - Lost time,Deal - Deal closed on,Deal - Expected close date,"
    "Deal - Update time,Deal - Last stage change",
    "German": "Deal - ID,Deal - Titel,Deal - Wert,Deal - Phase,Deal - Status,Deal - Deal erstellt,"
    "Deal - Gewonnen am,Deal - Verloren am,Deal - Deal geschlossen am,Deal - Erwartetes Abschlussdatum,"
    "Deal - Aktualisiert am,Deal - Letzte Phasenänderung",
    "without prefix": "ID,Title,Value,Stage,Status,Deal created,Won time,Lost time,Deal closed on,"
    "Expected close date,Update time,Last stage change",
}
WORDS = {"German": ("Gewonnen", "Verloren", "Offen")}


@pytest.mark.parametrize("language", HEADERS)
def test_the_status_says_how_deals_ended(tmp_path: Path, language: str) -> None:
    won, lost, open_ = WORDS.get(language, ("Won", "Lost", "Open"))
    rest = "2025-03-31,2025-03-10 10:00:00,2025-01-20 10:00:00"
    file = write(
        tmp_path,
        "deals.csv",
        HEADERS[language],
        f"1,A,1000,Negotiation,{won},2025-01-03 10:00:00,2025-02-13 09:00:00,,2025-02-13 09:00:00,{rest}",
        f"2,B,500,Proposal,{lost},2025-01-05 10:00:00,,2025-02-10 09:00:00,2025-02-10 09:00:00,{rest}",
        f"3,C,700,Proposal,{open_},2025-01-15 10:00:00,,,,{rest}",
    )
    history = import_history([file], as_of=AS_OF)
    assert history.meta.audit["preset"] == "pipedrive"
    assert [deal(history, key)["outcome"] for key in "123"] == ["won", "lost", None]
    assert stays(history, "1") == [("open", 1, "01-03", "02-13", "won")]
    assert deal(history, "1")["amount"] == 1000
    assert_consistent(history)


def test_a_log_of_changes_gives_stages_from_the_creation_on(tmp_path: Path) -> None:
    """Catches the first stage, which no change names, and a deal that never changed."""
    files = [
        write(
            tmp_path,
            "deals.csv",
            "id,title,value,add_time,update_time,status,stage_id,won_time,lost_time,close_time",
            "1,A,300,2025-01-02 09:00:00,2025-01-02 09:00:00,won,2,2025-02-01 09:00:00,,2025-02-01 09:00:00",
            "2,B,300,2025-01-03 09:00:00,2025-01-03 09:00:00,open,1,,,",
        ),
        write(
            tmp_path,
            "flow.csv",
            "id,item_id,field_key,old_value,new_value,log_time",
            "7,1,stage_id,1,2,2025-01-12 09:00:00",
            "8,1,value,0,300,2025-01-13 09:00:00",
        ),
        write(tmp_path, "stages.csv", "id,order_nr,name,pipeline_id", "1,1,Contacted,1", "2,2,Proposal,1"),
    ]
    history = import_history(files, as_of=AS_OF)
    assert stays(history, "1") == [
        ("contacted", 1, "01-02", "01-12", "proposal"),
        ("proposal", 1, "01-12", "02-01", "won"),
    ]
    assert stays(history, "2") == [("contacted", 1, "01-03", None, None)]
    assert_consistent(history)


def test_a_stage_may_be_called_like_a_status(tmp_path: Path) -> None:
    """Catches a stage "Open" whose entries vanish; won and lost are dated by their own columns only."""
    files = [
        write(
            tmp_path,
            "deals.csv",
            "ID,Title,Status,Stage,Deal created,Won time,Lost time,Value",
            "1,A,Gewonnen,Demo,2025-01-01 08:00:00,2025-02-01 10:00:00,,100",
            "2,B,Verloren,Open,2025-01-02 08:00:00,,2025-02-03 10:00:00,100",
            "3,C,Offen,Open,2025-01-03 08:00:00,,,100",
        ),
        write(
            tmp_path,
            "log.csv",
            "deal_id,field_key,old_value,new_value,log_time",
            "1,stage_id,Open,Demo,2025-01-10 08:00:00",
        ),
    ]
    history = import_history(files, as_of=AS_OF)
    assert stays(history, "1") == [
        ("open", 1, "01-01", "01-10", "demo"),
        ("demo", 1, "01-10", "02-01", "won"),
    ]
    assert stays(history, "2") == [("open", 1, "01-02", "02-03", "lost")]
    assert stays(history, "3") == [("open", 1, "01-03", None, None)]
    assert_consistent(history)


def test_german_times_of_winning_losing_and_updating_are_no_stages(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        "deals.csv",
        "ID,Titel,Wert,Währung,Phase,Status,Deal erstellt,Aktualisierungszeit,Gewonnen um,Verloren um",
        "1,A,10,EUR,Angebot,Gewonnen,2025-01-02 10:00:00,2025-06-01 10:00:00,2025-02-01 10:00:00,",
        "2,B,30,EUR,Angebot,Verloren,2025-01-04 10:00:00,2025-06-01 10:00:00,,2025-03-04 10:00:00",
        "3,C,50,EUR,Angebot,Offen,2025-03-05 10:00:00,2025-06-01 10:00:00,,",
    )
    audit = import_history([file]).meta.audit
    assert (audit["deals"]["won"], audit["deals"]["lost"], audit["deals"]["open"]) == (1, 1, 1)
    assert [one["stage"] for one in audit["stages"]] == ["open"]
