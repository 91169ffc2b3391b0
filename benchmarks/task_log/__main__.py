"""``python -m benchmarks.task_log --log FILE --mapping FILE``: measure, write docs/task-log.md."""

from __future__ import annotations

import argparse
import sys
from importlib.util import find_spec
from pathlib import Path

import funnelsim as fs
from benchmarks.task_log.measure import TIMES, measure
from benchmarks.task_log.page import write_page
from funnelsim.core.errors import FunnelSimError

_ROOT = Path(__file__).parents[2]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.task_log", description=__doc__)
    parser.add_argument("--log", type=Path, required=True, metavar="FILE", help="a log of tasks")
    parser.add_argument("--mapping", type=Path, required=True, metavar="FILE", help="what its columns mean")
    parser.add_argument("--share", type=float, default=0.8, help="of the time, to learn from; default 0.8")
    parser.add_argument("--times", type=int, default=TIMES, help=f"futures to simulate; default {TIMES}")
    parser.add_argument("--page", type=Path, default=_ROOT / "docs" / "task-log.md", metavar="FILE")
    asked = parser.parse_args(arguments)
    if not 0 < asked.share < 1 or asked.times < 1:
        parser.error("--share lies between 0 and 1, --times is 1 or more")
    if find_spec("log_distance_measures") is None:
        parser.error("log-distance-measures is not installed; pip install 'funnelsim[calibration]'")
    try:
        found = measure(fs.import_history([asked.log], None, asked.mapping), asked.share, asked.times)
    except FunnelSimError as error:
        print(error, file=sys.stderr)
        return 1
    write_page(found, asked.log, asked.mapping, asked.page)
    print(f"wrote {asked.page}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
