"""Flags for won and lost that contradict each other, or the outcome."""

from __future__ import annotations

from pathlib import Path

from funnelsim.history.imports import import_history
from tests.unit.history.exports import check_names, deals, mapping, write


def test_a_deal_flagged_as_won_and_lost_is_named(tmp_path: Path) -> None:
    history = deals(
        tmp_path,
        "id,created_at,is_won,is_lost,closed_at,amount",
        "1,2024-01-02,1,0,2024-02-01,100",
        "2,2024-01-02,0,1,2024-02-11,100",
        "3,2024-01-02,0,0,,100",
        "4,2024-01-02,1,1,2024-02-11,900",
    )
    look = history.meta.audit["checks"][0]
    assert (look["check"], look["count"]) == ("won_and_lost", 1)
    assert "such as 4: read as won 1" in look["text"]


HEADER = "id,created_at,closed_at,status,is_won,amount"
ROWS = (
    "1,2024-01-02,2024-02-03,Won,true,1200",
    "2,2024-01-05,2024-02-13,Lost,false,1350",
    "3,2024-01-06,,Open,false,700",
    "4,2024-01-09,2024-03-01,Won,false,2400",
)


def test_an_outcome_beside_another_flag_is_named_with_the_line_that_goes_by_the_flag(tmp_path: Path) -> None:
    history = deals(tmp_path, HEADER, *ROWS)
    look = history.meta.audit["checks"][0]
    assert (look["check"], look["count"]) == ("flag_contradicts", 1)
    assert "(won beside false 1; such as 4)" in look["text"]
    rules = mapping(tmp_path, "\n".join(look["mapping"]))
    again = import_history([write(tmp_path, "deals.csv", HEADER, *ROWS)], "deals", rules)
    assert again.deals["outcome"].to_list() == ["won", "lost", None, "lost"]
    assert "flag_contradicts" not in check_names(again)


def test_flags_that_agree_are_not_named(tmp_path: Path) -> None:
    history = deals(tmp_path, HEADER, *ROWS[:3])
    assert "flag_contradicts" not in check_names(history)
