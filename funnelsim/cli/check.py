"""``funnelsim check``: validate a model and point out what looks wrong."""

from __future__ import annotations

from pathlib import Path

import click

from funnelsim.cli.options import as_json as json_option
from funnelsim.cli.options import echo_json
from funnelsim.core.errors import ModelError


@click.command("check")
@click.argument("model", type=click.Path(path_type=Path))
@json_option
def command(model: Path, as_json: bool) -> None:
    """Validate a model file, and say what follows from it before any run."""
    from funnelsim.model.files import read_funnel
    from funnelsim.model.lint import expected, lint
    from funnelsim.model.tails import endless_tails

    funnel = read_funnel(model)
    if problems := list(endless_tails(funnel.model)):
        raise ModelError(str(model), problems)
    found, notes = expected(funnel.model), list(lint(funnel.model))
    if as_json:
        echo_json(
            {
                "format": 1,
                "command": "check",
                "model_sha256": funnel.sha256,
                "leads_per_day": found.leads_per_day,
                "visits_per_lead": found.visits_per_lead,
                "wins_per_lead": found.wins_per_lead,
                "notes": [str(note) for note in notes],
            }
        )
        return
    noun = funnel.model.noun
    click.echo(f"{model}: valid, {len(funnel.model.stages)} stages, {len(funnel.model.sources)} sources")
    for key, rate in found.leads_per_day.items():
        click.echo(f"  {rate:.3g} {noun}s a day from {funnel.model.sources[key].name or key}")
    if funnel.pipeline is not None:
        click.echo(f"  {funnel.pipeline.height} open {noun}s at the start")
    if any(found.leads_per_day.values()):
        click.echo(
            f"  {100 * found.wins_per_lead:.3g} % of all {noun}s are ever won (segments' overrides left out)"
        )
    for note in notes:
        click.echo(f"note: {note}")
    # What starts from open leads is no longer empty, and takes no warm-up.
    run = "simulate {} --days 91 --warmup 200d" if funnel.pipeline is None else "forecast {}"
    click.echo(f"\nNext: funnelsim show {model} | funnelsim {run.format(model)}")
