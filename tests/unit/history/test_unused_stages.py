"""Deals tables with current stages and no date of any stage: the stages are not used, and that is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from funnelsim.history.files.events import History
from funnelsim.history.imports import import_history
from tests.unit.history.exports import check_names, checks, deals, mapping, stays, write

PIPEDRIVE = (
    "Deal - ID,Deal - Title,Deal - Stage,Deal - Status,Deal - Value,Deal - Deal created,"
    "Deal - Last stage change,Deal - Won time,Deal - Lost time"
)
ROWS = (
    "1,A,Proposal Made,Open,10,2026-01-05 10:00:00,2026-02-01 09:00:00,,",
    "2,B,Qualified,Open,20,2026-01-06 10:00:00,,,",
    "3,C,Demo Scheduled,Lost,30,2026-01-07 10:00:00,2026-01-20 09:00:00,,2026-02-10 09:00:00",
    "4,D,Proposal Made,Won,40,2026-01-08 10:00:00,2026-01-21 09:00:00,2026-02-12 09:00:00,",
)


def pipedrive(folder: Path, rules: str = "") -> History:
    path = write(folder, "deals.csv", PIPEDRIVE, *ROWS)
    return import_history([path], None, mapping(folder, rules) if rules else None)


def test_the_top_says_that_stages_are_not_used_and_which_log_has_them(tmp_path: Path) -> None:
    history = pipedrive(tmp_path)
    found = checks(history)["unused_stages"]
    assert found["level"] == "warning"
    assert found["text"].startswith(
        "the stages of 2 open deals are not used (Proposal Made 1, Qualified 1): the export does not show "
        'when deals entered earlier stages ("Deal - Last stage change" has that of the current stage only), '
        "so all of them count as in one stage, Open, since their creation."
    )
    assert "/deals/ID/flow" in found["text"]
    assert "labels_ahead" not in check_names(history)


def test_the_line_keeps_all_and_settles_it(tmp_path: Path) -> None:
    before = pipedrive(tmp_path)
    history = pipedrive(tmp_path, "\n".join(checks(before)["unused_stages"]["mapping"]))
    assert "unused_stages" not in check_names(history)
    assert history.visits.equals(before.visits)
    assert history.meta.stages == before.meta.stages == {"open": "Open"}


def test_a_log_of_changes_gives_the_stages(tmp_path: Path) -> None:
    log = (
        "3,stage,Qualified,Demo Scheduled,2026-01-20 09:00:00",
        "4,stage,Qualified,Proposal Made,2026-01-21 09:00:00",
        "1,stage,Qualified,Proposal Made,2026-02-01 09:00:00",
    )
    files = [
        write(tmp_path, "deals.csv", PIPEDRIVE, *ROWS),
        write(tmp_path, "flow.csv", "deal_id,field_key,old_value,new_value,log_time", *log),
    ]
    history = import_history(files)
    assert stays(history, "1") == [
        ("qualified", 1, "01-05", "02-01", "proposal_made"),
        ("proposal_made", 1, "02-01", None, None),
    ]
    assert not check_names(history) & {"unused_stages", "stages_apart"}


@pytest.mark.parametrize(
    ("header", "rows", "expected"),
    [
        (
            "id,created,closed,stage",
            ("1,2026-01-01,,Lead", "2,2026-01-01,,Demo", "3,2026-01-01,2026-02-01,Won"),
            True,
        ),
        ("id,created,closed,stage", ("1,2026-01-01,,Pending", "3,2026-01-01,2026-02-01,Won"), False),
        (
            "id,created,closed,stage,lead_date,demo_date",
            (
                "1,2026-01-01,,Lead,2026-01-01,",
                "2,2026-01-01,,Demo,2026-01-01,2026-01-04",
                "3,2026-01-01,2026-02-01,Won,2026-01-01,2026-01-05",
            ),
            False,
        ),
    ],
)
def test_other_exports(tmp_path: Path, header: str, rows: tuple[str, ...], expected: bool) -> None:
    assert ("unused_stages" in check_names(deals(tmp_path, header, *rows))) is expected


def test_columns_that_are_named_like_stages_are_suggested(tmp_path: Path) -> None:
    """A mapping that names the start of deals leaves the others unread."""
    header = "Nr,Angelegt am,Angebot am,Phase,Status"
    rows = ("1,2025-01-01,2025-01-05,Angebot,Offen", "2,2025-01-02,,Qualifizierung,Offen")
    rules = '[deals]\ndeal = "Nr"\ncreated = "Angelegt am"\nstage = "Phase"\noutcome = "Status"\n'
    history = deals(tmp_path, header, *rows, mapping=mapping(tmp_path, rules))
    lines = checks(history)["unused_stages"]["mapping"]
    assert lines == ["[deals.dates]", 'angebot = "Angebot am"']
    history = deals(tmp_path, header, *rows, mapping=mapping(tmp_path, rules + "\n".join(lines)))
    assert stays(history, "1")[-1] == ("angebot", 1, "01-05", None, None)
    assert "unused_stages" not in check_names(history)
