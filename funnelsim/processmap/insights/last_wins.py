"""The last won deals against those before them."""

from __future__ import annotations

import datetime as dt

import polars as pl

from funnelsim.core.calendar.elapsed import days_between
from funnelsim.documents.map_insights import Contrast, LastWins, PathShare, Wins, WonDeal
from funnelsim.processmap.insights.cohort import ENOUGH
from funnelsim.processmap.insights.parked import parked_stages
from funnelsim.processmap.journeys import Journeys
from funnelsim.processmap.proportions import FEWEST, contrasted, median

#: Paths shown of the last wins, the most frequent first.
MOST_PATHS = 5


def last_wins(journeys: Journeys, asked: int) -> LastWins:
    """Paths, times and amounts of the last `asked` wins, and how they differ from all wins before.

    Parameters
    ----------
    journeys : Journeys
    asked : int
        Wins of the same instant are ordered by deal.
    """
    # Among wins by day of closing all are recorded, whenever the deal was created.
    won = (
        journeys.deals.filter(pl.col("state") == "won")
        .with_columns(days=days_between("created", "closed"))
        .sort("closed", "deal", descending=[True, False])
    )
    last, before = won.head(asked), won.slice(asked)
    steps, _ = contrasted(step_contrasts(journeys, last, before))
    return LastWins(
        asked=asked,
        wins=_wins(last),
        before=_wins(before, since=_seasoned(journeys, won)),
        paths=_paths(journeys, last, before),
        steps=tuple(steps),
        deals=tuple(_won_deals(journeys, last)),
    )


def _seasoned(journeys: Journeys, won: pl.DataFrame) -> dt.datetime | None:
    """From when on wins take as long as they do: the first to close in a young history are the fast ones."""
    begun, slow = journeys.deals["created"].min(), won["days"].quantile(ENOUGH, "higher")
    if not isinstance(begun, dt.datetime) or slow is None:
        return None
    return begun + dt.timedelta(days=slow)


def _wins(deals: pl.DataFrame, since: dt.datetime | None = None) -> Wins:
    """The times are those of wins that closed at `since` or later, if so many are to be compared."""
    if deals.is_empty():
        return Wins()
    amounts, timed = deals["value"].drop_nulls(), deals
    if since is not None:
        timed = deals.filter(pl.col("closed") >= since)
        timed = timed if timed.height >= FEWEST else timed.clear()
    return Wins(
        n=deals.height,
        first=deals["closed"].dt.date().min(),
        last=deals["closed"].dt.date().max(),
        days=median(timed["days"].drop_nulls().to_numpy()),
        amount=median(amounts.to_numpy()),
        total=float(amounts.sum()) if len(amounts) else None,
    )


def step_contrasts(journeys: Journeys, first: pl.DataFrame, second: pl.DataFrame) -> list[Contrast]:
    """Stages left out, and stages repeated, in two groups of won deals: counts only.

    A stage that no deal ever entered is not left out, and neither is one where deals are parked.
    """
    groups = pl.concat([first.select("d", group=pl.lit(0)), second.select("d", group=pl.lit(1))])
    visited = (
        journeys.visits.join(groups, on="d")
        .group_by("d", "group", "place")
        .len()
        .group_by("group", "place")
        .agg(pl.len().alias("visited"), (pl.col("len") > 1).sum().alias("repeated"))
    )
    counts = {(group, place): (v, r) for group, place, v, r in visited.iter_rows()}
    sizes, used = (first.height, second.height), set(journeys.visits["place"].unique())
    parked = {*parked_stages(journeys.history.meta.stages)}
    made: list[Contrast] = []
    for place, stage in enumerate(journeys.stages):
        if place not in used:
            continue
        (v0, r0), (v1, r1) = (counts.get((group, place), (0, 0)) for group in (0, 1))
        of = {"of": sizes[0], "other_of": sizes[1]}
        if stage not in parked:
            made.append(Contrast(kind="without", key=stage, n=sizes[0] - v0, other_n=sizes[1] - v1, **of))
        made.append(Contrast(kind="repeated", key=stage, n=r0, other_n=r1, **of))
    return made


def _paths(journeys: Journeys, last: pl.DataFrame, before: pl.DataFrame) -> tuple[PathShare, ...]:
    counts = _path_counts(journeys, last)
    earlier = dict(_path_counts(journeys, before).iter_rows())
    made = []
    for text, n in counts.head(MOST_PATHS).iter_rows():
        then = earlier.get(text, 0)
        made.append(
            PathShare(
                path=tuple(journeys.stages[int(place)] for place in text.split()),
                n=n,
                share=n / last.height,
                before=then,
                before_share=then / before.height if before.height else None,
            )
        )
    return tuple(made)


def _path_counts(journeys: Journeys, deals: pl.DataFrame) -> pl.DataFrame:
    """How many deals took each path: places as text, and the number; the most frequent first."""
    return (
        journeys.visits.join(deals.select("d"), on="d", how="semi")
        .group_by("d", maintain_order=True)
        .agg(pl.col("place").cast(pl.String).str.join(" ").alias("path"))
        .group_by("path")
        .len()
        .sort("len", "path", descending=[True, False])
    )


def _won_deals(journeys: Journeys, deals: pl.DataFrame) -> list[WonDeal]:
    paths = dict(
        journeys.visits.join(deals.select("d"), on="d", how="semi")
        .group_by("d", maintain_order=True)
        .agg("stage")
        .iter_rows()
    )
    used = journeys.visits["place"].unique().sort()
    parked = parked_stages(journeys.history.meta.stages)
    possible = [journeys.stages[place] for place in used if journeys.stages[place] not in parked]
    made = []
    for row in deals.iter_rows(named=True):
        path = paths.get(row["d"], [])
        made.append(
            WonDeal(
                deal=row["deal"],
                account=row["account"] or "",
                name=row["name"] or "",
                closed=row["closed"].date(),
                amount=row["value"],
                days=row["days"],
                path=tuple(path),
                without=tuple(stage for stage in possible if stage not in path),
                repeated=tuple(stage for stage in dict.fromkeys(path) if path.count(stage) > 1),
            )
        )
    return made
