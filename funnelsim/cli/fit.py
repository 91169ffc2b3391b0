"""``funnelsim fit``: learn a model from a history."""

from __future__ import annotations

from pathlib import Path

import click

from funnelsim.cli.options import as_json as json_option
from funnelsim.cli.options import echo_json
from funnelsim.cli.options import quiet as quiet_option
from funnelsim.cli.options import seed as seed_option
from funnelsim.cli.progress import progress_bar
from funnelsim.cli.screen import console, echo_warnings
from funnelsim.cli.writing import check_places


@click.command("fit")
@click.argument("history", type=click.Path(path_type=Path))
@click.option(
    "--out", "out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="Model file (.toml)."
)
@click.option(
    "--as-of", metavar="DATE", help="Learn as if it were the end of this day [default: the history's]."
)
@click.option("--since", metavar="DATE", help="Learn only from what happened from this day on.")
@click.option("--update", is_flag=True, help="Keep what is written by hand in the model that is there.")
@click.option(
    "--draws", type=click.IntRange(0), default=200, show_default=True, help="Parameter draws; 0 for none."
)
@seed_option
@json_option
@quiet_option
def command(
    history: Path,
    out: Path,
    as_of: str | None,
    since: str | None,
    update: bool,
    draws: int,
    seed: int,
    as_json: bool,
    quiet: bool,
) -> None:
    """Learn how deals really move: exits and times of each stage, amounts, arrivals, the open pipeline.

    \b
    funnelsim fit history --out model.toml
    funnelsim fit history --out model.toml --as-of 2026-03-31 --since 2024-01-01
    """
    check_places([out], (".toml",))
    from funnelsim.fitting.files import write_fit
    from funnelsim.fitting.funnel import fit_funnel
    from funnelsim.history.files import read_history

    past = read_history(history)
    with progress_bar("fitting", silent=quiet or as_json) as progress:
        fit = fit_funnel(past, as_of=as_of, since=since, draws=draws, seed=seed, progress=progress)
    write_fit(fit, out, history=history, update=update)
    document = fit.report.as_dict()
    if as_json:
        echo_json(document)
        echo_warnings(fit.report.warnings, quiet=quiet)
        return
    from funnelsim.report.screens.fit import print_fit

    print_fit(document, console(), model=str(out), hints=not quiet)
