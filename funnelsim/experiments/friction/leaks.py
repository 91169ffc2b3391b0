"""Where leads and money leave, stage by stage, counted in the visits of some futures."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

import numpy as np
import polars as pl

from funnelsim.core.arrays import Floats, Ints
from funnelsim.core.numeric.keys import crm_id
from funnelsim.documents.friction import Leak, Wait
from funnelsim.experiments.friction.visit_times import PARTS, with_times
from funnelsim.experiments.friction.ways_on import OnwardWorth, onward_worth
from funnelsim.experiments.paired import paired_difference
from funnelsim.metrics.summary import draws_of
from funnelsim.model.changes.resolve import resolve
from funnelsim.model.files.model_files import Funnel
from funnelsim.results.run import Run, Window


def leaks_of(
    funnel: Funnel,
    run: Run,
    *,
    metric: str = "bookings",
    level: float = 0.9,
    stages: Collection[str] = (),
) -> list[Leak]:
    """The stages by the value of the leads that are lost there in the last window of a run, largest first.

    The value is what these leads would have brought had they gone on and then done as the others that go
    on: an upper limit, as those who were lost may have been worse.

    Parameters
    ----------
    run : Run
        With its visits.
    metric : {"bookings", "quota_credit", "deals_won"}
        Unit of the value.
    level : float
        Of the intervals.
    stages : collection of str, optional
        Only these; default all.
    """
    assert run.visits is not None
    window, draws = run.windows[-1], draws_of(run)
    ended = _ended_in(run.visits, window)
    lost = lost_in(funnel, run, window)
    rows = [] if draws is None else sorted(set(draws.tolist()))
    onward = onward_worth(funnel, metric, rows)
    row_of = np.zeros(run.size, np.int64) if draws is None else np.searchsorted(rows, draws)
    counts, values = _sums(lost, run, onward, row_of, metric)
    times = _mean_times(with_times(ended, funnel.model), run.stages)
    found = []
    for n, key in enumerate(run.stages):
        if stages and key not in stages:
            continue
        held = {name: _known(means[n]) for name, means in times.items()}
        wins = onward.wins[:, :, n]
        found.append(
            Leak(
                stage=key,
                **_with_interval("lost", counts[:, n], draws, level),
                **_with_interval("value", values[:, n], draws, level),
                won_if_on=_share_won(lost, key, wins, row_of, run, onward.segments),
                days=held["days"],
                wait=Wait(no_rep=held["no_rep"], office_closed=held["office_closed"]),
                work_days=held["work_days"],
                own_days=held["own_days"],
            )
        )
    return sorted(found, key=lambda leak: -(leak.value or 0.0))


def lost_in(funnel: Funnel, run: Run, window: Window) -> pl.DataFrame:
    """The visits of a window that end a lead without a win: those that ``deals_lost`` counts."""
    assert run.visits is not None
    goal = funnel.model.goal
    bad = set(funnel.model.all_outcomes) - {"won", goal.books_at}
    ends = [
        (key, segment, name, e.to)
        for segment in (None, *funnel.model.segments)
        for key, stage in resolve(funnel.model, segment=segment).stages.items()
        for name, e in stage.every_exit.items()
        if e.to in bad
    ]
    names = ["stage", "segment", "exit", "outcome"]
    table = pl.DataFrame(ends, schema=dict.fromkeys(names, pl.String), orient="row")
    visits = run.visits
    lost = _ended_in(visits, window).join(
        table, on=names[:3], how="inner", nulls_equal=True, maintain_order="left"
    )
    won = visits.filter(_has_booked(funnel)).select("replication", "lead").unique()
    lost = lost.join(won, on=["replication", "lead"], how="anti", maintain_order="left")
    before = _won_before(funnel)
    return lost.filter(~pl.col("lead").is_in(before)) if len(before) else lost


def _has_booked(funnel: Funnel) -> pl.Expr:
    """Whether a visit shows that its lead has been won.

    The log of a run with a warm-up begins with the visits that are open at the start: a lead that is then in
    a stage after the booking stage has booked before. What open leads did before is in the pipeline.
    """
    stages, books_at = list(funnel.model.stages), funnel.model.goal.books_at
    booked = pl.col("stage") == books_at
    if books_at not in stages or (funnel.pipeline is not None and funnel.pipeline.height):
        return booked
    later = stages[stages.index(books_at) + 1 :]
    return booked | ((pl.col("entered") < 0) & pl.col("stage").is_in(later))


def _ended_in(visits: pl.DataFrame, window: Window) -> pl.DataFrame:
    return visits.filter(pl.col("left") >= window.start_day, pl.col("left") < window.end_day)


def _won_before(funnel: Funnel) -> pl.Series:
    """Ids of the open leads that were won before the start."""
    pipeline = funnel.pipeline
    if pipeline is None or not pipeline.height:
        return pl.Series([], dtype=pl.UInt64)
    ids = pipeline.filter(pl.col("won_before"))["lead"].to_list()
    return pl.Series([crm_id(lead) for lead in ids], dtype=pl.UInt64)


def _sums(
    lost: pl.DataFrame, run: Run, onward: OnwardWorth, row_of: Ints, metric: str
) -> tuple[Floats, Floats]:
    """Leads lost and their value, by replication and stage; two arrays of shape (R, S)."""
    r, s = _places(lost, run)
    counts, values = np.zeros((run.size, len(run.stages))), np.zeros((run.size, len(run.stages)))
    amounts = np.ones(lost.height) if metric == "deals_won" else lost["amount"].fill_null(0.0).to_numpy()
    worth = onward.worth[row_of[r], _segment_places(lost, onward.segments), s]
    np.add.at(counts, (r, s), 1.0)
    np.add.at(values, (r, s), amounts * worth)
    return counts, values


def _places(lost: pl.DataFrame, run: Run) -> tuple[Ints, Ints]:
    """Replication and stage of each row, as indices."""
    return run.places_of(lost["replication"]), _stage_places(lost, run.stages)


def _stage_places(visits: pl.DataFrame, stages: Sequence[str]) -> Ints:
    found: Ints = visits["stage"].cast(pl.Enum(stages)).to_physical().to_numpy().astype(np.int64)
    return found


def _mean_times(times: pl.DataFrame, stages: Sequence[str]) -> dict[str, Floats]:
    """Mean days of a visit and their parts by stage, NaN without visits; each of shape (S,).

    Summed in the order of the rows: the same bits for any number of threads.
    """
    places, size = _stage_places(times, stages), len(stages)
    counts = np.bincount(places, minlength=size)
    with np.errstate(invalid="ignore"):
        return {
            name: np.bincount(places, weights=times[name].to_numpy(), minlength=size) / counts
            for name in ("days", *PARTS)
        }


def _segment_places(lost: pl.DataFrame, segments: Sequence[str | None]) -> Ints:
    known = {key: place for place, key in enumerate(segments)}
    return np.array([known[key] for key in lost["segment"].to_list()], np.int64)


def _share_won(
    lost: pl.DataFrame,
    key: str,
    wins: Floats,
    row_of: Ints,
    run: Run,
    segments: Sequence[str | None],
) -> float | None:
    """The mean chance to be won of the leads lost from a stage, had they gone on."""
    own = lost.filter(pl.col("stage") == key)
    if not own.height:
        return None
    r, _ = _places(own, run)
    share = float(wins[row_of[r], _segment_places(own, segments)].mean())
    return _known(share)


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _with_interval(name: str, values: Floats, draws: Ints | None, level: float) -> dict[str, float]:
    d = paired_difference(np.zeros(values.size), values, draws, level=level)
    return {name: d.mean, f"{name}_low": d.low, f"{name}_high": d.high}
