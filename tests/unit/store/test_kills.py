"""A store stays whole whenever its writer is killed, and two writers at once lose nothing."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from funnelsim.documents.forecast import ForecastDocument
from funnelsim.documents.validate import read_as
from funnelsim.store.address import address_of
from funnelsim.store.rows import deal_rows, period_rows, quantile_rows
from funnelsim.store.schema import DEALS, FORECASTS, PERIODS, QUANTILES
from funnelsim.store.store import Store

from .stored_documents import document

#: From a forecast that was acknowledged to the kill, at most: about as long as the next one takes.
LONGEST_SECONDS = 0.03


def in_a_process(work: Callable[[Callable[[str], None]], None]) -> tuple[int, int]:
    """Start `work` in a process of its own; its number, and a pipe with what it tells."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.close(read)
            work(lambda text: (os.write(write, f"{text}\n".encode()), None)[1])
            code = 0
        finally:
            os._exit(code)
    os.close(write)
    return child, read


def announced(pipe: int) -> list[str]:
    """All that was announced until the process ended."""
    with os.fdopen(pipe, encoding="utf-8") as lines:
        return lines.read().split()


def killed_while_writing(address: str, first: int, acknowledged: int, seconds: float) -> list[str]:
    """Ids of the forecasts that a writer has acknowledged when it was killed.

    That is a moment after so many, be the machine fast or slow.
    """

    def write(tell: Callable[[str], None]) -> None:
        tell("ready")
        for number in range(first, first + 1000):
            tell(Store(address, create=True).add(document(number))[0])

    child, pipe = in_a_process(write)
    with os.fdopen(pipe, encoding="utf-8") as lines:
        before = [lines.readline().strip() for _ in range(1 + acknowledged)]
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL
        return [*before[1:], *lines.read().split()]


def check_whole(address: str) -> list[str]:
    """Every forecast has all its rows, and no row is without its forecast; gives their ids."""
    made = {
        PERIODS: lambda one: len(list(period_rows(one))),
        QUANTILES: lambda one: len(list(quantile_rows(one))),
        DEALS: lambda one: len(list(deal_rows(one))),
    }
    with Store(address, create=True)._database.reading() as connection:  # one state of the store
        kept = connection.execute(select(FORECASTS.c.id, FORECASTS.c.document)).all()
        rows = {
            table: connection.execute(
                select(table.c.forecast_id, func.count()).group_by(table.c.forecast_id)
            ).all()
            for table in made
        }
    documents = {row.id: read_as(ForecastDocument, json.loads(row.document)) for row in kept}
    for table, count in made.items():
        found = {row[0]: row[1] for row in rows[table]}
        assert found == {key: count(one) for key, one in documents.items()}
    path = address_of(address).path
    if path is not None:
        with sqlite3.connect(path) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        connection.close()
    return list(documents)


def kill_often(address: str, times: int, seed: int) -> None:
    rng = random.Random(seed)
    acknowledged: list[str] = []
    for turn in range(times):
        acknowledged += killed_while_writing(
            address, 1000 * turn, rng.randrange(2), rng.uniform(0, LONGEST_SECONDS)
        )
        assert set(acknowledged) <= set(check_whole(address))
    Store(address, create=True).add(document(-1))
    assert acknowledged, "no forecast was ever stored before its writer was killed"


def test_a_kill_leaves_the_store_whole(address: str) -> None:
    """A few of the 200; the first kills meet a store that is being made.

    Mutant: a commit after each table.
    """
    kill_often(address, 10, seed=5)


@pytest.mark.slow
def test_200_kills_leave_the_store_whole(address: str) -> None:
    kill_often(address, 200, seed=6)


def write_all(address: str, numbers: range) -> Callable[[Callable[[str], None]], None]:
    def write(tell: Callable[[str], None]) -> None:
        for number in numbers:
            tell(Store(address, create=True).add(document(number))[0])

    return write


def test_writers_at_once_lose_nothing(address: str) -> None:
    """Three processes begin with no store and write what partly is the same.

    Mutants: no lock before the first read, so that SQLite refuses the second writer; two rows for what both
    have.
    """
    children = [in_a_process(write_all(address, range(k * 5, k * 5 + 10))) for k in range(3)]
    keys = [announced(pipe) for _, pipe in children]
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child, _ in children] == [0, 0, 0]
    assert all(len(own) == 10 for own in keys)
    assert sorted(check_whole(address)) == sorted({key for own in keys for key in own})
    assert len(check_whole(address)) == 20


def test_a_reader_sees_whole_forecasts_while_another_writes(tmp_path: Path) -> None:
    address = str(tmp_path / "forecasts.db")
    Store(address, create=True)
    child, pipe = in_a_process(write_all(address, range(20)))
    while os.waitpid(child, os.WNOHANG) == (0, 0):
        check_whole(address)
    assert len(announced(pipe)) == len(check_whole(address)) == 20
