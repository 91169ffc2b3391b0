"""Event logs, read back by another reader."""

from __future__ import annotations

import dataclasses
import datetime as dt
import warnings
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import polars as pl
import pytest

from funnelsim.history.files.events import History
from funnelsim.processmap.xes import xes

from .logs import START, log


def read_back(history: History, folder: Path) -> Any:
    """A table of events with the columns of pm4py, read from a file."""
    path = folder / "log.xes"
    path.write_text(xes(history), encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pm4py = pytest.importorskip("pm4py", reason="pm4py, of the dev dependencies, is not installed")
        return pm4py.read_xes(str(path), variant="iterparse")


def named(history: History, **values: object) -> History:
    """The history with other values in a column of its deals."""
    return dataclasses.replace(
        history, deals=history.deals.with_columns(pl.lit(value).alias(key) for key, value in values.items())
    )


def test_every_visit_and_outcome_is_read_back_with_its_time_and_owner(tmp_path: Path) -> None:
    """Two deals by hand. Fails if the outcome is sorted before a stage of the same moment (tried)."""
    table = read_back(log("demo 3, offer 2, won", "demo 1, offer", owners=("Ana", None)), tmp_path)
    rows = list(zip(table["case:concept:name"], table["concept:name"], table["time:timestamp"], strict=True))
    at = [START + dt.timedelta(days=days) for days in (0, 3, 5, 0, 1)]
    assert [(case, name, time.to_pydatetime().replace(tzinfo=None)) for case, name, time in rows] == [
        ("L0", "Demo", at[0]),
        ("L0", "Offer", at[1]),
        ("L0", "won", at[2]),
        ("L1", "Demo", at[3]),
        ("L1", "Offer", at[4]),
    ]
    assert set(table["lifecycle:transition"]) == {"complete"}
    assert list(table["org:resource"])[:3] == ["Ana"] * 3
    assert list(table["org:resource"].isna())[3:] == [True, True]


def test_amounts_outcome_and_texts_of_a_deal_are_those_of_its_trace(tmp_path: Path) -> None:
    table = read_back(log("demo 3, won", amounts=(1234.56,)), tmp_path)
    first = table.iloc[0]
    assert first["case:amount"] == 1234.56
    assert first["case:outcome"] == "won"
    assert first["case:source"] == "web"


@pytest.mark.parametrize("name", ['a "b" <c> & d', "line\nbreak\ttab", "合同 \U0001f600", "x" * 200, "'"])
def test_names_survive(name: str, tmp_path: Path) -> None:
    table = read_back(named(log("demo 3, won"), owner=name, account=name), tmp_path)
    assert set(table["org:resource"]) == {name}
    assert set(table["case:account"]) == {name}


def test_control_characters_do_not_break_the_file() -> None:
    ET.fromstring(xes(named(log("demo 3, won"), owner="a\x00b\x1b")))


def test_a_deal_without_visits_and_a_history_without_deals_are_logs(tmp_path: Path) -> None:
    history = log("demo 1, lost")
    empty = dataclasses.replace(history, deals=history.deals.clear(), visits=history.visits.clear())
    assert len(ET.fromstring(xes(empty)).findall("{*}trace")) == 0
    unvisited = dataclasses.replace(history, visits=history.visits.clear())
    events = ET.fromstring(xes(unvisited)).findall("{*}trace/{*}event")
    assert len(events) == 1
