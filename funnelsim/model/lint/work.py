"""What a valid model makes one wonder about those who work: too much to do, nobody left, nothing to do."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from funnelsim.core.errors import Problem
from funnelsim.model.changes.changes import Change
from funnelsim.model.changes.resolve import resolve
from funnelsim.model.flows.workload import OfferedLoad, offered_load, reps_on
from funnelsim.model.parts import Model


def work_notes(model: Model) -> Iterator[Problem]:
    """Worth a look, though the model runs."""
    for found in offered_load(model):
        if _too_much(found):
            yield Problem(path=f"roles.{found.role}", message=_overload(found))
    yield from _around_the_clock(model)
    yield from _left_alone(model)
    yield from _unused(model)
    yield from _too_early(model)


def overloads(model: Model, changes: Sequence[Change] = ()) -> dict[str, str]:
    """A warning for each overloaded role, by its key."""
    if not model.roles:
        return {}
    return {
        found.role: f"{model.roles[found.role].name or found.role.replace('_', ' ')}: {_overload(found)}"
        for found in offered_load(model, changes)
        if _too_much(found)
    }


def _too_much(found: OfferedLoad) -> bool:
    """Describe an overload at the start, or after the last planned hire or departure."""
    return max(found.load, found.last_load) > 1


def _overload(found: OfferedLoad) -> str:
    if math.isinf(found.load):
        return "it has no reps at the start, so its work waits until the first hire"
    overload = (
        f"the offered load is {found.load:.0%}: {found.work_hours:.0f} h of work a week for "
        f"{found.capacity_hours:.0f} h of open hours"
    )
    if found.changes_on is None:
        return f"{overload}; the queue grows without bound"
    who = "nobody" if not found.last_reps else f"{found.last_reps} rep{'s' if found.last_reps > 1 else ''}"
    then = "" if math.isinf(found.last_load) else f" it is {found.last_load:.0%}"
    if found.last_load <= 1:
        return f"{overload}; the queue grows until {found.changes_on}: with {who} from then on{then}"
    return f"{overload}; with {who} from {found.changes_on} on{then}, and the queue grows without bound"


def _around_the_clock(model: Model) -> Iterator[Problem]:
    for key in _roles_with_work(model):
        role = model.roles.get(key)
        if role is not None and role.calendar is None:
            name = role.name or key.replace("_", " ")
            message = f"{name} works round the clock (168 h a week); give it a calendar"
            yield Problem(path=f"roles.{key}", message=message)


def _roles_with_work(model: Model) -> list[str]:
    kinds = [model, *(resolve(model, segment=key) for key in model.segments)]
    return sorted({task.role for kind in kinds for stage in kind.stages.values() for task in stage.work})


def _left_alone(model: Model) -> Iterator[Problem]:
    for key, role in model.roles.items():
        last = max((turnover.on for turnover in role.departures), default=None)
        if last is not None and all(hire.on <= last for hire in role.hires) and reps_on(role, last) == 0:
            yield Problem(path=f"roles.{key}.departures", message=f"nobody is left after {last}")


def _unused(model: Model) -> Iterator[Problem]:
    roles = _roles_with_work(model)
    for key in model.roles:
        if key not in roles:
            yield Problem(path=f"roles.{key}", message="has nothing to do: no stage has work for it")
    calendars = {role.calendar for role in model.roles.values()}
    calendars |= {source.hours for source in model.sources.values()}
    on_holidays = [source.holiday for source in model.sources.values()]
    on_holidays += [clock.holiday for clock in model.clocks.values()]
    calendars |= {holiday.calendar for holiday in on_holidays if holiday is not None}
    for key in model.calendars:
        if key not in calendars:
            yield Problem(path=f"calendars.{key}", message="is used by no role, source or clock")


def _too_early(model: Model) -> Iterator[Problem]:
    for key, source in model.sources.items():
        for name, campaign in source.campaigns.items():
            if campaign.on < model.start:
                message = "begins before the model starts: only a warm-up sees it"
                yield Problem(path=f"sources.{key}.campaigns.{name}.on", message=message)
    target = model.goal.target
    if target is not None and target.by <= model.start:
        message = f"is over when the model starts on {model.start}"
        yield Problem(path="goal.target.by", message=message)
