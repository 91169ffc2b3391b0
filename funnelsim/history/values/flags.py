"""Columns of true and false, in any language."""

from __future__ import annotations

import polars as pl

from funnelsim.history.values.outcome_words import NO_WORDS, YES_WORDS
from funnelsim.history.values.words import folded

#: A column with more different values than this holds no flags.
_MOST_FLAGS = 100


def read_flag(column: pl.Series) -> pl.Series:
    """Flags in any spelling; null if missing."""
    words = column.cast(pl.String).unique()
    known = {word: folded(word) for word in words.drop_nulls()} if len(words) <= _MOST_FLAGS else {}
    flags = {word: plain in YES_WORDS for word, plain in known.items() if plain in YES_WORDS | NO_WORDS}
    return column.cast(pl.String).replace_strict(flags, default=None, return_dtype=pl.Boolean)
