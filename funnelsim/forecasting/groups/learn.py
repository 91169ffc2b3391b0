"""Learn from a history which group a lead belongs to: rep, team, segment, source or product.

An open deal has a group. A new lead has a source and a segment; which rep will win it, or which product it
will be, has no effect on whether it is won, so it is drawn only for the leads that are. Among won leads of a
source and an amount, a group has the share (Bayes' rule)

    share of the newest leads x win rate x share of its wins of about this amount,

each pulled towards the average of all groups by as much as chance explains (`shrinkage.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from funnelsim.core.arrays import Floats, Ints
from funnelsim.core.errors import InputError, Problem, did_you_mean
from funnelsim.core.nouns import UNKNOWN
from funnelsim.forecasting.groups.shrinkage import shrunk_shares
from funnelsim.history.files.events import History
from funnelsim.metrics.groups.names import (
    NO_TEAM,
    GroupBy,
    display_names,
    group_names,
    in_order,
)
from funnelsim.model.files.model_files import Funnel
from funnelsim.model.parts import Model
from funnelsim.results.groups import Grouping

if TYPE_CHECKING:
    from funnelsim.fitting.productivity.reps_file import RepRow

#: The newest leads, whose shares the leads to come have: those of half a year, or if that is few, this many.
#: Longer: reps who have left get leads. Shorter: shares are known less well.
NEWEST_DAYS, NEWEST_LEADS = 180, 200
#: Won deals in a band of the amount, and the most bands.
WINS_A_BAND, MOST_BANDS = 20, 10


@dataclass(frozen=True, kw_only=True)
class LearntGroups:
    """Groups of the leads of a funnel.

    Attributes
    ----------
    by : str
    grouping : Grouping
    deals : DataFrame
        ``deal`` and ``group`` of the history.
    simulated : bool
        Whether new leads have their groups in the model: nothing is learnt.
    newest : int
        Number of newest leads behind the shares.
    since : date or None
        The day from which they are.
    warnings : tuple of str
        Reps with a quota who own no deal.
    """

    by: GroupBy
    grouping: Grouping
    deals: pl.DataFrame
    simulated: bool
    newest: int = 0
    since: dt.date | None = None
    warnings: tuple[str, ...] = ()


def learn_groups(
    funnel: Funnel, history: History | None, by: GroupBy, reps: Sequence[RepRow] = ()
) -> LearntGroups:
    """The groups of a funnel's open deals, and the shares that new leads have.

    Parameters
    ----------
    funnel : Funnel
    history : History or None
        Up to the model's start. Without one, only what the model itself says of new leads is known.
    by : {"owner", "team", "segment", "source", "product"}
    reps : sequence of RepRow, optional
        For the teams; reps with a quota are listed even without deals.

    Raises
    ------
    InputError
        If no deal has such a field, or a history is needed.
    """
    model = funnel.model
    simulated = by == "source" or (by == "segment" and bool(model.segments))
    if history is None and not simulated:
        raise InputError(
            "--by", [Problem(path=by, message="a history is needed to split by it", hint="give --history")]
        )
    deals = _deals_of(history, model)
    group = _groups_of(deals, by, model, reps, simulated=simulated)
    deals = deals.with_columns(group=group)
    open_groups = _open_groups(funnel, deals, by, model, reps)
    quoted = [group_of_rep(row, by) for row in reps if row.quota is not None and by in ("owner", "team")]
    named = display_names(model, by)
    own = [named.get(key, key) for key in (model.sources if by == "source" else model.segments)]
    names = in_order(
        [
            *group.to_list(),
            *open_groups,
            *quoted,
            *(own if simulated else []),
            *([UNKNOWN] if simulated else []),
        ]
    )
    newest = _newest(deals, model)
    shares = _simulated_shares(deals, model, by, names) if simulated else None
    edges = np.empty(0)
    if shares is None:
        edges = _band_edges(deals)
        shares = _learnt_shares(deals, newest, model, names, edges)
    place = {name: number for number, name in enumerate(names)}
    return LearntGroups(
        by=by,
        grouping=Grouping(
            names=tuple(names),
            open_leads=np.array([place[name] for name in open_groups], np.int64),
            edges=edges,
            upto=np.minimum(np.cumsum(shares, axis=-1), 1.0),
        ),
        deals=deals.select("deal", "group"),
        simulated=simulated,
        newest=newest.height,
        since=None if newest.is_empty() else newest["created"].min().date(),  # type: ignore[union-attr]
        warnings=tuple(_without_deals(deals["owner"], reps)) if by in ("owner", "team") else (),
    )


def _without_deals(owners: pl.Series, reps: Sequence[RepRow]) -> Iterator[str]:
    """Reps with a quota who own no deal: newly hired, or spelt otherwise in the CRM."""
    known = set(owners.drop_nulls())
    for row in reps:
        if row.quota is not None and row.name not in known:
            hint = did_you_mean(row.name, sorted(known)) or "a new hire, or spelt otherwise in the CRM"
            yield f'"{row.name}" has a quota in the file of reps but owns no deal: {hint}'


def group_of_rep(row: RepRow, by: GroupBy) -> str:
    """The rep, or the rep's team."""
    return row.name if by == "owner" else row.team or NO_TEAM


