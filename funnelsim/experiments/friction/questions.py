"""What an analysis of friction simulates, variant by variant, and what is known of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from funnelsim.documents.friction import Driver, Effects, Removal
from funnelsim.documents.friction import Lever as LeverEffects
from funnelsim.experiments.friction.drivers import Gap, gaps_of
from funnelsim.experiments.friction.effects import PairedEffects
from funnelsim.experiments.friction.levers import Lever, levers_of, removable_stages
from funnelsim.model.changes.changes import Change, RemoveStage
from funnelsim.model.files.model_files import Funnel
from funnelsim.results.run import Run


@dataclass(slots=True)
class Answers:
    """What is known so far."""

    levers: list[LeverEffects] = field(default_factory=list)
    removals: list[Removal] = field(default_factory=list)
    drivers: list[Driver] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    interrupted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """What is simulated, in this order."""

    funnel: Funnel
    levers: list[Lever]
    removable: list[str]
    gaps: list[Gap]
    no_gaps: str

    @classmethod
    def of(cls, funnel: Funnel, stages: Sequence[str]) -> Questions:
        gaps, no_gaps = gaps_of(funnel, stages)
        return cls(
            funnel=funnel,
            levers=levers_of(funnel.model, stages),
            removable=removable_stages(funnel.model, stages),
            gaps=gaps,
            no_gaps=no_gaps,
        )

    @property
    def changes(self) -> list[tuple[Change, ...]]:
        """The changes of each variant."""
        ends = [(key, share) for key in self.removable for share in (0.0, 1.0)]
        return [
            *((lever.change,) for lever in self.levers),
            *((RemoveStage(stage=key, recovered=(share,)),) for key, share in ends),
            *((gap.change,) for gap in self.gaps),
        ]

    def answered(self, runs: Iterator[Run], paired: PairedEffects) -> Answers:
        """The effects of all variants; if interrupted, of those that are done."""
        found = Answers()
        try:
            for lever in self.levers:
                found.levers += _lever_rows(lever, next(runs), paired, self.funnel)
            for key in self.removable:
                time_only, all_recovered = paired.of(next(runs)), paired.of(next(runs))
                found.removals.append(Removal(stage=key, time_only=time_only, all_recovered=all_recovered))
            for gap in self.gaps:
                found.drivers.append(_driver(gap, paired.of(next(runs))))
        except KeyboardInterrupt:
            if not found.levers:
                raise
            found.interrupted = True
            done = len(found.levers) + len(found.removals) + len(found.drivers)
            asked = len(self.levers) + len(self.removable) + len(self.gaps)
            found.warnings.append(f"interrupted: only {done} of {asked} changes were simulated")
        return found


def _lever_rows(lever: Lever, run: Run, paired: PairedEffects, funnel: Funnel) -> Iterator[LeverEffects]:
    """The lever's effects; of one more rep also those of each hour that a task waits less."""
    change = lever.change
    same = {
        "path": change.path,
        "change": change.by or "",
        "stage": lever.stage,
        "changes_from": change.start,
    }
    yield LeverEffects(kind=lever.kind, name=lever.name, **same, **_fields(paired.of(run)))
    if lever.kind != "people":
        return
    scaled = paired.per_hour_of_waiting(run, funnel.model, lever.role)
    if scaled is not None:
        effects, hours = scaled
        who = funnel.model.roles[lever.role].name or lever.role.replace("_", " ")
        name = f"{who}: 1 hour less waiting"
        yield LeverEffects(kind="waiting", name=name, **same, hours_saved=hours, **_fields(effects))


def _driver(gap: Gap, effects: Effects) -> Driver:
    driver, level = gap.driver, gap.level
    return Driver(
        kind="driver",
        path=gap.change.path,
        change=gap.change.by or "",
        name=f"{driver.covariate} {level.level}",
        stage=driver.stage,
        covariate=driver.covariate,
        level=level.level,
        to=driver.to,
        moves=driver.kind,
        ratio=level.ratio,
        ratio_low=level.low,
        ratio_high=level.high,
        share=gap.share,
        chance=gap.chance,
        chance_if_closed=gap.closed,
        raised=gap.raised,
        **_fields(effects),
    )


def _fields(effects: Effects) -> dict[str, object]:
    return {name: getattr(effects, name) for name in ("metrics", "attainment_probability", "clear")}
