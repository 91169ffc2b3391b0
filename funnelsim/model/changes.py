"""Changes to a model: scenario files and ``--set PATH=VALUE``."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from funnelsim.core.errors import ChangeError, Problem, did_you_mean
from funnelsim.core.time import parse_duration_days
from funnelsim.distributions import Distribution
from funnelsim.distributions.parametric import is_plain
from funnelsim.distributions.quantities import read_number
from funnelsim.model.changeable import not_changeable
from funnelsim.model.parts import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class SetValue:
    """Set the value at a path, or change it by ``+5pp``, ``+10%``, ``x0.8`` or ``+2``.

    `start` is the day from which it holds; None: from the beginning.
    """

    path: str
    to: Any = None
    by: str | None = None
    start: dt.date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveStage:
    """Take a stage out; `recovered` is the share of those lost there who go on (a pair: both ends)."""

    stage: str
    recovered: tuple[float, ...] = (0.0,)
    start: dt.date | None = None


Change = SetValue | RemoveStage


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A named list of changes to a model."""

    name: str
    description: str = ""
    changes: tuple[Change, ...] = ()


def edit_of(change: SetValue) -> Callable[[Any], Any]:
    """What a change does to the value that it finds.

    Raises
    ------
    ValueError
        From the returned function, if the change does not fit the value.
    """

    def apply(value: Any) -> Any:
        if change.by is None:
            return change.to
        return _changed_by(value, change.by)

    return apply


_BY = re.compile(
    r"\s*(x|\+|-)\s*([0-9][0-9_]*\.?[0-9]*(?:e[-+]?\d+)?|\.[0-9]+)\s*(pp|%|s|min|h|d|w|months)?\s*"
)


def _changed_by(value: Any, by: str) -> Any:
    found = _BY.fullmatch(by)
    if found is None:
        raise ValueError(f'"{by}" is no change; give one such as "+5pp", "+10%", "x0.8" or "+2"')
    sign, number, unit = found[1], float(found[2].replace("_", "")), found[3]
    if value is None:
        raise ValueError(f'"{by}" changes a value, but none is set here; set one with to')
    if sign == "x":
        if unit:
            raise ValueError(f'"{by}": a factor has no unit')
        return _scaled(value, number)
    if unit == "%":
        return _scaled(value, 1 + (number if sign == "+" else -number) / 100)
    if not isinstance(value, int | float):
        raise ValueError(
            f'"{by}" fits a number; the value is {_shown(value)}: use a factor such as "x0.8" or "+10%"'
        )
    step = number / 100 if unit == "pp" else parse_duration_days(f"{number}{unit}") if unit else number
    return value + step if sign == "+" else value - step


def _scaled(value: Any, factor: float) -> Any:
    if factor < 0:
        raise ValueError("a factor must not be negative")
    if isinstance(value, Distribution):
        return value.scaled(factor)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value * factor
    raise ValueError(f"a factor fits a number or a law; the value is {_shown(value)}")


def _shown(value: Any) -> str:
    return value.text() if isinstance(value, Distribution) else repr(value)


def parse_set(text: str, model: Model) -> SetValue:
    """``stages.demo.after=x0.7`` as a change; checked against the model.

    Raises
    ------
    ChangeError
        If it is not PATH=VALUE, the path is unknown or the value does not fit.
    """
    path, equals, value = (part.strip() for part in text.partition("="))
    if not equals or not path or not value:
        raise ChangeError(
            f"--set {text}", [Problem(path="", message="expected PATH=VALUE, such as stages.demo.after=x0.7")]
        )
    relative = _BY.fullmatch(value) is not None
    change = SetValue(path=path, by=value) if relative else SetValue(path=path, to=_value_of(value))
    check_changes([change], model, f"--set {text}")
    return change


