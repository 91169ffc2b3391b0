"""Names of date columns say which stage they are about, by whole words."""

from __future__ import annotations

from pathlib import Path

import pytest

from funnelsim.core.errors import HistoryError
from funnelsim.history.imports import import_history
from funnelsim.history.presets.hubspot_columns import hubspot_stage_columns, is_duration_column
from funnelsim.history.presets.stage_columns import read_date_name
from tests.unit.history.exports import assert_consistent, deals, mapping, stays, write


@pytest.mark.parametrize(
    ("name", "stage"),
    [
        ("qualified_at", "qualified"),
        ("contract_sent_at", "contract sent"),
        ("pendingDate", "pending"),
        ("Due Diligence Date", "due diligence"),
        ("vendor_selection_at", "vendor selection"),
        ("Tender on", "tender"),
        ("next_steps_date", "next steps"),
        ("Date Entered Renewal", "renewal"),
        ("SQL Date/Time", "sql"),
        ("Proposal sent", "proposal sent"),
        ("Angebot am", "angebot"),
        ("Deal - Won time", "won"),
        ("Became a Customer Date", "a customer"),
    ],
)
def test_any_word_may_stand_in_the_name_of_a_stage(name: str, stage: str) -> None:
    said = read_date_name(name)
    assert (said.stage, said.kind) == (stage, "entry")


@pytest.mark.parametrize(
    "name",
    [
        *("last_activity_date", "Last Modified Date", "SystemModstamp", "hs_lastmodifieddate", "update_time"),
        *(
            "Expected close date",
            "next_activity_date",
            "_fivetran_synced",
            "Deal - Last stage change",
            "Next step date",
        ),
        *(
            "birth_date",
            'Latest time in "Demo (Sales)"',
            "hs_v2_cumulative_time_in_demo",
            "Letzte Phasenänderung",
        ),
        *("Date entered stage", "Erwartetes Abschlussdatum"),
    ],
)
def test_the_bookkeeping_of_a_crm_is_no_stage(name: str) -> None:
    assert read_date_name(name).kind == "other"


@pytest.mark.parametrize(
    "name", ["due date", "contract_end_date", "renewal_date", "Subscription start date", "contract date"]
)
def test_dates_of_something_else_as_often_as_of_a_stage_are_unclear(name: str) -> None:
    assert read_date_name(name).kind == "unclear"


@pytest.mark.parametrize("name", ["demo_left_at", "Exited Demo", "demo_exit_date", "left_demo_on"])
def test_leaving_a_stage_is_no_entry_into_one(name: str) -> None:
    assert (read_date_name(name).stage, read_date_name(name).kind) == ("demo", "exit")


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ('Date entered "Contract Sent (Sales Pipeline)"', ("Contract Sent", "Sales Pipeline", False)),
        ("Date exited 'Contract Sent (Sales Pipeline)'", ("Contract Sent", "Sales Pipeline", True)),
        ("Date entered “Contract Sent (EMEA (new))”", ("Contract Sent", "EMEA (new)", False)),
        ("hs_date_entered_contractsent", ("contractsent", "", False)),
        ("hs_v2_date_exited_1234567", ("1234567", "", True)),
        ("property_hs_date_entered_contractsent", ("contractsent", "", False)),
        ("properties_hs_v2_date_entered_contractsent", ("contractsent", "", False)),
        ("properties.hs_v2_date_entered_contractsent", ("contractsent", "", False)),
    ],
)
def test_hubspot_spells_its_columns_in_many_ways(name: str, read: tuple[str, str, bool]) -> None:
    (column,) = hubspot_stage_columns([name])
    assert (column.stage, column.pipeline, column.is_end) == read


def test_brackets_are_a_pipeline_only_where_all_columns_have_them() -> None:
    names = ['Date entered "Demo (online)"', 'Date entered "Proposal"']
    assert [one.stage for one in hubspot_stage_columns(names)] == ["Demo (online)", "Proposal"]
    assert hubspot_stage_columns(["Date entered stage", 'Latest time in "Demo (Sales)"']) == []
    assert is_duration_column('Cumulative time in "Demo (Sales)" (HH:mm:ss)')


def test_stages_with_any_words_are_read(tmp_path: Path) -> None:
    history = deals(
        tmp_path,
        "id,created,vendor_selection_at,due_diligence_at,contract_sent_at,pending_at,closed,outcome",
        "1,2025-01-01,2025-01-03,2025-01-06,2025-01-10,2025-01-15,2025-01-21,won",
        "2,2025-01-02,2025-01-03,,,,2025-01-20,lost",
    )
    assert stays(history, "1") == [
        ("created", 1, "01-01", "01-03", "vendor_selection"),
        ("vendor_selection", 1, "01-03", "01-06", "due_diligence"),
        ("due_diligence", 1, "01-06", "01-10", "contract_sent"),
        ("contract_sent", 1, "01-10", "01-15", "pending"),
        ("pending", 1, "01-15", "01-21", "won"),
    ]
    assert_consistent(history)


