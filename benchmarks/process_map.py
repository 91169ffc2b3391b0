"""``python -m benchmarks.process_map``: what ``funnelsim map`` takes for a million visits.

Two made-up companies, a plain funnel of 6 stages and a sales process of 24.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.made_up import made_up_history
from benchmarks.measured import Measured, measured, show
from funnelsim.history.files.folder import write_history

_SCENARIOS = {"f6": "6 stages", "sales_process_map": "24 stages"}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.process_map", description=__doc__)
    parser.add_argument("--visits", type=int, default=1_000_000, help="default %(default)s")
    arguments = parser.parse_args()
    show("funnelsim map; rows are visits", list(_rows(arguments.visits)))
    return 0


def _rows(visits: int) -> Iterator[tuple[str, int, Measured]]:
    with tempfile.TemporaryDirectory() as folder:
        for scenario, stages in _SCENARIOS.items():
            print(f"making {stages} ...", file=sys.stderr)
            history = made_up_history(scenario, visits)
            written = Path(folder, scenario)
            write_history(history, written)
            yield stages, history.visits.height, measured(["map", str(written), "--json"])


if __name__ == "__main__":
    sys.exit(main())
