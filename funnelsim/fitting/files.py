"""Write a fit to files: the model, its parameter draws, its open pipeline and its report."""

from __future__ import annotations

import hashlib
import io
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from funnelsim.core.errors import ModelError, Problem
from funnelsim.core.files.atomic import finish_replacing, replace_files
from funnelsim.core.nouns import listed
from funnelsim.fitting.result.update import hand_written, read_alone, updated
from funnelsim.model.files.comments import with_comments
from funnelsim.model.files.model_files import funnel_of
from funnelsim.model.files.sidecars import FIT, report_beside
from funnelsim.model.files.write import model_to_toml

if TYPE_CHECKING:
    import polars as pl

    from funnelsim.fitting.funnel import Fit


def write_fit(
    fit: Fit, path: str | Path, *, update: bool = False, history: str | Path | None = None
) -> tuple[Path, ...]:
    """Write MODEL.toml, MODEL.draws.parquet, MODEL.pipeline.parquet and MODEL.fit.json.

    They are replaced as a set: after a kill at any moment, a reader finds the old fit or the new one.

    Parameters
    ----------
    fit : Fit
    path : str or Path
        Of the model, ending in .toml.
    update : bool, default False
        Keep the hand-written parts of an existing model: goal, texts, clocks, segments, costs, roles and
        comments. The old file is kept as MODEL.toml.bak.
    history : str or Path, optional
        The history folder. Its path is stored in the model, so that forecasts use it.

    Returns
    -------
    tuple of Path
        What was written, the model first.

    Raises
    ------
    ModelError
        If the file exists, has hand-written parts, and `update` is false.
    OutputError
        If a file cannot be written.
    """
    path = Path(path)
    check_model_path(path, update=update)
    model, fit_id = fit.model, _fit_id(fit)
    content: dict[Path, bytes | None] = {}
    before = path.read_bytes() if update and path.exists() else None
    if before is not None:
        content[path.with_name(f"{path.name}.bak")] = before
        model = updated(read_alone(path), model)
    draws, pipeline = _sidecar(path, "draws.parquet"), _sidecar(path, "pipeline.parquet")
    if fit.draws is not None:
        content[draws] = _parquet(fit.draws, fit_id)
    if fit.pipeline is not None:
        content[pipeline] = _parquet(fit.pipeline, fit_id)
    content[report_beside(path)] = _report(fit, path.name)
    model = model.model_copy(
        update={
            "draws": draws.name if fit.draws is not None else None,
            "pipeline": pipeline.name if fit.pipeline is not None else None,
            "history": _relative_path(path.parent, history),
            "fit": fit_id,
        }
    )
    checked = funnel_of(model, draws=fit.draws, pipeline=fit.pipeline, path=path)
    text = model_to_toml(checked.model)
    if before is not None:
        text = with_comments(before.decode("utf-8-sig", errors="replace"), text)
    content[path] = text.encode()
    stale = {file: None for file, frame in ((draws, fit.draws), (pipeline, fit.pipeline)) if frame is None}
    replace_files(content | stale)
    return (path, *(other for other in content if other != path))


def check_model_path(path: Path, *, update: bool) -> None:
    """Refuse a path where a fit would overwrite hand-written parts, or could not be written.

    Raises
    ------
    ModelError
    """
    finish_replacing(path)
    if path.suffix != ".toml":
        raise _refuse(path, f'a model file ends in .toml, found "{path.name}"')
    if path.is_dir():
        raise _refuse(path, "is a folder; give a model file (.toml)")
    if not path.parent.is_dir():
        raise _refuse(path, f'there is no folder "{path.parent}"; make it first')
    if path.exists() and not update:
        kept = hand_written(path)
        if kept:
            what = f"holds what a fit does not write ({listed(kept, 4)})"
            message = f"{what}; --update keeps it, or take another --out"
            raise _refuse(path, message)


def report_document(fit: Fit, model_name: str) -> dict[str, object]:
    """The JSON document of a fit that was written to a file of this name."""
    document = fit.report.as_json()
    return document | {"provenance": {**document["provenance"], "model": model_name}, "fit": _fit_id(fit)}


def _relative_path(folder: Path, history: str | Path | None) -> str | None:
    return Path(os.path.relpath(history, folder)).as_posix() if history is not None else None


def _sidecar(path: Path, ending: str) -> Path:
    return path.with_name(f"{path.stem}.{ending}")


def _fit_id(fit: Fit) -> str:
    """The id of a fit, which ties its files together: a hash of the model and report."""
    digest = hashlib.sha256(funnel_of(fit.model, draws=fit.draws, pipeline=fit.pipeline).sha256.encode())
    digest.update(json.dumps(fit.report.as_json(), sort_keys=True, default=str).encode())
    return digest.hexdigest()[:16]


def _parquet(frame: pl.DataFrame, fit_id: str) -> bytes:
    held = io.BytesIO()
    frame.write_parquet(held, metadata={FIT: fit_id})
    return held.getvalue()


def _report(fit: Fit, model_name: str) -> bytes:
    document = report_document(fit, model_name)
    return (json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _refuse(path: Path, message: str) -> ModelError:
    return ModelError(str(path), [Problem(path="", message=message)])


__all__ = ["check_model_path", "report_document", "write_fit"]
