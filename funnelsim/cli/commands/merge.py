"""``funnelsim merge``: parts of one run, simulated separately, reported as the whole."""

from __future__ import annotations

from pathlib import Path

import click

from funnelsim.cli.commands.simulate import figure_of
from funnelsim.cli.options import as_json, echo_json, out, quiet
from funnelsim.cli.screen import console, echo_warnings
from funnelsim.cli.writing import check_targets, say_written, write_all

SUFFIXES = (".json", ".csv", ".parquet", ".png", ".svg", ".html")


@click.command("merge")
@click.argument("parts", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--model",
    type=click.Path(path_type=Path),
    help="The model file, if it has moved [default: where it was for the first part].",
)
@out(*SUFFIXES)
@as_json
@quiet
def command(
    parts: tuple[Path, ...], model: Path | None, out: tuple[Path, ...], as_json: bool, quiet: bool
) -> None:
    """Merge parts of one run that were simulated separately; the numbers are exactly those of one run.

    \b
    funnelsim simulate model.toml --days 365 --replications 0:5000 --out a.npz
    funnelsim simulate model.toml --days 365 --replications 5000:10000 --out b.npz
    funnelsim merge a.npz b.npz --json
    """
    check_targets(out, SUFFIXES)
    from funnelsim.core.errors import InputError, Problem
    from funnelsim.metrics.document import run_document, run_table
    from funnelsim.metrics.periods import reported_by
    from funnelsim.model.files.model_files import read_funnel
    from funnelsim.results.partfile import read_part
    from funnelsim.results.parts import merged

    pairs = [read_part(path) for path in parts]
    run, options = merged([part for part, _ in pairs]), pairs[0][1]
    path = model or Path(options.model)
    funnel = read_funnel(path)
    changed = funnel.sha256 != run.provenance.model_sha256
    if changed or (run.stages, run.roles) != (tuple(funnel.model.stages), tuple(funnel.model.roles)):
        message = "is not the model of the parts, or has changed since they were simulated"
        raise InputError(str(path), [Problem(path="", message=message)])
    if options.period is not None:
        funnel = reported_by(funnel, options.period)
    document = run_document(run, funnel, warmup_days=options.warmup_days)
    write_all(out, document, lambda: run_table(run, funnel), lambda: figure_of(document))
    if as_json:
        echo_json(document)
        echo_warnings(document["warnings"], quiet=quiet)
        return
    from funnelsim.report.screens.simulate import print_simulate

    print_simulate(document, console(), hints=False)
    say_written(out, quiet=quiet)
