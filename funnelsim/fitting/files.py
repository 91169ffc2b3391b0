"""A fit on disk: the model file, and beside it the parameter draws, the pipeline and the report."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

from funnelsim.core.errors import ModelError, Problem
from funnelsim.fitting.funnel import Fit
from funnelsim.model.files import model_to_toml, read_funnel
from funnelsim.model.parts import Model, Source, Stage


def write_fit(fit: Fit, path: Path | str, *, history: Path | str | None = None, update: bool = False) -> None:
    """Write ``MODEL.toml``, ``MODEL.draws.parquet``, ``MODEL.pipeline.parquet`` and ``MODEL.fit.json``.

    Each file appears whole or not at all; the model file, which names the others, comes last.

    Parameters
    ----------
    fit : Fit
    path : Path
        Of the model file.
    history : Path, optional
        The history folder, which the model then remembers.
    update : bool, default False
        Lay what was learnt into the model that is there: goal, texts, clocks, costs and segments stay.

    Raises
    ------
    ModelError
        If the folder does not exist, or the model to update cannot be read or has other stages.
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise ModelError(str(path), [Problem(path="", message=f'there is no folder "{path.parent}"')])
    model = updated(read_funnel(path).model, fit.model, str(path)) if update else fit.model
    beside = {"draws": fit.draws, "pipeline": fit.pipeline}
    names = {
        key: f"{path.stem}.{key}.parquet" if frame is not None else None for key, frame in beside.items()
    }
    if history is not None:
        names["history"] = os.path.relpath(history, path.parent)
    for key, frame in beside.items():
        target = path.with_name(f"{path.stem}.{key}.parquet")
        if frame is None:
            target.unlink(missing_ok=True)
        else:
            _in_one_piece(target, frame.write_parquet)
    report = json.dumps(fit.report.as_dict(), indent=2, ensure_ascii=False) + "\n"
    _in_one_piece(
        path.with_name(f"{path.stem}.fit.json"), lambda part: part.write_text(report, encoding="utf-8")
    )
    text = model_to_toml(model.model_copy(update=names))
    _in_one_piece(path, lambda part: part.write_text(text, encoding="utf-8"))


def updated(kept: Model, fitted: Model, source: str) -> Model:
    """The kept model with all that a fit learns replaced.

    Raises
    ------
    ModelError
        If the fit found a stage that the kept model lacks: where it belongs is for a person to say.
    """
    unknown = [key for key in fitted.stages if key not in kept.stages]
    if unknown:
        message = f"the history has stages that the model lacks: {', '.join(unknown)}; add them, then update"
        raise ModelError(source, [Problem(path="stages", message=message)])
    stages = {
        key: _updated_stage(stage, fitted.stages[key]) if key in fitted.stages else stage
        for key, stage in kept.stages.items()
    }
    sources = {
        key: _updated_source(kept.sources[key], source) if key in kept.sources else source
        for key, source in fitted.sources.items()
    }
    learnt = {"start": fitted.start, "listed_factor": fitted.listed_factor}
    return kept.model_copy(update={**learnt, "stages": stages, "sources": sources})


def _updated_stage(kept: Stage, fitted: Stage) -> Stage:
    exits = {
        name: e.model_copy(update={"clock": kept.exits[name].clock}) if name in kept.exits else e
        for name, e in fitted.exits.items()
    }
    return kept.model_copy(update={"exits": exits, "after": fitted.after})


def _updated_source(kept: Source, fitted: Source) -> Source:
    by_hand = {
        "name": kept.name or fitted.name,
        "cost_per_lead": kept.cost_per_lead,
        "segments": kept.segments,
    }
    return fitted.model_copy(update=by_hand)


def _in_one_piece(path: Path, write: Callable[[Path], object]) -> None:
    part = path.with_name(f".{path.name}.part")
    try:
        write(part)
        part.replace(path)
    except OSError as error:
        problem = Problem(path="", message=f"cannot be written: {error.strerror}")
        raise ModelError(str(path), [problem]) from error
    finally:
        part.unlink(missing_ok=True)