def _value_of(text: str) -> Any:
    """A number, a list or table as TOML has them, or text: a law, a date, a name."""
    try:
        return read_number(text, "the value")
    except ValueError:
        pass
    if text[0] not in "[{":
        return text
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def check_changes(changes: Sequence[Change], model: Model, source: str) -> None:
    """Raise `ChangeError` with all that is wrong with some changes of a model.

    Each is looked at alone, then all that are in force together, for each segment.
    """
    problems: list[Problem] = []
    for change in changes:
        if isinstance(change, RemoveStage):
            problems += _removal_problems(change, model)
        else:
            problems += _setting_problems(change, model)
    if not problems:
        problems += _problems_together([c for c in changes if isinstance(c, SetValue)], model)
    if problems:
        raise ChangeError(source, problems)


def _setting_problems(change: SetValue, model: Model) -> Sequence[Problem]:
    from funnelsim.model.resolve import resolve

    keys = change.path.split(".")
    segment = keys[1] if keys[0] == "segments" and len(keys) > 1 else None
    try:
        resolve(model, changes=[change], segment=segment if segment in model.segments else None)
    except ChangeError as error:
        return error.problems
    refused = not_changeable(change.path, dated=change.start is not None) or effort_without_unit(change)
    return [refused] if refused else []


def effort_without_unit(change: SetValue) -> Problem | None:
    """Bare numbers are days, and nobody would mean 72 hours of work by an effort of 3."""
    _, effort, parameter = change.path.rpartition(".effort.")
    if not effort or is_plain(parameter):
        return None
    found = _BY.fullmatch(change.by) if change.by else None
    step = found is not None and found[1] != "x" and found[3] not in ("%", "h", "min")
    if not step and not isinstance(change.to, int | float):
        return None
    value = change.by if change.by else f"{change.to:g}"
    return Problem(
        path=change.path, message=f'effort must name h or min of working time, such as "3h", found "{value}"'
    )


def _problems_together(changes: Sequence[SetValue], model: Model) -> list[Problem]:
    """What no change does alone: probabilities that leave [0, 1] step by step, a loop without a way out."""
    from funnelsim.model.checks import check_values
    from funnelsim.model.resolve import resolve

    found: dict[str, Problem] = {}
    dates = sorted({c.start for c in changes if c.start is not None})
    for day in (None, *dates):
        held = [c for c in changes if c.start is None or (day is not None and c.start <= day)]
        for segment in (None, *model.segments):
            known = {str(problem) for problem in check_values(resolve(model, segment=segment))}
            try:
                problems = check_values(resolve(model, changes=held, segment=segment))
            except ChangeError as error:
                problems = list(error.problems)
            found |= {str(problem): problem for problem in problems if str(problem) not in known}
    return list(found.values())


def _removal_problems(change: RemoveStage, model: Model) -> list[Problem]:
    path = f"remove_stage {change.stage}"
    if change.stage not in model.stages:
        known = list(model.stages)
        hint = did_you_mean(change.stage, known)
        return [
            Problem(
                path=path,
                message=f'there is no stage "{change.stage}"; the model has {", ".join(known)}',
                hint=hint,
            )
        ]
    found = []
    goal, stage = model.goal, model.stages[change.stage]
    if change.stage in (goal.books_at, goal.credits_at) or stage.credit is not None:
        found.append(
            Problem(path=path, message="the stage books or credits an amount, so it cannot be removed")
        )
    if goal.recognise is not None and change.stage == goal.recognise.start:
        found.append(
            Problem(path=path, message="revenue is recognised from the stage on, so it cannot be removed")
        )
    order = list(model.stages)
    later = {*order[order.index(change.stage) + 1 :], goal.books_at, "won"}
    if not any(e.p > 0 and e.to in later for e in stage.exits.values()):
        found.append(Problem(path=path, message="the stage has no way on, so it cannot be removed"))
    if any(not 0 <= share <= 1 for share in change.recovered):
        found.append(
            Problem(path=path, message=f"recovered must lie in 0 to 1, found {list(change.recovered)}")
        )
    return found


