"""``python -m benchmarks.calibration --data DIR``: run the backtests, write docs/calibration.md."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.calibration.datasets import SETS
from benchmarks.calibration.measure import measure, read
from benchmarks.calibration.page import write_page
from benchmarks.calibration.tracks import TRACKS

_ROOT = Path(__file__).parents[2]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.calibration", description=__doc__)
    parser.add_argument(
        "--data", type=Path, required=True, metavar="DIR", help="holds a folder for each data set"
    )
    parser.add_argument(
        "--only", action="append", choices=[one.name for one in SETS], help="run this set; may be repeated"
    )
    parser.add_argument("--again", action="store_true", help="run also what is kept from these sources")
    parser.add_argument("--workers", type=int, default=None, help="threads; default one for each core")
    parser.add_argument("--kept", type=Path, default=_ROOT / "out" / "calibration", metavar="DIR")
    parser.add_argument("--page", type=Path, default=_ROOT / "docs" / "calibration.md", metavar="FILE")
    asked = parser.parse_args(arguments)
    if not asked.data.is_dir():
        parser.error(f'there is no folder "{asked.data}"')
    wanted = [track for track in TRACKS if not asked.only or track.data_set in asked.only]
    problems = measure(wanted, asked.data, asked.kept, again=asked.again, workers=asked.workers)
    found = {track: raw for track in TRACKS if (raw := read(track, asked.kept)) is not None}
    write_page(found, asked.page)
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"wrote {asked.page}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
