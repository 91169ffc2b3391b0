# ruff: noqa: E501 (one case a line reads better than a wrapped one)
"""A broken model file ends in one clear message: file, place, what was found, what is allowed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from funnelsim.cli.main import group
from funnelsim.core.errors import ModelError
from funnelsim.model.files.model_files import read_funnel

GOOD = """\
format = 1
name = "good"
start = 2026-01-01
[goal]
quota = 100_000
[sources.inbound]
enters = "demo"
rate = "3 per day"
amount = "lognormal(mean=9000, sigma=1)"
segments = { smb = 0.7, enterprise = 0.3 }
[segments.smb]
[segments.enterprise]
stages.demo.exits.proposal.p = 0.5
[clocks.tempo]
over = "quarter"
month = [0.4, 0.8, 1.8]
[stages.demo]
after = "lognormal(median=6d, sigma=0.8)"
exits = { proposal = { p = 0.6 }, lost = { p = 0.4 } }
[stages.proposal]
after = "gamma(mean=9d, sd=5d)"
exits = { won = { p = 0.3, clock = "tempo" }, lost = { p = 0.7 } }
"""

#: What is replaced in the good file, by what, and what the message must say.
CASES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "probabilities sum to 1.03": ("lost = { p = 0.4 }", "lost = { p = 0.43 }", ("stages.demo.exits", "sum to 1.03", "must be 1")),
    "wrong type": ("lost = { p = 0.4 }", 'lost = { p = "often" }', ("stages.demo.exits.lost.p", "a number", "'often'")),
    "negative probability": ("lost = { p = 0.4 }", "lost = { p = -0.4 }", ("stages.demo.exits.lost.p", "at least 0")),
    "unknown target": ("proposal = { p = 0.6 }", "propsal = { p = 0.6 }", ("stages.demo.exits.propsal", 'did you mean "proposal"?')),
    "negative dwell": ("median=6d", "median=-6d", ("stages.demo.after", "-6d")),
    "unknown unit": ("median=6d", "median=6 parsecs", ("stages.demo.after", "parsecs")),
    "unknown distribution": ("gamma(mean", "gama(mean", ("stages.proposal.after", 'did you mean "gamma"?')),
    "missing parameter": ("gamma(mean=9d, sd=5d)", "gamma(mean=9d)", ("stages.proposal.after", "gamma")),
    "unknown parameter": ("sigma=0.8", "sigm=0.8", ("stages.demo.after", "sigm")),
    "unknown key": ("[goal]\nquota", "[goal]\nquotta", ("goal.quotta", "unknown key", 'did you mean "quota"?')),
    "unknown top key": ("name =", "nmae =", ("nmae", "unknown key", 'did you mean "name"?')),
    "short pattern": ("month = [0.4, 0.8, 1.8]", "month = [0.4, 0.8]", ("clocks.tempo.month", "expected 3 numbers, found 2")),
    "all factors zero": ("month = [0.4, 0.8, 1.8]", "month = [0, 0, 0]", ("clocks.tempo.month", "above 0")),
    "unknown clock": ('clock = "tempo"', 'clock = "temp"', ("stages.proposal.exits.won.clock", 'did you mean "tempo"?')),
    "segment shares": ("smb = 0.7", "smb = 0.6", ("sources.inbound.segments", "sum to 0.9")),
    "unknown segment": ("segments = { smb", "segments = { smd", ("sources.inbound.segments", 'did you mean "smb"?')),
    "unknown override": ("stages.demo.exits.proposal.p = 0.5", "stages.demo.exits.propose.p = 0.5", ("segments.enterprise", 'did you mean "proposal"?')),
    "bad date": ("start = 2026-01-01", 'start = "soon"', ("start", "a date such as 2026-01-01", '"soon"')),
    "no start": ("start = 2026-01-01\n", "", ("start", "is missing")),
    "duplicate key": ("[goal]", "[goal]\nquota = 1", ("not valid TOML", "line")),
    "bad TOML": ("[goal]", "[goal", ("not valid TOML", "line 4")),
    "bad fiscal year": ("[goal]", '[goal]\nfiscal_year_starts = "13-01"', ("goal.fiscal_year_starts", "month and day")),
    "unknown rate": ("3 per day", "3 per fortnight", ("sources.inbound.rate", "fortnight")),
    "enters nowhere": ('enters = "demo"', 'enters = "dmo"', ("sources.inbound.enters", 'did you mean "demo"?')),
    "stage is an outcome": ("[stages.proposal]", "[stages.won]", ("stages.won", "is an outcome")),
    "books nowhere": ("[goal]", '[goal]\nbooks_at = "signed"', ("goal.books_at", '"signed"')),
    "no amount": ('amount = "lognormal(mean=9000, sigma=1)"\n', "", ("sources.inbound.amount", "quota")),
    "include missing": ("format = 1", 'format = 1\ninclude = "base.toml"', ("include", "base.toml")),
    "include itself": ("format = 1", 'format = 1\ninclude = "model.toml"', ("include", "circle")),
    "wrong format": ("format = 1", "format = 2", ("format", "this version reads 1")),
    "no exits": ("exits = { proposal = { p = 0.6 }, lost = { p = 0.4 } }\n", "", ("stages.demo.exits", "no exit")),
    "no dwell": ('after = "gamma(mean=9d, sd=5d)"\n', "", ("stages.proposal.exits.won", "no dwell")),
    "true is no number": ("lost = { p = 0.4 }", "lost = { p = true }", ("stages.demo.exits.lost.p", "a number", "true")),
    "number in quotes": ("lost = { p = 0.4 }", 'lost = { p = "0.4" }', ("stages.demo.exits.lost.p", "a number", "'0.4'")),
    "quota not finite": ("100_000", "nan", ("goal.quota", "finite", "nan")),
    "endless dispersion": ('rate = "3 per day"', 'rate = "3 per day"\ndispersion = inf', ("sources.inbound.dispersion", "finite")),
    "quota neither number nor table": ("100_000", '"much"', ("goal.quota: expected a number or a table, found 'much'",)),
    "quota of no period": ("100_000", "{ FY2027Q9 = 5 }", ("goal.quota.FY2027Q9", "Q1 to Q4")),
    "outcome twice": ("format = 1", 'format = 1\noutcomes = ["lost"]', ("outcomes", '"lost" is there already')),
    "outcome in words": ("format = 1", 'format = 1\noutcomes = ["No decision"]', ("outcomes", "small letters")),
    "never leads on": ("lost = { p = 0.4 }", 'never = { to = "lost", p = 0.4 }', ("stages.demo.exits.never", "rename")),
    "clock without factors": ("month = [0.4, 0.8, 1.8]\n", "", ("clocks.tempo", "give month, week, day, weekday or holiday")),
    "time of day": ("start = 2026-01-01", "start = 2026-01-01T10:00:00", ("start", "a date such as 2026-01-01", "2026-01-01T10:00:00")),
    "year far away": ("start = 2026-01-01", "start = 0026-01-01", ("start", "between 1900 and 2199")),
    "enters a number": ('enters = "demo"', "enters = 5", ("sources.inbound.enters", "a stage or shares")),
    "override of an unknown distribution": ("stages.demo.exits.proposal.p = 0.5", 'stages.demo.exits.proposal.after = "gama(mean=3d, sd=1d)"', ("segments.enterprise.stages.demo.exits.proposal.after", 'did you mean "gamma"?')),
    "override of an unknown clock": ("stages.demo.exits.proposal.p = 0.5", 'stages.demo.clock = "temp"', ("segments.enterprise.stages.demo.clock", 'did you mean "tempo"?')),
    "overrides above 1 together": ("stages.demo.exits.proposal.p = 0.5", "stages.demo.exits.proposal.p = 0.7\nstages.demo.exits.lost.p = 0.7", ("segments.enterprise", "proposal 0.7, lost 0.7")),
    "overrides below 1 together": ("stages.demo.exits.proposal.p = 0.5", "stages.demo.exits.proposal.p = 0.3\nstages.demo.exits.lost.p = 0.3", ("segments.enterprise.stages.demo.exits", "sum to 0.6")),
    "override of a text": ("stages.demo.exits.proposal.p = 0.5", 'stages.demo.name = "Show"', ("segments.enterprise.stages.demo.name", "overrides dwells")),
    "override of a source": ("stages.demo.exits.proposal.p = 0.5", "sources.inbound.rate = 3", ("segments.enterprise.sources.inbound.rate", "of stages only")),
    "tail without end": ("lognormal(median=6d, sigma=0.8)", "lognormal(median=6d, sigma=9)", ("stages.demo.after", "max=")),
    "no day of the plan": ("[stages.proposal]", '[stages.demo.planned]\nbefore = "30d"\nexits = { lost = { p = 1, after = "3d" } }\n[stages.proposal]', ("stages.demo.planned.until", "is missing")),
    "planned days of no length": ("[stages.proposal]", '[stages.demo.planned]\nbefore = "-30d"\nuntil = "9d"\nexits = { lost = { p = 1, after = "3d" } }\n[stages.proposal]', ("stages.demo.planned.before", "-30d")),
    "planned chances sum to 0.9": ("[stages.proposal]", '[stages.demo.planned]\nbefore = "30d"\nuntil = "9d"\nexits = { lost = { p = 0.9, after = "3d" } }\n[stages.proposal]', ("stages.demo.planned.exits", "sum to 0.9")),
    "planned without a dwell": ("[stages.proposal]", '[stages.demo.planned]\nbefore = "30d"\nuntil = "9d"\nexits = { lost = { p = 1 } }\n[stages.proposal]', ("stages.demo.planned.exits.lost", "has no dwell")),
    "planned for nowhere": ("[stages.proposal]", '[stages.demo.planned]\nbefore = "30d"\nuntil = "9d"\nexits = { lst = { p = 1, after = "3d" } }\n[stages.proposal]', ("stages.demo.planned.exits.lst", 'did you mean "lost"?')),
    "planned by a clock": ("[stages.proposal]", '[stages.demo.planned]\nbefore = "30d"\nuntil = "9d"\nexits = { lost = { p = 1, after = "3d", clock = "tempo" } }\n[stages.proposal]', ("stages.demo.planned.exits.lost.clock", "leave the clock out")),
    "planned elsewhere": ("[stages.proposal]", '[stages.demo.planned]\nbefore = "30d"\nuntil = "9d"\nexits = { lost = { to = "won", p = 1, after = "3d" } }\n[stages.proposal]', ("stages.demo.planned.exits.lost.to", '"lost"')),
    "unknown key of a plan": ("[stages.proposal]", '[stages.demo.planned]\nbefore = "30d"\nuntl = "9d"\nexits = { lost = { p = 1, after = "3d" } }\n[stages.proposal]', ("stages.demo.planned.untl", 'did you mean "until"?')),
    "override of a plan": ("stages.demo.exits.proposal.p = 0.5", 'stages.demo.planned.until = "3d"', ("segments.enterprise.stages.demo.planned.until",)),
    "draws missing": ("format = 1", 'format = 1\ndraws = "gone.parquet"', ("draws", "gone.parquet")),
}  # fmt: skip


def check(path: Path) -> tuple[int, str]:
    result = CliRunner().invoke(group, ["check", str(path)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def test_the_good_file_is_good(tmp_path: Path) -> None:
    """Or the cases below would prove nothing."""
    path = tmp_path / "model.toml"
    path.write_text(GOOD)
    assert check(path)[0] == 0


@pytest.mark.parametrize("name", CASES)
def test_broken_model_ends_in_one_clear_message(name: str, tmp_path: Path) -> None:
    old, new, said = CASES[name]
    assert old in GOOD
    path = tmp_path / "model.toml"
    path.write_text(GOOD.replace(old, new, 1))
    code, output = check(path)
    assert code == 1, output
    assert output.startswith("Error: ")
    assert "model.toml" in output
    assert "Traceback" not in output
    for text in said:
        assert text in output, output


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "is empty"),
        (b"  \n\n", "is empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "not a text file"),
        (b"PK\x03\x04\x00\x00abc", "binary"),
        ("name = 'caf\xe9'".encode("latin-1"), "UTF-8"),
    ],
)
def test_what_is_no_model_file_is_refused(raw: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "model.toml"
    path.write_bytes(raw)
    code, output = check(path)
    assert code == 1
    assert said in output


def test_a_folder_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    assert "is a folder" in check(tmp_path)[1]
    code, output = check(tmp_path / "nothing.toml")
    assert code == 1
    assert "no such file" in output


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    """Structural and semantic ones together; a wrong leaf is told once, without follow-ups."""
    text = (
        GOOD.replace("3 per day", "3 per fortnight")
        .replace("p = 0.7 }", "p = 0.8 }")
        .replace("month = [0.4", "month = [-1")
    )
    path = tmp_path / "model.toml"
    path.write_text(text)
    code, output = check(path)
    assert code == 1
    assert "3 problems" in output
    for said in ("sources.inbound.rate", "sum to 1.1", "must not be negative"):
        assert said in output


def test_leads_that_go_round_for_ever_are_refused(tmp_path: Path) -> None:
    text = GOOD.replace(
        "exits = { proposal = { p = 0.6 }, lost = { p = 0.4 } }", "exits = { proposal = { p = 1 } }"
    )
    text = text.replace(
        'exits = { won = { p = 0.3, clock = "tempo" }, lost = { p = 0.7 } }', "exits = { demo = { p = 1 } }"
    )
    text = text.replace("stages.demo.exits.proposal.p = 0.5\n", "")
    path = tmp_path / "model.toml"
    path.write_text(text)
    code, output = check(path)
    assert code == 1
    assert "demo, proposal loop forever" in output


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[stages.demo]", "[[stages.demo]]", "stages.demo: expected a table"),
        ("exits = { proposal = { p = 0.6 }, lost = { p = 0.4 } }", "exits = [1, 2]", "stages.demo.exits"),
        ("100_000", "{ 2026Q1 = 'much' }", "goal.quota.2026Q1: expected a number, found 'much'"),
    ],
)
def test_a_part_that_cannot_be_read_is_told_once(old: str, new: str, said: str, tmp_path: Path) -> None:
    """Catches follow-ups: the stage that could not be read is not also unknown to source and segment."""
    path = tmp_path / "model.toml"
    path.write_text(GOOD.replace(old, new, 1))
    code, output = check(path)
    assert code == 1
    assert said in output
    assert "problems" not in output


def test_a_stage_may_be_called_like_a_type(tmp_path: Path) -> None:
    """Catches a place that loses the key: "float" is a word of pydantic's as well."""
    path = tmp_path / "model.toml"
    path.write_text(GOOD.replace("proposal", "float").replace("mean=9d, sd=5d", "mean=9d, sd=5 parsecs"))
    assert "stages.float.after" in check(path)[1]