def _deals_of(history: History | None, model: Model) -> pl.DataFrame:
    """The deals of a history, each with the index of its source and segment in the model."""
    if history is None:
        schema = dict.fromkeys(("deal", "owner", "source", "segment", "outcome"), pl.String)
        deals = pl.DataFrame(schema=schema | {"created": pl.Datetime("us"), "amount": pl.Float64})
    else:
        deals = history.deals
    return deals.with_columns(
        source_index=_index(deals["source"], list(model.sources), model, "source"),
        segment_index=_index(deals["segment"], [None, *model.segments], model, "segment"),
    )


def _index(values: pl.Series, keys: Sequence[str | None], model: Model, by: GroupBy) -> pl.Series:
    """The index of the model's source or segment that a deal belongs to.

    A fit calls the sources of small labels ``other``, and that of deals without one ``unknown``.
    """
    place = {key: number for number, key in enumerate(keys)}
    labels: dict[str | None, int] = {name: place[key] for key, name in display_names(model, by).items()}
    labels |= {key: number for key, number in place.items() if key is not None}
    rest = place.get("other", 0)
    labels[None] = place.get("unknown", 0)
    return pl.Series([labels.get(value, rest) for value in values.to_list()], dtype=pl.Int64)


def _groups_of(
    deals: pl.DataFrame, by: GroupBy, model: Model, reps: Sequence[RepRow], *, simulated: bool
) -> pl.Series:
    keys: list[str | None] = [None, *model.segments] if by == "segment" else list(model.sources)
    known = by in deals.columns and deals[by].is_not_null().any()
    if simulated and not known and (len(keys) > 1 or deals.is_empty()):
        named = display_names(model, by)
        words = [UNKNOWN if key is None else named.get(key, key) for key in keys]
        return pl.Series([words[i] for i in deals[f"{by}_index"].to_list()], dtype=pl.String)
    return group_names(deals, by, model, reps)


def _open_groups(
    funnel: Funnel, deals: pl.DataFrame, by: GroupBy, model: Model, reps: Sequence[RepRow]
) -> list[str]:
    """The group of each open lead: as the history has it, else as the pipeline says."""
    pipeline = funnel.pipeline
    if pipeline is None or pipeline.is_empty():
        return []
    known: Mapping[str, str] = dict(deals.select("deal", "group").iter_rows())
    own = pipeline.select(pl.col(name) for name in ("owner", "source", "segment") if name in pipeline.columns)
    try:
        named = group_names(own, by, model, reps).to_list()
    except InputError:  # none of them has the field
        named = [UNKNOWN] * pipeline.height
    return [known.get(lead, name) for lead, name in zip(pipeline["lead"], named, strict=True)]


