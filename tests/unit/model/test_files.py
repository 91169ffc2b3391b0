"""A model file is read as written, and written as read."""

from __future__ import annotations

import tomllib
from pathlib import Path

from hypothesis import given, settings

from funnelsim.model.files.model_files import Funnel, model_to_toml, read_funnel, write_model
from funnelsim.model.files.read import read_document
from tests.twins.funnels import Case, case

BASE = """\
format = 1
start = 2026-01-01
name = "base"
draws = "draws.parquet"
[goal]
quota = 1000
[sources.inbound]
enters = "demo"
rate = "7 per week"
amount = 500
[stages.demo]
after = "3d"
exits = { won = { p = 0.25 }, lost_price = { to = "lost", p = 0.75 } }
"""


def read_text(text: str, folder: Path) -> Funnel:
    path = folder / "model.toml"
    path.write_text(text)
    return read_funnel(path)


@settings(max_examples=40)
@given(case())
def test_what_is_written_is_read_again(one: Case) -> None:
    """Catches a key that the writer forgets, or writes in another unit."""
    model, problems = read_document(tomllib.loads(model_to_toml(one.funnel.model)))
    assert problems == []
    assert model == one.funnel.model


def test_rates_exits_and_entries_are_read_as_a_person_means_them(tmp_path: Path) -> None:
    model = read_text(BASE.replace('draws = "draws.parquet"\n', ""), tmp_path).model
    assert model.sources["inbound"].rate == 1.0
    assert model.sources["inbound"].enters == {"demo": 1.0}
    assert model.stages["demo"].exits["lost_price"].to == "lost"
    assert model.stages["demo"].exits["won"].to == "won"
    assert model.stages["demo"].after is not None
    assert model.stages["demo"].after.mean() == 3.0


def test_hand_written_parts_lie_over_an_included_file(tmp_path: Path) -> None:
    """Catches a merge that replaces whole tables: the included quota's neighbours must survive."""
    (tmp_path / "base.toml").write_text(BASE.replace('draws = "draws.parquet"\n', ""))
    model = read_text(
        'format = 1\ninclude = "base.toml"\n[goal]\nperiod = "month"\n[stages.demo]\nname = "Demo"\n',
        tmp_path,
    ).model
    assert model.goal.quota == 1000
    assert model.goal.period == "month"
    assert model.stages["demo"].name == "Demo"
    assert model.stages["demo"].exits["won"].p == 0.25


def test_files_beside_a_model_are_found_from_any_folder(tmp_path: Path) -> None:
    import polars as pl

    pl.DataFrame({"sources.inbound.rate": [1.0, 2.0]}).write_parquet(tmp_path / "draws.parquet")
    funnel = read_text(BASE, tmp_path)
    assert funnel.draws is not None
    assert funnel.draws.height == 2


def test_the_hash_follows_the_meaning_not_the_place(tmp_path: Path) -> None:
    plain = BASE.replace('draws = "draws.parquet"\n', "")
    (tmp_path / "elsewhere").mkdir()
    here, there = read_text(plain, tmp_path), read_text("# a comment\n" + plain, tmp_path / "elsewhere")
    other = read_text(plain.replace("p = 0.25", "p = 0.24").replace("p = 0.75", "p = 0.76"), tmp_path)
    assert here.sha256 == there.sha256 != other.sha256


def test_write_leaves_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    funnel = read_text(BASE.replace('draws = "draws.parquet"\n', ""), tmp_path)
    path = tmp_path / "copy.toml"
    write_model(funnel.model, path)
    assert read_funnel(path).model == funnel.model
    assert [p.name for p in tmp_path.iterdir() if p.name.endswith(".part")] == []