#: Files beyond what any model holds, and what the message must say.
EXTREMES: dict[str, tuple[bytes, str]] = {
    "4,301 digits": (b"format = 1\nquota = " + b"9" * 5_000, "thousands of digits"),
    "a whole number of 30 digits": (b"format = 1\n[goal]\nquota = " + b"9" * 30, "goal.quota: found a whole number of 19"),
    "a hexadecimal number of 9,000 digits": (b"format = 1\n[goal]\nquota = 0x" + b"f" * 9_000, "goal.quota: found a whole number of 19"),
    "900 levels of lists": (b"format = 1\nx = " + b"[" * 900 + b"]" * 900, "deep"),
    "900 levels of tables": (b"format = 1\n[" + b".".join([b"a"] * 900) + b"]\nb = 1\n", "nests deeper than 40 levels"),
    "5,000 levels of keys": (b"format = 1\n" + b".".join([b"a"] * 5_000) + b" = 1\n", "nests deeper than 40 levels"),
    "a bell in a name": (b'format = 1\n[stages.demo]\nname = "a\\u0007b"\n', "stages.demo.name: holds the control character '\\x07'"),
    "an escape in a currency": (b'currency = "\\u001b[31mEUR"\n', "currency: holds the control character '\\x1b'"),
    "a C1 control in a noun": (b'noun = "deal\\u009b"\n', "noun: holds the control character '\\x9b'"),
    "NUL in a path": (b'draws = "a\\u0000b.parquet"\n', "draws: holds the control character"),
    "an escape in a key": (b'["\\u001b[2J"]\na = 1\n', "\\x1b[2J: the key holds a control character"),
    "an included file with a name of 300 letters": (b'format = 1\ninclude = "' + b"a" * 300 + b'.toml"\n', "cannot be read: File name too long"),
    "included from nowhere": (b"include = 5\n", "include: expected a file name, found 5"),
    "a folder included": (b'include = "."\n', "is a folder"),
    "9 MB": (b"#" * 9_000_000, "is larger than 8 MB"),
    "a mixture of 2,000 mixtures": (b'[stages.demo]\nafter = "' + b"mixture(1*" * 2_000 + b"constant(1d)" + b")" * 2_000 + b'"\n', "stages.demo.after"),
}  # fmt: skip


