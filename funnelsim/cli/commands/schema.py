"""``funnelsim schema``: JSON Schema of the model file."""

from __future__ import annotations

import click


@click.command("schema")
def command() -> None:
    """Print the JSON Schema of the model file, for editors that check as you type."""
    from funnelsim.cli.options import echo_json
    from funnelsim.model.files.schema import model_schema

    echo_json(model_schema())
