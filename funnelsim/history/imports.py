"""From the files of a CRM to a history: the one way in."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from funnelsim.core.errors import HistoryError, did_you_mean
from funnelsim.core.files.input_files import is_missing
from funnelsim.history.attention import Attention
from funnelsim.history.audit.facts import Facts
from funnelsim.history.cleaning.as_of import parse_as_of
from funnelsim.history.databases.address import Address, address_of
from funnelsim.history.databases.read import Selection, read_database
from funnelsim.history.files.events import History
from funnelsim.history.guessing.preset import Kind, recognise
from funnelsim.history.history_error import history_error
from funnelsim.history.import_steps.run import Progress, run_import
from funnelsim.history.import_steps.setup import prepare_import
from funnelsim.history.mapping.keys import PRESETS, Mapping
from funnelsim.history.mapping.read import read_mapping
from funnelsim.history.readers.folders import has_no_rows, is_in_folder, with_folders_opened
from funnelsim.history.readers.own_lists import without_own_lists
from funnelsim.history.readers.source import read_source
from funnelsim.history.readers.table import Table
from funnelsim.history.sources.assign import is_called


def import_history(
    sources: Sequence[str | Path],
    preset: str | None = None,
    mapping: Mapping | str | Path | None = None,
    as_of: dt.date | str | None = None,
    *,
    name: str = "",
    pipeline: Sequence[str] = (),
    rates: str | Path | None = None,
    tables: Sequence[str] = (),
    queries: Sequence[str] = (),
    progress: Progress | None = None,
) -> History:
    """Read CRM exports into a clean history, with an audit of every row in ``history.meta.audit``.

    Parameters
    ----------
    sources : sequence of path
        CSV, Parquet or XES files, or folders of them: deals, stage entries, the other tables of a CRM, and
        tables that the mapping looks values up in. A database is a file of DuckDB or SQLite, or a text such
        as ``postgresql://host/name``.
    preset : {"events", "deals", "salesforce", "hubspot", "pipedrive", "xes"}, optional
        The format of the files; the mapping may name it. Default: recognised by the columns.
    mapping : Mapping or path, optional
        What columns and labels mean; see ``docs/guides/import.md``.
    as_of : date, datetime or str, optional
        A date means the end of that day; events at or after a datetime are ignored. Default: the end of
        the day of the last event.
    name : str, optional
        Name of the history; default: the mapping's, else the first file's.
    pipeline : sequence of str, optional
        The pipelines or record types to read, instead of the mapping's. Default: all.
    rates : path, optional
        Exchange rates by date, instead of the mapping's: a table with the columns currency, date, rate.
    tables, queries : sequence of str, optional
        What to read of a database: names of its tables, SQL.
    progress : callable, optional
        Called with a line of text at each step.

    Raises
    ------
    HistoryError
        If a file or a column cannot be understood. Dirty rows are skipped and counted.

    Examples
    --------
    >>> history = fs.import_history(["deals.csv"], as_of="2026-03-31")
    >>> history.deals.height
    8
    """
    path = mapping if isinstance(mapping, str | Path) else None
    rules = read_mapping(mapping) if isinstance(mapping, str | Path) else mapping or Mapping()
    rules, sources = _with_choices(rules, sources, path, pipeline, rates)
    given = choose_preset(preset, rules)
    known_until = None if as_of is None else parse_as_of(as_of)
    try:
        selection = Selection(tables=tables, queries=queries)
        read = read_tables(sources, progress, rules.hidden_sheets, selection)
        of_deals = [table for table in read if not is_called(table, rules.rates_file)]
        kind = recognise(of_deals or read, rules) if given is None else Kind(preset=given, reason="")
        setup = prepare_import(read, kind.preset, rules)
        facts = Facts(
            preset=kind.preset,
            preset_reason=kind.reason,
            mapping=None if path is None else _file_and_sha256(Path(path)),
            negative_amount=rules.negative_amount,
        )
        return run_import(setup, facts, known_until, name, progress or (lambda _: None))
    except HistoryError as error:
        if error.source == "mapping" and path is not None:
            raise HistoryError(str(path), error.problems) from None
        raise


def _with_choices(
    rules: Mapping,
    sources: Sequence[str | Path],
    path: str | Path | None,
    pipeline: Sequence[str],
    rates: str | Path | None,
) -> tuple[Mapping, Sequence[str | Path]]:
    """The mapping with what the call names beside it, and the sources with the table of rates."""
    update: dict[str, Any] = {"pipeline": tuple(pipeline)} if pipeline else {}
    if rates is not None:
        if not rules.currency:
            message = "the mapping names no currency to convert to"
            raise history_error("rates", message, hint='write currency = "USD" into a mapping')
        update |= {"rates": {}, "rates_file": Path(rates).name}
        sources = [*sources, rates]
    elif rules.rates_file and path is not None and (beside := Path(path).parent / rules.rates_file).is_file():
        known = {Path(source).resolve() for source in with_folders_opened(sources)}
        sources = sources if beside.resolve() in known else [*sources, beside]
    return rules.model_copy(update=update), sources


def choose_preset(preset: str | None, mapping: Mapping) -> str | None:
    """The preset given, or the mapping's; None if neither is given."""
    kind = preset or mapping.preset
    if kind is not None and kind not in PRESETS:
        message = f'"{kind}" is not known; choose from {", ".join(PRESETS)}'
        raise history_error("preset", message, hint=did_you_mean(kind, PRESETS))
    return kind


def read_tables(
    sources: Sequence[str | Path],
    progress: Progress | None = None,
    hidden_sheets: Sequence[str] = (),
    selection: Selection | None = None,
) -> list[Table]:
    """Read all files, those of folders and `hidden_sheets` of workbooks too; no content may come twice.

    `selection` says what is read of the database that is one of the sources.
    """
    tables: list[Table] = []
    empty: list[str] = []
    addresses = [address_of(source) for source in sources]
    _check_selection(selection, sources, addresses)
    for source in with_folders_opened(sources):
        address = address_of(source)
        if progress and address is None:
            progress(f"reading {Path(source).name}")
        try:
            if address is not None:
                fresh = read_database(address, selection or Selection(), progress)
            else:
                fresh = read_source(Path(source), hidden_sheets)
        except HistoryError as error:
            if not is_in_folder(source, sources) or not has_no_rows(error):
                raise
            empty.append(Path(source).name)
            continue
        for other in tables:
            if other.sha256 == fresh[0].sha256:
                raise history_error(fresh[0].path, f"has the same content as {other.path}; give it once")
        tables += fresh
    if not tables:
        raise history_error("sources", "every file is empty" if empty else "no file is given")
    if empty:
        text = f"{', '.join(empty)}: without a row, left out"
        attention = Attention(check="empty_files", text=text, count=len(empty))
        tables[0] = replace(tables[0], attention=(*tables[0].attention, attention))
    return without_own_lists(tables)


def _check_selection(
    selection: Selection | None, sources: Sequence[str | Path], addresses: Sequence[Address | None]
) -> None:
    """Refuse tables and queries without a database to read them from, or with several."""
    databases = [address for address in addresses if address]
    if not selection or len(databases) == 1:
        return
    for source, address in zip(sources, addresses, strict=True):
        if address is None and is_missing(Path(source)):
            raise history_error(source, "there is no such file")
    found = f"{len(databases)} databases are" if databases else "no database is"
    raise history_error("sources", f"--table and --query are for one database; {found} given")


def _file_and_sha256(path: Path) -> dict[str, str]:
    return {"file": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
