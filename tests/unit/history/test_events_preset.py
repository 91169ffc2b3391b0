"""A row per deal and stage entry becomes stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from funnelsim.core.errors import HistoryError
from funnelsim.history.imports import import_history
from tests.unit.history.exports import (
    assert_consistent,
    check_names,
    day,
    deal,
    events,
    mapping,
    stays,
    table,
    write,
)


def test_entries_become_stays_and_the_last_open_one_has_no_end(tmp_path: Path) -> None:
    history = events(
        tmp_path,
        "A,Lead,2025-01-05",
        "A,Demo,2025-01-15",
        "A,Won,2025-02-01",
        "B,Lead,2025-01-07",
        "B,Demo,2025-01-30",
    )
    assert stays(history, "A") == [
        ("lead", 1, "01-05", "01-15", "demo"),
        ("demo", 1, "01-15", "02-01", "won"),
    ]
    assert stays(history, "B") == [("lead", 1, "01-07", "01-30", "demo"), ("demo", 1, "01-30", None, None)]
    assert deal(history, "A")["outcome"] == "won"
    assert deal(history, "B")["outcome"] is None, "a deal that is open is open, never lost"
    assert history.meta.stages == {"lead": "Lead", "demo": "Demo"}
    assert history.meta.resolution == "day"
    assert_consistent(history)


def test_rows_may_come_in_any_order(tmp_path: Path) -> None:
    rows = [
        "A,Lead,2025-01-05",
        "A,Demo,2025-01-15",
        "A,Lead,2025-01-20",
        "A,Won,2025-02-01",
        "B,Lead,2025-01-07",
    ]
    straight = events(tmp_path, *rows)
    reversed_ = events(tmp_path, *reversed(rows))
    assert straight.visits.equals(reversed_.visits)
    assert straight.deals.equals(reversed_.deals)


def test_entering_the_present_stage_again_is_no_move_and_coming_back_is(tmp_path: Path) -> None:
    """Catches the mutants that count a repeat as a second visit, or lose the return."""
    history = events(
        tmp_path,
        "A,Lead,2025-01-01",
        "A,Lead,2025-01-04",
        "A,Demo,2025-01-08",
        "A,Lead,2025-01-10",
        "A,Lost,2025-01-20",
    )
    assert stays(history, "A") == [
        ("lead", 1, "01-01", "01-08", "demo"),
        ("demo", 1, "01-08", "01-10", "lead"),
        ("lead", 2, "01-10", "01-20", "lost"),
    ]
    counts = history.meta.audit["counts"]
    assert (counts["repeats_merged"], counts["reentries"], counts["backward"]) == (1, 1, 1)
    assert table(history, "events")["rows_used"] == 5, "a merged row is used"
    assert_consistent(history)


def test_an_outcome_followed_by_a_stage_never_happened(tmp_path: Path) -> None:
    history = events(
        tmp_path,
        "A,Lead,2025-01-01",
        "A,Lost,2025-01-04",
        "A,Lead,2025-01-08",
        "A,Won,2025-01-20",
        "B,Lead,2025-01-02",
    )
    assert stays(history, "A") == [("lead", 1, "01-01", "01-20", "won")]
    assert history.meta.audit["counts"]["taken_back"] == {"lost": 1}
    assert table(history, "events")["set_aside"] == {"outcome reversed later": 1}
    assert_consistent(history)


def test_of_several_outcomes_the_last_counts_but_churn_does_not_undo_a_win(tmp_path: Path) -> None:
    history = events(
        tmp_path,
        "A,Lead,2025-01-01",
        "A,Lost,2025-01-04",
        "A,Won,2025-01-09",
        "B,Lead,2025-01-01",
        "B,Won,2025-01-04",
        "B,Churned,2025-03-09",
    )
    assert (deal(history, "A")["outcome"], deal(history, "A")["closed"]) == ("won", day("2025-01-09"))
    assert (deal(history, "B")["outcome"], deal(history, "B")["closed"]) == ("won", day("2025-01-04"))
    assert_consistent(history)


def test_an_outcome_repeated_closes_at_its_first_row(tmp_path: Path) -> None:
    """A snapshot history writes Closed Won again when the amount is corrected. Catches the mutant that merges
    repeats only after the last outcome is chosen."""
    history = events(tmp_path, "A,Lead,2025-01-01", "A,Closed Won,2025-01-04", "A,Closed Won,2025-03-09")
    assert deal(history, "A")["closed"] == day("2025-01-04")
    assert table(history, "events")["rows_used"] == 3
    assert_consistent(history)


def test_moves_at_one_instant_follow_the_funnel(tmp_path: Path) -> None:
    rows = [
        "A,Won,2025-01-09",
        "A,Demo,2025-01-09",
        "A,Lead,2025-01-09",
        "B,Lead,2025-01-01",
        "B,Demo,2025-01-02",
    ]
    history = events(tmp_path, *rows, "B,Won,2025-01-03")
    assert stays(history, "A") == [
        ("lead", 1, "01-09", "01-09", "demo"),
        ("demo", 1, "01-09", "01-09", "won"),
    ]
    assert history.meta.audit["counts"]["same_instant"] == 2
    assert_consistent(history)


def test_rows_that_cannot_be_placed_are_set_aside_with_a_reason(tmp_path: Path) -> None:
    rules = mapping(
        tmp_path,
        '[stages]\nlead = "Lead"\ndemo = "Demo"\n[outcomes]\nwon = "Won"\n'.replace(
            "[stages]", 'ignore = ["Test"]\n[stages]'
        ),
    )
    history = events(
        tmp_path,
        "A,Lead,2025-01-01",
        "A,Lead,2025-01-01",
        ",Lead,2025-01-01",
        "A,,2025-01-02",
        "A,Test,2025-01-02",
        "A,Dmo,2025-01-02",
        "A,Demo,",
        "A,Demo,1970-01-01",
        "A,Won,2025-01-20",
        ",,",
        "C,Won,2025-01-20",
        mapping=rules,
    )
    assert table(history, "events")["set_aside"] == {
        "empty row": 1,
        "no deal id": 1,
        "no stage": 1,
        "label to ignore": 1,
        "unmapped label": 1,
        "impossible date": 1,
        "no date": 1,
        "exact duplicate": 1,
        "closed without a stage before": 1,
    }
    assert table(history, "events")["examples"]["unmapped label"] == ["row 7"]
    assert history.meta.audit["labels_unmapped"] == {"Dmo": 1}
    assert "unmapped_labels" in check_names(history)
    assert_consistent(history)


def test_rows_too_long_for_the_header_are_set_aside(tmp_path: Path) -> None:
    history = events(
        tmp_path, "A,Lead,2025-01-01", "A,Demo,or so,2025-01-03", "A,Won,2025-02-01", "B,Lead,2025-01-01"
    )
    assert table(history, "events")["set_aside"] == {"more fields than the header": 1}
    assert table(history, "events")["examples"] == {"more fields than the header": ["row 3"]}
    assert_consistent(history)


def test_events_in_the_future_are_pointed_out(tmp_path: Path) -> None:
    history = events(tmp_path, "A,Lead,2025-01-01", "A,Won,2090-02-01")
    assert "future_events" in check_names(history)


def test_the_default_as_of_is_the_end_of_the_day_of_the_last_event(tmp_path: Path) -> None:
    history = events(tmp_path, "A,Lead,2025-01-05 10:00", "A,Won,2025-02-01 09:30")
    assert history.meta.as_of == day("2025-02-02")
    assert history.meta.audit["as_of_given"] is False
    assert history.meta.resolution == "second"


def test_what_happens_after_the_as_of_date_is_unknown(tmp_path: Path) -> None:
    rows = ["A,Lead,2025-01-05", "A,Won,2025-02-01", "B,Lead,2025-01-31", "C,Lead,2025-02-05"]
    history = events(tmp_path, *rows, as_of=day("2025-02-01"))
    assert stays(history, "A") == [("lead", 1, "01-05", None, None)]
    assert set(history.deals["deal"]) == {"A", "B"}
    assert table(history, "events")["set_aside"] == {"after the as-of date": 2}
    assert_consistent(history)


def test_a_table_of_deals_adds_attributes_and_the_events_decide(tmp_path: Path) -> None:
    entries = write(
        tmp_path, "events.csv", "deal_id,stage,entered_at",
        "A,Lead,2025-01-05", "A,Won,2025-02-01", "B,Lead,2025-01-07", "C,Lead,2025-01-08",
        "D,Lead,2025-01-09",
    )  # fmt: skip
    facts = write(
        tmp_path, "deals.csv", "deal_id,created_at,closed_at,outcome,amount,source,owner",
        "A,2025-01-03,2025-02-02,lost,100,web,Kim",
        "B,2025-01-07,2025-03-01,lost,200,,Kim",
        "C,2025-01-08,,open,300,fair,Lee",
        "E,2025-01-09,,open,300,fair,Lee",
    )  # fmt: skip
    history = import_history([facts, entries], "events")
    assert deal(history, "A")["outcome"] == "won"
    assert deal(history, "A")["created"] == day("2025-01-03")
    assert history.meta.audit["counts"]["outcomes_differ"] == 1
    assert stays(history, "B") == [("lead", 1, "01-07", "03-01", "lost")], (
        "no closing event: the table tells it"
    )
    assert deal(history, "B")["source"] == "unknown"
    assert deal(history, "C")["listed_amount"] == 300.0
    assert deal(history, "C")["amount"] is None, "the final amount of an open deal is not known"
    assert deal(history, "D")["source"] == "unknown"
    assert history.meta.audit["counts"]["deals_without_row"] == 1
    assert table(history, "deals")["set_aside"] == {"deal without stage times": 1}
    assert_consistent(history)


def test_events_of_a_deal_that_is_set_aside_are_accounted_for(tmp_path: Path) -> None:
    rows = [f"{key},Lead,2025-01-0{place}" for place, key in enumerate("ABCDEFGHI", start=1)]
    entries = write(
        tmp_path,
        "events.csv",
        "deal_id,stage,entered_at",
        *rows,
        "A,Demo,2025-01-20",
        *["Z,Lead,2025-01-02"] * 2,
    )
    facts = write(
        tmp_path, "deals.csv", "deal_id,created_at,region",
        *(f"{key},2025-01-01,EMEA" for key in "CDEFGHIJKL"),
        "A,2025-01-01,EMEA", "A,2025-01-02,EMEA", "B,2025-01-01,APAC",
    )  # fmt: skip
    history = import_history([entries, facts], "events", mapping(tmp_path, '[where]\nregion = "EMEA"\n'))
    assert table(history, "deals")["set_aside"] == {
        "deal without stage times": 3,
        "same id, different content": 2,
        "left out by where": 1,
    }
    assert table(history, "events")["set_aside"] == {"its deal is skipped": 3, "exact duplicate": 1}
    assert_consistent(history)


def test_labels_at_which_the_table_closes_every_deal_are_outcomes(tmp_path: Path) -> None:
    """Cancelled and Signed are words of this CRM: the deals table says what they mean."""
    entries, facts = [], []
    for number in range(40):
        label, outcome = ("Signed", "won") if number % 2 else ("Cancelled", "lost")
        entries += [f"D{number},Lead,2025-01-01", f"D{number},{label},2025-02-{number % 28 + 1:02}"]
        facts.append(f"D{number},2025-02-{number % 28 + 1:02},{outcome}")
    one = write(tmp_path, "events.csv", "deal_id,stage,entered_at", *entries)
    other = write(tmp_path, "deals.csv", "deal_id,closed_at,outcome", *facts)
    history = import_history([one, other], "events")
    assert history.meta.stages == {"lead": "Lead"}
    assert history.meta.audit["stages"][0]["exits"] == {"lost": 20, "won": 20}
    assert_consistent(history)


def test_amounts_of_events_give_the_first_as_listed_and_the_last_as_amount(tmp_path: Path) -> None:
    rules = mapping(
        tmp_path, '[events]\ndeal = "deal"\nstage = "stage"\nentered = "entered"\namount = "worth"\n'
    )
    rows = ["A,Lead,2025-01-01,100", "A,Demo,2025-01-05,120", "A,Won,2025-02-01,90", "B,Lead,2025-01-01,70"]
    header = "deal,stage,entered,worth"
    history = events(tmp_path, *rows, header=header, mapping=rules)
    assert (deal(history, "A")["listed_amount"], deal(history, "A")["amount"]) == (100.0, 90.0)
    earlier = events(tmp_path, *rows, header=header, mapping=rules, as_of=day("2025-01-20"))
    assert (deal(earlier, "A")["listed_amount"], deal(earlier, "A")["amount"]) == (100.0, None)


def test_files_with_the_same_columns_are_one_table(tmp_path: Path) -> None:
    january = write(tmp_path, "january.csv", "deal,stage,entered", "A,Lead,2025-01-01", "B,Lead,soon")
    february = write(tmp_path, "february.csv", "entered,deal,stage", "2025-02-01,A,Won")
    with pytest.raises(HistoryError, match=r'january\.csv row 3 "soon"'):
        import_history([january, february], "events")
    write(tmp_path, "january.csv", "deal,stage,entered", "A,Lead,2025-01-01")
    history = import_history([january, february], "events")
    assert stays(history, "A") == [("lead", 1, "01-01", "02-01", "won")]
    assert table(history, "events")["rows_read"] == 2


def test_the_same_file_twice_is_an_error(tmp_path: Path) -> None:
    one = write(tmp_path, "a.csv", "deal,stage,entered", "A,Lead,2025-01-01")
    other = write(tmp_path, "b.csv", "deal,stage,entered", "A,Lead,2025-01-01")
    with pytest.raises(HistoryError, match="same content"):
        import_history([one, other], "events")


def test_the_sort_order_of_the_crm_wins_over_the_paths(tmp_path: Path) -> None:
    rules = mapping(
        tmp_path, '[events]\ndeal = "deal"\nstage = "stage"\nentered = "entered"\norder = "place"\n'
    )
    rows = ["A,Demo,2025-01-01,2", "A,Lead,2025-01-05,1", "A,Won,2025-01-09,9"]
    history = events(tmp_path, *rows, header="deal,stage,entered,place", mapping=rules)
    assert list(history.meta.stages) == ["lead", "demo"]


def test_losses_that_are_never_recorded_are_noticed(tmp_path: Path) -> None:
    rows = ["A,Lead,2025-01-01", "A,Won,2025-01-05", "B,Lead,2025-01-02"]
    silent = events(tmp_path, *rows)
    assert silent.meta.losses_recorded is False
    assert "losses_not_recorded" in check_names(silent)
    assert events(tmp_path, *rows, "B,Lost,2025-01-09").meta.losses_recorded is True
    open_only = events(tmp_path, *rows[::2])
    assert open_only.meta.losses_recorded is True, "nothing closed says nothing"
    assert "nothing_closed" in check_names(open_only)


LEFT = '[events]\ndeal = "deal"\nstage = "stage"\nentered = "entered"\nleft = "left"\n'


def test_dates_of_leaving_are_compared_with_the_next_entry(tmp_path: Path) -> None:
    """A gap counts as part of the stay. Catches the mutant that ends the stay at the date of leaving."""
    history = events(
        tmp_path,
        "A,Lead,2025-01-01,2025-01-05",
        "A,Demo,2025-01-09,2025-01-20",
        "B,Lead,2025-01-01,2025-01-10",
        "B,Demo,2025-01-08,",
        "B,Won,2025-01-25,",
        header="deal,stage,entered,left",
        mapping=mapping(tmp_path, LEFT),
    )
    assert stays(history, "A") == [("lead", 1, "01-01", "01-09", "demo"), ("demo", 1, "01-09", None, None)]
    counts = history.meta.audit["counts"]
    assert (counts["gaps"], counts["overlaps"], counts["left_for_nowhere"]) == (1, 1, 1)
    assert_consistent(history)


def test_leaving_before_the_next_entry_is_at_the_top_for_more_than_one_percent_of_deals(
    tmp_path: Path,
) -> None:
    """A day of leaving is compared with the day of the entry, an instant with the instant."""
    usual = [
        row
        for number in range(98)
        for row in (
            f"D{number},Lead,2025-01-01 10:00:00,2025-01-09 00:00:00",
            f"D{number},Demo,2025-01-09 12:00:00,",
        )
    ]
    early = ["E,Lead,2025-01-01 10:00:00,2025-01-05 12:00:00", "E,Demo,2025-01-09 12:00:00,"]
    late = ["F,Lead,2025-01-01 10:00:00,2025-01-09 12:00:10", "F,Demo,2025-01-09 12:00:00,"]
    rules = mapping(tmp_path, LEFT)
    one, two = (
        events(tmp_path, *usual, *rows, header="deal,stage,entered,left", mapping=rules)
        for rows in (early + late, early + late + [row.replace("E,", "G,") for row in early])
    )
    levels = [
        {item["check"]: item["level"] for item in history.meta.audit["checks"]} for history in (one, two)
    ]
    assert [level["gaps"] for level in levels] == ["note", "warning"]
    assert one.meta.audit["counts"]["gaps"] == 1
    checks = [item for item in two.meta.audit["checks"] if item["check"] == "gaps"]
    assert len(checks) == 1
    assert checks[0]["text"].startswith(
        "2 of 101 deals leave a stage 4 days (median) before the next entry (such as E, G): "
    )
    assert {level["overlaps"] for level in levels} == {"note"}


def test_leaving_the_last_stage_is_the_closing_where_the_table_has_none(tmp_path: Path) -> None:
    entries = write(
        tmp_path, "e.csv", "deal,stage,entered,left", "A,Lead,2025-01-01,2025-01-15", "B,Lead,2025-01-02,"
    )
    facts = write(tmp_path, "d.csv", "deal,outcome", "A,lost", "B,open")
    history = import_history([entries, facts], "events")
    assert stays(history, "A") == [("lead", 1, "01-01", "01-15", "lost")]
    assert_consistent(history)
