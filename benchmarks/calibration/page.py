"""``docs/calibration.md`` and its figures, from the documents of the backtests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.calibration.datasets import SETS, DataSet
from benchmarks.calibration.glance import glance_grid, glance_words
from benchmarks.calibration.markdown import bullets, picture, table
from benchmarks.calibration.tracks import TRACKS, Track
from benchmarks.calibration.variants import variant_grid
from funnelsim.core.files.atomic import replace_file
from funnelsim.documents.backtest import BacktestDocument
from funnelsim.documents.validate import read_as
from funnelsim.forecasting.recalibrate import FEWEST
from funnelsim.forecasting.track_record import NO_DRIFT, RECALIBRATED
from funnelsim.report.figures import backtest_figure, calibration_figure
from funnelsim.report.pages.backtest import forecaster_grid
from funnelsim.report.style.saving import save_figure
from funnelsim.report.words.verdict import verdict_of

Raw = Mapping[str, Any]
FIGURES = "calibration"


def write_page(found: Mapping[Track, Raw], page: Path) -> None:
    """Write the page, and the figures in the folder ``calibration`` beside it."""
    folder = page.parent / FIGURES
    folder.mkdir(parents=True, exist_ok=True)
    for track, raw in found.items():
        save_figure(backtest_figure(raw), folder / f"{track.name}.svg")
        save_figure(calibration_figure(raw), folder / f"{track.name}-ranges.svg")
    replace_file(page, page_text(found).encode())


def page_text(found: Mapping[Track, Raw]) -> str:
    documents = {track: read_as(BacktestDocument, raw, track.name) for track, raw in found.items()}
    parts = [
        "# Calibration: forecasts tested on past periods",
        "<!-- Written by `make calibration`; do not edit. -->",
        *_method(found),
        *_glance({track.title: document for track, document in documents.items()}),
    ]
    for data_set in SETS:
        parts += _set(data_set, {t: d for t, d in documents.items() if t.data_set == data_set.name})
    parts += _variants({track.title: document for track, document in documents.items()})
    return "\n\n".join(parts) + "\n"


def _method(found: Mapping[Track, Raw]) -> Iterator[str]:
    yield (
        "Forecasts of past periods are compared with the actual results and with other methods. Each "
        "forecast uses only data available the day before its period. All data sets use the default settings."
    )
    yield "## What was done"
    yield bullets(
        [
            "Each data set was imported with its mapping in [docs/examples](examples).",
            "At each origin the history was cut on the day before a period. Fields without dated changes "
            "were hidden: amounts of deals then open, owners, segments. A model was fitted to the rest, and "
            "the period was forecast.",
            "All methods are scored from the same 99 quantiles by the continuous ranked probability score "
            "(CRPS), divided by the mean actual result. For a single number this is the absolute error: "
            "0.12 is as good as a single number that is off by 12 % of the mean.",
            "Two variants of the forecast are tested too: *no drift* uses the average rates of the whole "
            "history, *recalibrated* scales the spread of the forecast by the errors at earlier origins.",
            "Periods that were recorded only in part are left out, because there the recording decides, not "
            "the method. Each set says which.",
            "The terms, and which data are hidden at an origin: [guides/backtest.md](guides/backtest.md).",
        ]
    )
    yield "## How to repeat it"
    yield (
        "Create one folder with a subfolder for each data set, which has its name and the files listed in "
        "its section. Then run"
    )
    yield "```sh\nmake calibration DATA=folder\n```"
    yield (
        "which runs `python -m benchmarks.calibration --data folder`. If it was interrupted, it continues; "
        "`--only maven_crm` runs one set. The document of each backtest is kept in `out/calibration`, for "
        "`funnelsim report`."
    )
    yield _made_with(found)


def _made_with(found: Mapping[Track, Raw]) -> str:
    made: dict[str, list[str]] = {}
    for track, raw in found.items():
        known = raw["provenance"]
        made.setdefault(
            f"funnelsim {known['version']} (sources {raw.get('sources', 'unknown')}), seed {known['seed']}, "
            f"{known['replications']:,} futures an origin",
            [],
        ).append(track.title)
    if len(made) == 1:
        return f"Made with {next(iter(made))}."
    return "Made with\n\n" + bullets([f"{with_}: {'; '.join(titles)}" for with_, titles in made.items()])


def _glance(documents: dict[str, BacktestDocument]) -> Iterator[str]:
    yield "## At a glance"
    if not documents:
        yield "Nothing has been measured."
        return
    yield table(glance_grid(documents))
    yield bullets(list(glance_words(documents)))


def _set(data_set: DataSet, documents: Mapping[Track, BacktestDocument]) -> Iterator[str]:
    yield f"## {data_set.name}"
    files = ", ".join(f"`{name}`" for name in data_set.files)
    yield (
        f"{data_set.title}. Source: {data_set.source}. Files: {files}; mapping "
        f"[{data_set.mapping}](examples/{data_set.mapping}). Limits of the data: {data_set.caution}."
    )
    wanted = [track for track in TRACKS if track.data_set == data_set.name]
    for track in wanted:
        yield f"### {track.title}"
        if track not in documents:
            yield "Not measured: the data set was not available or not selected."
            continue
        yield from _track(track, documents[track])


def _track(track: Track, document: BacktestDocument) -> Iterator[str]:
    said = list(verdict_of(document))
    first, last = document.origins[0].period, document.origins[-1].period
    yield f"{first} to {last}, {len(document.origins)} origins."
    yield bullets([*said, *(f"{period} is left out: {why}" for period, why in document.skipped.items())])
    yield table(forecaster_grid(document))
    yield picture(f"Forecast against actual, {track.title}", f"{FIGURES}/{track.name}.svg")
    ranges = f"Reliability diagram and PIT histogram, {track.title}"
    yield picture(ranges, f"{FIGURES}/{track.name}-ranges.svg")


def _variants(documents: dict[str, BacktestDocument]) -> Iterator[str]:
    yield "## Ranges without drift"
    yield (
        "By default, exits, arrivals and amounts may have drifted and may drift further until the end of the "
        "period, and seasonality is used. Without drift (`--steady`) the whole history counts as one "
        "stationary process. Both at the same origins:"
    )
    yield _grid_or_word(variant_grid(documents, NO_DRIFT, "no drift"))
    yield "## Recalibrated ranges"
    yield (
        f"`--recalibrate` scales the spread by the errors at earlier origins, of which it needs {FEWEST}. "
        "Plain and recalibrated, at the origins that have as many:"
    )
    yield _grid_or_word(variant_grid(documents, RECALIBRATED, "recalibrated"))


def _grid_or_word(grid: Any) -> str:
    return "No backtest has enough origins." if grid is None else table(grid)
