"""Times over their target and conversions under it."""

from __future__ import annotations

import polars as pl

from funnelsim.core.calendar.elapsed import days_between
from funnelsim.documents.map_conformance import LateStage, StageConversion
from funnelsim.model.flows.ways_on import ways_on
from funnelsim.model.parts import Model
from funnelsim.processmap.conformance.affected import affected, extended
from funnelsim.processmap.journeys import Journeys
from funnelsim.processmap.proportions import wilson


def late_stages(
    journeys: Journeys, partners: dict[str, str], model: Model
) -> tuple[list[LateStage], pl.DataFrame]:
    """One record for each stage with a target for the time in it, and the visits over a target.

    An open visit counts once it is over the target; until then nobody knows.
    """
    as_of, observed = journeys.history.meta.as_of, journeys.history.meta.observed_from
    made, late = [], [journeys.visits.clear()]
    for stage, key in _in_order(journeys, partners):
        target = model.stages[key].targets.dwell
        if target is None:
            continue
        visits = journeys.visits.filter(pl.col("stage") == stage).with_columns(
            so_far=pl.coalesce("days", days_between("entered", pl.lit(as_of)))
        )
        # Times are whole microseconds: a day of 86,400 s compares exactly, a fraction to one part in 1e15.
        over = visits.filter(pl.col("so_far") > target * (1 + 1e-12))
        # Of visits that began before exits were recorded only long ones are in the data (left truncation):
        # they are listed, but are no part of a share.
        since = visits if observed is None else visits.filter(pl.col("entered") >= observed)
        over_since = over if observed is None else over.filter(pl.col("entered") >= observed)
        ended = since.drop_nulls("days")
        decided = ended.height + over_since["left"].null_count()
        leads = affected(journeys, over, visits["d"].n_unique())
        median = ended["days"].median()
        made.append(
            extended(
                LateStage,
                leads,
                stage=stage,
                target_days=target,
                visits=decided,
                over=over_since.height,
                over_share=over_since.height / decided if decided else None,
                median_days=median,
                undecided=since.height - decided,
            )
        )
        late.append(over.drop("so_far"))
    return made, pl.concat(late)


def conversions(journeys: Journeys, partners: dict[str, str], model: Model) -> list[StageConversion]:
    """One record for each stage with a target for its conversion.

    A visit goes on if it leaves for a later stage, for what books or the win. The order is the model's; for
    stages it lacks, the history's.
    """
    made = []
    for stage, key in _in_order(journeys, partners):
        target = model.stages[key].targets.conversion
        if target is None:
            continue
        onward = ways_on(model.stages, key, model.goal.books_at)
        later = ways_on(journeys.stages, stage)
        places = [s for s in journeys.stages if (partners[s] in onward if s in partners else s in later)]
        visits = journeys.visits.filter(pl.col("stage") == stage)
        ended = visits.drop_nulls("exit")
        goes_on = pl.col("exit").cast(pl.String).is_in([*places, *(onward - {*model.stages})])
        on, left = ended.filter(goes_on), ended.filter(~goes_on)
        share = wilson(on.height, ended.height)
        missing = max(target * ended.height - on.height, 0.0)
        mean = journeys.deals.join(left.select("d").unique(), on="d", how="semi")["value"].mean()
        concerned = pl.concat([left.select("d"), visits.filter(pl.col("exit").is_null()).select("d")])
        made.append(
            extended(
                StageConversion,
                affected(journeys, concerned, visits["d"].n_unique()),
                stage=stage,
                target=target,
                ended=ended.height,
                went_on=on.height,
                conversion=share.value,
                low=share.low,
                high=share.high,
                missing=missing,
                missing_money=missing * mean if isinstance(mean, float) else None,
                clear=share.high is not None and share.high < target,
            )
        )
    return made


def _in_order(journeys: Journeys, partners: dict[str, str]) -> list[tuple[str, str]]:
    return [(stage, partners[stage]) for stage in journeys.stages if stage in partners]
