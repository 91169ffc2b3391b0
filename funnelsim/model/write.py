"""A model as a person would write it."""

from __future__ import annotations

import datetime as dt
import json
import textwrap
from collections.abc import Mapping
from typing import Any

from funnelsim.core.time import MONTH_DAYS, YEAR_DAYS, parse_growth, parse_rate_per_day
from funnelsim.distributions import Distribution
from funnelsim.distributions.quantities import number_text, quantity_text
from funnelsim.model.fields import Part
from funnelsim.model.parts import Exit, Model, Segment, Source, Stage, Targets

LONGEST_LINE = 110
RATE_DAYS = {"day": 1.0, "week": 7.0, "month": MONTH_DAYS, "quarter": YEAR_DAYS / 4, "year": YEAR_DAYS}


def model_to_toml(model: Model) -> str:
    """The model file of a model; reading it gives an equal model."""
    lines = ["format = 1", *_fields(model, skip=("goal", "clocks", "sources", "segments", "stages"))]
    lines += _table("goal", model.goal)
    for key, clock in model.clocks.items():
        lines += _table(f"clocks.{_key(key)}", clock)
    for key, source in model.sources.items():
        lines += _source(key, source)
    for key, segment in model.segments.items():
        lines += _segment(key, segment)
    for key, stage in model.stages.items():
        lines += _stage(key, stage)
    return "\n".join(lines) + "\n"


def _source(key: str, source: Source) -> list[str]:
    lines = ["", f"[sources.{_key(key)}]"]
    plain = {**{name: getattr(source, name) for name in Source.model_fields}}
    enters = source.enters
    plain["enters"] = next(iter(enters)) if list(enters.values()) == [1.0] else enters
    plain["rate"] = _rate_text(source.rate)
    plain["growth"] = _growth_text(source.growth) if source.growth else None
    defaults = {"name": "", "dispersion": 1.0, "segments": {}, "cost_per_lead": 0.0}
    return lines + [_line(n, v) for n, v in plain.items() if v is not None and v != defaults.get(n)]


def _rate_text(per_day: float) -> str:
    """In the unit with the fewest digits that reads back exactly: ``3 per week``, not 0.42857... per day."""
    texts = [f"{number_text(per_day)} per day"]
    for span, days in RATE_DAYS.items():
        text = f"{number_text(float(f'{per_day * days:.12g}'))} per {span}"
        if parse_rate_per_day(text) == per_day:
            texts.append(text)
    return min(texts, key=lambda text: len(text.split()[0]))


def _growth_text(per_month: float) -> str:
    percent = f"{number_text(float(f'{100 * per_month:.12g}'))}% per month"
    return percent if parse_growth(percent) == per_month else f"{number_text(per_month)} per month"


def _segment(key: str, segment: Segment) -> list[str]:
    lines = ["", f"[segments.{_key(key)}]", *_fields(segment, skip=("overrides",))]
    for path, value in segment.overrides.items():
        lines.append(f"{'.'.join(_key(k) for k in path.split('.'))} = {_value(value)}")
    return lines


def _stage(key: str, stage: Stage) -> list[str]:
    path = f"stages.{_key(key)}"
    lines = ["", f"[{path}]", *_fields(stage, skip=("exits", "amount", "planned"))]
    if stage.amount != 1.0:
        lines.append(f'amount = "x{number_text(stage.amount)}"')
    lines += _exits(f"{path}.exits", stage.exits)
    if stage.planned is not None:
        days = {name: quantity_text(getattr(stage.planned, name), "duration") for name in ("before", "until")}
        lines += [f"[{path}.planned]", *(_line(name, text) for name, text in days.items())]
        lines += _exits(f"{path}.planned.exits", stage.planned.exits)
    return lines


def _exits(path: str, exits: Mapping[str, Exit]) -> list[str]:
    if not exits:
        return []
    lines = [f"[{path}]"]
    width = max(len(_key(name)) for name in exits)
    digits = max(len(number_text(e.p)) for e in exits.values())
    for name, e in exits.items():
        items = {n: _value(v) for n, v in _given(e).items() if not (n == "to" and v == name)}
        last = list(items)[-1]
        # The comma stands with its value; what follows it is aligned.
        pads = {n: " " * (digits - len(text)) if n == "p" and n != last else "" for n, text in items.items()}
        inside = " ".join(f"{n} = {text}{'' if n == last else ','}{pads[n]}" for n, text in items.items())
        lines.append(f"{_key(name):<{width}} = {{ {inside} }}")
    return lines


def _table(name: str, part: Part) -> list[str]:
    fields = _fields(part)
    return ["", f"[{name}]", *fields] if fields else []


def _fields(part: Part, skip: tuple[str, ...] = ()) -> list[str]:
    return [_line(name, value) for name, value in _given(part).items() if name not in skip]


def _line(name: str, value: Any) -> str:
    """``name = value``; a list too long for a line has a line an entry, of numbers as many as fit."""
    line = f"{name} = {_value(value)}"
    if len(line) <= LONGEST_LINE or not isinstance(value, tuple | list):
        return line
    if all(isinstance(entry, int | float) for entry in value):
        text = ", ".join(_value(entry) for entry in value)
        rows = textwrap.wrap(text, LONGEST_LINE, initial_indent="    ", subsequent_indent="    ")
        return "\n".join([f"{name} = [", *rows, "]"])
    return "\n".join([f"{name} = [", *(f"    {_value(entry)}," for entry in value), "]"])


def _given(part: Part) -> dict[str, Any]:
    """Fields that differ from their default."""
    found = {}
    for name, info in type(part).model_fields.items():
        value = getattr(part, name)
        default = info.get_default(call_default_factory=True) if not info.is_required() else ...
        if value is not None and (info.is_required() or value != default):
            found[name] = value
    return found


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number_text(float(value))
    if isinstance(value, Distribution):
        return json.dumps(value.text())
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Targets):
        days = {"dwell": None if value.dwell is None else quantity_text(value.dwell, "duration")}
        return _value(_given(value) | {n: v for n, v in days.items() if v is not None})
    if isinstance(value, Part):
        return _value(_given(value))
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(str(k))} = {_value(v)}" for k, v in value.items()) + " }"
    return "[" + ", ".join(_value(v) for v in value) + "]"


def _key(key: str) -> str:
    plain = key and all(c.isascii() and (c.isalnum() or c in "_-") for c in key)
    return key if plain else json.dumps(key, ensure_ascii=False)
