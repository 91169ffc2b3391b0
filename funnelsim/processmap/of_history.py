"""The map of a process as it really runs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import polars as pl

import funnelsim
from funnelsim.core.calendar.elapsed import days_between
from funnelsim.core.nouns import counted, plural_noun, verb
from funnelsim.documents.process_map import MapDocument
from funnelsim.documents.shared import Provenance
from funnelsim.history.files.events import History
from funnelsim.processmap.discovery import discover
from funnelsim.processmap.paths import stage_names
from funnelsim.processmap.selection import Selected, Selection, select
from funnelsim.processmap.variants import variants

MIN_SHARE = 0.02
TOP = 10
_ASSUMPTIONS = (
    "Days in stage are the time by which half, or 80 %, of the visits had ended; a visit that is still open "
    "counts as at least as long as it has lasted (Kaplan-Meier).",
    "Went on: of the visits that have ended, the share that led to a later stage or to a win.",
)


def history_map(
    history: History, *, selection: Selection | None = None, min_share: float = MIN_SHARE, top: int = TOP
) -> MapDocument:
    """The map of a history.

    Parameters
    ----------
    history : History
    selection : Selection, optional
        Only these leads.
    min_share : float, default 0.02
        Moves of a smaller share of the ended visits of their origin are left out.
    top : int, default 10
        So many of the most frequent paths.

    Raises
    ------
    SelectionError
        If a value of the selection does not occur, or no lead fits.
    """
    return map_of_selected(select(history, selection or Selection()), min_share=min_share, top=top)


def map_of_selected(selected: Selected, *, min_share: float = MIN_SHARE, top: int = TOP) -> MapDocument:
    """The map of the leads that `select` has chosen; see `history_map`."""
    history, meta = selected.history, selected.history.meta
    found = discover(history, min_share=min_share)
    paths, paths_in_all = variants(history, found.order.stages, top)
    leads = history.deals.join(history.visits, on="deal", how="semi")
    outcome = leads["outcome"]
    first = leads["created"].min()
    return MapDocument(
        format=1,
        command="map",
        provenance=Provenance(version=funnelsim.__version__),
        name=meta.name,
        noun=meta.noun,
        currency=meta.currency,
        amount_is=meta.amount_is,
        stage_names=stage_names(meta),
        as_of=meta.last_day,
        of="history",
        start=first.date() if isinstance(first, dt.datetime) else None,
        end=meta.last_day,
        filters=selected.filters,
        leads=leads.height,
        outcomes=found.outcomes,
        stages=found.stages,
        moves=found.moves,
        hidden=found.hidden,
        won=int((outcome == "won").sum()),
        churned=int((outcome == "churned").sum()),
        ended=int((~outcome.is_in(["won", "churned"])).sum()),
        open=outcome.null_count(),
        median_days_to_win=_median_days_to_win(leads),
        variants=tuple(paths),
        variants_in_all=paths_in_all,
        assumptions=_ASSUMPTIONS,
        warnings=(*selected.notes, *_warnings(history, leads.height, len(found.stages))),
    )


def _median_days_to_win(leads: pl.DataFrame) -> float | None:
    won = leads.filter(pl.col("outcome") == "won")
    median = won.select(days=days_between("created", "closed"))["days"].median()
    return float(median) if isinstance(median, float) else None


def _warnings(history: History, in_map: int, stages: int) -> Iterator[str]:
    meta = history.meta
    nouns = plural_noun(meta.noun)
    if without := history.deals.height - in_map:
        yield (
            f"{counted(without, meta.noun)} {verb(without, 'have')} no dated stage and "
            f"{verb(without, 'are')} not in the map"
        )
    if not meta.losses_recorded:
        yield (
            f"the export records no losses: {nouns} that were lost look open, so how many went on is "
            "unknown, and so are win rates"
        )
    if meta.observed_from is not None:
        day = f"{meta.observed_from:%Y-%m-%d}"
        yield (
            f"closings are recorded only from {day} on: days in stage are of visits that began on that day "
            f"or later, and {nouns} that closed before it are missing from all counts"
        )
    if stages == 1:
        yield (
            f"the history has one stage: where {nouns} slow down or are lost is not known. Import a log of "
            "stage changes, or columns with the date on which each stage was entered"
        )
