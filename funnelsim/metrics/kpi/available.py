"""Which key figures some records can tell, and why they cannot tell the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from funnelsim.core.nouns import plural_noun
from funnelsim.metrics.kpi.definitions import KPIS, Kpi, conversion
from funnelsim.metrics.kpi.records import Records, sales_stage
from funnelsim.metrics.kpi.tallies import Tallies
from funnelsim.model.parts import Model

_MONEY = (
    "deal_size",
    "velocity",
    "bookings",
    "revenue",
    "open_pipeline",
    "expansion",
    "attainment",
    "coverage",
)
_LOSSES = ("win_rate", "sales_win_rate", "velocity", "open_pipeline", "coverage", "conversion")


@dataclass(frozen=True, slots=True, kw_only=True)
class Available:
    """The key figures that are available, in the order of tables; the others with the reason."""

    kpis: tuple[Kpi, ...]
    missing: dict[str, str]


def available(records: Records, tallies: Tallies, referrals: tuple[str, ...]) -> Available:
    """Sort the key figures into those that are available and those that are not."""
    model, missing = records.model, dict[str, str]()

    def leave_out(names: tuple[str, ...], why: str) -> None:
        for name in names:
            missing.setdefault(name, why)

    if not records.leads["value"].is_not_null().any():
        leave_out(_MONEY, f"no {model.noun} has an amount")
    if not records.losses_recorded:
        leave_out(_LOSSES, "losses are not recorded")
    if np.isnan(tallies["open_value"]).all():
        leave_out(("open_pipeline", "coverage"), f"too few open {plural_noun(model.noun)} have an amount")
    if not tallies["quota"].any():
        leave_out(("attainment", "coverage"), _no_quota(model))
    if not records.has_work:
        leave_out(("first_response_days",), "the history does not record when reps begin to work")
    if not referrals:
        leave_out(("referrals",), "no source is called a referral")
    if not can_churn(model) and not tallies["churned"].any():
        leave_out(("churned", "retention"), "no client is recorded as churned")
    if not tallies["expansion"].any():
        leave_out(("expansion",), f"no {model.noun} books a second time")
    tasks = "has the tasks of reps but not" if records.has_work else "does not record"
    leave_out(("utilisation",), f"the history {tasks} their working hours; a model with roles has both")
    return Available(kpis=tuple(ordered(model, missing)), missing=missing)


def ordered(model: Model, missing: dict[str, str]) -> list[Kpi]:
    """The key figures in the order of tables, with the conversion of each stage before the win rate."""
    found = []
    for name, kpi in KPIS.items():
        if name == "win_rate" and "conversion" not in missing:
            found += [conversion(stage) for stage in model.stages]
        if name not in missing:
            found.append(kpi)
    return found


def same_as(model: Model, name: str) -> str:
    """Another figure that this one equals by definition."""
    if name == "sales_win_rate" and sales_stage(model) == next(iter(model.stages), ""):
        return "win_rate"
    return "bookings" if name == "revenue" and model.goal.recognise is None else ""


def can_churn(model: Model) -> bool:
    return any(way.to == "churned" for stage in model.stages.values() for way in stage.every_exit.values())


def referral_sources(records: Records) -> tuple[str, ...]:
    """Sources that stages spawn; of a plain history, those with a name that says so."""
    spawned = {stage.spawns.source for stage in records.model.stages.values() if stage.spawns is not None}
    names = {key: source.name for key, source in records.model.sources.items()}
    seen = records.leads["source"].drop_nulls().unique().sort().to_list()
    return tuple(s for s in seen if s in spawned or "referr" in f"{s} {names.get(s, '')}".casefold())


def _no_quota(model: Model) -> str:
    if model.goal.quota is None:
        return "no quota is known; a model gives one"
    return f"the quota is by {model.goal.period}: choose --by {model.goal.period}"
