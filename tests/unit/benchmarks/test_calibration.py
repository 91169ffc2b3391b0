"""docs/calibration.md: words that follow from the numbers, runs that go on where they stopped."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.calibration import measure as measuring
from benchmarks.calibration.__main__ import main
from benchmarks.calibration.datasets import MAPPINGS, SETS
from benchmarks.calibration.glance import glance_words
from benchmarks.calibration.measure import made_of, measure, read
from benchmarks.calibration.page import FIGURES, page_text, write_page
from benchmarks.calibration.tracks import TRACKS
from benchmarks.calibration.variants import beside
from funnelsim.documents.backtest import OURS, BacktestDocument
from funnelsim.documents.validate import read_as
from funnelsim.forecasting.track_record import NO_DRIFT, Backtest, Scored
from tests.unit.report.made_up_backtests import backtest_document, backtest_of

DOCS = Path(__file__).parents[3] / "docs"
DATA = Path(__file__).parents[4] / "shared" / "data"


def narrowed(found: Backtest) -> Backtest:
    """With a row of half the spread."""

    def told(quantiles: np.ndarray, actual: float) -> Scored:
        return Scored.of(quantiles[49] + (quantiles - quantiles[49]) / 2, actual)

    origins = tuple(
        dataclasses.replace(
            o, forecasts=o.forecasts | {NO_DRIFT: told(o.forecasts[OURS].quantiles, o.actual)}
        )
        for o in found.origins
    )
    return dataclasses.replace(found, origins=origins)


def used_figures(text: str) -> set[str]:
    """Names of the figures that a page shows."""
    return set(re.findall(rf"\]\({FIGURES}/([^)]+)\)", text))


def documents() -> dict[Any, dict[str, Any]]:
    """A document of every backtest; in the first we lose to the run-rate."""
    lost = backtest_document(n=7, spread=30.0)
    return {track: lost if place == 0 else backtest_document(n=7) for place, track in enumerate(TRACKS)}


def test_tracks_are_named_once_and_their_sets_have_a_mapping() -> None:
    assert len({track.name for track in TRACKS}) == len(TRACKS)
    assert {track.data_set for track in TRACKS} == {one.name for one in SETS}
    assert all((MAPPINGS / one.mapping).is_file() for one in SETS)
    assert all(track.begin.weekday() == 0 for track in TRACKS if track.every == "week")


def test_the_page_says_where_we_lose() -> None:
    text = page_text(documents())
    assert f"Behind in {TRACKS[0].title}: run-rate 0." in text
    ahead = "; ".join(track.title for track in TRACKS[1:])
    assert f"{len(TRACKS) - 1} of {len(TRACKS)} backtests ({ahead})" in text
    assert "no skill is claimed" in text
    for data_set in SETS:
        assert data_set.source in text
    assert "shared" not in text


def test_skill_is_not_denied_where_there_are_origins_enough() -> None:
    long = read_as(BacktestDocument, backtest_document(n=40, every="week"))
    assert not any("no skill is claimed" in words for words in glance_words({"long": long}))


def test_a_set_that_was_not_at_hand_is_named() -> None:
    found = documents()
    del found[TRACKS[-1]]
    assert page_text(found).count("Not measured: the data set was not available or not selected.") == 1
    assert "Nothing has been measured." in page_text({})


def test_each_picture_of_the_page_is_written_beside_it(tmp_path: Path) -> None:
    write_page({TRACKS[0]: backtest_document(n=3)}, tmp_path / "calibration.md")
    shown = used_figures((tmp_path / "calibration.md").read_text())
    assert shown == {path.name for path in (tmp_path / "calibration").iterdir()}
    assert len(shown) == 2


def test_the_published_page_shows_every_figure_kept_beside_it() -> None:
    page = DOCS / "calibration.md"
    if not page.exists():
        pytest.skip("docs/calibration.md has not been made yet")
    shown = used_figures(page.read_text())
    assert shown == {path.name for path in (DOCS / "calibration").iterdir()}


def test_a_variant_is_compared_on_the_origins_that_both_told() -> None:
    """Half the spread: half the width, and no more ranges that hold. Mutant: means over all origins."""
    document = read_as(BacktestDocument, narrowed(backtest_of(n=12)).document())
    found = beside(document, NO_DRIFT)
    assert found is not None
    plain, varied = found
    assert varied.width == pytest.approx(plain.width / 2)
    assert varied.held <= plain.held
    assert plain.score == pytest.approx(document.summary.relative_crps[OURS])
    assert varied.score == pytest.approx(document.summary.relative_crps[NO_DRIFT])
    assert beside(document, "funnelsim, recalibrated") is None


def test_what_is_kept_from_these_sources_is_not_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mutant: the digest not compared."""
    ran = []

    def run(track: Any, history: object, workers: int | None) -> dict[str, Any]:
        ran.append(track.name)
        return backtest_document(n=2)

    monkeypatch.setattr(measuring, "_backtest", run)
    at_hand = dataclasses.replace(SETS[0], files=())
    monkeypatch.setattr(type(at_hand), "history", lambda *_: None)
    monkeypatch.setattr(measuring, "SETS", (at_hand,))
    wanted = [track for track in TRACKS if track.data_set == at_hand.name]
    assert measure(wanted, tmp_path, tmp_path / "kept") == []
    assert ran == [track.name for track in wanted]
    document = read(wanted[0], tmp_path / "kept")
    assert document is not None
    assert made_of(wanted[0]).items() <= document.items()
    measure(wanted, tmp_path, tmp_path / "kept")
    assert len(ran) == len(wanted)
    for changed in ("sources", "asked"):
        (tmp_path / "kept" / f"{wanted[0].name}.json").write_text(json.dumps(document | {changed: "older"}))
        measure(wanted, tmp_path, tmp_path / "kept")
    assert ran == [track.name for track in wanted] + 2 * [wanted[0].name]
    measure(wanted, tmp_path, tmp_path / "kept", again=True)
    assert len(ran) == 2 * len(wanted) + 2


