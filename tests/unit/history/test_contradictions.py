"""Events and a deals table that say different things of the same deals."""

from __future__ import annotations

from pathlib import Path

from funnelsim.history.files.events import History
from funnelsim.history.imports import import_history
from tests.unit.history.exports import assert_consistent, check_names, deal, mapping, stays, table, write

ROWS = (
    "A,2025-01-01,2025-02-01,won,100",
    "B,2025-01-02,2025-02-10,lost,50",
    "C,2025-01-03,2025-02-12,won,70",
    "D,2025-01-04,,open,30",
)
ENTRIES = (
    "A,Lead,2025-01-01 09:00",
    "A,Closed Won,2025-02-01 15:00",
    "B,Lead,2025-01-02 09:00",
    "B,Closed Won,2025-02-09 10:00",
    "C,Lead,2025-01-03 09:00",
    "C,Demo,2025-03-01 10:00",
    "D,Lead,2025-01-04 10:00",
    "D,Closed Lost,2025-01-20 10:00",
)


def read(tmp_path: Path, rules: str = "") -> History:
    files = [
        write(tmp_path, "events.csv", "deal,stage,entered", *ENTRIES),
        write(tmp_path, "deals.csv", "deal,created,closed,outcome,amount", *ROWS),
    ]
    return import_history(files, "events", mapping(tmp_path, rules))


def test_contradictions_stand_at_the_top_and_the_events_decide(tmp_path: Path) -> None:
    history = read(tmp_path)
    checks = {item["check"]: item for item in history.meta.audit["checks"]}
    assert [
        checks[name]["count"] for name in ("outcomes_contradict", "open_in_table", "stages_after_closing")
    ] == [1, 1, 1]
    assert all(
        checks[name]["mapping"] == ['outcome_from = "deals"']
        for name in ("outcomes_contradict", "open_in_table", "stages_after_closing")
    )
    assert "(won in one of them: 1, 70)" in checks["stages_after_closing"]["text"]
    assert [deal(history, key)["outcome"] for key in "ABD"] == ["won", "won", "lost"]
    assert table(history, "deals")["set_aside"] == {"closed before its last stage": 1}


def test_the_table_of_deals_decides_where_the_mapping_says_so(tmp_path: Path) -> None:
    """The outcome on which both agree keeps its time of day; a stage after the closing date is set aside."""
    history = read(tmp_path, 'outcome_from = "deals"\n')
    assert [deal(history, key)["outcome"] for key in "ABCD"] == ["won", "lost", "won", None]
    assert [f"{deal(history, key)['closed']:%m-%d %H}" for key in "ABC"] == [
        "02-01 15",
        "02-10 00",
        "02-12 00",
    ]
    assert stays(history, "C") == [("lead", 1, "01-03", "02-12", "won")]
    assert table(history, "events")["set_aside"] == {"contradicts the deals table": 3}
    assert not check_names(history) & {"outcomes_contradict", "open_in_table", "stages_after_closing"}
    assert_consistent(history)


def test_a_table_that_does_not_say_how_deals_end_contradicts_nothing(tmp_path: Path) -> None:
    files = [
        write(tmp_path, "events.csv", "deal,stage,entered", "A,Lead,2025-01-01", "A,Closed Won,2025-02-01"),
        write(tmp_path, "deals.csv", "deal,created,amount,source", "A,2025-01-01,100,web"),
    ]
    assert "open_in_table" not in check_names(import_history(files, "events"))
