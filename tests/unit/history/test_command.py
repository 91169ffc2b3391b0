"""``funnelsim import`` on the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner, Result

from funnelsim.cli.main import group
from funnelsim.documents.audit import ImportDocument
from funnelsim.documents.validate import read_as
from funnelsim.history.files.folder import read_history
from tests.made_up_crm.salesforce import write_salesforce
from tests.made_up_crm.truth import true_deals
from tests.unit.history.exports import write


def deals(folder: Path) -> Path:
    return write(
        folder, "deals.csv", "id,created,closed,outcome,amount,colour",
        "1,2025-01-05,2025-02-01,won,1200,red", "2,2025-01-06,2025-02-03,lost,10,",
        "3,2025-01-07,,open,50,", "4,,,open,50,",
    )  # fmt: skip


def call(*arguments: object) -> Result:
    return CliRunner().invoke(group, ["import", *(str(argument) for argument in arguments)])


def test_the_screen_says_what_was_read_what_was_not_and_what_to_type_next(tmp_path: Path) -> None:
    result = call(deals(tmp_path), "--preset", "deals", "--out", tmp_path / "my history")
    assert result.exit_code == 0, result.output
    for text in (
        "3 deals: 1 won, 1 lost, 1 open",
        "deal without stage times (row 5)",
        "unused columns of deals.csv: colour",
        f"Next: funnelsim fit '{tmp_path / 'my history'}' --out model.toml",
    ):
        assert text in result.stdout
    assert (
        "as of 3 Feb 2025, the last event; --as-of DATE takes another day, earlier or later" in result.stderr
    )
    assert read_history(tmp_path / "my history").deals.height == 3


def test_json_is_one_document_and_nothing_else(tmp_path: Path) -> None:
    result = call(deals(tmp_path), "--preset", "deals", "--out", tmp_path / "h", "--json")
    document = json.loads(result.stdout)
    assert read_as(ImportDocument, document).as_json() == document
    assert document["command"] == "import"
    audit = document["audit"]
    assert audit["as_of_given"] is False
    for table in audit["tables"]:
        assert table["rows_read"] == table["rows_used"] + sum(table["set_aside"].values())
    assert audit == read_history(tmp_path / "h").meta.audit


def test_quiet_gives_no_hints(tmp_path: Path) -> None:
    result = call(deals(tmp_path), "--preset", "deals", "--out", tmp_path / "h", "--quiet")
    assert "Next:" not in result.stdout
    assert result.stderr == ""


def test_the_screen_leaves_no_blanks_at_the_ends_of_lines(tmp_path: Path) -> None:
    """Catches tables padded to the width of the screen, which a pipe or a file would keep."""
    result = call(deals(tmp_path), "--preset", "deals", "--out", tmp_path / "h")
    assert [line for line in result.stdout.splitlines() if line != line.rstrip()] == []


def test_an_as_of_date_long_after_the_last_event_is_pointed_out(tmp_path: Path) -> None:
    """Catches an old export read as today's: its open deals look older than they are."""
    file = deals(tmp_path)
    soon = call(file, "--preset", "deals", "--out", tmp_path / "h", "--as-of", "2025-03-03")
    assert "nothing is recorded" not in soon.stdout
    late = call(file, "--preset", "deals", "--out", tmp_path / "h", "--as-of", "2025-03-04")
    assert "nothing is recorded in the 30 days before the as-of date" in " ".join(late.stdout.split())


def test_currency_and_kind_of_amount_stand_at_the_top(tmp_path: Path) -> None:
    mapping = tmp_path / "m.toml"
    mapping.write_text('format = 1\npreset = "deals"\ncurrency = "USD"\namount_is = "ACV"\n')
    result = call(deals(tmp_path), "--mapping", mapping, "--out", tmp_path / "h")
    assert "USD, ACV" in result.stdout.splitlines()[0]
    assert read_history(tmp_path / "h").meta.amount_is == "ACV"


def test_a_draft_is_written_and_used(tmp_path: Path) -> None:
    source, draft = deals(tmp_path), tmp_path / "map.toml"
    result = call(source, "--draft-mapping", draft)
    assert result.exit_code == 0, result.output
    assert f"--mapping {draft} --out history" in result.stdout
    assert call(source, "--mapping", draft, "--out", tmp_path / "h").exit_code == 0


def test_the_as_of_date_is_the_end_of_the_day(tmp_path: Path) -> None:
    call(deals(tmp_path), "--preset", "deals", "--out", tmp_path / "h", "--as-of", "2025-02-01")
    outcomes = dict(read_history(tmp_path / "h").deals.select("deal", "outcome").iter_rows())
    assert outcomes == {"1": "won", "2": None, "3": None}


