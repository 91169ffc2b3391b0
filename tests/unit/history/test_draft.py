"""A drafted mapping imports the file as funnelsim would without one, and says what it saw."""

from __future__ import annotations

import datetime as dt
import tomllib
from pathlib import Path

import polars as pl
import pytest

from funnelsim.core.errors import HistoryError
from funnelsim.history.drafting.columns import describe
from funnelsim.history.drafting.draft import draft_mapping, write_draft
from funnelsim.history.imports import import_history
from funnelsim.history.toml_text import quoted
from tests.unit.history.exports import mapping, write

EXPORTS = {
    "events": {
        "e.csv": "deal,stage,entered A,Lead,2025-01-05 A,Demo,2025-01-09 A,Won,2025-02-01 B,Lead,2025-01-07",
        "d.csv": "deal,amount,source A,100,web B,200,fair",
    },
    "deals": {
        "d.csv": "id,created,demo_at,closed,status 1,2025-01-05,2025-01-09,2025-02-01,Won 2,2025-01-06,,,Open"
    },
    "salesforce": {
        "Opportunity.csv": "Id,CreatedDate,StageName,Amount 1,2025-01-05,ClosedWon,5 2,2025-01-05,Lead,5",
        "H.csv": "OpportunityId,CreatedDate,StageName,SortOrder 1,2025-01-05,Lead,1 1,2025-01-09,ClosedWon,9 "
        "2,2025-01-05,Lead,1",
    },
}


def exports(folder: Path, kind: str) -> list[Path]:
    return [write(folder, name, *text.split()) for name, text in EXPORTS[kind].items()]


@pytest.mark.parametrize("kind", ["events", "deals", "salesforce"])
def test_importing_with_the_draft_is_importing_without(tmp_path: Path, kind: str) -> None:
    files = exports(tmp_path, kind)
    drafted = mapping(tmp_path, draft_mapping(files))
    assert drafted.preset == kind
    plain, ruled = import_history(files, kind), import_history(files, None, drafted)
    assert ruled.visits.equals(plain.visits)
    assert ruled.deals.equals(plain.deals)
    assert ruled.meta.stages == plain.meta.stages


def test_a_draft_is_named_by_the_deals_not_by_a_table_that_stands_before_them(tmp_path: Path) -> None:
    prices = write(tmp_path, "accounts.csv", "account,sector", "Acme,tools", "Globex,toys")
    (deals,) = exports(tmp_path, "deals")
    assert 'name = "d"\n' in draft_mapping([prices, deals])


def test_a_draft_decides_what_cannot_be_told_and_asks_for_a_check(tmp_path: Path) -> None:
    path = write(tmp_path, "d.csv", "id,created,closed,outcome", "1,03/04/2025,05/06/2025,won")
    with pytest.raises(HistoryError, match="is not clear"):
        import_history([path], "deals")
    text = draft_mapping([path])
    assert '"created" = "dd/mm/yyyy"   # CHECK: mm/dd/yyyy fits all values too' in text
    assert import_history([path], None, mapping(tmp_path, text)).visits["entered"][0] == dt.datetime(
        2025, 4, 3
    )


def test_a_draft_of_a_file_that_cannot_be_imported_says_why(tmp_path: Path) -> None:
    path = write(tmp_path, "d.csv", "id,created,colour", "1,2025-01-05,red")
    text = draft_mapping([path])
    assert "# With this mapping the import fails:" in text
    assert "no column says which deals were won or lost" in text
    mapping(tmp_path, text)


def test_an_edited_mapping_is_never_overwritten(tmp_path: Path) -> None:
    files = exports(tmp_path, "deals")
    mine = write(tmp_path, "mine.toml", "# edited by hand for an hour")
    with pytest.raises(HistoryError, match="may have been edited"):
        write_draft(files, None, mine)
    assert mine.read_text() == "# edited by hand for an hour\n"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (["a", "b", "a", ""], '"a" 2, "b" 1, 1 missing'),
        (["", None], "empty"),
        (["x", "x"], 'always "x"'),
        ([f"id{number}" for number in range(20)], 'all different, such as "id0"'),
        ([str(number * 7) for number in range(20)], "numbers from 0 to 133"),
        (["13/02/2025", "01/03/2025"], "dates dd/mm/yyyy, 2025-02-13 to 2025-03-01"),
    ],
)
def test_columns_are_described_in_words(values: list[str | None], words: str) -> None:
    assert describe(pl.Series("c", values, dtype=pl.String)) == words


