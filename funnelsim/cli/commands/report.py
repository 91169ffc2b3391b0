"""``funnelsim report``: one page, one workbook or one figure, from a model or documents of other commands."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from funnelsim.cli import options
from funnelsim.cli.amounts import Amount, Money, in_currency_of
from funnelsim.cli.reading import check_history, check_model
from funnelsim.cli.store_option import store_to_read
from funnelsim.cli.writing import FIGURES, check_targets, say_written
from funnelsim.core.files.atomic import replace_files

if TYPE_CHECKING:
    from collections.abc import Sequence

    from funnelsim.cli.commands.report_parts import Parts
    from funnelsim.documents.read import Drawable

SUFFIXES = (".html", ".xlsx", *FIGURES)
FIGURE_NAMES = (
    "forecast",
    "attainment",
    "waterfall",
    "groups",
    "fan",
    "bridge",
    "comparison",
    "friction",
    "kpi",
    "map",
    "cumulative_flow",
    "cycle_times",
    "ageing",
    "cohorts",
    "funnel",
    "utilisation",
    "incidence",
    "closes",
    "backtest",
    "calibration",
    "reverse",
    "staffing",
    "sensitivity",
)
#: Options that say how the parts of a page are made from a model.
_OF_A_MODEL = ("quota", "history", "replications")


@click.command(name="report")
@click.argument(
    "inputs",
    nargs=-1,
    type=click.Path(path_type=Path),
    metavar="MODEL|HISTORY|DOCUMENT.json...",
)
@store_to_read
@options.out(*SUFFIXES)
@click.option("--title", default="", help="Title of the page [default: the name of the model].")
@click.option(
    "--period",
    help="Period to report on, such as 2026Q1 [default: the one that contains the model's start]; of "
    "documents, the period of a forecast figure.",
)
@click.option(
    "--quota", type=Amount(), help="Of a model: quota, instead of the model's: 1200000, 1.2m, $500k."
)
@click.option(
    "--history",
    type=click.Path(path_type=Path),
    help="Of a model: history with what is already booked [default: the model's].",
)
@click.option(
    "--replications",
    "-n",
    type=click.IntRange(100),
    help="Of a model: simulated futures of the forecast [default: 10000].",
)
@click.option(
    "--figure",
    type=click.Choice(FIGURE_NAMES),
    help="Figure for .png and .svg [default: the main one of the document].",
)
@click.option("--dark", is_flag=True, help="Draw the figure for a dark background.")
@click.option(
    "--metric",
    default="",
    help="Metric of a comparison figure [default: bookings, or deals_won without amounts].",
)
@options.quiet
def command(
    inputs: tuple[Path, ...],
    store: str | None,
    out: tuple[Path, ...],
    title: str,
    figure: str | None,
    period: str | None,
    metric: str,
    dark: bool,
    quiet: bool,
    **of_a_model: Any,
) -> None:
    """Write one self-contained page, or a workbook, for those who decide.

    \b
    funnelsim report model.toml --out report.html
    funnelsim report model.toml compare.json backtest.json --out report.html --out report.xlsx
    funnelsim report forecast.json compare.json --out report.html
    funnelsim report history --figure ageing --out ageing.png
    funnelsim report --store forecasts.db --out report.html

    A model brings forecast, process map, key figures, friction and capacity; a document of another command
    (--json) is added, or takes the place of that part. A store brings its last forecast, and what changed
    since the one before.
    """
    if not inputs and store is None:
        raise click.UsageError("Give a model, a history, documents, or --store.")
    if not out:
        raise click.UsageError("Give the file to write: --out report.html, or --out report.xlsx")
    check_targets(out, SUFFIXES)
    models = [path for path in inputs if path.suffix.lower() == ".toml"]
    histories = [path for path in inputs if path.is_dir()]
    paths = [path for path in inputs if path not in (*models, *histories)]
    if len(models) + len(histories) > 1:
        raise click.UsageError("Give one model or one history; a page is about one company.")
    if unfit := [f"--{name}" for name in _OF_A_MODEL if of_a_model[name] is not None and not models]:
        raise click.UsageError(f"{', '.join(unfit)} is for a model; give model.toml, or leave it out.")
    check_history(of_a_model["history"])
    from funnelsim.documents.read import read_documents, typed
    from funnelsim.report.pages.same_company import refuse_several_companies

    read = read_documents(paths)
    sources = [str(path) for path in paths]
    if store is not None:
        from funnelsim.cli.commands.report_store import stored_documents

        for name, document in stored_documents(store, figure):
            read.append(document)
            sources.append(name)
    parts = None
    if models:
        given = [(source, typed(one)) for source, one in zip(sources, read, strict=True)]
        only = () if {path.suffix.lower() for path in out} & {".html", ".xlsx"} else _needed(figure)
        parts = _parts(models[0], given, period, quiet=quiet, only=only, **of_a_model)
    elif histories:
        parts = _parts_of_history(histories[0], quiet=quiet)
    if parts:
        read = [*parts.documents, *read]
        sources = [*[str((models + histories)[0])] * len(parts.documents), *sources]
    refuse_several_companies([(source, typed(one)) for source, one in zip(sources, read, strict=True)])
    contents = {}
    for path in out:
        match path.suffix.lower():
            case ".html":
                contents[path] = _page(read, title, parts)
            case ".xlsx":
                contents[path] = _workbook(read, title, parts)
            case suffix:
                contents[path] = _figure(read, figure, suffix[1:], dark=dark, period=period, metric=metric)
    replace_files(contents)
    if parts and not quiet:
        for text in parts.left_out:
            click.echo(f"not on the page: {text}", err=True)
    say_written(out, quiet=quiet)


def _page(read: Sequence[dict[str, Any]], title: str, parts: Parts | None) -> bytes:
    from funnelsim.report.pages.page import report_page

    said = {"left_out": parts.left_out, "audit": parts.audit} if parts else {}
    return report_page(read, title=title, **said).encode()


def _workbook(read: Sequence[dict[str, Any]], title: str, parts: Parts | None) -> bytes:
    from funnelsim.report.workbook.workbook import workbook_bytes

    return workbook_bytes(read, title=title, notes=[*parts.left_out, *parts.audit] if parts else ())


def _figure(
    read: Sequence[dict[str, Any]],
    name: str | None,
    form: str,
    *,
    dark: bool,
    period: str | None,
    metric: str,
) -> bytes:
    from funnelsim.report.figures.choose import document_figure
    from funnelsim.report.style.saving import figure_bytes

    shown = document_figure(read, name, period=period or 0, metric=metric)
    if dark:
        from funnelsim.report.style.dark import make_dark

        make_dark(shown)
    return figure_bytes(shown, form)


def _parts_of_history(history: Path, *, quiet: bool) -> Parts:
    from funnelsim.cli.commands.report_parts import Parts

    parts = Parts(model=Path(), quiet=quiet)
    parts.make_from_history(history)
    return parts


def _needed(figure: str | None) -> tuple[str, ...]:
    """The parts of a model that a figure is drawn from."""
    from funnelsim.report.figures.choose import FIGURES

    return FIGURES[figure].commands if figure in FIGURES else ("forecast",)


def _parts(
    model: Path,
    given: Sequence[tuple[str, Drawable]],
    period: str | None,
    *,
    quota: Money | None,
    history: Path | None,
    replications: int | None,
    quiet: bool,
    only: Sequence[str],
) -> Parts:
    """The parts of a model, but those `given`; documents of another company are refused before."""
    check_model(model)
    from funnelsim.cli.commands.report_parts import Parts
    from funnelsim.model.files.model_files import read_funnel
    from funnelsim.report.pages.same_company import refuse_several_companies

    funnel = read_funnel(model)
    refuse_several_companies(given, model=(str(model), funnel.model.name, funnel.model.currency))
    parts = Parts(
        model=model,
        history=history,
        period=period,
        quota=in_currency_of(funnel.model, quota),
        replications=replications or options.DEFAULT_REPLICATIONS,
        quiet=quiet,
    )
    parts.make(funnel, given={document.command for _, document in given}, only=only)
    return parts
