"""Options for a part of the funnel: by rep, team and the like, and from which stage on."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from funnelsim.history.files.events import History
    from funnelsim.model.parts import Model

Option = Callable[[Callable[..., Any]], Callable[..., Any]]
#: As `funnelsim.metrics.groups.names.GROUPS_BY`, which is not loaded for a page of help.
GROUPS_BY = ("owner", "team", "segment", "source", "product")


def by(help: str) -> Option:
    return click.option("--by", type=click.Choice(GROUPS_BY), help=help)


def reps(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--reps",
        type=click.Path(path_type=Path),
        help="For --by owner and team: a file of reps with the columns name, and if known team and quota.",
    )(command)


def start_at(
    help: str = "Begin the funnel at this stage: earlier stages are dropped, and deals that "
    "never reached it left out.",
) -> Option:
    return click.option("--start-at", "start_at", metavar="STAGE", help=help)


def check(by: str | None, reps: Path | None) -> None:
    """Raise an error if a file of reps is given that would not be used."""
    if reps is not None and by not in ("owner", "team"):
        raise click.UsageError("--reps is for --by owner or --by team.")


def begun_at(history: History, stage: str | None, *, quiet: bool) -> History:
    """The history from a stage on; how many deals never reached it is printed on stderr."""
    if stage is None:
        return history
    from funnelsim.history.cleaning.start_at import start_at

    started = start_at(history, stage)
    if not quiet:
        click.echo(started.words, err=True)
    return started.history


def check_begins_at(model: Model, stage: str | None, path: Path) -> None:
    """Raise an error if a model's funnel does not begin at a stage."""
    first, about = next(iter(model.stages.items()))
    if stage is None or stage.casefold() in (first.casefold(), about.name.casefold()):
        return
    from funnelsim.core.errors import ModelError, Problem

    message = f"the model's funnel begins at {about.name or first}, and its stages cannot be taken apart"
    fit = f"funnelsim fit {model.history or 'HISTORY'} --start-at {shlex.quote(stage)} --out model.toml"
    raise ModelError(str(path), [Problem(path="--start-at", message=message, hint=f"fit it so: {fit}")])
