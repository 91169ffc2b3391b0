"""A history whose funnel begins at a later stage: opportunities without the leads before them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import polars as pl

from funnelsim.core.errors import did_you_mean
from funnelsim.core.nouns import plural_noun
from funnelsim.history.files.events import History
from funnelsim.history.history_error import history_error


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A history that begins at a stage.

    Attributes
    ----------
    history : History
    stage : str
        The name of the stage.
    never_reached : dict of str to int
        Deals left out because they reached neither it nor a later stage, by outcome or ``open``.
    """

    history: History
    stage: str
    never_reached: dict[str, int]

    @property
    def words(self) -> str:
        """``begins at Demo: 1,204 of 3,046 deals never reached it ... and are left out``."""
        left_out, noun = sum(self.never_reached.values()), self.history.meta.noun
        total = left_out + self.history.deals.height
        if not left_out:
            return f"the funnel begins at {self.stage}, which all {total:,} {plural_noun(noun)} reached"
        kinds = ", ".join(f"{count:,} {outcome}" for outcome, count in self.never_reached.items())
        return (
            f"the funnel begins at {self.stage}: {left_out:,} of {total:,} {plural_noun(noun)} reached "
            f"neither it nor a later stage and are left out ({kinds})"
        )


def start_at(history: History, stage: str) -> Started:
    """The history from a stage on: earlier stages are dropped from each deal.

    A deal begins when it first enters the stage or, if it skipped it, a later one; deals that never did are
    left out. A return to an earlier stage counts as time in the stage that it came from, so that no time is
    lost.

    Parameters
    ----------
    history : History
    stage : str
        Key or name of a stage.

    Raises
    ------
    HistoryError
        If there is no such stage, or no deal has reached it.
    """
    key = _key_of(history, stage)
    keys = list(history.meta.stages)
    kept = keys[keys.index(key) :]
    visits = _visits(history.visits, kept)
    begun = visits.group_by("deal").agg(begun=pl.col("entered").min())
    deals = history.deals.join(begun, on="deal", how="inner", maintain_order="left").with_columns(
        created=pl.col("begun")
    )
    name = history.meta.stages[key]
    if deals.is_empty():
        raise history_error(history.meta.name, f"no {history.meta.noun} has reached {name}", at="start-at")
    gone = history.deals.join(begun, on="deal", how="anti").select(pl.col("outcome").fill_null("open"))
    counts = gone["outcome"].value_counts().sort("count", "outcome", descending=[True, False])
    only = deals.select("deal")

    def of_kept(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.join(only, on="deal", how="semi", maintain_order="left")

    started = Started(
        history=replace(
            history,
            visits=visits,
            deals=deals.drop("begun"),
            meta=replace(history.meta, stages={k: history.meta.stages[k] for k in kept}),
            plans=of_kept(history.plans),
            retracted=of_kept(history.retracted),
            work=of_kept(history.work).filter(pl.col("stage").is_in(kept)),
        ),
        stage=name,
        never_reached=dict(counts.iter_rows()),
    )
    return replace(started, history=_noted(started))


def _noted(started: Started) -> History:
    """The history with a line in its audit, which counts the whole export; a warning if wins are left out."""
    history, words = started.history, started.words
    audit = history.meta.audit
    if not audit:
        return history
    note = {
        "check": "start_at",
        "level": "warning" if started.never_reached.get("won") else "note",
        "count": started.never_reached.get("won", 0),
        "text": f"The counts are of the whole export; {words}",
    }
    checks = [*audit.get("checks", ()), note]
    return replace(history, meta=replace(history.meta, audit=audit | {"checks": checks}))


def _key_of(history: History, stage: str) -> str:
    stages = history.meta.stages
    if stage in stages:
        return stage
    named = [key for key, name in stages.items() if name.casefold() == stage.strip().casefold()]
    if len(named) == 1:
        return named[0]
    names = list(stages.values())
    hint = did_you_mean(stage, [*stages, *names]) or f"choose from {', '.join(names)}"
    raise history_error(history.meta.name, f'there is no stage "{stage}"', at="start-at", hint=hint)


def _visits(visits: pl.DataFrame, kept: list[str]) -> pl.DataFrame:
    """Visits to the stages kept; one from which a deal went back lasts until it is at a stage kept again."""
    inside = pl.col("stage").is_in(kept)
    # In the order of each deal; a stage change at one instant keeps the order of the log.
    ordered = visits.with_row_index("row").sort("deal", "entered", "row")
    last = ordered.group_by("deal").agg(pl.col("left", "exit").last().name.prefix("last_"))
    own = ordered.filter(inside).join(last, on="deal", how="left", maintain_order="left")
    back = ~pl.col("exit").is_in(kept) & pl.col("exit").is_in(_stages_of(visits))
    later = [pl.col(name).shift(-1).over("deal").alias(f"next_{name}") for name in ("stage", "entered")]
    own = own.with_columns(*later, back=back.fill_null(False))
    own = own.with_columns(
        exit=pl.when("back").then(pl.coalesce("next_stage", "last_exit")).otherwise("exit"),
        left=pl.when("back").then(pl.coalesce("next_entered", "last_left")).otherwise("left"),
        begins=~(
            pl.col("back").shift(1).over("deal") & (pl.col("stage") == pl.col("stage").shift(1).over("deal"))
        ).fill_null(False),
    )
    own = own.with_columns(stay=pl.col("begins").cum_sum().over("deal"))
    joined = own.group_by("deal", "stay", maintain_order=True).agg(
        pl.col("stage", "entered", "row").first(), pl.col("left", "exit").last()
    )
    numbered = joined.with_columns(visit=pl.int_range(pl.len()).over("deal", "stage").cast(pl.Int32) + 1)
    return numbered.sort("row").select(visits.columns)


def _stages_of(visits: pl.DataFrame) -> list[str]:
    return visits["stage"].unique().to_list()
