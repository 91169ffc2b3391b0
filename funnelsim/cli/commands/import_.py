"""``funnelsim import``: a CRM export becomes a history folder, with an audit."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from funnelsim import __version__
from funnelsim.cli.group_options import begun_at, start_at
from funnelsim.cli.options import as_json, echo_json, quiet
from funnelsim.cli.screen import console

PRESETS = ("events", "deals", "salesforce", "hubspot", "pipedrive", "xes")


if TYPE_CHECKING:
    from funnelsim.documents.audit import Audit


@click.command("import")
@click.argument("sources", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="SOURCE...")
@click.option("--preset", type=click.Choice(PRESETS), help="Kind of export [default: recognised].")
@click.option(
    "--as-of",
    metavar="DATE",
    help="Use data up to the end of this day [default: the last day that the data show].",
)
@click.option("--mapping", type=click.Path(path_type=Path), help="Meaning of columns and labels (TOML).")
@start_at()
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
    sources: tuple[Path, ...],
    preset: str | None,
    as_of: str | None,
    mapping: Path | None,
    start_at: str | None,
    draft_mapping: Path | None,
    out: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Read CRM exports (CSV, Excel, Parquet, XES) into a history folder, with an audit of every row.

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
    """
    if draft_mapping is not None:
        _draft(sources, preset, draft_mapping, quiet)
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
        history = import_history(sources, preset, mapping, as_of, progress=show_step)
    history = begun_at(history, start_at, quiet=quiet)
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
        click.echo(f"\nNext: {_next_step(audit, sources, mapping, out)}")


def _next_step(audit: Audit, sources: tuple[Path, ...], mapping: Path | None, out: Path) -> str:
    """A fit; without a won deal there is none, and a mapping must say which labels mean won."""
    if audit.deals.get("won"):
        return f"funnelsim fit {shlex.quote(str(out))} --out model.toml"
    files = " ".join(shlex.quote(str(source)) for source in sources)
    if mapping is not None:
        return f"list the labels that mean won and lost under [outcomes] in {mapping}, and import again"
    draft = f"funnelsim import {files} --draft-mapping mapping.toml"
    then = "list the labels that mean won and lost under [outcomes], and import with --mapping mapping.toml"
    return f"{draft}\n      {then}"


def _draft(sources: tuple[Path, ...], preset: str | None, path: Path, quiet: bool) -> None:
    from funnelsim.history.drafting.draft import write_draft

    write_draft(sources, preset, path)
    if not quiet:
        files = " ".join(shlex.quote(str(source)) for source in sources)
        click.echo(f"Wrote {path}: check it and correct what is wrong.")
        click.echo(f"Next: funnelsim import {files} --mapping {shlex.quote(str(path))} --out history")


@contextmanager
def _progress(silent: bool) -> Iterator[Callable[[str], None] | None]:
    """A callback that shows the current step on stderr; None where no terminal shows it."""
    if silent or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console

    with Console(stderr=True).status("reading") as status:
        yield status.update
