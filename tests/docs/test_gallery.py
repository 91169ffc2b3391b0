"""The gallery shows every figure, and is the one that its command writes."""

from __future__ import annotations

from funnelsim.cli.commands.report import FIGURE_NAMES
from funnelsim.report.figures.choose import FAN, FIGURES
from tests.docs.gallery import ENTRIES, PAGE, PICTURES, page_text


def test_every_figure_is_in_the_gallery_and_on_the_command_line() -> None:
    assert {entry.name for entry in ENTRIES} == {*FIGURES, FAN} == set(FIGURE_NAMES)


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text() == page_text()
    wanted = {f"{entry.name}{kind}.png" for entry in ENTRIES for kind in ("", "-dark")}
    assert {path.name for path in PICTURES.glob("*.png")} == wanted
