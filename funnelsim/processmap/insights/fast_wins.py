"""What the fastest quarter of wins has in common."""

from __future__ import annotations

import polars as pl

from funnelsim.documents.map_insights import Contrast, FastWins, Step
from funnelsim.history.covariates import amount_bands
from funnelsim.processmap.insights.cohort import old_enough
from funnelsim.processmap.insights.last_wins import step_contrasts
from funnelsim.processmap.journeys import Journeys
from funnelsim.processmap.proportions import FEWEST, contrasted, median

#: A fast win is as fast as this share of wins, or faster; ties are all fast, unless most wins would be.
FAST, _MOST = 0.25, 0.5
_COLUMNS: tuple[Step, ...] = ("source", "segment", "owner", "account")
_MOST_DEALS = 100


def fast_wins(journeys: Journeys) -> FastWins:
    """Traits that fast wins have more or less often than the other wins.

    Only deals that are old enough to have a slow win count: among those created lately all wins are fast.
    """
    won = journeys.deals.filter(pl.col("state") == "won", pl.col("days").is_not_null())
    compared = old_enough(won, "created", "days", journeys.history.meta)
    limit = compared["days"].quantile(FAST, "lower") if compared.height else None
    if limit is None:
        return FastWins(n=0, others=0, left_out=won.height)
    if (compared["days"] <= limit).sum() > _MOST * compared.height:
        faster = compared.filter(pl.col("days") < limit)["days"]
        if faster.is_empty():
            return FastWins(n=0, others=0, left_out=won.height - compared.height)
        limit = float(faster.to_numpy().max())
    fast = compared.filter(pl.col("days") <= limit).sort("days", "deal")
    others = compared.filter(pl.col("days") > limit)
    rows = [
        *(row for key in _COLUMNS for row in _by_level(fast[key], others[key], key)),
        *_by_amount(fast, others),
        *step_contrasts(journeys, fast, others),
    ]
    traits, too_small = contrasted(rows)
    return FastWins(
        n=fast.height,
        others=others.height,
        at_most_days=limit,
        days=median(fast["days"].to_numpy()),
        other_days=median(others["days"].to_numpy()),
        left_out=won.height - compared.height,
        traits=tuple(traits),
        too_small=too_small,
        deals=tuple(fast["deal"].head(_MOST_DEALS)),
    )


def _by_level(fast: pl.Series, others: pl.Series, kind: Step) -> list[Contrast]:
    """One row a value, among the wins of which it is known."""
    known, other_known = fast.drop_nulls(), others.drop_nulls()
    counts = dict(known.value_counts().iter_rows())
    other_counts = dict(other_known.value_counts().iter_rows())
    levels = sorted({*counts, *other_counts})
    if len(levels) < 2:
        return []
    # Accounts and the like have thousands of values with a deal each: those would fill memory for nothing.
    large = [level for level in levels if counts.get(level, 0) + other_counts.get(level, 0) >= FEWEST]
    return [
        Contrast(
            kind=kind,
            key=str(level),
            n=counts.get(level, 0),
            of=len(known),
            other_n=other_counts.get(level, 0),
            other_of=len(other_known),
        )
        for level in large
    ]


def _by_amount(fast: pl.DataFrame, others: pl.DataFrame) -> list[Contrast]:
    """Quarters of the won amounts."""
    values = pl.concat([fast["value"], others["value"]])
    bands = amount_bands(values.fill_null(float("nan")).to_numpy()) if values.count() else None
    if bands is None:
        return []
    names = [None if level < 0 else bands.levels[level] for level in bands.level]
    return _by_level(
        pl.Series(names[: fast.height], dtype=pl.String),
        pl.Series(names[fast.height :], dtype=pl.String),
        "amount",
    )
