"""Many variants of the sample company, against as many separate ``compare`` runs.

The variants run in one process, as `funnelsim friction` and a slider in a browser run them; of ``compare``,
a few runs are measured and multiplied. All figures are of this machine; what counts are the ratios.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.measured import measured

VARIANTS, FUTURES, SLIDER_FUTURES = 100, 1000, 300
_COMPARED = 3


def measure() -> dict[str, Any]:
    """Seconds of 100 variants, of one more on a warm base, and of 100 ``compare`` runs.

    Raises
    ------
    subprocess.CalledProcessError
        If a command fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        demo = Path(folder) / "demo"
        print("variants: making the demo ...", file=sys.stderr)
        measured(["demo", "--out", str(demo), "--quiet"])
        model = str(demo / "model.toml")
        print("variants: running them ...", file=sys.stderr)
        command = [sys.executable, "-m", "benchmarks.variants", model]
        together = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
        print("variants: separate comparisons ...", file=sys.stderr)
        sets = _sets(model)[:: VARIANTS // _COMPARED][:_COMPARED]
        compare = ["--replications", str(FUTURES), "--quiet"]
        costs = [measured(["compare", model, "--set", change, *compare]) for change in sets]
    separate = VARIANTS * min(cost.seconds for cost in costs)
    return together | {"compare_seconds": separate, "ratio": separate / together["seconds"]}


def _sets(path: str) -> list[str]:
    """A hundred changes: of probabilities, times in stage and rates, each by another factor."""
    from funnelsim.model.files.model_files import read_funnel

    model = read_funnel(path).model
    exits = [f"stages.{key}.exits.{name}" for key, stage in model.stages.items() for name in stage.exits]
    paths = [f"{one}.{what}" for one in exits for what in ("p", "after")]
    paths += [f"sources.{key}.rate" for key in model.sources]
    return [f"{paths[k % len(paths)]}=x{1 - 0.01 * (1 + k // len(paths)):g}" for k in range(VARIANTS)]


def _together(path: str) -> dict[str, Any]:
    from funnelsim.experiments.measured import measured as over
    from funnelsim.experiments.variants import Variants
    from funnelsim.model.files.model_files import read_funnel
    from funnelsim.model.scenarios.read import parse_set

    funnel = read_funnel(path)
    variants = Variants(funnel, over(funnel), replications=FUTURES)
    began = time.perf_counter()
    _ = variants.base
    warm = time.perf_counter()
    changes = [(parse_set(text, funnel.model),) for text in _sets(path)]
    for _run in variants.runs(changes):
        pass
    done = time.perf_counter()
    moves = []
    for k in range(7):
        start = time.perf_counter()
        variants.run(
            (parse_set(f"stages.demo.after=x0.{80 + k}", funnel.model),), replications=SLIDER_FUTURES
        )
        moves.append(time.perf_counter() - start)
    return {"base_seconds": warm - began, "seconds": done - warm, "slider_seconds": sorted(moves)[3]}


if __name__ == "__main__":
    print(json.dumps(_together(sys.argv[1])))
