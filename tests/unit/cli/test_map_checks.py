"""``funnelsim map --insights``, ``--last-won``, ``--against`` and ``--fail-on``."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from rich.cells import cell_len
from rich.console import Console

from funnelsim.cli.main import group
from funnelsim.documents.process_map import MapDocument
from funnelsim.history.files.folder import write_history
from funnelsim.model.files.model_files import write_model
from funnelsim.processmap.conformance.conformance import conformance_of
from funnelsim.processmap.insights.insights import insights_of
from funnelsim.processmap.of_history import history_map
from funnelsim.report.screens.map_conformance import print_conformance
from funnelsim.report.screens.map_insights import print_insights
from funnelsim.report.screens.process_map import print_map
from tests.unit.loaded import loaded_by

from ..processmap.conformance.meant import STRAIGHT, meant
from ..processmap.logs import log
from .test_loaded_modules import COMPILED

LEADS = (
    *["demo 2, offer 4, contract 6, won"] * 40,
    *["demo 4, lost"] * 30,
    *["demo 3, contract 2, won"] * 10,
    *["demo 1, offer"] * 20,
)
AMOUNTS = tuple(1000.0 + n for n in range(100))
MODEL = meant(
    *STRAIGHT, stages={"demo": {"targets": {"dwell": 3.0, "conversion": 0.9}, "department": "Sales"}}
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_history(log(*LEADS, amounts=AMOUNTS), "history")
    write_model(MODEL, tmp_path / "plan.toml")
    write_model(meant(*STRAIGHT), tmp_path / "no_targets.toml")
    return tmp_path


def run(*words: object) -> Result:
    return CliRunner().invoke(group, ["map", *map(str, words)], terminal_width=100)


def code(*words: object) -> int:
    """The exit code as ``main`` sees it."""
    try:
        result = group(["map", *map(str, words)], standalone_mode=False)
    except SystemExit as end:  # pragma: no cover
        return int(str(end.code))
    return result if isinstance(result, int) else 0


def test_a_drifted_process_ends_with_3_and_says_what_drifted_in_one_line(folder: Path) -> None:
    result = run("history", "--against", "plan.toml", "--fail-on", "unknown_moves>5%,skipped>50%", "--quiet")
    assert result.exit_code == 3
    assert (
        result.stderr
        == "drifted: 10 % of leads make a move that the map does not know (allowed 5.0 %)\n".replace(
            "leads", "deals"
        )
    )
    assert "Moves that the map does not know" in result.stdout


def test_a_process_within_its_limits_ends_with_0(folder: Path) -> None:
    result = run("history", "--against", "plan.toml", "--fail-on", "unknown_moves>10%")
    assert (result.exit_code, result.stderr) == (0, "")


def test_the_document_is_printed_and_written_before_the_exit(folder: Path) -> None:
    result = run("history", "--against", "plan.toml", "--fail-on", "any", "--json", "--out", "map.json")
    assert result.exit_code == 3
    printed = json.loads(result.stdout)
    assert printed == json.loads(Path("map.json").read_text(encoding="utf-8"))
    assert [one["rule"] for one in printed["conformance"]["drifts"]] == [
        "unknown_moves",
        "skipped",
        "time",
        "conversion",
    ]
    told = {(one["from"], one["to"]): one["meant"] for one in printed["moves"]}
    assert told["demo", "contract"] is False
    assert told["demo", "offer"] is True


def test_the_exit_code_reaches_the_shell(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert code("history", "--against", "plan.toml", "--fail-on", "skipped") == 3
    assert "drifted: 10 % of deals skip a step" in capsys.readouterr().err


def test_a_rule_about_missing_targets_is_refused(folder: Path) -> None:
    result = run("history", "--against", "no_targets.toml", "--fail-on", "time")
    assert result.exit_code == 1
    assert "no stage of no_targets.toml states one" in result.stderr
    shown = run("history", "--against", "no_targets.toml", "--fail-on", "any").stdout
    assert "states no targets" in shown


@pytest.mark.parametrize(
    ("words", "said", "exit_code"),
    [
        (["history", "--fail-on", "skipped"], "give --against MODEL", 2),
        (["plan.toml", "--against", "plan.toml"], "--against needs a history", 2),
        (["plan.toml", "--insights", "--last-won", "3"], "--insights, --last-won needs a history", 2),
        (["history", "--against", "nothing.toml"], "no such file", 1),
        (["history", "--against", "plan.toml", "--fail-on", "skiped"], 'did you mean "skipped"', 1),
        (["history", "--last-won", "0"], "0 is not in the range", 2),
    ],
)
def test_mistakes_are_told(folder: Path, words: list[str], said: str, exit_code: int) -> None:
    result = run(*words)
    assert result.exit_code == exit_code
    assert said in " ".join(result.stderr.split())


def test_insights_are_those_of_the_selected_leads(folder: Path) -> None:
    write_history(log(*LEADS, sources=("web",) * 50 + ("mail",) * 50), "history")
    both, web = (
        json.loads(run("history", "--insights", "--json", *more).stdout)["insights"]
        for more in ((), ("--source", "web"))
    )
    assert (both["noes"]["wins"], web["noes"]["wins"]) == (50, 40)


def test_the_last_wins_alone_are_listed_one_by_one(folder: Path) -> None:
    result = run("history", "--last-won", "12")
    assert "The last 12 wins" in result.stdout
    assert "and 2 more: --json lists them" in result.stdout
    assert "What fast wins have in common" not in result.stdout
    assert "fast_wins" not in json.loads(run("history", "--last-won", "12", "--json").stdout)["insights"]


def test_without_them_neither_is_worked_out(folder: Path) -> None:
    document = json.loads(run("history", "--json").stdout)
    assert "insights" not in document
    assert "conformance" not in document
    loaded = loaded_by(["map", "history", "--against", "plan.toml", "--quiet"], folder)
    assert loaded.isdisjoint({*COMPILED, "matplotlib", "funnelsim.fitting"})


def screens(document: MapDocument, width: int) -> str:
    held = io.StringIO()
    shown = Console(file=held, width=width, highlight=False, markup=False, emoji=False)
    print_insights(document, shown)
    print_conformance(document, shown)
    return held.getvalue()


@pytest.mark.parametrize("leads", [(), ("demo",), ("demo 1, lost",), LEADS])
def test_nothing_is_wider_than_the_screen_whatever_the_names(leads: tuple[str, ...]) -> None:
    """Also with names of 200 characters, which are cut or folded, and names that look like markup."""
    stages = tuple(step for step in ("demo", "offer", "contract"))
    amounts = AMOUNTS[: len(leads)]
    for name in ("x" * 200, "[bold]<b>ü</b>[/bold]", "商談 " * 40):
        history = log(*leads, stages=stages, owners=(name,) * len(leads), amounts=amounts)
        for one in range(2):  # first with plain stage names
            document = history_map(history).model_copy(
                update={"insights": insights_of(history), "conformance": conformance_of(history, MODEL)}
            )
            if one:
                document = document.model_copy(update={"stage_names": dict.fromkeys(stages, name)})
            lines = screens(document, 100).splitlines()
            assert [line for line in lines if cell_len(line) > 100] == []
            assert [line for line in lines if line != line.rstrip()] == []
            assert lines


def test_the_answer_says_who_follows_the_map_and_what_is_at_stake() -> None:
    leads = ("demo 1, offer 1, contract 1, won", "demo 1, contract", "demo 1, offer")
    history = log(*leads, amounts=(1.0, 2000.0, 3.0))
    found = conformance_of(history, MODEL)
    document = history_map(history).model_copy(update={"conformance": found})
    held = io.StringIO()
    print_map(document.as_json(), Console(file=held, width=100, highlight=False))
    text = " ".join(held.getvalue().split())
    assert text.index("67 % of deals follow") < text.index("visits now")  # the answer stands above the tables
    assert text.count("follow the map of the plan") == 1
    assert "67 % of deals follow the map of the plan (2 of 3). 1 does not; 1 of them is open" in text
    assert "Demo to Contract (skips offer)" in text
