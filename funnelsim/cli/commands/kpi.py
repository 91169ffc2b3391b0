"""``funnelsim kpi``: key figures by period, and which have changed beyond noise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from funnelsim.cli.group_options import GROUPS_BY
from funnelsim.cli.invocation import RecordedCommand, invocation_of
from funnelsim.cli.options import DEFAULT_SEED, as_json, echo_json, out, quiet
from funnelsim.cli.progress import progress_bar
from funnelsim.cli.reading import check_history, check_model
from funnelsim.cli.screen import console, echo_warnings
from funnelsim.cli.times import Days
from funnelsim.cli.writing import check_targets, say_written, write_all

SUFFIXES = (".json", ".csv", ".parquet", ".png", ".svg", ".html")
PERIODS = ("week", "month", "quarter")
#: The range of a figure over the futures needs no more.
FUTURES = 400


@click.command("kpi", cls=RecordedCommand)
@click.argument("source", metavar="HISTORY_OR_MODEL", type=click.Path(path_type=Path))
@click.option(
    "--by",
    "both",
    multiple=True,
    type=click.Choice([*PERIODS, *GROUPS_BY]),
    help="Length of the periods [default: the quota's, else months, or weeks of a short history], or the "
    "same figures by group; once each. team needs --reps.",
)
@click.option("--split", type=click.Choice([*GROUPS_BY, "rep"]), help="The same as --by, for a group.")
@click.option(
    "--model",
    type=click.Path(path_type=Path),
    help="For a history: a model with the quota, targets, fiscal year and where wins are booked.",
)
@click.option(
    "--reps",
    type=click.Path(path_type=Path),
    help="A file of reps with the columns name and team, or such as sales_agent and manager.",
)
@click.option("--only", multiple=True, metavar="KPI", help="Show only this figure; may be repeated.")
@click.option("--top", type=click.IntRange(1), default=12, show_default=True, help="Groups shown with --by.")
@click.option(
    "--periods",
    type=click.IntRange(1, 60),
    default=4,
    show_default=True,
    help="Complete periods shown; of a model, the periods simulated.",
)
@click.option("--detail", is_flag=True, help="Also print intervals, control limits and how they are made.")
@click.option(
    "--warmup", "warmup_days", type=Days(), default="0", help="For a model: fill it first, e.g. 200d."
)
@click.option(
    "--replications", "-n", type=click.IntRange(2), default=FUTURES, show_default=True,
    help="For a model: number of simulated futures.",
)  # fmt: skip
@click.option(
    "--seed",
    type=click.IntRange(0, 2**63 - 1),
    default=DEFAULT_SEED,
    show_default=True,
    help="For a model: random seed.",
)
@out(*SUFFIXES)
@as_json
@quiet
def command(
    source: Path,
    model: Path | None,
    both: tuple[str, ...],
    split: str | None,
    out: tuple[Path, ...],
    as_json: bool,
    quiet: bool,
    **given: Any,
) -> None:
    """Report key figures by period, and say which have changed by more than they usually vary.

    \b
    funnelsim kpi history
    funnelsim kpi history --model model.toml --by quarter --by source
    funnelsim kpi history --by team --reps reps.csv --only win_rate --only cycle_days
    funnelsim kpi model.toml --periods 4

    Of a history they are counted; of a model they are simulated, with the range they may have.
    """
    check_targets(out, SUFFIXES)
    by, given["split"] = _period_and_group(both, split)
    result = _of_model(source, by, model, given, silent=quiet or as_json) if _is_model(source) else None
    if result is None:
        result = _of_history(source, by, model, given)
    document = result.document()
    shown = {"only": result.names(given["only"]), "top": given["top"], "periods": given["periods"]}
    write_all(out, document, result.table, lambda: _figure(document, shown["only"]))
    if as_json:
        echo_json(document)
        echo_warnings(document["warnings"], quiet=quiet)
        return
    from funnelsim.report.screens.kpi import print_kpi

    print_kpi(
        document,
        console(),
        invocation=invocation_of(out),
        hints=not quiet,
        detail=given["detail"],
        **shown,
    )
    say_written(out, quiet=quiet)


def _period_and_group(both: tuple[str, ...], split: str | None) -> tuple[str | None, str | None]:
    """The length of the periods and the kind of groups, each given once at most."""
    found: list[str | None] = []
    groups = [one for one in both if one not in PERIODS] + ([split] if split else [])
    for kinds, what in (([one for one in both if one in PERIODS], "length"), (groups, "kind of group")):
        if len(set(kinds)) > 1:
            raise click.UsageError(f"Give one {what}: --by {' or --by '.join(kinds)}.")
        found.append(kinds[0] if kinds else None)
    return found[0], found[1]


def _is_model(source: Path) -> bool:
    return source.suffix.lower() == ".toml"


def _of_history(source: Path, by: Any, model: Path | None, given: dict[str, Any]) -> Any:
    if given["warmup_days"]:
        raise click.UsageError("--warmup is for a model; a history is counted as it is.")
    check_history(source)
    if model is not None:
        check_model(model)
    if given["split"] == "team" and given["reps"] is None:
        raise click.UsageError("--by team needs --reps reps.csv, with the columns name and team.")
    from funnelsim.metrics.kpi.kpi import kpi

    reps = () if given["reps"] is None else given["reps"]
    return kpi(source, model=model, by=by, split=given["split"], reps=reps)


def _of_model(source: Path, by: Any, model: Path | None, given: dict[str, Any], *, silent: bool) -> Any:
    options = {"model": model, f"by {given['split']}": given["split"], "reps": given["reps"]}
    wrong = [f"--{name}" for name, value in options.items() if value is not None]
    if wrong:
        raise click.UsageError(f"{', '.join(wrong)}: for a history; a model is simulated as a whole.")
    check_model(source)
    from funnelsim.metrics.kpi.simulated import simulated_kpi
    from funnelsim.model.files.model_files import read_funnel

    with progress_bar("simulating", silent=silent) as progress:
        return simulated_kpi(
            read_funnel(source),
            by=by,
            periods=given["periods"],
            warmup_days=given["warmup_days"],
            replications=given["replications"],
            seed=given["seed"],
            progress=progress,
        )


def _figure(document: dict[str, Any], only: tuple[str, ...]) -> Any:
    from funnelsim.report.figures.kpi import kpi_figure

    return kpi_figure(document, only=only)
