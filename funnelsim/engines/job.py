"""The work of one run: its pieces, what one of them gives, and the run made of all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from funnelsim import __version__
from funnelsim.core.errors import FunnelSimError
from funnelsim.engines import fast
from funnelsim.engines.counts.group_tallies import group_tallies
from funnelsim.engines.counts.ledger import OpenLeadWins
from funnelsim.engines.counts.open_wins import added_up, sums_over
from funnelsim.engines.counts.tallies import Tallies
from funnelsim.engines.plan import ROUNDS_AT_ONE_INSTANT, Plan, fingerprint, without_reps
from funnelsim.engines.planning.build import PlanBuilder, PlanOfDraw
from funnelsim.engines.planning.rounds import stages_of_round
from funnelsim.engines.size import refuse_too_large, size_of
from funnelsim.results.groups import Grouping, GroupTallies
from funnelsim.results.provenance import Provenance
from funnelsim.results.run import OpenLeadSums, Run

#: Replications, or leads, of a piece; a running piece is not interrupted.
_MOST_REPLICATIONS, _MOST_LEADS = 512, 1_500_000


#: A plan and the names of its exits.
PlanAndExits = tuple[Plan, tuple[str, ...]]


class EndlessRoundError(FunnelSimError):
    """Leads loop endlessly at one instant."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Replications that share a plan, by their index in the run."""

    draw_row: int | None
    places: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Kept:
    """Optional outputs of a run."""

    visits: bool = False
    wins: bool = False  # of open leads, by replication
    leads: tuple[int, ...] | None = None  # of which open leads; None: all
    sums: bool = False  # the same, summed over the replications in each window
    groups: Grouping | None = None  # bookings and the like by group


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The result of a piece. It is returned instead of written to the job, because processes have a copy of
    the job."""

    piece: Piece
    tallies: Tallies
    visits: pl.DataFrame | None
    wins: OpenLeadWins | None
    sums: OpenLeadSums | None
    groups: GroupTallies | None


@dataclass
class Job:
    """One run of a funnel.

    Attributes
    ----------
    builder : PlanBuilder
    chosen : range
        The replications.
    engine : {"fast", "reference"}
    reps : bool
        False: tasks take no time.
    kept : Kept
    hashed : bool
        Whether the run names the hash of its plan.
    """

    builder: PlanBuilder
    chosen: range
    seed: int
    engine: str
    reps: bool
    kept: Kept
    hashed: bool = True

    @classmethod
    def of(
        cls, builder: PlanBuilder, chosen: range, seed: int, engine: str, *, reps: bool, kept: Kept
    ) -> Job:
        return cls(builder, chosen, seed, "reference" if engine == "reference" else "fast", reps, kept)

    def __getstate__(self) -> dict[str, Any]:
        """What another process needs: it makes the plan and the list of replications faster than they are
        sent."""
        return {name: value for name, value in self.__dict__.items() if name not in ("first", "numbers")}

    @cached_property
    def numbers(self) -> NDArray[np.int64]:
        return np.arange(self.chosen.start, self.chosen.stop, self.chosen.step, dtype=np.int64)

    @cached_property
    def first(self) -> PlanOfDraw:
        """The plan of the first row of the draws, whichever part of a run this is."""
        first = self.builder.build(0 if self.builder.draw_rows else None)
        return first if self.reps else first._replace(plan=without_reps(first.plan))

    def refuse_if_too_large(self, workers: int | None) -> None:
        first = self.first if self.reps else self.builder.build(0 if self.builder.draw_rows else None)
        size = size_of(
            first.plan,
            len(self.numbers),
            workers=workers,
            visits=self.kept.visits,
            pipeline_wins=self.kept.wins,
            followed=None if self.kept.leads is None else len(self.kept.leads),
            brought=first.brought,
            groups=0 if self.kept.groups is None else len(self.kept.groups.names),
        )
        refuse_too_large(size, len(self.numbers), engine=self.engine)

    def load(self) -> None:
        """Compile or load the kernels before threads start; otherwise all would wait for the first."""
        if self.engine == "fast":
            fast.load(self.first.plan, self.seed)

    def pieces(self) -> list[Piece]:
        """The replications by the plan that they share, in pieces that a progress bar can follow."""
        size = _replications_a_piece(self.first.plan)
        places, rows = np.arange(len(self.numbers)), self.builder.draw_rows
        if rows == 0:
            return [Piece(None, own) for own in _parts(places, size)]
        row_of = self.numbers % rows
        return [
            Piece(int(row), own) for row in np.unique(row_of) for own in _parts(places[row_of == row], size)
        ]

    def plan(self, draw_row: int | None, slot: int) -> PlanAndExits:
        """The plan of a draw, and the names of its exits, without those of probability 0 in the draw.

        Parameters
        ----------
        slot : int
            The plan holds until the next one is made in this slot.
        """
        if not draw_row:
            return self.first.plan, self.first.exit_names
        own = self.builder.build(draw_row, slot=slot)
        return own.plan if self.reps else without_reps(own.plan), own.exit_names

    def do(self, piece: Piece, planned: PlanAndExits) -> Done:
        """Run one piece on its plan; safe to call from several threads or processes at once."""
        plan, exit_names = planned
        tallies = Tallies.zeros(plan, len(piece.places))
        run_piece = fast.run_piece
        if self.engine == "reference":
            from funnelsim.engines.reference.engine import run_piece
        kept = self.kept
        leads = plan.pipeline.id.size if kept.wins or kept.sums else 0
        wins = OpenLeadWins.unknown(len(piece.places), leads)
        numbers, grouping = self.numbers[piece.places], kept.groups
        logged = run_piece(plan, self.seed, numbers, tallies, kept.visits, wins, grouping is not None)
        if logged.endless_stage is not None:
            raise self._endless(plan, logged.endless_stage)
        groups = None
        if grouping is not None:
            groups = group_tallies(logged.credits, grouping, plan.horizon, self.seed, numbers)
        return Done(
            piece=piece,
            tallies=tallies,
            visits=self._visit_frame(logged.visits, exit_names) if kept.visits else None,
            wins=_wins_of(wins, kept.leads) if kept.wins else None,
            sums=sums_over(wins, plan.horizon) if kept.sums else None,
            groups=groups,
        )

    def _endless(self, plan: Plan, stage: int) -> EndlessRoundError:
        named = [f'"{self.builder.scope.stage_keys[place]}"' for place in stages_of_round(plan, stage)]
        return EndlessRoundError(
            f"leads loop through {' and '.join(named)} more than {ROUNDS_AT_ONE_INSTANT:,} times without any "
            "time passing; give one of these stages a dwell above zero"
        )

    def _visit_frame(self, log: dict[str, NDArray[Any]], exit_names: Sequence[str]) -> pl.DataFrame:
        scope = self.builder.scope

        def words(places: NDArray[np.int64], keys: Sequence[str | None]) -> pl.Series:
            names = pl.Series([*keys, None], dtype=pl.String)
            return names.gather(np.where(places < 0, len(keys), places))

        seats = pl.Series(log["seat"] + 1)
        return pl.DataFrame(
            {
                "replication": log["replication"],
                "lead": log["lead"],
                "source": words(log["source"], scope.source_keys),
                "segment": words(log["segment"], scope.segment_keys),
                "stage": words(log["stage"], scope.stage_keys),
                "visit": log["visit"].astype(np.int32),
                "entered": log["entered"],
                "started": log["started"],
                "finished": log["finished"],
                "left": log["left"],
                "exit": words(log["exit"], exit_names),
                "amount": log["amount"],
                "rep": words(log["role"], tuple(scope.model.roles)) + " " + seats.cast(pl.String),
            }
        ).with_columns(pl.col("started", "finished", "left").fill_nan(None))

    def gather(self, results: Iterable[Done]) -> Run:
        """Concatenate the pieces in the order of replications, freeing each one after copying."""
        n, leads = len(self.numbers), self.kept.leads
        followed = self.first.plan.pipeline.id.size if leads is None else len(leads)
        tallies = _WindowTallies(self.first.plan, n)
        frames: list[pl.DataFrame] = []
        wins = OpenLeadWins.unknown(n, followed) if self.kept.wins else None
        sums: OpenLeadSums | None = None
        names = () if self.kept.groups is None else self.kept.groups.names
        groups = GroupTallies.zeros(names, n, self.first.plan.horizon.window_start.size) if names else None
        for done in results:
            tallies.add(done)
            if done.visits is not None:
                frames.append(done.visits)
            if wins is not None and done.wins is not None:
                for whole, own in zip(wins, done.wins, strict=True):
                    whole[done.piece.places] = own
            if groups is not None and done.groups is not None:
                for field in ("bookings", "quota_credit", "wins"):
                    getattr(groups, field)[done.piece.places] = getattr(done.groups, field)
            if done.sums is not None:
                sums = done.sums if sums is None else added_up(sums, done.sums)
        scope = self.builder.scope
        return Run(
            windows=scope.span.windows,
            stages=scope.stage_keys,
            roles=tuple(scope.model.roles) if self.reps else (),
            replications=self.chosen,
            tallies=tallies.finished(),
            provenance=Provenance(
                model=scope.model.name,
                model_sha256=scope.funnel.sha256,
                plan_sha256=_plan_sha256(self.first.plan, self.builder.draws) if self.hashed else "",
                seed=self.seed,
                replications=n,
                engine=self.engine,
                version=__version__,
            ),
            draw_rows=self.builder.draw_rows,
            visits=_sorted(frames) if self.kept.visits else None,
            pipeline_wins=None if wins is None else wins.day,
            pipeline_amounts=None if wins is None else wins.amount,
            pipeline_sums=sums,
            groups=groups,
            notes=_notes(self.first.too_old),
        )


class _WindowTallies:
    """The tallies of a run by window, put together from those of its pieces.

    Pieces of few replications are summed over windows together.
    """

    def __init__(self, plan: Plan, n: int) -> None:
        self.plan = plan
        self.n = n
        self.waiting: list[Done] = []
        self.found: dict[str, NDArray[np.float64]] = {}

    def add(self, done: Done) -> None:
        self.waiting.append(done)
        if sum(len(one.piece.places) for one in self.waiting) >= _MOST_REPLICATIONS:
            self._sum_waiting()

    def finished(self) -> dict[str, NDArray[np.float64]]:
        self._sum_waiting()
        for array in self.found.values():
            array.flags.writeable = False
        return self.found

    def _sum_waiting(self) -> None:
        if not self.waiting:
            return
        places = np.concatenate([done.piece.places for done in self.waiting])
        every = [done.tallies for done in self.waiting]
        joined = Tallies(*(np.concatenate(own) for own in zip(*every, strict=True)))
        for name, values in joined.over_windows(self.plan).items():
            if name not in self.found:
                self.found[name] = np.full((self.n, *values.shape[1:]), np.nan)
            self.found[name][places] = values
        self.waiting.clear()


def _wins_of(wins: OpenLeadWins, leads: tuple[int, ...] | None) -> OpenLeadWins:
    """Wins of some open leads. Copied, so that those of all are freed."""
    return wins if leads is None else OpenLeadWins(*(own[:, list(leads)] for own in wins))


def _replications_a_piece(plan: Plan) -> int:
    """Replications of a piece, by the number of new and open leads."""
    leads = float(plan.sources.mass.sum()) + plan.pipeline.id.size
    return max(min(int(_MOST_LEADS / max(leads, 1.0)), _MOST_REPLICATIONS), 1)


def _parts(places: NDArray[np.int64], size: int) -> list[NDArray[np.int64]]:
    return [places[first : first + size] for first in range(0, len(places), size)]


def _plan_sha256(first_plan: Plan, draws: pl.DataFrame | None) -> str:
    """Hash of the inputs of a run, independent of the simulated part: the plan of the first row, and all
    rows."""
    digest = hashlib.sha256(fingerprint(first_plan))
    if draws is not None:
        digest.update(repr(draws.columns).encode())
        for column in draws:
            digest.update(column.cast(pl.Float64).to_numpy().tobytes())
    return digest.hexdigest()


def _sorted(frames: list[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat(frames).sort(
        "replication", "lead", "entered", "left", maintain_order=True, nulls_last=True
    )


def _notes(old: Sequence[str]) -> tuple[str, ...]:
    if not old:
        return ()
    named = ", ".join(old[:5]) + (" ..." if len(old) > 5 else "")
    return (
        f"{len(old)} open leads are older than the model allows; the oldest possible age is used: {named}",
    )
