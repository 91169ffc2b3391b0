"""forecast, compare and simulate on the command line: files, streams, exit codes."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from funnelsim.cli import main as cli
from funnelsim.documents.read import typed
from funnelsim.engines import executors
from funnelsim.experiments import variants
from funnelsim.model.files.model_files import write_model

from ..made_up_runs import model_of, pipeline_of

QUICK = ("-n", "20", "--quiet")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model with two open deals, in a folder of its own."""
    path = tmp_path / "model.toml"
    write_model(model_of(pipeline="open.parquet"), path)
    pipeline_of({"name": "Acme"}, {"name": "Globex, Inc.", "amount": None}).write_parquet(
        tmp_path / "open.parquet"
    )
    return path


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):  # type: ignore[no-untyped-def]
    """Call the program; gives exit code, standard output and standard error."""

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["funnelsim", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        streams = capsys.readouterr()
        code = ended.value.code
        assert isinstance(code, int)
        return code, streams.out, streams.err

    return call


COMMANDS = (
    ("forecast", "{model}"),
    ("compare", "{model}", "--set", "stages.offer.exits.won.p=+5pp"),
    ("simulate", "{model}", "--days", "50"),
    ("reverse", "{model}", "--quota", "2000"),
    ("sensitivity", "{model}", "--top", "2"),
)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c[0])
def test_json_is_one_document_and_nothing_else(command, run, model) -> None:  # type: ignore[no-untyped-def]
    """Catches warnings or a table on standard output, and numbers that are not JSON."""
    code, out, _ = run(*(word.format(model=model) for word in command), "--json", *QUICK)
    assert code == 0
    document = json.loads(out)
    typed(document)
    assert (document["format"], document["command"]) == (1, command[0])
    assert document["provenance"]["model"] == str(model)
    assert document["provenance"]["seed"] == 1
    assert len(document["provenance"]["model_sha256"]) == len(document["provenance"]["plan_sha256"]) == 64


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c[0])
@pytest.mark.parametrize("suffix", [".json", ".csv", ".parquet", ".png", ".svg", ".html"])
def test_out_writes_what_the_suffix_says(command, suffix, run, model, tmp_path) -> None:  # type: ignore[no-untyped-def]
    place = tmp_path / f"result{suffix}"
    code, _, err = run(*(word.format(model=model) for word in command), "--out", place, *QUICK)
    assert (code, err) == (0, "")
    begins = {".png": b"\x89PNG", ".parquet": b"PAR1", ".svg": b"<?xml", ".html": b"<!DOCTYPE", ".json": b"{"}
    assert place.read_bytes().lower().startswith(begins.get(suffix, b"").lower())
    assert {p.name for p in tmp_path.iterdir()} == {"model.toml", "open.parquet", place.name}


def test_json_in_a_file_is_json_on_the_screen(run, model, tmp_path) -> None:  # type: ignore[no-untyped-def]
    _, out, _ = run("forecast", model, "--json", "--out", tmp_path / "f.json", *QUICK)
    assert (tmp_path / "f.json").read_text() == out


def test_deals_have_a_row_each_with_their_flags(run, model, tmp_path) -> None:  # type: ignore[no-untyped-def]
    """A name with a comma stays one cell."""
    code, _, _ = run("forecast", model, "--deals", tmp_path / "deals.csv", *QUICK)
    table = pl.read_csv(tmp_path / "deals.csv").sort("name")
    assert code == 0
    assert table["name"].to_list() == ["Acme", "Globex, Inc."]
    assert table["flags"].to_list() == ["", "no amount"]
    assert table.columns[:3] == ["deal", "name", "account"]
    assert table["p_ever"].to_list() == table["p_ever"].round(3).to_list()
    assert table["age_days"].dtype == pl.Int64
    for money in ("amount", "expected_in_period"):
        assert table[money].to_list() == table[money].round(2).to_list()
    assert {"owner", "stage", "age_days", "amount", "p_in_period", "p_ever", "median_close"} <= set(
        table.columns
    )


