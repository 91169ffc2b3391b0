"""Format models as readable TOML."""

from __future__ import annotations

import datetime as dt
import json
import math
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from funnelsim.core.calendar.time import (
    MONTH_DAYS,
    YEAR_DAYS,
    parse_annual_rate,
    parse_duration_days,
    parse_growth,
    parse_rate_per_day,
)
from funnelsim.core.files.document_checks import without_controls
from funnelsim.distributions import Distribution
from funnelsim.distributions.quantities import number_text, quantity_text
from funnelsim.model.fields import Part
from funnelsim.model.parts import (
    Campaign,
    Exit,
    Model,
    Planned,
    Process,
    Recognise,
    Segment,
    Source,
    Stage,
    Targets,
)
from funnelsim.model.roles import Attrition, WorkCalendar

LONGEST_LINE = 110
RATE_DAYS = {"day": 1.0, "week": 7.0, "month": MONTH_DAYS, "quarter": YEAR_DAYS / 4, "year": YEAR_DAYS}


def model_to_toml(model: Model) -> str:
    """Format a model as TOML; reading it gives an equal model."""
    tables = ("process", "goal", "clocks", "calendars", "roles", "sources", "segments", "stages", "shocks")
    lines = ["format = 1", *_fields(model, skip=tables), *_table("process", model.process)]
    lines += _table("goal", model.goal)
    for section in ("clocks", "calendars", "roles"):
        for key, part in getattr(model, section).items():
            # Even without a field: others name it.
            lines += ["", f"[{section}.{_key(key)}]", *_fields(part)]
    for key, source in model.sources.items():
        lines += _source(key, source)
    for key, segment in model.segments.items():
        lines += _segment(key, segment)
    for key, stage in model.stages.items():
        lines += _stage(key, stage)
    if model.shocks:
        lines += ["", "[shocks]", *(_line(_key(key), _value(shock)) for key, shock in model.shocks.items())]
    return "\n".join(lines) + "\n"


def _source(key: str, source: Source) -> list[str]:
    lines = ["", f"[sources.{_key(key)}]", *_fields(source, skip=("campaigns",))]
    if source.campaigns:
        lines.append(f"[sources.{_key(key)}.campaigns]")
        lines += [_line(_key(name), _value(campaign)) for name, campaign in source.campaigns.items()]
    return lines


def _rate_text(per_day: float) -> str:
    """Use the unit with the fewest digits that parses back exactly: ``3 per week``, not 0.42857... per
    day."""
    texts = [f"{number_text(per_day)} per day"]
    for span, days in RATE_DAYS.items():
        if not math.isfinite(per_day * days):
            continue
        text = f"{number_text(float(f'{per_day * days:.12g}'))} per {span}"
        if parse_rate_per_day(text) == per_day:
            texts.append(text)
    return min(texts, key=lambda text: len(text.split()[0]))


def _growth_text(per_month: float) -> str:
    if not math.isfinite(100 * per_month):
        return f"{number_text(per_month)} per month"
    percent = f"{number_text(float(f'{100 * per_month:.12g}'))}% per month"
    return percent if parse_growth(percent) == per_month else f"{number_text(per_month)} per month"


def _annual_text(per_year: float) -> str:
    percent = f"{number_text(float(f'{100 * per_year:.12g}'))}% per year"
    return percent if parse_annual_rate(percent) == per_year else f"{number_text(per_year)} per year"


def _segment(key: str, segment: Segment) -> list[str]:
    lines = ["", f"[segments.{_key(key)}]", *_fields(segment, skip=("overrides",))]
    for path, value in segment.overrides.items():
        lines.append(f"{'.'.join(_key(k) for k in path.split('.'))} = {_value(value)}")
    return lines


def _stage(key: str, stage: Stage) -> list[str]:
    path = f"stages.{_key(key)}"
    lines = ["", f"[{path}]", *_fields(stage, skip=("exits", "planned"))]
    lines += _exits(f"{path}.exits", stage.exits)
    if stage.planned is not None:
        lines += [f"[{path}.planned]", *_fields(stage.planned, skip=("exits",))]
        lines += _exits(f"{path}.planned.exits", stage.planned.exits)
    return lines


