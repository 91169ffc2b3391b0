"""Check every column and row of the parameter draws against a model before a run.

Checking each row with `resolve` would take seconds for thousands of rows. As the valid range of a value is
an interval, it is enough to check the smallest and largest value of a column. Constraints between columns
(probabilities of a stage, bounds of a distribution) are checked row by row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from funnelsim.core.errors import ChangeError, Problem, did_you_mean
from funnelsim.core.nouns import counted
from funnelsim.model.changes.paths import probability_path
from funnelsim.model.changes.resolve import overrides_stage, resolve
from funnelsim.model.files.pipeline_checks import rows_said
from funnelsim.model.parts import Model

#: Parameters of a distribution that bound each other.
_ENDS = frozenset({"low", "mode", "high", "max", "p90", "median", "mean"})
#: Largest valid value, for times in days and for amounts: one typing error could dominate the draws.
_LARGEST, _LARGEST_AMOUNT = 1e15, 1e60
#: Leads per day of one source; more would exceed the memory.
MOST_LEADS_A_DAY = 1e6
_SHOWN = 3
#: Problems listed for a file; the rest are counted.
_MOST = 10


def draw_problems(model: Model, frame: pl.DataFrame) -> list[Problem]:
    """List the problems of a table of parameter draws: a line for each column and kind of problem."""
    found = list(_all_problems(model, frame))
    if len(found) > _MOST:
        more = Problem(path="", message=f"and {counted(len(found) - _MOST, 'more problem')}")
        return [*found[:_MOST], more]
    return found


def _all_problems(model: Model, frame: pl.DataFrame) -> Iterator[Problem]:
    if frame.height == 0 or frame.width == 0:
        yield Problem(
            path="", message="the file has no row; leave the key out to use the values of the model"
        )
        return
    sound: dict[str, NDArray[np.float64]] = {}
    for column in frame:
        where = f"column {column.name}"
        if not column.dtype.is_numeric():
            yield Problem(path=where, message="holds no numbers")
            continue
        values = column.cast(pl.Float64).fill_null(np.nan).to_numpy()
        largest = _LARGEST_AMOUNT if ".amount" in column.name else _LARGEST
        bad = np.flatnonzero(~(np.abs(values) <= largest))  # also catches NaN
        if bad.size:
            rows = rows_said([(int(r), column[int(r)]) for r in bad[:_SHOWN]], bad.size)
            yield Problem(
                path=where, message=f"{rows}: a missing or endless number, or one beyond {largest:g}"
            )
            continue
        broken = [*_floods(column.name, values), *_column_problems(model, column.name, values)]
        yield from broken
        if not broken:
            sound[column.name] = values
    yield from _probability_problems(model, sound)
    if len(sound) == frame.width:
        yield from _row_problems(model, sound)


def _floods(name: str, values: NDArray[np.float64]) -> Iterator[Problem]:
    """Report a drawn rate whose leads would exceed the memory; the file's own rate is checked elsewhere."""
    row = int(values.argmax())
    if name.startswith("sources.") and name.endswith(".rate") and values[row] > MOST_LEADS_A_DAY:
        message = f"{rows_said([(row, float(values[row]))], 1)}: over {MOST_LEADS_A_DAY:,.0f} leads a day"
        yield Problem(path=f"column {name}", message=message)


def _column_problems(model: Model, name: str, values: NDArray[np.float64]) -> Iterator[Problem]:
    """Report an invalid path, or an invalid smallest or largest value."""
    where = f"column {name}"
    keys = name.split(".")
    segment = keys[1] if keys[0] == "segments" and len(keys) > 1 else None
    if segment is not None and segment not in model.segments:
        hint = did_you_mean(segment, list(model.segments))
        yield Problem(path=where, message=f'there is no segment "{segment}"', hint=hint)
        return
    inner = name.removeprefix(f"segments.{segment}.") if overrides_stage(name) else name
    for row in dict.fromkeys((int(values.argmin()), int(values.argmax()))):
        value = float(values[row])
        try:
            # Probabilities of a stage depend on each other, so they are checked by row.
            if probability_path(model, inner) is None:
                resolve(model, draw={name: value}, segment=segment)
            elif not 0 <= value <= 1:
                message = f"{rows_said([(row, value)], 1)}: a probability must lie in 0 to 1"
                yield Problem(path=where, message=message)
                return
        except ChangeError as error:
            for problem in error.problems:
                message = f"{rows_said([(row, value)], 1)}: {problem.message}"
                yield Problem(path=where, message=message, hint=problem.hint)
            return


def _probability_problems(model: Model, sound: Mapping[str, NDArray[np.float64]]) -> Iterator[Problem]:
    """Report rows in which probabilities of a stage do not leave the right remainder for its other exits."""
    stages: dict[str, dict[str, NDArray[np.float64]]] = defaultdict(dict)
    for name, values in sound.items():
        prefix = ".".join(name.split(".")[:2]) + "." if overrides_stage(name) else ""
        place = probability_path(model, name.removeprefix(prefix))
        if place is not None:
            stages[f"{prefix}stages.{place[0]}"][place[1]] = values
    for path, given in stages.items():
        total = np.sum(list(given.values()), axis=0)
        held = model.stages[path.rpartition("stages.")[2]].exits
        others = [e.p for name, e in held.items() if name not in given]
        bad = total > 1 + 1e-9
        if not others:
            bad |= total == 0
        elif sum(others) == 0:
            bad |= np.abs(total - 1) > 1e-9
        rows = np.flatnonzero(bad)
        if rows.size:
            shown = [(int(row), float(total[row])) for row in rows[:_SHOWN]]
            allowed = "it must lie in 0 to 1" if others and sum(others) else "it must be 1"
            yield Problem(
                path=f"{path}.exits",
                message=f"the sum of the probabilities in {rows_said(shown, rows.size)}: {allowed}",
            )


def _row_problems(model: Model, sound: Mapping[str, NDArray[np.float64]]) -> Iterator[Problem]:
    """Check the first row as a whole, for each segment, and rows in which bounds of a distribution cross."""
    for segment in (None, *model.segments):
        try:
            resolve(model, draw={name: float(values[0]) for name, values in sound.items()}, segment=segment)
        except ChangeError as error:
            yield from (Problem(path="row 1", message=str(problem)) for problem in error.problems)
            return
    for names in _bound_to_each_other(list(sound)):
        segment = names[0].split(".")[1] if names[0].startswith("segments.") else None
        yield from _crossing(model, segment, {name: sound[name] for name in names})


def _bound_to_each_other(names: Sequence[str]) -> Iterator[list[str]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for name in names:
        groups[name.rpartition(".")[0]].append(name)
    for group in groups.values():
        if sum(name.rpartition(".")[2] in _ENDS for name in group) > 1:
            yield group


def _crossing(
    model: Model, segment: str | None, values: Mapping[str, NDArray[np.float64]]
) -> Iterator[Problem]:
    bad, said = [], ""
    rows = np.column_stack(list(values.values()))
    for row, given in enumerate(rows.tolist()):
        try:
            resolve(model, draw=dict(zip(values, given, strict=True)), segment=segment)
        except ChangeError as error:
            bad.append(row)
            said = said or str(error.problems[0])
    if bad:
        shown = rows_said([(row, [f"{v:g}" for v in rows[row]]) for row in bad[:_SHOWN]], len(bad))
        yield Problem(path=f"columns {', '.join(values)}", message=f"{shown}: {said}")
