"""``funnelsim simulate``: run a model over days or to a date."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any, Literal

import click
from click.core import ParameterSource

from funnelsim.cli.asked import Remembering, asked
from funnelsim.cli.options import echo_json, out, running
from funnelsim.cli.progress import progress_bar
from funnelsim.cli.reading import check_model
from funnelsim.cli.screen import console, echo_warnings
from funnelsim.cli.times import Day, Days
from funnelsim.cli.writing import TABLES, check_places, say_written, write_all, write_table

SUFFIXES = (".json", ".csv", ".parquet", ".png", ".svg", ".html")
#: Unless asked otherwise: a row for each stay of ten thousand futures would fill the memory.
FUTURES_WITH_VISITS = 100


@click.command("simulate", cls=Remembering)
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--days", type=Days(), help="How long, from the model's start: 91, 26w, 12months.")
@click.option("--until", type=Day(), help="Or to the end of this day.")
@click.option("--warmup", "warmup_days", type=Days(), default="0", help="Run first from empty, e.g. 200d.")
@click.option(
    "--period",
    type=click.Choice(["week", "month", "quarter", "year"]),
    help="Report by week, month ... [default: the goal's].",
)
@click.option(
    "--visits",
    type=click.Path(path_type=Path),
    help="Also write a row for each stay (.parquet .csv); "
    f"{FUTURES_WITH_VISITS} futures unless you ask for more.",
)
@out(*SUFFIXES)
@running
@click.pass_context
def command(
    context: click.Context,
    /,
    model: Path,
    days: float | None,
    until: dt.date | None,
    warmup_days: float,
    period: Literal["week", "month", "quarter", "year"] | None,
    visits: Path | None,
    out: tuple[Path, ...],
    as_json: bool,
    quiet: bool,
    replications: range,
    **run: Any,
) -> None:
    """Run a model and tell every metric, over the whole span and by period.

    \b
    funnelsim simulate model.toml --days 91
    funnelsim simulate model.toml --until 2026-12-31 --warmup 200d --period month
    funnelsim simulate model.toml --days 30 --visits visits.parquet --replications 10
    """
    if (days is None) == (until is None):
        raise click.UsageError("Give either --days or --until.")
    check_places(out, SUFFIXES)
    check_places([visits] if visits else [], TABLES, "--visits")
    if visits and context.get_parameter_source("replications") is ParameterSource.DEFAULT:
        replications = range(FUTURES_WITH_VISITS)
    check_model(model)
    from funnelsim.engines.run import simulate
    from funnelsim.metrics.document import run_document, run_table
    from funnelsim.metrics.periods import reported_by
    from funnelsim.model.files import read_funnel

    funnel = read_funnel(model)
    if period is not None:
        funnel = reported_by(funnel, period)
    with progress_bar("simulating", silent=quiet or as_json) as progress:
        found = simulate(
            funnel,
            days=days,
            until=until,
            warmup_days=warmup_days,
            visits=visits is not None,
            replications=replications,
            progress=progress,
            **run,
        )
    document = run_document(found, funnel, warmup_days=warmup_days)
    write_all(out, document, lambda: run_table(found, funnel), lambda: _figure(document))
    if visits is not None and found.visits is not None:
        write_table(found.visits, visits)
    if as_json:
        echo_json(document)
        echo_warnings(document["warnings"], quiet=quiet)
        return
    from funnelsim.report.screens import print_simulate

    print_simulate(document, console(), asked=asked(out), hints=not quiet)
    say_written([*out, *([visits] if visits else [])], quiet=quiet)


def _figure(document: dict[str, Any]) -> Any:
    from funnelsim.report.documents import PeriodSpan, SimulateDocument, read_as
    from funnelsim.report.figures import funnel_figure
    from funnelsim.report.figures.subtitles import span_subtitle

    typed = read_as(SimulateDocument, document)
    # The figure's column is of leads open now; a run knows the mean over its span.
    rows = [row.model_dump() | {"open": None} for row in typed.funnel_rows]
    return funnel_figure(
        rows,
        title="The funnel, simulated",
        subtitle=span_subtitle(typed, PeriodSpan(start=typed.start, end=typed.end)),
    )
