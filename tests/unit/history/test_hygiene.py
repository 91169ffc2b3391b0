"""Pipelines, renewals, renamed stages, bulk edits, rates by date, the time zone of the books."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from funnelsim.core.errors import HistoryError
from funnelsim.history.files.events import History
from funnelsim.history.imports import import_history
from tests.made_up_crm import hubspot, pipedrive, salesforce
from tests.made_up_crm.truth import true_deals
from tests.unit.history.exports import (
    assert_consistent,
    check_names,
    checks,
    deal,
    events,
    mapping,
    stays,
    write,
)

DAY = dt.timedelta(days=1)


def renewal(number: int) -> bool:
    return number % 5 == 0


@pytest.mark.parametrize("crm", ["hubspot", "pipedrive"])
def test_each_pipeline_has_its_own_stages_and_one_can_be_chosen(tmp_path: Path, crm: str) -> None:
    """Catches mutants that mix the stages of two pipelines of the same labels."""
    writer = hubspot.write_hubspot if crm == "hubspot" else pipedrive.write_pipedrive
    writer(tmp_path / "crm", number=300, renewals=renewal)
    history = import_history([tmp_path / "crm"])
    assert "Demo (Renewals)" in history.meta.stages.values()
    assert "Demo (New business)" in history.meta.stages.values()
    assert "Demo" not in history.meta.stages.values()
    assert history.deals.height == 300
    assert checks(history)["several_pipelines"]["mapping"] == ['pipeline = "New business"']
    one = import_history([tmp_path / "crm"], pipeline=["renewals"])
    assert one.deals.height == 60
    assert "Demo" in one.meta.stages.values()
    assert "several_pipelines" not in check_names(one)
    won = sum(deal.outcome == "won" for deal in true_deals(300) if renewal(deal.number))
    assert one.deals.filter(outcome="won").height == won
    assert_consistent(one)
    with pytest.raises(HistoryError, match=r'no deal is in "Renewal".*did you mean "Renewals"\?'):
        import_history([tmp_path / "crm"], pipeline=["Renewal"])


def test_renewals_of_salesforce_have_their_own_stages(tmp_path: Path) -> None:
    salesforce.write_salesforce(tmp_path / "crm", number=300, renewals=renewal)
    history = import_history([tmp_path / "crm"])
    assert {"Demo", "Demo (renewal)"} <= {*history.meta.stages.values()}
    check = checks(history)["renewals_apart"]
    assert check["count"] == 60
    assert check["mapping"] == ["[where]", '"Type" = { not = ["Renewal"] }']
    without = import_history([tmp_path / "crm"], mapping=mapping(tmp_path, "\n".join(check["mapping"])))
    assert without.deals.height == 240
    assert "Demo (renewal)" not in without.meta.stages.values()
    both = import_history([tmp_path / "crm"], pipeline=["Add-on"])
    assert both.deals.height == sum(number % 3 == 0 for number in range(300))


def course(deal: str, start: dt.datetime, *steps: tuple[str, float]) -> list[str]:
    """Rows of events: label, and days after the start."""
    return [f"{deal},{label},{start + days * DAY:%Y-%m-%d %H:%M:%S}" for label, days in steps]


def renamed(tmp_path: Path, rules: str = "") -> History:
    """A hundred deals; from 1 July on the stage Pitch is called Presentation."""
    rows = []
    for number in range(100):
        start = dt.datetime(2025, 1, 1, 9, 13, number % 60) + number * 3.1 * DAY
        label = "Pitch" if start + 5 * DAY < dt.datetime(2025, 7, 1) else "Presentation"
        end = "Closed Won" if number % 2 else "Closed Lost"
        rows += course(f"D{number}", start, ("Lead", 0), (label, 5), ("Proposal", 12), (end, 20))
    return events(tmp_path, *rows, mapping=mapping(tmp_path, rules) if rules else None)


def test_a_renamed_stage_is_named_with_the_lines_that_join_it(tmp_path: Path) -> None:
    """Catches mutants that call every pair of rare labels a rename."""
    history = renamed(tmp_path)
    check = checks(history)["renamed_stage"]
    assert check["mapping"] == ["[renames]", '"Pitch" = "Presentation"']
    assert [*history.meta.stages] == ["lead", "pitch", "presentation", "proposal"]
    joined = renamed(tmp_path, "\n".join(check["mapping"]))
    assert [*joined.meta.stages.values()] == ["Lead", "Presentation", "Proposal"]
    assert joined.visits.filter(stage="presentation").height == 100
    assert "renamed_stage" not in check_names(joined)


def test_a_stage_that_ends_long_before_another_begins_was_not_renamed(tmp_path: Path) -> None:
    rows = []
    for number in range(100):
        start = dt.datetime(2025, 1, 1, 9, 13, number % 60) + number * 3.1 * DAY
        label = "Pitch" if number < 30 else "Trial" if number > 60 else "Proposal"
        end = "Closed Won" if number % 2 else "Closed Lost"
        rows += course(f"D{number}", start, ("Lead", 0), (label, 5), ("Proposal", 12), (end, 20))
    assert "renamed_stage" not in check_names(events(tmp_path, *rows))


def test_a_label_means_another_stage_before_a_day(tmp_path: Path) -> None:
    history = renamed(tmp_path, '[renames]\nProposal = { to = "Offer", before = 2025-04-01 }\n')
    offers = history.visits.filter(stage="offer")
    assert offers["entered"].max() < dt.datetime(2025, 4, 1)
    assert history.visits.filter(stage="proposal")["entered"].min() >= dt.datetime(2025, 4, 1)
    assert offers.height + history.visits.filter(stage="proposal").height == 100
    with pytest.raises(HistoryError, match=r'renames.Pich: no row has this label; did you mean "Pitch"'):
        renamed(tmp_path, '[renames]\nPich = "Presentation"\n')


def test_many_moves_at_one_instant_are_a_bulk_edit(tmp_path: Path) -> None:
    rows = []
    for number in range(60):
        start = dt.datetime(2025, 1, 1, 9, 13, number) + number * DAY
        rows += course(f"D{number}", start, ("Lead", 0), ("Demo", 3))
        at = (
            "2025-06-30 17:00:00" if number < 25 else f"2025-06-{number % 28 + 1:02d} 10:00:{number % 60:02d}"
        )
        rows.append(f"D{number},Closed Lost,{at}")
    header = "deal,stage,entered"
    text = checks(events(tmp_path, *rows, header=header))["bulk_edits"]["text"]
    assert "25 moved to lost on 30 Jun 2025 at 17:00:00" in text
    few = [row for row in rows if not row.startswith(tuple(f"D{number}," for number in range(6)))]
    assert "bulk_edits" not in check_names(events(tmp_path, *few, header=header)), "19 are not many"


def test_a_bulk_edit_is_named_with_who_made_it(tmp_path: Path) -> None:
    """The user by name: Catches the mutant that shows the id."""
    paths = salesforce.write_salesforce(tmp_path / "crm", number=100)
    history = pl.read_csv(paths["OpportunityHistory"], infer_schema=False)
    extra = [
        {
            **history.row(0, named=True), "Id": f"008edit{deal.number:08d}", "StageName": "Legal",
            "OpportunityId": salesforce.deal_key(deal.number), "CreatedDate": "2025-12-31T23:00:00.000+0000",
        }
        for deal in [deal for deal in true_deals(100) if deal.outcome][:30]
    ]  # fmt: skip
    pl.concat([history, pl.DataFrame(extra)]).write_csv(paths["OpportunityHistory"])
    text = checks(import_history([tmp_path / "crm"]))["bulk_edits"]["text"]
    owner = next(deal.owner for deal in true_deals(100))
    assert f"30 moved to Legal on 31 Dec 2025 at 23:00:00 by {owner}" in text


RATES = ("currency,date,rate", "EUR,2025-01-01,1.086", "EUR,2025-04-01,1.1", "GBP,2025-01-01,1.25")
DEALS = (
    "id,created,closed,outcome,amount,currency",
    "1,2025-01-02,2025-03-31,won,100,EUR",
    "2,2025-01-02,2025-04-01,won,100,EUR",
    "3,2025-01-02,2025-12-31,won,100,GBP",
    "4,2025-01-02,2025-03-31,won,100,USD",
    "5,2025-01-02,,,100,EUR",
)


def test_each_amount_is_converted_at_the_rate_of_its_day(tmp_path: Path) -> None:
    """Counted by hand: 31 March at 1.086, 1 April at 1.1, open deals at the latest rate.

    Catches the mutant that takes one rate for all, and the one that reads 1.086 as a thousand.
    """
    files = write(tmp_path, "deals.csv", *DEALS), write(tmp_path, "rates.csv", *RATES)
    rules = mapping(tmp_path, 'currency = "USD"\n')
    history = import_history([files[0]], mapping=rules, rates=files[1])
    amounts = history.deals.sort("deal").select(pl.coalesce("amount", "listed_amount").round(6)).to_series()
    assert amounts.to_list() == [108.6, 110.0, 125.0, 100.0, 110.0]
    assert history.meta.audit["counts"]["amounts_converted"] == {"EUR": 3, "GBP": 1}
    beside = write(tmp_path, "m.toml", 'currency = "USD"', 'rates_file = "rates.csv"')
    assert import_history([files[0]], mapping=beside).deals.equals(history.deals), "found beside the mapping"


def test_rates_that_begin_too_late_or_are_none_are_refused(tmp_path: Path) -> None:
    deals, rules = write(tmp_path, "deals.csv", *DEALS), mapping(tmp_path, 'currency = "USD"\n')
    late = write(tmp_path, "late.csv", RATES[0], RATES[2], RATES[3])
    with pytest.raises(HistoryError, match=r"1 amount in EUR has no rate: the table begins on 2025-04-01"):
        import_history([deals], mapping=rules, rates=late)
    lacks = write(tmp_path, "lacks.csv", *RATES[:3])
    with pytest.raises(HistoryError, match=r"amounts have no rate in the mapping: 1 in GBP"):
        import_history([deals], mapping=rules, rates=lacks)
    bad = write(tmp_path, "bad.csv", *RATES[:2], "EUR,2025-02-01,-1", "EUR,2025-01-01,2", ",2025-01-01,2")
    with pytest.raises(HistoryError) as caught:
        import_history([deals], mapping=rules, rates=bad)
    assert [str(problem.path) for problem in caught.value.problems] == ["row 3", "row 5", "row 4"]
    with pytest.raises(HistoryError, match="names no currency to convert to"):
        import_history([deals], rates=bad)


@pytest.mark.parametrize(
    ("header", "stamp"),
    [
        (
            "id,created_date,close_date,stage_name,is_closed,is_won,amount,_fivetran_synced",
            "2026-04-01 03:00:00",
        ),
        ("Id,CreatedDate,CloseDate,StageName,IsClosed,IsWon,Amount,Note", "2026-04-01T03:00:00.000+0000"),
    ],
)
def test_an_evening_in_california_counts_on_its_own_day(tmp_path: Path, header: str, stamp: str) -> None:
    """20:00 on 31 March is the next day in UTC: the win belongs to the first quarter."""
    names = header.split(",")
    history_header = f"{names[0]},opportunity_id,{names[3]},{names[1]},{names[7]}"
    deals = write(
        tmp_path, "opportunity.csv", header, f"006A,{stamp},2026-03-31,Closed Won,true,true,5,2026-04-02"
    )
    early = stamp.replace("04-01", "03-20")
    entries = write(
        tmp_path, "opportunity_history.csv", history_header,
        f"1,006A,Demo,{early},2026-04-02", f"2,006A,Closed Won,{stamp},2026-04-02",
    )  # fmt: skip
    zone = mapping(tmp_path, 'time_zone = "America/Los_Angeles"\n')
    assert deal(import_history([deals, entries], mapping=zone), "006A")["closed"] == dt.datetime(
        2026, 3, 31, 20
    )
    utc = import_history([deals, entries], "salesforce")
    assert deal(utc, "006A")["closed"] == dt.datetime(2026, 4, 1, 3)
    assert checks(utc)["month_ends_in_utc"]["count"] == 1, "in another month by its closing date"
    local = mapping(tmp_path, 'time_zone = "America/Los_Angeles"\ntimes_in = "local"\n')
    kept = deal(import_history([deals, entries], mapping=local), "006A")["closed"]
    assert kept == (dt.datetime(2026, 3, 31, 20) if "T" in stamp else dt.datetime(2026, 4, 1, 3))


def test_a_deal_that_is_opened_again_returns(tmp_path: Path) -> None:
    """Lost from Demo, then Discovery again: a loop, and the loss does not count."""
    start = dt.datetime(2025, 1, 1, 9)
    rows = course(
        "A",
        start,
        ("Lead", 0),
        ("Demo", 3),
        ("Closed Lost", 5),
        ("Lead", 30),
        ("Demo", 33),
        ("Closed Won", 40),
    )
    history = events(tmp_path, *rows)
    assert stays(history, "A") == [
        ("lead", 1, "01-01", "01-04", "demo"),
        ("demo", 1, "01-04", "01-31", "lead"),
        ("lead", 2, "01-31", "02-03", "demo"),
        ("demo", 2, "02-03", "02-10", "won"),
    ]
    assert history.meta.audit["counts"]["taken_back"] == {"lost": 1}


def test_what_to_mend_is_sorted_by_money(tmp_path: Path) -> None:
    """Each kind once, counted by hand. Catches mutants that sort by text or leave a kind out."""
    file = write(
        tmp_path, "deals.csv",
        "id,name,account,owner,created,closed,outcome,amount,expected close,source",
        "1,Acme 1,Acme,Ana,2025-01-02,2025-02-01,won,,,Web",
        "2,Globex 2,Globex,Ana,2025-01-03,2027-02-01,won,900,,Web",
        "3,Hooli 3,Hooli,,2025-01-04,2025-03-01,lost,10000,,Web",
        "4,Acme 4,Acme,Ana,2025-06-01,,,2000,2025-05-01,Web",
        "5,Globex 5,Globex,Ana,2024-01-01,,,700,,Web",
        "6,Twin,Umbra,Ana,2025-05-01,,,600,,Web",
        "7,Twin,Umbra,Ana,2025-05-03,,,600,,Web",
        "8,Initech 8,Initech,Ana,2025-05-04,2025-06-01,won,100,,Web",
        "9,Initech 9,Initech,Ana,2025-05-04,2025-01-01,won,95,,Web",
        "10,Initech 10,Initech,Ana,2025-05-06,2025-06-02,won,90,,Web",
    )  # fmt: skip
    rules = mapping(tmp_path, '[deals]\nplanned_close = "expected close"\n')
    history = import_history([file], "deals", rules, as_of="2025-06-30")
    found = [(row["deal"], row["wrong"]) for row in history.to_mend.iter_rows(named=True)]
    assert found == [
        ("3", "no owner"),
        ("4", "open, and the expected close 01 May 2025 is past"),
        ("2", "won, and its close date 01 Feb 2027 is in the future"),
        ("5", "open for 546 days; no closed deal took longer than 56"),
        ("6", "open for 60 days; no closed deal took longer than 56"),
        ("7", "open for 58 days; no closed deal took longer than 56"),
        ("7", "same name, account, amount and week as deal 6"),
        ("9", "not counted: closed before it began"),
        ("1", "won without an amount"),
    ]
    row = history.to_mend.row(by_predicate=pl.col("deal") == "9", named=True)
    assert (row["account"], row["owner"], row["amount"]) == ("Initech", "Ana", 95.0)


def test_teams_come_from_the_role_the_division_or_the_manager(tmp_path: Path) -> None:
    salesforce.write_salesforce(tmp_path / "crm", number=50)
    people = dict(import_history([tmp_path / "crm"]).people.iter_rows())
    assert people["Ana Okafor"] == "Team East"
    (tmp_path / "crm" / "UserRole.csv").unlink()
    users = pl.read_csv(tmp_path / "crm" / "User.csv", infer_schema=False)
    ana = users["Id"][0]
    users = users.with_columns(
        pl.when(pl.col("Name") != "Ana Okafor").then(pl.lit(ana)).alias("ManagerId"),
        pl.when(pl.col("Name") == "Finn Abara").then(pl.lit("EMEA")).alias("Division"),
    )
    users.write_csv(tmp_path / "crm" / "User.csv")
    people = dict(import_history([tmp_path / "crm"]).people.iter_rows())
    assert people["Finn Abara"] == "EMEA"
    assert people["Ben Lindqvist"] == "Ana Okafor"
    assert people["Ana Okafor"] == ""


def test_a_header_without_rows_and_ids_without_names_do_no_harm(tmp_path: Path) -> None:
    salesforce.write_salesforce(tmp_path / "crm", number=50)
    write(tmp_path / "crm", "Lead.csv", "Id,Status,IsConverted,ConvertedOpportunityId,CreatedDate")
    write(tmp_path / "crm", "User.csv", "Id,Name,Username", "005x,Someone,s@example.com")
    history = import_history([tmp_path / "crm"])
    assert history.deals.height == 50
    assert history.deals["owner"].str.starts_with("005").all(), "the id, where no user has it"


def test_an_earlier_as_of_date_is_no_fault_of_the_deals(tmp_path: Path) -> None:
    """The files go on until December; as of June nothing of it is to mend but what the CRM has wrong today.

    Catches mutants that measure the future from the as-of date, and that take deals closed after it for open.
    """
    file = write(
        tmp_path, "deals.csv",
        "id,created,closed,outcome,amount,expected close",
        *(f"{n},2025-01-{n:02},2025-02-{n:02},{'won' if n % 2 else 'lost'},100,2025-03-01"
          for n in range(1, 9)),
        "10,2025-01-10,2025-09-01,won,100,2025-04-01",
        "11,2025-01-11,2025-12-01,lost,100,2025-04-01",
        "12,2025-01-12,2027-02-01,won,100,2025-04-01",
        "13,2025-06-20,,,100,2025-12-01",
        "14,2025-06-21,,,100,2025-04-01",
    )  # fmt: skip
    rules = mapping(tmp_path, '[deals]\nplanned_close = "expected close"\n')
    found = import_history([file], "deals", rules, as_of="2025-06-30").to_mend
    assert found.select("deal", "stage", "fault").rows() == [
        ("12", "Open", "won in the future"),
        ("14", "Open", "expected close is past"),
    ]


def test_a_deal_that_ends_after_the_as_of_date_is_not_called_open(tmp_path: Path) -> None:
    """Of a log of stages alone. Catches mutants that ask the deals table only."""
    rows = [f"D{n},Demo,2025-01-0{n} 09:00:00" for n in range(1, 5)]
    rows += [f"D{n},Closed Won,2025-02-0{n} 09:00:00" for n in range(1, 3)]
    rows += ["D3,Closed Lost,2025-12-01 09:00:00", "D5,Demo,2025-12-02 09:00:00"]
    found = events(tmp_path, *rows, as_of="2025-06-30").to_mend
    assert found.select("deal", "fault").rows() == [("D4", "open for longer than any closed deal took")]
