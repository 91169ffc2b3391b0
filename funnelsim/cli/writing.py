"""Results as files, by their suffix; each appears whole or not at all."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from funnelsim.cli.options import json_text
from funnelsim.core.errors import FunnelSimError, InputError, Problem

if TYPE_CHECKING:
    import polars as pl
    from matplotlib.figure import Figure

TABLES = (".csv", ".parquet")
FIGURES = (".png", ".svg")


def check_places(paths: Sequence[Path], suffixes: Sequence[str], option: str = "--out") -> None:
    """Refuse files that could not be written, before any work is done.

    Raises
    ------
    click.BadParameter
        If a suffix is not one of `suffixes`.
    InputError
        If a folder does not exist.
    """
    for path in paths:
        if path.suffix.lower() not in suffixes:
            message = f'"{path.name}" has no known suffix; choose from {", ".join(suffixes)}'
            raise click.BadParameter(message, param_hint=f"'{option}'")
    missing = [
        Problem(path="", message=f'there is no folder "{path.parent}" for "{path.name}"; make it first')
        for path in paths
        if not path.parent.is_dir()
    ]
    if missing:
        raise InputError(option, missing)


def write_all(
    paths: Sequence[Path],
    document: Mapping[str, Any],
    table: Callable[[], pl.DataFrame],
    figure: Callable[[], Figure],
) -> None:
    """Write the document (.json .html), its table (.csv .parquet) or its figure (.png .svg)."""
    for path in paths:
        suffix = path.suffix.lower()
        if suffix in FIGURES:
            from funnelsim.report.saving import save_figure

            save_figure(figure(), path)
        elif suffix in TABLES:
            write_table(table(), path)
        elif suffix == ".html":
            from funnelsim.report.html import write_report

            write_report([document], path)
        else:
            write_bytes(path, (json_text(dict(document)) + "\n").encode())


def write_table(table: pl.DataFrame, path: Path) -> None:
    """Write a table as CSV or Parquet; in a CSV the words of a list are joined by ``; ``."""
    import polars as pl

    held = io.BytesIO()
    if path.suffix.lower() == ".parquet":
        table.write_parquet(held)
    else:
        lists = [name for name, kind in table.schema.items() if kind == pl.List(pl.String)]
        table.with_columns(pl.col(name).list.join("; ") for name in lists).write_csv(held)
    write_bytes(path, held.getvalue())


def say_written(paths: Sequence[Path], *, quiet: bool) -> None:
    """Name the files on standard error."""
    if paths and not quiet:
        click.echo(f"Wrote {', '.join(str(path) for path in paths)}", err=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file that appears whole or not at all."""
    temporary = path.with_name(f".{path.name}.part")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError as error:
        raise FunnelSimError(f"{path}: cannot be written: {error.strerror}") from error
    finally:
        temporary.unlink(missing_ok=True)
