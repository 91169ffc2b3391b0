"""Models in a store: what a forecast was made from, to make it again on newer data."""

from __future__ import annotations

import io
import tomllib
from dataclasses import dataclass

import polars as pl

from funnelsim.model.files.model_files import BESIDE, Funnel, funnel_of, model_to_toml
from funnelsim.model.files.read import read_document


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredModel:
    """A model as the database keeps it.

    Attributes
    ----------
    toml : str
        Without the names of its files.
    draws, pipeline : bytes or None
        Parquet. The pipeline is that of the forecast, which may be newer than that of the model.
    """

    toml: str
    draws: bytes | None
    pipeline: bytes | None

    @classmethod
    def of(cls, model: Funnel, pipeline: pl.DataFrame | None) -> StoredModel:
        """A model, and the open deals of the forecast."""
        bare = model.model.model_copy(update=dict.fromkeys((*BESIDE, "fit")))
        return cls(toml=model_to_toml(bare), draws=_parquet(model.draws), pipeline=_parquet(pipeline))

    def funnel(self) -> Funnel | None:
        """The model without open deals; None if this version of funnelsim cannot read it."""
        model, problems = read_document(tomllib.loads(self.toml))
        if model is None or problems:
            return None
        return funnel_of(model, draws=_frame(self.draws))

    def open_deals(self) -> pl.DataFrame | None:
        """The open deals of the forecast."""
        return _frame(self.pipeline)


def _parquet(frame: pl.DataFrame | None) -> bytes | None:
    if frame is None:
        return None
    held = io.BytesIO()
    frame.write_parquet(held, compression="zstd")
    return held.getvalue()


def _frame(content: bytes | None) -> pl.DataFrame | None:
    return None if content is None else pl.read_parquet(io.BytesIO(content))
