"""The JSON Schema takes what the reader takes, and marks what it refuses, while one types."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from funnelsim.model.files.schema import model_schema

ROOT = Path(__file__).parents[3]
FILES = [*sorted((ROOT / "scenarios").glob("*.toml")), ROOT / "funnelsim/model/starter.toml"]
SCHEMA = model_schema()


def faults(value: Any, schema: dict[str, Any], place: str = "") -> Iterator[str]:
    """The words of JSON Schema that the model's schema uses, and no others."""
    known = {"type", "const", "enum", "pattern", "minimum", "maximum", "minLength", "items", "anyOf", "$ref"}
    known |= {"exclusiveMinimum", "exclusiveMaximum"}
    known |= {"properties", "additionalProperties", "required", "format", "title", "description", "default"}
    assert set(schema) <= known | {"$defs"}, set(schema) - known
    if "$ref" in schema:
        yield from faults(value, SCHEMA["$defs"][schema["$ref"].rsplit("/", 1)[1]], place)
        return
    if "anyOf" in schema:
        tried = [list(faults(value, one, place)) for one in schema["anyOf"]]
        if all(tried):
            yield min(tried, key=len)[0]
        return
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(is_of(value, kind) for kind in kinds):
        yield f"{place}: not {kinds}"
        return
    if "const" in schema and value != schema["const"]:
        yield f"{place}: not {schema['const']}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{place}: not in {schema['enum']}"
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{place}: not like {schema['pattern']}"
    if value_below(value, schema) or value_above(value, schema):
        yield f"{place}: out of range"
    if isinstance(value, list):
        for n, one in enumerate(value):
            yield from faults(one, schema.get("items", {}), f"{place}[{n}]")
    if isinstance(value, dict):
        yield from (f"{place}: no {name}" for name in schema.get("required", []) if name not in value)
        for key, inner in value.items():
            rule = schema.get("properties", {}).get(key, schema.get("additionalProperties", True))
            if rule is False:
                yield f"{place}.{key}: unknown"
            elif isinstance(rule, dict):
                yield from faults(inner, rule, f"{place}.{key}")


def is_of(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    kinds: dict[str, Any] = {
        "string": str | dt.date,  # an editor hands a TOML date over as text
        "number": int | float,
        "integer": int,
        "object": dict,
        "array": list,
        "null": type(None),
    }
    return isinstance(value, kinds[kind])


def value_below(value: Any, schema: dict[str, Any]) -> bool:
    if not isinstance(value, int | float):
        return False
    return value < schema.get("minimum", value) or value <= schema.get("exclusiveMinimum", value - 1)


def value_above(value: Any, schema: dict[str, Any]) -> bool:
    if not isinstance(value, int | float):
        return False
    return value > schema.get("maximum", value) or value >= schema.get("exclusiveMaximum", value + 1)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_schema_takes_every_shipped_model(path: Path) -> None:
    """Catches a schema of parsed values: rates are text in a file, an exit needs no `to`."""
    assert list(faults(tomllib.loads(path.read_text(encoding="utf-8")), SCHEMA)) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("format = 1", "format = 2", ".format"),
        ("format = 1\n", "", "no format"),
        ("format = 1", "format = 1\nnmae = 'x'", ".nmae: unknown"),
        ('enters = "qualified"', "enters = 5", ".enters"),
        ('period = "quarter"', 'period = "fortnight"', ".period"),
        ("p = 0.45", "p = 1.45", ".p: out of range"),
        ("p = 0.45", 'p = "often"', ".won.p"),
        ("p = 0.45, ", "", "no p"),
    ],
)
def test_the_schema_marks_what_the_reader_refuses(old: str, new: str, said: str) -> None:
    text = (ROOT / "funnelsim/model/starter.toml").read_text(encoding="utf-8")
    assert old in text
    assert any(said in fault for fault in faults(tomllib.loads(text.replace(old, new, 1)), SCHEMA))


WORKFORCE = """
format = 1
start = 2026-01-01
goal = { recognise = { from = "won", over = "12 months" } }
[calendars.office]
hours = "Mon-Fri 09:00-17:00"
holidays = [2026-05-25]
[roles.ae]
headcount = 6
ramp = [0.25, 0.5]
hires = [{ on = 2026-03-01, count = 2 }]
attrition = { rate = "18% per year", backfill_after = "60d" }
[sources.inbound]
enters = "demo"
rate = 3
campaigns = { fair = { on = 2026-03-10, leads = 150, over = "5d" } }
[shocks]
odds = { sd = 0.1, rho = 0.5 }
[stages.demo]
work = [{ role = "ae", effort = "90min" }, { role = "ae", effort = "2h" }]
patience = "10d"
abandons_to = "lost"
spawns = { source = "inbound", leads = 0.1, after = "5d" }
exits = { won = { p = 0.5, wait_half_life = "2d" }, lost = { p = 0.5 } }
"""


def test_the_schema_takes_who_works_and_what_they_do() -> None:
    assert list(faults(tomllib.loads(WORKFORCE), SCHEMA)) == []
    several = 'work = [{ role = "ae", effort = "90min" }, { role = "ae", effort = "2h" }]'
    alone = WORKFORCE.replace(several, 'work = { role = "ae", effort = "90min" }')
    assert list(faults(tomllib.loads(alone), SCHEMA)) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("headcount = 6", "headcount = 6.5", ".headcount"),
        ("headcount = 6", "headcount = -1", ".headcount: out of range"),
        ("count = 2", "count = 0", ".count: out of range"),
        ("rho = 0.5", "rho = 1.0", ".rho: out of range"),
        ("[0.25, 0.5]", "[-0.25]", ".ramp[0]: out of range"),
        ('effort = "90min"', "efort = 1", ".work"),
        ("leads = 150", "lead = 150", ".fair"),
        ("from =", "form =", ".recognise"),
    ],
)
def test_the_schema_marks_what_is_wrong_of_them(old: str, new: str, said: str) -> None:
    assert old in WORKFORCE
    assert any(said in fault for fault in faults(tomllib.loads(WORKFORCE.replace(old, new, 1)), SCHEMA))
