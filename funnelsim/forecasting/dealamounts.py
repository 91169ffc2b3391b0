"""What an open deal without a listed amount is worth if won: the mean of the law that it is drawn from.

A few thousand futures of one deal hold too few wins to tell the mean of a heavy-tailed law; the law tells it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl

from funnelsim.model.changes import Change, SetValue
from funnelsim.model.files import Funnel
from funnelsim.model.parts import Model
from funnelsim.model.resolve import resolve


def with_mean_amounts(funnel: Funnel, changes: Sequence[Change] = ()) -> Funnel:
    """The funnel with the mean of its law for every open deal without a listed amount.

    That is the mean over the parameter draws, of the law of the deal's segment or else of its source, with
    the changes that hold at the start. It stands where a listed amount would, so it is divided by the mean
    of ``listed_factor``, which the simulation multiplies listed amounts by.
    """
    pipeline = funnel.pipeline
    assert pipeline is not None
    if pipeline["amount"].null_count() == 0:
        return funnel
    kinds = (
        pipeline.filter(pl.col("amount").is_null()).select("source", "segment").unique(maintain_order=True)
    )
    means = [_mean_amount(funnel, changes, *kind) for kind in kinds.iter_rows()]
    filled = (
        pipeline.join(
            kinds.with_columns(pl.Series("of_law", means, dtype=pl.Float64)),
            on=["source", "segment"],
            how="left",
            nulls_equal=True,
            maintain_order="left",
        )
        .with_columns(pl.coalesce("amount", "of_law"))
        .drop("of_law")
    )
    return dataclasses.replace(funnel, pipeline=filled)


def _mean_amount(funnel: Funnel, changes: Sequence[Change], source: str | None, segment: str | None) -> float:
    amounts, factors = [], []
    for model in _models(funnel, changes, segment):
        own = None if segment is None else model.segments[segment].amount
        law = None if source is None else own or model.sources[source].amount
        amounts.append(0.0 if law is None else law.mean())
        factors.append(1.0 if model.listed_factor is None else model.listed_factor.mean())
    factor = float(np.mean(factors))
    return float(np.mean(amounts)) / factor if factor > 0 else 0.0


def _models(funnel: Funnel, changes: Sequence[Change], segment: str | None) -> Iterator[Model]:
    """The model at its start, for each parameter draw as far as amounts go."""
    start = funnel.model.start
    held = [
        change
        for change in changes
        if isinstance(change, SetValue) and (change.start is None or change.start <= start)
    ]
    names = [] if funnel.draws is None else funnel.draws.columns
    drawn = [name for name in names if ".amount" in name or name.startswith("listed_factor")]
    if funnel.draws is None or not drawn:
        yield resolve(funnel.model, changes=held, segment=segment)
        return
    for draw in funnel.draws.select(drawn).unique(maintain_order=True).iter_rows(named=True):
        yield resolve(funnel.model, draw=draw, changes=held, segment=segment)
