"""Damaged files between two commands: histories, fits, parts of a run, documents."""

from __future__ import annotations

import io
import json
import os
import random
import shutil
import tempfile
import tomllib
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl

from tests.fuzz.changes import ODD_NUMBERS, changed_bytes, changed_tree, toml_text
from tests.fuzz.example import Trial
from tests.fuzz.exports import WRITERS, original
from tests.fuzz.workers import run_command

#: File that is damaged -> the commands that read it.
READERS: dict[str, tuple[tuple[str, ...], ...]] = {
    "history/meta.json": (("fit", "history", "--out", "new.toml", "--draws", "3"),),
    "history/visits.parquet": (("fit", "history", "--out", "new.toml", "--draws", "3"),),
    "history/deals.parquet": (
        ("fit", "history", "--out", "new.toml", "--draws", "3"),
        ("forecast", "model.toml", "-n", "10"),
    ),
    "model.toml": (("forecast", "model.toml", "-n", "10", "--deals", "d.csv"), ("show", "model.toml")),
    "model.draws.parquet": (("forecast", "model.toml", "-n", "10"), ("check", "model.toml")),
    "model.pipeline.parquet": (
        ("forecast", "model.toml", "-n", "10", "--deals", "d.csv"),
        ("simulate", "model.toml", "--days", "30", "-n", "5", "--json"),
    ),
    "model.fit.json": (
        ("forecast", "model.toml", "-n", "10"),
        ("report", "model.fit.json", "--out", "r.html"),
    ),
    "a.npz": (("merge", "a.npz", "b.npz", "--out", "run.json"),),
    "b.npz": (("merge", "a.npz", "b.npz"),),
    "forecast.json": (
        ("report", "forecast.json", "--out", "r.html"),
        ("report", "forecast.json", "--out", "r.png"),
    ),
    "compare.json": (("report", "forecast.json", "compare.json", "--out", "r.html"),),
    "simulate.json": (("report", "simulate.json", "--out", "r.html", "--out", "r.svg"),),
}
_MADE_BY = (
    "import stage_history.csv deals.csv --preset events --out history --quiet",
    "fit history --out model.toml --draws 5 --quiet",
    "forecast model.toml -n 20 --out forecast.json --quiet",
    "compare model.toml --set stages.demo.after=x0.7 -n 20 --out compare.json --quiet",
    "simulate model.toml --days 60 -n 0:4 --out a.npz --out simulate.json --quiet",
    "simulate model.toml --days 60 -n 4:8 --out b.npz --quiet",
)


@cache
def whole_set() -> Path:
    """A folder with all intermediate files, made once in a process."""
    folder = Path(tempfile.mkdtemp(prefix="fuzz-originals-"))
    for sheet in original():
        (folder / f"{sheet.name}.csv").write_bytes(WRITERS["csv"](sheet))
    for line in _MADE_BY:
        answer = run_command(line.split(), folder)
        assert answer.code == 0, (line, answer.err)
    return folder


def trial(index: int, seed: int, tried: Trial) -> str:
    """Damage one file of a whole set and run what reads it."""
    rng = random.Random(f"intermediates-{seed}-{index}")
    shutil.copytree(whole_set(), tried.folder, dirs_exist_ok=True)
    name = rng.choice(list(READERS))
    path = tried.folder / name
    how = _damage(path, rng)
    for words in READERS[name]:
        tried.command(*words)
    return f"{how} {name}"


def _damage(path: Path, rng: random.Random) -> str:
    how = rng.choice(("bytes", "structure", "structure", "empty", "half", "other", "folder", "none"))
    content = path.read_bytes()
    match how:
        case "bytes":
            path.write_bytes(changed_bytes(content, rng))
        case "structure":
            _damage_structure(path, content, rng)
        case "empty":
            path.write_bytes(b"")
        case "half":
            path.write_bytes(content[: len(content) // 2])
        case "other":
            files = sorted(other for other in path.parent.iterdir() if other.is_file() and other != path)
            path.write_bytes(rng.choice(files).read_bytes())
        case "folder":
            path.unlink()
            path.mkdir()
        case "none":
            path.unlink()
    return how


def _damage_structure(path: Path, content: bytes, rng: random.Random) -> None:
    match path.suffix:
        case ".json":
            path.write_text(json.dumps(changed_tree(json.loads(content), rng)), encoding="utf-8")
        case ".parquet":
            _changed_frame(pl.read_parquet(io.BytesIO(content)), rng).write_parquet(path)
        case ".npz":
            _change_arrays(path, rng)
        case _:
            path.write_text(toml_text(changed_tree(tomllib.loads(content.decode()), rng)), encoding="utf-8")


def _changed_frame(frame: pl.DataFrame, rng: random.Random) -> pl.DataFrame:
    """One column dropped, cast, emptied, made odd; or rows dropped, doubled, shuffled."""
    name = rng.choice(frame.columns)
    column = frame[name]
    match rng.randrange(8):
        case 0:
            return frame.drop(name)
        case 1:
            return frame.with_columns(pl.lit(rng.choice(("", "x", "2026-01-01"))).alias(name))
        case 2:
            return frame.with_columns(pl.lit(None, dtype=column.dtype).alias(name))
        case 3 if column.dtype.is_numeric() and frame.height:
            odd = float(rng.choice(ODD_NUMBERS[:12]) if rng.random() < 0.6 else rng.choice((np.nan, np.inf)))
            values = column.cast(pl.Float64).to_list()
            values[rng.randrange(len(values))] = odd
            return frame.with_columns(pl.Series(name, values, dtype=pl.Float64))
        case 4:
            return frame.head(rng.choice((0, 1)))
        case 5:
            return pl.concat([frame, frame])
        case 6:
            return frame.with_columns(column.shuffle(seed=1).alias(name))
        case _:
            return frame.rename({name: rng.choice(("", "x", f"{name}s"))})


def _change_arrays(path: Path, rng: random.Random) -> None:
    with np.load(path) as file:
        arrays = dict(file)
    name = rng.choice(list(arrays))
    match rng.randrange(6):
        case 0:
            del arrays[name]
        case 1:
            arrays[name] = arrays[name].reshape(-1)[:1]
        case 2:
            arrays[name] = np.array("text")
        case 3 if arrays[name].dtype.kind == "f":
            arrays[name] = np.full_like(arrays[name], rng.choice((np.nan, np.inf, -1.0)))
        case 4:
            arrays["another"] = np.zeros(3)
        case _:
            about = json.loads(str(arrays["about"]))
            arrays["about"] = np.array(json.dumps(changed_tree(about, rng)))
    held = io.BytesIO()
    np.savez(held, **arrays)  # type: ignore[arg-type]
    path.write_bytes(held.getvalue())
    os.utime(path)
