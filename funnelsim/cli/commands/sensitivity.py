"""``funnelsim sensitivity``: what the forecast depends on, and what is worth measuring."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from funnelsim.cli import measured_options
from funnelsim.cli.amounts import Money, in_currency_of
from funnelsim.cli.interruption import showing_what_is_known
from funnelsim.cli.invocation import RecordedCommand, invocation_of
from funnelsim.cli.options import echo_json, executor_of_variants, out, running
from funnelsim.cli.progress import progress_bar
from funnelsim.cli.reading import check_history, check_model
from funnelsim.cli.screen import console, echo_warnings
from funnelsim.cli.writing import check_targets, say_written, write_all

SUFFIXES = (".json", ".csv", ".parquet", ".png", ".svg", ".html")


@click.command("sensitivity", cls=RecordedCommand)
@click.argument("model", type=click.Path(path_type=Path))
@measured_options.period()
@measured_options.days("A number of days instead of a period.")
@measured_options.quota
@click.option(
    "--metric",
    metavar="METRIC",
    help="bookings, quota_credit, deals_won, revenue, cycle_days, win_rate ... "
    "[default: bookings, or deals_won where nothing has an amount].",
)
@click.option(
    "--range",
    "ranges",
    multiple=True,
    metavar="PATH=LOW:HIGH",
    help="Range of a parameter: 0.5:0.7, x0.8:x1.3 or -20%:+30% [default: the 90 % range of the fit; of a "
    "model without parameter draws, -20%:+20%].",
)
@click.option(
    "--top",
    type=click.IntRange(1, 12),
    default=5,
    show_default=True,
    help="Number of parameters that vary together over their ranges.",
)
@measured_options.history
@measured_options.level
@measured_options.warmup
@out(*SUFFIXES)
@running
def command(
    model: Path,
    period: str | None,
    days: float | None,
    quota: Money | None,
    metric: str | None,
    ranges: tuple[str, ...],
    top: int,
    history: Path | None,
    level: float,
    warmup_days: float,
    out: tuple[Path, ...],
    as_json: bool,
    quiet: bool,
    **run: Any,
) -> None:
    """Find out what the forecast depends on, and what is worth measuring.

    Gives the effect of 1 % more of each parameter, the shares of the uncertainty that parameters explain,
    how much of the forecast's spread is chance, and which parameter is worth knowing before a bet on the
    quota.

    \b
    funnelsim sensitivity model.toml --quota 1.2m
    funnelsim sensitivity model.toml --metric deals_won --period 2026Q2
    funnelsim sensitivity model.toml --range stages.demo.exits.proposal.p=0.5:0.7
    """
    measured_options.refuse_both(period, days)
    check_targets(out, SUFFIXES)
    check_model(model)
    check_history(history)
    from funnelsim.experiments.sensitivity.analysis import sensitivity
    from funnelsim.model.files.model_files import read_funnel

    funnel = read_funnel(model)
    run["executor"] = executor_of_variants(run["executor"], funnel, run["workers"])
    with (
        showing_what_is_known(_show_known, silent=as_json),
        progress_bar("varying parameters", silent=quiet or as_json) as progress,
    ):
        result = sensitivity(
            funnel,
            period=period,
            days=days,
            quota=in_currency_of(funnel.model, quota),
            metric=metric,
            ranges=_by_path(ranges),
            top=top,
            history=history,
            level=level,
            warmup_days=warmup_days,
            progress=progress,
            **run,
        )
    document = result.document()
    write_all(out, document, result.table, lambda: _figure(document))
    if as_json:
        echo_json(document)
        echo_warnings(result.warnings, quiet=quiet)
        return
    from funnelsim.report.screens.sensitivity import print_sensitivity

    shared = ("period", "days")
    print_sensitivity(document, console(), invocation=invocation_of(out, also_shared=shared), hints=not quiet)
    say_written(out, quiet=quiet)


def _by_path(ranges: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in ranges:
        path, equals, ends = text.partition("=")
        if not equals or not path.strip():
            raise click.BadParameter(f'"{text}" is not PATH=LOW:HIGH', param_hint="'--range'")
        if path.strip() in found:
            raise click.BadParameter(f'"{path.strip()}" has two ranges', param_hint="'--range'")
        found[path.strip()] = ends.strip()
    return found


def _show_known(known: Any) -> None:
    from funnelsim.report.screens.known_so_far import print_elasticities

    print_elasticities(known, console())


def _figure(document: dict[str, Any]) -> Any:
    from funnelsim.report.figures import sensitivity_figure

    return sensitivity_figure(document)
