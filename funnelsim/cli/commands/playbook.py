"""``funnelsim playbook``: the process map as cards that people work by, and what it still lacks."""

from __future__ import annotations

import datetime as dt
import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from funnelsim.cli.invocation import RecordedCommand, invocation_of
from funnelsim.cli.options import as_json as json_option
from funnelsim.cli.options import echo_json, json_text, out
from funnelsim.cli.options import quiet as quiet_option
from funnelsim.cli.reading import check_history, check_model
from funnelsim.cli.screen import console
from funnelsim.cli.writing import check_different, check_targets, say_written
from funnelsim.core.errors import InputError, Problem
from funnelsim.core.files.atomic import replace_files

if TYPE_CHECKING:
    import polars as pl

    from funnelsim.documents.playbook import PlaybookDocument
    from funnelsim.model.files.model_files import Funnel

SUFFIXES = (".html", ".md", ".json")


@click.command("playbook", cls=RecordedCommand)
@click.argument("model", type=click.Path(path_type=Path))
@click.option(
    "--history",
    type=click.Path(path_type=Path),
    help="History to compare the map with [default: the model's].",
)
@click.option(
    "--template",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a TOML file of the map's texts, to fill in; it includes MODEL.",
)
@out(*SUFFIXES)
@json_option
@quiet_option
def command(
    model: Path,
    history: Path | None,
    template: Path | None,
    out: tuple[Path, ...],
    as_json: bool,
    quiet: bool,
) -> None:
    """Show the process map and what it lacks; write it as a page of stage cards to print or send.

    \b
    funnelsim playbook model.toml
    funnelsim playbook model.toml --out playbook.html
    funnelsim playbook model.toml --template texts.toml
    """
    check_targets(out, SUFFIXES)
    check_different(out, template, "--template")
    check_model(model)
    check_history(history)
    if template is not None:
        _check_new(template)
    from funnelsim.model.files.lint_comments import ignores_of
    from funnelsim.model.files.model_files import read_funnel
    from funnelsim.processmap.playbook.build import playbook

    funnel = read_funnel(model)
    document = playbook(
        funnel, today=dt.date.today(), ignores=ignores_of(model), visits=_visits(funnel, history)
    )
    fill_in = f"funnelsim playbook {shlex.quote(str(model))} --template texts.toml"
    # A page is sent to others, whom the folders of this machine do not help.
    in_pages = f"funnelsim playbook {shlex.quote(model.name)} --template texts.toml"
    contents = {path: _content(path, funnel, document, in_pages) for path in out}
    if template is not None:
        contents[template] = _template(funnel, model, template)
    replace_files(contents)
    if as_json:
        echo_json(document.as_json())
    elif template is not None:
        file = shlex.quote(str(template))
        click.echo(
            f"Fill in the texts in {file}, then:\n\nNext:  funnelsim playbook {file} --out playbook.html"
        )
    else:
        from funnelsim.report.screens.playbook import print_playbook

        print_playbook(document, console(), template=fill_in, invocation=invocation_of(out), hints=not quiet)
    say_written((*out, *([template] if template else [])), quiet=quiet)


def _visits(funnel: Funnel, history: Path | None) -> pl.DataFrame | None:
    """Visits of the history given, or of the model's if it is still there."""
    folder = history or (Path(funnel.model.history) if funnel.model.history else None)
    if folder is None or (history is None and not folder.exists()):
        return None
    from funnelsim.history.files.folder import read_history
    from funnelsim.processmap.conformance.matching import visits_in_model

    return visits_in_model(read_history(folder), funnel.model)


def _content(path: Path, funnel: Funnel, document: PlaybookDocument, template: str) -> bytes:
    from funnelsim.report.pages.playbook import playbook_markdown, playbook_page

    if path.suffix.lower() == ".html":
        from funnelsim.processmap.of_model import model_map

        return playbook_page(document, model_map(funnel), template=template).encode()
    if path.suffix.lower() == ".md":
        return playbook_markdown(document, template=template).encode()
    found: dict[str, Any] = document.as_json()
    return (json_text(found) + "\n").encode()


def _check_new(template: Path) -> None:
    """Refuse to replace a file: texts are written by hand."""
    if template.suffix.lower() != ".toml":
        message = f'"{template.name}" is no .toml file'
        raise click.BadParameter(message, param_hint="'--template'")
    problem = ""
    if template.exists():
        problem = "is there already and may hold texts; give another name, or remove it first"
    elif not template.parent.is_dir():
        problem = f'there is no folder "{template.parent}"; create it first'
    if problem:
        raise InputError(str(template), [Problem(path="", message=problem)])


def _template(funnel: Funnel, model: Path, template: Path) -> bytes:
    from funnelsim.model.files.texts_template import texts_template

    include = Path(os.path.relpath(model.resolve(), template.parent.resolve())).as_posix()
    return texts_template(funnel.model, include).encode()
