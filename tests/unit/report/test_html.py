"""The page stands alone: nothing loaded, no script but its own, nothing of a name taken for markup."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from funnelsim.documents.record import DocumentError
from funnelsim.documents.stages import GO_ON
from funnelsim.forecasting.forecast import forecast
from funnelsim.model.files.model_files import read_funnel
from funnelsim.report.figures import funnel_figure
from funnelsim.report.pages.page import report_page, write_report
from tests.unit.report import made_up
from tests.unit.report.artists import check_texts, words

SALES_MAP = Path(__file__).parents[3] / "scenarios" / "sales_process_map.toml"
NASTY = '<script>alert(1)</script> & "quoted" \'--> <img src=x onerror=alert(1)> {{ 7 * 7 }}'


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text: list[str] = []
        self._code = False
        self._joined = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._joined = tag == "wbr"
        self._code = tag in ("script", "style")
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        if self._code:
            return
        plain = data.replace("\u00a0", " ")
        if self._joined:  # inside a long word
            plain = self.text.pop() + plain
            self._joined = False
        self.text.append(plain)

    def handle_endtag(self, tag: str) -> None:
        self._code = False
        self._joined = False


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    return reader


def fit_document(name: str = "Demo") -> dict[str, Any]:
    exits = [
        {"to": "won", "count": 200, "p": 0.4, "law": "lognormal(median=6d, sigma=0.8)", "median_days": 6.1},
        {"to": "lost", "count": 260, "p": 0.6, "law": "weibull(shape=0.9, scale=30d)", "median_days": 20.0},
    ]
    stage = {"stage": "demo", "name": name, "visits": 500, "open": 40, "exits": exits}
    learnt = stage | {"longest_follow_up_days": 180, "mass_beyond": 0.02}
    return {"command": "fit", "as_of": "2026-02-09", "since": "2024-01-01", "stages": [learnt]}


def full_page(name: str = "SaaS, mid-market") -> str:
    forecast = made_up.forecast_document(name=name)
    forecast["warnings"] = [name]
    forecast["assumptions"] = [name]
    forecast["deals"][0] |= {"name": name, "owner": name, "stage": name, "flags": [name]}
    forecast["funnel"] = [{"stage": "s", "name": name, "entered": 4.0, "conversion": 0.5, "open": 2}]
    compared = made_up.compare_document(made_up.scenario(name, 97_000))
    compared["scenarios"][0]["description"] = name
    return report_page([fit_document(name), compared, forecast, made_up.simulate_document()])


@cache
def usual_page() -> str:
    return full_page()


def test_names_are_never_markup() -> None:
    """Fails with autoescape off; the template's own braces in a name stay braces."""
    page = read(full_page(NASTY))
    assert page.tags.count("script") == 1, "the page's own"
    assert "img" not in page.tags
    assert [name for name, _ in page.attributes if name.startswith("on")] == []
    told = "".join(page.text)
    assert told.count("<script>alert(1)</script>") >= 8
    assert "{{ 7 * 7 }}" in told


def test_a_fit_tells_all_chances_of_a_stage_and_whose_distributions_are_borrowed() -> None:
    """Rows of a stage sum to 100 %, those who never leave included, as on screen. Mutant: no such row."""
    fit = fit_document()
    (stage,) = fit["stages"]
    stage["exits"][1] |= {"p": 0.4, "borrowed": True}
    stage["never"] = {"share": 0.2}
    told = " ".join(" ".join(read(report_page([fit])).text).split())
    assert "weibull(shape=0.9, scale=30d) (from the other exits)" in told
    assert "never leaves 20 %" in told


def test_what_a_forecast_repeats_of_a_fit_on_the_page_is_told_once() -> None:
    """As a plain statement under data quality, with the fit or without. Mutant: both copies."""
    forecast, fit = made_up.forecast_document(), fit_document()
    fit["warnings"] = ["nobody has left"]
    forecast["warnings"] = ["from the fit: nobody has left", "a word of its own"]
    for page in (report_page([forecast, fit]), report_page([forecast])):
        assert page.count("obody has left") == 1
        assert "from the fit" not in page
        before, data = page.split("<h2>Data quality</h2>")
        assert "A word of its own." in before
        assert "Nobody has left." in data