def test_the_digest_changes_with_the_track_and_with_the_mapping(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mutant: only the modules of funnelsim count."""
    track = TRACKS[0]
    before = made_of(track)
    assert made_of(dataclasses.replace(track, end=track.end + dt.timedelta(days=31))) != before
    mapping = tmp_path / track.of.mapping
    mapping.write_bytes((MAPPINGS / track.of.mapping).read_bytes())
    monkeypatch.setattr(measuring, "MAPPINGS", tmp_path)
    assert made_of(track) == before
    mapping.write_bytes(mapping.read_bytes() + b"\n")
    assert made_of(track)["asked"] != before["asked"]
    assert made_of(track)["sources"] == before["sources"]


def test_a_missing_set_is_said_and_the_rest_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["--data", str(tmp_path), "--kept", str(tmp_path / "kept"), "--page", str(tmp_path / "page.md")]
    assert main([*asked, "--only", "maven_crm"]) == 1
    said = capsys.readouterr().err
    assert "maven_crm: not measured, sales_pipeline.csv, products.csv not found in its folder" in said
    assert "olist" not in said
    assert (tmp_path / "page.md").is_file()
    with pytest.raises(SystemExit):
        main(["--data", str(tmp_path / "nowhere")])


def test_fair_origins_are_over_before_their_set_ends() -> None:
    """The sets as published, where they are at hand."""
    data_set = SETS[0]
    if data_set.missing(DATA):
        pytest.skip("published data not at hand")
    history = data_set.history(DATA)
    last = max(track.end for track in TRACKS if track.data_set == data_set.name)
    assert history.meta.as_of >= dt.datetime.combine(last, dt.time(0)) + dt.timedelta(days=28)
    assert history.meta.observed_from is not None
    assert history.meta.observed_from.date() < min(track.begin for track in TRACKS[:2])