@pytest.mark.parametrize("name", EXTREMES)
def test_a_file_beyond_all_bounds_is_refused_in_one_message(name: str, tmp_path: Path) -> None:
    raw, said = EXTREMES[name]
    path = tmp_path / "model.toml"
    path.write_bytes(raw)
    code, output = check(path)
    assert code == 1
    assert said in output, output[:2_000]


def test_a_chain_of_included_files_has_an_end(tmp_path: Path) -> None:
    for n in range(1_500):
        (tmp_path / f"m{n}.toml").write_text(f'include = "m{n + 1}.toml"\n')
    (tmp_path / "m1500.toml").write_text(GOOD)
    code, output = check(tmp_path / "m0.toml")
    assert code == 1
    assert "more than 20 files include one another" in output
    assert check(tmp_path / "m1490.toml")[0] == 0


def test_what_is_no_regular_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    for path, said in (
        (tmp_path / "pipe.toml", "a pipe or a device"),
        (Path("/dev/zero"), "a pipe or a device"),
        (tmp_path, "is a folder"),
        (tmp_path / ("a" * 300), "too long"),
        (tmp_path / "none.toml" / "x", "no such file"),
    ):
        code, output = check(path)
        assert code == 1
        assert said in output, output


def test_a_path_with_nul_is_no_name_of_a_file(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="NUL"):
        read_funnel(tmp_path / "a\0b")


def test_an_unknown_segment_is_named_where_leads_bring_leads(tmp_path: Path) -> None:
    """The rule that families die out looks at segments, of which one is not there."""
    path = tmp_path / "model.toml"
    spawning = 'exits = { proposal = { p = 0.6 }, lost = { p = 0.4 } }\nspawns = { source = "inbound", leads = 0.1, after = "3d" }'
    text = GOOD.replace("smb = 0.7", "smd = 0.7")
    path.write_text(text.replace("exits = { proposal = { p = 0.6 }, lost = { p = 0.4 } }", spawning))
    code, output = check(path)
    assert code == 1
    assert 'unknown segment "smd"' in output
    assert 'did you mean "smb"?' in output
