"""``funnelsim compare``: estimate what changes are worth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from funnelsim.cli import measured_options
from funnelsim.cli.amounts import Amount, Money, in_currency_of
from funnelsim.cli.interruption import showing_what_is_known
from funnelsim.cli.invocation import RecordedCommand, invocation_of
from funnelsim.cli.options import echo_json, executor_of_variants, out, running
from funnelsim.cli.progress import progress_bar
from funnelsim.cli.reading import check_history, check_model
from funnelsim.cli.screen import console, echo_warnings
from funnelsim.cli.writing import check_targets, say_written, write_all

if TYPE_CHECKING:
    from funnelsim.experiments.comparison import Comparison
    from funnelsim.model.changes.changes import Scenario
    from funnelsim.model.parts import Model

SUFFIXES = (".json", ".csv", ".parquet", ".png", ".svg", ".html")
#: From so many scenarios on, processes make the plans of a fitted model: threads make one at a time.
_MANY_SCENARIOS = 16


@click.command("compare", cls=RecordedCommand)
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("scenarios", nargs=-1, type=click.Path(path_type=Path), metavar="[SCENARIO...]")
@click.option(
    "--set",
    "sets",
    multiple=True,
    metavar="[NAME:]PATH=VALUE[@DATE]",
    help='A change, such as stages.demo.after=x0.7 or "Faster demo: stages.demo.after=x0.7"; a date behind '
    "it, as in x0.7@2026-07-01, is its first day. Several are compared one by one and all together.",
)
@measured_options.period()
@measured_options.days("Compare over a number of days instead of a period.")
@measured_options.quota
@measured_options.history
@measured_options.level
@click.option(
    "--indifference",
    type=Amount(),
    help="Smallest difference that matters when the best of several is selected, such as 20k "
    "[default: 1 % of what the base books].",
)
@click.option("--detail", is_flag=True, help="Also say how intervals and ranking come about.")
@measured_options.warmup
@out(*SUFFIXES)
@running
def command(
    model: Path,
    scenarios: tuple[Path, ...],
    sets: tuple[str, ...],
    period: str | None,
    days: float | None,
    quota: Money | None,
    history: Path | None,
    level: float,
    indifference: Money | None,
    detail: bool,
    warmup_days: float,
    out: tuple[Path, ...],
    as_json: bool,
    quiet: bool,
    **run: Any,
) -> None:
    """Estimate what changes are worth: each runs on the same random draws as the unchanged model.

    \b
    funnelsim compare model.toml --set stages.demo.after=x0.7
    funnelsim compare model.toml no_review.toml --period 2026Q2
    funnelsim compare model.toml --set stages.demo.exits.proposal.p=+5pp --days 91
    """
    if not scenarios and not sets:
        raise click.UsageError("Nothing to compare: give a scenario file, or --set PATH=VALUE.")
    measured_options.refuse_both(period, days)
    check_targets(out, SUFFIXES)
    check_model(model)
    check_history(history)
    from funnelsim.experiments.compare import compare
    from funnelsim.model.files.model_files import read_funnel
    from funnelsim.model.scenarios.read import read_scenario

    funnel = read_funnel(model)
    target = in_currency_of(funnel.model, quota)
    matters = in_currency_of(funnel.model, indifference, "--indifference")
    changed = [*(read_scenario(path, funnel.model) for path in scenarios), *_from_sets(sets, funnel.model)]
    if len(changed) >= _MANY_SCENARIOS:
        run["executor"] = executor_of_variants(run["executor"], funnel, run["workers"])

    def show_known(known: Comparison) -> None:
        _show(known.document(), out, hints=False, detail=detail)

    with (
        showing_what_is_known(show_known, silent=as_json),
        progress_bar("comparing", silent=quiet or as_json) as progress,
    ):
        result = compare(
            funnel,
            changed,
            period=period,
            days=days,
            quota=target,
            history=history,
            level=level,
            indifference=matters,
            warmup_days=warmup_days,
            progress=progress,
            **run,
        )
    document = result.document()
    write_all(out, document, result.table, lambda: _figure(document))
    if as_json:
        echo_json(document)
        echo_warnings(result.warnings, quiet=quiet)
        return
    _show(document, out, hints=not quiet, detail=detail)
    say_written(out, quiet=quiet)


def _show(document: dict[str, Any], out: tuple[Path, ...], *, hints: bool, detail: bool) -> None:
    from funnelsim.report.screens.compare import print_compare

    print_compare(document, console(), invocation=invocation_of(out), hints=hints, detail=detail)


def _from_sets(sets: tuple[str, ...], model: Model) -> list[Scenario]:
    """A scenario for each change given as an option, and one for all of them together."""
    from funnelsim.model.changes.changes import TOGETHER, Scenario
    from funnelsim.model.scenarios.read import scenario_of_set

    single = [scenario_of_set(text, model) for text in sets]
    if len(single) < 2:
        return single
    return [*single, Scenario(name=TOGETHER, changes=tuple(c for one in single for c in one.changes))]


def _figure(document: dict[str, Any]) -> Any:
    from funnelsim.report.figures import comparison_figure

    return comparison_figure(document)
