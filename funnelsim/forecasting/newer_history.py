"""Start a model from a newer history: open deals and start from the history, parameters from the model.

Nothing is fitted. The rate of a source with growth is moved along its trend, so that as many leads are
expected on any day as before the move.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from funnelsim.core.calendar.time import MONTH_DAYS
from funnelsim.core.errors import HistoryError, Problem, did_you_mean
from funnelsim.core.nouns import counted, plural_noun
from funnelsim.history.files.as_of_dates import as_of_text, date_text
from funnelsim.history.files.events import History
from funnelsim.history.files.folder import read_history
from funnelsim.metrics.history_match import mismatch
from funnelsim.model.files.model_files import BESIDE, Funnel, funnel_of, model_to_toml
from funnelsim.model.parts import Model

_CODE = re.compile(r"[A-Z]{3}")
#: Names that a fit gives to merged segments.
_REST = ("all others", "the rest")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A funnel that starts where its newer history ends.

    Attributes
    ----------
    history : History, path or None
        Already read, where it had to be read.
    warnings : tuple of str
    """

    funnel: Funnel
    history: History | Path | str | None
    warnings: tuple[str, ...] = ()


def start_from(funnel: Funnel, history: History | Path | str | None) -> Moved:
    """The funnel as of the end of a history, if that is later than its own start.

    A model without open deals that no fit has written keeps its start; so does every model without a history
    given.

    Raises
    ------
    HistoryError
        If the history ends before a fitted model starts, is of another company or in another currency, or has
        open deals in stages that the model does not have.
    """
    model = funnel.model
    if history is None or (funnel.pipeline is None and model.fit is None):
        return Moved(funnel=funnel, history=history)
    name = str(history) if isinstance(history, str | os.PathLike) else "history"
    known = read_history(history) if isinstance(history, str | os.PathLike) else history
    from funnelsim.fitting.result.pipeline import model_start  # a plain forecast loads nothing of a fit

    start = model_start(known.meta.as_of)
    if start == model.start:
        return Moved(funnel=funnel, history=known)
    if problem := mismatch(known, funnel):
        raise HistoryError(name, [Problem(path="", message=problem)])
    if start < model.start:
        if model.fit is None:
            return Moved(funnel=funnel, history=known)
        raise HistoryError(name, [_too_old(known, model)])
    if problems := [*_other_currency(known, model), *_unknown_stages(known, model)]:
        raise HistoryError(name, problems)
    pipeline, warnings = _open_deals(known, funnel)
    return Moved(
        funnel=started_at(funnel, start, pipeline if pipeline.height else None),
        history=known,
        warnings=tuple(warnings),
    )


def parameters_sha256(funnel: Funnel) -> str:
    """Hash of the parameters of a model: what stays the same when it starts from a newer history."""
    model = funnel.model
    update: dict[str, object] = dict.fromkeys((*BESIDE, "fit"))
    update["goal"] = model.goal.model_copy(update={"quota": None})
    if not any(source.growth for source in model.sources.values()):
        update["start"] = dt.date(2000, 1, 1)
    digest = hashlib.sha256(model_to_toml(model.model_copy(update=update)).encode())
    if funnel.draws is not None:
        digest.update(funnel.draws.write_csv().encode())
    return digest.hexdigest()


def started_at(funnel: Funnel, start: dt.date, pipeline: pl.DataFrame | None) -> Funnel:
    """The funnel with another start and other open deals, and the same forecast of new leads for any day."""
    model, draws = funnel.model, funnel.draws
    months = (start - model.start).days / MONTH_DAYS
    grown = {key: (1 + source.growth) ** months for key, source in model.sources.items() if source.growth}
    sources = {
        key: source.model_copy(update={"rate": source.rate * grown[key]}) if key in grown else source
        for key, source in model.sources.items()
    }
    if draws is not None and grown:
        draws = draws.with_columns(
            _drawn_rate(draws, key, months, factor)
            for key, factor in grown.items()
            if f"sources.{key}.rate" in draws.columns
        )
    update = {"start": start, "sources": sources, "pipeline": None, "draws": None}
    moved = funnel_of(model.model_copy(update=update), draws=draws, pipeline=pipeline, path=funnel.path)
    named = moved.model.model_copy(update={"pipeline": model.pipeline, "draws": model.draws})
    return dataclasses.replace(moved, model=named)


def _drawn_rate(draws: pl.DataFrame, source: str, months: float, factor: float) -> pl.Expr:
    rate, growth = f"sources.{source}.rate", f"sources.{source}.growth"
    by_draw = (1 + pl.col(growth)) ** months if growth in draws.columns else pl.lit(factor)
    return (pl.col(rate) * by_draw).alias(rate)


def _too_old(history: History, model: Model) -> Problem:
    message = (
        f"ends on {as_of_text(history.meta.as_of)}, but the model already starts on "
        f"{date_text(model.start)}: it would forecast a day that it has learned from"
    )
    return Problem(path="", message=message, hint="give a later export, or leave --history out")


def _other_currency(history: History, model: Model) -> list[Problem]:
    codes = {model.currency, history.meta.currency}
    if len(codes) == 1 or not all(_CODE.fullmatch(code) for code in codes):
        return []
    message = f'is in {history.meta.currency}, but the model "{model.name}" is in {model.currency}'
    return [Problem(path="", message=message, hint="import it with the currency of the model, or fit again")]


