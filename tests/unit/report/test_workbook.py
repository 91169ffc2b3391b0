"""The report as a workbook, read back with openpyxl: numbers are numbers, and no text is a formula."""

from __future__ import annotations

import datetime as dt
import io
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from openpyxl import Workbook, load_workbook

from funnelsim.cli.main import group
from funnelsim.report.workbook.workbook import workbook_bytes
from tests.unit.report import made_up
from tests.unit.report.made_up_backtests import backtest_document
from tests.unit.report.made_up_friction import friction_document

GOLDEN = Path(__file__).parents[2] / "golden"


def documents() -> list[dict[str, Any]]:
    staff = json.loads((GOLDEN / "staff.json").read_text())
    forecast = made_up.forecast_document()
    forecast["deals"][0] |= {"account": "Acme", "name": "=1+1", "owner": "@SUM(A1)", "source": "-5 x"}
    return [forecast, made_up.compare_document(), friction_document(), staff, backtest_document()]


@cache
def book() -> Workbook:
    return load_workbook(io.BytesIO(workbook_bytes(documents(), notes=["+ a note"])))


def rows(name: str) -> list[dict[str, Any]]:
    heads, *others = book()[name].iter_rows(values_only=True)
    return [dict(zip(map(str, heads), row, strict=True)) for row in others]


def test_each_question_has_its_sheet() -> None:
    assert book().sheetnames == [
        "Summary", "Forecast", "Deals", "Scenarios", "Friction", "Improvements", "Plans",
        "Track record", "Notes",
    ]  # fmt: skip
    for sheet in book():
        assert sheet.freeze_panes == "B2"
        assert sheet.auto_filter.ref
        assert len(sheet.title) <= 31


def test_numbers_dates_and_shares_are_what_they_are() -> None:
    """Mutants: amounts as text of the page; ``2026-04-17`` as text; a chance in per cent, times 100."""
    document = documents()[0]
    period, first = document["periods"][0], document["deals"][0]
    bookings = next(row for row in rows("Forecast") if row["amount"] == "bookings")
    assert bookings["median"] == pytest.approx(period["bookings"]["p50"])
    assert bookings["chance of quota"] == pytest.approx(period["attainment_probability"])
    assert bookings["start"] == dt.datetime(2026, 1, 1)
    deal = next(row for row in rows("Deals") if row["deal"] == first["lead"])
    assert deal["listed amount"] == pytest.approx(first["amount"])
    assert deal["likely close"] == dt.datetime(2026, 4, 17)
    cells = {row[0].value: row[1] for row in book()["Summary"].iter_rows()}
    assert cells["Chance of quota"].number_format == "0.0%"
    assert cells["Likely less quota"].value == pytest.approx(period["bookings"]["p50"] - period["quota"])
    assert cells["Likely less quota"].number_format.startswith("#,##0")


def test_parts_of_a_forecast_add_up_to_its_bookings() -> None:
    means = {row["amount"]: row["mean"] or 0.0 for row in rows("Forecast")}
    parts = [means[name] for name in ("booked already", "open pipeline", "still to come", "expansion")]
    assert sum(parts) == pytest.approx(means["bookings"])


def test_no_text_is_a_formula() -> None:
    """A deal may be called ``=1+1``. Mutant: strings_to_formulas left at its default, or `write`."""
    deal = rows("Deals")[0]
    assert (deal["name"], deal["owner"], deal["source"]) == ("=1+1", "@SUM(A1)", "-5 x")
    kinds = {cell.data_type for sheet in book() for row in sheet.iter_rows() for cell in row}
    assert kinds <= {"s", "n", "d"}
    assert any(row["text"] == "+ a note" for row in rows("Notes"))


def test_a_difference_keeps_its_sign_and_interval() -> None:
    scenario = documents()[1]["scenarios"][0]
    found = next(row for row in rows("Scenarios") if row["scenario"] == scenario["name"])
    name = next(iter(scenario["metrics"]))
    assert found["difference"] == pytest.approx(scenario["metrics"][name]["difference"]["mean"])
    assert found["interval low"] <= found["difference"] <= found["interval high"]


def test_hard_names_and_empty_documents_are_written() -> None:
    hard = made_up.forecast_document(quota=None, name="<b>" + "x" * 300)
    hard["deals"] = []
    hard["warnings"] = ["a" * 40_000, "\x00\x1b[31mred"]
    again = load_workbook(io.BytesIO(workbook_bytes([hard])))
    assert again.sheetnames == ["Summary", "Forecast", "Notes"]
    assert len(again["Notes"]["C2"].value) == 32_767


def test_the_same_documents_give_the_same_bytes() -> None:
    assert workbook_bytes(documents()) == workbook_bytes(documents())


def test_from_the_command_line(tmp_path: Path) -> None:
    source = tmp_path / "forecast.json"
    source.write_text(json.dumps(documents()[0]))
    done = CliRunner().invoke(group, ["report", str(source), "--out", str(tmp_path / "report.xlsx")])
    assert done.exit_code == 0, done.output
    assert load_workbook(tmp_path / "report.xlsx").sheetnames[0] == "Summary"
