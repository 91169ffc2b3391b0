"""``python -m benchmarks.fit``: what ``funnelsim fit`` takes for a million visits and 200 parameter draws.

Two made-up companies, a plain funnel of 6 stages and a sales process of 24, each recorded to the second
and to the day.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.made_up import made_up_history, recorded_to
from benchmarks.measured import Measured, measured, show
from funnelsim.history.files.folder import write_history

_SCENARIOS = {"f6": "6 stages", "sales_process_map": "24 stages"}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fit", description=__doc__)
    parser.add_argument("--visits", type=int, default=1_000_000, help="default %(default)s")
    parser.add_argument("--draws", type=int, default=200, help="default %(default)s")
    parser.add_argument("--scenario", choices=_SCENARIOS, action="append", help="default: both")
    arguments = parser.parse_args()
    rows = list(_rows(arguments.scenario or list(_SCENARIOS), arguments.visits, arguments.draws))
    show(f"funnelsim fit, {arguments.draws} draws; rows are visits", rows)
    return 0


def _rows(scenarios: Sequence[str], visits: int, draws: int) -> Iterator[tuple[str, int, Measured]]:
    with tempfile.TemporaryDirectory() as folder:
        for scenario in scenarios:
            print(f"making {scenario} ...", file=sys.stderr)
            history = made_up_history(scenario, visits)
            for resolution in ("second", "day"):
                written, model = Path(folder, f"{scenario}_{resolution}"), Path(folder, "model.toml")
                write_history(recorded_to(history, resolution), written)
                print(f"fitting {scenario}, to the {resolution} ...", file=sys.stderr)
                cost = measured(["fit", str(written), "--out", str(model), "--draws", str(draws), "--quiet"])
                yield f"{_SCENARIOS[scenario]}, to the {resolution}", history.visits.height, cost


if __name__ == "__main__":
    sys.exit(main())