HEADER = "id,created,demo_at,renewal_date,Delivered,closed,outcome"
LINES = (
    "1,2025-01-01,2025-01-03,2026-01-20,2025-02-20,2025-01-21,won",
    "2,2025-01-02,2025-01-05,,,2025-01-20,lost",
)


def test_unclear_dates_are_named_at_the_top_with_the_lines_that_read_them(tmp_path: Path) -> None:
    """Catches a column that goes without a word, and one that is made a stage after the sale."""
    history = deals(tmp_path, HEADER, *LINES)
    assert list(history.meta.stages) == ["created", "demo"]
    (check,) = [one for one in history.meta.audit["checks"] if one["check"] == "unclear_dates"]
    assert history.meta.audit["checks"][0] == check
    assert check["mapping"] == ["[deals.dates]", 'renewal = "renewal_date"', 'delivered = "Delivered"']


def test_the_lines_that_are_offered_work_as_they_stand(tmp_path: Path) -> None:
    rules = mapping(tmp_path, '[deals.dates]\ndelivered = "Delivered"\n')
    lines = [LINES[0].replace("2025-01-21", "2025-03-01"), LINES[1]]
    history = import_history([write(tmp_path, "deals.csv", HEADER, *lines)], "deals", rules)
    assert list(history.meta.stages) == ["created", "demo", "delivered"]
    assert stays(history, "1")[-1] == ("delivered", 1, "02-20", "03-01", "won")


def test_a_label_of_the_stage_column_makes_any_date_column_a_stage(tmp_path: Path) -> None:
    history = deals(
        tmp_path,
        "id,created,renewal_date,closed,stage",
        "1,2025-01-01,2025-01-10,2025-01-21,Won",
        "2,2025-01-02,2025-01-12,,Renewal",
    )
    assert list(history.meta.stages) == ["created", "renewal"]


def test_a_number_of_ten_digits_is_no_date_unless_its_name_says_so(tmp_path: Path) -> None:
    history = deals(
        tmp_path,
        "id,created,Associated company,closed,outcome",
        "1,2025-01-01,1735689600,2025-01-21,won",
        "2,2025-01-02,1735689700,2025-01-20,lost",
    )
    assert list(history.meta.stages) == ["open"]


def test_creation_at_the_entry_into_the_first_stage_is_no_stage_of_its_own(tmp_path: Path) -> None:
    history = deals(
        tmp_path,
        "id,created,qualified_at,closed,outcome",
        "1,2025-01-01 10:00:00,2025-01-01 10:00:02,2025-01-21,won",
        "2,2025-01-02 10:00:00,2025-01-02 10:00:01,2025-01-20,lost",
    )
    assert list(history.meta.stages) == ["qualified"]


def test_when_deals_left_a_stage_can_be_mapped(tmp_path: Path) -> None:
    rules = mapping(tmp_path, '[deals.dates]\ndemo = "demo"\n[deals.left]\ndemo = "demo over"\n')
    file = write(
        tmp_path,
        "deals.csv",
        "id,created,demo,demo over,stage",
        "1,2025-01-01,2025-01-04,2025-01-21,Won",
        "2,2025-01-02,2025-01-05,,Open",
    )
    history = import_history([file], "deals", rules)
    assert stays(history, "2")[-1] == ("demo", 1, "01-05", None, None)


def test_a_column_of_texts_with_line_breaks_is_no_column_of_dates(tmp_path: Path) -> None:
    rows = ('1,2025-01-05,2025-02-01,won,"call\nthen"', '2,2025-01-06,2025-02-02,lost,"mail\nagain"')
    history = deals(tmp_path, "id,created,closed,outcome,Demo on", *rows)
    assert history.meta.stages == {"open": "Open"}


def test_dates_with_line_breaks_are_refused_with_their_rows(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match="column created: holds no dates: row 2"):
        deals(tmp_path, "id,created,closed,outcome", '1,"a\nb",2025-02-01,won', '2,"c\nd",2025-02-02,lost')


UNCLEAR = (
    *("Won by date", "Fiscal period end", "Commit date", "Quote valid until", "Angebot gültig bis"),
    *("Wiedervorlage am", "Snoozed until", "Rotting date", "Vertragsbeginn", "Liefertermin", "SLA date"),
    *("Pay date", "Account created date", "Contact create date", "Lead created date"),
)


@pytest.mark.parametrize("name", UNCLEAR)
def test_dates_of_plans_papers_and_other_records_are_unclear(tmp_path: Path, name: str) -> None:
    history = deals(
        tmp_path,
        f"id,created,{name},closed,stage",
        "1,2025-01-01,2025-01-10,2025-01-21,Won",
        "2,2025-01-02,2025-01-12,2025-01-22,Lost",
    )
    assert history.meta.stages == {"open": "Open"}
    look = history.meta.audit["checks"][0]
    assert look["check"] == "unclear_dates"
    assert name in look["mapping"][1]


