"""The results of commands as a tidy workbook: a sheet for each question, numbers as numbers."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from funnelsim.documents.backtest import BacktestDocument
from funnelsim.documents.compare import CompareDocument
from funnelsim.documents.forecast import ForecastDocument
from funnelsim.documents.friction import FrictionDocument
from funnelsim.documents.kpi import KpiDocument
from funnelsim.documents.read import Drawable, typed
from funnelsim.documents.staff import StaffDocument
from funnelsim.report.words.names import plain
from funnelsim.report.words.without_options import said
from funnelsim.report.workbook import sheets
from funnelsim.report.workbook.sheet import Sheet, write_sheet


def workbook_bytes(
    documents: Sequence[Mapping[str, Any]], *, title: str = "", notes: Sequence[str] = ()
) -> bytes:
    """An ``.xlsx`` workbook of documents of commands.

    Parameters
    ----------
    documents : sequence of mappings
        JSON documents of commands.
    title : str, optional
        Default: the name of the model.
    notes : sequence of str
        Sentences for the sheet of notes, besides the warnings and assumptions of the documents.

    Returns
    -------
    bytes
        The same documents give the same bytes.
    """
    import datetime as dt

    from xlsxwriter.workbook import Workbook

    known = [typed(document) for document in documents]
    held = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(held, options) as workbook:
        name = plain(title or next((one.name for one in known if one.name), ""))
        workbook.set_properties({"title": name, "created": dt.datetime(2000, 1, 1)})
        for sheet in _sheets(known, name, notes):
            write_sheet(workbook, sheet)
    return held.getvalue()


def _sheets(documents: Sequence[Drawable], name: str, notes: Sequence[str]) -> Iterator[Sheet]:
    """Each kind of sheet once, with the rows of all documents that have some."""
    yield sheets.summary(documents, name)
    of = {kind: [one for one in documents if isinstance(one, kind)] for kind in _KINDS}
    for kind, makers in _KINDS.items():
        for make in makers:
            parts = [sheet for one in of[kind] if (sheet := make(one)).rows]
            if parts:
                rows = [row for part in parts for row in part.rows]
                yield Sheet(name=parts[0].name, heads=parts[0].heads, rows=rows)
    yield sheets.notes(documents, said(notes))


_KINDS: dict[type, tuple[Any, ...]] = {
    ForecastDocument: (sheets.forecast, sheets.deals),
    CompareDocument: (sheets.scenarios,),
    FrictionDocument: (sheets.leaks, sheets.improvements),
    KpiDocument: (sheets.kpis,),
    StaffDocument: (sheets.plans,),
    BacktestDocument: (sheets.track_record,),
}
