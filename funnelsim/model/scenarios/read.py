"""Read scenario files and ``--set PATH=VALUE``, checked against the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from funnelsim.core.calendar.dates import as_date
from funnelsim.core.errors import ChangeError, Problem, did_you_mean, require
from funnelsim.core.files.document_checks import document_problems
from funnelsim.core.files.file_kinds import other_kind
from funnelsim.core.files.input_files import UnreadableError
from funnelsim.core.files.toml import read_toml
from funnelsim.model.changes.changes import BY, Change, RemoveStage, Scenario, SetValue
from funnelsim.model.changes.names import path_by_keys, stage_key
from funnelsim.model.changes.parse_set import SetOption, parse_set_option
from funnelsim.model.changes.unclear_numbers import unclear_number
from funnelsim.model.changes.words import change_words
from funnelsim.model.parts import Model
from funnelsim.model.scenarios.change_checks import check_changes


def scenario_of_set(text: str, model: Model) -> Scenario:
    """``Faster demo: stages.demo.after=x0.7`` as a scenario; its name defaults to the change in words.

    Raises
    ------
    ChangeError
        As `parse_set`.
    """
    option = _checked(text, model)
    start = option.change.start
    dated = "" if start is None else f" from {start.day} {start:%B %Y}"
    name = option.name or change_words(model, option.change) + dated
    return Scenario(name=name, description=option.assignment, changes=(option.change,))


def parse_set(text: str, model: Model) -> SetValue:
    """``stages.demo.after=x0.7`` as a change; checked against the model.

    A date behind it, as in ``stages.demo.after=x0.7@2026-02-10``, is its first day: visits that begin before
    are not changed. Without one, the change acts as if it had always been so.

    Stages, sources, segments and roles can be given by display name: ``stages."Security review".after``. A
    name before the change, as in ``Faster demo: stages.demo.after=x0.7``, is ignored.

    Raises
    ------
    ChangeError
        If it is not PATH=VALUE, the path is unknown or the value is invalid.

    Examples
    --------
    >>> fs.parse_set("stages.Demo.after=x0.7", fs.read_model("model.toml").model).path
    'stages.demo.after'
    """
    return _checked(text, model).change


def _checked(text: str, model: Model) -> SetOption:
    require(text, str, "change", "write it as PATH=VALUE")
    require(model, Model, "model", "such as the model of what funnelsim.read_model gives")
    option = parse_set_option(text, model)
    check_changes([option.change], model, f"--set {text}")
    if unclear := unclear_number(option.change, option.value, model):
        raise ChangeError(f"--set {text}", [unclear])
    return option


_NO_CHANGE = "a scenario has [[change]] entries, and this file has none"
_EXAMPLE = 'write, for example, [[change]], and below it set = "sources.inbound.rate" and by = "x1.1"'


def expand(scenario: Scenario) -> tuple[Scenario, ...]:
    """Split a scenario with a pair for `recovered` into two: lower and upper bound."""
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
        return "no lost deals recovered"
    if share == 1:
        return "all lost deals recovered"
    return f"{100 * share:g} % of lost deals recovered"


def read_scenario(path: Path | str, model: Model) -> Scenario:
    """Read and check a scenario file.

    Raises
    ------
    ChangeError
        Lists all its problems.

    Examples
    --------
    >>> fs.read_scenario("faster.toml", fs.read_model("model.toml").model).name
    'faster'
    """
    source = str(path)
    try:
        document = read_toml(Path(path))
    except UnreadableError as error:
        _refuse_other_kind(Path(path))
        raise ChangeError(source, [Problem(path="", message=str(error))]) from error
    if "change" not in document:
        _refuse_other_kind(Path(path))
        raise ChangeError(source, [Problem(path="", message=_NO_CHANGE, hint=_EXAMPLE)])
    if problems := document_problems(document):
        raise ChangeError(source, problems)
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
            changes.append(_by_keys(change, model))
    try:
        check_changes(changes, model, source)
    except ChangeError as error:
        problems += [_with_by(problem, changes) for problem in error.problems]
    if problems:
        raise ChangeError(source, problems)
    name = str(document.get("name") or Path(path).stem.replace("_", " "))
    return Scenario(name=name, description=str(document.get("description", "")), changes=tuple(changes))


def _with_by(problem: Problem, changes: Sequence[Change]) -> Problem:
    """Hint at `by` where `to` holds a change such as ``x1.54`` instead of a value."""
    for change in changes:
        if not isinstance(change, SetValue) or not problem.path.startswith(change.path) or problem.hint:
            continue
        if isinstance(change.to, str) and BY.fullmatch(change.to):
            return replace(problem, hint=f'write by = "{change.to}" to change the value')
    return problem


def _refuse_other_kind(path: Path) -> None:
    if other := other_kind(path, "scenario"):
        raise ChangeError(str(path), [Problem(path="", message=other[0], hint=other[1])])


def _by_keys(change: Change, model: Model) -> Change:
    """Replace names of parts in a change by their keys; unknown names are reported by the checks."""
    try:
        if isinstance(change, RemoveStage):
            return replace(change, stage=stage_key(model, change.stage))
        return replace(change, path=path_by_keys(model, change.path))
    except ChangeError:
        return change


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
    try:
        start = None if start is None else as_date(start)
    except ValueError as error:
        problems.append(Problem(path=f"{path}.from", message=str(error)))
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
