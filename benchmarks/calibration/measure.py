"""Run the backtests, each kept as a document of its own, so that a stopped run goes on where it was."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import funnelsim as fs
from benchmarks.calibration.datasets import MAPPINGS, SETS
from benchmarks.calibration.tracks import Track
from funnelsim.cli.options import json_text

_PACKAGE = Path(fs.__file__).parent


def measure(
    tracks: Sequence[Track], data: Path, kept: Path, *, again: bool = False, workers: int | None = None
) -> list[str]:
    """Run what is not kept yet from these very sources; returns what could not be run, and why.

    Parameters
    ----------
    tracks : sequence of Track
    data : Path
        A folder for each data set.
    kept : Path
        Where a document of each track lies, ``NAME.json``; ``funnelsim report`` draws it.
    again : bool
        Run all, kept or not.
    """
    kept.mkdir(parents=True, exist_ok=True)
    problems = []
    for data_set in SETS:
        wanted = [track for track in tracks if track.data_set == data_set.name]
        left = [t for t in wanted if again or not _made_from(read(t, kept) or {}, made_of(t))]
        if not left:
            continue
        if missing := data_set.missing(data):
            problems.append(f"{data_set.name}: not measured, {', '.join(missing)} not found in its folder")
            continue
        history = data_set.history(data)
        for track in left:
            document = _backtest(track, history, workers)
            _write(kept / f"{track.name}.json", json_text(made_of(track) | document))
    return problems


def read(track: Track, kept: Path) -> dict[str, Any] | None:
    """The document of a track, if it has been run."""
    path = kept / f"{track.name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def made_of(track: Track) -> dict[str, str]:
    """Twelve digits that change with any module of funnelsim; others with the track and its set's mapping."""
    sources = hashlib.sha256()
    for path in sorted(_PACKAGE.rglob("*.py")):
        sources.update(str(path.relative_to(_PACKAGE)).encode() + b"\0" + path.read_bytes() + b"\0")
    asked = hashlib.sha256(repr(track).encode() + b"\0" + (MAPPINGS / track.of.mapping).read_bytes())
    return {"sources": sources.hexdigest()[:12], "asked": asked.hexdigest()[:12]}


def _made_from(document: dict[str, Any], digests: dict[str, str]) -> bool:
    return all(document.get(name) == digest for name, digest in digests.items())


def _backtest(track: Track, history: fs.History, workers: int | None) -> dict[str, Any]:
    def tell(done: int, of: int) -> None:
        print(f"{track.name}: {done} of {of} origins", file=sys.stderr)

    return fs.backtest(
        history,
        begin=track.begin,
        end=track.end,
        every=track.every,
        metric=track.metric,
        recalibrate=True,
        steady=True,
        workers=workers,
        progress=tell,
    ).document()


def _write(path: Path, text: str) -> None:
    half = path.with_suffix(".part")
    half.write_text(text + "\n", encoding="utf-8")
    half.replace(path)
