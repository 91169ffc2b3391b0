"""``python -m benchmarks.imports``: what ``funnelsim import`` takes for ten million event rows (ISO dates).

A row is a stage that a deal entered, or its outcome; the file is made from a simulated funnel of 6 stages.
With ``--postgres URL`` the same rows are put into a table of that database and imported from it as well.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from benchmarks.made_up import made_up_history
from benchmarks.measured import Measured, measured, show
from funnelsim.history.files.events import History

#: Events that a visit of the funnel makes, outcomes counted in.
_EVENTS_PER_VISIT = 1.435
_TABLE = "funnelsim_benchmark_events"
_BLOCK = 4 * 1024**2


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.imports", description=__doc__)
    parser.add_argument("--events", type=int, default=10_000_000, help="default %(default)s")
    parser.add_argument("--postgres", metavar="URL", help=f"a database in which table {_TABLE} is made")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = list(_rows(Path(folder), arguments.events, arguments.postgres))
    show("funnelsim import --preset events; rows are events", rows)
    return 0


def events_of(history: History) -> pl.DataFrame:
    """A row a stage entered or an outcome, in order of time: ``deal, stage, entered_at``."""
    entered = history.visits.select("deal", "stage", entered_at="entered")
    ended = history.deals.drop_nulls("outcome").select("deal", stage="outcome", entered_at="closed")
    return pl.concat([entered, ended]).sort("entered_at", maintain_order=True)


def _rows(folder: Path, number: int, postgres: str | None) -> Iterator[tuple[str, int, Measured]]:
    print("making the events ...", file=sys.stderr)
    events = events_of(made_up_history("f6", round(number / _EVENTS_PER_VISIT)))
    height = events.height
    events.write_csv(folder / "events.csv", datetime_format="%Y-%m-%dT%H:%M:%S")
    events.write_parquet(folder / "events.parquet")
    del events
    sources = {name: [str(folder / name)] for name in ("events.csv", "events.parquet")}
    if postgres:
        print("filling PostgreSQL ...", file=sys.stderr)
        _fill(postgres, folder / "events.csv")
        sources["PostgreSQL"] = [postgres, "--table", _TABLE]
    for name, source in sources.items():
        print(f"importing {name} ...", file=sys.stderr)
        options = ["--preset", "events", "--out", str(folder / "history"), "--quiet"]
        yield name, height, measured(["import", *source, *options])


def _fill(url: str, file: Path) -> None:
    import psycopg

    with psycopg.connect(url) as connection, connection.cursor() as cursor, file.open("rb") as lines:
        cursor.execute(f"DROP TABLE IF EXISTS {_TABLE}")
        cursor.execute(f"CREATE TABLE {_TABLE} (deal text, stage text, entered_at timestamp)")
        with cursor.copy(f"COPY {_TABLE} FROM STDIN WITH (FORMAT csv, HEADER)") as copy:
            while block := lines.read(_BLOCK):
                copy.write(block)


if __name__ == "__main__":
    sys.exit(main())
