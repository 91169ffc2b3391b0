"""JSON Schema of the model file."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from funnelsim.model.parts import Model


class _DistributionsAreText(GenerateJsonSchema):
    """A distribution is text or a number in the file, whatever object it becomes."""

    def is_instance_schema(self, schema: core_schema.IsInstanceSchema) -> JsonSchemaValue:  # noqa: ARG002
        return {
            "type": ["string", "number"],
            "description": 'a distribution, such as "lognormal(median=6d, sigma=0.8)"',
        }


def model_schema() -> dict[str, Any]:
    """The schema as a JSON document: what a model file may hold, before the rules between its parts."""
    schema = TypeAdapter(Model).json_schema(schema_generator=_DistributionsAreText, mode="validation")
    schema["properties"] |= {
        "format": {"const": 1},
        "include": {"type": "string", "description": "a model file that this one lies over"},
    }
    schema["required"] = ["format"]  # all else may stand in an included file
    parts = schema["$defs"]
    parts["Exit"]["required"].remove("to")  # the name of the exit says it
    tasks = parts["Stage"]["properties"]["work"]
    parts["Stage"]["properties"]["work"] = {"anyOf": [tasks["items"], tasks]}  # one, or several in turn
    del parts["Segment"]["properties"]["overrides"]
    parts["Segment"]["properties"]["stages"] = {
        "type": "object",
        "description": "overrides by path, such as stages.demo.exits.proposal.p = 0.5",
    }
    return schema
