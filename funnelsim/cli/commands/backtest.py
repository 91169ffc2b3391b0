"""``funnelsim backtest``: test the forecast on past periods."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import click

from funnelsim.cli import group_options
from funnelsim.cli.invocation import RecordedCommand, invocation_of
from funnelsim.cli.options import as_json, echo_json, executor, holidays, out, quiet, seed, workers
from funnelsim.cli.progress import progress_bar
from funnelsim.cli.reading import check_history
from funnelsim.cli.screen import console
from funnelsim.cli.times import Day
from funnelsim.cli.writing import check_targets, say_written, write_all
from funnelsim.core.errors import Interrupted

SUFFIXES = (".json", ".csv", ".parquet", ".png", ".svg", ".html")


@click.command("backtest", cls=RecordedCommand)
@click.argument("history", type=click.Path(path_type=Path))
@click.option("--from", "begin", type=Day(), required=True, help="First day on which a period may start.")
@click.option("--to", "end", type=Day(), required=True, help="Last day on which a period may start.")
@click.option(
    "--every",
    type=click.Choice(["week", "month", "quarter"]),
    default="month",
    show_default=True,
    help="Length of the periods to forecast.",
)
@click.option(
    "--metric",
    type=click.Choice(["bookings", "deals_won"]),
    default="bookings",
    show_default=True,
    help="What to forecast.",
)
@click.option(
    "--trust",
    type=click.Choice(["amount", "owner", "segment", "planned_close", "probability", "forecast_category"]),
    multiple=True,
    help="Use this field as exported, although its changes carry no date.",
)
@click.option(
    "--recalibrate",
    is_flag=True,
    help="Add a forecast whose ranges are corrected by past periods; needs 12 of them.",
)
@click.option(
    "--steady",
    is_flag=True,
    help="Add a forecast that assumes a steady process, without drift and seasonality.",
)
@group_options.by("Also score the forecast of each of these.")
@group_options.reps
@holidays
@click.option(
    "--draws",
    type=click.IntRange(2),
    default=100,
    show_default=True,
    help="Parameter draws, for parameter uncertainty.",
)
@click.option(
    "--replications",
    "-n",
    type=click.IntRange(100),
    default=2_000,
    show_default=True,
    help="Simulated futures for each period.",
)
@seed
@executor
@workers
@as_json
@quiet
@out(*SUFFIXES)
def command(
    history: Path,
    begin: dt.date,
    end: dt.date,
    out: tuple[Path, ...],
    as_json: bool,
    quiet: bool,
    **how: Any,
) -> None:
    """Test the forecast on past periods: each uses only data available the day before.

    \b
    funnelsim backtest history --from 2025-01-01 --to 2025-12-01 --every month
    funnelsim backtest history --from 2025-01-01 --to 2025-12-01 --metric deals_won --out backtest.json
    funnelsim backtest history --from 2025-01-01 --to 2025-12-01 --by source
    funnelsim backtest history --from 2025-01-01 --to 2025-12-01 --recalibrate --out backtest.html
    """
    check_targets(out, SUFFIXES)
    check_history(history)
    group_options.check(how["by"], how["reps"])
    how["reps"] = how["reps"] or ()
    from funnelsim.forecasting.backtest import backtest
    from funnelsim.history.files.folder import read_history

    past = read_history(history)
    try:
        with progress_bar("testing", silent=quiet or as_json) as progress:
            result = backtest(past, begin=begin, end=end, progress=progress, **how)
    except Interrupted as stop:
        if not as_json:
            _show(stop.result.document(), out, hints=False)
            click.echo(f"Interrupted: these are {stop.done}.", err=True)
        raise
    document = result.document()
    write_all(out, document, result.table, lambda: _figure(document))
    if as_json:
        echo_json(document)
        return
    _show(document, out, hints=not quiet)
    say_written(out, quiet=quiet)


def _show(document: dict[str, Any], out: tuple[Path, ...], *, hints: bool) -> None:
    from funnelsim.report.screens.backtest import print_backtest

    print_backtest(document, console(), invocation=invocation_of(out), hints=hints)


def _figure(document: dict[str, Any]) -> Any:
    from funnelsim.report.figures.backtest import backtest_figure

    return backtest_figure(document)
