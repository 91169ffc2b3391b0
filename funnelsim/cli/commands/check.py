"""``funnelsim check``: validate a model and list what looks wrong."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from funnelsim.cli.options import DEFAULT_REPLICATIONS, echo_json
from funnelsim.cli.options import as_json as json_option
from funnelsim.cli.reading import check_history, check_model
from funnelsim.core.errors import ModelError

if TYPE_CHECKING:
    from funnelsim.model.files.model_files import Funnel

A_QUARTER = 91


@click.command("check")
@click.argument("model", type=click.Path(path_type=Path))
@click.option(
    "--history",
    type=click.Path(path_type=Path),
    help="History to compare the process map with; `playbook` does so by itself.",
)
@json_option
def command(model: Path, history: Path | None, as_json: bool) -> None:
    """Validate a model file, and show what follows from it without a simulation."""
    check_model(model)
    check_history(history)
    from funnelsim.core.nouns import plural_noun
    from funnelsim.engines.size import warn_of_large_run
    from funnelsim.model.files.model_files import read_funnel
    from funnelsim.model.flows.warmup import days_to_fill
    from funnelsim.model.flows.workload import offered_load
    from funnelsim.model.lint.model import expected, lint
    from funnelsim.model.lint.process.finding import has_texts
    from funnelsim.model.lint.tails import endless_tails
    from funnelsim.report.words.quantities import plural

    funnel = read_funnel(model)
    if problems := list(endless_tails(funnel.model)):
        raise ModelError(str(model), problems)
    large = warn_of_large_run(funnel, days=A_QUARTER, replications=DEFAULT_REPLICATIONS)
    rates, load = expected(funnel.model), offered_load(funnel.model)
    notes = [*([f"{A_QUARTER} days: {large}"] if large else []), *map(str, lint(funnel.model))]
    notes += _process_notes(funnel, model, history)
    if as_json:
        echo_json(
            {
                "format": 1,
                "command": "check",
                "model_sha256": funnel.sha256,
                "leads_per_day": rates.leads_per_day,
                "visits_per_lead": rates.visits_per_lead,
                "wins_per_lead": rates.wins_per_lead,
                "offspring_per_lead": rates.offspring_per_lead,
                "offered_load": {
                    one.role: {
                        "reps": one.reps,
                        "work_hours_per_week": one.work_hours,
                        "capacity_hours_per_week": one.capacity_hours,
                        "load": one.load if one.capacity_hours else None,
                    }
                    for one in load
                },
                "notes": notes,
            }
        )
        return
    nouns = plural_noun(funnel.model.noun)
    parts = f"{plural(len(funnel.model.stages), 'stage')}, {plural(len(funnel.model.sources), 'source')}"
    click.echo(f"{model}: valid, {parts}")
    for key, rate in rates.leads_per_day.items():
        click.echo(f"  {rate:.3g} {nouns} a day from {funnel.model.sources[key].name or key}")
    if funnel.pipeline is not None:
        click.echo(f"  {plural(funnel.pipeline.height, f'open {funnel.model.noun}')} at the start")
    if any(rates.leads_per_day.values()):
        overridden = any(segment.overrides for segment in funnel.model.segments.values())
        but = " (without the segments' overrides)" if overridden else ""
        click.echo(f"  {100 * rates.wins_per_lead:.3g} % of all {nouns} are won{but}")
    for key, new in rates.offspring_per_lead.items():
        if new:
            name = funnel.model.sources[key].name or key
            click.echo(f"  each {funnel.model.noun} from {name} generates {new:.2g} new {nouns}")
    if load:
        from funnelsim.cli.screen import console
        from funnelsim.report.screens.workload import print_workload

        print_workload(funnel.model, load, console())
    for note in notes:
        click.echo(f"note: {note}")
    if not has_texts(funnel.model):
        click.echo("The map has no texts yet: who is responsible, what lets a lead in, what must be done")
    # A model with open leads is not empty at the start and needs no warm-up.
    file = shlex.quote(str(model))
    run = f"forecast {file}"
    if funnel.pipeline is None:
        run = f"simulate {file} --days {A_QUARTER} --warmup {days_to_fill(funnel.model)}d"
    click.echo(f"\nNext:  funnelsim show {file}\n       funnelsim {run}")
    if not has_texts(funnel.model):
        click.echo(f"       funnelsim playbook {file} --template texts.toml")
    elif notes:
        click.echo(f"       funnelsim playbook {file}")


def _process_notes(funnel: Funnel, model: Path, history: Path | None) -> list[str]:
    """What the process map lacks, a line for each rule; of a map without texts only its unused steps."""
    from funnelsim.model.files.lint_comments import ignores_of
    from funnelsim.model.lint.process.finding import has_texts
    from funnelsim.model.lint.process.grouped import by_rule
    from funnelsim.model.lint.process.lint import process_findings

    also = None
    if history is not None:
        from funnelsim.history.files.folder import read_history
        from funnelsim.processmap.conformance.matching import visits_in_model
        from funnelsim.processmap.playbook.contradictions import contradictions

        also = contradictions(funnel.model, visits_in_model(read_history(history), funnel.model))
    groups = by_rule(process_findings(funnel.model, ignores_of(model), also=also))
    described, stages = has_texts(funnel.model), len(funnel.model.stages)
    shown = [group for group in groups if described or not group.rule.texts]
    return [f"{group.words(stages)}; {group.rule.mend}" for group in shown]