def _exits(path: str, exits: Mapping[str, Exit]) -> list[str]:
    if not exits:
        return []
    lines = [f"[{path}]"]
    width = max(len(_key(name)) for name in exits)
    digits = max(len(number_text(e.p)) for e in exits.values())
    for name, e in exits.items():
        items = {n: text for n, text in _given(e).items() if not (n == "to" and e.to == name)}
        last = list(items)[-1]
        # The comma follows its value directly; the next value is aligned.
        pads = {n: " " * (digits - len(text)) if n == "p" and n != last else "" for n, text in items.items()}
        inside = " ".join(f"{n} = {text}{'' if n == last else ','}{pads[n]}" for n, text in items.items())
        lines.append(f"{_key(name):<{width}} = {{ {inside} }}")
    return lines


def _table(name: str, part: Part) -> list[str]:
    fields = _fields(part)
    return ["", f"[{name}]", *fields] if fields else []


def _fields(part: Part, skip: tuple[str, ...] = ()) -> list[str]:
    lines = []
    for name, text in _given(part).items():
        if name not in skip:
            value = getattr(part, name, None)
            lines.append(_line(name, text, value if isinstance(value, tuple) else ()))
    return lines


def _line(name: str, text: str, entries: Sequence[Any] = ()) -> str:
    """Format ``name = value``; a long list gets one entry per line, or as many numbers as fit."""
    line = f"{name} = {text}"
    if len(line) <= LONGEST_LINE or not text.startswith("["):
        return line
    if all(isinstance(entry, int | float | dt.date) for entry in entries):
        inside = textwrap.wrap(text[1:-1], LONGEST_LINE, initial_indent="    ", subsequent_indent="    ")
        return "\n".join([f"{name} = [", *inside, "]"])
    return "\n".join([f"{name} = [", *(f"    {_value(entry)}," for entry in entries), "]"])


def _given(part: Part) -> dict[str, str]:
    """Fields that differ from their default, by their name in the file."""
    found = {}
    for name, info in type(part).model_fields.items():
        value = getattr(part, name)
        default = info.get_default(call_default_factory=True) if not info.is_required() else ...
        if value is not None and (info.is_required() or value != default):
            write = _WRITTEN.get((type(part), name), _value)
            found[info.alias or name] = write(value)
    return found


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number_text(float(value))
    if isinstance(value, Distribution):
        return json.dumps(value.text())
    if isinstance(value, str):
        return json.dumps(without_controls(value), ensure_ascii=False)
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Part):
        return "{ " + ", ".join(f"{_key(name)} = {text}" for name, text in _given(value).items()) + " }"
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(str(k))} = {_value(v)}" for k, v in value.items()) + " }"
    return "[" + ", ".join(_value(v) for v in value) + "]"


def _days(value: float) -> str:
    months = f"{number_text(value / MONTH_DAYS)} months"
    whole = value > 0 and (value / MONTH_DAYS).is_integer() and parse_duration_days(months) == value
    return json.dumps(months if whole else quantity_text(value, "duration"))


def _alone(values: Sequence[Any]) -> str:
    """A list of one without its brackets."""
    return _value(values[0] if len(values) == 1 else values)


#: Formatters of fields that do not follow from their type.
_WRITTEN: dict[tuple[type[Part], str], Callable[[Any], str]] = {
    (Source, "enters"): lambda shares: _value(
        next(iter(shares)) if list(shares.values()) == [1.0] else shares
    ),
    (Source, "rate"): lambda rate: _value(_rate_text(rate)),
    (Source, "growth"): lambda growth: _value(_growth_text(growth)),
    (Stage, "amount"): lambda factor: f'"x{number_text(factor)}"',
    (Stage, "work"): _alone,
    (WorkCalendar, "hours"): _alone,
    (Attrition, "rate"): lambda rate: _value(_annual_text(rate)),
    (Attrition, "backfill_after"): _days,
    (Campaign, "over"): _days,
    (Exit, "wait_half_life"): _days,
    (Recognise, "over"): _days,
    (Process, "review_every"): _days,
    (Planned, "before"): _days,
    (Planned, "until"): _days,
    (Targets, "dwell"): _days,
}


def _key(key: str) -> str:
    plain = key and all(c.isascii() and (c.isalnum() or c in "_-") for c in key)
    return key if plain else json.dumps(key, ensure_ascii=False)
