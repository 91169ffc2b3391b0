"""Update an old model with a new fit: fitted values are replaced, hand-written parts are kept."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from funnelsim.core.errors import ModelError, Problem
from funnelsim.fitting.trend.holidays import PUBLIC, written_by_fit
from funnelsim.fitting.workload.fit import LEADS, OFFICE, calendar_key
from funnelsim.history.values.labels import slug
from funnelsim.model.fields import Part
from funnelsim.model.parts import Exit, Model, Source, Stage
from funnelsim.model.roles import Role

#: What a fit writes of each part; everything else is written by hand.
_OF_MODEL = frozenset(
    {"name", "noun", "currency", "amount_is", "start", "outcomes", "sources", "stages", "clocks"}
    | {"listed_factor", "draws", "pipeline", "history", "fit", "roles", "calendars"}
)
_OF_SOURCE = frozenset(
    {"name", "enters", "rate", "weekday", "month", "holiday", "growth", "dispersion", "amount", "hours"}
)
_OF_STAGE = frozenset({"name", "exits", "planned"})
_OF_EXIT = frozenset({"to", "p", "after"})
_OF_ROLE = frozenset({"name", "headcount", "calendar"})


def updated(old: Model, new: Model) -> Model:
    """The new fit with the hand-written parts of the old model.

    Names, goal, clocks, segments, texts, costs and the clock of an exit stay; so do stages and sources that
    the fit does not know. Segments and clocks that the fit made replace those of before.
    """
    of_fit = _clocks_of_fit(old)
    stages = {
        key: _stage(old.stages.get(key), stage, of_fit, _roles_of_fit(old))
        for key, stage in new.stages.items()
    }
    stages |= {key: stage for key, stage in old.stages.items() if key not in stages}
    sources = {key: _source(old.sources.get(key), source) for key, source in new.sources.items()}
    sources |= {key: source for key, source in old.sources.items() if key not in sources}
    fitted = {
        name: getattr(new, name) for name in ("start", "listed_factor", "draws", "pipeline", "history", "fit")
    }
    fitted["calendars"] = old.calendars | new.calendars
    fitted["roles"] = old.roles | {
        key: _role(old.roles.get(key), role, old) for key, role in new.roles.items()
    }
    fitted["clocks"] = {k: c for k, c in old.clocks.items() if k not in of_fit} | new.clocks
    outcomes = (*old.outcomes, *(key for key in new.outcomes if key not in old.outcomes))
    titles = ("name", "noun", "currency", "amount_is")
    names = {name: getattr(old, name) or getattr(new, name) for name in titles}
    if new.segments:
        fitted["segments"] = new.segments
        shares = {key: source.segments for key, source in new.sources.items()}
        sources = {k: s.model_copy(update={"segments": shares.get(k, {})}) for k, s in sources.items()}
    return old.model_copy(
        update={**fitted, **names, "outcomes": outcomes, "stages": stages, "sources": sources}
    )


def hand_written(path: Path) -> list[str]:
    """Paths in a model file that a fit does not write; ``another file`` if it is not a model."""
    document = _document(path)
    if document is None:
        return ["another file"]
    if "include" in document:
        return ["include"]
    try:
        model = read_alone(path)
    except ModelError:
        return ["another file"]
    of_fit = _clocks_of_fit(model)
    result = [name for name in _differing(model, Model) if name not in _OF_MODEL]
    result += [f"clocks.{key}" for key in model.clocks if key not in of_fit]
    roles, calendars = _roles_of_fit(model), _calendars_of_fit(model)
    result += [f"roles.{key}" for key in model.roles if key not in roles]
    result += [f"calendars.{key}" for key in model.calendars if key not in calendars]
    for key, stage in model.stages.items():
        of_stage = _OF_STAGE | ({"work"} if _is_of_fit(stage, roles) else set())
        result += [f"stages.{key}.{name}" for name in _differing(stage, Stage) if name not in of_stage]
        for exit_, e in stage.exits.items():
            own = _OF_EXIT | ({"clock"} if e.clock in of_fit else set())
            result += [f"stages.{key}.exits.{exit_}.{n}" for n in _differing(e, Exit) if n not in own]
    for key, source in model.sources.items():
        by_hand = source.holiday is not None and source.holiday.calendar != PUBLIC
        of_source = _OF_SOURCE - ({"holiday"} if by_hand else set())
        result += [f"sources.{key}.{name}" for name in _differing(source, Source) if name not in of_source]
    return result


def read_alone(path: Path) -> Model:
    """The model of one file, without its sidecar files.

    Raises
    ------
    ModelError
        If it is not a model, or includes another file, into which a fit must be written instead.
    """
    from funnelsim.model.files.model_files import read_funnel

    document = _document(path)
    if document is not None and "include" in document:
        message = f'the model includes "{document["include"]}"; fit into that file instead'
        raise ModelError(str(path), [Problem(path="include", message=message)])
    from funnelsim.model.files.read import read_document

    if document is None:
        read_funnel(path)  # raises an error with the reason
        raise ModelError(str(path), [Problem(path="", message="is not a model file")])
    model, problems = read_document(document)
    if problems or model is None:
        raise ModelError(str(path), problems)
    return model


def _document(path: Path) -> dict[str, Any] | None:
    from funnelsim.core.files.document_checks import document_problems
    from funnelsim.core.files.input_files import UnreadableError
    from funnelsim.core.files.toml import read_toml

    try:
        document = read_toml(path)
    except UnreadableError:
        return None
    return None if document_problems(document) else document


def clock_keys(exit_pairs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Names of the clocks that a fit gives to a stage's exits to one target, by stage and target.

    ``a_b`` to ``c`` and ``a`` to ``b_c`` are two clocks: the later one is ``a_b_c_2``.
    """
    result: dict[tuple[str, str], str] = {}
    for stage, target in dict.fromkeys(exit_pairs):
        key = f"{stage}_{target}"
        number, name = 2, key
        while name in result.values():
            name, number = f"{key}_{number}", number + 1
        result[stage, target] = name
    return result


