"""``funnelsim report``: one page, or one figure, from documents of other commands."""

from __future__ import annotations

from pathlib import Path

import click

from funnelsim.cli import options
from funnelsim.cli.writing import FIGURES, check_targets, say_written
from funnelsim.core.files.atomic import replace_files

SUFFIXES = (".html", *FIGURES)
FIGURE_NAMES = (
    "forecast",
    "attainment",
    "comparison",
    "funnel",
    "incidence",
    "closes",
    "backtest",
    "calibration",
)


@click.command(name="report")
@click.argument(
    "documents", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="DOCUMENT.json..."
)
@options.out(*SUFFIXES)
@click.option("--title", default="", help="Title of the page [default: the name of the model].")
@click.option(
    "--figure",
    type=click.Choice(FIGURE_NAMES),
    help="Figure for .png and .svg [default: the main one of the document].",
)
@click.option("--period", help="Period of a forecast figure, such as 2026Q1 [default: the first].")
@click.option(
    "--metric",
    default="",
    help="Metric of a comparison figure [default: bookings, or deals_won without amounts].",
)
@options.quiet
def command(
    documents: tuple[Path, ...],
    out: tuple[Path, ...],
    title: str,
    figure: str | None,
    period: str | None,
    metric: str,
    quiet: bool,
) -> None:
    """Write one self-contained page from documents of forecast, compare, simulate, fit and backtest.

    \b
    funnelsim forecast model.toml --json > forecast.json
    funnelsim compare model.toml --set stages.demo.after=x0.7 --json > compare.json
    funnelsim report forecast.json compare.json --out report.html
    funnelsim report backtest.json --out backtest.html
    """
    if not out:
        raise click.UsageError("Give the file to write: --out report.html, or --out figure.png")
    check_targets(out, SUFFIXES)
    from funnelsim.documents.read import read_documents, typed
    from funnelsim.report.pages.same_company import refuse_several_companies

    read = read_documents(documents)
    refuse_several_companies([(str(path), typed(one)) for path, one in zip(documents, read, strict=True)])
    contents = {}
    for path in out:
        if path.suffix.lower() == ".html":
            from funnelsim.report.pages.page import report_page

            contents[path] = report_page(read, title=title).encode()
        else:
            from funnelsim.report.figures.choose import document_figure
            from funnelsim.report.style.saving import figure_bytes

            shown = document_figure(read, figure, period=period or 0, metric=metric)
            contents[path] = figure_bytes(shown, path.suffix.lower()[1:])
    replace_files(contents)
    say_written(out, quiet=quiet)
