"""``funnelsim backtest``: was it right before?"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import click

from funnelsim.cli.invocation import Remembering, asked
from funnelsim.cli.options import as_json, echo_json, holidays, out, quiet, seed, workers
from funnelsim.cli.progress import progress_bar
from funnelsim.cli.reading import check_history
from funnelsim.cli.screen import console
from funnelsim.cli.times import Day
from funnelsim.cli.writing import check_places, say_written, write_all

SUFFIXES = (".json", ".csv", ".parquet", ".png", ".svg", ".html")


@click.command("backtest", cls=Remembering)
@click.argument("history", type=click.Path(path_type=Path))
@click.option("--from", "begin", type=Day(), required=True, help="First day on which a period may begin.")
@click.option("--to", "end", type=Day(), required=True, help="Last day on which a period may begin.")
@click.option(
    "--every",
    type=click.Choice(["week", "month", "quarter"]),
    default="month",
    show_default=True,
    help="What is forecast from its eve.",
)
@click.option("--metric", type=click.Choice(["bookings", "deals_won"]), default="bookings", show_default=True)
@click.option(
    "--trust",
    type=click.Choice(["amount", "owner", "segment", "planned_close", "probability", "forecast_category"]),
    multiple=True,
    help="Use this field as the export has it, although its changes carry no date.",
)
@click.option(
    "--recalibrate",
    is_flag=True,
    help="Also a row whose spread past origins have corrected; needs 12 of them.",
)
@click.option(
    "--steady",
    is_flag=True,
    help="Also a row that takes the whole past as one steady process, without drift.",
)
@holidays
@click.option("--draws", type=click.IntRange(2), default=100, show_default=True, help="Parameter draws.")
@click.option(
    "--replications",
    "-n",
    type=click.IntRange(100),
    default=2_000,
    show_default=True,
    help="Futures an origin.",
)
@seed
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
    """Forecast earlier periods from what was known on their eve, and score the forecasts.

    \b
    funnelsim backtest history --from 2025-01-01 --to 2025-12-01 --every month
    funnelsim backtest history --from 2025-01-01 --to 2025-12-01 --metric deals_won --out backtest.json
    funnelsim backtest history --from 2025-01-01 --to 2025-12-01 --recalibrate --out backtest.html
    """
    check_places(out, SUFFIXES)
    check_history(history)
    from funnelsim.forecasting.backtest import backtest
    from funnelsim.history.files.folder import read_history

    known = read_history(history)
    with progress_bar("looking back", silent=quiet or as_json) as progress:
        found = backtest(known, begin=begin, end=end, progress=progress, **how)
    document = found.document()
    write_all(out, document, found.table, lambda: _figure(document))
    if as_json:
        echo_json(document)
        return
    from funnelsim.report.screens.backtest import print_backtest

    print_backtest(document, console(), asked=asked(out), hints=not quiet)
    say_written(out, quiet=quiet)


def _figure(document: dict[str, Any]) -> Any:
    from funnelsim.report.figures.backtest import backtest_figure

    return backtest_figure(document)