def expand(scenario: Scenario) -> tuple[Scenario, ...]:
    """A pair for `recovered` asks for both ends: two scenarios instead of one."""
    pairs = [c for c in scenario.changes if isinstance(c, RemoveStage) and len(c.recovered) == 2]
    if not pairs:
        return (scenario,)

    def end(place: int) -> tuple[Change, ...]:
        return tuple(
            RemoveStage(stage=c.stage, recovered=(c.recovered[place],), start=c.start)
            if isinstance(c, RemoveStage) and len(c.recovered) == 2
            else c
            for c in scenario.changes
        )

    low, high = pairs[0].recovered
    return tuple(
        Scenario(
            name=f"{scenario.name} ({_share_words(share)})", description=scenario.description, changes=end(k)
        )
        for k, share in enumerate((low, high))
    )


def _share_words(share: float) -> str:
    if share == 0:
        return "only time is saved"
    if share == 1:
        return "all lost there were good"
    return f"{100 * share:g} % of those lost there were good"


def read_scenario(path: Path | str, model: Model) -> Scenario:
    """Read and check a scenario file.

    Raises
    ------
    ChangeError
        With all that is wrong with it.
    """
    source = str(path)
    try:
        document = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ChangeError(source, [Problem(path="", message=f"cannot be read: {error.strerror}")]) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ChangeError(source, [Problem(path="", message=f"is not a TOML file: {error}")]) from error
    problems = _key_problems(document, ("format", "name", "description", "change"), "")
    if document.get("format", 1) != 1:
        problems.append(Problem(path="format", message=f"found {document['format']!r}, this version reads 1"))
    blocks = document.get("change", [])
    changes: list[Change] = []
    if not isinstance(blocks, list) or not blocks:
        problems.append(Problem(path="change", message="give at least one [[change]]"))
        blocks = []
    for n, block in enumerate(blocks):
        change, wrong = _read_change(block, f"change[{n}]")
        problems += wrong
        if change is not None:
            changes.append(change)
    try:
        check_changes(changes, model, source)
    except ChangeError as error:
        problems += error.problems
    if problems:
        raise ChangeError(source, problems)
    name = str(document.get("name") or Path(path).stem.replace("_", " "))
    return Scenario(name=name, description=str(document.get("description", "")), changes=tuple(changes))


def _key_problems(table: dict[str, Any], allowed: Sequence[str], prefix: str) -> list[Problem]:
    return [
        Problem(
            path=prefix + key,
            message=f"unknown key; allowed are {', '.join(allowed)}",
            hint=did_you_mean(key, allowed),
        )
        for key in table
        if key not in allowed
    ]


def _read_change(block: Any, path: str) -> tuple[Change | None, list[Problem]]:
    if not isinstance(block, dict) or ("set" in block) == ("remove_stage" in block):
        return None, [
            Problem(path=path, message="give either set = PATH with to or by, or remove_stage = STAGE")
        ]
    start = block.get("from")
    problems = []
    if start is not None and not (isinstance(start, dt.date) and not isinstance(start, dt.datetime)):
        problems.append(
            Problem(path=f"{path}.from", message=f"expected a date such as 2026-03-01, found {start!r}")
        )
        start = None
    if "remove_stage" in block:
        problems += _key_problems(block, ("remove_stage", "recovered", "from"), f"{path}.")
        shares = block.get("recovered", 0.0)
        shares = shares if isinstance(shares, list) else [shares]
        if len(shares) not in (1, 2) or any(
            isinstance(s, bool) or not isinstance(s, int | float) for s in shares
        ):
            problems.append(
                Problem(
                    path=f"{path}.recovered",
                    message=f"expected a share or a pair of shares, found {block['recovered']!r}",
                )
            )
            return None, problems
        return RemoveStage(
            stage=str(block["remove_stage"]), recovered=tuple(map(float, shares)), start=start
        ), problems
    problems += _key_problems(block, ("set", "to", "by", "from"), f"{path}.")
    if ("to" in block) == ("by" in block):
        problems.append(Problem(path=path, message="give either to or by"))
        return None, problems
    by = block.get("by")
    if by is not None and not isinstance(by, str):
        problems.append(
            Problem(path=f"{path}.by", message=f'expected text such as "+5pp" or "x0.8", found {by!r}')
        )
        return None, problems
    return SetValue(path=str(block["set"]), to=block.get("to"), by=by, start=start), problems
