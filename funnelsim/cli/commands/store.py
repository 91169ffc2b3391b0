"""``funnelsim store``: stored forecasts, listed, shown and exported."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from funnelsim.cli.options import as_json, echo_json, out, quiet
from funnelsim.cli.screen import console
from funnelsim.cli.store_option import opened, store_to_read
from funnelsim.cli.writing import check_targets, say_written, table_bytes
from funnelsim.core.files.atomic import replace_files


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


def _dates_as_text(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value.isoformat() if hasattr(value, "isoformat") else value for key, value in row.items()}
