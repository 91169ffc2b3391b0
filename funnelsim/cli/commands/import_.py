"""``funnelsim import``: a CRM export becomes a history folder, with an audit."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from funnelsim import __version__
from funnelsim.cli.options import as_json, echo_json, quiet
from funnelsim.cli.screen import console
from funnelsim.core.passwords import has_password, without_passwords

_PASSWORD_SEEN = (
    "warning: a password in a URL stays in the history of your shell and shows in the list of processes; "
    "leave it out and set PGPASSWORD, or write it to ~/.pgpass"
)
PRESETS = ("events", "deals", "salesforce", "hubspot", "pipedrive", "xes")


if TYPE_CHECKING:
    from funnelsim.documents.audit import Audit


@click.command("import")
@click.argument("sources", nargs=-1, required=True, type=click.Path(), metavar="SOURCE...")
@click.option("--preset", type=click.Choice(PRESETS), help="Kind of export [default: recognised].")
@click.option("--table", "tables", multiple=True, metavar="NAME", help="Table of a database; repeatable.")
@click.option("--query", "queries", multiple=True, metavar="SQL", help="Query of a database; repeatable.")
@click.option(
    "--as-of",
    metavar="DATE",
    help="Use data up to the end of this day [default: the last day that the data show].",
)
@click.option("--mapping", type=click.Path(path_type=Path), help="Meaning of columns and labels (TOML).")
@click.option(
    "--draft-mapping",
    type=click.Path(path_type=Path),
    help="Write a draft of the mapping to edit, and stop.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="HISTORY", help="The history folder to write."
)
@as_json
@quiet
def command(
    sources: tuple[str, ...],
    preset: str | None,
    tables: tuple[str, ...],
    queries: tuple[str, ...],
    as_of: str | None,
    mapping: Path | None,
    draft_mapping: Path | None,
    out: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Read CRM exports or a database into a history folder, with an audit of every row.

    A SOURCE is a file (CSV, Excel, Parquet, XES, SQLite, DuckDB) or postgresql://USER@HOST/NAME.
    The password comes from PGPASSWORD or ~/.pgpass.

    \b
    events      a row for each stage entry of a deal, and a table of deals if there is one
    deals       a row for each deal, with date columns
    salesforce  Opportunity and OpportunityHistory
    hubspot     deals with "Date entered ..." columns, or a property history
    pipedrive   deals, and the log of changes if there is one
    xes         an event log in XES (IEEE 1849), a trace for each deal

    \b
    funnelsim import deals.csv --out history
    funnelsim import events.csv deals.csv --preset events --as-of 2026-03-31 --out history
    funnelsim import deals.csv --draft-mapping mapping.toml
    funnelsim import postgresql://crm@host/sales --table deals --table deal_history --out history
    """
    what = _what(sources, tables, queries)
    if any(map(has_password, sources)):
        click.echo(_PASSWORD_SEEN, err=True)
    if draft_mapping is not None:
        from funnelsim.history.databases.read import Selection
        from funnelsim.history.drafting.draft import write_draft

        write_draft(sources, preset, draft_mapping, Selection(tables=tables, queries=queries))
        if not quiet:
            click.echo(f"Wrote {draft_mapping}: check it and correct what is wrong.")
            click.echo(
                f"Next: funnelsim import {what} --mapping {shlex.quote(str(draft_mapping))} --out history"
            )
        return
    if out is None:
        raise click.UsageError("Missing option '--out' (or '--draft-mapping').")
    from funnelsim.documents.audit import Audit, ImportDocument, ImportProvenance
    from funnelsim.documents.validate import read_as
    from funnelsim.history.files.as_of_dates import as_of_text
    from funnelsim.history.files.folder import check_replaceable, write_history
    from funnelsim.history.imports import import_history

    check_replaceable(out)
    with _progress(quiet or as_json) as show_step:
        history = import_history(
            sources, preset, mapping, as_of, tables=tables, queries=queries, progress=show_step
        )
    write_history(history, out)
    audit = read_as(Audit, history.meta.audit, "audit")
    if audit.preset_reason and not quiet:
        click.echo(f"preset {audit.preset}: {audit.preset_reason}", err=True)
    if as_of is None and not quiet:
        newest = f'the newest "{audit.as_of_from}"' if audit.as_of_from else "the last event"
        day = as_of_text(history.meta.as_of)
        click.echo(f"as of {day}, {newest}; --as-of DATE takes another day, earlier or later", err=True)
    if as_json:
        provenance = ImportProvenance(sources=audit.files, mapping=audit.mapping, version=__version__)
        document = ImportDocument(
            format=1, command="import", provenance=provenance, history=str(out), audit=audit
        )
        echo_json(document.as_json())
        return
    from funnelsim.report.screens.import_ import print_audit

    print_audit(history, console())
    if not quiet:
        click.echo(f"\nNext: {_next_step(audit, what, mapping, out)}")


def _next_step(audit: Audit, what: str, mapping: Path | None, out: Path) -> str:
    """A fit; without a won deal there is none, and a mapping must say which labels mean won."""
    if audit.deals.get("won"):
        return f"funnelsim fit {shlex.quote(str(out))} --out model.toml"
    if mapping is not None:
        return f"list the labels that mean won and lost under [outcomes] in {mapping}, and import again"
    draft = f"funnelsim import {what} --draft-mapping mapping.toml"
    then = "list the labels that mean won and lost under [outcomes], and import with --mapping mapping.toml"
    return f"{draft}\n      {then}"


def _what(sources: Sequence[str], tables: Sequence[str], queries: Sequence[str]) -> str:
    """What to import as it was typed, but for passwords."""
    words = [without_passwords(source) for source in sources]
    for option, values in (("--table", tables), ("--query", queries)):
        words += [word for value in values for word in (option, value)]
    return shlex.join(words)


@contextmanager
def _progress(silent: bool) -> Iterator[Callable[[str], None] | None]:
    """A callback that shows the current step on stderr; None where no terminal shows it."""
    if silent or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console

    with Console(stderr=True).status("reading") as status:
        yield status.update
