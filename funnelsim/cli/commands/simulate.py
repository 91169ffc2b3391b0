"""``funnelsim simulate``: simulate a model over a number of days or to a date."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click
from click.core import ParameterSource

from funnelsim.cli.invocation import RecordedCommand, invocation_of
from funnelsim.cli.options import echo_json, out, running
from funnelsim.cli.progress import progress_bar
from funnelsim.cli.reading import check_model
from funnelsim.cli.screen import console, echo_warnings
from funnelsim.cli.times import Day, Days, Share
from funnelsim.cli.writing import (
    TABLES,
    check_different,
    check_targets,
    say_written,
    table_bytes,
    write_all,
)

if TYPE_CHECKING:
    from funnelsim.documents.simulate import Precision
    from funnelsim.model.files.model_files import Funnel
    from funnelsim.results.run import Run

PART = ".npz"
SUFFIXES = (".json", ".csv", ".parquet", ".png", ".svg", ".html", PART)
#: Unless --replications is given: the visits of ten thousand futures would fill the memory.
FUTURES_WITH_VISITS = 100


@click.command("simulate", cls=RecordedCommand)
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--days", type=Days(), help="Length, from the model's start: 91, 26w, 12months.")
@click.option("--until", type=Day(), help="Last day, instead of --days.")
@click.option(
    "--warmup", "warmup_days", type=Days(), default="0", help="Fill the model by running it first, e.g. 200d."
)
@click.option(
    "--period",
    type=click.Choice(["week", "month", "quarter", "year"]),
    help="Length of the reported periods [default: the goal's].",
)
@click.option(
    "--visits",
    type=click.Path(path_type=Path),
    help="Also write a row for each visit to a stage (.parquet .csv); "
    f"runs {FUTURES_WITH_VISITS} futures unless --replications is given.",
)
@click.option(
    "--precision",
    type=Share(),
    help="Simulate until the mean is this precise, e.g. 1%, instead of a fixed number of futures.",
)
@click.option(
    "--of", "metric", help="Metric for --precision [default: bookings, or deals_won without amounts]."
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
    precision: float | None,
    metric: str | None,
    out: tuple[Path, ...],
    as_json: bool,
    quiet: bool,
    replications: range,
    **run: Any,
) -> None:
    """Simulate a model and report each metric, in total and by period.

    \b
    funnelsim simulate model.toml --days 91
    funnelsim simulate model.toml --until 2026-12-31 --warmup 200d --period month
    funnelsim simulate model.toml --days 30 --visits visits.parquet --replications 10
    funnelsim simulate model.toml --days 91 --precision 1% --of deals_won
    funnelsim simulate model.toml --days 91 --replications 0:5000 --out part.npz

    funnelsim merge puts together parts written as .npz.
    """
    if (days is None) == (until is None):
        raise click.UsageError("Give either --days or --until.")
    given = context.get_parameter_source("replications") is not ParameterSource.DEFAULT
    if precision is not None and (given or visits):
        raise click.UsageError(
            "--precision sets the number of futures; leave out --replications and --visits."
        )
    if metric is not None and precision is None:
        raise click.UsageError("--of names the metric for --precision; give both.")
    check_targets(out, SUFFIXES)
    check_targets([visits] if visits else [], TABLES, "--visits")
    check_different(out, visits, "--visits")
    if visits and not given:
        replications = range(FUTURES_WITH_VISITS)
    check_model(model)
    from funnelsim.core.errors import FunnelSimError
    from funnelsim.engines.run import simulate
    from funnelsim.metrics.document import run_document, run_table
    from funnelsim.metrics.periods import reported_by
    from funnelsim.model.files.model_files import read_funnel
    from funnelsim.results.partfile import Asked, part_bytes

    funnel = read_funnel(model)
    if until is not None and until < funnel.model.start:
        raise FunnelSimError(f"--until {until} is before {funnel.model.start}, the start of {model}")
    if period is not None:
        funnel = reported_by(funnel, period)
    with progress_bar("simulating", silent=quiet or as_json) as progress:
        run |= {"days": days, "until": until, "warmup_days": warmup_days, "progress": progress}
        if precision is None:
            reached = None
            result = simulate(funnel, visits=visits is not None, replications=replications, **run)
        else:
            result, reached = _to_precision(funnel, precision, metric, run)
    document = run_document(result, funnel, warmup_days=warmup_days, precision=reached)
    parts = [path for path in out if path.suffix.lower() == PART]
    options = Asked(model=str(model), warmup_days=warmup_days, period=period)
    also = {path: part_bytes(result, options) for path in parts}
    if visits is not None and result.visits is not None:
        also[visits] = table_bytes(result.visits, visits.suffix)
    others = [path for path in out if path not in parts]
    write_all(others, document, lambda: run_table(result, funnel), lambda: figure_of(document), also=also)
    if as_json:
        echo_json(document)
        echo_warnings(document["warnings"], quiet=quiet)
        return
    from funnelsim.report.screens.simulate import print_simulate

    print_simulate(document, console(), invocation=invocation_of(out), hints=not quiet)
    say_written([*out, *([visits] if visits else [])], quiet=quiet)


def _to_precision(
    funnel: Funnel, precision: float, metric: str | None, run: dict[str, Any]
) -> tuple[Run, Precision]:
    from funnelsim.experiments.precision import simulate_to_precision

    has_amounts = any(source.amount is not None for source in funnel.model.sources.values())
    return simulate_to_precision(
        funnel, precision, metric or ("bookings" if has_amounts else "deals_won"), **run
    )


def figure_of(document: dict[str, Any]) -> Any:
    """The funnel of a run's document."""
    from funnelsim.documents.shared import PeriodSpan
    from funnelsim.documents.simulate import SimulateDocument
    from funnelsim.documents.validate import read_as
    from funnelsim.report.figures import funnel_figure
    from funnelsim.report.figures.subtitles import span_subtitle

    typed = read_as(SimulateDocument, document)
    # The figure shows leads open now; a run has only the mean over its days.
    rows = [row.model_dump() | {"open": None} for row in typed.funnel_rows]
    return funnel_figure(
        rows,
        title="The funnel, simulated",
        subtitle=span_subtitle(typed, PeriodSpan(start=typed.start, end=typed.end)),
    )
