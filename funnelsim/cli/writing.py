"""Results as files, by their suffix; each appears whole or not at all."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from funnelsim.cli.options import RAW_NAMES, json_text
from funnelsim.core.errors import InputError, Problem
from funnelsim.core.files.atomic import replace_files
from funnelsim.core.harmless import harmless, harmless_table

if TYPE_CHECKING:
    import polars as pl
    from matplotlib.figure import Figure

TABLES = (".csv", ".parquet")
FIGURES = (".png", ".svg")
#: As `funnelsim.history.files.folder` names them, which is slow to import.
_OF_A_HISTORY = (
    "meta.json",
    *(f"{name}.parquet" for name in ["visits", "deals", "plans", "retracted", "work"]),
)


def check_targets(paths: Sequence[Path], suffixes: Sequence[str], option: str = "--out") -> None:
    """Refuse files that could not be written, before any work is done.

    Raises
    ------
    click.BadParameter
        If a suffix is not one of `suffixes`.
    InputError
        If a folder does not exist, or the file is a table of a history.
    """
    for path in paths:
        if path.suffix.lower() not in suffixes:
            message = f'"{path.name}" has no known suffix; choose from {", ".join(suffixes)}'
            raise click.BadParameter(message, param_hint=f"'{option}'")
    twice = [path for k, path in enumerate(paths) if path in paths[:k]]
    if twice:
        raise click.BadParameter(f'"{twice[0]}" is named twice', param_hint=f"'{option}'")
    missing = [
        Problem(path="", message=f'there is no folder "{path.parent}" for "{path.name}"; create it first')
        for path in paths
        if not path.parent.is_dir()
    ]
    # A history is what the user cannot make again from anything else here.
    own = [
        Problem(path="", message=f'"{path}" is a table of a history; choose another file')
        for path in paths
        if path.name in _OF_A_HISTORY and (path.parent / "visits.parquet").is_file()
    ]
    if missing or own:
        raise InputError(option, missing + own)


def check_different(paths: Sequence[Path], other: Path | None, option: str) -> None:
    """Refuse a file that is named for two results.

    Raises
    ------
    click.BadParameter
    """
    if other is not None and other in paths:
        raise click.BadParameter(f'"{other}" is also named by --out', param_hint=f"'{option}'")


def write_all(
    paths: Sequence[Path],
    document: Mapping[str, Any],
    table: Callable[[], pl.DataFrame],
    figure: Callable[[], Figure],
    *,
    also: Mapping[Path, bytes] | None = None,
) -> None:
    """Write the document (.json .html), its table (.csv .parquet) or its figure (.png .svg).

    All files, those of `also` too, are complete before the first replaces another.
    """
    contents = dict(also or {})
    for path in paths:
        suffix = path.suffix.lower()
        if suffix in FIGURES:
            from funnelsim.report.style.saving import figure_bytes

            contents[path] = figure_bytes(figure(), suffix[1:])
        elif suffix in TABLES:
            contents[path] = table_bytes(table(), suffix)
        elif suffix == ".html":
            from funnelsim.report.pages.page import report_page

            contents[path] = report_page([document]).encode()
        else:
            contents[path] = (json_text(dict(document)) + "\n").encode()
    replace_files(contents)


def table_bytes(table: pl.DataFrame, suffix: str) -> bytes:
    """A table as CSV or Parquet; in a CSV the words of a list are joined by ``; ``.

    Names that a spreadsheet would read as a formula are escaped, unless ``--raw-names`` is given.
    """
    import polars as pl

    held = io.BytesIO()
    if suffix.lower() == ".parquet":
        table.write_parquet(held)
    else:
        lists = [name for name, kind in table.schema.items() if kind == pl.List(pl.String)]
        table = table.with_columns(pl.col(name).list.join("; ") for name in lists)
        context = click.get_current_context(silent=True)
        raw = context is not None and context.meta.get(RAW_NAMES, False)
        (table if raw else harmless_table(table)).write_csv(held)
    return held.getvalue()


def say_written(paths: Sequence[Path], *, quiet: bool) -> None:
    """Name the files on standard error."""
    if paths and not quiet:
        click.echo(harmless(f"Wrote {', '.join(str(path) for path in paths)}"), err=True)
