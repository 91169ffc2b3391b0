"""Small improvements of a funnel, each a change of one value that ``compare --set`` takes as well."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from funnelsim.core.errors import ChangeError
from funnelsim.core.nouns import plural_noun
from funnelsim.experiments.friction.ways_on import forward_targets, lost_targets, path_to
from funnelsim.model.changes.changes import RemoveStage, SetValue
from funnelsim.model.parts import Model, Stage
from funnelsim.model.scenarios.change_checks import check_changes

_HOURS_A_DAY = 24.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lever:
    """One improvement.

    Attributes
    ----------
    kind : {"conversion", "time", "work", "people", "leads"}
    name : str
        In words.
    change : SetValue
    stage, role : str
        Empty where it belongs to none.
    """

    kind: str
    name: str
    change: SetValue
    stage: str = ""
    role: str = ""


def levers_of(model: Model, stages: Collection[str] = ()) -> list[Lever]:
    """All improvements that a funnel allows.

    One point of each stage's conversion, a day and a tenth of each stage's time, an hour of each task's work
    (a tenth, if it takes less), one more rep of each role, and 1 % more leads of each source.

    Parameters
    ----------
    stages : collection of str, optional
        Only these stages and the roles that work in them; default all, and all sources.
    """
    found: list[Lever] = []
    for key in stages or model.stages:
        found += [*_conversion(model, key), *_time(model, key), *_work(model, key)]
    found += _people(model, stages)
    if not stages:
        found += _leads(model)
    return [lever for lever in found if _fits(model, lever)]


def removable_stages(model: Model, stages: Collection[str] = ()) -> list[str]:
    """The stages that a scenario may remove."""
    found = []
    for key in stages or model.stages:
        try:
            check_changes([RemoveStage(stage=key)], model, "friction")
        except ChangeError:
            continue
        found.append(key)
    return found if len(model.stages) > 1 else []


def stage_words(model: Model, key: str) -> str:
    """The name of a stage or outcome."""
    part = model.stages.get(key)
    return (part.name if part is not None else "") or key.replace("_", " ")


def mean_days(stage: Stage) -> float:
    """Mean time of a stage's exits, in days; leads that never leave are left out."""
    known = [(e.p, e.after or stage.after) for e in stage.exits.values() if e.to != "never"]
    total = sum(p for p, after in known if after is not None)
    if not total:
        return 0.0
    return float(sum(p * after.mean() for p, after in known if after is not None) / total)


def _conversion(model: Model, key: str) -> Iterator[Lever]:
    """One more point of the way on; where there are several, one point fewer of the most frequent loss.

    With several ways on, more of one would partly come at the cost of the others.
    """
    stage, name = model.stages[key], stage_words(model, key)
    onward, lost = forward_targets(model, key), lost_targets(model, key)
    if len(onward) == 1:
        path = path_to(stage.exits, next(iter(onward)), f"stages.{key}")
        words = f"{name} to {stage_words(model, next(iter(onward)))}: 1 point more"
        yield Lever(kind="conversion", name=words, change=SetValue(path=path, by="+1pp"), stage=key)
    elif onward and lost:
        most = max(lost, key=lambda target: lost[target])
        path = path_to(stage.exits, most, f"stages.{key}")
        words = f"{name}: 1 point fewer {stage_words(model, most) if len(lost) > 1 else 'lost'}"
        yield Lever(kind="conversion", name=words, change=SetValue(path=path, by="-1pp"), stage=key)


def _time(model: Model, key: str) -> Iterator[Lever]:
    mean, name, path = mean_days(model.stages[key]), stage_words(model, key), f"stages.{key}.after"
    if mean > 1:
        # A distribution takes a factor only; this one makes its mean a day shorter.
        by = f"x{1 - 1 / mean:.6g}"
        change = SetValue(path=path, by=by, start=_next_day(model))
        yield Lever(kind="time", name=f"{name}: 1 day faster", change=change, stage=key)
    if mean > 0:
        change = SetValue(path=path, by="-10%", start=_next_day(model))
        yield Lever(kind="time", name=f"{name}: 10 % faster", change=change, stage=key)


def _next_day(model: Model) -> dt.date:
    """From when times are shorter: for visits that begin after the start.

    Shorter times from the start on would also change how the age of open leads is read: one that should have
    left long ago is one that will hardly be won.
    """
    return model.start + dt.timedelta(days=1)


def _work(model: Model, key: str) -> Iterator[Lever]:
    tasks = model.stages[key].work
    for place, task in enumerate(tasks):
        hours = task.effort.mean() * _HOURS_A_DAY
        where = f"stages.{key}.work" + (f".{place}" if len(tasks) > 1 else "") + ".effort"
        who = model.roles[task.role].name or task.role.replace("_", " ")
        name = f"{stage_words(model, key)}: {'1 hour' if hours > 1 else '10 %'} less work for {who}"
        by = f"x{1 - 1 / hours:.6g}" if hours > 1 else "-10%"
        change = SetValue(path=where, by=by)
        yield Lever(kind="work", name=name, change=change, stage=key, role=task.role)


def _people(model: Model, stages: Collection[str]) -> Iterator[Lever]:
    working = {task.role for key in stages or model.stages for task in model.stages[key].work}
    for key, role in model.roles.items():
        if key in working:
            name = f"One more {role.name or key.replace('_', ' ')}"
            change = SetValue(path=f"roles.{key}.headcount", by="+1")
            yield Lever(kind="people", name=name, change=change, role=key)


def _leads(model: Model) -> Iterator[Lever]:
    for key, source in model.sources.items():
        if source.rate > 0:
            name = f"{source.name or key.replace('_', ' ')}: 1 % more {plural_noun(model.noun)}"
            yield Lever(kind="leads", name=name, change=SetValue(path=f"sources.{key}.rate", by="+1%"))


def _fits(model: Model, lever: Lever) -> bool:
    """Whether the value has room for the change: a conversion of 99.5 % has none for another point."""
    try:
        check_changes([lever.change], model, "friction")
    except ChangeError:
        return False
    return True
