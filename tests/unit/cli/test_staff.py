"""staff on the command line: what it prints and writes, and its answers to wrong input."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from funnelsim.cli.main import group
from funnelsim.documents.read import typed
from funnelsim.documents.staff import StaffDocument

MODEL = """
format = 1
name = "Shop"
currency = "USD"
amount_is = "ACV"
start = 2026-01-01
[goal]
quota = 10_000
period = "quarter"
[roles.caller]
name = "Caller"
headcount = 2
annual_cost = 36_525
[roles.seller]
name = "Seller"
headcount = 1
annual_cost = 73_050
[sources.web]
enters = "call"
rate = "4 per day"
amount = "constant(100)"
[stages.call]
work = { role = "caller", effort = "1h" }
exits = { offer = { p = 0.75, after = "1d" }, lost = { p = 0.25, after = "1d" } }
[stages.offer]
name = "Offer"
work = { role = "seller", effort = "exponential(mean=12h)" }
exits = { won = { p = 0.5, after = "1d" }, lost = { p = 0.5, after = "1d" } }
"""
QUICK = ("-n", "100", "--quiet")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.toml"
    path.write_text(MODEL)
    return path


def run(*words: object) -> Result:
    return CliRunner().invoke(group, [str(word) for word in words])


def test_the_answer_comes_first_in_words(model: Path) -> None:
    result = run("staff", model, *QUICK)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0] == "STAFF  2026Q1 (1 January to 31 March 2026): quota USD 10 thousand at 80 % confidence"
    said = " ".join(result.stdout.split())
    assert "Today: 2 Caller, 1 Seller." in said
    assert "Seller from" in said
    assert "the chance of quota rises from" in said
    assert "Bottleneck today: Seller. One more adds" in said
    assert "Spreadsheet:" in said
    assert "Rests on: hours of work for each task" in said
    assert "roles.seller" not in said.partition("Next:")[0]


def test_json_is_one_document_and_nothing_else(model: Path, tmp_path: Path) -> None:
    result = run("staff", model, "--json", "--out", tmp_path / "s.json", *QUICK)
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert isinstance(typed(document), StaffDocument)
    assert (tmp_path / "s.json").read_text() == result.stdout
    assert document["mode"] == "bottom_up"
    names = [plan["name"] for plan in document["plans"]]
    assert document["chosen"] in names


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".png", ".svg", ".html"])
def test_out_writes_what_the_suffix_says(suffix: str, model: Path, tmp_path: Path) -> None:
    result = run("staff", model, "--out", tmp_path / f"s{suffix}", *QUICK)
    assert result.exit_code == 0, result.output
    assert (tmp_path / f"s{suffix}").stat().st_size > 100


@pytest.mark.parametrize("suffix", [".png", ".html"])
@pytest.mark.parametrize(
    "asked",
    [
        ("--target", "wait_days.Offer<=2h", "--days", "60", "--warmup", "30d"),
        ("--target", "utilisation.seller<=85%"),
        ("--most-profitable",),
        ("--quota", "1m"),
        ("--quota", "10"),
    ],
    ids=lambda words: words[0] + words[1] if len(words) > 1 else words[0],
)
def test_every_question_has_a_figure_and_a_page(
    asked: tuple[str, ...], suffix: str, model: Path, tmp_path: Path
) -> None:
    """And a saved document is drawn like a new one."""
    result = run("staff", model, *asked, "--out", tmp_path / "s.json", *QUICK)
    assert result.exit_code == 0, result.output
    page = run("report", tmp_path / "s.json", "--out", tmp_path / f"s{suffix}")
    assert page.exit_code == 0, page.output


def test_what_to_type_next_runs(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(model.parent)
    result = run("staff", "model.toml", "-n", "100")
    said = result.stdout.replace("\\\n", " ").partition("Next:")[2].split("\n")[0].split()
    assert said[:2] == ["funnelsim", "compare"]
    words = said[1:]
    for text in ("what", "else"):
        words = words[: words.index(text)] if text in words else words
    assert run(*words, "--quiet").exit_code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--target", "wait_days.ofer<=1"), 'did you mean "offer"'),
        (("--confidence", "1.5"), "not between 0 and 100 %"),
        (("--period", "2026Q1", "--days", "30"), "Give either --period or --days"),
        (("--most-profitable", "--quota", "5"), "Give either --most-profitable"),
        (("--earliest", "2030-01-01"), "hires can join from 2026-01-01"),
        (("--period", "2025Q1"), "is over"),
        (("--out", "s.doc"), "no known suffix"),
    ],
)
def test_wrong_input_is_answered_without_a_traceback(words: tuple[str, ...], said: str, model: Path) -> None:
    result = run("staff", model, *words, *QUICK)
    assert result.exit_code in (1, 2)
    assert said in " ".join(result.stderr.split())
    assert result.stdout == ""


def test_reps_of_a_model_without_them_are_answered_with_the_way_on(tmp_path: Path) -> None:
    """`compare --set` and a scenario file name staff and the lines to add; those make a model that runs."""
    path = tmp_path / "model.toml"
    run("init", path)
    result = run("compare", path, "--set", "roles.ae.headcount=+2", *QUICK)
    assert result.exit_code == 1
    for text in ("no effort hours", "funnelsim staff", "[roles.ae]", "headcount = 6", "below [stages.demo]"):
        assert text in result.stderr
    lines = [line.strip() for line in result.stderr.splitlines()]
    work = next(line for line in lines if line.startswith("work = ")).partition("  #")[0]
    text = path.read_text().replace("[stages.demo]\n", f"[stages.demo]\n{work}\n")
    place = lines.index("[roles.ae]")
    added = "\n".join(lines[place : place + 5])
    assert 'calendar = "office"' in added
    path.write_text(f"{text}\n{added}\n")
    after = run("compare", path, "--set", "roles.ae.headcount=+2", *QUICK)
    assert after.exit_code == 0, after.output
    assert "round the clock" not in run("check", path).output


@pytest.mark.parametrize("command", ["staff", "reverse"])
@pytest.mark.parametrize("given", ["99.5%", "0.995"])
def test_a_confidence_is_a_share_with_all_its_digits(command: str, given: str, model: Path) -> None:
    """`reverse` refused both; `staff` said 100 %."""
    result = run(command, model, "--confidence", given, "--quota", "8000", *QUICK)
    assert result.exit_code == 0, result.output
    assert "99.5 % confidence" in " ".join(result.stdout.split())


def test_a_cost_in_another_currency_blames_its_own_option(model: Path) -> None:
    model.write_text(MODEL.replace('"USD"', '"EUR"'))
    result = run("staff", model, "--annual-cost", "US$100k", *QUICK)
    assert result.exit_code == 2
    assert "'--annual-cost'" in result.stderr
    assert "--quota" not in result.stderr


def test_an_interruption_shows_the_plans_that_are_known(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C during the fourth plan: three are known, and no file is written."""
    from funnelsim.experiments.staffing.outcomes import Outcomes

    simulated, plans = Outcomes._simulated, []

    def stops(self: Outcomes, *given: Any) -> Any:
        plans.append(given)
        if len(plans) == 4:
            raise KeyboardInterrupt
        return simulated(self, *given)

    monkeypatch.setattr(Outcomes, "_simulated", stops)
    result = run("staff", model, "--out", tmp_path / "s.json", *QUICK)
    assert result.exit_code != 0
    assert "The plans tried so far" in result.stdout
    assert "today's team" in result.stdout
    assert "Interrupted: these are the " in result.stderr
    assert not (tmp_path / "s.json").exists()
    plans.clear()
    assert run("staff", model, "--json", *QUICK).stdout == ""
