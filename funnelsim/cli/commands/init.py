"""``funnelsim init``: a starter model."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import click

from funnelsim.core.errors import FunnelSimError
from funnelsim.core.files.atomic import replace_file


@click.command("init")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), default=Path("funnel.toml"))
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
def command(file: Path, force: bool) -> None:
    """Write a starter model to edit (default: funnel.toml)."""
    if file.is_file() and not force:
        raise FunnelSimError(f"{file} already exists; give another name, or --force to overwrite it")
    text = (resources.files("funnelsim.model") / "starter.toml").read_text(encoding="utf-8")
    replace_file(file, text.encode())
    click.echo(f"Wrote {file}. Next: edit it, then funnelsim check {file}")
