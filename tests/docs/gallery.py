"""Write docs/gallery.md: every figure, light and dark, from the sample company of ``funnelsim demo``.

``python -m tests.docs.gallery`` takes about two minutes; run it after a change to figures.
"""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from funnelsim.history.files.folder import read_history
from funnelsim.metrics.flow.document import flow_document
from funnelsim.report.figures.choose import FAN, FIGURES, document_figure
from funnelsim.report.style.dark import make_dark
from funnelsim.report.style.theme import style

ROOT = Path(__file__).parents[2]
PAGE, PICTURES = ROOT / "docs" / "gallery.md", ROOT / "docs" / "gallery"
DPI = 100


@dataclass(frozen=True, slots=True)
class Entry:
    """A figure of the page: its name in `FIGURES`, what it shows, and the commands that draw it."""

    name: str
    title: str
    shows: str
    commands: str


ENTRIES = (
    Entry("map", "Process map", "how deals really move", "funnelsim map history --out map.png"),
    Entry(
        "forecast", "Forecast", "what a period will book", "funnelsim forecast model.toml --out forecast.png"
    ),
    Entry(
        "waterfall",
        "Waterfall",
        "how the forecast adds up, and what is short of the quota",
        "funnelsim report forecast.json --figure waterfall --out waterfall.png",
    ),
    Entry(
        "groups",
        "Forecast by rep, team or source",
        "what each will book, with its range and quota",
        "funnelsim forecast model.toml --by owner --out forecast.json\n"
        "funnelsim report forecast.json --figure groups --out groups.png",
    ),
    Entry(
        "attainment",
        "Attainment",
        "the chance of each amount",
        "funnelsim report forecast.json --figure attainment --out attainment.png",
    ),
    Entry(
        FAN,
        "Forecast fan",
        "what was forecast each week",
        "funnelsim report week1.json week2.json week3.json --figure fan --out fan.png",
    ),
    Entry(
        "bridge",
        "Bridge",
        "what changed from one forecast to the next",
        "funnelsim bridge --store forecasts.db --out bridge.png",
    ),
    Entry(
        "ageing",
        "Ageing pipeline",
        "open deals by their days in stage, beside those that went on",
        "funnelsim report history --figure ageing --out ageing.png",
    ),
    Entry(
        "cohorts",
        "Cohort conversion",
        "what becomes of the deals of each month",
        "funnelsim report history --figure cohorts --out cohorts.png",
    ),
    Entry(
        "cycle_times",
        "Cycle times",
        "days from creation to the win",
        "funnelsim report history --figure cycle_times --out cycle_times.png",
    ),
    Entry(
        "cumulative_flow",
        "Cumulative flow",
        "deals in each stage, week by week",
        "funnelsim report history --figure cumulative_flow --out cumulative_flow.png",
    ),
    Entry("kpi", "Key figures", "what has changed beyond noise", "funnelsim kpi history --out kpi.png"),
    Entry(
        "friction",
        "Friction",
        "what one step of improvement is worth",
        "funnelsim friction model.toml --out friction.png",
    ),
    Entry(
        "comparison",
        "Scenarios",
        "what each change is worth, with its interval",
        "funnelsim compare model.toml --set stages.demo.after=x0.7 --out compare.png",
    ),
    Entry(
        "staffing",
        "Hiring plans",
        "people cost against the chance of quota",
        "funnelsim staff model.toml --quota 1.5m --period 2026Q3 --out staff.png",
    ),
    Entry(
        "utilisation",
        "Utilisation",
        "how busy each role is, week by week",
        "funnelsim simulate model.toml --days 182 --period week --json > run.json\n"
        "funnelsim report run.json --figure utilisation --out utilisation.png",
    ),
    Entry(
        "reverse",
        "Reverse funnel",
        "the new leads that a quota needs",
        "funnelsim reverse model.toml --quota 6m --period 2026 --out reverse.png",
    ),
    Entry(
        "sensitivity",
        "Sensitivity",
        "which parameters matter",
        "funnelsim sensitivity model.toml --out sensitivity.png",
    ),
    Entry(
        "backtest",
        "Track record",
        "forecasts of past periods",
        "funnelsim backtest history --out backtest.png",
    ),
    Entry(
        "calibration",
        "Calibration",
        "whether the ranges held as often as they say",
        "funnelsim report backtest.json --figure calibration --out calibration.png",
    ),
    Entry(
        "funnel",
        "Funnel",
        "each stage in a period",
        "funnelsim report forecast.json --figure funnel --out funnel.png",
    ),
    Entry(
        "incidence",
        "Incidence",
        "how fast visits end, observed and by the model",
        "funnelsim report model.fit.json --figure incidence --out incidence.png",
    ),
    Entry(
        "closes",
        "Closes by week",
        "when in the quarter deals close",
        "funnelsim report model.fit.json --figure closes --out closes.png",
    ),
)