@pytest.mark.parametrize(
    "name",
    ["Volgende activiteit", "Datum laatste contact", "Date of last call", "Time of last incoming message"],
)
def test_the_last_and_the_next_contact_are_no_stages(name: str) -> None:
    assert read_date_name(name).kind == "other"


NAMED = "id,created,Demo date,vendor_selection_at,Signature date,closed,outcome"
NAMED_ROWS = (
    "1,2025-01-01,2025-01-02,2025-01-03,2025-01-20,2025-01-21,won",
    "2,2025-01-02,2025-01-03,2025-01-04,,2025-01-20,lost",
)


def test_stages_of_unusual_names_are_named_once_and_usual_ones_not(tmp_path: Path) -> None:
    history = deals(tmp_path, NAMED, *NAMED_ROWS)
    assert list(history.meta.stages) == ["created", "demo", "vendor_selection", "signature"]
    (look,) = [one for one in history.meta.audit["checks"] if one["check"] == "stages_by_name"]
    assert look["text"].startswith('"vendor_selection_at", "Signature date": dates that are read as entries')
    rules = mapping(tmp_path, "\n".join(look["mapping"]))
    again = import_history([write(tmp_path, "deals.csv", NAMED, *NAMED_ROWS)], "deals", rules)
    assert again.visits.sort("deal", "entered").equals(history.visits.sort("deal", "entered"))
    assert "stages_by_name" not in {one["check"] for one in again.meta.audit["checks"]}


def test_a_column_named_as_no_stage_is_none(tmp_path: Path) -> None:
    rules = mapping(tmp_path, '[deals]\nnot_stages = ["Signature date"]\n')
    history = import_history([write(tmp_path, "deals.csv", NAMED, *NAMED_ROWS)], "deals", rules)
    assert list(history.meta.stages) == ["created", "demo", "vendor_selection"]


def test_labels_of_the_stage_column_are_stages_without_a_word(tmp_path: Path) -> None:
    history = deals(
        tmp_path,
        "id,created,Bakery at,Signature date,closed,stage",
        "1,2025-01-01,2025-01-02,2025-01-03,2025-01-21,Won",
        "2,2025-01-02,2025-01-03,2025-01-04,,Signature",
        "3,2025-01-02,2025-01-03,,,Bakery",
    )
    assert set(history.meta.stages) >= {"bakery", "signature"}
    assert "stages_by_name" not in {one["check"] for one in history.meta.audit["checks"]}


def test_dates_before_the_creation_are_those_of_another_record(tmp_path: Path) -> None:
    history = deals(
        tmp_path,
        "id,created,Signup date,closed,outcome",
        "1,2025-01-10,2024-11-02,2025-01-21,won",
        "2,2025-01-12,2024-12-03,2025-01-20,lost",
    )
    assert history.meta.stages == {"open": "Open"}
    assert history.meta.audit["checks"][0]["check"] == "unclear_dates"


ORDINARY = (
    *("Geändert am", "Gewijzigd op", "Stage changed on", "Start Date", "End Date", "Due date", "Task due"),
    *("Follow-up date", "Reminder", "Wiedervorlage", "Date de relance", "Échéance", "Contract Start Date"),
    *("Data ostatniej aktywności", "Subscription start", "Go-live date", "Invoice date", "Delivery date"),
    *("Expiration date", "Quote valid until", "First Response", "Age Start", "Snooze until", "Anniversary"),
    *("Account Created Date", "Contact Create Date", "Company: Create Date", "Quote created"),
    *("Owner created date",),
)
BESIDE = ("1,2025-01-01,{},2025-01-21,Won", "2,2025-01-02,{},2025-01-22,Lost", "3,2025-01-02,{},,Proposal")


@pytest.mark.parametrize("name", ORDINARY)
def test_ordinary_dates_are_no_question_beside_dates_and_labels_of_stages(tmp_path: Path, name: str) -> None:
    lines = [line.format(day) for line, day in zip(BESIDE, ("2025-04-10", "2024-12-02", ""), strict=True)]
    history = deals(tmp_path, f"id,created,{name},closed,stage", *lines)
    assert "proposal" not in history.meta.stages
    assert not {"unclear_dates", "stages_by_name"} & {one["check"] for one in history.meta.audit["checks"]}


def test_a_label_with_the_words_of_a_date_column_makes_it_a_question(tmp_path: Path) -> None:
    lines = [line.format("2025-01-10").replace("Proposal", "Contract") for line in BESIDE]
    history = deals(tmp_path, "id,created,Contract Start Date,closed,stage", *lines)
    assert history.meta.audit["checks"][0]["check"] == "unclear_dates"


def test_the_creation_of_the_deal_is_no_stage(tmp_path: Path) -> None:
    """monday calls it so."""
    history = deals(
        tmp_path, "id,Deal creation date,closed,stage", *(one.replace(",{}", "") for one in BESIDE)
    )
    assert history.meta.stages == {"open": "Open"}
    assert str(history.meta.audit["first_event"])[:10] == "2025-01-01"