def _newest(deals: pl.DataFrame, model: Model) -> pl.DataFrame:
    """The newest leads before the model's start."""
    start = dt.datetime.combine(model.start, dt.time(0))
    begun = deals.filter(pl.col("created") < start).sort("created", "deal", descending=[True, False])
    recent = begun.filter(pl.col("created") >= start - dt.timedelta(days=NEWEST_DAYS)).height
    return begun.head(max(recent, NEWEST_LEADS))


def _band_edges(deals: pl.DataFrame) -> Floats:
    """Amounts that cut the won deals into bands of about as many each."""
    won = deals.filter(pl.col("outcome") == "won", pl.col("amount") > 0)["amount"].to_numpy()
    bands = min(won.size // WINS_A_BAND, MOST_BANDS)
    if bands < 2:
        return np.empty(0)
    cuts = np.unique(np.quantile(won, np.arange(1, bands) / bands))
    return np.asarray(cuts[cuts > won.min()])


def _counts(place: Ints, group: pl.Series, names: Sequence[str], places: int) -> Floats:
    """Number of deals by place and group, shape (places, G)."""
    index = {name: number for number, name in enumerate(names)}
    code = np.array([index[name] for name in group.to_list()], np.int64)
    flat = np.bincount(place * len(names) + code, minlength=places * len(names))
    return flat.astype(np.float64).reshape(places, len(names))


def _learnt_shares(
    deals: pl.DataFrame, newest: pl.DataFrame, model: Model, names: Sequence[str], edges: Floats
) -> Floats:
    """Shares of the groups among won new leads, shape (sources, segments + 1, bands, G)."""
    sources, segments, bands = len(model.sources), len(model.segments) + 1, edges.size + 1
    cell = (newest["source_index"] * segments + newest["segment_index"]).to_numpy()
    leads = shrunk_shares(_counts(cell, newest["group"], names, sources * segments))
    closed = deals.drop_nulls("outcome")
    won = (closed["outcome"] == "won").cast(pl.Int64).to_numpy()
    rate = shrunk_shares(_counts(won, closed["group"], names, 2).T)[:, 1]
    wins = deals.filter(pl.col("outcome") == "won", pl.col("amount") > 0)
    band = np.searchsorted(edges, wins["amount"].to_numpy(), side="right")
    sizes = shrunk_shares(_counts(band, wins["group"], names, bands).T)
    weight = leads[:, None, :] * rate[None, None, :] * sizes.T[None, :, :]
    total = weight.sum(axis=-1, keepdims=True)
    # No group has ever won anything: as the leads come.
    weight = np.where(total > 0, weight, leads[:, None, :])
    shares = weight / weight.sum(axis=-1, keepdims=True)
    return np.asarray(shares.reshape(sources, segments, bands, len(names)))


def _simulated_shares(deals: pl.DataFrame, model: Model, by: GroupBy, names: Sequence[str]) -> Floats:
    """Shares of the labels within each source or segment of the model: mostly there is one."""
    keys: list[str | None] = list(model.sources) if by == "source" else [None, *model.segments]
    named = display_names(model, by)
    counts = _counts(deals[f"{by}_index"].to_numpy(), deals["group"], names, len(keys))
    for number, key in enumerate(keys):
        own = UNKNOWN if key is None else named.get(key, key)
        if own in names and (counts[number].sum() == 0 or by == "segment"):
            counts[number] = 0.0
            counts[number, list(names).index(own)] = 1.0
    shares = counts / counts.sum(axis=1, keepdims=True)
    sources, segments = len(model.sources), len(model.segments) + 1
    wide = shares[:, None, :] if by == "source" else shares[None, :, :]
    return np.broadcast_to(wide, (sources, segments, len(names)))[:, :, None, :]
