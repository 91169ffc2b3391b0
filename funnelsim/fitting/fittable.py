"""Checks before a fit: refuse histories that would give a wrong model or take hours."""

from __future__ import annotations

import datetime as dt

import polars as pl

from funnelsim.core.errors import HistoryError, Problem
from funnelsim.core.nouns import counted
from funnelsim.history.files.as_of_dates import as_of_text
from funnelsim.history.files.events import History
from funnelsim.history.labels.variety import MANY_STAGES

#: A fit takes about a second a stage; the largest published event logs have 400 activities.
_STAGES_AT_MOST = 400
#: From `MANY_STAGES` on there must be enough deals to learn from: ordinarily a stage has far more than two.
_DEALS_A_STAGE = 2
#: A stage of a funnel leads to a few others; each exit is a distribution to learn.
MOST_EXITS = 60
_FEWER = "import again with another column as stage, or list the labels that are stages under [stages]"


#: Only where there is a later date to take.
LATER = "take a later as-of date, or "


def has_later_events(history: History) -> bool:
    """True if the export goes on after the as-of date."""
    last = history.meta.audit.get("last_event")
    return last is None or dt.datetime.fromisoformat(last) >= history.meta.as_of


def check_fittable(history: History) -> None:
    """Refuse a history without a win, and one whose stages are nearly as many as its deals.

    Raises
    ------
    HistoryError
        With what to do about it.
    """
    stages, deals, noun = len(history.meta.stages), history.deals.height, history.meta.noun
    if stages > _STAGES_AT_MOST or (stages > MANY_STAGES and stages * _DEALS_A_STAGE > deals):
        message = f"{stages:,} stages for {counted(deals, noun)}: nothing can be learned from so many"
        hint = _FEWER
        raise HistoryError(history.meta.name, [Problem(path="stages", message=message, hint=hint)])
    _refuse_many_exits(history)
    if history.visits["left"].is_null().all() or _wins(history):
        return
    ended = history.deals["outcome"].drop_nulls().value_counts(sort=True).iter_rows()
    words = ", ".join(f"{number:,} {key}" for key, number in ended) or "none is closed"
    message = f"no {noun} is won by {as_of_text(history.meta.as_of)} ({words}): nothing can be forecast"
    later = LATER if has_later_events(history) else ""
    hint = f'{later}import again and say which labels mean won in a mapping: [outcomes] won = ["the label"]'
    raise HistoryError(history.meta.name, [Problem(path="deals", message=message, hint=hint)])


def _refuse_many_exits(history: History) -> None:
    exits = dict(history.visits.group_by("stage").agg(pl.col("exit").drop_nulls().n_unique()).iter_rows())
    problems = [
        Problem(
            path=f"stages.{key}",
            message=f'"{name}" leads to {exits[key]} stages and outcomes; a fit allows up to {MOST_EXITS}',
            hint=_FEWER,
        )
        for key, name in history.meta.stages.items()
        if exits.get(key, 0) > MOST_EXITS
    ]
    if problems:
        raise HistoryError(history.meta.name, problems)


def _wins(history: History) -> bool:
    return bool(history.deals.select((pl.col("outcome") == "won").any()).item()) or bool(
        history.visits.select((pl.col("exit") == "won").any()).item()
    )
