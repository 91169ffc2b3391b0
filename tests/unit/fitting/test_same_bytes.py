"""One history and one seed give one fit, to the last bit of every file, on any machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from funnelsim.history.files.events import History
from funnelsim.history.files.folder import write_history

from .made_up_visits import one_stage

FILES = ("model.toml", "model.draws.parquet", "model.pipeline.parquet", "model.fit.json")


def history_of_many_owners() -> History:
    """So many owners and moves that a BLAS shares the work of their hazard ratios among its threads."""
    rng = np.random.default_rng(1)
    n = 1500
    entered = rng.uniform(0, 300, n)
    days = rng.lognormal(2, 0.8, n)
    exits = np.where(rng.random(n) < 0.4, "won", "lost")
    columns = {
        "owner": [f"Owner {k}" for k in rng.integers(0, 40, n)],
        "source": [f"Source {k}" for k in rng.integers(0, 3, n)],
        "amount": [float(a) for a in rng.lognormal(9, 1, n).round(2)],
    }
    return one_stage(entered, entered + days, exits, until=300.0, deal_columns=columns)


def test_the_number_of_threads_and_the_hash_seed_change_no_byte(tmp_path: Path) -> None:
    """Mutant: without `on_one_thread` hazard ratios of two threads differ in their last digits."""
    write_history(history_of_many_owners(), tmp_path / "history")
    written = []
    for threads in ("1", "2"):
        folder = tmp_path / threads
        folder.mkdir()
        names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS", "PYTHONHASHSEED")
        subprocess.run(
            [
                sys.executable,
                "-m",
                "funnelsim",
                "fit",
                "../history",
                "--out",
                "model.toml",
                "--draws",
                "5",
                "-q",
            ],
            cwd=folder,
            env={**os.environ, **dict.fromkeys(names, threads)},
            check=True,
            capture_output=True,
        )
        written.append({name: (folder / name).read_bytes() for name in FILES})
    assert written[0] == written[1]
