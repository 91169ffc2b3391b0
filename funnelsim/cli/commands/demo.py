"""``funnelsim demo``: all steps on a sample company."""

from __future__ import annotations

import datetime as dt
import shlex
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import click

from funnelsim.cli.options import quiet as quiet_option
from funnelsim.cli.options import seed as seed_option
from funnelsim.core.files.atomic import replace_file

if TYPE_CHECKING:
    from funnelsim.demo.crm import Truth
    from funnelsim.model.files.model_files import Funnel

AS_OF = dt.date(2026, 2, 9)
PERIOD, PERIOD_START, PERIOD_END = "2026Q1", dt.date(2026, 1, 1), dt.date(2026, 3, 31)


@click.command("demo")
@click.option(
    "--out",
    "out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("out/demo"),
    show_default=True,
    help="Folder for the export, the history, the model and the report.",
)
@seed_option
@quiet_option
def command(out: Path, seed: int, quiet: bool) -> None:
    """Generate two years of CRM history of a sample company, and run all steps up to a forecast.

    The history comes from a known model, so the demo can end with how close the fit is.
    """
    from funnelsim.demo.crm import make_export
    from funnelsim.model.files.model_files import read_funnel
    from funnelsim.report.words.dates import date_words

    with resources.as_file(resources.files("funnelsim.demo") / "company.toml") as path:
        company = read_funnel(path)
    export = out / "export"
    truth = make_export(
        company, export, as_of=AS_OF, period_start=PERIOD_START, period_end=PERIOD_END, seed=seed
    )
    as_of = AS_OF - dt.timedelta(days=1)
    span = f"{date_words(company.model.start, short=True)} to {date_words(as_of, short=True)}"
    _say(f"A sample company, {span}; its CRM export: {export}/", quiet)
    model, faster = out / "model.toml", out / "faster_review.toml"
    replace_file(faster, _SCENARIO.encode())
    quota = f"{company.model.goal.quota:.0f}"
    _step(
        "Read and audit the export",
        quiet,
        *("import", export / "stage_history.csv", export / "deals.csv"),
        *("--mapping", export / "mapping.toml", "--as-of", as_of, "--out", out / "history"),
    )
    _step(
        "How do deals really move?",
        quiet,
        *("map", out / "history", *_outs(out / "map", ".json", ".png", ".html")),
    )
    _step("Fit a model of how deals move", quiet, "fit", out / "history", "--out", model)
    _step(
        "What will we book, and do we make quota?",
        quiet,
        *("forecast", model, "--period", PERIOD, "--quota", quota, "--deals", out / "deals.csv"),
        *("--out", out / "forecast.json", "--out", out / "forecast.png"),
    )
    _step(
        "How good were such forecasts? Test on the quarters of last year",
        quiet,
        *(
            "backtest",
            out / "history",
            "--from",
            f"{AS_OF.year - 1}-01-01",
            "--to",
            f"{AS_OF.year - 1}-12-31",
        ),
        *("--every", "quarter", "--draws", "30", "--replications", "500", "--out", out / "backtest.json"),
    )
    _step(
        "What is the security review worth, and a faster demo?",
        quiet,
        *(
            "compare",
            model,
            faster,
            "--set",
            "stages.demo.after=x0.7",
            "--period",
            "2026Q2",
            "--replications",
            "4000",
        ),
        *("--out", out / "compare.json", "--out", out / "compare.png"),
    )
    _step(
        "Which key figures have changed?",
        quiet,
        *("kpi", out / "history", "--model", model, "--out", out / "kpi.json"),
    )
    texts = (resources.files("funnelsim.demo") / "process.toml").read_text(encoding="utf-8")
    replace_file(out / "process.toml", texts.replace('"company.toml"', f'"{model.name}"').encode())
    _step(
        "How is the process meant? Cards of its stages",
        quiet,
        *("playbook", out / "process.toml", "--out", out / "playbook.html"),
    )
    parts = [out / f"{name}.json" for name in ("forecast", "map", "compare", "kpi", "backtest")]
    _step(
        "Write one page to send, and a workbook",
        quiet,
        *("report", *parts, "--out", out / "report.html", "--out", out / "report.xlsx"),
    )
    _compare_with_truth(company, read_funnel(model), truth)
    click.echo(_NOW_YOUR_DATA.format(page=out / "report.html"))


def _outs(path: Path, *suffixes: str) -> list[object]:
    return [word for suffix in suffixes for word in ("--out", path.with_suffix(suffix))]


def _say(text: str, quiet: bool) -> None:
    if not quiet:
        click.secho(text, bold=True)


def _step(title: str, quiet: bool, *args: object) -> None:
    """Run a command as if it had been typed."""
    from funnelsim.cli.main import group

    words = [str(word) for word in args]
    if not quiet:
        click.echo()
        click.secho(f"{title}\n$ funnelsim {shlex.join(words)}", bold=True)
    group.main(words, prog_name="funnelsim", standalone_mode=False)


def _compare_with_truth(company: Funnel, fitted: Funnel, truth: Truth) -> None:
    from rich.table import Table

    from funnelsim.cli.screen import console
    from funnelsim.demo.truth import against_truth
    from funnelsim.report.screens import layout
    from funnelsim.report.words.dates import date_words
    from funnelsim.report.words.money import money

    rows = against_truth(company, fitted)
    table = Table("", "true", "fitted", "90 % range", "", box=None, header_style="dim")
    for row in rows:
        table.add_row(
            row.what,
            f"{row.true:.3g}",
            f"{row.estimate:.3g}",
            f"{row.low:.3g} to {row.high:.3g}",
            "" if row.held else "missed",
        )
    click.echo()
    click.secho("How close is the fit? The true values of the sample company are known", bold=True)
    layout.show(console(), table)
    held = sum(row.held for row in rows)
    click.echo(f"90 % ranges that contain the true value: {held} of {len(rows)} (about 9 in 10 should).")
    booked, before = (money(amount, company.model.currency) for amount in (truth.bookings, truth.booked))
    click.echo(
        f"Actual result of {PERIOD}: {booked} booked, {truth.wins} wins; {before} of it was booked before "
        f"{date_words(AS_OF)}."
    )


_SCENARIO = """\
format = 1
name = "No security review"
description = "Deals skip the review; how many of the deals lost there could have been won is not known."
[[change]]
remove_stage = "security_review"
recovered = [0.0, 1.0]
"""

_NOW_YOUR_DATA = """
Open {page} in a browser, and beside it map.html and playbook.html. Now your data:

  funnelsim import YOUR_EXPORT.csv --out history                   read it, and check the audit
  funnelsim import YOUR_EXPORT.csv --draft-mapping mapping.toml    if it asks for one: a draft to edit
  funnelsim fit history --out model.toml
  funnelsim forecast model.toml
  funnelsim report model.toml --out report.html                    all of it on one page"""
