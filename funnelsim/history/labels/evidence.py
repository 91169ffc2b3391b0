"""Evidence about each label: whether deals continue after it or are closed, and their flags."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from funnelsim.history.values.labels import means_outcome, same_label, stage_keys, visible

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
    overdue : int
        Of `rows`, deals with a closing date before the last thing that the export records.
    certain, hopeless : int
        Of `rows`, deals to which the CRM gives a chance of 100 % and of 0.
    entered, ended : int
        Deals that enter the label, and those among them that never continue.
    stopped : int
        Of `ended`, deals of which the deals table does not say that they are elsewhere or have ended.
    flagged, flagged_closed, flagged_won : int
        Deals of the table with flags that say whether they are closed, those that are, and those won.
    half_flagged, unexplained : int
        Deals whose flag says whether they are closed, where none says which are won; those that are closed.
    """

    label: str
    rows: int = 0
    closed: int = 0
    overdue: int = 0
    certain: int = 0
    hopeless: int = 0
    entered: int = 0
    ended: int = 0
    stopped: int = 0
    flagged: int = 0
    flagged_closed: int = 0
    flagged_won: int = 0
    half_flagged: int = 0
    unexplained: int = 0
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
    events: pl.DataFrame | None, deals: pl.DataFrame | None, as_of: dt.datetime | None, *, date_prefix: str
) -> dict[str, LabelEvidence]:
    """Evidence by label, as `same_label` has it, in order of appearance.

    `date_prefix` begins the names of the columns of deals that date their stages.
    """
    by_label: dict[str, LabelEvidence] = {}
    frames = [(events, "label"), (deals, "stage_label")]
    for frame, column in frames:
        for label in frame[column].drop_nulls().unique(maintain_order=True) if frame is not None else ():
            if plain := same_label(label):
                item = by_label.setdefault(plain, LabelEvidence(label=visible(label)))
                item.spellings += [label] if label not in item.spellings else []
    if events is not None:
        _add_events(by_label, events, deals, as_of)
    if deals is not None:
        _add_deals(by_label, deals, as_of, _last_recorded(events, deals, as_of))
        if events is None:
            _add_dated_stages(by_label, deals, date_prefix)
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


def _last_recorded(
    events: pl.DataFrame | None, deals: pl.DataFrame, as_of: dt.datetime | None
) -> dt.datetime | None:
    """The last time in the export that is no expectation: of a creation, an event, or the end of a deal."""
    known = [
        label
        for label in pl.concat([deals["stage_label"], deals["outcome_label"]]).drop_nulls().unique()
        if means_outcome(label)
    ]
    ended = pl.any_horizontal(pl.col(name).is_in(known) for name in ("stage_label", "outcome_label"))
    times = [deals["created"], deals.filter(ended)["closed"], *([events["at"]] if events is not None else [])]
    last = max((one for column in times if (one := column.max()) is not None), default=None)
    assert last is None or isinstance(last, dt.datetime)
    return min(last, as_of) if last and as_of else last


def _add_events(
    by_label: dict[str, LabelEvidence],
    events: pl.DataFrame,
    deals: pl.DataFrame | None,
    as_of: dt.datetime | None,
) -> None:
    rows = events.select("deal", "label", "at").drop_nulls()
    if as_of is not None:
        rows = rows.filter(pl.col("at") < as_of)
    rows = with_plain(rows, "label").drop_nulls()
    here = None if deals is None else _elsewhere(deals)
    codes = _codes(rows["deal"] if here is None else pl.concat([rows["deal"], here["deal"]]))
    entries = _last_entries(rows.with_columns(codes.head(rows.height).alias("deal")))
    stopped = pl.col("ended")
    if here is not None:
        here = here.with_columns(codes.tail(here.height).alias("deal"))
        entries = entries.join(here, on="deal", how="left")
        stopped &= (pl.col("here") == pl.col("plain")).fill_null(True) & ~pl.col("over").fill_null(False)
    counts = entries.group_by("plain").agg(pl.len(), pl.col("ended").sum(), stopped.sum().alias("stopped"))
    for plain, entered, ended, number in counts.iter_rows():
        item = by_label[plain]
        item.entered, item.ended, item.stopped = entered, ended, number


