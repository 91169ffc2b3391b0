"""Roles and their work, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.table import Table

from funnelsim.core.calendar.time import format_duration
from funnelsim.core.nouns import plural_noun
from funnelsim.model.parts import Campaign, Model, Spawns, Stage
from funnelsim.model.roles import Role, Task, Turnover
from funnelsim.report.screens import layout
from funnelsim.report.words.dates import date_words
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import count, days, plural, share

#: Efforts below so many hours are shown in minutes.
_MINUTES_BELOW = 2.0

_SERVED = {
    "fifo": "first come, first served",
    "lifo": "newest first",
    "largest": "largest first",
    "oldest": "oldest first",
    "latest_stage": "latest stage first",
}


def role_words(model: Model, key: str) -> str:
    """``Account executive: 6 reps, Mon-Fri 09:00-17:00; 2 more on 1 Mar 2026; ...``"""
    role = model.roles[key]
    calendar = model.calendars.get(role.calendar or "")
    hours = ", ".join(calendar.hours) if calendar else "at all hours"
    off = f" ({plural(len(calendar.holidays), 'holiday')})" if calendar and calendar.holidays else ""
    parts = [f"{plural(role.headcount, 'rep')}, {hours}{off}", *_roster_changes(role)]
    if role.assignment == "owner":
        most = f", at most {role.open_deals_max} open" if role.open_deals_max else ""
        parts.append(f"each rep keeps its {plural_noun(model.noun)}{most}")
    if role.discipline != "fifo":
        parts.append(_SERVED[role.discipline])
    return f"{plain(role.name or key)}: {'; '.join(parts)}"


def _roster_changes(role: Role) -> Iterator[str]:
    if role.hires:
        yield f"joining: {_turnovers(role.hires)}"
    if role.departures:
        yield f"leaving: {_turnovers(role.departures)}"
    if role.ramp and (role.hires or role.attrition):
        yield f"new reps work at {', '.join(share(done) for done in role.ramp)} in their first months"
    if role.attrition is not None:
        after = role.attrition.backfill_after
        again = f"replaced after {days(after)}" if after is not None else "not replaced"
        yield f"{share(role.attrition.rate)} a year leave, {again}"


def _turnovers(turnovers: Sequence[Turnover]) -> str:
    return ", ".join(f"{one.count} on {date_words(one.on, short=True)}" for one in turnovers)


def campaign_words(model: Model, key: str, campaign: Campaign) -> str:
    """``trade fair: 150 leads in 5 days from 10 Mar 2026``"""
    leads = f"{count(campaign.leads)} {plural_noun(model.noun)} in {days(campaign.over)}"
    return f"{key.replace('_', ' ')}: {leads} from {date_words(campaign.on, short=True)}"


def work_table(model: Model) -> Table | None:
    """Stages with a task: role, effort, and patience of those who wait."""
    rows = []
    efforts = [_effort_hours(task) for stage in model.stages.values() for task in stage.work]
    in_minutes = max(efforts, default=0.0) < _MINUTES_BELOW
    for key, stage in model.stages.items():
        name = plain(stage.name or key.replace("_", " "))
        for n, task in enumerate(stage.work):
            patience = _patience(stage) if n == 0 else ""
            rows.append(
                (
                    name if n == 0 else "",
                    _role(model, task),
                    _effort(_effort_hours(task), in_minutes=in_minutes),
                    patience,
                )
            )
    if not rows:
        return None
    heads = (
        ("stage", "left"),
        ("role", "left"),
        ("mean\neffort", "right"),
        ("half give up\nwithin", "right"),
    )
    return layout.table(heads, rows)


def stage_work_words(model: Model, stage: Stage) -> Iterator[str]:
    """Tasks of reps on a visit, patience of leads, and referrals that an entry generates."""
    for task in stage.work:
        hours = _effort_hours(task)
        effort = _effort(hours, in_minutes=hours < _MINUTES_BELOW)
        yield f"work: {_role(model, task)}, {effort} on average"
    if stage.patience is not None and stage.abandons_to is not None:
        yield f"half give up waiting within {_patience(stage)}; they go to {_place(model, stage.abandons_to)}"
    for e in stage.exits.values():
        if e.wait_half_life is not None:
            each = format_duration(e.wait_half_life)
            yield f"each {each} of waiting halves the chance of {_place(model, e.to)}; the others are lost"
    if stage.spawns is not None:
        yield f"generates: {spawn_words(model, stage.spawns)}"


def spawn_words(model: Model, spawns: Spawns) -> str:
    """``0.3 new leads from Client referrals, 20 days later on average``"""
    source = model.sources[spawns.source]
    what = f"{spawns.leads:.3g} new {plural_noun(model.noun)} from {plain(source.name or spawns.source)}"
    return f"{what} on average, {days(spawns.after.mean())} later"


def _role(model: Model, task: Task) -> str:
    return plain(model.roles[task.role].name or task.role)


def _effort_hours(task: Task) -> float:
    return task.effort.mean() * 24


def _effort(hours: float, *, in_minutes: bool) -> str:
    return f"{60 * hours:.3g} min" if in_minutes else f"{hours:.3g} h"


def _patience(stage: Stage) -> str:
    return "" if stage.patience is None else format_duration(float(stage.patience.ppf(0.5)))


def _place(model: Model, place: str) -> str:
    stage = model.stages.get(place)
    return plain(stage.name) if stage is not None and stage.name else place.replace("_", " ")
