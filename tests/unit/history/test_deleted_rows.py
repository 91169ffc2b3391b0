"""Rows that were deleted or may not count, under the names that CRMs and connectors use."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.history.exports import check_names, deals, mapping, table
from tests.unit.history.test_outcome_labels import check, counts


def three_deals(folder: Path, column: str, kept: str, gone: str, **options: object):  # type: ignore[no-untyped-def]
    """Two deals won, of which the second is marked, and an open one."""
    return deals(
        folder,
        f"id,created,closed,outcome,{column}",
        f"1,2025-01-03,2025-02-01,won,{kept}",
        f"2,2025-01-04,2025-02-02,won,{gone}",
        f"3,2025-01-05,,open,{kept}",
        **options,
    )


@pytest.mark.parametrize(
    ("column", "kept", "gone"),
    [
        ("In Recycle Bin", "No", "Yes"),
        ("is_trashed", "0", "1"),
        ("Deal archived", "No", "Yes"),
        ("Deleted Time", "", "2025-02-10 10:00"),
        ("deleted_by", "", "ann"),
        ("trashed_at", "", "2025-02-10"),
        ("removed_at", "", "2025-02-10"),
        ("deleted_at", "infinity", "2025-02-10"),
        ("deleted_at", "9999-12-31 00:00:00", "2025-02-10"),
        ("Deleted", "", "2025-02-10"),
        ("Archive status", "Not archived", "Archived"),
        ("Record Status", "Active", "Deleted"),
        ("_op", "U", "D"),
        ("__op", "c", "d"),
        ("Gelöscht", "Nein", "Ja"),
        ("Gelöscht am", "", "2025-02-10"),
        ("Archiviert", "Nein", "Ja"),
        ("Supprimé", "Non", "Oui"),
        ("Eliminado", "No", "Sí"),
        ("Deletion flag", "", "X"),
        ("Deletion indicator", "N", "Y"),
        ("Deletion mark", "", "x"),
        ("Marked for deletion", "No", "Yes"),
        ("Löschkennzeichen", "", "X"),
        ("Papierkorb", "Nein", "Ja"),
    ],
)
def test_deleted_rows_are_left_out_and_named(tmp_path: Path, column: str, kept: str, gone: str) -> None:
    history = three_deals(tmp_path, column, kept, gone)
    assert counts(history) == {"won": 1, "open": 1}
    assert table(history, "deals")["set_aside"] == {"deleted in the CRM": 1}
    lines = "\n".join(check(history, "deleted_rows")["mapping"])
    every = three_deals(tmp_path, column, kept, gone, mapping=mapping(tmp_path, lines))
    assert counts(every) == {"won": 2, "open": 1}


@pytest.mark.parametrize(
    ("column", "kept", "gone"),
    [
        ("Marked as duplicate", "No", "Yes"),
        ("Merged into", "", "1"),
        ("MasterRecordId", "", "0061"),
        ("is_current", "Y", "N"),
        ("valid_to", "9999-12-31", "2025-02-10"),
        ("is_test", "false", "true"),
        ("Storniert", "Nein", "Ja"),
        ("Storno", "", "X"),
        ("Annulé", "Non", "Oui"),
        ("Cancelled", "No", "Yes"),
        ("Is Canceled", "0", "1"),
        ("Void", "", "X"),
        ("Voided", "0", "1"),
        ("Ungültig", "Nein", "Ja"),
        ("Valid", "Yes", "No"),
        ("Inactive", "No", "Yes"),
        ("Obsolete", "false", "true"),
        ("Refunded", "No", "Yes"),
        ("Hidden", "0", "1"),
        ("Ignore", "", "x"),
        ("Exclude from reporting", "No", "Yes"),
        ("Test", "no", "yes"),
        ("Test deal", "No", "Yes"),
        ("Test record", "", "x"),
        ("Is Demo", "No", "Yes"),
        ("Junk", "No", "Yes"),
    ],
)
def test_rows_that_may_not_count_are_named_with_the_line_that_leaves_them_out(
    tmp_path: Path, column: str, kept: str, gone: str
) -> None:
    history = three_deals(tmp_path, column, kept, gone)
    assert counts(history) == {"won": 2, "open": 1}
    assert check(history, "doubtful_rows")["count"] == 1
    lines = "\n".join(check(history, "doubtful_rows")["mapping"])
    without = three_deals(tmp_path, column, kept, gone, mapping=mapping(tmp_path, lines))
    assert counts(without) == {"won": 1, "open": 1}
    assert "doubtful_rows" not in check_names(without)


@pytest.mark.parametrize("column", ["trashed_at", "removed_at", "valid_to", "valid_from", "deleted_on"])
def test_times_of_a_row_are_never_offered_as_stages(tmp_path: Path, column: str) -> None:
    history = three_deals(tmp_path, column, "", "2025-02-10")
    assert not {"unclear_dates", "stages_by_name"} & check_names(history)
    assert list(history.meta.stages) == ["open"]


@pytest.mark.parametrize(
    ("column", "first", "second"),
    [
        ("Operation", "Sales", "Delivery"),
        ("Type", "d", "c"),
        ("Record Status", "Active", "On hold"),
        ("valid_to", "2025-03-01", "2025-04-01"),
        ("Current", "yes", "no"),
        ("Test", "Variant A", "Variant B"),
        ("Hidden", "costs", "risks"),
        ("Demo", "no", "yes"),
        ("Valid", "2025-03-01", "2025-04-01"),
        ("Inactive", "yes", "yes"),
        ("is_current", "yes", "yes"),
    ],
)
def test_columns_that_say_something_else_raise_no_question(
    tmp_path: Path, column: str, first: str, second: str
) -> None:
    history = three_deals(tmp_path, column, first, second)
    assert counts(history) == {"won": 2, "open": 1}
    assert not {"deleted_rows", "doubtful_rows"} & check_names(history)


def test_copies_of_a_deal_under_other_ids_are_named_with_their_money(tmp_path: Path) -> None:
    """Catches numbers of rows in the column of ids: the same deal then counts several times."""
    rows = [f"{n},Acme {min(n, 6)},2025-01-{min(n, 6):02d},2025-02-01,Closed Won,10" for n in range(1, 9)]
    header = "ID,Deal Name,Created,Close Date,Stage,Amount"
    history = deals(tmp_path, header, *rows)
    assert counts(history) == {"won": 8, "open": 0}
    told = check(history, "alike_but_for_id")
    assert told["count"] == 2
    assert "such as 6, 7, 8), with 20 of 80" in told["text"]
    assert history.meta.audit["checks"][0]["check"] in ("alike_but_for_id", "nothing_closed")
    once = deals(tmp_path, header, *rows, mapping=mapping(tmp_path, "\n".join(told["mapping"])))
    assert counts(once) == {"won": 6, "open": 0}
    other = [*rows[:6], "7,Acme 6,2025-01-06,2025-02-01,Closed Won,11"]
    assert "alike_but_for_id" not in check_names(deals(tmp_path, header, *other))


@pytest.mark.parametrize(("third", "level"), [("Acme three", "note"), ("Acme two", "warning")])
def test_names_as_ids_are_a_warning_only_where_a_name_repeats(tmp_path: Path, third: str, level: str) -> None:
    rows = [f"{name},2025-01-01,2025-02-01,Closed Won,10" for name in ("Acme one", "Acme two", third)]
    history = deals(tmp_path, "Opportunity Name,Created,Close Date,Stage,Amount", *rows)
    name = "names_differ" if level == "note" else "names_for_ids"
    assert check(history, name)["level"] == level
    assert not {"names_differ", "names_for_ids"} - {name} & check_names(history)


@pytest.mark.parametrize(("header", "key"), [("Opp Ref", "OPP-{}"), ("Nr.", "{}")])
def test_short_headers_of_ids_are_read_and_a_bare_sum_is_a_totals_row(
    tmp_path: Path, header: str, key: str
) -> None:
    rows = [f"{key.format(n)},2025-01-0{n},2025-02-01,Closed Won,10" for n in range(1, 5)]
    history = deals(tmp_path, f"{header},Created,Close Date,Stage,Amount", *rows, ",,,,40")
    assert counts(history) == {"won": 4, "open": 0}
    assert history.deals["amount"].sum() == 40
    assert "skipped_rows" not in check_names(history)
    assert check(history, "rows_outside_table")["count"] == 1