def test_visits_have_the_columns_of_the_contract(run, model, tmp_path) -> None:  # type: ignore[no-untyped-def]
    code, _, _ = run("simulate", model, "--days", "30", "--visits", tmp_path / "v.parquet", *QUICK)
    assert code == 0
    expected = "replication lead source segment stage visit entered started finished left exit amount rep"
    assert pl.read_parquet(tmp_path / "v.parquet").columns == expected.split()


def test_visits_keep_a_hundred_futures_unless_asked_for_more(run, model, tmp_path) -> None:  # type: ignore[no-untyped-def]
    run("simulate", model, "--days", "3", "--visits", tmp_path / "v.csv", "--quiet")
    assert pl.read_csv(tmp_path / "v.csv")["replication"].n_unique() == 100


def test_several_sets_are_compared_one_by_one_and_together(run, model) -> None:  # type: ignore[no-untyped-def]
    sets = ("--set", "stages.offer.exits.won.p=+5pp", "--set", "sources.inbound.rate=x2")
    _, out, _ = run("compare", model, *sets, "--json", *QUICK)
    names = [one["name"] for one in json.loads(out)["scenarios"]]
    assert names == ["chance of offer to won +5 points", "leads from inbound +100 %", "together"]


@pytest.mark.parametrize(("scenarios", "opened"), [(2, []), (3, ["processes"])])
def test_many_scenarios_of_a_fitted_model_run_on_processes(  # type: ignore[no-untyped-def]
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scenarios: int, opened: list[str]
) -> None:
    """Of several threads, one plans at a time. Three changes are four scenarios, with that of them all."""
    won = pl.Series("stages.offer.exits.won.p", np.linspace(0.3, 0.5, 50))
    draws = pl.DataFrame([won, (1 - won).alias("stages.offer.exits.lost.p")])
    write_model(model_of(draws="draws.parquet"), tmp_path / "model.toml")
    draws.write_parquet(tmp_path / "draws.parquet")
    names: list[str] = []
    monkeypatch.setattr(executors, "executor_by_name", lambda name, _: names.append(name))
    monkeypatch.setattr("funnelsim.cli.commands.compare._MANY_SCENARIOS", 4)
    changes = ("stages.offer.after=x0.7", "stages.demo.after=x0.7", "sources.inbound.rate=x2")[:scenarios]
    sets = [word for change in changes for word in ("--set", change)]
    code, _, err = run("compare", tmp_path / "model.toml", *sets, "--workers", 2, "--json", *QUICK)
    assert code == 0, err
    assert names == opened


def test_a_change_is_compared_under_its_name(run, model) -> None:  # type: ignore[no-untyped-def]
    sets = ("--set", "Surer: stages.Offer.exits.won.p=+5pp")
    _, out, _ = run("compare", model, *sets, "--json", *QUICK)
    (one,) = json.loads(out)["scenarios"]
    assert one["name"] == "Surer"
    assert one["description"] == "stages.Offer.exits.won.p=+5pp"


def test_a_quota_and_a_period_are_read_as_people_write_them(run, model) -> None:  # type: ignore[no-untyped-def]
    _, out, _ = run("forecast", model, "--quota", "1.2m", "--period", "Q1 2026", "--json", *QUICK)
    (period,) = json.loads(out)["periods"]
    assert (period["quota"], period["period"]) == (1_200_000, "2026Q1")
    code, _, err = run("forecast", model, "--quota", "1.500", *QUICK)
    assert code == 2
    assert "may be 1500 or 1.5" in err


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c[0])
def test_an_empty_start_is_said_by_every_run(command, run, tmp_path) -> None:  # type: ignore[no-untyped-def]
    """Catches base figures of a funnel that has nothing on its way, told as if it had."""
    write_model(model_of(), tmp_path / "empty.toml")
    words = [word.format(model=tmp_path / "empty.toml") for word in command]
    _, out, _ = run(*words, "--json", *QUICK)
    assert json.loads(out)["warnings"][0].startswith("NO OPEN PIPELINE")
    _, out, _ = run(*words, "--warmup", "50d", "--json", *QUICK)
    assert not any("NO OPEN PIPELINE" in text for text in json.loads(out)["warnings"])