WEIRD = 'amount\n[where]\nx = "y'


@pytest.mark.parametrize(
    "name",
    [
        WEIRD,
        "a\x1b[31mred\x07",
        "back\\slash \"quoted\" 'single'",
        "# comment",
        "x" * 3_000,
        "\U0001f4b0 deal \u202e evil",
        "line\u2028separator\x85next",
        "]]\r\n[deals]",
    ],
)
def test_a_header_cannot_leave_its_comment_or_string(tmp_path: Path, name: str) -> None:
    path = tmp_path / "d.csv"
    cell = name.replace('"', '""')
    rows = "".join(f"{key},2025-01-05,2025-02-05,won,{key}.5,n{key}\n" for key in range(1, 30))
    path.write_text(f'id,created,closed,outcome,amount,"{cell}"\n{rows}', encoding="utf-8", newline="")
    drafted = mapping(tmp_path, draft_mapping([path]))
    assert drafted.where == {}
    assert import_history([path], None, drafted).deals["amount"].sum() == sum(range(1, 30)) + 14.5


@pytest.mark.parametrize("field", ["deal", "created", "closed", "stage", "amount"])
def test_a_mapped_header_reads_as_it_is(tmp_path: Path, field: str) -> None:
    name = f'{field} "\\u0041" \U0001f4b0 # x'
    drafted = tomllib.loads(f"{quoted('k')} = {quoted(name)}")
    assert drafted == {"k": name}


def test_a_draft_never_refuses(tmp_path: Path) -> None:
    """Columns of no known name become comments with the candidates for each."""
    path = write(
        tmp_path,
        "d.csv",
        "ugylet,kezdete,vege,eredmeny,osszeg",
        *(
            f"V{key},2025-01-{key:02},2025-02-{key:02},{'ja' if key % 2 else 'nein'},{key}00"
            for key in range(1, 20)
        ),
    )
    text = draft_mapping([path])
    assert "# With this mapping the import fails:" in text
    assert '# deal = "..."   # candidates: "ugylet"' in text
    assert '# created = "..."   # candidates: "kezdete", "vege"' in text
    assert '# outcome = "..."   # candidates: "eredmeny"' in text
    assert '# amount = "..."   # candidates: "osszeg"' in text
    mapping(tmp_path, text)


PRODUCTS = ("product,sales_price", "GTX Pro,4821", "GTX Basic,550", "MG,55")
TEAMS = ("agent,office,manager", "Ana,East,Mia", "Ben,East,Mia", "Cy,West,Lou", "Di,West,Lou")
PIPELINE = (
    "opportunity_id,agent,product,deal_stage,engage_date,close_date,close_value",
    "A,Ana,GTXPro,Won,2025-01-01,2025-02-01,4700",
    "B,Ben,GTX Basic,Lost,2025-01-02,2025-02-02,0",
    "C,Cy,MG,Engaging,2025-01-03,,",
    "D,Di,GTX Pro,Engaging,2025-01-04,,",
    "E,Ana,GTXPro,Engaging,2025-01-04,,",
)


def test_a_draft_joins_prices_with_the_spellings_that_they_need(tmp_path: Path) -> None:
    files = [
        write(tmp_path, "products.csv", *PRODUCTS),
        write(tmp_path, "sales_teams.csv", *TEAMS),
        write(tmp_path, "pipeline.csv", *PIPELINE),
    ]
    text = draft_mapping(files)
    assert 'listed_amount = { table = "products.csv", column = "sales_price", on = "product" }' in text
    assert '[aliases."product"]   # different spellings of one value\n"GTXPro" = "GTX Pro"\n' in text
    assert '# segment = { table = "sales_teams.csv", column = "office", on = "agent" }' in text
    history = import_history(files, None, mapping(tmp_path, text))
    listed = dict(history.deals.select("deal", "listed_amount").iter_rows())
    assert listed == {"A": 4821, "B": 550, "C": 55, "D": 4821, "E": 4821}


LABELLED = (
    'Record ID,Deal Stage,Create Date,Close Date,"Date entered ""Offer (Sales)""",'
    '"Date entered ""Closed Lost (Sales)""","Date entered ""Disqualified (Sales)"""'
)


