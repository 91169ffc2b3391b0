"""Rules for work: calendars, roles, tasks, patience and speed to lead."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from funnelsim.core.errors import Problem
from funnelsim.model.parts import Exit, Model, Stage
from funnelsim.model.roles import Role
from funnelsim.model.rules.unknown import unknown


def calendars_are_named(model: Model) -> Iterator[Problem]:
    used = [(f"roles.{key}.calendar", role.calendar) for key, role in model.roles.items()]
    used += [(f"sources.{key}.hours", source.hours) for key, source in model.sources.items()]
    for path, calendar in used:
        if calendar is not None and calendar not in model.calendars:
            yield unknown(path, "calendar", calendar, model.calendars)


def caps_have_owners(model: Model) -> Iterator[Problem]:
    for key, role in model.roles.items():
        if role.open_deals_max is not None and role.assignment != "owner":
            message = 'caps the leads of an owner; write assignment = "owner", or leave it out'
            yield Problem(path=f"roles.{key}.open_deals_max", message=message)


def nobody_leaves_who_is_not_there(model: Model) -> Iterator[Problem]:
    """Departures must not exceed the planned reps, without attrition and including hires of the same day."""
    for key, role in model.roles.items():
        for n, leaving in enumerate(role.departures):
            present = _present_before(role, n)
            if leaving.count > present:
                message = f"{leaving.count} leave on {leaving.on}, but only {present} are there by then"
                yield Problem(path=f"roles.{key}.departures.{n}", message=message)


def _present_before(role: Role, departure: int) -> int:
    """Planned reps at the time of a departure; departures on one day are in file order."""
    day = role.departures[departure].on
    hired = sum(hire.count for hire in role.hires if hire.on <= day)
    gone = sum(
        other.count
        for n, other in enumerate(role.departures)
        if other.on < day or (other.on == day and n < departure)
    )
    return max(role.headcount + hired - gone, 0)


def tasks_have_reps(model: Model) -> Iterator[Problem]:
    for key, stage in model.stages.items():
        for n, task in enumerate(stage.work):
            path = f"{_task_path(key, stage, n)}.role"
            role = model.roles.get(task.role)
            if role is None:
                yield unknown(path, "role", task.role, model.roles)
            elif role.headcount == 0 and not role.hires:
                message = f'"{task.role}" has nobody: headcount is 0 and there are no hires'
                yield Problem(path=path, message=message)


def _task_path(key: str, stage: Stage, n: int) -> str:
    return f"stages.{key}.work" + (f".{n}" if len(stage.work) > 1 else "")


def patience_ends_somewhere(model: Model) -> Iterator[Problem]:
    places = [*model.stages, *model.all_outcomes]
    for key, stage in model.stages.items():
        path = f"stages.{key}"
        if stage.patience is not None and not stage.work:
            message = 'is patience for a rep, but the stage has no work; give work = { role = "...", ... }'
            yield Problem(path=f"{path}.patience", message=message)
        if stage.patience is not None and stage.abandons_to is None:
            message = 'is missing beside patience; name where those go who give up, such as "lost"'
            yield Problem(path=f"{path}.abandons_to", message=message)
        if stage.abandons_to is not None and stage.patience is None:
            yield Problem(path=f"{path}.abandons_to", message="goes with patience, which is missing")
        if stage.abandons_to is not None and stage.abandons_to not in places:
            yield unknown(f"{path}.abandons_to", "stage or outcome", stage.abandons_to, places)


def speed_to_lead_can_act(model: Model) -> Iterator[Problem]:
    for key, stage in model.stages.items():
        slowed = {name: e for name, e in stage.exits.items() if e.wait_half_life is not None}
        for name, e in slowed.items():
            path = f"stages.{key}.exits.{name}.wait_half_life"
            yield from (Problem(path=path, message=message) for message in _half_life(stage, e))
        if slowed and stage.lost_exit is None:
            message = (
                f"{', '.join(slowed)} has a wait_half_life, so the stage needs an exit to lost for those who "
                "waited too long; its p may be 0"
            )
            yield Problem(path=f"stages.{key}.exits", message=message)


def _half_life(stage: Stage, e: Exit) -> Iterator[str]:
    if e.wait_half_life == 0:
        yield "must be above 0"
    if not stage.work:
        yield 'is of waiting for a rep, but the stage has no work; give work = { role = "...", ... }'
    if e.to == "lost":
        yield "changes nothing here: who waits too long goes to lost anyway"


#: Rules for visits, which also apply to each segment.
VISIT_RULES: tuple[Callable[[Model], Iterator[Problem]], ...] = (
    tasks_have_reps,
    patience_ends_somewhere,
    speed_to_lead_can_act,
)
WORK_RULES: tuple[Callable[[Model], Iterator[Problem]], ...] = (
    calendars_are_named,
    caps_have_owners,
    nobody_leaves_who_is_not_there,
)