@pytest.mark.parametrize(
    "written", ["1200000", "1_200_000", "1,200,000", "1'200'000", "1.2e6", "1.2m", "1.200.000"]
)
def test_a_quota_may_be_written_as_people_write_amounts(written: str, run, model) -> None:  # type: ignore[no-untyped-def]
    _, out, _ = run("forecast", model, "--quota", written, "--json", *QUICK)
    assert json.loads(out)["periods"][0]["quota"] == 1_200_000


@pytest.mark.parametrize("written", ["2.500", "1,20,00", "1,500k", ""])
def test_a_quota_that_could_mean_two_things_is_refused(written: str, run, model) -> None:  # type: ignore[no-untyped-def]
    code, _, err = run("forecast", model, "--quota", written, *QUICK)
    assert code == 2
    assert "is not an amount; write it out" in err or " may be " in err


def test_files_that_were_written_are_named_on_standard_error(run, model, tmp_path) -> None:  # type: ignore[no-untyped-def]
    places = (tmp_path / "f.json", tmp_path / "deals.csv")
    _, out, err = run("forecast", model, "--out", places[0], "--deals", places[1], "-n", "5")
    assert f"Wrote {places[0]}, {places[1]}" in err
    assert "Wrote" not in out


def test_a_command_mistyped_is_answered_with_the_nearest(run) -> None:  # type: ignore[no-untyped-def]
    code, _, err = run("forcast")
    assert code == 2
    assert 'there is no command "forcast"; did you mean "forecast"?' in err


def test_a_demo_that_cannot_be_written_says_so(run, tmp_path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "taken").write_text("a file")
    code, _, err = run("demo", "--out", tmp_path / "taken" / "demo")
    assert code == 1
    assert "cannot be written" in err
    assert "Traceback" not in err


def test_periods_may_be_reported_by_another_kind(run, model) -> None:  # type: ignore[no-untyped-def]
    _, out, _ = run("simulate", model, "--until", "2026-03-31", "--period", "month", "--json", *QUICK)
    document = json.loads(out)
    assert [p["period"] for p in document["periods"]] == ["2026-02", "2026-03"]
    assert [p["complete"] for p in document["periods"]] == [False, True]
    assert (document["start"], document["end"]) == ("2026-02-10", "2026-03-31")


def test_warnings_go_to_standard_error_beside_json(run, model) -> None:  # type: ignore[no-untyped-def]
    _, out, err = run("forecast", model, "--json", "-n", "5")
    assert "warning: the model stores no history" in err
    assert json.loads(out)["warnings"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("forecast", "{model}", "--period", "2025Q3"), "2025Q3 (2025-07-01 to 2025-09-30) is over"),
        (("forecast", "{model}", "--period", "Q9"), "Q9"),
        (("forecast", "{model}", "--history", "nowhere"), "nowhere"),
        (("forecast", "missing.toml"), "missing.toml"),
        (("forecast", "{model}", "--out", "no/such/folder/f.json"), 'no folder "no/such/folder"'),
        (("compare", "{model}", "--set", "stages.ofer.after=x0.7"), "ofer"),
        (("compare", "{model}", "missing_scenario.toml"), "missing_scenario.toml"),
        (("simulate", "{model}", "--days", "0"), "longer than 0"),
        (("reverse", "{model}", "--only", "inbond"), 'did you mean "inbound"?'),
        (("sensitivity", "{model}", "--range", "stages.ofer.after=x0.5:x2"), 'did you mean "offer"?'),
        (("sensitivity", "{model}", "--metric", "boookings"), 'did you mean "bookings"?'),
        (("reverse", "{model}", "--from", "2031-01-01"), "found 2031-01-01"),
        (("simulate", "{model}", "--days", "9", "--warmup", "20d"), "warm-up"),
    ],
)
def test_bad_input_ends_with_1_and_one_clear_message(arguments, said, run, model) -> None:  # type: ignore[no-untyped-def]
    code, out, err = run(*(word.format(model=model) for word in arguments), *QUICK)
    assert (code, out) == (1, "")
    assert said in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("compare", "{model}"), "Nothing to compare"),
        (
            ("compare", "{model}", "--set", "a=b", "--period", "2026Q1", "--days", "9"),
            "either --period or --days",
        ),
        (("simulate", "{model}"), "either --days or --until"),
        (("reverse", "{model}", "--confidence", "80"), "is not between 0 and 100 %"),
        (("sensitivity", "{model}", "--range", "stages.offer.after"), "PATH=LOW:HIGH"),
        (("sensitivity", "{model}", "--days", "9", "--period", "2026Q1"), "either --period or --days"),
        (("simulate", "{model}", "--days", "soon"), "soon"),
        (("simulate", "{model}", "--until", "31.31.2026"), "not a date"),
        (("forecast", "{model}", "--quota", "-3"), "below 0"),
        (("forecast", "{model}", "--out", "forecast.doc"), "no known suffix"),
        (("forecast", "{model}", "--deals", "deals.png"), "no known suffix"),
    ],
)
def test_wrong_usage_ends_with_2(arguments, said, run, model) -> None:  # type: ignore[no-untyped-def]
    code, out, err = run(*(word.format(model=model) for word in arguments), *QUICK)
    assert (code, out) == (2, "")
    assert said in err


