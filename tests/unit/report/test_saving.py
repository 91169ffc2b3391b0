"""Figures as files: the same bytes each time, in one piece or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from funnelsim.core.errors import InputError, OutputError
from funnelsim.report.figures import forecast_figure
from funnelsim.report.style.saving import figure_bytes, save_figure
from tests.unit.report import made_up


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_the_same_document_gives_the_same_bytes(kind: str) -> None:
    """Fails without the fixed hash salt, or with a date in the file."""
    once, again = (figure_bytes(forecast_figure(made_up.forecast_document()), kind) for _ in range(2))
    assert once == again


def test_an_svg_holds_no_date_and_no_font_it_needs() -> None:
    svg = figure_bytes(forecast_figure(made_up.forecast_document()), "svg").decode()
    assert "<dc:date>" not in svg
    assert "<text" not in svg


@pytest.mark.parametrize("suffix", [".png", ".svg", ".PNG"])
def test_a_figure_is_saved_by_its_suffix_and_nothing_else_is_left(tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"figure{suffix}"
    save_figure(forecast_figure(made_up.forecast_document()), target)
    assert target.read_bytes()[:4] == (b"<?xm" if suffix == ".svg" else b"\x89PNG")
    assert list(tmp_path.iterdir()) == [target]


def test_another_suffix_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"choose \.png or \.svg"):
        save_figure(forecast_figure(made_up.forecast_document()), tmp_path / "figure.pdf")
    assert not list(tmp_path.iterdir())


def test_a_file_that_cannot_be_put_in_place_leaves_nothing_behind(tmp_path: Path) -> None:
    """Fails if the temporary file is not removed."""
    target = tmp_path / "figure.svg"
    target.mkdir()
    with pytest.raises(OutputError, match="cannot be written"):
        save_figure(forecast_figure(made_up.forecast_document()), target)
    assert list(tmp_path.iterdir()) == [target]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        save_figure(forecast_figure(made_up.forecast_document()), tmp_path / "none" / "figure.png")