def test_nothing_is_loaded_from_elsewhere() -> None:
    page = usual_page()
    assert "http:" not in page
    assert "https:" not in page
    reader = read(page)
    assert {"link", "iframe", "img", "object"} & set(reader.tags) == set()
    loaded = [value for name, value in reader.attributes if name in ("src", "href", "xlink:href")]
    assert [value for value in loaded if not value.startswith("#")] == []


def test_the_script_is_the_one_that_the_page_allows() -> None:
    """The policy holds the script's hash, so that nothing else runs. Mutant: the hash of something else."""
    page = usual_page()
    script = re.search(r"<script>(.*?)</script>", page, re.DOTALL)
    assert script is not None
    digest = base64.b64encode(hashlib.sha256(script[1].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in html.unescape(page)


def test_ids_are_unique_and_every_reference_is_met() -> None:
    """Fails if figures keep the ids that matplotlib gave each of them."""
    page = usual_page()
    ids = [value for name, value in read(page).attributes if name == "id"]
    assert len(ids) == len(set(ids))
    wanted = set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', page))
    assert wanted
    assert {one or other for one, other in wanted} <= set(ids)


def test_columns_of_deals_that_nobody_filled_are_left_out() -> None:
    document = made_up.forecast_document()
    assert "to check" in "".join(read(report_page([document])).text)
    for deal in document["deals"]:
        deal |= {"owner": None, "flags": []}
    told = "".join(read(report_page([document])).text).split("Top open")[1]
    assert "owner" not in told
    assert "to check" not in told


def test_the_funnel_of_a_forecast_counts_the_days_that_are_simulated() -> None:
    """Catches the dates of the whole period above leads that enter after the as-of date only."""
    document = made_up.forecast_document()
    document["funnel"] = [{"stage": "s", "name": "S", "entered": 4.0, "conversion": 0.5, "open": 2}]
    assert "Means of 10 February to 31 March 2026" in "".join(read(report_page([document])).text)


def test_a_comparison_without_a_quota_has_no_column_for_it() -> None:
    document = made_up.compare_document()
    with_quota = "".join(read(report_page([document])).text)
    for scenario in document["scenarios"]:
        scenario["attainment_probability"] = None
    assert "chance of quota" in with_quota
    assert "chance of quota" not in "".join(read(report_page([document])).text)


def test_a_change_asked_at_both_ends_is_described_once_under_its_own_name() -> None:
    """Catches the description standing beside one of the ends, as if it were not that of the other."""
    document = made_up.compare_document()
    for scenario in document["scenarios"]:
        if scenario["name"].startswith("No security review"):
            scenario["description"] = "Straight on from the demo"
    told = "".join(read(report_page([document])).text).split("What the changes are")[1]
    before = told.split("Straight on from the demo")[0]
    assert "No security review" in before
    assert "(" not in before


def test_the_page_answers_in_order() -> None:
    told = "".join(read(usual_page().split("</nav>")[1]).text)
    order = [
        "The answer",
        "Likely USD 1.08 million in 2026Q1",
        "Chance of quota",
        "Before you rely on this",
        "Forecast for 2026Q1, 1 January to 31 March 2026",
        "Where the bookings come from",
        "Other methods",
        "Top open deals",
        "The funnel",
        "What changes are worth",
        "Simulation",
        "What the model rests on",
        "Method and provenance",
        "How to read this",
        "Where the numbers come from",
    ]
    places = [told.find(words) for words in order]
    assert -1 not in places
    assert places == sorted(places)


def test_pictures_have_words_for_those_who_cannot_see_them() -> None:
    labels = [value for name, value in read(usual_page()).attributes if name == "aria-label"]
    assert any("Quota USD 1.2 million: chance 25 %" in label for label in labels)


def test_provenance_is_complete() -> None:
    told = "".join(read(usual_page()).text)
    known = made_up.provenance()
    for value in ("model.toml", known["model_sha256"], known["plan_sha256"], "10,000", "0.1.0"):
        assert value in told


def test_the_same_documents_give_the_same_page() -> None:
    assert full_page() == full_page()


@pytest.mark.parametrize(
    "case",
    [
        {"quota": None},
        {"booked": 0, "open_deals": 0, "new_deals": 0},
        {"currency": "", "amount_is": ""},
        {"credited_later": True, "currency": "JPY", "size": 150},
    ],
)
def test_a_single_forecast_is_a_page(case: dict[str, Any], tmp_path: Path) -> None:
    write_report([made_up.forecast_document(**case)], tmp_path / "page.html")
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]
    assert "Forecast for 2026Q1" in (tmp_path / "page.html").read_text()


def test_a_change_is_described_once_for_both_its_ends() -> None:
    document = made_up.compare_document()
    for place in (1, 2):
        document["scenarios"][place]["description"] = "Publish the audit report instead."
    told = "".join(read(report_page([document])).text)
    assert told.count("Publish the audit report instead.") == 1
    assert "What the changes are" not in "".join(read(report_page([made_up.compare_document()])).text)


def test_what_counts_towards_quota_later_is_said() -> None:
    told = "".join(read(report_page([made_up.forecast_document(credited_later=True)])).text)
    assert "Counting towards quota: likely USD 463 thousand" in told
    assert "Counting towards quota" not in "".join(read(report_page([made_up.forecast_document()])).text)


def test_nothing_is_written_where_a_document_is_wrong(tmp_path: Path) -> None:
    broken = made_up.compare_document() | {"scenarios": []}
    with pytest.raises(DocumentError, match=r"document 2 \(compare\): scenarios: holds nothing"):
        write_report([made_up.forecast_document(), broken], tmp_path / "page.html")
    with pytest.raises(DocumentError, match="there is no document"):
        write_report([], tmp_path / "page.html")
    assert list(tmp_path.iterdir()) == []


def test_a_simulation_with_reps_tells_waits_and_how_busy_they_are() -> None:
    told = "".join(read(report_page([made_up.with_reps(made_up.simulate_document())])).text)
    assert "Account executives" in told
    assert "70 % to 84 %" in told
    assert "mean wait" in told
    assert "12 hours" in told
    assert "mean time after work" in told
    assert "mean time in stage" not in told


def test_a_forecast_with_reps_tells_waits_and_how_busy_they_are() -> None:
    """The document of a run, to the page. Catches a forecast that leaves its reps out."""
    told = forecast(read_funnel(SALES_MAP), replications=3, warmup_days=30, workers=1).document()
    busy = told["utilisation"]["ae"]
    assert 0 < busy["mean"] < 1
    page = "".join(read(report_page([told])).text)
    assert "How busy each role is" in page
    assert "Account executive" in page
    assert "mean wait" in page
    assert "mean time in stage" not in page


def test_shares_that_go_on_say_of_what_they_are_shares() -> None:
    """Where most stay for ever, all those who leave may go on: 100 %."""
    assert GO_ON in words(funnel_figure(made_up.funnel_stages()))
    forecast_of_stages = made_up.forecast_document() | {"funnel": made_up.funnel_stages()}
    for document in (forecast_of_stages, made_up.simulate_document()):
        assert GO_ON in report_page([document])


def test_the_funnel_figure_has_a_column_of_waits_where_leads_wait() -> None:
    rows = [row | {"wait_days_mean": 0.1} for row in made_up.funnel_stages()]
    check_texts(funnel_figure(rows))
    assert "mean wait\nfor a rep" in words(funnel_figure(rows))
    assert "2.4 hours" in words(funnel_figure(rows))
    assert "wait" not in words(funnel_figure(made_up.funnel_stages()))


def test_a_simulated_funnel_has_averages_and_nothing_open_now() -> None:
    told = "".join(read(report_page([made_up.simulate_document()])).text)
    assert "in stage" in told
    assert "mean time in stage" in told
    assert "open\nnow" not in told
    assert "open now" not in told