@pytest.mark.parametrize("with_lost", [True, False])
def test_the_date_of_a_label_that_is_read_as_lost_is_no_stage(tmp_path: Path, with_lost: bool) -> None:
    """Catches a draft that is refused, for a key that is neither a stage nor an outcome."""
    header = LABELLED if with_lost else LABELLED.replace('"Date entered ""Closed Lost (Sales)""",', "")
    lost = "2025-02-13," if with_lost else ""
    path = write(
        tmp_path,
        "d.csv",
        header,
        f"1,Closed Lost,2025-01-01,2025-02-13,2025-01-01,{lost}",
        f"2,Disqualified,2025-01-02,2025-02-14,2025-01-02,{',' if with_lost else ''}2025-02-14",
        f"3,Offer,2025-01-03,,2025-01-03,{',' if with_lost else ''}",
        f"4,Closed Won,2025-01-03,2025-02-20,2025-01-03,{',' if with_lost else ''}",
    )
    text = draft_mapping([path])
    assert "With this mapping the import fails" not in text
    dates = tomllib.loads(text)["deals"]["dates"]
    assert dates["lost"] == f'Date entered "{"Closed Lost" if with_lost else "Disqualified"} (Sales)"'
    assert "disqualified" not in dates
    plain, ruled = import_history([path]), import_history([path], None, mapping(tmp_path, text))
    assert ruled.visits.equals(plain.visits)
    assert ruled.meta.audit["deals"] == {"all": 4, "won": 1, "lost": 2, "open": 1}


REPORT = (
    "Lfd. Nr.;Kunde;Phase;Angelegt am;Angebot am;Verhandlung am;Abgeschlossen am;Status;Betrag (EUR)",
    "A-1;Abt;Verhandlung;02.01.2024;20.01.2024;21.01.2024;03.02.2024;Gewonnen;1.200,00",
    "A-2;Abt;Angebot;05.01.2024;21.01.2024;;13.02.2024;Verloren;900,00",
    "A-3;Boll;Angebot;06.01.2024;22.01.2024;;;Offen;1.000,00",
    "A-4;Boll;Verhandlung;07.01.2024;23.01.2024;30.01.2024;;Offen;2.000,00",
)


def test_a_report_in_another_language_is_drafted_whole(tmp_path: Path) -> None:
    """The only column in which all values differ is the id; a status of won and lost is no stage."""
    path = write(tmp_path, "bericht.csv", *REPORT)
    text = draft_mapping([path])
    assert "import fails" not in text
    drafted = tomllib.loads(text)["deals"]
    assert (drafted["deal"], drafted["stage"], drafted["outcome"]) == ("Lfd. Nr.", "Phase", "Status")
    assert drafted["dates"] == {"angebot": "Angebot am", "verhandlung": "Verhandlung am"}
    history = import_history([path], mapping=mapping(tmp_path, text))
    assert history.meta.audit["amounts"]["won_sum"] == 1200
    assert history.meta.audit["amounts"]["open_listed_sum"] == 3000
    stages = {row["name"]: row["open"] for row in history.meta.audit["stages"]}
    assert stages == {"Created": 0, "Angebot": 1, "Verhandlung": 1}


def test_a_sheet_with_a_known_id_needs_no_draft(tmp_path: Path) -> None:
    lines = (REPORT[0].replace("Lfd. Nr.", "Auftrags-Nr."), *REPORT[1:])
    audit = import_history([write(tmp_path, "bericht.csv", *lines)]).meta.audit
    assert audit["amounts"]["won_sum"] == 1200
    assert audit["deals"] == {"all": 4, "won": 1, "lost": 1, "open": 2}


def test_a_status_with_stages_stays_the_stage(tmp_path: Path) -> None:
    """A phase beside it may be that of a project."""
    header = "Deal ID,Created,Closed,Phase,Status"
    rows = (
        "1,2024-01-02,2024-02-03,Phase 1,Won",
        "2,2024-01-02,,Phase 2,Demo",
        "3,2024-01-02,,Phase 1,Trial",
    )
    text = draft_mapping([write(tmp_path, "deals.csv", header, *rows)])
    assert tomllib.loads(text)["deals"]["stage"] == "Status"


def test_the_failure_quoted_is_that_of_the_draft(tmp_path: Path) -> None:
    text = draft_mapping(
        [write(tmp_path, "odd.csv", "Was,Wann,Wert", "a b,2024-01-02,5", "a b,2024-01-03,5")]
    )
    assert "With this mapping the import fails" in text
    assert "cannot be recognised" not in text
