"""JSON Schema of the model file."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from funnelsim.model.parts import Model


class _DistributionsAreText(GenerateJsonSchema):
    """Describes distributions as text or numbers, as written in the file."""

    def is_instance_schema(self, schema: core_schema.IsInstanceSchema) -> JsonSchemaValue:  # noqa: ARG002
        return {
            "type": ["string", "number"],
            "description": 'a distribution, such as "lognormal(median=6d, sigma=0.8)"',
        }


def model_schema() -> dict[str, Any]:
    """The schema as a JSON document; it does not include the rules between parts."""
    schema = TypeAdapter(Model).json_schema(schema_generator=_DistributionsAreText, mode="validation")
    schema["properties"] |= {
        "format": {"const": 1},
        "include": {"type": "string", "description": "a model file to which this one adds"},
    }
    schema["required"] = ["format"]  # everything else may be in an included file
    parts = schema["$defs"]
    parts["Exit"]["required"].remove("to")  # default: the name of the exit
    tasks = parts["Stage"]["properties"]["work"]
    parts["Stage"]["properties"]["work"] = {"anyOf": [tasks["items"], tasks]}  # one, or a list
    del parts["Segment"]["properties"]["overrides"]
    parts["Segment"]["properties"]["stages"] = {
        "type": "object",
        "description": "overrides by path, such as stages.demo.exits.proposal.p = 0.5",
    }
    return schema
