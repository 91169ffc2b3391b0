"""``python -m benchmarks.kpi``: what ``funnelsim kpi`` takes for a history of a million visits."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.made_up import made_up_history
from benchmarks.measured import Measured, measured, show
from funnelsim.history.files.folder import write_history


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kpi", description=__doc__)
    parser.add_argument("--visits", type=int, default=1_000_000, help="default %(default)s")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = list(_rows(Path(folder), arguments.visits))
    show("funnelsim kpi; rows are visits", rows)
    return 0


def _rows(folder: Path, number: int) -> Iterator[tuple[str, int, Measured]]:
    print("making the history ...", file=sys.stderr)
    history = made_up_history("f6", number)
    write_history(history, folder / "history")
    for options in ([], ["--by", "week"], ["--split", "source"]):
        yield (
            " ".join(["kpi", *options]),
            history.visits.height,
            measured(["kpi", str(folder / "history"), *options]),
        )


if __name__ == "__main__":
    sys.exit(main())
