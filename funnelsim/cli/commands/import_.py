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
from funnelsim.cli.group_options import begun_at, start_at
from funnelsim.cli.options import as_json, echo_json, quiet, raw_names
from funnelsim.cli.questions import ask_on_terminal, is_terminal
from funnelsim.cli.screen import console
from funnelsim.cli.writing import TABLES, check_targets, say_written, table_bytes
from funnelsim.core.errors import InputError, Problem
from funnelsim.core.files.atomic import replace_file, replace_files
from funnelsim.core.passwords import has_password, without_passwords

_PASSWORD_SEEN = (
    "warning: a password in a URL stays in the history of your shell and shows in the list of processes; "
    "leave it out and set PGPASSWORD, or write it to ~/.pgpass"
)
PRESETS = ("events", "deals", "salesforce", "hubspot", "pipedrive", "xes")


if TYPE_CHECKING:
    import polars as pl

    from funnelsim.documents.audit import Audit
    from funnelsim.history.files.events import History


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
@start_at()
@click.option(
    "--pipeline",
    multiple=True,
    metavar="NAME",
    help="Only deals of this pipeline or record type (repeatable).",
)
@click.option(
    "--rates",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Exchange rates by date: a table with the columns currency, date, rate.",
)
@click.option(
    "--draft-mapping",
    type=click.Path(path_type=Path),
    help="Write a draft of the mapping to edit, and stop.",
)
@click.option(
    "--interactive",
    is_flag=True,
    help="Ask on the terminal what the files leave open; the answers become a mapping.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="HISTORY", help="The history folder to write."
)
@click.option(
    "--audit",
    "audit_page",
    type=click.Path(path_type=Path),
    metavar="FILE.html",
    help="Write the audit as a page.",
)
@click.option(
    "--fixes",
    type=click.Path(path_type=Path),
    metavar="FILE.csv",
    help="Write what to mend in the CRM, deal by deal, the most money first.",
)
@click.option(
    "--reps",
    type=click.Path(path_type=Path),
    metavar="FILE.csv",
    help="Write the users of the CRM, else the owners of deals, with their teams: --reps of kpi, map, staff.",
)
@raw_names
@as_json
@quiet
def command(
    sources: tuple[str, ...],
    preset: str | None,
    tables: tuple[str, ...],
    queries: tuple[str, ...],
    as_of: str | None,
    mapping: Path | None,
    start_at: str | None,
    pipeline: tuple[str, ...],
    rates: Path | None,
    draft_mapping: Path | None,
    interactive: bool,
    out: Path | None,
    audit_page: Path | None,
    fixes: Path | None,
    reps: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Read CRM exports or a database into a history folder, with an audit of every row.

    A SOURCE is a file (CSV, Excel, Parquet, XES, SQLite, DuckDB) or postgresql://USER@HOST/NAME.
    The password comes from PGPASSWORD or ~/.pgpass.

    \b
    events      a row for each stage entry of a deal, and a table of deals if there is one
    deals       a row for each deal, with date columns
    salesforce  Opportunity and OpportunityHistory; Lead, User, Account if given
    hubspot     deals with "Date entered ..." columns, or a property history
    pipedrive   deals, and the log of changes if there is one
    xes         an event log in XES (IEEE 1849), a trace for each deal

    \b
    funnelsim import deals.csv --out history
    funnelsim import salesforce-export/ --out history
    funnelsim import events.csv deals.csv --preset events --as-of 2026-03-31 --out history
    funnelsim import deals.csv --draft-mapping mapping.toml
    funnelsim import postgresql://crm@host/sales --table deals --table deal_history --out history
    """
    what = _what(sources, tables, queries)
    if any(map(has_password, sources)):
        click.echo(_PASSWORD_SEEN, err=True)
    selection = (tables, queries)
    if interactive:
        mapping = _ask(sources, preset, mapping, draft_mapping or Path("mapping.toml"), out, selection)
    elif draft_mapping is not None:
        _draft(sources, preset, draft_mapping, what, selection, quiet=quiet)
        return
    if out is None:
        raise click.UsageError("Missing option '--out' (or '--draft-mapping').")
    from funnelsim.documents.audit import Audit, ImportDocument, ImportProvenance
    from funnelsim.documents.validate import read_as
    from funnelsim.history.files.as_of_dates import as_of_text
    from funnelsim.history.files.folder import check_replaceable, write_history
    from funnelsim.history.imports import import_history

    check_replaceable(out)
    _check_files(audit_page, fixes, reps)
    with _progress(quiet or as_json) as show_step:
        history = import_history(
            sources,
            preset,
            mapping,
            as_of,
            tables=tables,
            queries=queries,
            pipeline=pipeline,
            rates=rates,
            progress=show_step,
        )
    history = begun_at(history, start_at, quiet=quiet)
    write_history(history, out)
    written = _write_files(history, audit_page, fixes, reps)
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
    say_written(written, quiet=quiet)
    if not quiet:
        click.echo(f"\nNext: {_next_step(audit, what, mapping, out)}")


def _check_files(audit_page: Path | None, fixes: Path | None, reps: Path | None) -> None:
    for path, suffixes, option in (
        (audit_page, (".html",), "--audit"),
        (fixes, TABLES, "--fixes"),
        (reps, TABLES, "--reps"),
    ):
        if path is not None:
            check_targets([path], suffixes, option)


def _write_files(
    history: History, audit_page: Path | None, fixes: Path | None, reps: Path | None
) -> list[Path]:
    """The page of the audit, the deals to mend and the users of the CRM, those that are asked for."""
    contents: dict[Path, bytes] = {}
    if audit_page is not None:
        from funnelsim.report.pages.audit_page import audit_page as page

        contents[audit_page] = page(history).encode()
    if fixes is not None:
        names = {"wrong": "what is wrong", "todo": "what to do"}
        contents[fixes] = table_bytes(history.to_mend.rename(names), fixes.suffix)
    if reps is not None:
        contents[reps] = table_bytes(_people(history), reps.suffix)
    replace_files(contents)
    return [*contents]


def _people(history: History) -> pl.DataFrame:
    """The users of the CRM; without a table of them the owners of deals, whose teams a person fills in."""
    if not history.people.is_empty():
        return history.people
    import polars as pl

    owners = history.deals["owner"].to_list() if "owner" in history.deals.columns else []
    names = sorted({owner for owner in owners if owner is not None})
    click.echo(
        "--reps: no table of users (User, owner or users) is among the files; "
        f"{len(names):,} owners are taken from the deals, their teams left empty",
        err=True,
    )
    return pl.DataFrame({"name": names, "team": [None] * len(names)}, schema=dict(history.people.schema))


def _next_step(audit: Audit, what: str, mapping: Path | None, out: Path) -> str:
    """A fit; without a won deal there is none, and a mapping must say which labels mean won."""
    if audit.deals.get("won"):
        return f"funnelsim fit {shlex.quote(str(out))} --out model.toml"
    if mapping is not None:
        return f"list the labels that mean won and lost under [outcomes] in {mapping}, and import again"
    draft = f"funnelsim import {what} --draft-mapping mapping.toml"
    then = "list the labels that mean won and lost under [outcomes], and import with --mapping mapping.toml"
    return f"{draft}\n      {then}"


def _ask(
    sources: tuple[str, ...],
    preset: str | None,
    mapping: Path | None,
    target: Path,
    out: Path | None,
    selection: tuple[Sequence[str], Sequence[str]],
) -> Path:
    """Ask what the files leave open, and write the answers as a mapping."""
    if mapping is not None:
        raise click.UsageError("--interactive writes a mapping; edit the one that you have instead.")
    if out is None:
        raise click.UsageError("Missing option '--out'.")
    if not is_terminal():
        message = "asks questions, and nobody can answer: this is not a terminal"
        hint = "write a draft with --draft-mapping mapping.toml and edit it"
        raise InputError("--interactive", [Problem(path="", message=message, hint=hint)])
    if target.exists():
        message = "already exists and may have been edited"
        hint = f"import with --mapping {target}, or name another file with --draft-mapping"
        raise InputError(str(target), [Problem(path="", message=message, hint=hint)])
    from funnelsim.history.databases.read import Selection
    from funnelsim.history.drafting.interview import interview

    text = interview(sources, preset, ask_on_terminal, Selection(tables=selection[0], queries=selection[1]))
    replace_file(target, text.encode())
    click.echo(f"\nWrote {target}. From now on: funnelsim import ... --mapping {shlex.quote(str(target))}\n")
    return target


def _draft(
    sources: tuple[str, ...],
    preset: str | None,
    path: Path,
    what: str,
    selection: tuple[Sequence[str], Sequence[str]],
    *,
    quiet: bool,
) -> None:
    from funnelsim.history.databases.read import Selection
    from funnelsim.history.drafting.draft import write_draft

    write_draft(sources, preset, path, Selection(tables=selection[0], queries=selection[1]))
    if not quiet:
        click.echo(f"Wrote {path}: check it and correct what is wrong.")
        click.echo(f"Next: funnelsim import {what} --mapping {shlex.quote(str(path))} --out history")


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
