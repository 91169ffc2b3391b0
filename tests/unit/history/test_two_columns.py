"""Two columns of one meaning whose contents differ: one is read, and the other is named with its line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from funnelsim.history.files.events import History
from funnelsim.history.imports import import_history
from tests.unit.history.exports import check_names, deal, mapping, write


def read(folder: Path, header: str, *rows: str, rules: Any = None) -> History:
    return import_history([write(folder, "data.csv", header, *rows)], mapping=rules)


def look(history: History) -> dict[str, Any]:
    return next(check for check in history.meta.audit["checks"] if check["check"] == "two_columns")


def with_the_other(folder: Path, history: History, header: str, *rows: str) -> History:
    return read(folder, header, *rows, rules=mapping(folder, "\n".join(look(history)["mapping"])))


ROWS = ("1,2024-01-02,2024-02-03,Won,1200,9", "2,2024-01-05,2024-02-13,Lost,1350,8", "3,2024-01-06,,Demo,7,7")


@pytest.mark.parametrize(
    ("one", "other"), [("Value", "Importo"), ("Amount", "Montant"), ("Amount", "Value"), ("Bedrag", "Amount")]
)
def test_two_amounts_are_named(tmp_path: Path, one: str, other: str) -> None:
    header = f"Deal ID,Created,Closed,Stage,{one},{other}"
    history = read(tmp_path, header, *ROWS)
    assert "may both be the amount (differ in 2 of 3 rows)" in look(history)["text"]
    again = with_the_other(tmp_path, history, header, *ROWS)
    assert {deal(history, "1")["amount"], deal(again, "1")["amount"]} == {1200, 9}
    assert again.deals["outcome"].to_list() == ["won", "lost", None]
    assert "two_columns" not in check_names(again)


@pytest.mark.parametrize("pair", ["Erstellt am,Create Date", "Created Date,Fecha de creación"])
def test_two_creations_are_named(tmp_path: Path, pair: str) -> None:
    header = f"Deal ID,{pair},Closed,Stage,Amount"
    rows = ("1,2023-01-01,2024-01-02,2024-02-03,Won,5", "2,2023-01-01,2024-01-05,2024-02-13,Lost,6")
    history = read(tmp_path, header, *rows)
    assert "may both be the creation (differ in 2 of 2 rows)" in look(history)["text"]
    again = with_the_other(tmp_path, history, header, *rows)
    assert {f"{deal(one, '1')['created']:%Y}" for one in (history, again)} == {"2023", "2024"}
    assert again.meta.audit["amounts"]["won_sum"] == 5


def test_two_stages_and_two_outcomes_are_named(tmp_path: Path) -> None:
    header = "Deal ID,Created,Closed,Fase,Stage,Amount"
    rows = ("1,2024-01-02,2024-02-03,Aperta,Won,1", "2,2024-01-05,2024-02-13,Vinta,Lost,2")
    history = read(tmp_path, header, *rows)
    again = with_the_other(tmp_path, history, header, *rows)
    assert again.deals["outcome"].to_list() == ["won", "lost"]
    outcomes = read(
        tmp_path,
        "Deal ID,Created,Closed,Outcome,Résultat",
        "1,2024-01-02,2024-02-03,Won,Perdu",
        "2,2024-01-02,2024-02-03,Lost,Perdu",
    )
    assert "may both be the outcome (differ in 1 of 2 rows)" in look(outcomes)["text"]


def test_events_with_two_times_and_two_stages_are_named(tmp_path: Path) -> None:
    header = "deal,Stage,Etapa,Date,Fecha,Left"
    rows = (
        "1,Lead,Demo,2024-01-02,2024-05-02,2024-01-09",
        "1,Won,Ganado,2024-01-09,2024-05-09,",
        "2,Lead,Demo,2024-01-03,2024-05-03,2024-01-04",
        "2,Lost,Perdido,2024-01-04,2024-05-04,",
    )
    history = read(tmp_path, header, *rows)
    checks = [check for check in history.meta.audit["checks"] if check["check"] == "two_columns"]
    assert [check["mapping"] for check in checks] == [
        ["[events]", "guess_others = true", 'stage = "Etapa"'],
        ["[events]", "guess_others = true", 'entered = "Fecha"'],
    ]
    rules = mapping(tmp_path, '[events]\nguess_others = true\nstage = "Etapa"\nentered = "Fecha"\n')
    again = read(tmp_path, header, *rows, rules=rules)
    assert list(again.meta.stages) == ["demo"]
    assert f"{deal(again, '1')['created']:%m-%d}" == "05-02"
    columns = {note["read_as"]: note["column"] for note in again.meta.audit["columns"]}
    assert columns["left"] == "Left", "what the mapping does not name is guessed still"


@pytest.mark.parametrize(
    "pair",
    [
        "Amount,Amount (converted)",
        "Amount,Listed amount",
        "Amount,Amount %",
        "Owner,Owner ID",
        "Amount,Expected revenue",
        "Outcome,Status",
    ],
)
def test_columns_that_are_understood_are_not_named(tmp_path: Path, pair: str) -> None:
    rows = ("1,2024-01-02,2024-02-03,Won,1200,9", "2,2024-01-05,2024-02-13,Lost,1350,8")
    if pair == "Outcome,Status":
        rows = tuple(row.replace("1200,9", "won,Active").replace("1350,8", "lost,Active") for row in rows)
    history = read(tmp_path, f"Deal ID,Created,Closed,Stage,{pair}", *rows)
    assert "two_columns" not in check_names(history)


def test_equal_contents_are_not_named(tmp_path: Path) -> None:
    """Also in two languages, and in two ways to write a number."""
    history = read(
        tmp_path,
        "Deal ID,Created,Erstellt am,Closed,Outcome,Ergebnis,Amount,Betrag",
        "1,2024-01-02,2024-01-02,2024-02-03,Won,Gewonnen,1200,1200.00",
        "2,2024-01-05,2024-01-05,2024-02-13,Lost,Verloren,1350,1350.00",
    )
    assert "two_columns" not in check_names(history)


def test_an_amount_that_only_the_other_column_has_is_named(tmp_path: Path) -> None:
    rows = ("1,2024-01-02,2024-02-03,Won,1200,", "2,2024-01-05,2024-02-13,Won,,1350")
    history = read(tmp_path, "Deal ID,Created,Closed,Stage,Amount,Montant", *rows)
    assert '(1 row has only "Montant")' in look(history)["text"]
