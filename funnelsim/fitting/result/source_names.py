"""Sources of a model from the labels of the CRM."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from funnelsim.history.values.labels import slug

#: Sources with fewer deals than this, and those beyond the largest `_MOST`, are merged into `other`.
FEWEST_DEALS, _MOST = 20, 12
_ALL, _OTHER, _UNKNOWN = "all", "other", "unknown"


@dataclass(frozen=True, kw_only=True)
class SourceKeys:
    """Each deal's source in the model.

    Attributes
    ----------
    key : Series of str
        One a deal, in the order of the history's deals.
    names : dict of str to str
        Key to the name on screen, largest source first.
    joined : tuple of str
        Labels of the CRM merged into `other`.
    """

    key: pl.Series
    names: dict[str, str]
    joined: tuple[str, ...]


def source_keys(deals: pl.DataFrame) -> SourceKeys:
    """Sources of a history's deals, small ones merged; a deal without one belongs to `unknown`."""
    words = deals["source"]
    if words.null_count() == len(words):
        return SourceKeys(key=pl.Series([_ALL] * len(words), dtype=pl.String), names={_ALL: "All"}, joined=())
    counts = Counter(words.drop_nulls().to_list())
    kept = [w for w, n in sorted(counts.items(), key=lambda item: (-item[1], item[0])) if n >= FEWEST_DEALS][
        :_MOST
    ]
    joined = sorted(set(counts) - set(kept))
    if len(joined) == 1:
        kept, joined = [*kept, *joined], []
    reserved = {""} | ({_OTHER} if joined else set()) | ({_UNKNOWN} if words.null_count() else set())
    key_of = distinct_keys(kept, reserved)
    names = {key: word for word, key in key_of.items()}
    if joined:
        names[_OTHER] = "Other"
    if words.null_count():
        names[_UNKNOWN] = "Not recorded"
    keys = [_UNKNOWN if w is None else key_of.get(w, _OTHER) for w in words.to_list()]
    return SourceKeys(key=pl.Series(keys, dtype=pl.String), names=names, joined=tuple(joined))


def distinct_keys(words: Sequence[str], reserved: set[str]) -> dict[str, str]:
    """Word to key; two words with the same slug, or a slug with a meaning of its own, get a number."""
    taken = set(reserved)
    result = {}
    for word in words:
        stem = slug(word) or "source"
        key, number = stem, 2
        while key in taken:
            key, number = f"{stem}_{number}", number + 1
        taken.add(key)
        result[word] = key
    return result
