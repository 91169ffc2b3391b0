"""The process map as a figure and as a page."""

from __future__ import annotations

import colorsys
import re
from html.parser import HTMLParser

import pytest

from funnelsim.documents.process_map import MapDocument, MapStage
from funnelsim.report.figures import map_figure
from funnelsim.report.figures.choose import document_figure
from funnelsim.report.map_layout import lay_out
from funnelsim.report.pages.map_drawing import map_svg
from funnelsim.report.pages.map_page import map_page
from funnelsim.report.style.map_colours import DARK, LIGHT, MapColours
from funnelsim.report.style.saving import figure_bytes
from funnelsim.report.words.map_words import class_words, finding, hidden_words, sources, time_words

from .artists import check_texts, words
from .made_up_maps import (
    DOCUMENTS,
    long_map,
    move,
    random_map,
    six_stages,
    stage,
    three_stages,
    with_unknown_moves,
)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_text_of_the_figure_overlaps_another_or_leaves_it(name: str) -> None:
    check_texts(map_figure(DOCUMENTS[name]))


def test_the_figure_of_a_long_map_fits_a_page_of_a4() -> None:
    width, height = map_figure(long_map()).get_size_inches()
    assert width <= 11.7
    assert height <= 8.28


def test_the_title_says_what_was_found() -> None:
    assert finding(three_stages()) == "About half of the deals are lost at Lead"
    assert finding(six_stages()) == "47 % of the deals are lost at Inbox"
    assert finding(six_stages("model")) == "Of 100 new deals, 47 are lost at Inbox"
    unknown = finding(with_unknown_moves())
    assert unknown == "15 % of the moves drawn are not in the model, most often Inbox to Lost"
    assert finding(MapDocument(command="map", stages=(MapStage(stage="a"),))) == "The process in 1 stage"


def test_subtitle_and_footnote_say_which_leads_and_what_is_left_out() -> None:
    document = with_unknown_moves()
    assert (
        sources(document)
        == "Acme, 1,204 deals, 1 January to 31 December 2025; segment Enterprise, rep A. Reyes"
    )
    assert hidden_words(document) == "Not drawn: 3 rare moves (under 1.0 % of a stage), taken by 41 deals."
    on_figure = " ".join(words(map_figure(document)).split())
    assert "Not drawn: 3 rare moves" in on_figure
    assert "not in the model" in on_figure
    assert sources(six_stages("model")).endswith("per 100 new leads")


def test_the_win_shows_all_wins_even_if_rare_ways_to_it_are_not_drawn() -> None:
    document = six_stages().model_copy(update={"won": 90.0, "churned": 0.0, "ended": 1110.0})
    won = next(box for box in lay_out(document).boxes if box.kind == "won")
    assert [line for text in won.texts for line in text.lines] == ["Won", "90", "7.5 %"]


def test_times_are_written_as_people_say_them() -> None:
    assert [time_words(days) for days in (0, 1 / 24, 0.5, 1, 12.04, 1 / 1440)] == [
        "at once", "1 hour", "12 hours", "1 day", "12 days", "1 minute",
    ]  # fmt: skip
    assert class_words((3, 7)) == ["under 3 days", "3 to 7 days", "7 days or more"]


def test_the_same_map_gives_the_same_file() -> None:
    first, second = (figure_bytes(document_figure([six_stages().as_json()]), "svg") for _ in range(2))
    assert first == second


