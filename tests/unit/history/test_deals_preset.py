"""A row per deal with dates becomes stays."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from funnelsim.core.errors import HistoryError
from funnelsim.history.imports import import_history
from tests.unit.history.exports import (
    assert_consistent,
    check_names,
    day,
    deal,
    deals,
    mapping,
    stays,
    table,
    write,
)


def test_created_and_closed_alone_give_one_stage(tmp_path: Path) -> None:
    history = deals(
        tmp_path,
        "Deal ID,Create Date,Close Date,Deal Stage,Amount",
        "1,2025-01-05,2025-02-01,Closed Won,100",
        "2,2025-01-07,2025-03-01,Proposal,200",
        "3,2025-01-09,2025-02-20,Closed Lost,300",
    )
    assert stays(history, "1") == [("open", 1, "01-05", "02-01", "won")]
    assert stays(history, "2") == [("open", 1, "01-07", None, None)], "a closing date in the future is a hope"
    assert deal(history, "2")["closed"] is None
    assert history.meta.stages == {"open": "Open"}
    assert history.meta.audit["counts"]["expected_closings"] == 1
    assert "labels_ahead" in check_names(history), "that deal 2 is in Proposal has no date"
    assert_consistent(history)


def test_dated_stages_are_found_by_their_names(tmp_path: Path) -> None:
    history = deals(
        tmp_path,
        "id,qualified_at,demo_date,won_date,lost_date,last_activity_date,amount",
        "1,2025-01-05,2025-01-15,2025-02-01,,2025-03-01,100",
        "2,2025-01-07,,,2025-02-02,2025-03-01,100",
        "3,2025-01-09,2025-01-19,,,2025-03-01,100",
    )
    assert list(history.meta.stages) == ["qualified", "demo"]
    assert stays(history, "1") == [
        ("qualified", 1, "01-05", "01-15", "demo"),
        ("demo", 1, "01-15", "02-01", "won"),
    ]
    assert stays(history, "2") == [("qualified", 1, "01-07", "02-02", "lost")]
    assert history.meta.audit["columns_unused"] == {"deals.csv": ["last_activity_date"]}
    assert_consistent(history)


def test_a_dated_stage_with_a_value_that_is_no_date_is_complained_of_not_dropped(tmp_path: Path) -> None:
    """Catches a stage that goes without a word because of one typing error in its column."""
    with pytest.raises(HistoryError, match=r'column demo_at.*row 4 "31/02/2025"'):
        deals(
            tmp_path,
            "deal,created,demo_at,closed,outcome",
            "1,2025-01-05,2025-01-11,2025-02-01,won",
            "2,2025-01-06,2025-01-12,2025-02-02,lost",
            "3,2025-01-07,31/02/2025,2025-02-03,lost",
        )


def test_a_column_of_words_is_no_dated_stage(tmp_path: Path) -> None:
    """Catches a share of readable values that nothing must reach."""
    history = deals(
        tmp_path,
        "deal,created,demo_date,closed,outcome",
        "1,2025-01-05,before lunch,2025-02-01,won",
        "2,2025-01-06,after lunch,2025-02-02,lost",
        "3,2025-01-07,2025-01-12,2025-02-02,lost",
    )
    assert list(history.meta.stages) == ["open"]


def test_creation_is_the_first_stage_beside_dated_ones(tmp_path: Path) -> None:
    history = deals(
        tmp_path,
        "id,created,demo_date,closed,outcome",
        "1,2025-01-05,2025-01-15,2025-02-01,won",
        "2,2025-01-07,,2025-02-02,lost",
    )
    assert history.meta.stages == {"created": "Created", "demo": "Demo"}
    assert stays(history, "2") == [("created", 1, "01-07", "02-02", "lost")]


def test_a_date_column_takes_the_name_of_the_label_it_stands_for(tmp_path: Path) -> None:
    history = deals(
        tmp_path,
        "id,stage,engage_date,close_date",
        "1,Won,2025-01-05,2025-02-01",
        "2,Engaging,2025-01-06,",
        "3,Prospecting,,",
        "4,Lost,2025-01-06,2025-02-02",
    )
    assert history.meta.stages == {"engaging": "Engaging"}
    assert table(history, "deals")["set_aside"] == {"deal without stage times": 1}
    assert history.meta.audit["stages_never_entered"] == ["Prospecting"]
    assert_consistent(history)


def test_dirty_rows_are_set_aside_and_counted(tmp_path: Path) -> None:
    fine = [f"{number},2025-01-05,2025-02-01,won,10" for number in range(100, 140)]
    history = deals(
        tmp_path,
        "id,created,closed,outcome,amount",
        *fine,
        "1,2025-01-05,2025-01-01,won,1",
        "2,2025-01-05,,won,1",
        "3,2025-01-05,2099-01-01,lost,1",
        "4,,2025-01-09,lost,1",
        "5,2025-01-05,2025-02-01,won,5",
        "5,2025-01-05,2025-02-01,won,5",
        "6,2025-01-05,2025-02-01,won,6",
        "6,2025-01-05,2025-02-01,lost,6",
        ",2025-01-05,2025-02-01,won,7",
    )
    assert table(history, "deals")["set_aside"] == {
        "same id, different content": 2,
        "exact duplicate": 1,
        "no deal id": 1,
        "closed before it began": 1,
        "closed, but no closing date": 1,
        "impossible date": 1,
        "closed without a stage before": 1,
    }
    assert history.deals.height == 41
    assert_consistent(history)


def test_a_closing_known_to_the_day_may_precede_an_entry_at_an_hour(tmp_path: Path) -> None:
    """Catches the mutant that sets it aside: Salesforce closes by the day and creates by the second."""
    history = deals(
        tmp_path,
        "id,created,closed,outcome",
        "1,2025-01-05 16:11,2025-01-05,won",
        "2,2025-01-05 16:11,2025-01-09,lost",
    )
    assert stays(history, "1") == [("open", 1, "01-05", "01-05", "won")]
    assert deal(history, "1")["closed"] == day("2025-01-05 16:11")
    assert_consistent(history)


def test_an_amount_is_looked_up_in_another_table_through_aliases(tmp_path: Path) -> None:
    sold = write(
        tmp_path, "sales.csv", "id,created,closed,outcome,value,product",
        "1,2025-01-05,2025-02-01,won,90,ProX", "2,2025-01-05,,open,,ProX", "3,2025-01-05,,open,,Pro X",
        "4,2025-01-05,,open,,Basic", "5,2025-01-06,,open,,Basik",
    )  # fmt: skip
    prices = write(tmp_path, "prices.csv", "name,price", "Pro X,100", "Basic,50", "Gold,900")
    rules = mapping(
        tmp_path,
        '[deals]\ndeal = "id"\ncreated = "created"\nclosed = "closed"\noutcome = "outcome"\n'
        'amount = "value"\n'
        'listed_amount = { table = "prices.csv", column = "price", on = { product = "name" } }\n'
        '[aliases.product]\nProX = "Pro X"\n',
    )
    history = import_history([sold, prices], "deals", rules)
    listed = dict(history.deals.select("deal", "listed_amount").iter_rows())
    assert listed == {"1": 100.0, "2": 100.0, "3": 100.0, "4": 50.0, "5": None}
    misses = history.meta.audit["lookup_misses"]["deals.listed_amount"]
    assert misses == [{"value": "Basik", "rows": 1, "hint": 'did you mean "Basic"?'}]
    assert table(history, "lookup")["set_aside"] == {"no deal refers to it": 1}
    assert history.meta.listed_at_export is False
    assert_consistent(history)


def test_wins_from_a_second_table_with_dates(tmp_path: Path) -> None:
    leads = write(
        tmp_path, "leads.csv", "id,contact,origin", "1,2025-01-05,web", "2,2025-01-06,", "3,2025-01-07,fair"
    )
    wins = write(tmp_path, "wins.csv", "id,won_at", "1,2025-02-01 10:30:00")
    rules = mapping(
        tmp_path,
        '[deals]\ndeal = "id"\nsource = "origin"\n[deals.dates]\ncontacted = "contact"\n'
        'won = { table = "wins*", column = "won_at", on = "id" }\n',
    )
    history = import_history([leads, wins], "deals", rules)
    assert stays(history, "1") == [("contacted", 1, "01-05", "02-01", "won")]
    assert history.deals["outcome"].to_list() == ["won", None, None]
    assert history.deals["source"].to_list() == ["web", "unknown", "fair"]
    assert history.meta.audit["lookup_misses"] == {}, "a table of wins lacks most leads, and that is no news"
    assert history.meta.losses_recorded is False
    assert_consistent(history)


def test_one_amount_column_is_the_listed_amount_of_open_deals_only(tmp_path: Path) -> None:
    """What closed deals were listed at is not known; and after a cut even the open ones are not."""
    rows = ["1,2025-01-05,2025-02-01,won,100", "2,2025-01-05,,open,200", "3,2025-01-09,2025-03-01,lost,300"]
    history = deals(tmp_path, "id,created,closed,outcome,amount", *rows)
    assert dict(history.deals.select("deal", "listed_amount").iter_rows()) == {
        "1": None,
        "2": 200.0,
        "3": None,
    }
    assert history.meta.listed_at_export is True
    earlier = deals(tmp_path, "id,created,closed,outcome,amount", *rows, as_of=day("2025-02-10"))
    assert dict(earlier.deals.select("deal", "listed_amount").iter_rows()) == {
        "1": None,
        "2": None,
        "3": None,
    }
    assert dict(earlier.deals.select("deal", "amount").iter_rows()) == {"1": 100.0, "2": None, "3": None}


def test_zero_may_mean_not_known(tmp_path: Path) -> None:
    rows = ["1,2025-01-05,2025-02-01,won,0", "2,2025-01-05,2025-02-02,won,10"]
    header = "id,created,closed,outcome,amount"
    plain = deals(tmp_path, header, *rows)
    assert deal(plain, "1")["amount"] == 0.0
    assert "amounts_zero" in check_names(plain)
    rules = mapping(tmp_path, 'zero_amount = "unknown"\n')
    assert deal(deals(tmp_path, header, *rows, mapping=rules), "1")["amount"] is None


def test_no_source_column_means_one_source(tmp_path: Path) -> None:
    history = deals(tmp_path, "id,created,closed,outcome", "1,2025-01-05,2025-02-01,won")
    assert history.deals["source"].to_list() == ["all"]


def test_filters_take_values_lists_negations_and_bounds(tmp_path: Path) -> None:
    rows = [
        "1,2025-01-05,EMEA,10,won,2025-03-01",
        "2,2025-01-15,APAC,20,won,2025-03-01",
        "3,2025-02-05,AMER,30,won,2025-03-01",
        "4,2025-02-06,,40,won,2025-03-01",
    ]
    header = "id,created,region,amount,outcome,closed"

    def kept(rule: str) -> str:
        rules = mapping(tmp_path, f"[where]\n{rule}\n")
        return "".join(sorted(deals(tmp_path, header, *rows, mapping=rules).deals["deal"]))

    assert kept('region = "emea"') == "1"
    assert kept('region = ["EMEA", "APAC"]') == "12"
    assert kept('region = { not = ["EMEA", ""] }') == "23"
    assert kept("created = { from = 2025-01-15, before = 2025-02-06 }") == "23"
    assert kept('amount = { from = 20 }\nregion = { not = "AMER" }') == "24"


def test_parquet_with_real_types_gives_the_same_history_as_csv(tmp_path: Path) -> None:
    rows = ["1,2025-01-05,2025-02-01,won,100", "2,2025-01-06,,open,200"]
    text = deals(tmp_path, "id,created,closed,outcome,amount", *rows)
    frame = pl.read_csv(tmp_path / "deals.csv", try_parse_dates=True)
    frame.write_parquet(tmp_path / "typed.parquet")
    typed = import_history([tmp_path / "typed.parquet"], "deals")
    assert typed.visits.equals(text.visits)
    assert typed.deals.equals(text.deals)


def test_an_undecided_date_column_takes_the_order_of_a_decided_one(tmp_path: Path) -> None:
    rows = ["1,03/04/2025,13/05/2025,won", "2,04/05/2025,25/06/2025,lost"]
    history = deals(tmp_path, "id,created,closed,outcome", *rows)
    assert deal(history, "1")["created"] == day("2025-04-03")
    note = next(note for note in history.meta.audit["columns"] if note["column"] == "created")
    assert "as in the other columns" in note["remark"]


def test_a_german_report_of_salesforce_is_read(tmp_path: Path) -> None:
    history = deals(
        tmp_path,
        "Opportunity-ID;Phase;Betrag;Schlusstermin;Erstelldatum",
        "A;Closed Won;1.500,00 €;13.02.2025;03.01.2025",
        "B;Closed Lost;500,00 €;20.02.2025;05.01.2025",
    )
    assert stays(history, "A") == [("open", 1, "01-03", "02-13", "won")]
