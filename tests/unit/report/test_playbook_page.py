"""The playbook as a page, as Markdown and on screen."""

from __future__ import annotations

import datetime as dt
import io
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from rich.console import Console

from funnelsim.documents.playbook import PlaybookDocument
from funnelsim.model.files.model_files import funnel_of
from funnelsim.processmap.of_model import model_map
from funnelsim.processmap.playbook.build import playbook
from funnelsim.report.pages.playbook import playbook_markdown, playbook_page
from funnelsim.report.screens.playbook import print_playbook

from ..model.made_up_map import spoilt

NASTY = "<script>alert(1)</script> *A*|B [x](y) `c` 日本 " + "very " * 40
BARE = {
    f"stages.{key}.{name}": () if name == "checklist" else ""
    for key in ("demo", "offer")
    for name in ("department", "phase", "entry", "activities", "checklist", "buyer_needs")
} | {"stages.demo.targets": {}, "stages.offer.targets": {}, "process.owner": ""}


def made(changes: dict[str, Any] | None = None) -> PlaybookDocument:
    return playbook(funnel_of(spoilt(changes)), today=dt.date(2026, 6, 1))


class _Page(HTMLParser):
    """Ids, links within the page, addresses, and tags left open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.addresses: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.ids += [found["id"] or ""] if "id" in found else []
        self.links += [found["href"] or ""] if "href" in found else []
        self.addresses += [found["src"] or ""] if "src" in found else []
        if tag not in ("meta", "input", "br", "link"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("changes", [{}, BARE, {"stages.demo.parent": "offer"}, {"name": NASTY}])
def test_the_page_is_whole_and_its_links_lead_somewhere(changes: dict[str, Any]) -> None:
    page = _Page(playbook_page(made(changes), template="funnelsim playbook m.toml --template t.toml"))
    assert page.open == []
    assert page.addresses == []
    assert len(set(page.ids)) == len(page.ids)
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)


def test_the_page_has_a_card_for_each_stage_and_ticks_for_its_checklist() -> None:
    page = playbook_page(made())
    assert page.count('<article class="card"') == 2
    assert page.count('<input type="checkbox">') == 2
    assert page.count('<article class="department-page"') == 2
    assert "60 % to Offer" in page
    assert "a no for now: try again later" in page
    assert "What this map still lacks" not in page
    assert "Not described yet" not in page


def test_names_are_text_on_the_page_and_in_markdown() -> None:
    changes = {
        f"stages.demo.{name}": NASTY for name in ("name", "entry", "activities", "buyer_needs", "department")
    }
    document = made(changes | {"stages.demo.checklist": [NASTY], "name": NASTY})
    page = playbook_page(document)
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    text = playbook_markdown(document)
    assert "<script>" not in re.sub(r"\\<", "", text)
    assert r"\*A\*\|B \[x\](y) \`c\`" in text


def test_a_map_without_texts_says_so_quietly_and_how_to_fill_them_in() -> None:
    document = made(BARE)
    assert not document.described
    for text in (
        playbook_page(document, template="TEMPLATE"),
        playbook_markdown(document, template="TEMPLATE"),
    ):
        assert text.count("Not described yet: department or owner, phase, what lets a lead in") == 2
        assert "TEMPLATE" in text
        assert "60 % to Offer" in text
        assert "All 2 stages have no entry rule" in text


def test_markdown_has_a_table_row_for_each_stage() -> None:
    rows = [line for line in playbook_markdown(made()).splitlines() if line.startswith("| ")]
    assert rows == [
        "| stage | department | phase | visits per 100 | goes on to |",
        "| Demo | Sales | consideration | 105 | 60 % to Offer |",
        "| Offer | Deal desk | consideration | 63.2 | 50 % to won |",
    ]


def test_the_screen_fits_its_width_and_ends_with_what_to_type() -> None:
    screen = io.StringIO()
    console = Console(file=screen, width=100, markup=False, highlight=False)
    print_playbook(
        made({"stages.demo.entry": ""}), console, template="funnelsim playbook m --template t.toml"
    )
    text = screen.getvalue()
    assert max(map(len, text.splitlines())) <= 100
    assert "2 stages, in 2 departments. Of 100 new leads, 31.6 are won." in text
    assert "Demo has no entry rule [no-entry]" in text
    assert "Next:  funnelsim playbook m --template t.toml" in text


def _luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)] if len(colour) == 7 else [1.0, 1.0, 1.0]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_every_colour_of_text_has_a_contrast_of_aa() -> None:
    """WCAG 2.1, 1.4.3: 4.5 to 1, in light and dark and on the tinted ground of code."""
    style = playbook_page(made()).split("<style>")[1].split("</style>")[0]
    light, dark = (dict(re.findall(r"--(\w+): (#\w+)", part)) for part in style.split("@media (prefers")[:2])
    for scheme in (light, dark):
        for ground in (scheme["paper"], scheme["faint"]):
            for name in ("ink", "grey", "blue", "orange", "green"):
                pair = sorted((_luminance(scheme[name]), _luminance(ground)))
                assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5, (name, ground)


def test_the_picture_of_the_map_links_each_stage_to_its_card() -> None:
    """Three forms for three widths, without a script; mutant: a stage that is a button and does nothing."""
    funnel = funnel_of(spoilt({"stages.demo.name": NASTY}))
    text = playbook_page(playbook(funnel, today=dt.date(2026, 6, 1)), model_map(funnel))
    page = _Page(text)
    assert page.open == []
    assert text.count('<svg class="map ') == 3
    assert text.count('<a class="box stage" href="#stage-demo"') == 3
    assert 'role="button"' not in text
    assert "<script" not in text
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)
