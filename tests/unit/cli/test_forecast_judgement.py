"""Overrides, what the CRM says and booked deals: on the screen and in files."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import json
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

from funnelsim.cli.main import group
from funnelsim.history.files.events import PLAN_SCHEMA
from funnelsim.history.files.folder import write_history
from funnelsim.model.files.model_files import write_model

from ..made_up_history import day, history_of, still_open, won
from ..made_up_runs import model_of, pipeline_of

QUICK = ("-n", "50", "--quiet")
LONG = "<b>" + "Ünïcode " * 25


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two open deals of 100, one of them planned for March as commit; one of 70 was booked in January."""
    monkeypatch.chdir(tmp_path)
    write_model(model_of(pipeline="open.parquet", history="history"), tmp_path / "model.toml")
    pipeline_of({"lead": "deal-0", "name": "Acme"}, {"lead": "deal-1", "name": LONG}).write_parquet(
        tmp_path / "open.parquet"
    )
    opened = [still_open("offer", day(2, 9)) for _ in range(2)]
    rows = [("deal-0", None, dt.datetime(2026, 3, 10), 0.9, "Commit")]
    plans = pl.DataFrame(rows, schema=PLAN_SCHEMA, orient="row")
    history = dataclasses.replace(history_of(*opened, won(day(1, 20), 70.0)), plans=plans)
    write_history(history, tmp_path / "history")
    (tmp_path / "o.csv").write_text(
        "deal,probability,close,amount,exclude,who\nAcme,1,2026-03-01,500,,Ana\ndeal-1,,,,yes,=Ben\n"
    )
    return Path("model.toml")


def run(command: str, *words: object) -> Result:
    return CliRunner().invoke(group, [command, *map(str, words)], terminal_width=110)


def rows_of(file: str) -> list[dict[str, str]]:
    with Path(file).open(encoding="utf-8") as opened:
        return list(csv.DictReader(opened))


def test_the_screen_says_what_overrides_do(model: Path) -> None:
    shown = run("forecast", model, "--overrides", "o.csv", *QUICK)
    assert shown.exit_code == 0
    text = shown.stdout
    assert "With 2 overrides by people: likely" in text
    assert "probability 100 %" in text
    assert "not won" in text
    assert "commit" in text
    assert "Booked USD 70 from 1 lead; largest Deal 2 USD 70 (20 January 2026)." in text
    # Two columns of numbers and a name of 200 letters still fit.
    assert all(len(line) <= 110 for line in text.splitlines())


def test_the_page_says_once_what_they_do(model: Path) -> None:
    """In its answer. Mutant: a page that passes a judgement off as the model's forecast."""
    out = ("--out", "f.json", "--out", "f.html")
    assert run("forecast", model, "--overrides", "o.csv", *out, *QUICK).exit_code == 0
    assert run("report", "f.json", "--out", "page.html").exit_code == 0
    for name in ("f.html", "page.html"):
        page = Path(name).read_text(encoding="utf-8")
        assert page.count("With 2 overrides by people: likely") == 1
    period = json.loads(Path("f.json").read_text(encoding="utf-8"))["periods"][0]
    assert len(period["without_overrides"]["quantiles_bookings"]) == 99
    assert period["without_overrides"]["quantiles_bookings"] != period["quantiles_bookings"]


