"""Read and write model files."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from funnelsim.core.errors import ModelError, Problem, require
from funnelsim.core.files.atomic import finish_replacing, replace_file
from funnelsim.core.files.document_checks import document_problems
from funnelsim.core.files.file_kinds import other_kind
from funnelsim.core.files.input_files import UnreadableError, is_missing
from funnelsim.core.files.toml import read_toml
from funnelsim.model.files.missing import no_model
from funnelsim.model.files.read import read_document
from funnelsim.model.files.sidecars import check_report, keys_of, read_draws, read_pipeline, with_bookings
from funnelsim.model.files.write import model_to_toml
from funnelsim.model.parts import Model
from funnelsim.model.rules.all_checks import check_model
from funnelsim.model.type_messages import shown

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Funnel", "funnel_of", "model_to_toml", "read_funnel", "write_model"]


BESIDE = ("draws", "pipeline", "history")
#: Longer chains of included files are a mistake or an attack.
MOST_INCLUDES = 20


@dataclass(frozen=True)
class Funnel:
    """A model with its parameter draws and open pipeline.

    Attributes
    ----------
    model : Model
    draws : DataFrame or None
        One row per draw, one column per path; times in days.
    pipeline : DataFrame or None
        Open leads at the model's start.
    path : Path or None
        The model file.
    sha256 : str
        Hash of the model's canonical text, its draws and its pipeline.

    Examples
    --------
    >>> funnel = fs.read_model("model.toml")
    >>> funnel.model.name, funnel.pipeline is None
    ('My funnel', True)
    """

    model: Model
    draws: pl.DataFrame | None = None
    pipeline: pl.DataFrame | None = None
    path: Path | None = None
    sha256: str = ""


def read_funnel(path: Path | str) -> Funnel:
    """Read a model file with its parameter draws and open pipeline.

    Raises
    ------
    ModelError
        Lists every problem of the file: path, what was found, what is allowed.

    Examples
    --------
    >>> funnel = fs.read_model("model.toml")
    >>> funnel.model.currency
    'USD'
    """
    require(path, str | os.PathLike, "path", "the name of a model file")
    path = Path(path)
    finish_replacing(path)
    model, problems = read_document(_document(path))
    if problems:
        raise ModelError(str(path), problems)
    assert model is not None
    check_report(model, path)
    draws, pipeline = read_draws(model, path), read_pipeline(model, path)
    return funnel_of(model, draws=draws, pipeline=pipeline, path=path)


def funnel_of(
    model: Model,
    *,
    draws: pl.DataFrame | None = None,
    pipeline: pl.DataFrame | None = None,
    path: Path | None = None,
) -> Funnel:
    """Make a funnel from a model built in Python; checked like a file.

    Raises
    ------
    ModelError
        If parts of the model are inconsistent.

    Examples
    --------
    >>> model = fs.read_model("model.toml").model
    >>> funnel = fs.funnel_of(model.model_copy(update={"name": "Plan B"}))
    >>> funnel.model.name
    'Plan B'
    """
    require(model, Model, "model", "such as the model of what funnelsim.read_model gives")
    problems = check_model(model)
    if pipeline is not None:
        from funnelsim.model.files.pipeline_checks import SIMULATED_COLUMNS, pipeline_problems

        problems = [*problems, *pipeline_problems(pipeline, keys_of(model), SIMULATED_COLUMNS)]
    if problems:
        raise ModelError(str(path or model.name or "model"), problems)
    if pipeline is not None:
        pipeline = with_bookings(pipeline, model.goal.books_at)
    return Funnel(model, draws, pipeline, path, _sha256(model, draws, pipeline))


def write_model(model: Model, path: Path | str) -> None:
    """Write a model file atomically, with paths to draws, pipeline and history relative to it.

    Raises
    ------
    OutputError
        If the file cannot be written.

    Examples
    --------
    >>> fs.write_model(fs.read_model("model.toml").model, "copy.toml")
    """
    require(model, Model, "model", "such as the model of what funnelsim.read_model gives")
    path = Path(path)
    replace_file(path, model_to_toml(_named_from(model, path.parent)).encode())


def _named_from(model: Model, folder: Path) -> Model:
    """Make absolute paths relative to the model file; relative ones are unchanged."""
    names = {key: getattr(model, key) for key in BESIDE}
    seen = {
        key: Path(os.path.relpath(name, folder.resolve())).as_posix()
        for key, name in names.items()
        if name is not None and Path(name).is_absolute()
    }
    return model.model_copy(update=seen)


def _document(path: Path) -> dict[str, Any]:
    """The TOML of a file merged over the file that it includes, recursively."""
    layers: list[dict[str, Any]] = []
    seen: list[str] = []
    below: Path | None = path
    while below is not None:
        document = _toml(below)
        seen.append(os.path.realpath(below))
        layers.append(document)
        below = _included(document.pop("include", None), below, seen)
    merged = layers.pop()
    while layers:
        merged = _laid_over(merged, layers.pop())
    return merged


def _included(base: Any, path: Path, seen: Sequence[str]) -> Path | None:
    """The file that a model file includes, if any."""
    if base is None:
        return None

    def refuse(message: str) -> ModelError:
        return ModelError(str(path), [Problem(path="include", message=message)])

    if not isinstance(base, str):
        raise refuse(f"expected a file name, found {shown(base)}")
    below = path.parent / base
    if is_missing(below):
        raise refuse(f'there is no file "{base}" beside it')
    if os.path.realpath(below) in seen:
        raise refuse("the files include each other in a circle")
    if len(seen) > MOST_INCLUDES:
        raise refuse(f"more than {MOST_INCLUDES} files include one another")
    return below


def _laid_over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        merged[key] = _laid_over(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def _toml(path: Path) -> dict[str, Any]:
    """Read one file, check it, and make the paths in it absolute."""
    try:
        document = read_toml(path)
    except UnreadableError as error:
        if error.missing:
            raise no_model(path) from None
        _refuse_other_kind(path)
        raise ModelError(str(path), [Problem(path="", message=str(error))]) from error
    if "change" in document:
        _refuse_other_kind(path)
    if not document:
        message = "is empty; funnelsim init writes a starter model"
        raise ModelError(str(path), [Problem(path="", message=message)])
    if problems := document_problems(document):
        raise ModelError(str(path), problems)
    for key in BESIDE:
        if isinstance(document.get(key), str):
            document[key] = os.path.realpath(path.parent / document[key])
    return document


def _refuse_other_kind(path: Path) -> None:
    if other := other_kind(path, "model"):
        raise ModelError(str(path), [Problem(path="", message=other[0], hint=other[1])])


def _sha256(model: Model, draws: pl.DataFrame | None, pipeline: pl.DataFrame | None) -> str:
    bare = model.model_copy(update=dict.fromkeys((*BESIDE, "fit")))
    digest = hashlib.sha256(model_to_toml(bare).encode())
    for frame in (draws, pipeline):
        if frame is not None:
            digest.update(
                frame.write_csv().encode() if "visits" not in frame.columns else frame.write_json().encode()
            )
    return digest.hexdigest()
