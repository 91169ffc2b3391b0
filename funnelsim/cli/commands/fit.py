"""``funnelsim fit``: fit a model to a history."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from funnelsim.cli.group_options import begun_at, start_at
from funnelsim.cli.options import as_json, echo_json, holidays, quiet, seed
from funnelsim.cli.progress import progress_bar
from funnelsim.cli.reading import check_history
from funnelsim.cli.screen import console, echo_warnings
from funnelsim.cli.writing import say_written

if TYPE_CHECKING:
    from funnelsim.fitting.workload.fit import AtOnce


@click.command("fit")
@click.argument("history", type=click.Path(path_type=Path))
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, metavar="MODEL.toml", help="The model to write."
)
@click.option("--as-of", metavar="DATE", help="Use only data up to the end of this day.")
@click.option("--since", metavar="DATE", help="Use only data from this day on.")
@start_at()
@click.option(
    "--update",
    is_flag=True,
    help="Keep the goal, texts, comments and everything else written by hand in MODEL.toml.",
)
@click.option(
    "--draws",
    type=click.IntRange(0, 10_000),
    default=200,
    show_default=True,
    help="Parameter draws, for parameter uncertainty.",
)
@click.option(
    "--segments",
    metavar="COLUMN",
    default="none",
    show_default=True,
    help="Segments by source, segment, owner, account or amount; auto: the column with the clearest effect; "
    "or none.",
)
@click.option(
    "--trust",
    type=click.Choice(["planned_close"]),
    multiple=True,
    help="Use planned closes although their changes carry no date: open deals follow them where this "
    "forecasts better.",
)
@holidays
@click.option(
    "--at-once",
    type=click.Choice(["hours", "time"]),
    default="time",
    show_default=True,
    help="Tasks done at the same time on one deal become sequential: keep the reps' hours, or the time that "
    "the deal took.",
)
@click.option("--name", help="Name of the model [default: that of the history].")
@click.option("--detail", is_flag=True, help="Show all results, not only one page.")
@seed
@as_json
@quiet
def command(
    history: Path,
    out: Path,
    as_of: str | None,
    since: str | None,
    start_at: str | None,
    update: bool,
    draws: int,
    segments: str,
    trust: tuple[str, ...],
    holidays: str | None,
    at_once: AtOnce,
    name: str | None,
    seed: int,
    detail: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Fit a model of how deals move: chances, times in stage, amounts, rates of new deals.

    Writes MODEL.toml and, beside it, MODEL.draws.parquet, MODEL.pipeline.parquet and MODEL.fit.json.

    \b
    funnelsim fit history --out model.toml
    funnelsim fit history --out model.toml --as-of 2025-12-31 --since 2024-01-01
    funnelsim fit history --out model.toml --update
    """
    check_history(history)
    from funnelsim.fitting.files import check_model_path, report_document, write_fit
    from funnelsim.fitting.funnel import fit_funnel
    from funnelsim.history.files.folder import read_history

    check_model_path(out, update=update)
    read = begun_at(read_history(history), start_at, quiet=quiet)
    with progress_bar("fitting", silent=quiet or as_json) as progress:
        fit = fit_funnel(
            read,
            as_of=as_of,
            since=since,
            draws=draws,
            seed=seed,
            name=name,
            segments=segments,
            trust=trust,
            holidays=holidays,
            at_once=at_once,
            progress=progress,
        )
    written = write_fit(fit, out, update=update, history=history)
    document = report_document(fit, out.name)
    if as_json:
        echo_json(document)
        echo_warnings(fit.report.warnings, quiet=quiet)
        return
    from funnelsim.report.screens.fit import print_fit

    print_fit(document, console(), model=str(out), hints=not quiet, detail=detail)
    say_written(written, quiet=quiet)