def _clocks_of_fit(model: Model) -> frozenset[str]:
    """Names of clocks that a fit would give."""
    exit_pairs = ((key, e.to) for key, stage in model.stages.items() for e in stage.exits.values())
    return frozenset(set(clock_keys(exit_pairs).values()) & set(model.clocks))


def _calendars_of_fit(model: Model) -> frozenset[str]:
    """Names of calendars that a fit would give."""
    names = {OFFICE, LEADS, PUBLIC} | {calendar_key(role) for role in model.roles}
    return frozenset(key for key, one in model.calendars.items() if key in names and written_by_fit(one))


def _roles_of_fit(model: Model) -> frozenset[str]:
    """Roles with only those values that a fit writes."""
    calendars = {None, *_calendars_of_fit(model)}
    return frozenset(
        key
        for key, role in model.roles.items()
        if slug(role.name) == key and role.calendar in calendars and set(_differing(role, Role)) <= _OF_ROLE
    )


def _is_of_fit(stage: Stage, roles: frozenset[str]) -> bool:
    return len(stage.work) <= 1 and all(task.role in roles for task in stage.work)


def _role(old: Role | None, new: Role, model: Model) -> Role:
    if old is None:
        return new
    fitted: dict[str, Any] = {"headcount": new.headcount, "name": old.name or new.name}
    if old.calendar is None or old.calendar in _calendars_of_fit(model):
        fitted["calendar"] = new.calendar
    return old.model_copy(update=fitted)


def _stage(old: Stage | None, new: Stage, of_fit: frozenset[str], roles: frozenset[str]) -> Stage:
    if old is None:
        return new
    exits = {name: _exit(old.exits.get(name), e, of_fit) for name, e in new.exits.items()}
    fitted: dict[str, Any] = {"exits": exits, "after": None, "planned": new.planned}
    if new.work and _is_of_fit(old, roles | {task.role for task in new.work}):
        fitted["work"] = new.work
    return old.model_copy(update={"name": old.name or new.name, **fitted})


def _exit(old: Exit | None, new: Exit, of_fit: frozenset[str]) -> Exit:
    if old is None:
        return new
    clock = old.clock if old.clock and old.clock not in of_fit else new.clock
    return new.model_copy(update={"clock": clock, "wait_half_life": old.wait_half_life})


def _source(old: Source | None, new: Source) -> Source:
    if old is None:
        return new
    fitted = {name: getattr(new, name) for name in _OF_SOURCE}
    if old.hours is not None and new.hours is None:
        fitted["hours"] = old.hours
    if old.holiday is not None and old.holiday.calendar != PUBLIC:
        fitted["holiday"] = old.holiday
    return old.model_copy(update={**fitted, "name": old.name or new.name})


def _differing(part: Part, kind: type[Part]) -> list[str]:
    """Fields that are not at their default."""
    result = []
    for name, info in kind.model_fields.items():
        default = info.get_default(call_default_factory=True) if not info.is_required() else None
        if getattr(part, name) != default:
            result.append(name)
    return result


__all__ = ["hand_written", "read_alone", "updated"]
