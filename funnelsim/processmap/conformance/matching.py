"""Which stage of a model is which stage of a history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from funnelsim.history.files.events import History, HistoryMeta
from funnelsim.model.parts import Model

if TYPE_CHECKING:
    import polars as pl


def matched_stages(found: Mapping[str, str], model: Mapping[str, str]) -> dict[str, str]:
    """Stage of the history -> stage of the model; stages without a partner are missing.

    Keys are compared first, then keys without regard to capitals, then names likewise: "Demo / Call" is
    "demo_call". No stage has two partners.

    Parameters
    ----------
    found, model : mapping of str to str
        Key -> name of the stages of the history and of the model.
    """
    partners: dict[str, str] = {}
    ways = (
        (lambda key, _: key, lambda key, _: key),
        (lambda key, _: _same(key), lambda key, _: _same(key)),
        (lambda key, name: _same(name or key), lambda key, name: _same(name or key)),
        (lambda key, name: _same(name or key), lambda key, _: _same(key)),
        (lambda key, _: _same(key), lambda key, name: _same(name or key)),
    )
    for of_history, of_model in ways:
        taken = set(partners.values())
        free: dict[str, str] = {}
        for key, name in model.items():
            if key not in taken:
                free.setdefault(of_model(key, name), key)
        for key, name in found.items():
            if key not in partners and (partner := free.pop(of_history(key, name), None)):
                partners[key] = partner
    return partners


def stage_partners(meta: HistoryMeta, stages: list[str], model: Model) -> dict[str, str]:
    """`matched_stages` of a history and a model."""
    return matched_stages(
        {key: meta.stages.get(key, "") for key in stages},
        {key: stage.name for key, stage in model.stages.items()},
    )


def visits_in_model(history: History, model: Model) -> pl.DataFrame:
    """The visits of a history, with stages and exits called as the model calls them."""
    import polars as pl

    partners = stage_partners(history.meta, list(history.meta.stages), model)
    own = {stage: key for stage, key in partners.items() if stage != key}
    return history.visits.with_columns(pl.col("stage", "exit").cast(pl.String).replace(own))


def _same(text: str) -> str:
    """Letters and digits, small: what two spellings of one stage share."""
    return "".join(c for c in text.casefold() if c.isalnum()) or text
