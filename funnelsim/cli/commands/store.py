"""``funnelsim store``: stored forecasts, listed, shown and exported."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from funnelsim.cli.options import as_json, echo_json, out, quiet
from funnelsim.cli.reading import check_history
from funnelsim.cli.screen import console
from funnelsim.cli.store_option import opened, repeated, store_to_read
from funnelsim.cli.writing import check_targets, say_written, table_bytes, write_all
from funnelsim.core.files.atomic import replace_files

if TYPE_CHECKING:
    import polars as pl
    from matplotlib.figure import Figure

    from funnelsim.documents.forecast import ForecastDocument
    from funnelsim.model.parts import Model
    from funnelsim.store.store import Store


@click.group("store")
def command() -> None:
    """List, show, export and score the forecasts that forecast --store has kept.

    \b
    funnelsim forecast model.toml --store forecasts.db
    funnelsim store list --store forecasts.db
    funnelsim store show last --store forecasts.db
    """


@command.command("list")
@store_to_read
@as_json
@quiet
def list_forecasts(store: str | None, as_json: bool, quiet: bool) -> None:
    """List the forecasts: id, company, as-of date, period, likely bookings, quota and its chance."""
    kept = opened(store)
    found = kept.forecasts()
    if as_json:
        import dataclasses

        rows = [dataclasses.asdict(one) for one in found]
        echo_json({"format": 1, "command": "store", "forecasts": [_dates_as_text(row) for row in rows]})
        return
    from funnelsim.report.screens.store import print_store

    print_store(found, console(), store=kept.address.shown, hints=not quiet)


@command.command("show")
@click.argument("forecast")
@store_to_read
@as_json
@quiet
def show_forecast(forecast: str, store: str | None, as_json: bool, quiet: bool) -> None:
    """Show a forecast again, by its id, the beginning of its id, or "last"."""
    kept = opened(store)
    document = kept.document(kept.find(forecast).id)
    if as_json:
        echo_json(document)
        return
    from funnelsim.report.screens.forecast import print_forecast

    print_forecast(document, console(), hints=not quiet)


@command.command("export")
@click.argument("forecast", required=False)
@store_to_read
@out(".json", ".csv", ".parquet")
@quiet
def export(forecast: str | None, store: str | None, out: tuple[Path, ...], quiet: bool) -> None:
    """Write the document of one forecast (.json), or a row for each forecast and period (.csv .parquet)."""
    if not out:
        raise click.UsageError("Give the file to write: --out forecast.json, or --out forecasts.csv")
    check_targets(out, (".json", ".csv", ".parquet"))
    kept = opened(store)
    contents = {}
    for path in out:
        if path.suffix.lower() == ".json":
            from funnelsim.cli.options import json_text

            document = kept.document(kept.find(forecast or "last").id)
            contents[path] = (json_text(document) + "\n").encode()
            continue
        import polars as pl

        only = kept.find(forecast).id if forecast else None
        rows = [row for row in kept.periods() if only in (None, row["id"])]
        contents[path] = table_bytes(pl.DataFrame(rows, infer_schema_length=None), path.suffix)
    replace_files(contents)
    say_written(out, quiet=quiet)


@command.command("score")
@store_to_read
@click.option(
    "--history",
    type=click.Path(path_type=Path),
    required=True,
    help="A history that is later than the periods.",
)
@click.option("--detail", is_flag=True, help="Show the score (CRPS) and the other ranges too.")
@out(".json", ".csv", ".parquet")
@as_json
@quiet
def score(
    store: str | None, history: Path, detail: bool, out: tuple[Path, ...], as_json: bool, quiet: bool
) -> None:
    """Compare the stored forecasts of periods that are over with what was booked."""
    check_targets(out, (".json", ".csv", ".parquet"))
    check_history(history)
    import polars as pl

    from funnelsim.forecasting.stored_scores import score_stored
    from funnelsim.history.files.folder import read_history
    from funnelsim.report.screens.score import print_scores

    kept = opened(store)
    forecasts = _typed(kept, [one.id for one in kept.forecasts()])
    record = score_stored(
        forecasts, read_history(history), {key: _model_of(kept, key) for key, _ in forecasts}
    )
    document = record.as_json()

    def table() -> pl.DataFrame:
        rows = [
            {**row, **{f"held_{k}": v for k, v in row.pop("held").items()}} for row in document["forecasts"]
        ]
        return pl.DataFrame(rows, infer_schema_length=None)

    write_all(out, document, table, _no_figure)
    if as_json:
        echo_json(document)
        return
    print_scores(document, console(), detail=detail, store=repeated(store), hints=not quiet)
    say_written(out, quiet=quiet)


@command.command("fan")
@click.argument("forecast", required=False)
@store_to_read
@click.option(
    "--history", type=click.Path(path_type=Path), help="A later history: shows where the period ended."
)
@out(".png", ".svg")
@quiet
def fan(
    forecast: str | None, store: str | None, history: Path | None, out: tuple[Path, ...], quiet: bool
) -> None:
    """Draw the forecasts of one period as it went on: of the given forecast, or else of the last one."""
    if not out:
        raise click.UsageError("Give the file to write: --out fan.png")
    check_targets(out, (".png", ".svg"))
    check_history(history)
    kept = opened(store)
    of = kept.find(forecast or "last")
    documents = kept.documents([one.id for one in kept.same_period(of)])
    actual = None
    if history is not None:
        from funnelsim.forecasting.stored_scores import result_of
        from funnelsim.history.files.folder import read_history

        (named,) = _typed(kept, [of.id])
        found = read_history(history)
        actual = result_of(named[1], found, _model_of(kept, of.id))
        if actual is None and not quiet:
            until = f"by the end of the history, {found.meta.last_day}"
            click.echo(f"{of.period} is not over {until}: no actual is shown", err=True)
    from funnelsim.report.figures.fan import fan_figure

    write_all(out, {}, _no_table, lambda: fan_figure(documents, of.period, actual=actual))
    say_written(out, quiet=quiet)


def _typed(kept: Store, keys: list[str]) -> list[tuple[str, ForecastDocument]]:
    from funnelsim.documents.forecast import ForecastDocument
    from funnelsim.documents.validate import read_as

    documents = kept.documents(keys)
    return [(key, read_as(ForecastDocument, one, key)) for key, one in zip(keys, documents, strict=True)]


def _model_of(kept: Store, key: str) -> Model | None:
    stored = kept.model(key)
    funnel = None if stored is None else stored.funnel()
    return None if funnel is None else funnel.model


def _no_figure() -> Figure:
    raise AssertionError("only tables are written")


def _no_table() -> pl.DataFrame:
    raise AssertionError("only figures are written")


def _dates_as_text(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value.isoformat() if hasattr(value, "isoformat") else value for key, value in row.items()}