class _Page(HTMLParser):
    """Tags with their attributes, and the text outside scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self._open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag in ("script", "style"):
            self._open.append(tag)

    def handle_endtag(self, tag):
        if self._open and self._open[-1] == tag:
            self._open.pop()

    def handle_data(self, data):
        if not self._open:
            self.text.append(data)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_page_loads_nothing(name: str) -> None:
    page = _Page(map_page(DOCUMENTS[name]))
    assert not [value for _, attrs in page.tags for key, value in attrs.items() if key in ("src", "href")]
    assert "http" not in map_page(DOCUMENTS[name])
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))


def test_every_stage_is_a_button_that_has_its_card() -> None:
    page = _Page(map_page(six_stages()))
    buttons = [attrs for tag, attrs in page.tags if tag == "g" and attrs.get("role") == "button"]
    cards = {attrs["id"] for tag, attrs in page.tags if tag == "dialog"}
    assert len(buttons) == 3 * 6  # for a desk, a tablet and a phone
    assert all(attrs["tabindex"] == "0" and attrs["aria-label"] for attrs in buttons)
    assert {f"card-{attrs['data-key']}" for attrs in buttons} == cards
    assert "Discovery call: 402 in, 12 days, 55 % go on, 44 open" in {
        attrs["aria-label"] for attrs in buttons
    }


def test_a_card_has_what_the_stage_means_and_its_numbers() -> None:
    text = " ".join(" ".join(_Page(map_page(six_stages())).text).split())
    for part in (
        "The buyer has agreed to a call", "Decision maker met", "To be understood", "owner: Head of sales",
        "Where they go", "Where they come from", "Median time",
    ):  # fmt: skip
        assert part in text


def test_each_line_knows_its_ends_so_that_it_lights_up_with_its_stage() -> None:
    page = _Page(str(map_svg(six_stages())))
    keys = {attrs["data-key"] for _, attrs in page.tags if "data-key" in attrs}
    ends = {attrs[end] for _, attrs in page.tags for end in ("data-from", "data-to") if end in attrs}
    assert ends <= keys
    arcs = [attrs for tag, attrs in page.tags if tag == "g" and (attrs.get("class") or "").startswith("arc")]
    assert len(arcs) == len([one for one in six_stages().moves if one.kind not in ("lost", "ended")])


def test_html_in_names_is_text() -> None:
    nasty = '<script>alert("x")</script> & </svg>\x00'
    document = three_stages().model_copy(
        update={"stage_names": {"lead": nasty, "demo": "D"}, "name": nasty, "filters": {"segment": nasty}}
    )
    page = map_page(document)
    parsed = _Page(page)
    assert page.count("<script>") == 1
    assert 'alert("x")' in "".join(parsed.text)
    assert len([tag for tag, _ in parsed.tags if tag == "script"]) == 1
    assert "\x00" not in page


def test_moves_that_the_model_does_not_have_are_marked() -> None:
    svg = str(map_svg(with_unknown_moves()))
    assert len(re.findall(r'class="arc unknown"', svg)) == 2
    assert len(re.findall(r'class="losses unknown"', svg)) == 1
    assert "not in the model" in map_page(with_unknown_moves())
    assert "unknown" not in str(map_svg(six_stages()))


@pytest.mark.parametrize("seed", range(3))
def test_any_map_has_a_page(seed: int) -> None:
    assert map_page(random_map(seed)).startswith("<!doctype html>")


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_texts_and_lines_have_enough_contrast(colours: MapColours) -> None:
    """4.5 for texts, 3 for lines, on the page and in lanes."""
    for back in (colours.page, colours.lane, colours.box):
        assert contrast(colours.ink, back) >= 4.5
        assert contrast(colours.quiet, back) >= 4.5
        assert contrast(colours.unknown, back) >= 4.5
        assert all(contrast(tone, back) >= 3 for tone in colours.tones)
    assert contrast(colours.ink, colours.badge) >= 4.5
    assert contrast(colours.won_ink, colours.won) >= 4.5


def test_slower_is_darker_on_light_and_lighter_on_dark_whatever_colours_one_sees() -> None:
    light, dark = ([luminance(tone) for tone in colours.tones] for colours in (LIGHT, DARK))
    assert light == sorted(light, reverse=True)
    assert dark == sorted(dark)
    hues = [colorsys.rgb_to_hsv(*(int(t[k : k + 2], 16) / 255 for k in (1, 3, 5)))[0] for t in LIGHT.tones]
    assert len({round(hue, 2) for hue in hues}) == 5


def test_a_stage_without_numbers_and_a_move_without_count_are_drawn() -> None:
    document = MapDocument(
        command="map",
        stages=(MapStage(stage="a"), stage("b", 0, 0.0, None)),
        moves=(move("a", "b", 0, 0.0), move("b", "lost", 0, 0.0, "lost")),
    )
    check_texts(map_figure(document))
    assert "card-2" in map_page(document)