#: Figures that are not drawn from the first document of their command.
_OF_OTHERS = {FAN: ("forecast",), "groups": ("by owner",)}


def page_text() -> str:
    lines = [
        "# Gallery",
        "",
        "Every figure that funnelsim draws, from the sample company of `funnelsim demo`. `.svg` in place of",
        "`.png` writes text and lines that scale. The pictures follow your reader's light or dark setting;",
        "`--dark` of `funnelsim report` draws the dark form. This page is written by `make gallery`.",
        "",
    ]
    for entry in ENTRIES:
        lines += [
            f"## {entry.title}",
            "",
            f"{entry.shows[0].upper()}{entry.shows[1:]}.",
            "",
            "<picture>",
            f'  <source media="(prefers-color-scheme: dark)" srcset="gallery/{entry.name}-dark.png">',
            f'  <img src="gallery/{entry.name}.png" width="640" alt="{entry.title}: {entry.shows}">',
            "</picture>",
            "",
            "```sh no-run",
            entry.commands,
            "```",
            "",
        ]
    return "\n".join(lines).rstrip() + "\n"


def _documents(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Documents of the sample company, by command; the forecasts are of six weeks."""
    _run("demo", "--out", folder / "demo", "--quiet")
    model, history = folder / "demo" / "model.toml", folder / "demo" / "history"
    found = {name: [_read(folder / "demo" / f"{name}.json")] for name in ("compare", "backtest")}
    found["fit"] = [_read(model.with_name("model.fit.json"))]
    for name, *options in (
        ("friction", "--period", "2026Q2"),
        ("staff", "--quota", "1.5m", "--period", "2026Q3"),
        ("reverse", "--quota", "6m", "--period", "2026"),
        ("sensitivity",),
    ):
        found[name] = [json.loads(_run(name, model, *options, "--json"))]
    for name in ("map", "kpi"):
        found[name] = [json.loads(_run(name, history, "--json"))]
    found["flow"] = [flow_document(read_history(history)).as_json()]
    capacity = ROOT / "scenarios" / "f6_cap.toml"
    run = ("--days", "182", "--period", "week", "--warmup", "91d", "--replications", "200", "--json")
    found["simulate"] = [json.loads(_run("simulate", capacity, *run))]
    found["forecast"] = [_read(folder / "demo" / "forecast.json")]
    found["by owner"] = [json.loads(_run("forecast", model, "--by", "owner", "--json"))]
    for back in range(1, 6):
        week = dt.date(2026, 2, 9) - dt.timedelta(weeks=back)
        earlier = folder / f"{week}.toml"
        _run("fit", history, "--as-of", week, "--out", earlier, "--quiet")
        found["forecast"].append(_forecast(earlier, folder))
    _forecast(model, folder)
    found["bridge"] = [json.loads(_run("bridge", "--store", folder / "forecasts.db", "--json"))]
    return found


def _forecast(model: Path, folder: Path) -> dict[str, Any]:
    """The forecast of a week, which is stored as well."""
    options = ("--period", "2026Q1", "--quota", "1.5m", "--store", folder / "forecasts.db")
    found: dict[str, Any] = json.loads(_run("forecast", model, *options, "--json"))
    return found


def _run(*words: object) -> str:
    command = [sys.executable, "-m", "funnelsim", *map(str, words)]
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def _save(figure: Figure, path: Path) -> None:
    with style():
        figure.savefig(path, dpi=DPI, metadata={"Software": None})


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    for old in PICTURES.glob("*.png"):
        old.unlink()
    with tempfile.TemporaryDirectory() as folder:
        documents = _documents(Path(folder))
    for entry in ENTRIES:
        commands = _OF_OTHERS.get(entry.name) or FIGURES[entry.name].commands
        given = [one for command in commands for one in documents.get(command, [])]
        for suffix, finish in (("", lambda figure: figure), ("-dark", make_dark)):
            _save(finish(document_figure(given, entry.name)), PICTURES / f"{entry.name}{suffix}.png")
    PAGE.write_text(page_text())


if __name__ == "__main__":
    main()
