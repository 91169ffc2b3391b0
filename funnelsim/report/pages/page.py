"""One self-contained page: no script, nothing loaded from elsewhere, ready to print or send."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from matplotlib.figure import Figure

from funnelsim.core.errors import Problem
from funnelsim.core.files.atomic import replace_file
from funnelsim.core.harmless import harmless
from funnelsim.documents.backtest import BacktestDocument
from funnelsim.documents.compare import CompareDocument
from funnelsim.documents.fit import FitDocument
from funnelsim.documents.forecast import ForecastDocument
from funnelsim.documents.friction import FrictionDocument
from funnelsim.documents.process_map import MapDocument
from funnelsim.documents.read import Drawable, typed
from funnelsim.documents.record import DocumentError
from funnelsim.documents.reverse import ReverseDocument
from funnelsim.documents.sensitivity import SensitivityDocument
from funnelsim.documents.shared import Titled
from funnelsim.documents.simulate import SimulateDocument
from funnelsim.documents.staff import StaffDocument
from funnelsim.forecasting.fitwarnings import OF_THE_FIT
from funnelsim.report.figures.subtitles import funnel_subtitle
from funnelsim.report.pages.backtest import backtest_sections
from funnelsim.report.pages.compare import compare_sections
from funnelsim.report.pages.fit import fit_sections
from funnelsim.report.pages.forecast import forecast_sections
from funnelsim.report.pages.friction import friction_sections
from funnelsim.report.pages.funnel import funnel_section
from funnelsim.report.pages.process_map import map_sections
from funnelsim.report.pages.reverse import reverse_sections
from funnelsim.report.pages.same_company import company_warnings
from funnelsim.report.pages.section import Section
from funnelsim.report.pages.sensitivity import sensitivity_sections
from funnelsim.report.pages.simulate import simulate_sections
from funnelsim.report.pages.staff import staff_sections
from funnelsim.report.style.saving import figure_bytes
from funnelsim.report.style.text_layout import typographic
from funnelsim.report.words.dates import date_words
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import count

_ORDER = (
    "forecast",
    "backtest",
    "map",
    "friction",
    "compare",
    "reverse",
    "staff",
    "sensitivity",
    "simulate",
    "fit",
)


def write_report(documents: Sequence[Mapping[str, Any]], path: Path | str, *, title: str = "") -> None:
    """Write one HTML page from the JSON documents of commands.

    The order is fixed: forecast, backtest, map, friction, comparison, reverse funnel, simulation, funnel,
    fit.

    Parameters
    ----------
    documents : sequence of mappings
        JSON documents of commands; one of each or several.
    path : Path or str
        The page; it appears in one piece.
    title : str, optional
        Default: the name of the model.

    Raises
    ------
    DocumentError
        If there is no document, or one cannot be drawn; nothing is written then.
    """
    replace_file(Path(path), report_page(documents, title=title).encode())


def report_page(documents: Sequence[Mapping[str, Any]], *, title: str = "") -> str:
    """The page as text; see `write_report`."""
    if not documents:
        hint = "write one with --json, such as: funnelsim forecast model.toml --json > forecast.json"
        raise DocumentError(
            "report", [Problem(path="", message="there is no document to report on", hint=hint)]
        )
    pairs = [(typed(raw, _called(raw, place)), raw) for place, raw in enumerate(documents, start=1)]
    pairs.sort(key=lambda pair: _ORDER.index(pair[0].command))
    known = [document for document, _ in pairs]
    sections = list(_sections(pairs))
    environment = Environment(
        loader=PackageLoader("funnelsim.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["minus"] = typographic
    environment.globals["picture"] = _PictureNumbers().svg
    page = environment.get_template("page.html.j2").render(
        title=plain(title or next((d.name for d in known if d.name), "")) or "Sales funnel",
        as_of=next((date_words(d.as_of) for d in known if d.as_of), ""),
        sections=sections,
        commands=sorted({document.command for document in known}),
        warnings=[*company_warnings(known), *_all(known, "warnings")],
        assumptions=_all(known, "assumptions"),
        provenance=[_provenance(document) for document in known],
    )
    return harmless(page)


def _sections(pairs: Sequence[tuple[Drawable, Mapping[str, Any]]]) -> Iterator[Section]:
    """Forecasts, backtests and decisions, then simulations, one funnel, and the fits."""
    funnel: Section | None = None
    fits: list[Section] = []
    for document, raw in pairs:
        match document:
            case ForecastDocument():
                yield from forecast_sections(document, raw)
            case BacktestDocument():
                yield from backtest_sections(document, raw)
            case CompareDocument():
                yield from compare_sections(document, raw)
            case MapDocument():
                yield from map_sections(document, raw)
            case FrictionDocument():
                yield from friction_sections(document, raw)
            case ReverseDocument():
                yield from reverse_sections(document, raw)
            case StaffDocument():
                yield from staff_sections(document, raw)
            case SensitivityDocument():
                yield from sensitivity_sections(document, raw)
            case SimulateDocument():
                yield from simulate_sections(document)
            case FitDocument():
                fits += fit_sections(document)
        funnel = funnel or _funnel_of(document)
    if funnel is not None:
        yield funnel
    yield from fits


def _funnel_of(document: Drawable) -> Section | None:
    match document:
        case ForecastDocument() if document.funnel:
            return funnel_section(document.funnel, funnel_subtitle(document))
        case SimulateDocument() if document.funnel_rows:
            return funnel_section(document.funnel_rows, "Means over the simulated period", averages=True)
        case FitDocument() if document.funnel:
            return funnel_section(document.funnel, funnel_subtitle(document))
    return None


class _PictureNumbers:
    """Embeds figures in a page and numbers them, so that their ids are unique."""

    def __init__(self) -> None:
        self.used = 0

    def svg(self, figure: Figure, words: str) -> Markup:
        self.used += 1
        return inline_svg(figure, f"figure{self.used}", words)


def inline_svg(figure: Figure, prefix: str, words: str) -> Markup:
    """A figure as an SVG element to embed in HTML: unique ids, no links, a text for screen readers."""
    svg = figure_bytes(figure, "svg").decode()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\s(?:xmlns(?::\w+)?|version)="[^"]*"', "", svg)
    svg = re.sub(r'\bid="', f'id="{prefix}-', svg)
    svg = re.sub(r'((?:xlink:)?href="#|url\(#)', rf"\1{prefix}-", svg).replace("xlink:href", "href")
    opening, rest = svg.split(">", 1)
    opening = re.sub(r'\s(?:width|height)="[^"]*"', "", opening)
    label = f' role="img" aria-label="{escape(words)}"'
    # Safe as markup: texts of the document were drawn as glyphs, and the label is escaped.
    return Markup(f"{opening}{label}>{rest.strip()}")


def _provenance(document: Titled) -> list[tuple[str, str]]:
    known = document.provenance
    rows = [
        ("document", document.command),
        ("model", plain(known.model)),
        ("model SHA-256", known.model_sha256),
        ("plan SHA-256", known.plan_sha256),
        ("seed", "" if known.seed is None else f"{known.seed}"),
        ("futures", "" if known.replications is None else count(known.replications)),
        ("engine", known.engine),
        ("funnelsim", known.version),
    ]
    return [(name, value) for name, value in rows if value]


def _all(documents: Sequence[Titled], field: str) -> list[str]:
    """The texts of all documents without duplicates.

    A forecast repeats the warnings of its fit; if the fit is on the page too, the copies are left out.
    """
    texts = dict.fromkeys(plain(text) for document in documents for text in getattr(document, field))
    repeated = {OF_THE_FIT + text for text in texts}
    return [text for text in texts if text not in repeated]


def _called(raw: Mapping[str, Any], place: int) -> str:
    command = raw.get("command") if isinstance(raw, Mapping) else None
    return f"document {place}" + (f" ({command})" if isinstance(command, str) else "")
