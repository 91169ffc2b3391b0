"""Pages in Chromium: widths, light and dark, accessibility rules, sorting, keyboard and print."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("selenium")

from tests.browser.pages import PAGES, REPORTS

pytestmark = pytest.mark.browser
any_page = pytest.mark.parametrize("page", list(PAGES))
any_report = pytest.mark.parametrize("page", list(REPORTS))

WIDTHS = (390, 820, 1440)
#: A4 less the margins of the style sheet, in CSS pixels.
PAPER = round((210 - 2 * 14) / 25.4 * 96)
#: Size of the smallest text of each figure on the screen, in CSS pixels.
SMALLEST_TEXT = """
return [...document.querySelectorAll("svg[data-text]")].filter((svg) => svg.getBoundingClientRect().width > 0)
  .map((svg) => svg.getBoundingClientRect().width / svg.viewBox.baseVal.width * Number(svg.dataset.text));
"""
#: The same of process maps, which are drawn with real text.
SMALLEST_MAP_TEXT = """
return [...document.querySelectorAll("svg.map")].filter((svg) => svg.getBoundingClientRect().width > 0)
  .flatMap((svg) => [...svg.querySelectorAll("text")].map((text) => svg.getBoundingClientRect().width
    / svg.viewBox.baseVal.width * Number(text.getAttribute("font-size"))));
"""
#: What is cut off: inside a container that hides or scrolls it.
CUT = """
return [...document.querySelectorAll(".scroll")]
  .filter((one) => one.getBoundingClientRect().width > 0 && one.scrollWidth > one.clientWidth + 1)
  .map((one) => one.getAttribute("aria-label"));
"""
UNMARKED = """
return [...document.querySelectorAll(".scroll")]
  .filter((one) => one.scrollWidth > one.clientWidth + 1)
  .filter((one) => one.tabIndex !== 0 || !getComputedStyle(one).backgroundImage.includes("gradient"))
  .length;