def _unknown_stages(history: History, model: Model) -> list[Problem]:
    still_open = history.visits.filter(pl.col("left").is_null())
    strange = still_open.filter(~pl.col("stage").is_in(list(model.stages)))
    counts = strange.group_by("stage").agg(pl.col("deal").n_unique()).sort("stage")
    return [
        Problem(
            path="",
            message=f'{counted(deals, f"open {model.noun}")} in the stage "{stage}", which the model does '
            f"not have; it has {', '.join(model.stages)}",
            hint=did_you_mean(stage, list(model.stages))
            or "if a stage is new or renamed, fit again; if the model "
            "was fitted with --start-at, give it here too",
        )
        for stage, deals in counts.iter_rows()
    ]


def _open_deals(history: History, funnel: Funnel) -> tuple[pl.DataFrame, list[str]]:
    """The open deals of a history, with the sources and segments of the model."""
    from funnelsim.fitting.result.pipeline import open_pipeline

    model, warnings = funnel.model, []
    source = _sources(history.deals, model)
    if any(stage.work for stage in model.stages.values()):
        from funnelsim.fitting.workload.fit import fit_work, with_states

        work = fit_work(history)
        pipeline = with_states(open_pipeline(work.history if work else history, source), work)
    else:
        pipeline = open_pipeline(history, source)
    segment = _segments(history.deals, funnel)
    own = history.deals.select(pl.col("deal").alias("lead"), "source", segment=segment)
    columns, known = pipeline.columns, list(model.stages)
    pipeline = pipeline.drop("segment").join(
        own.select("lead", "segment"), on="lead", how="left", maintain_order="left"
    )
    if gone := set(pipeline["visits"].explode().unique().drop_nulls()) - set(known):
        warnings.append(
            f"open {plural_noun(model.noun)} have been in stages that the model does not have "
            f"({', '.join(sorted(gone))}); these visits are ignored"
        )
    visits = pl.col("visits").list.eval(pl.element().filter(pl.element().is_in(known)))
    pipeline = pipeline.with_columns(visits).select(columns)
    return pipeline, [*warnings, *_doubts(pipeline, own, model)]


def _doubts(pipeline: pl.DataFrame, labels: pl.DataFrame, model: Model) -> Iterator[str]:
    """Warnings about open deals whose source or segment the model does not know."""
    still_open = labels.join(pipeline.select("lead"), on="lead", how="semi")
    strange = still_open.filter(pl.col("source").is_in(_strange_sources(still_open, model)))
    if strange.height:
        yield (
            f"{counted(strange.height, f'open {model.noun}')} of sources that the model does not have "
            f"({', '.join(strange['source'].unique().sort().head(3))}): forecast like those of "
            f'"{model.sources[largest_source(model)].name or largest_source(model)}"; fit again to learn them'
        )
    unknown = still_open["segment"].null_count()
    if model.segments and unknown:
        yield (
            f"the segment of {counted(unknown, f'open {model.noun}')} is unknown; they are forecast like "
            "leads without one"
        )


def _sources(deals: pl.DataFrame, model: Model) -> pl.Series:
    """The model's source of each deal: by its label, or as a fit would name it."""
    of_label = _known_sources(deals, model)
    missing = next((key for key in ("unknown", "other") if key in model.sources), largest_source(model))
    keys = [
        missing if label is None else of_label.get(label, largest_source(model))
        for label in deals["source"].to_list()
    ]
    return pl.Series("source", keys, dtype=pl.String)


def _known_sources(deals: pl.DataFrame, model: Model) -> dict[str, str]:
    """Label to source, of those that the model has."""
    from funnelsim.fitting.result.source_names import distinct_keys

    labels = deals["source"].drop_nulls().unique().sort().to_list()
    if len(model.sources) == 1:  # all leads are of one source
        return dict.fromkeys(labels, next(iter(model.sources)))
    by_name = {source.name: key for key, source in model.sources.items() if source.name}
    keys = distinct_keys(labels, set())
    result = {label: by_name.get(label, keys[label]) for label in labels}
    other = "other" if "other" in model.sources else None
    known = {label: key if key in model.sources else other for label, key in result.items()}
    return {label: key for label, key in known.items() if key is not None}


def _strange_sources(deals: pl.DataFrame, model: Model) -> list[str]:
    known = _known_sources(deals, model)
    return [label for label in deals["source"].drop_nulls().unique() if label not in known]


def largest_source(model: Model) -> str:
    """The source with most leads: an open deal of no source would have no amount."""
    return max(model.sources, key=lambda key: model.sources[key].rate)


def _segments(deals: pl.DataFrame, funnel: Funnel) -> pl.Series:
    """The model's segment of each deal, by the column whose values its segments are; null where unknown."""
    segments = funnel.model.segments
    key_of = {segment.name or key: key for key, segment in segments.items()}
    rest = next((key_of[name] for name in _REST if name in key_of), None)
    named = {name for name in key_of if name not in _REST}
    for column in ("segment", "source", "owner", "account"):
        if named and named <= set(deals[column].unique()):
            keys = [None if word is None else key_of.get(word, rest) for word in deals[column].to_list()]
            return pl.Series("segment", keys, dtype=pl.String)
    before = funnel.pipeline if segments else None
    known = {} if before is None else dict(before.select("lead", "segment").iter_rows())
    return pl.Series("segment", [known.get(deal) for deal in deals["deal"]], dtype=pl.String)
