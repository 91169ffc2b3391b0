"""What a person meets who imports an export for the first time: hints that work when they are pasted."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from funnelsim.core.errors import HistoryError
from funnelsim.history.cleaning.visits import _skipping
from funnelsim.history.drafting.draft import draft_mapping
from funnelsim.history.files.events import History
from funnelsim.history.imports import import_history
from funnelsim.report.screens.import_ import _to_paste
from tests.unit.history.exports import check_names, mapping, write

STATUS = "id,created,closed,status,{0}"
ROWS = ("1,2025-01-05,2025-02-01,Won,1200", "2,2025-01-06,2025-02-03,Lost,10", "3,2025-01-07,,Open,50")


def read(folder: Path, header: str, *rows: str, rules: str = "") -> History:
    return import_history([write(folder, "d.csv", header, *rows)], None, mapping(folder, rules))


def counts(history: History) -> tuple[int, int, int]:
    deals = history.meta.audit["deals"]
    return deals.get("won", 0), deals.get("lost", 0), deals["open"]


@pytest.mark.parametrize(
    "name", ["Value (EUR)", "Amount [EUR]", "amount_eur", "Deal value in EUR", "Amount €"]
)
def test_an_amount_may_have_its_currency_in_its_name(tmp_path: Path, name: str) -> None:
    history = read(tmp_path, STATUS.format(name), *ROWS)
    assert history.meta.audit["amounts"]["won_sum"] == 1200
    assert history.meta.currency == "EUR"


@pytest.mark.parametrize("names", ["Value (EUR),Value (USD)", "Value (new),Value (old)"])
def test_of_two_amounts_none_is_taken_in_silence(tmp_path: Path, names: str) -> None:
    history = read(tmp_path, STATUS.format(names), *(f"{row},7" for row in ROWS))
    (check,) = [one for one in history.meta.audit["checks"] if one["check"] == "no_amounts"]
    assert check["text"] == (
        "1 of 1 won deal has no amount, and no column is read as the amount. "
        'Name it in a mapping: [deals] amount = "..."'
    )


@pytest.mark.parametrize(
    "rules", ['[deals]\namount = "Price today"\n', '[deals]\nfile = "d.csv"\n', '[deals]\ndeal = "id"\n']
)
def test_a_section_that_names_an_amount_or_a_file_only_leaves_the_rest_to_be_guessed(
    tmp_path: Path, rules: str
) -> None:
    history = read(tmp_path, STATUS.format("Price today"), *ROWS, rules=rules)
    assert counts(history) == (1, 1, 1)
    assert history.meta.audit["amounts"]["won_sum"] == (1200 if "amount" in rules else 0)


def test_a_section_that_names_how_deals_end_names_all_that_is_read(tmp_path: Path) -> None:
    rules = '[deals]\ncreated = "created"\nclosed = "closed"\noutcome = "status"\n'
    history = read(tmp_path, STATUS.format("amount"), *ROWS, rules=rules)
    assert counts(history) == (1, 1, 1)
    assert not history.meta.audit["amounts"]["won_sum"]


def test_leads_beside_opportunities_are_no_deals(tmp_path: Path) -> None:
    leads = write(tmp_path, "lead.csv", "id,created_date,status,lead_source", "00Q1,2025-01-01,Open,Web")
    deals = write(
        tmp_path,
        "opportunity.csv",
        "id,created_date,close_date,stage_name,is_closed,is_won,amount",
        "0061,2025-01-02,2025-02-01,Closed Won,true,true,10",
    )
    history = import_history([leads, deals])
    assert counts(history) == (1, 0, 0)
    assert history.meta.audit["files_unused"] == ["lead.csv"]


def test_where_all_rows_are_deleted_the_error_has_the_lines_that_keep_them(tmp_path: Path) -> None:
    header, rows = STATUS.format("is_deleted"), [row.rpartition(",")[0] + ",true" for row in ROWS]
    with pytest.raises(HistoryError) as error:
        read(tmp_path, header, *rows)
    asked, lines = str(error.value).split("in a mapping:")
    assert "3 deleted in the CRM" in asked
    assert counts(read(tmp_path, header, *rows, rules=lines)) == (1, 1, 1)


def test_texts_among_dates_are_quoted_as_a_mapping_lists_them(tmp_path: Path) -> None:
    rows = (*ROWS, "4,2025-01-08,-,Open,1", "5,2025-01-09,n/a,Open,1")
    with pytest.raises(HistoryError, match=r'missing = \["-", "n/a"\]'):
        read(tmp_path, STATUS.format("amount"), *rows)
    drafted = draft_mapping([tmp_path / "d.csv"])
    assert tomllib.loads(drafted)["missing"] == ["-", "n/a"]
    assert counts(read(tmp_path, STATUS.format("amount"), *rows, rules=drafted)) == (1, 1, 3)


def test_a_wrong_date_is_not_offered_as_a_text_for_no_date(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match=r'missing = \["\.\.\."\]'):
        read(tmp_path, STATUS.format("amount"), *ROWS, "4,2025-01-08,5 of May 25,Open,1")


def test_a_deal_probably_dead_is_the_only_example(tmp_path: Path) -> None:
    history = read(tmp_path, STATUS.format("amount"), *ROWS, "4,2024-01-08,,Open,1")
    (check,) = [one for one in history.meta.audit["checks"] if one["check"] == "zombies"]
    assert check["text"].startswith("1 of 2 open deals")
    assert check["text"].endswith("such as 4")


def test_closed_deals_left_out_without_an_amount_have_no_sum(tmp_path: Path) -> None:
    rows = [f"{row.rpartition(',')[0]}," for row in ROWS]
    history = read(tmp_path, STATUS.format("amount"), *rows, "4,2025-01-08,,Won,")
    (check,) = [one for one in history.meta.audit["checks"] if one["check"] == "closed_left_out"]
    assert "(1 won)" in check["text"]


def test_a_long_list_is_shown_so_that_it_can_be_pasted() -> None:
    labels = [f'Stage {number} of "a, b" (Sales Pipeline)' for number in range(5)]
    listed = ", ".join(f'"{label}"'.replace('"a, b"', '\\"a, b\\"') for label in labels)
    shown = _to_paste(["[outcomes]", f"lost = [{listed}]"], indent=4).plain
    assert max(map(len, shown.splitlines())) < 70
    assert tomllib.loads(shown)["outcomes"]["lost"] == labels


@pytest.mark.parametrize(
    ("transitions", "skipping"),
    [
        ([(0, 1), (1, 2)], []),
        ([(0, 1), (1, 2), (0, 2)], [(0, 2)]),
        ([(0, 2), (1, 3)], []),  # two pipelines, one between the other
        ([(0, 1), (1, 2), (2, 3), (0, 3), (1, 3)], [(1, 3), (0, 3)]),
        ([(0, 3)], []),  # nobody was ever between
    ],
)
def test_only_stages_that_deals_pass_on_the_way_are_skipped(
    transitions: list[tuple[int, int]], skipping: list[tuple[int, int]]
) -> None:
    assert sorted(_skipping(transitions)) == sorted(skipping)


def test_open_stages_of_pipelines_are_not_doubted_for_overdue_closing_dates(tmp_path: Path) -> None:
    header = (
        'Record ID,Create Date,Close Date,Deal Stage,Pipeline,"Date entered ""Proposal (New)""",'
        '"Date entered ""Closed Won (New)""","Date entered ""Proposal (Renewal)""",'
        '"Date entered ""Closed Won (Renewal)"""'
    )
    rows = (
        "1,2025-01-01,2025-03-01,Closed Won,New,2025-01-01,2025-03-01,,",
        "2,2025-01-02,2025-02-01,Proposal,New,2025-01-02,,,",
        "3,2025-01-03,2025-03-13,Closed Won,Renewal,,,2025-01-03,2025-03-13",
        "4,2025-01-03,2025-02-13,Proposal,Renewal,,,2025-01-03,",
    )
    history = read(tmp_path, header, *rows)
    assert "labels_like_outcomes" not in check_names(history)
    assert counts(history) == (2, 0, 2)
    unused = history.meta.audit["columns_unused"].get("d.csv", [])
    assert not [name for name in unused if "Closed Won" in name]


