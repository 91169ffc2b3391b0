"""Small exports for the tests, and the facts that every import must satisfy."""

from __future__ import annotations

import datetime as dt
import itertools
from pathlib import Path
from typing import Any

import polars as pl

from funnelsim.history.files.events import DEAL_SCHEMA, VISIT_SCHEMA, History
from funnelsim.history.imports import import_history
from funnelsim.history.mapping.read import read_mapping


def write(folder: Path, name: str, *lines: str) -> Path:
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def mapping(folder: Path, text: str) -> Any:
    path = folder / "mapping.toml"
    path.write_text(text, encoding="utf-8")
    return read_mapping(path)


def day(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def events(folder: Path, *lines: str, header: str = "deal,stage,entered", **options: Any) -> History:
    return import_history([write(folder, "events.csv", header, *lines)], "events", **options)


def deals(folder: Path, header: str, *lines: str, **options: Any) -> History:
    return import_history([write(folder, "deals.csv", header, *lines)], "deals", **options)


def stays(history: History, deal: str) -> list[tuple[Any, ...]]:
    """Stage, visit number, day entered, day left, exit of one deal."""
    rows = history.visits.filter(pl.col("deal") == deal).sort("entered", maintain_order=True)
    return [
        (
            row["stage"],
            row["visit"],
            f"{row['entered']:%m-%d}",
            f"{row['left']:%m-%d}" if row["left"] else None,
            row["exit"],
        )
        for row in rows.iter_rows(named=True)
    ]


def deal(history: History, key: str) -> dict[str, Any]:
    return history.deals.row(by_predicate=pl.col("deal") == key, named=True)


def table(history: History, name: str) -> dict[str, Any]:
    return next(item for item in history.meta.audit["tables"] if item["table"] == name)


def check_names(history: History) -> set[str]:
    return {check["check"] for check in history.meta.audit["checks"]}


def checks(history: History) -> dict[str, dict[str, Any]]:
    """The checks of the audit by their names, in the order of the screen."""
    return {check["check"]: check for check in history.meta.audit["checks"]}


def assert_consistent(history: History) -> None:
    """What holds for every history, however dirty the export was."""
    visits, deals_, meta = history.visits, history.deals, history.meta
    assert visits.schema == VISIT_SCHEMA
    assert deals_.schema == DEAL_SCHEMA
    for item in meta.audit["tables"]:
        assert item["rows_read"] == item["rows_used"] + sum(item["set_aside"].values()), item
    assert deals_["deal"].is_unique().all()
    assert set(visits["deal"]) == set(deals_["deal"])
    assert (visits["entered"] < meta.as_of).all()
    assert (visits["left"].drop_nulls() < meta.as_of).all()
    assert (visits["left"].is_null() == visits["exit"].is_null()).all()
    assert set(visits["stage"]) == set(meta.stages)
    outcomes = {"won", "lost", "churned", *meta.outcomes}
    assert set(visits["exit"].drop_nulls()) <= set(meta.stages) | outcomes
    assert set(deals_["outcome"].drop_nulls()) <= outcomes
    for _, rows in visits.group_by("deal"):
        path = list(rows.iter_rows(named=True))
        for here, after in itertools.pairwise(path):
            assert here["left"] == after["entered"]
            assert here["exit"] == after["stage"]
            assert here["stage"] != after["stage"]
        seen: dict[str, int] = {}
        for row in path:
            seen[row["stage"]] = seen.get(row["stage"], 0) + 1
            assert row["visit"] == seen[row["stage"]]
    last = visits.group_by("deal", maintain_order=True).last().join(deals_, on="deal")
    closed = last.filter(pl.col("outcome").is_not_null())
    assert (closed["exit"] == closed["outcome"]).all()
    assert (closed["left"] == closed["closed"]).all()
    still_open = last.filter(pl.col("outcome").is_null())
    assert still_open["left"].is_null().all()
    assert still_open["amount"].is_null().all()
    assert (last["created"] <= visits.group_by("deal", maintain_order=True).first()["entered"]).all()