"""


def show(browser: Any, address: str, width: int, *, dark: bool = False, media: str = "screen") -> None:
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": [scheme]})
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.get(address)


def overflow(browser: Any) -> int:
    """Pixels by which the page is wider than the window."""
    return int(
        browser.execute_script("const d = document.documentElement; return d.scrollWidth - d.clientWidth;")
    )


@any_page
def test_it_fits_at_any_width_and_logs_nothing(browser: Any, addresses: dict[str, str], page: str) -> None:
    """Mutants: a table outside a scrolling container; figures with a least width outside one."""
    for width in WIDTHS:
        show(browser, addresses[page], width)
        assert overflow(browser) <= 0, width
        assert browser.execute_script(UNMARKED) == 0, "what scrolls can be reached by key, and shows it"
        phone = width == 390
        assert min(browser.execute_script(SMALLEST_TEXT), default=11) >= (10.9 if phone else 8.7), width
        assert min(browser.execute_script(SMALLEST_MAP_TEXT), default=11) >= (9.7 if phone else 8.4), width
    assert browser.get_log("browser") == []


@pytest.mark.parametrize("page", ["report", "map", "playbook"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_it_breaks_no_rule_of_accessibility(
    browser: Any, addresses: dict[str, str], page: str, dark: bool
) -> None:
    """Mutants: grey text on the dark page; no name of a scrolling container; h4 behind h2."""
    from axe_core_python.selenium import Axe

    show(browser, addresses[page], 1440 if dark else 390, dark=dark)
    browser.execute_script("for (const one of document.querySelectorAll('details')) one.open = true;")
    # The drawing of a figure is one image to a screen reader; thousands of glyphs would only take time.
    found = Axe().run(browser, context={"exclude": [["svg[data-text] > *"]]})["violations"]
    assert [(one["id"], one["nodes"][0]["html"][:200], len(one["nodes"])) for one in found] == []


@any_report
def test_colours_follow_the_scheme_figures_too(browser: Any, addresses: dict[str, str], page: str) -> None:
    """Mutant: figures keep the white of paper."""
    grounds = []
    for dark in (False, True):
        show(browser, addresses[page], 1440, dark=dark)
        grounds.append(
            browser.execute_script(
                "const path = document.querySelector('svg[data-text] path');"
                "return [document.body, path].map((one) => getComputedStyle(one))"
                ".map((style, k) => k ? style.fill : style.backgroundColor);"
            )
        )
    light, night = grounds
    assert light[0] == light[1] == "rgb(255, 255, 255)"
    assert night[0] == night[1] != light[0]


@any_report
def test_tables_sort_by_click_and_by_key(browser: Any, addresses: dict[str, str], page: str) -> None:
    """High to low, low to high, as it was; the totals stay. Mutant: numbers sorted as words."""
    from selenium.webdriver.common.keys import Keys

    show(browser, addresses[page], 1440)
    section = browser.find_element("css selector", "#deals table")
    heads = section.find_elements("css selector", "thead th")
    place = next(k for k, head in enumerate(heads) if "expected" in head.text)
    column = (
        "return [...arguments[0].tBodies[0].rows].map((row) => Number(row.cells[arguments[1]].dataset.sort));"
    )
    # The column of bars is a cell too.
    before = browser.execute_script(
        "return [...arguments[0].tHead.rows[0].cells].indexOf(arguments[1]);", section, heads[place]
    )

    def values() -> list[float]:
        return list(browser.execute_script(column, section, before))

    first = values()
    button = heads[place].find_element("tag name", "button")
    button.click()
    assert heads[place].get_attribute("aria-sort") == "descending"
    assert values() == sorted(first, reverse=True)
    button.send_keys(Keys.ENTER)
    assert heads[place].get_attribute("aria-sort") == "ascending"
    assert values() == sorted(first)
    button.send_keys(Keys.SPACE)
    assert heads[place].get_attribute("aria-sort") is None
    assert values() == first
    parts = browser.find_element("css selector", "#forecast table:has(tfoot)")
    parts.find_element("css selector", "thead button").click()
    assert parts.find_elements("css selector", "tr")[-1].text.startswith("total")


@any_report
def test_the_keyboard_reaches_the_content_first(browser: Any, addresses: dict[str, str], page: str) -> None:
    from selenium.webdriver.common.keys import Keys

    show(browser, addresses[page], 390)
    browser.find_element("tag name", "body").send_keys(Keys.TAB)
    skip = browser.switch_to.active_element
    assert skip.text == "Skip to the content"
    assert skip.rect["x"] >= 0
    assert browser.execute_script("return getComputedStyle(arguments[0]).outlineStyle;", skip) == "solid"
    skip.send_keys(Keys.ENTER)
    assert browser.switch_to.active_element.tag_name == "main"


@any_page
def test_print_cuts_nothing_off(browser: Any, addresses: dict[str, str], page: str) -> None:
    """Mutants: scrolling containers in print; figures with their least width; folds that stay closed."""
    show(browser, addresses[page], PAPER, dark=True, media="print")
    browser.execute_script("dispatchEvent(new Event('beforeprint'));")
    closed = "return document.querySelectorAll('details:not([open], .screen-only)');"
    folds = browser.execute_script(closed) if page in REPORTS else []
    assert all(len(fold.find_elements("tag name", "tr")) > 40 for fold in folds)
    assert overflow(browser) <= 0
    assert browser.execute_script(CUT) == []
    ground = "return getComputedStyle(document.body).backgroundColor;"
    assert browser.execute_script(ground) == "rgb(255, 255, 255)", "dark mode is not printed"


def test_stages_of_a_map_open_their_cards_by_key(browser: Any, addresses: dict[str, str]) -> None:
    """Mutant: stages that only listen to the pointer."""
    from selenium.webdriver.common.keys import Keys

    show(browser, addresses["map"], 1440)
    stage = next(one for one in browser.find_elements("css selector", ".map .stage") if one.is_displayed())
    stage.send_keys(Keys.ENTER)
    card = browser.find_element("css selector", "dialog[open]")
    assert card.find_element("tag name", "h2").text
    browser.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert browser.find_elements("css selector", "dialog[open]") == []
