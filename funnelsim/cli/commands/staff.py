"""``funnelsim staff``: find out how many reps a quota or a service level needs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from funnelsim.cli import measured_options
from funnelsim.cli.amounts import Money, in_currency_of
from funnelsim.cli.commands.staff_reps import backfill_days, learnt_options
from funnelsim.cli.interruption import showing_what_is_known
from funnelsim.cli.invocation import RecordedCommand, invocation_of
from funnelsim.cli.options import echo_json, out, running_by_size
from funnelsim.cli.progress import progress_bar
from funnelsim.cli.reading import check_history, check_model
from funnelsim.cli.screen import console, echo_warnings
from funnelsim.cli.times import Day, Share
from funnelsim.cli.writing import check_targets, say_written, write_all

if TYPE_CHECKING:
    import datetime as dt

SUFFIXES = (".json", ".csv", ".parquet", ".png", ".svg", ".html")


@click.command("staff", cls=RecordedCommand)
@click.argument("model", type=click.Path(path_type=Path))
@measured_options.quota
@click.option(
    "--confidence",
    type=Share(),
    help="Chance with which the quota is to be reached: 80%, 0.9 [default: 80%].",
)
@click.option(
    "--target",
    "targets",
    multiple=True,
    metavar="TARGET",
    help='A service level, such as "wait_days.demo<=1", "utilisation.ae<=85%" or "first_response_p90<=1h"; '
    "may be repeated.",
)
@click.option(
    "--most-profitable",
    "profit",
    is_flag=True,
    help="The plan with the largest bookings less people cost, whatever the model's quota.",
)
@measured_options.period("2026Q1, 2026, FY2027")
@measured_options.days("A standing team over a number of days, instead of hires by date.")
@click.option(
    "--earliest",
    type=Day(),
    help="First day on which anyone can join [default: the first of the next month].",
)
@measured_options.history
@measured_options.warmup
@learnt_options
@out(*SUFFIXES)
@running_by_size("Most simulated futures of one plan [default: 100 to 4000, fewer for large models].")
def command(
    model: Path,
    quota: Money | None,
    confidence: float | None,
    targets: tuple[str, ...],
    profit: bool,
    period: str | None,
    days: float | None,
    earliest: dt.date | None,
    history: Path | None,
    warmup_days: float,
    reps: Path | None,
    ramp: list[float] | None,
    attrition: float | None,
    backfill: float | str | None,
    annual_cost: Money | None,
    out: tuple[Path, ...],
    as_json: bool,
    quiet: bool,
    **run: Any,
) -> None:
    """Find the cheapest hiring plan: whom to hire and when, for a quota or a service level.

    \b
    funnelsim staff model.toml --quota 4.8m --period 2026 --confidence 80%
    funnelsim staff model.toml --target "wait_days.demo<=1" --days 180 --warmup 100d
    funnelsim staff model.toml --most-profitable --period 2026
    funnelsim staff fitted.toml --quota 4.8m --period 2026 --reps reps.csv

    A model without roles, as a fit of a CRM gives it, is answered from what each owner of deals has won.
    """
    measured_options.refuse_both(period, days)
    if profit and (quota is not None or targets or confidence is not None):
        raise click.UsageError("Give either --most-profitable, or a quota or targets.")
    check_targets(out, SUFFIXES)
    check_model(model)
    check_history(history)
    from funnelsim.experiments.staff import staff
    from funnelsim.model.files.model_files import read_funnel

    funnel = read_funnel(model)
    with (
        showing_what_is_known(_show_known, silent=as_json),
        progress_bar("plans simulated", silent=quiet or as_json) as progress,
    ):
        result = staff(
            funnel,
            quota=in_currency_of(funnel.model, quota),
            confidence=confidence,
            period=period,
            targets=targets,
            profit=profit,
            days=days,
            warmup_days=warmup_days,
            earliest=earliest,
            history=history,
            reps=() if reps is None else reps,
            ramp=ramp,
            attrition=attrition,
            annual_cost=in_currency_of(funnel.model, annual_cost, "--annual-cost"),
            backfill_days=backfill_days(backfill),
            tried=None if progress is None else lambda plans: progress(plans, _foreseen(plans)),
            **run,
        )
    document = result.document()
    write_all(out, document, result.table, lambda: _figure(document))
    if as_json:
        echo_json(document)
        echo_warnings(result.warnings, quiet=quiet)
        return
    from funnelsim.report.screens.staff import print_staff

    print_staff(document, console(), invocation=invocation_of(out), hints=not quiet)
    say_written(out, quiet=quiet)


def _foreseen(plans: int) -> int:
    """How many plans a search tries is not known before: the bar's end moves on with it."""
    return max(30, plans + 5)


def _show_known(known: Any) -> None:
    from funnelsim.report.screens.known_so_far import print_plans

    print_plans(known, console())


def _figure(document: dict[str, Any]) -> Any:
    from funnelsim.report.figures import staffing_figure

    return staffing_figure(document)
