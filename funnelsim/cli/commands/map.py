"""``funnelsim map``: the sales process as it really runs, or as a model means it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from funnelsim.cli.commands.map_checks import Asked, exit_if_drifted
from funnelsim.cli.group_options import begun_at, start_at
from funnelsim.cli.invocation import RecordedCommand, invocation_of
from funnelsim.cli.options import as_json, echo_json, out, quiet
from funnelsim.cli.screen import console, echo_warnings
from funnelsim.cli.times import Share
from funnelsim.cli.writing import check_targets, say_written, write_all

if TYPE_CHECKING:
    import polars as pl

    from funnelsim.documents.process_map import MapDocument
    from funnelsim.history.files.events import History

#: Forms of a map beside those of any result: suffix -> what writes it.
FORMS: dict[str, Callable[[MapDocument], str]] = {
    ".html": lambda document: _page(document),
    ".mmd": lambda document: _text_form("mermaid", document),
    ".dot": lambda document: _text_form("dot", document),
    ".bpmn": lambda document: _text_form("bpmn", document),
}
EVENT_LOG = ".xes"
SUFFIXES = (".json", ".csv", ".parquet", ".png", ".svg", *FORMS, EVENT_LOG)
#: Options that choose leads of a history only.
_OF_HISTORY = ("rep", "team", "period", "reps", "start_at")


@click.command("map", cls=RecordedCommand)
@click.argument("source_file", metavar="HISTORY_OR_MODEL", type=click.Path(path_type=Path))
@click.option("--segment", multiple=True, help="Only leads of this segment; may be repeated.")
@click.option("--source", multiple=True, help="Only leads of this source; may be repeated.")
@click.option("--rep", multiple=True, help="Only leads of this owner; may be repeated.")
@click.option("--team", multiple=True, help="Only leads of reps of this team; needs --reps.")
@click.option(
    "--reps",
    type=click.Path(path_type=Path),
    help="A CSV file of reps with the columns name and team, as staff takes it; usual names "
    "such as sales_agent and manager are read too.",
)
@click.option(
    "--period",
    metavar="PERIOD",
    default="",
    help="Only leads created in this period: 2026Q1, 2026-03, 2026, 2026W07.",
)
@click.option(
    "--min-share",
    type=Share(zero=True),
    default="2%",
    show_default=True,
    help="Leave out moves of a smaller share of the visits that leave their stage; the most frequent way "
    "into and out of each stage and all ways to win stay. 0 keeps all.",
)
@click.option(
    "--top",
    type=click.IntRange(1),
    default=10,
    show_default=True,
    help="So many of the most frequent paths.",
)
@click.option(
    "--insights",
    is_flag=True,
    help="Also what stands out: the last wins, what fast wins have in common, what precedes a win, how often "
    "wins had said no before, and deals worth reading.",
)
@click.option(
    "--last-won",
    type=click.IntRange(1),
    metavar="N",
    help="The last N wins against those before: paths, times, amounts [default with --insights: 50].",
)
@click.option(
    "--against",
    type=click.Path(path_type=Path),
    metavar="MODEL",
    help="Compare the history with the process of a model: unknown moves, skipped steps, targets.",
)
@click.option(
    "--fail-on",
    multiple=True,
    metavar="RULES",
    help="With --against, exit with code 3 if the process has drifted: unknown_moves, unknown_stages, "
    "skipped, time, conversion, unused or any; with a limit unknown_moves>5%. May be repeated.",
)
@start_at("Of a history: begin at this stage; deals that never reached it are left out.")
@out(*SUFFIXES)
@as_json
@quiet
def command(
    source_file: Path,
    min_share: float,
    top: int,
    insights: bool,
    last_won: int | None,
    against: Path | None,
    fail_on: tuple[str, ...],
    out: tuple[Path, ...],
    as_json: bool,
    quiet: bool,
    **given: Any,
) -> None:
    """Draw the sales process: as it really ran (a history), or as a model means it.

    \b
    funnelsim map history
    funnelsim map history --source Inbound --period 2025 --out map.png
    funnelsim map history --team North --reps reps.csv
    funnelsim map history --insights
    funnelsim map history --against model.toml --fail-on "unknown_moves>5%"
    funnelsim map model.toml --out map.html --out map.bpmn
    funnelsim map history --out log.xes
    """
    check_targets(out, SUFFIXES)
    if fail_on and against is None:
        raise click.UsageError("--fail-on compares with a model: give --against MODEL.")
    history: History | None = None
    if _is_model(source_file):
        _refuse_event_log(source_file, out)
        asked = {"--insights": insights, "--last-won": last_won, "--against": against}
        if unfit := [option for option, value in asked.items() if value]:
            raise click.UsageError(f"{', '.join(unfit)} needs a history; {source_file.name} is a model.")
        made = _of_model(source_file, given, min_share)
    else:
        closer = Asked(insights, last_won, against, fail_on)
        made, history = _of_history(source_file, given, min_share, top, closer, quiet=quiet)
    document = made.as_json()
    also = {path: FORMS[path.suffix.lower()](made).encode() for path in out if path.suffix.lower() in FORMS}
    if history is not None:
        also |= {path: _event_log(history) for path in out if path.suffix.lower() == EVENT_LOG}
    rest = [path for path in out if path not in also]
    write_all(rest, document, lambda: _table(made), lambda: _figure(document), also=also)
    if as_json:
        echo_json(document)
        echo_warnings(made.warnings, quiet=quiet)
    else:
        from funnelsim.report.screens.process_map import print_map

        invocation = invocation_of(out)
        print_map(document, console(), source=str(source_file), invocation=invocation, hints=not quiet)
        say_written(out, quiet=quiet)
    exit_if_drifted(made)


def _is_model(path: Path) -> bool:
    return path.suffix.lower() == ".toml" and not path.is_dir()


def _refuse_event_log(model: Path, out: tuple[Path, ...]) -> None:
    if any(path.suffix.lower() == EVENT_LOG for path in out):
        message = f"an event log ({EVENT_LOG}) is made of a history; {model.name} is a model."
        raise click.BadParameter(message, param_hint="'--out'")


def _of_history(
    path: Path, given: dict[str, Any], min_share: float, top: int, asked: Asked, *, quiet: bool
) -> tuple[MapDocument, History]:
    """The map, and the history of the leads in it."""
    _check_history_or_model(path)
    from funnelsim.history.files.folder import read_history
    from funnelsim.processmap.of_history import map_of_selected
    from funnelsim.processmap.selection import Selection, select

    reps, stage = given.pop("reps"), given.pop("start_at")
    selection = Selection(**given, **({} if reps is None else _teams(reps)))
    history, checks = begun_at(read_history(path), stage, quiet=quiet), asked.checks()
    selected = select(history, selection)
    made = map_of_selected(selected, min_share=min_share, top=top)
    return checks.added(made, selected.history), selected.history


def _of_model(path: Path, given: dict[str, Any], min_share: float) -> MapDocument:
    unfit = [f"--{option.replace('_', '-')}" for option in _OF_HISTORY if given[option]]
    if unfit:
        raise click.UsageError(f"{', '.join(unfit)} chooses leads of a history; {path.name} is a model.")
    from funnelsim.cli.reading import check_model
    from funnelsim.model.files.model_files import read_funnel
    from funnelsim.processmap.of_model import model_map

    check_model(path)
    funnel = read_funnel(path)
    return model_map(funnel, segment=given["segment"], source=given["source"], min_share=min_share)


def _check_history_or_model(path: Path) -> None:
    """Refuse what is neither: a table is imported first."""
    from funnelsim.core.errors import InputError, Problem
    from funnelsim.core.files.file_kinds import other_kind
    from funnelsim.core.files.input_files import is_missing

    if is_missing(path):
        message = "there is no such history folder or model file"
        hint = "make a history with: funnelsim import deals.csv --out history"
        raise InputError(str(path), [Problem(path="", message=message, hint=hint)])
    if other := other_kind(path, "history folder"):
        message = other[0].replace("not a history folder", "neither a history folder nor a model")
        raise InputError(str(path), [Problem(path="", message=message, hint=other[1])])


def _teams(path: Path) -> dict[str, Any]:
    """Team by rep, and which columns say so."""
    from funnelsim.fitting.productivity.teams_file import read_teams

    found = read_teams(path)
    return {"team_of": {row.name: row.team for row in found.rows}, "teams_read": found.taken}


def _table(document: MapDocument) -> pl.DataFrame:
    from funnelsim.processmap.moves_table import moves_table

    return moves_table(document)


def _figure(document: dict[str, Any]) -> Any:
    from funnelsim.report.figures.process_map import map_figure

    return map_figure(document)


def _page(document: MapDocument) -> str:
    from funnelsim.report.pages.map_page import map_page

    return map_page(document)


def _text_form(name: str, document: MapDocument) -> str:
    from funnelsim.report import map_text

    made: str = getattr(map_text, name)(document)
    return made


def _event_log(history: History) -> bytes:
    from funnelsim.processmap.xes import xes

    return xes(history).encode()
