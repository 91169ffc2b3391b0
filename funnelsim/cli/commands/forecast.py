"""``funnelsim forecast``: bookings and the chance of quota."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from funnelsim.cli import group_options, measured_options
from funnelsim.cli.amounts import Amount, Money, in_currency_of
from funnelsim.cli.invocation import RecordedCommand, invocation_of
from funnelsim.cli.options import echo_json, out, running
from funnelsim.cli.progress import progress_bar
from funnelsim.cli.reading import check_history, check_model
from funnelsim.cli.screen import console, echo_warnings
from funnelsim.cli.store_option import opened, store_to_write
from funnelsim.cli.writing import TABLES, check_different, check_targets, say_written, table_bytes, write_all
from funnelsim.core.harmless import harmless

if TYPE_CHECKING:
    from funnelsim.forecasting.result import Forecast
    from funnelsim.history.files.events import History
    from funnelsim.model.files.model_files import Funnel
    from funnelsim.store.store import Store

SUFFIXES = (".json", ".csv", ".parquet", ".png", ".svg", ".html")


@click.command("forecast", cls=RecordedCommand)
@click.argument("model", type=click.Path(path_type=Path))
@measured_options.history
@click.option(
    "--period",
    "periods",
    multiple=True,
    metavar="PERIOD",
    help='2026Q1, 2026-03, 2026W07, 2026, FY2027Q1 or "March 2026"; may be repeated '
    "[default: the period that contains the model's start].",
)
@click.option(
    "--quota", type=Amount(), help="Quota of each period, instead of the model's: 1200000, 1.2m, $500k."
)
@click.option(
    "--deals",
    type=click.Path(path_type=Path),
    help="Also write a row for each open deal to this file (.csv .parquet).",
)
@group_options.by("Also forecast each of these; they add up to the whole.")
@group_options.reps
@group_options.start_at(
    "Stage at which the model begins, as fitted with --start-at; a --history then begins there too."
)
@store_to_write
@click.option(
    "--overrides",
    type=click.Path(path_type=Path),
    help="What people say about open deals: a table with the columns deal and any of probability, close, "
    "amount, exclude, reason, who; or the list of --deals, filled in.",
)
@click.option(
    "--booked",
    type=click.Path(path_type=Path),
    help="Also write a row for each deal booked already to this file (.csv .parquet).",
)
@click.option(
    "--closed-won",
    type=click.Path(path_type=Path),
    help="Compare what is booked to this closed-won report of the CRM: deal id, amount, close date.",
)
@measured_options.warmup
@out(*SUFFIXES)
@running
def command(
    model: Path,
    history: Path | None,
    periods: tuple[str, ...],
    quota: Money | None,
    deals: Path | None,
    by: Any,
    reps: Path | None,
    start_at: str | None,
    store: str | None,
    overrides: Path | None,
    booked: Path | None,
    closed_won: Path | None,
    warmup_days: float,
    out: tuple[Path, ...],
    as_json: bool,
    quiet: bool,
    **run: Any,
) -> None:
    """Forecast bookings and the chance of quota, starting from today's pipeline.

    \b
    funnelsim forecast model.toml
    funnelsim forecast model.toml --period 2026Q1 --period 2026Q2 --quota 1_200_000
    funnelsim forecast model.toml --by owner --reps reps.csv
    funnelsim forecast model.toml --deals deals.csv --out forecast.json --out forecast.png
    funnelsim forecast model.toml --overrides overrides.csv
    funnelsim forecast model.toml --booked booked.csv --closed-won report.csv
    """
    check_targets(out, SUFFIXES)
    check_targets([deals] if deals else [], TABLES, "--deals")
    check_different(out, deals, "--deals")
    check_targets([booked] if booked else [], TABLES, "--booked")
    check_different([*out, *([deals] if deals else [])], booked, "--booked")
    check_model(model)
    check_history(history)
    group_options.check(by, reps)
    kept_in = opened(store, create=True) if store is not None else None
    from funnelsim.forecasting.forecast import forecast
    from funnelsim.model.files.model_files import read_funnel

    funnel = read_funnel(model)
    group_options.check_begins_at(funnel.model, start_at, model)
    target = in_currency_of(funnel.model, quota)
    with progress_bar("forecasting", silent=quiet or as_json) as progress:
        result = forecast(
            funnel,
            history=history if history is None or start_at is None else _begun(history, start_at, quiet),
            period=periods,
            quota=target,
            warmup_days=warmup_days,
            deals=True if deals is not None else (None if kept_in is not None else False),
            by=by,
            reps=() if reps is None else reps,
            overrides=overrides or (),
            closed_won=closed_won,
            progress=progress,
            **run,
        )
    document = result.document()
    also = _lists(result, deals, booked)
    write_all(out, document, result.table, lambda: _figure(document), also=also)
    if kept_in is not None:
        _keep(kept_in, funnel, result, document, quiet=quiet)
    if as_json:
        echo_json(document)
        echo_warnings(result.warnings, quiet=quiet)
        return
    from funnelsim.report.screens.forecast import print_forecast

    # A comparison is over one period.
    shared = ["periods"] if len(periods) == 1 else []
    print_forecast(document, console(), invocation=invocation_of(out, also_shared=shared), hints=not quiet)
    say_written([*out, *also], quiet=quiet)


def _begun(history: Path, stage: str, quiet: bool) -> History:
    from funnelsim.history.files.folder import read_history

    return group_options.begun_at(read_history(history), stage, quiet=quiet)


def _lists(result: Forecast, deals: Path | None, booked: Path | None) -> dict[Path, bytes]:
    """The open deals and those booked already, where they are asked for."""
    lists = {}
    if deals is not None and (listed := result.deal_list()) is not None:
        lists[deals] = table_bytes(listed, deals.suffix)
    if booked is not None:
        from funnelsim.forecasting.closed_won.listing import booked_list

        lists[booked] = table_bytes(booked_list(result.booked_deals, result.closed_won), booked.suffix)
    return lists


def _keep(store: Store, funnel: Funnel, result: Forecast, document: dict[str, Any], *, quiet: bool) -> None:
    from funnelsim.store.models import StoredModel

    key, new = store.add(document, StoredModel.of(funnel, result.funnel.pipeline))
    if not quiet:
        done = "Stored as" if new else "Already stored as"
        click.echo(harmless(f"{done} {key} in {store.address.shown}"), err=True)


def _figure(document: dict[str, Any]) -> Any:
    from funnelsim.report.figures import forecast_figure

    return forecast_figure(document)
