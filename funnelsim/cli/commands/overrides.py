"""``funnelsim overrides``: whose judgement of open deals helped."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from funnelsim.cli import measured_options
from funnelsim.cli.options import as_json, echo_json, out, quiet
from funnelsim.cli.reading import check_history
from funnelsim.cli.screen import console
from funnelsim.cli.writing import check_targets, say_written, write_all
from funnelsim.core.errors import Problem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from funnelsim.documents.forecast import ForecastDocument

SUFFIXES = (".json", ".csv", ".parquet")


@click.command("overrides")
@click.argument(
    "forecasts", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FORECAST.json..."
)
@click.option(
    "--history",
    required=True,
    type=click.Path(path_type=Path),
    help="A later history, which knows what became of the deals.",
)
@measured_options.level
@out(*SUFFIXES)
@as_json
@quiet
def command(
    forecasts: tuple[Path, ...],
    history: Path,
    level: float,
    out: tuple[Path, ...],
    as_json: bool,
    quiet: bool,
) -> None:
    """Score the overrides of earlier forecasts: whose judgement brought them nearer to the truth.

    \b
    funnelsim overrides monday1.json monday2.json --history history
    funnelsim overrides forecasts/*.json --history history --out scores.csv
    """
    check_targets(out, SUFFIXES)
    check_history(history)
    from funnelsim.forecasting.overrides.scores import score_overrides, scores_table
    from funnelsim.history.files.folder import read_history

    documents = [_forecast(path) for path in forecasts]
    result = score_overrides(documents, read_history(history), level=level)
    document = result.as_json()
    write_all(out, document, lambda: scores_table(result), _no_figure)
    if as_json:
        echo_json(document)
        return
    from funnelsim.report.screens.override_scores import print_override_scores

    print_override_scores(document, console(), hints=not quiet)
    say_written(out, quiet=quiet)


def _forecast(path: Path) -> ForecastDocument:
    from funnelsim.documents.forecast import ForecastDocument
    from funnelsim.documents.read import read_document, typed
    from funnelsim.documents.record import DocumentError

    found = typed(read_document(path), str(path))
    if isinstance(found, ForecastDocument):
        return found
    raise DocumentError(str(path), [Problem(path="", message=f"is of {found.command}, not a forecast")])


def _no_figure() -> Figure:
    raise AssertionError("overrides writes no figures")