def test_the_document_and_the_table_hold_both_forecasts(model: Path) -> None:
    out = ("--out", "f.json", "--out", "f.csv", "--deals", "d.csv", "--booked", "b.csv")
    assert run("forecast", model, "--overrides", "o.csv", *out, *QUICK).exit_code == 0
    document = json.loads(Path("f.json").read_text(encoding="utf-8"))
    first, second = document["overrides"]
    assert (first["deal"], first["who"], first["p_with"]) == ("deal-0", "Ana", 1.0)
    assert first["changes"][1] == {"what": "close", "from": "2026-02-14", "to": "2026-03-01"}
    assert first["expected_with"] == 500.0
    assert second["changes"][0]["what"] == "exclude"
    period = document["periods"][0]
    change = period["bookings"]["mean"] - period["without_overrides"]["bookings"]["mean"]
    assert first["difference"] + second["difference"] == pytest.approx(change)
    assert period["crm"]["categories"][0]["total"] == 170.0
    assert document["assumptions"] == [
        f"2 open leads overridden by =Ben, Ana: the mean of the bookings changes by {change:+,.0f} USD"
    ]
    rows = rows_of("f.csv")
    means = {row["part"]: float(row["mean"]) for row in rows if row["amount"] == "bookings"}
    assert means["total"] - means["total without overrides"] == pytest.approx(change)
    assert means["override of deal-0"] == pytest.approx(first["difference"])
    assert means["CRM commit"] == 170.0
    deals = {row["deal"]: row for row in rows_of("d.csv")}
    assert deals["deal-0"]["crm_close"] == "2026-03-10"
    assert deals["deal-1"]["flags"] == "overridden by =Ben"
    assert [row["bookings"] for row in rows_of("b.csv")] == ["70.0"]


def test_a_forecast_without_overrides_has_no_trace_of_them(model: Path) -> None:
    document = json.loads(run("forecast", model, "--json", *QUICK).stdout)
    assert "overrides" not in document
    assert "without_overrides" not in document["periods"][0]
    assert "assumptions" not in document


def test_wrong_overrides_are_one_error(model: Path) -> None:
    Path("o.csv").write_text("deal,probability\ndeal-O,2\n")
    done = run("forecast", model, "--overrides", "o.csv", *QUICK)
    assert done.exit_code == 1
    assert 'there is no open lead "deal-O"; did you mean "deal-1"?' in done.output
    assert "between 0 and 1" in done.output


def test_a_page_of_a_forecast_with_overrides_says_so(model: Path) -> None:
    assert run("forecast", model, "--overrides", "o.csv", "--out", "f.html", *QUICK).exit_code == 0
    page = Path("f.html").read_text(encoding="utf-8")
    assert "2 open leads overridden by" in page
    assert "<b>Ünïcode" not in page


def test_overrides_are_scored_by_a_later_history(model: Path) -> None:
    assert run("forecast", model, "--overrides", "o.csv", "--out", "f.json", *QUICK).exit_code == 0
    later = history_of(
        won(dt.datetime(2026, 3, 3), 480.0), still_open("offer", day(2, 9)), as_of=dt.datetime(2026, 4, 2)
    )
    write_history(later, "later")
    done = run("overrides", "f.json", "--history", "later", "--out", "s.csv", "--out", "s.json")
    assert done.exit_code == 0
    assert "Nobody's overrides have clearly helped or hurt so far." in done.stdout
    scores = {row["deal"]: row for row in rows_of("s.csv")}
    assert float(scores["deal-0"]["error_with"]) == 20.0
    assert float(scores["deal-1"]["error_with"]) == 0.0
    refused = run("overrides", "s.json", "--history", "later")
    assert refused.exit_code == 1


def test_a_report_that_does_not_tie_is_listed(model: Path) -> None:
    Path("report.csv").write_text("Deal ID,Amount,Close Date\ndeal-2,75,2026-01-20\n")
    text = run("forecast", model, "--closed-won", "report.csv", *QUICK).stdout
    assert "Booked does not tie to the closed-won report" in text
    assert "another amount" in text


def test_the_total_difference_is_exact_and_one_deal_closes(model: Path) -> None:
    """Mutants: amounts rounded to five digits; the sign of the difference turned."""
    rows = "deal-2,5000075.25,2026-01-20\nold,1,2024-01-20\n"
    Path("report.csv").write_text(f"Deal ID,Amount,Close Date\n{rows}")
    text = " ".join(run("forecast", model, "--closed-won", "report.csv", *QUICK).stdout.split())
    assert "5,000,075.25 from 1 in the report" in text
    assert ".25 more in the report:" in text
    assert "1 lead of the report closes on other days: left out." in text
