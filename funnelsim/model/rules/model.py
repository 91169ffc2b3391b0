"""Rules between the parts of a model: one function per rule."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from funnelsim.core.errors import Problem
from funnelsim.core.numeric.keys import Kind, source_id_base, stage_hash
from funnelsim.model.parts import Exit, Holiday, Model
from funnelsim.model.rules.goal import GOAL_RULES
from funnelsim.model.rules.leads import LEAD_RULES
from funnelsim.model.rules.unknown import unknown
from funnelsim.model.rules.work import VISIT_RULES, WORK_RULES

_KEY = re.compile(r"[a-z0-9_]+")
TOLERANCE = 1e-9
_LENGTHS = {
    "year": {"month": 12, "week": 52},
    "quarter": {"month": 3, "week": 13},
    "month": {"week": 4},
    "week": {},
}


def check_values(model: Model) -> list[Problem]:
    """List all problems of a model as resolved for one segment, or for leads without one."""
    return [problem for rule in RULES for problem in rule(model)]


def keys_are_plain(model: Model) -> Iterator[Problem]:
    sections = ("stages", "sources", "segments", "clocks", "calendars", "roles")
    paths = [(f"{section}.{key}", key) for section in sections for key in getattr(model, section)]
    for key, source in model.sources.items():
        paths += [(f"sources.{key}.campaigns.{name}", name) for name in source.campaigns]
    for path, key in paths:
        if not _KEY.fullmatch(key):
            message = "a key has small letters, digits and _ only"
            words = "; put the words in name" if path.count(".") == 1 else ""
            yield Problem(path=path, message=message + words)


def keys_are_distinct(model: Model) -> Iterator[Problem]:
    reserved = {*model.all_outcomes, "never"}
    for key in model.stages:
        if key in reserved:
            yield Problem(
                path=f"stages.{key}", message=f'"{key}" is an outcome; choose another key for the stage'
            )
    seen = ["won", "lost", "churned", "never"]
    for key in model.outcomes:
        if key in seen:
            yield Problem(path="outcomes", message=f'"{key}" is there already; leave it out')
        elif not _KEY.fullmatch(key):
            yield Problem(
                path="outcomes", message=f'found "{key}"; a key has small letters, digits and _ only'
            )
        seen.append(key)
    yield from _collisions({f"stages.{k}": stage_hash(k) for k in model.stages})
    yield from _collisions({f"sources.{k}": source_id_base(k) for k in model.sources})
    yield from _collisions({f"roles.{k}": stage_hash(k) for k in model.roles})
    campaigns = {
        f"sources.{key}.campaigns.{name}": source_id_base(f"{key}/{name}", Kind.CAMPAIGN)
        for key, source in model.sources.items()
        for name in source.campaigns
    }
    yield from _collisions(campaigns)


def _collisions(hashes: Mapping[str, int]) -> Iterator[Problem]:
    seen: dict[int, str] = {}
    for path, value in hashes.items():
        if value in seen or (path.startswith(("stages.", "roles.")) and value == 0):
            yield Problem(
                path=path,
                message=f"its key has the same hash as {seen.get(value, 'a reserved word')}; rename it",
            )
        seen[value] = path


def something_flows(model: Model) -> Iterator[Problem]:
    if not model.stages:
        yield Problem(path="stages", message="there is no stage; add at least one [stages.KEY]")
    if not model.sources and model.pipeline is None:
        yield Problem(path="sources", message="there is no source and no pipeline, so there are no leads")


def _ways_out(model: Model) -> Iterator[tuple[str, Mapping[str, Exit], bool]]:
    """Path, exits and whether they share a dwell, for each stage and its planned leads."""
    for key, stage in model.stages.items():
        yield f"stages.{key}.exits", stage.exits, stage.after is not None
        if stage.planned is not None:
            yield f"stages.{key}.planned.exits", stage.planned.exits, False


def exits_sum_to_one(model: Model) -> Iterator[Problem]:
    for path, exits, _ in _ways_out(model):
        if not exits:
            yield Problem(
                path=path, message="the stage has no exit; every stage leads to a stage or an outcome"
            )
            continue
        total = math.fsum(e.p for e in exits.values())
        if abs(total - 1) > TOLERANCE:
            listed = ", ".join(f"{name} {e.p:g}" for name, e in exits.items())
            yield Problem(path=path, message=f"probabilities sum to {total:.10g}, must be 1 ({listed})")


def exits_lead_somewhere(model: Model) -> Iterator[Problem]:
    places = dict.fromkeys([*model.stages, *model.all_outcomes, "never"])
    for section, exits, _ in _ways_out(model):
        for name, e in exits.items():
            path = f"{section}.{name}"
            if e.to not in places:
                yield unknown(path, "stage or outcome", e.to, places)
            elif name == "never" and e.to != "never":
                yield Problem(
                    path=path, message=f'never stays open for ever, but leads to "{e.to}"; rename it'
                )


def exits_have_dwells(model: Model) -> Iterator[Problem]:
    for section, exits, in_common in _ways_out(model):
        for name, e in exits.items():
            path = f"{section}.{name}"
            if e.to == "never":
                if e.after is not None:
                    yield Problem(path=f"{path}.after", message="never has no dwell; it has p only")
            elif e.after is None and not in_common:
                message = 'has no dwell; give it or its stage after = "lognormal(median=6d, sigma=0.8)"'
                yield Problem(path=path, message=message)


def plans_hold(model: Model) -> Iterator[Problem]:
    """Planned leads have the targets of their stage, and depend on the planned date only."""
    for key, stage in model.stages.items():
        if stage.planned is None:
            continue
        path = f"stages.{key}.planned"
        for name, e in stage.planned.exits.items():
            own = stage.exits.get(name)
            if e.clock is not None:
                message = "leads with a planned close follow the plan's days; leave the clock out"
                yield Problem(path=f"{path}.exits.{name}.clock", message=message)
            if e.wait_half_life is not None:
                message = "open leads with a planned close have been served; leave wait_half_life out"
                yield Problem(path=f"{path}.exits.{name}.wait_half_life", message=message)
            if own is not None and own.to != e.to:
                message = f'leads to "{e.to}", the exit of that name in the stage to "{own.to}"; rename it'
                yield Problem(path=f"{path}.exits.{name}.to", message=message)


def every_round_has_a_way_out(model: Model) -> Iterator[Problem]:
    """Some outcome must be reachable from every stage."""
    ends = {*model.all_outcomes, "never"}
    before: dict[str, list[str]] = {}
    for key, stage in model.stages.items():
        for e in stage.exits.values():
            if e.p > 0:
                before.setdefault(e.to, []).append(key)
    safe: set[str] = set()
    waiting = [key for end in ends for key in before.get(end, ())]
    while waiting:
        key = waiting.pop()
        if key not in safe:
            safe.add(key)
            waiting += before.get(key, ())
    trapped = [key for key, stage in model.stages.items() if key not in safe and stage.exits]
    targets = {e.to for key in trapped for e in model.stages[key].exits.values()}
    if trapped and targets <= {*model.stages}:
        yield Problem(
            path="stages",
            message=f"leads in {', '.join(trapped)} loop forever; add an exit to an outcome",
        )


def clocks_are_named(model: Model) -> Iterator[Problem]:
    known = list(model.clocks)
    for key, stage in model.stages.items():
        used = [(f"stages.{key}", stage.clock)]
        used += [(f"stages.{key}.exits.{name}", e.clock) for name, e in stage.exits.items()]
        for path, clock in used:
            if clock is not None and clock not in known:
                yield unknown(f"{path}.clock", "clock", clock, known)


def patterns_fit(model: Model) -> Iterator[Problem]:
    for key, clock in model.clocks.items():
        lengths = _LENGTHS[clock.over or "year"] | {"day": 31, "weekday": 7}
        given = {name: getattr(clock, name) for name in ("month", "week", "day", "weekday")}
        if clock.holiday is None and all(factors is None for factors in given.values()):
            message = "has no factors; give month, week, day, weekday or holiday"
            yield Problem(path=f"clocks.{key}", message=message)
        for name, factors in given.items():
            if factors is not None:
                yield from _pattern(f"clocks.{key}.{name}", factors, lengths.get(name), clock.over or "year")
    for key, source in model.sources.items():
        for name, length in (("weekday", 7), ("month", 12)):
            factors = getattr(source, name)
            if factors is not None:
                yield from _pattern(f"sources.{key}.{name}", factors, length, "year")


def _pattern(path: str, factors: Sequence[float], length: int | None, over: str) -> Iterator[Problem]:
    if length is None:
        yield Problem(path=path, message=f'does not go with over = "{over}"')
    elif len(factors) != length:
        yield Problem(path=path, message=f"expected {length} numbers, found {len(factors)}")
    if any(not (f >= 0 and math.isfinite(f)) for f in factors):
        yield Problem(path=path, message="factors must not be negative")
    elif not any(f > 0 for f in factors):
        yield Problem(path=path, message="at least one factor must be above 0")


def holidays_are_told(model: Model) -> Iterator[Problem]:
    """A holiday factor needs a calendar that has holidays and is not closed on them anyway."""
    used: list[tuple[str, Holiday | None, str | None]] = []
    used += [(f"clocks.{key}", clock.holiday, None) for key, clock in model.clocks.items()]
    used += [(f"sources.{key}", source.holiday, source.hours) for key, source in model.sources.items()]
    for path, holiday, hours in used:
        if holiday is None:
            continue
        where = f"{path}.holiday.calendar"
        if holiday.calendar not in model.calendars:
            yield unknown(where, "calendar", holiday.calendar, list(model.calendars))
        elif not model.calendars[holiday.calendar].holidays:
            yield Problem(path=where, message=f'"{holiday.calendar}" has no holidays; list their dates there')
        elif holiday.calendar == hours:
            message = (
                f'no leads arrive on the holidays of "{hours}" anyway; leave the factor out, or its hours'
            )
            yield Problem(path=where, message=message)


def shares_are_whole(model: Model) -> Iterator[Problem]:
    for key, source in model.sources.items():
        yield from _shares(f"sources.{key}.enters", source.enters, "stage", list(model.stages))
        if source.segments:
            yield from _shares(f"sources.{key}.segments", source.segments, "segment", list(model.segments))


def _shares(path: str, shares: Mapping[str, float], what: str, known: Sequence[str]) -> Iterator[Problem]:
    for name in shares:
        if name not in known:
            yield unknown(path, what, name, known)
    total = math.fsum(shares.values())
    if abs(total - 1) > TOLERANCE:
        yield Problem(path=path, message=f"shares sum to {total:.10g}, must be 1")


def amounts_are_known(model: Model) -> Iterator[Problem]:
    if model.goal.quota is None:
        return
    for key, source in model.sources.items():
        segments = [model.segments.get(s) for s in source.segments]
        if source.amount is None and not (segments and all(s is not None and s.amount for s in segments)):
            message = (
                'has no amount, but the goal has a quota; give amount = "lognormal(mean=12000, sigma=1)"'
            )
            yield Problem(path=f"sources.{key}.amount", message=message)


#: Rules for stages, which also apply to each segment.
STAGE_RULES: tuple[Callable[[Model], Iterator[Problem]], ...] = (
    exits_lead_somewhere,
    exits_have_dwells,
    plans_hold,
    every_round_has_a_way_out,
    clocks_are_named,
    *VISIT_RULES,
)
RULES: tuple[Callable[[Model], Iterator[Problem]], ...] = (
    keys_are_plain,
    keys_are_distinct,
    something_flows,
    exits_sum_to_one,
    *STAGE_RULES,
    *GOAL_RULES,
    patterns_fit,
    holidays_are_told,
    shares_are_whole,
    *WORK_RULES,
    *LEAD_RULES,
    amounts_are_known,
)
