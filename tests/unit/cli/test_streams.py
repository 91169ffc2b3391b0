"""Closed, full and cut-off streams, and names that hold more than a name."""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

from funnelsim.cli.main import group

#: Without control characters, which the reader of a model refuses; deals of a CRM may have them.
EVIL = "click [red]x[/red] [/] $x^2$ <b>:smile: \u202e"
MODEL = """
format = 1
name = {0}
currency = {0}
amount_is = {0}
noun = {0}
start = 2026-01-01
[sources.inbound]
enters = "demo"
rate = "3 per day"
amount = "lognormal(median=9000, sigma=0.8)"
name = {0}
[stages.demo]
name = {0}
entry = {0}
exits = {{ won = {{ p = 0.5, after = "5d" }}, lost = {{ p = 0.5, after = "9d" }} }}
"""


def evil_model(folder: Path) -> Path:
    quoted = '"' + "".join(f"\\u{ord(c):04x}" if not c.isalnum() else c for c in EVIL) + '"'
    path = folder / "m.toml"
    path.write_text(MODEL.format(quoted))
    return path


def run(*words: object) -> Result:
    return CliRunner().invoke(group, [str(word) for word in words])


def shell(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    line = line.replace("funnelsim", f"{sys.executable} -m funnelsim")
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    return subprocess.run(
        ["bash", "-c", line], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    "command", ["check", "show", "simulate", "forecast", "compare", "reverse", "sensitivity"]
)
def test_control_characters_and_markup_in_names_do_nothing_on_a_screen(command: str, tmp_path: Path) -> None:
    """Catches names that rich takes for markup (``[/]`` ends a command with a traceback), and escapes."""
    more = {
        "simulate": ["--days", 30, "-n", 10],
        "forecast": ["-n", 10],
        "reverse": ["-n", 10, "--quota", 1000],
        "sensitivity": ["-n", 20, "--days", 30],
        "compare": ["-n", 10, "--days", 30, "--set", "sources.inbound.rate=x2"],
    }
    result = run(command, evil_model(tmp_path), *more.get(command, []))
    assert result.exit_code == 0, result.output
    assert not set(result.output) & set("\x1b\x07\u202e\r")
    assert "[red]x[/red]" in result.output


def test_control_characters_in_names_leave_svg_html_json_and_csv_well_formed(tmp_path: Path) -> None:
    outs = [tmp_path / f"r.{kind}" for kind in ("svg", "html", "json", "csv")]
    words = [word for out in outs for word in ("--out", out)]
    assert run("simulate", evil_model(tmp_path), "--days", 30, "-n", 10, "--quiet", *words).exit_code == 0
    ET.parse(outs[0])
    for out in outs:
        assert not set(out.read_text()) & set("\x1b\x07\u202e"), out
    assert "<b>:smile:" not in outs[1].read_text()


def test_an_error_that_quotes_a_file_controls_no_terminal(tmp_path: Path) -> None:
    path = tmp_path / "m.toml"
    path.write_text('format = 1\n[stages."\\u001b[2J"]\nname = 3\n')
    result = run("check", path)
    assert result.exit_code == 1
    assert "\x1b" not in result.output


def test_deals_whose_names_are_formulas_are_texts_in_a_csv_unless_raw(tmp_path: Path) -> None:
    path = evil_model(tmp_path)
    names = ["=1+1", "@x", "Acme"]
    leads = pl.DataFrame(
        {
            "lead": ["-7", "D2", "D3"],
            "name": names,
            "owner": [None, None, None],
            "source": ["inbound"] * 3,
            "segment": [None, None, None],
            "stage": ["demo"] * 3,
            "age_days": [1.0] * 3,
            "lead_age_days": [1.0] * 3,
            "amount": [100.0] * 3,
            "visits": [["demo"]] * 3,
            "won_before": [False] * 3,
        },
        schema_overrides={"owner": pl.String, "segment": pl.String},
    )
    leads.write_parquet(tmp_path / "p.parquet")
    path.write_text('pipeline = "p.parquet"\n' + path.read_text())
    table = tmp_path / "d.csv"
    asked = ("forecast", path, "-n", 10, "--quiet", "--deals", table)
    assert run(*asked).exit_code == 0
    assert set(pl.read_csv(table)["name"]) == {"'=1+1", "'@x", "Acme"}
    assert "-7" in pl.read_csv(table, infer_schema=False)["deal"].to_list()
    assert run(*asked, "--raw-names").exit_code == 0
    assert set(pl.read_csv(table)["name"]) == set(names)


@pytest.mark.parametrize("line", ["funnelsim show m.toml", "funnelsim schema", "funnelsim --help"])
def test_a_closed_pipe_ends_a_command_quietly(line: str, tmp_path: Path) -> None:
    run("init", tmp_path / "m.toml")
    ended = shell(f"{line} | true; echo ${{PIPESTATUS[0]}}", tmp_path)
    assert ended.stderr == ""
    assert ended.stdout in ("0\n", "141\n")


@pytest.mark.parametrize("line", ["funnelsim show m.toml", "funnelsim schema", "funnelsim --help"])
def test_a_full_disk_behind_standard_output_is_one_error(line: str, tmp_path: Path) -> None:
    run("init", tmp_path / "m.toml")
    ended = shell(f"{line} > /dev/full", tmp_path)
    assert ended.returncode == 1
    assert ended.stderr == "Error: standard output: cannot be written: No space left on device\n"


def test_a_closed_standard_output_is_one_error_and_nothing_is_written(tmp_path: Path) -> None:
    run("init", tmp_path / "m.toml")
    ended = shell("funnelsim simulate m.toml --days 9 -n 2 --out r.json >&-", tmp_path)
    assert ended.returncode == 1
    assert ended.stderr == "Error: standard output is closed\n"
    assert [path.name for path in tmp_path.iterdir()] == ["m.toml"]


def test_a_screen_without_the_signs_of_a_name_shows_question_marks(tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text(MODEL.format('"日本"'))
    ended = shell("PYTHONIOENCODING=latin-1 funnelsim show m.toml", tmp_path)
    assert ended.returncode == 0
    assert "??" in ended.stdout


def test_one_file_for_two_results_is_refused(tmp_path: Path) -> None:
    model, out = evil_model(tmp_path), tmp_path / "a.csv"
    assert "is also named by --out" in run("forecast", model, "--out", out, "--deals", out).output
    assert "is named twice" in run("simulate", model, "--days", 9, "--out", out, "--out", out).output
