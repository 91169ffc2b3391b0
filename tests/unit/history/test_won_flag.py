"""A table that says which deals are won, not which are closed: the others are lost, open, or asked about."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from funnelsim.core.errors import HistoryError
from funnelsim.history.files.events import History
from funnelsim.history.imports import import_history
from tests.unit.history.exports import check_names, deals, mapping, write

HEADER = "deal_id,created,close_date,is_won"
#: Five wins until 20 March, and five others that closed before it.
EARLIER = (
    *(f"w{n},2025-01-{n:02},2025-03-{n + 15},true" for n in range(1, 6)),
    *(f"l{n},2025-01-{n:02},2025-02-{n + 15},false" for n in range(1, 6)),
)
LATER = ("x1,2025-02-01,2025-04-02,false", "x2,2025-02-01,2025-05-02,false")


def counts(history: History) -> dict[str, int]:
    return {key: number for key, number in history.meta.audit["deals"].items() if key != "all"}


def look(history: History) -> dict[str, Any]:
    return next(item for item in history.meta.audit["checks"] if item["check"] == "closed_by_date")


def with_column(rows: tuple[str, ...], column: dict[str, str], default: str) -> tuple[str, ...]:
    return tuple(f"{row},{column.get(row.split(',')[0], default)}" for row in rows)


def test_closing_dates_after_all_else_in_the_export_are_asked_about(tmp_path: Path) -> None:
    """Catches losses after the last win that count as open without a word, and open deals as lost."""
    with pytest.raises(HistoryError, match="2 have a closing date after 20 Mar 2025") as caught:
        deals(tmp_path, HEADER, *EARLIER, *LATER)
    lines = [line.strip() for line in str(caught.value).splitlines() if "closing_dates" in line]
    assert lines == [
        'closing_dates = "actual"   # 7 lost, 0 open',
        '# closing_dates = "expected"   # 5 lost, 2 open',
    ]
    for line, expected in zip(
        lines, ({"won": 5, "lost": 7, "open": 0}, {"won": 5, "lost": 5, "open": 2}), strict=True
    ):
        rules = mapping(tmp_path, line.removeprefix("# ") + "\n")
        history = deals(tmp_path, HEADER, *EARLIER, *LATER, mapping=rules)
        assert counts(history) == expected
        assert "closed_by_date" not in check_names(history)


def test_the_as_of_date_answers_too(tmp_path: Path) -> None:
    history = deals(tmp_path, HEADER, *EARLIER, *LATER, as_of=dt.datetime(2025, 4, 10))
    assert counts(history) == {"won": 5, "lost": 6, "open": 1}


def test_a_loss_on_the_day_of_the_last_win_is_a_loss(tmp_path: Path) -> None:
    history = deals(tmp_path, HEADER, *EARLIER, "x,2025-02-01,2025-03-20,false")
    assert counts(history) == {"won": 5, "lost": 6, "open": 0}
    assert "mapping" not in look(history)


def test_closing_dates_are_those_of_closings_where_open_deals_have_none(tmp_path: Path) -> None:
    rows = (*EARLIER, *LATER, "o1,2025-02-01,,false", "o2,2025-02-01,,false")
    history = deals(tmp_path, HEADER, *rows)
    assert counts(history) == {"won": 5, "lost": 7, "open": 2}
    assert "5 lost, 4 open" in look(history)["text"]
    rules = mapping(tmp_path, "\n".join(look(history)["mapping"]) + "\n")
    assert counts(deals(tmp_path, HEADER, *rows, mapping=rules)) == {"won": 5, "lost": 5, "open": 4}


def test_so_many_closings_without_a_win_are_asked_about_even_so(tmp_path: Path) -> None:
    later = (f"x{n},2025-02-01,2025-05-{n:02},false" for n in range(1, 20))
    with pytest.raises(HistoryError, match="19 have a closing date after"):
        deals(tmp_path, HEADER, *EARLIER, *later, "o1,2025-02-01,,false")


def test_a_closing_date_after_every_change_of_a_row_is_an_expected_one(tmp_path: Path) -> None:
    rows = with_column((*EARLIER, *LATER), {}, "2025-03-25T10:00:00Z")
    history = deals(tmp_path, f"{HEADER},LastModifiedDate", *rows)
    assert counts(history) == {"won": 5, "lost": 5, "open": 2}
    assert "7 lost, 0 open" in look(history)["text"]
    rules = mapping(tmp_path, "\n".join(look(history)["mapping"]) + "\n")
    history = deals(tmp_path, f"{HEADER},LastModifiedDate", *rows, mapping=rules)
    assert counts(history) == {"won": 5, "lost": 7, "open": 0}


def test_a_row_that_nobody_changed_since_is_open_though_its_date_is_past(tmp_path: Path) -> None:
    rows = with_column(EARLIER, {"l1": "2025-01-20"}, "2025-03-25")
    history = deals(tmp_path, f"{HEADER},updated_at", *rows)
    assert counts(history) == {"won": 5, "lost": 4, "open": 1}


def test_a_change_shows_that_a_late_closing_is_one(tmp_path: Path) -> None:
    rows = with_column((*EARLIER, *LATER), {"x1": "2025-04-02", "x2": "2025-05-02"}, "2025-03-25")
    assert counts(deals(tmp_path, f"{HEADER},updated_at", *rows)) == {"won": 5, "lost": 7, "open": 0}


def test_a_closing_date_after_the_copy_of_the_row_is_an_expected_one(tmp_path: Path) -> None:
    rows = with_column((*EARLIER, *LATER), {}, "2025-04-05T04:00:00Z")
    history = deals(tmp_path, f"{HEADER},_fivetran_synced", *rows)
    assert counts(history) == {"won": 5, "lost": 6, "open": 1}


def test_closing_dates_ahead_of_us_are_expected_ones(tmp_path: Path) -> None:
    history = deals(tmp_path, HEADER, *EARLIER, "x1,2025-02-01,2088-04-02,false")
    assert counts(history) == {"won": 5, "lost": 5, "open": 1}


def test_stages_that_say_lost_decide_before_dates_do(tmp_path: Path) -> None:
    """Catches open deals past their expected date that count as lost beside a stage of losses."""
    stages = {f"w{n}": "Closed Won" for n in range(1, 6)} | {f"l{n}": "Closed Lost" for n in range(1, 4)}
    rows = with_column((*EARLIER, *LATER), stages, "Proposal")
    history = deals(tmp_path, f"{HEADER},stage", *rows)
    assert counts(history) == {"won": 5, "lost": 3, "open": 4}


def test_dates_of_losses_decide_before_closing_dates_do(tmp_path: Path) -> None:
    rows = with_column((*EARLIER, *LATER), {"l1": "2025-02-20", "l2": "2025-02-20"}, "")
    rules = mapping(tmp_path, '[deals.dates]\nlost = "Gone on"\n')
    history = deals(tmp_path, f"{HEADER},Gone on", *rows, mapping=rules)
    assert counts(history) == {"won": 5, "lost": 2, "open": 5}
    assert "closed_by_date" not in check_names(history)


def test_a_won_column_with_blanks_for_no_is_read_like_one_with_false(tmp_path: Path) -> None:
    rows = [row.replace(",false", ",").replace(",true", ",Yes") for row in EARLIER]
    assert counts(deals(tmp_path, HEADER, *rows)) == {"won": 5, "lost": 5, "open": 0}


def test_a_won_column_named_as_outcome_is_read_the_same_way(tmp_path: Path) -> None:
    """Catches deals lost on expected dates once the mapping names the column, or says what true means."""
    named = '[deals]\ndeal="deal_id"\ncreated="created"\nclosed="close_date"\noutcome="is_won"\n'
    for text in (named, f'{named}[outcomes]\nwon="true"\nlost="false"\n'):
        with pytest.raises(HistoryError, match="closing_dates"):
            deals(tmp_path, HEADER, *EARLIER, *LATER, mapping=mapping(tmp_path, text))
        rules = mapping(tmp_path, 'closing_dates = "expected"\n' + text)
        history = deals(tmp_path, HEADER, *EARLIER, *LATER, "o,2025-02-01,,false", mapping=rules)
        assert counts(history) == {"won": 5, "lost": 5, "open": 3}


@pytest.mark.parametrize("named", ['deal = "deal_id"\ncreated = "created"\nclosed = "close_date"\n', ""])
def test_a_mapping_that_names_other_columns_still_reads_the_flag(tmp_path: Path, named: str) -> None:
    """Catches wins that are open as soon as a mapping names an amount, as a draft does."""
    rows = with_column(EARLIER, {}, "100")
    rules = mapping(tmp_path, f'[deals]\n{named}amount = "Fee net"\n')
    history = deals(tmp_path, f"{HEADER},Fee net", *rows, mapping=rules)
    assert counts(history) == {"won": 5, "lost": 5, "open": 0}


@pytest.mark.parametrize(("yes", "no"), [("true", "false"), ("x", "")])
def test_a_flag_of_losses_beside_that_of_wins_decides(tmp_path: Path, yes: str, no: str) -> None:
    rows = [row.replace(",false", f",{no}").replace(",true", f",{yes}") for row in (*EARLIER, *LATER)]
    lost = with_column(tuple(rows), {"l1": yes, "x1": yes}, no)
    history = deals(tmp_path, f"{HEADER},is_lost", *lost)
    assert counts(history) == {"won": 5, "lost": 2, "open": 5}
    assert "closed_by_date" not in check_names(history)


def test_events_that_say_lost_decide_and_contradict_no_flag_of_wins(tmp_path: Path) -> None:
    """Catches open deals past their expected date that count as lost beside events of losses."""
    ids = [row.split(",")[0] for row in (*EARLIER, *LATER)]
    labels = {"w": "Won", "l": "Lost"}
    ends = [f"{key},{labels[key[0]]},2025-03-10" for key in ids if key[0] in labels and key != "l1"]
    files = (
        write(
            tmp_path, "events.csv", "deal_id,stage,entered", *(f"{key},Demo,2025-02-01" for key in ids), *ends
        ),
        write(tmp_path, "deals.csv", HEADER, *EARLIER, *LATER),
    )
    history = import_history(files, "events")
    assert counts(history) == {"won": 5, "lost": 4, "open": 3}
    assert not {"closed_by_date", "open_in_table"} & check_names(history)


@pytest.mark.parametrize("closed", ["", ",is_closed"])
def test_flags_of_each_deal_decide_at_a_label_that_ends_deals_either_way(tmp_path: Path, closed: str) -> None:
    """Catches wins that are lost because as many other deals at the same label are."""
    rows = with_column(EARLIER, {}, f"Closed{',true' if closed else ''}")
    still_open = f"x1,2025-02-01,2025-03-01,false,Demo{',false' if closed else ''}"
    history = deals(tmp_path, f"{HEADER},stage{closed}", *rows, still_open)
    assert counts(history) == {"won": 5, "lost": 5, "open": 1}
