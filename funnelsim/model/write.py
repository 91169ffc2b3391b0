"""A model as a person would write it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from funnelsim.distributions import Distribution
from funnelsim.distributions.quantities import number_text
from funnelsim.model.parts import Model, Part, Segment, Source, Stage


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
    plain["rate"] = f"{number_text(source.rate)} per day"
    plain["growth"] = f"{number_text(source.growth)} per month" if source.growth else None
    defaults = {"name": "", "dispersion": 1.0, "segments": {}, "cost_per_lead": 0.0}
    return lines + [f"{n} = {_value(v)}" for n, v in plain.items() if v is not None and v != defaults.get(n)]


def _segment(key: str, segment: Segment) -> list[str]:
    lines = ["", f"[segments.{_key(key)}]", *_fields(segment, skip=("overrides",))]
    for path, value in segment.overrides.items():
        lines.append(f"{'.'.join(_key(k) for k in path.split('.'))} = {_value(value)}")
    return lines


def _stage(key: str, stage: Stage) -> list[str]:
    lines = ["", f"[stages.{_key(key)}]", *_fields(stage, skip=("exits", "amount"))]
    if stage.amount != 1.0:
        lines.append(f'amount = "x{number_text(stage.amount)}"')
    if not stage.exits:
        return lines
    lines.append(f"[stages.{_key(key)}.exits]")
    width = max(len(_key(name)) for name in stage.exits)
    for name, e in stage.exits.items():
        items = {n: v for n, v in _given(e).items() if not (n == "to" and v == name)}
        inside = ", ".join(f"{n} = {_value(v)}" for n, v in items.items())
        lines.append(f"{_key(name):<{width}} = {{ {inside} }}")
    return lines


def _table(name: str, part: Part) -> list[str]:
    fields = _fields(part)
    return ["", f"[{name}]", *fields] if fields else []


def _fields(part: Part, skip: tuple[str, ...] = ()) -> list[str]:
    return [f"{name} = {_value(value)}" for name, value in _given(part).items() if name not in skip]


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
    if isinstance(value, Part):
        return _value(_given(value))
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(str(k))} = {_value(v)}" for k, v in value.items()) + " }"
    return "[" + ", ".join(_value(v) for v in value) + "]"


def _key(key: str) -> str:
    plain = key and all(c.isascii() and (c.isalnum() or c in "_-") for c in key)
    return key if plain else json.dumps(key, ensure_ascii=False)