def test_help_starts_without_polars() -> None:
    code = "import sys, funnelsim.cli.commands.import_; assert 'polars' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_page_and_what_to_mend_and_the_users_are_written_beside_the_history(tmp_path: Path) -> None:
    """Catches mutants that write the history without them, or a formula into a spreadsheet."""
    paths = write_salesforce(tmp_path / "crm", number=60)
    users = paths["User"].read_text(encoding="utf-8").replace("Ana Okafor", "=Ana")
    paths["User"].write_text(users, encoding="utf-8")
    opportunity = paths["Opportunity"].read_text(encoding="utf-8")
    name = true_deals(60)[0].name
    paths["Opportunity"].write_text(opportunity.replace(name, "<b>@SUM"), encoding="utf-8")
    page, fixes, reps = (tmp_path / name for name in ("a.html", "fixes.csv", "reps.csv"))
    result = call(
        tmp_path / "crm", "--out", tmp_path / "h", "--audit", page, "--fixes", fixes, "--reps", reps
    )
    assert result.exit_code == 0, result.output
    assert f"Wrote {page}, {fixes}, {reps}" in result.stderr
    text = page.read_text(encoding="utf-8")
    assert "Import audit: Opportunity" in text
    assert "<b>@SUM" not in text
    assert "http" not in text.replace("http-equiv", "")
    assert fixes.read_text(encoding="utf-8").startswith(
        "deal,name,account,owner,stage,amount,fault,what is wrong,what to do\n"
    )
    assert reps.read_text(encoding="utf-8").splitlines()[:2] == ["name,team", "'=Ana,Team East"]
    without = call(deals(tmp_path), "--preset", "deals", "--out", tmp_path / "h2", "--reps", reps)
    assert without.exit_code == 0
    assert "no table of users (User, owner or users) is among the files" in without.output
    assert reps.read_text(encoding="utf-8") == "name,team\n"
    owned = write(tmp_path, "owned.csv", "id,created,closed,outcome,amount,owner",
        "1,2025-01-05,2025-02-01,won,100,Zoe", "2,2025-01-06,,,10,Ana", "3,2025-01-06,,,10,Zoe",
    )  # fmt: skip
    owners = call(owned, "--preset", "deals", "--out", tmp_path / "h4", "--reps", reps)
    assert owners.exit_code == 0
    assert "2 owners are taken from the deals" in owners.output
    assert reps.read_text(encoding="utf-8") == "name,team\nAna,\nZoe,\n"
    wrong = call(deals(tmp_path), "--out", tmp_path / "h3", "--audit", tmp_path / "a.csv")
    assert wrong.exit_code == 2
    assert not (tmp_path / "h3").exists()


def test_a_pipeline_and_rates_are_options(tmp_path: Path) -> None:
    file = write(
        tmp_path, "deals.csv", "id,created,closed,outcome,amount,currency,pipeline",
        "1,2025-01-05,2025-02-01,won,100,EUR,New", "2,2025-01-06,2025-02-03,won,10,USD,New",
        "3,2025-01-07,2025-02-04,lost,50,USD,Renewals",
    )  # fmt: skip
    rates = write(tmp_path, "rates.csv", "currency,date,rate", "EUR,2025-01-01,1.1")
    rules = write(tmp_path, "m.toml", 'currency = "USD"')
    options = ("--preset", "deals", "--mapping", rules, "--out", tmp_path / "h", "--json")
    result = call(file, "--pipeline", "new", "--rates", rates, *options)
    audit = json.loads(result.stdout)["audit"]
    assert audit["deals"] == {"all": 2, "won": 2, "open": 0}
    assert round(audit["amounts"]["won_sum"], 6) == 120.0
    assert audit["tables"][0]["set_aside"] == {"left out by where": 1}


def test_what_an_import_wrote_into_the_folder_is_not_read_by_the_next(tmp_path: Path) -> None:
    """Mutants: lists recognised by their names; a note left out."""
    raw = tmp_path / "raw"
    raw.mkdir()
    write(raw, "pipeline.csv", "id,created,closed,outcome,amount,owner",
        "1,2025-01-05,2025-02-01,won,100,Zoe", "2,2025-01-06,2025-02-01,won,,Ana",
        "3,2025-01-06,2025-02-02,won,10,", "4,2025-01-06,2025-02-02,won,10,Ana",
    )  # fmt: skip
    written = "--fixes", raw / "a.csv", "--reps", raw / "b.csv"
    first = call(raw, "--out", tmp_path / "h", "--json", *written)
    assert first.exit_code == 0, first.output
    again = call(raw, "--out", tmp_path / "h2", "--json")
    assert again.exit_code == 0, again.output
    one, two = (json.loads(result.stdout)["audit"] for result in (first, again))
    assert one["deals"] == two["deals"] == {"all": 4, "won": 4, "open": 0}
    assert "a.csv, b.csv: written by funnelsim, left out" in [check["text"] for check in two["checks"]]


def test_the_page_says_which_deals_to_mend_do_not_count(tmp_path: Path) -> None:
    """One of three that count has no owner; one with a closing before its creation does not count.

    Mutants: both counted together; the empty column of names kept; amounts rounded to three digits.
    """
    file = write(tmp_path, "deals.csv", "id,created,closed,outcome,amount,owner",
        "1,2025-01-05,2025-02-01,won,123456,", "2,2025-01-06,2025-02-01,won,20,Ana",
        "3,2025-01-06,2025-02-02,won,10,Ana", "4,2025-01-06,2024-02-02,won,10,Ana",
    )  # fmt: skip
    page = tmp_path / "a.html"
    assert call(file, "--preset", "deals", "--out", tmp_path / "h", "--audit", page).exit_code == 0
    text = page.read_text(encoding="utf-8")
    assert "2 deals to mend: 1 of the 3 that count, 1 that do not" in text
    assert "123,456" in text
    assert "Open, listed" not in text
    assert ">name<" not in text
