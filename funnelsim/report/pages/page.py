"""One self-contained page: nothing loaded from elsewhere, ready to print or send."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from importlib import resources
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from funnelsim.core.errors import Problem
from funnelsim.core.files.atomic import replace_file
from funnelsim.core.harmless import harmless
from funnelsim.documents.backtest import BacktestDocument
from funnelsim.documents.bridge import BridgeDocument
from funnelsim.documents.compare import CompareDocument
from funnelsim.documents.fit import FitDocument
from funnelsim.documents.flow import FlowDocument
from funnelsim.documents.forecast import ForecastDocument
from funnelsim.documents.friction import FrictionDocument
from funnelsim.documents.kpi import KpiDocument
from funnelsim.documents.process_map import MapDocument
from funnelsim.documents.read import Drawable, typed
from funnelsim.documents.record import DocumentError
from funnelsim.documents.reverse import ReverseDocument
from funnelsim.documents.sensitivity import SensitivityDocument
from funnelsim.documents.shared import Titled
from funnelsim.documents.simulate import SimulateDocument
from funnelsim.documents.staff import StaffDocument
from funnelsim.report.figures.subtitles import funnel_subtitle
from funnelsim.report.html.bars import pieces
from funnelsim.report.html.breaking import breakable, unbroken
from funnelsim.report.html.inline_svg import InlineFigures
from funnelsim.report.html.sort_keys import sort_key
from funnelsim.report.pages.answer import answer_section
from funnelsim.report.pages.backtest import backtest_sections
from funnelsim.report.pages.bridge import bridge_sections
from funnelsim.report.pages.compare import compare_sections
from funnelsim.report.pages.data_quality import before_you_rely, data_quality_section, warnings_of_part
from funnelsim.report.pages.fit import fit_sections
from funnelsim.report.pages.flow import flow_sections
from funnelsim.report.pages.forecast import forecast_sections
from funnelsim.report.pages.friction import friction_sections
from funnelsim.report.pages.funnel import funnel_section
from funnelsim.report.pages.kpi import kpi_sections
from funnelsim.report.pages.map_drawing import map_css
from funnelsim.report.pages.process_map import map_sections
from funnelsim.report.pages.reverse import reverse_sections
from funnelsim.report.pages.section import Section
from funnelsim.report.pages.sensitivity import sensitivity_sections
from funnelsim.report.pages.simulate import simulate_sections
from funnelsim.report.pages.staff import staff_sections
from funnelsim.report.style.text_layout import typographic
from funnelsim.report.words.dates import date_words
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import count
from funnelsim.report.words.win_rates import last_with_win_rate, win_rate_words
from funnelsim.report.words.without_options import said

#: The order of the parts, and their names in the navigation.
_MENU = {
    "forecast": "Forecast",
    "bridge": "Changes",
    "map": "Map",
    "flow": "Pipeline",
    "friction": "Friction",
    "compare": "Scenarios",
    "staff": "Capacity",
    "reverse": "Leads needed",
    "kpi": "KPIs",
    "sensitivity": "Sensitivity",
    "backtest": "Track record",
    "simulate": "Simulation",
    "fit": "Model",
}
_ORDER = tuple(_MENU)


def write_report(documents: Sequence[Mapping[str, Any]], path: Path | str, *, title: str = "") -> None:
    """Write one HTML page from the JSON documents of commands.

    The order is fixed: the answer, forecast, map, friction, scenarios, capacity, key figures,
    sensitivity, track record, model, data quality, method.

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


def report_page(
    documents: Sequence[Mapping[str, Any]],
    *,
    title: str = "",
    left_out: Sequence[str] = (),
    audit: Sequence[str] = (),
) -> str:
    """The page as text; see `write_report`.

    `left_out` says why parts are missing, a sentence each; `audit` holds the warnings of the import.
    """
    if not documents:
        hint = "write one with --json, such as: funnelsim forecast model.toml --json > forecast.json"
        raise DocumentError(
            "report", [Problem(path="", message="there is no document to report on", hint=hint)]
        )
    pairs = [(typed(raw, _called(raw, place)), raw) for place, raw in enumerate(documents, start=1)]
    pairs.sort(key=lambda pair: _ORDER.index(pair[0].command))
    known = [document for document, _ in pairs]
    sections = [
        one for one in (answer_section(known), *_sections(pairs), data_quality_section(known, audit)) if one
    ]
    script = template_file("sort.js")
    page = (
        environment()
        .get_template("page.html.j2")
        .render(
            title=plain(title or next((d.name for d in known if d.name), "")) or "Sales funnel",
            as_of=next((date_words(d.as_of) for d in known if d.as_of), ""),
            sections=list(with_anchors(sections)),
            commands=sorted({document.command for document in known}),
            warnings=before_you_rely(known),
            left_out=left_out,
            assumptions=_assumptions(known),
            provenance=[_provenance(document) for document in known],
            script=script,
            map_css=map_css() if any(one.process_map for one in sections) else "",
            script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        )
    )
    return harmless(page)


