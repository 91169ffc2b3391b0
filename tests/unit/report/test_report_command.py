"""``funnelsim report`` from the command line: a page, a figure, or one clear message."""

from __future__ import annotations

import html
import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from openpyxl import load_workbook

from funnelsim.cli.main import group
from funnelsim.model.files.model_files import read_funnel
from tests.unit.report import made_up

SCENARIOS = Path(__file__).parents[3] / "scenarios"


def run(*args: str | Path) -> Result:
    return CliRunner().invoke(group, ["report", *map(str, args)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "forecast.json").write_text(json.dumps(made_up.forecast_document()))
    (tmp_path / "compare.json").write_text(json.dumps(made_up.compare_document()))
    (tmp_path / "broken.json").write_text('{"command": "forecast", "periods": [{"period": "2026Q1"}]}')
    return tmp_path


def test_a_page_and_a_figure_in_one_go(folder: Path) -> None:
    done = run(
        folder / "forecast.json",
        folder / "compare.json",
        "--out",
        folder / "page.html",
        "--out",
        folder / "figure.svg",
    )
    assert done.exit_code == 0, done.output
    assert "What changes are worth" in (folder / "page.html").read_text()
    assert (folder / "figure.svg").read_text().startswith("<?xml")


def test_a_figure_by_name(folder: Path) -> None:
    done = run(
        folder / "forecast.json", "--out", folder / "a.png", "--figure", "attainment", "--period", "2026Q1"
    )
    assert done.exit_code == 0, done.output
    assert (folder / "a.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (["broken.json", "--out", "page.html"], 1, "periods.0.start: is missing"),
        (["none.json", "--out", "page.html"], 1, "there is no such file"),
        (["forecast.json", "--out", "x.png", "--period", "2026Q7"], 1, 'no period "2026Q7"'),
        (["forecast.json", "--out", "x.png", "--figure", "comparison"], 1, "none of the documents"),
        (["forecast.json", "--out", "page.pdf"], 2, "choose from .html, .xlsx, .png, .svg"),
        (["forecast.json"], 2, "Give the file to write"),
        (["forecast.json", "--quota", "1m", "--out", "page.html"], 2, "--quota is for a model"),
        (["none.toml", "--out", "page.html"], 1, "none.toml"),
        (["a.toml", "b.toml", "--out", "page.html"], 2, "Give one model"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_written(
    folder: Path, args: list[str], code: int, message: str
) -> None:
    before = set(folder.iterdir())
    done = run(*[folder / arg if "." in arg and not arg.startswith("-") else arg for arg in args])
    assert done.exit_code == code
    assert message in done.output
    assert "Traceback" not in done.output
    assert set(folder.iterdir()) == before


def test_screens_and_help_do_without_matplotlib() -> None:
    """A forecast on screen must not wait for a plotting library."""
    code = (
        "import sys; import funnelsim.cli.commands.report, funnelsim.report.screens; "
        "sys.exit('matplotlib' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(("key", "value"), [("name", "Another company"), ("currency", "JPY")])
@pytest.mark.parametrize("place", ["page.html", "figure.svg"])
def test_documents_of_two_companies_are_refused(folder: Path, key: str, value: str, place: str) -> None:
    """Side by side on one page, the figures of both would read as those of the first."""
    (folder / "other.json").write_text(json.dumps(made_up.forecast_document() | {key: value}))
    done = run(folder / "forecast.json", folder / "other.json", "--out", folder / place)
    assert done.exit_code == 1
    assert f"{key}: the documents are not of one company: " in done.output
    assert f'other.json has "{value}"' in done.output
    assert not (folder / place).exists()


def test_a_model_that_changed_between_documents_is_marked_on_the_page(folder: Path) -> None:
    other = made_up.compare_document()
    other["provenance"] = other.get("provenance", {}) | {"model_sha256": "f" * 64}
    own = made_up.forecast_document()
    own["provenance"] = own.get("provenance", {}) | {"model_sha256": "e" * 64}
    for name, document in (("a", own), ("b", other)):
        (folder / f"{name}.json").write_text(json.dumps(document))
    done = run(folder / "a.json", folder / "b.json", "--out", folder / "page.html")
    assert done.exit_code == 0, done.output
    assert "DIFFERENT MODELS" in (folder / "page.html").read_text()


def test_a_model_alone_brings_its_parts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a history: what can be made is made, the rest is left out with a reason.

    Mutants: the quota of the command not handed on; a part that fails ends the command.
    """
    monkeypatch.setattr("funnelsim.cli.commands.report_parts.FRICTION_FUTURES", 20)
    model = folder / "model.toml"
    model.write_text((SCENARIOS / "f6.toml").read_text())
    page = folder / "page.html"
    done = run(model, "--quota", "9m", "-n", "100", "--out", page, "--out", folder / "book.xlsx")
    assert done.exit_code == 0, done.output
    told = html.unescape(page.read_text()).replace("\u00a0", " ")
    for words in (
        "short of the quota of USD 9 million",
        "The sales process as the model means it",
        "Where the friction is",
        "the model stores no history",
        "Track record: not tested",
    ):
        assert words in told
    assert "not on the page: What happened in the past" in done.output
    assert str(folder) not in told, "file names without folders"
    assert load_workbook(folder / "book.xlsx").sheetnames[:2] == ["Summary", "Forecast"]


def test_a_document_takes_the_place_of_a_part(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mutant: both forecasts on the page."""
    from funnelsim.cli.commands.report_parts import Parts

    made = []
    monkeypatch.setattr(
        Parts, "_recipes", lambda *_: iter([(n, n, lambda _, n=n: made.append(n)) for n in "ab"])
    )
    parts = Parts(model=folder / "model.toml", quiet=True)
    parts.make(read_funnel(SCENARIOS / "f6.toml"), given=["a"])
    assert made == ["b"]


def test_another_company_beside_a_model_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mutant: refused only when all parts have been made."""
    monkeypatch.setattr(
        "funnelsim.cli.commands.report_parts.Parts.make", lambda *_, **__: pytest.fail("made")
    )
    model = folder / "model.toml"
    model.write_text((SCENARIOS / "f6.toml").read_text())
    done = run(model, "-n", "100", folder / "compare.json", "--out", folder / "page.svg")
    assert done.exit_code == 1
    assert "the documents are not of one company" in done.output
