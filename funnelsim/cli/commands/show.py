"""``funnelsim show``: describe a model in words."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import click

from funnelsim.cli.reading import check_model


@click.command("show")
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--stage", help="Only this stage with all its texts, by key or name.")
def command(model: Path, stage: str | None) -> None:
    """Describe a model in words: goal, sources, and each stage with its exits and times."""
    check_model(model)
    from funnelsim.cli.screen import console
    from funnelsim.core.errors import ChangeError, ModelError
    from funnelsim.model.changes.names import stage_key
    from funnelsim.model.files.model_files import read_funnel
    from funnelsim.report.screens.model import print_model, print_stage

    funnel = read_funnel(model)
    if stage is None:
        print_model(funnel, console())
        file = shlex.quote(str(model))
        click.echo(f"\nNext:  funnelsim show {file} --stage STAGE\n       funnelsim check {file}")
        return
    try:
        key = stage_key(funnel.model, stage)
    except ChangeError as error:
        raise ModelError(str(model), [replace(p, path="--stage") for p in error.problems]) from None
    print_stage(funnel.model, key, console())