def test_a_mistyped_label_of_the_mapping_is_named_with_the_one_that_was_meant(tmp_path: Path) -> None:
    rows = [row.replace("Won", "Gewonnen") for row in ROWS]
    history = read(tmp_path, STATUS.format("amount"), *rows, rules='[outcomes]\nwon = "Gewonen"\n')
    (check,) = [one for one in history.meta.audit["checks"] if one["check"] == "labels_mistyped"]
    assert check["text"] == ('labels of the mapping that no row has: "Gewonen" (did you mean "Gewonnen"?)')


def test_labels_of_a_mapping_for_other_exports_too_are_not_doubted(tmp_path: Path) -> None:
    rules = '[outcomes]\nwon = ["Won", "Wona"]\nlost = ["Lost", "Cancelled"]\n'
    assert "labels_mistyped" not in check_names(read(tmp_path, STATUS.format("amount"), *ROWS, rules=rules))


FOOTER = (
    "",
    "",
    "Opportunities by stage,,,,",
    "Copyright (c) 2000-2026. All rights reserved.,,,,",
    "Acme,,,,",
)


def test_a_footer_that_ends_with_a_single_word_is_no_deal(tmp_path: Path) -> None:
    history = read(tmp_path, STATUS.format("amount"), *ROWS, *FOOTER)
    (table,) = history.meta.audit["tables"]
    assert (table["rows_read"], table["rows_used"]) == (3, 3)
    assert "open_left_out" not in check_names(history)


def test_deals_with_an_id_only_are_kept_where_no_small_print_follows(tmp_path: Path) -> None:
    history = read(tmp_path, STATUS.format("amount"), *ROWS, "", "Acme,,,,", "Globex,,,,")
    (table,) = history.meta.audit["tables"]
    assert table["set_aside"]["deal without stage times"] == 2
    (check,) = [one for one in history.meta.audit["checks"] if one["check"] == "open_left_out"]
    assert check["text"].endswith("left out (such as Acme, Globex)")


def test_what_makes_all_numbers_wrong_stands_first(tmp_path: Path) -> None:
    rows = [row.replace("Won", "Lost") for row in ROWS]
    history = read(tmp_path, STATUS.format("amount"), *rows, *FOOTER)
    assert next(one["check"] for one in history.meta.audit["checks"]) == "nothing_won"
    assert [one["check"] for one in history.meta.audit["checks"] if one["level"] == "warning"][-1] == (
        "rows_outside_table"
    )


def test_a_win_without_an_amount_that_is_left_out_is_not_worth_nothing(tmp_path: Path) -> None:
    header = "Id,CreatedDate,CloseDate,StageName,Amount"
    rows = ("1,2025-01-01,2025-01-09,Closed Won,5", "2,2025-03-01,2025-01-09,Closed Won,")
    entries = ("1,2025-01-01,Lead", "1,2025-01-09,Closed Won", "2,2025-01-09,Closed Won")
    files = [
        write(tmp_path, "o.csv", header, *rows),
        write(tmp_path, "h.csv", "OpportunityId,CreatedDate,StageName", *entries),
    ]
    history = import_history(files)
    (check,) = [one for one in history.meta.audit["checks"] if one["check"] == "closed_left_out"]
    assert "left out, 1 of them won (such as 2)" in check["text"]
