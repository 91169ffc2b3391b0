"""Two thousand made-up deals: what really happened to each, before any CRM wrote it down its own way."""

from __future__ import annotations

import datetime as dt
import functools
from dataclasses import dataclass

import numpy as np

START = dt.datetime(2024, 1, 2, 8)
AS_OF = dt.datetime(2026, 1, 1)
LEAD_STATUSES = ("New", "Working", "Qualified")
STAGES = ("Qualification", "Discovery", "Demo", "Proposal", "Negotiation")
OWNERS = ("Ana Okafor", "Ben Lindqvist", "Cleo Marsh", "Dario Vance", "Edda Quist", "Finn Abara")
TEAMS = dict(zip(OWNERS, ("Team East", "Team West") * 3, strict=True))
SOURCES = ("Web", "Partner", "Outbound", "Event")
ACCOUNTS = tuple(f"{word} {kind}" for word in ("Acme", "Globex", "Initech", "Hooli", "Umbra") for kind in (
    "Foods", "Steel", "Logistics", "Health", "Energy", "Bank", "Retail", "Labs"))  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Step:
    """An entry into a stage, or into ``won`` and ``lost``."""

    stage: str
    at: dt.datetime


@dataclass(frozen=True, kw_only=True)
class TrueDeal:
    """What happened to one deal until `AS_OF`.

    Attributes
    ----------
    leads : tuple of Step
        Statuses of the lead before the deal; empty for a deal without one.
    steps : tuple of Step
        Stages and outcomes in order. A stage after an outcome: the deal was opened again.
    amounts, plans : tuple of (datetime, value)
        What it was listed at, and when it was expected to close, each since that time.
    """

    number: int
    name: str
    account: str
    owner: str
    source: str
    leads: tuple[Step, ...]
    steps: tuple[Step, ...]
    amounts: tuple[tuple[dt.datetime, float], ...]
    plans: tuple[tuple[dt.datetime, dt.date], ...]

    @property
    def created(self) -> dt.datetime:
        return self.steps[0].at

    @property
    def outcome(self) -> str | None:
        last = self.steps[-1].stage
        return last if last in ("won", "lost") else None

    @property
    def closed(self) -> dt.datetime | None:
        return self.steps[-1].at if self.outcome else None

    def value_at(self, at: dt.datetime) -> float:
        return next(value for since, value in reversed(self.amounts) if since <= at)

    def plan_at(self, at: dt.datetime) -> dt.date:
        return next(day for since, day in reversed(self.plans) if since <= at)

    def stage_at(self, at: dt.datetime) -> str:
        return next(step.stage for step in reversed(self.steps) if step.at <= at)

    @property
    def stages_only(self) -> list[Step]:
        return [step for step in self.steps if step.stage in STAGES]

    def visits(self) -> list[tuple[str, dt.datetime, dt.datetime | None, str | None]]:
        """Stage, entered, left, exit. An outcome that was taken back does not count."""
        kept: list[Step] = []
        for position, step in enumerate(self.steps):
            is_last = position == len(self.steps) - 1
            if step.stage in ("won", "lost") and not is_last:
                continue
            if not kept or kept[-1].stage != step.stage:
                kept.append(step)
        following = [*kept[1:], None]
        return [
            (step.stage, step.at, after.at if after else None, after.stage if after else None)
            for step, after in zip(kept, following, strict=True)
            if step.stage in STAGES
        ]


@functools.cache
def true_deals(number: int = 2_000, seed: int = 20) -> tuple[TrueDeal, ...]:
    """The deals, the same in each run."""
    rng = np.random.default_rng(seed)
    return tuple(_deal(rng, position) for position in range(number))


@functools.cache
def true_leads(number: int = 400, seed: int = 21) -> tuple[tuple[Step, ...], ...]:
    """Leads that never became a deal: open, or lost as ``Unqualified``."""
    rng = np.random.default_rng(seed)
    return tuple(_lead(rng) for _ in range(number))


def _after(rng: np.random.Generator, at: dt.datetime, mean_days: float) -> dt.datetime:
    seconds = 3_600 + int(rng.exponential(mean_days * 86_400))
    return (at + dt.timedelta(seconds=seconds)).replace(microsecond=0)


def _any_time(rng: np.random.Generator) -> dt.datetime:
    span = (AS_OF - START).total_seconds() - 86_400
    return START + dt.timedelta(seconds=int(rng.uniform(0, span)))


def _lead(rng: np.random.Generator) -> tuple[Step, ...]:
    at = _any_time(rng)
    steps = [Step(stage="New", at=at)]
    for status in ("Working", "lost"):
        at = _after(rng, at, 9)
        if at < AS_OF and rng.random() < 0.8:
            steps.append(Step(stage=status, at=at))
        else:
            break
    return tuple(steps)


def _deal(rng: np.random.Generator, position: int) -> TrueDeal:
    at = _any_time(rng)
    leads = []
    if rng.random() < 0.6:
        for days, status in zip((2, 5, 3), reversed(LEAD_STATUSES), strict=True):
            before = (leads[-1].at if leads else at) - dt.timedelta(
                seconds=7_200 + int(rng.exponential(days * 86_400))
            )
            leads.append(Step(stage=status, at=before))
    steps = _steps(rng, at)
    last = steps[-1].at
    listed = float(round(np.exp(rng.normal(9.5, 0.8)) / 50) * 50 + 50)
    amounts = [(at, listed)]
    plans = [(at, (at + dt.timedelta(days=60)).date())]
    if len(steps) > 1 and rng.random() < 0.35:
        changed = at + (last - at) * rng.uniform(0.2, 0.8)
        amounts.append(
            (changed.replace(microsecond=0), float(round(listed * rng.uniform(0.6, 1.2) / 10) * 10))
        )
    if len(steps) > 1 and rng.random() < 0.5:
        changed = (at + (last - at) * rng.uniform(0.2, 0.8)).replace(microsecond=0)
        plans.append((changed, (changed + dt.timedelta(days=int(rng.integers(20, 90)))).date()))
    account = str(rng.choice(ACCOUNTS))
    return TrueDeal(
        number=position,
        name=f"{account} {1_000 + position}",
        account=account,
        owner=str(rng.choice(OWNERS)),
        source=str(rng.choice(SOURCES)),
        leads=tuple(reversed(leads)),
        steps=tuple(steps),
        amounts=tuple(amounts),
        plans=tuple(plans),
    )


def _steps(rng: np.random.Generator, at: dt.datetime) -> list[Step]:
    position, steps, reopened = 0, [Step(stage=STAGES[0], at=at)], False
    while True:
        at = _after(rng, at, (6, 10, 14, 18, 12)[position])
        if at >= AS_OF:
            return steps
        draw = rng.random()
        if draw < 0.22:
            steps.append(Step(stage="lost", at=at))
            if reopened or rng.random() > 0.06:
                return steps
            reopened = True
            at = _after(rng, at, 20)
            if at >= AS_OF:
                return steps
            steps.append(Step(stage=STAGES[position], at=at))
        elif draw < 0.27 and position:
            position -= 1
            steps.append(Step(stage=STAGES[position], at=at))
        elif draw < 0.33 and position < 3:
            position += 2
            steps.append(Step(stage=STAGES[position], at=at))
        elif position == len(STAGES) - 1:
            steps.append(Step(stage="won", at=at))
            return steps
        else:
            position += 1
            steps.append(Step(stage=STAGES[position], at=at))
