"""Evidence about each label: whether deals continue after it or are closed, and their flags."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from funnelsim.history.values.labels import known_outcome, means_outcome, same_label, visible
from funnelsim.history.values.outcome_words import RESTING, folded, read_words

#: Share of the deals from which on a label ends them; exports have a few that were touched afterwards.
NEARLY_ALL = 0.9


@dataclass(slots=True, kw_only=True)
class LabelEvidence:
    """One label of stages, all its spellings together.

    Attributes
    ----------
    rows, closed : int
        Deals that the deals table shows there (without those whose status says how they ended), and those
        among them with a closing date that is past.
    entered, ended : int
        Deals whose events enter the label, and those among them that never continue (0 for labels without a
        telling word, of which rows are counted).
    flagged, flagged_closed, flagged_won : int
        Deals of the table with flags that say whether they are closed, those that are, and those won.
    """

    label: str
    rows: int = 0
    closed: int = 0
    entered: int = 0
    ended: int = 0
    flagged: int = 0
    flagged_closed: int = 0
    flagged_won: int = 0
    spellings: list[str] = field(default_factory=list)

    @property
    def deals(self) -> int:
        return max(self.rows, self.entered)

    @property
    def ends(self) -> bool:
        """True if there is evidence that deals end there, and none against it."""
        speaks = [(self.ended, self.entered), (self.closed, self.rows)]
        return self.deals > 0 and all(part >= NEARLY_ALL * whole for part, whole in speaks)


def label_evidence(
    events: pl.DataFrame | None, deals: pl.DataFrame | None, as_of: dt.datetime | None
) -> dict[str, LabelEvidence]:
    """Evidence by label, as `same_label` has it, in order of appearance."""
    by_label: dict[str, LabelEvidence] = {}
    frames = [(events, "label"), (deals, "stage_label")]
    for frame, column in frames:
        for label in frame[column].drop_nulls().unique(maintain_order=True) if frame is not None else ():
            if plain := same_label(label):
                item = by_label.setdefault(plain, LabelEvidence(label=visible(label)))
                item.spellings += [label] if label not in item.spellings else []
    if events is not None:
        _add_events(by_label, events, as_of)
    if deals is not None:
        _add_deals(by_label, deals, as_of)
    return by_label


def is_past(as_of: dt.datetime | None) -> pl.Expr:
    """True for closing dates that are not expected ones, judged by the as-of time."""
    dated = pl.col("closed").is_not_null()
    return dated if as_of is None else dated & (pl.col("closed") < as_of)


def with_plain(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """`frame` with ``plain``: the label as `same_label` has it."""
    labels = frame[column].drop_nulls().unique().to_list()
    plain: Mapping[str, str | None] = {label: same_label(label) or None for label in labels}
    return frame.with_columns(
        pl.col(column).replace_strict(plain, default=None, return_dtype=pl.String).alias("plain")
    )


def _add_events(by_label: dict[str, LabelEvidence], events: pl.DataFrame, as_of: dt.datetime | None) -> None:
    rows = events.select("deal", "label", "at").drop_nulls()
    if as_of is not None:
        rows = rows.filter(pl.col("at") < as_of)
    counts = with_plain(rows["label"].value_counts(), "label").group_by("plain").agg(pl.col("count").sum())
    for plain, number in counts.drop_nulls().iter_rows():
        by_label[plain].entered = number
    followed = _worth_following(by_label)
    if not followed:
        return
    spellings = [label for plain in followed for label in by_label[plain].spellings]
    rows = rows.join(rows.filter(pl.col("label").is_in(spellings)), on="deal", how="semi")
    last = rows.group_by("deal").agg(pl.col("at").max().alias("last"))
    transitions = with_plain(rows, "label").group_by("plain", "deal").agg(pl.col("at").max())
    transitions = transitions.filter(pl.col("plain").is_in(followed)).join(last, on="deal")
    ends = transitions.group_by("plain").agg(pl.len(), (pl.col("at") == pl.col("last")).sum().alias("ended"))
    for plain, entered, ended in ends.iter_rows():
        by_label[plain].entered, by_label[plain].ended = entered, ended


def _worth_following(by_label: dict[str, LabelEvidence]) -> list[str]:
    """Labels that read like the end of a deal; all of them if none means won or lost."""
    if not any(known_outcome(item.label) for item in by_label.values()):
        return list(by_label)
    return [
        plain for plain, item in by_label.items() if not means_outcome(item.label) and _may_end(item.label)
    ]


def _may_end(label: str) -> bool:
    return read_words(label) is not None or folded(label) in RESTING


def _add_deals(by_label: dict[str, LabelEvidence], deals: pl.DataFrame, as_of: dt.datetime | None) -> None:
    past = is_past(as_of)
    unstated = pl.col("outcome_label").is_null()
    flagged = pl.col("is_closed").is_not_null() & pl.col("is_won").is_not_null()
    counts = (
        with_plain(deals, "stage_label")
        .group_by("plain")
        .agg(
            unstated.sum().alias("rows"),
            (unstated & past).sum().alias("closed"),
            flagged.sum().alias("flagged"),
            (flagged & pl.col("is_closed")).sum().alias("flagged_closed"),
            (pl.col("is_closed") & pl.col("is_won")).fill_null(False).sum().alias("flagged_won"),
        )
    )
    dated = deals["closed"].null_count() < deals.height
    for plain, rows, closed, known, known_closed, won in counts.iter_rows():
        if plain in by_label:
            item = by_label[plain]
            item.rows, item.closed = (rows, closed) if dated else (0, 0)
            item.flagged, item.flagged_closed, item.flagged_won = known, known_closed, won
