"""``funnelsim show``: a model in words."""

from __future__ import annotations

from pathlib import Path

import click

from funnelsim.cli.reading import check_model


@click.command("show")
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--stage", help="One stage with all its texts.")
def command(model: Path, stage: str | None) -> None:
    """Tell a model in words: goal, sources, and each stage with its exits and times."""
    check_model(model)
    from funnelsim.cli.screen import console
    from funnelsim.core.errors import ModelError, Problem, did_you_mean
    from funnelsim.model.files.model_files import read_funnel
    from funnelsim.report.screens.model import print_model, print_stage

    funnel = read_funnel(model)
    if stage is None:
        print_model(funnel, console())
        click.echo(f"\nNext: funnelsim show {model} --stage KEY | funnelsim check {model}")
        return
    known = list(funnel.model.stages)
    if stage not in known:
        message = f'there is no stage "{stage}"; the model has {", ".join(known)}'
        raise ModelError(
            str(model), [Problem(path="--stage", message=message, hint=did_you_mean(stage, known))]
        )
    print_stage(funnel.model, stage, console())
