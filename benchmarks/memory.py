"""Peak memory of ``funnelsim simulate`` by replications: it should grow by what is kept of each, no more."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from benchmarks.measured import measured
from benchmarks.ours import SCENARIOS

REPLICATIONS = (1_000, 4_000)
#: Scenario -> days.
SPANS = {"f6": 91, "f6_cap": 91, "f6_shared": 91, "sales_process_map": 365}


def measure() -> list[dict[str, Any]]:
    """Peak MB for each scenario and number of replications, and bytes a further replication takes."""
    return [_row(scenario, days) for scenario, days in SPANS.items()]


def _row(scenario: str, days: int) -> dict[str, Any]:
    print(f"{scenario}: memory ...", file=sys.stderr)
    try:
        peaks = [_peak_mb(scenario, days, replications) for replications in REPLICATIONS]
    except subprocess.CalledProcessError as error:
        return {"scenario": scenario, "left_out": " ".join(error.stderr.decode().split())[:200]}
    grown = (peaks[1] - peaks[0]) * 2**20 / (REPLICATIONS[1] - REPLICATIONS[0])
    return {
        "scenario": scenario,
        "days": days,
        "peak_mb": dict(zip(map(str, REPLICATIONS), peaks, strict=True)),
        "bytes_a_replication": grown,
    }


def _peak_mb(scenario: str, days: int, replications: int) -> float:
    command = ["simulate", str(SCENARIOS / f"{scenario}.toml"), "--days", str(days), "--engine", "fast"]
    options = ["--replications", str(replications), "--workers", "1", "--quiet", "--json"]
    return measured([*command, *options]).peak_mb
