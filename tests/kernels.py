"""Compile the engine before the tests start: `python -m tests.kernels SCENARIO...`.

The fast engine has three compiled paths of up to a minute each. Workers that meet one at the same time would
all compile it; two processes that compile different ones fill numba's cache on disk for all.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from funnelsim.core.numeric.kernelcache import forget_old_kernels

_ROOT = Path(__file__).parents[1]
_ENGINES = _ROOT / "funnelsim" / "engines"
#: Path of the engine -> the scenario that takes it. The first two share functions, the third takes as long.
_SCENARIOS = {"waves": "f6.toml", "staged": "f6_cap.toml", "events": "f6_shared.toml"}
_TOGETHER = (("waves", "staged"), ("events",))


def compile_engine() -> None:
    """Compile the paths that are not in numba's cache. Should one fail, the tests will tell."""
    forget_old_kernels(_ROOT / "funnelsim")
    processes = [
        subprocess.Popen([sys.executable, "-m", "tests.kernels", *scenarios], cwd=_ROOT)
        for paths in _TOGETHER
        if (scenarios := [_SCENARIOS[path] for path in paths if not _is_compiled(path)])
    ]
    for process in processes:
        process.wait()


def _is_compiled(path: str) -> bool:
    return any((_ENGINES / path / "__pycache__").glob("run.run_*.nbi"))


def _simulate(scenario: str) -> None:
    from funnelsim.engines.run import simulate
    from funnelsim.model.files.model_files import read_funnel

    simulate(read_funnel(_ROOT / "scenarios" / scenario), days=1, replications=1, workers=1, engine="fast")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        _simulate(name)
