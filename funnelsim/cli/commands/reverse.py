"""``funnelsim reverse``: from a quota back to the new leads that it needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from funnelsim.cli import measured_options
from funnelsim.cli.amounts import Amount, Money, in_currency_of
from funnelsim.cli.interruption import showing_what_is_known
from funnelsim.cli.invocation import RecordedCommand, invocation_of
from funnelsim.cli.options import echo_json, out, running_by_size
from funnelsim.cli.progress import progress_bar
from funnelsim.cli.reading import check_history, check_model
from funnelsim.cli.screen import console, echo_warnings
from funnelsim.cli.times import Share
from funnelsim.cli.writing import check_targets, say_written, write_all

SUFFIXES = (".json", ".csv", ".parquet", ".png", ".svg", ".html")


@click.command("reverse", cls=RecordedCommand)
@click.argument("model", type=click.Path(path_type=Path))
@click.option(
    "--quota",
    type=Amount(),
    help="Quota to reach: 1200000, 1.2m, $500k; a number of wins if the model has no amounts "
    "[default: the model's].",
)
@measured_options.period("2026, 2026Q1, FY2027")
@click.option(
    "--confidence",
    type=Share(),
    default="80%",
    show_default=True,
    help="Chance with which the quota is to be reached: 80%, 0.9.",
)
@click.option("--only", multiple=True, metavar="SOURCE", help="Change only this source; may be repeated.")
@click.option(
    "--hold",
    multiple=True,
    metavar="SEGMENT",
    help="Leave the leads of this segment as they are; may be repeated.",
)
@click.option(
    "--from", "start", metavar="DATE", help="First day of the new rates [default: the model's start]."
)
@measured_options.history
@measured_options.warmup
@out(*SUFFIXES)
@running_by_size(
    "Number of simulated futures of each multiplier that is tried [default: 2000; fewer, 300 at least, for a "
    "large funnel]."
)
def command(
    model: Path,
    quota: Money | None,
    period: str | None,
    confidence: float,
    only: tuple[str, ...],
    hold: tuple[str, ...],
    start: str | None,
    history: Path | None,
    warmup_days: float,
    out: tuple[Path, ...],
    as_json: bool,
    quiet: bool,
    **run: Any,
) -> None:
    """Find how many new leads a quota needs, and what follows from them month by month.

    \b
    funnelsim reverse model.toml --quota 4.8m --period 2026
    funnelsim reverse model.toml --quota 1.2m --period 2026Q3 --confidence 0.9
    funnelsim reverse model.toml --quota 4.8m --period 2026 --only inbound --only partner
    """
    check_targets(out, SUFFIXES)
    check_model(model)
    check_history(history)
    from funnelsim.experiments.reverse.reverse import reverse_funnel
    from funnelsim.model.files.model_files import read_funnel

    funnel = read_funnel(model)
    target = in_currency_of(funnel.model, quota)
    with (
        showing_what_is_known(_show_known, silent=as_json),
        progress_bar("searching", silent=quiet or as_json) as progress,
    ):
        result = reverse_funnel(
            funnel,
            quota=target,
            period=period,
            confidence=confidence,
            only=only,
            hold_segments=hold,
            start=start,
            history=history,
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
    from funnelsim.report.screens.reverse import print_reverse

    print_reverse(
        document, console(), invocation=invocation_of(out, also_shared=("period",)), hints=not quiet
    )
    say_written(out, quiet=quiet)


def _show_known(known: Any) -> None:
    from funnelsim.report.screens.known_so_far import print_multipliers

    print_multipliers(known, console())


def _figure(document: dict[str, Any]) -> Any:
    from funnelsim.report.figures import reverse_figure

    return reverse_figure(document)
