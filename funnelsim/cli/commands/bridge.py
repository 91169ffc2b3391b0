"""``funnelsim bridge``: what changed from one forecast to the next."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from funnelsim.cli.invocation import RecordedCommand, invocation_of
from funnelsim.cli.options import as_json, echo_json, out, quiet
from funnelsim.cli.reading import check_history
from funnelsim.cli.screen import console, echo_warnings
from funnelsim.cli.store_option import opened, store_to_read
from funnelsim.cli.writing import check_targets, say_written, write_all

if TYPE_CHECKING:
    from funnelsim.documents.forecast import ForecastDocument
    from funnelsim.forecasting.bridge.refit import OldModel
    from funnelsim.history.files.events import History
    from funnelsim.store.store import Store

SUFFIXES = (".json", ".csv", ".parquet", ".png", ".svg", ".html")


@click.command("bridge", cls=RecordedCommand)
@click.argument("before", metavar="[FROM]", required=False)
@click.argument("after", metavar="[TO]", required=False)
@store_to_read
@click.option(
    "--history",
    type=click.Path(path_type=Path),
    help="History of the second forecast: tells lost deals from those won in another period or deleted.",
)
@click.option(
    "--by",
    type=click.Choice(["owner", "team", "segment", "source", "product"]),
    help="Also explain each of these; both forecasts must have been made with the same --by.",
)
@click.option("--top", type=click.IntRange(0), default=8, show_default=True, help="Deals listed on screen.")
@out(*SUFFIXES)
@as_json
@quiet
def command(
    before: str | None,
    after: str | None,
    store: str | None,
    history: Path | None,
    by: str | None,
    top: int,
    out: tuple[Path, ...],
    as_json: bool,
    quiet: bool,
) -> None:
    """Explain what changed from one forecast of a period to the next, deal by deal.

    FROM and TO are ids in the store, or files that forecast --json wrote with --deals or --store. Without
    them: the last forecast of the store, and the one before it of the same period.

    \b
    funnelsim bridge --store forecasts.db
    funnelsim bridge 2026-02-02 2026-02-09 --store forecasts.db --out bridge.png
    funnelsim bridge forecast-02-02.json forecast-02-09.json --out bridge.csv
    """
    check_targets(out, SUFFIXES)
    check_history(history)
    from funnelsim.forecasting.bridge.bridge import bridge
    from funnelsim.forecasting.bridge.table import bridge_table

    first, second = _Forecasts(store).both(before, after)
    record = bridge(
        (first.name, first.document),
        (second.name, second.document),
        old_model=lambda: _old_model(first, second),
        history=_read(history),
        by=by or "",
    )
    document = record.as_json()
    write_all(out, document, lambda: bridge_table(record), lambda: _figure(document))
    if as_json:
        echo_json(document)
        echo_warnings(record.warnings, quiet=quiet)
        return
    from funnelsim.report.screens.bridge import print_bridge

    print_bridge(
        document, console(), top=top, invocation=invocation_of(out, repeated=("store",)), hints=not quiet
    )
    say_written(out, quiet=quiet)


def _read(history: Path | None) -> History | None:
    if history is None:
        return None
    from funnelsim.history.files.folder import read_history

    return read_history(history)


def _figure(document: dict[str, Any]) -> Any:
    from funnelsim.report.figures.bridge import bridge_figure

    return bridge_figure(document)


class _Forecast:
    """One of the two forecasts: from a file, or from the store."""

    def __init__(self, name: str, document: ForecastDocument, store: Store | None = None) -> None:
        self.name, self.document, self.store = name, document, store


class _Forecasts:
    """Forecasts by file or id; the store is opened when an id is first looked up."""

    def __init__(self, given: str | None) -> None:
        self._given = given
        self._opened: Store | None = None

    @property
    def store(self) -> Store:
        if self._opened is None:
            self._opened = opened(self._given)
        return self._opened

    def both(self, before: str | None, after: str | None) -> tuple[_Forecast, _Forecast]:
        second = self._of(after or "last")
        if before is not None:
            return self._of(before), second
        key = self.store.before(self.store.find("last")).id
        return self._of(key), second

    def _of(self, given: str) -> _Forecast:
        from funnelsim.documents.forecast import ForecastDocument
        from funnelsim.documents.read import read_document
        from funnelsim.documents.validate import read_as

        if Path(given).suffix.lower() == ".json" or Path(given).is_file():
            document = read_as(ForecastDocument, read_document(Path(given)), given)
            return _Forecast(given, document)
        found = self.store.find(given)
        document = read_as(ForecastDocument, self.store.document(found.id), found.id)
        return _Forecast(found.id, document, self.store)


def _old_model(first: _Forecast, second: _Forecast) -> OldModel | None:
    if first.store is None or second.store is None:
        from funnelsim.forecasting.bridge.refit import old_model_of_files

        return old_model_of_files(first.document, second.document)
    from funnelsim.store.bridges import old_model

    return old_model(second.store, first.name, second.name)
