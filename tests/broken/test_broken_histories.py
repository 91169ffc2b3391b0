# ruff: noqa: E501 (one case a line reads better than a wrapped one)
"""A damaged history folder ends in one message with file, row and what was found; never in a wrong number."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from funnelsim.core.errors import FunnelSimError, HistoryError
from funnelsim.forecasting.fitwarnings import fit_warnings
from funnelsim.history.files.events import DEAL_SCHEMA, VISIT_SCHEMA, History, HistoryMeta
from funnelsim.history.files.folder import read_history, write_history
from funnelsim.model.files.model_files import read_funnel

T = dt.datetime
VISITS = [
    ("a", "demo", 1, T(2025, 1, 1), T(2025, 1, 5), "offer"),
    ("a", "offer", 1, T(2025, 1, 5), T(2025, 2, 1), "won"),
    ("b", "demo", 1, T(2025, 1, 9), None, None),
]
DEALS = [
    ("a", T(2025, 1, 1), "won", T(2025, 2, 1), 900.0, None, "web", "smb", "Ana", None, "A"),
    ("b", T(2025, 1, 9), None, None, None, 50.0, "web", None, None, None, "B"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    meta = HistoryMeta(
        name="made up", as_of=T(2025, 3, 1), observed_from=None, stages={"demo": "Demo", "offer": "Offer"}
    )
    history = History(
        visits=pl.DataFrame(VISITS, VISIT_SCHEMA, orient="row"),
        deals=pl.DataFrame(DEALS, DEAL_SCHEMA, orient="row"),
        meta=meta,
    )
    write_history(history, tmp_path / "h")
    return tmp_path / "h"


def change(folder: Path, name: str, **columns: Any) -> None:
    frame = pl.read_parquet(folder / name)
    schema = frame.schema
    frame.with_columns(
        [pl.Series(key, values, schema[key]) for key, values in columns.items()]
    ).write_parquet(folder / name)


def refused(folder: Path) -> str:
    with pytest.raises(HistoryError) as caught:
        read_history(folder)
    return str(caught.value)


CASES: dict[str, tuple[str, dict[str, Any], str]] = {
    "left before entered": (
        "visits", {"left": [T(2024, 1, 1), T(2025, 2, 1), None]}, "visits.parquet, row 1: 1 row are left before"),
    "stage unknown": ("visits", {"stage": ["demo", "offr", "demo"]}, "row 2: 1 row are in a stage that meta.json"),
    "exit unknown": ("visits", {"exit": ["offer", "signed", None]}, "leave to a stage or outcome that meta.json does not name"),
    "exit without left": ("visits", {"left": [None, T(2025, 2, 1), None]}, "have left or exit without the other"),
    "deal unknown": ("visits", {"deal": ["a", "a", "c"]}, "row 3: 1 row are of a deal that is not in deals"),
    "after as_of": ("visits", {"entered": [T(2025, 1, 1), T(2025, 1, 5), T(2025, 9, 1)]}, "are later than as_of"),
    "year 9999": ("visits", {"entered": [T(2025, 1, 1), T(2025, 1, 5), T(9999, 1, 1)]}, "outside the years"),
    "no deal": ("visits", {"deal": ["a", None, "b"]}, "have no deal"),
    "visit 0": ("visits", {"visit": [0, 1, 1]}, "have a visit below 1"),
    "amount NaN": ("deals", {"amount": [float("nan"), None]}, "deals.parquet, row 1: 1 row have no finite amount"),
    "amount inf": ("deals", {"amount": [float("inf"), None]}, "have no finite amount"),
    "deal twice": ("deals", {"deal": ["a", "a"]}, "2 rows share their deal"),
    "outcome unknown": ("deals", {"outcome": ["gewonnen", None]}, "have an outcome that meta.json does not name"),
    "won but never closed": ("deals", {"closed": [None, None]}, "have outcome or closed without the other"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_history_that_cannot_be_is_refused(case: str, folder: Path) -> None:
    name, columns, said = CASES[case]
    read_history(folder)
    change(folder, f"{name}.parquet", **columns)
    assert said in refused(folder)


META: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "no table": (lambda _: [], "holds no table"),
    "format 2": (lambda m: m | {"format": 2}, "another version"),
    "no format": (lambda m: {k: v for k, v in m.items() if k != "format"}, "another version"),
    "name a list": (lambda m: m | {"name": []}, "name: input should be a valid string"),
    "outcomes a text": (lambda m: m | {"outcomes": "won"}, "outcomes: input should be a valid tuple"),
    "a stage without key": (lambda m: m | {"stages": [{"name": "x"}]}, "meta.json is damaged"),
    "as_of no date": (lambda m: m | {"as_of": "soon"}, "meta.json is damaged"),
    "as_of with a zone": (lambda m: m | {"as_of": "2025-03-01T00:00:00+02:00"}, "as_of: expected a local time"),
    "as_of far away": (lambda m: m | {"as_of": "9999-03-01"}, "as_of: expected a local time"),
    "resolution": (lambda m: m | {"resolution": "hour"}, "resolution: input should be 'day' or 'second'"),
    "a number of 30 digits": (lambda m: m | {"audit": {"rows": 10**30}}, "audit.rows: found a whole number"),
    "losses in words": (lambda m: m | {"losses_recorded": "yes"}, "losses_recorded: input should be a valid bool"),
}  # fmt: skip


@pytest.mark.parametrize("case", META)
def test_damaged_meta_data_are_refused(case: str, folder: Path) -> None:
    alter, said = META[case]
    path = folder / "meta.json"
    path.write_text(json.dumps(alter(json.loads(path.read_text()))))
    assert said in refused(folder)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe{", "UTF-8"),
        (b"[" * 100_000, "not JSON"),
        (b'{"format": ' + b"9" * 5_000 + b"}", "not JSON"),
        (b'{"format": 1, "name": "\\ud800"}', "half a character"),
    ],
)
def test_meta_data_of_any_bytes_are_refused(raw: bytes, said: str, folder: Path) -> None:
    (folder / "meta.json").write_bytes(raw)
    assert said in refused(folder)


def test_a_pipe_in_a_history_is_not_waited_for(folder: Path) -> None:
    (folder / "visits.parquet").unlink()
    os.mkfifo(folder / "visits.parquet")
    assert "missing or damaged" in refused(folder)


def test_any_bytes_are_read_or_refused(folder: Path) -> None:
    """Bytes flipped, cut and repeated, in every file of a history: only our errors come out."""
    chance = random.Random(5)
    names = ("meta.json", "visits.parquet", "deals.parquet")
    whole = {name: (folder / name).read_bytes() for name in names}
    for _ in range(400):
        name = chance.choice(names)
        raw = bytearray(whole[name])
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(raw))
            match chance.randrange(3):
                case 0:
                    raw[at] = chance.randrange(256)
                case 1:
                    del raw[at : at + chance.randint(1, 40)]
                case _:
                    raw[at:at] = raw[: chance.randint(1, 40)]
        (folder / name).write_bytes(bytes(raw))
        with contextlib.suppress(FunnelSimError):
            read_history(folder)
        (folder / name).write_bytes(whole[name])


@pytest.mark.parametrize("raw", [b"", b"[" * 100_000, b"\xff", b"9" * 5_000])
def test_a_damaged_report_of_a_fit_is_said(raw: bytes, tmp_path: Path) -> None:
    """Its warnings go into every forecast, so that their loss must be seen."""
    path = tmp_path / "model.toml"
    path.write_text(
        'format = 1\nstart = 2026-01-01\nsources.a = { enters = "s", rate = 1 }\n'
        'stages.s = { after = "1d", exits = { won = { p = 1.0 } } }\n'
    )
    assert fit_warnings(read_funnel(path)) == []
    (tmp_path / "model.fit.json").write_bytes(raw)
    (warning,) = fit_warnings(read_funnel(path))
    assert warning.startswith("model.fit.json is not")
