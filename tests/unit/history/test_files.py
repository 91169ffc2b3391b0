"""History folders: what is written is read, in one piece."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path

import polars as pl
import pytest

from funnelsim.core.errors import HistoryError, OutputError
from funnelsim.history.files.events import History
from funnelsim.history.files.folder import read_history, write_history
from funnelsim.history.imports import import_history
from tests.unit.history.exports import events, write


@pytest.fixture
def history(tmp_path: Path) -> History:
    return events(tmp_path, "A,Lead,2025-01-05", "A,Won,2025-02-01", "B,Lead,2025-01-07")


def test_a_history_survives_the_disk(tmp_path: Path, history: History) -> None:
    write_history(history, tmp_path / "h")
    back = read_history(tmp_path / "h")
    assert back.visits.equals(history.visits)
    assert back.deals.equals(history.deals)
    assert back.meta == history.meta
    assert list(back.meta.stages) == list(history.meta.stages)


def test_writing_twice_gives_the_same_bytes_and_leaves_nothing_else(tmp_path: Path, history: History) -> None:
    folder = tmp_path / "out" / "h"
    write_history(history, folder)
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    write_history(history, folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == first
    assert [path.name for path in folder.parent.iterdir()] == ["h"]


def test_a_failure_half_way_leaves_the_old_history_and_no_scraps(
    tmp_path: Path, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catches the mutant that writes into the folder itself."""
    write_history(history, tmp_path / "h")
    before = {path.name: path.read_bytes() for path in (tmp_path / "h").iterdir()}

    def full_disk(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    names = {path.name for path in tmp_path.iterdir()}
    monkeypatch.setattr(os, "write", full_disk)
    with pytest.raises(OutputError, match="cannot be written: No space left on device"):
        write_history(dataclasses.replace(history, deals=history.deals.head(1)), tmp_path / "h")
    assert {path.name: path.read_bytes() for path in (tmp_path / "h").iterdir()} == before
    assert {path.name for path in tmp_path.iterdir()} == names


@pytest.mark.parametrize("what", ["nothing", "a file", "an empty folder"])
def test_what_is_no_history_is_refused_with_a_way_out(tmp_path: Path, what: str) -> None:
    path = tmp_path / "h"
    if what == "a file":
        path.write_text("x")
    elif what == "an empty folder":
        path.mkdir()
    with pytest.raises(HistoryError, match="funnelsim import") as caught:
        read_history(path)
    assert str(caught.value).startswith(f"{path}: ")


def test_a_damaged_history_is_named(tmp_path: Path, history: History) -> None:
    folder = tmp_path / "h"
    write_history(history, folder)
    (folder / "visits.parquet").write_bytes(b"PAR1")
    with pytest.raises(HistoryError, match=r"visits\.parquet: is missing or damaged"):
        read_history(folder)
    write_history(history, folder)
    history.visits.with_columns(pl.col("visit").cast(pl.Int64)).write_parquet(folder / "visits.parquet")
    with pytest.raises(HistoryError, match="column visit: expected Int32, found Int64"):
        read_history(folder)
    write_history(history, folder)
    meta = json.loads((folder / "meta.json").read_text())
    (folder / "meta.json").write_text(json.dumps({**meta, "format": 99}))
    with pytest.raises(HistoryError, match="another version"):
        read_history(folder)
    (folder / "meta.json").write_text("{")
    with pytest.raises(HistoryError, match="damaged"):
        read_history(folder)


def test_a_file_written_otherwise_does_not_take_the_order_of_dates_of_another(tmp_path: Path) -> None:
    """Catches 6/10/2025 of the United States that is read as 6 October since another file has 26/11/2024."""
    header = "Deal ID,Created,Close Date,Stage"
    british = write(tmp_path, "uk.csv", header, "1,26/11/2024,19/01/2025,Won", "2,01/08/2024,21/09/2024,Lost")
    american = write(tmp_path, "us.csv", header, "3,6/10/2025,7/2/2025,Won", "4,9/4/2024,12/12/2024,Lost")
    with pytest.raises(HistoryError, match=r"the dates of us.csv fit both orders of day and month"):
        import_history([british, american])
    alike = write(tmp_path, "us.csv", header, "3,06/10/2024,07/12/2024,Won", "4,09/04/2024,12/12/2024,Lost")
    assert import_history([british, alike]).meta.audit["deals"]["won"] == 2
