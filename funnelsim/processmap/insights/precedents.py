"""What precedes a win more often than a loss.

For a stage "reached", deals that reached it and ended are split by what had happened before they reached it
first. What happened later is not looked at: a deal that lasts longer has more time to visit a stage, and
would seem to win because of it (immortal time).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

import polars as pl

from funnelsim.core.calendar.elapsed import days_between
from funnelsim.documents.map_insights import Precedent, Precedents, Step
from funnelsim.history.covariates import Covariate, deal_covariates
from funnelsim.processmap.insights.cohort import old_enough
from funnelsim.processmap.journeys import Journeys
from funnelsim.processmap.proportions import contrasted

#: Of a map with more stages the most entered ones are looked at.
MOST_STAGES = 30


def precedents(journeys: Journeys) -> Precedents:
    """Win rates with and without an earlier stage, and by property of the deal; the clear ones."""
    covariates = deal_covariates(journeys.history)
    rows = [*_by_stage(journeys), *_by_property(journeys, covariates.used)]
    tested, too_small = contrasted(rows)
    state = journeys.deals["state"]
    ended = journeys.deals.filter(pl.col("state") != "open")
    return Precedents(
        found=tuple(row for row in tested if row.clear),
        tested=len(tested),
        too_small=too_small,
        open=int((state == "open").sum()),
        young=ended.height - old_enough(ended, "created", "days", journeys.history.meta).height,
        refused={one.covariate: one.reason for one in covariates.refused},
    )


def _by_stage(journeys: Journeys) -> Iterator[Precedent]:
    """A stage visited before another was reached first, for all pairs of stages."""
    first = (
        journeys.visits.group_by("d", "stage", maintain_order=True)
        .agg(pl.col("step").first(), pl.col("entered").first())
        .join(journeys.deals.select("d", "state", "closed"), on="d", maintain_order="left")
    )
    counts = first.group_by("stage").len().sort("len", "stage", descending=[True, False])
    most = set(counts["stage"].head(MOST_STAGES))
    first = first.filter(pl.col("stage").is_in(list(most)))
    for reached in (stage for stage in journeys.stages if stage in most):
        yield from _reached(journeys, first, reached)


def _reached(journeys: Journeys, first: pl.DataFrame, reached: str) -> Iterator[Precedent]:
    there = first.filter(pl.col("stage") == reached)
    ended = there.filter(pl.col("state") != "open").with_columns(after=days_between("entered", "closed"))
    compared = old_enough(ended.filter(pl.col("after") >= 0), "entered", "after", journeys.history.meta)
    still_open = there.filter(pl.col("state") == "open")
    followed = pl.concat([compared.select("d", "step", "state"), still_open.select("d", "step", "state")])
    before = (
        first.select("d", "stage", earlier="step")
        .join(followed, on="d")
        .filter(pl.col("earlier") < pl.col("step"))
        .group_by("stage")
        .agg(*_tally())
    )
    all_of_them = followed.select(*_tally()).row(0)
    found = {stage: counts for stage, *counts in before.iter_rows()}
    for stage in journeys.stages:
        if stage in found:
            yield _precedent("visited", stage, found[stage], all_of_them, reached)


def _by_property(journeys: Journeys, covariates: Sequence[Covariate]) -> Iterator[Precedent]:
    """Each value of a property against all others, among all deals that ended; leaks are left out."""
    deals = journeys.deals
    ended = deals.filter(pl.col("state") != "open", pl.col("days").is_not_null())
    compared = old_enough(ended, "created", "days", journeys.history.meta)
    followed = pl.concat([compared, deals.filter(pl.col("state") == "open")]).select("d", "state")
    for covariate in covariates:
        counts = (
            followed.with_columns(level=covariate.level[followed["d"].to_numpy()])
            .filter(pl.col("level") >= 0)
            .group_by("level")
            .agg(*_tally())
            .sort("level")
        )
        all_of_them = counts.select(pl.exclude("level").sum()).row(0)
        for level, *known in counts.iter_rows():
            yield _precedent(cast(Step, covariate.key), covariate.levels[level], known, all_of_them, "")


def _tally() -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    """Wins, ended deals, open deals."""
    state = pl.col("state")
    return (
        (state == "won").sum().alias("won"),
        (state != "open").sum().alias("of"),
        (state == "open").sum().alias("open"),
    )


def _precedent(kind: Step, key: str, counts: list[int], total: tuple[int, ...], reached: str) -> Precedent:
    won, of, still_open = counts
    return Precedent(
        kind=kind,
        key=key,
        reached=reached,
        n=won,
        of=of,
        open=still_open,
        other_n=total[0] - won,
        other_of=total[1] - of,
        other_open=total[2] - still_open,
    )
