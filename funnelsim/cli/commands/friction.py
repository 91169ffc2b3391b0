"""``funnelsim friction``: find where leads and money leave, and what improvements are worth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from funnelsim.cli import measured_options
from funnelsim.cli.amounts import Money, in_currency_of
from funnelsim.cli.invocation import RecordedCommand, invocation_of
from funnelsim.cli.options import echo_json, executor_of_variants, out, running_by_size
from funnelsim.cli.progress import progress_bar
from funnelsim.cli.reading import check_history, check_model
from funnelsim.cli.screen import console, echo_warnings
from funnelsim.cli.writing import check_targets, say_written, write_all

SUFFIXES = (".json", ".csv", ".parquet", ".png", ".svg", ".html")
#: About thirty variants are simulated: fewer futures than of one comparison.
MOST_FUTURES = 2000


@click.command("friction", cls=RecordedCommand)
@click.argument("model", type=click.Path(path_type=Path))
@measured_options.period()
@measured_options.days("Over a number of days from the start, instead of a period.")
@click.option(
    "--metric",
    type=click.Choice(["bookings", "quota_credit", "deals_won", "cycle_days"]),
    help="What improvements are sorted by [default: bookings, or deals_won without amounts].",
)
@click.option("--stage", "stages", multiple=True, help="Only this stage; may be repeated.")
@click.option(
    "--top",
    type=click.IntRange(1),
    default=10,
    show_default=True,
    help="Rows of each list on screen and in the figure; the JSON document and the table have all.",
)
@measured_options.quota
@measured_options.history
@measured_options.level
@measured_options.warmup
@out(*SUFFIXES)
@running_by_size(
    f"Number of simulated futures of each variant [default: {MOST_FUTURES}, fewer for a large model]."
)
def command(
    model: Path,
    stages: tuple[str, ...],
    quota: Money | None,
    history: Path | None,
    out: tuple[Path, ...],
    as_json: bool,
    quiet: bool,
    **given: Any,
) -> None:
    """Find where leads and money leave, and what one unit of improvement is worth in the period.

    \b
    funnelsim friction model.toml
    funnelsim friction model.toml --period 2026Q3 --top 5
    funnelsim friction model.toml --stage proposal --metric deals_won --out friction.png
    """
    measured_options.refuse_both(given["period"], given["days"])
    check_targets(out, SUFFIXES)
    check_model(model)
    check_history(history)
    from funnelsim.experiments.friction.friction import friction
    from funnelsim.model.files.model_files import read_funnel

    funnel = read_funnel(model)
    given["executor"] = executor_of_variants(given["executor"], funnel, given["workers"])
    target = in_currency_of(funnel.model, quota)
    keys = [_stage_key(name, funnel.model.stages) for name in stages]
    with progress_bar("simulating improvements", silent=quiet or as_json) as progress:
        result = friction(funnel, quota=target, history=history, stages=keys, progress=progress, **given)
    document = result.document()
    if result.interrupted:  # what is known goes to the screen, never to a file
        if not as_json:
            _print(document, (), hints=False)
        raise KeyboardInterrupt
    write_all(out, document, result.table, lambda: _figure(document))
    if as_json:
        echo_json(document)
        echo_warnings(result.warnings, quiet=quiet)
        return
    _print(document, out, hints=not quiet)
    say_written(out, quiet=quiet)


def _print(document: dict[str, Any], out: tuple[Path, ...], *, hints: bool) -> None:
    from funnelsim.report.screens.friction import print_friction

    print_friction(
        document,
        console(),
        invocation=invocation_of(out, also_shared=("period", "days", "level")),
        hints=hints,
    )


def _stage_key(given: str, stages: dict[str, Any]) -> str:
    """The key of a stage that is given by its key or its name; capitals do not matter."""
    wanted = given.casefold()
    names = (key for key, stage in stages.items() if wanted in (key.casefold(), stage.name.casefold()))
    return next(names, given)


def _figure(document: dict[str, Any]) -> Any:
    from funnelsim.report.figures import friction_figure

    return friction_figure(document)