def environment() -> Environment:
    """Templates of pages, with the filters that they use."""
    environment = Environment(
        loader=PackageLoader("funnelsim.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["minus"] = typographic
    environment.filters["sentence"] = unbroken
    environment.filters["said"] = said
    environment.filters["breakable"] = breakable
    environment.filters["sort_key"] = sort_key
    environment.globals["picture"] = InlineFigures().svg
    environment.globals["pieces"] = pieces
    return environment


def template_file(name: str) -> str:
    """A file beside the templates, as text."""
    return (resources.files("funnelsim.report") / "templates" / name).read_text(encoding="utf-8").strip()


def with_anchors(sections: Sequence[Section]) -> Iterator[tuple[str, Section]]:
    """Each section with its unique id; empty where it is not in the navigation."""
    used: set[str] = set()
    for section in sections:
        stem = re.sub(r"[^a-z]+", "-", section.menu.lower()).strip("-") or "part"
        anchor = next(
            name for k in range(len(sections) + 1) if (name := f"{stem}-{k}" if k else stem) not in used
        )
        used.add(anchor)
        yield (anchor if section.menu else "", section)


def _sections(pairs: Sequence[tuple[Drawable, Mapping[str, Any]]]) -> Iterator[Section]:
    """All parts in order, each named in the navigation; the funnel once, behind its document."""
    known = [one for one, _ in pairs]
    # A funnel of one stage says what the map says.
    shown = any(isinstance(one, MapDocument) and len(one.stages) == 1 for one in known)
    rates = win_rate_words(known)
    for place, (document, raw) in enumerate(pairs):
        first, *others = _of_document(document, raw, known)
        joined = [rates] if rates and document is last_with_win_rate(known) else []
        yield replace(
            first,
            menu=first.menu or _MENU[document.command],
            sentences=[*first.sentences, *joined],
            points=[*first.points, *warnings_of_part(document, known)],
        )
        yield from others
        following = [later.command for later, _ in pairs[place + 1 : place + 2]]
        if not shown and document.command not in following and (funnel := _funnel_of(document)):
            shown = True
            yield funnel


def _of_document(document: Drawable, raw: Mapping[str, Any], known: Sequence[Drawable]) -> Iterator[Section]:
    match document:
        case ForecastDocument():
            yield from forecast_sections(document)
        case BacktestDocument():
            yield from backtest_sections(document)
        case CompareDocument():
            yield from compare_sections(document)
        case MapDocument():
            yield from map_sections(document)
        case BridgeDocument():
            yield from bridge_sections(document)
        case FlowDocument():
            yield from flow_sections(document, raw)
        case FrictionDocument():
            yield from friction_sections(document, _forecast(known))
        case KpiDocument():
            yield from kpi_sections(document, raw)
        case ReverseDocument():
            yield from reverse_sections(document)
        case StaffDocument():
            yield from staff_sections(document)
        case SensitivityDocument():
            yield from sensitivity_sections(document)
        case SimulateDocument():
            yield from simulate_sections(document)
        case FitDocument():
            yield from fit_sections(document)


def _forecast(known: Sequence[Drawable]) -> ForecastDocument | None:
    return next((one for one in known if isinstance(one, ForecastDocument)), None)


def _funnel_of(document: Drawable) -> Section | None:
    match document:
        case ForecastDocument() if document.funnel:
            return funnel_section(document.funnel, funnel_subtitle(document))
        case SimulateDocument() if document.funnel_rows:
            return funnel_section(document.funnel_rows, "Means over the simulated period", averages=True)
        case FitDocument() if document.funnel:
            return funnel_section(document.funnel, funnel_subtitle(document))
    return None


def _provenance(document: Titled) -> list[tuple[str, str]]:
    known = document.provenance
    rows = [
        ("document", document.command),
        ("model", _file_name(plain(known.model))),
        ("model SHA-256", known.model_sha256),
        ("plan SHA-256", known.plan_sha256),
        ("seed", "" if known.seed is None else f"{known.seed}"),
        ("futures", "" if known.replications is None else count(known.replications)),
        ("engine", known.engine),
        ("funnelsim", known.version),
    ]
    return [(name, value) for name, value in rows if value]


def _file_name(path: str) -> str:
    """The name without folders, whatever the machine that wrote it: a page to send tells nobody's folders."""
    return PurePosixPath(PureWindowsPath(path).name).name


def _assumptions(documents: Sequence[Titled]) -> list[str]:
    return list(dict.fromkeys(plain(text) for document in documents for text in document.assumptions))


def _called(raw: Mapping[str, Any], place: int) -> str:
    command = raw.get("command") if isinstance(raw, Mapping) else None
    return f"document {place}" + (f" ({command})" if isinstance(command, str) else "")