def test_an_end_before_the_start_names_the_option_and_the_start(run, model) -> None:  # type: ignore[no-untyped-def]
    """Catches ``found -1205 days``, which nobody typed."""
    code, out, err = run("simulate", model, "--until", "2020-01-01", *QUICK)
    assert (code, out) == (1, "")
    assert "--until 2020-01-01 is before 2026-02-10, the start of" in " ".join(err.split())


@pytest.mark.parametrize("place", ["funnelsim.engines.run.start", "funnelsim.cli.writing.replace_files"])
def test_an_interruption_ends_with_130_and_leaves_nothing(place, run, model, tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(place, interrupted)
    code, out, err = run("forecast", model, "--out", tmp_path / "f.json", "--out", tmp_path / "f.csv", *QUICK)
    assert (code, out) == (130, "")
    assert "interrupted" in err
    assert {p.name for p in tmp_path.iterdir()} == {"model.toml", "open.parquet"}


def test_an_interrupted_comparison_shows_the_scenarios_that_are_done(
    run, model, tmp_path, monkeypatch
) -> None:  # type: ignore[no-untyped-def]
    """Ctrl-C during the third of four runs: the base and one of three scenarios are done."""
    started, runs = variants.start, []

    def interrupted(job, *rest, **more):  # type: ignore[no-untyped-def]
        runs.append(job)
        if len(runs) == 3:
            raise KeyboardInterrupt
        return started(job, *rest, **more)

    monkeypatch.setattr(variants, "_AHEAD", 1)
    monkeypatch.setattr(variants, "start", interrupted)
    sets = [
        word for rate in ("x1.1", "x1.2") for word in ("--set", f"Rate {rate}: sources.inbound.rate={rate}")
    ]
    code, out, err = run("compare", model, *sets, "--out", tmp_path / "c.json", *QUICK)
    assert code == 130
    assert "COMPARE" in out
    assert "these are 1 of 3 scenarios" in err
    assert not (tmp_path / "c.json").exists()


@pytest.mark.parametrize(
    ("words", "shown", "done"),
    [
        (("reverse", "--quota", "2000"), "The quota's chance so far", "these are the 6 multipliers tried"),
        (("sensitivity", "--top", "2"), "The effects known so far", "parameters"),
    ],
)
def test_an_interrupted_search_shows_what_is_known(
    words, shown, done, run, model, tmp_path, monkeypatch
) -> None:  # type: ignore[no-untyped-def]
    """Ctrl-C during the sixth variant: today's pace and five multipliers are known, or some parameters."""
    started, runs = variants.start, []

    def interrupted(job, *rest, **more):  # type: ignore[no-untyped-def]
        runs.append(job)
        if len(runs) == 6:
            raise KeyboardInterrupt
        return started(job, *rest, **more)

    monkeypatch.setattr(variants, "_AHEAD", 1)
    monkeypatch.setattr(variants, "start", interrupted)
    name, *options = words
    code, out, err = run(name, model, *options, "--out", tmp_path / "k.json", *QUICK)
    assert code == 130
    assert shown in out
    assert done in err
    assert not (tmp_path / "k.json").exists()
    runs.clear()
    code, out, _ = run(name, model, *options, "--json", *QUICK)
    assert (code, out) == (130, "")


HERE = ("-n", "20", "--workers", "1")


@pytest.fixture
def next_steps(run, model, monkeypatch):  # type: ignore[no-untyped-def]
    """Run a command in the model's folder; gives what stands after ``Next:``, as a shell would read it."""
    monkeypatch.chdir(model.parent)

    def call(*arguments: str) -> list[list[str]]:
        code, out, _ = run(*arguments)
        assert code == 0
        _, _, told = out.replace("\\\n", " ").partition("Next:")
        return [shlex.split(line) for line in told.strip().splitlines() if line.split()]

    return call


def test_what_to_type_next_asks_the_same_again(next_steps, run) -> None:  # type: ignore[no-untyped-def]
    """Catches a forecast to keep without the quota that was asked, or with all the futures again."""
    steps = next_steps("forecast", "model.toml", *HERE, "--quota", "3_000_000", "--seed", "2")
    again = "--quota 3_000_000 --seed 2 --replications 20 --workers 1"
    typed_again = [" ".join(words) for words in steps]
    assert any(f"compare model.toml --set stages.offer.after=x0.7 {again}" in text for text in typed_again)
    keep = next(words for words in steps if "forecast.json" in words and words[1] == "forecast")
    assert run(*keep[1 : keep.index("forecast.json") + 1])[0] == 0
    assert json.loads(Path("forecast.json").read_text())["periods"][0]["quota"] == 3e6


def test_a_comparison_to_keep_names_its_changes(next_steps, run) -> None:  # type: ignore[no-untyped-def]
    """Catches ``funnelsim compare model.toml``, which has nothing to compare."""
    sets = ("--set", "stages.offer.exits.won.p=+5pp", "--set", "sources.inbound.rate=x2")
    keep, *_ = next_steps("compare", "model.toml", *sets, *HERE)
    assert run(*keep[1 : keep.index("compare.json") + 1])[0] == 0
    assert len(json.loads(Path("compare.json").read_text())["scenarios"]) == 3


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c[0])
def test_what_was_written_is_not_written_again(command, next_steps) -> None:  # type: ignore[no-untyped-def]
    words = [word.format(model="model.toml") for word in command]
    kept = " ".join(map(str, next_steps(*words, *HERE, "--out", "my result.json")))
    assert "report', 'my result.json', '--out', 'report.html'" in kept
    assert "result.json', '--out', 'my" not in kept
    assert f"{command[0]}.json" not in kept
    paged = next_steps(*words, *HERE, "--out", "r.json", "--out", "r.html")
    assert not any("report" in step for step in paged)


def test_a_part_told_alone_says_what_is_missing(run, model, tmp_path) -> None:  # type: ignore[no-untyped-def]
    """Catches futures 10:20 told like a run of ten."""
    first, second = tmp_path / "a.npz", tmp_path / "b.npz"
    simulate = ("simulate", model, "--days", 20, "--quiet", "--workers", 1)
    run(*simulate, "--replications", "0:10", "--out", first)
    _, out, _ = run(*simulate, "--replications", "10:20", "--out", second)
    missing = "a part of a run, 10:20: replications 0:10 are missing"
    assert missing in " ".join(out.split())
    assert missing in " ".join(run("merge", second)[1].split())
    assert "a part of a run" not in run("merge", first, second)[1]


def test_the_module_of_the_program_runs_it() -> None:
    """Catches a module that is run and does nothing."""
    called = [sys.executable, "-m", "funnelsim.cli.main", "--version"]
    done = subprocess.run(called, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("funnelsim, version")