def _codes(texts: pl.Series) -> pl.Series:
    """A number for each text."""
    return texts.cast(pl.Categorical).to_physical()


def _last_entries(rows: pl.DataFrame) -> pl.DataFrame:
    """``deal, plain, ended``: each deal in each of its labels, and whether it enters no other one later.

    A deal is a number: groups and joins of texts took a quarter of an import of ten million rows.
    """
    if rows.is_empty():
        return pl.DataFrame(schema={"deal": pl.UInt32, "plain": pl.String, "ended": pl.Boolean})
    labels = rows["plain"].unique().sort()
    coded = rows.select("deal", pl.col("plain").cast(pl.Enum(labels)).to_physical(), "at")
    pair = pl.col("deal").cast(pl.UInt64) * len(labels) + pl.col("plain")
    entries = coded.select(pair.alias("pair"), "at").group_by("pair").agg(pl.col("at").max())
    deals = (entries["pair"] // len(labels)).cast(pl.UInt32)
    times = entries["at"].to_physical().to_numpy()
    last = np.full(int(deals.to_numpy().max()) + 1, np.iinfo(np.int64).min)
    np.maximum.at(last, deals.to_numpy(), times)
    return pl.DataFrame(
        {
            "deal": deals,
            "plain": labels.gather(entries["pair"] % len(labels)),
            "ended": times == last[deals.to_numpy()],
        }
    )


def _elsewhere(deals: pl.DataFrame) -> pl.DataFrame:
    """Where the table shows each deal (``here``), and whether it says that it has ended (``over``)."""
    over = pl.col("outcome_label").is_not_null() | pl.col("is_closed").fill_null(False)
    here = with_plain(deals, "stage_label").select("deal", pl.col("plain").alias("here"), over.alias("over"))
    return here.drop_nulls("deal").unique("deal")


def _add_deals(
    by_label: dict[str, LabelEvidence],
    deals: pl.DataFrame,
    as_of: dt.datetime | None,
    last: dt.datetime | None,
) -> None:
    unstated = pl.col("outcome_label").is_null()
    flagged = pl.col("is_closed").is_not_null() & pl.col("is_won").is_not_null()
    half = unstated & pl.col("is_won").is_null()
    dated = deals["closed"].null_count() < deals.height
    here = pl.lit(dated) & unstated
    counts = (
        with_plain(deals, "stage_label")
        .drop_nulls("plain")
        .group_by("plain")
        .agg(
            rows=here.sum(),
            closed=(here & is_past(as_of)).sum(),
            overdue=(here & (pl.col("closed") <= pl.lit(last, dtype=pl.Datetime("us")))).sum(),
            certain=(here & (pl.col("chance") == 1)).sum(),
            hopeless=(here & (pl.col("chance") == 0)).sum(),
            flagged=flagged.sum(),
            flagged_closed=(flagged & pl.col("is_closed")).sum(),
            flagged_won=(pl.col("is_closed") & pl.col("is_won")).fill_null(False).sum(),
            half_flagged=(half & pl.col("is_closed").is_not_null()).sum(),
            unexplained=(half & pl.col("is_closed")).sum(),
        )
    )
    for row in counts.iter_rows(named=True):
        item = by_label.get(row.pop("plain"))
        for name, number in row.items() if item else ():
            setattr(item, name, number)


def _add_dated_stages(by_label: dict[str, LabelEvidence], deals: pl.DataFrame, prefix: str) -> None:
    """Deals with a date of entry into a stage, and those among them that are still there."""
    keys = stage_keys(by_label)
    known = {plain: prefix + key for plain, key in keys.items() if prefix + key in deals.columns}
    rows = with_plain(deals, "stage_label")
    for plain, column in known.items():
        entered = pl.col(column).is_not_null()
        counts = rows.select(entered.sum(), (entered & (pl.col("plain") == plain)).sum().alias("ended"))
        by_label[plain].entered, by_label[plain].ended = counts.row(0)
        by_label[plain].stopped = by_label[plain].ended
